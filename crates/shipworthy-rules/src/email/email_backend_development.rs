//! Backends made for development print mail, store it or drop it; nobody ever receives it.

use shipworthy_model::mailer::{Mailer, Part};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "email-backend-development",
    topic: Topic::Email,
    severity: Severity::High,
    django: &["mail.E001"],
    summary: "mail is not sent but printed, stored or dropped",
    guide: include_str!("email_backend_development.md"),
    check,
};

const BACKENDS: [(&str, &str); 4] = [
    ("django.core.mail.backends.console.EmailBackend", "prints mail instead of sending it"),
    ("django.core.mail.backends.dummy.EmailBackend", "drops all mail"),
    ("django.core.mail.backends.filebased.EmailBackend", "writes mail to files instead of sending it"),
    ("django.core.mail.backends.locmem.EmailBackend", "keeps mail in memory instead of sending it"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let mailers = facts.setting("MAILERS");
    if let (Truth::Yes, Some(why)) = (facts.has_mailers(), mailers.undecided()) {
        findings.open(format!("MAILERS could not be decided: {}", why.reason())).at(why.at.or(mailers.region()));
        return;
    }
    for mailer in facts.mailers() {
        judge(&mailer, findings);
    }
    if findings.is_clean() {
        let at = facts.mailers().first().and_then(|mailer| mailer.get(Part::Backend).region());
        findings.pass("no backend made for development handles mail").at(at.or(mailers.region()));
    }
}

fn judge(mailer: &Mailer, findings: &mut Findings) {
    let backend = mailer.get(Part::Backend);
    let known = |path: &str| BACKENDS.iter().find(|(own, _)| *own == path);
    let name = mailer.name(Part::Backend);
    match backend.value.decide(|path| path.as_str().is_some_and(|path| known(path).is_some())) {
        Truth::Yes => {
            let what = backend.value.as_str().and_then(known).map_or("does not send mail", |(_, what)| what);
            let finding = findings.fail(format!("{name} {what}{}", backend.unless()));
            finding.at(backend.region()).help("use the SMTP backend, or the one of your mail service");
            if mailer.alias.as_deref() == Some("default") {
                finding.django("mail.E001");
            } else if mailer.alias.is_some() {
                finding.severity(Severity::Low);
            } else if !backend.assumptions.is_empty() {
                finding.severity(Severity::Medium);
            }
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            let message = format!("{name} could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(backend.region()));
        }
    }
}
