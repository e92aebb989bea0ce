//! A database password in the source is known to everybody who ever sees the repository.

use shipworthy_model::{Facts, Family, Findings, Provenance, Reach, Rule, Service, Severity, Topic, Truth, Value};

use crate::passwords::Password;

pub(crate) static RULE: Rule = Rule {
    id: "database-password-in-source",
    topic: Topic::Databases,
    severity: Severity::High,
    django: &[],
    summary: "the password of a database is written in the source",
    guide: include_str!("database_password_in_source.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if !findings.needs("DATABASES", &databases) {
        return;
    }
    for database in databases.services() {
        if matches!(database.family(), Some(Family::Sqlite | Family::Dummy)) {
            continue;
        }
        for password in passwords(&database) {
            let name = format!("the password of DATABASES[\"{}\"]", database.alias);
            let at = password.at.or(database.config.at).or(databases.region());
            let text = password.expose_str().unwrap_or_default();
            if facts.provenance_of(&databases, password, text) == Provenance::Written
                && let Truth::Unknown(why) = database.if_certain(Truth::Yes)
            {
                findings.open(format!("{name} is written in the source: {}", why.reason())).at(at);
                continue;
            }
            // Something nobody sees has the real one, if it has any.
            let stands_in = || {
                database
                    .config
                    .found("PASSWORD")
                    .is_some_and(|password| password.alternatives().iter().any(|(it, _)| it.as_unknown().is_some()))
            };
            let local = database.reach() == Some(Reach::Local);
            // A service of a compose file, beside the one that asks for it.
            let beside = database.host().is_some_and(|host| !host.is_empty() && !host.contains(['.', ':', '/']));
            let judged = Password {
                name,
                setting: &databases,
                value: password,
                text,
                login: (database.text("USER"), database.text("HOST")),
                at,
                written: match () {
                    () if stands_in() => Severity::Low,
                    () if local => Severity::Medium,
                    () => Severity::High,
                },
                default: if local || beside || is_for_development(&database, password) {
                    Severity::Low
                } else {
                    Severity::Medium
                },
                change: "change it on the server",
            };
            judged.judge(facts, findings);
        }
    }
    if findings.is_silent() {
        findings.pass("no password of a database is written in the source").at(databases.region());
    }
}

/// The passwords that are known and not empty: under `PASSWORD`, and under the names of the drivers' options.
fn passwords<'a>(database: &Service<'a>) -> Vec<&'a Value> {
    let options = database.config.found("OPTIONS");
    let own = database.config.found("PASSWORD");
    let all = own.into_iter().chain(["password", "passwd"].iter().filter_map(|key| options?.found(key)));
    all.flat_map(Value::alternatives)
        .map(|(value, _)| value)
        .filter(|value| value.expose_str().is_some_and(|text| !text.is_empty()))
        .collect()
}

/// A password nobody would use elsewhere, for a server on this machine or next to it.
fn is_for_development(database: &Service<'_>, password: &Value) -> bool {
    const COMMON: [&str; 14] = [
        "postgres", "password", "root", "mysql", "django", "admin", "dev", "debug", "test", "secret", "pass", "db", "1234",
        "changeme",
    ];
    let text = password.expose_str().unwrap_or_default();
    let same = |key: &str| database.text(key) == Some(text);
    let near = matches!(database.reach(), Some(Reach::Local | Reach::Private));
    near && (COMMON.contains(&text) || same("USER") || same("NAME"))
}
