//! Behind front ends: whether the servers that a front end passes requests to run Django.

use crate::front::{Address, Front, Handler, Protocol, Server, Upstream};
use crate::picture::{AppServer, Build, Environment, Platform, Role, Text, Unit};
use crate::{Facts, Reach, Stage, Truth, Unknown};

/// Words in the names of upstreams that are not Django.
const STRANGERS: [&str; 23] = [
    "clamav",
    "flower",
    "grafana",
    "prometheus",
    "minio",
    "rabbit",
    "kibana",
    "elastic",
    "mailpit",
    "mailhog",
    "adminer",
    "pgadmin",
    "node",
    "next",
    "react",
    "vite",
    "frontend",
    "vue",
    "php",
    "fpm",
    "certbot",
    "keycloak",
    "wrangler",
];

impl Facts {
    /// Whether requests that are passed to these servers come to Django, as far as files say.
    pub fn is_django(&self, front: &Front, upstream: &Upstream) -> bool {
        match upstream.protocol {
            Protocol::Embedded | Protocol::Uwsgi => return true,
            Protocol::FastCgi | Protocol::Scgi | Protocol::Ajp | Protocol::Http2 | Protocol::Tcp => return false,
            Protocol::Http | Protocol::Https => {}
        }
        if upstream.servers.is_empty() || is_itself(front, upstream) {
            return false;
        }
        if let Some(known) = self.is_named_django(front, upstream) {
            return known;
        }
        let others = || front.routes().flat_map(|(_, route)| route.handlers()).filter_map(Handler::as_proxy);
        let ports = self.ports_of_django();
        let on_port = |upstream: &Upstream| local_ports(upstream).iter().any(|port| ports.contains(port));
        if on_port(upstream) {
            return true;
        }
        // Where one server of this machine is at the port of Django, those at others are something else.
        let near = self.fronts.iter().filter(|it| it.class != Stage::Development);
        let mut near = near.flat_map(Front::routes).flat_map(|(_, route)| route.handlers()).filter_map(Handler::as_proxy);
        if !local_ports(upstream).is_empty() && near.any(on_port) {
            return false;
        }
        let shown = |upstream: &Upstream| {
            format!("{:?} {:?}", upstream.name, upstream.servers.iter().map(|it| &it.address).collect::<Vec<_>>())
        };
        let own = shown(upstream);
        if is_stranger(&own) {
            return false;
        }
        let apart = |other: &&Upstream| !is_itself(front, other) && !is_stranger(&shown(other)) && shown(other) != own;
        let words = ["django", "gunicorn", "wsgi", "asgi", "uvicorn", "daphne", "web", "app", "backend", "api"];
        !others().any(|other| apart(&other)) || words.iter().any(|word| own.to_ascii_lowercase().contains(word))
    }

    /// Whether the unit that an upstream names runs Django; `None` where it names none.
    fn is_named_django(&self, front: &Front, upstream: &Upstream) -> Option<bool> {
        let hosts = upstream.servers.iter().filter_map(|server| match &server.address {
            Ok(Address::Net(host, _)) => Some(&**host),
            Ok(Address::Unix(_)) | Err(_) => None,
        });
        let environments = &self.picture.environments;
        let units = || environments.iter().flat_map(|it| it.units.iter().map(move |unit| (it, unit)));
        for host in hosts {
            let mut named = units().filter(|(environment, unit)| environment.is_called(unit, host)).peekable();
            if named.peek().is_some() {
                return Some(named.any(|(environment, unit)| match unit.role {
                    Role::Web => true,
                    // What is built otherwise than the unit that runs Django is something else.
                    Role::Other => {
                        let mut web = environment.units.iter().filter(|unit| unit.role == Role::Web).peekable();
                        let alike = |build: &Build| web.peek().is_none() || web.any(|web| web.is_built_from(build));
                        let own = unit.build.as_ref().map_or_else(|| self.is_only_stranger_to(front, unit), alike);
                        own && !is_stranger(host)
                    }
                    Role::Worker
                    | Role::Scheduler
                    | Role::Job
                    | Role::FrontEnd
                    | Role::Database
                    | Role::Cache
                    | Role::Broker
                    | Role::Mail
                    | Role::Search
                    | Role::Storage
                    | Role::Monitor => false,
                }));
            }
        }
        None
    }

    /// Whether a unit runs an image that was built elsewhere, is all that this front end stands before, and nothing beside
    /// it is known to serve the project: then it is the project.
    fn is_only_stranger_to(&self, front: &Front, unit: &Unit) -> bool {
        let home = self.picture.environments.iter().find(|it| it.units.iter().any(|other| std::ptr::eq(other, unit)));
        let passed = front.routes().flat_map(|(_, route)| route.handlers()).filter_map(Handler::as_proxy);
        let here = |upstream: &Upstream| {
            let named = |server: &Server| matches!(&server.address, Ok(Address::Net(host, _)) if *host == unit.name);
            upstream.servers.iter().all(named)
        };
        unit.is_from_elsewhere()
            && passed.into_iter().all(here)
            && home.is_some_and(|home| {
                let mut others = home.units.iter().filter(|other| !std::ptr::eq(*other, unit));
                others.all(|other| !matches!(other.role, Role::Web | Role::Other))
            })
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

    /// Ports of this machine at which production serves Django: what containers publish, and what servers outside of
    /// containers listen on.
    fn ports_of_django(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        for environment in self.picture.production() {
            for unit in environment.units.iter().filter(|unit| unit.role == Role::Web) {
                let number = |text: &Text| text.as_str()?.parse::<u16>().ok();
                ports.extend(unit.ports.iter().filter_map(|port| number(port.published.as_ref()?)));
                if environment.platform == Platform::Machine {
                    let binds = unit.processes.iter().filter_map(|it| it.runs.server()).flat_map(AppServer::binds);
                    ports.extend(binds.filter_map(|bind| bind.as_str()?.rsplit(':').next()?.parse::<u16>().ok()));
                }
            }
        }
        ports
    }
}

impl Environment {
    /// Whether others in the environment reach a unit by this name.
    pub fn is_called(&self, unit: &Unit, host: &str) -> bool {
        *unit.name == *host || unit.aliases.iter().any(|alias| alias.is(host))
    }
}

/// The ports of an upstream's servers on this machine.
fn local_ports(upstream: &Upstream) -> Vec<u16> {
    let addresses = upstream.servers.iter().filter_map(|it| it.address.as_ref().ok());
    let ports = addresses.filter_map(|address| match address {
        Address::Net(host, port) if Reach::of(host) == Reach::Local => *port,
        Address::Net(..) | Address::Unix(_) => None,
    });
    ports.collect()
}

/// Whether an upstream is a front end's own other site.
fn is_itself(front: &Front, upstream: &Upstream) -> bool {
    let own = |port: u16| front.listeners().any(|(_, listener)| listener.port.is(port).is_yes());
    // This name is that of the machine around the container.
    let outside = |it: &Address| matches!(it, Address::Net(host, _) if &**host == "host.docker.internal");
    let inside = !upstream.servers.iter().any(|it| it.address.as_ref().is_ok_and(outside));
    let ports = local_ports(upstream);
    inside && !ports.is_empty() && ports.into_iter().all(own)
}

fn is_stranger(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    Stage::is_test(&name) || STRANGERS.iter().any(|word| name.contains(word))
}
