//! The admin needs the apps for users, content types and messages beside it.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "admin-app-missing",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &["admin.E401", "admin.E405", "admin.E406"],
    summary: "an app that the admin needs is not installed",
    guide: include_str!("admin_app_missing.md"),
    check,
};

const NEEDED: [(&str, &str); 3] = [
    ("django.contrib.contenttypes", "admin.E401"),
    ("django.contrib.auth", "admin.E405"),
    ("django.contrib.messages", "admin.E406"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    let admin = match facts.has_contrib("django.contrib.admin") {
        Truth::Yes => true,
        Truth::No => {
            findings.not_applicable("django.contrib.admin is not installed");
            return;
        }
        Truth::Unknown(_) => false,
    };
    for (app, id) in NEEDED {
        match facts.has_contrib(app) {
            Truth::Yes => {}
            Truth::No if admin => {
                findings
                    .fail(format!("the admin is installed without {app}"))
                    .at(apps.region())
                    .django(id)
                    .help(format!("add \"{app}\" to INSTALLED_APPS"));
            }
            Truth::No => {
                findings.open(format!("{app} is not installed, and whether the admin is could not be decided")).at(apps.region());
            }
            Truth::Unknown(why) => {
                findings.undecided(&format!("whether {app} is installed"), &why).at(why.at.or(apps.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("the apps that the admin needs are installed").at(apps.region());
    }
}
