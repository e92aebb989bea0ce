//! A client that can say it came over HTTPS is believed over plain HTTP.

use shipworthy_model::{Encounter, Facts, Findings, Probe, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "forwarded-proto-spoofable",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "a client can claim that plain HTTP is HTTPS",
    guide: include_str!("forwarded_proto_spoofable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
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
