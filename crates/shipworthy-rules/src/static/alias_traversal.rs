//! One missing slash serves the folder above the static files.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "alias-traversal",
    topic: Topic::Static,
    severity: Severity::Critical,
    django: &[],
    summary: "files beside the folder of static files can be read",
    guide: include_str!("alias_traversal.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let escaped = wire
        .answers(Probe::Traversal)
        .find(|seen| matches!(seen.response.status, 200 | 206) && seen.response.shows(Sign::ManagePy));
    if let Some(seen) = escaped {
        findings
            .fail(format!("{} serves files beside the folder of static files: {}", wire.called(), seen.exchange.request.target))
            .seen([seen.id])
            .label("source, .env and the database lie where manage.py lies")
            .help("end the location in a slash where its alias ends in one: `location /static/ { alias /srv/shop/static/; }`; then change every secret");
    } else if let Some(seen) = wire.answer(Probe::Traversal) {
        findings.pass("the folder above the static files is out of reach").seen([seen.id]);
    } else {
        findings.not_applicable("no folder of static or media files is known").seen([]);
    }
}
