//! A front end that passes every host on leaves `ALLOWED_HOSTS` as the only guard.

use shipworthy_model::front::{Scheme, Stranger};
use shipworthy_model::wire::Failure;
use shipworthy_model::{Entrance, Facts, Findings, Probe, Region, Rule, Severity, Sign, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "unknown-host-forwarded",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end passes requests for unknown hosts to Django",
    guide: include_str!("unknown_host_forwarded.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.wire().is_none() || !facts.fronts.is_empty() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<(Region, u16)> = Vec::new();
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Http) {
        let socket = (Region::whole(entrance.front.artifact), entrance.request.port());
        if !seen.contains(&socket) {
            seen.push(socket);
            judge(facts, findings, entrance);
        }
    }
    if seen.is_empty() {
        findings.not_applicable("no front end here passes plain requests to Django");
    }
}

fn judge(facts: &Facts, findings: &mut Findings, entrance: &Entrance<'_>) {
    let (name, port) = (entrance.front.kind.name(), entrance.request.port());
    let public = facts.is_public(entrance.front, entrance.listener);
    if public.is_no() {
        findings.pass(format!("{name} on port {port} gets requests from another proxy only")).at(entrance.listener.at);
        return;
    }
    let answer = match entrance.stranger() {
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
    let passed = answer.handler.reaches_upstream(site).is_some_and(|it| facts.is_django(entrance.front, it));
    if !passed {
        findings.pass(format!("{name} keeps unknown hosts on port {port} from Django")).at(site.at);
        return;
    }
    let said = site.listeners.iter().any(|listener| listener.default && listener.port.is(port).is_yes());
    let wildcard = facts.lists("ALLOWED_HOSTS", "*").is_yes();
    let finding = match public {
        Truth::Yes if said || facts.is_whole_front(entrance.front) => findings
            .fail(format!("{name} passes requests for every host on port {port} to Django"))
            .severity(if wildcard { Severity::High } else { Severity::Medium })
            .weighed(facts, entrance.front),
        Truth::Yes => findings.open(format!(
            "{name} passes requests for every host on port {port} to Django, unless a site in another file is the default"
        )),
        Truth::No | Truth::Unknown(_) => findings.open(format!(
            "{name} passes requests for every host on port {port} to Django; whether the internet reaches it is not to be seen"
        )),
    };
    finding.at(site.at).label("the site that answers for hosts that none names").help(
        "add a site before it that is the default and turns everything away: `listen 80 default_server; return 444;` in nginx",
    );
    if wildcard {
        finding.see(facts.setting("ALLOWED_HOSTS").region(), "accepts every host too");
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let probes = [Probe::UnknownHost, Probe::UnknownHostHttp, Probe::UnknownName, Probe::AbsoluteForm, Probe::MalformedHost];
    let mut turned_away = None;
    let mut unclear = None;
    for (id, exchange) in probes.into_iter().flat_map(|probe| wire.tries(probe)) {
        let Some(response) = exchange.response() else {
            if exchange.failure().is_some_and(Failure::is_rejection) {
                turned_away = turned_away.or(Some(id));
            }
            continue;
        };
        // The right host in the target of the request may have been taken for the one in the header, as it should be.
        let right_host = exchange.probe == Probe::AbsoluteForm && response.status != 400 && !response.shows(Sign::Reflected);
        match wire.is_application(response) {
            _ if right_host || response.redirects() => {}
            Some(true) => {
                findings
                    .fail(format!("{site} passes requests for hosts that it does not know on to Django"))
                    .seen([id])
                    .label("every scanner of the internet reaches the application, and ALLOWED_HOSTS alone stands in between")
                    .help("give the front end a default server that answers nothing: in nginx `listen 443 ssl default_server; ssl_reject_handshake on; return 444;`");
                return;
            }
            Some(false) => turned_away = turned_away.or(Some(id)),
            None if matches!(response.status, 400 | 403 | 404 | 410 | 421) && !response.carries_django_headers() => {
                turned_away = turned_away.or(Some(id));
            }
            None => unclear = unclear.or(Some(id)),
        }
    }
    match (unclear, turned_away) {
        (Some(id), _) => {
            findings
                .open(format!("{site} answers for a host that it does not know, and nothing tells whether Django does"))
                .seen([id]);
        }
        (None, Some(id)) => {
            findings.pass(format!("{site} turns hosts away that it does not know, before Django sees them")).seen([id]);
        }
        (None, None) => {
            findings.not_applicable("no answer for an unknown host was seen").seen([]);
        }
    }
}
