//! The settings evaluator: a settings module's text in, its effective settings out. It never runs project code.

mod again;
mod arithmetic;
mod attributes;
mod builtins;
mod call;
mod classes;
mod comparison;
mod comprehensions;
mod containers;
mod course;
mod definitions;
mod deployment;
mod dictionaries;
mod elsewhere;
mod environment;
mod exceptions;
mod expressions;
mod file;
mod format;
mod format_spec;
mod freeze;
mod granted;
mod heap;
mod hidden;
mod interp;
mod items;
mod iteration;
mod join;
mod library;
mod loops;
mod managers;
mod members;
mod merge;
mod methods;
mod module_names;
mod modules;
mod names;
mod narrowing;
mod numbers;
mod object;
mod operators;
mod outline;
mod patterns;
mod reflection;
mod remembering;
mod routes;
mod scope;
mod several;
mod shelf;
mod sources;
mod stars;
mod statements;
mod switches;
pub(crate) mod syntax;
mod taken;
mod templates;
mod unseen;
mod what_if;
mod widening;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{
    Artifacts, Assumption, Datum, Elsewhere, Given, LoadError, Notice, Setting, Settings, Unknown, Value, Version, Why,
};
use typed_arena::Arena;

use crate::Tree;
pub use again::{Asker, ask, look_elsewhere};
pub use deployment::Environment;
pub use environment::is_ambient;
pub use file::{Names, evaluate_file};
pub use granted::grant;
use interp::{FUEL, Interp, Stop};
use object::{Kind, Val};
pub use shelf::Shelf;
use syntax::Source;

pub use outline::definitions;
pub(crate) use routes::routes;

/// What to evaluate, and what is known of the world it will run in.
#[derive(Clone, Copy)]
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
    /// What is known of the tree's modules from requests that differ in their module and environment alone.
    pub shelf: &'a Shelf,
}

/// Evaluates a settings module as Django would load it, and asks what other environments would change.
///
/// Returns the settings with everything unknown marked as such; trouble is in [`Settings::load_errors`] (Django would
/// refuse) and [`Settings::notices`] (we could not follow). Files that were read are added to `artifacts`.
pub fn evaluate(request: &Request<'_>, artifacts: &mut Artifacts) -> Settings {
    let mut settings = load(request, artifacts);
    ask(request, &mut settings, artifacts);
    look_elsewhere(request, &mut settings, &mut Everybody, artifacts);
    grant(request, &mut settings, artifacts);
    settings
}

/// Asks about every variable.
struct Everybody;

impl Asker for Everybody {
    fn names(&self, _: &str) -> bool {
        true
    }

    fn suspects(&self, _: &str) -> bool {
        true
    }

    fn cares(&mut self, _: &Elsewhere) -> bool {
        true
    }
}

/// The first part of [`evaluate`]: the settings under the environment of the request and nothing else.
pub fn load(request: &Request<'_>, artifacts: &mut Artifacts) -> Settings {
    let arena = Arena::new();
    let sources = RefCell::new(FxHashMap::default());
    let shared = RefCell::new(std::mem::take(artifacts));
    let (settings, _) = run(request, &arena, &sources, &shared, BTreeSet::new(), FUEL, Wanted::Everything);
    *artifacts = shared.into_inner();
    settings
}

/// How much is wanted of an evaluation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Everything,
    /// The settings themselves, why loading fails and the course it took: enough to compare them with others.
    Settings,
}

