//! Strict-Transport-Security that a front end sends on some responses only.

use shipworthy_model::front::{Change, FrontKind, Route, Scheme};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-partial",
    topic: Topic::Https,
    severity: Severity::Low,
    django: &[],
    summary: "the front end sends Strict-Transport-Security on some responses only",
    guide: include_str!("hsts_partial.md"),
    check,
};

const HEADER: &str = "strict-transport-security";

fn check(facts: &Facts, findings: &mut Findings) {
    servers(facts, findings);
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut sent = None;
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Https) {
        let traffic = entrance.traffic;
        for header in traffic.answers_with(HEADER).into_iter().filter(|it| !matches!(it.change, Change::Remove)) {
            sent = sent.or(Some(header.at));
            let only_good = !header.always && matches!(entrance.front.kind, FrontKind::Nginx | FrontKind::Apache);
            if only_good && !seen.contains(&header.at) {
                seen.push(header.at);
                findings
                    .fail("Strict-Transport-Security is not sent on error responses")
                    .at(header.at)
                    .label("without `always`, errors such as 404 and 500 come without it")
                    .help("add `always` behind the value")
                    .weighed(facts, entrance.front);
            }
        }
        for lost in traffic.lost.iter().filter(|lost| !lost.upstream && &*lost.name == HEADER) {
            sent = sent.or(Some(lost.set_at));
            let django = facts.truth("SECURE_HSTS_SECONDS").and(facts.has_security_middleware()).is_yes();
            if !django && !seen.contains(&lost.by) {
                seen.push(lost.by);
                findings
                    .fail("this location adds a header of its own, and so loses the Strict-Transport-Security of the level around it")
                    .at(lost.by)
                    .see(lost.set_at, "has no effect in the location")
                    .help("repeat the header in the location")
                    .weighed(facts, entrance.front);
            }
        }
    }
    beside(facts, findings, &mut seen);
    findings.conclude(
        sent,
        "Strict-Transport-Security is sent on every response of the site",
        "no front end here sends Strict-Transport-Security",
    );
}

/// Locations of the same sites that do not lead to Django and lose the header: pages teach it to browsers all the same.
fn beside(facts: &Facts, findings: &mut Findings, seen: &mut Vec<Region>) {
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Https) {
        let lost = entrance.site.all_routes().into_iter().flat_map(Route::lost);
        for lost in lost.filter(|lost| !lost.upstream && &*lost.name == HEADER) {
            let django = entrance.traffic.lost.iter().any(|it| it.by == lost.by);
            if !django && !seen.contains(&lost.by) {
                seen.push(lost.by);
                findings
                    .fail("this location adds a header of its own: what it serves comes without Strict-Transport-Security")
                    .at(lost.by)
                    .see(lost.set_at, "has no effect in the location")
                    .help("repeat the header in the location, and others that it loses likewise")
                    .severity(Severity::Info);
            }
        }
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let (with, without): (Vec<_>, Vec<_>) = wire
        .pages()
        .into_iter()
        .filter(|seen| seen.exchange.request.secure)
        .partition(|seen| seen.response.header(HEADER).is_some());
    match (with.first(), without.first()) {
        (None, _) => findings.not_applicable("no Strict-Transport-Security header was seen").seen([]),
        (Some(seen), None) => findings.pass(format!("{site} sends Strict-Transport-Security with every page")).seen([seen.id]),
        (Some(_), Some(bare)) => findings
            .fail(format!("{site} sends Strict-Transport-Security with some pages only"))
            .seen([bare.id])
            .help("let Django send it, or add `always` to nginx's add_header and repeat it where a location adds others"),
    };
}
