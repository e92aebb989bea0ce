//! Neighbours: front ends beside the way to Django, which answer other addresses of its host, or nothing at all.

use crate::entrance::place_of;
use crate::front::{Address, Change, Front};
use crate::{Facts, Region};

impl Facts {
    /// Whether nothing has a front end's file though the files here say what is deployed: no service mounts or copies it, and
    /// its path does not say production.
    pub fn is_unused(&self, front: &Front) -> bool {
        !self.picture.production().is_empty() && !self.is_said_production(front) && self.front_units(front).is_empty()
    }

    /// Whether a front end's file is one of several to choose from, and the deployment takes another: nothing mounts or
    /// copies it, and something that may be production's has another of its folder by name.
    pub(crate) fn is_left_out(&self, front: &Front) -> bool {
        let folder = |front: &Front| {
            let path = &self.artifacts.get(front.artifact).path;
            (front.kind, path.rsplit_once('/').map_or("", |(folder, _)| folder))
        };
        let beside = |other: &&Front| other.artifact != front.artifact && folder(other) == folder(front);
        let taken = |other: &Front| {
            self.front_units(other).iter().any(|(environment, unit)| {
                environment.class.may_be_production()
                    && unit.mounts.iter().any(|mount| {
                        mount
                            .source
                            .as_ref()
                            .and_then(|it| it.as_str())
                            .is_some_and(|source| place_of(&self.artifacts.get(other.artifact).path, source) == Some(""))
                    })
            })
        };
        let mut others = self.fronts.iter().filter(beside).peekable();
        others.peek().is_some() && self.front_units(front).is_empty() && others.any(taken)
    }

    /// Where a front end behind the one that hands requests to Django adds a header to the first page of the host: a browser
    /// keeps what that says for the whole host.
    pub fn is_added_by_neighbour(&self, header: &str) -> Option<Region> {
        let mut neighbours = self.passages().into_iter().flat_map(|(front, site, ..)| {
            let answers = site.answers(&site.request("/"));
            let handed = answers.into_iter().filter(|answer| answer.doubt.is_none());
            let hosts = handed.filter_map(|answer| {
                answer.handler.as_proxy()?.servers.iter().find_map(|server| match &server.address {
                    Ok(Address::Net(host, _)) => Some(host.to_string()),
                    Ok(Address::Unix(_)) | Err(_) => None,
                })
            });
            hosts.map(move |host| (front.artifact, host)).collect::<Vec<_>>()
        });
        neighbours.find_map(|(artifact, host)| {
            let behind = self.fronts.iter().filter(|front| {
                front.artifact != artifact && self.front_units(front).iter().any(|(_, unit)| *unit.name == *host)
            });
            behind.flat_map(|front| &front.sites).find_map(|site| {
                let answers = site.answers(&site.request("/"));
                answers.iter().filter(|answer| answer.doubt.is_none()).find_map(|answer| {
                    let headers = answer.traffic?.answers_with(header).into_iter();
                    let mut added = headers.filter(|it| {
                        it.when.is_always() && matches!(it.change, Change::Append(_) | Change::Set(_) | Change::Default(_))
                    });
                    added.next().map(|it| it.at)
                })
            })
        })
    }
}
