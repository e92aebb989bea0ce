//! `check --deploy` helps only if something runs it and stops when it warns.

use shipworthy_model::picture::{Action, FailLevel, Step, When};
use shipworthy_model::{Facts, Findings, Rule, Severity, Stage, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "deploy-check-missing",
    topic: Topic::Checks,
    severity: Severity::Low,
    django: &[],
    summary: "no pipeline runs check --deploy, or none heeds its warnings",
    guide: include_str!("deploy_check_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let picture = &facts.picture;
    // The strictest one speaks for all.
    let judges = |step: &&Step| is_whole(step) && !is_of_development(facts, step);
    let checks = picture.steps.iter().filter(judges).filter_map(|step| Some((step.deploy_check()?, step)));
    match checks.min_by_key(|(level, step)| (step.tolerated, level.unwrap_or(FailLevel::Critical))) {
        Some((_, step)) if step.tolerated => {
            findings
                .fail("check --deploy runs, and what runs it goes on when it fails")
                .at(step.at)
                .help("let its exit code count: without `|| true`, continue-on-error or allow_failure");
        }
        Some((Some(FailLevel::Debug | FailLevel::Info | FailLevel::Warning), step)) => {
            findings.pass("check --deploy runs, and its warnings stop what it is part of").at(step.at);
        }
        Some((Some(FailLevel::Error | FailLevel::Critical), step)) => {
            findings
                .fail("check --deploy runs, but its warnings stop nothing")
                .at(step.at)
                .label("nearly all checks for deployment are warnings")
                .help("add --fail-level WARNING");
        }
        Some((None, step)) => {
            findings.open("check --deploy runs, but from which level on it fails is not decided").at(step.at);
        }
        None => {
            let audited = |text: &str| text.contains("shipworthy");
            let pipeline = |step: &&Step| step.when == When::Pipeline;
            if let Some(step) = picture.steps.iter().find(|step| is_whole(step) && step.deploy_check().is_some()) {
                findings
                    .fail("check --deploy runs, but with settings for development")
                    .at(step.settings.as_ref().map_or(step.at, |settings| settings.at))
                    .see(step.at, "this is what runs")
                    .help("name the settings of production: DJANGO_SETTINGS_MODULE, or --settings");
            } else if let Some(step) =
                picture.steps.iter().filter(pipeline).find(|step| step.words.iter().any(|word| audited(word.shown())))
            {
                findings.pass("a pipeline runs shipworthy, which answers the same checks").at(step.at);
            } else {
                findings.open("no file of the project runs check --deploy").help(
                    "run manage.py check --deploy --fail-level WARNING with the settings of production before each release",
                );
            }
        }
    }
}

/// Whether a check is run with settings for development by their name, which are not those that are audited.
fn is_of_development(facts: &Facts, step: &Step) -> bool {
    let Action::Manage(manage) = &step.action else { return false };
    let named = manage.settings().or_else(|| step.settings.clone());
    named
        .as_ref()
        .and_then(|named| named.as_str())
        .is_some_and(|module| Stage::of_module(module) == Stage::Development && module != &*facts.project.choice.module)
}

/// Whether a check is not confined to tags that leave the security checks out.
fn is_whole(step: &Step) -> bool {
    let Action::Manage(manage) = &step.action else { return false };
    let tag = manage.option("--tag").or_else(|| manage.option("-t"));
    tag.is_none_or(|tag| tag.is("security"))
}
