//! Two template tag libraries of one name: which of them `{% load %}` finds is decided by order.
use std::collections::BTreeMap;

use shipworthy_model::{Engine, Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "template-library-shadowed",
    topic: Topic::Templates,
    severity: Severity::Low,
    django: &["templates.E003", "templates.W003"],
    summary: "two template tag libraries share a name",
    guide: include_str!("template_library_shadowed.md"),
    check,
};

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
    } else if findings.is_clean() {
        findings.pass("no two template tag libraries that can be seen share a name").at(engines.at);
    }
}

/// The libraries that Django finds by itself.
fn installed(facts: &Facts) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for library in facts.tag_libraries().into_iter().filter(|library| library.registers.is_yes()) {
        names.entry(library.name).or_default().push(library.module);
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

/// Modules that share their name with a library, if they are one: what they define could not be read.
fn apps(facts: &Facts, findings: &mut Findings) {
    let libraries = facts.tag_libraries();
    for doubtful in libraries.iter().filter(|library| matches!(library.registers, Truth::Unknown(_))) {
        let mut others = libraries.iter().filter(|other| other.name == doubtful.name && other.module != doubtful.module);
        if let Some(other) = others.find(|other| !other.registers.is_no()) {
            findings
                .open(format!("{} hides {} or is hidden by it, if it defines `register`", doubtful.module, other.module))
                .at(facts.setting("INSTALLED_APPS").region());
        }
    }
}
