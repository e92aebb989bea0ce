//! What `PostgreSQL` asks for decides whether a password can be listened to, or guessed from what was listened to.

use shipworthy_model::picture::{Conf, ConfKind, Directive};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "postgres-weak-auth",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "PostgreSQL asks for passwords in a way that gives them away",
    guide: include_str!("postgres_weak_auth.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut proof: Option<Region> = None;
    for deployed in production::units(facts) {
        let Some(method) = deployed.unit.variable("POSTGRES_HOST_AUTH_METHOD") else { continue };
        proof = proof.or(Some(method.value.at));
        if let Some((what, severity)) = method.value.as_str().and_then(weakness) {
            let finding = findings.fail(format!("{} {what}{}", deployed.unit.name, deployed.unless()));
            finding.at(method.value.at).severity(severity).help("delete the variable: the default is scram-sha-256");
            deployed.weigh(finding);
        }
    }
    for conf in facts.picture.confs.iter().filter(|conf| facts.picture.class(conf.artifact).may_be_production()) {
        proof = proof.or(Some(Region::whole(conf.artifact)).filter(|_| is_postgres(conf)));
        let milder = !facts.picture.class(conf.artifact).is_production();
        for (message, severity, at) in judged(conf) {
            let severity = if milder { severity.lowered() } else { severity };
            findings.fail(message).at(at).severity(severity).help("write scram-sha-256");
        }
    }
    if !findings.is_clean() {
        return;
    }
    match proof {
        Some(at) => findings.pass("PostgreSQL of the deployment asks for passwords by SCRAM").at(at),
        None => findings.not_applicable("no file of the deployment says how PostgreSQL asks for passwords"),
    };
}

fn is_postgres(conf: &Conf) -> bool {
    match conf.kind {
        ConfKind::Postgres | ConfKind::PostgresAccess => true,
        ConfKind::Redis | ConfKind::Memcached | ConfKind::MySql => false,
    }
}

fn judged(conf: &Conf) -> Vec<(String, Severity, Region)> {
    match conf.kind {
        ConfKind::PostgresAccess => conf
            .directives
            .iter()
            .filter_map(|line| {
                let (what, severity) = weakness(method(line)?)?;
                // What goes through TLS cannot be listened to.
                let listened = &*line.name != "hostssl" || !what.contains("in the clear");
                listened.then(|| (format!("a line of pg_hba.conf {what}"), severity, line.at))
            })
            .collect(),
        ConfKind::Postgres => {
            let stored = conf.last("password_encryption").filter(|line| line.values.first().is_some_and(|value| value.is("md5")));
            stored
                .map(|line| ("postgresql.conf stores passwords as MD5 sums".to_owned(), Severity::Info, line.at))
                .into_iter()
                .collect()
        }
        ConfKind::Redis | ConfKind::Memcached | ConfKind::MySql => Vec::new(),
    }
}

/// The method of a line about other machines: type, database, user, address, perhaps a mask, method.
fn method(line: &Directive) -> Option<&str> {
    let words: Vec<&str> = line.values.iter().map(|value| value.as_str().unwrap_or_default()).collect();
    let [_, _, address, rest @ ..] = words.as_slice() else { return None };
    let own = address.starts_with("127.") || address.starts_with("::1") || matches!(*address, "localhost" | "samehost");
    let method = rest.iter().find(|word| word.chars().any(char::is_alphabetic));
    method.copied().filter(|_| line.name.starts_with("host") && !own)
}

fn weakness(method: &str) -> Option<(&'static str, Severity)> {
    match method {
        "password" => Some(("lets passwords travel in the clear", Severity::Medium)),
        "ident" => Some(("believes what the other machine says about its user", Severity::Medium)),
        // With passwords that are stored as SCRAM, the server asks for SCRAM all the same.
        "md5" => Some(("takes passwords as MD5 sums", Severity::Info)),
        _ => None,
    }
}
