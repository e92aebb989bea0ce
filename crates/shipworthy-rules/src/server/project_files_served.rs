//! The web server hands out the files of the project itself.

use shipworthy_model::{Facts, Findings, Probe, Rule, Severity, Sign, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "project-files-served",
    topic: Topic::Server,
    severity: Severity::Critical,
    django: &[],
    summary: "files of the project can be read by anyone",
    guide: include_str!("project_files_served.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else {
        findings.not_applicable("the running site was not looked at");
        return;
    };
    let told = [
        (Sign::EnvFile, "the environment with its credentials"),
        (Sign::Git, "the repository with its whole history"),
        (Sign::Settings, "the settings"),
        (Sign::Sqlite, "the database"),
        (Sign::ManagePy, "the source"),
    ];
    let mut served = 0;
    for seen in wire.answers(Probe::ProjectFile).filter(|seen| matches!(seen.response.status, 200 | 206)) {
        let Some((_, what)) = told.iter().find(|(sign, _)| seen.response.shows(*sign)) else { continue };
        served += 1;
        findings.fail(format!("{} hands out {what}: {}", wire.called(), seen.exchange.request.target)).seen([seen.id]).help(
            "let the web server serve the folders of static and media files only, never the project's; then change every secret",
        );
    }
    if served > 0 {
        return;
    }
    match wire.answer(Probe::ProjectFile) {
        Some(seen) => findings.pass("the files of the project are out of reach at their usual addresses").seen([seen.id]),
        None => findings.not_applicable("no answer for a file of the project was seen").seen([]),
    };
}
