//! TLS 1.0 and 1.1 were withdrawn in 2021.

use shipworthy_model::wire::{Failure, Handshake, Protocol};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "tls-legacy",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end speaks versions of TLS that were withdrawn",
    guide: include_str!("tls_legacy.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        servers(facts, findings);
    }
    exchanges(facts, findings);
}

fn servers(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut secure = None;
    for front in facts.production_fronts() {
        for site in front.sites.iter().filter(|site| site.speaks_tls().is_yes()) {
            secure = secure.or(Some(site.at));
            let Some((version, Some(at))) = site.tls.oldest() else { continue };
            if !matches!(version, "sslv2" | "sslv3" | "tlsv1" | "tlsv1.1") || seen.contains(&at) {
                continue;
            }
            seen.push(at);
            findings
                .fail(format!("{} is told to speak {version}", front.kind.name()))
                .at(at)
                .label("a version below TLS 1.2; whether it is spoken also hangs on the TLS library")
                .help("name TLSv1.2 and TLSv1.3 and no other")
                .weighed(facts, front);
        }
    }
    findings.conclude(secure, "no version below TLS 1.2 is asked for", "no front end here speaks TLS");
}

fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
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
