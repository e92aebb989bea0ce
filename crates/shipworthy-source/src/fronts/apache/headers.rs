//! How a context of Apache treats traffic: headers both ways, limits, access, logs.

use std::sync::Arc;

use shipworthy_model::Region;
use shipworthy_model::front::{
    Access, Change, HeaderRule, Limit, Part, ResponseHeader, Stated, Text, Timeout, Traffic, Trust, When,
};
use shipworthy_model::{Unknown, Why};

use super::lexer::{Directive, Word};
use super::values::{self, perhaps};
use crate::fronts::template;

/// What Apache does unless told. (`core`, 2.4.)
pub(crate) fn defaults() -> Traffic {
    Traffic {
        // `LimitRequestBody`, default 1 GiB since 2.4.53.
        body_limit: Some(Stated::default(Limit::Bytes(1 << 30))),
        tells_version: Some(Stated::default(true)),
        buffers_requests: Some(Stated::default(false)),
        buffers_responses: Some(Stated::default(false)),
        underscores: Some(Stated::default(false)),
        overrides: Some(Stated::default("None".into())),
        ..Traffic::default()
    }
}

/// Carries the directives of a context out, for requests that fulfil a condition.
pub(crate) fn apply(traffic: &mut Traffic, directives: &[Directive], when: &When) {
    let mut access: Vec<Stated<Access>> = Vec::new();
    for directive in directives {
        let (at, word) = (directive.at, directive.word(0));
        let flag = || Some(Stated::at(word.eq_ignore_ascii_case("on"), at));
        match directive.name.as_str() {
            "requestheader" => traffic.request_headers.extend(request(directive, when)),
            "header" => traffic.response_headers.extend(response(directive, when)),
            "limitrequestbody" => traffic.body_limit = Some(Stated::at(limit(word, at), at)),
            "servertokens" => traffic.tells_version = Some(Stated::at(!word.to_ascii_lowercase().starts_with("prod"), at)),
            "options" => options(traffic, directive),
            "allowoverride" => {
                let all: Vec<&str> = directive.words.iter().map(|word| word.text.as_str()).collect();
                traffic.overrides = Some(Stated::at(all.join(" ").into(), at));
            }
            "sethandler" | "addhandler" | "addtype" | "php_admin_value" | "action" if executes(directive) => {
                let all: Vec<&str> = directive.words.iter().map(|word| word.text.as_str()).collect();
                traffic.executes.push(Stated::at(format!("{} {}", directive.name, all.join(" ")).into(), at));
            }
            "sethandler" if word.eq_ignore_ascii_case("none") || word == "default-handler" => traffic.executes.clear(),
            "removehandler" => traffic.executes.retain(|stated| !stated.value.contains(word)),
            "customlog" | "transferlog" => traffic.access_log = Some(Stated::at(word.into(), at)),
            "errorlog" => traffic.error_log = Some(Stated::at(word.into(), at)),
            "timeout" | "requestreadtimeout" => traffic.timeouts.push((Timeout::Client, Stated::at(word.into(), at))),
            "proxytimeout" => traffic.timeouts.push((Timeout::Read, Stated::at(word.into(), at))),
            "keepalivetimeout" => traffic.timeouts.push((Timeout::KeepAlive, Stated::at(word.into(), at))),
            "proxyerroroverride" => traffic.replaces_errors = flag(),
            "errordocument" => {
                if let (Ok(status), Some(target)) = (word.parse(), directive.words.get(1)) {
                    traffic.error_pages.push((vec![status], values::text(target), at));
                }
            }
            "remoteiptrustedproxy" | "remoteipinternalproxy" => {
                let known =
                    |word: &Word| template::unknown(&word.text, word.at).map_or_else(|| Ok(Arc::from(word.text.as_str())), Err);
                traffic.trusts.push(Trust::new(directive.words.iter().map(known).collect(), at));
            }
            "require" => access.extend(required(directive).map(|access| Stated::at(access, at))),
            "deny" if directive.word(1).eq_ignore_ascii_case("all") => access.push(Stated::at(Access::Deny("all".into()), at)),
            "allow" if word.eq_ignore_ascii_case("from") => {
                access.insert(0, Stated::at(Access::Allow(directive.word(1).into()), at));
            }
            "setoutputfilter" | "addoutputfilterbytype" if word.eq_ignore_ascii_case("deflate") || word.contains("BROTLI") => {
                traffic.compresses = Some(Stated::at(true, at));
            }
            // `<Limit>` and `<LimitExcept>` are for some methods, and say nothing of the others.
            "requireall" | "requireany" | "requirenone" if directive.block.is_some() => {
                apply(traffic, directive.inside(), when);
            }
            _ => {}
        }
    }
    if !access.is_empty() {
        traffic.access = access;
    }
}

fn executes(directive: &Directive) -> bool {
    let say = |words: &[&str]| {
        directive.words.iter().any(|word| words.iter().any(|known| word.text.to_ascii_lowercase().contains(known)))
    };
    say(&["cgi", "php", "perl", "python", "wsgi", "server-parsed", "fcgi"])
}

