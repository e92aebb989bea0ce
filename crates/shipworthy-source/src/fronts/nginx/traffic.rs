//! How a level of nginx treats traffic: headers both ways, limits, logs, with nginx's rules of inheritance.

use std::sync::Arc;

use shipworthy_model::front::{
    Access, Change, HeaderRule, Idle, Limit, Lost, ResponseHeader, Stated, Text, Timeout, Traffic, Trust, When,
};
use shipworthy_model::{Unknown, Why};

use super::level::{self, Level};
use super::lexer::Directive;
use super::maps::perhaps;
use super::values::{Names, Scope};

/// How a level treats traffic that goes to a handler of this kind (`proxy_pass`, `uwsgi_pass` …).
pub(crate) fn of(names: &Names<'_>, level: &Level<'_>, scope: &Scope, pass: Option<&str>) -> Traffic {
    let mut traffic = Traffic::default();
    request_headers(names, level, scope, pass, &mut traffic);
    response_headers(names, level, scope, &mut traffic);
    limits(level, &mut traffic);
    access(level, &mut traffic);
    for directive in level.list("error_page") {
        let codes = directive.words.iter().map_while(|word| word.text.parse().ok()).collect();
        if let Some(target) = directive.words.last() {
            traffic.error_pages.push((codes, names.text(target, scope), directive.at));
        }
    }
    let networks: Vec<_> = level.list("set_real_ip_from");
    if let Some(first) = networks.first() {
        let known = networks.iter().map(|directive| level::plain(directive.word(0), directive.at)).collect();
        traffic.trusts.push(Trust::new(known, first.at));
    }
    traffic
}

fn request_headers(names: &Names<'_>, level: &Level<'_>, scope: &Scope, pass: Option<&str>, traffic: &mut Traffic) {
    let directive = match pass {
        Some("uwsgi_pass") => "uwsgi_param",
        Some("fastcgi_pass") => "fastcgi_param",
        Some("scgi_pass") => "scgi_param",
        Some("grpc_pass") => "grpc_set_header",
        Some(_) | None => "proxy_set_header",
    };
    let is_gateway = directive.ends_with("_param");
    if matches!(pass, Some("proxy_pass" | "grpc_pass")) {
        // `ngx_http_proxy_headers`: what is sent unless a `proxy_set_header` of the same name is in effect.
        let host = scope
            .upstream
            .clone()
            .unwrap_or_else(|| Text::unknown(Unknown::new(Why::Unsupported("the name of the upstream".into()), None), None));
        for (name, text) in [("host", host), ("connection", Text::literal("close", None)), ("upgrade", Text::literal("", None))] {
            traffic.request_headers.push(HeaderRule {
                name: name.into(),
                change: Change::Set(text),
                when: When::Always,
                at: None,
            });
        }
    }
    let mut seen: Vec<Arc<str>> = Vec::new();
    for said in level.list(directive) {
        let (Some(key), Some(value)) = (said.words.first(), said.words.get(1)) else { continue };
        let text = names.text(value, scope);
        let when = perhaps(said, When::Always);
        let name: Arc<str> = if is_gateway {
            let Some(header) = key.text.strip_prefix("HTTP_") else {
                traffic.variables.push((key.text.as_str().into(), text, said.at));
                continue;
            };
            header.replace('_', "-").to_ascii_lowercase().into()
        } else {
            key.text.to_ascii_lowercase().into()
        };
        // Two of one name in one level are both sent.
        let again = seen.contains(&name) && when.is_always() && !is_gateway;
        let change = if again { Change::Append(text) } else { Change::Set(text) };
        seen.push(name.clone());
        traffic.request_headers.push(HeaderRule { name, change, when, at: Some(said.at) });
    }
    lost(level, directive, true, traffic);
    if matches!(pass, Some("uwsgi_pass" | "fastcgi_pass" | "scgi_pass")) {
        idle(level, pass.unwrap_or_default(), traffic);
    }
}

