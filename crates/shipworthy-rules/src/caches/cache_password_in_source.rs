//! A cache password in the source is known to everybody who ever sees the repository.

use shipworthy_model::{Endpoint, Facts, Findings, Reach, Rule, Service, Severity, Topic, Value};

use crate::passwords::Password;

pub(crate) static RULE: Rule = Rule {
    id: "cache-password-in-source",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &[],
    summary: "the password of a cache is written in the source",
    guide: include_str!("cache_password_in_source.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        for (value, text, host) in passwords(&cache) {
            let local = host.is_some_and(|host| Reach::of(host) == Reach::Local);
            let judged = Password {
                name: format!("the password of CACHES[\"{}\"]", cache.alias),
                setting: &caches,
                value,
                text,
                login: (None, host),
                at: value.at.or(cache.config.at).or(caches.region()),
                written: if local { Severity::Medium } else { Severity::High },
                default: if local { Severity::Low } else { Severity::Medium },
                change: "change it on the server",
            };
            judged.judge(facts, findings);
        }
    }
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
    } else if findings.is_silent() {
        findings.pass("no password of a cache is written in the source").at(caches.region());
    }
}

/// Every password that is known, in the value that holds it, with the host it opens where that is known too.
fn passwords<'a>(cache: &Service<'a>) -> Vec<(&'a Value, &'a str, Option<&'a str>)> {
    let locations: Vec<&Value> = match cache.config.found("LOCATION") {
        Some(location) if location.items().is_some() => location.known_items().collect(),
        Some(location) => location.alternatives().into_iter().map(|(value, _)| value).collect(),
        None => Vec::new(),
    };
    let endpoints: Vec<(&Value, Endpoint<'a>)> =
        locations.into_iter().filter_map(|value| Some((value, Endpoint::parse(value.expose_str()?)))).collect();
    let host = endpoints.first().map(|(_, endpoint)| endpoint.host);
    let options = cache.config.found("OPTIONS");
    let named = ["PASSWORD", "password"].iter().filter_map(|key| options?.found(key));
    let named = named.filter_map(|value| Some((value, value.expose_str().filter(|text| !text.is_empty())?, host)));
    let urls = endpoints.iter().filter_map(|(value, endpoint)| Some((*value, endpoint.password?, Some(endpoint.host))));
    urls.chain(named).collect()
}
