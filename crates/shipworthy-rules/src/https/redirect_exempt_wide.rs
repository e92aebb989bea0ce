//! A `SECURE_REDIRECT_EXEMPT` pattern that matches every path switches the redirect off.

use shipworthy_model::{Datum, Facts, Findings, Kind, Region, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "redirect-exempt-wide",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "SECURE_REDIRECT_EXEMPT exempts more than it says",
    guide: include_str!("redirect_exempt_wide.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let exempt = facts.setting("SECURE_REDIRECT_EXEMPT");
    let redirect = facts.has_security_middleware().and(facts.truth("SECURE_SSL_REDIRECT"));
    if redirect.is_no() {
        findings.not_applicable("Django redirects nothing to HTTPS").at(exempt.region());
        return;
    }
    if let Some(why) = exempt.value.as_unknown() {
        findings.undecided("SECURE_REDIRECT_EXEMPT", &why);
        return;
    }
    if let Datum::Str(text) = &exempt.value.datum
        && !text.is_empty()
    {
        findings
            .fail("SECURE_REDIRECT_EXEMPT is text, not a list: each letter is a pattern of its own")
            .at(exempt.region())
            .label("almost every path contains one of them and is not redirected")
            .help(format!("put it in a list: SECURE_REDIRECT_EXEMPT = [r{}]", exempt.value.show()));
        return;
    }
    for pattern in exempt.value.known_items() {
        if let Some(text) = pattern.as_str() {
            judge(text, pattern.at.or(exempt.region()), findings);
        }
    }
    if !findings.has(Kind::Fail) {
        if exempt.value.has_unknown() {
            findings.open("SECURE_REDIRECT_EXEMPT could not be decided: a part of it is unknown").at(exempt.region());
        } else {
            let count = exempt.value.items().map_or(0, <[_]>::len);
            let how_many = if count == 0 { "no path" } else { "particular paths only" };
            findings.pass(format!("SECURE_REDIRECT_EXEMPT exempts {how_many}")).at(exempt.region());
        }
    }
}

fn judge(pattern: &str, at: Option<Region>, findings: &mut Findings) {
    let shown = Value::text(pattern).show();
    if pattern.starts_with(['*', '+', '?', ')']) {
        findings
            .fail(format!("SECURE_REDIRECT_EXEMPT holds {shown}, which is no regular expression"))
            .at(at)
            .severity(Severity::High)
            .label("SecurityMiddleware fails to start on it, and the site with it")
            .help("patterns are regular expressions, searched in the path without its leading slash");
    } else if matches_everything(pattern) {
        findings
            .fail(format!("SECURE_REDIRECT_EXEMPT holds {shown}, which matches every path"))
            .at(at)
            .label("no request is redirected to HTTPS")
            .help("name the paths that must work over plain HTTP: r\"^healthz$\"");
    } else if pattern.starts_with("^/") && !pattern.starts_with("^/?") && !pattern.starts_with("^/*") {
        findings
            .fail(format!("SECURE_REDIRECT_EXEMPT holds {shown}, which matches no path"))
            .at(at)
            .severity(Severity::Low)
            .label("Django strips the leading slash before it searches, so this path is redirected like all others")
            .help(format!("write it without the slash: r\"^{}\"", &pattern[2..]));
    }
}

/// Whether `re.search` finds the pattern in every path. Anchored at both ends an empty pattern is the home page only.
fn matches_everything(pattern: &str) -> bool {
    let inner = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let start = inner.strip_prefix('^').or_else(|| inner.strip_prefix("\\A"));
    let (inner, at_start) = (start.unwrap_or(inner), start.is_some());
    let end = inner.strip_suffix('$').or_else(|| inner.strip_suffix("\\Z"));
    let (inner, at_end) = (end.unwrap_or(inner), end.is_some());
    let inner = inner.strip_prefix("/?").unwrap_or(inner);
    let inner = inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inner);
    match inner {
        "" => !(at_start && at_end),
        ".*" | ".*?" | ".+" | ".+?" | "[\\s\\S]*" => true,
        "." | "/" | "\\w" | "[a-z]" => !at_start || !at_end,
        _ => false,
    }
}
