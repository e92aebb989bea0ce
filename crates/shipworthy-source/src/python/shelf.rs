//! The shelf: what is known of a tree's modules once one evaluation has asked, for all that come after it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::ModModule;
use ruff_text_size::TextRange;
use rustc_hash::FxHashMap;

use super::modules::Found;

/// The modules of one tree, as far as somebody has asked for them: settings are evaluated many times, under other
/// environments, and the files are the same each time. It is for one search path and one list of dependencies.
#[derive(Default)]
pub struct Shelf {
    modules: RefCell<FxHashMap<String, Module>>,
    /// Where names lead: outside of their own package, and inside.
    found: [RefCell<FxHashMap<String, Found>>; 2],
}

/// A file that was read and parsed.
#[derive(Clone)]
pub(super) struct Module {
    pub(super) text: Arc<str>,
    pub(super) tree: Rc<ModModule>,
    /// The first syntax error, and where it is.
    pub(super) error: Option<(String, TextRange)>,
}

impl Shelf {
    /// The module at a path, if it was read.
    pub(super) fn module(&self, path: &str) -> Option<Module> {
        self.modules.borrow().get(path).cloned()
    }

    /// Keeps what was read.
    pub(super) fn keep(&self, path: &str, module: Module) {
        self.modules.borrow_mut().insert(path.to_owned(), module);
    }

    /// Where a module's name leads on the search path that the process starts with, inside of its `own` package or not;
    /// `look` finds out.
    pub(super) fn found(&self, name: &str, own: bool, look: impl FnOnce() -> Found) -> Found {
        let known = &self.found[usize::from(own)];
        if let Some(found) = known.borrow().get(name) {
            return found.clone();
        }
        let found = look();
        known.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }
}
