//! Entrances: the ways by which requests get through a front end to Django, and what Django believes of them.

use crate::front::{
    Address, Answer, Front, FrontKind, Handler, Listener, Name, Protocol, Request, Route, Scheme, Scope, Server, Site, Stranger,
    Traffic, Upstream,
};
use crate::picture::{AppServer, Environment, Peer, Platform, Publishing, Unit};
use crate::{ArtifactId, Datum, Facts, Finding, Item, Region, Stage, Truth, Unknown, Why};

/// A way through a front end to Django, as a request on one of its sockets takes it.
#[derive(Clone, Debug)]
pub struct Entrance<'a> {
    /// The front end.
    pub front: &'a Front,
    /// The site.
    pub site: &'a Site,
    /// The socket.
    pub listener: &'a Listener,
    /// How the route treats traffic.
    pub traffic: &'a Traffic,
    /// Where Django is.
    pub upstream: &'a Upstream,
    /// A request that comes this way.
    pub request: Request,
    /// Why it may not come this way after all.
    pub doubt: Option<Unknown>,
}

impl Facts {
    /// The front ends that may be production's: those whose path says so or, where none does, those whose path says nothing.
    pub fn production_fronts(&self) -> Vec<&Front> {
        // An Ingress is production's where what it leads into is, and a server is where it runs.
        let part = |front: &&Front| matches!(front.kind, FrontKind::Ingress | FrontKind::Uwsgi);
        let (parts, others): (Vec<&Front>, Vec<&Front>) = self.fronts.iter().partition(part);
        let production = self.picture.production();
        let leads = |front: &&Front| front.uses.iter().any(|it| production.iter().any(|own| own.name == it.environment));
        let parts = parts.into_iter().filter(leads);
        let stage = |front: &Front| {
            let units = self.front_units(front);
            let class = self.picture.class(front.artifact);
            match front.class {
                _ if class.example => Stage::Development,
                Stage::Neutral if !units.is_empty() && units.iter().all(|(it, _)| !it.class.may_be_production()) => {
                    Stage::Development
                }
                Stage::Neutral if front.is_developers() => Stage::Development,
                Stage::Neutral => class.stage,
                said => said,
            }
        };
        let of = |wanted: &[Stage]| others.iter().copied().filter(|it| wanted.contains(&stage(it))).collect::<Vec<_>>();
        let mut fronts = of(&[Stage::Production]);
        if fronts.is_empty() {
            fronts = of(&[Stage::Neutral, Stage::Base]);
            fronts.retain(|front| !self.is_left_out(front));
        }
        fronts.extend(parts);
        fronts
    }

    /// The units into which a front end's configuration is mounted or copied, with their environments.
    pub fn front_units(&self, front: &Front) -> Vec<(&Environment, &Unit)> {
        self.front_homes(front).into_iter().map(|(environment, unit, _)| (environment, unit)).collect()
    }

    /// The units that have a front end's configuration, with their environments and the path at which each has it.
    pub fn front_homes(&self, front: &Front) -> Vec<(&Environment, &Unit, String)> {
        if front.uses.is_empty() {
            return self.homes(front.artifact);
        }
        let environments = &self.picture.environments;
        let found = front.uses.iter().filter_map(|it| {
            let environment = environments.iter().find(|own| own.name == it.environment)?;
            Some((environment, environment.unit(it.unit.as_deref()?)?, it.path.to_string()))
        });
        found.collect()
    }

    /// The units into which a file is mounted or copied by its name, and the path at which each has it.
    pub fn homes(&self, artifact: ArtifactId) -> Vec<(&Environment, &Unit, String)> {
        self.picture.homes(&self.artifacts.get(artifact).path)
    }

