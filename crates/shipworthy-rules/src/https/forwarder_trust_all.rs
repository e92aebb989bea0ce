//! A list of trusted proxies that holds everybody trusts whoever reaches the port.

use shipworthy_model::picture::{AppServer, Port, Text};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "forwarder-trust-all",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "headers about the client are believed from everybody",
    guide: include_str!("forwarder_trust_all.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = false;
    let mut seen = Vec::new();
    for (front, _, route, _) in facts.passages() {
        for trust in &route.traffic.trusts {
            judged = true;
            if trust.everyone && !seen.contains(&trust.at) {
                seen.push(trust.at);
                findings
                    .fail(format!("{} believes everybody's word about the client", front.kind.name()))
                    .severity(Severity::Medium)
                    .at(trust.at)
                    .label("whoever connects chooses the address, or the scheme, that is told to Django")
                    .help("name the networks of the proxies in front of it")
                    .weighed(facts, front);
            }
        }
    }
    for environment in facts.picture.production() {
        for unit in &environment.units {
            for server in unit.processes.iter().filter_map(|process| process.runs.server()) {
                judged = true;
                match server.believes_everybody() {
                    Truth::No => {}
                    Truth::Unknown(why) => {
                        findings.undecided(&format!("whom {} of `{}` believes", server.program.name(), unit.name), &why);
                    }
                    // A platform's router is all that reaches the application.
                    Truth::Yes if environment.platform.has_router() => {}
                    // Who may write to a socket is believed anyway (gunicorn's `wsgi.create`), and is on this machine.
                    Truth::Yes if listens_on_sockets(server) => {}
                    Truth::Yes => {
                        let published = unit.ports.iter().find(|port| port.is_public() == Some(true) && leads_to(port, server));
                        let at = server.option("forwarded_allow_ips").or(server.option("proxy_headers")).and_then(|it| it.at);
                        let finding =
                            findings.fail(format!("{} believes X-Forwarded headers from everybody", server.program.name()));
                        finding.at(at.unwrap_or(server.at)).help("name the address or network of the proxy, not `*`");
                        match published {
                            Some(port) => finding
                                .label("whoever reaches its port is believed to have come by HTTPS, from any address")
                                .see(port.at, "publishes the port")
                                .severity(if environment.class.is_production() { Severity::High } else { Severity::Medium }),
                            None => finding
                                .label("whatever is in the same network is believed; no port is published here")
                                .severity(Severity::Info),
                        };
                    }
                }
            }
        }
    }
    if !judged {
        findings.not_applicable("nothing here says whose word about the client is believed");
    } else if findings.is_clean() {
        findings.pass("nobody believes everybody's word about the client");
    }
}

/// Whether a server is only to be reached by sockets of its machine.
fn listens_on_sockets(server: &AppServer) -> bool {
    let binds = server.binds();
    !binds.is_empty() && binds.iter().all(|bind| bind.as_str().is_some_and(|bind| bind.starts_with("unix:")))
}

/// Whether a published port may be one that a server listens on.
fn leads_to(port: &Port, server: &AppServer) -> bool {
    let Some(target) = port.target.as_ref().and_then(Text::as_str) else { return true };
    server.binds().iter().all(|bind| bind.as_str().is_none())
        || server.binds().iter().any(|bind| bind.as_str().is_none_or(|bind| bind.ends_with(&format!(":{target}"))))
}
