//! The SMTP backend refuses to be told both ways of using TLS at once.

use shipworthy_model::mailer::Part;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "email-tls-and-ssl",
    topic: Topic::Email,
    severity: Severity::High,
    django: &[],
    summary: "mail is told to use TLS in two ways that exclude each other",
    guide: include_str!("email_tls_and_ssl.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        let (tls, ssl) = (mailer.get(Part::Tls), mailer.get(Part::Ssl));
        match mailer.is_smtp().and(tls.truth()).and(ssl.truth()) {
            Truth::Yes => {
                let unless = if tls.assumptions.is_empty() { ssl.unless() } else { tls.unless() };
                findings
                    .fail(format!("{} and {} are both on{unless}", mailer.name(Part::Tls), mailer.name(Part::Ssl)))
                    .at(tls.region())
                    .see(ssl.region(), "this excludes the other")
                    .help("keep use of TLS for port 587, or of SSL for port 465");
            }
            Truth::Unknown(why) if !tls.explicit.is_no() && !ssl.explicit.is_no() => {
                findings
                    .open(format!(
                        "whether {} and {} are both on could not be decided: {}",
                        mailer.name(Part::Tls),
                        mailer.name(Part::Ssl),
                        why.reason()
                    ))
                    .at(why.at.or(tls.region()));
            }
            Truth::No | Truth::Unknown(_) => {}
        }
    }
    if findings.is_clean() {
        findings.pass("mail uses TLS in one way at most");
    }
}
