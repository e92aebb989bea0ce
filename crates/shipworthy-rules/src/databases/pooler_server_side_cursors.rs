//! A pooler that hands out connections per transaction loses cursors that live on the server.

use shipworthy_model::{Facts, Family, Findings, Rule, Service, Severity, Topic, Truth};

pub(crate) static RULE: Rule = Rule {
    id: "pooler-server-side-cursors",
    topic: Topic::Databases,
    severity: Severity::Medium,
    django: &[],
    summary: "server-side cursors are used through a transaction pooler",
    guide: include_str!("pooler_server_side_cursors.md"),
    check,
};

/// What stands between the project and `PostgreSQL`, as far as the address shows.
enum Pooler {
    /// One that is known to switch connections after each transaction.
    Transaction,
    /// One whose mode its own configuration decides.
    Unclear,
}

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    if !findings.needs("DATABASES", &databases) {
        return;
    }
    for database in databases.services().iter().filter(|database| database.family() == Some(Family::Postgres)) {
        let Some(pooler) = pooler(facts, database) else { continue };
        let name = format!("DATABASES[\"{}\"]", database.alias);
        let at = database.region("HOST").or(databases.region());
        let disabled = database.asks("DISABLE_SERVER_SIDE_CURSORS", |flag| flag.truth().is_yes());
        match (disabled, pooler) {
            (Truth::Yes, Pooler::Transaction | Pooler::Unclear) => {
                findings.pass(format!("{name} uses no server-side cursors through its pooler")).at(at);
            }
            (Truth::No, Pooler::Transaction) if database.only.is_none() => {
                let unless = databases.unless();
                findings
                    .fail(format!("{name} uses server-side cursors through a transaction pooler{unless}"))
                    .at(at)
                    .help("set DISABLE_SERVER_SIDE_CURSORS to True beside HOST");
            }
            (Truth::No | Truth::Unknown(_), Pooler::Transaction | Pooler::Unclear) => {
                findings
                    .open(format!("{name} goes through a pooler; if it pools by transaction, server-side cursors fail"))
                    .at(at)
                    .help("set DISABLE_SERVER_SIDE_CURSORS to True unless the pooler works in session mode");
            }
        }
    }
    if findings.is_silent() {
        findings.not_applicable("no address of a database shows a connection pooler").at(databases.region());
    }
}

const WORDS: [&str; 6] = ["pgbouncer", "pooler", "supavisor", "pgcat", "odyssey", "pgpool"];

/// The pooler that a unit of production is, whose name is a host: what its image is called, and the mode that it is given.
fn unit_of(facts: &Facts, host: &str) -> Option<Pooler> {
    let production = facts.picture.production();
    let mut units = production.iter().flat_map(|it| it.units.iter().filter(|unit| it.is_called(unit, host)));
    let unit = units.find(|unit| unit.image_name().is_some_and(|image| WORDS.iter().any(|word| image.contains(word))))?;
    let modes = ["POOL_MODE", "PGBOUNCER_POOL_MODE"].iter().filter_map(|name| unit.variable(name));
    Some(if modes.into_iter().any(|mode| mode.value.is("transaction")) { Pooler::Transaction } else { Pooler::Unclear })
}

/// Whether a unit of production that serves starts Heroku's pooler before the server: it takes the place of the database in
/// `DATABASE_URL` (github.com/heroku/heroku-buildpack-pgbouncer).
fn starts_pooler(facts: &Facts) -> bool {
    let production = facts.picture.production();
    let units = production.iter().flat_map(|it| &it.units).filter(|unit| unit.serves());
    let mut words = units.filter_map(|unit| unit.command.as_ref()).flat_map(|command| &command.words);
    words.any(|word| word.shown().contains("bin/start-pgbouncer"))
}

fn pooler(facts: &Facts, database: &Service<'_>) -> Option<Pooler> {
    let host = database.host().unwrap_or_default().to_ascii_lowercase();
    let port = database.port();
    let neon = host.ends_with(".neon.tech") && host.split('.').next().is_some_and(|label| label.ends_with("-pooler"));
    let supabase = host.ends_with(".supabase.com") || host.ends_with(".supabase.co");
    if neon || supabase && port == Some(6543) {
        Some(Pooler::Transaction)
    } else if supabase {
        None
    } else if port == Some(6432) || WORDS.iter().any(|word| host.contains(word)) {
        Some(Pooler::Unclear)
    } else if let Some(pooler) = unit_of(facts, &host) {
        Some(pooler)
    } else if starts_pooler(facts) {
        Some(Pooler::Unclear)
    } else {
        None
    }
}
