//! A signing key in the source is known to everyone who ever saw the source.

use std::collections::BTreeSet;

use shipworthy_model::{Effective, Facts, Findings, Kind, Provenance, Region, Rule, Severity, Topic, Value, Why};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-hardcoded",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "SECRET_KEY is written in the source",
    guide: include_str!("secret_key_hardcoded.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let key = facts.setting("SECRET_KEY");
    judge(facts, findings, &key, "SECRET_KEY", &key.value);
    let fallbacks = facts.setting("SECRET_KEY_FALLBACKS");
    for (index, value) in fallbacks.value.known_items().enumerate() {
        judge(facts, findings, &fallbacks, &format!("SECRET_KEY_FALLBACKS[{index}]"), value);
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if key.value.as_unknown().is_none() && key.value.truth().is_no() {
        findings.not_applicable("there is no SECRET_KEY whose place could be judged").at(key.region());
    } else {
        findings.pass(format!("SECRET_KEY is not written in the source{}", from(facts, &key))).at(key.region());
    }
}

fn judge(facts: &Facts, findings: &mut Findings, setting: &Effective, name: &str, value: &Value) {
    let alternatives = value.alternatives();
    let several = alternatives.len() > 1;
    for (value, condition) in alternatives {
        if let Some(unknown) = value.as_unknown() {
            match unknown.why {
                Why::Limit(_) | Why::Unsupported(_) | Why::Raises(_) | Why::Branch(_) | Why::Blank(_) | Why::Dump(_) => {
                    findings.undecided(&format!("the origin of {name}"), &unknown).at(unknown.at.or(setting.region()));
                }
                // A variable that must be given, a vault, a file outside: wherever it is from, it is not the source.
                Why::Variable(_) | Why::Call(_) | Why::Import(_) | Why::Random(_) | Why::Machine(_) | Why::File(_) => {}
            }
            continue;
        }
        if value.truth().is_no() {
            continue;
        }
        let Some((message, at)) = place(facts, setting, name, value) else { continue };
        match condition {
            Some(condition) if several => findings.open(format!("{message} {}", condition.clause())),
            Some(_) | None => findings.fail(format!("{message}{}", setting.unless())),
        }
        .at(at)
        .label("whoever has the source has the key")
        .help("read the key from the environment, without a default, and replace the one that was published");
    }
}

/// What is to be said about a known key, and where it stands; `None` if it is not from the source.
fn place(facts: &Facts, setting: &Effective, name: &str, value: &Value) -> Option<(String, Option<Region>)> {
    match facts.provenance(setting, value) {
        Provenance::Given(_) | Provenance::Unseen => None,
        Provenance::Default(variable) => {
            let at = variable.default.as_ref().and_then(|default| default.at).or(value.at);
            Some((format!("{name} falls back to a key in the source"), at))
        }
        Provenance::Written => {
            let elsewhere = || facts.artifacts.iter().any(|(_, file)| !is_python(&file.path) && holds(&file.text, value));
            let in_source = facts.artifacts.iter().any(|(_, file)| is_python(&file.path) && holds(&file.text, value));
            let from_file = !in_source && elsewhere();
            (!from_file).then(|| (format!("{name} is written in the source"), value.at.or(setting.region())))
        }
    }
}

fn holds(text: &str, value: &Value) -> bool {
    value.expose_str().is_some_and(|key| key.len() >= 8 && text.contains(key))
}

fn is_python(path: &str) -> bool {
    path.rsplit('.').next() == Some("py")
}

/// Where a good key comes from: ` but given by SECRET_KEY`.
fn from(facts: &Facts, key: &Effective) -> String {
    let mut names: BTreeSet<&str> = key.assumptions.iter().filter_map(shipworthy_model::Assumption::variable).collect();
    let unknown = key.value.as_unknown();
    if let Some(Why::Variable(name)) = unknown.as_ref().map(|unknown| &unknown.why) {
        names.insert(name);
    }
    if let Provenance::Given(variable) = facts.provenance(key, &key.value) {
        names.insert(&variable.name);
    }
    match names.into_iter().next() {
        Some(name) => format!(" but given by the environment variable {name}"),
        None => String::new(),
    }
}
