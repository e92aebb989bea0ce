//! A `WSGI_APPLICATION` that names nothing is the trace of a renamed package.

use shipworthy_model::{Effective, EntryPointKind, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "wsgi-application-missing",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "WSGI_APPLICATION names something that the project does not have",
    guide: include_str!("wsgi_application_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let application = facts.setting("WSGI_APPLICATION");
    match application.truth() {
        Truth::No => {
            findings.not_applicable("WSGI_APPLICATION is not set").at(application.region());
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("WSGI_APPLICATION", &why);
            return;
        }
        Truth::Yes => {}
    }
    if let Some(why) = application.value.as_unknown() {
        findings.undecided("WSGI_APPLICATION", &why);
        return;
    }
    let path = application.value.as_str().and_then(|path| path.rsplit_once('.'));
    let Some((module, name)) = path.filter(|(module, name)| !module.is_empty() && !name.is_empty()) else {
        findings
            .fail(format!("{}, not a dotted path to an application", application.state("WSGI_APPLICATION")))
            .at(application.region())
            .help("name module and variable: WSGI_APPLICATION = \"config.wsgi.application\"");
        return;
    };
    match facts.project.has_module(module) {
        Truth::Unknown(_) => {
            findings
                .open(format!("WSGI_APPLICATION names {module}, which is not among the modules that were read"))
                .at(application.region());
        }
        Truth::No => {
            missing(&application, &format!("the project has no module {module}"), findings);
        }
        Truth::Yes if defines(facts, module, name) == Some(false) => {
            missing(&application, &format!("{module} defines no {name}"), findings);
        }
        Truth::Yes => {
            findings.pass(format!("WSGI_APPLICATION names {module}, which the project has")).at(application.region());
        }
    }
}

fn missing(application: &Effective, why: &str, findings: &mut Findings) {
    findings
        .fail(format!("{}, but {why}", application.state("WSGI_APPLICATION")))
        .at(application.region())
        .label("manage.py runserver stops here, and a server given the same path does too")
        .help("correct the path, or delete the setting if the project is served over ASGI only");
}

/// Whether the module's text holds the name at all, for the entry points whose text was read.
fn defines(facts: &Facts, module: &str, name: &str) -> Option<bool> {
    let end = format!("{}.py", module.replace('.', "/"));
    let entry = facts.project.entry_points.iter().find(|entry| {
        entry.kind == EntryPointKind::Wsgi
            && (*entry.path == *end || entry.path.strip_suffix(&*end).is_some_and(|rest| rest.ends_with('/')))
    })?;
    let text = &facts.artifacts.get(facts.artifacts.find(&entry.path)?).text;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    Some(text.contains("import *") || text.split(|c| !is_word(c)).any(|word| word == name))
}
