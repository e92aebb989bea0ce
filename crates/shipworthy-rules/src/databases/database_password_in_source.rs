//! A database password in the source is known to everybody who ever sees the repository.

use shipworthy_model::{Facts, Family, Findings, Kind, Provenance, Reach, Rule, Service, Severity, Topic, Truth, Value};

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
            let name = format!("DATABASES[\"{}\"]", database.alias);
            let at = password.at.or(database.config.at).or(databases.region());
            match facts.provenance_of(&databases, password, password.expose_str().unwrap_or_default()) {
                Provenance::Written if is_to_be_filled_in(password) => {
                    findings
                        .open(format!("the password of {name} is one to be filled in; the real one is not to be seen"))
                        .at(at);
                }
                Provenance::Written => match database.if_certain(Truth::Yes) {
                    Truth::Unknown(why) => {
                        findings.open(format!("the password of {name} is written in the source: {}", why.reason())).at(at);
                    }
                    Truth::Yes | Truth::No => {
                        let finding = findings.fail(format!("the password of {name} is written in the source"));
                        finding.at(at).help("read it from the environment, and change it on the server");
                        if database.reach() == Some(Reach::Local) {
                            finding.severity(Severity::Medium);
                        }
                    }
                },
                Provenance::Default(variable) => {
                    let finding = findings.fail(format!("{name} has a password from the source unless {} is set", variable.name));
                    finding.at(at).help("let the variable have no default");
                    finding.severity(if is_for_development(&database, password) { Severity::Low } else { Severity::Medium });
                }
                Provenance::Given(variable) => {
                    findings.pass(format!("the password of {name} comes from {}", variable.name)).at(at);
                }
                Provenance::Unseen => {
                    findings.open(format!("where the password of {name} was written cannot be seen")).at(at);
                }
            }
        }
    }
    if !findings.has(Kind::Fail) && !findings.has(Kind::Open) && !findings.has(Kind::Pass) {
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

/// Whether a password says whose it should be, rather than being one: `your-db-password`, `<password>`.
fn is_to_be_filled_in(password: &Value) -> bool {
    let text = password.expose_str().unwrap_or_default().to_ascii_lowercase();
    (text.starts_with("your") && text.contains(['-', '_', ' '])) || (text.starts_with('<') && text.ends_with('>'))
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
