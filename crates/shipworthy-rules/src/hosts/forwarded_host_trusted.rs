//! `X-Forwarded-Host` is whatever the client wrote unless the proxy replaces it.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "forwarded-host-trusted",
    topic: Topic::Hosts,
    severity: Severity::High,
    django: &[],
    summary: "USE_X_FORWARDED_HOST believes a header that clients can send",
    guide: include_str!("forwarded_host_trusted.md"),
    check,
};

const HELP: &str =
    "remove it and let the proxy pass the Host header on, or make sure that the proxy always sets X-Forwarded-Host itself";

fn check(facts: &Facts, findings: &mut Findings) {
    let forwarded = facts.setting("USE_X_FORWARDED_HOST");
    let at = forwarded.region();
    let hosts = facts.setting("ALLOWED_HOSTS");
    match (forwarded.truth(), facts.lists("ALLOWED_HOSTS", "*")) {
        (Truth::No, _) => {
            findings.pass(format!("USE_X_FORWARDED_HOST is off{}", forwarded.unless())).at(at);
        }
        (Truth::Unknown(why), _) => {
            findings.undecided("USE_X_FORWARDED_HOST", &why).at(why.at.or(at));
        }
        (Truth::Yes, Truth::Yes) => {
            findings
                .fail("USE_X_FORWARDED_HOST takes the host from a header, and ALLOWED_HOSTS accepts every host")
                .at(at)
                .see(hosts.region(), "accepts every host")
                .help("name the hosts in ALLOWED_HOSTS; even a proxy that checks the Host header passes this one on");
        }
        (Truth::Yes, Truth::No | Truth::Unknown(_)) => {
            findings
                .open("USE_X_FORWARDED_HOST takes the host from a header; whether the proxy replaces it is not to be seen")
                .at(at)
                .help(HELP);
        }
    }
}