    /// Whether everything that can answer on a front end's sockets was seen. A file that fills the folder of sites of an
    /// official image, or replaces the only one in it, is all there is.
    pub fn is_whole_front(&self, front: &Front) -> bool {
        let alone = |home: &str| {
            home.ends_with("/conf.d/default.conf") || home.contains("/templates/default.conf") || home.ends_with("/nginx.conf")
        };
        let homes = self.front_homes(front);
        // A socket of HAProxy is one frontend's alone.
        front.is_whole()
            || front.kind == FrontKind::HaProxy && front.scope == Scope::Sites
            || front.scope == Scope::Sites
                && !front.missing.iter().any(|missing| missing.may_hold_sites)
                && !homes.is_empty()
                && homes.iter().all(|(_, unit, home)| {
                    let others = self.fronts.iter().filter(|other| other.artifact != front.artifact);
                    let shared = others.filter(|other| self.front_units(other).iter().any(|(_, it)| it.at == unit.at));
                    alone(home) && shared.count() == 0
                })
    }

    /// Whether somebody says that a front end's file is production's: its path, or the environment it is used in.
    pub fn is_said_production(&self, front: &Front) -> bool {
        let mut environments = front.uses.iter().filter_map(|it| self.picture.environment(&it.environment));
        front.class == Stage::Production
            || environments.any(|it| it.class.is_production())
            || self.front_units(front).iter().any(|(it, _)| it.class.is_production())
    }

    /// Whether requests from the internet come to a socket without passing another proxy first.
    pub fn is_public(&self, front: &Front, listener: &Listener) -> Truth {
        let hidden = || Truth::Unknown(Unknown::new(Why::Machine("the port that others reach".into()), listener.at));
        if listener.bind.is_local().is_yes() || listener.proxy_protocol {
            return Truth::No;
        }
        let units = self.front_units(front);
        let production: Vec<_> = units.iter().filter(|(environment, _)| environment.class.may_be_production()).collect();
        let port = match listener.port.known() {
            Ok(port) => port,
            Err(why) => return Truth::Unknown(why),
        };
        if production.is_empty() {
            return if matches!(port, Some(80 | 443)) { Truth::Yes } else { hidden() };
        }
        let labelled =
            |unit: &Unit| unit.labels.iter().any(|(name, _)| name.as_str().is_some_and(|it| it.starts_with("traefik.")));
        // An image alone says nothing of the ports that it will be published at.
        let mut answer = match production.iter().find(|(environment, _)| environment.platform == Platform::Image) {
            Some(_) => hidden(),
            None => Truth::No,
        };
        for (environment, unit) in production.into_iter().filter(|(_, unit)| !labelled(unit)) {
            // What comes by a router has passed the router, which may take any host.
            let open = environment.takes_any_host(unit);
            for published in unit.ports.iter().filter(|port| open || port.how != Publishing::Router) {
                answer = answer.or(match (published.is_loopback(), published.number(), &published.published) {
                    (Some(true), ..) => Truth::No,
                    (Some(false), Some(inside), Some(outside)) if Some(inside) == port => match outside.as_str() {
                        Some("80" | "443") => Truth::Yes,
                        Some(_) | None => hidden(),
                    },
                    (Some(false), Some(inside), _) if Some(inside) != port => Truth::No,
                    _ => hidden(),
                });
            }
        }
        answer
    }

    /// Whether a route of production's front ends that leads to Django leads to this unit by its name.
    pub fn fronts_lead_to(&self, unit: &Unit) -> bool {
        let named = |server: &Server| matches!(&server.address, Ok(Address::Net(host, _)) if *host == unit.name);
        self.passages().iter().any(|(.., upstream)| upstream.servers.iter().any(named))
    }

    /// Why it is not known whether a socket of production's front ends that leads to Django speaks TLS.
    pub fn undecided_tls(&self) -> Option<Unknown> {
        let passages = self.passages();
        let fronts = self.production_fronts();
        let mut sites = fronts.iter().flat_map(|front| front.listeners());
        sites.find_map(|(site, listener)| match &listener.tls {
            Truth::Unknown(why) if passages.iter().any(|(_, own, ..)| std::ptr::eq(*own, site)) => Some(why.clone()),
            Truth::Unknown(_) | Truth::Yes | Truth::No => None,
        })
    }

