//! Traefik 2 and 3: static and dynamic configuration, from files, labels and arguments.
//!
//! Sources of the facts: Traefik's documentation of entry points, routers, services, middlewares and TLS, and its packages
//! `forwardedheaders` and `redirect`.

mod middleware;
mod node;
mod rule;

use std::sync::Arc;

use shipworthy_model::front::{
    Address, Bind, Branch, Change, Front, FrontKind, Handler, HeaderRule, Listener, Missing, Name, Order, Part, PathMatch, Port,
    Protocol, Respond, Route, Scheme, Scope, Server, Site, Stated, Test, Text, Tls, Traffic, Trust, Unmatched, Upstream, When,
};
use shipworthy_model::{ArtifactId, Artifacts, Notice, Region, Truth, Unknown, Why};

use super::include::{Place, folder};
use super::{Reading, template};
use crate::Tree;
use node::Kind;
pub(super) use node::Node;

/// Where packages and images keep Traefik's configuration.
const ROOTS: [&str; 1] = ["/etc/traefik"];

/// A `key=value` somewhere, with its place.
#[derive(Clone, Debug)]
pub struct Given<'a> {
    /// The key: `traefik.http.routers.web.rule`, `entrypoints.web.address`.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
    /// Where it is written.
    pub at: Region,
}

/// The labels of one service of a compose file, or of one container.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    /// The service's name, by which Traefik reaches it.
    pub service: &'a str,
    /// Its labels.
    pub labels: Vec<Given<'a>>,
}

/// Reads a file of static or dynamic configuration, with the files that its file provider names.
pub fn read(tree: &dyn Tree, artifacts: &mut Artifacts, artifact: ArtifactId) -> Reading {
    let file = artifacts.get(artifact);
    let (path, text) = (file.path.clone(), file.text.clone());
    let (mut root, mut notices) = node::read(&path, &text, artifact);
    let place = Place { tree, home: folder(&path).to_owned(), roots: &ROOTS };
    let mut files = Vec::new();
    let mut missing = Vec::new();
    for key in ["filename", "directory"] {
        let Some(said) = root.path("providers.file").and_then(|file| file.get(key)).cloned() else { continue };
        let written = said.text().unwrap_or_default();
        let found = if key == "filename" {
            place.find(written, &path)
        } else {
            ["*.yml", "*.yaml", "*.toml"]
                .iter()
                .flat_map(|form| place.find(&format!("{}/{form}", written.trim_end_matches('/')), &path))
                .collect()
        };
        if found.is_empty() {
            missing.push(Missing { path: written.into(), at: said.at, may_hold_sites: true });
        }
        for name in found {
            let Some(brought) = place.read(&name, artifacts).filter(|brought| *brought != artifact) else { continue };
            let (node, trouble) = node::read(&name, &artifacts.get(brought).text, brought);
            notices.extend(trouble);
            root.merge(node);
            files.push(brought);
        }
    }
    let mut front = build(&root, artifact, &path, &mut notices);
    front.missing = missing;
    // Docker, Kubernetes and others add routers while it runs.
    let others = root.get("providers").map(Node::entries).unwrap_or_default();
    for (name, provider) in others.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("file")) {
        front.missing.push(Missing { path: format!("the provider {name}").into(), at: provider.at, may_hold_sites: true });
    }
    Reading { fronts: vec![front], notices, files }
}

/// Reads what Traefik learns from labels, and from the arguments of its own command (`--entrypoints.web.address=:80`).
pub fn read_labels(path: &str, artifact: ArtifactId, arguments: &[Given<'_>], services: &[Labels<'_>]) -> Reading {
    read_beside(path, artifact, Node::empty(Region::whole(artifact)), arguments, services)
}

