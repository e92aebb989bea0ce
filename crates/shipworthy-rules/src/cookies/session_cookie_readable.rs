//! A session cookie that scripts can read turns one injected script into a stolen login.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "session-cookie-readable",
    topic: Topic::Cookies,
    severity: Severity::Medium,
    django: &["security.W013", "security.W014", "security.W015"],
    summary: "scripts can read the session cookie",
    guide: include_str!("session_cookie_readable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let hidden = facts.setting("SESSION_COOKIE_HTTPONLY");
    let app = facts.lists("INSTALLED_APPS", "django.contrib.sessions");
    let middleware = facts.has_session_middleware();
    if app.is_no() && middleware.is_no() {
        findings.not_applicable("django.contrib.sessions is not in use").at(hidden.region());
        return;
    }
    match hidden.is_true() {
        Truth::Yes => {
            findings.pass(hidden.state("SESSION_COOKIE_HTTPONLY")).at(hidden.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SESSION_COOKIE_HTTPONLY", &why);
        }
        Truth::No => {
            let id = match (app, middleware) {
                (Truth::Yes, Truth::Yes) => "security.W015",
                (Truth::Yes, Truth::No) => "security.W013",
                (Truth::No, Truth::Yes) => "security.W014",
                (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => {
                    findings.undecided("whether sessions are in use", &why);
                    return;
                }
                (Truth::No, Truth::No) => return,
            };
            let state = hidden.state("SESSION_COOKIE_HTTPONLY");
            if hidden.truth().is_yes() {
                findings
                    .fail(format!("{state}, not True: the cookie is hidden from scripts by accident"))
                    .at(hidden.region())
                    .severity(Severity::Low)
                    .django(id)
                    .label(format!(
                        "a value of type {} that Python takes for true, where Django's check asks for True itself",
                        hidden.value.type_name()
                    ))
                    .help("set SESSION_COOKIE_HTTPONLY = True");
            } else {
                let set = !facts.has_middleware_class("SessionMiddleware").is_no();
                findings
                    .fail(format!("{state}: scripts on the page can read the session cookie"))
                    .at(hidden.region())
                    .severity(if set { Severity::Medium } else { Severity::Low })
                    .django(id)
                    .label("one injected script sends the login away")
                    .help("set SESSION_COOKIE_HTTPONLY = True");
            }
        }
    }
}

/// The cookie as the running site sets it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let cookies = wire.cookies();
    match cookies.iter().find(|(_, cookie)| cookie.is_session()) {
        Some((id, cookie)) if cookie.http_only => {
            findings.pass(format!("the session cookie {} carries HttpOnly", cookie.name)).seen([*id]);
        }
        Some((id, cookie)) => {
            findings
                .fail(format!("the session cookie {} is set without HttpOnly", cookie.name))
                .seen([*id])
                .label("one injected script sends the login away")
                .help("set SESSION_COOKIE_HTTPONLY = True");
        }
        None => {
            findings
                .not_applicable("no session cookie was set on the pages that were looked at: Django sets it at login")
                .seen([]);
        }
    }
}
