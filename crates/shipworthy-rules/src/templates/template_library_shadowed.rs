//! Two template tag libraries of one name: which of them `{% load %}` finds is decided by order.
use std::collections::BTreeMap;

use shipworthy_model::{Engine, Facts, Findings, Kind, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "template-library-shadowed",
    topic: Topic::Templates,
    severity: Severity::Low,
    django: &["templates.E003", "templates.W003"],
    summary: "two template tag libraries share a name",
    guide: include_str!("template_library_shadowed.md"),
    check,
};

/// Libraries of Django's own apps: name, module, app, first feature release.
const LIBRARIES: [(&str, &str, (u16, u16)); 8] = [
    ("admin_filters", "django.contrib.admin", (6, 1)),
    ("admin_list", "django.contrib.admin", (4, 2)),
    ("admin_modify", "django.contrib.admin", (4, 2)),
    ("admin_urls", "django.contrib.admin", (4, 2)),
    ("log", "django.contrib.admin", (4, 2)),
    ("auth", "django.contrib.auth", (6, 0)),
    ("flatpages", "django.contrib.flatpages", (4, 2)),
    ("humanize", "django.contrib.humanize", (4, 2)),
];
/// Libraries that are always there.
const BUILT_IN: [&str; 5] = ["cache", "i18n", "l10n", "static", "tz"];

fn check(facts: &Facts, findings: &mut Findings) {
    let engines = facts.engines();
    let installed = installed(facts);
    // Up to 5.0 one check looks at all entries together; from 5.1 each engine of Django's checks itself.
    if facts.django.version.at_least(5, 1) {
        for engine in engines.list.iter().filter(|engine| engine.is_django().is_yes()) {
            let mut names = installed.clone();
            add(findings, &mut names, engine);
            report(findings, &names, engine.at, "templates.W003", Some(super::template_invalid_marker::ENGINE));
        }
    } else {
        let mut names = installed;
        for engine in &engines.list {
            add(findings, &mut names, engine);
        }
        report(findings, &names, engines.at, "templates.E003", None);
    }
    apps(facts, findings);
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if !findings.has(Kind::Fail) && !findings.has(Kind::Open) {
        findings.pass("no two template tag libraries that can be seen share a name").at(engines.at);
    }
}

/// The libraries that Django finds by itself, as far as they are Django's.
fn installed(facts: &Facts) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::new();
    for name in BUILT_IN {
        names.insert(name.to_owned(), vec![format!("django.templatetags.{name}")]);
    }
    for (name, app, since) in LIBRARIES {
        if facts.django.version.feature() >= since && facts.has_app(app).is_yes() {
            names.insert(name.to_owned(), vec![format!("{app}.templatetags.{name}")]);
        }
    }
    names
}

/// Adds the libraries that an entry names itself.
fn add(findings: &mut Findings, names: &mut BTreeMap<String, Vec<String>>, engine: &Engine) {
    match engine.option("libraries") {
        Lookup::Found(libraries) => {
            for (name, module) in libraries.known_entries() {
                let (Some(name), Some(module)) = (name.as_str(), module.as_str()) else { continue };
                let modules = names.entry(name.to_owned()).or_default();
                if !modules.iter().any(|known| known == module) {
                    modules.push(module.to_owned());
                }
            }
            if let Some(why) = libraries.as_unknown() {
                findings.undecided("OPTIONS[\"libraries\"]", &why).at(why.at.or(engine.at));
            }
        }
        Lookup::Absent => {}
        Lookup::Unknown(why) => {
            findings.undecided("OPTIONS[\"libraries\"]", &why).at(why.at.or(engine.at));
        }
    }
}

fn report(
    findings: &mut Findings,
    names: &BTreeMap<String, Vec<String>>,
    at: Option<shipworthy_model::Region>,
    id: &'static str,
    obj: Option<&str>,
) {
    for (name, modules) in names.iter().filter(|(_, modules)| modules.len() > 1) {
        findings
            .fail(format!("the template tag library \"{name}\" stands for {}", modules.join(" and ")))
            .at(at)
            .django_about(id, obj.map(str::to_owned))
            .help("give the project's library a name of its own");
    }
}

/// Libraries of the project's own apps: a module there is a library only if it registers tags, which is not read.
fn apps(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for module in &facts.project.modules {
        let Some((app, name)) = module.split_once(".templatetags.") else { continue };
        if facts.has_app(app) == Truth::Yes && !name.contains('.') && !name.starts_with('_') {
            names.entry(name).or_default().push(app);
        }
    }
    for (name, owners) in names.iter().filter(|(_, owners)| owners.len() > 1) {
        findings
            .open(format!(
                "{} both have a module templatetags.{name}; if both register tags, one hides the other",
                owners.join(" and ")
            ))
            .at(apps.region());
    }
}
