//! Django refuses to start when a setting is given in its old and its new form at once.

use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "settings-contradictory",
    topic: Topic::Settings,
    severity: Severity::High,
    django: &[],
    summary: "an old and a new form of one setting exclude each other",
    guide: include_str!("settings_contradictory.md"),
    check,
};

/// What `MAILERS` replaces.
const EMAIL: [&str; 11] = [
    "EMAIL_BACKEND",
    "EMAIL_FILE_PATH",
    "EMAIL_HOST",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST_USER",
    "EMAIL_PORT",
    "EMAIL_SSL_CERTFILE",
    "EMAIL_SSL_KEYFILE",
    "EMAIL_TIMEOUT",
    "EMAIL_USE_SSL",
    "EMAIL_USE_TLS",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    if version.at_least(6, 1) {
        pair(facts, findings, "MAILERS", &EMAIL);
    }
    if !version.at_least(5, 1) {
        pair(facts, findings, "STORAGES", &["DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE"]);
    }
    if findings.is_clean() {
        findings.pass(format!("no settings exclude each other in Django {version}"));
    }
}

fn pair(facts: &Facts, findings: &mut Findings, new: &str, old: &[&str]) {
    let setting = facts.setting(new);
    if !setting.explicit.is_yes() {
        return;
    }
    for name in old {
        let other = facts.setting(name);
        match other.explicit {
            Truth::Yes => {
                findings
                    .fail(format!("{name} and {new} exclude each other"))
                    .at(other.region())
                    .see(setting.region(), format!("{new} is set here"))
                    .label("Django raises ImproperlyConfigured while it loads the settings")
                    .help(format!("move what {name} says into {new} and remove it"));
            }
            // Names that a hidden module may set are no reason to doubt: it is rare, and Django would say so at once.
            Truth::No | Truth::Unknown(_) => {}
        }
    }
}
