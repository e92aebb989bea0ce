//! Without `DEFAULT_AUTO_FIELD` older Djangos give new tables 32-bit keys.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "auto-field-implicit",
    topic: Topic::Settings,
    severity: Severity::Info,
    django: &[],
    summary: "DEFAULT_AUTO_FIELD is left to the version of Django",
    guide: include_str!("auto_field_implicit.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    let setting = facts.setting("DEFAULT_AUTO_FIELD");
    match &setting.explicit {
        Truth::Yes => {}
        // django/conf/global_settings.py: since 3.2.
        Truth::No if version.feature() < (3, 2) => {
            findings.not_applicable(format!("Django {version} has no DEFAULT_AUTO_FIELD"));
            return;
        }
        Truth::No if version.at_least(6, 0) => {
            findings.pass(format!("DEFAULT_AUTO_FIELD is BigAutoField by default in Django {version}"));
            return;
        }
        Truth::No => {
            let apps = facts.setting("INSTALLED_APPS");
            // Django's own apps choose their key themselves.
            let others = apps.value.any(|app| !app.decide(|app| app.as_str().is_some_and(|app| app.starts_with("django."))));
            if others.is_none_or(|others| others.is_no()) {
                findings.not_applicable("only apps of Django's are installed, and they choose their keys themselves");
            } else {
                findings
                    .open("DEFAULT_AUTO_FIELD is not set: models that define no key get a 32-bit one, and which do is in their code")
                    .at(apps.region())
                    .help("set DEFAULT_AUTO_FIELD: BigAutoField for new projects, AutoField to keep what is there");
            }
            return;
        }
        Truth::Unknown(why) => {
            findings.undecided("DEFAULT_AUTO_FIELD", why);
            return;
        }
    }
    let small = ["django.db.models.AutoField", "django.db.models.SmallAutoField"];
    match setting.value.decide(|value| value.as_str().is_some_and(|path| small.contains(&path))) {
        Truth::Yes => {
            findings
                .fail(format!("DEFAULT_AUTO_FIELD is {}: new tables get keys that end", setting.value.show()))
                .at(setting.region())
                .help("use django.db.models.BigAutoField for new apps, by default_auto_field of their configuration class");
        }
        Truth::No => {
            findings.pass(format!("DEFAULT_AUTO_FIELD is {}", setting.value.show())).at(setting.region());
        }
        Truth::Unknown(why) => {
            findings.undecided("DEFAULT_AUTO_FIELD", &why).at(why.at.or(setting.region()));
        }
    }
}
