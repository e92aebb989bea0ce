//! `HAProxy`: frontends, the backends they choose, and the rules of both.
//!
//! Source of the facts: `HAProxy`'s configuration manual, chapters 2 (format), 4 (proxies), 5 (bind and server options) and
//! 7 (conditions).

mod conditions;
mod lexer;
mod rules;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{
    Address, Bind, Front, FrontKind, Handler, Listener, Name, Order, PathMatch, Piece, Port, Protocol, Respond, Route, Scope,
    Server, Site, Stated, Test, Text, Tls, Upstream, When,
};
use shipworthy_model::{ArtifactId, Artifacts, Region, Truth, Unknown, Why};

use super::{Reading, template};
use crate::Tree;
use lexer::{Line, Section, Word};
use rules::Rules;

/// Reads a configuration. `HAProxy` includes nothing.
pub fn read(_tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    let file = artifacts.get(artifact);
    let (path, text) = (file.path.clone(), file.text.clone());
    let (sections, notices) = lexer::read(&text, artifact);
    let whole = sections.iter().any(|section| matches!(section.head.word(0), "global" | "defaults"));
    let scope = if whole { Scope::Whole } else { Scope::Sites };
    let mut front = Front::new(FrontKind::HaProxy, artifact, &path, scope);
    let globals: Vec<&Line> = sections.iter().filter(|it| it.head.word(0) == "global").flat_map(|it| &it.lines).collect();
    let mut proxies: Vec<(&Section, Vec<&Line>)> = Vec::new();
    let mut defaults: FxHashMap<&str, &Section> = FxHashMap::default();
    let mut last: Option<&Section> = None;
    for section in &sections {
        let from = section.head.words.iter().position(|word| word.text == "from").map(|place| section.head.word(place + 1));
        let base = from.and_then(|name| defaults.get(name).copied()).or(last);
        match section.head.word(0) {
            "defaults" => {
                defaults.insert(section.head.word(1), section);
                last = Some(section);
            }
            "frontend" | "backend" | "listen" => {
                let lines = base.into_iter().flat_map(|base| &base.lines).chain(&section.lines).collect();
                proxies.push((section, lines));
            }
            _ => {}
        }
    }
    let backends: FxHashMap<&str, usize> = proxies
        .iter()
        .enumerate()
        .filter(|(_, (section, _))| section.head.word(0) != "frontend")
        .map(|(index, (section, _))| (section.head.word(1), index))
        .collect();
    for (section, lines) in proxies.iter().filter(|(section, _)| section.head.word(0) != "backend") {
        let rules = Rules::of(lines.iter().copied());
        front.exposed.extend(rules.exposed.iter().cloned());
        let mut site = Site::new(Order::First, section.head.at);
        site.names.push(Name::Any);
        site.listeners = lines.iter().filter(|line| line.word(0) == "bind").flat_map(|line| listeners(line)).collect();
        // Old form: the address stands behind the name.
        if let Some(word) = section.head.words.get(2).filter(|word| word.text.contains(':')) {
            site.listeners.extend(listeners(&Line { words: vec![word.clone(), word.clone()], at: word.at }));
        }
        site.tls = tls(lines, &globals);
        let backend = |name: &Word| -> Known {
            match backends.get(name.text.as_str()) {
                Some(index) => Ok(*index),
                None => Err(unclear(&name.text, name.at)),
            }
        };
        let targets = rules.choices.iter().map(|(when, name)| (when.clone(), backend(name), name.at));
        let rest = rules.default.iter().map(|name| (When::Always, backend(name), name.at));
        for (when, index, at) in targets.chain(rest) {
            site.routes.push(match index {
                Ok(index) => route(when, &rules, Some(&proxies[index]), at),
                Err(why) => {
                    let mut route = route(when, &rules, None, at);
                    route.handler = Handler::Unknown(why);
                    route
                }
            });
        }
        if section.head.word(0) == "listen" && rules.default.is_none() {
            let own = (*section, lines.clone());
            let mut route = route(When::Always, &rules, Some(&own), section.head.at);
            // The section's rules are the site's already.
            route.traffic.request_headers.clone_from(&rules.traffic.request_headers);
            route.traffic.request_headers.extend(rules.forwardfor_rule());
            route.traffic.response_headers.clone_from(&rules.traffic.response_headers);
            route.before.clear();
            site.routes.push(route);
        } else if rules.default.is_none() && rules.http {
            let mut route = route(When::Always, &rules, None, section.head.at);
            // No backend: 503.
            route.handler = Handler::Respond(Respond::status(503, None));
            site.routes.push(route);
        }
        site.before = rules.answers;
        site.traffic = rules.traffic;
        front.sites.push(site);
    }
    Reading { fronts: vec![front], notices, files: Vec::new() }
}

