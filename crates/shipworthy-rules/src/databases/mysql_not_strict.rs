//! Without strict mode `MySQL` cuts values that do not fit and goes on.

use shipworthy_model::{Facts, Family, Findings, Lookup, Rule, Service, Severity, Topic, Truth, Value};

pub(crate) static RULE: Rule = Rule {
    id: "mysql-not-strict",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "MySQL is told to store values that do not fit",
    guide: include_str!("mysql_not_strict.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    for database in databases.services().iter().filter(|database| database.family() == Some(Family::MySql)) {
        let name = format!("DATABASES[\"{}\"]", database.alias);
        let modes = modes(database);
        let at = modes.first().and_then(|mode| mode.at).or(database.config.at).or(databases.region());
        let strict = modes.iter().map(|mode| mode.decide(is_strict)).fold(Truth::No, Truth::or);
        match strict {
            Truth::Yes => {
                findings.pass(format!("{name} asks for strict mode")).at(at);
            }
            Truth::No if modes.is_empty() => {
                findings
                    .open(format!("{name} leaves strict mode to the server"))
                    .at(at)
                    .help("add sql_mode to OPTIONS, or run manage.py check --database default on the server");
            }
            Truth::No => match database.if_certain(Truth::Yes) {
                Truth::Yes | Truth::No => {
                    findings
                        .fail(format!("{name} sets a SQL mode that is not strict{}", databases.unless()))
                        .at(at)
                        .help("add STRICT_TRANS_TABLES to the mode");
                }
                Truth::Unknown(why) => {
                    findings.open(format!("{name} may set a SQL mode that is not strict: {}", why.reason())).at(at);
                }
            },
            Truth::Unknown(why) => {
                findings.open(format!("the SQL mode of {name} could not be decided: {}", why.reason())).at(at);
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("no database is MySQL or MariaDB").at(databases.region());
    }
}

/// The texts that set the SQL mode of each connection.
fn modes<'a>(database: &Service<'a>) -> Vec<&'a Value> {
    let mut modes = Vec::new();
    if let Lookup::Found(mode) = database.option("sql_mode") {
        modes.push(mode);
    }
    if let Lookup::Found(command) = database.option("init_command")
        && !command.decide(|command| !sets_mode(command.as_str().unwrap_or_default())).is_yes()
    {
        modes.push(command);
    }
    modes
}

fn sets_mode(command: &str) -> bool {
    command.to_ascii_lowercase().contains("sql_mode")
}

fn is_strict(mode: &Value) -> bool {
    let mode = mode.as_str().unwrap_or_default().to_ascii_uppercase();
    ["STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "TRADITIONAL"].iter().any(|strict| mode.contains(strict))
}
