//! A project that connects as the server's superuser turns every SQL injection into the whole server.

use shipworthy_model::{Facts, Family, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "database-superuser",
    topic: Topic::Databases,
    severity: Severity::Low,
    django: &[],
    summary: "the project connects as the superuser of the database server",
    guide: include_str!("database_superuser.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if !findings.needs("DATABASES", &databases) {
        return;
    }
    for database in databases.services() {
        let superusers: &[&str] = match database.family() {
            Some(Family::Postgres) => &["postgres"],
            Some(Family::MySql) => &["root"],
            Some(Family::Oracle) => &["sys", "system", "SYS", "SYSTEM"],
            Some(Family::Other) => &["sa", "root"],
            Some(Family::Sqlite | Family::Dummy) | None => continue,
        };
        let message = format!("DATABASES[\"{}\"] connects as the superuser", database.alias);
        let at = database.region("USER").or(databases.region());
        match database.asks("USER", |user| user.expose_str().is_some_and(|user| superusers.contains(&user))) {
            Truth::Yes => {
                findings
                    .fail(format!("{message}{}", facts.settings.unless("DATABASES", &databases, &[database.alias, "USER"])))
                    .at(at)
                    .label(format!("the user is {}", database.text("USER").unwrap_or_default()))
                    .help("create a role that owns this database and nothing else");
            }
            Truth::No => {}
            Truth::Unknown(_) => {
                findings.open(format!("whether {message} could not be decided")).at(at);
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no database is used as its superuser").at(databases.region());
    }
}
