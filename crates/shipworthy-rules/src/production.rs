//! What of the deployment picture a rule may judge as production's, and how hard.

use std::sync::Arc;

use shipworthy_model::picture::{
    Action, AppServer, Chance, Environment, Mount, Platform, Process, Program, Role, Runs, Step, Unit, Variable, When,
};
use shipworthy_model::{Facts, Finding, Region, Stage, is_secret_name, key};

/// A unit of an environment that may be production's.
#[derive(Clone, Copy)]
pub(crate) struct Deployed<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) unit: &'a Unit,
    /// How sure it is that what is judged of it runs.
    chance: Chance,
    /// Variables that nobody gives, by which its script comes to that.
    rests_on: &'a [Arc<str>],
}

/// The units that may run in production: those of environments that say production or, where none does, of those that say
/// nothing. What needs a profile for development is none of them.
pub(crate) fn units(facts: &Facts) -> Vec<Deployed<'_>> {
    of(facts.picture.production())
}

/// The units of every environment that may be production's, also of those that say nothing beside one that says production.
pub(crate) fn all_units(facts: &Facts) -> Vec<Deployed<'_>> {
    of(facts.picture.environments.iter().filter(|environment| environment.class.may_be_production()))
}

fn of<'a>(environments: impl IntoIterator<Item = &'a Environment>) -> Vec<Deployed<'a>> {
    let environments = environments.into_iter();
    environments
        .flat_map(|environment| {
            environment.units.iter().map(move |unit| Deployed { environment, unit, chance: Chance::Certain, rests_on: &[] })
        })
        .filter(|deployed| {
            let words = deployed.unit.profiles.iter().filter_map(|profile| profile.as_str()).chain([&*deployed.unit.name]);
            words.into_iter().all(|word| Stage::of(word) != Stage::Development)
        })
        .collect()
}

/// The application servers that may serve production: those that run in any case. Where a script comes to all that serve
/// only under conditions, those that it comes to as far as nobody gives the variables that it asks, and where it asks
/// something else, all that are not for development beside one that is not.
pub(crate) fn servers(facts: &Facts) -> Vec<(Deployed<'_>, &Process, &AppServer)> {
    units(facts).into_iter().flat_map(|deployed| serving(facts, deployed)).collect()
}

fn serving<'f>(facts: &'f Facts, deployed: Deployed<'f>) -> Vec<(Deployed<'f>, &'f Process, &'f AppServer)> {
    let processes = &deployed.unit.processes;
    let of = |chance: Chance| -> Vec<_> {
        let come_to = processes.iter().filter(|process| process.chance == chance);
        let servers = come_to.filter_map(|process| {
            Some((Deployed { chance, rests_on: &process.rests_on, ..deployed }, process, process.runs.server()?))
        });
        servers.filter(|(_, _, server)| serves_project(facts, server)).collect()
    };
    let strange = |process: &Process| matches!(process.runs, Runs::Other(_) | Runs::Unknown(_));
    let certain = of(Chance::Certain);
    if !certain.is_empty() || processes.iter().any(|process| process.chance == Chance::Certain && strange(process)) {
        return certain;
    }
    let presumed = of(Chance::Presumed);
    if !presumed.is_empty() {
        return presumed;
    }
    let mut open = of(Chance::Open);
    let for_production = |server: &AppServer| server.program != Program::Runserver && !server.reloads().is_yes();
    if open.iter().any(|(_, _, server)| for_production(server)) || processes.iter().any(strange) {
        open.retain(|(_, _, server)| for_production(server));
    }
    open
}

/// Whether two servers are started by the same configuration file with the same of these options: one fault of the file is one fault,
/// however many files of the deployment name it.
pub(crate) fn is_same_start(one: &AppServer, other: &AppServer, options: &[&str]) -> bool {
    // An image has the file under a folder of its own: `/code/etc/uwsgi.ini` is `etc/uwsgi.ini`.
    let file = |server: &AppServer| {
        let (file, found) = server.config.as_ref()?;
        let path = file.as_str().filter(|_| *found)?;
        Some(format!("/{}", path.trim_start_matches("./").trim_start_matches('/')))
    };
    let same = file(one).zip(file(other)).is_some_and(|(one, other)| one.ends_with(&other) || other.ends_with(&one));
    same && one.program == other.program && options.iter().all(|name| one.option(name) == other.option(name))
}

