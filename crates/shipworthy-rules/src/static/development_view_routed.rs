//! Django's views for serving files are made for development: slow, and without what a file server knows of security.

use shipworthy_model::{Facts, Finding, Findings, Kind, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "development-view-routed",
    topic: Topic::Static,
    severity: Severity::Low,
    django: &[],
    summary: "a view that serves files for development is routed in production",
    guide: include_str!("development_view_routed.md"),
    check,
};

/// Views that serve files, and are for development.
const VIEWS: [&str; 2] = ["django.views.static.serve", "django.contrib.staticfiles.views.serve"];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(addresses) = facts.runtime().and_then(|runtime| runtime.addresses.as_ref()) else {
        written(facts, findings);
        return;
    };
    match facts.truth("DEBUG") {
        Truth::Yes => {
            findings.not_applicable("DEBUG is on: Django itself adds such views then").ran();
            return;
        }
        Truth::No | Truth::Unknown(_) => {}
    }
    for view in addresses.views.iter().filter(|view| VIEWS.contains(&&*view.view)) {
        fail(findings, &view.view, &view.route, view.indexes, "though DEBUG is off").ran().at(view.at);
    }
    if !findings.has(Kind::Fail) {
        findings.pass("no view for development serves files").ran();
    }
}

/// What the text of the root URL configuration says, where it was not loaded.
fn written(facts: &Facts, findings: &mut Findings) {
    let views = &facts.project.routes.file_views;
    if views.is_empty() || facts.truth("DEBUG").is_yes() {
        findings.not_applicable("the URL configuration was not loaded");
        return;
    }
    for view in views {
        fail(findings, &view.view, &view.route, view.indexes, "whether DEBUG is off or not").at(view.at);
    }
}

fn fail<'f>(findings: &'f mut Findings, view: &str, route: &str, indexes: bool, when: &str) -> &'f mut Finding {
    let route = route.trim_start_matches('^');
    let (what, severity) =
        if indexes { ("lists and serves the files of a folder", Severity::Medium) } else { ("serves files", Severity::Low) };
    findings
        .fail(format!("{view} {what} at /{route}, {when}"))
        .severity(severity)
        .about(format!("/{route}"))
        .help("let the front end, WhiteNoise or a storage service serve the files")
}
