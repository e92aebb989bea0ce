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
mod dictionaries;
mod elsewhere;
mod environment;
mod exceptions;
mod expressions;
mod file;
mod format;
mod format_spec;
mod freeze;
mod heap;
mod hidden;
mod interp;
mod items;
mod iteration;
mod join;
mod library;
mod loops;
mod managers;
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
mod scope;
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
use shipworthy_model::picture::{self as deployed, Picture, Platform};
use shipworthy_model::{
    Artifacts, Assumption, Datum, Elsewhere, Given, LoadError, Notice, Region, Setting, Settings, Stage, Switch, Unknown, Value,
    Version, Why,
};
use typed_arena::Arena;

use crate::Tree;
use crate::entry_points::{CONFIGURATION, VARIABLE};
pub use again::{Asker, ask, look_elsewhere};
pub use environment::is_ambient;
pub use file::{Names, evaluate_file};
use interp::{FUEL, Interp, Stop};
use object::{Kind, Val};
use syntax::Source;

pub use outline::definitions;

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
    /// Variables that the deployment sets to a text that nobody here knows: `SECRET_KEY: ${SECRET_KEY}`.
    pub passed: BTreeMap<Arc<str>, Region>,
}

impl Environment {
    /// What a compose file that does not say what it is for would give the process that serves the project, where no file
    /// says that it is production's: variables that are not given otherwise, with the environment's name.
    pub fn withheld<'p>(&self, picture: &'p Picture) -> Option<(Arc<str>, Vec<&'p deployed::Variable>)> {
        let production = picture.production();
        if production.iter().any(|it| it.class.is_production() || it.platform != Platform::Compose) {
            return None;
        }
        let (environment, unit) = production.iter().find_map(|it| Some((it, it.units.iter().find(|unit| unit.serves())?)))?;
        let own = unit.variables.iter().chain(unit.processes.iter().flat_map(|process| &process.variables));
        let open = |variable: &&deployed::Variable| {
            !self.variables.contains_key(&variable.name) && !self.passed.contains_key(&variable.name)
        };
        Some((environment.name.clone(), own.filter(open).collect()))
    }

    /// The same with what is [withheld](Self::withheld) and decides on DEBUG, if there is anything of that kind: the name of
    /// the environment that gives it, and where.
    pub fn with_withheld(&self, picture: &Picture, settings: &Settings) -> Option<(Arc<str>, Region, Self)> {
        let (name, variables) = self.withheld(picture)?;
        let debug = settings.explicit("DEBUG")?;
        let decides = |variable: &&&deployed::Variable| debug.assumptions.contains(&Assumption::Unset(variable.name.clone()));
        let deciding: Vec<_> = variables.iter().filter(decides).filter_map(|it| Some((*it, it.value.expose()?))).collect();
        let at = deciding.first()?.0.value.at;
        let mut environment = self.clone();
        let given = |(variable, text): (&deployed::Variable, &str)| {
            (variable.name.clone(), (Arc::from(text), Given::File(variable.value.at)))
        };
        environment.variables.extend(deciding.into_iter().map(given));
        Some((name, at, environment))
    }

    /// The same where the variables by which the settings tell production say production, if there are such and nothing
    /// gives them.
    pub fn supposing_production(&self, settings: &Settings) -> Option<Self> {
        let said = |it: &Switch| (it.variable.clone(), (it.text.clone(), Given::Supposed(it.at)));
        let mut environment = self.clone();
        environment.variables.extend(settings.switches.iter().map(said));
        (!settings.switches.is_empty()).then_some(environment)
    }

    /// The same with one variable more.
    fn with(&self, name: &Arc<str>, text: &str) -> Self {
        let mut environment = self.clone();
        environment.variables.insert(name.clone(), (Arc::from(text), Given::CommandLine));
        environment
    }

    /// Adds what production's files give the process that serves the project, for the variables about which nothing is
    /// said yet; tells whether they show such a process, and what it is given. A compose file that does not say what it is for is as often a
    /// developer's: it gives nothing, unless it runs by its name an image that other files build (see [`Self::give_image`]).
    pub fn give(&mut self, picture: &Picture) -> bool {
        let said = |it: &deployed::Environment| it.class.is_production() || it.platform != Platform::Compose;
        let shipped = |it: &deployed::Environment, unit: &deployed::Unit| {
            unit.runs_by_name() && it.units.iter().all(|other| !other.builds(unit))
        };
        let serving = picture.production().into_iter().filter_map(|it| Some((it, it.units.iter().find(|unit| unit.serves())?)));
        let Some((environment, unit)) = serving.into_iter().find(|(it, unit)| said(it) || shipped(it, unit)) else {
            return false;
        };
        let form = environment.platform == Platform::Heroku || !said(environment);
        let asked = self.variables.contains_key(CONFIGURATION);
        self.add(unit, |variable| !form || stands(&variable.value) || &*variable.name == CONFIGURATION);
        let less = self.variables.get(CONFIGURATION).is_some_and(|(name, _)| Stage::of_class(name) == Stage::Development);
        if less && !asked && !environment.class.is_production() {
            // As an entry point falls back to such a class: where the project is deployed another one is named.
            self.variables.remove(CONFIGURATION);
        }
        // A file of a server's own is as much at home in an image, and tells nothing of what that is given.
        let mut given = unit.variables.iter().chain(unit.processes.iter().flat_map(|process| &process.variables));
        environment.platform != Platform::Machine || given.any(|variable| variable.from != deployed::Source::Server)
    }

    /// The same where no process is to be seen, because the project is run from an image that was built elsewhere: what the
    /// files give the unit that is told the settings module, or most of the variables that the settings read. Whoever runs
    /// an image that is built elsewhere does not develop the project there, so the file need not say what it is for. Where
    /// it has a default for those who run the image to replace, only a default that switches something stands.
    pub fn give_image(&mut self, picture: &Picture, settings: &Settings) -> bool {
        /// As many variables of the project's own may have the names of another program's by chance.
        const FEW: usize = 2;
        let reads = |variable: &&deployed::Variable| {
            !is_shared(&variable.name) && settings.variables.iter().any(|read| read.name == variable.name)
        };
        let mut best: Option<(usize, &deployed::Unit)> = None;
        for environment in picture.production() {
            let units = environment.units.iter();
            for unit in units.filter(|unit| unit.is_from_elsewhere() && environment.units.iter().all(|it| !it.builds(unit))) {
                let named = unit.variable(VARIABLE).is_some_and(|variable| variable.value.expose().is_some());
                let read = if named { usize::MAX } else { unit.variables.iter().filter(reads).count() };
                if read > best.map_or(FEW, |(most, _)| most) {
                    best = Some((read, unit));
                }
            }
        }
        let Some((_, unit)) = best else { return false };
        self.add(unit, |variable| stands(&variable.value));
        true
    }

    fn add(&mut self, unit: &deployed::Unit, counts: impl Fn(&deployed::Variable) -> bool) {
        for variable in unit.variables.iter().chain(unit.processes.iter().flat_map(|process| &process.variables)) {
            if self.variables.contains_key(&variable.name) {
                continue;
            }
            if let Some(text) = variable.value.expose().filter(|_| counts(variable)) {
                let given = (Arc::from(text), Given::File(variable.value.at));
                self.variables.insert(variable.name.clone(), given);
            } else {
                self.passed.insert(variable.name.clone(), variable.value.at);
            }
        }
    }
}

