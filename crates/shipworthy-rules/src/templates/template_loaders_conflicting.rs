//! `APP_DIRS` and explicit loaders exclude each other: Django builds no engine from both.
use shipworthy_model::{Engine, Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "template-loaders-conflicting",
    topic: Topic::Templates,
    severity: Severity::High,
    django: &["templates.E001"],
    summary: "TEMPLATES sets both APP_DIRS and loaders",
    guide: include_str!("template_loaders_conflicting.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if let Some(app) = facts.sets_loaders() {
        findings.not_applicable(format!("{app} sets the loaders itself when it is loaded"));
        return;
    }
    let engines = facts.engines();
    // Up to 5.0 a check says so once, for any backend; from 5.1 the first use of the engine raises instead.
    let checked = !facts.django.version.at_least(5, 1);
    let mut reported = false;
    for engine in &engines.list {
        let (app_dirs, loaders) = (app_dirs(engine), loaders(engine));
        match app_dirs.and(loaders) {
            Truth::Yes => {
                // None is as good as absent to the engine, but not to the check.
                let raises = engine.is_django().is_yes() && !given_as_none(engine);
                if !raises && !checked {
                    continue;
                }
                let finding = findings.fail("an entry of TEMPLATES sets both APP_DIRS and OPTIONS[\"loaders\"]");
                finding.at(engine.at).label("Django raises ImproperlyConfigured when it first needs a template");
                finding.help("remove \"loaders\", or set APP_DIRS to False and list the app_directories loader");
                if checked && !reported {
                    finding.django("templates.E001");
                    reported = true;
                }
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings.undecided("whether APP_DIRS and loaders are both set", &why).at(why.at.or(engine.at));
            }
        }
    }
    if let Some(why) = &engines.doubt {
        findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
    } else if engines.list.is_empty() {
        findings.not_applicable("TEMPLATES has no entry");
    } else if findings.is_clean() {
        findings.pass("no entry of TEMPLATES sets both APP_DIRS and loaders").at(engines.at);
    }
}

/// Whether `APP_DIRS` is on.
fn app_dirs(engine: &Engine) -> Truth {
    match engine.get("APP_DIRS") {
        Lookup::Found(value) => value.truth(),
        Lookup::Absent => Truth::No,
        Lookup::Unknown(why) => Truth::Unknown(why),
    }
}

/// Whether `loaders` is given as `None`.
fn given_as_none(engine: &Engine) -> bool {
    matches!(engine.option("loaders"), Lookup::Found(value) if value.is_none().is_yes())
}

/// Whether `loaders` is given.
fn loaders(engine: &Engine) -> Truth {
    match engine.option("loaders") {
        Lookup::Found(_) => Truth::Yes,
        Lookup::Absent => Truth::No,
        Lookup::Unknown(why) => Truth::Unknown(why),
    }
}
