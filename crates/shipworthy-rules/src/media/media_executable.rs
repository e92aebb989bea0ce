//! Where a script handler also takes uploads, an upload is a program.

use shipworthy_model::front::{Answer, Handler, Protocol};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "media-executable",
    topic: Topic::Media,
    severity: Severity::Critical,
    django: &[],
    summary: "the front end executes uploaded files",
    guide: include_str!("media_executable.md"),
    check,
};

/// Endings that script handlers take.
const SCRIPTS: [&str; 4] = ["php", "cgi", "pl", "py"];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(url) = subjects::media_path(facts, findings) else { return };
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    for front in facts.production_fronts() {
        for site in &front.sites {
            let request = |name: &str| site.request(&format!("{url}{name}"));
            let plain_request = request("a.jpg");
            let plain = site.answers(&plain_request);
            let Some(folder) = plain.iter().find_map(|answer| answer.handler.as_files().and_then(|files| files.at)) else {
                continue;
            };
            served = Some(folder);
            let decided = plain.iter().filter(|answer| answer.doubt.is_none()).find_map(|answer| overrides(answer));
            if let Some(at) = decided.filter(|at| !seen.contains(at)) {
                seen.push(at);
                findings
                    .fail(format!("an uploaded .htaccess tells {} how to handle {url}", front.kind.name()))
                    .severity(Severity::High)
                    .at(at)
                    .label("it can make programs of files, show folders and drop headers")
                    .see(folder, "the folder of uploads")
                    .help("write AllowOverride None for the folder")
                    .weighed(facts, front);
            }
            for ending in SCRIPTS {
                for answer in site.answers(&request(&format!("a.{ending}"))) {
                    let Some(at) = executes(&answer).filter(|at| answer.doubt.is_none() && !seen.contains(at)) else { continue };
                    seen.push(at);
                    findings
                        .fail(format!("{} executes `{url}a.{ending}`, which a visitor may have uploaded", front.kind.name()))
                        .at(at)
                        .label("takes scripts wherever they lie")
                        .see(folder, "the folder of uploads")
                        .help("keep the handler from uploads: `location ^~` in nginx lets no pattern come before it")
                        .weighed(facts, front);
                }
            }
        }
    }
    findings.conclude(
        served,
        "uploads are served as files, whatever they are called",
        "no front end here serves uploads as files",
    );
}

/// Where files in the folder are let to bring configuration that decides how others are handled.
fn overrides(answer: &Answer<'_>) -> Option<Region> {
    let stated = answer.traffic?.overrides.as_ref()?;
    let said = stated.value.to_ascii_lowercase();
    let any = said.split([' ', ',', '=']).any(|word| matches!(word, "all" | "fileinfo" | "options"));
    stated.at.filter(|_| any && answer.handler.as_files().is_some())
}

fn executes(answer: &Answer<'_>) -> Option<Region> {
    match &answer.handler {
        Handler::Execute(_, at) => Some(*at),
        Handler::Proxy(upstream) if matches!(upstream.protocol, Protocol::FastCgi | Protocol::Scgi) => Some(upstream.at),
        Handler::Proxy(_)
        | Handler::Files(_)
        | Handler::Redirect(_)
        | Handler::Respond(_)
        | Handler::Rewrite(..)
        | Handler::Nothing
        | Handler::Unknown(_) => None,
    }
}
