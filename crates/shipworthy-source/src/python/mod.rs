//! The settings evaluator: a settings module's text in, its effective settings out. It never runs project code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::{Artifacts, Given, Settings, Version};

use crate::Tree;

/// What to evaluate, and what is known of the world it will run in.
pub struct Request<'a> {
    /// The project's tree.
    pub tree: &'a dyn Tree,
    /// The absolute path of the tree's root, as `__file__` and `Path.resolve()` will show it.
    pub root: &'a str,
    /// Folders of the tree that are on `sys.path`, relative to its root, first one first. Usually the one of `manage.py`.
    pub search_path: &'a [String],
    /// The dotted name of the settings module.
    pub module: &'a str,
    /// The environment variables that are known.
    pub environment: &'a Environment,
    /// The version of Django.
    pub django: Version,
    /// Normalised names of the Python packages the project declares; `None` where that is not known. An import of a
    /// declared package succeeds.
    pub dependencies: Option<&'a BTreeSet<String>>,
}

/// The environment variables of one deployment, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Variables with their text and where it was given.
    pub variables: BTreeMap<Arc<str>, (Arc<str>, Given)>,
}

/// Evaluates a settings module as Django would load it.
///
/// Returns the settings with everything unknown marked as such; trouble is in [`Settings::load_errors`] (Django would
/// refuse) and [`Settings::notices`] (we could not follow). Files that were read are added to `artifacts`.
pub fn evaluate(request: &Request<'_>, artifacts: &mut Artifacts) -> Settings {
    let _ = artifacts;
    Settings { module: request.module.into(), ..Settings::default() }
}
