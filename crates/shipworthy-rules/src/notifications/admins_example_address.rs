//! Mail about errors to an example address holds tracebacks and reaches nobody who should have them.

use shipworthy_model::{Facts, Findings, Item, Kind, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "admins-example-address",
    topic: Topic::Notifications,
    severity: Severity::Low,
    django: &[],
    summary: "errors are mailed to an example address",
    guide: include_str!("admins_example_address.md"),
    check,
};

const EXAMPLES: [&str; 7] =
    ["example.com", "example.org", "example.net", "localhost", "yourdomain.com", "domain.com", "test.com"];

fn check(facts: &Facts, findings: &mut Findings) {
    for name in ["ADMINS", "MANAGERS"] {
        let people = facts.setting(name);
        if name == "MANAGERS" && people.value == facts.setting("ADMINS").value {
            continue;
        }
        for person in people.value.known_items() {
            let address = match person.items() {
                Some([_, Item::One(address)]) => address,
                Some(_) | None => person,
            };
            if address.as_str().is_some_and(is_example) {
                findings
                    .fail(format!("{name} holds an example address{}", people.unless()))
                    .at(address.at.or(people.region()))
                    .label(format!("this is {}", Value::show(address)))
                    .help("name an address that somebody reads");
            }
        }
    }
    let admins = facts.setting("ADMINS");
    if findings.has(Kind::Fail) {
        return;
    }
    if admins.truth().is_no() && facts.truth("MANAGERS").is_no() {
        findings.not_applicable("ADMINS and MANAGERS are empty").at(admins.region());
    } else {
        findings.pass("ADMINS and MANAGERS hold no known example address").at(admins.region());
    }
}

fn is_example(address: &str) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain.trim_matches(['>', ' ']));
    EXAMPLES.iter().any(|example| domain.eq_ignore_ascii_case(example))
}
