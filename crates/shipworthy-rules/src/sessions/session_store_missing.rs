//! Sessions need a place to be kept; where it does not exist, every request that touches one fails.

use shipworthy_model::{Facts, Findings, Rule, SessionStore, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "session-store-missing",
    topic: Topic::Sessions,
    severity: Severity::High,
    django: &[],
    summary: "the place where sessions are to be kept does not exist",
    guide: include_str!("session_store_missing.md"),
    check,
};

const OWN: &str = "django.contrib.sessions.backends.";
const BACKENDS: [&str; 6] = ["base", "cache", "cached_db", "db", "file", "signed_cookies"];

fn check(facts: &Facts, findings: &mut Findings) {
    let engine = facts.setting("SESSION_ENGINE");
    if facts.has_sessions().is_no() {
        findings.not_applicable("MIDDLEWARE has no session middleware").at(facts.setting("MIDDLEWARE").region());
        return;
    }
    let unknown = |path: &str| path.strip_prefix(OWN).is_some_and(|name| !BACKENDS.contains(&name));
    match engine.value.decide(|path| path.as_str().is_some_and(unknown)) {
        Truth::Yes => {
            findings
                .fail(format!("SESSION_ENGINE names a backend that Django does not have{}", engine.unless()))
                .at(engine.region())
                .label(format!("the engine is {}", engine.value.show()))
                .help("use db, cached_db, cache, file or signed_cookies of django.contrib.sessions.backends");
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.open(format!("SESSION_ENGINE could not be decided: {}", why.reason())).at(why.at.or(engine.region()));
            return;
        }
    }
    match facts.session_store() {
        Ok(SessionStore::Cache | SessionStore::CachedDatabase) => alias(facts, findings),
        Ok(SessionStore::Database) => application(facts, findings),
        Ok(SessionStore::Files | SessionStore::Cookies | SessionStore::Other) | Err(_) => {}
    }
    if facts.session_store() == Ok(SessionStore::CachedDatabase) {
        application(facts, findings);
    }
    if findings.is_clean() {
        findings.pass("the place where sessions are kept is configured").at(engine.region());
    }
}

fn alias(facts: &Facts, findings: &mut Findings) {
    let alias = facts.setting("SESSION_CACHE_ALIAS");
    let caches = facts.setting("CACHES");
    let Some(name) = alias.value.as_str() else { return };
    match caches.value.contains(name) {
        Truth::Yes => {}
        Truth::No => {
            findings
                .fail(format!("sessions are kept in the cache \"{name}\", which CACHES does not define{}", alias.unless()))
                .at(alias.region().or(facts.setting("SESSION_ENGINE").region()))
                .see(caches.region(), "the caches are defined here")
                .help("add the alias to CACHES or correct SESSION_CACHE_ALIAS");
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("whether CACHES defines \"{name}\" could not be decided: {}", why.reason()))
                .at(why.at.or(caches.region()));
        }
    }
}

fn application(facts: &Facts, findings: &mut Findings) {
    let engine = facts.setting("SESSION_ENGINE");
    match facts.has_app("django.contrib.sessions") {
        Truth::Yes => {}
        Truth::No => {
            let apps = facts.setting("INSTALLED_APPS");
            findings
                .fail(format!("sessions are kept in the database but django.contrib.sessions is not installed{}", apps.unless()))
                .at(engine.region().or(apps.region()))
                .see(apps.region(), "without it the table does not exist")
                .help("add django.contrib.sessions to INSTALLED_APPS and run migrate");
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("whether django.contrib.sessions is installed could not be decided: {}", why.reason()))
                .at(why.at.or(engine.region()));
        }
    }
}
