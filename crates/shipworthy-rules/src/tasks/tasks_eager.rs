//! A task queue in eager mode runs every task inside the request: the switch is meant for tests.

use shipworthy_model::{Effective, Facts, Findings, Lookup, Region, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "tasks-eager",
    topic: Topic::Tasks,
    severity: Severity::Medium,
    django: &[],
    summary: "the task queue runs its tasks inside the request",
    guide: include_str!("tasks_eager.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut asked = false;
    for name in ["CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER"] {
        let eager = facts.setting(name);
        if eager.explicit.is_yes() {
            asked = true;
            judge(name, &eager, eager.truth(), eager.region(), findings);
        }
    }
    for (name, key) in [("HUEY", "immediate"), ("Q_CLUSTER", "sync")] {
        let queue = facts.setting(name);
        if let Lookup::Found(flag) = queue.value.get(key) {
            asked = true;
            judge(&format!("{name}[\"{key}\"]"), &queue, flag.truth(), flag.at.or(queue.region()), findings);
        }
    }
    let queues = facts.setting("RQ_QUEUES");
    for queue in queues.services() {
        asked = true;
        let sync = queue.asks("ASYNC", |flag| flag.truth().is_no());
        judge(&format!("RQ_QUEUES[\"{}\"] without ASYNC", queue.alias), &queues, sync, queue.region("ASYNC"), findings);
    }
    if !asked {
        findings.not_applicable("no setting of a task queue speaks of running tasks at once");
    } else if findings.is_clean() {
        let at = ["CELERY_TASK_ALWAYS_EAGER", "HUEY", "Q_CLUSTER", "RQ_QUEUES"].iter().find_map(|name| facts.setting(name).at);
        findings.pass("the task queue hands tasks to its workers").at(at);
    }
}

fn judge(name: &str, setting: &Effective, eager: Truth, at: Option<Region>, findings: &mut Findings) {
    match eager {
        Truth::Yes => {
            let severity = if setting.assumptions.is_empty() { Severity::Medium } else { Severity::Low };
            findings
                .fail(format!("{name} makes tasks run inside the request{}", setting.unless()))
                .severity(severity)
                .at(at)
                .label(format!("this is {}", shown(&setting.value)))
                .help("switch it on in the settings of tests only");
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.open(format!("whether {name} is on could not be decided: {}", why.reason())).at(why.at.or(at));
        }
    }
}

fn shown(value: &Value) -> String {
    if value.entries().is_some() { "a switch for tests".to_owned() } else { value.show() }
}
