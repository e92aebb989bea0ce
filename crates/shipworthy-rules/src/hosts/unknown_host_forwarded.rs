//! A front end that passes every host on leaves `ALLOWED_HOSTS` as the only guard.

use shipworthy_model::front::Scheme;
use shipworthy_model::wire::Failure;
use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Sign, Topic};

use crate::strangers::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "unknown-host-forwarded",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end passes requests for unknown hosts to Django",
    guide: include_str!("unknown_host_forwarded.md"),
    check,
};

const WORDS: Words = Words {
    requests: "requests",
    none: "no front end here passes plain requests to Django",
    help: "add a site before it that is the default and turns everything away: `listen 80 default_server; return 444;` in nginx",
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.wire().is_none() || !facts.fronts.is_empty() {
        strangers::judge(facts, findings, Scheme::Http, &WORDS);
    }
    exchanges(facts, findings);
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
