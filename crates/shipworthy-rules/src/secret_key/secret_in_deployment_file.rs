//! A credential that a compose file or manifest spells out is as public as the repository.

use std::collections::BTreeSet;

use shipworthy_model::picture::{Source, Variable};
use shipworthy_model::{ArtifactId, Endpoint, Facts, Findings, Given, Kind, Reach, Region, Rule, Severity, Stage, Topic};

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
    files(facts, findings);
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
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
            let local =
                variable.value.expose().is_some_and(|text| text.contains("://") && Endpoint::parse(text).reach() == Reach::Local);
            if judged || local || !production::is_credential(variable) || !seen.insert((at.artifact, at.start)) {
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

/// Files that git tracks and whose kind it is to hold a credential.
fn files(facts: &Facts, findings: &mut Findings) {
    for file in facts.project.credential_files.iter().filter(|file| file.tracked != Some(false)) {
        let secret = facts.picture.secret_files.iter().find(|it| it.path == file.path);
        let text = facts.artifacts.text(file.at);
        let is_key = text.starts_with("-----BEGIN");
        // A private key may be one for tests: it counts where a front end uses it.
        let holds = if is_key { is_served(facts, &file.path) } else { production::is_secret("PASSWORD", text) };
        if !(holds || is_key && secret.is_some()) {
            continue;
        }
        let said = file.stage == Stage::Production || secret.is_some_and(|it| it.class.is_production());
        let message = format!("{}, which holds {}", file.path, file.what);
        let finding = match file.tracked {
            Some(_) => findings.fail(format!("git tracks {message}")),
            None => findings.open(format!("whether git tracks {message}, is not to be seen")),
        };
        finding
            .at(file.at)
            .severity(if said || is_key { Severity::High } else { Severity::Medium })
            .help("take it out of git (`git rm --cached`), ignore it, and replace what it holds: the history keeps it");
    }
}

/// Whether a front end that may be production's ends TLS with a key of this name.
fn is_served(facts: &Facts, path: &str) -> bool {
    let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
    let own = path.to_ascii_lowercase();
    let tried = ["localhost", "self", "snakeoil", "dummy", "fake", "test"].iter().any(|word| own.contains(word));
    let fronts = facts.fronts.iter().filter(|front| !matches!(front.class, Stage::Development | Stage::Staging));
    let mut keys = fronts.flat_map(|front| &front.sites).flat_map(|site| &site.tls.keys);
    !tried && keys.any(|key| key.value.as_ref().is_ok_and(|key| name(key) == name(path)))
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
