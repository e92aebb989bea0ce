//! Servers of nginx: sockets, names, TLS, and what they answer before a location is chosen.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use shipworthy_model::front::{
    Bind, Branch, Handler, Listener, Name, Order, PathMatch, Pattern, Port, Respond, Route, Site, Stated, Tls,
};
use shipworthy_model::{Region, Truth, Unknown, Why};

use super::level::{self, Level};
use super::lexer::Directive;
use super::location::Locations;
use super::traffic;
use super::values::{self, Names, Scope};
use crate::fronts::template;

/// Reads a server. A fragment has no sockets of its own: those of the site it is meant for are not known.
pub(crate) fn read(locations: &mut Locations<'_>, names: &Names<'_>, level: &Level<'_>, at: Region, fragment: bool) -> Site {
    let mut site = Site::new(Order::LongestPrefix, at);
    let mut scope = Scope::default();
    for directive in level.say("server_name") {
        for word in &directive.words {
            if let Some(pattern) = word.text.strip_prefix('~') {
                values::remember_groups(pattern, word.at, &mut scope);
            }
            site.names.push(name(&word.text, word.at));
        }
    }
    let first = level.say("server_name").first().and_then(|directive| directive.words.first());
    scope.server_name =
        first.map(|word| names.parse(word.text.strip_prefix('.').unwrap_or(&word.text), word.at, &Scope::default()));
    if site.names.is_empty() {
        site.names.push(if fragment { Name::Any } else { Name::Empty });
    }
    site.listeners = listeners(level, fragment, at);
    site.tls = tls(level);
    let phase = locations.rewrites(level, &mut scope, None);
    site.before = phase.answers;
    let (handler, own) = locations.handler(level, &scope, None);
    site.traffic = traffic::of(names, level, &scope, None);
    site.routes = locations.inside(level, &scope, 0);
    let covered = |route: &Route| matches!(&route.path, PathMatch::Prefix(path, _) if matches!(&**path, "/" | ""));
    if !fragment && !site.routes.iter().any(covered) {
        // What no location is for: the server's own root.
        let mut route = Route::new(PathMatch::Prefix("".into(), false), handler, own, at);
        if let Some((when, at)) = traffic::refused(&route.traffic) {
            route.before.push(Branch { when, handler: Handler::Respond(Respond::status(403, Some(at))), traffic: None, at });
        }
        site.routes.push(route);
    }
    site
}

fn name(text: &str, at: Region) -> Name {
    if let Some(why) = template::unknown(text, at) {
        // Whatever is filled in, it is a host, unless it may be a pattern.
        return if text.starts_with('~') { Name::Unknown(why) } else { Name::One(why) };
    }
    if let Some(pattern) = text.strip_prefix('~') {
        return Name::Pattern(Pattern::new(pattern, true, Some(at)));
    }
    if text.contains('$') {
        return Name::Unknown(Unknown::new(Why::Machine(text.into()), Some(at)));
    }
    match (text.strip_prefix("*."), text.strip_prefix('.'), text.strip_suffix(".*")) {
        (Some(domain), ..) => Name::Below(domain.into()),
        (None, Some(domain), _) => Name::Domain(domain.into()),
        (None, None, Some(start)) => Name::Start(start.into()),
        (None, None, None) if text.is_empty() => Name::Empty,
        (None, None, None) => Name::Exact(text.into()),
    }
}

fn listeners(level: &Level<'_>, fragment: bool, at: Region) -> Vec<Listener> {
    let all_tls = level.flag("ssl").is_some_and(|stated| stated.value);
    let mut listeners: Vec<Listener> = level.say("listen").into_iter().map(|said| listener(said, all_tls)).collect();
    if listeners.is_empty() && fragment {
        let unknown = Unknown::new(Why::File("the file that includes it".into()), Some(at));
        listeners.push(Listener {
            bind: Bind::Any,
            port: Port::Unknown(unknown.clone()),
            tls: Truth::Unknown(unknown),
            default: false,
            proxy_protocol: false,
            at: None,
        });
    } else if listeners.is_empty() {
        // `listen`, default `*:80` for the superuser.
        listeners.push(Listener::any(80, all_tls, None));
    }
    listeners
}

