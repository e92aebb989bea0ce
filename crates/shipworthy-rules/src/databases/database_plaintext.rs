//! Queries and passwords that cross a foreign network need encryption that cannot be talked away.

use shipworthy_model::{Effective, Facts, Family, Findings, Lookup, Reach, Rule, Service, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "database-plaintext",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "a distant database is reached without enforced encryption",
    guide: include_str!("database_plaintext.md"),
    check,
};

/// What the options say about encryption.
enum Cover {
    /// It is switched off.
    Off,
    /// Nothing insists on it.
    Optional,
    /// It is insisted on.
    Enforced,
}

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if !findings.needs("DATABASES", &databases) {
        return;
    }
    for database in databases.services() {
        match database.family() {
            Some(Family::Postgres) => judge(&databases, &database, postgres(&database), findings),
            Some(Family::MySql) => judge(&databases, &database, mysql(&database), findings),
            Some(Family::Sqlite | Family::Oracle | Family::Dummy | Family::Other) | None => {}
        }
    }
    if findings.is_clean() {
        findings.pass("no database is known to be reached over a public network without encryption").at(databases.region());
    }
}

fn judge(databases: &Effective, database: &Service<'_>, cover: Option<Cover>, findings: &mut Findings) {
    let name = format!("DATABASES[\"{}\"]", database.alias);
    let at = database.region("HOST").or(databases.region());
    let off = match (cover, database.reach()) {
        (Some(Cover::Enforced), _) | (_, Some(Reach::Local | Reach::Private)) => return,
        (None, _) => {
            findings.open(format!("whether the connection of {name} is encrypted could not be decided")).at(at);
            return;
        }
        (Some(_), None) => {
            let finding = findings.open(format!("{name} does not insist on encryption, and its host is not known"));
            finding.at(at).help("set sslmode to verify-full, or require, unless the server is on a private network");
            return;
        }
        (Some(Cover::Off), Some(Reach::Public)) => true,
        (Some(Cover::Optional), Some(Reach::Public)) => false,
    };
    let how = if off { "without encryption" } else { "without insisting on encryption" };
    let message = format!("{name} is reached at a public host {how}");
    match database.if_certain(Truth::Yes) {
        Truth::Yes | Truth::No => {
            let finding = findings.fail(format!("{message}{}", databases.unless()));
            finding.at(at).help("set sslmode to verify-full (MySQL: ssl_mode VERIFY_IDENTITY) in OPTIONS");
            let address = database.host().is_some_and(|host| host.parse::<std::net::IpAddr>().is_ok());
            finding.severity(if off || address { Severity::Medium } else { Severity::Low });
        }
        Truth::Unknown(why) => {
            findings.open(format!("{message} if it applies: {}", why.reason())).at(at);
        }
    }
}

fn postgres(database: &Service<'_>) -> Option<Cover> {
    if matches!(database.option("service"), Lookup::Found(_)) {
        return None;
    }
    match database.option("sslmode") {
        Lookup::Found(mode) => Some(match mode.as_str()? {
            "disable" => Cover::Off,
            "require" | "verify-ca" | "verify-full" => Cover::Enforced,
            _ => Cover::Optional,
        }),
        Lookup::Absent => match database.option("sslrootcert") {
            Lookup::Found(root) if root.as_str() == Some("system") => Some(Cover::Enforced),
            Lookup::Found(_) | Lookup::Absent => Some(Cover::Optional),
            Lookup::Unknown(_) => None,
        },
        Lookup::Unknown(_) => None,
    }
}

fn mysql(database: &Service<'_>) -> Option<Cover> {
    if let Lookup::Found(mode) = database.option("ssl_mode") {
        return Some(match mode.as_str()?.to_ascii_uppercase().as_str() {
            "DISABLED" => Cover::Off,
            "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY" => Cover::Enforced,
            _ => Cover::Optional,
        });
    }
    let given = |key: &str| match database.option(key) {
        Lookup::Found(value) => value.truth(),
        Lookup::Absent => Truth::No,
        Lookup::Unknown(why) => Truth::Unknown(why),
    };
    match ["ssl", "ssl_ca", "ssl_verify_cert", "read_default_file"].iter().map(|key| given(key)).fold(Truth::No, Truth::or) {
        Truth::Yes => Some(Cover::Enforced),
        Truth::No => Some(Cover::Optional),
        Truth::Unknown(_) => None,
    }
}
