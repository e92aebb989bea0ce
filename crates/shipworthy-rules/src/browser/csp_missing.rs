//! Without a content security policy an injected script may do whatever the page may.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::pages::{self, Words};

pub(crate) static RULE: Rule = Rule {
    id: "csp-missing",
    topic: Topic::Browser,
    severity: Severity::Info,
    django: &[],
    summary: "no content security policy is enforced",
    guide: include_str!("csp_missing.md"),
    check,
};

const PAGES: Words = Words {
    right: "enforces a content security policy",
    wrong: "enforces no content security policy",
    label: None,
    help: "start with a report-only policy, read the reports, then enforce it",
    severity: None,
};

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    pages::judge(facts, findings, &PAGES, |response| {
        response.header("content-security-policy").is_some_and(|value| !value.trim().is_empty())
    });
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let policies = facts.policies();
    let sent = |enforced: bool| {
        policies.iter().find(|policy| policy.enforced == enforced && facts.has_middleware(policy.middleware).is_yes())
    };
    if let Some(policy) = sent(true) {
        findings.pass(format!("{} holds an enforced content security policy", policy.setting)).at(policy.at);
        return;
    }
    for name in ["SECURE_CSP", "CONTENT_SECURITY_POLICY", "MIDDLEWARE"] {
        let setting = facts.setting(name);
        if let Some(why) = setting.value.as_unknown() {
            findings.undecided(name, &why);
            return;
        }
    }
    if let Truth::Unknown(why) = facts.has_middleware_class("Policy") {
        findings.undecided("MIDDLEWARE", &why);
        return;
    }
    if policies.is_empty() && (facts.has_middleware_class("CSP").is_yes() || facts.has_middleware_class("Csp").is_yes()) {
        findings
            .open("a middleware whose name speaks of CSP may send a content security policy")
            .at(facts.setting("MIDDLEWARE").region());
    } else if let Some(policy) = sent(false) {
        findings
            .fail(format!("{} only reports: no content security policy is enforced", policy.setting))
            .at(policy.at)
            .help("when the reports have gone quiet, enforce the policy");
    } else if facts.django.version.at_least(6, 0) {
        let setting = facts.setting("SECURE_CSP");
        findings
            .fail("no content security policy is enforced, unless a front end or a view sends one")
            .at(setting.region().or(facts.setting("MIDDLEWARE").region()))
            .label("an injected script may load and send whatever it likes")
            .help("start with SECURE_CSP_REPORT_ONLY and ContentSecurityPolicyMiddleware, read the reports, then enforce with SECURE_CSP");
    } else {
        let version = facts.django.version;
        findings.not_applicable(format!("Django {}.{} has no content security policy of its own", version.major, version.minor));
    }
}
