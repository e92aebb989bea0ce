//! Errors that are written to nowhere are errors that nobody knows of.

use shipworthy_model::picture::{AppServer, Program, Text};
use shipworthy_model::{Facts, Findings, Kind, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "logs-lost",
    topic: Topic::Logging,
    severity: Severity::Medium,
    django: &[],
    summary: "what the server writes about errors is thrown away",
    guide: include_str!("logs_lost.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for deployed in production::units(facts).into_iter().filter(|deployed| deployed.unit.runs_python()) {
        judged += 1;
        let unit = &deployed.unit.name;
        let mut servers = deployed.unit.processes.iter().filter_map(|process| process.runs.server());
        let server = servers.find_map(|server| Some((server, thrown_away(server)?)));
        let (message, at, severity) = match (deployed.unit.discards.first(), server) {
            (Some(word), _) => (format!("what {unit} writes about errors is thrown away"), word.at, Severity::Medium),
            (None, Some((server, Lost::Everything(at)))) => {
                (format!("{} of {unit} throws its log away", server.program.name()), at, Severity::Medium)
            }
            (None, Some((server, Lost::Requests(at)))) => {
                let name = server.program.name();
                (format!("{name} of {unit} logs no request, not even one that fails"), at, Severity::Low)
            }
            (None, None) => continue,
        };
        let finding = findings.fail(format!("{message}{}", deployed.unless()));
        finding.at(at).severity(severity).help(match severity {
            Severity::Low => "log at least those that fail: log-5xx = true, log-slow = 3000",
            _ => "let it write to its error output, and let the system keep that",
        });
        deployed.weigh(finding);
    }
    if findings.has(Kind::Fail) {
        return;
    }
    if judged > 0 {
        findings.pass("no unit of the deployment throws away what it writes about errors");
    } else {
        findings.not_applicable("no file shows where the project writes its errors to");
    }
}

/// What of a server's log is lost, and where that is said.
enum Lost {
    Everything(Region),
    Requests(Region),
}

fn thrown_away(server: &AppServer) -> Option<Lost> {
    let nowhere = |name: &str| server.texts(name).iter().find(|text| text.is("/dev/null")).map(|text| Lost::Everything(text.at));
    match server.program {
        Program::Gunicorn | Program::Hypercorn => nowhere("errorlog"),
        Program::Uwsgi => {
            let files = ["logto", "logto2", "daemonize", "daemonize2", "logger"];
            files.iter().find_map(|name| nowhere(name)).or_else(|| {
                let said = |name: &str| server.option(name).is_some();
                let quiet = server.option("disable-logging").filter(|_| server.flag("disable-logging").is_yes())?;
                let at = quiet.texts.first().map(|text: &Text| text.at).or(quiet.at)?;
                let kept = ["log-5xx", "log-4xx", "log-slow", "log-req"].iter().any(|name| said(name));
                (!kept).then_some(Lost::Requests(at))
            })
        }
        Program::Uvicorn | Program::Daphne | Program::Granian | Program::ModWsgi | Program::Waitress | Program::Runserver => None,
    }
}