fn options(traffic: &mut Traffic, directive: &Directive) {
    for word in &directive.words {
        let text = word.text.to_ascii_lowercase();
        let (on, name) = match text.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, text.strip_prefix('+').unwrap_or(&text)),
        };
        match name {
            "indexes" | "all" => traffic.listing = Some(Stated::at(on, directive.at)),
            "none" => traffic.listing = Some(Stated::at(false, directive.at)),
            _ => {}
        }
        if matches!(name, "execcgi" | "includes" | "all") && on {
            traffic.executes.push(Stated::at(format!("options {}", word.text).into(), directive.at));
        } else if !on {
            traffic.executes.retain(|stated| !stated.value.to_ascii_lowercase().contains(&format!("options {name}")));
        }
    }
    // A list without signs replaces what was there.
    if !directive.words.iter().any(|word| {
        word.text.starts_with(['+', '-']) || word.text.eq_ignore_ascii_case("indexes") || word.text.eq_ignore_ascii_case("all")
    }) {
        traffic.listing = Some(Stated::at(false, directive.at));
    }
}

fn required(directive: &Directive) -> Option<Access> {
    let second = directive.word(1).to_ascii_lowercase();
    match (directive.word(0).to_ascii_lowercase().as_str(), second.as_str()) {
        ("all", "denied") => Some(Access::Deny("all".into())),
        ("all", "granted") => Some(Access::Allow("all".into())),
        ("ip" | "host" | "local", _) => Some(Access::Allow(directive.word(1).into())),
        ("valid-user" | "user" | "group" | "claim", _) => Some(Access::Login(directive.word(0).into())),
        _ => None,
    }
}

fn limit(written: &str, at: Region) -> Limit {
    match written.parse::<u64>() {
        Ok(0) => Limit::None,
        Ok(bytes) => Limit::Bytes(bytes),
        Err(_) => Limit::Unknown(Unknown::new(Why::Unsupported(format!("the size `{written}`").into()), Some(at))),
    }
}

/// `RequestHeader action name value [early] [env=…|expr=…]`.
fn request(directive: &Directive, when: &When) -> Option<HeaderRule> {
    let name = directive.words.get(1)?.text.trim_end_matches(':').to_ascii_lowercase().into();
    let change = change(directive.word(0), directive.words.get(2), directive.at, false)?;
    Some(HeaderRule { name, change, when: perhaps(directive, when.clone().and(condition(directive))), at: Some(directive.at) })
}

/// `Header [always|onsuccess] action name value [env=…|expr=…]`.
fn response(directive: &Directive, when: &When) -> Option<ResponseHeader> {
    let first = directive.word(0).to_ascii_lowercase();
    let always = first == "always";
    let skip = usize::from(always || first == "onsuccess");
    let name = directive.words.get(skip + 1)?.text.trim_end_matches(':').to_ascii_lowercase().into();
    let change = change(directive.word(skip), directive.words.get(skip + 2), directive.at, always)?;
    let when = perhaps(directive, when.clone().and(condition(directive)));
    Some(ResponseHeader { name, change, always, when, at: directive.at })
}

/// `always` keeps a table of its own: what it sets is sent beside what the upstream says.
fn change(action: &str, value: Option<&Word>, at: Region, beside: bool) -> Option<Change> {
    let text = || value.map_or_else(|| Text::literal("", None), header_text);
    Some(match action.to_ascii_lowercase().as_str() {
        "set" if beside => Change::Append(text()),
        "set" => Change::Set(text()),
        "append" | "add" | "merge" => Change::Append(text()),
        "setifempty" => Change::Default(text()),
        "unset" => Change::Remove,
        "edit" | "edit*" => Change::Unknown(Unknown::new(Why::Unsupported("an edit of a header".into()), Some(at))),
        _ => return None,
    })
}

fn header_text(word: &Word) -> Text {
    match word.text.strip_prefix("expr=") {
        Some(expression) => values::parse(expression, word.at),
        None => values::text(word),
    }
}

fn condition(directive: &Directive) -> When {
    let mut when = When::Always;
    // The last word: the value may be an expression of its own.
    let last = directive.words.last().filter(|_| directive.words.len() > 3);
    if let Some(word) = last {
        if let Some(name) = word.text.strip_prefix("env=") {
            when = when.and(values::environment(name, directive));
        } else if let Some(expression) = word.text.strip_prefix("expr=") {
            when = when.and(values::expression(expression, directive));
        }
    }
    when
}

/// What `mod_proxy` adds to a request, after all directives: `ProxyAddHeaders` and the host of the upstream.
pub(crate) fn forwarded(adds: bool, preserves_host: Option<Region>, host: &str) -> Vec<HeaderRule> {
    let rule = |name: &str, change| HeaderRule { name: name.into(), change, when: When::Always, at: None };
    let mut rules = Vec::new();
    match preserves_host {
        Some(at) => rules.push(HeaderRule { at: Some(at), ..rule("host", Change::Keep) }),
        None => rules.push(rule("host", Change::Set(Text::literal(host, None)))),
    }
    if adds {
        let part = |part| Text::part(part, None);
        rules.push(rule("x-forwarded-for", Change::Append(part(Part::Client))));
        rules.push(rule("x-forwarded-host", Change::Append(part(Part::HostHeader))));
        rules.push(rule("x-forwarded-server", Change::Append(part(Part::Machine("SERVER_NAME".into())))));
    }
    rules
}
