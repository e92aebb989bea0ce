//! Uploads are data that no release brings back: they need a place that lasts and a backup.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth, path};

use crate::subjects;

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "media-unbacked",
    topic: Topic::Media,
    severity: Severity::High,
    django: &[],
    summary: "uploads are kept where they do not last",
    guide: include_str!("media_unbacked.md"),
    check,
};

/// Folders that are emptied when the machine starts, or sooner.
const PASSING: [&str; 5] = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/var/run"];

fn check(facts: &Facts, findings: &mut Findings) {
    let storage = facts.storage("default");
    let in_memory = ["django.core.files.storage.InMemoryStorage", "django.core.files.storage.memory.InMemoryStorage"];
    if storage.is_any(&in_memory).is_yes() {
        findings
            .fail("uploads are kept in the memory of one process")
            .at(storage.at)
            .help("use a storage that writes to a disk or an object store");
        return;
    }
    if storage.is_local().is_no() && storage.class().is_some() {
        findings
            .open(format!("uploads are kept by {}; that they can be restored is for a person to state", storage.backend.show()))
            .at(storage.at);
        return;
    }
    if let (Truth::Unknown(why), Some(class)) = (storage.is_local(), storage.class()) {
        findings.open(format!("whether {class} keeps uploads under MEDIA_ROOT is not known: {}", why.reason())).at(storage.at);
        return;
    }
    let Some(root) = subjects::media_root(facts, findings) else { return };
    let folder = root.value.as_str().map(|text| facts.absolute(text)).unwrap_or_default();
    let audited_there = |passing: &str| path::is_below(passing, &path::absolute("", &facts.project.root));
    match PASSING.iter().find(|passing| folder == **passing || path::is_below(passing, &folder)) {
        // A project that itself lies in a temporary folder is only being tried out there.
        Some(passing) if !audited_there(passing) => {
            findings
                .fail(format!("MEDIA_ROOT lies in {passing}, which is emptied when the machine starts{}", root.unless()))
                .at(root.region())
                .help("move uploads to a folder that lasts and is part of the backup");
        }
        Some(_) | None => {
            if in_container(facts, &folder, findings) {
                return;
            }
            findings
                .open("that MEDIA_ROOT is part of the backup, and was restored from it, is for a person to state")
                .at(root.region());
        }
    }
}

/// Settles it where production's container loses the folder.
fn in_container(facts: &Facts, folder: &str, findings: &mut Findings) -> bool {
    let storages = ["MEDIA_ROOT", "STORAGES", "DEFAULT_FILE_STORAGE"];
    let settled = storages.iter().all(|name| facts.setting(name).assumptions.is_empty());
    let local = settled && facts.storage("default").is_local().is_yes();
    let Some(deployed) = production::losing(facts, folder).filter(|_| local) else { return false };
    findings
        .fail(format!("uploads are lost with every release: {} has no volume for MEDIA_ROOT", deployed.unit.name))
        .at(facts.setting("MEDIA_ROOT").region())
        .see(deployed.unit.at, "nothing is mounted here that holds it")
        .help("mount a volume where MEDIA_ROOT lies, or keep uploads in an object store");
    true
}