/// Whether a server may serve the project: what it is told to serve is a module of it, reads like an entry point of
/// Django's, or is not decided. Repositories hold small services beside the project, which are not Django's.
fn serves_project(facts: &Facts, server: &AppServer) -> bool {
    let Some(target) = server.target.as_ref().and_then(|target| target.as_str()) else { return true };
    let module = target.split(':').next().unwrap_or(target);
    module.contains("wsgi") || module.contains("asgi") || facts.project.has_module(module).is_yes()
}

/// The step that runs a command of `manage.py` where production may come by: the surest of them first. What belongs to an
/// environment for development alone is none.
pub(crate) fn step<'f>(facts: &'f Facts, command: &str) -> Option<&'f Step> {
    let runs = facts.picture.runs_command(command).filter(|step| !is_developments(facts, step) && !only_tells(step));
    let mut steps: Vec<&Step> = runs.collect();
    steps.sort_by_key(|step| (step.conditional, when_of(step).0));
    steps.first().copied()
}

/// A step on the way to production that runs a command of `manage.py` only to say what it would do.
pub(crate) fn rehearsal<'f>(facts: &'f Facts, command: &str) -> Option<&'f Step> {
    let on_the_way = |step: &&Step| matches!(step.when, When::Build | When::Release | When::Start) && !step.conditional;
    facts.picture.runs_command(command).filter(on_the_way).find(|step| only_tells(step) && !is_developments(facts, step))
}

/// Whether a step runs where somebody calls it and nothing says that this is part of a release: a target of a Makefile, a
/// script that nothing names.
pub(crate) fn is_by_hand(facts: &Facts, step: &Step) -> bool {
    let said = |name: &str| Stage::of(name) == Stage::Production;
    step.when == When::Manual && !step.unit.as_deref().is_some_and(said) && !facts.picture.class(step.at.artifact).is_production()
}

/// Whether a step only says what it would do.
pub(crate) fn only_tells(step: &Step) -> bool {
    step.words.iter().any(|word| ["--dry-run", "--plan", "--check", "--help"].iter().any(|option| word.is(option)))
}

fn is_developments(facts: &Facts, step: &Step) -> bool {
    let class = facts.picture.class(step.at.artifact);
    let own = step.environment.as_deref();
    let environment = facts.picture.environments.iter().find(|it| own == Some(&*it.name));
    environment.map_or(!class.may_be_production(), |environment| !environment.class.may_be_production())
}

/// How sure it is that a step is part of every release, and when it runs, for messages.
pub(crate) fn when_of(step: &Step) -> (u8, &'static str) {
    match step.when {
        When::Release => (0, "on each release"),
        When::Build => (1, "while the image is built"),
        When::Start => (2, "on each start"),
        When::Scheduled(_) => (3, "by schedule"),
        When::Pipeline => (4, "in a pipeline"),
        When::Manual => (5, "where somebody calls it"),
    }
}

/// A place that names a command although no step of production's runs it: in a file that was read, outside comments.
pub(crate) fn mention(facts: &Facts, word: &str) -> Option<Region> {
    let mut files = facts.artifacts.iter().filter(|(id, _)| facts.picture.class(*id).may_be_production());
    files.find_map(|(id, artifact)| {
        let (start, _) = artifact.text.match_indices(word).find(|(start, _)| {
            let line = artifact.text[..*start].rfind('\n').map_or(0, |at| at + 1);
            let rehearsed = artifact.text[*start..].lines().next().is_some_and(|rest| rest.contains("--dry-run"));
            !artifact.text[line..*start].trim_start().starts_with(['#', ';']) && !rehearsed
        })?;
        Some(Region::new(id, u32::try_from(start).ok()?, u32::try_from(start + word.len()).ok()?))
    })
}

