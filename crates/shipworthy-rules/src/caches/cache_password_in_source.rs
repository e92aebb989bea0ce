//! A cache password in the source is known to everybody who ever sees the repository.

use shipworthy_model::{Endpoint, Facts, Findings, Kind, Provenance, Reach, Rule, Service, Severity, Topic, Value};

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
            let at = value.at.or(cache.config.at).or(caches.region());
            let name = format!("CACHES[\"{}\"]", cache.alias);
            match facts.provenance_of(&caches, value, text) {
                Provenance::Written => {
                    let finding = findings.fail(format!("the password of {name} is written in the source"));
                    finding.at(at).help("read it from the environment, and change it on the server");
                    if local {
                        finding.severity(Severity::Medium);
                    }
                }
                Provenance::Default(variable) => {
                    let finding = findings.fail(format!("{name} has a password from the source unless {} is set", variable.name));
                    finding.at(at).help("let the variable have no default");
                    finding.severity(if local { Severity::Low } else { Severity::Medium });
                }
                Provenance::Given(variable) => {
                    findings.pass(format!("the password of {name} comes from {}", variable.name)).at(at);
                }
                Provenance::Unseen => {
                    findings.open(format!("where the password of {name} was written cannot be seen")).at(at);
                }
            }
        }
    }
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
    } else if !findings.has(Kind::Fail) && !findings.has(Kind::Open) && !findings.has(Kind::Pass) {
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
