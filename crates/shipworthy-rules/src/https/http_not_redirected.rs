//! A plain socket that serves the site instead of redirecting keeps everybody in the clear who comes by it.

use shipworthy_model::front::Scheme;
use shipworthy_model::{Entrance, Facts, Findings, Region, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "http-not-redirected",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "the front end serves the site over plain HTTP beside HTTPS",
    guide: include_str!("http_not_redirected.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let entrances = facts.entrances();
    if entrances.is_empty() {
        findings.not_applicable("no front end here passes requests to Django");
        return;
    }
    let mut plain = entrances.iter().filter(|it| it.request.scheme == Scheme::Http).peekable();
    if plain.peek().is_none() {
        findings.pass("no plain socket of a front end leads to Django").at(entrances[0].site.at);
        return;
    }
    let redirect = facts.setting("SECURE_SSL_REDIRECT");
    if redirect.truth().and(facts.has_security_middleware()).is_yes() {
        findings.pass("Django redirects what comes by a plain socket").at(redirect.region());
        return;
    }
    let mut seen: Vec<Option<Region>> = Vec::new();
    for entrance in plain {
        if !seen.contains(&entrance.listener.at) || entrance.listener.at.is_none() {
            seen.push(entrance.listener.at);
            judge(facts, findings, entrance);
        }
    }
}

fn judge(facts: &Facts, findings: &mut Findings, entrance: &Entrance<'_>) {
    let name = entrance.front.kind.name();
    let port = entrance.request.port();
    let at = entrance.listener.at.unwrap_or(entrance.site.at);
    let host = entrance.request.hostname();
    if matches!(&*host, "localhost" | "127.0.0.1") && entrance.front.ends_tls() {
        findings.pass(format!("{name} answers {host} only on its plain port {port}")).at(at);
        return;
    }
    let finding = match (facts.is_public(entrance.front, entrance.listener), &entrance.doubt) {
        (Truth::No, _) => {
            findings.pass(format!("{name} on port {port} gets requests from another proxy only")).at(at);
            return;
        }
        (_, Some(why)) => findings.undecided(&format!("whether {name} redirects plain requests on port {port}"), why),
        (Truth::Yes, None) if entrance.front.ends_tls() => findings
            .fail(format!("{name} passes plain requests on port {port} to Django, beside its site over TLS"))
            .see(entrance.at(), "passes them on")
            .weighed(facts, entrance.front),
        (Truth::Yes | Truth::Unknown(_), None) => findings
            .open(format!(
                "{name} passes plain requests on port {port} to Django, and whether TLS ends before it is not to be seen"
            ))
            .see(entrance.at(), "passes them on"),
    };
    finding.at(at).help("answer plain requests with a permanent redirect: `return 301 https://$host$request_uri;` in nginx");
}
