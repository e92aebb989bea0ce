//! A nonce in the policy that no template can print blocks the site's own scripts.

use shipworthy_model::policy::NONCE;
use shipworthy_model::{Effective, Entry, Facts, Findings, Lookup, Rule, Severity, Topic, Truth, Unknown, Value};

pub(crate) static RULE: Rule = Rule {
    id: "csp-nonce-unused",
    topic: Topic::Browser,
    severity: Severity::Medium,
    django: &["security.W027"],
    summary: "templates cannot print the nonce that the content security policy asks for",
    guide: include_str!("csp_nonce_unused.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    if !version.at_least(6, 0) {
        findings.not_applicable(format!("Django {}.{} has no content security policy of its own", version.major, version.minor));
        return;
    }
    let policies = ["SECURE_CSP", "SECURE_CSP_REPORT_ONLY"].map(|name| facts.setting(name));
    let nonce = policies.iter().map(|policy| has_nonce(&policy.value)).fold(Truth::No, Truth::or);
    let asked = facts.has_middleware("django.middleware.csp.ContentSecurityPolicyMiddleware").and(nonce);
    if asked.is_no() {
        findings.not_applicable("no content security policy with a nonce is sent");
        return;
    }
    let templates = facts.setting("TEMPLATES");
    let printed = templates.value.any(has_processor).unwrap_or(Truth::No);
    match asked.and(!printed) {
        Truth::No => {
            findings.pass("a template engine has the context processor that prints the nonce").at(templates.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("whether templates can print the nonce", &why);
        }
        Truth::Yes => {
            let place = policies.iter().find(|policy| has_nonce(&policy.value).is_yes()).and_then(Effective::region);
            let finding = findings.fail("CSP.NONCE is in the policy, but no template engine has the context processor csp");
            finding
                .at(place)
                .label("templates print an empty nonce, and browsers block their scripts")
                .see(templates.region(), "the engines")
                .help("add 'django.template.context_processors.csp' to the context_processors in TEMPLATES");
            if version.at_least(6, 1) {
                finding.django("security.W027");
            }
        }
    }
}

/// As Django's check asks: a directive's value that is the nonce, or holds it.
fn has_nonce(policy: &Value) -> Truth {
    if let Some(why) = policy.as_unknown() {
        return Truth::Unknown(why);
    }
    let known = policy.known_entries().map(|(_, value)| value.contains(NONCE)).fold(Truth::No, Truth::or);
    match policy.entries().unwrap_or_default().iter().find_map(doubt) {
        Some(why) => known.or(Truth::Unknown(why)),
        None => known,
    }
}

fn doubt(entry: &Entry) -> Option<Unknown> {
    match entry {
        Entry::One(..) | Entry::Perhaps(..) => None,
        Entry::Many(why) => Some(why.clone()),
    }
}

fn has_processor(engine: &Value) -> Truth {
    match engine.get("OPTIONS") {
        Lookup::Absent => Truth::No,
        Lookup::Unknown(why) => Truth::Unknown(why),
        Lookup::Found(options) => match options.get("context_processors") {
            Lookup::Absent => Truth::No,
            Lookup::Unknown(why) => Truth::Unknown(why),
            Lookup::Found(processors) => processors.contains("django.template.context_processors.csp"),
        },
    }
}