fn listener(said: &Directive, all_tls: bool) -> Listener {
    let text = said.word(0);
    let has = |flag: &str| said.words.iter().skip(1).any(|word| word.text == flag);
    let (bind, port) = socket(text, said.at);
    let flagged = has("ssl") || has("quic") || all_tls;
    let hole = said.words.iter().skip(1).find_map(|word| template::unknown(&word.text, word.at)).filter(|_| !flagged);
    let tls = match hole.or_else(|| said.perhaps.clone().filter(|_| flagged)) {
        Some(why) => Truth::Unknown(why),
        None => flagged.into(),
    };
    let default = has("default_server") || has("default");
    Listener { bind, port, tls, default, proxy_protocol: has("proxy_protocol"), at: Some(said.at) }
}

/// The socket of a `listen`: an address, a port, both, or a path.
fn socket(text: &str, at: Region) -> (Bind, Port) {
    if let Some(path) = text.strip_prefix("unix:") {
        return (Bind::Unix(path.into()), Port::None);
    }
    let (host, port) = match text.rsplit_once(':') {
        _ if text.starts_with('[') && text.ends_with(']') => (text, None),
        Some((host, port)) if template::hole(text, 0).is_none() || !port.contains('}') => (host, Some(port)),
        Some(_) | None if is_port(text) || (template::hole(text, 0).is_some() && !text.contains('.')) => ("*", Some(text)),
        Some(_) | None => (text, None),
    };
    let bind = match host.trim_start_matches('[').trim_end_matches(']') {
        "*" | "0.0.0.0" | "" => Bind::Any,
        host => match (host.parse(), template::unknown(host, at)) {
            (Ok(address), _) => Bind::Ip(address),
            (Err(_), Some(why)) => Bind::Unknown(why),
            (Err(_), None) => Bind::Name(host.into()),
        },
    };
    let port = match port {
        None => Port::Is(80),
        Some(port) => match port.parse() {
            Ok(port) => Port::Is(port),
            Err(_) => match port.split_once('-').map(|(first, last)| (first.parse(), last.parse())) {
                Some((Ok(first), Ok(last))) => Port::Range(first, last),
                Some(_) | None => Port::Unknown(level::unclear(port, at)),
            },
        },
    };
    (bind, port)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn tls(level: &Level<'_>) -> Tls {
    let protocols = level.last("ssl_protocols").map(|said| {
        let versions = said.words.iter().map(|word| Arc::from(word.text.to_ascii_lowercase())).collect();
        Stated::at(versions, said.at)
    });
    let ciphers = level.last("ssl_ciphers").map(|said| Stated::at(said.word(0).into(), said.at));
    let paths =
        |name: &str| level.list(name).iter().map(|said| Stated::at(level::plain(said.word(0), said.at), said.at)).collect();
    let asks = level.last("ssl_verify_client").map(|said| Stated::at(matches!(said.word(0), "on" | "optional"), said.at));
    Tls {
        protocols,
        ciphers,
        certificates: paths("ssl_certificate"),
        keys: paths("ssl_certificate_key"),
        rejects: level.flag("ssl_reject_handshake"),
        automatic: false,
        asks_clients: asks,
    }
}

/// Takes away the names that nginx ignores as conflicting: those that an earlier server of the same sockets has. A name such
/// as `.shop.example` stands for both the domain and what is below it, and goes as a whole (`ngx_hash_add_key`).
pub(crate) fn ignore_conflicts(sites: &mut [Site]) {
    let mut taken: FxHashSet<(String, String)> = FxHashSet::default();
    for site in sites {
        let sockets: Vec<String> = site.listeners.iter().map(|it| format!("{:?} {:?}", it.bind, it.port)).collect();
        site.names.retain(|name| {
            let keys = match name {
                Name::Exact(name) => vec![name.to_ascii_lowercase()],
                Name::Below(domain) => vec![format!("*.{}", domain.to_ascii_lowercase())],
                Name::Domain(domain) => vec![domain.to_ascii_lowercase(), format!("*.{}", domain.to_ascii_lowercase())],
                Name::OneBelow(_)
                | Name::Start(_)
                | Name::Pattern(_)
                | Name::Any
                | Name::Empty
                | Name::One(_)
                | Name::Unknown(_) => {
                    return true;
                }
            };
            let mut kept = sockets.is_empty();
            for socket in &sockets {
                let places: Vec<_> = keys.iter().map(|key| (socket.clone(), key.clone())).collect();
                if !places.iter().any(|place| taken.contains(place)) {
                    kept = true;
                    taken.extend(places);
                }
            }
            kept
        });
    }
}
