//! What an image is built with stays in its layers, for everybody who can pull it.

use shipworthy_model::picture::{Build, Copied, Image, ImageStage, Variable};
use shipworthy_model::{EnvFile, Facts, Findings, Kind, Region, Rule, Severity, Stage, Topic, Why};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "secret-in-image",
    topic: Topic::SecretKey,
    severity: Severity::High,
    django: &[],
    summary: "an image holds a credential",
    guide: include_str!("secret_in_image.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut images = 0;
    for image in &facts.picture.images {
        let class = facts.picture.class(image.artifact);
        if !class.may_be_production() {
            continue;
        }
        images += 1;
        for variable in shipped(image).into_iter().filter(|variable| production::is_credential(variable)) {
            let finding = findings.fail(format!("{} is a credential that stays in the image of {}", variable.name, image.path));
            finding.at(variable.value.at).help("give it when the container starts, and replace it: who has the image has it too");
            finding.label("docker history shows it");
            if !class.is_production() {
                finding.severity(Severity::Medium);
            }
        }
    }
    for image in facts.picture.images.iter().filter(|image| facts.picture.class(image.artifact).may_be_production()) {
        for variable in kept_arguments(image) {
            findings
                .fail(format!("{} keeps what is given to the build of {} as a credential", variable.name, image.path))
                .at(variable.value.at)
                .severity(Severity::Medium)
                .label("docker history and docker inspect show it")
                .help("give it when the container starts; a build that needs one takes it by RUN --mount=type=secret");
        }
    }
    copied(facts, findings);
    if findings.has(Kind::Fail) {
        return;
    }
    if images > 0 {
        findings.pass("no Dockerfile gives its image a credential");
    } else {
        findings.not_applicable("the project builds no image");
    }
}

/// The variables of the stages that ship: what a stage for building has is not in the image that others get.
fn shipped(image: &Image) -> Vec<&Variable> {
    let Some(last) = image.stages.last() else { return Vec::new() };
    let own = |stage: &'_ ImageStage| image.lineage(last).iter().any(|other| other.at == stage.at);
    let stages = image.stages.iter().filter(|stage| own(stage));
    stages.flat_map(|stage| stage.variables.iter().chain(&stage.arguments)).collect()
}

/// Variables of the image that take a credential from an argument of the build, which has no value in the file.
fn kept_arguments(image: &Image) -> Vec<&Variable> {
    let Some(last) = image.stages.last() else { return Vec::new() };
    let line = image.lineage(last);
    let stages = image.stages.iter().filter(|stage| line.iter().any(|own| own.at == stage.at));
    let kept = |variable: &&Variable, stage: &ImageStage| match variable.value.as_unknown().map(|unknown| &unknown.why) {
        Some(Why::Variable(name)) => stage.arguments.iter().any(|argument| *argument.name == **name),
        Some(_) | None => false,
    };
    stages
        .flat_map(|stage| stage.variables.iter().filter(move |variable| kept(variable, stage)))
        .filter(|variable| production::is_named_secret(&variable.name))
        .collect()
}

/// Files of environment variables that lie in the folder which an image copies whole.
fn copied(facts: &Facts, findings: &mut Findings) {
    for file in &facts.project.env_files {
        if file.example || file.stage == Stage::Development || !holds_secret(facts, file) {
            continue;
        }
        let copied = facts.picture.environments.iter().filter(|it| it.class.may_be_production()).flat_map(|it| &it.units);
        let Some((image, copy)) = copied.filter_map(|unit| unit.build.as_ref()).find_map(|build| takes(facts, build, &file.path))
        else {
            continue;
        };
        let ignore = image.ignore.as_ref().map(|ignore| Region::whole(ignore.artifact));
        let tracked = file.tracked == Some(true);
        findings
            .fail(format!("{} with its credentials is copied into the image of {}", file.path, image.path))
            .at(copy.at)
            .severity(if tracked { Severity::High } else { Severity::Medium })
            .see(ignore, "and this does not leave it out")
            .help("name it in .dockerignore: **/.env*");
    }
}

/// Whether a file holds a credential, not a reference to one or words that ask for one.
fn holds_secret(facts: &Facts, file: &EnvFile) -> bool {
    let text = |at: Region| facts.artifacts.text(at).trim().trim_matches(['"', '\'']);
    file.variables.iter().any(|(name, at)| production::is_secret(name, text(*at)))
}

/// The image and the line of it by which a build takes a file of its context along.
fn takes<'f>(facts: &'f Facts, build: &Build, file: &str) -> Option<(&'f Image, &'f Copied)> {
    let image = facts.picture.images.iter().find(|image| *image.path == *build.dockerfile)?;
    let context = build.context.as_deref()?.trim_end_matches('/');
    let inside = if context.is_empty() { file } else { file.strip_prefix(context)?.strip_prefix('/')? };
    if image.ignore.as_ref().is_some_and(|ignore| ignore.leaves_out(inside).is_some()) {
        return None;
    }
    let stage = image.stage(build.target.as_ref().and_then(|target| target.as_str()))?;
    let holds = |source: &str| {
        let source = source.trim_start_matches("./").trim_matches('/');
        matches!(source, "" | ".") || inside == source || inside.strip_prefix(source).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut copies = image.lineage(stage).into_iter().flat_map(|stage| &stage.copies).filter(|copy| copy.from.is_none());
    Some((image, copies.find(|copy| copy.sources.iter().filter_map(|source| source.as_str()).any(holds))?))
}
