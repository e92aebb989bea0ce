//! `SECURE_SSL_HOST` is pasted behind `https://`; anything but a host name makes a broken address of every redirect.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "ssl-host-malformed",
    topic: Topic::Https,
    severity: Severity::High,
    django: &[],
    summary: "SECURE_SSL_HOST is not a host name",
    guide: include_str!("ssl_host_malformed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let host = facts.setting("SECURE_SSL_HOST");
    let redirect = facts.has_security_middleware().and(facts.truth("SECURE_SSL_REDIRECT"));
    if redirect.is_no() || host.truth().is_no() {
        findings.not_applicable("no request is redirected to SECURE_SSL_HOST").at(host.region());
        return;
    }
    let malformed = host.value.decide(|host| {
        host.as_str().is_none_or(|host| {
            host.is_empty()
                || host.contains(['/', ' ', '@', '*', ',', '?', '#'])
                || host.starts_with(['.', ':'])
                || host.trim() != host
        })
    });
    match redirect.and(malformed) {
        Truth::No => {
            findings.pass(host.state("SECURE_SSL_HOST")).at(host.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_SSL_HOST", &why);
        }
        Truth::Yes => {
            findings
                .fail(format!("{}, which is no host name", host.state("SECURE_SSL_HOST")))
                .at(host.region())
                .label("every plain HTTP request is redirected, for good, to an address that does not exist")
                .help("set SECURE_SSL_HOST to the bare host name, with a port if it needs one: \"www.example.com\"");
        }
    }
}
