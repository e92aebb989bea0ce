//! Middlewares of Traefik: what they answer themselves, and what they do to traffic.

use std::sync::Arc;

use shipworthy_model::Region;
use shipworthy_model::front::{
    Access, Branch, Change, Handler, HeaderRule, Limit, Part, Piece, Redirect, Respond, ResponseHeader, Route, Scheme, Stated,
    Text, When,
};
use shipworthy_model::{Unknown, Why};

use super::node::Node;
use crate::fronts::template;

/// Carries a middleware out on a route. `all` are those known by name, for chains.
pub(crate) fn apply(name: &str, at: Region, all: &[(String, Node)], route: &mut Route, depth: usize) {
    const DEEPEST: usize = 8;
    // A provider may stand behind the name: `auth@file`.
    let bare = name.split('@').next().unwrap_or(name);
    let found = all.iter().find(|(key, _)| key.eq_ignore_ascii_case(bare));
    let Some((_, node)) = found.filter(|_| depth < DEEPEST) else {
        let why = Unknown::new(Why::File(format!("the middleware {name}").into()), Some(at));
        route.before.push(Branch { when: When::Unknown(why.clone()), handler: Handler::Unknown(why), traffic: None, at });
        return;
    };
    for (kind, inner) in node.entries() {
        match kind.to_ascii_lowercase().as_str() {
            "chain" => {
                for (next, place) in inner.get("middlewares").map(Node::texts).unwrap_or_default() {
                    apply(&next, place, all, route, depth + 1);
                }
            }
            "redirectscheme" => {
                let scheme = inner.say("scheme").unwrap_or("https");
                if scheme.eq_ignore_ascii_case("https") {
                    let port = inner.say("port").filter(|port| *port != "443");
                    route.before.push(to_https(port, inner.is_on("permanent"), inner.at));
                }
            }
            "redirectregex" => route.before.push(by_pattern(inner)),
            "headers" => headers(inner, route),
            "ipwhitelist" | "ipallowlist" => {
                let ranges: Vec<Arc<str>> = inner
                    .get("sourceRange")
                    .map(Node::texts)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|(text, _)| text.into())
                    .collect();
                let when = When::Client(ranges).negated();
                route.before.push(answer(when, Handler::Respond(Respond::status(403, Some(inner.at))), inner.at));
            }
            "basicauth" | "digestauth" | "forwardauth" => {
                route.traffic.access.push(Stated::at(Access::Login(kind.as_str().into()), inner.at));
            }
            "buffering" => {
                if let Some(size) = inner.get("maxRequestBodyBytes") {
                    let limit = size.text().and_then(|text| text.parse::<u64>().ok());
                    let limit = limit.map_or(Limit::None, |bytes| if bytes == 0 { Limit::None } else { Limit::Bytes(bytes) });
                    route.traffic.body_limit = Some(Stated::at(limit, size.at));
                }
                route.traffic.buffers_requests = Some(Stated::at(true, inner.at));
                route.traffic.buffers_responses = Some(Stated::at(true, inner.at));
            }
            "compress" => route.traffic.compresses = Some(Stated::at(true, inner.at)),
            "errors" => route.traffic.replaces_errors = Some(Stated::at(true, inner.at)),
            _ => {}
        }
    }
}

fn answer(when: When, handler: Handler, at: Region) -> Branch {
    Branch { when, handler, traffic: None, at }
}

/// The redirect of plain requests to HTTPS, by an entry point or a middleware.
pub(crate) fn to_https(port: Option<&str>, permanent: bool, at: Region) -> Branch {
    let mut target = Text::literal("https://", Some(at));
    target.pieces.push(Piece::Part(Part::Host));
    if let Some(port) = port {
        target.push(&format!(":{port}"));
    }
    target.pieces.push(Piece::Part(Part::Uri));
    let status = if permanent { 301 } else { 302 };
    answer(When::Scheme(Scheme::Http), Handler::Redirect(Redirect { status: Ok(status), target, at }), at)
}

