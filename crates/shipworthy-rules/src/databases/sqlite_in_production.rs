//! `SQLite` is a file: it must survive deployments, and only one machine can use it.

use shipworthy_model::{Effective, Facts, Family, Findings, Rule, Service, Severity, Topic, Truth, Value, path};

use crate::production::{self, Deployed};

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
            Some(Family::Dummy) if database.alias == "default" && !databases.assumptions.is_empty() => {
                let message =
                    format!("DATABASES[\"default\"] names no engine{}, and what does is not to be seen", databases.unless());
                findings.open(message).at(databases.region());
            }
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
    // Nothing of Django's hands out uploads by itself. Some projects keep all their private data beside them.
    let served = served.filter(|folder| folder.setting != "MEDIA_ROOT" || serves_uploads(facts));
    let question = |test: fn(&str) -> bool| database.asks("NAME", |file| file.as_str().is_some_and(test));
    if question(is_in_memory).is_yes() && facts.keeps_no_records() {
        let finding = findings.fail(format!("{name} is an SQLite database in memory{unless}, and nothing is kept in it"));
        finding.at(at).severity(Severity::Info).help("leave DATABASES empty: Django needs none");
    } else if question(is_in_memory).is_yes() {
        let finding = findings.fail(format!("{name} is an SQLite database in memory{unless}"));
        // A fallback without a single table stops the first request: nobody loses anything to it quietly.
        let severity = if databases.assumptions.is_empty() { Severity::High } else { Severity::Medium };
        finding.at(at).severity(severity).help("name a file, or a database server");
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
    } else if let Some(Deployed { environment, unit, .. }) =
        without_disk(facts, file).filter(|_| databases.assumptions.is_empty())
    {
        let platform = environment.platform.name();
        let finding = findings
            .fail(format!("the file of {name} is lost with every release: {} of {platform} has no volume for it", unit.name));
        finding.at(at).see(unit.at, "nothing is mounted here that holds it").severity(Severity::High);
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

/// Whether a front end of production answers addresses of uploads with files.
fn serves_uploads(facts: &Facts) -> bool {
    let setting = facts.setting("MEDIA_URL");
    let Some(url) = setting.value.as_str().filter(|url| !url.is_empty() && !url.contains("//")) else { return false };
    let address = format!("/{}upload.jpg", url.trim_start_matches('/'));
    facts.production_fronts().into_iter().flat_map(|front| &front.sites).any(|site| {
        let request = site.request(&address);
        site.answers(&request).iter().any(|answer| answer.handler.as_files().is_some())
    })
}

fn is_in_memory(name: &str) -> bool {
    name == ":memory:" || name.starts_with("file::memory:") || name.contains("mode=memory")
}

/// A unit of production that loses the file with its container: it lasts until the next release.
fn without_disk<'f>(facts: &'f Facts, file: Option<&Value>) -> Option<Deployed<'f>> {
    // A variable that the platform gives may name another database.
    let database = |name: &str| name.contains("DATABASE") || name.contains("DB");
    if facts.settings.variables.iter().any(|variable| database(&variable.name)) {
        return None;
    }
    production::losing(facts, &facts.path_of(file?)?)
}
