//! Without persistent connections or a pool every request opens a connection to the database.

use shipworthy_model::{Facts, Family, Findings, Lookup, Reach, Rule, Service, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "connections-reopened",
    topic: Topic::Connections,
    severity: Severity::Info,
    django: &[],
    summary: "every request opens a new connection to the database",
    guide: include_str!("connections_reopened.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if !findings.needs("DATABASES", &databases) {
        return;
    }
    let asgi = facts.truth("ASGI_APPLICATION").is_yes();
    for database in databases.services() {
        if !matches!(database.family(), Some(Family::Postgres | Family::MySql | Family::Oracle)) || is_pooled(&database) {
            continue;
        }
        let at = database.region("CONN_MAX_AGE").or(databases.region());
        let name = format!("DATABASES[\"{}\"]", database.alias);
        let reopened = match database.get("CONN_MAX_AGE") {
            Lookup::Found(age) => age.decide(|age| age.as_number() == Some(0.0)),
            Lookup::Absent => Truth::Yes,
            Lookup::Unknown(why) => Truth::Unknown(why),
        };
        match database.if_certain(reopened) {
            Truth::Yes if asgi => {}
            Truth::Yes => {
                findings
                    .fail(format!("every request opens a new connection to {name}{}", databases.unless()))
                    .at(at)
                    .help("set CONN_MAX_AGE to 60 with CONN_HEALTH_CHECKS, or use a pool");
            }
            Truth::No => {
                findings.pass(format!("connections to {name} are kept")).at(at);
            }
            Truth::Unknown(why) => {
                findings.open(format!("whether connections to {name} are kept could not be decided: {}", why.reason())).at(at);
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("no database would gain from persistent connections").at(databases.region());
    }
}

/// Whether something else keeps connections: Django's pool, a pooler on this machine, an engine that pools.
fn is_pooled(database: &Service<'_>) -> bool {
    let own = !matches!(database.option("pool"), Lookup::Absent);
    let engine = database.text("ENGINE").is_some_and(|engine| engine.contains("pool"));
    let beside = database.port() == Some(6432) && database.reach() == Some(Reach::Local);
    own || engine || beside || database.host().is_some_and(|host| host.contains("bouncer") || host.contains("pooler"))
}