/// The same, beside what a file of static configuration says. (Traefik takes either that or arguments.)
pub(super) fn read_beside(
    path: &str,
    artifact: ArtifactId,
    mut root: Node,
    arguments: &[Given<'_>],
    services: &[Labels<'_>],
) -> Reading {
    for given in arguments {
        root.put(given.key.trim_start_matches('-'), given.value, given.at);
    }
    for service in services {
        let mut own = Node::empty(Region::whole(artifact));
        for given in &service.labels {
            if let Some(key) = given.key.strip_prefix("traefik.") {
                own.put(key, given.value, given.at);
            }
        }
        if own.say("enable").is_some_and(|text| text.eq_ignore_ascii_case("false")) {
            continue;
        }
        complete(&mut own, service.service);
        root.merge(own);
    }
    let mut notices = Vec::new();
    let front = build(&root, artifact, path, &mut notices);
    Reading { fronts: vec![front], notices, files: Vec::new() }
}

/// A file of static configuration, if it names the entry points.
pub(super) fn read_static(artifacts: &Artifacts, artifact: ArtifactId) -> Option<Node> {
    let file = artifacts.get(artifact);
    Some(node::read(&file.path, &file.text, artifact).0).filter(|root| root.get("entryPoints").is_some())
}

/// Fills in what labels leave out: the address of the container, and the service of a router.
fn complete(own: &mut Node, service: &str) {
    let at = own.at;
    let names = |own: &Node, path: &str| -> Vec<(String, Region)> {
        own.path(path).map(Node::entries).unwrap_or_default().iter().map(|(name, node)| (name.clone(), node.at)).collect()
    };
    let services = names(own, "http.services");
    for (name, _) in &services {
        let base = format!("http.services.{name}.loadbalancer.server");
        let server = own.path(&base);
        let scheme = server.and_then(|it| it.say("scheme")).unwrap_or("http").to_owned();
        let port = server.and_then(|it| it.get("port")).map(|it| (it.text().unwrap_or_default().to_owned(), it.at));
        let (port, place) = port.map_or((String::new(), at), |(port, place)| (format!(":{port}"), place));
        own.put(&format!("{base}.url"), &format!("{scheme}://{service}{port}"), place);
    }
    for (name, place) in names(own, "http.routers") {
        let key = format!("http.routers.{name}.service");
        if own.path(&key).is_none() {
            let target = services.first().map_or(service, |(name, _)| name);
            own.put(&key, target, place);
        }
    }
    if services.is_empty() && own.path("http.routers").is_some() {
        own.put(&format!("http.services.{service}.loadbalancer.server.url"), &format!("http://{service}"), at);
    }
}

fn build(root: &Node, artifact: ArtifactId, path: &str, notices: &mut Vec<Notice>) -> Front {
    let points = root.get("entryPoints").map(Node::entries).unwrap_or_default();
    let routers = root.path("http.routers").map(Node::entries).unwrap_or_default();
    let scope = if points.is_empty() { Scope::Sites } else { Scope::Whole };
    let mut front = Front::new(FrontKind::Traefik, artifact, path, scope);
    front.unmatched = Unmatched::Program(Respond::status(404, None));
    if let Some(said) = root.path("api.insecure").filter(|said| said.text() == Some("true")) {
        front.exposed.push(("api.insecure".into(), said.at));
    }
    let mut names: Vec<(String, Option<&Node>)> = points.iter().map(|(name, node)| (name.clone(), Some(node))).collect();
    for (_, router) in routers {
        for (name, _) in router.get("entryPoints").map(Node::texts).unwrap_or_default() {
            if !names.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                names.push((name, None));
            }
        }
    }
    if names.is_empty() && !routers.is_empty() {
        names.push(("*".to_owned(), None));
    }
    for (name, point) in names {
        front.sites.push(site(root, &name, point, routers));
    }
    if front.sites.is_empty() && root.entries().is_empty() && notices.is_empty() {
        notices.push(Notice::at(Region::whole(artifact), "nothing of Traefik's is in this file"));
    }
    front
}

/// The site of an entry point: its socket, its redirection, and the routers that listen there by priority.
fn site(root: &Node, name: &str, point: Option<&Node>, routers: &[(String, Node)]) -> Site {
    let at = point.map_or(root.at, |point| point.at);
    let mut site = Site::new(Order::First, at);
    site.names.push(Name::Any);
    let trusts = point.map(trusts).unwrap_or_default();
    site.traffic = Traffic {
        request_headers: forwarded(&trusts),
        trusts,
        tells_version: Some(Stated::default(false)),
        buffers_requests: Some(Stated::default(false)),
        buffers_responses: Some(Stated::default(false)),
        underscores: Some(Stated::default(true)),
        ..Traffic::default()
    };
    if let Some(to) = point.and_then(|point| point.path("http.redirections.entryPoint"))
        && !to.say("scheme").is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
    {
        let port = to.say("to").and_then(|target| port_of(root, target)).filter(|port| port != "443");
        let permanent = to.say("permanent").is_none_or(|text| text.eq_ignore_ascii_case("true"));
        let redirect = middleware::to_https(port.as_deref(), permanent, to.at);
        site.before.push(Branch { when: When::Always, ..redirect });
    }
    let always_tls = point.and_then(|point| point.path("http.tls")).is_some();
    let mut ranked: Vec<(i64, Route)> = Vec::new();
    for (key, router) in routers {
        let own = router.get("entryPoints").map(Node::texts).unwrap_or_default();
        if own.is_empty() || name == "*" || own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            ranked.push(route(root, key, router, always_tls, &site.traffic, point));
        }
    }
    // The longest rule first, unless a priority says otherwise. The sort keeps the order of equals.
    ranked.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    let secure = ranked.iter().filter(|(_, route)| speaks_tls(route)).count();
    let tls = match (always_tls, secure, ranked.len()) {
        (true, ..) => Truth::Yes,
        (false, 0, _) => Truth::No,
        (false, secure, all) if secure == all => Truth::Yes,
        _ => Truth::Unknown(Unknown::new(Why::Branch("the router".into()), Some(at))),
    };
    site.routes = ranked.into_iter().map(|(_, route)| route).collect();
    let not_found = Handler::Respond(Respond::status(404, None));
    site.routes.push(Route::new(PathMatch::Any, not_found, site.traffic.clone(), at));
    site.listeners.push(listener(name, point, tls, at));
    site.tls = tls_options(root);
    site
}

