//! The environment of a deployment: what its files give the process that serves the project, and what is supposed of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use shipworthy_model::picture::{self as deployed, Handed, Picture, Platform};
use shipworthy_model::{Assumption, Given, Region, Settings, Stage, Switch, Why};

use super::is_ambient;
use crate::entry_points::{CONFIGURATION, Put, VARIABLE};

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
        let own = given(unit);
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
    pub(super) fn with(&self, name: &Arc<str>, text: &str) -> Self {
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
        let serving: Vec<_> = serving.into_iter().filter(|(it, unit)| said(it) || shipped(it, unit)).collect();
        // Of several deployments, one that shows what it gives: another leaves that to its platform.
        let shows = |unit: &deployed::Unit| {
            given(unit).any(|it| it.from != deployed::Source::Image && !matches!(&*it.name, "PORT" | "DYNO"))
        };
        let found = serving.iter().copied().find(|(_, unit)| shows(unit)).or(serving.first().copied());
        let platform = found.map(|(environment, _)| environment.platform);
        let handed = |over| Handed::for_production(&picture.handed, platform, over);
        let (above, below) = (handed(true), handed(false));
        let Some((environment, unit)) = found else {
            self.take(above.iter().chain(&below), |_| true);
            return !above.is_empty() || !below.is_empty();
        };
        self.take(&above, |_| true);
        let form = environment.platform == Platform::Heroku || !said(environment) || environment.class.is_by_conduct();
        let asked = self.variables.contains_key(CONFIGURATION);
        let stated = !above.is_empty();
        self.add(unit, |variable| !form || stands(&variable.value) || &*variable.name == CONFIGURATION);
        let less = self.variables.get(CONFIGURATION).is_some_and(|(name, _)| Stage::of_class(name) == Stage::Development);
        if less && !asked && !environment.class.is_production() {
            // As an entry point falls back to such a class: where the project is deployed another one is named.
            self.variables.remove(CONFIGURATION);
        }
        self.take(&below, |_| true);
        // A file of a server's own is as much at home in an image, and tells nothing of what that is given.
        stated
            || environment.platform != Platform::Machine
            || given(unit).any(|variable| variable.from != deployed::Source::Server)
    }

    /// Adds what the file that is served sets when it is loaded: what it assigns goes before everything else.
    pub fn give_entry(&mut self, set: &[Put]) {
        for put in set.iter().filter(|it| ![VARIABLE, CONFIGURATION].contains(&&*it.name)) {
            let known = self.variables.contains_key(&put.name) || self.passed.contains_key(&put.name);
            if !(put.overridable && known) {
                self.passed.remove(&put.name);
                self.variables.insert(put.name.clone(), (put.text.clone(), Given::File(put.at)));
            }
        }
    }

    /// The same where no process is to be seen, because what the image starts was not understood, or because the project is
    /// run from an image that was built elsewhere: what the
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
            let own = |unit: &deployed::Unit| environment.class.is_production() && unit.is_not_followed();
            let shipped = |unit: &deployed::Unit| unit.is_from_elsewhere() && environment.units.iter().all(|it| !it.builds(unit));
            for unit in units.filter(|unit| own(unit) || shipped(unit)) {
                let named = unit.variable(VARIABLE).is_some_and(|variable| variable.value.expose().is_some());
                let read = if named { usize::MAX } else { unit.variables.iter().filter(reads).count() };
                if read > best.map_or(FEW, |(most, _)| most) {
                    best = Some((read, unit));
                }
            }
        }
        let Some((_, unit)) = best else { return false };
        self.add(unit, |variable| unit.is_not_followed() || stands(&variable.value));
        true
    }

    fn add(&mut self, unit: &deployed::Unit, counts: impl Fn(&deployed::Variable) -> bool) {
        self.take(given(unit), counts);
    }

    /// Takes over variables about which nothing is said yet; what does not count is given, nobody knows to what.
    fn take<'v>(
        &mut self,
        variables: impl IntoIterator<Item = &'v deployed::Variable>,
        counts: impl Fn(&deployed::Variable) -> bool,
    ) {
        for variable in variables {
            if self.variables.contains_key(&variable.name) {
                continue;
            }
            if matches!(variable.value.as_unknown().map(|unknown| &unknown.why), Some(Why::Branch(_))) {
                // Set under a condition alone: as likely as not it is not set at all.
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

/// What a unit and the scripts in it give its processes. What a script would give one that it does not come to is nobody's.
fn given(unit: &deployed::Unit) -> impl Iterator<Item = &deployed::Variable> {
    let run = unit.processes.iter().filter(|process| process.chance != deployed::Chance::Unlikely);
    unit.variables.iter().chain(run.flat_map(|process| &process.variables))
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
