//! A pattern of allowed origins that does not end, or whose dots match anything, allows hosts that anyone can register.

use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cors-regex-loose",
    topic: Topic::Browser,
    severity: Severity::Low,
    django: &[],
    summary: "a pattern of allowed origins matches hosts of strangers",
    guide: include_str!("cors_regex_loose.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let (name, patterns) = facts.first_set("CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST");
    if facts.has_cors().is_no() {
        findings.not_applicable("django-cors-headers' middleware is not installed").at(patterns.region());
        return;
    }
    if let Some(why) = patterns.value.as_unknown() {
        findings.undecided(name, &why);
        return;
    }
    let mut undecided = patterns.value.has_unknown();
    for item in patterns.value.known_items() {
        let Some(pattern) = item.as_str() else {
            undecided = true;
            continue;
        };
        if let Some((what, severe)) = loose(pattern) {
            findings
                .fail(format!("{name} holds {}, which {what}", Value::text(pattern).show()))
                .at(item.at.or(patterns.region()))
                .severity(if severe { facts.cors_severity() } else { Severity::Low })
                .help(r"anchor and escape it: r'^https://[\w-]+\.example\.com$', or list the origins in CORS_ALLOWED_ORIGINS");
        }
    }
    if !findings.has(Kind::Fail) {
        if undecided {
            findings.open(format!("{name} could not be decided: a part of it is unknown")).at(patterns.region());
        } else {
            findings.pass(format!("{name} matches no stranger's host")).at(patterns.region());
        }
    }
}

/// What is loose about a pattern, and whether a stranger's host certainly passes. `re.match` anchors the start only.
fn loose(pattern: &str) -> Option<(&'static str, bool)> {
    branches(pattern).into_iter().find_map(branch)
}

fn branch(pattern: &str) -> Option<(&'static str, bool)> {
    let pattern = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let pattern = pattern.trim_start_matches('^');
    let ends = ["$", "\\Z", "\\z"].iter().find_map(|end| pattern.strip_suffix(end)).filter(|body| !body.ends_with('\\'));
    let body = ends.unwrap_or(pattern);
    if matches!(body, "" | ".*" | ".+" | "(.*)" | "(.+)") {
        return Some(("matches every origin", true));
    }
    if !body.starts_with("http") {
        return None;
    }
    let host = body.split_once("://").or_else(|| body.split_once(":\\/\\/")).map_or("", |(_, host)| host);
    let wild = [".*", ".+", "(.*)", "(.+)", "\\S*", "\\S+", "[^/]*", "[^/]+"].iter().find_map(|wild| host.strip_prefix(wild));
    if let Some(rest) = wild {
        if rest.is_empty() {
            return Some(("matches every origin of its scheme", true));
        }
        if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.') {
            return Some(("matches hosts that only end like the right one: evil-example.com", true));
        }
    }
    if ends.is_none() {
        return Some(("does not end with $: it matches https://right.example.evil.net", true));
    }
    (dots(host) == Some(true)).then_some(("has a dot that stands for any character", false))
}

/// Whether a dot before the last one is unescaped, so that another registrable name matches.
fn dots(host: &str) -> Option<bool> {
    let bytes = host.as_bytes();
    let plain = |at: usize| {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(at + 1).copied();
        before.is_some_and(|byte| byte.is_ascii_alphanumeric()) && after.is_some_and(|byte| byte.is_ascii_alphanumeric())
    };
    let last = host.rfind('.')?;
    Some(host[..last].match_indices('.').any(|(at, _)| plain(at)))
}

/// The alternatives of a pattern at its outermost level.
fn branches(pattern: &str) -> Vec<&str> {
    let (mut depth, mut class, mut escaped, mut start) = (0_u32, false, false, 0);
    let mut parts = Vec::new();
    for (at, byte) in pattern.bytes().enumerate() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => depth += 1,
            b')' if !class => depth = depth.saturating_sub(1),
            b'|' if !class && depth == 0 => {
                parts.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&pattern[start..]);
    parts
}
