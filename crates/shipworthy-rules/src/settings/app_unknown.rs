//! An installed app that is not there keeps Django from starting.
use shipworthy_model::{Definition, Facts, Findings, Kind, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "app-unknown",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "INSTALLED_APPS names an app that is not in the project",
    guide: include_str!("app_unknown.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    if let Some(why) = apps.value.as_unknown() {
        findings.undecided("INSTALLED_APPS", &why).at(why.at.or(apps.region()));
        return;
    }
    for entry in apps.value.certain_items() {
        let Some(text) = entry.as_str() else { continue };
        // The last part may be a configuration class of the module before it.
        let module = match text.rsplit_once('.') {
            Some((module, class)) if class.starts_with(char::is_uppercase) => module,
            Some(_) | None => text,
        };
        // Django asks for a class of that name, whatever its case.
        let is_class = matches!(facts.definition(text), Some(Definition::Class(_)));
        if !is_class && is_absent(facts, module) {
            findings
                .fail(format!("INSTALLED_APPS names {text}, and the project has no {module}"))
                .at(entry.at.or(apps.region()))
                .label("Django raises ModuleNotFoundError when it starts")
                .help("correct the dotted name, or remove the entry");
        }
    }
    if !findings.has(Kind::Fail) {
        findings.pass("no app of the project's own packages is missing").at(apps.region());
    }
}

/// Whether a dotted name certainly cannot be imported: its top-level package is a whole package of the project, no
/// dependency of the same name exists, and the module is not in it.
pub(super) fn is_absent(facts: &Facts, name: &str) -> bool {
    let top = name.split('.').next().unwrap_or(name);
    let own = facts.project.modules.iter().any(|module| **module == *top);
    let dependency = facts.depends_on(&top.to_lowercase().replace('_', "-"));
    own && !dependency.is_yes() && facts.project.has_module(name).is_no()
}
