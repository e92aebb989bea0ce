//! Django redirects to HTTPS and never learns that a request came that way.

use shipworthy_model::front::Scheme;
use shipworthy_model::{Facts, Findings, Probe, Region, Rule, Severity, Topic, Truth};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "https-redirect-loop",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "Django redirects to HTTPS requests that came by HTTPS",
    guide: include_str!("https_redirect_loop.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let (does_not, whether) = ("Django does not redirect to HTTPS", "whether Django redirects to HTTPS");
    let Some(redirect) = subjects::behind_tls(facts, findings, "SECURE_SSL_REDIRECT", does_not, whether) else { return };
    match facts.scheme_header() {
        Ok(None) => {}
        // Whether that header arrives is the question of forwarded-proto-missing.
        Ok(Some((header, _))) => {
            findings
                .pass(format!("Django learns the scheme from {header}"))
                .at(facts.setting("SECURE_PROXY_SSL_HEADER").region());
            return;
        }
        Err(why) => {
            findings.undecided("SECURE_PROXY_SSL_HEADER", &why).at(why.at);
            return;
        }
    }
    let mut seen: Vec<Region> = Vec::new();
    for entrance in facts.entrances().iter().filter(|it| it.request.scheme == Scheme::Https && it.doubt.is_none()) {
        if seen.contains(&entrance.at()) {
            continue;
        }
        seen.push(entrance.at());
        let name = entrance.front.kind.name();
        match facts.sees_https(entrance, &entrance.request) {
            Truth::Yes => {}
            Truth::No => {
                findings
                    .fail(format!("{name} ends TLS, Django takes its requests for plain ones and redirects them without end"))
                    .at(redirect.region())
                    .see(entrance.at(), "hands requests over in the clear")
                    .help("let the front end set X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\")")
                    .weighed(facts, entrance.front);
            }
            Truth::Unknown(why) => {
                findings
                    .undecided(&format!("whether Django knows that requests from {name} came by HTTPS"), &why)
                    .at(redirect.region())
                    .see(entrance.at(), "hands requests over");
            }
        }
    }
    if findings.is_clean() {
        findings.pass("the application server learns the scheme from the front end").at(seen.first().copied());
    }
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let Some(seen) = wire.answer(Probe::Home) else {
        findings.not_applicable("the first page gave no answer").seen([]);
        return;
    };
    if !seen.exchange.request.secure {
        findings.not_applicable("the site was not seen over HTTPS").seen([]);
        return;
    }
    let here = (String::from("https"), wire.site.authority(true), seen.exchange.request.target.to_string());
    // A cookie may be what the redirect waits for; then the same address answers the second time.
    let waits = seen.response.cookies().next().is_some();
    if seen.response.redirects() && seen.response.location() == Some(here) && !waits {
        findings
            .fail(format!("{} redirects HTTPS to itself", wire.called()))
            .seen([seen.id])
            .label("Django does not learn that the request was secure, and redirects for ever")
            .help("let the front end set X-Forwarded-Proto, and set SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\")");
    } else {
        findings.pass(format!("{} answers over HTTPS", wire.called())).seen([seen.id]);
    }
}
