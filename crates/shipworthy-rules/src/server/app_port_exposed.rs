//! An application server that everybody reaches makes the front end optional.

use shipworthy_model::front::{Address, Upstream};
use shipworthy_model::picture::{Platform, Port, Publishing, Role, Text};
use shipworthy_model::wire::{Failure, Stage};
use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "app-port-exposed",
    topic: Topic::Server,
    severity: Severity::High,
    django: &[],
    summary: "the application server can be reached past the front end",
    guide: include_str!("app_port_exposed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    published(facts, findings);
    exchanges(facts, findings);
}

/// Ports of the application server that the deployment opens beside those of a front end.
fn published(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for (deployed, _, server) in production::servers(facts) {
        let environment = deployed.environment;
        let binds = server.binds();
        if environment.platform == Platform::Machine {
            // Supervisor and uWSGI's own files are as much at home in containers, where every address is that of the container.
            if !facts.artifacts.get(deployed.unit.at.artifact).path.ends_with(".service") {
                continue;
            }
            judged += 1;
            if let Some(bind) = binds.iter().find(|bind| bind.is_everywhere()) {
                let name = server.program.name();
                // What stands in front may be a balancer on another machine, which needs the port.
                if !facts.passages().iter().any(|(.., upstream)| leads_to(upstream, bind)) {
                    findings
                        .open(format!(
                            "{name} of {} listens on every address, {}, and what stands in front of it is not to be seen",
                            deployed.unit.name,
                            bind.shown()
                        ))
                        .at(bind.at)
                        .help("bind it to 127.0.0.1 or a socket, unless a balancer on another machine asks it");
                    continue;
                }
                let finding = findings.fail(format!(
                    "{name} of {} listens on every address: {}{}",
                    deployed.unit.name,
                    bind.shown(),
                    deployed.unless()
                ));
                finding.at(bind.at).severity(Severity::Medium).help("bind it to 127.0.0.1 or a socket");
                deployed.weigh(finding);
            }
            continue;
        }
        let is_front = |port: &Port| port.is_public() == Some(true);
        let front = environment.of_role(Role::FrontEnd).find(|unit| unit.ports.iter().any(is_front));
        let front = front.filter(|front| front.name != deployed.unit.name).map(|front| (&*front.name, front.at));
        let ingress = environment.ingresses.iter().find(|ingress| !ingress.leads.is_empty());
        // Without a front end in the same file, the published port is what one elsewhere forwards to.
        let Some((front, place)) = front.or(ingress.map(|ingress| (ingress.by, ingress.at))) else { continue };
        judged += 1;
        if environment.platform.has_router() {
            continue;
        }
        let own = |port: &&Port| match port.how {
            // Whatever the server listens on is a port of the host.
            Publishing::HostNetwork => binds.iter().any(Text::is_everywhere),
            Publishing::Host | Publishing::NodePort | Publishing::LoadBalancer | Publishing::Router => {
                binds.iter().any(|bind| port_of(bind) == port.number() && port.number().is_some())
            }
        };
        // The balancers of some clouds reach a Service by no other way.
        let needed = ingress.is_some_and(|ingress| ingress.by != "ingress-nginx");
        let outside = |port: &&Port| match port.how {
            Publishing::Host | Publishing::LoadBalancer | Publishing::HostNetwork => is_front(port),
            Publishing::NodePort => is_front(port) && !needed,
            Publishing::Router => false,
        };
        if let Some(port) = deployed.unit.ports.iter().filter(own).find(outside) {
            let unit = &deployed.unit.name;
            let message = format!("the application server of {unit} is published beside {front}");
            if deployed.is_tried_out() {
                let why = format!("{message}, and nothing says whether {} is production's", environment.name);
                findings.open(why).at(port.at);
                continue;
            }
            let finding = findings.fail(format!("{message}{}", deployed.unless()));
            finding
                .at(port.at)
                .see(place, "what stands in front can be passed by")
                .help("publish no port here: units of one network reach each other");
            deployed.weigh(finding);
        }
    }
    if judged > 0 && findings.is_clean() {
        findings.pass("no file publishes the application server beside its front end");
    }
}

/// Whether a front end of the same machine passes requests to a port.
fn leads_to(upstream: &Upstream, bind: &Text) -> bool {
    let addresses = upstream.servers.iter().filter_map(|server| server.address.as_ref().ok());
    addresses.filter(|it| it.is_local()).any(|it| matches!(it, Address::Net(_, port) if port.is_some() && *port == port_of(bind)))
}

fn port_of(bind: &Text) -> Option<u16> {
    let bind = bind.as_str()?;
    bind.rsplit(':').next()?.parse().ok()
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        if findings.is_silent() {
            findings
                .not_applicable("no file shows an application server beside a front end, and the running site was not looked at");
        }
        return;
    };
    let Some((id, exchange)) = wire.tried(Probe::AppPort) else {
        findings.not_applicable("no port of an application server was named with --app-port").seen([]);
        return;
    };
    match (exchange.response(), exchange.failure()) {
        (Some(_), _) => {
            findings
                .fail(format!("the application server answers at {}, past the front end", exchange.request.address))
                .seen([id])
                .label("whoever asks there writes the headers that the front end would have replaced")
                .help("bind it to 127.0.0.1 or a socket, and publish no port of its container");
        }
        (None, Some(Failure::Refused | Failure::Timeout(Stage::Connecting) | Failure::Unreachable(_))) => {
            findings.pass("the application server's port cannot be reached from here").seen([id]);
        }
        (None, failure) => {
            let why = failure.map(Failure::reason).unwrap_or_default();
            findings.open(format!("something listens at the application server's port: {why}")).seen([id]);
        }
    }
}
