//! `WhiteNoise` serves what collectstatic gathered: in an image in which nothing gathers, there is nothing.

use shipworthy_model::picture::Platform;
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "collectstatic-missing",
    topic: Topic::Static,
    severity: Severity::High,
    django: &[],
    summary: "nothing on the way to production runs collectstatic",
    guide: include_str!("collectstatic_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    if facts.truth("WHITENOISE_USE_FINDERS").is_yes() {
        findings.pass("WhiteNoise finds static files where they lie").at(facts.setting("WHITENOISE_USE_FINDERS").region());
        return;
    }
    if let Some(step) = production::step(facts, "collectstatic") {
        if production::is_by_hand(facts, step) {
            let unit = step.unit.as_deref().unwrap_or("it");
            findings
                .open(format!("collectstatic runs only where somebody calls {unit}, and nothing says that a release does"))
                .at(step.at)
                .help("call it where the project is released");
            return;
        }
        findings.pass(format!("collectstatic runs {}", production::when_of(step).1)).at(step.at);
        return;
    }
    if let Some(at) = buildpack(facts) {
        findings.pass("the buildpack of the platform runs collectstatic").at(at);
        return;
    }
    if let Some(step) = production::rehearsal(facts, "collectstatic") {
        let class = facts.picture.class(step.at.artifact);
        let finding = findings.fail(format!("collectstatic runs {} and collects nothing", production::when_of(step).1));
        finding.at(step.at).label("it only says what it would collect").help("leave --dry-run out");
        if !class.is_production() {
            finding.severity(Severity::Medium);
        }
        return;
    }
    if let Some(at) = production::mention(facts, "collectstatic") {
        findings.open("whether what names collectstatic here runs it on the way to production was not followed").at(at);
        return;
    }
    if let Some((command, at)) = production::own_command(facts) {
        findings.open(format!("whether manage.py {command} collects the static files is not to be seen")).at(at);
        return;
    }
    let servers = production::servers(facts);
    let root = facts.setting("STATIC_ROOT");
    let folder = facts.path_of(&root.value).filter(|_| root.truth().is_yes() && root.assumptions.is_empty());
    let from_container = facts.static_middleware().is_some();
    let lost = servers.iter().map(|(deployed, ..)| deployed).find(|deployed| {
        let gone = folder.as_ref().is_some_and(|folder| facts.is_lost(deployed.unit, folder));
        gone && from_container && deployed.is_whole(facts) && deployed.is_audited(facts) && !deployed.is_tried_out()
    });
    if let Some((deployed, at)) = switched_off(facts).filter(|_| from_container) {
        findings
            .fail(format!("the buildpack is told not to run collectstatic for {}, and nothing else does", deployed.unit.name))
            .at(at)
            .see(root.region(), "this folder is empty on the platform, where nothing that somebody writes by hand stays")
            .help("drop DISABLE_COLLECTSTATIC, or run collectstatic in bin/post_compile");
        return;
    }
    // A folder that lies in the tree may be what somebody collected and copies into the image.
    let there = folder.as_ref().is_some_and(|folder| !facts.is_folder(folder).is_no());
    if let Some(deployed) = lost.filter(|_| !there) {
        let unit = &deployed.unit.name;
        let finding = findings.fail(format!("nothing runs collectstatic for the image of {unit}{}", deployed.unless()));
        finding
            .at(deployed.unit.build.as_ref().map_or(deployed.unit.at, |build| build.at))
            .see(root.region(), "this folder is empty in the container, and the middleware serves it")
            .help("RUN python manage.py collectstatic --noinput in the Dockerfile, behind COPY");
        deployed.weigh(finding);
    } else if servers.is_empty() {
        findings.not_applicable("no file says how the project is served");
    } else {
        findings
            .open("no file of the deployment runs collectstatic; somebody may run it by hand")
            .at(root.region())
            .help("run manage.py collectstatic --noinput while the image is built, or on each release");
    }
}

/// A Procfile for a platform whose Python buildpack collects the files unless `DISABLE_COLLECTSTATIC` is set.
fn buildpack(facts: &Facts) -> Option<shipworthy_model::Region> {
    // heroku.yml that builds with Docker comes before the Procfile, and no buildpack runs.
    let heroku = facts.picture.environments.iter().filter(|it| it.platform == Platform::Heroku);
    if heroku.flat_map(|it| &it.units).any(|unit| unit.build.is_some()) {
        return None;
    }
    production::servers(facts).into_iter().map(|(deployed, ..)| deployed).find_map(|deployed| {
        let disabled = deployed.unit.variable("DISABLE_COLLECTSTATIC").is_some_and(|it| !it.value.is("0") && !it.value.is(""));
        let native = deployed.environment.platform == Platform::Heroku && deployed.unit.build.is_none();
        (native && !disabled).then_some(deployed.unit.at)
    })
}

/// A dyno whose buildpack is told by a file not to collect the files.
fn switched_off(facts: &Facts) -> Option<(production::Deployed<'_>, shipworthy_model::Region)> {
    let heroku = facts.picture.environments.iter().filter(|it| it.platform == Platform::Heroku);
    if heroku.flat_map(|it| &it.units).any(|unit| unit.build.is_some()) {
        return None;
    }
    production::servers(facts).into_iter().map(|(deployed, ..)| deployed).find_map(|deployed| {
        let said = deployed
            .unit
            .variable("DISABLE_COLLECTSTATIC")
            .filter(|it| it.value.as_str().is_some_and(|it| it != "0" && !it.is_empty()));
        Some((deployed, said.filter(|_| deployed.environment.platform == Platform::Heroku)?.value.at))
    })
}
