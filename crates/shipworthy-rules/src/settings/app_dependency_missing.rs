//! Some of Django's apps need another one beside them, and fail without it.
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "app-dependency-missing",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "an app that another one needs is not installed",
    guide: include_str!("app_dependency_missing.md"),
    check,
};

/// Apps, and those whose models they refer to: without them Django does not start.
const NEEDED: [(&str, &str); 3] = [
    ("django.contrib.auth", "django.contrib.contenttypes"),
    ("django.contrib.flatpages", "django.contrib.sites"),
    ("django.contrib.redirects", "django.contrib.sites"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    for (app, needed) in NEEDED {
        if !facts.has_app(app).is_yes() {
            continue;
        }
        match facts.has_contrib(needed) {
            Truth::Yes => {}
            Truth::No => {
                findings
                    .fail(format!("{app} is installed without {needed}"))
                    .at(apps.region())
                    .label("Django raises RuntimeError when it loads the models")
                    .help(format!("add \"{needed}\" to INSTALLED_APPS"));
            }
            Truth::Unknown(why) => {
                findings.undecided(&format!("whether {needed} is installed"), &why).at(why.at.or(apps.region()));
            }
        }
    }
    sessions(facts, findings);
    if !findings.has(Kind::Fail) && !findings.has(Kind::Open) {
        findings.pass("the apps that others need are installed").at(apps.region());
    }
}

/// Sessions in the database have their model in an app.
fn sessions(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    if !facts.has_middleware("django.contrib.sessions.middleware.SessionMiddleware").is_yes() {
        return;
    }
    let engine = facts.setting("SESSION_ENGINE");
    let in_database = engine.value.decide(|engine| {
        matches!(engine.as_str(), Some("django.contrib.sessions.backends.db" | "django.contrib.sessions.backends.cached_db"))
    });
    match in_database.and(!facts.has_contrib("django.contrib.sessions")) {
        Truth::Yes => {
            findings
                .fail(format!("sessions are kept in the database by {}, without django.contrib.sessions", engine.value.show()))
                .at(engine.region().or(apps.region()))
                .label("the first request that opens a session raises an exception")
                .help("add \"django.contrib.sessions\" to INSTALLED_APPS and migrate, or choose another SESSION_ENGINE");
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.undecided("whether sessions have their app", &why).at(why.at.or(apps.region()));
        }
    }
}
