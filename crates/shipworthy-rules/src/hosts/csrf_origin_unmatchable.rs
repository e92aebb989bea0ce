//! An entry of `CSRF_TRUSTED_ORIGINS` that is no origin trusts nobody, and forms behind a proxy fail with 403.

use shipworthy_model::{Datum, Effective, Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "csrf-origin-unmatchable",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &["4_0.E001"],
    summary: "an entry of CSRF_TRUSTED_ORIGINS matches no origin",
    guide: include_str!("csrf_origin_unmatchable.md"),
    check,
};

const HELP: &str = "write scheme and host, and the port if it is not the usual one: \"https://www.example.com\"";

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.django.version.at_least(4, 0) {
        findings.not_applicable("before Django 4.0 CSRF_TRUSTED_ORIGINS holds hosts, not origins");
        return;
    }
    let origins = facts.setting("CSRF_TRUSTED_ORIGINS");
    let at = origins.region();
    if let Some(unknown) = origins.value.as_unknown() {
        findings.undecided("the form of CSRF_TRUSTED_ORIGINS", &unknown).at(unknown.at.or(at));
        return;
    }
    if let Some(text) = origins.value.expose_str().filter(|text| !text.is_empty()) {
        // Django goes through the characters, none of which is an origin.
        let finding = findings.fail("CSRF_TRUSTED_ORIGINS is text, not a list of texts").at(at).help("put it into a list");
        for _ in text.chars() {
            finding.django("4_0.E001");
        }
        return;
    }
    if origins.truth().is_no() {
        findings.not_applicable(format!("CSRF_TRUSTED_ORIGINS is empty{}", origins.unless())).at(at);
        return;
    }
    for item in origins.value.items().unwrap_or_default() {
        match item {
            Item::One(value) => judge(findings, &origins, value, true),
            Item::Perhaps(value, _) => judge(findings, &origins, value, false),
            Item::Many(unknown) => {
                findings.undecided("a part of CSRF_TRUSTED_ORIGINS", unknown).at(unknown.at.or(at));
            }
        }
    }
    for (key, _) in origins.value.known_entries() {
        judge(findings, &origins, key, true);
    }
    if findings.is_clean() {
        findings.pass(format!("every entry of CSRF_TRUSTED_ORIGINS is an origin{}", origins.unless())).at(at);
    }
}

fn judge(findings: &mut Findings, origins: &Effective, value: &Value, certain: bool) {
    let at = value.at.or(origins.region());
    let clause = match value.decide(|value| fault(value).is_some()) {
        Truth::Yes => value.alternatives().into_iter().find_map(|(value, _)| fault(value)),
        Truth::No => None,
        Truth::Unknown(why) => {
            findings.undecided("an entry of CSRF_TRUSTED_ORIGINS", &why).at(why.at.or(at));
            None
        }
    };
    let Some(clause) = clause else { return };
    let message = format!("CSRF_TRUSTED_ORIGINS holds {}{}: {clause}", value.show(), origins.unless());
    if !certain {
        findings.open(message).at(at).help(HELP);
        return;
    }
    let finding = findings.fail(message).at(at).help(HELP).label("forms sent from there are refused with 403 Forbidden");
    if value.decide(is_reported).is_yes() {
        finding.django("4_0.E001");
    } else if value.expose_str().is_some_and(has_no_host) && !origins.unless().is_empty() {
        // Without the variable nobody is served; an origin without a host does no harm.
        finding.severity(Severity::Info);
    }
}

/// Whether an origin lacks its host, or has in its place what Python writes for nothing.
fn has_no_host(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, host)| matches!(host.trim_end_matches('/'), "" | "None"))
}

/// Whether Django's check reports it: `"://" not in origin`, of whatever type.
fn is_reported(value: &Value) -> bool {
    match &value.datum {
        Datum::Str(text) => !text.contains("://"),
        Datum::List(_) | Datum::Set(_) | Datum::Dict(_) => value.contains("://").is_no(),
        _ => false,
    }
}

/// Why an entry equals no origin that a browser sends.
fn fault(value: &Value) -> Option<&'static str> {
    let Some(text) = value.expose_str() else { return Some("it is no text") };
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("an origin begins with its scheme, and Django refuses to run without");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    let port = authority.strip_prefix(host).unwrap_or_default();
    if text.contains(char::is_whitespace) {
        Some("a blank belongs to no origin")
    } else if host.is_empty() {
        Some("the host is missing")
    } else if scheme.contains('*') {
        Some("the scheme cannot be a wildcard")
    } else if host == "*" {
        Some("a star alone matches nothing")
    } else if host.contains('*') && (!host.starts_with("*.") || host[1..].contains('*')) {
        Some("a star stands for subdomains only at the beginning, followed by a dot")
    } else if host.starts_with('.') {
        Some("a dot at the beginning is no wildcard here: write a star before it")
    } else if authority.contains('@') {
        Some("an origin has no user")
    } else if !host.contains('*') && rest != authority {
        Some("an origin has no path, not even a slash at its end")
    } else if !host.contains('*') && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Some("browsers send origins in lower case")
    } else if (scheme == "https" && port == ":443") || (scheme == "http" && port == ":80") {
        Some("browsers leave the usual port out")
    } else {
        None
    }
}
