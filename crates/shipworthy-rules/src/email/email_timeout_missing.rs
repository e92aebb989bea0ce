//! Without a timeout a mail server that does not answer holds a worker for as long as it likes.

use shipworthy_model::mailer::Part;
use shipworthy_model::{Facts, Findings, Reach, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "email-timeout-missing",
    topic: Topic::Email,
    severity: Severity::Info,
    django: &[],
    summary: "sending mail waits for the server without limit",
    guide: include_str!("email_timeout_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        let (host, timeout) = (mailer.get(Part::Host), mailer.get(Part::Timeout));
        let near = host.value.expose_str().is_some_and(|host| Reach::of(host) == Reach::Local);
        if !mailer.is_smtp().is_yes() || near || host.truth().is_no() {
            continue;
        }
        let name = mailer.name(Part::Timeout);
        match timeout.value.is_none() {
            Truth::Yes => {
                findings
                    .fail(format!("{name} is not set, so sending mail may wait for ever{}", timeout.unless()))
                    .at(timeout.at.or(host.region()))
                    .help("set it to a few seconds");
            }
            Truth::No => {
                findings.pass(format!("{name} limits how long sending waits")).at(timeout.region());
            }
            Truth::Unknown(why) => {
                findings.open(format!("{name} could not be decided: {}", why.reason())).at(why.at.or(timeout.region()));
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("mail is not sent by SMTP to another machine");
    }
}
