//! Whoever knows the password of the mail account can write to your users in your name.

use shipworthy_model::mailer::Part;
use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Value, is_secret_name};

use crate::passwords::Password;

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
        let text = |part| mailer.get(part).value.expose_str();
        let login = (text(Part::User), text(Part::Host));
        judge(facts, &mailer.name(Part::Password), password, &password.value, login, findings);
    }
    if facts.has_mailers().is_yes() {
        let old = facts.setting("EMAIL_HOST_PASSWORD");
        judge(facts, "EMAIL_HOST_PASSWORD", &old, &old.value, (None, None), findings);
    }
    for name in KEYS {
        let key = facts.setting(name);
        judge(facts, name, &key, &key.value, (None, None), findings);
    }
    let anymail = facts.setting("ANYMAIL");
    for (key, value) in anymail.value.known_entries() {
        if let Some(key) = key.as_str().filter(|key| is_secret_name(key)) {
            judge(facts, &format!("ANYMAIL[\"{key}\"]"), &anymail, value, (None, None), findings);
        }
    }
    if findings.is_silent() {
        findings.pass("no password of a mail account is written in the source");
    }
}

/// A user and a host, as far as they are known.
type Login<'a> = (Option<&'a str>, Option<&'a str>);

fn judge(facts: &Facts, name: &str, setting: &Effective, value: &Value, login: Login<'_>, findings: &mut Findings) {
    for (value, _) in value.alternatives() {
        let Some(text) = value.expose_str().filter(|text| !text.is_empty()) else { continue };
        let judged = Password {
            name: name.to_owned(),
            setting,
            value,
            text,
            login,
            at: value.at.or(setting.region()),
            written: Severity::High,
            default: Severity::Medium,
            change: "change it at the mail service",
        };
        judged.judge(facts, findings);
    }
}
