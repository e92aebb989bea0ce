//! A release whose migrations nobody runs meets a database that does not know its columns.

use shipworthy_model::{Facts, Family, Findings, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "migrate-missing",
    topic: Topic::Databases,
    severity: Severity::Low,
    django: &[],
    summary: "nothing on the way to production runs migrate",
    guide: include_str!("migrate_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if databases.undecided().is_none() && databases.services().iter().all(|it| it.family() == Some(Family::Dummy)) {
        findings.not_applicable("there is no database to migrate").at(databases.region());
        return;
    }
    if let Some(step) = production::step(facts, "migrate") {
        if production::is_by_hand(facts, step) {
            let unit = step.unit.as_deref().unwrap_or("it");
            findings
                .open(format!("migrate runs only where somebody calls {unit}, and nothing says that a release does"))
                .at(step.at)
                .help("call it where the project is released");
            return;
        }
        findings.pass(format!("migrate runs {}", production::when_of(step).1)).at(step.at);
        return;
    }
    let servers = production::servers(facts);
    let Some((deployed, ..)) = servers.first() else {
        findings.not_applicable("no file says how the project is served");
        return;
    };
    if let Some(at) = production::mention(facts, "manage.py migrate").or(production::mention(facts, "\"migrate\"")) {
        findings.open("whether what names migrate here runs it on the way to production was not followed").at(at);
    } else if let Some((command, at)) = production::own_command(facts) {
        findings.open(format!("whether manage.py {command} migrates the database is not to be seen")).at(at);
    } else if deployed.is_whole(facts) && deployed.environment.class.is_production() {
        findings
            .fail(format!("nothing runs migrate for a release of {}", deployed.unit.name))
            .at(deployed.unit.at)
            .help("run manage.py migrate --noinput once on each release, before the new version serves");
    } else {
        findings
            .open("no file of the deployment runs migrate; somebody may run it by hand")
            .at(deployed.unit.at)
            .help("run manage.py migrate --noinput once on each release, before the new version serves");
    }
}
