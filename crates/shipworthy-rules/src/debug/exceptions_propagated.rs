//! `DEBUG_PROPAGATE_EXCEPTIONS` takes errors past Django's error page, its log and its mail to the administrators.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "exceptions-propagated",
    topic: Topic::Debug,
    severity: Severity::Medium,
    django: &[],
    summary: "DEBUG_PROPAGATE_EXCEPTIONS is on",
    guide: include_str!("exceptions_propagated.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let propagate = facts.setting("DEBUG_PROPAGATE_EXCEPTIONS");
    let at = propagate.region();
    match propagate.truth() {
        Truth::Yes => {
            findings
                .fail(format!(
                    "DEBUG_PROPAGATE_EXCEPTIONS is on{}: errors reach neither the error page nor the log",
                    propagate.unless()
                ))
                .at(at)
                .help("remove it from the settings of production; it is made for tests");
        }
        Truth::No => {
            findings.pass(format!("DEBUG_PROPAGATE_EXCEPTIONS is off{}", propagate.unless())).at(at);
        }
        Truth::Unknown(why) => {
            findings.undecided("DEBUG_PROPAGATE_EXCEPTIONS", &why).at(why.at.or(at));
        }
    }
}
