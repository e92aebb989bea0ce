//! Under no-referrer browsers hide where a form comes from, and Django refuses it.

use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "referrer-policy-breaks-csrf",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &[],
    summary: "the referrer policy makes Django refuse its own forms",
    guide: include_str!("referrer_policy_breaks_csrf.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let policy = facts.setting("SECURE_REFERRER_POLICY");
    let both = facts.has_security_middleware().and(facts.has_csrf_middleware());
    if both.is_no() {
        findings.not_applicable("either Django sends no referrer policy or it checks no forms").at(policy.region());
        return;
    }
    match both.and(policy.value.decide(hides)) {
        Truth::No => {
            findings.pass("the referrer policy lets browsers say where a form comes from").at(policy.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_REFERRER_POLICY", &why);
        }
        Truth::Yes => {
            findings
                .fail(format!("{}, under which Django refuses forms", policy.state("SECURE_REFERRER_POLICY")))
                .at(policy.region())
                .label("over HTTPS browsers then send neither Origin nor Referer, and CsrfViewMiddleware answers 403")
                .help("set SECURE_REFERRER_POLICY = \"same-origin\"");
        }
    }
}

/// Whether the policy that browsers pick, the last one they know, is `no-referrer`.
fn hides(value: &Value) -> bool {
    match &value.datum {
        Datum::Str(text) => text.rsplit(',').next().is_some_and(|last| last.trim() == "no-referrer"),
        Datum::List(_) | Datum::Tuple(_) => value.known_items().last().and_then(Value::as_str) == Some("no-referrer"),
        _ => false,
    }
}
