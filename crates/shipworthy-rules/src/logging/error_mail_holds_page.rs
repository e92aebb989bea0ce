//! A whole error page in a mail carries settings, cookies and form data through mail servers.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "error-mail-holds-page",
    topic: Topic::Logging,
    severity: Severity::Medium,
    django: &[],
    summary: "mail about errors carries the whole debug page",
    guide: include_str!("error_mail_holds_page.md"),
    check,
};

const MAIL: &str = "django.utils.log.AdminEmailHandler";

fn check(facts: &Facts, findings: &mut Findings) {
    let admins = facts.setting("ADMINS");
    if admins.truth().is_no() {
        findings.not_applicable("ADMINS is empty, so no error is mailed").at(admins.region());
        return;
    }
    let logging = facts.logging();
    let setting = logging.setting();
    let handlers = logging.section("handlers").into_iter().flat_map(Value::known_entries);
    for (name, handler) in handlers {
        let class = handler.found("class").or_else(|| handler.found("()")).and_then(Value::as_str);
        let Some(html) = handler.found("include_html").filter(|_| class == Some(MAIL)) else { continue };
        let name = name.expose_str().unwrap_or("?");
        let at = html.at.or(handler.at).or(setting.region());
        match html.truth() {
            Truth::Yes => {
                findings
                    .fail(format!("the handler {name} mails the whole debug page to ADMINS{}", setting.unless()))
                    .at(at)
                    .see(admins.region(), "these people get it")
                    .help("remove include_html, or use an error tracker");
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings
                    .open(format!("whether the handler {name} mails the whole debug page could not be decided: {}", why.reason()))
                    .at(why.at.or(at));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("mail about errors does not carry the debug page").at(setting.region());
    }
}
