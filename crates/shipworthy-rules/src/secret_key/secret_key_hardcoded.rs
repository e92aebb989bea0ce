//! A signing key in the source is known to everyone who ever saw the source.

use shipworthy_model::{
    Assumption, Effective, Facts, Findings, Kind, Provenance, Region, Rule, Severity, Topic, Truth, Unknown, Value, Why,
};

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
    // A file of each server's own that is not committed is there to say otherwise.
    let is_local = |it: &Assumption| matches!(it, Assumption::Absent(_) | Assumption::Silent(_));
    let local = if setting.assumptions.iter().any(is_local) { Severity::Medium } else { Severity::High };
    for (value, condition) in alternatives {
        if let Some(unknown) = value.as_unknown() {
            match unknown.why {
                Why::Limit(_) | Why::Unsupported(_) | Why::Raises(_) | Why::Branch(_) | Why::Blank(_) | Why::Dump(_) => {
                    findings.undecided(&format!("the origin of {name}"), &unknown).at(unknown.at.or(setting.region()));
                }
                Why::Call(_) | Why::Import(_) if may_be_written(facts, setting, &unknown) => {
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
            Some(_) | None => findings.fail(format!("{message}{}", setting.unless())).severity(local),
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

/// Whether an unknown key may yet be one of the source: everything of a module elsewhere is imported, which may have no key
/// and so leave the one that stood before, or a call that reads a variable has a text for when it is not set.
fn may_be_written(facts: &Facts, setting: &Effective, unknown: &Unknown) -> bool {
    let everything = |at: Region| facts.artifacts.text(at).trim_end().ends_with('*');
    let defaulted = |at: Region| {
        let statement = facts.artifacts.text(at);
        let texts = |separator: &str| {
            statement.match_indices(separator).any(|(start, _)| {
                let rest = statement[start + separator.len()..].trim_start();
                rest.strip_prefix(['"', '\'']).is_some_and(|rest| !rest.starts_with(['"', '\'']))
            })
        };
        let asks = statement.to_ascii_lowercase().contains("env");
        asks && texts(",") || texts("default=") || texts(" or ")
    };
    // A file that only the server has may make another, or not.
    let written = |at: Region| {
        let value = facts.artifacts.text(at).split_once('=').map(|(_, value)| value.trim_start());
        value.is_some_and(|value| value.starts_with(['"', '\'']))
    };
    let absent = setting.assumptions.iter().any(|assumption| matches!(assumption, Assumption::Absent(_)));
    absent && setting.at.is_some_and(written)
        || matches!(setting.explicit, Truth::Unknown(_))
        || unknown.at.into_iter().chain(setting.at).any(everything)
        || setting.at.is_some_and(defaulted)
}

/// Where a good key comes from: ` but given by SECRET_KEY`. A variable that only decides which statement makes the key gives
/// none.
fn from(facts: &Facts, key: &Effective) -> String {
    let unknown = key.value.as_unknown().map(|unknown| unknown.why);
    let name = match (&unknown, facts.provenance(key, &key.value)) {
        (Some(Why::Variable(name)), _) => Some(&**name),
        (_, Provenance::Given(variable)) => Some(&*variable.name),
        (_, Provenance::Written | Provenance::Default(_) | Provenance::Unseen) => None,
    };
    name.map(|name| format!(" but given by the environment variable {name}")).unwrap_or_default()
}
