//! Django's connection pool needs a recent Django, psycopg 3 and no persistent connections.

use shipworthy_model::{Effective, Facts, Family, Findings, Rule, Service, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "connection-pool-unusable",
    topic: Topic::Connections,
    severity: Severity::High,
    django: &[],
    summary: "the connection pool cannot work as configured",
    guide: include_str!("connection_pool_unusable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    for database in databases.services() {
        let pooled = database.asks_option("pool", |pool| pool.truth().is_yes());
        match (pooled, database.family()) {
            (Truth::Yes, Some(Family::Postgres)) => postgres(facts, &databases, &database, findings),
            (Truth::Yes, Some(Family::Oracle)) => oracle(facts, &databases, &database, findings),
            (Truth::Yes | Truth::No | Truth::Unknown(_), _) => {}
        }
    }
    if findings.is_silent() {
        findings.not_applicable("no database uses Django's connection pool").at(databases.region());
    }
}

fn postgres(facts: &Facts, databases: &Effective, database: &Service<'_>, findings: &mut Findings) {
    let name = format!("DATABASES[\"{}\"]", database.alias);
    let at = database.region("OPTIONS").or(databases.region());
    let version = facts.django.version;
    if !version.at_least(5, 1) {
        let finding =
            findings.fail(format!("{name} asks for a pool, which Django {version} does not have{}", databases.unless()));
        finding.at(at).help("upgrade to Django 5.1, or remove pool from OPTIONS");
        return;
    }
    let old = ["psycopg2", "psycopg2-binary"].iter().any(|package| facts.depends_on(package).is_yes());
    let new = ["psycopg", "psycopg-binary", "psycopg-pool"].iter().any(|package| facts.depends_on(package).is_yes());
    if old && !new {
        let finding = findings.fail(format!("{name} asks for a pool, which psycopg2 cannot give{}", databases.unless()));
        finding.at(at).help("replace psycopg2 with psycopg[pool]");
        return;
    }
    persistent(databases, database, findings);
}

fn oracle(facts: &Facts, databases: &Effective, database: &Service<'_>, findings: &mut Findings) {
    if facts.django.version.at_least(5, 2) {
        persistent(databases, database, findings);
    } else {
        let message = format!("DATABASES[\"{}\"] asks for a pool, which Django has for Oracle from 5.2 on", database.alias);
        let at = database.region("OPTIONS").or(databases.region());
        findings.fail(format!("{message}{}", databases.unless())).at(at).help("upgrade Django, or remove pool from OPTIONS");
    }
}

fn persistent(databases: &Effective, database: &Service<'_>, findings: &mut Findings) {
    let name = format!("DATABASES[\"{}\"]", database.alias);
    let at = database.region("CONN_MAX_AGE").or(databases.region());
    match database.asks("CONN_MAX_AGE", |age| age.as_number() != Some(0.0)) {
        Truth::Yes => {
            let finding =
                findings.fail(format!("{name} has a pool and a CONN_MAX_AGE, which Django refuses{}", databases.unless()));
            finding.at(at).help("remove CONN_MAX_AGE: the pool keeps the connections");
        }
        Truth::No => {
            findings.pass(format!("the pool of {name} is not disturbed by CONN_MAX_AGE")).at(database.region("OPTIONS"));
        }
        Truth::Unknown(why) => {
            findings.open(format!("{name} has a pool, and CONN_MAX_AGE could not be decided: {}", why.reason())).at(at);
        }
    }
}
