//! Ingresses of Kubernetes as front ends: hosts and paths lead to services, and the controller writes the headers.
//!
//! Sources of the facts: the documentation of Ingress (kubernetes.io/docs/concepts/services-networking/ingress) and the
//! template `nginx.tmpl` of ingress-nginx. That a controller writes `X-Forwarded-Proto` holds for all that are in wide use.

use std::sync::Arc;

use shipworthy_model::front::{
    Address, Branch, Change, Front, FrontKind, Handler, HeaderRule, Known, Listener, Name, Order, Part, PathMatch, Pattern,
    Piece, Protocol, Redirect, Respond, Route, Scheme, Scope, Server, Site, Stated, Text, Traffic, Trust, Unmatched, Upstream,
    Use, When,
};
use shipworthy_model::picture::{self, Environment, Fit, Ingress, Lead};
use shipworthy_model::{Artifacts, Truth, Unknown, Why};

const NGINX: &str = "ingress-nginx";

/// The front end that the Ingresses of an environment make together: a controller joins their rules by host.
pub(super) fn front(environment: &Environment, artifacts: &Artifacts) -> Option<Front> {
    let first = environment.ingresses.iter().find(|ingress| !ingress.leads.is_empty())?;
    let artifact = first.leads.first()?.at.artifact;
    let scope = if environment.complete { Scope::Whole } else { Scope::Sites };
    let mut front = Front::new(FrontKind::Ingress, artifact, &artifacts.get(artifact).path, scope);
    front.unmatched = Unmatched::Program(Respond::status(404, None));
    front.uses.push(Use { environment: environment.name.clone(), unit: None, path: "".into() });
    let leads: Vec<(&Ingress, &Lead)> =
        environment.ingresses.iter().flat_map(|it| it.leads.iter().map(move |lead| (it, lead))).collect();
    let mut seen: Vec<Option<&str>> = Vec::new();
    for (ingress, lead) in &leads {
        let host = lead.host.as_ref().map(picture::Text::shown);
        if seen.contains(&host) {
            continue;
        }
        seen.push(host);
        let own: Vec<&Lead> =
            leads.iter().filter(|(_, other)| other.host.as_ref().map(picture::Text::shown) == host).map(|(_, it)| *it).collect();
        front.sites.push(site(ingress, lead, &own));
    }
    Some(front)
}

/// The site of a host.
fn site(ingress: &Ingress, lead: &Lead, leads: &[&Lead]) -> Site {
    let mut site = Site::new(Order::First, lead.at);
    site.names.push(name(lead));
    site.traffic = traffic(ingress);
    site.listeners.push(Listener { at: Some(lead.at), ..Listener::any(80, false, None) });
    match &lead.tls {
        Truth::Yes => site.listeners.push(Listener { at: Some(ingress.at), ..Listener::any(443, true, None) }),
        // A balancer ends TLS by means of its own: what comes by which socket is not to be seen.
        Truth::Unknown(_) => site.listeners.iter_mut().for_each(|listener| listener.tls = lead.tls.clone()),
        Truth::No => {}
    }
    let mut target = Text::literal("https://", None);
    target.pieces.extend([Piece::Part(Part::Host), Piece::Part(Part::Uri)]);
    let redirect = Redirect { status: Ok(308), target, at: ingress.at };
    let when = match &ingress.redirects {
        Truth::Yes => Some(When::Scheme(Scheme::Http)),
        Truth::Unknown(why) => Some(When::Scheme(Scheme::Http).and(When::Unknown(why.clone()))),
        Truth::No if ingress.by == NGINX => None,
        // Other controllers are told elsewhere whether they send plain requests on.
        Truth::No => Some(When::Scheme(Scheme::Http).and(When::Unknown(told_elsewhere(ingress)))),
    };
    if let Some(when) = when.filter(|_| lead.tls.is_yes()) {
        site.before.push(Branch { when, handler: Handler::Redirect(redirect), traffic: None, at: ingress.at });
    }
    let mut ranked: Vec<&Lead> = leads.to_vec();
    ranked.sort_by_key(|lead| (lead.path.1 != Fit::Exact, std::cmp::Reverse(lead.path.0.len())));
    site.routes = ranked.into_iter().map(|lead| route(lead, &site.traffic)).collect();
    site
}

