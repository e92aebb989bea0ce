//! Answers: which site, route and handler a request gets.

use super::{
    Body, Branch, Front, Handler, Listener, Name, Order, Part, PathMatch, Piece, Redirect, Request, Respond, Route, Scheme, Site,
};
use super::{Text, Traffic, Unmatched, request};
use crate::{Region, Truth, Unknown};

/// One way a request may be answered. Where everything is known there is one; every undecided condition adds one.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// The site; `None` where the program itself answers.
    pub site: Option<&'a Site>,
    /// The route, unless the site answers before one is chosen.
    pub route: Option<&'a Route>,
    /// What answers.
    pub handler: Handler,
    /// How traffic is treated on the way.
    pub traffic: Option<&'a Traffic>,
    /// Why it may be another one; `None` where it is certain.
    pub doubt: Option<Unknown>,
}

/// What a host that nobody configures gets.
#[derive(Clone, Debug)]
pub enum Stranger<'a> {
    /// It is turned away, or gets nothing: the place that says so, where one does.
    Rejected(Option<Region>),
    /// It is sent elsewhere.
    Redirected(Answer<'a>),
    /// A text or files of the front end's own, nothing of Django's.
    Kept(Answer<'a>),
    /// It is passed to an upstream as if it were known.
    Served(Answer<'a>),
    /// Not known.
    Unknown(Unknown),
}

impl Front {
    /// Every way this request may be answered, the likeliest first; more than one only where something is unknown.
    pub fn answers(&self, request: &Request) -> Vec<Answer<'_>> {
        let (sites, doubt) = self.candidates(request);
        if sites.is_empty() {
            let handler = match &self.unmatched {
                Unmatched::Program(respond) => Handler::Respond(respond.clone()),
                Unmatched::DefaultSite => Handler::Nothing,
            };
            return vec![Answer { site: None, route: None, handler, traffic: None, doubt }];
        }
        let mut answers: Vec<Answer<'_>> = sites.iter().flat_map(|site| site.answers(request)).collect();
        for answer in &mut answers {
            answer.doubt = answer.doubt.take().or_else(|| doubt.clone());
        }
        answers
    }

    /// The site for a host on a port, as the program chooses; `None` where none is, or that cannot be decided.
    pub fn site_for(&self, host: &str, port: u16) -> Option<&Site> {
        let request = Request::http(host, "/").on(port);
        match self.candidates(&request) {
            (sites, None) if sites.len() == 1 => sites.first().copied(),
            (..) => None,
        }
    }

    /// What a host that no site names gets for the first page, plain or over TLS, on a port.
    pub fn stranger(&self, scheme: Scheme, port: u16) -> Stranger<'_> {
        self.stranger_to(scheme, port, "/")
    }

    /// Paths that a host which no site names may ask for on a port, one for each route that may pass it on.
    pub fn passing_paths(&self, scheme: Scheme, port: u16) -> Vec<String> {
        let request = Request { scheme, ..Request::http(request::STRANGER, "/") }.on(port);
        let (sites, _) = self.candidates(&request);
        let routes = sites.into_iter().flat_map(|site| site.all_routes().into_iter().map(move |route| (site, route)));
        let passing = routes.filter(|(site, route)| route.handlers().any(|it| it.reaches_upstream(site).is_some()));
        let mut paths: Vec<String> = passing.filter_map(|(_, route)| route.path.example()).collect();
        paths.sort_by_key(String::len);
        paths.dedup();
        paths
    }

    /// What a host that no site names gets for a path, plain or over TLS, on a port.
    pub fn stranger_to(&self, scheme: Scheme, port: u16, path: &str) -> Stranger<'_> {
        let request = Request { scheme, ..Request::http(request::STRANGER, path) }.on(port);
        let (sites, _) = self.candidates(&request);
        let rejecting = sites.iter().find_map(|site| site.tls.rejects.as_ref().filter(|stated| stated.value));
        let mut answers = self.answers(&request);
        if answers.len() > 1 {
            let doubt = answers.iter().find_map(|answer| answer.doubt.clone());
            let served = answers.iter().position(|answer| answer.doubt.is_none());
            return match (doubt, served) {
                (Some(doubt), _) => Stranger::Unknown(doubt),
                (None, Some(certain)) => judge(answers.swap_remove(certain)),
                (None, None) => judge(answers.swap_remove(0)),
            };
        }
        match (answers.pop(), rejecting) {
            (Some(Answer { doubt: Some(why), .. }), _) => Stranger::Unknown(why),
            (Some(answer), _) => judge(answer),
            (None, stated) => Stranger::Rejected(stated.and_then(|stated| stated.at)),
        }
    }

    /// The sites that may take a request, and why there may be several.
    fn candidates(&self, request: &Request) -> (Vec<&Site>, Option<Unknown>) {
        let mut doubt = None;
        let mut listening: Vec<(&Site, &Listener)> = Vec::new();
        for (site, listener) in self.listeners() {
            match listener.port.is(request.port()).and(listener.bind.takes(request.address.as_deref())) {
                Truth::Yes => listening.push((site, listener)),
                Truth::No => {}
                Truth::Unknown(why) => {
                    doubt = Some(why);
                    listening.push((site, listener));
                }
            }
        }
        // The kernel gives a connection to the socket of its own address before the one of all addresses.
        if let Some(address) = &request.address {
            let own = |listener: &Listener| listener.bind.takes(Some(address)).is_yes() && listener.bind != super::Bind::Any;
            if listening.iter().any(|(_, listener)| own(listener)) {
                listening.retain(|(_, listener)| own(listener));
            }
        }
        let sites: Vec<&Site> = listening.iter().map(|(site, _)| *site).collect();
        let host = request.hostname();
        let (named, unsure) = match by_name(&sites, &host) {
            Ok(site) => (site, None),
            Err(why) => (None, Some(why)),
        };
        if let Some(site) = named {
            return (vec![site], doubt);
        }
        let default = match self.unmatched {
            Unmatched::DefaultSite => {
                listening.iter().find(|(_, listener)| listener.default).or(listening.first()).map(|(site, _)| *site)
            }
            Unmatched::Program(_) => None,
        };
        match unsure {
            None => (default.into_iter().collect(), doubt),
            Some(why) => {
                let perhaps = |site: &&&Site| !site.names_host(&host).is_no();
                let mut all: Vec<&Site> = sites.iter().filter(perhaps).copied().collect();
                all.extend(default);
                all.dedup_by(|one, other| std::ptr::eq(*one, *other));
                // Whatever it is called, the only one takes what no other does.
                let only = default.is_some() && all.len() == 1;
                (all, if only { doubt } else { Some(why) })
            }
        }
    }
}

