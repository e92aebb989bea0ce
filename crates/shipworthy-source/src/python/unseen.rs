//! Modules and files that are not in the project, from which the settings would take further settings.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::{AbsentSource, Assumption, Datum, LoadError, Region, Setting, Settings, Unknown, Value, Why};

use super::exceptions::speaks_of;
use super::interp::{Interp, ModuleState, Raised, Res, Stop};
use super::object::{Deps, Id, Kind, Val};

/// Settings without which nothing is a project.
const OF_A_PROJECT: [&str; 2] = ["INSTALLED_APPS", "ROOT_URLCONF"];
/// Settings that are all bound where a project only adds to what it makes itself.
const OF_ITS_OWN: [&str; 3] = ["INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE"];
/// Settings that no deployment leaves empty.
const OF_A_DEPLOYMENT: [&str; 3] = ["ALLOWED_HOSTS", "DATABASES", "SECRET_KEY"];
/// Settings that differ from server to server, for which a deployment has a file of its own.
const OF_A_SERVER: [&str; 11] = [
    "ADMINS",
    "CACHES",
    "CSRF_COOKIE_SECURE",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_BACKEND",
    "EMAIL_HOST",
    "SECURE_HSTS_SECONDS",
    "SECURE_SSL_REDIRECT",
    "SERVER_EMAIL",
    "SESSION_COOKIE_SECURE",
];

/// Further settings that the code would take from somewhere, if it were there.
pub(super) struct Absent {
    /// The module or file.
    pub(super) name: Arc<str>,
    /// The statement that would take them.
    pub(super) at: Region,
    /// The settings so far, each with the statement that made it: what they would be otherwise is not known.
    before: FxHashMap<Rc<str>, Option<Region>>,
    /// Whether loading cannot do without it: it is taken to be there, and to set nothing that is not asked of it.
    required: bool,
    /// Whether it is a module of which every name is imported.
    is_module: bool,
    /// Where it is code or a file that was given the settings to set them: what is not known for it.
    given: Option<Rc<Unknown>>,
}

impl Absent {
    /// What the settings are that it would give.
    pub(super) fn unknown(&self) -> Unknown {
        match &self.given {
            Some(unknown) => (**unknown).clone(),
            None => Unknown::new(Why::Import(format!("{}.*", self.name).into()), Some(self.at)),
        }
    }

    /// Whether it may well hold what each deployment writes for itself: a file, a module of which every name is imported.
    fn is_of_a_deployment(&self) -> bool {
        let called = |unknown: &Rc<Unknown>| matches!(unknown.why, Why::Call(_) | Why::Machine(_) | Why::Unsupported(_));
        !self.given.as_ref().is_some_and(called)
    }

    /// Whether it is a file that each server has its own of: it is told by its path, or by the variable that holds the path.
    fn is_a_file(&self) -> bool {
        let of_a_variable = |letter: char| letter == '_' || letter.is_ascii_uppercase() || letter.is_ascii_digit();
        self.is_of_a_deployment() && (self.name.contains('/') || self.name.chars().all(of_a_variable))
    }

    fn unknown_name(&self, name: &str) -> Value {
        if let Some(unknown) = &self.given {
            return Value { datum: Datum::Unknown((**unknown).clone()), at: Some(self.at) };
        }
        Value::unknown(Why::Import(format!("{}.{name}", self.name).into()), Some(self.at))
    }

    /// Whether nothing has touched a setting since.
    fn precedes(&self, name: &str, origin: &[Region]) -> bool {
        self.before.get(name) == Some(&origin.last().copied())
    }

    fn told(&self, settings: &BTreeMap<Arc<str>, Setting>) -> AbsentSource {
        let before = settings.iter().filter(|(name, setting)| self.before.get(&***name) == Some(&setting.origin.last().copied()));
        AbsentSource { name: self.name.clone(), required: self.required, before: before.map(|(name, _)| name.clone()).collect() }
    }
}

/// Modules that are not in the project and that loading cannot do without, each with settings that it must give other
/// values than they have before it is imported.
pub(super) type Needed = BTreeMap<Arc<str>, BTreeSet<Arc<str>>>;

