//! A server that watches the source and restarts by itself is one of development.

use shipworthy_model::picture::Program;
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic, Truth};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "server-autoreload",
    topic: Topic::Server,
    severity: Severity::High,
    django: &[],
    summary: "the application server restarts whenever a file changes",
    guide: include_str!("server_autoreload.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut servers = production::servers(facts);
    servers.retain(|(_, _, server)| server.program != Program::Runserver);
    let still = servers.iter().any(|(_, _, server)| server.reloads().is_no());
    for (deployed, _, server) in &servers {
        let name = &deployed.unit.name;
        let option = ["watched", "reload", "use_reloader", "py-autoreload", "python-autoreload", "reload-on-changes"]
            .into_iter()
            .find_map(|option| server.option(option));
        let at = option.and_then(|option| option.at).unwrap_or(server.at);
        let said = deployed.environment.class.is_production();
        match server.reloads() {
            // Where nothing says production, the environment that does not reload is the one that goes there.
            Truth::Yes if said || !(still || production::mounts_source(deployed.unit)) => {
                let finding = findings.fail(format!(
                    "{} of {name} restarts whenever a file changes{}",
                    server.program.name(),
                    deployed.unless()
                ));
                finding.at(at).help("leave automatic reloading to development");
                deployed.weigh(finding);
            }
            Truth::Yes | Truth::No => {}
            Truth::Unknown(why) => {
                findings.undecided(&format!("whether {} of {name} reloads", server.program.name()), &why);
            }
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    match servers.iter().find(|(_, _, server)| server.reloads().is_no()) {
        Some((deployed, _, server)) => {
            findings.pass(format!("{} of {} does not reload by itself", server.program.name(), deployed.unit.name)).at(server.at);
        }
        None => {
            findings.not_applicable("no file starts an application server for production");
        }
    }
}
