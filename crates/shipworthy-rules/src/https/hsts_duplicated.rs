//! Two `Strict-Transport-Security` headers: browsers read the first and ignore the rest.

use shipworthy_model::front::{Change, Scheme};
use shipworthy_model::{Encounter, Facts, Findings, Kind, Region, Rule, Severity, Topic};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "hsts-duplicated",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "Django and the front end both send Strict-Transport-Security",
    guide: include_str!("hsts_duplicated.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let (does_not, whether) = ("Django sends no Strict-Transport-Security", "whether Django sends Strict-Transport-Security");
    let Some(seconds) = subjects::behind_tls(facts, findings, "SECURE_HSTS_SECONDS", does_not, whether) else { return };
    let mut seen: Vec<Region> = Vec::new();
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Https) {
        let mut twice = None;
        for header in entrance.traffic.answers_with("strict-transport-security") {
            match &header.change {
                Change::Append(_) if header.when.is_always() => twice = twice.or(Some(header.at)),
                // What Django sent is taken away or replaced.
                Change::Remove | Change::Set(_) | Change::Default(_) => {
                    twice = None;
                    break;
                }
                Change::Append(_) | Change::Keep | Change::Unknown(_) => {}
            }
        }
        let Some(at) = twice.filter(|at| !seen.contains(at)) else { continue };
        seen.push(at);
        findings
            .fail(format!("Strict-Transport-Security is sent by Django and added by {}", entrance.front.kind.name()))
            .at(at)
            .label("a second header line; browsers follow the first, which is Django's")
            .see(seconds.region(), "makes Django send it")
            .help("let one of both send it: hide Django's (`proxy_hide_header Strict-Transport-Security;`), or remove this line")
            .weighed(facts, entrance.front);
    }
    if !findings.has(Kind::Fail) {
        findings.pass("Django alone sends Strict-Transport-Security").at(seconds.region());
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
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
