//! Headers of Caddy: what its proxy sets unasked, and what `header` and `request_header` change.

use shipworthy_model::Region;
use shipworthy_model::front::{Change, HeaderRule, Part, ResponseHeader, Stated, Text, Traffic, Trust, When};

use super::lexer::{Line, Word};
use super::site::Options;
use super::values::text;

/// What holds for a site before its directives say anything.
pub(crate) fn defaults(options: &Options) -> Traffic {
    Traffic {
        tells_version: Some(Stated::default(false)),
        buffers_requests: Some(Stated::default(false)),
        buffers_responses: Some(Stated::default(false)),
        underscores: Some(Stated::default(true)),
        trusts: options.trusts.clone(),
        ..Traffic::default()
    }
}

/// The headers that `reverse_proxy` sets (`addForwardedHeaders`): a client's own count only from trusted proxies.
pub(crate) fn forwarded(trusts: &[Trust]) -> Vec<HeaderRule> {
    let parts = [("x-forwarded-for", Part::Client), ("x-forwarded-proto", Part::Scheme), ("x-forwarded-host", Part::HostHeader)];
    let mut rules: Vec<HeaderRule> = Vec::new();
    for (name, part) in parts {
        let set = |change, when, at| HeaderRule { name: name.into(), change, when, at };
        rules.push(set(Change::Set(Text::part(part.clone(), None)), When::Always, None));
        for trust in trusts {
            let change = if name == "x-forwarded-for" { Change::Set(Text::part(Part::ClientChain, None)) } else { Change::Keep };
            rules.push(set(change, trust.condition(), Some(trust.at)));
        }
    }
    rules
}

/// `header` and `request_header`: one field on the line, or many in the block.
pub(crate) fn directive(line: &Line, words: &[Word], when: &When, traffic: &mut Traffic) {
    let upstream = line.name() == "request_header";
    let deferred = line.inside().iter().any(|inner| inner.name() == "defer");
    if !words.is_empty() {
        push(traffic, words, when, upstream, deferred, line.at);
    }
    for inner in line.inside().iter().filter(|inner| !matches!(inner.name(), "defer" | "match")) {
        push(traffic, &inner.words, when, upstream, deferred, inner.at);
    }
}

fn push(traffic: &mut Traffic, words: &[Word], when: &When, upstream: bool, deferred: bool, at: Region) {
    let Some(field) = words.first() else { return };
    if upstream {
        traffic.request_headers.extend(request_rule(words, when, at));
        return;
    }
    let (change, name) = change(&field.text, words.get(1), deferred);
    traffic.response_headers.push(ResponseHeader { name: clean(name), change, always: true, when: when.clone(), at });
}

/// The rule of a field of `request_header` or `header_up`.
pub(crate) fn request_rule(words: &[Word], when: &When, at: Region) -> Option<HeaderRule> {
    let field = words.first()?;
    // With a third word the second is a pattern that is replaced in what the client sent.
    let change_of = if words.len() > 2 {
        let why = shipworthy_model::Why::Unsupported("a replacement in a header".into());
        (Change::Unknown(shipworthy_model::Unknown::new(why, Some(at))), field.text.as_str())
    } else {
        change(&field.text, words.get(1), true)
    };
    Some(HeaderRule { name: clean(change_of.1), change: change_of.0, when: when.clone(), at: Some(at) })
}

fn clean(name: &str) -> std::sync::Arc<str> {
    name.trim_end_matches(':').to_ascii_lowercase().into()
}

/// What a field does: `+` adds, `-` removes, `?` is a default, `>` waits for the upstream's answer. A plain field of a
/// response is set before the upstream answers, so that both are sent.
fn change<'a>(field: &'a str, value: Option<&Word>, deferred: bool) -> (Change, &'a str) {
    let made = || value.map_or_else(|| Text::literal("", None), text);
    match field.as_bytes().first() {
        Some(b'+') => (Change::Append(made()), &field[1..]),
        Some(b'-') => (Change::Remove, &field[1..]),
        Some(b'?') => (Change::Default(made()), &field[1..]),
        Some(b'>') => (Change::Set(made()), &field[1..]),
        Some(_) | None if deferred => (Change::Set(made()), field),
        Some(_) | None => (Change::Append(made()), field),
    }
}