/// Headers of outer levels that the deciding level does not repeat.
fn lost(level: &Level<'_>, directive: &str, upstream: bool, traffic: &mut Traffic) {
    let Some(deciding) = level.deciding(directive) else { return };
    let own = deciding.say(directive);
    let Some(by) = own.first() else { return };
    let Some(outer) = deciding.around.map(|around| around.list(directive)) else { return };
    for said in outer {
        let name = said.word(0).to_ascii_lowercase();
        if !own.iter().any(|own| own.word(0).eq_ignore_ascii_case(&name)) {
            traffic.lost.push(Lost { name: name.into(), upstream, set_at: said.at, by: by.at });
        }
    }
}

/// Directives for another kind of upstream, said where requests go to a gateway.
fn idle(level: &Level<'_>, pass: &str, traffic: &mut Traffic) {
    let why = match pass {
        "uwsgi_pass" => "requests go to `uwsgi_pass`, which only takes `uwsgi_param`",
        "fastcgi_pass" => "requests go to `fastcgi_pass`, which only takes `fastcgi_param`",
        _ => "requests go to `scgi_pass`, which only takes `scgi_param`",
    };
    for said in level.list("proxy_set_header") {
        let name = said.word(0).to_ascii_lowercase().into();
        traffic.idle.push(Idle { directive: "proxy_set_header".into(), name, why, at: said.at });
    }
}

fn response_headers(names: &Names<'_>, level: &Level<'_>, scope: &Scope, traffic: &mut Traffic) {
    // Upstream's headers go first, then ours are added.
    for directive in ["proxy_hide_header", "uwsgi_hide_header", "fastcgi_hide_header"] {
        for said in level.list(directive) {
            push_response(traffic, said, said.word(0), Change::Remove, true);
        }
    }
    let mut added: Vec<&Directive> = level.list("add_header");
    // nginx 1.29.3: `add_header_inherit merge` adds to what outer levels say, `off` takes nothing from them.
    let inherit = level.last("add_header_inherit").map_or("on", |said| said.word(0));
    match inherit {
        "merge" => {
            added.clear();
            let mut next = Some(level);
            while let Some(level) = next {
                added.splice(0..0, level.say("add_header"));
                next = level.around;
            }
        }
        "off" => added = level.say("add_header"),
        _ => lost(level, "add_header", false, traffic),
    }
    for said in added {
        let (Some(key), Some(value)) = (said.words.first(), said.words.get(1)) else { continue };
        let always = said.words.iter().skip(2).any(|word| word.text == "always");
        push_response(traffic, said, &key.text, Change::Append(names.text(value, scope)), always);
    }
    // The module headers-more: outer levels add up, and errors get them too.
    let mut levels = Vec::new();
    let mut next = Some(level);
    while let Some(level) = next {
        levels.push(level);
        next = level.around;
    }
    for level in levels.into_iter().rev() {
        for said in level.say("more_set_headers") {
            for word in said.words.iter().filter(|word| !word.text.starts_with('-')) {
                let (name, value) = word.text.split_once(':').unwrap_or((&word.text, ""));
                let text = names.parse(value.trim(), word.at, scope);
                push_response(traffic, said, name, Change::Set(text), true);
            }
        }
        for said in level.say("more_clear_headers") {
            for word in &said.words {
                push_response(traffic, said, &word.text, Change::Remove, true);
            }
        }
    }
}

fn push_response(traffic: &mut Traffic, said: &Directive, name: &str, change: Change, always: bool) {
    let name = name.trim().to_ascii_lowercase().into();
    let when = perhaps(said, When::Always);
    traffic.response_headers.push(ResponseHeader { name, change, always, when, at: said.at });
}

