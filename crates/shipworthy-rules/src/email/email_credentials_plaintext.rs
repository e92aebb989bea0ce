//! Logging in to a mail server without TLS sends the password in the clear.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::{Effective, Facts, Findings, Reach, Rule, Severity, Topic, Truth, Why};

pub(crate) static RULE: Rule = Rule {
    id: "email-credentials-plaintext",
    topic: Topic::Email,
    severity: Severity::High,
    django: &[],
    summary: "the password of the mail server is sent without encryption",
    guide: include_str!("email_credentials_plaintext.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        judge(&mailer, findings);
    }
    if findings.is_clean() {
        let at = facts.setting("EMAIL_USE_TLS").at.or(facts.setting("EMAIL_USE_SSL").at);
        findings.pass("no password is sent to a mail server without encryption").at(at);
    }
}

fn judge(mailer: &Mailer, findings: &mut Findings) {
    let (tls, ssl, host) = (mailer.get(Part::Tls), mailer.get(Part::Ssl), mailer.get(Part::Host));
    let logs_in = given(mailer.get(Part::User)).and(given(mailer.get(Part::Password)));
    let plain = !tls.truth().or(ssl.truth());
    // Port 465 speaks TLS only: nothing is sent there in the clear, because nothing is sent at all.
    if mailer.port() == Some(465) {
        return;
    }
    let reach = host.value.expose_str().map(Reach::of);
    let at = tls.at.or(ssl.at).or(host.region());
    match (mailer.is_smtp().and(logs_in).and(plain), reach) {
        (Truth::No, _) | (Truth::Yes | Truth::Unknown(_), Some(Reach::Local)) => {}
        (Truth::Yes, Some(reach)) => {
            let unless = if tls.assumptions.is_empty() { host.unless() } else { tls.unless() };
            findings
                .fail(format!("{} is sent without encryption{unless}", mailer.name(Part::Password)))
                .at(at)
                .help(format!("set {} to True (port 587)", mailer.name(Part::Tls)))
                .severity(if reach == Reach::Private { Severity::Low } else { Severity::High });
        }
        (Truth::Yes, None) => {
            let finding = findings.open("the password of the mail server is sent without encryption, and its host is not known");
            finding.at(at).help(format!("set {} to True", mailer.name(Part::Tls)));
        }
        (Truth::Unknown(why), Some(_) | None) => {
            findings
                .open(format!("whether {} is sent encrypted could not be decided: {}", mailer.name(Part::Password), why.reason()))
                .at(why.at.or(at));
        }
    }
}

/// Whether a credential is there. One that a required variable holds is: nobody requires an empty password.
fn given(part: &Effective) -> Truth {
    match part.truth() {
        Truth::Unknown(why) if matches!(why.why, Why::Variable(_)) => Truth::Yes,
        answer @ (Truth::Yes | Truth::No | Truth::Unknown(_)) => answer,
    }
}