fn name(lead: &Lead) -> Name {
    let Some(host) = &lead.host else { return Name::Any };
    match (host.as_str(), host.as_unknown()) {
        (Some("*"), _) => Name::Any,
        (Some(host), _) => {
            host.strip_prefix("*.").map_or_else(|| Name::Exact(host.into()), |domain| Name::OneBelow(domain.into()))
        }
        (None, Some(why)) => Name::One(why.clone()),
        (None, None) => Name::One(Unknown::new(Why::Unsupported("this host".into()), Some(host.at))),
    }
}

fn route(lead: &Lead, traffic: &Traffic) -> Route {
    let (written, fit) = &lead.path;
    let path = match fit {
        Fit::Exact => PathMatch::Exact(written.clone()),
        Fit::Below if &**written == "/" => PathMatch::Any,
        Fit::Below => PathMatch::Below(written.trim_end_matches('/').into()),
        Fit::Pattern => PathMatch::Pattern(Pattern::new(&format!("^{}", written.trim_start_matches('^')), true, Some(lead.at))),
    };
    // A name that a template fills in is the same wherever it is written so.
    let address: Known<Address> = Ok(Address::Net(Arc::from(lead.service.shown()), lead.port));
    let upstream = Upstream {
        protocol: Protocol::Http,
        servers: vec![Server { address, at: Some(lead.service.at) }],
        name: None,
        path: None,
        script: None,
        at: lead.service.at,
    };
    Route::new(path, Handler::Proxy(upstream), traffic.clone(), lead.at)
}

fn told_elsewhere(ingress: &Ingress) -> Unknown {
    Unknown::new(Why::Machine("the settings of the controller of the Ingress".into()), Some(ingress.at))
}

/// What the controller makes of headers. ingress-nginx sets them all; of others only the scheme is certain.
fn traffic(ingress: &Ingress) -> Traffic {
    let rule = |name: &str, change, at| HeaderRule { name: name.into(), change, when: When::Always, at };
    let set = |part: Part| Change::Set(Text::part(part, None));
    let nginx = ingress.by == NGINX;
    let mut rules = vec![rule("x-forwarded-proto", set(Part::Scheme), None)];
    let host = if nginx { set(Part::HostHeader) } else { Change::Unknown(told_elsewhere(ingress)) };
    rules.push(rule("x-forwarded-host", host, None));
    if nginx {
        rules.push(rule("x-forwarded-port", set(Part::Port), None));
        rules.push(rule("x-real-ip", set(Part::Client), None));
        rules.push(rule("x-forwarded-for", set(Part::Client), None));
    }
    let mut traffic =
        Traffic { underscores: Some(Stated::default(false)), tells_version: Some(Stated::default(false)), ..Traffic::default() };
    if let Some(belief) = &ingress.believes {
        let all: Vec<Known<Arc<str>>> = match belief.networks.as_slice() {
            [] => vec![Ok("0.0.0.0/0".into())],
            networks => networks.iter().cloned().map(Ok).collect(),
        };
        let trust = Trust::new(all, belief.at);
        for name in ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"] {
            let when = trust.condition();
            rules.push(HeaderRule { name: name.into(), change: Change::Keep, when, at: Some(belief.at) });
        }
        rules.push(rule("x-forwarded-proto", Change::Default(Text::part(Part::Scheme, None)), None));
        rules.push(rule("x-forwarded-host", Change::Default(Text::part(Part::HostHeader, None)), None));
        traffic.trusts.push(trust);
    }
    traffic.request_headers = rules;
    traffic
}
