//! Mail from an address at localhost is refused or filed as spam.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::{Effective, Facts, Findings, Reach, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "sender-address-default",
    topic: Topic::Email,
    severity: Severity::Medium,
    django: &[],
    summary: "mail is sent from an address that no server accepts",
    guide: include_str!("sender_address_default.md"),
    check,
};

/// The level of the records that are mailed.
const ERROR: i128 = 40;

const PLACEHOLDERS: [&str; 6] =
    ["localhost", "localhost.localdomain", "example.com", "example.org", "example.net", "yourdomain.com"];

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.sends_mail() {
        findings.not_applicable("nothing shows that the project sends mail");
        return;
    }
    if let Some(mailer) = facts.mailers().first()
        && facts.mailers().iter().all(Mailer::keeps_mail)
    {
        findings.not_applicable("mail does not leave, whatever its sender").at(mailer.get(Part::Backend).region());
        return;
    }
    let far = facts.mailers().iter().any(|mailer| {
        let host = mailer.get(Part::Host).value.expose_str().unwrap_or("unknown.example.com");
        let backend = mailer.get(Part::Backend).value.as_str().unwrap_or_default();
        match backend.strip_prefix("django.core.mail.backends.") {
            Some("smtp.EmailBackend") | None => !mailer.is_smtp().is_yes() || Reach::of(host) != Reach::Local,
            Some(_) => false,
        }
    });
    let severity = if far { Severity::Medium } else { Severity::Low };
    // Code of the project's own may name a sender with every mail; that of these packages does not.
    let users = if facts.mails_users().is_some() { severity } else { Severity::Info };
    judge(facts, "DEFAULT_FROM_EMAIL", &facts.setting("DEFAULT_FROM_EMAIL"), users, findings);
    let routes = facts.logging().routes("django.request", ERROR);
    let mailed = routes.doubt.is_some() || routes.sinks.iter().any(|sink| sink.mails);
    let tells = ["ADMINS", "MANAGERS"].iter().any(|name| facts.truth(name).is_yes());
    if tells && mailed {
        judge(facts, "SERVER_EMAIL", &facts.setting("SERVER_EMAIL"), severity, findings);
    }
    if findings.is_clean() {
        findings.pass("senders have addresses of their own").at(facts.setting("DEFAULT_FROM_EMAIL").region());
    }
}

fn judge(facts: &Facts, name: &str, sender: &Effective, severity: Severity, findings: &mut Findings) {
    match sender.value.decide(|address| address.is_none().is_yes() || address.as_str().is_some_and(is_none)) {
        // Where the login is given with the sender, mail is set up or it is not.
        Truth::Yes if is_part_of_login(facts, sender) => {
            let message = format!("{name} is {}{}", sender.value.show(), sender.unless());
            findings.open(message).at(sender.region()).help("set it where mail is set up");
        }
        Truth::Yes => {
            let whose = if sender.explicit.is_no() { "Django's default " } else { "" };
            let finding = findings.fail(format!("{name} is {whose}{}{}", sender.value.show(), sender.unless()));
            finding.at(sender.region()).help("use an address of your domain that the mail server may send from");
            finding.severity(if sender.assumptions.is_empty() { severity } else { severity.min(Severity::Low) });
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.open(format!("{name} could not be decided: {}", why.reason())).at(why.at.or(sender.region()));
        }
    }
}

/// Whether a sender is nothing until those variables are set that the login at the mail server waits for, too.
fn is_part_of_login(facts: &Facts, sender: &Effective) -> bool {
    let login = facts.setting("EMAIL_HOST_USER");
    let nothing = |it: &Effective| it.value.is_none().is_yes() || it.value.expose_str() == Some("");
    nothing(sender) && nothing(&login) && login.assumptions.intersection(&sender.assumptions).next().is_some()
}

/// Whether no server takes it for the sender's address.
fn is_none(address: &str) -> bool {
    address.trim().is_empty() || PLACEHOLDERS.contains(&domain(address))
}

/// What stands behind the `@` of `Shop <info@example.com>`.
fn domain(address: &str) -> &str {
    address.rsplit('@').next().unwrap_or_default().trim_matches(['>', ' '])
}
