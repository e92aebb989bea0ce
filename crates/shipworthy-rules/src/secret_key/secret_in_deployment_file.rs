//! A credential that a compose file or manifest spells out is as public as the repository.

use std::collections::BTreeSet;

use shipworthy_model::picture::{Source, Variable};
use shipworthy_model::{ArtifactId, Facts, Findings, Given, Kind, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-deployment-file",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "a file of the deployment spells a credential out",
    guide: include_str!("secret_in_deployment_file.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut units = 0;
    for deployed in production::all_units(facts).into_iter().filter(|deployed| !deployed.is_tried_out()) {
        units += 1;
        let own = deployed.unit.processes.iter().flat_map(|process| &process.variables);
        for variable in deployed.unit.variables.iter().chain(own) {
            let Some((what, help)) = place(variable) else { continue };
            let class = facts.picture.class(variable.value.at.artifact);
            // A signing key that is spelt out has a rule of its own.
            if (variable.name.ends_with("SECRET_KEY") && variable.value.assumes.is_empty())
                || class.example
                || !production::is_credential(variable)
                || !seen.insert((variable.value.at.artifact, variable.value.at.start))
            {
                continue;
            }
            let finding = findings.fail(format!("{} is {what}{}", variable.name, deployed.unless()));
            finding.at(variable.value.at).help(help);
            deployed.weigh(finding);
        }
    }
    handed(facts, &mut seen, findings);
    if findings.has(Kind::Fail) {
        return;
    }
    if units > 0 || !facts.picture.handed.is_empty() {
        findings.pass("no file of the deployment spells a credential out");
    } else {
        findings.not_applicable("no file says how the project is deployed");
    }
}

/// What commands, pipelines and files of platforms spell out.
fn handed(facts: &Facts, seen: &mut BTreeSet<(ArtifactId, u32)>, findings: &mut Findings) {
    let given = |at: Region| facts.settings.variables.iter().any(|it| it.given == Some(Given::File(at)));
    for handed in facts.picture.handed.iter().filter(|it| it.class.may_be_production()) {
        for variable in &handed.variables {
            let at = variable.value.at;
            // A key that the settings are given there has a rule of its own.
            let judged = variable.name.ends_with("SECRET_KEY") && given(at) || variable.from == Source::File;
            if judged || !production::is_credential(variable) || !seen.insert((at.artifact, at.start)) {
                continue;
            }
            findings
                .fail(format!("{} is spelt out where {} gives it", variable.name, handed.by))
                .at(at)
                .severity(if handed.class.is_production() { Severity::High } else { Severity::Medium })
                .help("take it from a secret of the pipeline or platform, and replace it: the history keeps it");
        }
    }
}

/// What gives a variable, and what to do instead, for what lies in the repository. Images and files of variables have rules
/// of their own.
fn place(variable: &Variable) -> Option<(&'static str, &'static str)> {
    match variable.from {
        Source::Definition if variable.value.assumes.is_empty() => Some((
            "spelt out in the definition of a service",
            "take it from a secret or from the environment, ${NAME:?}, and replace it",
        )),
        Source::Definition => {
            Some(("given a default that everybody can read", "demand it: ${NAME:?is not set}, so that nothing starts without it"))
        }
        Source::ConfigMap => {
            Some(("kept in a ConfigMap", "move it to a Secret that lies outside the repository, and replace it"))
        }
        // Base64 is a way of writing, not of hiding.
        Source::SecretObject => Some((
            "kept in a Secret whose manifest lies in the repository",
            "create the Secret outside the repository, or seal it: SealedSecret, SOPS, an external store; and replace it",
        )),
        Source::Script if variable.value.assumes.is_empty() => {
            Some(("spelt out in a script", "take it from a secret or from the environment, and replace it"))
        }
        Source::Script => Some((
            "given a default by a script that everybody can read",
            "demand it: ${NAME:?is not set}, so that nothing starts without it",
        )),
        Source::Image | Source::File | Source::Server => None,
    }
}