fn judge(answer: Answer<'_>) -> Stranger<'_> {
    if let Some(at) = answer.traffic.and_then(Traffic::turns_everybody_away) {
        return Stranger::Rejected(Some(at));
    }
    match &answer.handler {
        Handler::Respond(Respond { status: Ok(status), at, .. }) if *status >= 400 => Stranger::Rejected(*at),
        Handler::Respond(Respond { body: Body::Stock, at, .. }) if answer.site.is_none() => Stranger::Rejected(*at),
        Handler::Respond(Respond { status: Err(why), .. }) | Handler::Unknown(why) => Stranger::Unknown(why.clone()),
        Handler::Redirect(_) => Stranger::Redirected(answer),
        Handler::Nothing if answer.site.is_none() => Stranger::Rejected(None),
        Handler::Respond(_) | Handler::Nothing => Stranger::Kept(answer),
        Handler::Proxy(_) | Handler::Execute(..) | Handler::Rewrite(..) => Stranger::Served(answer),
        Handler::Files(_) => match answer.site {
            Some(site) if answer.handler.reaches_upstream(site).is_some() => Stranger::Served(answer),
            Some(_) | None => Stranger::Kept(answer),
        },
    }
}

/// The site that names a host: exactly, else by the longest wildcard before it, else by the longest one behind, else by the
/// first pattern. All programs here agree on the order of the first two; names that are not known make it undecided.
fn by_name<'a>(sites: &[&'a Site], host: &str) -> Result<Option<&'a Site>, Unknown> {
    let mut best: Option<(u8, usize, &'a Site)> = None;
    let mut doubt = None;
    for site in sites {
        for name in &site.names {
            match name.matches(host) {
                Truth::No => continue,
                Truth::Unknown(why) => {
                    doubt = Some(why);
                    continue;
                }
                Truth::Yes => {}
            }
            let rank = match name {
                Name::Exact(_) | Name::Empty => (5, 0),
                Name::Domain(domain) if domain.eq_ignore_ascii_case(host) => (5, 0),
                Name::Below(domain) | Name::Domain(domain) | Name::OneBelow(domain) => (4, domain.len()),
                Name::Start(start) => (3, start.len()),
                Name::Pattern(_) => (2, 0),
                Name::Any => (1, 0),
                Name::One(_) | Name::Unknown(_) => continue,
            };
            if best.is_none_or(|(kind, length, _)| rank > (kind, length)) {
                best = Some((rank.0, rank.1, site));
            }
        }
    }
    match (best, doubt) {
        // Nothing comes before an exact name.
        (Some((5, _, site)), _) | (Some((_, _, site)), None) => Ok(Some(site)),
        (None, None) => Ok(None),
        (_, Some(why)) => Err(why),
    }
}

