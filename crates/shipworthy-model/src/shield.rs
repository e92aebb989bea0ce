//! Shields: what the front ends keep away from Django, and how they can be gone around.

use crate::front::{Change, Front, FrontKind, Scheme, Stranger};
use crate::picture::{AppServer, Environment, Platform, Port, Publishing, Text};
use crate::{Entrance, Facts, Region};

impl Facts {
    /// Where production's front ends turn away hosts that nobody configures, if it is certain that all of them do, on
    /// every socket that leads to Django, and that nothing publishes Django beside them.
    pub fn keeps_strangers_out(&self) -> Option<Region> {
        if let Some(at) = self.picture.routed_by_host() {
            return Some(at);
        }
        let entrances: Vec<_> =
            self.entrances().into_iter().filter(|it| !self.is_public(it.front, it.listener).is_no()).collect();
        let turned_away = |entrance: &Entrance<'_>| {
            let own_words = entrance.front.kind == FrontKind::Nginx && entrance.traffic.forwards("host").is_raw_host();
            match self.stranger(entrance).1 {
                _ if own_words || !self.is_whole_front(entrance.front) => None,
                Stranger::Rejected(at) => Some(at.unwrap_or(entrance.site.at)),
                Stranger::Kept(answer) => Some(answer.site.map_or(entrance.site.at, |site| site.at)),
                Stranger::Redirected(answer) => Some(answer.site.map_or(entrance.site.at, |site| site.at)),
                Stranger::Served(_) | Stranger::Unknown(_) => None,
            }
        };
        let places = entrances.iter().map(turned_away).collect::<Option<Vec<_>>>()?;
        places.first().copied().filter(|_| !self.is_published())
    }

    /// A place in the front ends by which Django is reached over TLS only: every way to it that the internet may take is
    /// one over TLS, and nothing publishes Django beside them.
    pub fn is_reached_by_tls_only(&self) -> Option<Region> {
        if let Some(at) = self.balances_tls_only() {
            return Some(at);
        }
        let entrances = self.entrances();
        // What is certain to get through is the better witness; what may get through comes by TLS as well.
        let secure =
            |doubtful: bool| entrances.iter().find(|it| it.request.scheme == Scheme::Https && it.doubt.is_some() == doubtful);
        let secure = secure(false).or_else(|| secure(true))?;
        let public = |it: &&Entrance<'_>| !self.is_public(it.front, it.listener).is_no();
        let plain = entrances.iter().filter(public).any(|it| it.request.scheme == Scheme::Http);
        (!plain && !self.is_published()).then_some(secure.site.at)
    }

    /// The load balancer of a cloud that opens the port for TLS and no other, if that is all that leads to production.
    fn balances_tls_only(&self) -> Option<Region> {
        let production = self.picture.production();
        let web = production.iter().flat_map(|it| &it.units).filter(|unit| unit.serves());
        let mut ports = web.flat_map(|unit| &unit.ports).peekable();
        let first = ports.peek()?.at;
        let secure = |port: &Port| port.how == Publishing::LoadBalancer && port.published.as_ref().is_some_and(|it| it.is("443"));
        let elsewhere = |front: &Front| {
            let homes = self.front_units(front);
            !homes.is_empty() && homes.iter().all(|(own, _)| production.iter().all(|it| it.name != own.name))
        };
        // An Ingress may be there for other hosts.
        let leads =
            |front: &&Front| front.kind != FrontKind::Ingress || self.passages().iter().any(|it| std::ptr::eq(it.0, *front));
        let alone = self.production_fronts().into_iter().filter(leads).all(elsewhere);
        (alone && ports.all(secure)).then_some(first)
    }

    /// Whether something publishes a port of the application server to others than the machine itself.
    fn is_published(&self) -> bool {
        let web = self.picture.production().into_iter().flat_map(|it| &it.units).filter(|unit| unit.serves());
        web.flat_map(|unit| &unit.ports).any(|port| port.is_loopback() != Some(true))
    }

    /// A server of a machine that listens on every address, although the front ends that are known belong to another
    /// deployment: what they keep away reaches it.
    pub fn serves_without_front(&self) -> Option<Region> {
        let homes: Vec<_> = self.production_fronts().into_iter().flat_map(|front| self.front_units(front)).collect();
        let elsewhere = |own: &Environment| !homes.is_empty() && homes.iter().all(|(it, _)| it.name != own.name);
        let machines = self.picture.production().into_iter().filter(|it| it.platform == Platform::Machine && elsewhere(it));
        // Supervisor and uWSGI's own files are as much at home in containers, where every address is that of the container.
        let units = machines.flat_map(|it| &it.units).filter(|it| self.artifacts.get(it.at.artifact).path.ends_with(".service"));
        let servers = units.flat_map(|unit| &unit.processes).filter_map(|process| process.runs.server());
        servers.flat_map(AppServer::binds).find(Text::is_everywhere).map(|bind| bind.at)
    }

    /// Where the front ends add a response header to everything that comes from Django over TLS, if all of them do.
    pub fn is_added_over_tls(&self, header: &str) -> Option<Region> {
        let entrances = self.entrances();
        let secure = entrances.iter().filter(|it| it.request.scheme == Scheme::Https);
        let added = secure.map(|it| {
            let last = it.traffic.answers_with(header).into_iter().next_back()?;
            let adds = matches!(last.change, Change::Append(_) | Change::Set(_) | Change::Default(_)) && last.when.is_always();
            adds.then_some(last.at)
        });
        added.collect::<Option<Vec<_>>>()?.first().copied()
    }
}
