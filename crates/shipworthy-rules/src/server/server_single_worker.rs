//! One synchronous worker serves one request at a time, and the slowest decides for all.

use shipworthy_model::picture::{AppServer, Origin, Platform, Program};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "server-single-worker",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "the server works on one request at a time",
    guide: include_str!("server_single_worker.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = false;
    for (deployed, _, server) in production::servers(facts) {
        if !is_alone(&deployed) {
            continue;
        }
        judged = true;
        if works_alone(server) {
            let name = server.program.name();
            let count = if server.program == Program::Gunicorn { "workers" } else { "processes" };
            let at = server.option(count).filter(|it| it.origin != Origin::Default).and_then(|it| it.at);
            let finding = findings.fail(format!(
                "{name} of {} has one worker with one thread, which serves one request at a time{}",
                deployed.unit.name,
                deployed.unless()
            ));
            finding.at(at.unwrap_or(server.at));
            finding.help(match server.program {
                Program::Gunicorn => "give it workers, about two for each core and one, or threads: --workers 3, WEB_CONCURRENCY",
                _ => "give it processes or threads: processes = 4, threads = 2",
            });
            deployed.weigh(finding);
        }
    }
    let none = "no file shows how many workers serve the project";
    findings.conclude(judged.then_some(None), "no server of the deployment is known to serve one request at a time", none);
}

/// Whether what one process serves is all there is: a platform or cluster starts as many copies as it is told elsewhere.
fn is_alone(deployed: &Deployed<'_>) -> bool {
    let copies = deployed.unit.replicas.as_ref().map(|replicas| replicas.as_str().and_then(|text| text.parse::<u32>().ok()));
    matches!(deployed.environment.platform, Platform::Compose | Platform::Machine | Platform::Image)
        && copies.is_none_or(|copies| copies == Some(1))
}

/// Whether a server certainly has one worker that works on one request at a time.
fn works_alone(server: &AppServer) -> bool {
    if server.open.is_some() {
        return false;
    }
    let one = |name: &str| server.number(name) == Some(1);
    let none_or_one = |name: &str| server.option(name).is_none() || one(name);
    match server.program {
        // Asynchronous workers, and those of other packages, serve many requests each.
        Program::Gunicorn => {
            let sync = server.option("worker_class").and_then(|class| class.value.as_str()).is_some_and(|class| class == "sync");
            sync && one("workers") && one("threads")
        }
        Program::Uwsgi => {
            let more = ["cheaper", "gevent", "asyncio", "async", "emperor", "ugreen"];
            none_or_one("processes")
                && none_or_one("workers")
                && none_or_one("threads")
                && !more.iter().any(|name| server.option(name).is_some())
        }
        Program::Uvicorn
        | Program::Daphne
        | Program::Granian
        | Program::Hypercorn
        | Program::ModWsgi
        | Program::Waitress
        | Program::Runserver => false,
    }
}
