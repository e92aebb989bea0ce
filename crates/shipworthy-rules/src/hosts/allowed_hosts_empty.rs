//! An empty `ALLOWED_HOSTS` makes Django refuse every request.

use shipworthy_model::{Assumption, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "allowed-hosts-empty",
    topic: Topic::Hosts,
    severity: Severity::Medium,
    django: &["security.W020"],
    summary: "ALLOWED_HOSTS is empty",
    guide: include_str!("allowed_hosts_empty.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let hosts = facts.setting("ALLOWED_HOSTS");
    match hosts.truth() {
        Truth::Yes => {
            findings.pass(format!("ALLOWED_HOSTS names {}{}", hosts.value.show(), hosts.unless())).at(hosts.region());
        }
        Truth::No => {
            // With a variable that fills it, an empty list is the safe default: nobody is let in by mistake.
            let unset = hosts.assumptions.iter().any(Assumption::is_unsettled);
            findings
                .fail(format!("ALLOWED_HOSTS is empty{}", hosts.unless()))
                .at(hosts.region())
                .django("security.W020")
                .severity(if unset { Severity::Info } else { Severity::Medium })
                .label("every request is answered with 400 Bad Request while DEBUG is off")
                .help("name the hosts that the site is reached by: ALLOWED_HOSTS = [\"www.example.com\"]");
        }
        Truth::Unknown(why) => {
            findings.undecided("whether ALLOWED_HOSTS is empty", &why).at(why.at.or(hosts.region()));
        }
    }
}