impl Interp<'_> {
    /// Notes that the code would take settings from what is not there. Where the project is deployed it may be: such
    /// modules and files are seldom committed.
    pub(super) fn would_take_settings_from(&mut self, name: &str) {
        self.note_absent(name, false);
    }

    /// The same of a module of which every name is imported.
    pub(super) fn would_import_settings_from(&mut self, name: &str) {
        self.note_absent(name, true);
    }

    fn note_absent(&mut self, name: &str, is_module: bool) {
        // Nobody deploys the settings of tests.
        if crate::stage::Stage::is_test(name) {
            return;
        }
        let space = self.frame().globals;
        let names = self.heap.space(space).names.iter();
        let before = names.map(|(name, binding)| (name.clone(), binding.origin.last().copied())).collect();
        let required = self.needed.contains_key(name);
        self.absent.push(Absent { name: name.into(), at: self.statement, before, required, is_module, given: None });
    }

    /// Notes that what is not there may bind any name in a namespace.
    pub(super) fn note_taken(&mut self, space: Id, name: &Arc<str>, unknown: &Rc<Unknown>) {
        let names = self.heap.space(space).names.iter();
        let before = names.map(|(name, binding)| (name.clone(), binding.origin.last().copied())).collect();
        let at = self.statement;
        let given = Some(unknown.clone());
        self.absent.push(Absent { name: name.clone(), at, before, required: true, is_module: false, given });
    }

    /// A module that is not in the project and that loading cannot do without, if it is known for one.
    pub(super) fn needed_module(&mut self, name: &str) -> Option<Val> {
        if !self.needed.contains_key(name) {
            return None;
        }
        let space = self.module_space(name, "", false);
        let unknown = Rc::new(Unknown::new(Why::Import(format!("{name}.*").into()), Some(self.statement)));
        let inside = self.heap.space_mut(space);
        inside.behind = Some(name.into());
        inside.open = Some(unknown);
        inside.names.shift_remove("__file__");
        self.modules.insert(name.into(), ModuleState { space, done: true });
        Some(Val::new(Kind::Module(space)))
    }

    /// What a name of a module is that nobody sees, where the code has a default for want of it: that, unless it is there.
    pub(super) fn unless_behind(&mut self, module: &Val, name: &str, default: &Val) -> Option<Val> {
        let Kind::Module(space) = module.kind else { return None };
        let space = self.heap.space(space);
        let source: Arc<str> = (**space.behind.as_ref()?).into();
        let gives = self.needed.get(&source)?.contains(name) || space.names.contains_key(name);
        if gives || name.starts_with("__") {
            return None;
        }
        self.asked.insert((source.clone(), name.into()));
        Some(default.clone().with(&Deps::of(Assumption::Silent(source))))
    }

    /// The names of modules that are not there whose absence an exception comes of, if it speaks of them: whoever runs the
    /// project has them in the module.
    pub(super) fn wanted_names(&self, raised: &Raised) -> Vec<(Arc<str>, Arc<str>)> {
        let silent = |module: &Arc<str>| raised.deps.iter().any(|it| matches!(it, Assumption::Silent(name) if name == module));
        let artifacts = self.artifacts.borrow();
        let statement = artifacts.text(raised.at);
        let speaks = |name: &str| speaks_of(&raised.message, name) || speaks_of(statement, name);
        self.asked.iter().filter(|(module, name)| silent(module) && speaks(name)).cloned().collect()
    }

    /// Takes a module for one that whoever deploys the project has written: loading fails without it.
    pub(super) fn needs_module(&mut self, name: &str, at: Region) -> Res<()> {
        if crate::stage::Stage::is_test(name) {
            return Ok(());
        }
        let message = format!("there is no module {name} in the project");
        match self.raise_plain("ModuleNotFoundError", &message, at) {
            Stop::Raise(raised) => self.uncaught(&raised, self.undecided == 0),
            limit @ Stop::Limit(_) => return Err(limit),
        }
        self.needed.entry(name.into()).or_default();
        Ok(())
    }

    /// `from MODULE import *` of a module that nobody sees: what it sets is not known, and taken for nothing but what is
    /// asked of it. What was made before rests on that from here on.
    pub(super) fn import_star_unseen(&mut self, target: Id, module: &str, at: Region) {
        self.would_import_settings_from(module);
        let silent = Deps::of(Assumption::Silent(module.into()));
        for (name, binding) in &mut self.heap.space_mut(target).names {
            if super::is_setting_name(name) && !is_a_place(name, &binding.value) {
                binding.value.deps = binding.value.deps.union(&silent);
            }
        }
        for name in self.needed.get(module).cloned().unwrap_or_default() {
            let value = Val::unknown(Why::Import(format!("{module}.{name}").into()), Some(at));
            self.bind(target, &name, value);
        }
        self.heap.space_mut(target).behind.get_or_insert(module.into());
    }

    /// What a name is that a namespace does not bind: it comes from the module behind it that nobody sees.
    pub(super) fn behind(&self, space: Id, name: &str, at: Region) -> Option<Val> {
        // What Python itself would have put there is not there.
        let module = self.heap.space(space).behind.as_ref().filter(|_| !name.starts_with("__"))?;
        Some(Val::unknown(Why::Import(format!("{module}.{name}").into()), Some(at)))
    }

    /// The module that is not there and without which loading turned out to end, and the settings that it must give other
    /// values: those that what raises reads. With the error that tells.
    pub(super) fn finds_needed(&self) -> Option<(Arc<str>, BTreeSet<Arc<str>>, LoadError)> {
        let absent = self.required_settings().filter(|absent| absent.is_module);
        let names_it = |absent: &&Absent, error: &LoadError| absent.is_module && follows(absent, error);
        let undefined = self.load_errors.iter().find(|error| error.certain && &*error.exception == "NameError");
        let lacking = || undefined.and_then(|error| self.absent.iter().rfind(|absent| names_it(absent, error)));
        let absent = absent.or_else(lacking)?;
        let error =
            self.load_errors.iter().find(|error| error.certain && (follows(absent, error) || speaks_before(absent, error)))?;
        let text = format!("{} {}", self.artifacts.borrow().text(error.at?), error.message);
        let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let known = self.needed.get(&absent.name);
        let names: BTreeSet<Arc<str>> = words
            .filter(|word| super::is_setting_name(word) && absent.before.contains_key(*word))
            .filter(|word| known.is_none_or(|known| !known.contains(*word)))
            .map(Arc::from)
            .collect();
        (known.is_none() || !names.is_empty()).then(|| (absent.name.clone(), names, error.clone()))
    }

    /// The module or file that is not there and without which loading ends: a handler of the failed import says so, or what
    /// comes after it needs other values than it finds. Whoever runs the project has it, and what it holds is not known.
    fn required_settings(&self) -> Option<&Absent> {
        let ends = |absent: &&Absent| {
            let mut errors = self.load_errors.iter().filter(|error| error.certain && error.variable.is_none());
            let Some(error) = errors.next().filter(|error| follows(absent, error)) else { return false };
            let Some(at) = error.at else { return false };
            let artifacts = self.artifacts.borrow();
            let text = &artifacts.get(at.artifact).text;
            let between = text.get(absent.at.end as usize..at.start as usize).unwrap_or_default();
            // Inside the same `try`, nothing else begins a line.
            between.lines().skip(1).all(|line| {
                let inside = line.trim().is_empty() || line.starts_with([' ', '\t', '#', ')']);
                inside || ["except", "else", "finally"].iter().any(|word| line.starts_with(word))
            })
        };
        let finds_other_values = |absent: &&Absent| {
            let of_values =
                ["AssertionError", "AttributeError", "ImproperlyConfigured", "IndexError", "KeyError", "TypeError", "ValueError"];
            let error = self.load_errors.iter().find(|error| error.certain && !is_for(error, absent));
            error.filter(|error| error.variable.is_none()).is_some_and(|error| {
                of_values.contains(&&*error.exception) && follows(absent, error) || speaks_before(absent, error)
            })
        };
        self.absent.iter().find(ends).or_else(|| self.absent.iter().rfind(finds_other_values))
    }

    /// What the settings are not known for as a whole: what is not there is more than an addition to them, or code that
    /// cannot be seen defines names.
    pub(super) fn unseen(&self, space: Id) -> Option<Unseen<'_>> {
        let required = || self.required_settings().filter(|absent| !absent.required);
        // What has neither applications nor URLs of its own is no project: all of that is where nobody sees it.
        let bound = |name: &str| self.heap.space(space).names.get(name);
        let makes = |absent: &Absent, name: &str| match bound(name) {
            Some(binding) => absent.given.is_some() && self.is_made_of(&binding.value, &absent.name),
            None => absent.given.is_some() || OF_A_PROJECT.contains(&name),
        };
        let base = || self.absent.iter().find(|absent| absent.required && OF_ITS_OWN.iter().any(|name| makes(absent, name)));
        required().or_else(base).map(Unseen::Settings).or_else(|| self.names_from_elsewhere().map(Unseen::Names))
    }

    /// Where a name is used that nothing defines, code that cannot be seen defines names: settings too.
    fn names_from_elsewhere(&self) -> Option<Unknown> {
        // What a module is known to be needed for is known to come from there.
        let known = |error: &LoadError| self.absent.iter().any(|absent| absent.required && follows(absent, error));
        let undefined = |error: &&LoadError| error.certain && &*error.exception == "NameError" && !known(error);
        let error = self.load_errors.iter().find(undefined)?;
        Some(Unknown::new(Why::Raises(format!("NameError: {}", error.message).into()), error.at))
    }

    /// What is assumed of a setting for want of what is not there.
    pub(super) fn absent_before(&self, name: &str, origin: &[Region]) -> Vec<Assumption> {
        let before = self.absent.iter().filter(|absent| absent.precedes(name, origin));
        before
            .map(
                |absent| {
                    if absent.required {
                        Assumption::Silent(absent.name.clone())
                    } else {
                        Assumption::Absent(absent.name.clone())
                    }
                },
            )
            .collect()
    }

    /// Tells of what is not there. No deployment leaves some settings empty: where it has further settings, those are theirs,
    /// and what each deployment writes for itself is there to set them.
    pub(super) fn tell_absent(&self, settings: &mut Settings) {
        settings.absent = self.absent.iter().map(|absent| absent.told(&settings.explicit)).collect();
        settings.absent.dedup_by(|one, other| one.name == other.name);
        for absent in self.absent.iter().filter(|absent| absent.required) {
            let of_a_server = OF_A_SERVER.into_iter().filter(|_| absent.is_a_file());
            for name in OF_A_DEPLOYMENT.into_iter().chain(of_a_server) {
                let value = absent.unknown_name(name);
                match settings.explicit.get_mut(name) {
                    Some(known)
                        if absent.precedes(name, &known.origin) && (absent.is_of_a_deployment() || is_empty(&known.value)) =>
                    {
                        known.value = value;
                    }
                    Some(_) => {}
                    None => {
                        let assumptions = BTreeSet::new();
                        settings.explicit.insert(name.into(), Setting { value, origin: vec![absent.at], assumptions });
                    }
                }
            }
        }
    }
}

