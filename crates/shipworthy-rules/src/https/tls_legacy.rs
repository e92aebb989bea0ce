//! TLS 1.0 and 1.1 are broken and were withdrawn in 2021.

use shipworthy_model::wire::{Failure, Handshake, Protocol};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "tls-legacy",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "the server still speaks TLS 1.0 or 1.1",
    guide: include_str!("tls_legacy.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let site = wire.called();
    let old: Vec<&Handshake> = wire.handshakes.iter().filter(|handshake| handshake.offered.is_some()).collect();
    // A server may answer an old offer with another version; only what it chooses counts.
    let chosen: Vec<&str> =
        old.iter().filter_map(|it| it.chosen).filter(|it| *it < Protocol::Tls12).map(Protocol::name).collect();
    let refused = |handshake: &&Handshake| {
        handshake.failure.as_ref().is_some_and(|failure| failure.is_rejection() || matches!(failure, Failure::Tls(_)))
    };
    if !chosen.is_empty() {
        findings
            .fail(format!("{site} still speaks {}", chosen.join(" and ")))
            .seen([])
            .help("allow TLS 1.2 and 1.3 only: `ssl_protocols TLSv1.2 TLSv1.3;` in nginx, `SSLProtocol -all +TLSv1.2 +TLSv1.3` in Apache");
    } else if old.is_empty() {
        findings.not_applicable("no old version of TLS was offered").seen([]);
    } else if old.iter().all(refused) {
        findings.pass(format!("{site} refuses TLS 1.0 and 1.1")).seen([]);
    } else {
        let why = old.iter().find_map(|handshake| handshake.failure.as_ref()).map(Failure::reason).unwrap_or_default();
        findings.open(format!("whether {site} refuses TLS 1.0 and 1.1 could not be decided: {why}")).seen([]);
    }
}
