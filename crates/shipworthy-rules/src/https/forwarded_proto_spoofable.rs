//! A client that says HTTPS over plain HTTP is believed.

use shipworthy_model::front::{Protocol, Request, Scheme};
use shipworthy_model::{Encounter, Entrance, Facts, Findings, Probe, Region, Rule, Severity, Topic, Truth, Unknown};

pub(crate) static RULE: Rule = Rule {
    id: "forwarded-proto-spoofable",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "clients can tell Django over plain HTTP that they came by HTTPS",
    guide: include_str!("forwarded_proto_spoofable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let entrances = facts.entrances();
    let mut seen: Vec<Region> = Vec::new();
    for entrance in entrances.iter().filter(|it| it.request.scheme == Scheme::Http && it.doubt.is_none()) {
        // What uWSGI believes of its own protocol is a rule of its own.
        let is_uwsgi = entrance.upstream.protocol == Protocol::Uwsgi;
        let public = facts.is_public(entrance.front, entrance.listener).is_yes() && entrance.front.ends_tls();
        if public && !is_uwsgi && !seen.contains(&entrance.at()) {
            seen.push(entrance.at());
            judge(facts, findings, entrance);
        }
    }
    if seen.is_empty() {
        findings.not_applicable("no front end here passes plain requests from the internet to Django beside TLS");
    } else if findings.is_clean() {
        findings.pass("what clients say about the scheme does not reach what believes it").at(seen.first().copied());
    }
}

fn judge(facts: &Facts, findings: &mut Findings, entrance: &Entrance<'_>) {
    let name = entrance.front.kind.name();
    let setting = facts.setting("SECURE_PROXY_SSL_HEADER");
    let mut doubt: Option<(String, Unknown)> = None;
    for (header, request) in lies(facts, &entrance.request) {
        match facts.sees_https(entrance, &request) {
            Truth::No => {}
            Truth::Unknown(why) => doubt = doubt.or(Some((header, why))),
            Truth::Yes => {
                let server = facts.servers_behind(entrance.upstream);
                let by_setting = matches!(facts.scheme_header(), Ok(Some((own, _))) if own == header);
                let who = match server.first().filter(|_| !by_setting) {
                    Some(server) => server.program.name(),
                    None => "SECURE_PROXY_SSL_HEADER",
                };
                let believer = if by_setting { setting.region() } else { server.first().map(|server| server.at) };
                findings
                    .fail(format!("{name} passes the client's own {header} on over plain HTTP, and {who} believes it"))
                    .at(entrance.traffic.forwards(&header).at().unwrap_or(entrance.at()))
                    .label("whoever sends the header is not redirected, and gets secure cookies in the clear")
                    .see(believer, "believes it")
                    .help("set the header from the connection on every plain site too, or let that site only redirect")
                    .weighed(facts, entrance.front);
                return;
            }
        }
    }
    if let Some((header, why)) = doubt {
        findings
            .undecided(&format!("whether anything believes the client's own {header}, which {name} passes on,"), &why)
            .at(entrance.at());
    }
}

/// Requests that say HTTPS and are none, each with the header that says so.
fn lies(facts: &Facts, honest: &Request) -> Vec<(String, Request)> {
    let mut headers = vec![("x-forwarded-proto".to_owned(), "https".to_owned()), ("x-forwarded-ssl".to_owned(), "on".to_owned())];
    if let Ok(Some(own)) = facts.scheme_header() {
        headers.retain(|(name, _)| *name != own.0);
        headers.insert(0, own);
    }
    headers.into_iter().map(|(name, value)| (name.clone(), honest.clone().with(&name, &value))).collect()
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let plain = wire.answer(Probe::PlainHttp);
    let redirected = plain.is_some_and(|seen| {
        seen.response.redirects() && seen.response.location().is_some_and(|(scheme, _, _)| scheme == "https")
    });
    let mut proof = None;
    for probe in [Probe::SpoofedProto, Probe::SpoofedSsl] {
        let Some(seen) = wire.answer(probe) else { continue };
        let promises = |seen: &Encounter<'_>| seen.response.header("strict-transport-security").is_some();
        // Over plain HTTP Django sends the header only where it believes that the request was secure.
        let believed = promises(&seen) && plain.is_some_and(|plain| !promises(&plain));
        if redirected && !seen.response.redirects() && seen.response.status < 500 || believed {
            let header = if probe == Probe::SpoofedProto { "X-Forwarded-Proto: https" } else { "X-Forwarded-Ssl: on" };
            findings
                .fail(format!("{site} takes plain HTTP for HTTPS when the client sends {header}"))
                .seen([seen.id])
                .label("the redirect to HTTPS vanishes, and secure cookies are sent in the clear")
                .help("let the front end set X-Forwarded-Proto itself and drop X-Forwarded-Ssl in every request, whatever the client sent");
            return;
        }
        proof = proof.or(redirected.then_some(seen.id));
    }
    if let (Some(seen), Some(home)) = (wire.answer(Probe::DeniedProto), wire.answer(Probe::Home)) {
        let here = Some(("https".to_owned(), wire.site.authority(true), seen.exchange.request.target.to_string()));
        if seen.response.location() == here && !home.response.redirects() {
            findings
                .fail(format!("{site} passes the client's own X-Forwarded-Proto on: over HTTPS it makes a loop of redirects"))
                .seen([seen.id])
                .severity(Severity::Low)
                .help("let the front end set X-Forwarded-Proto itself in every request, whatever the client sent");
            return;
        }
    }
    match proof {
        Some(id) => findings.pass(format!("{site} redirects plain HTTP whatever the client says about it")).seen([id]),
        None => findings.not_applicable("plain HTTP is not redirected, or was not seen").seen([]),
    };
}
