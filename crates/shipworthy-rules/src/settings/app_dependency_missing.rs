//! Some of Django's apps need another one beside them, and fail without it.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

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
    if findings.is_clean() {
        findings.pass("the apps that others need are installed").at(apps.region());
    }
}
