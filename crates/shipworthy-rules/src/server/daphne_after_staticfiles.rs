//! Daphne behind staticfiles cannot take over runserver, and its check stops every management command.

use shipworthy_model::{Facts, Findings, Item, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "daphne-after-staticfiles",
    topic: Topic::Server,
    severity: Severity::Medium,
    django: &[],
    summary: "daphne stands behind django.contrib.staticfiles in INSTALLED_APPS",
    guide: include_str!("daphne_after_staticfiles.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    match facts.has_app("daphne") {
        Truth::No => {
            findings.not_applicable("daphne is not in INSTALLED_APPS");
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("INSTALLED_APPS", &why);
            return;
        }
        Truth::Yes => {}
    }
    let place = |package: &str| {
        apps.value.items().unwrap_or_default().iter().enumerate().find_map(|(index, item)| match item {
            Item::One(value) if is_app(value, package) => Some((index, value.at)),
            Item::One(_) | Item::Perhaps(..) | Item::Many(_) => None,
        })
    };
    match (place("daphne"), place("django.contrib.staticfiles")) {
        (Some((daphne, at)), Some((staticfiles, _))) if daphne > staticfiles => {
            findings
                .fail("INSTALLED_APPS has daphne behind django.contrib.staticfiles")
                .at(at.or(apps.region()))
                .label("daphne's own check is an error: migrate, collectstatic and every other command stop")
                .help("move \"daphne\" to the top of INSTALLED_APPS");
        }
        _ => {
            findings.pass("nothing stands between daphne and runserver").at(apps.region());
        }
    }
}

fn is_app(value: &Value, package: &str) -> bool {
    value
        .as_str()
        .is_some_and(|name| name == package || name.strip_prefix(package).is_some_and(|rest| rest.starts_with(".apps.")))
}
