//! A missing or misspelt referrer policy tells other sites which page a visitor came from.

use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth, Value};

use crate::pages::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "referrer-policy-weak",
    topic: Topic::Browser,
    severity: Severity::Low,
    django: &["security.W022", "security.E023"],
    summary: "SECURE_REFERRER_POLICY is unset, unknown to browsers or tells everything",
    guide: include_str!("referrer_policy_weak.md"),
    check,
};

const KNOWN: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

const PAGES: Words = Words {
    right: "sends a Referrer-Policy",
    wrong: "sends no Referrer-Policy that browsers know and that keeps addresses private",
    label: None,
    help: "set SECURE_REFERRER_POLICY = \"same-origin\", the default, or \"strict-origin-when-cross-origin\"",
    severity: None,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    pages::judge(facts, findings, &PAGES, |response| {
        let right = |value: &str| value.split(',').all(|policy| KNOWN.contains(&policy.trim()) && policy.trim() != "unsafe-url");
        response.header("referrer-policy").is_some_and(right)
    });
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let policy = facts.setting("SECURE_REFERRER_POLICY");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings.not_applicable("SECURE_REFERRER_POLICY has no effect: SecurityMiddleware is not installed").at(policy.region());
        return;
    }
    let state = policy.state("SECURE_REFERRER_POLICY");
    let known = match installed.and(known(&policy.value)) {
        Truth::Unknown(why) => {
            findings.undecided("SECURE_REFERRER_POLICY", &why);
            return;
        }
        Truth::Yes => true,
        Truth::No => false,
    };
    let help = "set SECURE_REFERRER_POLICY = \"same-origin\", the default, or \"strict-origin-when-cross-origin\"";
    if policy.value.is_none().is_yes() {
        findings
            .fail(format!("{state}: Django sends no Referrer-Policy header"))
            .at(policy.region())
            .django("security.W022")
            .help(help);
    } else if policy.value.decide(is_iterable).is_no() {
        findings
            .fail(format!("{state}, neither text nor a list"))
            .at(policy.region())
            .severity(Severity::High)
            .label("Django raises an error on every response")
            .help(help);
    } else if !known {
        findings
            .fail(format!("{state}, which is not among the policies that browsers know"))
            .at(policy.region())
            .severity(Severity::Medium)
            .django("security.E023")
            .label("browsers skip what they do not know, and Django's check ends in an error")
            .help(help);
    } else if policy.value.contains("unsafe-url").is_yes() {
        findings
            .fail(format!("{state}: every linked site learns the full address a visitor came from"))
            .at(policy.region())
            .help(help);
    } else {
        findings.pass(state).at(policy.region());
    }
}

/// Whether every policy named is one of the standard's; a single unknown name decides.
fn known(value: &Value) -> Truth {
    let is_known = |text: &str| KNOWN.contains(&text.trim());
    match &value.datum {
        Datum::Str(text) => Truth::from(text.split(',').all(is_known)),
        Datum::Bytes(bytes) => Truth::from(bytes.is_empty()),
        Datum::Dict(_) => !value.known_entries().map(|(key, _)| misnamed(key)).fold(Truth::No, Truth::or),
        Datum::Unknown(why) => Truth::Unknown(why.clone()),
        Datum::OneOf(_) => value.decide(|value| known(value).is_yes()),
        _ => !value.any(misnamed).unwrap_or(Truth::Yes),
    }
}

fn misnamed(item: &Value) -> Truth {
    item.decide(|item| !item.expose_str().is_some_and(|text| KNOWN.contains(&text)))
}

fn is_iterable(value: &Value) -> bool {
    matches!(value.datum, Datum::Str(_) | Datum::Bytes(_) | Datum::List(_) | Datum::Tuple(_) | Datum::Set(_) | Datum::Dict(_))
}
