//! Sites: what one configuration calls a server, a virtual host, a site block or a frontend.

use std::sync::Arc;

use super::{Branch, Known, Listener, Order, PathMatch, Pattern, Request, Route, Scheme, Stated, Traffic, When, request};
use crate::{Region, Truth, Unknown};

/// A site of a front end.
#[derive(Clone, Debug)]
pub struct Site {
    /// The names it answers to. A site without names answers where it is the default only.
    pub names: Vec<Name>,
    /// The sockets it accepts requests on.
    pub listeners: Vec<Listener>,
    /// What it answers before a route is chosen, in order: redirects, refusals, conditions of a whole server.
    pub before: Vec<Branch>,
    /// How a route is chosen.
    pub order: Order,
    /// The routes, in the order of `order`.
    pub routes: Vec<Route>,
    /// How the site itself treats traffic: what holds for its routes unless they say otherwise (already applied to them).
    pub traffic: Traffic,
    /// How it speaks TLS, where it does.
    pub tls: Tls,
    /// Where it is.
    pub at: Region,
}

/// A name of a site.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// This host.
    Exact(Arc<str>),
    /// Any host below this domain, not itself: `*.shop.example`.
    Below(Arc<str>),
    /// This domain and any host below it: nginx's `.shop.example`.
    Domain(Arc<str>),
    /// One label below this domain: Caddy's and Traefik's `*.shop.example`.
    OneBelow(Arc<str>),
    /// Any host that begins so and goes on after a dot: nginx's `www.*`.
    Start(Arc<str>),
    /// Hosts in which the pattern is found.
    Pattern(Pattern),
    /// Any host.
    Any,
    /// Requests without a host: nginx's `""`.
    Empty,
    /// One host, whose name is not known: that of a placeholder.
    One(Unknown),
    /// Not known.
    Unknown(Unknown),
}

/// How a site speaks TLS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tls {
    /// The versions it speaks, in lower case without blanks: `tlsv1.2`. `None`: what the program does by default.
    pub protocols: Option<Stated<Vec<Arc<str>>>>,
    /// The ciphers as written.
    pub ciphers: Option<Stated<Arc<str>>>,
    /// The certificates, as paths or names.
    pub certificates: Vec<Stated<Known<Arc<str>>>>,
    /// The private keys, as paths.
    pub keys: Vec<Stated<Known<Arc<str>>>>,
    /// Whether the handshake itself is refused for hosts that no other site names (nginx's `ssl_reject_handshake`).
    pub rejects: Option<Stated<bool>>,
    /// Whether the program gets certificates itself (Caddy, Traefik's resolvers).
    pub automatic: bool,
    /// Whether clients must show a certificate of their own.
    pub asks_clients: Option<Stated<bool>>,
}

