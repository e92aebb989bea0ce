//! What an image is built with stays in its layers, for everybody who can pull it.

use shipworthy_model::picture::{Image, ImageStage, Variable};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, is_secret_name};

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
    stages.flat_map(|stage| stage.variables.iter().chain(&stage.arguments)).filter(|it| is_secret_name(&it.name)).collect()
}
