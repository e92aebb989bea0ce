//! Without `STATIC_ROOT`, collectstatic has nowhere to put the files that production serves.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

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
            findings
                .fail(format!("STATIC_ROOT is not set{}", root.unless()))
                .at(root.region().or(facts.setting("STATIC_URL").region()))
                .help("set STATIC_ROOT = BASE_DIR / \"staticfiles\", or the folder that the web server reads, and run collectstatic");
        }
    }
}
