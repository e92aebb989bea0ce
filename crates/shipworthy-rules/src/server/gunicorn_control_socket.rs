//! Two gunicorns of one user share a control socket that neither of them asked for.

use std::collections::BTreeMap;

use shipworthy_model::picture::{Origin, Platform, Program, Text};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "gunicorn-control-socket",
    topic: Topic::Server,
    severity: Severity::Info,
    django: &[],
    summary: "two services share the control socket of gunicorn",
    guide: include_str!("gunicorn_control_socket.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.project.dependencies.iter().find(|dependency| &*dependency.name == "gunicorn");
    let recent = version.and_then(|dependency| dependency.version.as_deref()).is_some_and(has_socket);
    let mut users: BTreeMap<String, Vec<(Deployed<'_>, Region)>> = BTreeMap::new();
    for (deployed, process, server) in production::servers(facts) {
        let own = server.option("control_socket").is_some_and(|choice| choice.origin != Origin::Default);
        let off = !server.flag("control_socket_disable").is_no();
        let machine = deployed.environment.platform == Platform::Machine;
        if server.program == Program::Gunicorn && machine && !own && !off {
            let user = process.user.as_ref().or(deployed.unit.user.as_ref()).map_or("root", Text::shown).to_owned();
            users.entry(user).or_default().push((deployed, server.at));
        }
    }
    let shared = users.iter().find(|(_, services)| services.len() > 1).filter(|_| recent);
    match shared.map(|(user, services)| (user, services.as_slice())) {
        Some((user, [(first, at), (second, other), ..])) => {
            findings
                .fail(format!("gunicorn of {} and of {} share the control socket of {user}", first.unit.name, second.unit.name))
                .at(*at)
                .see(*other, "the other one")
                .help("give each a socket of its own, --control-socket, or none: --no-control-socket");
        }
        Some(_) | None if users.is_empty() => {
            findings.not_applicable("no file shows gunicorn on a machine");
        }
        Some(_) | None => {
            findings.pass("no two services are known to share the control socket of gunicorn");
        }
    }
}

/// Whether a version of gunicorn opens a control socket unless it is told not to: 25.1 and later do.
fn has_socket(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()) >= (25, 1)
}
