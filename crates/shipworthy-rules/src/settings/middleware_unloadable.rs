//! Middleware that cannot be loaded stops every process that serves requests.

use shipworthy_model::runtime::MiddlewareState;
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "middleware-unloadable",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "an entry of MIDDLEWARE cannot be loaded",
    guide: include_str!("middleware_unloadable.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(runtime) = facts.runtime() else {
        findings.not_applicable("the project was not loaded in its own Python");
        return;
    };
    let Some(middleware) = &runtime.middleware else {
        findings
            .open("whether the middleware loads could not be seen, as the project does not load")
            .severity(Severity::Low)
            .ran();
        return;
    };
    let setting = facts.setting("MIDDLEWARE");
    let place = |path: &str| -> Option<Region> {
        let entry = setting.value.known_items().find(|item| item.as_str() == Some(path));
        entry.and_then(|entry| entry.at).or(setting.region())
    };
    let mut unused = Vec::new();
    for entry in middleware {
        let at = place(&entry.path);
        match &entry.state {
            MiddlewareState::Loaded => {}
            MiddlewareState::Unused => unused.push(&*entry.path),
            MiddlewareState::Failed(Some(raised)) if raised.is_about_the_machine() => {
                findings
                    .open(format!(
                        "whether {} loads where the project is deployed could not be seen: {}",
                        entry.path,
                        raised.what()
                    ))
                    .ran()
                    .at(at)
                    .about(&*entry.path);
            }
            MiddlewareState::Failed(raised) => {
                let why = raised
                    .as_ref()
                    .map_or_else(|| "it gives no handler".to_owned(), |raised| format!("it raises {}", raised.what()));
                let finding = findings
                    .fail(format!("{} cannot be loaded: {why}", entry.path))
                    .ran()
                    .at(at)
                    .about(&*entry.path)
                    .label("no process that serves requests starts with it")
                    .help("install the package or correct the path; remove the entry if nothing needs it");
                finding.see(raised.as_ref().and_then(|raised| raised.at), "raised here");
            }
        }
    }
    if !findings.has(Kind::Fail) && !findings.has(Kind::Open) {
        let idle = match unused.as_slice() {
            [] => String::new(),
            unused => format!("; {} said that nobody needs it", unused.join(", ")),
        };
        findings.pass(format!("all {} entries of MIDDLEWARE load{idle}", middleware.len())).ran().at(setting.region());
    }
}
