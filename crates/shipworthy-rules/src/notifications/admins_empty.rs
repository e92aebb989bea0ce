//! Nobody is told of errors when ADMINS is empty, unless something else reports them.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "admins-empty",
    topic: Topic::Notifications,
    severity: Severity::Low,
    django: &[],
    summary: "nobody is told of errors",
    guide: include_str!("admins_empty.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let admins = facts.setting("ADMINS");
    match (admins.truth(), facts.error_tracker()) {
        (Truth::Yes, _) => {
            findings.pass("ADMINS names who is told of errors").at(admins.region());
        }
        (Truth::No | Truth::Unknown(_), Some(tracker)) => {
            findings.pass(format!("{tracker} reports errors")).at(admins.region());
        }
        (Truth::No, None) => {
            findings
                .fail(format!("ADMINS is empty and no error tracker was found, so nobody is told of errors{}", admins.unless()))
                .at(admins.region())
                .help("name the addresses that are to get mail about errors, or install an error tracker");
        }
        (Truth::Unknown(why), None) => {
            findings.open(format!("ADMINS could not be decided: {}", why.reason())).at(why.at.or(admins.region()));
        }
    }
}