fn speaks_tls(route: &Route) -> bool {
    match &route.when {
        When::Scheme(scheme) => *scheme == Scheme::Https,
        When::All(all) => all.contains(&When::Scheme(Scheme::Https)),
        _ => false,
    }
}

fn port_of(root: &Node, point: &str) -> Option<String> {
    // A port may stand in place of a name: `:443`.
    let address = match point.strip_prefix(':') {
        Some(port) => return Some(port.to_owned()),
        None => root.get("entryPoints").and_then(|points| points.get(point)).and_then(|point| point.say("address"))?,
    };
    address.split('/').next().and_then(|address| address.rsplit_once(':')).map(|(_, port)| port.to_owned())
}

fn listener(name: &str, point: Option<&Node>, tls: Truth, at: Region) -> Listener {
    let said = point.and_then(|point| point.get("address"));
    let Some(said) = said else {
        let why = Unknown::new(Why::File(format!("the entry point {name}").into()), Some(at));
        return Listener { port: Port::Unknown(why), tls, ..Listener::any(0, false, None) };
    };
    let text = said.text().unwrap_or_default().split('/').next().unwrap_or_default();
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "80"));
    let bind = match host.trim_matches(['[', ']']) {
        "" | "*" | "0.0.0.0" | "::" => Bind::Any,
        host => match (host.parse(), template::unknown(host, said.at)) {
            (Ok(address), _) => Bind::Ip(address),
            (Err(_), Some(why)) => Bind::Unknown(why),
            (Err(_), None) => Bind::Name(host.into()),
        },
    };
    let unclear = || Unknown::new(Why::Unsupported(format!("the port `{port}`").into()), Some(said.at));
    let port = port.parse().map_or_else(|_| Port::Unknown(template::unknown(port, said.at).unwrap_or_else(unclear)), Port::Is);
    let proxied = point.and_then(|point| point.get("proxyProtocol")).is_some();
    Listener { bind, port, tls, default: false, proxy_protocol: proxied, at: Some(said.at) }
}

/// Whose `X-Forwarded-…` headers an entry point believes.
fn trusts(point: &Node) -> Vec<Trust> {
    let Some(forwarded) = point.get("forwardedHeaders") else { return Vec::new() };
    let mut trusts = Vec::new();
    if let Some(said) = forwarded.get("insecure").filter(|said| said.text().is_some_and(|text| text.eq_ignore_ascii_case("true")))
    {
        trusts.push(Trust::new(vec![Ok("0.0.0.0/0".into())], said.at));
    }
    if let Some(said) = forwarded.get("trustedIPs") {
        let known =
            said.texts().into_iter().map(|(text, at)| template::unknown(&text, at).map_or_else(|| Ok(Arc::from(text)), Err));
        trusts.push(Trust::new(known.collect(), said.at));
    }
    trusts
}

