//! Whoever knows the password of the task queue can make the workers do what tasks can do.

use shipworthy_model::{Endpoint, Facts, Findings, Kind, Provenance, Reach, Rule, Severity, Topic};

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
            let public = endpoint.user == Some("guest") && password == "guest";
            let near = matches!(endpoint.reach(), Reach::Local | Reach::Private);
            let at = value.at.or(broker.region());
            match facts.provenance_of(&broker, value, password) {
                Provenance::Written => {
                    let finding = findings.fail(format!("{name} has its password written in the source"));
                    finding.at(at).help("read the address from the environment, and change the password on the server");
                    if public || endpoint.reach() == Reach::Local {
                        finding.severity(Severity::Low);
                    }
                }
                Provenance::Default(variable) => {
                    let finding = findings.fail(format!("{name} has a password from the source unless {} is set", variable.name));
                    finding.at(at).help("let the variable have no default");
                    finding.severity(if near { Severity::Low } else { Severity::Medium });
                }
                Provenance::Given(variable) => {
                    findings.pass(format!("the password of {name} comes from {}", variable.name)).at(at);
                }
                Provenance::Unseen => {
                    findings.open(format!("where the password of {name} was written cannot be seen")).at(at);
                }
            }
        }
    }
    match asked {
        None => {
            findings.not_applicable("no setting names a task queue");
        }
        Some(at) if !findings.has(Kind::Fail) && !findings.has(Kind::Open) && !findings.has(Kind::Pass) => {
            findings.pass("no password of a task queue is written in the source").at(at);
        }
        Some(_) => {}
    }
}
