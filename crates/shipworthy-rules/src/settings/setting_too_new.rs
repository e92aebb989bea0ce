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

/// A setting that a feature release brings.
struct Later {
    name: &'static str,
    since: (u16, u16),
    severity: Severity,
    /// What is missing until then.
    effect: &'static str,
    /// A package that brings the setting to earlier versions.
    package: Option<&'static str>,
}

const fn later(name: &'static str, since: (u16, u16), severity: Severity, effect: &'static str) -> Later {
    Later { name, since, severity, effect, package: None }
}

const LATER: [Later; 9] = [
    later("SECURE_CSP", (6, 0), Severity::Medium, "no content security policy is sent"),
    later("SECURE_CSP_REPORT_ONLY", (6, 0), Severity::Low, "no content security policy is sent"),
    Later { package: Some("django-tasks"), ..later("TASKS", (6, 0), Severity::Low, "no task reaches this backend") },
    later("MAILERS", (6, 1), Severity::Medium, "mail goes out by the older EMAIL settings, or to localhost"),
    later("STORAGES", (4, 2), Severity::Medium, "files are stored by the older settings"),
    later("SECRET_KEY_FALLBACKS", (4, 1), Severity::Medium, "sessions signed with the old key end"),
    later("URLIZE_ASSUME_HTTPS", (6, 0), Severity::Info, "addresses without a scheme become http"),
    later("FORMS_URLFIELD_ASSUME_HTTPS", (5, 0), Severity::Info, "addresses without a scheme become http"),
    later("USE_BLANK_CHOICE_DASH", (6, 1), Severity::Info, "this version knows one form only"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    for Later { name, since: (major, minor), severity, effect, package } in LATER {
        let setting = facts.setting(name);
        if version.at_least(major, minor) || !setting.explicit.is_yes() {
            continue;
        }
        let brings = |package: &str| facts.depends_on(package).is_yes() || facts.has_app(&package.replace('-', "_")).is_yes();
        if package.is_some_and(brings) {
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
