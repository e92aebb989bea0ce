//! A setting of a later Django does nothing yet, and nothing says so.
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "setting-too-new",
    topic: Topic::Settings,
    severity: Severity::Medium,
    django: &[],
    summary: "a setting needs a later version of Django",
    guide: include_str!("setting_too_new.md"),
    check,
};

/// Settings, the feature release that brings each, what is missing until then, and a package that brings it earlier.
const LATER: [(&str, (u16, u16), Severity, &str, &str); 9] = [
    ("SECURE_CSP", (6, 0), Severity::Medium, "no content security policy is sent", ""),
    ("SECURE_CSP_REPORT_ONLY", (6, 0), Severity::Low, "no content security policy is sent", ""),
    ("TASKS", (6, 0), Severity::Low, "no task reaches this backend", "django-tasks"),
    ("MAILERS", (6, 1), Severity::Medium, "mail goes out by the older EMAIL settings, or to localhost", ""),
    ("STORAGES", (4, 2), Severity::Medium, "files are stored by the older settings", ""),
    ("SECRET_KEY_FALLBACKS", (4, 1), Severity::Medium, "sessions signed with the old key end", ""),
    ("URLIZE_ASSUME_HTTPS", (6, 0), Severity::Info, "addresses without a scheme become http", ""),
    ("FORMS_URLFIELD_ASSUME_HTTPS", (5, 0), Severity::Info, "addresses without a scheme become http", ""),
    ("USE_BLANK_CHOICE_DASH", (6, 1), Severity::Info, "this version knows one form only", ""),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    for (name, (major, minor), severity, effect, package) in LATER {
        let setting = facts.setting(name);
        if version.at_least(major, minor) || !setting.explicit.is_yes() {
            continue;
        }
        if !package.is_empty() && (facts.depends_on(package).is_yes() || facts.has_app(&package.replace('-', "_")).is_yes()) {
            continue;
        }
        findings
            .fail(format!("{name} has no effect before Django {major}.{minor}, and the project runs {version}"))
            .severity(severity)
            .at(setting.region())
            .label(effect)
            .see(facts.django.at, format!("the project runs Django {version}"))
            .help(format!("upgrade to Django {major}.{minor}, or configure it in this version's way"));
    }
    if !findings.has(Kind::Fail) {
        findings.pass(format!("no setting that needs more than Django {version} is set"));
    }
}
