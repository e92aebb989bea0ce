//! The preload list is a decision for the whole domain, for years; leaving it alone is no fault.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-preload-off",
    topic: Topic::Https,
    severity: Severity::Info,
    django: &["security.W021"],
    summary: "HSTS does not ask to be preloaded, which is a choice",
    guide: include_str!("hsts_preload_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let preload = facts.setting("SECURE_HSTS_PRELOAD");
    let sent = facts.has_security_middleware().and(facts.truth("SECURE_HSTS_SECONDS"));
    if sent.is_no() {
        findings.not_applicable("Django sends no Strict-Transport-Security header").at(preload.region());
        return;
    }
    match sent.and(!preload.is_true()) {
        Truth::No => {
            findings.pass(preload.state("SECURE_HSTS_PRELOAD")).at(preload.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_HSTS_PRELOAD", &why);
        }
        Truth::Yes if preload.truth().is_yes() => {
            findings
                .fail(format!("{}, not True: it asks for preloading by accident", preload.state("SECURE_HSTS_PRELOAD")))
                .at(preload.region())
                .severity(Severity::Low)
                .django("security.W021")
                .help("set SECURE_HSTS_PRELOAD to True or False");
        }
        Truth::Yes => {
            findings
                .fail(format!("{}, and nobody needs to change that", preload.state("SECURE_HSTS_PRELOAD")))
                .at(preload.region().or(facts.setting("SECURE_HSTS_SECONDS").region()))
                .django("security.W021")
                .help("leave it, or silence security.W021; preloading takes months to undo");
        }
    }
}
