//! A misspelt opener policy is none: a page that opened this one keeps its hands on the window.

use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth};

use crate::pages::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "opener-policy-weak",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.E024"],
    summary: "SECURE_CROSS_ORIGIN_OPENER_POLICY is unknown to browsers or off",
    guide: include_str!("opener_policy_weak.md"),
    check,
};

const PAGES: Words = Words {
    right: "sends a Cross-Origin-Opener-Policy",
    wrong: "does not cut off windows of other sites: it sends no Cross-Origin-Opener-Policy",
    label: None,
    help: "set SECURE_CROSS_ORIGIN_OPENER_POLICY = \"same-origin\", the default",
    severity: Some(Severity::Info),
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    pages::judge(facts, findings, &PAGES, |response| {
        let known = |value: &str| matches!(value.trim(), "same-origin" | "same-origin-allow-popups" | "noopener-allow-popups");
        response.header("cross-origin-opener-policy").is_some_and(known)
    });
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let policy = facts.setting("SECURE_CROSS_ORIGIN_OPENER_POLICY");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings
            .not_applicable("SECURE_CROSS_ORIGIN_OPENER_POLICY has no effect: SecurityMiddleware is not installed")
            .at(policy.region());
        return;
    }
    let isolates = policy.value.decide(|value| matches!(value.as_str(), Some("same-origin" | "same-origin-allow-popups")));
    let help = "set SECURE_CROSS_ORIGIN_OPENER_POLICY = \"same-origin\", the default, or \"same-origin-allow-popups\"";
    let state = policy.state("SECURE_CROSS_ORIGIN_OPENER_POLICY");
    match installed.and(!isolates) {
        Truth::No => {
            findings.pass(state).at(policy.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_CROSS_ORIGIN_OPENER_POLICY", &why);
        }
        Truth::Yes => match &policy.value.datum {
            Datum::None => {
                findings
                    .fail(format!("{state}: windows of other sites are not cut off"))
                    .at(policy.region())
                    .severity(Severity::Info)
                    .help(help);
            }
            Datum::Str(text) if &**text == "unsafe-none" => {
                findings
                    .fail(format!("{state}: windows of other sites are not cut off"))
                    .at(policy.region())
                    .severity(Severity::Info)
                    .help(help);
            }
            // These cannot be looked up in a set: Django's check ends in a TypeError and prints nothing.
            Datum::List(_) | Datum::Dict(_) | Datum::Set(_) => {
                findings
                    .fail(format!("{state}, not text"))
                    .at(policy.region())
                    .label("the header is nonsense, and Django's check ends in an error")
                    .help(help);
            }
            _ => {
                findings
                    .fail(format!("{state}, which is not among the policies that browsers know"))
                    .at(policy.region())
                    .django("security.E024")
                    .label("browsers treat it as none, and Django's check ends in an error")
                    .help(help);
            }
        },
    }
}
