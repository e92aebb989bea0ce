//! Django 5.1 dropped the older storage settings: what still stands in them has no effect.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "storage-setting-ignored",
    topic: Topic::Static,
    severity: Severity::Medium,
    django: &[],
    summary: "STATICFILES_STORAGE or DEFAULT_FILE_STORAGE is set, which Django ignores since 5.1",
    guide: include_str!("storage_setting_ignored.md"),
    check,
};

const DROPPED: [(&str, &str, &str); 2] = [
    ("STATICFILES_STORAGE", "staticfiles", "django.contrib.staticfiles.storage.StaticFilesStorage"),
    ("DEFAULT_FILE_STORAGE", "default", "django.core.files.storage.FileSystemStorage"),
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    if !version.at_least(5, 1) {
        findings.not_applicable(format!("Django {version} still reads STATICFILES_STORAGE and DEFAULT_FILE_STORAGE"));
        return;
    }
    for (name, alias, default) in DROPPED {
        let legacy = facts.setting(name);
        match legacy.explicit {
            Truth::Yes => {}
            Truth::No => continue,
            Truth::Unknown(why) => {
                findings.undecided(name, &why);
                continue;
            }
        }
        let storage = facts.storage(alias);
        // The same class in both places does no harm: a project that supports several versions of Django.
        let meant = legacy.value.as_str().unwrap_or_default();
        let same = storage.class().is_some_and(|class| class == meant);
        let replaced = facts.setting("STORAGES").explicit.is_yes() && storage.class().is_some();
        let message = format!("{name} has no effect in Django {version}");
        let finding = findings.fail(message);
        finding.at(legacy.region()).label(format!("STORAGES[\"{alias}\"] decides since 5.1")).see(storage.at, "what Django uses");
        if same || replaced || meant == default {
            finding.severity(Severity::Info).help(format!("remove {name}; STORAGES[\"{alias}\"] says it all"));
        } else {
            // Where nothing says which Django the project runs, it may well be one that reads the setting.
            finding.severity(if facts.django.assumed { Severity::Low } else { Severity::Medium });
            finding.help(format!("move the class to STORAGES = {{…, \"{alias}\": {{\"BACKEND\": {}}}}}", legacy.value.show()));
        }
    }
    if findings.is_clean() {
        findings.pass("neither STATICFILES_STORAGE nor DEFAULT_FILE_STORAGE is set");
    }
}
