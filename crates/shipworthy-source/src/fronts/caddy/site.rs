//! Sites of Caddy: addresses, automatic HTTPS and its redirects.

use std::sync::Arc;

use shipworthy_model::front::{
    Bind, Branch, Handler, Listener, Name, Order, Part, Piece, Port, Redirect, Scheme, Site, Stated, Text, Tls, Trust,
};
use shipworthy_model::{Region, Truth, Unknown};

use super::directives;
use super::lexer::{Line, Word};
use super::values::{self, unknown};

pub(crate) use super::values::host as name;

/// What the block of global options says.
pub(crate) struct Options {
    /// The port for plain HTTP.
    pub(crate) http_port: u16,
    /// The port for HTTPS.
    pub(crate) https_port: u16,
    /// Whether certificates are got automatically, and plain requests redirected.
    pub(crate) auto_https: (bool, bool),
    /// Whose word about the client is believed.
    pub(crate) trusts: Vec<Trust>,
    /// Directives whose place in the order was changed, and whether by name before or after another.
    pub(crate) order: Vec<(String, String, String)>,
    /// Addresses that sites listen on unless they say otherwise.
    pub(crate) binds: Vec<(Bind, Region)>,
}

impl Options {
    /// Reads the lines of the block.
    pub(crate) fn read(lines: &[Line]) -> Self {
        let mut options = Self {
            http_port: 80,
            https_port: 443,
            auto_https: (true, true),
            trusts: Vec::new(),
            order: Vec::new(),
            binds: Vec::new(),
        };
        for line in lines {
            match line.name() {
                "http_port" => options.http_port = line.word(0).parse().unwrap_or(80),
                "https_port" => options.https_port = line.word(0).parse().unwrap_or(443),
                "auto_https" => {
                    for word in line.rest() {
                        match word.text.as_str() {
                            "off" => options.auto_https = (false, false),
                            "disable_redirects" => options.auto_https.1 = false,
                            _ => {}
                        }
                    }
                }
                "order" => {
                    let word = |index| line.word(index).to_owned();
                    options.order.push((word(0), word(1), word(2)));
                }
                "default_bind" => options.binds = binds(line),
                "servers" => {
                    for inner in line.inside().iter().filter(|inner| inner.name() == "trusted_proxies") {
                        // The first word names the source of the list.
                        options.trusts.push(trust(inner.rest().get(1..).unwrap_or_default(), inner.at));
                    }
                }
                _ => {}
            }
        }
        options
    }
}

/// Trust in networks.
pub(crate) fn trust(words: &[Word], at: Region) -> Trust {
    Trust::new(
        words.iter().map(|word| unknown(&word.text, word.at).map_or_else(|| Ok(Arc::from(word.text.as_str())), Err)).collect(),
        at,
    )
}

fn binds(line: &Line) -> Vec<(Bind, Region)> {
    let bind = |word: &Word| {
        let bind = match (word.text.parse(), word.text.strip_prefix("unix/"), unknown(&word.text, word.at)) {
            (Ok(address), ..) => Bind::Ip(address),
            (Err(_), Some(path), _) => Bind::Unix(path.into()),
            (Err(_), None, Some(why)) => Bind::Unknown(why),
            (Err(_), None, None) => Bind::Name(word.text.as_str().into()),
        };
        (bind, word.at)
    };
    line.rest().iter().map(bind).collect()
}

/// An address of a site.
struct Address {
    scheme: Option<Scheme>,
    name: Name,
    port: Option<Port>,
    path: String,
    at: Region,
}

fn address(text: &str, at: Region) -> Address {
    let text = text.trim_end_matches(',');
    let (scheme, rest) = match text.split_once("://") {
        Some(("http", rest)) => (Some(Scheme::Http), rest),
        Some(("https", rest)) => (Some(Scheme::Https), rest),
        Some(_) | None => (None, text),
    };
    // A placeholder may hold colons and slashes of its own.
    let after = values::hole(rest, 0).filter(|hole| hole.0 == 0).map_or(0, |hole| hole.1);
    let (authority, path) = match rest[after..].find('/') {
        Some(slash) => (&rest[..after + slash], rest[after + slash..].to_owned()),
        None => (rest, String::new()),
    };
    let (host, port) = match authority[after..].rfind(':') {
        Some(colon) if !authority.ends_with(']') => (&authority[..after + colon], Some(&authority[after + colon + 1..])),
        Some(_) | None => (authority, None),
    };
    let port = port.map(|port| match (port.parse(), unknown(port, at)) {
        (Ok(port), _) => Port::Is(port),
        (Err(_), Some(why)) => Port::Unknown(why),
        (Err(_), None) => match port.split_once('-').map(|(first, last)| (first.parse(), last.parse())) {
            Some((Ok(first), Ok(last))) => Port::Range(first, last),
            Some(_) | None => {
                Port::Unknown(Unknown::new(shipworthy_model::Why::Unsupported(format!("the port `{port}`").into()), Some(at)))
            }
        },
    });
    Address { scheme, name: name(host.trim_matches(['[', ']']), at), port, path, at }
}

/// Whether Caddy gets a certificate for a name unasked: for every name of a host, its own authority included.
fn is_named(name: &Name) -> Truth {
    match name {
        Name::Any | Name::Empty => Truth::No,
        Name::One(why) | Name::Unknown(why) => Truth::Unknown(why.clone()),
        Name::Exact(_) | Name::Below(_) | Name::Domain(_) | Name::OneBelow(_) | Name::Start(_) | Name::Pattern(_) => Truth::Yes,
    }
}

