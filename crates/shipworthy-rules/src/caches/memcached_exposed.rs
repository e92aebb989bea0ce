//! memcached asks nobody who he is: the address it listens on is its only protection.

use shipworthy_model::picture::{Conf, ConfKind};
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "memcached-exposed",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &[],
    summary: "memcached listens to everybody",
    guide: include_str!("memcached_exposed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for conf in facts.picture.confs.iter().filter(|conf| conf.kind == ConfKind::Memcached) {
        let class = facts.picture.class(conf.artifact);
        // In a container every address is that of the container; what is published has a rule of its own.
        if !class.may_be_production() || !facts.homes(conf.artifact).is_empty() {
            continue;
        }
        judged += 1;
        let Some((message, at)) = fault(conf) else { continue };
        let finding = findings.fail(message);
        finding.at(at).help("listen on this machine alone, without UDP: -l 127.0.0.1 and -U 0");
        if !class.is_production() {
            finding.severity(Severity::Medium);
        }
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if judged > 0 {
        findings.pass("memcached listens to this machine alone");
    } else {
        findings.not_applicable("no file of the deployment configures memcached on a machine");
    }
}

fn fault(conf: &Conf) -> Option<(String, Region)> {
    let asks = conf.directives.iter().any(|line| matches!(&*line.name, "-S" | "--enable-sasl" | "-Y" | "--auth-file"));
    let of = |names: &[&str]| conf.directives.iter().rev().find(|line| names.contains(&&*line.name));
    let first =
        |line: &shipworthy_model::picture::Directive| line.values.first().and_then(|value| value.as_str().map(str::to_owned));
    if let Some(line) = of(&["-U", "--udp-port"]).filter(|line| first(line).is_some_and(|port| port != "0")) {
        return Some(("memcached answers over UDP, which strangers use to flood others".to_owned(), line.at));
    }
    if asks || of(&["-s", "--unix-socket"]).is_some() {
        return None;
    }
    let everywhere = |address: &str| address.split(',').any(|it| matches!(it.trim(), "0.0.0.0" | "*" | "::" | "[::]"));
    match of(&["-l", "--listen"]) {
        // Without the option it listens on every address.
        None => Some(("memcached is told no address, and listens on all of them".to_owned(), Region::whole(conf.artifact))),
        Some(line) if first(line).is_some_and(|address| everywhere(&address)) => {
            Some(("memcached listens on every address, and asks for no password".to_owned(), line.at))
        }
        Some(_) => None,
    }
}
