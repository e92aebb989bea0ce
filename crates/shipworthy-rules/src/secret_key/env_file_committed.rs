//! A file of environment variables that git tracks gives its credentials to everybody who has the repository.

use shipworthy_model::{EnvFile, Facts, Findings, Region, Rule, Severity, Stage, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "env-file-committed",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "a file of environment variables with credentials is in the repository",
    guide: include_str!("env_file_committed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let files: Vec<&EnvFile> = facts.project.env_files.iter().filter(|file| !file.example).collect();
    for file in files.iter().filter(|file| {
        file.stage != Stage::Development
            && !is_elses(&file.path)
            && !facts.picture.is_developers_file(&file.path, &facts.artifacts)
    }) {
        let Some((name, at)) = credential(facts, file) else { continue };
        match file.tracked {
            Some(true) => {
                findings
                    .fail(format!("git tracks {}, which holds {name}", file.path))
                    .at(at)
                    .severity(if file.stage == Stage::Production { Severity::High } else { Severity::Medium })
                    .help("take it out of git (`git rm --cached`), ignore it, and replace what it holds: the history keeps it");
            }
            Some(false) => {}
            None => {
                findings.open(format!("{} holds {name}; whether git tracks it is not to be seen", file.path)).at(at);
            }
        }
    }
    if !findings.is_clean() {
        return;
    }
    if facts.project.seen {
        findings.pass("git tracks no file of environment variables that holds a credential of production");
    } else {
        findings.not_applicable("there is no project whose files could hold credentials");
    }
}

/// The first variable that holds a credential. Keys that sign have a rule of their own.
fn credential<'f>(facts: &Facts, file: &'f EnvFile) -> Option<(&'f str, Region)> {
    let text = |at: Region| facts.artifacts.text(at).trim().trim_matches(['"', '\'']);
    let found = file.variables.iter().find(|(name, at)| !name.ends_with("SECRET_KEY") && production::is_secret(name, text(*at)));
    found.map(|(name, at)| (&**name, *at))
}

/// Whether a file is for pipelines or documentation.
fn is_elses(path: &str) -> bool {
    let words = ["ci", "github", "gitlab", "docs", "tests", "workflows"];
    path.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}
