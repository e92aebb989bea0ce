//! A content security policy that no middleware sends protects nobody.

use shipworthy_model::policy::Policy;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, Use};

pub(crate) static RULE: Rule = Rule {
    id: "csp-inert",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &[],
    summary: "a content security policy is configured and never sent",
    guide: include_str!("csp_inert.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let policies = facts.policies();
    if policies.is_empty() {
        findings.not_applicable("the settings hold no content security policy");
    }
    for policy in &policies {
        match facts.has_middleware(policy.middleware) {
            Truth::Yes => match facts.reads_instead(policy) {
                Some(reads) => {
                    findings
                        .fail(format!("{} is not read by the django-csp of this project, which reads {reads}", policy.setting))
                        .at(policy.at)
                        .label("the policy is never sent")
                        .help(format!("move the policy to {reads}"));
                }
                None => {
                    findings.pass(format!("{} is sent by {}", policy.setting, class(policy))).at(policy.at);
                }
            },
            Truth::Unknown(why) => {
                findings.undecided("MIDDLEWARE", &why);
            }
            Truth::No if sends_it(facts) => {
                findings
                    .open(format!("{} may be sent by another middleware than {}", policy.setting, class(policy)))
                    .at(policy.at);
            }
            Truth::No => {
                findings
                    .fail(format!(
                        "{} is set, but {} is not in MIDDLEWARE{}",
                        policy.setting,
                        class(policy),
                        facts.setting("MIDDLEWARE").unless()
                    ))
                    .at(policy.at)
                    .label("the policy is never sent")
                    .see(facts.setting("MIDDLEWARE").region(), "the list that lacks it")
                    .help(format!("add '{}' to MIDDLEWARE", policy.middleware));
            }
        }
    }
}

/// Whether a middleware by its name, or code of the project's own, may send a policy.
fn sends_it(facts: &Facts) -> bool {
    let named = ["CSP", "Csp", "ContentSecurityPolicy"].iter().any(|name| !facts.has_middleware_class(name).is_no());
    named || facts.uses(Use::PolicyHeader).is_yes()
}

fn class(policy: &Policy) -> &'static str {
    policy.middleware.rsplit('.').next().unwrap_or(policy.middleware)
}
