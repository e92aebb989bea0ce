//! Port 465 speaks TLS from the first byte, port 587 only after being asked; the wrong pair never connects.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "email-port-mismatch",
    topic: Topic::Email,
    severity: Severity::High,
    django: &[],
    summary: "the port of the mail server does not fit the way of encryption",
    guide: include_str!("email_port_mismatch.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    for mailer in facts.mailers() {
        judge(&mailer, findings);
    }
    if findings.is_clean() {
        findings.pass("no port of a mail server contradicts the way of encryption").at(facts.setting("EMAIL_PORT").region());
    }
}

fn judge(mailer: &Mailer, findings: &mut Findings) {
    let (port, tls, ssl) = (mailer.get(Part::Port), mailer.get(Part::Tls), mailer.get(Part::Ssl));
    let smtp = mailer.is_smtp();
    let name = mailer.name(Part::Port);
    let (wrong, message, help) = match mailer.port() {
        Some(465) => {
            let wrong = smtp.and(!ssl.truth());
            (
                wrong,
                format!("{name} is 465, which needs {}", mailer.name(Part::Ssl)),
                "switch SSL on and TLS off, or use port 587",
            )
        }
        Some(number @ (25 | 587 | 2525)) => {
            let wrong = smtp.and(ssl.truth()).and(!tls.truth());
            (
                wrong,
                format!("{name} is {number}, where {} cannot work", mailer.name(Part::Ssl)),
                "use port 465, or TLS instead of SSL",
            )
        }
        Some(_) | None => return,
    };
    match wrong {
        Truth::Yes => {
            let unless = if port.assumptions.is_empty() { ssl.unless() } else { port.unless() };
            let finding = findings.fail(format!("{message}{unless}"));
            finding.at(port.region().or(ssl.region())).see(ssl.at.or(tls.at), "this does not fit").help(help);
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.open(format!("whether {name} fits the way of encryption could not be decided: {}", why.reason())).at(why.at);
        }
    }
}
