//! A site that redirects HTTPS to itself shows nothing at all.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "https-redirect-loop",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "HTTPS is redirected to itself",
    guide: include_str!("https_redirect_loop.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let Some(seen) = wire.answer(Probe::Home) else {
        findings.not_applicable("the first page gave no answer").seen([]);
        return;
    };
    if !seen.exchange.request.secure {
        findings.not_applicable("the site was not seen over HTTPS").seen([]);
        return;
    }
    let here = (String::from("https"), wire.site.authority(true), seen.exchange.request.target.to_string());
    // A cookie may be what the redirect waits for; then the same address answers the second time.
    let waits = seen.response.cookies().next().is_some();
    if seen.response.redirects() && seen.response.location() == Some(here) && !waits {
        findings
            .fail(format!("{} redirects HTTPS to itself", wire.called()))
            .seen([seen.id])
            .label("Django does not learn that the request was secure, and redirects for ever")
            .help("let the front end set X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\")");
    } else {
        findings.pass(format!("{} answers over HTTPS", wire.called())).seen([seen.id]);
    }
}
