//! A fallback that outlives the rotation is one more key that can leak.

use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-fallback-kept",
    topic: Topic::SecretKey,
    severity: Severity::Info,
    django: &[],
    summary: "old keys are still accepted",
    guide: include_str!("secret_key_fallback_kept.md"),
    check,
};

const HELP: &str = "remove a key when the sessions it signed have expired, after SESSION_COOKIE_AGE: two weeks by default";

fn check(facts: &Facts, findings: &mut Findings) {
    let fallbacks = facts.setting("SECRET_KEY_FALLBACKS");
    if let Some(unknown) = fallbacks.value.as_unknown() {
        findings.not_applicable(format!("SECRET_KEY_FALLBACKS is unknown: {}", unknown.reason())).at(fallbacks.region());
        return;
    }
    let keys: Vec<&Value> = fallbacks.value.certain_items().collect();
    let key = facts.setting("SECRET_KEY").value;
    for (index, fallback) in keys.iter().enumerate() {
        let text = fallback.expose_str().filter(|text| !text.is_empty());
        let Some(text) = text else { continue };
        let twin = keys[..index].iter().position(|other| other.expose_str() == Some(text));
        let clause = if key.expose_str() == Some(text) {
            "is SECRET_KEY itself: the key was not replaced".to_owned()
        } else if let Some(twin) = twin {
            format!("is the same as SECRET_KEY_FALLBACKS[{twin}]")
        } else {
            continue;
        };
        findings
            .fail(format!("SECRET_KEY_FALLBACKS[{index}] {clause}"))
            .at(fallback.at.or(fallbacks.region()))
            .severity(Severity::Low)
            .help("remove it; to replace a key, put the old one here and a new one into SECRET_KEY");
    }
    if keys.len() > 2 {
        findings
            .fail(format!("SECRET_KEY_FALLBACKS holds {} old keys{}", keys.len(), fallbacks.unless()))
            .at(fallbacks.region())
            .severity(Severity::Low)
            .label("each of them signs as well as SECRET_KEY")
            .help(
                "remove those whose sessions have expired, two weeks after the change unless SESSION_COOKIE_AGE says otherwise",
            );
    } else if !keys.is_empty() && !findings.has(Kind::Fail) {
        findings
            .fail(format!("SECRET_KEY_FALLBACKS still accepts {}{}", count(keys.len()), fallbacks.unless()))
            .at(fallbacks.region())
            .help(HELP);
    }
    if keys.is_empty() && fallbacks.value.items().is_some_and(|items| !items.is_empty()) {
        findings.open("whether SECRET_KEY_FALLBACKS holds old keys hangs on conditions").at(fallbacks.region());
    } else if !findings.has(Kind::Fail) {
        findings.pass(format!("SECRET_KEY_FALLBACKS is empty{}", fallbacks.unless())).at(fallbacks.region());
    }
}

fn count(keys: usize) -> String {
    if keys == 1 { "an old key".to_owned() } else { format!("{keys} old keys") }
}
