//! A worker that hangs has to be ended by somebody: without a limit of time it hangs for ever.

use shipworthy_model::picture::{AppServer, Program};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "server-timeout-unfit",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "a worker that hangs is not ended",
    guide: include_str!("server_timeout_unfit.md"),
    check,
};

/// Five minutes: no visitor waits longer.
const LONGEST: i64 = 300;

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = false;
    let mut told: Vec<&AppServer> = Vec::new();
    for (deployed, _, server) in production::servers(facts) {
        let Some(limit) = limit(server) else { continue };
        judged = true;
        let (message, at) = match limit {
            Limit::Fit => continue,
            Limit::None(at) => ("never ends a worker that hangs".to_owned(), at),
            Limit::Long(seconds, at) => (format!("lets a worker hang for {seconds} seconds"), at),
        };
        if told.iter().any(|other| production::is_same_start(other, server, &["harakiri", "timeout"])) {
            continue;
        }
        told.push(server);
        let name = server.program.name();
        let finding = findings.fail(format!("{name} of {} {message}{}", deployed.unit.name, deployed.unless()));
        finding.at(at.unwrap_or(server.at)).help(match server.program {
            Program::Uwsgi => "set harakiri to the longest time that a request may take: harakiri = 60",
            _ => "set --timeout to the longest time that a request may take, and do longer work in a task queue",
        });
        deployed.weigh(finding);
    }
    let none = "no file shows a server that limits the time of its workers";
    findings.conclude(judged.then_some(None), "every server of the deployment ends a worker that hangs", none);
}

enum Limit {
    Fit,
    None(Option<Region>),
    Long(i64, Option<Region>),
}

/// How long a request may hold a worker; `None` where the server has no such limit, or it is not known.
fn limit(server: &AppServer) -> Option<Limit> {
    let of = |name: &str| {
        let at = server.option(name).and_then(|choice| choice.at);
        server.number(name).map(|seconds| match seconds {
            0 => Limit::None(at),
            seconds if seconds > LONGEST => Limit::Long(seconds, at),
            _ => Limit::Fit,
        })
    };
    match server.program {
        Program::Gunicorn => {
            // An asynchronous worker answers for itself, however long its requests take: only zero leaves it hanging.
            let class = server.option("worker_class").and_then(|class| class.value.as_str().map(str::to_owned))?;
            let waits = matches!(&*class, "sync" | "gthread");
            of("timeout").map(|limit| match limit {
                Limit::Long(..) if !waits => Limit::Fit,
                limit => limit,
            })
        }
        Program::Uwsgi if server.option("emperor").is_some() => None,
        Program::Uwsgi => match server.option("harakiri") {
            Some(_) => of("harakiri"),
            None => server.open.is_none().then_some(Limit::None(None)),
        },
        Program::Uvicorn
        | Program::Daphne
        | Program::Granian
        | Program::Hypercorn
        | Program::ModWsgi
        | Program::Waitress
        | Program::Runserver => None,
    }
}
