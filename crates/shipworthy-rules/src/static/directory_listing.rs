//! A listing tells every visitor which files there are.

use shipworthy_model::front::{Access, Handler};
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "directory-listing",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end lists the files of folders",
    guide: include_str!("directory_listing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    for front in facts.production_fronts() {
        for (_, route) in front.routes() {
            let Some(files) = route.handlers().find_map(Handler::as_files) else { continue };
            served = served.or(Some(route.at));
            let restricted = route.internal
                || route.traffic.access.iter().any(|stated| match stated.value {
                    Access::Deny(_) | Access::Login(_) => true,
                    Access::Allow(_) => false,
                });
            let listing = files.listing.as_ref().filter(|stated| stated.value).and_then(|stated| stated.at);
            let Some(at) = listing.filter(|at| !restricted && !seen.contains(at)) else { continue };
            seen.push(at);
            let finding = findings.fail(format!("{} lists the files of a folder to everybody", front.kind.name()));
            finding.at(at).see(files.at, "the folder").help("switch listings off; who has a link does not need one");
            if facts.is_unused(front) {
                finding.severity(Severity::Info).label("no service that is described here has this file");
            } else {
                finding.weighed(facts, front);
            }
        }
    }
    findings.conclude(served, "no folder is listed to everybody", "no front end here serves files");
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let listed: Vec<_> =
        wire.all_answers().filter(|seen| seen.response.shows(Sign::Listing) && seen.response.status == 200).collect();
    if let Some(seen) = listed.first() {
        findings
            .fail(format!("{} lists the files of {}", wire.called(), seen.exchange.request.target))
            .seen(listed.iter().map(|seen| seen.id).collect::<Vec<_>>())
            .label("whatever lies there can be found, also what no page links to")
            .help("switch listings off: `autoindex off` in nginx, `Options -Indexes` in Apache, no `browse` in Caddy");
    } else if let Some(seen) = wire.answer(Probe::Listing) {
        findings.pass(format!("{} does not list the files of {}", wire.called(), seen.exchange.request.target)).seen([seen.id]);
    } else {
        findings.not_applicable("no folder of static or media files is known").seen([]);
    }
}