/// What Traefik sets on requests: clients' own count only from those it trusts, and what they leave out is set for them too.
/// (`middlewares/forwardedheaders`; measured with Traefik 3.7.)
fn forwarded(trusts: &[Trust]) -> Vec<HeaderRule> {
    let parts = [
        ("x-forwarded-for", Part::Client),
        ("x-forwarded-proto", Part::Scheme),
        ("x-forwarded-host", Part::HostHeader),
        ("x-forwarded-port", Part::Port),
        ("x-real-ip", Part::Client),
    ];
    let mut rules = Vec::new();
    for (name, part) in parts {
        let rule = |change, when, at| HeaderRule { name: name.into(), change, when, at };
        let said = Text::part(part, None);
        rules.push(rule(Change::Set(said.clone()), When::Always, None));
        for trust in trusts {
            let change = if name == "x-forwarded-for" { Change::Set(Text::part(Part::ClientChain, None)) } else { Change::Keep };
            rules.push(rule(change, trust.condition(), Some(trust.at)));
        }
        if !trusts.is_empty() {
            rules.push(rule(Change::Default(said), When::Always, None));
        }
    }
    for name in ["x-forwarded-uri", "x-forwarded-method", "x-forwarded-prefix", "x-forwarded-tls-client-cert"] {
        let removed = HeaderRule { name: name.into(), change: Change::Remove, when: When::Always, at: None };
        rules.push(removed);
    }
    rules
}

fn route(root: &Node, name: &str, router: &Node, always_tls: bool, around: &Traffic, point: Option<&Node>) -> (i64, Route) {
    let rule = router.get("rule");
    let written = rule.and_then(Node::text).unwrap_or_default();
    let at = rule.map_or(router.at, |rule| rule.at);
    let mut when = match rule {
        Some(_) => rule::read(written, at),
        None => When::Unknown(Unknown::new(Why::Machine(format!("the default rule of router {name}").into()), Some(at))),
    };
    let priority = router.say("priority").and_then(|text| text.parse().ok()).filter(|number| *number != 0);
    let priority = priority.unwrap_or(i64::try_from(written.len()).unwrap_or(i64::MAX));
    let mut path = PathMatch::Any;
    if let When::Path(Test::Starts(paths, false)) = &when
        && let [only] = paths.as_slice()
    {
        path = if &**only == "/" { PathMatch::Any } else { PathMatch::Prefix(only.clone(), false) };
        when = When::Always;
    }
    let has_tls = always_tls || router.get("tls").is_some_and(|tls| tls.text() != Some("false"));
    let scheme = When::Scheme(if has_tls { Scheme::Https } else { Scheme::Http });
    let mut route = Route::new(path, Handler::Nothing, around.clone(), at);
    route.when = when.and(scheme);
    let all = root.path("http.middlewares").map(Node::entries).unwrap_or_default();
    let of_point = point.and_then(|point| point.path("http.middlewares")).map(Node::texts).unwrap_or_default();
    for (middleware, place) in of_point.into_iter().chain(router.get("middlewares").map(Node::texts).unwrap_or_default()) {
        middleware::apply(&middleware, place, all, &mut route, 0);
    }
    route.handler = service(root, router, &mut route.traffic, at);
    (priority, route)
}

