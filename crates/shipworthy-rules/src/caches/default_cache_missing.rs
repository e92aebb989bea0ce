//! Code that asks for the cache asks for the alias `default`; without it, asking raises an exception.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "default-cache-missing",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &["caches.E001"],
    summary: "CACHES defines no default cache",
    guide: include_str!("default_cache_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    match caches.value.contains("default") {
        Truth::Yes => {
            findings.pass("CACHES defines the alias default").at(caches.region());
        }
        Truth::No if caches.value.entries().is_none() && caches.value.items().is_none() => {
            findings
                .fail(format!("CACHES is {}, not a dictionary of caches{}", caches.value.show(), caches.unless()))
                .at(caches.region())
                .help("give CACHES a dictionary with the alias default");
        }
        Truth::No => {
            findings
                .fail(format!("CACHES has no alias default{}", caches.unless()))
                .at(caches.region())
                .django("caches.E001")
                .help("add a default entry to CACHES; the other aliases may stay");
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("whether CACHES defines the alias default could not be decided: {}", why.reason()))
                .at(why.at.or(caches.region()));
        }
    }
}
