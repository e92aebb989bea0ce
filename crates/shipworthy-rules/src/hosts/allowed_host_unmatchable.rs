//! An entry of `ALLOWED_HOSTS` that is no bare host name matches nothing, and Django does not say so.

use shipworthy_model::{Assumption, Effective, Facts, Findings, Item, Kind, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "allowed-host-unmatchable",
    topic: Topic::Hosts,
    severity: Severity::Low,
    django: &[],
    summary: "an entry of ALLOWED_HOSTS matches no host",
    guide: include_str!("allowed_host_unmatchable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let hosts = facts.setting("ALLOWED_HOSTS");
    if let Some(unknown) = hosts.value.as_unknown() {
        findings.not_applicable(format!("ALLOWED_HOSTS is not known: {}", unknown.reason())).at(hosts.region());
        return;
    }
    let items = hosts.value.items().unwrap_or_default();
    if items.is_empty() {
        findings.not_applicable("ALLOWED_HOSTS is empty").at(hosts.region());
        return;
    }
    let hopeless = !items.iter().any(may_match);
    for item in items {
        match item {
            Item::One(value) | Item::Perhaps(value, _) => judge(facts, findings, &hosts, value, hopeless),
            Item::Many(_) => {}
        }
    }
    if !findings.has(Kind::Fail) {
        let known = if hosts.value.has_unknown() { "every known entry" } else { "every entry" };
        findings.pass(format!("{known} of ALLOWED_HOSTS can match{}", hosts.unless())).at(hosts.region());
    }
}

/// Whether requests can match an entry at all. Where none does, the site answers nobody.
fn may_match(item: &Item) -> bool {
    match item {
        Item::One(value) | Item::Perhaps(value, _) => !value.decide(|value| fault(value).is_some()).is_yes(),
        Item::Many(_) => true,
    }
}

fn judge(facts: &Facts, findings: &mut Findings, hosts: &Effective, value: &Value, hopeless: bool) {
    let at = value.at.or(hosts.region());
    // What an unknown entry is shows when it is given; most are good.
    let fault = match value.decide(|value| fault(value).is_some()) {
        Truth::Yes => value.alternatives().into_iter().find_map(|(value, _)| fault(value)),
        Truth::No | Truth::Unknown(_) => None,
    };
    let Some((clause, help)) = fault else { return };
    let breaks = value.decide(|value| value.expose_str().is_none() && value.truth().is_yes()).is_yes();
    let unset = hosts.assumptions.iter().any(Assumption::is_unsettled);
    let severity = match (breaks, hopeless) {
        (true, _) => Severity::High,
        (false, true) if unset => Severity::Info,
        (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let message = format!("ALLOWED_HOSTS holds {}{}: {clause}", value.show(), hosts.unless());
    // What a file of the deployment's own may give is not there for want of that file.
    let finding = if unset && !breaks && facts.picture.hides_variables() {
        findings.open(format!("{message}, and files of variables are not in the project"))
    } else {
        findings.fail(message)
    };
    finding
        .at(at)
        .severity(severity)
        .label(if hopeless {
            "no entry matches, so every request is answered with 400 Bad Request"
        } else {
            "no request matches this"
        })
        .help(help);
}

/// Why an entry matches no host, and what to write; `None` for an entry that can match.
fn fault(value: &Value) -> Option<(&'static str, &'static str)> {
    const BARE: &str = "write the bare host name: \"www.example.com\"";
    let Some(text) = value.expose_str() else {
        return match value.truth() {
            Truth::Yes => Some(("an entry that is no text raises an exception in every request", BARE)),
            Truth::No | Truth::Unknown(_) => Some(("it is no text", "leave it out")),
        };
    };
    let bracketed = text.starts_with('[');
    if text == "*" {
        None
    } else if text.is_empty() {
        Some(("an empty entry matches nothing", "split without arguments, `.split()`, or leave empty parts out"))
    } else if text.contains(char::is_whitespace) {
        Some(("a blank belongs to no host", "strip the parts: [host.strip() for host in value.split(\",\")]"))
    } else if text.contains("://") {
        Some(("a host has no scheme", BARE))
    } else if text.contains('/') {
        Some(("a host has no path, and Django knows no networks", BARE))
    } else if text.contains('*') {
        Some(("a star inside a name is no wildcard", "write \".example.com\" for the domain and everything below it"))
    } else if !bracketed && text.matches(':').count() > 1 {
        Some(("an IPv6 address needs brackets", "write \"[::1]\""))
    } else if (!bracketed && text.contains(':')) || (bracketed && !text.ends_with(']')) {
        Some(("Django compares without the port", "leave the port out"))
    } else if text.ends_with('.') {
        Some(("Django takes the dot at the end off the host", "leave the dot at the end out"))
    } else if text.contains('_') {
        Some(("Django refuses hosts with an underscore", "give the service a name without underscore"))
    } else if !text.is_ascii() {
        Some(("browsers send such a name in its ASCII form", "write the name as browsers send it: \"xn--mnchen-3ya.de\""))
    } else {
        None
    }
}
