//! Scanners ask with wrong host names all day; each such request is an error that is mailed.

use shipworthy_model::log_routes::ERROR;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "disallowed-host-mails",
    topic: Topic::Notifications,
    severity: Severity::Info,
    django: &[],
    summary: "every request with a wrong host name is mailed to the admins",
    guide: include_str!("disallowed_host_mails.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let admins = facts.setting("ADMINS");
    if admins.truth().is_no() {
        findings.not_applicable("ADMINS is empty, so nothing is mailed").at(admins.region());
        return;
    }
    let logging = facts.logging();
    let routes = logging.routes("django.security.DisallowedHost", ERROR);
    let at = logging.setting().region().or(admins.region());
    let mail = routes.sinks.iter().find(|sink| sink.mails);
    match (mail, routes.doubt, admins.truth()) {
        (None, None, _) => {
            findings.pass("requests with a wrong host name are not mailed").at(at);
        }
        (None | Some(_), Some(why), _) | (Some(_), None, Truth::Unknown(why)) => {
            let message = format!("whether requests with a wrong host name are mailed could not be decided: {}", why.reason());
            findings.open(message).at(why.at.or(at));
        }
        (Some(mail), None, Truth::Yes | Truth::No) => {
            findings
                .fail(format!("requests with a wrong host name are mailed to ADMINS{}", admins.unless()))
                .at(mail.at.or(at))
                .help("give the logger django.security.DisallowedHost a null handler and propagate False");
        }
    }
}