    /// Every route of production's front ends that passes requests to Django, whatever its sockets are.
    pub fn passages(&self) -> Vec<(&Front, &Site, &Route, &Upstream)> {
        let mut found = Vec::new();
        for front in self.production_fronts() {
            for (site, route) in front.routes() {
                let upstreams = route.handlers().filter_map(Handler::as_proxy);
                let django = upstreams.filter(|upstream| self.is_django(front, upstream)).last();
                found.extend(django.map(|upstream| (front, site, route, upstream)));
            }
        }
        found
    }

    /// Every way through production's front ends to Django, one for each socket and upstream.
    pub fn entrances(&self) -> Vec<Entrance<'_>> {
        let mut found: Vec<Entrance<'_>> = Vec::new();
        for front in self.production_fronts() {
            for (site, listener) in front.listeners() {
                self.entrances_of(front, site, listener, &mut found);
            }
        }
        found
    }

    fn entrances_of<'a>(&'a self, front: &'a Front, site: &'a Site, listener: &'a Listener, found: &mut Vec<Entrance<'a>>) {
        let scheme = match listener.tls {
            Truth::Yes => Scheme::Https,
            Truth::No => Scheme::Http,
            Truth::Unknown(_) => return,
        };
        let mut hosts: Vec<String> = site.example_host().filter(|host| !host.is_empty()).into_iter().collect();
        if site.names.iter().all(|name| matches!(name, Name::Any)) {
            // Where a site takes every host, its routes may say which they are for.
            const MOST: usize = 20;
            let named = site.all_routes().into_iter().filter_map(|route| route.when.hosts()).flatten();
            hosts.extend(named.filter_map(Name::example).take(MOST));
            hosts.dedup();
        }
        if hosts.is_empty() {
            hosts.push("shop.example".to_owned());
        }
        let mut paths = vec!["/".to_owned()];
        for route in site.all_routes() {
            let passes = route.handlers().any(|handler| handler.as_proxy().is_some());
            let path = route.path.example().filter(|path| passes && !paths.contains(path));
            paths.extend(path);
        }
        for (host, path) in hosts.iter().flat_map(|host| paths.iter().map(move |path| (host, path))) {
            let mut request = Request { scheme, ..Request::http(host, path) };
            request.port = listener.port.known().ok().flatten();
            for answer in site.answers(&request) {
                let ends = answer.handler.ends(site);
                let Some(end) = ends.into_iter().find_map(Handler::as_proxy).map(|proxy| proxy.at) else { continue };
                let own = |route: &&'a Route| route.handlers().filter_map(Handler::as_proxy).any(|it| it.at == end);
                let route = answer.route.filter(own).or_else(|| site.all_routes().into_iter().find(own));
                let Some((route, upstream)) =
                    route.and_then(|it| Some((it, it.handlers().filter_map(Handler::as_proxy).find(|it| it.at == end)?)))
                else {
                    continue;
                };
                let direct = answer.handler.as_proxy().is_some();
                let traffic = answer.traffic.filter(|_| direct).unwrap_or(&route.traffic);
                let known = |it: &Entrance<'_>| it.upstream.at == end && std::ptr::eq(it.listener, listener);
                if self.is_django(front, upstream) && !found.iter().any(known) {
                    let doubt = answer.doubt;
                    let request = request.clone();
                    found.push(Entrance { front, site, listener, traffic, upstream, request, doubt });
                }
            }
        }
    }

    /// What a host that nobody configures gets on the socket of an entrance: Django by whatever path leads to it, else what
    /// the first page is. The path comes along.
    pub fn stranger<'a>(&self, entrance: &Entrance<'a>) -> (String, Stranger<'a>) {
        let (front, scheme, port) = (entrance.front, entrance.request.scheme, entrance.port());
        let django = |answer: &Answer<'_>| {
            let site = answer.site.unwrap_or(entrance.site);
            answer.handler.reaches_upstream(site).is_some_and(|it| self.is_django(front, it))
        };
        let first = front.stranger(scheme, port);
        if matches!(&first, Stranger::Served(answer) if django(answer)) {
            return ("/".to_owned(), first);
        }
        let mut doubt = None;
        for path in front.passing_paths(scheme, port) {
            match front.stranger_to(scheme, port, &path) {
                Stranger::Served(answer) if django(&answer) => return (path, Stranger::Served(answer)),
                Stranger::Unknown(why) => doubt = doubt.or(Some((path, Stranger::Unknown(why)))),
                Stranger::Served(_) | Stranger::Rejected(_) | Stranger::Redirected(_) | Stranger::Kept(_) => {}
            }
        }
        let first = match first {
            // Another program gets it.
            Stranger::Served(answer) => Stranger::Kept(answer),
            other => other,
        };
        doubt.unwrap_or(("/".to_owned(), first))
    }

    /// The application servers that a front end's upstream may be: those of the unit it names, or else all of production.
    pub fn servers_behind(&self, upstream: &Upstream) -> Vec<&AppServer> {
        let production = self.picture.production();
        let units: Vec<&Unit> = production.iter().flat_map(|environment| &environment.units).collect();
        let named = |unit: &&&Unit| {
            upstream.servers.iter().any(|it| matches!(&it.address, Ok(Address::Net(host, _)) if **host == *unit.name))
        };
        let own: Vec<&Unit> = units.iter().filter(named).copied().collect();
        let units = if own.is_empty() { units } else { own };
        units.into_iter().flat_map(|unit| &unit.processes).filter_map(|process| process.runs.server()).collect()
    }

    /// The header that `SECURE_PROXY_SSL_HEADER` names, as it travels (`x-forwarded-proto`), and the value that means HTTPS.
    /// `Ok(None)` where the setting is off.
    pub fn scheme_header(&self) -> Result<Option<(String, String)>, Unknown> {
        let setting = self.setting("SECURE_PROXY_SSL_HEADER");
        if let Some(why) = setting.value.as_unknown() {
            return Err(why);
        }
        let unfit = || Unknown::new(Why::Unsupported("a SECURE_PROXY_SSL_HEADER of this form".into()), setting.region());
        let (Datum::Tuple(items) | Datum::List(items)) = &setting.value.datum else {
            return if setting.truth().is_no() { Ok(None) } else { Err(unfit()) };
        };
        let text = |item: Option<&Item>| match item {
            Some(Item::One(value)) => value.as_str().map(str::to_owned),
            Some(Item::Perhaps(..) | Item::Many(_)) | None => None,
        };
        match (text(items.first()), text(items.get(1))) {
            (Some(name), Some(value)) => {
                // Under any other name no header is ever found.
                let header = name.strip_prefix("HTTP_").ok_or_else(unfit)?;
                Ok(Some((header.replace('_', "-").to_ascii_lowercase(), value)))
            }
            _ => Err(unfit()),
        }
    }

    /// Whether Django takes a request for HTTPS that comes by an entrance: what `request.is_secure()` says.
    ///
    /// Django reads the leftmost value of the header that `SECURE_PROXY_SSL_HEADER` names and, without it, asks the
    /// application server, which may believe headers of its own.
    pub fn sees_https(&self, entrance: &Entrance<'_>, request: &Request) -> Truth {
        match self.scheme_header() {
            Err(why) => return Truth::Unknown(why),
            Ok(Some((name, value))) => match entrance.arrives(request, &name) {
                Err(why) => return Truth::Unknown(why),
                Ok(Some(text)) => return (text.split(',').next().unwrap_or_default().trim() == value).into(),
                Ok(None) => {}
            },
            Ok(None) => {}
        }
        let proto =
            entrance.arrives(request, "x-forwarded-proto").map(|it| it.is_some_and(|it| it.eq_ignore_ascii_case("https")));
        let ssl = entrance.arrives(request, "x-forwarded-ssl").map(|it| it.is_some_and(|it| it == "on"));
        let (proto, ssl) = match (proto, ssl) {
            (Ok(proto), Ok(ssl)) => (proto, ssl),
            (Err(why), _) | (_, Err(why)) => return Truth::Unknown(why),
        };
        match entrance.upstream.protocol {
            Protocol::Embedded => return (request.scheme == Scheme::Https).into(),
            Protocol::Uwsgi => return entrance.tells_uwsgi(request).or((proto || ssl).into()),
            _ if !proto && !ssl => return Truth::No,
            _ => {}
        }
        let servers = self.servers_behind(entrance.upstream);
        if servers.is_empty() {
            return Truth::Unknown(Unknown::new(Why::File("the command of the application server".into()), None));
        }
        let peer = entrance.peer();
        let believes = |server: &AppServer| {
            let header = |here: bool, name: &str| if here { server.believes(peer, name) } else { Truth::No };
            header(proto, "x-forwarded-proto").or(header(ssl, "x-forwarded-ssl"))
        };
        let all = servers.iter().map(|server| believes(server)).fold(Truth::Yes, Truth::and);
        if all.is_no() && servers.iter().any(|server| believes(server).is_yes()) {
            return Truth::Unknown(Unknown::new(Why::Machine("the application server".into()), None));
        }
        all
    }
}

