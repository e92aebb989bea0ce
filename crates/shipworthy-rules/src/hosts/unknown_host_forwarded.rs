//! A front end that passes every host on leaves `ALLOWED_HOSTS` as the only guard.

use shipworthy_model::front::Scheme;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

use crate::strangers::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "unknown-host-forwarded",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &[],
    summary: "the front end passes requests for unknown hosts to Django",
    guide: include_str!("unknown_host_forwarded.md"),
    check,
};

const WORDS: Words = Words {
    requests: "requests",
    unasked: "plain HTTP was not asked for a host that nobody has heard of, or redirects it",
    none: "no front end here passes plain requests to Django",
    help: "add a site before it that is the default and turns everything away: `listen 80 default_server; return 444;` in nginx",
};

fn check(facts: &Facts, findings: &mut Findings) {
    if facts.judges_fronts() {
        strangers::judge(facts, findings, Scheme::Http, &WORDS);
    }
    strangers::exchanges(facts, findings, Scheme::Http, &WORDS);
}
