//! Whoever can serve a page from a trusted origin can send forms in the name of its visitors.

use shipworthy_model::host::{self, AllowedHosts};
use shipworthy_model::{Facts, Findings, Item, Kind, Reach, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "csrf-origin-stranger",
    topic: Topic::Hosts,
    severity: Severity::High,
    django: &[],
    summary: "CSRF_TRUSTED_ORIGINS trusts pages of others",
    guide: include_str!("csrf_origin_stranger.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.django.version.at_least(4, 0) {
        findings.not_applicable("before Django 4.0 CSRF_TRUSTED_ORIGINS holds hosts, not origins");
        return;
    }
    let origins = facts.setting("CSRF_TRUSTED_ORIGINS");
    let at = origins.region();
    if let Some(unknown) = origins.value.as_unknown() {
        findings.not_applicable(format!("CSRF_TRUSTED_ORIGINS is not known: {}", unknown.reason())).at(at);
        return;
    }
    let allowed = facts.truth("ALLOWED_HOSTS").is_yes().then(|| facts.allowed_hosts());
    for item in origins.value.items().unwrap_or_default() {
        // What may or may not be there says the same about the origin, so only certain entries are judged here; unknown ones
        // are left to the rule about their form.
        let Item::One(value) = item else { continue };
        for (value, condition) in value.alternatives() {
            let Some((message, severity, help)) = value.as_str().and_then(|origin| judge(allowed.as_ref(), origin)) else {
                continue;
            };
            match condition {
                None => findings.fail(format!("CSRF_TRUSTED_ORIGINS trusts {}{}, {message}", value.show(), origins.unless())),
                Some(condition) => {
                    findings.open(format!("CSRF_TRUSTED_ORIGINS trusts {} {}, {message}", value.show(), condition.clause()))
                }
            }
            .at(value.at.or(at))
            .severity(severity)
            .help(help);
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    match origins.truth() {
        Truth::No => findings.not_applicable(format!("CSRF_TRUSTED_ORIGINS is empty{}", origins.unless())),
        Truth::Yes | Truth::Unknown(_) => findings.pass("CSRF_TRUSTED_ORIGINS trusts hosts of the site over HTTPS"),
    }
    .at(at);
}

fn judge(allowed: Option<&AllowedHosts>, origin: &str) -> Option<(&'static str, Severity, &'static str)> {
    let (scheme, rest) = origin.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = authority.rsplit_once(':').map_or(authority, |(name, _)| name);
    if name.starts_with("*.") && host::is_shared(name) {
        return Some((
            "where strangers have names of their own",
            Severity::High,
            "name the hosts whose pages send forms to this site",
        ));
    }
    if name.is_empty() || name == "*" {
        return None;
    }
    if scheme == "http" {
        let help = "trust the origin over https only, or leave it to the settings of development";
        return Some(match Reach::of(name.trim_start_matches("*.")) {
            Reach::Local => ("the machine of whoever develops it", Severity::Info, help),
            Reach::Private => ("which anyone in that network can forge", Severity::Info, help),
            Reach::Public => ("which anyone on the way can forge", Severity::Low, help),
        });
    }
    if scheme != "https" {
        return None; // an application that is no web site: a browser extension, a mobile shell
    }
    // A pattern covers what is below it, so any name below will do as the question.
    let asked = name.strip_prefix('*').map_or_else(|| name.to_owned(), |rest| format!("www{rest}"));
    let help = "fine for a front end of your own on another host; otherwise remove it";
    allowed.is_some_and(|allowed| allowed.allow(&asked).is_no()).then_some((
        "a host that ALLOWED_HOSTS does not name",
        Severity::Info,
        help,
    ))
}
