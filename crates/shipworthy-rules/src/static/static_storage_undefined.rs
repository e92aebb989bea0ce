//! STORAGES replaces Django's default as a whole, so it must name the storage of static files.
use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "static-storage-undefined",
    topic: Topic::Static,
    severity: Severity::High,
    django: &["staticfiles.E005"],
    summary: "STORAGES defines no storage for static files",
    guide: include_str!("static_storage_undefined.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let storages = facts.setting("STORAGES");
    if !findings.needs_app(facts, "django.contrib.staticfiles") {
        return;
    }
    match storages.value.get("staticfiles") {
        Lookup::Found(storage) => {
            findings.pass("STORAGES defines \"staticfiles\"").at(storage.at.or(storages.region()));
        }
        Lookup::Unknown(why) => {
            findings.undecided("STORAGES[\"staticfiles\"]", &why).at(why.at.or(storages.region()));
        }
        Lookup::Absent if storages.value.entries().is_none() => {
            findings
                .fail(format!("STORAGES is a {}, not a dictionary", storages.value.type_name()))
                .at(storages.region())
                .help("write STORAGES as a dictionary with the keys \"default\" and \"staticfiles\"");
        }
        Lookup::Absent => {
            let finding = findings.fail("STORAGES defines no \"staticfiles\" storage");
            finding
                .at(storages.region())
                .label("this dictionary replaces Django's default as a whole")
                .help("add \"staticfiles\": {\"BACKEND\": \"django.contrib.staticfiles.storage.ManifestStaticFilesStorage\"}");
            // 4.2 has the setting, but not yet the check.
            if facts.django.version.at_least(5, 0) {
                finding.django("staticfiles.E005");
            }
        }
    }
}
