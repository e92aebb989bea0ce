//! STORAGES replaces Django's default as a whole, so it must name the storage of uploads.
use shipworthy_model::{Facts, Findings, Lookup, Rule, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "default-storage-undefined",
    topic: Topic::Media,
    severity: Severity::Medium,
    django: &[],
    summary: "STORAGES defines no default storage",
    guide: include_str!("default_storage_undefined.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let storages = facts.setting("STORAGES");
    if storages.explicit.is_no() {
        findings.not_applicable("STORAGES is not set: uploads go to MEDIA_ROOT");
        return;
    }
    match storages.value.get("default") {
        Lookup::Found(storage) => match storage.get("BACKEND") {
            Lookup::Found(_) | Lookup::Unknown(_) => {
                findings.pass("STORAGES defines \"default\"").at(storage.at.or(storages.region()));
            }
            Lookup::Absent => {
                findings
                    .fail("STORAGES[\"default\"] names no BACKEND")
                    .at(storage.at.or(storages.region()))
                    .help("add \"BACKEND\": \"django.core.files.storage.FileSystemStorage\"");
            }
        },
        Lookup::Unknown(why) => {
            findings.undecided("STORAGES[\"default\"]", &why).at(why.at.or(storages.region()));
        }
        Lookup::Absent => {
            let uploads = facts.truth("MEDIA_ROOT").or(facts.truth("MEDIA_URL"));
            findings
                .fail("STORAGES defines no \"default\" storage")
                .severity(if uploads == Truth::No || facts.keeps_files().is_no() { Severity::Low } else { Severity::Medium })
                .at(storages.region())
                .label("this dictionary replaces Django's default as a whole")
                .help("add \"default\": {\"BACKEND\": \"django.core.files.storage.FileSystemStorage\"}");
        }
    }
}
