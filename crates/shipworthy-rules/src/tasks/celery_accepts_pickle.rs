//! A worker that accepts pickled tasks runs the code of whoever can write to the queue.

use shipworthy_model::{Effective, Facts, Findings, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "celery-accepts-pickle",
    topic: Topic::Tasks,
    severity: Severity::Low,
    django: &[],
    summary: "the workers unpickle what they find in the queue",
    guide: include_str!("celery_accepts_pickle.md"),
    check,
};

const PICKLE: [&str; 2] = ["pickle", "application/x-python-serialize"];

fn check(facts: &Facts, findings: &mut Findings) {
    let is_pickle = |value: &Value| value.as_str().is_some_and(|name| PICKLE.contains(&name));
    let mut asked = None;
    let mut accepting: Vec<(&str, Effective)> = Vec::new();
    for name in ["CELERY_ACCEPT_CONTENT", "CELERY_RESULT_ACCEPT_CONTENT", "CELERY_TASK_SERIALIZER", "CELERY_RESULT_SERIALIZER"] {
        let setting = facts.setting(name);
        if !setting.explicit.is_yes() {
            continue;
        }
        asked = asked.or(Some(setting.region()));
        let accepts = setting.value.any(|item| item.decide(is_pickle)).unwrap_or_else(|| setting.value.decide(is_pickle));
        match accepts {
            Truth::Yes => accepting.push((name, setting)),
            Truth::No => {}
            Truth::Unknown(why) => {
                findings.open(format!("{name} could not be decided: {}", why.reason())).at(why.at.or(setting.region()));
            }
        }
    }
    // However many settings say it, it is one decision.
    if let Some(((name, setting), others)) = accepting.split_first() {
        let finding = findings.fail(format!("{name} accepts pickles from the queue{}", setting.unless()));
        finding.at(setting.region()).help("use json, and pass ids instead of objects");
        for (name, setting) in others {
            finding.see(setting.region(), format!("{name} does so too"));
        }
    }
    findings.conclude(asked, "tasks are not pickled", "no setting chooses how tasks are written; Celery's own choice is JSON");
}
