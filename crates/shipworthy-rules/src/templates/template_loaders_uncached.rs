//! The cached loader compiles each template once; loaders listed by hand lose it.
use shipworthy_model::{Facts, Findings, Item, Lookup, Rule, Severity, Topic, Value};

pub(crate) static RULE: Rule = Rule {
    id: "template-loaders-uncached",
    topic: Topic::Templates,
    severity: Severity::Low,
    django: &[],
    summary: "templates are read and compiled again for every page",
    guide: include_str!("template_loaders_uncached.md"),
    check,
};

/// Loaders that read a file for each use.
const READING: [&str; 2] = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"];

fn check(facts: &Facts, findings: &mut Findings) {
    if let Some(app) = facts.sets_loaders() {
        findings.not_applicable(format!("{app} sets the loaders itself when it is loaded"));
        return;
    }
    let engines = facts.engines();
    for engine in engines.list.iter().filter(|engine| engine.is_django().is_yes()) {
        match engine.option("loaders") {
            Lookup::Found(loaders) => {
                let at = loaders.at.or(engine.at);
                if let Some(why) = loaders.as_unknown() {
                    findings.undecided("OPTIONS[\"loaders\"]", &why).at(why.at.or(at));
                } else if let Some(reading) = loaders.certain_items().find_map(reads) {
                    let unless = facts.setting("TEMPLATES").unless();
                    let finding = findings
                        .fail(format!("OPTIONS[\"loaders\"] lists {reading} without the cached loader around it{unless}"));
                    finding.at(at).label("each use reads and compiles the template again");
                    match loaders.known_items().find_map(|loader| own(facts, loader)) {
                        // What chooses by the request must not be cached, and whether it does is not to be seen.
                        Some(own) => finding.severity(Severity::Info).help(format!(
                            "wrap those of Django in django.template.loaders.cached.Loader; {own} may have reasons to stay outside"
                        )),
                        None => finding
                            .help("remove \"loaders\" and set APP_DIRS, or wrap them in django.template.loaders.cached.Loader"),
                    };
                }
            }
            Lookup::Absent => {}
            Lookup::Unknown(why) => {
                findings.undecided("OPTIONS[\"loaders\"]", &why).at(why.at.or(engine.at));
            }
        }
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("templates are compiled once and cached").at(engines.at);
    }
}

/// The class of a loader that reads files, if it stands alone. A loader is a path, or a path with arguments.
fn reads(loader: &Value) -> Option<&'static str> {
    let path = class(loader)?;
    READING.iter().copied().find(|reading| path.equals(reading).is_yes())
}

/// The class of a loader that the project has itself.
fn own<'v>(facts: &Facts, loader: &'v Value) -> Option<&'v str> {
    class(loader)?.as_str().filter(|path| facts.is_own(path))
}

fn class(loader: &Value) -> Option<&Value> {
    match loader.items() {
        Some([Item::One(path), ..]) => Some(path),
        Some(_) => None,
        None => Some(loader),
    }
}
