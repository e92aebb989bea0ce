//! Backups cannot be seen in settings, but a backup that anybody can download can.

use shipworthy_model::picture::{Mount, MountKind, Platform, When};
use shipworthy_model::{Facts, Family, Findings, Kind, Lookup, Nesting, Rule, Severity, Topic, Truth, Value, path};

use crate::production;

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
    shown(facts, findings);
    unkept(facts, findings);
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

/// Copies that a command writes where a front end shows them.
fn shown(facts: &Facts, findings: &mut Findings) {
    let url = |name: &str| {
        let setting = facts.setting(name);
        let url = setting.value.as_str().filter(|url| !url.trim_matches('/').is_empty() && !url.contains("//"));
        url.map(|url| format!("/{}/", url.trim_matches('/')))
    };
    let urls: Vec<String> = ["MEDIA_URL", "STATIC_URL"].into_iter().filter_map(url).collect();
    let mut seen = Vec::new();
    for dump in facts.dumps() {
        let place = (dump.unit.at, dump.folder.clone());
        let Some(folder) = facts.shown_by_front(&dump, &urls).filter(|_| !seen.contains(&place)) else { continue };
        seen.push(place);
        findings
            .fail(format!("{} writes copies of the database to {}, which a front end shows", dump.unit.name, dump.folder))
            .at(dump.at)
            .see(folder.at, "everybody can fetch what lies below this folder")
            .help("keep backups on another machine, encrypted")
            .weighed(facts, folder.front);
    }
}

/// A database of production whose container keeps its data in no volume that outlives it.
fn unkept(facts: &Facts, findings: &mut Findings) {
    const IMAGES: [&str; 7] = ["postgres", "postgis", "timescaledb", "pgvector", "mysql", "mariadb", "percona"];
    const FOLDERS: [&str; 5] = ["/var/lib/postgresql", "/var/lib/mysql", "/bitnami", "/home/postgres", "/data"];
    let databases = facts.setting("DATABASES");
    if !databases
        .services()
        .iter()
        .any(|it| matches!(it.family(), Some(family) if !matches!(family, Family::Dummy | Family::Sqlite)))
    {
        return;
    }
    // Databases for trying out are kept nowhere, and meant to be.
    for deployed in production::units(facts) {
        let unit = deployed.unit;
        let contained = matches!(deployed.environment.platform, Platform::Compose | Platform::Kubernetes);
        let stock = unit.build.is_none() && unit.image_name().is_some_and(|image| IMAGES.contains(&image));
        // The image is also that of whoever only asks the database.
        let serves = unit.entrypoint.is_none()
            && unit.command.iter().all(|command| {
                let first = command.words.first().map_or("", |word| word.shown());
                first.starts_with('-') || ["postgres", "mysqld", "mariadbd"].contains(&first)
            });
        let moved = unit.command.iter().flat_map(|command| &command.words).any(|word| word.shown().contains("data"));
        if !serves
            || !contained
            || !stock
            || moved
            || !deployed.environment.complete
            || !deployed.environment.class.is_production()
        {
            continue;
        }
        let own = unit.variable("PGDATA").map(|variable| variable.value.shown().to_owned());
        let keeps = |mount: &Mount| {
            let lasts = match mount.kind {
                MountKind::Volume | MountKind::Bind | MountKind::Other => true,
                MountKind::Anonymous | MountKind::Temporary | MountKind::Config | MountKind::Secret => false,
            };
            let Some(target) = mount.target.as_str().map(|target| path::absolute("", target)) else { return true };
            let near = |folder: &str| Nesting::of(&target, folder).is_some();
            lasts && (FOLDERS.iter().any(|folder| near(folder)) || own.as_deref().is_some_and(near))
        };
        if unit.mounts.iter().any(keeps) {
            continue;
        }
        let finding =
            findings.fail(format!("the data of {} lie in no volume that outlives its container{}", unit.name, deployed.unless()));
        finding
            .severity(Severity::High)
            .at(unit.at)
            .label("once the container is removed, and a new one made, the database is empty")
            .help("mount a volume with a name at the folder of the data, /var/lib/postgresql/data for PostgreSQL");
        deployed.weigh(finding);
    }
}
