//! Nobody is told of errors when ADMINS is empty, unless something else reports them.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

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
        (Truth::Yes, None) if !admins.value.items().is_some_and(|items| items.iter().any(may_be_read)) => {
            findings.not_applicable("whom ADMINS names is for other rules to judge").at(admins.region());
        }
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

/// Whether mail to an entry of ADMINS, an address or a pair of name and address, may reach somebody.
fn may_be_read(item: &Item) -> bool {
    let (Item::One(entry) | Item::Perhaps(entry, _)) = item else { return true };
    let address = entry.items().and_then(|pair| match pair.last() {
        Some(Item::One(address) | Item::Perhaps(address, _)) => Some(address),
        Some(Item::Many(_)) | None => None,
    });
    let address = address.unwrap_or(entry);
    Value::expose_str(address).is_none_or(|address| {
        let host = address.rsplit_once('@').map(|(_, host)| host);
        host.is_some_and(|host| !["example.com", "example.org", "example.net", "localhost"].contains(&host))
    })
}
