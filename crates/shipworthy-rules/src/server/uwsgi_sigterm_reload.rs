//! uWSGI takes the signal that asks it to stop for a wish to start anew.

use shipworthy_model::picture::{AppServer, Platform, Program};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic, Truth};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "uwsgi-sigterm-reload",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "uWSGI reloads when it is asked to stop",
    guide: include_str!("uwsgi_sigterm_reload.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = false;
    let mut told: Vec<&AppServer> = Vec::new();
    for (deployed, _, server) in production::servers(facts) {
        // Whoever starts a file of uWSGI's own on a machine may well stop it by another signal.
        let stopped = !matches!(deployed.environment.platform, Platform::Machine)
            || facts.artifacts.get(deployed.unit.at.artifact).path.ends_with(".service");
        if server.program != Program::Uwsgi || !stopped {
            continue;
        }
        judged = true;
        let signal = deployed.unit.stop_signal.as_ref().map(|signal| signal.shown().to_ascii_uppercase());
        let other = signal.is_some_and(|signal| !matches!(signal.trim_start_matches("SIG"), "TERM" | "15"));
        let stays = !server.flag("die-on-term").is_yes() && !other;
        match server.flag("master") {
            Truth::Yes
                if stays && told.iter().any(|other| production::is_same_start(other, server, &["master", "die-on-term"])) => {}
            Truth::Yes if stays && server.flag("die-on-term").is_no() => {
                told.push(server);
                let at = server.option("master").and_then(|master| master.at);
                let finding = findings.fail(format!(
                    "uWSGI of {} starts anew when it is asked to stop{}",
                    deployed.unit.name,
                    deployed.unless()
                ));
                finding
                    .at(at.unwrap_or(server.at))
                    .label("SIGTERM makes a master reload its workers, and they are killed when the patience ends")
                    .help("set die-on-term = true");
                deployed.weigh(finding);
            }
            Truth::Unknown(why) if stays => {
                findings.undecided(&format!("whether uWSGI of {} has a master", deployed.unit.name), &why).at(server.at);
            }
            Truth::Yes if stays => {
                findings
                    .open(format!("whether uWSGI of {} stops when it is asked to could not be decided", deployed.unit.name))
                    .at(server.at);
            }
            Truth::Yes | Truth::No | Truth::Unknown(_) => {}
        }
    }
    let none = "no unit of the deployment runs uWSGI";
    findings.conclude(judged.then_some(None), "uWSGI stops when it is asked to", none);
}
