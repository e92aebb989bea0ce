//! A redirect to HTTPS should be permanent, keep the address, and come first.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "https-redirect-lossy",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "the redirect to HTTPS is temporary or loses something",
    guide: include_str!("https_redirect_lossy.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let Some(seen) = wire.answer(Probe::PlainHttp).filter(|seen| seen.response.redirects()) else {
        findings.not_applicable("plain HTTP is not redirected").seen([]);
        return;
    };
    let Some((scheme, host, rest)) = seen.response.location() else {
        findings.not_applicable("plain HTTP is not redirected to an address").seen([]);
        return;
    };
    let status = seen.response.status;
    let (name, target) = (wire.site.authority(true), &seen.exchange.request.target);
    let wrong = if scheme != "https" {
        Some(format!("plain HTTP is sent to plain HTTP first: {scheme}://{host}"))
    } else if !matches!(status, 301 | 308) {
        Some(format!("plain HTTP is sent on with {status}, which no browser remembers"))
    } else if rest != **target {
        Some(format!("the redirect to HTTPS loses the path or the query: it leads to {rest}"))
    } else if host != name {
        Some(format!("plain HTTP is sent to another host first: {host}"))
    } else {
        None
    };
    match wrong {
        None => findings.pass("the redirect to HTTPS is permanent and keeps the whole address").seen([seen.id]),
        Some(wrong) => findings.fail(wrong).seen([seen.id]).help(
            "redirect every request with 301 to the same host, path and query at https://, and to other hosts only from there",
        ),
    };
}
