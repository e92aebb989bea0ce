//! A `CSRF_FAILURE_VIEW` that cannot be called turns every rejected form into a server error.

use shipworthy_model::{Class, Datum, Definition, Effective, Facts, Findings, Rule, Severity, Topic, Truth, can_be_called};

pub(crate) static RULE: Rule = Rule {
    id: "csrf-failure-view-broken",
    topic: Topic::Browser,
    severity: Severity::High,
    django: &["security.E101", "security.E102"],
    summary: "CSRF_FAILURE_VIEW cannot be imported or called",
    guide: include_str!("csrf_failure_view_broken.md"),
    check,
};

const DEFAULT: &str = "django.views.csrf.csrf_failure";

/// Views of Django's own for other errors; none takes the keyword `reason`.
const OTHER_ERRORS: [&str; 4] = [
    "django.views.defaults.bad_request",
    "django.views.defaults.page_not_found",
    "django.views.defaults.permission_denied",
    "django.views.defaults.server_error",
];

const FORM: &str = "name a view that takes (request, reason=\"\"), by its full dotted path";

fn check(facts: &Facts, findings: &mut Findings) {
    let view = facts.setting("CSRF_FAILURE_VIEW");
    if let Some(why) = view.value.as_unknown() {
        findings.undecided("CSRF_FAILURE_VIEW", &why);
        return;
    }
    match &view.value.datum {
        Datum::Str(path) => named(path, &view, facts, findings),
        Datum::Ref(name) => {
            findings.open(format!("CSRF_FAILURE_VIEW is {name}: what it takes cannot be seen from here")).at(view.region());
        }
        _ => {
            findings
                .fail(format!("{}, not the path of a view", view.state("CSRF_FAILURE_VIEW")))
                .at(view.region())
                .label("every rejected form ends in a server error, and so does Django's check")
                .help(FORM);
        }
    }
}

fn named(path: &str, view: &Effective, facts: &Facts, findings: &mut Findings) {
    let state = view.state("CSRF_FAILURE_VIEW");
    if path == DEFAULT {
        findings.pass(state).at(view.region());
        return;
    }
    if OTHER_ERRORS.contains(&path) {
        unable(&state, view, findings);
        return;
    }
    let Some((module, _)) = path.rsplit_once('.').filter(|(module, view)| !module.is_empty() && !view.is_empty()) else {
        if path.starts_with('.') {
            findings.fail(format!("{state}, a relative path")).at(view.region()).help(FORM);
        } else {
            not_importable(&state, view, findings);
        }
        return;
    };
    match facts.project.has_module(module) {
        Truth::Yes => defined(path, view, facts, findings),
        Truth::Unknown(_) => {
            findings
                .open(format!("CSRF_FAILURE_VIEW names {module}, which is not among the modules that were read"))
                .at(view.region());
        }
        // Django imports the parent before it blames the module: with the parent missing too that is an ImportError,
        // which the check catches; with the parent there it is another error, which ends the check.
        Truth::No => match module.rsplit_once('.').map(|(parent, _)| facts.project.has_module(parent)) {
            Some(Truth::Yes) => {
                findings
                    .fail(format!("{state}, but the project has no module {module}"))
                    .at(view.region())
                    .label("every rejected form ends in a server error, and so does Django's check")
                    .help(FORM);
            }
            Some(Truth::No) | None => not_importable(&state, view, findings),
            Some(Truth::Unknown(why)) => {
                findings.undecided("CSRF_FAILURE_VIEW", &why).at(view.region());
            }
        },
    }
}

/// The view is one of the project's.
fn defined(path: &str, view: &Effective, facts: &Facts, findings: &mut Findings) {
    let state = view.state("CSRF_FAILURE_VIEW");
    match facts.definition(path) {
        Some(Definition::Function(parameters)) if can_be_called(parameters, 1, &["reason"]) => {
            findings.pass(format!("{state}, which takes a request and a reason")).at(view.region());
        }
        Some(Definition::Function(_)) => unable(&state, view, findings),
        // What a class takes is what its `__init__` takes, its own or one that it inherits.
        Some(Definition::Class(class)) if is_empty(class) => unable(&state, view, findings),
        Some(Definition::Missing) => {
            findings
                .fail(format!("{state}, which its module does not define"))
                .at(view.region())
                .label("every rejected form ends in a server error, and so does Django's check")
                .help(FORM);
        }
        Some(Definition::Class(_) | Definition::Alias(_) | Definition::Other) | None => {
            findings.open(format!("{state}: what it takes cannot be seen in the project's source")).at(view.region());
        }
    }
}

/// Whether a class takes nothing when it is called.
fn is_empty(class: &Class) -> bool {
    let bases = class.bases.as_deref();
    bases.is_some_and(|bases| bases.iter().all(|base| &**base == "builtins.object"))
        && !class.names.contains("__init__")
        && !class.names.contains("__new__")
}

fn unable(state: &str, view: &Effective, findings: &mut Findings) {
    findings
        .fail(format!("{state}, which does not take the argument reason"))
        .at(view.region())
        .django("security.E101")
        .label("every rejected form ends in a server error")
        .help(FORM);
}

fn not_importable(state: &str, view: &Effective, findings: &mut Findings) {
    findings
        .fail(format!("{state}, which cannot be imported"))
        .at(view.region())
        .django("security.E102")
        .label("every rejected form ends in a server error")
        .help(FORM);
}