impl Site {
    /// Every way a request that has come to this site may be answered.
    pub fn answers(&self, request: &Request) -> Vec<Answer<'_>> {
        let mut answers = Vec::new();
        self.answers_from(request, 0, &mut answers);
        answers
    }

    /// The route a path gets, where that can be decided.
    pub fn route_for(&self, path: &str) -> Option<&Route> {
        let host = self.example_host().unwrap_or_default();
        match self.chosen(&Request::http(&host, path)) {
            Chosen::Routes(routes) if routes.len() == 1 => {
                routes.into_iter().find_map(|(route, doubt)| doubt.is_none().then_some(route))
            }
            Chosen::Routes(_) | Chosen::Slash(_) => None,
        }
    }

    fn answers_from<'a>(&'a self, request: &Request, depth: usize, answers: &mut Vec<Answer<'a>>) {
        let doubt = match self.branches(&self.before, None, request, depth, answers) {
            Ok(doubt) => doubt,
            Err(Decided) => return,
        };
        self.routed(request, doubt, depth, answers);
    }

    /// The answers of the routes that a request may get.
    fn routed<'a>(&'a self, request: &Request, doubt: Option<Unknown>, depth: usize, answers: &mut Vec<Answer<'a>>) {
        let routes = match self.chosen(request) {
            Chosen::Routes(routes) => routes,
            Chosen::Slash(route) => {
                let mut target = Text::literal(&format!("{}/", request.path), None);
                target.pieces.extend([Piece::Part(Part::QueryMark), Piece::Part(Part::Query)]);
                let handler = Handler::Redirect(Redirect { status: Ok(301), target, at: route.at });
                answers.push(Answer { site: Some(self), route: Some(route), handler, traffic: Some(&self.traffic), doubt });
                return;
            }
        };
        let answered = routes.iter().any(|(_, doubt)| doubt.is_none());
        for (route, unsure) in routes {
            let first = answers.len();
            if route.internal && depth == 0 {
                let handler = Handler::Respond(Respond::status(404, Some(route.at)));
                answers.push(Answer {
                    site: Some(self),
                    route: Some(route),
                    handler,
                    traffic: Some(&route.traffic),
                    doubt: None,
                });
            } else if let Ok(unsure) = self.branches(&route.before, Some(route), request, depth, answers) {
                let last = answers.len();
                self.push(&route.handler, Some(route), Some(&route.traffic), request, depth, answers);
                answers[last..].iter_mut().for_each(|answer| answer.doubt = answer.doubt.take().or_else(|| unsure.clone()));
            }
            for answer in &mut answers[first..] {
                answer.doubt = answer.doubt.take().or_else(|| unsure.clone()).or_else(|| doubt.clone());
            }
        }
        if !answered {
            answers.push(Answer {
                site: Some(self),
                route: None,
                handler: Handler::Nothing,
                traffic: Some(&self.traffic),
                doubt,
            });
        }
    }

    /// Answers of branches; the doubt that remains if none certainly answers.
    fn branches<'a>(
        &'a self,
        branches: &'a [Branch],
        route: Option<&'a Route>,
        request: &Request,
        depth: usize,
        answers: &mut Vec<Answer<'a>>,
    ) -> Result<Option<Unknown>, Decided> {
        let mut doubt = None;
        for branch in branches {
            let unsure = match branch.when.holds(request) {
                Truth::No => continue,
                Truth::Yes => None,
                Truth::Unknown(why) => Some(why),
            };
            let first = answers.len();
            let around = route.map_or(&self.traffic, |route| &route.traffic);
            let traffic = branch.traffic.as_deref().unwrap_or(around);
            if branch.handler != Handler::Nothing {
                self.push(&branch.handler, route, Some(traffic), request, depth, answers);
            }
            for answer in &mut answers[first..] {
                answer.doubt = answer.doubt.take().or_else(|| unsure.clone()).or_else(|| doubt.clone());
            }
            if unsure.is_none() && branch.handler.ends_under(&super::When::Always) {
                return Err(Decided);
            }
            doubt = doubt.or(unsure);
        }
        Ok(doubt)
    }

    fn push<'a>(
        &'a self,
        handler: &Handler,
        route: Option<&'a Route>,
        traffic: Option<&'a Traffic>,
        request: &Request,
        depth: usize,
        answers: &mut Vec<Answer<'a>>,
    ) {
        const DEEPEST: usize = 8;
        if let Handler::Rewrite(target, _) = handler {
            let doubt = match target.render(request) {
                Ok(path) if depth < DEEPEST => {
                    let (path, query) = path.split_once('?').unwrap_or((&path, &request.query));
                    let again = Request { path: path.to_owned(), query: query.to_owned(), ..request.clone() };
                    self.routed(&again, None, depth + 1, answers);
                    return;
                }
                Ok(_) => Unknown::new(crate::Why::Limit("rewrites".into()), None),
                Err(why) => why,
            };
            answers.push(Answer { site: Some(self), route, handler: handler.clone(), traffic, doubt: Some(doubt) });
            return;
        }
        answers.push(Answer { site: Some(self), route, handler: handler.clone(), traffic, doubt: None });
    }

    /// The routes a request may get, with the doubt of each.
    fn chosen(&self, request: &Request) -> Chosen<'_> {
        match self.order {
            Order::First => Chosen::Routes(first(&self.routes, request)),
            Order::LongestPrefix => match longest(&self.routes, request) {
                Found::Final(routes) | Found::Prefix(routes) => Chosen::Routes(routes),
                Found::Slash(route) => Chosen::Slash(route),
                Found::Nothing => Chosen::Routes(Vec::new()),
            },
        }
    }

    /// The route of the longest prefix of a path, whatever patterns say.
    pub(crate) fn longest_prefix(&self, path: &str) -> Option<&Route> {
        match self.chosen(&Request::http("", path)) {
            Chosen::Routes(routes) => routes.into_iter().next().map(|(route, _)| route),
            Chosen::Slash(route) => Some(route),
        }
    }
}

