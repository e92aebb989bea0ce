//! Uploads are data that no release brings back: they need a place that lasts and a backup.
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, path};

use crate::subjects;

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
            findings
                .open("that MEDIA_ROOT is part of the backup, and was restored from it, is for a person to state")
                .at(root.region());
        }
    }
}
