//! Without `STATIC_ROOT`, collectstatic has nowhere to put the files that production serves.
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic, Truth, Value};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "static-root-missing",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "STATIC_ROOT is not set",
    guide: include_str!("static_root_missing.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    let storage = facts.storage("staticfiles");
    let local = storage.is_local();
    if local.is_no() && storage.class().is_some() {
        findings.not_applicable("static files are kept by a storage that needs no STATIC_ROOT").at(storage.at);
        return;
    }
    let root = facts.setting("STATIC_ROOT");
    let finders = facts.truth("WHITENOISE_USE_FINDERS");
    match (root.truth(), local, finders) {
        (Truth::Yes, ..) => {
            findings.pass(format!("STATIC_ROOT is {}", root.value.show())).at(root.region());
        }
        (Truth::Unknown(why), ..) => {
            findings.undecided("STATIC_ROOT", &why).at(why.at.or(root.region()));
        }
        (Truth::No, _, Truth::Yes) => {
            findings.open("STATIC_ROOT is not set; WhiteNoise serves the sources of every app instead").at(root.region());
        }
        (Truth::No, Truth::Unknown(why), _) => {
            findings
                .open(format!(
                    "STATIC_ROOT is not set, and whether the storage of static files needs it is unknown: {}",
                    why.reason()
                ))
                .at(storage.at);
        }
        (Truth::No, ..) => {
            let at = root.region().or(facts.setting("STATIC_URL").region());
            if let Some(view) = own_view(facts) {
                findings.open("STATIC_ROOT is not set; the URLconf answers below STATIC_URL with a view of its own").at(view);
                return;
            }
            if let Some((source, at)) = serves_sources(facts) {
                let message = format!("STATIC_ROOT is not set; a front end serves the sources in {source} itself");
                if facts.has_app("django.contrib.admin").is_no() {
                    findings.pass(message).at(at);
                } else {
                    findings
                        .open(format!("{message}, and what brings the files of the admin site there is not to be seen"))
                        .at(at);
                }
                return;
            }
            let finding = findings.fail(format!("STATIC_ROOT is not set{}", root.unless()));
            finding.at(at);
            finding.help(
                "set STATIC_ROOT = BASE_DIR / \"staticfiles\", or the folder that the web server reads, and run collectstatic",
            );
            if !is_served(facts) {
                finding.severity(Severity::Low).label("nothing here shows how production serves static files");
            }
        }
    }
}

/// Whether something of the deployment collects static files, or may serve those that were collected.
fn is_served(facts: &Facts) -> bool {
    facts.has_middleware_class("WhiteNoiseMiddleware").is_yes()
        || !facts.production_fronts().is_empty()
        || production::mention(facts, "collectstatic").is_some()
}

/// The folder of sources, of `STATICFILES_DIRS` or an application, that a front end serves below `STATIC_URL`, and where.
fn serves_sources(facts: &Facts) -> Option<(String, Region)> {
    let setting = facts.setting("STATIC_URL");
    let url = setting.value.as_str().filter(|url| !url.trim_matches('/').is_empty() && !url.contains("//"))?;
    let own = facts.project.root.trim_end_matches('/');
    let dirs = facts.served_folders().into_iter().filter(|it| it.setting == "STATICFILES_DIRS" && it.doubt.is_none());
    let (inside, outside): (Vec<_>, Vec<_>) = dirs.map(|it| it.path).partition(|path| path.starts_with(own));
    let sources: Vec<String> = inside.iter().filter_map(|path| Some(path.strip_prefix(own)?.to_owned())).collect();
    let apps = facts.setting("INSTALLED_APPS");
    let of_apps: Vec<String> = apps
        .value
        .certain_items()
        .filter_map(Value::as_str)
        .filter(|app| facts.project.has_module(app).is_yes())
        .map(|app| format!("/{}/static", app.replace('.', "/")))
        .collect();
    facts.front_folders(&format!("/{}/", url.trim_matches('/'))).into_iter().find_map(|folder| {
        if outside.iter().any(|path| **path == *folder.looked) {
            return Some((folder.looked.clone(), folder.at));
        }
        let sources = sources.iter().chain(&of_apps);
        let source = sources.into_iter().find(|source| source.len() > 1 && folder.looked.ends_with(&***source))?;
        Some((source.trim_start_matches('/').to_owned(), folder.at))
    })
}

/// A route of the root URL configuration for addresses below `STATIC_URL`. What the helper `static()` adds is gone without DEBUG.
fn own_view(facts: &Facts) -> Option<Region> {
    let (urlconf, url) = (facts.setting("ROOT_URLCONF"), facts.setting("STATIC_URL"));
    let place = format!("{}.py", urlconf.value.as_str()?.replace('.', "/"));
    let prefix = url.value.as_str()?.trim_start_matches('/');
    let (id, artifact) =
        facts.artifacts.iter().find(|(_, artifact)| format!("/{}", artifact.path).ends_with(&format!("/{place}")))?;
    let mut start = 0;
    for line in artifact.text.split_inclusive('\n') {
        let code = line.trim();
        let call = ["path(", "re_path(", "url("].iter().find_map(|call| code.strip_prefix(call));
        let route = call.map(|rest| rest.trim_start_matches(['r', '"', '\'', '^', '/']));
        if !prefix.is_empty() && route.is_some_and(|route| route.starts_with(prefix)) {
            return Some(Region::new(id, u32::try_from(start).ok()?, u32::try_from(start + line.trim_end().len()).ok()?));
        }
        start += line.len();
    }
    None
}
