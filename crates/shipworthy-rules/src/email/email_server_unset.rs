//! Without a mail server Django talks to port 25 of its own machine, where nobody listens in a container.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::picture::{Platform, Publishing, Role};
use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Truth, Use};

use crate::production::{self, Deployed};

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
                let message = format!("EMAIL_HOST is not set, so mail goes to port 25 of the machine itself{}", host.unless());
                let finding = findings.fail(message);
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
        (Truth::Yes, _) if let Some(deployed) = alone(facts).filter(|_| host.value.as_str().is_some_and(is_own)) => {
            let message = format!("{name} is this machine{}, and the container of {}", host.unless(), deployed.unit.name);
            let message = format!("{message} has no mail server{}", deployed.unless());
            // A file that is not here may say another.
            let hidden = !host.assumptions.is_empty() && facts.picture.hides_variables();
            let finding = if hidden { findings.open(message) } else { findings.fail(message) };
            finding.at(host.region()).see(deployed.unit.at, "nothing here listens at port 25").help("name the mail server");
            if !facts.sends_mail() {
                finding.severity(Severity::Info);
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

fn is_own(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// A container of production that serves the project, if all of them are to be seen through and none has a mail server.
fn alone(facts: &Facts) -> Option<Deployed<'_>> {
    let servers = production::servers(facts);
    let alone = |deployed: &Deployed<'_>| {
        let contained = matches!(deployed.environment.platform, Platform::Compose | Platform::Image);
        let unit = deployed.unit;
        let shares = unit.ports.iter().any(|port| port.how == Publishing::HostNetwork);
        contained && !shares && deployed.is_whole(facts) && !deployed.is_tried_out() && unit.role == Role::Web
    };
    let all = servers.iter().all(|(deployed, ..)| alone(deployed));
    servers.into_iter().next().map(|(deployed, ..)| deployed).filter(|_| all)
}
