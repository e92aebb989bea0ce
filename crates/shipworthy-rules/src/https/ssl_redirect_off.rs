//! Without a redirect, whoever types the bare host name talks to the site in the clear.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic, Truth, wire::Failure};

pub(crate) static RULE: Rule = Rule {
    id: "ssl-redirect-off",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &["security.W008"],
    summary: "Django does not redirect plain HTTP to HTTPS",
    guide: include_str!("ssl_redirect_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let redirect = facts.setting("SECURE_SSL_REDIRECT");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings.not_applicable("SECURE_SSL_REDIRECT has no effect: SecurityMiddleware is not installed").at(redirect.region());
        return;
    }
    let ingress = facts.picture.ingress_redirects();
    let (secure, around) = (facts.is_reached_by_tls_only(), facts.serves_without_front());
    match installed.and(!redirect.is_true()) {
        Truth::No => {
            findings.pass(redirect.state("SECURE_SSL_REDIRECT")).at(redirect.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_SSL_REDIRECT", &why);
        }
        Truth::Yes if redirect.truth().is_yes() => {
            findings
                .fail(format!("{}, not True: it redirects by accident", redirect.state("SECURE_SSL_REDIRECT")))
                .at(redirect.region())
                .severity(Severity::Low)
                .django("security.W008")
                .label(format!(
                    "a value of type {} that Python takes for true, where Django's check asks for True itself",
                    redirect.value.type_name()
                ))
                .help("set SECURE_SSL_REDIRECT to the boolean, parsing the environment variable if it comes from one");
        }
        Truth::Yes if secure.is_some() && around.is_none() => {
            findings
                .pass("the front end passes nothing to Django that comes by plain HTTP")
                .at(redirect.region())
                .see(secure, "passes requests on over TLS only");
        }
        Truth::Yes if ingress.as_ref().is_some_and(|(redirects, _)| redirects.is_yes()) => {
            findings
                .pass(format!(
                    "{} sends plain HTTP on to HTTPS or refuses it, unless it is told not to",
                    ingress.as_ref().map_or("", |(_, it)| it.by)
                ))
                .at(redirect.region())
                .see(ingress.map(|(_, it)| it.at), "makes it redirect");
        }
        Truth::Yes if let Some((Truth::Unknown(why), _)) = &ingress => {
            findings.undecided("whether the Ingress redirects to HTTPS", why);
        }
        Truth::Yes if let Some(why) = facts.undecided_tls().filter(|_| facts.entrances().is_empty()) => {
            findings.undecided("whether the front end takes plain HTTP", &why);
        }
        Truth::Yes => {
            let finding = findings.fail(format!(
                "{}: Django serves plain HTTP, unless a front end redirects every request",
                redirect.state("SECURE_SSL_REDIRECT")
            ));
            finding.at(redirect.region().or(facts.setting("MIDDLEWARE").region())).django("security.W008").help(
                "set SECURE_SSL_REDIRECT = True, and SECURE_PROXY_SSL_HEADER if a proxy ends TLS, or redirect in the proxy",
            );
            if let Some((front, server)) = secure.zip(around) {
                finding
                    .severity(Severity::Low)
                    .see(front, "passes nothing on that comes by plain HTTP in one deployment: one step milder")
                    .see(server, "takes it in another, where no front end is known");
            }
        }
    }
}

/// What somebody gets who asks over plain HTTP.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let Some((id, exchange)) = wire.tried(Probe::PlainHttp) else {
        findings.not_applicable("no port for plain HTTP is known").seen([]);
        return;
    };
    match (exchange.response(), exchange.failure()) {
        (Some(response), _) => match response.location() {
            Some((scheme, host, _)) if response.redirects() && scheme == "https" => {
                findings.pass(format!("{site} sends plain HTTP on to https://{host}")).seen([id]);
            }
            // A redirect elsewhere on plain HTTP is followed; what ends at HTTPS is only a detour.
            Some(_) if response.redirects() && ends_secure(wire) => {
                findings.pass(format!("{site} sends plain HTTP on to HTTPS in more than one step")).seen([id]);
            }
            Some(_) | None => {
                findings
                    .fail(format!("{site} answers plain HTTP itself, with {}", response.status))
                    .seen([id])
                    .severity(Severity::High)
                    .label("whoever types the bare name talks to the site in the clear")
                    .help("set SECURE_SSL_REDIRECT = True, or redirect every request with 301 in the front end");
            }
        },
        (None, Some(Failure::Refused | Failure::Closed(_))) => {
            findings.pass(format!("nobody answers plain HTTP at {site}")).seen([id]);
        }
        (None, failure) => {
            let why = failure.map(Failure::reason).unwrap_or_default();
            findings.open(format!("whether {site} redirects plain HTTP could not be decided: {why}")).seen([id]);
        }
    }
}

fn ends_secure(wire: &shipworthy_model::Wire) -> bool {
    wire.answers(Probe::Hop).any(|seen| seen.response.location().is_some_and(|(scheme, _, _)| scheme == "https"))
}