/// A command of the project's own that production runs once, and that may do more than its name says.
pub(crate) fn own_command(facts: &Facts) -> Option<(&str, Region)> {
    const KNOWN: [&str; 20] = [
        "check",
        "clearsessions",
        "collectstatic",
        "compilemessages",
        "compilescss",
        "compress",
        "createcachetable",
        "createsuperuser",
        "dbshell",
        "flush",
        "loaddata",
        "makemessages",
        "makemigrations",
        "migrate",
        "runserver",
        "shell",
        "showmigrations",
        "test",
        "update_index",
        "wait_for_db",
    ];
    facts.picture.steps.iter().filter(|step| !is_developments(facts, step)).find_map(|step| match &step.action {
        Action::Manage(manage) => match manage.command.as_str() {
            Some(command) if KNOWN.contains(&command) => None,
            Some(_) | None => Some((manage.command.shown(), step.at)),
        },
        Action::Backup(_) | Action::Other(_) => None,
    })
}

/// A unit that certainly is production's, serves the audited settings from a container, and loses what it writes under a
/// path of theirs. What a platform with a router brings is not in the files.
pub(crate) fn losing<'f>(facts: &'f Facts, place: &str) -> Option<Deployed<'f>> {
    let mut servers = servers(facts).into_iter().map(|(deployed, ..)| deployed);
    servers.find(|deployed| {
        let contained = matches!(deployed.environment.platform, Platform::Compose | Platform::Kubernetes);
        contained
            && deployed.environment.complete
            && deployed.environment.class.is_production()
            && deployed.is_audited(facts)
            && facts.is_lost(deployed.unit, place)
    })
}

impl Deployed<'_> {
    /// Whether all that brings its container about is to be seen: its image is built here, from a stock image, and what
    /// runs in it was followed to the end.
    pub(crate) fn is_whole(&self, facts: &Facts) -> bool {
        const STOCK: [&str; 8] = ["python", "debian", "ubuntu", "alpine", "pypy", "uv", "fedora", "rockylinux"];
        let target = self.unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.as_str());
        let stage = facts.picture.image(self.unit).and_then(|image| Some((image, image.stage(target)?)));
        let base = stage.and_then(|(image, stage)| image.lineage(stage).last().and_then(|first| first.base.as_str()));
        let name = base.map(|base| base.split(['@', ':']).next().unwrap_or(base).rsplit('/').next().unwrap_or(base));
        self.environment.complete
            && name.is_some_and(|name| STOCK.contains(&name))
            && !self.unit.processes.is_empty()
            && !self.unit.processes.iter().any(|process| process.is_conditional() || matches!(process.runs, Runs::Unknown(_)))
    }

    /// Whether it runs with the settings that are audited, as far as it names any.
    pub(crate) fn is_audited(&self, facts: &Facts) -> bool {
        let module = self.unit.variable("DJANGO_SETTINGS_MODULE").and_then(|variable| variable.value.as_str());
        module.is_none_or(|module| module == &*facts.project.choice.module)
    }

    /// Whether the environment is one for development by what it does, though nothing calls it so: the source is mounted
    /// from the host, the server is one for development, or there are services alone, for a project that runs beside them.
    /// Where something calls it production's, DEBUG in the open says otherwise, and is a finding of its own.
    pub(crate) fn is_tried_out(&self) -> bool {
        let units = &self.environment.units;
        let own = |unit: &Unit| unit.build.is_some() || unit.runs_python() || unit.role == Role::Other || unit.role == Role::Web;
        let debugged = self.environment.class.is_production() && units.iter().any(debugs);
        let develops = |unit: &Unit| mounts_source(unit) || develops(unit);
        debugged || !self.is_said() && (units.iter().any(develops) || !units.iter().any(own))
    }

    /// Whether the environment is said to be production's and nothing in it speaks against that: who switches DEBUG on
    /// there tries the images of production out.
    fn is_said(&self) -> bool {
        self.environment.class.is_production() && !self.environment.units.iter().any(debugs)
    }

    /// How a message ends: with the condition under which it holds.
    pub(crate) fn unless(&self) -> String {
        let mut text = match (self.chance, self.rests_on) {
            (Chance::Certain | Chance::Unlikely, _) => String::new(),
            (Chance::Presumed, [name]) => format!(" unless {name} says otherwise"),
            (Chance::Presumed, [first, second]) => format!(" unless {first} or {second} says otherwise"),
            (Chance::Presumed | Chance::Open, _) => " where its script comes to that".to_owned(),
        };
        if !self.is_said() {
            text.extend([", if ", &self.environment.name, " is production's"]);
        }
        text
    }

    /// Whether it is said to be production's, and what is judged of it runs in any case.
    pub(crate) fn is_sure(&self) -> bool {
        self.environment.class.is_production() && self.chance == Chance::Certain
    }

    /// Makes a finding one step milder where nothing says that the environment is production's, or its script may not come
    /// to what is judged.
    pub(crate) fn weigh<'f>(&self, finding: &'f mut Finding) -> &'f mut Finding {
        if !self.is_said() || self.chance != Chance::Certain {
            finding.severity = finding.severity.lowered();
        }
        finding
    }
}

