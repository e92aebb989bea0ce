//! Without HSTS a browser asks over plain HTTP again on every visit.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "hsts-missing",
    topic: Topic::Https,
    severity: Severity::Medium,
    django: &["security.W004"],
    summary: "Django sends no Strict-Transport-Security header",
    guide: include_str!("hsts_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let seconds = facts.setting("SECURE_HSTS_SECONDS");
    let installed = facts.has_security_middleware();
    if installed.is_no() {
        findings.not_applicable("SECURE_HSTS_SECONDS has no effect: SecurityMiddleware is not installed").at(seconds.region());
        return;
    }
    match installed.and(!seconds.truth()) {
        Truth::No => {
            findings.pass(seconds.state("SECURE_HSTS_SECONDS")).at(seconds.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("SECURE_HSTS_SECONDS", &why);
        }
        Truth::Yes if facts.is_added_over_tls("strict-transport-security").is_some() => {
            findings
                .pass("the front end sends Strict-Transport-Security")
                .at(seconds.region())
                .see(facts.is_added_over_tls("strict-transport-security"), "sends it");
        }
        Truth::Yes => {
            findings
                .fail(format!(
                    "{}: Django sends no Strict-Transport-Security header, unless a front end does",
                    seconds.state("SECURE_HSTS_SECONDS")
                ))
                .at(seconds.region().or(facts.setting("MIDDLEWARE").region()))
                .django("security.W004")
                .help("once every page works over HTTPS, set SECURE_HSTS_SECONDS = 3600, then raise it in steps to a year");
        }
    }
}
