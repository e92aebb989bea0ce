//! A default site on port 80 says nothing about port 443, where strangers come too.

use shipworthy_model::front::Scheme;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

use crate::strangers::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "tls-default-host-missing",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "over TLS, the front end passes requests for unknown hosts to Django",
    guide: include_str!("tls_default_host_missing.md"),
    check,
};

const WORDS: Words = Words {
    requests: "TLS requests",
    unasked: "TLS was not asked for a host that nobody has heard of, or redirects it",
    none: "no front end here ends TLS for Django",
    help: "add a site before it that is the default and turns everything away: `listen 443 ssl default_server; ssl_reject_handshake on; return 444;` in nginx",
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        strangers::judge(facts, findings, Scheme::Https, &WORDS);
    }
    strangers::exchanges(facts, findings, Scheme::Https, &WORDS);
}
