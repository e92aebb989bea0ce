//! Clearing a Redis cache empties its whole database, and with it a task queue that lives there.

use shipworthy_model::{Endpoint, Facts, Findings, Kind, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cache-shared-with-broker",
    topic: Topic::Caches,
    severity: Severity::Info,
    django: &[],
    summary: "the cache and the task queue share one Redis database",
    guide: include_str!("cache_shared_with_broker.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for name in ["CELERY_BROKER_URL", "BROKER_URL"] {
        let broker = facts.setting(name);
        let Some(queue) = database(&broker.value) else { continue };
        for cache in caches.services() {
            let locations: Vec<&Value> = match cache.config.found("LOCATION") {
                Some(location) if location.items().is_some() => location.known_items().collect(),
                Some(location) => vec![location],
                None => continue,
            };
            if locations.iter().any(|location| database(location) == Some(queue)) {
                findings
                    .fail(format!("CACHES[\"{}\"] and {name} share one Redis database{}", cache.alias, caches.unless()))
                    .at(cache.region("LOCATION").or(caches.region()))
                    .see(broker.region(), "the queue is here")
                    .help("give each a database number of its own, or a server of its own");
            }
        }
    }
    if !findings.has(Kind::Fail) {
        findings.pass("no cache is known to share its database with a task queue").at(caches.region());
    }
}

/// The host, port and database number of a Redis address.
fn database(value: &Value) -> Option<(&str, u16, &str)> {
    let endpoint = Endpoint::parse(value.address()?);
    if !endpoint.scheme?.starts_with("redis") {
        return None;
    }
    let number = endpoint.path.trim_matches('/');
    Some((endpoint.host, endpoint.port.unwrap_or(6379), if number.is_empty() { "0" } else { number }))
}
