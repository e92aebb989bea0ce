//! A cookie without `SameSite` goes along with requests that other sites make.

use shipworthy_model::{Cookie, Datum, Effective, Facts, Findings, Rule, Severity, Topic};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "cookie-samesite-off",
    topic: Topic::Cookies,
    severity: Severity::Low,
    django: &[],
    summary: "a login or CSRF cookie is sent with requests from other sites",
    guide: include_str!("cookie_samesite_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let cookies = facts.login_cookies();
    for cookie in &cookies {
        judge(cookie, &cookie.effective("SAMESITE", facts), findings);
    }
    if cookies.is_empty() {
        findings.not_applicable("neither sessions nor CSRF cookies are in use");
    }
}

fn judge(cookie: &Cookie, samesite: &Effective, findings: &mut Findings) {
    let name = cookie.setting("SAMESITE");
    if let Some(why) = samesite.value.as_unknown() {
        findings.undecided(&name, &why).about(cookie.called);
        return;
    }
    let state = samesite.state(&name);
    match &samesite.value.datum {
        Datum::Str(text) if matches!(text.to_lowercase().as_str(), "lax" | "strict") => {
            findings.pass(state).at(samesite.region()).about(cookie.called);
        }
        Datum::Str(text) if text.eq_ignore_ascii_case("none") => {
            findings
                .fail(format!("{state}: {} goes along with requests that other sites make", cookie.called))
                .at(samesite.region())
                .about(cookie.called)
                .label("only CSRF tokens stand between another site's form and this login")
                .help(format!("unless the site has to work inside other sites, set {name} = \"Lax\""));
        }
        Datum::None | Datum::Bool(false) => {
            findings
                .fail(format!("{state}: each browser decides whether {} goes along with other sites' requests", cookie.called))
                .at(samesite.region())
                .about(cookie.called)
                .label("in Safari and Firefox it does")
                .help(format!("set {name} = \"Lax\""));
        }
        Datum::Str(text) if text.is_empty() => {
            findings
                .fail(format!("{state}: each browser decides whether {} goes along with other sites' requests", cookie.called))
                .at(samesite.region())
                .about(cookie.called)
                .help(format!("set {name} = \"Lax\""));
        }
        _ => {
            findings
                .fail(format!("{state}, which is none of \"Lax\", \"Strict\" and \"None\""))
                .at(samesite.region())
                .about(cookie.called)
                .severity(Severity::High)
                .label(format!("Django raises an error when it sets {}", cookie.called))
                .help(format!("set {name} = \"Lax\""));
        }
    }
}

/// The cookies as the running site sets them.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    subjects::seen_cookies(facts, findings, |findings, called, cookie| {
        let name = &cookie.name;
        match cookie.same_site.as_deref() {
            Some(policy) if policy.eq_ignore_ascii_case("lax") || policy.eq_ignore_ascii_case("strict") => {
                findings.pass(format!("{called} {name} carries SameSite={policy}"))
            }
            Some(policy) => findings
                .fail(format!("{called} {name} carries SameSite={policy}: it goes along with requests that other sites make"))
                .help("unless the site has to work inside other sites, set its SAMESITE setting to \"Lax\""),
            None => findings.fail(format!("{called} {name} is set without SameSite")).help("set its SAMESITE setting to \"Lax\""),
        }
    });
}
