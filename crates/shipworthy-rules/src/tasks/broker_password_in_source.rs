//! Whoever knows the password of the task queue can make the workers do what tasks can do.

use shipworthy_model::{Endpoint, Facts, Findings, Reach, Rule, Severity, Topic};

use crate::passwords::Password;

pub(crate) static RULE: Rule = Rule {
    id: "broker-password-in-source",
    topic: Topic::Tasks,
    severity: Severity::High,
    django: &[],
    summary: "the password of the task queue is written in the source",
    guide: include_str!("broker_password_in_source.md"),
    check,
};

const NAMES: [&str; 4] = ["CELERY_BROKER_URL", "BROKER_URL", "CELERY_RESULT_BACKEND", "RESULT_BACKEND"];

fn check(facts: &Facts, findings: &mut Findings) {
    let mut asked = None;
    for name in NAMES {
        let broker = facts.setting(name);
        if broker.explicit.is_no() {
            continue;
        }
        asked = asked.or(Some(broker.region()));
        for (value, _) in broker.value.alternatives() {
            let Some(endpoint) = value.expose_str().map(Endpoint::parse) else { continue };
            let Some(password) = endpoint.password else { continue };
            // RabbitMQ's own, which it takes from the machine itself only.
            let public = endpoint.user == Some("guest") && password == "guest";
            let local = endpoint.reach() == Reach::Local;
            if public && local {
                continue;
            }
            let near = matches!(endpoint.reach(), Reach::Local | Reach::Private);
            let judged = Password {
                name: format!("the password of {name}"),
                setting: &broker,
                value,
                text: password,
                login: (endpoint.user, Some(endpoint.host)),
                at: value.at.or(broker.region()),
                written: if public || local { Severity::Low } else { Severity::High },
                default: if near { Severity::Low } else { Severity::Medium },
                change: "change it on the server",
            };
            judged.judge(facts, findings);
        }
    }
    if asked.is_none() || findings.is_silent() {
        findings.conclude(asked, "no password of a task queue is written in the source", "no setting names a task queue");
    }
}