/// `redirectRegex` looks at the whole address.
fn by_pattern(node: &Node) -> Branch {
    let at = node.at;
    let regex = node.say("regex").unwrap_or_default();
    let replacement = node.say("replacement").unwrap_or_default();
    let mut target = Text { pieces: Vec::new(), at: Some(at) };
    let mut rest = replacement;
    while let Some(dollar) = rest.find('$') {
        target.push(&rest[..dollar]);
        let after = rest[dollar + 1..].trim_start_matches('{');
        let length = after.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(after.len());
        target.pieces.push(Piece::Part(Part::Input(after[..length].into())));
        rest = after[length..].strip_prefix('}').unwrap_or(&after[length..]);
    }
    target.push(rest);
    let every = matches!(regex, "^http://(.*)" | "^http://(.+)" | "^http://(.*)$");
    let when = if every {
        When::Scheme(Scheme::Http)
    } else {
        When::Unknown(Unknown::new(Why::Unsupported(format!("the pattern `{regex}` of a whole address").into()), Some(at)))
    };
    let status = if node.is_on("permanent") { 301 } else { 302 };
    answer(when, Handler::Redirect(Redirect { status: Ok(status), target, at }), at)
}

fn headers(node: &Node, route: &mut Route) {
    for (name, value) in node.get("customRequestHeaders").map(Node::entries).unwrap_or_default() {
        let change = change(value);
        let name = name.to_ascii_lowercase().into();
        route.traffic.request_headers.push(HeaderRule { name, change, when: When::Always, at: Some(value.at) });
    }
    for (name, value) in node.get("customResponseHeaders").map(Node::entries).unwrap_or_default() {
        push(route, name, change(value), When::Always, value.at);
    }
    let number =
        |name: &str| node.get(name).and_then(|it| it.text().and_then(|text| text.parse::<u64>().ok()).map(|it2| (it2, it.at)));
    if let Some((seconds, at)) = number("stsSeconds").filter(|(seconds, _)| *seconds > 0) {
        let mut value = format!("max-age={seconds}");
        value.push_str(if node.is_on("stsIncludeSubdomains") { "; includeSubDomains" } else { "" });
        value.push_str(if node.is_on("stsPreload") { "; preload" } else { "" });
        let when = if node.is_on("forceSTSHeader") { When::Always } else { When::Scheme(Scheme::Https) };
        push(route, "strict-transport-security", Change::Set(Text::literal(&value, Some(at))), when, at);
    }
    for (switch, name, value) in [
        ("contentTypeNosniff", "x-content-type-options", "nosniff"),
        ("frameDeny", "x-frame-options", "DENY"),
        ("browserXssFilter", "x-xss-protection", "1; mode=block"),
    ] {
        if let Some(said) = node.get(switch).filter(|_| node.is_on(switch)) {
            push(route, name, Change::Set(Text::literal(value, Some(said.at))), When::Always, said.at);
        }
    }
    for (key, name) in [
        ("customFrameOptionsValue", "x-frame-options"),
        ("contentSecurityPolicy", "content-security-policy"),
        ("referrerPolicy", "referrer-policy"),
        ("permissionsPolicy", "permissions-policy"),
    ] {
        if let Some(said) = node.get(key) {
            push(route, name, change(said), When::Always, said.at);
        }
    }
    if let Some(said) = node.get("sslRedirect").filter(|_| node.is_on("sslRedirect")) {
        route.before.push(to_https(None, !node.is_on("sslTemporaryRedirect"), said.at));
    }
}

fn push(route: &mut Route, name: &str, change: Change, when: When, at: Region) {
    let name = name.to_ascii_lowercase().into();
    route.traffic.response_headers.push(ResponseHeader { name, change, always: true, when, at });
}

/// An empty value removes the header.
fn change(value: &Node) -> Change {
    match value.text() {
        None | Some("") => Change::Remove,
        Some(text) => match template::unknown(text, value.at) {
            Some(why) => Change::Set(Text::unknown(why, Some(value.at))),
            None => Change::Set(Text::literal(text, Some(value.at))),
        },
    }
}
