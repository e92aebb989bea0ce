//! A front end that tells its version tells which holes to try.

use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

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
    match judged {
        None => {
            findings.not_applicable("no front end here is known to tell its version");
        }
        Some(at) if !findings.has(Kind::Fail) => {
            findings.pass("no front end here is seen to tell its version").at(at);
        }
        Some(_) => {}
    }
}
