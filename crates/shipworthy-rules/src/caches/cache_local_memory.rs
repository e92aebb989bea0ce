//! The local-memory cache lives in one process; what must be shared between workers is not.

use shipworthy_model::picture::Program;
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic, Truth};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "cache-local-memory",
    topic: Topic::Caches,
    severity: Severity::Medium,
    django: &[],
    summary: "the cache lives in the memory of each process",
    guide: include_str!("cache_local_memory.md"),
    check,
};

const LOCAL: &str = "django.core.cache.backends.locmem.LocMemCache";

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
        return;
    }
    for cache in caches.services() {
        let users = facts.cache_users(cache.alias);
        match cache.is_backend(LOCAL) {
            Truth::No => {}
            Truth::Yes if users.is_empty() && cache.alias != "default" => {}
            Truth::Yes => {
                let whose = if caches.explicit.is_no() { "by default, " } else { "" };
                let unless = facts.settings.unless("CACHES", &caches, &[cache.alias, "BACKEND"]);
                let finding = match users.as_slice() {
                    [] => findings.fail(format!("{whose}CACHES[\"default\"] is local to each process{unless}")),
                    [(user, _), ..] => findings.fail(format!(
                        "{whose}CACHES[\"{}\"] is local to each process, but {user} needs one cache for all{unless}",
                        cache.alias
                    )),
                };
                let user = users.iter().find_map(|(_, at)| *at);
                finding
                    .at(cache.region("BACKEND").or(caches.region()).or(user))
                    .help("use Redis, Memcached or the database cache");
                match (users.is_empty(), caches.explicit.is_no()) {
                    (true, true) => finding.severity(Severity::Info),
                    (true, false) => finding.severity(Severity::Low),
                    // Only some of its widgets use the cache, and a page that lost its own may be loaded again.
                    (false, _) if users.iter().all(|(user, _)| *user == "django-select2") => finding.severity(Severity::Low),
                    (false, _) => finding.severity(Severity::Medium),
                };
                match processes(facts) {
                    Some((1, _)) => {
                        finding.severity(Severity::Info);
                    }
                    Some((number, at)) => {
                        finding.see(at, format!("{number} processes serve, each with a cache of its own"));
                    }
                    None => {}
                }
                for (user, at) in &users {
                    finding.see(*at, format!("{user} uses it"));
                }
            }
            Truth::Unknown(why) => {
                let reason = why.reason();
                findings
                    .open(format!(
                        "whether CACHES[\"{}\"] is shared between processes could not be decided: {reason}",
                        cache.alias
                    ))
                    .at(why.at.or(cache.region("BACKEND")).or(caches.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no cache that must be shared lives in the memory of one process").at(caches.region());
    }
}

/// How many processes serve in production, with the place that decides; `None` where that is not to be seen.
fn processes(facts: &Facts) -> Option<(i64, Region)> {
    let mut servers = production::servers(facts);
    servers.retain(|(_, _, server)| server.program != Program::Runserver);
    let mut most = None;
    for (deployed, _, server) in servers {
        let replicas = match &deployed.unit.replicas {
            Some(replicas) => replicas.as_str()?.parse::<i64>().ok()?,
            None => 1,
        };
        let number = server.workers()?.max(1).saturating_mul(replicas);
        let at = server.option("workers").and_then(|option| option.at).unwrap_or(server.at);
        if most.is_none_or(|(other, _)| number > other) {
            most = Some((number, at));
        }
    }
    most
}
