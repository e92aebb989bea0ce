//! Who has to log in is sent to `LOGIN_URL`: it should lead somewhere.

use shipworthy_model::runtime::LoginProblem;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "login-url-broken",
    topic: Topic::Accounts,
    severity: Severity::Medium,
    django: &[],
    summary: "LOGIN_URL leads nowhere",
    guide: include_str!("login_url_broken.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(addresses) = facts.runtime().and_then(|runtime| runtime.addresses.as_ref()) else {
        findings.not_applicable("the URL configuration was not loaded");
        return;
    };
    let setting = facts.setting("LOGIN_URL");
    let path = addresses.login.path.as_deref().unwrap_or_default();
    match addresses.login.problem {
        _ if setting.explicit.is_no() => findings.not_applicable("LOGIN_URL is not set"),
        Some(LoginProblem::NoName) => findings
            .fail(format!("{}, which is the name of no route", setting.state("LOGIN_URL")))
            .label("whoever has to log in gets an error instead")
            .help("write the name as reverse() takes it, with its namespace"),
        Some(LoginProblem::NoRoute) => findings
            .open(format!("no route of the project answers {path}, where LOGIN_URL sends people"))
            .severity(Severity::Low)
            .help("if the front end or another application answers there, all is well"),
        None => findings.pass(format!("LOGIN_URL leads to {path}")),
    }
    .ran()
    .at(setting.region());
}
