//! A connection that is kept for long may be dead when it is needed; only a health check notices.

use shipworthy_model::{Facts, Family, Findings, Lookup, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "stale-connections-reused",
    topic: Topic::Connections,
    severity: Severity::Low,
    django: &[],
    summary: "connections are kept for long without a health check",
    guide: include_str!("stale_connections_reused.md"),
    check,
};

/// Ten minutes: shorter than the patience of most firewalls and servers.
const LONG: f64 = 600.0;

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    for database in databases.services() {
        if matches!(database.family(), Some(Family::Sqlite | Family::Dummy)) {
            continue;
        }
        let unchecked = match database.get("CONN_HEALTH_CHECKS") {
            Lookup::Found(flag) => !flag.truth(),
            Lookup::Absent => Truth::Yes,
            Lookup::Unknown(why) => Truth::Unknown(why),
        };
        let name = format!("DATABASES[\"{}\"]", database.alias);
        let at = database.region("CONN_MAX_AGE").or(databases.region());
        match database.asks("CONN_MAX_AGE", is_long).and(unchecked) {
            Truth::Yes => {
                findings
                    .fail(format!("connections to {name} are kept for long and never checked{}", databases.unless()))
                    .at(at)
                    .help("add CONN_HEALTH_CHECKS: True beside CONN_MAX_AGE");
            }
            Truth::Unknown(why) if database.config.as_unknown().is_none() => {
                findings.open(format!("whether {name} reuses dead connections could not be decided: {}", why.reason())).at(at);
            }
            Truth::No | Truth::Unknown(_) => {}
        }
    }
    if findings.is_clean() {
        findings.pass("no connection is kept for long without a health check").at(databases.region());
    }
}

fn is_long(age: &Value) -> bool {
    age.is_none().is_yes() || age.as_number().is_some_and(|seconds| seconds > LONG)
}
