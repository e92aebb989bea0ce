//! A signing key in a file that git tracks is as public as the source.

use std::collections::BTreeSet;

use shipworthy_model::{Assumption, EnvFile, Facts, Findings, Given, Kind, Region, Rule, Severity, Stage, Topic, Why, key};

pub(crate) static RULE: Rule = Rule {
    id: "secret-key-committed",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "a file in the repository holds the SECRET_KEY",
    guide: include_str!("secret_key_committed.md"),
    check,
};

const HELP: &str = "take the file out of git (`git rm --cached`), ignore it, and replace the key: the history keeps the old one";

fn check(facts: &Facts, findings: &mut Findings) {
    let names = variables(facts);
    for file in facts
        .project
        .env_files
        .iter()
        .filter(|file| concerns_production(file) && !facts.picture.is_developers_file(&file.path, &facts.artifacts))
    {
        let key = file.variables.iter().find(|(name, at)| names.contains(&**name) && holds_key(facts, *at));
        let Some((name, at)) = key else { continue };
        match file.tracked {
            Some(true) => {
                findings.fail(format!("{name} stands in {}, which git tracks", file.path)).at(*at).help(HELP);
            }
            Some(false) => {}
            None => {
                findings
                    .open(format!("{name} stands in {}; whether git tracks the file is not to be seen", file.path))
                    .at(*at)
                    .help(HELP);
            }
        }
    }
    deployment_files(facts, findings, &names);
    files_read(facts, findings);
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if facts.project.seen {
        findings.pass("no file that git tracks holds a SECRET_KEY beside the source");
    } else {
        findings.not_applicable("there is no project whose files could hold a SECRET_KEY");
    }
}

/// The environment variables that hold the key: those it is read from, and the usual names.
fn variables(facts: &Facts) -> BTreeSet<String> {
    let key = facts.setting("SECRET_KEY");
    let mut names: BTreeSet<String> = ["SECRET_KEY", "DJANGO_SECRET_KEY"].into_iter().map(str::to_owned).collect();
    let assumed = key.assumptions.iter().filter_map(Assumption::variable).filter(|name| shipworthy_model::is_secret_name(name));
    names.extend(assumed.map(str::to_owned));
    if let Some(Why::Variable(name)) = key.value.as_unknown().map(|unknown| unknown.why) {
        names.insert(name.to_string());
    }
    names
}

fn concerns_production(file: &EnvFile) -> bool {
    !file.example && file.stage != Stage::Development
}

/// Whether a place holds a key, and not a reference to one or words that ask for one.
fn holds_key(facts: &Facts, at: Region) -> bool {
    let text = facts.artifacts.text(at).trim().trim_matches(['"', '\'']);
    !text.is_empty() && !text.starts_with('$') && !key::is_placeholder(text)
}

/// Dockerfiles, compose files and the like that give the variable: they are part of the repository.
fn deployment_files(facts: &Facts, findings: &mut Findings, names: &BTreeSet<String>) {
    for variable in facts.settings.variables.iter().filter(|variable| names.contains(&*variable.name)) {
        let Some(Given::File(at)) = &variable.given else { continue };
        let path = &facts.artifacts.get(at.artifact).path;
        let is_env_file = facts.project.env_files.iter().any(|file| file.path == *path);
        // What is called an override of a service is one on the machine that serves.
        let drop_in = path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with(".service.d"));
        let place = if drop_in { path.rsplit_once('/').map_or("", |(folder, _)| folder) } else { path };
        if is_env_file || Stage::of(place) == Stage::Development || !holds_key(facts, *at) {
            continue;
        }
        findings
            .fail(format!("{} stands in {path}, a file of the deployment", variable.name))
            .at(*at)
            .help("let the file take the key from a secret store or an untracked file, and replace the key");
    }
}

/// A file of the tree that the settings read the key from.
fn files_read(facts: &Facts, findings: &mut Findings) {
    let Some(at) = facts.key_file() else { return };
    let path = &facts.artifacts.get(at.artifact).path;
    let finding = match facts.project.key_file_tracked {
        Some(true) => findings.fail(format!("SECRET_KEY is read from {path}, which git tracks")),
        Some(false) => return,
        None => {
            findings.open(format!("SECRET_KEY is read from {path} in the project; whether git tracks the file is not to be seen"))
        }
    };
    finding.at(at).help(HELP);
}
