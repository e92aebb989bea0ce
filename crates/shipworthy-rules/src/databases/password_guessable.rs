//! A password that stands in every tutorial protects nothing.

use shipworthy_model::picture::{Role, Unit, Variable};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "password-guessable",
    topic: Topic::Databases,
    severity: Severity::Low,
    django: &[],
    summary: "a service of production has a password that everybody knows",
    guide: include_str!("password_guessable.md"),
    check,
};

/// Variables by which official images are given the password of their service.
const NAMES: [&str; 14] = [
    "POSTGRES_PASSWORD",
    "POSTGRESQL_PASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_PASSWORD",
    "MARIADB_ROOT_PASSWORD",
    "MARIADB_PASSWORD",
    "MONGO_INITDB_ROOT_PASSWORD",
    "RABBITMQ_DEFAULT_PASS",
    "REDIS_PASSWORD",
    "ELASTIC_PASSWORD",
    "OPENSEARCH_INITIAL_ADMIN_PASSWORD",
    "MINIO_ROOT_PASSWORD",
    "PGADMIN_DEFAULT_PASSWORD",
    "GF_SECURITY_ADMIN_PASSWORD",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let mut services = 0;
    for deployed in production::units(facts) {
        services += usize::from(is_service(deployed.unit.role));
        for variable in deployed.unit.variables.iter().filter(|variable| NAMES.contains(&&*variable.name)) {
            let known = is_known(variable, deployed.unit);
            if !(known || is_word(variable)) || !deployed.environment.class.is_production() || deployed.is_tried_out() {
                continue;
            }
            let published = deployed.unit.ports.iter().find(|port| is_open(&deployed, port));
            let default = if variable.value.assumes.is_empty() { "" } else { ", unless the variable is set" };
            findings
                .fail(format!(
                    "{} of {} is {}{default}",
                    variable.name,
                    deployed.unit.name,
                    if known { "a password that everybody tries first" } else { "one plain word" }
                ))
                .at(variable.value.at)
                .severity(if published.is_some() { Severity::High } else { Severity::Low })
                .see(published.map(|port| port.at), "and its port is published")
                .help("give it a random password from outside: ${NAME:?}, or a secret");
        }
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if services > 0 {
        findings.pass("no service of production is known to have a password that everybody knows");
    } else {
        findings.not_applicable("no file of the deployment starts a service with a password");
    }
}

fn is_open(deployed: &Deployed<'_>, port: &shipworthy_model::picture::Port) -> bool {
    port.is_public() == Some(true) && !deployed.environment.platform.has_router()
}

fn is_service(role: Role) -> bool {
    match role {
        Role::Database | Role::Cache | Role::Broker | Role::Search | Role::Storage | Role::Monitor => true,
        Role::Web | Role::Worker | Role::Scheduler | Role::Job | Role::FrontEnd | Role::Mail | Role::Other => false,
    }
}

/// Whether a password is one short word in small letters, as lists of words have them.
fn is_word(variable: &Variable) -> bool {
    variable.value.expose().is_some_and(|text| (3..=10).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_lowercase()))
}

/// Whether a password is among those that are tried first. One that asks to be filled in is not in force anywhere.
fn is_known(variable: &Variable, unit: &Unit) -> bool {
    const KNOWN: [&str; 22] = [
        "postgres",
        "password",
        "changeme",
        "change_me",
        "change-me",
        "admin",
        "root",
        "secret",
        "example",
        "test",
        "guest",
        "rabbitmq",
        "redis",
        "mysql",
        "minioadmin",
        "django",
        "db",
        "user",
        "pass",
        "123456",
        "1234",
        "toor",
    ];
    // The name of the user, of the database or of the service itself.
    let own = |text: &str| {
        let mut names = unit.variables.iter().filter(|it| ["_USER", "_DB", "_DATABASE"].iter().any(|end| it.name.ends_with(end)));
        *unit.name == *text || names.any(|name| name.value.as_str() == Some(text))
    };
    variable.value.expose().is_some_and(|text| KNOWN.contains(&text.to_ascii_lowercase().as_str()) || own(text))
}
