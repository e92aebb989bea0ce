//! Evaluates a Python file that a program runs as its configuration: gunicorn.conf.py.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{Artifacts, Notice, Setting, Unknown, Value, Why};
use typed_arena::Arena;

use super::interp::{Interp, Stop};
use super::{Request, object};
use shipworthy_model::Datum;

/// The names that a configuration file leaves behind.
#[derive(Debug, Default)]
pub struct Names {
    /// Every name that does not start with an underscore, with its value and where it was assigned.
    pub names: BTreeMap<Arc<str>, Setting>,
    /// Why there may be more names than these, or other values.
    pub open: Option<Unknown>,
    /// What could not be followed.
    pub notices: Vec<Notice>,
}

/// Evaluates the file at `path` of the tree. The request's module is a name for it; nothing is imported by it.
pub fn evaluate_file(request: &Request<'_>, path: &str, artifacts: &mut Artifacts) -> Names {
    let arena = Arena::new();
    let sources = RefCell::new(FxHashMap::default());
    let shared = RefCell::new(std::mem::take(artifacts));
    let mut interp = Interp::new(request, &arena, &sources, &shared, BTreeSet::new());
    let space = interp.module_space(request.module, path, false);
    let at = interp.statement;
    let outcome = interp.execute_module(request.module, path, space, at);
    let mut names = Names::default();
    match outcome {
        Ok(()) => {}
        Err(Stop::Raise(_)) => names.open = Some(Unknown::new(Why::Raises("an exception".into()), Some(interp.statement))),
        Err(Stop::Limit(why)) => names.open = Some(Unknown::new(why, Some(interp.statement))),
    }
    let space = interp.heap.space(space).clone();
    if let Some(open) = &space.open {
        names.open = Some((**open).clone());
    }
    for (name, binding) in &space.names {
        if name.starts_with('_') {
            continue;
        }
        let (mut value, log, deps) = interp.freeze_as(&binding.value, name);
        if let Some(condition) = &binding.perhaps {
            let otherwise = Value::unknown(Why::Branch(condition.text.clone()), condition.at);
            let at = value.at;
            value = Value { datum: Datum::OneOf(vec![(condition.clone(), value), (object::negated(condition), otherwise)]), at };
        }
        let mut origin: Vec<_> = binding.origin.to_vec();
        for region in log {
            if !origin.contains(&region) {
                origin.push(region);
            }
        }
        names.names.insert(Arc::from(&**name), Setting { value, origin, assumptions: deps.iter().cloned().collect() });
    }
    names.notices = std::mem::take(&mut interp.notices);
    drop(interp);
    *artifacts = shared.into_inner();
    names
}
