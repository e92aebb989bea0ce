//! Django takes no lock for migrations: two processes that start them at once get in each other's way.

use std::collections::BTreeMap;

use shipworthy_model::picture::{Platform, Step, When};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "migrations-raced",
    topic: Topic::Databases,
    severity: Severity::Low,
    django: &[],
    summary: "several containers run migrate at the same time",
    guide: include_str!("migrations_raced.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut environments: BTreeMap<&str, Vec<(Deployed<'_>, &Step)>> = BTreeMap::new();
    for deployed in production::units(facts) {
        let own = |step: &&Step| {
            step.when == When::Start
                && !step.conditional
                && !production::only_tells(step)
                && step.environment.as_deref() == Some(&*deployed.environment.name)
                && step.unit.as_deref() == Some(&*deployed.unit.name)
        };
        // What starts with the container starts with every copy of it. A job is one.
        let stays = deployed.unit.runs_python() && deployed.environment.platform != Platform::Machine;
        let step = facts.picture.runs_command("migrate").filter(|_| stays).find(own);
        environments.entry(&deployed.environment.name).or_default().extend(step.map(|step| (deployed, step)));
    }
    for starts in environments.values() {
        let Some((deployed, step)) = starts.first() else { continue };
        let copies = |deployed: &Deployed<'_>| {
            deployed.unit.replicas.as_ref().and_then(|replicas| replicas.as_str()?.parse::<u32>().ok()).unwrap_or(1)
        };
        let many = starts.iter().find(|(deployed, _)| copies(deployed) > 1);
        let message = match (many, starts.get(1)) {
            (Some((deployed, _)), _) => {
                format!("each of the {} copies of {} runs migrate when it starts", copies(deployed), deployed.unit.name)
            }
            (None, Some((other, _))) => {
                format!("{} and {} both run migrate when they start", deployed.unit.name, other.unit.name)
            }
            (None, None) => continue,
        };
        let at = many.map_or(step.at, |(_, step)| step.at);
        let finding = findings.fail(format!("{message}{}", deployed.unless()));
        finding.at(at).help("run migrate once on each release: as a job, or in one unit that the others wait for");
        deployed.weigh(finding);
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if environments.values().any(|starts| !starts.is_empty()) {
        findings.pass("one container alone runs migrate when it starts");
    } else {
        findings.not_applicable("no container runs migrate when it starts");
    }
}
