//! A weak fallback opens every door that a weak key opens.

use shipworthy_model::key::Weakness;
use shipworthy_model::{Datum, Effective, Facts, Findings, Item, Kind, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-fallback-weak",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &["security.W025"],
    summary: "a key in SECRET_KEY_FALLBACKS is weak",
    guide: include_str!("secret_key_fallback_weak.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let fallbacks = facts.setting("SECRET_KEY_FALLBACKS");
    if let Some(unknown) = fallbacks.value.as_unknown() {
        findings.undecided("the strength of SECRET_KEY_FALLBACKS", &unknown).at(unknown.at.or(fallbacks.region()));
        return;
    }
    for (index, item) in fallbacks.value.items().unwrap_or_default().iter().enumerate() {
        match item {
            Item::One(value) => judge(findings, &fallbacks, index, value, None),
            Item::Perhaps(value, condition) => judge(findings, &fallbacks, index, value, Some(condition.clause())),
            Item::Many(unknown) => {
                findings.undecided("the strength of SECRET_KEY_FALLBACKS", unknown).at(unknown.at.or(fallbacks.region()));
            }
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if fallbacks.truth().is_no() {
        findings.not_applicable(format!("SECRET_KEY_FALLBACKS is empty{}", fallbacks.unless())).at(fallbacks.region());
    } else {
        findings.pass("every key in SECRET_KEY_FALLBACKS is long and varied").at(fallbacks.region());
    }
}

fn judge(findings: &mut Findings, fallbacks: &Effective, index: usize, value: &Value, condition: Option<String>) {
    let name = format!("SECRET_KEY_FALLBACKS[{index}]");
    let weakness = value.alternatives().into_iter().find_map(|(value, _)| match value.as_unknown() {
        Some(_) => None,
        None => Weakness::of(value),
    });
    // Django's check stops with an exception where a fallback is neither text nor bytes.
    let is_text = |value: &Value| matches!(value.datum, Datum::Str(_) | Datum::Secret(_) | Datum::Bytes(_));
    let reported = value.decide(|value| Weakness::of(value).is_some_and(Weakness::is_reported) && is_text(value));
    let weak = value.decide(|value| Weakness::of(value).is_some());
    let at = value.at.or(fallbacks.region());
    let (Some(weakness), false) = (weakness, weak.is_no()) else {
        if let Truth::Unknown(why) = weak {
            findings.undecided(&format!("the strength of {name}"), &why).at(why.at.or(at));
        }
        return;
    };
    let clause = match weakness {
        Weakness::Empty if is_text(value) => "is empty, and Django accepts cookies that are signed with nothing".to_owned(),
        Weakness::Empty => format!("is {}, and Django accepts cookies that are signed with this word", value.show()),
        weakness => weakness.clause(),
    };
    let certain = weak.is_yes() && condition.is_none();
    let message =
        format!("{name} {clause}{}{}", condition.map(|clause| format!(" {clause}")).unwrap_or_default(), fallbacks.unless());
    let finding = if certain { findings.fail(message) } else { findings.open(message) };
    finding.at(at).help("remove it: a fallback is only needed until what it signed has expired");
    finding.severity(match weakness {
        Weakness::Short(_) => Severity::Low,
        Weakness::NotText("bytes") => Severity::Info,
        Weakness::Empty | Weakness::Prefixed | Weakness::Guessable | Weakness::Placeholder | Weakness::NotText(_) => {
            Severity::High
        }
    });
    if certain && reported.is_yes() {
        finding.django("security.W025");
    }
}
