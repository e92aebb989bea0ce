//! DEBUG shows source code and settings to anyone who can cause an error.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "debug-enabled",
    topic: Topic::Debug,
    severity: Severity::Critical,
    django: &["security.W018"],
    summary: "DEBUG is on",
    guide: include_str!("debug_enabled.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let debug = facts.setting("DEBUG");
    match debug.truth() {
        Truth::Yes => {
            let text = debug.value.alternatives().iter().any(|(value, _)| value.expose_str().is_some());
            let why = if text { ": any text counts as true, even \"False\"" } else { "" };
            findings
                .fail(format!("DEBUG is on{}{why}", debug.unless()))
                .at(debug.region())
                .django("security.W018")
                .help("set DEBUG = False in the settings of production, or let it be off unless a variable switches it on");
        }
        Truth::No => {
            findings.pass(format!("DEBUG is off{}", debug.unless())).at(debug.region());
        }
        Truth::Unknown(why) => {
            findings
                .open(format!("DEBUG could not be decided: {}", why.reason()))
                .at(why.at.or(debug.region()))
                .help("give the variables of production with --env-file, or let DEBUG be off by default");
        }
    }
}
