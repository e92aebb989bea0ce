//! Sessions in the memory of one process are unknown to the others, and gone when it restarts.

use shipworthy_model::{Facts, Findings, Rule, SessionStore, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "sessions-in-local-memory",
    topic: Topic::Sessions,
    severity: Severity::High,
    django: &[],
    summary: "sessions are kept in a cache that other processes do not share",
    guide: include_str!("sessions_in_local_memory.md"),
    check,
};

const LOCAL: &str = "django.core.cache.backends.locmem.LocMemCache";
const DUMMY: &str = "django.core.cache.backends.dummy.DummyCache";

fn check(facts: &Facts, findings: &mut Findings) {
    let engine = facts.setting("SESSION_ENGINE");
    if facts.has_sessions().is_no() {
        findings.not_applicable("MIDDLEWARE has no session middleware").at(facts.setting("MIDDLEWARE").region());
        return;
    }
    let store = match facts.session_store() {
        Ok(store @ (SessionStore::Cache | SessionStore::CachedDatabase)) => store,
        Ok(SessionStore::Database | SessionStore::Files | SessionStore::Cookies | SessionStore::Other) => {
            findings.pass("sessions are not kept in a cache").at(engine.region());
            return;
        }
        Err(why) => {
            findings.open(format!("SESSION_ENGINE could not be decided: {}", why.reason())).at(why.at.or(engine.region()));
            return;
        }
    };
    let caches = facts.setting("CACHES");
    let (local, at) = facts.session_cache_is(LOCAL);
    let (dummy, _) = facts.session_cache_is(DUMMY);
    let unless = if caches.assumptions.is_empty() { engine.unless() } else { caches.unless() };
    let found = match (local, dummy, store) {
        (Truth::Yes, _, SessionStore::Cache) => {
            Some((Severity::High, "sessions are kept in the memory of each process, so the next worker does not know them"))
        }
        (Truth::Yes, _, _) => {
            Some((Severity::Medium, "each process remembers sessions of its own, so a logout may reach only one of them"))
        }
        (_, Truth::Yes, SessionStore::Cache) => {
            Some((Severity::High, "sessions are kept in a cache that remembers nothing, so nobody stays logged in"))
        }
        (Truth::Unknown(why), _, _) | (_, Truth::Unknown(why), _) => {
            let message = format!("whether the cache of the sessions is shared could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(at).or(engine.region()));
            None
        }
        (Truth::No, Truth::Yes | Truth::No, _) => None,
    };
    if let Some((severity, message)) = found {
        findings
            .fail(format!("{message}{unless}"))
            .at(engine.region())
            .severity(severity)
            .see(at, "this cache is not shared")
            .help("keep sessions in the database, or point SESSION_CACHE_ALIAS to Redis or Memcached");
    }
    if findings.is_clean() {
        findings.pass("sessions are kept in a cache that all processes share").at(engine.region());
    }
}
