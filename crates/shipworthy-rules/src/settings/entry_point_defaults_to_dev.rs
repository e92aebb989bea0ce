//! A wsgi.py or asgi.py that falls back to the settings of development serves them wherever a variable is forgotten.

use shipworthy_model::picture::Program;
use shipworthy_model::{EntryPoint, EntryPointKind, Facts, Findings, Kind, Region, Rule, Severity, Stage, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "entry-point-defaults-to-dev",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "the server starts with other settings than production's unless told otherwise",
    guide: include_str!("entry_point_defaults_to_dev.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let served = |entry: &&EntryPoint| match entry.kind {
        // Those for staging and tests start what they are called after.
        EntryPointKind::Wsgi | EntryPointKind::Asgi => !matches!(Stage::of(&entry.path), Stage::Development | Stage::Staging),
        EntryPointKind::Manage => false,
    };
    let mut agreed = Vec::new();
    for entry in facts.project.entry_points.iter().filter(served) {
        match &entry.module {
            Some((module, at)) => judge(facts, findings, entry, module, *at, &mut agreed),
            None => {
                findings.not_applicable(format!("{} names no settings module: the environment must", entry.path));
            }
        }
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if !agreed.is_empty() {
        let verb = if agreed.len() == 1 { "starts" } else { "start" };
        let files = agreed.join(" and ");
        findings.pass(format!("{files} {verb} with {}, the settings judged here", facts.settings.module));
    } else if !findings.has(Kind::NotApplicable) {
        findings.not_applicable("there is no wsgi.py or asgi.py");
    }
}

fn judge<'f>(facts: &Facts, findings: &mut Findings, entry: &'f EntryPoint, module: &str, at: Region, agreed: &mut Vec<&'f str>) {
    let audited = &*facts.settings.module;
    let same = module == audited;
    let development = Stage::of_module(module) == Stage::Development;
    let path = &entry.path;
    if Stage::of_module(module) == Stage::Production && facts.project.has_module(module).is_no() {
        findings.not_applicable(format!("{path} starts with {module}, which whoever deploys the project writes")).at(Some(at));
        return;
    }
    let (message, severity) = match (same, development) {
        (true, false) => {
            agreed.push(path);
            return;
        }
        // Only the name says development; where the settings say DEBUG = False, it may be the name of a habit.
        (true, true) if facts.truth("DEBUG").is_no() => {
            (format!("{path} starts with {module}, which sounds like development"), Severity::Info)
        }
        (false, true) if entry.overridable && is_handed(facts, module) => {
            (format!("{path} falls back to {module}, but every server here is given DJANGO_SETTINGS_MODULE"), Severity::Info)
        }
        (false, true) if entry.overridable && declared_elsewhere(facts) => {
            (format!("{path} falls back to {module} wherever DJANGO_SETTINGS_MODULE is forgotten"), Severity::Low)
        }
        (_, true) if entry.overridable => {
            (format!("{path} falls back to {module} when DJANGO_SETTINGS_MODULE is not set"), Severity::Medium)
        }
        (_, true) => (format!("{path} always starts with {module}"), Severity::High),
        (false, false) if entry.overridable => (format!("{path} falls back to {module}, not to {audited}"), Severity::Info),
        (false, false) => (format!("{path} always starts with {module}, never with {audited}"), Severity::Medium),
    };
    let finding = findings.fail(message);
    finding.at(at).severity(severity);
    if same {
        finding.help("name the settings of production here; `manage.py` is for development");
    } else {
        finding
            .label(format!("the settings judged here are those of {audited}"))
            .help(format!("name \"{audited}\" here, or audit what is served: --settings {module}"));
    }
}

/// Whether a file of the deployment names the settings of production, so that the fallback is only the fallback.
fn declared_elsewhere(facts: &Facts) -> bool {
    let Some(at) = facts.project.choice.at else { return false };
    let path = &facts.artifacts.get(at.artifact).path;
    facts.project.entry_points.iter().all(|entry| entry.path != *path)
}

/// Whether every server of the deployment is handed the variable, if only by whoever starts it, and not for these settings.
fn is_handed(facts: &Facts, module: &str) -> bool {
    const NAME: &str = "DJANGO_SETTINGS_MODULE";
    let said = facts.picture.handed.iter().filter(|it| !it.to.is_empty() && it.class.may_be_production());
    let mut said = said.flat_map(|it| &it.variables).filter(|it| &*it.name == NAME);
    if said.any(|it| !it.value.is(module)) {
        return true;
    }
    let mut servers = production::servers(facts);
    // What developers start says nothing of what production is handed.
    servers.retain(|(.., server)| server.program != Program::Runserver);
    let handed = servers.iter().map(|(deployed, process, _)| {
        let own = process.variables.iter().find(|it| &*it.name == NAME).or_else(|| deployed.unit.variable(NAME));
        own.is_some_and(|it| !it.value.is(module))
    });
    !servers.is_empty() && handed.into_iter().all(|it| it)
}
