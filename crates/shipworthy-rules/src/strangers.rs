//! What a front end does with requests for hosts that nobody named: one question, asked of plain and of TLS sockets.

use shipworthy_model::front::{FrontKind, Scheme, Stranger};
use shipworthy_model::wire::Failure;
use shipworthy_model::{Entrance, Facts, Findings, Probe, Region, Severity, Truth};

/// The words in which the answers for one kind of socket are said.
pub(crate) struct Words {
    /// The requests: `requests`, `TLS requests`.
    pub(crate) requests: &'static str,
    /// Said where no front end has such a socket.
    pub(crate) none: &'static str,
    /// Said where the running site was not asked by such a socket.
    pub(crate) unasked: &'static str,
    /// How to turn strangers away.
    pub(crate) help: &'static str,
}

/// Judges every socket of this scheme through which front ends reach Django, each once.
pub(crate) fn judge(facts: &Facts, findings: &mut Findings, scheme: Scheme, words: &Words) {
    let mut seen: Vec<(Region, u16)> = Vec::new();
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == scheme) {
        let socket = (Region::whole(entrance.front.artifact), entrance.request.port());
        if !seen.contains(&socket) {
            seen.push(socket);
            socket_of(facts, findings, entrance, words);
        }
    }
    if seen.is_empty() {
        findings.not_applicable(words.none);
    }
}

fn socket_of(facts: &Facts, findings: &mut Findings, entrance: &Entrance<'_>, words: &Words) {
    let (name, port) = (entrance.front.kind.name(), entrance.request.port());
    let requests = words.requests;
    let public = facts.is_public(entrance.front, entrance.listener);
    if public.is_no() {
        findings.pass(format!("{name} on port {port} gets requests from another proxy only")).at(entrance.listener.at);
        return;
    }
    let (path, stranger) = facts.stranger(entrance);
    let answer = match stranger {
        Stranger::Served(answer) => answer,
        Stranger::Rejected(at) => {
            findings.pass(format!("{name} turns unknown hosts away on port {port}")).at(at.or(Some(entrance.site.at)));
            return;
        }
        Stranger::Redirected(answer) | Stranger::Kept(answer) => {
            let at = answer.site.map_or(entrance.site.at, |site| site.at);
            findings.pass(format!("{name} keeps unknown hosts on port {port} from Django")).at(at);
            return;
        }
        Stranger::Unknown(why) => {
            findings.undecided(&format!("what {name} does with unknown hosts on port {port}"), &why).at(why.at);
            return;
        }
    };
    let site = answer.site.unwrap_or(entrance.site);
    let requests = if path == "/" { requests.to_owned() } else { format!("{requests} for {path}") };
    let said = site.listeners.iter().any(|listener| listener.default && listener.port.is(port).is_yes());
    let wildcard = facts.lists("ALLOWED_HOSTS", "*").is_yes();
    let finding = match public {
        Truth::Yes if said || facts.is_whole_front(entrance.front) => findings
            .fail(format!("{name} passes {requests} for every host on port {port} to Django"))
            .severity(if wildcard { Severity::High } else { Severity::Medium })
            .weighed(facts, entrance.front),
        Truth::Yes => findings.open(format!(
            "{name} passes {requests} for every host on port {port} to Django, unless a site in another file is the default"
        )),
        Truth::No | Truth::Unknown(_) => findings.open(format!(
            "{name} passes {requests} for every host on port {port} to Django; whether the internet reaches it is not to be seen"
        )),
    };
    let help = match entrance.front.kind {
        FrontKind::Ingress => "give every rule of the Ingress its `host`, and no default backend that leads to Django",
        FrontKind::Nginx | FrontKind::Apache | FrontKind::Caddy | FrontKind::HaProxy | FrontKind::Traefik | FrontKind::Uwsgi => {
            words.help
        }
    };
    finding.at(site.at).label("the site that answers for hosts that none names").help(help);
    if wildcard {
        finding.see(facts.setting("ALLOWED_HOSTS").region(), "accepts every host too");
    }
}

/// Judges what the running site answers to hosts that nobody has heard of, by this scheme.
pub(crate) fn exchanges(facts: &Facts, findings: &mut Findings, scheme: Scheme, words: &Words) {
    let Some(wire) = facts.wire() else { return };
    let (site, requests) = (wire.called(), words.requests);
    let probes = [Probe::UnknownHost, Probe::UnknownHostHttp, Probe::UnknownName, Probe::MalformedHost];
    let mut turned_away = None;
    let mut unclear = None;
    let asked = probes.into_iter().flat_map(|probe| wire.tries(probe));
    for (id, exchange) in asked.filter(|(_, it)| it.request.secure == (scheme == Scheme::Https)) {
        let Some(response) = exchange.response() else {
            if exchange.failure().is_some_and(Failure::is_rejection) {
                turned_away = turned_away.or(Some(id));
            }
            continue;
        };
        match wire.is_application(response) {
            _ if response.redirects() => {}
            Some(true) => {
                findings
                    .fail(format!("{site} passes {requests} for hosts that it does not know on to Django"))
                    .seen([id])
                    .label("every scanner of the internet reaches the application, and ALLOWED_HOSTS alone stands in between")
                    .help(words.help);
                return;
            }
            Some(false) => turned_away = turned_away.or(Some(id)),
            // Django says 400, which may come without its headers, and never one of the others.
            None if matches!(response.status, 403 | 404 | 410 | 421) && !response.carries_django_headers() => {
                turned_away = turned_away.or(Some(id));
            }
            None => unclear = unclear.or(Some(id)),
        }
    }
    match (unclear, turned_away) {
        (Some(id), _) => {
            findings
                .open(format!(
                    "{site} answers {requests} for a host that it does not know, and nothing tells whether Django does"
                ))
                .seen([id]);
        }
        (None, Some(id)) => {
            findings
                .pass(format!("{site} turns {requests} for hosts away that it does not know, before Django sees them"))
                .seen([id]);
        }
        (None, None) => {
            findings.not_applicable(words.unasked).seen([]);
        }
    }
}
