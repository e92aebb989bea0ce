//! `DJANGO_ALLOW_ASYNC_UNSAFE` lets asynchronous code use the database as if it were alone.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "async-unsafe-allowed",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &["async.E001"],
    summary: "DJANGO_ALLOW_ASYNC_UNSAFE is in the environment",
    guide: include_str!("async_unsafe_allowed.md"),
    check,
};

const VARIABLE: &str = "DJANGO_ALLOW_ASYNC_UNSAFE";

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(value) = facts.settings.environ.get(VARIABLE) else {
        findings.pass(format!("{VARIABLE} is not in the environment, as far as it is known"));
        return;
    };
    match value.truth() {
        Truth::Yes => {
            findings
                .fail(format!("{VARIABLE} is in the environment"))
                .at(value.at)
                .django("async.E001")
                .help("remove it; call synchronous code with sync_to_async where asynchronous code needs it");
        }
        Truth::No => {
            findings.pass(format!("{VARIABLE} is empty, which switches nothing")).at(value.at);
        }
        Truth::Unknown(why) => {
            findings.undecided(VARIABLE, &why).at(why.at.or(value.at));
        }
    }
}
