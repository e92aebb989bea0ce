//! A queue or channel layer in the memory of one process reaches no other process.

use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "task-broker-in-memory",
    topic: Topic::Tasks,
    severity: Severity::Medium,
    django: &[],
    summary: "tasks or messages are queued in the memory of one process",
    guide: include_str!("task_broker_in_memory.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut asked = false;
    for name in ["CELERY_BROKER_URL", "BROKER_URL"] {
        let broker = facts.setting(name);
        if !broker.explicit.is_yes() {
            continue;
        }
        asked = true;
        let in_memory = |value: &Value| value.expose_str().is_some_and(|url| url.starts_with("memory:"));
        if broker.value.decide(in_memory).is_yes() {
            findings
                .fail(format!("{name} queues tasks in the memory of one process{}", broker.unless()))
                .at(broker.region())
                .help("use a broker that workers can reach: Redis, RabbitMQ, SQS");
        }
    }
    let dramatiq = facts.setting("DRAMATIQ_BROKER");
    if let Lookup::Found(broker) = dramatiq.value.get("BROKER") {
        asked = true;
        if broker.decide(|broker| broker.as_str().is_some_and(|path| path.ends_with(".StubBroker"))).is_yes() {
            findings
                .fail(format!("DRAMATIQ_BROKER queues tasks in the memory of one process{}", dramatiq.unless()))
                .at(broker.at.or(dramatiq.region()))
                .help("use a broker that workers can reach: Redis or RabbitMQ");
        }
    }
    if !asked {
        findings.not_applicable("no setting names a task queue");
    } else if findings.is_clean() {
        let at = ["CELERY_BROKER_URL", "BROKER_URL", "DRAMATIQ_BROKER"];
        findings
            .pass("no queue is known to live in the memory of one process")
            .at(at.iter().find_map(|name| facts.setting(name).at));
    }
}
