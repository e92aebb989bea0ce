//! An uploaded file that a browser may run as a page runs in the name of the site.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "media-unsandboxed",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "uploaded files may run as pages of the site",
    guide: include_str!("media_unsandboxed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let Some(seen) = wire.answer(Probe::Media).filter(|seen| matches!(seen.response.status, 200 | 206)) else {
        findings.not_applicable("no uploaded file is known; name one with --media-url").seen([]);
        return;
    };
    let response = seen.response;
    let nosniff = response.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff"));
    let policy = response.header("content-security-policy").unwrap_or_default();
    let boxed = policy.contains("sandbox") || policy.contains("default-src 'none'");
    let attached =
        response.header("content-disposition").is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("attachment"));
    let active = matches!(
        response.content_type().as_str(),
        "text/html" | "application/xhtml+xml" | "image/svg+xml" | "text/xml" | "application/xml" | ""
    );
    if active && !boxed && !attached {
        findings
            .fail(format!("{} is served so that its scripts run in the name of the site", seen.exchange.request.target))
            .seen([seen.id])
            .severity(Severity::High)
            .help("send Content-Security-Policy: sandbox and X-Content-Type-Options: nosniff with uploaded files, or serve them from a domain of their own");
    } else if !nosniff && !attached && !boxed {
        findings
            .fail(format!("{} is served without nosniff: a browser may take it for a page", seen.exchange.request.target))
            .seen([seen.id])
            .help("send X-Content-Type-Options: nosniff and Content-Security-Policy: sandbox with uploaded files");
    } else {
        findings.pass(format!("{} cannot run as a page", seen.exchange.request.target)).seen([seen.id]);
    }
}
