//! Django must see the host that chose the site: not the proxy's own name, and not what the client wrote beside it.

use shipworthy_model::front::{Address, Bind, Front, FrontKind, Protocol, Scheme, Scope, Sent, Site, Stranger};
use shipworthy_model::{Facts, Findings, Kind, Probe, Region, Rule, Severity, Sign, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "proxy-host-header",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end hands Django another host than the one that it checked",
    guide: include_str!("proxy_host_header.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    servers(facts, findings);
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut judged = false;
    let forwarded = facts.truth("USE_X_FORWARDED_HOST");
    for (front, site, route, upstream) in facts.passages() {
        if !matches!(upstream.protocol, Protocol::Http | Protocol::Https) {
            continue;
        }
        judged = true;
        // Where Django reads the other header, that one is its host.
        let other = route.forwards("x-forwarded-host");
        let replaced = !forwarded.is_no() && matches!(other, Sent::Text(..));
        let sent = if replaced { other } else { route.forwards("host") };
        // What a piece of a site does not say, the site around it may.
        if replaced && !forwarded.is_yes() || front.scope == Scope::Fragment && sent.at().is_none() {
            continue;
        }
        let at = sent.at().unwrap_or(upstream.at);
        let lost = route.lost().iter().any(|lost| lost.upstream && &*lost.name == "host");
        if seen.contains(&at) || lost {
            continue;
        }
        seen.push(at);
        let name = front.kind.name();
        // Other programs make the two hosts one before they choose a site.
        if front.kind == FrontKind::Nginx && sent.is_raw_host() {
            let bypassed = turns_strangers_away(front, site);
            let finding = findings
                .fail(format!("{name} passes the Host header on as the client wrote it, not the host that chose the site"))
                .at(at)
                .help("pass the host that nginx checked: `proxy_set_header Host $host;`");
            if bypassed {
                finding
                    .label("a request with an absolute target is let in by the target's host and shows Django another one")
                    .weighed(facts, front);
            } else {
                finding.severity(Severity::Info).label("no other site here refuses hosts, so this lets nobody in so far");
            }
        } else if let Sent::Text(text, _) = &sent
            && let Some(literal) = text.as_literal()
            && is_upstream(&literal, upstream)
        {
            findings
                .fail(format!("{name} tells Django `{literal}` for a host, the name of the upstream"))
                .at(at)
                .label("Django refuses it, or builds links with it where ALLOWED_HOSTS has it")
                .help("pass the client's host on: `proxy_set_header Host $host;` in nginx, `ProxyPreserveHost On` in Apache")
                .weighed(facts, front);
        }
    }
    if !judged {
        findings.not_applicable("no front end here passes HTTP requests to Django");
    } else if !findings.has(Kind::Fail) {
        findings.pass("the host that Django sees is the one that chose the site").at(seen.first().copied());
    }
}

/// Whether hosts that nobody configures do not come to Django by some socket of a site: that is what can be bypassed.
fn turns_strangers_away(front: &Front, site: &Site) -> bool {
    site.listeners.iter().any(|listener| {
        // The first site of a socket in the file system answers for all hosts, and no port tells which site that is.
        if matches!(listener.bind, Bind::Unix(_)) {
            return front.sites.len() > 1;
        }
        let scheme = match listener.tls {
            Truth::Yes => Scheme::Https,
            Truth::No => Scheme::Http,
            Truth::Unknown(_) => return false,
        };
        let port = listener.port.known().ok().flatten().unwrap_or(scheme.port());
        match front.stranger(scheme, port) {
            Stranger::Rejected(_) | Stranger::Kept(_) | Stranger::Redirected(_) => true,
            Stranger::Served(_) | Stranger::Unknown(_) => false,
        }
    })
}

fn is_upstream(host: &str, upstream: &shipworthy_model::front::Upstream) -> bool {
    upstream.name.as_deref() == Some(host)
        || upstream.servers.iter().any(|server| match &server.address {
            Ok(Address::Net(name, Some(port))) => host == format!("{name}:{port}") || **name == *host,
            Ok(Address::Net(name, None)) => **name == *host,
            Ok(Address::Unix(_)) => host == "localhost",
            Err(_) => false,
        })
}

/// What Django makes of the site's own host, and of another beside it.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let Some(home) = wire.answer(Probe::Home) else {
        findings.not_applicable("the first page gave no answer").seen([]);
        return;
    };
    if wire.refuses_host(home.response) {
        findings
            .fail(format!("Django refuses requests for {site} itself"))
            .seen([home.id])
            .label("it is handed another host, or ALLOWED_HOSTS lacks this one")
            .help("pass the client's host on, and name it in ALLOWED_HOSTS");
        return;
    }
    let Some(beside) = wire.answer(Probe::AbsoluteForm) else {
        findings.not_applicable("no answer came to a request that names two hosts").seen([]);
        return;
    };
    let strangers = [Probe::UnknownHost, Probe::UnknownHostHttp, Probe::UnknownName, Probe::MalformedHost];
    let mut strangers = strangers.into_iter().flat_map(|probe| wire.answers(probe));
    let let_in = |seen: &shipworthy_model::Encounter<'_>| {
        seen.exchange.request.secure == beside.exchange.request.secure && wire.is_application(seen.response) == Some(true)
    };
    if let Some(seen) = strangers.find(let_in) {
        findings.not_applicable(format!("{site} passes every host on to Django")).seen([seen.id]);
        return;
    }
    if beside.response.shows(Sign::Reflected) && wire.is_application(beside.response) == Some(true)
        || wire.refuses_host(beside.response)
    {
        findings
            .fail(format!("{site} lets a request in by the host of its target, and shows Django the other one beside it"))
            .seen([beside.id])
            .label("a default site that refuses unknown hosts is bypassed")
            .help("pass the host that nginx checked: `proxy_set_header Host $host;`");
    } else {
        findings.pass(format!("{site} shows Django no other host than the one that chose the site")).seen([beside.id]);
    }
}
