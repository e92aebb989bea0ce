//! An address that leads nowhere should say 404.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "error-status-wrong",
    topic: Topic::ErrorPages,
    severity: Severity::Low,
    django: &[],
    summary: "an address that leads nowhere is not answered with 404",
    guide: include_str!("error_status_wrong.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let Some(seen) = wire.answer(Probe::Missing) else {
        findings.not_applicable("no answer for an address that leads nowhere was seen").seen([]);
        return;
    };
    let response = seen.response;
    let same =
        wire.answer(Probe::Home).is_some_and(|home| home.response.title.is_some() && home.response.title == response.title);
    match response.status {
        404 | 410 => findings.pass("an address that leads nowhere is answered with 404").seen([seen.id]),
        // One page for every address is how applications that run in the browser are served.
        200 if same => {
            findings.not_applicable("every address shows the same page: an application that runs in the browser").seen([seen.id])
        }
        200 => findings
            .fail("an address that leads nowhere is answered with 200")
            .seen([seen.id])
            .label("search engines index it, and monitoring takes a dead link for a page")
            .help("let a handler404 or catch-all view answer with status 404"),
        500..=599 => findings
            .fail(format!("an address that leads nowhere is answered with {}", response.status))
            .seen([seen.id])
            .severity(Severity::Medium)
            .help("look at the log: the page for 404 itself may raise an exception"),
        status => findings
            .open(format!("an address that leads nowhere is answered with {status}, which may be meant so"))
            .seen([seen.id]),
    };
}
