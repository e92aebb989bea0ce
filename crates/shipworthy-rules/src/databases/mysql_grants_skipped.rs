//! `skip-grant-tables` is for the hour in which a password was forgotten.

use shipworthy_model::picture::ConfKind;
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "mysql-grants-skipped",
    topic: Topic::Databases,
    severity: Severity::Critical,
    django: &[],
    summary: "MySQL lets everybody do everything",
    guide: include_str!("mysql_grants_skipped.md"),
    check,
};

const HELP: &str = "delete it, and give the application a user of its own";

fn check(facts: &Facts, findings: &mut Findings) {
    let mut servers = 0;
    for deployed in production::units(facts) {
        let is_mysql = deployed.unit.image_name().is_some_and(|image| image.contains("mysql") || image.contains("maria"));
        servers += usize::from(is_mysql);
        let words = deployed.unit.command.iter().flat_map(|command| &command.words);
        let skips =
            |text: &str| text.split_whitespace().any(|word| matches!(word, "--skip-grant-tables" | "--skip_grant_tables"));
        if let Some(word) = words.into_iter().find(|word| is_mysql && word.as_str().is_some_and(skips)) {
            let finding = findings.fail(format!("{} lets everybody do everything{}", deployed.unit.name, deployed.unless()));
            finding.at(word.at).help(HELP);
            deployed.weigh(finding);
        }
    }
    for conf in facts.picture.confs.iter().filter(|conf| conf.kind == ConfKind::MySql) {
        let class = facts.picture.class(conf.artifact);
        if !class.may_be_production() {
            continue;
        }
        servers += 1;
        let off = |text: &str| matches!(text, "0" | "OFF" | "off" | "false");
        let line = conf.last("skip_grant_tables").filter(|line| !line.values.iter().any(|value| value.as_str().is_some_and(off)));
        if let Some(line) = line {
            let name = facts.artifacts.get(conf.artifact).path.clone();
            let finding = findings.fail(format!("MySQL with {name} lets everybody do everything"));
            finding.at(line.at).see(Region::whole(conf.artifact), "what this configures").help(HELP);
            if !class.is_production() {
                finding.severity(Severity::High);
            }
        }
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if servers > 0 {
        findings.pass("no MySQL of the deployment skips its table of rights");
    } else {
        findings.not_applicable("no file of the deployment configures MySQL");
    }
}
