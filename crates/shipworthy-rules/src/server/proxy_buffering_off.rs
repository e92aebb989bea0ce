//! Without buffering, a slow client holds a worker for as long as it likes.

use shipworthy_model::front::{PathMatch, Route};
use shipworthy_model::picture::{AppServer, Program};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

pub(crate) static RULE: Rule = Rule {
    id: "proxy-buffering-off",
    topic: Topic::Server,
    severity: Severity::Medium,
    django: &[],
    summary: "slow clients hold workers of the application server",
    guide: include_str!("proxy_buffering_off.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut seen: Vec<Region> = Vec::new();
    let mut judged = None;
    for (front, site, route, upstream) in facts.passages() {
        judged = judged.or(Some(upstream.at));
        let off = route.traffic.buffers_responses.as_ref().filter(|stated| !stated.value).and_then(|stated| stated.at);
        // A location of its own is for streams; the whole site is not. One with a name is for those who lead there.
        let leads = |other: &Route| other.handlers().any(|handler| handler.reaches_upstream(site) == Some(upstream));
        let is_whole = |route: &Route| !matches!(route.path, PathMatch::Named(_)) && route.path.stem().len() <= 1;
        let named = matches!(route.path, PathMatch::Named(_));
        let whole = is_whole(route) || named && front.routes().any(|(_, other)| is_whole(other) && leads(other));
        let Some(at) = off.filter(|at| whole && !seen.contains(at)) else { continue };
        seen.push(at);
        let servers = facts.servers_behind(upstream);
        let Some(server) = servers.iter().find(|server| is_synchronous(server)) else {
            if servers.is_empty() {
                findings
                    .open("responses are not buffered, and whether workers behind it wait for slow clients is not to be seen")
                    .at(at);
            }
            continue;
        };
        findings
            .fail(format!(
                "{} does not buffer responses, and {} has a worker wait for each client",
                front.kind.name(),
                server.program.name()
            ))
            .at(at)
            .label("a handful of slow clients occupies every worker")
            .see(server.at, "works on one request at a time")
            .help("remove it, or switch buffering off in a location for streams only")
            .weighed(facts, front);
    }
    findings.conclude(
        judged,
        "slow clients wait at the front end, or wait for nobody",
        "no front end here passes requests to Django",
    );
}

/// Whether each request holds a worker until its client has everything.
fn is_synchronous(server: &AppServer) -> bool {
    match server.program {
        Program::Gunicorn => server.option("worker_class").is_some_and(|choice| choice.value.as_str() == Some("sync")),
        Program::Uwsgi => !server.flag("gevent").is_yes(),
        Program::Uvicorn
        | Program::Daphne
        | Program::Granian
        | Program::Hypercorn
        | Program::ModWsgi
        | Program::Waitress
        | Program::Runserver => false,
    }
}
