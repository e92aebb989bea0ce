//! Neighbours: front ends beside the way to Django, which answer other addresses of its host, or nothing at all.

use crate::front::{Address, Change, Front};
use crate::{Facts, Region};

impl Facts {
    /// Whether nothing has a front end's file though the files here say what is deployed: no service mounts or copies it, and
    /// its path does not say production.
    pub fn is_unused(&self, front: &Front) -> bool {
        !self.picture.production().is_empty() && !self.is_said_production(front) && self.front_units(front).is_empty()
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
