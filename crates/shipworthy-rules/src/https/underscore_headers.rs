//! A header written with underscores becomes the same variable as the one with dashes.

use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "underscore-headers",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "headers with underscores in their names are let through",
    guide: include_str!("underscore_headers.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let passages = facts.passages();
    let mut seen: Vec<Region> = Vec::new();
    let mut judged = false;
    for (front, _, route, _) in &passages {
        judged = true;
        let Some(at) = route.traffic.underscores.as_ref().filter(|stated| stated.value).and_then(|stated| stated.at) else {
            continue;
        };
        if !seen.contains(&at) {
            seen.push(at);
            findings
                .fail(format!("{} lets headers with underscores in their names through", front.kind.name()))
                .at(at)
                .label("`X_Forwarded_Proto` reaches Django beside the header that the front end sets, under the same name")
                .help("remove it; clients write headers with dashes")
                .weighed(facts, front);
        }
    }
    for environment in facts.picture.production() {
        for process in environment.units.iter().flat_map(|unit| &unit.processes) {
            let Some(server) = process.runs.server() else { continue };
            judged = true;
            let Some(choice) = server.option("header_map").filter(|it| it.value.as_str() == Some("dangerous")) else { continue };
            findings
                .fail(format!("{} maps headers with underscores in their names like those with dashes", server.program.name()))
                .at(choice.at.unwrap_or(server.at))
                .label("`X_Forwarded_Proto` of a client counts like the header that the front end sets")
                .help("leave header_map at its default, `drop`");
        }
    }
    if !judged {
        findings.not_applicable("neither a front end nor an application server is configured here");
    } else if !findings.has(Kind::Fail) {
        findings.pass("headers with underscores in their names are dropped");
    }
}
