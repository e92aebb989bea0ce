//! The dummy cache remembers nothing: what counts or locks with the cache has no effect.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "cache-dummy",
    topic: Topic::Caches,
    severity: Severity::Low,
    django: &[],
    summary: "the cache remembers nothing",
    guide: include_str!("cache_dummy.md"),
    check,
};

const DUMMY: [&str; 2] = ["django.core.cache.backends.dummy.DummyCache", "django.core.cache.backends.dummy"];

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        match cache.asks("BACKEND", |backend| backend.as_str().is_some_and(|path| DUMMY.contains(&path))) {
            Truth::Yes => {
                let users = facts.cache_users(cache.alias);
                let unless = caches.unless();
                let finding = match users.as_slice() {
                    [] => findings.fail(format!("CACHES[\"{}\"] remembers nothing{unless}", cache.alias)),
                    [(user, _), ..] => {
                        findings.fail(format!("CACHES[\"{}\"] remembers nothing, so {user} has no effect{unless}", cache.alias))
                    }
                };
                finding.at(cache.region("BACKEND").or(caches.region()));
                finding.help("the dummy cache is for development; use a shared cache in production");
                if !users.is_empty() {
                    finding.severity(Severity::Medium);
                } else if ["dummy", "null", "noop", "disabled"].contains(&cache.alias) {
                    finding.severity(Severity::Info).label("its name says so");
                }
                for (user, at) in &users {
                    finding.see(*at, format!("{user} counts in this cache"));
                }
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings
                    .open(format!(
                        "whether CACHES[\"{}\"] remembers anything could not be decided: {}",
                        cache.alias,
                        why.reason()
                    ))
                    .at(why.at.or(cache.region("BACKEND")).or(caches.region()));
            }
        }
    }
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
    } else if findings.is_clean() {
        findings.pass("every cache remembers what it is given").at(caches.region());
    }
}