type Known = Result<usize, Unknown>;

fn unclear(text: &str, at: Region) -> Unknown {
    template::unknown(text, at)
        .unwrap_or_else(|| Unknown::new(Why::Unsupported(format!("the backend `{text}`").into()), Some(at)))
}

/// A route to a backend: the frontend's rules, then the backend's own, then `option forwardfor`.
fn route(when: When, rules: &Rules, backend: Option<&(&Section, Vec<&Line>)>, at: Region) -> Route {
    let mut traffic = rules.traffic.clone();
    let (path, when) = match when {
        When::Path(Test::Starts(paths, false)) if paths.len() == 1 => (PathMatch::Prefix(paths[0].clone(), false), When::Always),
        other => (PathMatch::Any, other),
    };
    let Some((section, lines)) = backend else {
        let mut route = Route::new(path, Handler::Nothing, traffic, at);
        route.when = when;
        return route;
    };
    let own = Rules::of(lines.iter().copied());
    traffic.request_headers.extend(own.traffic.request_headers.iter().cloned());
    traffic.response_headers.extend(own.traffic.response_headers.iter().cloned());
    traffic.timeouts.extend(own.traffic.timeouts.iter().cloned());
    traffic.request_headers.extend(own.forwardfor_beside(rules));
    let mut protocol = if own.http { Protocol::Http } else { Protocol::Tcp };
    let mut servers = Vec::new();
    for line in lines {
        match line.word(0) {
            "server" => {
                servers.push(server(&line.words[1..], line.at));
                if protocol == Protocol::Http && line.from(3).iter().any(|word| word.text == "ssl") {
                    protocol = Protocol::Https;
                }
            }
            "server-template" => servers.push(server(&line.words[2.min(line.words.len())..], line.at)),
            "use-fcgi-app" => protocol = Protocol::FastCgi,
            _ => {}
        }
    }
    let name = Some(section.head.word(1).into());
    let path_upstream = own.rewritten.or(rules.rewritten).map(|at| {
        let why = Unknown::new(Why::Unsupported("a path that is rewritten".into()), Some(at));
        Text { pieces: vec![Piece::Unknown(why)], at: Some(at) }
    });
    let handler = Handler::Proxy(Upstream { protocol, servers, name, path: path_upstream, script: None, at });
    let mut route = Route::new(path, handler, traffic, at);
    route.when = when;
    route.before = own.answers;
    route
}

fn server(words: &[Word], at: Region) -> Server {
    let address = match words.get(1) {
        Some(word) => match template::unknown(&word.text, word.at) {
            Some(why) => Err(why),
            None => Ok(socket_address(&word.text)),
        },
        None => Err(unclear("", at)),
    };
    Server { address, at: Some(at) }
}

fn socket_address(text: &str) -> Address {
    let text = ["ipv4@", "ipv6@", "tcp@", "tcp4@", "tcp6@"].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    match text.strip_prefix("unix@").or_else(|| text.strip_prefix("abns@")) {
        Some(path) => Address::Unix(path.into()),
        None => Address::parse(text),
    }
}

/// The sockets of a `bind` line.
fn listeners(line: &Line) -> Vec<Listener> {
    let has = |flag: &str| line.words.iter().skip(2).any(|word| word.text == flag);
    let tls: Truth = has("ssl").into();
    let one = |text: &str, at: Region| -> Listener {
        let (bind, port) = bind(text, at);
        Listener { bind, port, tls: tls.clone(), default: false, proxy_protocol: has("accept-proxy"), at: Some(line.at) }
    };
    let Some(word) = line.words.get(1) else { return Vec::new() };
    word.text.split(',').filter(|text| !text.is_empty()).map(|text| one(text, word.at)).collect()
}

fn bind(text: &str, at: Region) -> (Bind, Port) {
    let text = ["ipv4@", "ipv6@", "quic4@", "quic6@", "tcp@"].iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text);
    if let Some(path) =
        text.strip_prefix("unix@").or_else(|| text.strip_prefix("abns@")).or(text.starts_with('/').then_some(text))
    {
        return (Bind::Unix(path.into()), Port::None);
    }
    if let Some(why) = template::unknown(text, at) {
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).map_or(Port::Unknown(why.clone()), Port::Is);
        let bind = match text.split_once(':') {
            Some(("*" | "0.0.0.0" | "", _)) => Bind::Any,
            Some(_) | None => Bind::Unknown(why),
        };
        return (bind, port);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let bind = match host.trim_matches(['[', ']']) {
        "" | "*" | "0.0.0.0" | "::" => Bind::Any,
        host => host.parse().map_or_else(|_| Bind::Name(host.into()), Bind::Ip),
    };
    let unknown = || Port::Unknown(Unknown::new(Why::Unsupported(format!("the port `{port}`").into()), Some(at)));
    let port = match (port.parse(), port.split_once('-').map(|(first, last)| (first.parse(), last.parse()))) {
        (Ok(port), _) => Port::Is(port),
        (Err(_), Some((Ok(first), Ok(last)))) => Port::Range(first, last),
        (Err(_), Some(_) | None) => unknown(),
    };
    (bind, port)
}

