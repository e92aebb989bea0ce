//! A list of all files shows what nobody linked to.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "directory-listing",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "the web server lists the files of a folder",
    guide: include_str!("directory_listing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
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
