//! Daphne and Channels start from `ASGI_APPLICATION`; without it, or with a wrong one, they do not start.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "asgi-application-missing",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "ASGI_APPLICATION is missing, or names something that the project does not have",
    guide: include_str!("asgi_application_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let application = facts.setting("ASGI_APPLICATION");
    if let Some(why) = application.value.as_unknown() {
        findings.undecided("ASGI_APPLICATION", &why);
        return;
    }
    if application.value.is_none().is_yes() {
        if facts.has_app("daphne").is_yes() {
            findings
                .fail(format!("{}, but daphne is installed", application.state("ASGI_APPLICATION")))
                .at(facts.setting("INSTALLED_APPS").region())
                .label("manage.py runserver is daphne's now, and does not start without it")
                .help("name module and variable: ASGI_APPLICATION = \"config.asgi.application\"");
        } else {
            findings.not_applicable("ASGI_APPLICATION is not set, and nothing asks for it").at(application.region());
        }
        return;
    }
    let path = application.value.as_str().and_then(|path| path.rsplit_once('.'));
    let Some((module, _)) = path.filter(|(module, name)| !module.is_empty() && !name.is_empty()) else {
        findings
            .fail(format!("{}, not a dotted path to an application", application.state("ASGI_APPLICATION")))
            .at(application.region())
            .help("name module and variable: ASGI_APPLICATION = \"config.asgi.application\"");
        return;
    };
    match facts.project.has_module(module) {
        Truth::Yes => {
            findings.pass(format!("ASGI_APPLICATION names {module}, which the project has")).at(application.region());
        }
        Truth::Unknown(_) => {
            findings
                .open(format!("ASGI_APPLICATION names {module}, which is not among the modules that were read"))
                .at(application.region());
        }
        Truth::No => {
            findings
                .fail(format!("{}, but the project has no module {module}", application.state("ASGI_APPLICATION")))
                .at(application.region())
                .label("whatever starts from this setting does not start")
                .help("correct the path, or delete the setting if the project is served over WSGI only");
        }
    }
}