/// What makes settings unknown.
pub(super) enum Unseen<'i> {
    /// What is not there says what all else is that was made before.
    Settings(&'i Absent),
    /// Something defines further names.
    Names(Unknown),
}

impl Unseen<'_> {
    pub(super) fn unknown(&self) -> Unknown {
        match self {
            Self::Settings(absent) => absent.unknown(),
            Self::Names(unknown) => unknown.clone(),
        }
    }

    /// The value of a setting whose last statement is that of `origin`, if it is lost.
    pub(super) fn instead(&self, name: &str, origin: &[Region]) -> Option<Value> {
        match self {
            Self::Settings(absent) => {
                let lost = Value { datum: Datum::Unknown(absent.unknown()), at: Some(absent.at) };
                (absent.given.is_none() && absent.precedes(name, origin)).then_some(lost)
            }
            Self::Names(_) => None,
        }
    }
}

/// Whether an error comes after the statement that would take the settings, in its file.
fn follows(absent: &Absent, error: &LoadError) -> bool {
    error.at.is_some_and(|at| at.artifact == absent.at.artifact && at.start >= absent.at.end)
}

/// Whether an error speaks of a setting that was made before the statement that would take the settings.
fn speaks_before(absent: &Absent, error: &LoadError) -> bool {
    let mut words = error.message.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    absent.is_module && words.any(|word| super::is_setting_name(word) && absent.before.contains_key(word))
}

/// Whether an error says nothing but that the module is not there.
fn is_for(error: &LoadError, absent: &Absent) -> bool {
    let missing = || {
        &*error.exception == "ModuleNotFoundError" && speaks_of(&error.message.replace('.', "_"), &absent.name.replace('.', "_"))
    };
    absent.required && error.at == Some(absent.at) || missing()
}

/// Whether a value is where something lies in the project: no deployment moves the project's own folders.
pub(super) fn is_a_place(name: &str, value: &Val) -> bool {
    matches!(value.kind, Kind::Path(_)) || ["DIR", "ROOT", "PATH"].iter().any(|end| name.ends_with(end))
}

fn is_empty(value: &Value) -> bool {
    let nothing = value.truth().is_no();
    let blank = value.found("default").is_some_and(|default| default.truth().is_no());
    nothing || blank
}