/// Whether a unit that runs code has a folder of the host that holds the source: `.:/app`.
pub(crate) fn mounts_source(unit: &Unit) -> bool {
    (unit.build.is_some() || unit.runs_python()) && unit.mounts.iter().any(Mount::is_source)
}

/// Whether a unit that runs Python is given DEBUG in so many letters.
fn debugs(unit: &Unit) -> bool {
    let is_on = |text: &str| matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "on" | "yes");
    let mut variables = unit.variables.iter().filter(|it| matches!(&*it.name, "DEBUG" | "DJANGO_DEBUG"));
    unit.runs_python() && variables.any(|it| it.value.as_str().is_some_and(is_on))
}

fn develops(unit: &Unit) -> bool {
    unit.processes.iter().any(|process| match &process.runs {
        Runs::Server(server) => server.program == Program::Runserver || server.reloads().is_yes(),
        Runs::Manage(_)
        | Runs::Worker(_)
        | Runs::Scheduler(_)
        | Runs::Monitor(_)
        | Runs::FrontEnd(_)
        | Runs::Other(_)
        | Runs::Unknown(_) => false,
    })
}

/// Whether a variable holds a credential that somebody chose to be one: no reference, no path of a file, no words that ask
/// to be replaced or say what it is for, and enough different characters. Of an address, its password is asked.
pub(crate) fn is_credential(variable: &Variable) -> bool {
    variable.value.expose().is_some_and(|text| is_secret(&variable.name, text))
}

/// Whether the text of a variable is a credential, see [`is_credential`].
pub(crate) fn is_secret(name: &str, text: &str) -> bool {
    if let Some(password) = password_of(text) {
        return is_chosen(password);
    }
    // An address that nobody logs in to is no credential, whatever it is called.
    if text.contains("://") && !text.contains('@') {
        return false;
    }
    is_named_secret(name) && is_chosen(text)
}

/// Whether the name of a variable says that its value is a credential itself.
pub(crate) fn is_named_secret(name: &str) -> bool {
    const NAMES: [&str; 12] =
        ["_FILE", "_PATH", "_URL", "_URI", "_ENDPOINT", "_HOST", "_LIFETIME", "_EXPIRY", "_NAME", "_HEADER", "_ID", "_DSN"];
    let upper = name.to_ascii_uppercase();
    let holds = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY"];
    is_secret_name(name) && holds.iter().any(|word| upper.contains(word)) && !NAMES.iter().any(|end| upper.ends_with(end))
}

/// Whether a text was chosen to be secret.
fn is_chosen(text: &str) -> bool {
    const ELSE: [&str; 12] =
        ["change", "fixme", "xxx", "---", "dummy", "none", "build", "test", "local", "postgres", "django", "redacted"];
    let lower = text.to_ascii_lowercase();
    let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
    let is_word = text.chars().all(|character| character.is_ascii_lowercase() || character == '_' || character == '-');
    text.chars().count() >= 8
        && distinct >= 6
        && !is_word
        && !text.starts_with(['/', '$', '<', '.', '{'])
        && !text.starts_with("ENC[")
        && !text.contains(char::is_whitespace)
        && !key::is_placeholder(text)
        && !ELSE.iter().any(|word| lower.contains(word))
}

/// The password in an address: `postgres://shop:PASSWORD@db/shop`.
fn password_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}
