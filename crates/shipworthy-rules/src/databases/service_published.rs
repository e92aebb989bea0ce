//! Databases, caches and brokers are for the application alone; a published port offers them to everybody.

use std::collections::BTreeSet;

use shipworthy_model::picture::{Environment, Port, Publishing, Role, Unit};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "service-published",
    topic: Topic::Databases,
    severity: Severity::High,
    django: &[],
    summary: "a database, cache or broker can be reached from outside",
    guide: include_str!("service_published.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut services = 0;
    for deployed in production::units(facts) {
        let Some(what) = what(deployed.unit.role) else { continue };
        services += 1;
        for port in deployed.unit.ports.iter().filter(|port| is_open(deployed.environment, deployed.unit, port)) {
            if !seen.insert((port.at.artifact, port.at.start)) {
                continue;
            }
            let name = &deployed.unit.name;
            let number = port.target.as_ref().or(port.published.as_ref()).map_or("a port", |number| number.shown());
            if port.how == Publishing::HostNetwork {
                // Where it listens, its own configuration may say.
                let finding = findings.open(format!(
                    "{name}, {what}, shares the network of the host: its port is open on every address, unless it is told to listen on one"
                ));
                finding.at(port.at).help("give it the network of the other units, and publish nothing");
            } else if port.is_loopback().is_none() {
                findings
                    .open(format!("{number} of {name}, {what}, is published at an address that the file does not decide"))
                    .at(port.at);
            } else if deployed.is_tried_out() {
                findings
                    .open(format!(
                        "{number} of {name}, {what}, is published, and nothing says whether {} is production's",
                        deployed.environment.name
                    ))
                    .at(port.at);
            } else {
                let finding =
                    findings.fail(format!("{number} of {name}, {what}, is published on every address{}", deployed.unless()));
                finding.at(port.at).help(help(port.how));
                if port.how == Publishing::Host && port.published.is_none() {
                    // Scanners look for databases at their own ports first.
                    finding.severity(finding.severity.lowered());
                    finding.label("only the port inside is given: Docker takes a free one of the host, another on each start");
                } else if port.how == Publishing::Host {
                    finding.label("a port that Docker publishes is open past the rules of ufw");
                }
                deployed.weigh(finding);
            }
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if services > 0 {
        findings.pass("no database, cache or broker of the deployment is published");
    } else {
        findings.not_applicable("no file of the deployment starts a database, cache or broker");
    }
}

/// What a service is in a message, for those that nobody but the application may reach.
fn what(role: Role) -> Option<&'static str> {
    match role {
        Role::Database => Some("a database"),
        Role::Cache => Some("a cache"),
        Role::Broker => Some("a message broker"),
        Role::Search => Some("a search engine"),
        Role::Monitor
        | Role::Web
        | Role::Worker
        | Role::Scheduler
        | Role::Job
        | Role::FrontEnd
        | Role::Mail
        | Role::Storage
        | Role::Other => None,
    }
}

/// Whether a port can be reached by others than the environment's own units. A platform's router lets only requests for
/// the web through, and load balancers can be internal.
fn is_open(environment: &Environment, unit: &Unit, port: &Port) -> bool {
    let internal = unit.labels.iter().any(|(name, value)| {
        let (name, value) = (name.shown(), value.shown());
        name.contains("internal") || (name.contains("load-balancer") && value.to_ascii_lowercase().contains("internal"))
    });
    !environment.platform.has_router()
        && port.is_loopback() != Some(true)
        && !port.is_private()
        && match port.how {
            Publishing::Host | Publishing::NodePort => true,
            Publishing::LoadBalancer => !internal,
            Publishing::HostNetwork => !is_bound(unit),
            Publishing::Router => false,
        }
}

/// Whether its command names the address that it listens on.
fn is_bound(unit: &Unit) -> bool {
    let mut words = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    words.any(|word| ["bind", "listen_addresses", "127.0.0.1", "localhost"].iter().any(|own| word.shown().contains(own)))
}

fn help(how: Publishing) -> &'static str {
    match how {
        Publishing::Host | Publishing::HostNetwork => {
            "publish nothing, the units of one network reach each other; or only for this machine: \"127.0.0.1:5432:5432\""
        }
        Publishing::NodePort | Publishing::LoadBalancer | Publishing::Router => {
            "make the Service of type ClusterIP, and reach it with kubectl port-forward"
        }
    }
}
