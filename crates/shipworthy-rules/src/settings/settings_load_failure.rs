//! Settings that raise an exception while they load stop every process of the project.

use shipworthy_model::{Facts, Findings, Kind, LoadError, Rule, Severity, Topic};

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
    for error in raised {
        let message = format!("loading {} raises {}: {}", settings.module, error.exception, clause(&error.message));
        if error.certain {
            findings.fail(message).at(error.at).help("repair the statement; until then no process of the project starts");
        } else {
            findings.open(format!("perhaps {message}")).at(error.at);
        }
    }
    if let Some(first) = required.first() {
        let mut names: Vec<&str> = required.iter().filter_map(|error| error.variable.as_deref()).collect();
        names.sort_unstable();
        names.dedup();
        let sometimes = if required.iter().any(|error| error.certain) { "" } else { " under a condition" };
        let finding = findings
            .open(format!("{} needs {}{sometimes}, which nothing gives here", settings.module, list(&names)))
            .at(first.at)
            .help("give the variables of production with --env-file or --env; what depends on them is judged then");
        for error in &required[1..] {
            finding.see(error.at, format!("needs {}", error.variable.as_deref().unwrap_or_default()));
        }
    }
    if !findings.has(Kind::Fail) && !findings.has(Kind::Open) {
        findings.pass(format!("Django loads {}", name(&settings.module)));
    }
}

fn name(module: &str) -> &str {
    if module.is_empty() { "the settings" } else { module }
}

/// A message of an exception as the end of a clause.
fn clause(message: &str) -> &str {
    message.trim_end_matches('.')
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "a variable of the environment".to_owned(),
        [name] => format!("the environment variable {name}"),
        [names @ .., last] => format!("the environment variables {} and {last}", names.join(", ")),
    }
}
