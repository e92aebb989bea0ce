//! Without a mail server Django talks to port 25 of its own machine, where nobody listens in a container.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Truth, Use};

pub(crate) static RULE: Rule = Rule {
    id: "email-server-unset",
    topic: Topic::Email,
    severity: Severity::Low,
    django: &[],
    summary: "no mail server is named",
    guide: include_str!("email_server_unset.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        match mailer.is_smtp() {
            Truth::Yes => judge(facts, &mailer, findings),
            Truth::No => {}
            Truth::Unknown(why) => {
                let name = mailer.name(Part::Backend);
                findings.open(format!("{name} could not be decided: {}", why.reason())).at(why.at);
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("mail is not sent by SMTP").at(facts.setting("EMAIL_BACKEND").region());
    }
}

fn judge(facts: &Facts, mailer: &Mailer, findings: &mut Findings) {
    let host = mailer.get(Part::Host);
    let name = mailer.name(Part::Host);
    // What Django and its packages send does not go where the project's own code sends.
    let others = facts.mails_users().is_some() || facts.truth("ADMINS").is_yes();
    if let Some(path) = facts.used_in(Use::MailServer).filter(|_| !others && mailer.alias.is_none() && !named(host)) {
        findings.not_applicable(format!("{path} names the mail server that it connects to")).at(host.region());
        return;
    }
    match (host.truth(), mailer.alias.is_some()) {
        (Truth::No, true) if host.value.is_none().is_yes() => {
            let finding = findings.fail(format!("{name} is missing, and Django refuses to send without it{}", host.unless()));
            finding.at(host.region()).severity(Severity::High).help("name the mail server under OPTIONS host");
        }
        (Truth::No, _) if facts.uses(Use::MailSwitch).is_yes() => {
            let path = facts.used_in(Use::MailSwitch).unwrap_or_default();
            let finding = findings.fail(format!("{name} is empty{}, and {path} then sends no mail", host.unless()));
            finding.at(host.region()).severity(Severity::Info).help("name the mail server where mail is wanted");
        }
        (Truth::No, _) => {
            let finding = findings.fail(format!("{name} is empty, so no mail can be sent{}", host.unless()));
            finding.at(host.region()).help("name the mail server");
            // Code of the project's own may bring a connection of its own; what Django and these packages send does not.
            let certain = host.assumptions.is_empty() && others;
            finding.severity(if certain { Severity::Medium } else { Severity::Low });
        }
        (Truth::Yes, false) if host.explicit.is_no() => {
            if facts.sends_mail() {
                let finding = findings.fail("EMAIL_HOST is not set, so mail goes to port 25 of the machine itself");
                finding.help("name the mail server, or say EMAIL_HOST = \"localhost\" if one runs here");
                if let Some(path) = facts.used_in(Use::MailSettings) {
                    finding.severity(Severity::Info).label(format!("{path} says how mail is sent, and is not loaded here"));
                }
            } else {
                findings
                    .open("EMAIL_HOST is not set: mail, if any is sent, goes to port 25 of the machine itself")
                    .help("name the mail server, or say EMAIL_HOST = \"localhost\" if one runs here");
            }
        }
        (Truth::Yes, _) => {
            findings.pass(format!("{name} names the mail server")).at(host.region());
        }
        (Truth::Unknown(_), _) => {
            findings.pass(format!("{name} comes from outside")).at(host.region());
        }
    }
}

/// Whether the settings themselves name a server.
fn named(host: &Effective) -> bool {
    !host.explicit.is_no() && !host.truth().is_no()
}
