//! One `proxy_set_header` in a location takes away all that the server set.

use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "proxy-header-dropped",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "a location that sets a header of its own loses those of the server around it",
    guide: include_str!("proxy_header_dropped.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let passages = facts.passages();
    let own = facts.scheme_header().ok().flatten().map_or_else(|| "x-forwarded-proto".to_owned(), |(name, _)| name);
    let mut seen: Vec<(Region, Region)> = Vec::new();
    for (front, _, route, _) in &passages {
        for lost in route.lost().iter().filter(|lost| lost.upstream && (&*lost.name == "host" || *lost.name == *own)) {
            if seen.contains(&(lost.by, lost.set_at)) {
                continue;
            }
            seen.push((lost.by, lost.set_at));
            findings
                .fail(format!("this location sets a header of its own, and so loses {}, which is set around it", lost.name))
                .at(lost.by)
                .label("the first of the location's own headers")
                .see(lost.set_at, "has no effect in the location")
                .help("repeat in the location every header that is set around it, or move them into a file that both include")
                .weighed(facts, front);
        }
    }
    if passages.is_empty() {
        findings.not_applicable("no front end here passes requests to Django");
    } else if !findings.has(Kind::Fail) {
        findings.pass("no location loses the host or the scheme to a header of its own").at(passages[0].3.at);
    }
}
