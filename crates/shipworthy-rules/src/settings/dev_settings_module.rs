//! A process of production that runs the settings of development has their DEBUG and their secrets.

use std::collections::BTreeSet;

use shipworthy_model::picture::Program;
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Stage, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "dev-settings-module",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "a process of production runs settings for development",
    guide: include_str!("dev_settings_module.md"),
    check,
};

const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut proof = None;
    for (deployed, process, server) in production::servers(facts) {
        let own = process.variables.iter().find(|variable| &*variable.name == VARIABLE);
        let Some(variable) = own.or_else(|| deployed.unit.variable(VARIABLE)) else { continue };
        let Some(module) = variable.value.as_str() else { continue };
        // Who tries the image out, or develops in it, names settings for that.
        let told = deployed.environment.class.is_production();
        if !told && (server.program == Program::Runserver || deployed.is_tried_out()) {
            continue;
        }
        // What the module does is known of the audited one alone; of others there is only the name.
        let audited = module == &*facts.project.choice.module;
        let debug = facts.truth("DEBUG");
        if Stage::of_module(module) != Stage::Development || (audited && debug.is_no()) {
            proof = proof.or(Some(variable.value.at));
        } else if seen.insert((variable.value.at.artifact, variable.value.at.start)) {
            let message = format!("{} of {} runs with {module}", server.program.name(), deployed.unit.name);
            let unless = deployed.unless();
            if audited && !debug.is_yes() {
                findings
                    .open(format!("{message}, named as settings for development, and its DEBUG is not decided"))
                    .at(variable.value.at);
                continue;
            }
            let finding = findings.fail(format!("{message}, settings for development{unless}"));
            finding.at(variable.value.at).see(server.at, "this is what runs").help("name the settings of production");
            if !audited {
                finding.severity(Severity::Medium).label("judged by its name: the settings audited here are others");
            }
            deployed.weigh(finding);
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    match proof {
        Some(at) => findings.pass("what serves in production runs settings for production").at(at),
        None => findings.not_applicable("no file gives a server of production its settings module"),
    };
}
