//! A check of Django or of an application says that something is wrong, and no rule of ours is for it.

use std::collections::BTreeMap;

use shipworthy_model::runtime::CheckMessage;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "django-check-failing",
    topic: Topic::Checks,
    severity: Severity::High,
    django: &[],
    summary: "a check of Django or of an application says that something is wrong",
    guide: include_str!("django_check_failing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(runtime) = facts.runtime() else {
        findings.not_applicable("the project was not loaded in its own Python, so no check was run");
        return;
    };
    let Some(messages) = &runtime.messages else {
        findings.open("no check was run, as the project does not load").severity(Severity::Low).ran();
        return;
    };
    let ours = |message: &CheckMessage| crate::RULES.iter().any(|rule| rule.django.contains(&&*message.id));
    let mut by_id: BTreeMap<&str, Vec<&CheckMessage>> = BTreeMap::new();
    for message in messages.iter().filter(|message| !ours(message) && message.level >= 20) {
        by_id.entry(&message.id).or_default().push(message);
    }
    if by_id.is_empty() {
        findings.pass("no check says anything that another rule does not answer").ran();
        return;
    }
    for (id, said) in by_id {
        let worst = said.iter().map(|message| message.level).max().unwrap_or_default();
        let name = if id.is_empty() { "a check without an id" } else { id };
        let about: Vec<&str> = said.iter().filter_map(|message| message.obj.as_deref()).collect();
        let about = match about.as_slice() {
            [] => String::new(),
            [one] => format!(" of {one}"),
            [first, ..] => format!(" of {first} and {} more", said.len() - 1),
        };
        let words = said[0].text.trim_end_matches('.');
        let finding = findings.fail(format!("{name} says{about}: \"{words}\"")).ran().about(name).severity(severity(worst)).help(
            if worst >= 40 {
                "repair it: with an error, most management commands refuse to run"
            } else {
                "follow it, or put its id into SILENCED_SYSTEM_CHECKS with a comment that says why"
            },
        );
        for message in said {
            finding.said(message);
        }
    }
}

/// Errors stop `migrate`, `collectstatic` and most other commands. Warnings are advice for whoever writes the code.
fn severity(level: u32) -> Severity {
    match level {
        40.. => Severity::High,
        30.. => Severity::Low,
        _ => Severity::Info,
    }
}
