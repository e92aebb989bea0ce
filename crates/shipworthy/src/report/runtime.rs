//! The run of the project's own Python, for programs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::View;

/// A run of the project's own Python.
#[derive(Serialize, JsonSchema)]
pub(super) struct RuntimeReport {
    /// The interpreter.
    interpreter: String,
    /// How it was found.
    found: String,
    /// Its version.
    python: Option<String>,
    /// The version of Django that it has.
    django: Option<String>,
    /// Whether the run came to its end. What an exception ended is complete; what was ended is not.
    complete: bool,
    /// The packages that it has, by normalised name, with their versions.
    packages: BTreeMap<String, String>,
}

impl RuntimeReport {
    /// Of an audit, if there was a run.
    pub(super) fn of(view: &View<'_>) -> Option<Self> {
        let runtime = view.audit.facts.runtime()?;
        let packages = runtime.packages.iter().flatten();
        Some(Self {
            interpreter: view.path(&runtime.interpreter),
            found: view.words(&runtime.found),
            python: runtime.python.as_deref().map(|version| view.words(version)),
            django: runtime.django.map(|version| version.to_string()),
            complete: runtime.complete,
            packages: packages.map(|(name, version)| (view.path(name), view.path(version))).collect(),
        })
    }
}
