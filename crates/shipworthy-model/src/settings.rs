//! Settings: the effective values of one settings module, and what they were assumed under.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Course, Datum, Elsewhere, Granted, Notice, Region, Unknown, Value};

/// An answer that may be unknown. Every match names all three arms.
#[derive(Clone, Debug, PartialEq)]
pub enum Truth {
    /// Certainly so.
    Yes,
    /// Certainly not.
    No,
    /// Could not be decided.
    Unknown(Unknown),
}

impl From<bool> for Truth {
    fn from(answer: bool) -> Self {
        if answer { Self::Yes } else { Self::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown(why) => Self::Unknown(why),
        }
    }
}

impl Truth {
    /// Both: a certain no decides, whatever the other is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            (Self::Unknown(why), _) | (_, Self::Unknown(why)) => Self::Unknown(why),
        }
    }

    /// Either: a certain yes decides, whatever the other is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        !((!self).and(!other))
    }

    /// Whether it is certainly so.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether it is certainly not so.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

/// One setting that the module sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its value when the module has been loaded.
    pub value: Value,
    /// The statements that made or changed it, oldest first.
    pub origin: Vec<Region>,
    /// What was assumed about the environment to know the value.
    pub assumptions: BTreeSet<Assumption>,
}

/// An assumption about the environment that a value rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// The variable is not set, because nobody has given it.
    Unset(Arc<str>),
    /// The variable has the value that an env file, the command line or a deployment file gives it.
    Given(Arc<str>),
    /// The module or file that the settings would take further settings from is not there, as it is not in the project.
    Absent(Arc<str>),
    /// The module that the settings take further settings from, and cannot do without, is not in the project: it is there
    /// where the project is deployed, and sets none of what the value is made of.
    Silent(Arc<str>),
    /// Something about the process or machine: it serves requests rather than running a management command, runs Linux.
    World(Arc<str>),
}

impl Assumption {
    /// The environment variable concerned, if it is about one.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Unset(name) | Self::Given(name) => Some(name),
            Self::Absent(_) | Self::Silent(_) | Self::World(_) => None,
        }
    }

    /// Whether it is made for want of knowing the deployment, which may well make it wrong.
    pub fn is_unsettled(&self) -> bool {
        match self {
            Self::Unset(_) | Self::Absent(_) | Self::Silent(_) => true,
            Self::Given(_) | Self::World(_) => false,
        }
    }
}

/// An environment variable that the settings read.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// How it is converted, in the words of the library that does (`bool`, `list`, `db_url`); `str` where nothing is said.
    pub cast: Arc<str>,
    /// The default, where one is written.
    pub default: Option<Value>,
    /// Whether loading fails without it.
    pub required: bool,
    /// Where it is read.
    pub reads: Vec<Region>,
    /// Where functions of the project that read it are called by the code of a module.
    pub called: Vec<Region>,
    /// Where its value came from, if it was given.
    pub given: Option<Given>,
    /// Where the settings give it a value themselves: a line of a file that they read, or their own statement.
    pub within: Option<Region>,
}

/// Where the value of an environment variable came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The command line.
    CommandLine,
    /// A line of a file.
    File(Region),
    /// A line of a file that hands it through: its text is known only where the project is deployed.
    Passed(Region),
    /// Nothing: it tells production from other environments, and is supposed to name production. With the place where the
    /// settings ask.
    Supposed(Region),
}

/// An environment variable by which the settings tell production from other environments, and that nothing gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// The variable.
    pub variable: Arc<str>,
    /// What it is in production: `production`, `True`.
    pub text: Arc<str>,
    /// Where the settings ask.
    pub at: Region,
}

/// The variables that are supposed to say production, because the settings tell it by them.
#[derive(Clone, Debug, PartialEq)]
pub struct Supposed {
    /// The variables.
    pub switches: Vec<Switch>,
    /// Where the settings switch DEBUG on if the variables are not set.
    pub debug: Option<Region>,
}

