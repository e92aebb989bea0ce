//! `SQLite` is a file: it must survive deployments, and only one machine can use it.

use shipworthy_model::picture::{Environment, Platform, Unit};
use shipworthy_model::{Effective, Facts, Family, Findings, Rule, Service, Severity, Topic, Truth, Value, path};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "sqlite-in-production",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "the data is kept in an SQLite file that may not last",
    guide: include_str!("sqlite_in_production.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if let Some(why) = databases.undecided() {
        findings.open(format!("DATABASES could not be decided: {}", why.reason())).at(why.at.or(databases.region()));
        return;
    }
    for database in databases.services() {
        match database.family() {
            Some(Family::Sqlite) => sqlite(facts, &databases, &database, findings),
            Some(_) => {}
            None => {
                let reason = database.config.as_unknown().or_else(|| database.config.found("ENGINE")?.as_unknown());
                let reason = reason.map_or_else(String::new, |why| format!(": {}", why.reason()));
                findings
                    .open(format!("the engine of DATABASES[\"{}\"] could not be decided{reason}", database.alias))
                    .at(database.region("ENGINE").or(databases.region()));
            }
        }
    }
    if findings.is_clean() {
        findings.pass("no database is an SQLite file").at(databases.region());
    }
}

fn sqlite(facts: &Facts, databases: &Effective, database: &Service<'_>, findings: &mut Findings) {
    let name = format!("DATABASES[\"{}\"]", database.alias);
    let at = database.region("NAME").or(databases.region());
    let unless = databases.unless();
    let file = database.config.found("NAME");
    let served = file.and_then(|file| facts.served_around(&facts.path_of(file)?));
    let question = |test: fn(&str) -> bool| database.asks("NAME", |file| file.as_str().is_some_and(test));
    if question(is_in_memory).is_yes() {
        let finding = findings.fail(format!("{name} is an SQLite database in memory{unless}"));
        finding.at(at).severity(Severity::High).help("name a file, or a database server");
    } else if let Some(folder) = served.filter(|folder| database.if_certain(folder.is_served()).is_yes()) {
        let finding = findings.fail(format!("the file of {name} lies in {}{unless}", folder.setting));
        finding.at(at).see(folder.at, "every file in here is served").severity(Severity::Critical);
        finding.help("move the database out of the served folder");
    } else if question(|file| !path::is_absolute(file)).is_yes()
        || database.asks("NAME", |file| facts.path_of(file).is_some_and(|path| facts.is_temporary(&path))).is_yes()
    {
        let finding = findings.fail(format!("the file of {name} depends on the working directory or does not last{unless}"));
        finding.at(at).help("give NAME an absolute path on a disk that survives deployments");
        finding.label(format!("the path is {}", file.map_or_else(String::new, Value::show)));
        if !databases.assumptions.is_empty() {
            finding.severity(Severity::Low);
        }
    } else if let Some((environment, unit)) = without_disk(facts).filter(|_| databases.assumptions.is_empty()) {
        let platform = environment.platform.name();
        let finding =
            findings.fail(format!("the file of {name} is lost with every release: {} of {platform} has no volume", unit.name));
        finding.at(at).see(unit.at, "nothing is mounted here").severity(Severity::High);
        finding.help("mount a volume where the file lies, or use a database server");
    } else {
        let tuned = database.asks_option("transaction_mode", |mode| !mode.is_none().is_yes());
        let finding =
            findings.open(format!("{name} is an SQLite file{unless}, which is right only on one machine with a lasting disk"));
        finding.at(at);
        match tuned {
            Truth::Yes => finding.help("make sure that its folder survives deployments and is backed up"),
            Truth::No | Truth::Unknown(_) => {
                finding.help("use a database server, or tune it: transaction_mode IMMEDIATE and journal_mode WAL")
            }
        };
    }
}

fn is_in_memory(name: &str) -> bool {
    name == ":memory:" || name.starts_with("file::memory:") || name.contains("mode=memory")
}

/// A unit of production that serves the project from a container in which nothing is mounted: its files last until the next
/// release.
fn without_disk(facts: &Facts) -> Option<(&Environment, &Unit)> {
    // A variable that the platform gives may name another database.
    let database = |name: &str| name.contains("DATABASE") || name.contains("DB");
    if facts.settings.variables.iter().any(|variable| database(&variable.name)) {
        return None;
    }
    let servers = production::servers(facts).into_iter().map(|(deployed, ..)| deployed);
    let mut lost = servers.filter(|deployed| {
        let (environment, unit) = (deployed.environment, deployed.unit);
        // What a platform with a router brings is not in the files.
        let contained = matches!(environment.platform, Platform::Compose | Platform::Kubernetes);
        let declared = facts.picture.image(unit).is_some_and(|image| image.stages.iter().any(|stage| !stage.volumes.is_empty()));
        let module = unit.variable("DJANGO_SETTINGS_MODULE").and_then(|variable| variable.value.as_str());
        let audited = module.is_none_or(|module| module == &*facts.project.choice.module);
        let certain = contained && environment.complete && environment.class.is_production();
        certain && audited && unit.mounts.is_empty() && !declared
    });
    lost.next().map(|deployed| (deployed.environment, deployed.unit))
}