fn service(root: &Node, router: &Node, traffic: &mut Traffic, at: Region) -> Handler {
    let name = router.say("service").unwrap_or_default();
    let bare = name.split('@').next().unwrap_or(name);
    if name.ends_with("@internal") {
        return Handler::Respond(Respond { status: Ok(200), body: shipworthy_model::front::Body::Stock, at: Some(at) });
    }
    let Some(node) = root.path("http.services").and_then(|services| services.get(bare)) else {
        return Handler::Unknown(Unknown::new(Why::File(format!("the service {name}").into()), Some(at)));
    };
    let Some(balancer) = node.get("loadBalancer") else {
        return Handler::Unknown(Unknown::new(Why::Unsupported(format!("the kind of service {name}").into()), Some(node.at)));
    };
    let mut urls: Vec<(String, Region)> = Vec::new();
    if let Some(Kind::List(servers)) = balancer.get("servers").map(|servers| &servers.kind) {
        urls.extend(servers.iter().filter_map(|it| it.get("url")).map(|it| (it.text().unwrap_or_default().to_owned(), it.at)));
    }
    urls.extend(balancer.path("server.url").map(|it| (it.text().unwrap_or_default().to_owned(), it.at)));
    let mut protocol = Protocol::Http;
    let mut servers = Vec::new();
    for (url, at) in &urls {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        protocol = match scheme {
            "https" => Protocol::Https,
            "h2c" => Protocol::Http2,
            _ => protocol,
        };
        let authority = rest.split('/').next().unwrap_or(rest);
        let address = template::unknown(url, *at).map_or_else(|| Ok(Address::parse(authority)), Err);
        servers.push(Server { address, at: Some(*at) });
    }
    if let Some(said) = balancer.get("passHostHeader").filter(|said| said.text() == Some("false")) {
        let host = urls.first().and_then(|(url, _)| url.split_once("://")).map_or("", |(_, rest)| rest);
        let host = Text::literal(host.trim_end_matches('/'), Some(said.at));
        traffic.request_headers.push(HeaderRule {
            name: "host".into(),
            change: Change::Set(host),
            when: When::Always,
            at: Some(said.at),
        });
    }
    Handler::Proxy(Upstream { protocol, servers, name: Some(bare.into()), path: None, script: None, at: node.at })
}

fn tls_options(root: &Node) -> Tls {
    const ALL: [(&str, &str); 4] =
        [("VersionTLS10", "tlsv1"), ("VersionTLS11", "tlsv1.1"), ("VersionTLS12", "tlsv1.2"), ("VersionTLS13", "tlsv1.3")];
    let mut tls = Tls { automatic: root.get("certificatesResolvers").is_some(), ..Tls::default() };
    let options = root.path("tls.options").map(Node::entries).unwrap_or_default();
    let chosen = options.iter().find(|(name, _)| name == "default").or(options.first()).map(|(_, node)| node);
    if let Some(min) = chosen.and_then(|options| options.get("minVersion")) {
        let lowest = ALL.iter().position(|(name, _)| Some(*name) == min.text());
        if let Some(lowest) = lowest {
            tls.protocols = Some(Stated::at(ALL[lowest..].iter().map(|(_, name)| Arc::from(*name)).collect(), min.at));
        }
    }
    if let Some(suites) = chosen.and_then(|options| options.get("cipherSuites")) {
        let all: Vec<String> = suites.texts().into_iter().map(|(text, _)| text).collect();
        tls.ciphers = Some(Stated::at(all.join(":").into(), suites.at));
    }
    if let Some(said) = chosen.and_then(|options| options.get("clientAuth")) {
        tls.asks_clients = Some(Stated::at(true, said.at));
    }
    if let Some(Kind::List(certificates)) = root.path("tls.certificates").map(|node| &node.kind) {
        for certificate in certificates {
            let path = |node: &Node| {
                let text = node.text().unwrap_or_default();
                Stated::at(template::unknown(text, node.at).map_or_else(|| Ok(Arc::from(text)), Err), node.at)
            };
            tls.certificates.extend(certificate.get("certFile").map(path));
            tls.keys.extend(certificate.get("keyFile").map(path));
        }
    }
    tls
}

/// Whether a text reads like a file of Traefik's.
pub(crate) fn looks_like(text: &str) -> bool {
    let has = |word: &str| text.to_ascii_lowercase().contains(word);
    let top = |names: &[&str]| {
        text.lines().any(|line| {
            let name =
                line.trim_start_matches("[[").trim_start_matches('[').split([':', ']', '.', ' ', '=']).next().unwrap_or_default();
            names.iter().any(|known| name.eq_ignore_ascii_case(known))
        })
    };
    if top(&["apiVersion", "services", "version", "networks", "kind", "jobs", "resource"]) {
        return false;
    }
    top(&["entryPoints", "certificatesResolvers"])
        || top(&["http", "tls", "tcp"])
            && ["routers", "middlewares", "loadbalancer", "minversion", "certfile", "redirectscheme"].iter().any(|it| has(it))
}
