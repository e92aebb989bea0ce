//! Files whose names change with their contents may be kept for ever, and text should travel packed.

use shipworthy_model::{Facts, Findings, Probe, Response, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "static-uncached",
    topic: Topic::Static,
    severity: Severity::Low,
    django: &[],
    summary: "static files are not cached for long or not compressed",
    guide: include_str!("static_uncached.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let assets: Vec<_> = wire.answers(Probe::Asset).filter(|seen| seen.response.status == 200).collect();
    let Some(first) = assets.first() else {
        findings.not_applicable("no style sheet or script of the site was seen").seen([]);
        return;
    };
    let short = assets.iter().find(|seen| is_hashed(&seen.exchange.request.target) && lifetime(seen.response) < LONG);
    let bulky = assets.iter().find(|seen| seen.response.length > WORTH && seen.response.header("content-encoding").is_none());
    if let Some(seen) = short {
        findings
            .fail(format!("{} is not kept by browsers, though its name changes with its contents", seen.exchange.request.target))
            .seen([seen.id])
            .help("send Cache-Control: max-age=31536000, immutable with files whose names hold a hash");
    }
    if let Some(seen) = bulky {
        findings
            .fail(format!("{} is sent without compression", seen.exchange.request.target))
            .seen([seen.id])
            .help("switch gzip or brotli on for text in the web server, or let WhiteNoise's storage compress the files");
    }
    if short.is_none() && bulky.is_none() {
        findings.pass("style sheets and scripts are compressed, and kept where their names allow it").seen([first.id]);
    }
}

/// A day: less is no keeping.
const LONG: u64 = 86_400;
/// A packet's worth: what is smaller travels as fast unpacked.
const WORTH: u64 = 1400;

/// Whether a file's name holds a hash of its contents, as Django's storages and bundlers write it.
fn is_hashed(target: &str) -> bool {
    let file = target.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let hash = |part: &str| {
        (8..=64).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    };
    file.split(['.', '-']).skip(1).any(hash)
}

/// For how many seconds a browser keeps it.
fn lifetime(response: &Response) -> u64 {
    let control = response.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    let age = control.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.parse().ok());
    let forbidden = control.contains("no-store") || control.contains("no-cache");
    // An `Expires` header does as well; how far it lies ahead is not worth a calendar.
    let expires = response.header("expires").is_some_and(|value| value.len() > 10);
    if forbidden { 0 } else { age.unwrap_or(if expires { LONG } else { 0 }) }
}
