//! Without a real backend Django's tasks run inside the request, or not at all.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "tasks-in-request",
    topic: Topic::Tasks,
    severity: Severity::Low,
    django: &[],
    summary: "background tasks run in the request or never",
    guide: include_str!("tasks_in_request.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let tasks = facts.setting("TASKS");
    let package = facts.has_app("django_tasks").is_yes();
    if !facts.django.version.at_least(6, 0) && !package {
        findings.not_applicable(format!("Django {} has no tasks", facts.django.version)).at(tasks.region());
        return;
    }
    if !facts.django.version.at_least(6, 0) && tasks.explicit.is_no() {
        findings.fail("TASKS is not set, so the tasks of django-tasks run inside the request").severity(Severity::Info);
        return;
    }
    if let Some(why) = tasks.undecided() {
        findings.open(format!("TASKS could not be decided: {}", why.reason())).at(why.at.or(tasks.region()));
        return;
    }
    for service in tasks.services() {
        let name = format!("TASKS[\"{}\"]", service.alias);
        let at = service.region("BACKEND").or(tasks.region());
        let ends = |end: &'static str| {
            service.asks("BACKEND", |path| {
                path.as_str().is_some_and(|path| {
                    path.strip_suffix(end)
                        .is_some_and(|start| start == "django.tasks.backends." || start == "django_tasks.backends.")
                })
            })
        };
        match (ends("immediate.ImmediateBackend"), ends("dummy.DummyBackend")) {
            (Truth::Yes, _) if tasks.explicit.is_no() => {
                findings
                    .fail("TASKS is not set, so tasks run inside the request that enqueues them")
                    .severity(Severity::Info)
                    .help("if the project or a package enqueues tasks, set TASKS to a backend with workers");
            }
            (Truth::Yes, _) => {
                let finding =
                    findings.fail(format!("tasks of {name} run inside the request that enqueues them{}", tasks.unless()));
                finding.at(at).help("use a backend with workers of its own");
            }
            (_, Truth::Yes) => {
                let finding = findings.fail(format!("tasks of {name} are never run{}", tasks.unless()));
                finding.at(at).severity(Severity::Medium).help("the dummy backend is for tests; use one with workers");
            }
            (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => {
                findings.open(format!("what runs the tasks of {name} could not be decided: {}", why.reason())).at(why.at.or(at));
            }
            (Truth::No, Truth::No) => {}
        }
    }
    if findings.is_clean() {
        findings.pass("every alias of TASKS has a backend of its own").at(tasks.region());
    }
}