impl Entrance<'_> {
    /// What of a header arrives, for one request.
    pub fn arrives(&self, request: &Request, name: &str) -> Result<Option<String>, Unknown> {
        self.traffic.forwards(name).arrives(request, name)
    }

    /// What the application server sees as its client.
    pub fn peer(&self) -> Peer {
        match self.upstream.servers.first().map(|server| &server.address) {
            Some(Ok(Address::Unix(_))) => Peer::Socket,
            Some(Ok(address)) if address.is_local() => Peer::Loopback,
            Some(_) | None => Peer::Other,
        }
    }

    /// Whether uWSGI is told by its variables that the request came over TLS. (`uwsgi_params` has both.)
    fn tells_uwsgi(&self, request: &Request) -> Truth {
        let told = ["HTTPS", "UWSGI_SCHEME"].iter().filter_map(|name| self.traffic.variable(name));
        let told = told.map(|(text, _)| match text.render(request) {
            Ok(text) => matches!(&*text, "on" | "1" | "https").into(),
            Err(why) => Truth::Unknown(why),
        });
        let told = told.fold(Truth::No, Truth::or);
        let missing = self.front.missing.first().filter(|_| request.scheme == Scheme::Https && told.is_no());
        missing.map_or(told, |it| Truth::Unknown(Unknown::new(Why::File(it.path.clone()), Some(it.at))))
    }

    /// Where requests are handed over.
    pub fn at(&self) -> Region {
        self.upstream.at
    }

    /// The port of its socket.
    fn port(&self) -> u16 {
        self.listener.port.known().ok().flatten().unwrap_or(self.request.scheme.port())
    }
}

impl Front {
    /// Whether it ends TLS somewhere.
    pub fn ends_tls(&self) -> bool {
        self.listeners().any(|(_, listener)| listener.tls.is_yes()) || self.sites.iter().any(|site| site.tls.automatic)
    }
}

impl Finding {
    /// Makes a finding about a front end's file one step milder where nothing says that the file is production's, and
    /// says so.
    pub fn weighed(&mut self, facts: &Facts, front: &Front) -> &mut Self {
        if !facts.is_said_production(front) {
            self.severity = self.severity.lowered();
            self.see(Region::whole(front.artifact), "nothing says that this file is production's: one step milder");
        }
        self
    }
}

/// The place of a file in a folder or file that is copied or mounted, if it is in it: empty if it is the file itself.
pub(crate) fn place_of<'p>(path: &'p str, source: &str) -> Option<&'p str> {
    let mut source = source.trim_end_matches('/');
    while let Some(rest) = source.strip_prefix("./").or_else(|| source.strip_prefix("../")) {
        source = rest;
    }
    // Asked for every file and every mount: no search, which has to be prepared.
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    let start = starts.into_iter().find(|start| path[*start..].starts_with(source))?;
    let rest = &path[start + source.len()..];
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}
