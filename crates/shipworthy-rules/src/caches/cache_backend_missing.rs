//! A cache whose backend Django does not have raises an exception when it is first used.

use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "cache-backend-missing",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &[],
    summary: "a cache names a backend that Django does not have",
    guide: include_str!("cache_backend_missing.md"),
    check,
};

const OWN: &str = "django.core.cache.backends.";
const KNOWN: [&str; 9] = [
    "base.BaseCache",
    "db.DatabaseCache",
    "dummy.DummyCache",
    "filebased.FileBasedCache",
    "locmem.LocMemCache",
    "memcached.BaseMemcachedCache",
    "memcached.PyLibMCCache",
    "memcached.PyMemcacheCache",
    "redis.RedisCache",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        let name = format!("CACHES[\"{}\"]", cache.alias);
        if cache.config.entries().is_some() && cache.get("BACKEND") == Lookup::Absent {
            match cache.if_certain(Truth::Yes) {
                Truth::Yes => {
                    findings
                        .fail(format!(
                            "{name} has no BACKEND{}",
                            facts.settings.unless("CACHES", &caches, &[cache.alias, "BACKEND"])
                        ))
                        .at(cache.config.at.or(caches.region()))
                        .help("name the backend's class under BACKEND");
                }
                Truth::No => {}
                Truth::Unknown(why) => {
                    findings.open(format!("{name} may have no BACKEND: {}", why.reason())).at(why.at.or(caches.region()));
                }
            }
            continue;
        }
        let old = !facts.django.version.at_least(4, 1);
        let had = |rest: &str| KNOWN.contains(&rest) || (old && rest == "memcached.MemcachedCache");
        let missing = |path: &str| path.strip_prefix(OWN).is_some_and(|rest| !had(rest));
        match cache.asks("BACKEND", |backend| backend.as_str().is_some_and(missing)) {
            Truth::Yes => {
                let unless = facts.settings.unless("CACHES", &caches, &[cache.alias, "BACKEND"]);
                let removed = cache.text("BACKEND").is_some_and(|path| path.ends_with("memcached.MemcachedCache"));
                let why = if removed { "was removed in Django 4.1" } else { "is not part of Django" };
                findings
                    .fail(format!("the backend of {name} {why}{unless}"))
                    .at(cache.region("BACKEND").or(caches.region()))
                    .help(if removed { "use PyMemcacheCache with the package pymemcache" } else { "correct the backend's path" });
            }
            Truth::No | Truth::Unknown(_) => {}
        }
    }
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
    } else if findings.is_clean() {
        findings.pass("no cache names a backend that Django lacks").at(caches.region());
    }
}
