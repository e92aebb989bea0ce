//! An application server that everybody reaches makes the front end optional.

use shipworthy_model::wire::{Failure, Stage};
use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Topic};

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
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
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
