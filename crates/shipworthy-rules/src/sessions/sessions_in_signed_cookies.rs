//! A session in a signed cookie is readable by the visitor and cannot be ended by the server.

use shipworthy_model::{Facts, Findings, Rule, SessionStore, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "sessions-in-signed-cookies",
    topic: Topic::Sessions,
    severity: Severity::Low,
    django: &[],
    summary: "sessions are kept in cookies that the server cannot revoke",
    guide: include_str!("sessions_in_signed_cookies.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let engine = facts.setting("SESSION_ENGINE");
    if facts.has_sessions().is_no() {
        findings.not_applicable("MIDDLEWARE has no session middleware").at(facts.setting("MIDDLEWARE").region());
        return;
    }
    match facts.session_store() {
        Ok(SessionStore::Cookies) => {
            findings
                .fail(format!("SESSION_ENGINE keeps sessions in signed cookies{}", engine.unless()))
                .at(engine.region())
                .help("use cached_db or db, unless nothing in a session is private and none must ever be ended");
        }
        Ok(
            SessionStore::Database
            | SessionStore::Cache
            | SessionStore::CachedDatabase
            | SessionStore::Files
            | SessionStore::Other,
        ) => {
            findings.pass("sessions are kept by the server").at(engine.region());
        }
        Err(why) => {
            findings.open(format!("SESSION_ENGINE could not be decided: {}", why.reason())).at(why.at.or(engine.region()));
        }
    }
}
