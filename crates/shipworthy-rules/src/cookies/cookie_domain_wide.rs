//! A cookie with a Domain goes to every subdomain, also to those that somebody else runs.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "cookie-domain-wide",
    topic: Topic::Cookies,
    severity: Severity::Low,
    django: &[],
    summary: "a cookie is sent to every subdomain of the whole domain",
    guide: include_str!("cookie_domain_wide.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    for cookie in facts.login_cookies() {
        let name = cookie.setting("DOMAIN");
        let domain = cookie.effective("DOMAIN", facts);
        let wide = domain.value.decide(|domain| domain.as_str().is_some_and(is_whole_domain));
        match cookie.used.clone().and(wide) {
            Truth::No => {
                findings.pass(domain.state(&name)).at(domain.region()).about(cookie.called);
            }
            Truth::Unknown(why) => {
                findings.undecided(&name, &why).about(cookie.called);
            }
            Truth::Yes => {
                findings
                    .fail(format!("{}: {} goes to every subdomain", domain.state(&name), cookie.called))
                    .at(domain.region())
                    .about(cookie.called)
                    .label("one forgotten or rented-out subdomain reads it, or sets its own")
                    .help(format!("leave {name} at None, so that only the host that set the cookie gets it back"));
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("neither sessions nor CSRF cookies are in use");
    }
}

/// Whether a `Domain` covers all that one owner registered: `example.com`, `.example.co.uk`.
fn is_whole_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.strip_prefix('.').unwrap_or(domain).split('.').collect();
    match labels.as_slice() {
        [name, top] => !name.is_empty() && !top.is_empty(),
        [name, second, top] => {
            !name.is_empty()
                && top.len() == 2
                && matches!(*second, "ac" | "co" | "com" | "edu" | "gov" | "gob" | "net" | "or" | "org" | "ne" | "go")
        }
        _ => false,
    }
}

/// The cookies as the running site sets them.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    subjects::seen_cookies(facts, findings, |findings, called, cookie| {
        let name = &cookie.name;
        match cookie.domain.as_deref() {
            Some(domain) if is_whole_domain(domain) => findings
                .fail(format!("{called} {name} goes to every subdomain of {domain}"))
                .label("one forgotten or rented-out subdomain reads it, or sets its own")
                .help("leave its DOMAIN setting at None, so that only the host that set the cookie gets it back"),
            Some(domain) => findings.pass(format!("{called} {name} goes to {domain} and what is below it")),
            None => findings.pass(format!("{called} {name} goes to its own host only")),
        }
    });
}
