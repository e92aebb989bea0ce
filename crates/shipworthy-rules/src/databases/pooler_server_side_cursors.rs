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
        let Some(pooler) = pooler(database) else { continue };
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

fn pooler(database: &Service<'_>) -> Option<Pooler> {
    const WORDS: [&str; 6] = ["pgbouncer", "pooler", "supavisor", "pgcat", "odyssey", "pgpool"];
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
    } else {
        None
    }
}
