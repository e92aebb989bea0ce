//! The environment that the code reads: what is given, what is assumed unset, what loading cannot do without.

use std::sync::Arc;

use shipworthy_model::{Assumption, Given, LoadError, Region, Value, Variable, Why};

use super::heap::Cell;
use super::interp::{Interp, Res};
use super::object::{Deps, Val};

/// What is known of an environment variable.
pub(super) enum EnvVar {
    Set(Val),
    Unset(Deps),
    /// Required, so certainly set, but nobody knows to what; or a variable of the machine.
    Unknown(Val),
}

impl Interp<'_> {
    /// Reads an environment variable and notes that it is read.
    pub(super) fn environment(&mut self, name: &str, cast: &str, default: Option<&Val>, required: bool, at: Region) -> EnvVar {
        let arc: Arc<str> = name.into();
        let is_new = self.variables.get(name).is_none_or(|variable| variable.default.is_none());
        let frozen = default.filter(|_| is_new).map(|default| self.freeze(default));
        let environment = self.request.environment;
        let passed = environment.passed.get(name).map(|at| Given::Passed(*at));
        let given = environment.variables.get(name).map(|(_, given)| given.clone()).or(passed);
        self.note_variable(&arc, cast, frozen, required, given, at);
        if let Cell::Dict(dict) = self.heap.cell(self.environ) {
            let stored = self.heap.stored(self.environ).deps.clone();
            if let Some(slot) = dict.get_str(name) {
                let value = slot.value.clone().with(&stored);
                let certain = slot.perhaps.is_none();
                if value.is_none() && certain {
                    return EnvVar::Unset(value.deps);
                }
                self.note_within(name, value.at.unwrap_or(at));
                return if certain {
                    EnvVar::Set(value)
                } else {
                    EnvVar::Unknown(Val::unknown(Why::Variable(arc), Some(at)).with(&value.deps))
                };
            }
            if let Some(rest) = &dict.rest {
                let unknown = (**rest).clone();
                return EnvVar::Unknown(Val::unknown(unknown.why, unknown.at));
            }
        }
        if let Some((text, _)) = self.request.environment.variables.get(name) {
            return EnvVar::Set(Val::str(&**text).or_at(at).with(&Deps::of(Assumption::Given(arc))));
        }
        if self.required.contains(name) {
            return EnvVar::Unknown(Val::unknown(Why::Variable(arc), Some(at)));
        }
        if is_ambient(name) {
            return EnvVar::Unknown(Val::unknown(Why::Machine(format!("${name}").into()), Some(at)));
        }
        EnvVar::Unset(Deps::of(Assumption::Unset(arc)))
    }

    fn note_variable(
        &mut self,
        name: &Arc<str>,
        cast: &str,
        default: Option<Value>,
        required: bool,
        given: Option<Given>,
        at: Region,
    ) {
        let variable = self.variables.entry(name.clone()).or_insert_with(|| Variable {
            name: name.clone(),
            cast: "str".into(),
            default: None,
            required,
            reads: Vec::new(),
            called: Vec::new(),
            given,
            within: None,
        });
        if let Some(call) = self.calls.first()
            && !variable.called.contains(call)
            && variable.called.len() < 50
        {
            variable.called.push(*call);
        }
        if !variable.reads.contains(&at) && variable.reads.len() < 50 {
            variable.reads.push(at);
        }
        if cast != "str" && &*variable.cast == "str" {
            variable.cast = cast.into();
        }
        if variable.default.is_none() {
            variable.default = default;
        }
        variable.required &= required;
    }

    /// Notes where the settings themselves give a variable its value.
    pub(super) fn note_within(&mut self, name: &str, at: Region) {
        if let Some(variable) = self.variables.get_mut(name)
            && variable.given.is_none()
        {
            variable.within.get_or_insert(at);
        }
    }

    /// A variable that the code cannot do without is not set: an exception where somebody would catch it, otherwise a
    /// value that nobody knows, and loading is known to require the variable.
    pub(super) fn missing_variable(&mut self, name: &str, exception: &str, message: &str, at: Region) -> Res<Val> {
        let deps = Deps::of(Assumption::Unset(name.into()));
        if self.caught(&Val::external(exception)) {
            // Whoever catches it does without, or raises again: then it turns out to be required.
            if let Some(variable) = self.variables.get_mut(name) {
                variable.required = false;
            }
            return Err(self.raise_with(exception, message, at, deps));
        }
        self.newly_required.insert(name.into());
        let class = exception.rsplit('.').next().unwrap_or(exception);
        let message = if message == name { format!("the environment variable {name} is not set") } else { message.to_owned() };
        self.load_errors.push(LoadError {
            exception: class.into(),
            message,
            at: Some(at),
            variable: Some(name.into()),
            certain: self.undecided == 0,
        });
        Ok(Val::unknown(Why::Variable(name.into()), Some(at)))
    }
}

/// Variables that a login or service manager sets on practically every machine: never to be assumed unset.
pub fn is_ambient(name: &str) -> bool {
    AMBIENT.contains(&name)
}

/// Whether one of them begins like this.
pub(super) fn is_ambient_prefix(prefix: &str) -> bool {
    AMBIENT.iter().any(|name| name.starts_with(prefix))
}

/// Variables by which services of continuous integration tell that a process is theirs: a deployment that cannot load
/// without them misses something else.
pub(super) fn tells_of_a_pipeline(name: &str) -> bool {
    const MARKERS: [&str; 14] = [
        "APPVEYOR",
        "BITBUCKET_BUILD_NUMBER",
        "BUILDKITE",
        "CI",
        "CIRCLECI",
        "CODEBUILD_BUILD_ID",
        "DRONE",
        "GHACTIONS",
        "GITHUB_ACTIONS",
        "GITHUB_WORKFLOW",
        "GITLAB_CI",
        "JENKINS_URL",
        "TF_BUILD",
        "TRAVIS",
    ];
    MARKERS.contains(&name)
}

const AMBIENT: [&str; 14] = [
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "PWD",
    "SHELL",
    "LANG",
    "HOSTNAME",
    "TERM",
    "TMPDIR",
    "LC_ALL",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "TZ",
];