/// A branch has certainly answered.
struct Decided;

fn first<'a>(routes: &'a [Route], request: &Request) -> Vec<(&'a Route, Option<Unknown>)> {
    let mut found = Vec::new();
    let mut doubt = None;
    for route in routes.iter().filter(|route| !route.internal) {
        match route.matches(request) {
            Truth::No => {}
            Truth::Unknown(why) => {
                found.push((route, Some(why.clone())));
                doubt = Some(why);
            }
            Truth::Yes => {
                found.push((route, doubt));
                return found;
            }
        }
    }
    found
}

/// What a site chooses for a request.
enum Chosen<'a> {
    /// These routes, with the doubt of each.
    Routes(Vec<(&'a Route, Option<Unknown>)>),
    /// A redirect to the path of this route, which only lacks its final slash.
    Slash(&'a Route),
}

/// What the search for a location ends with.
enum Found<'a> {
    Nothing,
    /// An exact path or a pattern: nothing around it is asked.
    Final(Vec<(&'a Route, Option<Unknown>)>),
    /// Nothing has the path, but a location that passes requests on has it with a slash behind: nginx redirects there.
    Slash(&'a Route),
    /// A prefix: patterns around it come first.
    Prefix(Vec<(&'a Route, Option<Unknown>)>),
}

/// nginx's search: exact, longest prefix, what is nested in it, then patterns in order. A `^~` keeps from the patterns beside
/// it only, not from those around a location it is nested in.
fn longest<'a>(routes: &'a [Route], request: &Request) -> Found<'a> {
    let path = request.path.as_str();
    if let Some(route) = routes.iter().find(|route| matches!(&route.path, PathMatch::Exact(own) if **own == *path)) {
        return Found::Final(vec![(route, None)]);
    }
    let own = |route: &&Route| match &route.path {
        PathMatch::Exact(own) | PathMatch::Prefix(own, _) => own.strip_suffix('/') == Some(path),
        PathMatch::Any | PathMatch::Below(_) | PathMatch::Pattern(_) | PathMatch::Glob(_) | PathMatch::Named(_) => false,
    };
    let has_path = routes.iter().any(|route| matches!(&route.path, PathMatch::Prefix(own, _) if **own == *path));
    if let Some(route) = routes.iter().find(|route| own(route) && route.handler.as_proxy().is_some() && !has_path) {
        return Found::Slash(route);
    }
    let length = |route: &Route| if let PathMatch::Prefix(prefix, _) = &route.path { prefix.len() } else { 0 };
    let fits = |route: &&Route| matches!(&route.path, PathMatch::Prefix(prefix, _) if path.starts_with(&**prefix));
    let mut best = None;
    if let Some(route) = routes.iter().filter(fits).max_by_key(|route| length(route)) {
        let found = match longest(&route.routes, request) {
            Found::Final(found) => return Found::Final(found),
            Found::Slash(route) => return Found::Slash(route),
            Found::Prefix(found) => found,
            Found::Nothing => vec![(route, None)],
        };
        if matches!(route.path, PathMatch::Prefix(_, true)) {
            return Found::Prefix(found);
        }
        best = Some(found);
    }
    let mut found = Vec::new();
    let mut doubt: Option<Unknown> = None;
    for route in routes.iter().filter(|route| matches!(route.path, PathMatch::Pattern(_))) {
        match route.matches(request) {
            Truth::No => {}
            Truth::Yes => {
                found.extend(inner(route, request, doubt));
                return Found::Final(found);
            }
            Truth::Unknown(why) => {
                doubt = Some(why);
                found.extend(inner(route, request, doubt.clone()));
            }
        }
    }
    match best {
        None if found.is_empty() => Found::Nothing,
        None => Found::Prefix(found),
        Some(best) => {
            found.extend(best.into_iter().map(|(route, why)| (route, why.or_else(|| doubt.clone()))));
            Found::Prefix(found)
        }
    }
}

/// A route that was chosen, or what is nested in it.
fn inner<'a>(route: &'a Route, request: &Request, doubt: Option<Unknown>) -> Vec<(&'a Route, Option<Unknown>)> {
    match longest(&route.routes, request) {
        Found::Nothing | Found::Slash(_) => vec![(route, doubt)],
        Found::Final(found) | Found::Prefix(found) => {
            found.into_iter().map(|(route, why)| (route, why.or_else(|| doubt.clone()))).collect()
        }
    }
}
