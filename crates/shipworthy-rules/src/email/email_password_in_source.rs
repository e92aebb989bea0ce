//! Whoever knows the password of the mail account can write to your users in your name.

use shipworthy_model::mailer::Part;
use shipworthy_model::{Effective, Facts, Findings, Kind, Provenance, Rule, Severity, Topic, Value, is_secret_name};

pub(crate) static RULE: Rule = Rule {
    id: "email-password-in-source",
    topic: Topic::Email,
    severity: Severity::High,
    django: &[],
    summary: "the password of the mail account is written in the source",
    guide: include_str!("email_password_in_source.md"),
    check,
};

const KEYS: [&str; 8] = [
    "SENDGRID_API_KEY",
    "MAILGUN_API_KEY",
    "MAILGUN_ACCESS_KEY",
    "MAILJET_SECRET_KEY",
    "MANDRILL_API_KEY",
    "POSTMARK_API_KEY",
    "POSTMARK_SERVER_TOKEN",
    "SPARKPOST_API_KEY",
];

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        let password = mailer.get(Part::Password);
        judge(facts, &mailer.name(Part::Password), password, &password.value, findings);
    }
    if facts.has_mailers().is_yes() {
        let old = facts.setting("EMAIL_HOST_PASSWORD");
        judge(facts, "EMAIL_HOST_PASSWORD", &old, &old.value, findings);
    }
    for name in KEYS {
        let key = facts.setting(name);
        judge(facts, name, &key, &key.value, findings);
    }
    let anymail = facts.setting("ANYMAIL");
    for (key, value) in anymail.value.known_entries() {
        if let Some(key) = key.as_str().filter(|key| is_secret_name(key)) {
            judge(facts, &format!("ANYMAIL[\"{key}\"]"), &anymail, value, findings);
        }
    }
    if !findings.has(Kind::Fail) && !findings.has(Kind::Open) && !findings.has(Kind::Pass) {
        findings.pass("no password of a mail account is written in the source");
    }
}

fn judge(facts: &Facts, name: &str, setting: &Effective, value: &Value, findings: &mut Findings) {
    for (value, _) in value.alternatives() {
        let Some(text) = value.expose_str().filter(|text| !text.is_empty()) else { continue };
        let at = value.at.or(setting.region());
        match facts.provenance_of(setting, value, text) {
            Provenance::Written => {
                let finding = findings.fail(format!("{name} is written in the source"));
                finding.at(at).help("read it from the environment, and change it at the mail service");
            }
            Provenance::Default(variable) => {
                let finding = findings.fail(format!("{name} comes from the source unless {} is set", variable.name));
                finding.at(at).severity(Severity::Medium).help("let the variable have no default, or an empty one");
            }
            Provenance::Given(variable) => {
                findings.pass(format!("{name} comes from {}", variable.name)).at(at);
            }
            Provenance::Unseen => {
                findings.open(format!("where {name} was written cannot be seen")).at(at);
            }
        }
    }
}
