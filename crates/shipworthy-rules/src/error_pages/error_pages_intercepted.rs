//! A front end that replaces error responses shows its own pages instead of the project's.

use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "error-pages-intercepted",
    topic: Topic::ErrorPages,
    severity: Severity::Info,
    django: &[],
    summary: "the front end replaces Django's error pages",
    guide: include_str!("error_pages_intercepted.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let passages = facts.passages();
    let mut seen: Vec<Region> = Vec::new();
    for (front, _, route, _) in &passages {
        let replaced = route.traffic.replaces_errors.as_ref().filter(|stated| stated.value).and_then(|stated| stated.at);
        let Some(at) = replaced.filter(|at| !seen.contains(at) && !route.traffic.error_pages.is_empty()) else { continue };
        seen.push(at);
        findings
            .fail(format!("{} replaces error responses of Django with its own pages", front.kind.name()))
            .at(at)
            .label("the project's 404.html, 500.html and errors of its API are not seen")
            .see(route.traffic.error_pages.first().map(|(.., at)| *at), "what is shown instead")
            .help("leave it out where the project has pages of its own; pages for an upstream that is down need no interception");
    }
    if passages.is_empty() {
        findings.not_applicable("no front end here passes requests to Django");
    } else if !findings.has(Kind::Fail) {
        findings.pass("error responses of Django get through").at(passages[0].3.at);
    }
}
