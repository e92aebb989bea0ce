//! Under ASGI a persistent connection stays with a thread that may never serve a request again.

use shipworthy_model::picture::Program;
use shipworthy_model::{Facts, Family, Findings, Region, Rule, Severity, Topic, Truth, Unknown, Why};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "connections-kept-under-asgi",
    topic: Topic::Connections,
    severity: Severity::Medium,
    django: &[],
    summary: "persistent database connections are used under ASGI",
    guide: include_str!("connections_kept_under_asgi.md"),
    check,
};

const ASGI: [&str; 5] = ["uvicorn", "daphne", "hypercorn", "granian", "uvicorn-worker"];
const WSGI: [&str; 6] = ["gunicorn", "uwsgi", "pyuwsgi", "mod-wsgi", "waitress", "cherrypy"];

fn check(facts: &Facts, findings: &mut Findings) {
    let databases = facts.setting("DATABASES");
    let (asgi, server) = runs_asgi(facts);
    for database in databases.services() {
        if matches!(database.family(), Some(Family::Sqlite | Family::Dummy)) {
            continue;
        }
        let kept = database.asks("CONN_MAX_AGE", |age| age.is_none().is_yes() || age.truth().is_yes());
        let message = format!("connections of DATABASES[\"{}\"] are kept", database.alias);
        let at = database.region("CONN_MAX_AGE").or(databases.region());
        match kept.and(asgi.clone()) {
            Truth::Yes => {
                findings
                    .fail(format!("{message} under ASGI{}", databases.unless()))
                    .at(at)
                    .see(server, "this server is an ASGI one")
                    .help("set CONN_MAX_AGE to 0, and let a pool keep connections: OPTIONS pool, or PgBouncer");
            }
            Truth::Unknown(why) if database.asks("CONN_MAX_AGE", |_| true).is_yes() => {
                let reason = why.reason();
                findings.open(format!("{message}, and whether the server is ASGI could not be decided: {reason}")).at(at);
            }
            Truth::No | Truth::Unknown(_) => {}
        }
    }
    if findings.is_clean() {
        findings.pass("no database connection is known to be kept under ASGI").at(databases.region());
    }
}

/// Whether the project is served by an ASGI server: by what the deployment starts or, where that is not to be seen, as far
/// as applications and packages show.
fn runs_asgi(facts: &Facts) -> (Truth, Option<Region>) {
    let servers = production::servers(facts);
    let served = servers.iter().filter(|(_, _, server)| server.program != Program::Runserver);
    let answers: Vec<_> = served.map(|(_, _, server)| (server.is_asgi(), server.at)).collect();
    if let Some((_, at)) = answers.iter().find(|(asgi, _)| asgi.is_yes()) {
        return (Truth::Yes, Some(*at));
    }
    if !answers.is_empty() && answers.iter().all(|(asgi, _)| asgi.is_no()) {
        return (Truth::No, None);
    }
    (packages(facts), None)
}

fn packages(facts: &Facts) -> Truth {
    let named = |packages: &[&str]| packages.iter().any(|package| facts.depends_on(package).is_yes());
    let application = facts.truth("ASGI_APPLICATION");
    if facts.has_app("daphne").is_yes() && application.is_yes() {
        return Truth::Yes;
    }
    let both = || Truth::Unknown(Unknown::new(Why::Unsupported("a choice between WSGI and ASGI servers".into()), None));
    match (named(&ASGI), named(&WSGI)) {
        (true, false) => Truth::Yes,
        (true, true) => both(),
        (false, true) => Truth::No,
        (false, false) => match application {
            Truth::Yes => both(),
            Truth::No | Truth::Unknown(_) => Truth::No,
        },
    }
}