/// Why Django would refuse to load the settings.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadError {
    /// The exception's class: `KeyError`, `ImproperlyConfigured`, `ImportError` …
    pub exception: Arc<str>,
    /// What it says, in our words where the words are Django's. Holds no credential.
    pub message: String,
    /// The statement that raises.
    pub at: Option<Region>,
    /// The required environment variable that is not given, if that is the reason.
    pub variable: Option<Arc<str>>,
    /// Whether it certainly raises under the assumed environment; otherwise it hangs on a condition.
    pub certain: bool,
}

/// A setting's value if an environment variable had another value. The evaluator tries a few telling ones.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// The setting.
    pub setting: Arc<str>,
    /// The variable that is changed.
    pub variable: Arc<str>,
    /// The text it is given; `None` is unset.
    pub text: Option<Arc<str>>,
    /// What the setting then is; `None` if the module would not load.
    pub value: Option<Value>,
}

/// A module or file that is not in the project, from which the settings would take further settings.
#[derive(Clone, Debug, PartialEq)]
pub struct AbsentSource {
    /// Its dotted name or path.
    pub name: Arc<str>,
    /// Whether loading cannot do without it: then it is there where the project is deployed.
    pub required: bool,
    /// The settings that were made before they would be taken from it, and that nothing has changed since.
    pub before: BTreeSet<Arc<str>>,
}

impl AbsentSource {
    /// What is assumed for want of it.
    pub fn assumption(&self) -> Assumption {
        if self.required { Assumption::Silent(self.name.clone()) } else { Assumption::Absent(self.name.clone()) }
    }
}

/// The settings of one module as Django sees them after loading it.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The dotted module name.
    pub module: Arc<str>,
    /// Uppercase names that the module sets, in Django's order: alphabetical.
    pub explicit: BTreeMap<Arc<str>, Setting>,
    /// Set when names that we could not see may also be set: a star import from outside the project.
    pub open: Option<Unknown>,
    /// Modules and files that are not there, from which the settings would take further settings.
    pub absent: Vec<AbsentSource>,
    /// Why loading fails, certain reasons first.
    pub load_errors: Vec<LoadError>,
    /// What loading raises where a name that only some paths bind is not bound after all. Most code that reads such a name
    /// reads it under the same condition: no reason to say that loading may fail, but one not to say with what it fails.
    pub doubts: Vec<LoadError>,
    /// What the parts of settings rest on that are dictionaries: not everything that the whole does.
    pub parts: BTreeMap<Arc<str>, Parts>,
    /// Environment variables the module reads, in the order of reading.
    pub variables: Vec<Variable>,
    /// Variables that tell production from other environments, of those that nothing gives.
    pub switches: Vec<Switch>,
    /// What is supposed of such variables.
    pub supposed: Option<Supposed>,
    /// The environment that switches DEBUG on and of which nothing says whether it is production's, with the place.
    pub debug_elsewhere: Option<(Arc<str>, Region)>,
    /// The settings under other environments.
    pub what_if: Vec<WhatIf>,
    /// The settings where variables are set that are assumed unset: what tells on which of them a finding hangs.
    pub elsewhere: Vec<Elsewhere>,
    /// The settings where variables are given on whose presence code hangs.
    pub granted: Vec<Granted>,
    /// The variables that what is judged turned out to hang on, where that has been asked. They stand for all that are
    /// assumed unset.
    pub conditions: Option<BTreeSet<Arc<str>>>,
    /// The environment of the process when the module has been loaded, as far as it is known: the variables that were
    /// given, and those that the module itself puts there.
    pub environ: BTreeMap<Arc<str>, Value>,
    /// How the modules were run.
    pub course: Course,
    /// Folders of the tree that loading left on `sys.path`, first one first.
    pub search_path: Vec<Arc<str>>,
    /// What could not be evaluated.
    pub notices: Vec<Notice>,
}

/// A setting as Django sees it: the module's, or the default of the version.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The value.
    pub value: Value,
    /// The statement that decides, if the module sets it.
    pub at: Option<Region>,
    /// Whether the module sets it, even to its default (Django's `is_overridden`).
    pub explicit: Truth,
    /// What was assumed about the environment.
    pub assumptions: BTreeSet<Assumption>,
}

