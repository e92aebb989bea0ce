//! Two Strict-Transport-Security headers: browsers read the first and forget the other.

use shipworthy_model::{Encounter, Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-duplicated",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "Strict-Transport-Security is sent twice",
    guide: include_str!("hsts_duplicated.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let sends =
        |seen: &&Encounter<'_>| seen.exchange.request.secure && seen.response.header("strict-transport-security").is_some();
    let pages = wire.pages();
    match pages.iter().filter(sends).max_by_key(|seen| seen.response.all("strict-transport-security").count()) {
        None => {
            findings.not_applicable("no Strict-Transport-Security header was seen").seen([]);
        }
        Some(seen) if seen.response.all("strict-transport-security").count() > 1 => {
            findings
                .fail(format!("{} sends Strict-Transport-Security twice", wire.called()))
                .seen([seen.id])
                .label("browsers obey the first, whichever it is")
                .help("let either Django or the front end send it: drop add_header in nginx, or SECURE_HSTS_SECONDS");
        }
        Some(seen) => {
            findings.pass(format!("{} sends Strict-Transport-Security once", wire.called())).seen([seen.id]);
        }
    }
}
