//! A front end that takes bodies of any size lets one client fill the disk.

use shipworthy_model::front::Limit;
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "body-limit-missing",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end takes request bodies of any size",
    guide: include_str!("body_limit_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let passages = facts.passages();
    let mut seen: Vec<Region> = Vec::new();
    for (front, _, route, upstream) in &passages {
        let Some(limit) = &route.traffic.body_limit else { continue };
        match &limit.value {
            Limit::None => {
                let at = limit.at.unwrap_or(upstream.at);
                // Caddy and others have no limit unless told: only what somebody switched off is a fault.
                if limit.at.is_some() && !seen.contains(&at) {
                    seen.push(at);
                    findings
                        .fail(format!("{} takes request bodies of any size for Django", front.kind.name()))
                        .at(at)
                        .label("whatever arrives is written to the disk before Django sees it")
                        .see(upstream.at, "passes them on")
                        .help("set the size of the largest upload that the site means to take")
                        .weighed(facts, front);
                }
            }
            Limit::Bytes(_) => {}
            Limit::Unknown(_) if limit.at.is_some_and(|at| seen.contains(&at)) => {}
            Limit::Unknown(why) => {
                seen.extend(limit.at);
                findings.undecided("the largest request body", why).at(why.at.or(limit.at));
            }
        }
    }
    if passages.is_empty() {
        findings.not_applicable("no front end here passes requests to Django");
    } else if findings.is_clean() {
        findings.pass("the size of request bodies has a limit, or its program's default").at(passages[0].3.at);
    }
}
