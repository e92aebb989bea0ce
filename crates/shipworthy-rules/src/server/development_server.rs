//! Production needs an application server; the one that comes with Django is for development only.

use shipworthy_model::picture::Program;
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "development-server",
    topic: Topic::Server,
    severity: Severity::Medium,
    django: &[],
    summary: "the project is prepared for a development server, not for one of production",
    guide: include_str!("development_server.md"),
    check,
};

/// Packages that run a Django application in production, normalised.
const SERVERS: [&str; 23] = [
    "awsgi2",
    "bjoern",
    "cheroot",
    "cherrypy",
    "daphne",
    "django-hurricane",
    "django-mod-wsgi",
    "fastwsgi",
    "granian",
    "gunicorn",
    "hypercorn",
    "mangum",
    "meinheld",
    "mod-wsgi",
    "mod-wsgi-standalone",
    "nginx-unit",
    "pyuwsgi",
    "serverless-wsgi",
    "uvicorn",
    "uvicorn-worker",
    "uwsgi",
    "waitress",
    "zappa",
];

/// Applications that replace `runserver` by another server for development.
const DEVELOPMENT: [&str; 4] = ["sslserver", "devserver", "livereload", "django_werkzeug_debugger_runserver"];

fn check(facts: &Facts, findings: &mut Findings) {
    settings(facts, findings);
    exchanges(facts, findings);
}

fn settings(facts: &Facts, findings: &mut Findings) {
    let apps = facts.setting("INSTALLED_APPS");
    for app in DEVELOPMENT.into_iter().filter(|app| facts.has_app(app).is_yes()) {
        let at = apps.value.known_items().find(|item| item.as_str() == Some(app)).and_then(|item| item.at);
        findings
            .fail(format!("INSTALLED_APPS has {app}, a server for development"))
            .at(at.or(apps.region()))
            .label("single-threaded, unaudited, restarts on every change of a file")
            .help("remove it from the settings of production, and end TLS in a proxy in front of a real application server");
    }
    if findings.has(Kind::Fail) {
        return;
    }
    let server = facts.project.dependencies.iter().find(|dependency| SERVERS.contains(&&*dependency.name));
    if processes(facts, findings, server.is_some()) {
        return;
    }
    if let Some(server) = server {
        findings
            .open(format!("{} is among the dependencies, and no file says what serves production", server.name))
            .at(server.at)
            .help("run the server from a file of the project: a Dockerfile, a unit of systemd, a Procfile");
    } else if facts.project.dependencies_complete {
        findings
            .open("no application server is among the dependencies: the container or the host has to bring one")
            .help("declare the server that production runs: gunicorn, uvicorn, granian, uwsgi …");
    } else {
        findings.open("whether production has an application server could not be decided: none is declared, and no lock file says what else is installed");
    }
}

/// What the files of the deployment start. Says whether they decide it. A file that says nothing of production and starts
/// `runserver` is one for development if a real server is there too.
fn processes(facts: &Facts, findings: &mut Findings, has_server: bool) -> bool {
    let servers = production::servers(facts);
    let real = servers.iter().find(|(_, _, server)| server.program != Program::Runserver);
    for (deployed, process, server) in servers.iter().filter(|(_, _, server)| server.program == Program::Runserver) {
        let said = deployed.environment.class.is_production();
        let told = has_server && deployed.unit.command.is_some();
        if !said && (real.is_some() || production::mounts_source(deployed.unit)) {
            continue;
        }
        // As often as not this is how somebody tries the image out.
        if !said && told {
            findings
                .open(format!("{} starts the development server{}", deployed.unit.name, deployed.unless()))
                .at(server.at)
                .help("name the file under `classes` in the configuration, and start gunicorn, uvicorn, granian or uwsgi in it if it is production's");
            continue;
        }
        findings
            .fail(format!("{} starts the development server{}", deployed.unit.name, deployed.unless()))
            .at(server.at)
            .see(process.via.first().copied().filter(|via| *via != server.at), "which is started here")
            .severity(match (deployed.is_sure(), said) {
                (true, _) => Severity::Critical,
                (false, true) => Severity::High,
                (false, false) => Severity::Medium,
            })
            .label("unaudited, restarts on every change of a file, and gives way under load")
            .help("start gunicorn, uvicorn, granian or uwsgi here");
    }
    if let Some((deployed, _, server)) = real.filter(|_| !findings.has(Kind::Fail) && !findings.has(Kind::Open)) {
        findings.pass(format!("{} runs {}", deployed.unit.name, server.program.name())).at(server.at);
    }
    findings.has(Kind::Fail) || findings.has(Kind::Open) || real.is_some()
}

/// Servers for development say their names.
fn exchanges(facts: &Facts, findings: &mut Findings) {
    let Some(wire) = facts.wire() else { return };
    let site = wire.called();
    let developing = |server: &str| server.starts_with("WSGIServer/") || server.starts_with("Werkzeug/");
    let mut named = wire.all_answers().filter(|seen| seen.response.header("server").is_some());
    // Caddy puts its own name before the application server's.
    let found =
        wire.all_answers().find_map(|seen| Some((seen, seen.response.all("server").find(|name| developing(name))?.to_owned())));
    if let Some((seen, name)) = found {
        findings
            .fail(format!("{site} is served by a server for development: {name}"))
            .seen([seen.id])
            .severity(Severity::Critical)
            .label("single-threaded in part, unaudited, and it shows its developers' pages")
            .help("start gunicorn, uvicorn, granian or uwsgi in place of runserver");
    } else if let Some(seen) = named.next() {
        // A front end puts its own name in the place of the application server's.
        findings
            .pass(format!("the server calls itself {}", seen.response.header("server").unwrap_or_default()))
            .seen([seen.id])
            .about("the name of the server");
    } else {
        findings.not_applicable("the server does not say its name").seen([]);
    }
}