impl Effective {
    /// Python's truth value of the setting.
    pub fn truth(&self) -> Truth {
        self.value.truth()
    }

    /// `setting is True`.
    pub fn is_true(&self) -> Truth {
        self.value.is_true()
    }

    /// The place to show: the value's own expression, or the statement.
    pub fn region(&self) -> Option<Region> {
        self.at.or(self.value.at)
    }

    /// What the setting of this name is, as the start of a message: `DEBUG is True unless DEBUG is set`, or that it is
    /// not set.
    pub fn state(&self, name: &str) -> String {
        match self.explicit {
            Truth::No => format!("{name} is not set{}", self.unless()),
            Truth::Yes | Truth::Unknown(_) => format!("{name} is {}{}", self.value.show(), self.unless()),
        }
    }

    /// What was assumed about the deployment as a clause, to be put behind a message: ` unless DEBUG is set`,
    /// ` unless local_settings is there`, or nothing.
    pub fn unless(&self) -> String {
        clause(&self.assumptions)
    }
}

/// What one setting's parts rest on, by the keys that lead to them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// All that a part rests on, what it holds included, by its keys.
    pub whole: BTreeMap<Vec<Arc<str>>, BTreeSet<Assumption>>,
    /// What it rests on that a dictionary is there and has the keys that it has, by the keys that lead to it.
    pub shell: BTreeMap<Vec<Arc<str>>, BTreeSet<Assumption>>,
}

impl Parts {
    /// What a part rests on; for one that is missing, what that rests on. `None` if that was not kept.
    fn of(&self, keys: &[&str]) -> Option<&BTreeSet<Assumption>> {
        let path = |keys: &[&str]| keys.iter().map(|key| Arc::from(*key)).collect::<Vec<_>>();
        self.whole.get(&path(keys)).or_else(|| {
            let (_, outer) = keys.split_last()?;
            self.shell.get(&path(outer))
        })
    }
}

/// Assumptions about the deployment, to be put behind a message.
fn clause(assumptions: &BTreeSet<Assumption>) -> String {
    let (mut unset, mut absent, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    for assumption in assumptions {
        match assumption {
            Assumption::Unset(name) => unset.push(&**name),
            Assumption::Absent(name) => absent.push(&**name),
            Assumption::Silent(name) => silent.push(&**name),
            Assumption::Given(_) | Assumption::World(_) => {}
        }
    }
    let either = |names: &[&str]| match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} or {last}", names.join(", ")),
    };
    let clauses = [(unset, "is set"), (absent, "is there"), (silent, "sets it")];
    let told: Vec<String> =
        clauses.iter().filter(|(names, _)| !names.is_empty()).map(|(names, verb)| format!("{} {verb}", either(names))).collect();
    if told.is_empty() { String::new() } else { format!(" unless {}", told.join(" or ")) }
}

impl Settings {
    /// Whether the module certainly switches DEBUG on.
    pub fn is_debug_on(&self) -> bool {
        self.explicit.get("DEBUG").is_some_and(|debug| debug.value.truth().is_yes())
    }

    /// Takes these settings, in which the [switches](Self::switches) of others say production, for what production has;
    /// false where they do not load for it, so that production must have other ways to tell.
    pub fn suppose(&mut self, without: &Self) -> bool {
        // A module that each deployment writes for itself is there in production, and may be all that is missing.
        let fails = |it: &&LoadError| it.certain && it.variable.is_none() && &*it.exception != "ModuleNotFoundError";
        let failures = |settings: &Self| settings.load_errors.iter().filter(fails).count();
        if failures(self) > failures(without) && !self.absent.iter().any(|it| it.required) {
            return false;
        }
        let debug = without.explicit.get("DEBUG").filter(|debug| debug.value.truth().is_yes());
        let debug = debug.and_then(|debug| debug.value.at.or(debug.origin.last().copied()));
        self.supposed = Some(Supposed { switches: without.switches.clone(), debug });
        true
    }

    /// What the module itself sets.
    pub fn explicit(&self, name: &str) -> Option<&Setting> {
        self.explicit.get(name)
    }