/// Reads a site block: the addresses in front of its brace, and what is in it. The second site, if there is one, is the
/// redirect that automatic HTTPS adds.
pub(crate) fn read(addresses: &[Word], lines: &[Line], options: &Options, at: Region) -> Vec<Site> {
    let words =
        addresses.iter().flat_map(|word| word.text.split(',').filter(|text| !text.is_empty()).map(|text| address(text, word.at)));
    let addresses: Vec<Address> = words.collect();
    let tls_line = lines.iter().find(|line| line.name() == "tls");
    let bound: Vec<(Bind, Region)> = lines.iter().filter(|line| line.name() == "bind").flat_map(binds).collect();
    let bound = if bound.is_empty() { &options.binds } else { &bound };
    // Addresses of one block that listen on different ports are sites of their own here.
    let mut sites: Vec<Site> = Vec::new();
    for address in &addresses {
        let (port, tls) = socket(address, options, tls_line.is_some());
        let listeners: Vec<Listener> = if bound.is_empty() {
            vec![Listener { port: port.clone(), tls: tls.clone(), ..Listener::any(0, false, Some(address.at)) }]
        } else {
            let on = |(bind, at): &(Bind, Region)| Listener {
                bind: bind.clone(),
                port: port.clone(),
                tls: tls.clone(),
                ..Listener::any(0, false, Some(*at))
            };
            bound.iter().map(on).collect()
        };
        let same = sites.iter_mut().find(|site| site.listeners == listeners || same_sockets(&site.listeners, &listeners));
        if let Some(site) = same.filter(|_| address.path.is_empty()) {
            site.names.push(address.name.clone());
            continue;
        }
        let mut site = Site::new(Order::First, at);
        site.names.push(address.name.clone());
        site.listeners = listeners;
        site.tls = tls_of(tls_line, options);
        directives::fill(&mut site, lines, options, &address.path);
        sites.push(site);
    }
    let redirects: Vec<&Address> = addresses
        .iter()
        .filter(|address| options.auto_https == (true, true) && address.scheme != Some(Scheme::Http))
        .filter(|address| !matches!(address.port, Some(Port::Is(port)) if port == options.http_port))
        .filter(|address| !is_named(&address.name).is_no() && socket(address, options, true).1 != Truth::No)
        .collect();
    if let Some(first) = redirects.first() {
        let mut site = Site::new(Order::First, at);
        site.names = redirects.iter().map(|address| address.name.clone()).collect();
        site.listeners.push(Listener { port: Port::Is(options.http_port), ..Listener::any(0, false, None) });
        let target = Text {
            pieces: vec![Piece::Literal("https://".into()), Piece::Part(Part::Host), Piece::Part(Part::Uri)],
            at: Some(first.at),
        };
        // `caddyhttp/autohttps.go`: 308.
        let handler = Handler::Redirect(Redirect { status: Ok(308), target, at: first.at });
        site.before.push(Branch { when: shipworthy_model::front::When::Always, handler, traffic: None, at: first.at });
        sites.push(site);
    }
    sites
}

fn same_sockets(one: &[Listener], other: &[Listener]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_same_socket(other) && one.tls == other.tls)
}

/// The port and whether TLS is spoken there. (Caddy's documentation, "Addresses" and "Automatic HTTPS".)
fn socket(address: &Address, options: &Options, has_tls: bool) -> (Port, Truth) {
    let is = |port: u16| matches!(address.port, Some(Port::Is(own)) if own == port);
    let automatic = options.auto_https.0;
    if address.scheme == Some(Scheme::Http) || (is(options.http_port) && !has_tls) {
        return (address.port.clone().unwrap_or(Port::Is(options.http_port)), Truth::No);
    }
    let named = is_named(&address.name);
    let tls = if address.scheme == Some(Scheme::Https) || has_tls || is(options.https_port) {
        Truth::Yes
    } else if automatic {
        named.clone()
    } else {
        Truth::No
    };
    let usual = match &tls {
        Truth::No if address.name == Name::Any || automatic => Port::Is(options.http_port),
        // Without automatic HTTPS a bare name still means the port for HTTPS.
        Truth::Yes | Truth::No => Port::Is(options.https_port),
        Truth::Unknown(why) => Port::Unknown(why.clone()),
    };
    (address.port.clone().unwrap_or(usual), tls)
}

fn tls_of(line: Option<&Line>, options: &Options) -> Tls {
    let mut tls = Tls { automatic: options.auto_https.0, ..Tls::default() };
    let Some(line) = line else { return tls };
    if let [certificate, key] = line.rest() {
        let path = |word: &Word| {
            let known = unknown(&word.text, word.at).map_or_else(|| Ok(Arc::from(word.text.as_str())), Err);
            Stated::at(known, word.at)
        };
        tls.certificates.push(path(certificate));
        tls.keys.push(path(key));
        tls.automatic = false;
    }
    for inner in line.inside() {
        match inner.name() {
            "protocols" => {
                // One is the oldest, two are the oldest and the newest.
                const KNOWN: [&str; 2] = ["tls1.2", "tls1.3"];
                let first = KNOWN.iter().position(|known| *known == inner.word(0)).unwrap_or(0);
                let last = KNOWN.iter().position(|known| *known == inner.word(1)).unwrap_or(1);
                let versions = KNOWN
                    .iter()
                    .skip(first)
                    .take((last + 1).saturating_sub(first))
                    .map(|it| Arc::from(it.replace("tls", "tlsv")));
                tls.protocols = Some(Stated::at(versions.collect(), inner.at));
            }
            "ciphers" => {
                let all = inner.rest().iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                tls.ciphers = Some(Stated::at(all.into(), inner.at));
            }
            "client_auth" => tls.asks_clients = Some(Stated::at(true, inner.at)),
            _ => {}
        }
    }
    tls
}
