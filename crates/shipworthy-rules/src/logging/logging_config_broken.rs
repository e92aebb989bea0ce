//! A LOGGING that refers to something it does not define stops Django while it starts.

use shipworthy_model::log_routes::{Logging, level_of};
use shipworthy_model::{Datum, Facts, Findings, Kind, Lookup, Region, Rule, Severity, Topic, Value};

use crate::subjects;

pub(crate) static RULE: Rule = Rule {
    id: "logging-config-broken",
    topic: Topic::Logging,
    severity: Severity::High,
    django: &[],
    summary: "LOGGING is refused when Django starts",
    guide: include_str!("logging_config_broken.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(logging) = subjects::logging(facts, findings) else { return };
    let setting = logging.setting();
    for (at, what) in faults(&logging) {
        findings
            .fail(format!("LOGGING is refused when Django starts: {what}{}", setting.unless()))
            .at(at.or(setting.region()))
            .help("correct the name or define what it refers to");
    }
    if !findings.has(Kind::Fail) {
        findings.pass("LOGGING refers to nothing that it does not define").at(setting.region());
    }
}

fn faults(logging: &Logging) -> Vec<(Option<Region>, String)> {
    let mut faults = Vec::new();
    let whole = &logging.setting().value;
    match whole.get("version") {
        Lookup::Found(version) if version.decide(|version| version.as_number() != Some(1.0)).is_yes() => {
            faults.push((version.at, "its version is not 1".to_owned()));
        }
        Lookup::Absent => faults.push((None, "it has no version".to_owned())),
        Lookup::Found(_) | Lookup::Unknown(_) => {}
    }
    if whole.found("incremental").is_some_and(|flag| !flag.truth().is_no()) {
        return faults;
    }
    for (name, handler) in known(logging.section("handlers")) {
        let owner = format!("the handler {name}");
        if handler.entries().is_some() && absent(handler, "class") && absent(handler, "()") {
            faults.push((handler.at, format!("{owner} has no class")));
        }
        references(logging, &owner, handler, "filters", &mut faults);
        level(&owner, handler, &mut faults);
        if let Some(formatter) = handler.found("formatter").filter(|formatter| formatter.truth().is_yes()) {
            defined(logging, &owner, formatter, "formatters", &mut faults);
        }
    }
    let root = whole.found("root").map(|root| ("the root logger".to_owned(), root));
    let named = known(logging.section("loggers")).into_iter().map(|(name, logger)| (format!("the logger {name}"), logger));
    for (owner, logger) in named.chain(root) {
        references(logging, &owner, logger, "handlers", &mut faults);
        references(logging, &owner, logger, "filters", &mut faults);
        level(&owner, logger, &mut faults);
    }
    faults
}

/// Names under a key that the section of the same name must define.
fn references(logging: &Logging, owner: &str, user: &Value, key: &str, faults: &mut Vec<(Option<Region>, String)>) {
    let Some(names) = user.found(key) else { return };
    match names.as_str() {
        Some(name) if name.chars().count() > 1 => {
            faults.push((names.at, format!("{key} of {owner} is text instead of a list")));
        }
        Some(_) => {}
        None => names.known_items().for_each(|name| defined(logging, owner, name, key, faults)),
    }
}

fn defined(logging: &Logging, owner: &str, name: &Value, section: &str, faults: &mut Vec<(Option<Region>, String)>) {
    let Some(text) = name.as_str() else { return };
    let missing = logging.defined(section, text) == Lookup::Absent;
    if missing {
        faults.push((name.at, format!("{owner} uses {text}, which is not among its {section}")));
    }
}

/// Names of levels are matched by case; other names may have been added by code.
fn level(owner: &str, user: &Value, faults: &mut Vec<(Option<Region>, String)>) {
    let Some(level) = user.found("level") else { return };
    let Datum::Str(name) = &level.datum else { return };
    let upper = Value::text(&name.trim().to_ascii_uppercase());
    let nothing = name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit());
    if nothing || level_of(level).is_none() && level_of(&upper).is_some() {
        faults.push((level.at, format!("{owner} has the level {}", level.show())));
    }
}

fn absent(config: &Value, key: &str) -> bool {
    config.get(key) == Lookup::Absent
}

fn known(section: Option<&Value>) -> Vec<(&str, &Value)> {
    let entries = section.into_iter().flat_map(Value::known_entries);
    entries.filter_map(|(name, config)| Some((name.expose_str()?, config))).collect()
}
