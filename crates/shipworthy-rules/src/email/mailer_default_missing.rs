//! Sending mail without naming a mailer means the alias `default`; without it, sending raises an exception.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "mailer-default-missing",
    topic: Topic::Email,
    severity: Severity::High,
    django: &["mail.W001"],
    summary: "MAILERS defines no default mailer",
    guide: include_str!("mailer_default_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mailers = facts.setting("MAILERS");
    match facts.has_mailers() {
        Truth::Yes => {}
        Truth::No => {
            findings.not_applicable("mail is configured by EMAIL_HOST and its like, not by MAILERS").at(mailers.region());
            return;
        }
        Truth::Unknown(why) => {
            findings.open(format!("whether MAILERS is set could not be decided: {}", why.reason())).at(why.at);
            return;
        }
    }
    match mailers.value.contains("default") {
        Truth::Yes => {
            findings.pass("MAILERS defines the alias default").at(mailers.region());
        }
        Truth::No => {
            let finding = findings.fail(format!("MAILERS has no alias default{}", mailers.unless()));
            finding.at(mailers.region()).django("mail.W001");
            finding.help("add a default entry; code that names no mailer uses it");
            // Nobody has said yet how mail is sent.
            if mailers.value.truth().is_no() && !mailers.assumptions.is_empty() {
                finding.severity(Severity::Medium);
            }
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("whether MAILERS defines the alias default could not be decided: {}", why.reason()))
                .at(why.at.or(mailers.region()));
        }
    }
}
