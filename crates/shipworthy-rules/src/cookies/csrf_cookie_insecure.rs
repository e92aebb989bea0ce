//! A CSRF cookie without Secure crosses the network readable, and with it the token that forms are checked by.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "csrf-cookie-insecure",
    topic: Topic::Cookies,
    severity: Severity::Medium,
    django: &["security.W016"],
    summary: "the CSRF cookie is also sent over plain HTTP",
    guide: include_str!("csrf_cookie_insecure.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let secure = facts.setting("CSRF_COOKIE_SECURE");
    let cookie = facts.has_csrf_middleware().and(!facts.truth("CSRF_USE_SESSIONS"));
    if cookie.is_no() {
        findings.not_applicable("CsrfViewMiddleware sets no cookie").at(secure.region());
        return;
    }
    match cookie.and(!secure.is_true()) {
        Truth::No => {
            findings.pass(secure.state("CSRF_COOKIE_SECURE")).at(secure.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("CSRF_COOKIE_SECURE", &why);
        }
        Truth::Yes if secure.truth().is_yes() => {
            findings
                .fail(format!("{}, not True: the cookie is secure by accident", secure.state("CSRF_COOKIE_SECURE")))
                .at(secure.region())
                .severity(Severity::Low)
                .django("security.W016")
                .label(format!(
                    "a value of type {} that Python takes for true, where Django's check asks for True itself",
                    secure.value.type_name()
                ))
                .help("set CSRF_COOKIE_SECURE = True");
        }
        Truth::Yes if facts.is_headless() || facts.makes_no_sessions() => {
            findings
                .fail(format!("{}, but nothing here logs browsers in", secure.state("CSRF_COOKIE_SECURE")))
                .at(secure.region().or(facts.setting("MIDDLEWARE").region()))
                .severity(Severity::Info)
                .django("security.W016")
                .label("a forged form does nothing that its sender could not do")
                .help("set CSRF_COOKIE_SECURE = True");
        }
        Truth::Yes => {
            findings
                .fail(format!("{}: browsers send the CSRF cookie over plain HTTP too", secure.state("CSRF_COOKIE_SECURE")))
                .at(secure.region().or(facts.setting("MIDDLEWARE").region()))
                .django("security.W016")
                .label("whoever reads it on the network can forge forms of its owner")
                .help("set CSRF_COOKIE_SECURE = True");
        }
    }
}

/// The cookie as the running site sets it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let cookies = wire.cookies();
    match cookies.iter().find(|(_, cookie)| cookie.is_csrf()) {
        Some((id, cookie)) if cookie.secure => {
            findings.pass(format!("the CSRF cookie {} carries Secure", cookie.name)).seen([*id]);
        }
        Some((id, cookie)) => {
            findings
                .fail(format!("the CSRF cookie {} is set without Secure", cookie.name))
                .seen([*id])
                .label("whoever reads it on the network can forge forms of its owner")
                .help("set CSRF_COOKIE_SECURE = True");
        }
        None => {
            findings.not_applicable("no CSRF cookie was set on the pages that were looked at").seen([]);
        }
    }
}
