//! A session cookie without Secure crosses the network readable, and whoever reads it is logged in.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "session-cookie-insecure",
    topic: Topic::Cookies,
    severity: Severity::High,
    django: &["security.W010", "security.W011", "security.W012"],
    summary: "the session cookie is also sent over plain HTTP",
    guide: include_str!("session_cookie_insecure.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let secure = facts.setting("SESSION_COOKIE_SECURE");
    let app = facts.lists("INSTALLED_APPS", "django.contrib.sessions");
    let middleware = facts.has_session_middleware();
    if app.is_no() && middleware.is_no() {
        findings.not_applicable("django.contrib.sessions is not in use").at(secure.region());
        return;
    }
    match secure.is_true() {
        Truth::Yes => {
            findings.pass(secure.state("SESSION_COOKIE_SECURE")).at(secure.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SESSION_COOKIE_SECURE", &why);
        }
        Truth::No => {
            let id = match (app, middleware) {
                (Truth::Yes, Truth::Yes) => "security.W012",
                (Truth::Yes, Truth::No) => "security.W010",
                (Truth::No, Truth::Yes) => "security.W011",
                (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => {
                    findings.undecided("whether sessions are in use", &why);
                    return;
                }
                (Truth::No, Truth::No) => return,
            };
            let state = secure.state("SESSION_COOKIE_SECURE");
            if secure.truth().is_yes() {
                findings
                    .fail(format!("{state}, not True: the cookie is secure by accident"))
                    .at(secure.region())
                    .severity(Severity::Low)
                    .django(id)
                    .label(format!(
                        "a value of type {} that Python takes for true, where Django's check asks for True itself",
                        secure.value.type_name()
                    ))
                    .help("set SESSION_COOKIE_SECURE = True");
            } else {
                let set = !facts.has_middleware_class("SessionMiddleware").is_no();
                let (message, severity) = if !set {
                    (format!("{state}, and no middleware makes a session cookie so far"), Severity::Info)
                } else if facts.makes_no_sessions() {
                    (format!("{state}, but nothing here logs browsers in"), Severity::Low)
                } else {
                    (format!("{state}: browsers send the session cookie over plain HTTP too"), Severity::High)
                };
                findings
                    .fail(message)
                    .at(secure.region().or(facts.setting("MIDDLEWARE").region()))
                    .severity(severity)
                    .django(id)
                    .label("whoever reads it on the network is logged in as its owner")
                    .help("set SESSION_COOKIE_SECURE = True");
            }
        }
    }
}

/// The cookie as the running site sets it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let cookies = wire.cookies();
    match cookies.iter().find(|(_, cookie)| cookie.is_session()) {
        Some((id, cookie)) if cookie.secure => {
            findings.pass(format!("the session cookie {} carries Secure", cookie.name)).seen([*id]);
        }
        Some((id, cookie)) => {
            findings
                .fail(format!("the session cookie {} is set without Secure", cookie.name))
                .seen([*id])
                .label("whoever reads it on the network is logged in as its owner")
                .help("set SESSION_COOKIE_SECURE = True");
        }
        None => {
            findings
                .not_applicable("no session cookie was set on the pages that were looked at: Django sets it at login")
                .seen([]);
        }
    }
}
