//! Backups cannot be seen in settings, but a backup that anybody can download can.

use shipworthy_model::picture::When;
use shipworthy_model::{Facts, Family, Findings, Kind, Lookup, Rule, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "database-backup-unproven",
    topic: Topic::Databases,
    severity: Severity::Critical,
    django: &[],
    summary: "backups of the database are public or cannot be shown",
    guide: include_str!("database_backup_unproven.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    let kept = databases.services().iter().any(|database| database.family() != Some(Family::Dummy));
    if !kept && databases.undecided().is_none() {
        findings.not_applicable("there is no database to back up").at(databases.region());
        return;
    }
    for name in ["DBBACKUP_STORAGE_OPTIONS", "STORAGES"] {
        let setting = facts.setting(name);
        let folder = match name {
            "STORAGES" => setting.value.found("dbbackup").and_then(|storage| storage.found("OPTIONS")),
            _ => Some(&setting.value),
        };
        let location = folder.map_or(Lookup::Absent, |options| options.get("location"));
        let Lookup::Found(location) = location else { continue };
        let served = facts.path_of(location).and_then(|path| facts.served_around(&path));
        if let Some(folder) = served.filter(|folder| folder.is_served().is_yes()) {
            findings
                .fail(format!(
                    "backups of the database are kept in {}, where anybody can fetch them{}",
                    folder.setting,
                    setting.unless()
                ))
                .at(location.at.or(setting.region()))
                .see(folder.at, "every file in here is served")
                .help("keep backups on another machine, encrypted");
        }
    }
    if findings.has(Kind::Fail) {
        return;
    }
    let mut scheduled = facts.picture.steps.iter().filter(|step| matches!(step.when, When::Scheduled(_)) && !step.conditional);
    if let Some((tool, at)) = scheduled.find_map(|step| Some((step.backup()?, step.at))) {
        findings.pass(format!("{tool} runs by schedule; that a backup can be restored, no file can show")).at(at);
        return;
    }
    let installed = facts.has_app("dbbackup").or(facts.depends_on("django-dbbackup"));
    match installed {
        Truth::Yes => {
            let apps = facts.setting("INSTALLED_APPS");
            let at = apps.value.known_items().find(|app| Value::as_str(app) == Some("dbbackup")).and_then(|app| app.at);
            findings.pass("django-dbbackup is there to back up the database; that it runs, settings cannot show").at(at);
        }
        Truth::No | Truth::Unknown(_) => {
            findings
                .open("no setting can show that the database is backed up and that a backup was restored once")
                .at(databases.region())
                .help("state it, with a date, once you have restored a backup");
        }
    }
}