fn limits(level: &Level<'_>, traffic: &mut Traffic) {
    traffic.body_limit = Some(match level.last("client_max_body_size") {
        Some(said) => Stated::at(level::size(said), said.at),
        // `client_max_body_size`, default 1m.
        None => Stated::default(Limit::Bytes(1 << 20)),
    });
    let switch =
        |names: &[&str], default: bool| Some(names.iter().find_map(|name| level.flag(name)).unwrap_or(Stated::default(default)));
    traffic.buffers_requests = switch(&["proxy_request_buffering", "uwsgi_request_buffering", "fastcgi_request_buffering"], true);
    traffic.buffers_responses = switch(&["proxy_buffering", "uwsgi_buffering", "fastcgi_buffering"], true);
    traffic.replaces_errors = switch(&["proxy_intercept_errors", "uwsgi_intercept_errors", "fastcgi_intercept_errors"], false);
    traffic.listing = switch(&["autoindex"], false);
    traffic.compresses = switch(&["gzip", "brotli", "zstd"], false);
    traffic.underscores = switch(&["underscores_in_headers"], false);
    traffic.tells_version = match level.last("server_tokens") {
        Some(said) if said.word(0) == "off" => Some(Stated::at(false, said.at)),
        Some(said) if matches!(said.word(0), "on" | "build") => Some(Stated::at(true, said.at)),
        Some(_) => None,
        None => Some(Stated::default(true)),
    };
    let log = |name: &str| level.last(name).map(|said| Stated::at(Arc::from(said.word(0)), said.at));
    traffic.access_log = log("access_log");
    traffic.error_log = log("error_log");
    for (which, names) in [
        (Timeout::Connect, ["proxy_connect_timeout", "uwsgi_connect_timeout", "fastcgi_connect_timeout"].as_slice()),
        (Timeout::Read, &["proxy_read_timeout", "uwsgi_read_timeout", "fastcgi_read_timeout"]),
        (Timeout::Send, &["proxy_send_timeout", "uwsgi_send_timeout", "fastcgi_send_timeout"]),
        (Timeout::Client, &["client_body_timeout"]),
        (Timeout::KeepAlive, &["keepalive_timeout"]),
    ] {
        for said in names.iter().filter_map(|name| level.last(name)) {
            traffic.timeouts.push((which, Stated::at(said.word(0).into(), said.at)));
        }
    }
}

fn access(level: &Level<'_>, traffic: &mut Traffic) {
    let deciding = [level.deciding("allow"), level.deciding("deny")].into_iter().flatten();
    // Both belong to one list, which the innermost level with either replaces whole.
    let depth = |level: &Level<'_>| std::iter::successors(level.around, |level| level.around).count();
    if let Some(level) = deciding.max_by_key(|level| depth(level)) {
        for said in level.own {
            let who = Arc::from(said.word(0));
            match said.name.as_str() {
                "allow" => traffic.access.push(Stated::at(Access::Allow(who), said.at)),
                "deny" => traffic.access.push(Stated::at(Access::Deny(who), said.at)),
                _ => {}
            }
        }
    }
    for name in ["auth_basic", "auth_request", "auth_jwt"] {
        if let Some(said) = level.last(name).filter(|said| said.word(0) != "off") {
            traffic.access.push(Stated::at(Access::Login(said.word(0).into()), said.at));
        }
    }
}

/// The condition that the lists of addresses turn a client away: the first entry that names it decides.
pub(crate) fn refused(traffic: &Traffic) -> Option<(When, shipworthy_model::Region)> {
    let mut allowed: Vec<Arc<str>> = Vec::new();
    let mut sides = Vec::new();
    let mut place = None;
    for stated in &traffic.access {
        match &stated.value {
            Access::Allow(who) => allowed.push(who.clone()),
            Access::Deny(who) => {
                place = place.or(stated.at);
                let denied = if &**who == "all" { When::Always } else { When::Client(vec![who.clone()]) };
                let not_before = if allowed.is_empty() { When::Always } else { When::Client(allowed.clone()).negated() };
                sides.push(denied.and(not_before));
            }
            Access::Login(_) => {}
        }
    }
    let when = if sides.len() == 1 { sides.remove(0) } else { When::Any(sides) };
    place.map(|place| (when, place))
}
