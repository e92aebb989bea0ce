//! The admin at its usual address is found by everybody who looks for one.

use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "admin-path-default",
    topic: Topic::Accounts,
    severity: Severity::Info,
    django: &[],
    summary: "the admin is at its usual address",
    guide: include_str!("admin_path_default.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(addresses) = facts.runtime().and_then(|runtime| runtime.addresses.as_ref()) else {
        findings.not_applicable("the URL configuration was not loaded");
        return;
    };
    // A prefix of a language stands before a route that is otherwise the usual one.
    let usual = |(route, _): &&(std::sync::Arc<str>, Option<Region>)| {
        let route = route.trim_start_matches('^').trim_end_matches('$');
        route == "admin/" || route.split_once('/').is_some_and(|(first, rest)| rest == "admin/" && first.len() <= 5)
    };
    match addresses.admin.iter().find(usual) {
        Some((route, at)) => findings
            .fail(format!("the admin is at /{}, where everybody looks for it", route.trim_start_matches('^')))
            .at(*at)
            .help("give it an address of its own, or let the front end admit only networks that need it"),
        None if addresses.admin.is_empty() => findings.not_applicable("the URL configuration includes no admin"),
        None => findings.pass("the admin has an address of its own"),
    }
    .ran();
}