/// Whether a text is what a process gets even where it is only a default for those who deploy to replace: it rests on
/// nothing, or is a switch or a number.
fn stands(value: &deployed::Text) -> bool {
    let text = value.expose().unwrap_or_default().to_ascii_lowercase();
    value.assumes.is_empty()
        || matches!(text.as_str(), "" | "true" | "false" | "yes" | "no" | "on" | "off")
        || text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether programs of many kinds read a variable of this name: it tells nothing about who runs.
fn is_shared(name: &str) -> bool {
    const NAMES: [&str; 14] = [
        "DEBUG",
        "SECRET_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "REDIS_HOST",
        "REDIS_PORT",
        "ALLOWED_HOSTS",
        "HOST",
        "PORT",
        "DOMAIN",
        "ENVIRONMENT",
        "LOG_LEVEL",
        "SENTRY_DSN",
        "NODE_ENV",
    ];
    const FAMILIES: [&str; 11] =
        ["POSTGRES", "PG", "MYSQL", "MARIADB", "RABBITMQ", "AWS_", "MINIO_", "SMTP_", "EMAIL_", "DB_", "MONGO"];
    is_ambient(name) || NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Evaluates a settings module as Django would load it, and asks what other environments would change.
///
/// Returns the settings with everything unknown marked as such; trouble is in [`Settings::load_errors`] (Django would
/// refuse) and [`Settings::notices`] (we could not follow). Files that were read are added to `artifacts`.
pub fn evaluate(request: &Request<'_>, artifacts: &mut Artifacts) -> Settings {
    let mut settings = load(request, artifacts);
    ask(request, &mut settings, artifacts);
    look_elsewhere(request, &mut settings, &mut Everybody, artifacts);
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
    let (settings, _) = run(request, &arena, &sources, &shared, BTreeSet::new(), FUEL);
    *artifacts = shared.into_inner();
    settings
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
        let wanted = std::mem::take(&mut interp.newly_needed);
        let lacking = if wanted.is_empty() { interp.finds_needed() } else { None };
        let settled = required.len() + aside.len() == before && wanted.is_empty();
        if (settled && lacking.is_none()) || attempt == ATTEMPTS {
            interp.load_errors.retain(|error| !missing.iter().any(|known| known.at == error.at));
            interp.load_errors.append(&mut missing);
            let left = left.saturating_sub(fuel - interp.fuel);
            return (interp.finish(outcome), left);
        }
        left = left.saturating_sub(fuel - interp.fuel);
        for (module, name, error) in wanted {
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
    fn finish(mut self, outcome: Result<u32, (Why, u32)>) -> Settings {
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
            let parts = self.parts_of(&binding.value, name, &deps);
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
        for name in self.required.iter().filter(|name| !self.request.environment.passed.contains_key(*name)) {
            if let Some(variable) = self.variables.get_mut(name) {
                variable.required = true;
            }
        }
        settings.environ = self.environ_after();
        settings.switches = self.switches();
        settings.variables = self.variables.into_values().collect();
        settings.doubts = self.doubts;
        self.load_errors.sort_by_key(|error| !error.certain);
        settings.load_errors = self.load_errors;
        settings.course = self.course;
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
