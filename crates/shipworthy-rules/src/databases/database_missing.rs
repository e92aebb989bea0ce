//! Applications that keep their data in the default database cannot work without one.

use shipworthy_model::{Assumption, Effective, Facts, Family, Findings, Kind, Lookup, Rule, Service, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "database-missing",
    topic: Topic::Databases,
    severity: Severity::High,
    django: &[],
    summary: "there is no usable default database",
    guide: include_str!("database_missing.md"),
    check,
};

const KEEPERS: [&str; 7] = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.admin",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.redirects",
    "django_celery_beat",
];
const OWN: [&str; 10] = [
    "django.db.backends.dummy",
    "django.db.backends.mysql",
    "django.db.backends.oracle",
    "django.db.backends.postgresql",
    // Its name before Django 1.9, which every version still understands.
    "django.db.backends.postgresql_psycopg2",
    "django.db.backends.sqlite3",
    "django.contrib.gis.db.backends.mysql",
    "django.contrib.gis.db.backends.oracle",
    "django.contrib.gis.db.backends.postgis",
    "django.contrib.gis.db.backends.spatialite",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    engines(&databases, findings);
    let services = databases.services();
    match databases.value.get("default") {
        Lookup::Unknown(why) => {
            findings
                .open(format!("whether DATABASES defines the alias default could not be decided: {}", why.reason()))
                .at(why.at.or(databases.region()));
        }
        Lookup::Absent if !services.is_empty() => {
            findings
                .fail(format!("DATABASES has aliases but no default{}", databases.unless()))
                .at(databases.region())
                .help("add a default entry; it may be empty where a router sends everything elsewhere");
        }
        Lookup::Absent => empty(facts, &databases, findings),
        Lookup::Found(_) => {
            let default = services.iter().find(|service| service.alias == "default");
            let dummy = default.is_some_and(|service| service.family() == Some(Family::Dummy));
            let routed = services.len() > 1 && !facts.truth("DATABASE_ROUTERS").is_no();
            if dummy && routed {
                findings.pass("the default database is empty and a router sends queries elsewhere").at(databases.region());
            } else if dummy {
                empty(facts, &databases, findings);
            } else if !findings.has(Kind::Fail) {
                findings.pass("DATABASES names a default database").at(databases.region());
            }
        }
    }
}

/// Engines that Django once had or never had.
fn engines(databases: &Effective, findings: &mut Findings) {
    let wrong = |path: &str| {
        let own = path.starts_with("django.db.backends.") || path.starts_with("django.contrib.gis.db.backends.");
        own && path != "django.db.backends." && !OWN.contains(&path)
    };
    let services: Vec<Service<'_>> = databases.services();
    for database in &services {
        if database.asks("ENGINE", |engine| engine.as_str().is_some_and(wrong)).is_yes() {
            findings
                .fail(format!(
                    "Django has no engine of the name that DATABASES[\"{}\"] gives{}",
                    database.alias,
                    databases.unless()
                ))
                .at(database.region("ENGINE").or(databases.region()))
                .help("correct the engine's path");
        }
    }
}

fn empty(facts: &Facts, databases: &Effective, findings: &mut Findings) {
    let keeper = KEEPERS.iter().find(|app| facts.has_app(app).is_yes());
    match keeper {
        Some(app) if databases.explicit.is_no() || databases.assumptions.iter().any(Assumption::is_unsettled) => {
            // A module that only others build on leaves it to them, and a variable is given where the project runs.
            findings
                .open(format!("{app} is installed but there is no default database{}", databases.unless()))
                .at(databases.region())
                .help("name the module that is deployed, and give its variables with --env-file or --env");
        }
        Some(app) => {
            findings
                .fail(format!("{app} is installed but there is no default database{}", databases.unless()))
                .at(databases.region())
                .see(facts.setting("INSTALLED_APPS").region(), format!("{app} keeps its data in the database"))
                .help("name an engine under DATABASES[\"default\"]");
        }
        None if matches!(facts.setting("INSTALLED_APPS").value.truth(), Truth::Unknown(_)) => {
            findings.open("whether an application needs a database could not be decided").at(databases.region());
        }
        None => {
            findings
                .not_applicable("no database is configured and none of Django's applications needs one")
                .at(databases.region());
        }
    }
}
