//! A front end that tells its version tells which holes to try.

use shipworthy_model::{Encounter, Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "server-version-disclosed",
    topic: Topic::Server,
    severity: Severity::Info,
    django: &[],
    summary: "the front end tells its version",
    guide: include_str!("server_version_disclosed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut judged = None;
    for front in facts.production_fronts() {
        for site in &front.sites {
            let Some(stated) = &site.traffic.tells_version else { continue };
            judged = judged.or(Some(stated.at.unwrap_or(site.at)));
            // A default may be changed in a file that is not here.
            if !stated.value || (stated.at.is_none() && !front.is_whole()) {
                continue;
            }
            findings
                .fail(format!("{} sends its version with every response", front.kind.name()))
                .at(stated.at.unwrap_or(site.at))
                .help("switch it off: `server_tokens off;` in nginx, `ServerTokens Prod` in Apache");
            break;
        }
    }
    findings.conclude(judged, "no front end here is seen to tell its version", "no front end here is known to tell its version");
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let telling = |seen: &Encounter<'_>| {
        ["server", "x-powered-by"].into_iter().find_map(|name| {
            let is_version = |part: &str| part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.');
            let value = seen.response.all(name).find(|value| value.split([' ', '/']).any(is_version))?;
            Some((name, value.to_owned()))
        })
    };
    if let Some((seen, (name, value))) = wire.all_answers().find_map(|seen| Some((seen, telling(&seen)?))) {
        findings
            .fail(format!("{} tells its version in {name}: {value}", wire.called()))
            .seen([seen.id])
            .help("`server_tokens off` in nginx, `ServerTokens Prod` in Apache; removing the name altogether gains nothing");
        return;
    }
    match wire.all_answers().next() {
        Some(seen) => findings.pass(format!("{} does not tell the version of its server", wire.called())).seen([seen.id]),
        None => findings.not_applicable("no answer was seen").seen([]),
    };
}
