//! Talk with a cache on a foreign network is readable and changeable on the way, unless TLS covers it.

use shipworthy_model::{Datum, Endpoint, Facts, Findings, Reach, Rule, Service, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "cache-plaintext",
    topic: Topic::Caches,
    severity: Severity::Low,
    django: &[],
    summary: "a cache is reached over a public network without encryption",
    guide: include_str!("cache_plaintext.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let caches = facts.setting("CACHES");
    for cache in caches.services() {
        let name = format!("CACHES[\"{}\"]", cache.alias);
        for location in locations(&cache) {
            let Some(text) = location.address() else {
                if let (Datum::Secret(_), true) = (&location.datum, is_networked(&cache).is_yes()) {
                    findings
                        .open(format!("where {name} leads was not told: it holds a credential"))
                        .at(location.at.or(caches.region()));
                }
                continue;
            };
            for address in text.split([',', ';']).filter(|address| !address.trim().is_empty()) {
                let endpoint = Endpoint::parse(address);
                let covered = endpoint.scheme == Some("rediss") || has_tls_option(&cache);
                if endpoint.reach() != Reach::Public || covered {
                    continue;
                }
                let at = location.at.or(cache.config.at).or(caches.region());
                let message = format!("{name} is reached at {} without encryption", endpoint.host);
                match cache.if_certain(is_networked(&cache)) {
                    Truth::Yes => {
                        let finding = findings.fail(format!("{message}{}", caches.unless()));
                        finding.at(at).help("use rediss://, a private network or a socket");
                        if endpoint.host.parse::<std::net::IpAddr>().is_ok() {
                            finding.severity(Severity::Medium);
                        }
                    }
                    Truth::No => {}
                    Truth::Unknown(why) => {
                        findings.open(format!("{message} if it applies: {}", why.reason())).at(at);
                    }
                }
            }
        }
    }
    if let Some(why) = caches.undecided() {
        findings.open(format!("CACHES could not be decided: {}", why.reason())).at(why.at.or(caches.region()));
    } else if findings.is_clean() {
        findings.pass("no cache is known to be reached over a public network without encryption").at(caches.region());
    }
}

fn locations<'a>(cache: &Service<'a>) -> Vec<&'a Value> {
    match cache.config.found("LOCATION") {
        Some(location) if location.items().is_some() => location.known_items().collect(),
        Some(location) => vec![location],
        None => Vec::new(),
    }
}

/// Whether the backend talks to a server at its `LOCATION`, which for others is a table, a folder or a name.
fn is_networked(cache: &Service<'_>) -> Truth {
    match cache.config.found("BACKEND") {
        Some(backend) => backend.decide(|path| {
            let path = path.as_str().unwrap_or_default().to_ascii_lowercase();
            path.contains("redis") || path.contains("memcache") || path.contains("valkey")
        }),
        None => Truth::No,
    }
}

fn has_tls_option(cache: &Service<'_>) -> bool {
    const KEYS: [&str; 6] = ["ssl", "ssl_context", "tls_context", "ssl_cert_reqs", "ssl_ca_certs", "connection_pool_kwargs"];
    let Some(options) = cache.config.found("OPTIONS") else { return false };
    options.known_entries().any(|(key, _)| key.as_str().is_some_and(|key| KEYS.contains(&key.to_ascii_lowercase().as_str())))
}
