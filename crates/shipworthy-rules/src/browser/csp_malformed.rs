//! A content security policy that is no dictionary breaks every response it should protect.

use shipworthy_model::{Datum, Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "csp-malformed",
    topic: Topic::Browser,
    severity: Severity::High,
    django: &["security.E026"],
    summary: "a content security policy is not a dictionary",
    guide: include_str!("csp_malformed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.django.version.at_least(6, 0) {
        let version = facts.django.version;
        findings.not_applicable(format!("Django {}.{} has no content security policy of its own", version.major, version.minor));
        return;
    }
    for name in ["SECURE_CSP", "SECURE_CSP_REPORT_ONLY"] {
        let policy = facts.setting(name);
        match policy.value.decide(|value| matches!(value.datum, Datum::Dict(_) | Datum::None)) {
            Truth::Yes => {
                findings.pass(format!("{name} is a dictionary or None")).at(policy.region());
            }
            Truth::Unknown(why) => {
                findings.undecided(name, &why);
            }
            Truth::No => {
                let sent = policy.truth().is_yes() && !facts.has_middleware_class("ContentSecurityPolicyMiddleware").is_no();
                let label = if sent { "the middleware raises an error on every response" } else { "no policy is sent" };
                findings
                    .fail(format!("{name} is {}, not a dictionary", policy.value.type_name()))
                    .at(policy.region())
                    .severity(if sent { Severity::High } else { Severity::Low })
                    .django("security.E026")
                    .label(label)
                    .help(format!(
                        "write {name} as a dictionary from directives to lists of sources: {{\"default-src\": [CSP.SELF]}}"
                    ));
            }
        }
    }
}
