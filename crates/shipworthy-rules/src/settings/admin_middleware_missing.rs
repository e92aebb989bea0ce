//! The admin needs sessions, users and messages on every request.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "admin-middleware-missing",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &["admin.E408", "admin.E409", "admin.E410"],
    summary: "a middleware that the admin needs is missing",
    guide: include_str!("admin_middleware_missing.md"),
    check,
};

const NEEDED: [(&str, &str); 3] = [
    ("django.contrib.auth.middleware.AuthenticationMiddleware", "admin.E408"),
    ("django.contrib.messages.middleware.MessageMiddleware", "admin.E409"),
    ("django.contrib.sessions.middleware.SessionMiddleware", "admin.E410"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let installed = match facts.has_contrib("django.contrib.admin") {
        Truth::Yes => true,
        Truth::No => {
            findings.not_applicable("django.contrib.admin is not installed");
            return;
        }
        Truth::Unknown(_) => false,
    };
    let middleware = facts.setting("MIDDLEWARE");
    let at = middleware.region().or(facts.setting("INSTALLED_APPS").region());
    for (class, id) in NEEDED {
        match facts.lists_class("MIDDLEWARE", class) {
            Truth::Yes => {}
            Truth::No if installed => {
                findings
                    .fail(format!("the admin is installed without {class}"))
                    .at(at)
                    .django(id)
                    .help(format!("add \"{class}\" to MIDDLEWARE"));
            }
            Truth::No => {
                findings.open(format!("{class} is missing, and whether the admin is installed could not be decided")).at(at);
            }
            Truth::Unknown(why) => {
                findings
                    .undecided(&format!("whether MIDDLEWARE has {class} or one that derives from it"), &why)
                    .at(why.at.or(at));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("MIDDLEWARE has what the admin needs").at(at);
    }
}
