//! An uploaded page that is shown on the site's own address acts as the visitor who opens it.

use shipworthy_model::front::{Change, ResponseHeader, Traffic};
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Topic};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "media-unsandboxed",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "uploads are shown on the site's own address without a sandbox",
    guide: include_str!("media_unsandboxed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("MEDIA_URL");
    let Some(url) = subjects::media_path(facts, findings) else { return };
    if facts.setting("STATIC_URL").value.as_str() == setting.value.as_str() {
        findings.not_applicable("uploads and static files share one address, which another rule is about").at(setting.region());
        return;
    }
    let mut seen: Vec<Region> = Vec::new();
    let mut served = None;
    for front in facts.production_fronts() {
        for site in &front.sites {
            let request = site.request(&format!("{url}page.html"));
            for answer in site.answers(&request).iter().filter(|answer| answer.doubt.is_none()) {
                // Only a folder of its own says that these are uploads, and not the pages of a front end in JavaScript.
                let own = answer.route.filter(|route| url.starts_with(route.path.stem()) && route.path.stem().len() > 1);
                let (Some(files), Some(traffic), Some(route)) = (answer.handler.as_files(), answer.traffic, own) else {
                    continue;
                };
                served = served.or(files.at);
                let missing = missing(traffic);
                if missing.is_empty() || seen.contains(&route.at) {
                    continue;
                }
                seen.push(route.at);
                findings
                    .fail(format!("{} shows uploads at {url} without {}", front.kind.name(), missing.join(" and ")))
                    .at(route.at)
                    .label("an uploaded page or picture with a script in it runs as a part of the site")
                    .see(files.at.filter(|at| *at != route.at), "the folder of uploads")
                    .help(
                        "add `X-Content-Type-Options: nosniff` and `Content-Security-Policy: sandbox`, or serve uploads from another domain",
                    )
                    .weighed(facts, front);
            }
        }
    }
    findings.conclude(served, "uploads are served in a sandbox", "no front end here serves uploads as files");
}

/// What keeps uploads from acting and is not there.
fn missing(traffic: &Traffic) -> Vec<&'static str> {
    let says = |header: &str, words: &[&str]| {
        traffic.answers_with(header).into_iter().any(|it| match &it.change {
            Change::Set(text) | Change::Append(text) | Change::Default(text) => match text.as_literal() {
                Some(text) => words.iter().any(|word| text.to_ascii_lowercase().contains(word)),
                // What is not written out may well be it.
                None => true,
            },
            Change::Keep | Change::Remove => false,
            Change::Unknown(_) => true,
        })
    };
    // A browser saves such a file and shows nothing of it.
    let saved = |it: &ResponseHeader| match &it.change {
        Change::Set(text) | Change::Append(text) | Change::Default(text) => {
            it.when.is_always() && text.as_literal().is_none_or(|text| text.to_ascii_lowercase().contains("attachment"))
        }
        Change::Keep | Change::Remove | Change::Unknown(_) => false,
    };
    if traffic.answers_with("content-disposition").iter().any(|it| saved(it)) {
        return Vec::new();
    }
    let mut missing = Vec::new();
    if !says("x-content-type-options", &["nosniff"]) {
        missing.push("nosniff");
    }
    let confined = says("content-security-policy", &["sandbox", "default-src 'none'"]);
    if !confined && !says("content-disposition", &["attachment"]) {
        missing.push("a sandbox");
    }
    missing
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let Some(seen) = wire.answer(Probe::Media).filter(|seen| matches!(seen.response.status, 200 | 206)) else {
        findings.not_applicable("no uploaded file is known; name one with --media-url").seen([]);
        return;
    };
    let response = seen.response;
    let path = seen.exchange.request.target.split('?').next().unwrap_or_default();
    let is_page = path.rsplit_once('.').is_some_and(|(_, end)| matches!(&*end.to_ascii_lowercase(), "html" | "htm" | "xhtml"));
    // One page for every address, files that are not there included.
    if response.is_page() && !is_page {
        findings.not_applicable(format!("{path} is answered with a page, not with a file")).seen([seen.id]);
        return;
    }
    let nosniff = response.header("x-content-type-options").is_some_and(|value| value.trim().eq_ignore_ascii_case("nosniff"));
    let policy = response.header("content-security-policy").unwrap_or_default();
    let boxed = policy.contains("sandbox") || policy.contains("default-src 'none'");
    let attached =
        response.header("content-disposition").is_some_and(|value| value.trim().to_ascii_lowercase().starts_with("attachment"));
    let active = matches!(
        response.content_type().as_str(),
        "text/html" | "application/xhtml+xml" | "image/svg+xml" | "text/xml" | "application/xml" | ""
    );
    if active && !boxed && !attached {
        findings
            .fail(format!("{} is served so that its scripts run in the name of the site", seen.exchange.request.target))
            .seen([seen.id])
            .severity(Severity::High)
            .help("send Content-Security-Policy: sandbox and X-Content-Type-Options: nosniff with uploaded files, or serve them from a domain of their own");
    } else if !nosniff && !attached && !boxed {
        findings
            .fail(format!("{} is served without nosniff: a browser may take it for a page", seen.exchange.request.target))
            .seen([seen.id])
            .help("send X-Content-Type-Options: nosniff and Content-Security-Policy: sandbox with uploaded files");
    } else {
        findings.pass(format!("{} cannot run as a page", seen.exchange.request.target)).seen([seen.id]);
    }
}
