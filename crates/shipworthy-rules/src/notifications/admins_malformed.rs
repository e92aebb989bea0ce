//! ADMINS in the wrong form for the version turns every error into a second one, and no mail is sent.

use shipworthy_model::{Datum, Effective, Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "admins-malformed",
    topic: Topic::Notifications,
    severity: Severity::High,
    django: &[],
    summary: "ADMINS or MANAGERS has a form that this Django cannot use",
    guide: include_str!("admins_malformed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for name in ["ADMINS", "MANAGERS"] {
        let people = facts.setting(name);
        if name == "MANAGERS" && people.value == facts.setting("ADMINS").value {
            continue;
        }
        match people.truth() {
            Truth::Yes if people.value.as_unknown().is_none() => {
                judge(facts, name, &people, findings);
            }
            Truth::Yes | Truth::No => {}
            Truth::Unknown(why) => {
                findings.open(format!("{name} could not be decided: {}", why.reason())).at(why.at.or(people.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("ADMINS and MANAGERS have a form that Django can use").at(facts.setting("ADMINS").region());
    }
}

fn judge(facts: &Facts, name: &str, people: &Effective, findings: &mut Findings) {
    let strings = facts.django.version.at_least(6, 0);
    if let Datum::Ref(class) = &people.value.datum
        && &**class == "builtins.dict_items"
    {
        // Pairs, and as often as they are asked for: every Django takes that for a list.
        return;
    }
    // Every Django looks at the form of each first, which uses an iterator up, and finds nobody behind it. Where the form is
    // wrong, that much is said of the first error of a process.
    if let Datum::Ref(class) = &people.value.datum
        && matches!(&**class, "builtins.zip" | "builtins.map" | "builtins.filter")
    {
        let finding = findings.fail(format!("{name} is an iterator, which is empty when mail is sent{}", people.unless()));
        finding.at(people.region()).severity(Severity::Medium).help(format!("write {name} = list(...)"));
        return;
    }
    let is_list = matches!(people.value.datum, Datum::List(_) | Datum::Tuple(_));
    let known: Vec<&Value> = people.value.known_items().filter(|item| item.as_unknown().is_none()).collect();
    let pairs = known.iter().filter(|item| pair(item).is_some()).count();
    let texts = known.iter().filter(|item| matches!(item.datum, Datum::Str(_) | Datum::Secret(_) | Datum::Lazy(_))).count();
    let unless = people.unless();
    let all = known.len();
    let broken = match strings {
        false if people.value.items().is_none() || pairs < all => Some("a list of pairs of name and address"),
        true if people.value.items().is_none() || pairs + texts < all || pairs > 0 && texts > 0 || !is_list && texts > 0 => {
            Some("a list of addresses")
        }
        false | true => None,
    };
    if let Some(form) = broken {
        // Without Django's logging, or with one of the project's own, no handler mails errors to anybody.
        let mails = facts.logging().applied.is_yes();
        let so = if mails { ", so every error raises another one" } else { ", so mail to them raises an error" };
        let next = if strings { "[\"ops@shop.example\"]" } else { "[(\"Ann\", \"ann@shop.example\")]" };
        findings
            .fail(format!("{name} is not {form}{so}{unless}"))
            .at(people.region())
            .severity(if mails { Severity::High } else { Severity::Low })
            .label(format!("Django needs {form}"))
            .help(format!("write {name} = {next}"));
        return;
    }
    let addresses = known.iter().filter_map(|item| if texts > 0 { item.as_str() } else { pair(item)?.as_str() });
    if let Some(address) = addresses.into_iter().find(|address| !address.contains('@')) {
        let what = if address.is_empty() { "an empty address" } else { "something that is no address" };
        let finding = findings.fail(format!("{name} holds {what}{unless}"));
        finding.at(people.region()).severity(Severity::Medium).help("list addresses only, and drop empty ones");
    } else if strings && pairs > 0 {
        let finding = findings.fail(format!("{name} holds pairs of name and address, which Django deprecates since 6.0{unless}"));
        finding.at(people.region()).severity(Severity::Low).help("keep the addresses only");
    }
}

/// The address of a pair of name and address.
fn pair(item: &Value) -> Option<&Value> {
    match &item.datum {
        Datum::List(items) | Datum::Tuple(items) => match items.as_slice() {
            [_, Item::One(address) | Item::Perhaps(address, _)] => Some(address),
            _ => None,
        },
        _ => None,
    }
}
