//! `trust` lets in whoever can connect, as any user, without a password.

use shipworthy_model::picture::{ConfKind, Directive};
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "postgres-trust",
    topic: Topic::Databases,
    severity: Severity::High,
    django: &[],
    summary: "PostgreSQL asks for no password",
    guide: include_str!("postgres_trust.md"),
    check,
};

/// What the official image puts into `pg_hba.conf` for every address.
const METHOD: &str = "POSTGRES_HOST_AUTH_METHOD";

fn check(facts: &Facts, findings: &mut Findings) {
    let mut proof: Option<Region> = None;
    let mut databases = 0;
    for deployed in production::units(facts) {
        let variable = deployed.unit.variable(METHOD);
        let is_postgres = deployed.unit.image_name().is_some_and(|image| image.contains("postg"));
        databases += usize::from(is_postgres);
        match variable.map(|variable| (&variable.value, variable.value.as_str())) {
            Some((value, Some(method))) if method.eq_ignore_ascii_case("trust") => {
                container(&deployed, value.at, findings);
            }
            Some((value, None)) => {
                if let Some(why) = value.as_unknown() {
                    findings.undecided(&format!("{METHOD} of {}", deployed.unit.name), why);
                }
            }
            Some((value, Some(_))) => proof = Some(value.at),
            None if is_postgres => proof = proof.or(Some(deployed.unit.at)),
            None => {}
        }
    }
    for conf in facts.picture.confs.iter().filter(|conf| conf.kind == ConfKind::PostgresAccess) {
        let class = facts.picture.class(conf.artifact);
        if !class.may_be_production() {
            continue;
        }
        databases += 1;
        proof = proof.or(Some(Region::whole(conf.artifact)));
        for line in conf.directives.iter().filter(|line| trusts_others(line)) {
            let finding = findings.fail("pg_hba.conf lets other machines in without a password");
            finding.at(line.at).help("write scram-sha-256 in the place of trust");
            if !class.is_production() {
                finding.severity(Severity::Medium);
            }
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if databases > 0 {
        findings.pass("no PostgreSQL of the deployment is told to trust everybody").at(proof);
    } else {
        findings.not_applicable("no file of the deployment configures PostgreSQL");
    }
}

fn container(deployed: &Deployed<'_>, at: Region, findings: &mut Findings) {
    let finding =
        findings.fail(format!("{} lets everybody who reaches it in without a password{}", deployed.unit.name, deployed.unless()));
    let published = deployed.unit.ports.iter().find(|port| port.is_public() == Some(true));
    finding
        .at(at)
        .see(published.map(|port| port.at), "and its port is published")
        .help("delete the variable, and give a password: POSTGRES_PASSWORD_FILE");
    finding.severity(if published.is_some() { Severity::Critical } else { Severity::High });
    if deployed.is_tried_out() {
        finding.severity(Severity::Low);
    } else {
        deployed.weigh(finding);
    }
}

/// Whether a line of `pg_hba.conf` lets connections of other machines in without a password: type, database, user,
/// address, method.
fn trusts_others(line: &Directive) -> bool {
    let words: Vec<&str> = line.values.iter().map(|value| value.as_str().unwrap_or_default()).collect();
    let [_, _, address, rest @ ..] = words.as_slice() else { return false };
    // A mask may stand between address and method.
    let method = rest.iter().find(|word| word.chars().any(char::is_alphabetic));
    let own = address.starts_with("127.") || address.starts_with("::1") || matches!(*address, "localhost" | "samehost");
    line.name.starts_with("host") && !own && method == Some(&"trust")
}
