//! Settings that raise an exception while they load stop every process of the project.

use shipworthy_model::{Facts, Findings, LoadError, Rule, Severity, Topic};

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
    let settings = &facts.settings;
    let (required, raised): (Vec<&LoadError>, Vec<&LoadError>) =
        settings.load_errors.iter().partition(|error| error.variable.is_some());
    let (certain, doubtful): (Vec<&LoadError>, Vec<&LoadError>) = raised.into_iter().partition(|error| error.certain);
    // What raises first ends the loading. What would raise behind it may be nothing but its consequence.
    if let Some(error) = certain.first() {
        first_of(error, name(&settings.module), findings);
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
fn first_of(error: &LoadError, module: &str, findings: &mut Findings) {
    let what = exception(error);
    match &*error.exception {
        "ModuleNotFoundError" | "ImportError" => findings
            .open(format!("loading {module} raises {what}, unless it is there where the project is deployed"))
            .help("commit the module, or run shipworthy where it is"),
        "NameError" | "AttributeError" => findings
            .open(format!("loading {module} raises {what}, unless code that cannot be seen provides it"))
            .help("if the project does start: say --settings and --env as its deployment does"),
        _ => findings
            .fail(format!("loading {module} raises {what}"))
            .help("repair the statement; until then no process of the project starts"),
    }
    .at(error.at);
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