impl Tls {
    /// The oldest version it is told to speak, where it is told: `("tlsv1", place)`.
    pub fn oldest(&self) -> Option<(&str, Option<Region>)> {
        const AGES: [&str; 6] = ["sslv2", "sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
        let stated = self.protocols.as_ref()?;
        let oldest = AGES.iter().find(|age| stated.value.iter().any(|known| **known == ***age))?;
        Some((oldest, stated.at))
    }
}

impl Name {
    /// Whether a host (lower case, no port) has this name.
    pub fn matches(&self, host: &str) -> Truth {
        let below =
            |domain: &str| host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.')).filter(|rest| !rest.is_empty());
        match self {
            Self::Exact(name) => name.eq_ignore_ascii_case(host).into(),
            Self::Below(domain) => below(&domain.to_ascii_lowercase()).is_some().into(),
            Self::Domain(domain) => {
                let domain = domain.to_ascii_lowercase();
                (domain == host || below(&domain).is_some()).into()
            }
            Self::OneBelow(domain) => below(&domain.to_ascii_lowercase()).is_some_and(|label| !label.contains('.')).into(),
            Self::Start(start) => {
                let start = start.to_ascii_lowercase();
                host.strip_prefix(&*start).is_some_and(|rest| rest.len() > 1 && rest.starts_with('.')).into()
            }
            Self::Pattern(pattern) => pattern.finds(host),
            Self::Any => Truth::Yes,
            Self::Empty => host.is_empty().into(),
            // Whatever the name is, it is not that of somebody whom nobody has heard of.
            Self::One(_) if host == request::STRANGER => Truth::No,
            Self::One(why) | Self::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// Whether it lets in hosts that nobody thought of.
    pub fn is_catch_all(&self) -> Truth {
        self.matches(request::STRANGER)
    }

    /// A host it certainly names; `None` for patterns and names that are not known.
    pub fn example(&self) -> Option<String> {
        match self {
            Self::Exact(name) | Self::Domain(name) => Some(name.to_string()),
            Self::Below(domain) | Self::OneBelow(domain) => Some(format!("www.{domain}")),
            Self::Start(start) => Some(format!("{start}.example")),
            Self::Any => Some(request::STRANGER.to_owned()),
            Self::Empty => Some(String::new()),
            Self::Pattern(_) | Self::One(_) | Self::Unknown(_) => None,
        }
    }
}

impl Site {
    /// A site without anything.
    pub fn new(order: Order, at: Region) -> Self {
        Self {
            names: Vec::new(),
            listeners: Vec::new(),
            before: Vec::new(),
            order,
            routes: Vec::new(),
            traffic: Traffic::default(),
            tls: Tls::default(),
            at,
        }
    }

    /// Every route of it, nested ones after the one around them.
    pub fn all_routes(&self) -> Vec<&Route> {
        fn walk<'a>(routes: &'a [Route], all: &mut Vec<&'a Route>) {
            for route in routes {
                all.push(route);
                walk(&route.routes, all);
            }
        }
        let mut all = Vec::new();
        walk(&self.routes, &mut all);
        all
    }

    /// The route with this name (nginx's `@name`, a backend's name).
    pub fn named(&self, name: &str) -> Option<&Route> {
        self.all_routes().into_iter().find(|route| matches!(&route.path, PathMatch::Named(known) if **known == *name))
    }

    /// Whether it names this host.
    pub fn names_host(&self, host: &str) -> Truth {
        let host = host.to_ascii_lowercase();
        self.names.iter().map(|name| name.matches(&host)).fold(Truth::No, Truth::or)
    }

    /// A host that certainly comes here, if one of the names says so. Where every host comes, those that the conditions ask
    /// for are the ones that are meant.
    pub fn example_host(&self) -> Option<String> {
        let named = self.names.iter().find_map(Name::example);
        if named.as_deref().is_some_and(|host| !matches!(host, "" | request::STRANGER)) {
            return named;
        }
        let routes = self.all_routes().into_iter().map(|route| &route.when);
        let conditions = self.before.iter().map(|branch| &branch.when).chain(routes);
        conditions.flat_map(When::named_hosts).find_map(Name::example).or(named)
    }

    /// A request for a path that certainly comes here, as a visitor would make it.
    pub fn request(&self, path: &str) -> Request {
        let host = self.example_host().unwrap_or_default();
        let scheme = if self.speaks_tls().is_yes() { Scheme::Https } else { Scheme::Http };
        Request { scheme, ..Request::http(&host, path) }
    }

    /// Whether some listener of it speaks TLS.
    pub fn speaks_tls(&self) -> Truth {
        self.listeners.iter().map(|listener| listener.tls.clone()).fold(Truth::No, Truth::or)
    }

    /// Whether plain HTTP from other machines reaches it.
    pub fn speaks_plain(&self) -> Truth {
        self.listeners.iter().map(Listener::is_plain_public).fold(Truth::No, Truth::or)
    }

    /// Whether a plain request for a page of its own is sent to the same page over TLS.
    pub fn redirects_to_https(&self) -> Truth {
        let host = self.example_host().unwrap_or_else(|| request::STRANGER.to_owned());
        let request = Request { scheme: Scheme::Http, ..Request::http(&host, "/") };
        let answers = self.answers(&request);
        let secure = |answer: &super::Answer<'_>| answer.handler.as_redirect().map_or(Truth::No, super::Redirect::is_to_https);
        let certain = answers.iter().filter(|answer| answer.doubt.is_none()).map(secure).fold(Truth::No, Truth::or);
        let all = answers.iter().map(secure).fold(Truth::Yes, Truth::and);
        match answers.iter().find_map(|answer| answer.doubt.clone()) {
            _ if all.is_yes() => Truth::Yes,
            Some(doubt) if answers.iter().any(|answer| !secure(answer).is_no()) => Truth::Unknown(doubt),
            Some(_) | None => certain,
        }
    }
}