/// How a frontend speaks TLS: its `bind` lines, else the defaults of `global`.
fn tls(lines: &[&Line], globals: &[&Line]) -> Tls {
    let mut tls = Tls::default();
    let own = lines.iter().filter(|line| line.word(0) == "bind");
    let options = globals.iter().filter(|line| line.word(0) == "ssl-default-bind-options");
    for line in options.chain(own) {
        if let Some(versions) = versions(line) {
            tls.protocols = Some(Stated::at(versions, line.at));
        }
        let mut words = line.words.iter().skip(1).peekable();
        while let Some(word) = words.next() {
            let value = words.peek().map(|word| word.text.as_str());
            match (word.text.as_str(), value) {
                ("crt", Some(path)) => {
                    let path: Arc<str> = path.into();
                    let known = template::unknown(&path, line.at).map_or(Ok(path), Err);
                    tls.certificates.push(Stated::at(known, line.at));
                }
                ("crt-list", Some(path)) => {
                    let why = Unknown::new(Why::File(path.into()), Some(line.at));
                    tls.certificates.push(Stated::at(Err(why), line.at));
                }
                ("ciphers", Some(ciphers)) => tls.ciphers = Some(Stated::at(ciphers.into(), line.at)),
                ("verify", Some(how)) => tls.asks_clients = Some(Stated::at(how != "none", line.at)),
                _ => {}
            }
        }
    }
    let ciphers = globals.iter().find(|line| line.word(0) == "ssl-default-bind-ciphers");
    if let Some(line) = ciphers.filter(|_| tls.ciphers.is_none()) {
        tls.ciphers = Some(Stated::at(line.word(1).into(), line.at));
    }
    tls
}

/// The versions that a line's `ssl-min-ver`, `ssl-max-ver`, `force-…` and `no-…` leave.
fn versions(line: &Line) -> Option<Vec<Arc<str>>> {
    const ALL: [(&str, &str); 5] =
        [("SSLv3", "sslv3"), ("TLSv1.0", "tlsv1"), ("TLSv1.1", "tlsv1.1"), ("TLSv1.2", "tlsv1.2"), ("TLSv1.3", "tlsv1.3")];
    let after = |name: &str| line.words.iter().position(|word| word.text == name).map(|place| line.word(place + 1));
    let place = |name: &str| ALL.iter().position(|(known, _)| *known == name);
    let flag = |start: &str, known: &str| {
        let flag = format!("{start}{}", known.to_ascii_lowercase().replace('.', ""));
        line.words.iter().any(|word| word.text == flag)
    };
    let min = after("ssl-min-ver").and_then(place);
    let max = after("ssl-max-ver").and_then(place);
    let said = min.is_some() || max.is_some() || ALL.iter().any(|(known, _)| flag("no-", known) || flag("force-", known));
    let forced = ALL.iter().position(|(known, _)| flag("force-", known));
    // Unless told, 1.2 is the oldest (since 2.2); a list of `no-…` speaks of what is left of all.
    let lowest = min.or(forced).unwrap_or(if max.is_some() { 3 } else { 0 });
    let highest = max.or(forced).unwrap_or(ALL.len() - 1);
    said.then(|| {
        let within = ALL.iter().enumerate().filter(|(index, _)| (lowest..=highest).contains(index));
        within.filter(|(_, (known, _))| !flag("no-", known)).map(|(_, (_, name))| Arc::from(*name)).collect()
    })
}

/// Whether a text reads like `HAProxy`'s.
pub(crate) fn looks_like(text: &str) -> bool {
    let starts = |line: &str| ["frontend ", "backend ", "listen ", "defaults"].iter().any(|start| line.starts_with(start));
    let says = |line: &str| {
        ["bind ", "server ", "mode ", "option ", "timeout ", "default_backend "].iter().any(|it| line.starts_with(it))
    };
    text.lines().any(starts) && text.lines().map(str::trim_start).any(|line| says(line) && !line.ends_with([';', '{']))
}