    /// [`Effective::unless`] of what stands under `keys` of `setting`, the one of this name: `["default", "USER"]` of
    /// `DATABASES`. The whole setting's, where more is not known.
    pub fn unless(&self, name: &str, setting: &Effective, keys: &[&str]) -> String {
        let kept = self.parts.get(name).filter(|_| !setting.assumptions.is_empty() && setting.explicit.is_yes());
        match kept.and_then(|parts| parts.of(keys)) {
            Some(part) => clause(&self.settled(part)),
            None => clause(&setting.assumptions),
        }
    }

    /// The setting as Django sees it, with `default` (the version's, or `None` where Django has none) behind it.
    pub fn effective(&self, name: &str, default: Option<Value>) -> Option<Effective> {
        if let Some(setting) = self.explicit.get(name) {
            // Of a list that several statements make, the first is where somebody looks for what is not in it.
            let is_list = matches!(setting.value.datum, Datum::List(_) | Datum::Tuple(_));
            let at = if is_list { setting.origin.first() } else { setting.origin.last() };
            return Some(Effective {
                at: at.copied(),
                value: setting.value.clone(),
                explicit: Truth::Yes,
                assumptions: self.settled(&setting.assumptions),
            });
        }
        if let Some(open) = &self.open {
            let value = Value { datum: Datum::Unknown(open.clone()), at: open.at };
            return Some(Effective { value, at: open.at, explicit: Truth::Unknown(open.clone()), assumptions: BTreeSet::new() });
        }
        // That nothing sets it may rest on a condition that came out so, or on what is not there.
        let decided = self.course.against(name).flat_map(|decision| decision.assumptions.iter().cloned());
        let absent = self.absent.iter().map(AbsentSource::assumption);
        let assumptions = self.settled(&decided.chain(absent).collect());
        Some(Effective { value: default?, at: None, explicit: Truth::No, assumptions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Why;

    #[test]
    fn assumptions_about_the_deployment_are_told() {
        let unless = |assumptions: &[Assumption]| {
            let value = Value::of(Datum::Bool(true));
            Effective { value, at: None, explicit: Truth::Yes, assumptions: assumptions.iter().cloned().collect() }.unless()
        };
        let unset = |name: &str| Assumption::Unset(name.into());
        let absent = Assumption::Absent("shop.local".into());
        assert_eq!(unless(&[]), "");
        assert_eq!(unless(&[unset("A"), unset("B"), Assumption::World("x".into())]), " unless A or B is set");
        assert_eq!(unless(std::slice::from_ref(&absent)), " unless shop.local is there");
        assert_eq!(unless(&[unset("A"), absent]), " unless A is set or shop.local is there");
        assert_eq!(unless(&[unset("A"), Assumption::Silent("shop.local".into())]), " unless A is set or shop.local sets it");
    }

    #[test]
    fn a_list_of_several_statements_is_shown_where_it_begins() {
        let at = |start: u32| Region::new(crate::ArtifactId(0), start, start + 1);
        let setting =
            |datum: Datum| Setting { value: Value::of(datum), origin: vec![at(1), at(5)], assumptions: BTreeSet::new() };
        let explicit = [("APPS".into(), setting(Datum::List(Vec::new()))), ("DEBUG".into(), setting(Datum::Bool(true)))];
        let settings = Settings { explicit: explicit.into_iter().collect(), ..Settings::default() };
        let shown = |name: &str| settings.effective(name, None).and_then(|setting| setting.region());
        assert_eq!((shown("APPS"), shown("DEBUG")), (Some(at(1)), Some(at(5))));
    }

    #[test]
    fn a_certain_answer_decides() {
        let unknown = || Truth::Unknown(Unknown::new(Why::Call("f".into()), None));
        assert_eq!(Truth::No.and(unknown()), Truth::No);
        assert_eq!(unknown().and(Truth::No), Truth::No);
        assert_eq!(Truth::Yes.or(unknown()), Truth::Yes);
        assert_eq!(unknown().or(Truth::Yes), Truth::Yes);
        assert_eq!(Truth::Yes.and(unknown()), unknown());
    }
}
