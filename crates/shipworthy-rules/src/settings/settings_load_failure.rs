//! Settings that raise an exception while they load stop every process of the project.

use shipworthy_model::runtime::{Raised, RunStage};
use shipworthy_model::{Facts, Findings, Kind, LoadError, Rule, Runtime, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "settings-load-failure",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "Django cannot load the settings",
    guide: include_str!("settings_load_failure.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    match facts.runtime() {
        Some(runtime) => ran(facts, runtime, findings),
        None => read(facts, findings),
    }
}

/// What the project's own Python met.
fn ran(facts: &Facts, runtime: &Runtime, findings: &mut Findings) {
    let module = name(&facts.settings.module);
    if let Some(failure) = &runtime.failure {
        raised(facts, module, failure, findings);
    } else if let Some(how) = runtime.broke_off.as_ref().filter(|_| runtime.stage <= RunStage::Setup) {
        findings
            .open(format!("whether {module} loads could not be seen: the project's Python {how} while {}", runtime.stage.doing()))
            .help("settings and applications should load without waiting for anything; --runtime-timeout gives them longer")
            .ran();
    } else {
        findings.pass(format!("the project's own Python loads {module} and every application")).ran();
    }
}

fn raised(facts: &Facts, module: &str, failure: &Raised, findings: &mut Findings) {
    let what = failure.what();
    let needed = facts.settings.variables.iter().filter(|variable| variable.required && variable.given.is_none());
    let words: Vec<&str> = failure.message.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let variable = needed.map(|variable| &*variable.name).find(|name| words.contains(name));
    let (doing, subject) = match failure.stage {
        RunStage::Setup => (format!("loading the applications of {module}"), Some("the applications")),
        _ => (format!("loading {module}"), None),
    };
    let finding = if let Some(variable) = variable {
        findings
            .open(format!("{doing} needs the environment variable {variable}, which nothing gives here"))
            .help("give the variables of production with --env-file or --env")
    } else if failure.is_about_the_machine() {
        findings
            .open(format!("{doing} raises {what}, which may be otherwise where the project is deployed"))
            .help("settings and applications should load without asking a database or another service")
    } else {
        findings.fail(format!("{doing} raises {what}")).help(match &failure.module {
            Some(missing) => format!("install what provides {missing} into the project's Python, or remove what imports it"),
            None => "repair the statement; until then no process of the project starts".to_owned(),
        })
    };
    let apps = (failure.stage == RunStage::Setup).then(|| facts.setting("INSTALLED_APPS").region()).flatten();
    finding.ran().at(failure.at.or(apps));
    // What the source takes for the reason is at best the same one.
    finding.settles = finding.kind == Kind::Fail && subject.is_none();
    finding.subject = subject.map(str::to_owned);
}

fn read(facts: &Facts, findings: &mut Findings) {
    let settings = &facts.settings;
    let (required, raised): (Vec<&LoadError>, Vec<&LoadError>) =
        settings.load_errors.iter().partition(|error| error.variable.is_some());
    let (certain, doubtful): (Vec<&LoadError>, Vec<&LoadError>) = raised.into_iter().partition(|error| error.certain);
    // What raises first ends the loading. What would raise behind it may be nothing but its consequence.
    if let Some(error) = certain.first() {
        first_of(facts, error, name(&settings.module), findings);
    }
    // Settings that examine themselves raise in many places; what they complain about is not known to be so.
    if let Some((first, others)) = doubtful.split_first() {
        let more = if others.is_empty() { String::new() } else { format!(", and {} more like it", others.len()) };
        let message =
            format!("whether {} loads hangs on conditions: perhaps it raises {}", name(&settings.module), exception(first));
        let finding = findings.open(message + &more).at(first.at);
        for error in others.iter().take(3) {
            finding.see(error.at, format!("perhaps raises {}", error.exception));
        }
    }
    if let Some(first) = required.first() {
        let mut names: Vec<&str> = required.iter().filter_map(|error| error.variable.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let sometimes = if required.iter().any(|error| error.certain) { "" } else { " under a condition" };
        let finding = findings
            .open(format!("{} needs {}{sometimes}, which nothing gives here", name(&settings.module), list(&names)))
            .at(first.at)
            .help("give the variables of production with --env-file or --env; what depends on them is judged then");
        for error in &required[1..] {
            finding.see(error.at, format!("needs {}", error.variable.as_deref().unwrap_or_default()));
        }
    }
    if findings.is_clean() {
        findings.pass(format!("Django loads {}", name(&settings.module)));
    }
}

/// What ends the loading. A project that runs somewhere has what its settings need there: a module that is not committed,
/// a name that other code puts into theirs. So that which is missing here is no proof of a fault.
fn first_of(facts: &Facts, error: &LoadError, module: &str, findings: &mut Findings) {
    let what = exception(error);
    if let Some(missing) = unwritten(facts, &error.message) {
        findings
            .open(format!("loading {module} raises {what}, unless {missing} was written when the project was installed"))
            .help("run shipworthy where the project is installed, or commit the module")
            .at(error.at);
        return;
    }
    let local = facts.settings.absent.last().map(|absent| &absent.name);
    match &*error.exception {
        "ModuleNotFoundError" | "ImportError" => findings
            .open(format!("loading {module} raises {what}, unless it is there where the project is deployed"))
            .help("commit the module, or run shipworthy where it is"),
        "FileNotFoundError" => findings
            .open(format!("loading {module} raises {what}, unless the file is there where the project is deployed"))
            .help("run shipworthy where that file is"),
        "NameError" | "AttributeError" => findings
            .open(format!("loading {module} raises {what}, unless code that cannot be seen provides it"))
            .help("if the project does start: say --settings and --env as its deployment does"),
        _ if let Some(local) = local => findings
            .open(format!("loading {module} raises {what}, unless {local} is there and says otherwise"))
            .help("run shipworthy where that file is"),
        _ => findings
            .fail(format!("loading {module} raises {what}"))
            .help("repair the statement; until then no process of the project starts"),
    }
    .at(error.at);
}

/// The module of the project's own packages that a message names and that is not in the tree: settings complain so when they
/// miss what an installation writes.
fn unwritten<'m>(facts: &Facts, message: &'m str) -> Option<&'m str> {
    let words = message.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_./".contains(letter));
    let mut names = words.map(|word| word.trim_matches('.')).filter(|word| word.contains('.') && !word.contains('/'));
    names.find(|name| {
        let module = name.split('.').all(|part| part.starts_with(|first: char| first.is_ascii_lowercase() || first == '_'));
        module && name.rsplit('.').next() != Some("py") && facts.project.has_module(name).is_no()
    })
}

fn name(module: &str) -> &str {
    if module.is_empty() { "the settings" } else { module }
}

/// The exception and what it says, as the end of a clause.
fn exception(error: &LoadError) -> String {
    match error.message.trim_end_matches('.') {
        "" => error.exception.to_string(),
        message => format!("{}: {message}", error.exception),
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "a variable of the environment".to_owned(),
        [name] => format!("the environment variable {name}"),
        [names @ .., last] => format!("the environment variables {} and {last}", names.join(", ")),
    }
}
