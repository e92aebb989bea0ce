//! An app may be installed once, and labels are unique: otherwise Django does not start.
use std::collections::BTreeMap;

use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "installed-twice",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "an app or a middleware is listed twice",
    guide: include_str!("installed_twice.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    apps(facts, findings);
    middleware(facts, findings);
    let apps = facts.setting("INSTALLED_APPS");
    if let Some(why) = apps.value.as_unknown() {
        findings.undecided("INSTALLED_APPS", &why).at(why.at.or(apps.region()));
    } else if !findings.has(Kind::Fail) {
        findings.pass("no app and no middleware is listed twice").at(apps.region());
    }
}

fn apps(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("INSTALLED_APPS");
    let mut names: BTreeMap<String, (String, Option<Region>)> = BTreeMap::new();
    let mut labels: BTreeMap<String, (String, Option<Region>)> = BTreeMap::new();
    for entry in setting.value.certain_items() {
        let Some(text) = entry.as_str() else { continue };
        let at = entry.at.or(setting.region());
        let name = app_name(text);
        if let Some((first, first_at)) = names.get(&name) {
            findings
                .fail(if first == text {
                    format!("{text} is installed twice")
                } else {
                    format!("{text} and {first} install one app")
                })
                .at(at)
                .see(*first_at, "the first time")
                .label("Django raises ImproperlyConfigured when it starts")
                .help("remove one of the two from INSTALLED_APPS");
            continue;
        }
        names.insert(name.clone(), (text.to_owned(), at));
        // The label is the name's last part, unless a configuration class says otherwise.
        if !has_default_label(facts, text, &name) {
            continue;
        }
        let label = name.rsplit('.').next().unwrap_or(&name).to_owned();
        if let Some((first, first_at)) = labels.get(&label) {
            findings
                .fail(format!("{first} and {text} share the label \"{label}\""))
                .at(at)
                .see(*first_at, "the first app of this label")
                .label("Django raises ImproperlyConfigured when it starts")
                .help("give one of them a configuration class with a label of its own");
        } else {
            labels.insert(label, (text.to_owned(), at));
        }
    }
}

/// The app behind an entry: Django's own configuration classes stand in their app's `apps` module; whose app another
/// class configures is said in its body, which is not read.
fn app_name(entry: &str) -> String {
    match entry.rsplit_once(".apps.") {
        Some((app, _)) if app.starts_with("django.contrib.") => app.to_owned(),
        Some(_) | None => entry.to_owned(),
    }
}

/// Whether the label is certainly the last part of the name: for Django's own apps, and for those of the project that
/// have no `apps` module. Before Django 4.1 any class that the package's `default_app_config` named could give another.
fn has_default_label(facts: &Facts, entry: &str, name: &str) -> bool {
    if name.starts_with("django.contrib.") {
        return name != "django.contrib.postgres";
    }
    let modules = &facts.project.modules;
    entry == name
        && facts.django.version.feature() >= (4, 1)
        && modules.iter().any(|module| **module == *name)
        && !modules.iter().any(|module| module.strip_prefix(name) == Some(".apps"))
}

fn middleware(facts: &Facts, findings: &mut Findings) {
    let setting = facts.setting("MIDDLEWARE");
    let mut seen: BTreeMap<&str, Option<Region>> = BTreeMap::new();
    for entry in setting.value.certain_items() {
        let Some(text) = entry.as_str() else { continue };
        let at = entry.at.or(setting.region());
        if let Some(first_at) = seen.insert(text, at) {
            findings
                .fail(format!("{text} is in MIDDLEWARE twice{}", setting.unless()))
                .severity(Severity::Low)
                .at(at)
                .see(first_at, "the first time")
                .help("remove one of the two");
        }
    }
}
