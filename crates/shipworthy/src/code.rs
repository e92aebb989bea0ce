//! The Python beside the settings: what it makes use of is read when somebody asks, once for all projects of a tree.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rayon::prelude::*;
use shipworthy_model::Uses;
use shipworthy_source::{is_code, uses};

use crate::discover::{Ground, read};

/// The modules of a tree, each read at most once.
pub(crate) struct Code<'g> {
    ground: &'g Ground,
    /// By the place of a module's path in the listing: what it makes use of; `None` where it could not be read.
    modules: Vec<OnceLock<Option<Uses>>>,
}

impl<'g> Code<'g> {
    /// The modules of a tree, none of them read.
    pub(crate) fn new(ground: &'g Ground) -> Self {
        Self { ground, modules: ground.listing.files.iter().map(|_| OnceLock::new()).collect() }
    }

    /// What the modules below these folders make use of together, but for those that are `passed_over`.
    pub(crate) fn uses(&self, folders: &[String], passed_over: &dyn Fn(&str) -> bool) -> Uses {
        let below = folders.iter().flat_map(|folder| self.ground.listing.below(folder));
        let paths: BTreeSet<&str> = below.filter(|path| is_code(path) && !passed_over(path)).collect();
        let paths: Vec<&str> = paths.into_iter().collect();
        let known: Vec<Option<&Uses>> = paths.par_iter().map(|path| self.module(path)).collect();
        let mut together = Uses::default();
        known.iter().flatten().for_each(|uses| together.add(uses));
        together.seen &= known.iter().all(Option::is_some);
        together
    }

    fn module(&self, path: &str) -> Option<&Uses> {
        let place = self.ground.listing.files.binary_search_by(|file| (**file).cmp(path)).ok()?;
        let read = || read(&self.ground.tree, path).map(|text| uses([(path, text)]));
        self.modules[place].get_or_init(read).as_ref()
    }
}