/// Evaluates until no further variable turns out to be required beyond `required`: what is assumed unset at first may be
/// what loading cannot do without. A file elsewhere that the code would run, if it were there, is taken to be absent.
/// `fuel` is the steps that an attempt may take; gives back what is left of them after all attempts.
fn run<'a>(
    request: &'a Request<'a>,
    arena: &'a Arena<Source>,
    sources: &'a RefCell<FxHashMap<String, Option<&'a Source>>>,
    artifacts: &'a RefCell<Artifacts>,
    mut required: BTreeSet<Arc<str>>,
    fuel: u64,
    wanted: Wanted,
) -> (Settings, u64) {
    const ATTEMPTS: usize = 40;
    let environment = request.environment;
    required.extend(environment.passed.keys().filter(|name| !environment.variables.contains_key(*name)).cloned());
    let mut missing: Vec<LoadError> = Vec::new();
    let (mut aside, mut needed, mut left) = (BTreeSet::new(), unseen::Needed::new(), fuel);
    for attempt in 1.. {
        let mut interp = Interp::new(request, arena, sources, artifacts, required.clone());
        interp.aside.clone_from(&aside);
        interp.needed.clone_from(&needed);
        interp.fuel = fuel;
        let space = interp.module_space(request.module, "", false);
        let outcome = interp.settings_module(space);
        let before = required.len() + aside.len();
        required.extend(interp.newly_required.iter().cloned());
        aside.extend(interp.newly_aside.iter().cloned());
        let modules = std::mem::take(&mut interp.newly_needed);
        let lacking = if modules.is_empty() { interp.finds_needed() } else { None };
        let settled = required.len() + aside.len() == before && modules.is_empty();
        if (settled && lacking.is_none()) || attempt == ATTEMPTS {
            interp.load_errors.retain(|error| !missing.iter().any(|known| known.at == error.at));
            interp.load_errors.append(&mut missing);
            let left = left.saturating_sub(fuel - interp.fuel);
            return (interp.finish(outcome, wanted), left);
        }
        left = left.saturating_sub(fuel - interp.fuel);
        for (module, name, error) in modules {
            // That the module is not there has been said.
            missing.extend(Some(error).filter(|_| name.is_none()));
            needed.entry(module).or_default().extend(name);
        }
        if let Some((module, names, error)) = lacking.filter(|_| settled) {
            needed.entry(module).or_default().extend(names);
            missing.push(error);
        }
        // What loading needs is known once: with the variable taken for given, it no longer fails there.
        for error in interp.load_errors {
            let needed = error.variable.as_ref().is_some_and(|name| required.contains(name));
            if needed && !missing.iter().any(|known| known.at == error.at) {
                missing.push(error);
            }
        }
    }
    (Settings::default(), 0)
}

