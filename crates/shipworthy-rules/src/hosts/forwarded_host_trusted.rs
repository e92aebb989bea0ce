//! `X-Forwarded-Host` is whatever the client wrote unless the proxy replaces it.

use shipworthy_model::front::{FrontKind, Part, Sent, Text};
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "forwarded-host-trusted",
    topic: Topic::Hosts,
    severity: Severity::High,
    django: &[],
    summary: "USE_X_FORWARDED_HOST believes a header that clients can send",
    guide: include_str!("forwarded_host_trusted.md"),
    check,
};

const HELP: &str =
    "remove it and let the proxy pass the Host header on, or make sure that the proxy always sets X-Forwarded-Host itself";

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let forwarded = facts.setting("USE_X_FORWARDED_HOST");
    let at = forwarded.region();
    let hosts = facts.setting("ALLOWED_HOSTS");
    match (forwarded.truth(), facts.lists("ALLOWED_HOSTS", "*")) {
        (Truth::No, _) => {
            findings.pass(format!("USE_X_FORWARDED_HOST is off{}", forwarded.unless())).at(at);
        }
        (Truth::Unknown(why), _) => {
            findings.undecided("USE_X_FORWARDED_HOST", &why).at(why.at.or(at));
        }
        (Truth::Yes, Truth::Yes) if replaced(facts).is_some() => {
            findings.pass("USE_X_FORWARDED_HOST takes the host from a header that the front end sets").at(at);
        }
        (Truth::Yes, Truth::Yes) => {
            findings
                .fail("USE_X_FORWARDED_HOST takes the host from a header, and ALLOWED_HOSTS accepts every host")
                .at(at)
                .see(hosts.region(), "accepts every host")
                .help("name the hosts in ALLOWED_HOSTS; even a proxy that checks the Host header passes this one on");
        }
        (Truth::Yes, Truth::No | Truth::Unknown(_)) if judge(facts, findings) => {}
        (Truth::Yes, Truth::No | Truth::Unknown(_)) => {
            findings
                .open("USE_X_FORWARDED_HOST takes the host from a header; whether the proxy replaces it is not to be seen")
                .at(at)
                .help(HELP);
        }
    }
}

/// Where the front ends set the header themselves, if all of them are seen to.
fn replaced(facts: &Facts) -> Option<Region> {
    let passages = facts.passages();
    let set = passages.iter().map(|(front, _, route, upstream)| {
        let sent = route.forwards("x-forwarded-host");
        // Caddy's own word for the host is the one that chose the site.
        let caddys = |part: &Part| *part == Part::HostHeader && front.kind == FrontKind::Caddy;
        let checked = |text: &Text| text.is_host() || text.as_part().is_some_and(caddys);
        let own = sent.is_clients().is_no() || matches!(&sent, Sent::Text(text, _) if checked(text));
        own.then(|| sent.at().unwrap_or(upstream.at))
    });
    set.collect::<Option<Vec<_>>>()?.first().copied()
}

/// Settles it by the front ends, where there are any.
fn judge(facts: &Facts, findings: &mut Findings) -> bool {
    let forwarded = facts.setting("USE_X_FORWARDED_HOST").region();
    if let Some(at) = replaced(facts) {
        let message = "USE_X_FORWARDED_HOST takes the host from a header that the front end sets";
        findings.pass(message).at(forwarded).see(at, "sets it");
        return true;
    }
    for entrance in facts.entrances() {
        let sent = entrance.traffic.forwards("x-forwarded-host");
        let reached = facts.is_public(entrance.front, entrance.listener).is_yes() && entrance.front.ends_tls();
        let first = if let Sent::Defaulted(inner, ..) = &sent { inner } else { &sent };
        if reached && matches!(first, Sent::Client | Sent::Extended(..)) {
            let name = entrance.front.kind.name();
            findings
                .fail(format!("USE_X_FORWARDED_HOST takes the host from a header that {name} passes on as the client wrote it"))
                .at(forwarded)
                .severity(Severity::Medium)
                .see(entrance.at(), "passes the client's X-Forwarded-Host on")
                .help(HELP);
            return true;
        }
    }
    false
}

/// Django refuses a malformed host whatever `ALLOWED_HOSTS` says: if one in `X-Forwarded-Host` is refused, it was believed.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let (Some(home), Some(malformed)) = (wire.answer(Probe::Home), wire.answer(Probe::ForwardedMalformed)) else {
        findings.open(format!("whether {site} believes X-Forwarded-Host could not be decided: no answer came")).seen([]);
        return;
    };
    let refused = malformed.response.status == 400 && home.response.status != 400;
    let asks = wire.answers(Probe::MalformedHost).any(|seen| seen.response.status == 400 && seen.response.is_django())
        || facts.has_middleware("django.middleware.common.CommonMiddleware").is_yes();
    if !refused && !asks {
        findings.not_applicable(format!("nothing tells whether Django asks for its host at {site}")).seen([]);
    } else if !refused {
        findings.pass(format!("{site} answers the same whatever X-Forwarded-Host says")).seen([malformed.id]);
    } else if !wire.refuses_host(malformed.response) {
        findings
            .open(format!("{site} refuses a malformed X-Forwarded-Host, and nothing tells whether Django does"))
            .seen([malformed.id]);
    } else {
        let any = wire.answer(Probe::ForwardedHost).filter(|seen| seen.response.status == home.response.status);
        let finding = match any {
            Some(seen) => findings
                .fail(format!("{site} takes its host from the client's X-Forwarded-Host, and accepts any"))
                .seen([seen.id, malformed.id])
                .severity(Severity::Critical),
            None => findings
                .fail(format!("{site} takes its host from the client's X-Forwarded-Host"))
                .seen([malformed.id])
                .severity(Severity::Medium),
        };
        finding.label("password reset mails and caches hold the address that a stranger sent").help(HELP);
    }
}
