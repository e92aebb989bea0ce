//! Code that is newer than its tables fails in the requests that touch them.

use shipworthy_model::runtime::RunStage;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "migrations-pending",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "the database has not seen all migrations",
    guide: include_str!("migrations_pending.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(runtime) = facts.runtime() else {
        findings.not_applicable("no database was asked for its migrations");
        return;
    };
    let databases = facts.setting("DATABASES");
    let raised = runtime.troubles.iter().find(|trouble| trouble.stage == RunStage::Migrations);
    match (&runtime.migrations, raised) {
        (None, None) => findings.not_applicable("no database was asked for its migrations"),
        (None, Some(raised)) => findings
            .open(format!("whether migrations are pending could not be decided: {}", raised.what()))
            .help("run it where the database of production can be reached"),
        (Some(pending), _) => match pending.first() {
            None => findings.pass("the default database has seen every migration"),
            Some((app, name)) => {
                let more = if pending.len() > 1 { format!(" and {} more", pending.len() - 1) } else { String::new() };
                findings
                    .fail(format!("the default database has not seen the migration {app}.{name}{more}"))
                    .help("run manage.py migrate before the new code serves requests")
            }
        },
    }
    .ran()
    .at(databases.region());
}