impl Interp<'_> {
    /// Imports the settings module; gives its namespace.
    fn settings_module(&mut self, fallback: u32) -> Result<u32, (Why, u32)> {
        let name = self.request.module;
        let at = self.statement;
        match self.import(name, at) {
            Ok(Val { kind: Kind::Module(space), .. }) => match library::configurations::finish(self, space) {
                Ok(()) => Ok(space),
                Err(stop) => Err((library::configurations::stopped(self, stop), space)),
            },
            Ok(other) => {
                let why = other.as_unknown().map_or_else(|| Why::Import(name.into()), |unknown| unknown.why.clone());
                Err((why, fallback))
            }
            Err(Stop::Raise(raised)) => {
                self.uncaught(&raised, true);
                Err((Why::Raises(self.exception_name(&raised.exception).into()), fallback))
            }
            Err(Stop::Limit(why)) => {
                let space = self.modules.get(name).map_or(fallback, |module| module.space);
                self.notices.push(Notice { message: why.reason(), path: None, at: Some(self.statement) });
                // Whatever was not reached may set anything.
                let unknown = std::rc::Rc::new(Unknown::new(why.clone(), Some(self.statement)));
                let path = self.path_of_module(name);
                if let Some(source) = path.and_then(|path| self.load_source(&path)) {
                    let mut names = Vec::new();
                    scope::touched(&source.module.body, &mut names);
                    for name in names.into_iter().filter(|name| *name != scope::ANY_NAME) {
                        self.bind(space, name, Val::new(Kind::None));
                    }
                }
                self.open_space(space, &unknown);
                Err((why, space))
            }
        }
    }

    /// The settings that a namespace holds.
    fn finish(mut self, outcome: Result<u32, (Why, u32)>, wanted: Wanted) -> Settings {
        let mut settings = Settings { module: self.request.module.into(), ..Settings::default() };
        let id = match outcome {
            Ok(space) => space,
            Err((why, space)) => {
                settings.open = Some(Unknown::new(why, None));
                space
            }
        };
        settings.search_path = self.search_path().iter().map(|folder| Arc::from(&**folder)).collect();
        let space = self.heap.space(id).clone();
        if let Some(open) = space.open.as_ref().filter(|_| !space.is_told) {
            settings.open = Some((**open).clone());
        }
        let unseen = self.unseen(id);
        if settings.open.is_none() {
            settings.open = unseen.as_ref().map(unseen::Unseen::unknown);
        }
        for (name, binding) in &space.names {
            if !is_setting_name(name) {
                continue;
            }
            let (mut value, log, deps) = self.freeze_as(&binding.value, name);
            let parts = (wanted == Wanted::Everything).then(|| self.parts_of(&binding.value, name, &deps)).flatten();
            if let Some(condition) = &binding.perhaps {
                let otherwise = shipworthy_model::django::default(&self.request.django, name)
                    .unwrap_or_else(|| Value::unknown(Why::Branch(condition.text.clone()), condition.at));
                let at = value.at;
                value =
                    Value { datum: Datum::OneOf(vec![(condition.clone(), value), (object::negated(condition), otherwise)]), at };
            }
            let mut origin: Vec<_> = binding.origin.to_vec();
            for region in log {
                if !origin.contains(&region) {
                    origin.push(region);
                }
            }
            let mut assumptions: BTreeSet<Assumption> = deps.iter().cloned().collect();
            // What nothing has touched since would be what is not there says.
            value = unseen.as_ref().and_then(|unseen| unseen.instead(name, &binding.origin)).unwrap_or(value);
            let absent = self.absent_before(name, &binding.origin);
            if let Some(mut parts) = parts {
                for part in parts.whole.values_mut().chain(parts.shell.values_mut()) {
                    part.extend(absent.iter().cloned());
                }
                settings.parts.insert(Arc::from(&**name), parts);
            }
            assumptions.extend(absent);
            settings.explicit.insert(Arc::from(&**name), Setting { value, origin, assumptions });
        }
        drop(unseen);
        self.tell_absent(&mut settings);
        self.load_errors.sort_by_key(|error| !error.certain);
        settings.load_errors = std::mem::take(&mut self.load_errors);
        settings.course = std::mem::take(&mut self.course);
        if wanted == Wanted::Settings {
            return settings;
        }
        for name in self.required.iter().filter(|name| !self.request.environment.passed.contains_key(*name)) {
            if let Some(variable) = self.variables.get_mut(name) {
                variable.required = true;
            }
        }
        settings.environ = self.environ_after();
        settings.switches = self.switches();
        settings.variables = self.variables.into_values().collect();
        settings.doubts = self.doubts;
        settings.notices = self.notices;
        settings
    }

    /// The environment of the process when loading is over: what was given, changed by what the code puts there.
    fn environ_after(&self) -> BTreeMap<Arc<str>, Value> {
        let mut environ = BTreeMap::new();
        for (name, (text, given)) in &self.request.environment.variables {
            let mut value = self.freeze_as(&object::Val::str(&**text), name).0;
            value.at = match given {
                Given::File(region) | Given::Passed(region) | Given::Supposed(region) => Some(*region),
                Given::CommandLine => None,
            };
            environ.insert(name.clone(), value);
        }
        let heap::Cell::Dict(dict) = self.heap.cell(self.environ) else { return environ };
        for (key, slot) in &dict.entries {
            let heap::Key::Str(name) = key else { continue };
            let name: Arc<str> = Arc::from(&**name);
            match (&slot.value.kind, &slot.perhaps) {
                (Kind::None, None) => {
                    environ.remove(&name);
                }
                (_, None) => {
                    environ.insert(name.clone(), self.freeze_as(&slot.value, &name).0);
                }
                (_, Some(condition)) => {
                    environ.insert(name, Value::unknown(Why::Branch(condition.text.clone()), condition.at));
                }
            }
        }
        environ
    }
}

/// Whether Django takes a name of the module for a setting: `name.isupper()` (django/conf/__init__.py, `Settings.__init__`).
pub(crate) fn is_setting_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}
