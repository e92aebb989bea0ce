//! A DEBUG that takes its variable as text is on when the variable says "False".

use shipworthy_model::{Assumption, Facts, Findings, Rule, Severity, Topic, WhatIf};

pub(crate) static RULE: Rule = Rule {
    id: "debug-parsed-as-string",
    topic: Topic::Debug,
    severity: Severity::High,
    django: &[],
    summary: "a variable that says False switches DEBUG on",
    guide: include_str!("debug_parsed_as_string.md"),
    check,
};

/// What people write into a variable to switch something off.
const OFF: [&str; 7] = ["False", "false", "FALSE", "0", "no", "off", "n"];

fn check(facts: &Facts, findings: &mut Findings) {
    let debug = facts.setting("DEBUG");
    let mut tried: Vec<&WhatIf> = facts.settings.what_if.iter().filter(|case| &*case.setting == "DEBUG").collect();
    tried.retain(|case| says_debug(&case.variable) && case.text.as_deref().is_some_and(|text| OFF.contains(&text)));
    if let Some(case) = tried.iter().find(|case| case.value.as_ref().is_some_and(|value| value.truth().is_yes())) {
        let text = case.text.as_deref().unwrap_or_default();
        let read = facts.settings.variables.iter().find(|variable| variable.name == case.variable);
        findings
            .fail(format!("DEBUG is on when the environment says {}={text}", case.variable))
            .at(debug.region())
            // Who does not touch it is safe, and so is who writes it as Python does.
            .severity(if debug.truth().is_no() && stays_off(&tried) { Severity::Medium } else { Severity::High })
            .see(read.and_then(|variable| variable.reads.first().copied()), "the text of the variable is taken for its meaning")
            .help(format!("compare the text: DEBUG = os.environ.get(\"{}\") == \"1\"", case.variable));
    } else if let Some(case) = tried.first() {
        findings.pass(format!("DEBUG stays off when the environment says {} is false", case.variable)).at(debug.region());
    } else {
        let variable = debug.assumptions.iter().find_map(Assumption::variable);
        let why = match variable {
            Some(name) => format!("DEBUG was not tried with other values of {name}"),
            None => "no environment variable switches DEBUG".to_owned(),
        };
        findings.not_applicable(why).at(debug.region());
    }
}

/// Whether the usual word for off does switch it off.
fn stays_off(tried: &[&WhatIf]) -> bool {
    let mut usual = tried.iter().filter(|case| case.text.as_deref() == Some("False"));
    usual.any(|case| case.value.as_ref().is_some_and(|value| value.truth().is_no()))
}

/// Whether a variable is there to switch debugging: of `STAGE=0` nobody would expect that it does.
fn says_debug(variable: &str) -> bool {
    variable.to_ascii_uppercase().contains("DEBUG")
}
