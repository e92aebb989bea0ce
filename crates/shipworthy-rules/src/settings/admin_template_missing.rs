//! The admin's pages are Django templates, and count on three context processors.
use shipworthy_model::{Engine, Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "admin-template-missing",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &["admin.E402", "admin.E403", "admin.E404", "admin.W411"],
    summary: "TEMPLATES lacks what the admin needs",
    guide: include_str!("admin_template_missing.md"),
    check,
};

const AUTH: &str = "django.contrib.auth.context_processors.auth";
const MESSAGES: &str = "django.contrib.messages.context_processors.messages";
const REQUEST: &str = "django.template.context_processors.request";

fn check(facts: &Facts, findings: &mut Findings) {
    if !facts.django.version.at_least(1, 8) {
        findings.not_applicable("TEMPLATES came with Django 1.8");
        return;
    }
    match facts.has_app("django.contrib.admin") {
        Truth::Yes => {}
        Truth::No => {
            match facts.has_contrib("django.contrib.admin") {
                Truth::Unknown(why) => findings.undecided("whether the admin is installed", &why),
                Truth::Yes | Truth::No => findings.not_applicable("django.contrib.admin is not installed"),
            };
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("whether the admin is installed", &why);
            return;
        }
    }
    if facts.has_old_templates() {
        findings.not_applicable("this Django takes TEMPLATE_DIRS and TEMPLATE_LOADERS, and there is no TEMPLATES");
        return;
    }
    let engines = facts.engines();
    let mut first = None;
    for engine in &engines.list {
        match engine.is_django() {
            Truth::Yes => {
                first = Some(engine);
                break;
            }
            Truth::No => {}
            Truth::Unknown(why) => {
                findings.undecided("whether an entry of TEMPLATES is Django's own engine", &why).at(engine.at);
                return;
            }
        }
    }
    match (first, &engines.doubt) {
        (_, Some(why)) => {
            findings.undecided("TEMPLATES", why).at(why.at.or(engines.at));
        }
        (Some(engine), None) => processors(facts, findings, engine),
        (None, None) => {
            findings
                .fail("the admin is installed, and TEMPLATES has no engine of Django's")
                .severity(Severity::High)
                .at(engines.at.or(facts.setting("INSTALLED_APPS").region()))
                .django("admin.E403")
                .help("add an entry with the backend django.template.backends.django.DjangoTemplates to TEMPLATES");
        }
    }
    if findings.is_clean() {
        findings.pass("TEMPLATES has what the admin needs").at(engines.at);
    }
}

/// Looks for the context processors of the first engine of Django's, the one whose templates the admin uses.
fn processors(facts: &Facts, findings: &mut Findings, engine: &Engine) {
    let has = |processor: &str| match engine.option("context_processors") {
        Lookup::Found(processors) => processors.contains(processor),
        Lookup::Absent => Truth::No,
        Lookup::Unknown(why) => Truth::Unknown(why),
    };
    // Only Django's own way of logging in makes the first one a must.
    let logs_in = facts.lists_class("AUTHENTICATION_BACKENDS", "django.contrib.auth.backends.ModelBackend");
    demand(findings, engine, (!has(AUTH)).and(logs_in), AUTH, "admin.E402");
    demand(findings, engine, !has(MESSAGES), MESSAGES, "admin.E404");
    let certain = facts
        .setting("INSTALLED_APPS")
        .value
        .any(|app| app.equals("django.contrib.admin").or(app.equals("django.contrib.admin.apps.AdminConfig")))
        .is_some_and(|answer| answer.is_yes());
    // The sidebar came with Django 3.1.
    if !facts.django.version.at_least(3, 1) {
        return;
    }
    if certain {
        demand(findings, engine, !has(REQUEST), REQUEST, "admin.W411");
    } else if !has(REQUEST).is_yes() {
        // SimpleAdminConfig makes no site by itself; whether one exists when the check runs is the project's doing.
        findings.open(format!("{REQUEST} is not enabled, which the admin's sidebar needs")).at(engine.at);
    }
}

fn demand(findings: &mut Findings, engine: &Engine, missing: Truth, processor: &str, id: &'static str) {
    match missing {
        Truth::Yes => {
            findings
                .fail(format!("the admin is installed, and its template engine lacks the context processor {processor}"))
                .severity(if id == "admin.W411" { Severity::Low } else { Severity::Medium })
                .at(engine.at)
                .django(id)
                .help(format!("add \"{processor}\" to OPTIONS[\"context_processors\"]"));
        }
        Truth::No => {}
        Truth::Unknown(why) => {
            findings.undecided(&format!("whether {processor} is needed and enabled"), &why).at(why.at.or(engine.at));
        }
    }
}
