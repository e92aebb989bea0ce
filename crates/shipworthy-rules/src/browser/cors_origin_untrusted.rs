//! An origin over plain HTTP, or `null`, is whoever says so.

use std::collections::BTreeSet;

use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cors-origin-untrusted",
    topic: Topic::Browser,
    severity: Severity::Low,
    django: &[],
    summary: "an allowed origin can be impersonated",
    guide: include_str!("cors_origin_untrusted.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let (name, origins) = facts.first_set("CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST");
    if facts.has_cors().is_no() {
        findings.not_applicable("django-cors-headers' middleware is not installed").at(origins.region());
        return;
    }
    let (all, allows_all) = facts.first_set("CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL");
    if allows_all.truth().is_yes() {
        findings.not_applicable(format!("{all} allows every origin, and the list is not read")).at(allows_all.region());
        return;
    }
    if let Some(why) = origins.value.as_unknown() {
        findings.undecided(name, &why);
        return;
    }
    let mut seen = BTreeSet::new();
    let listed = origins.value.certain_items().filter_map(|origin| Some((origin, origin.as_str()?)));
    for (origin, text) in listed.filter(|(_, text)| seen.insert(*text)) {
        let (what, severity) = if text == "null" {
            ("which any page gets by framing itself", facts.cors_severity())
        } else if is_local(text) {
            ("a development server", Severity::Info)
        } else if text.starts_with("http://") {
            ("over plain HTTP: whoever sits on the network can be it", facts.cors_severity().min(Severity::Medium))
        } else {
            continue;
        };
        findings
            .fail(format!("{name} allows {}, {what}", Value::text(text).show()))
            .at(origin.at.or(origins.region()))
            .severity(severity)
            .help("allow origins with https:// only, and those of development in the settings of development");
    }
    if !findings.has(Kind::Fail) {
        // What is there only perhaps is allowed only perhaps.
        let perhaps = origins.value.known_items().count() > origins.value.certain_items().count();
        if origins.value.has_unknown() || perhaps {
            findings.open(format!("{name} could not be decided: a part of it is unknown")).at(origins.region());
        } else {
            findings.pass(format!("{name} allows no origin that can be impersonated")).at(origins.region());
        }
    }
}

/// Whether the origin is a host that only exists on a developer's machine.
fn is_local(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with([':', '/'])))
}
