//! uWSGI's statistics tell whoever connects what every worker does, with its variables.

use shipworthy_model::picture::{Platform, Port, Program, Publishing, Text};
use shipworthy_model::{Facts, Findings, Kind, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "uwsgi-stats-exposed",
    topic: Topic::Server,
    severity: Severity::Medium,
    django: &[],
    summary: "the statistics of uWSGI can be read from outside",
    guide: include_str!("uwsgi_stats_exposed.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for (deployed, _, server) in production::servers(facts).into_iter().filter(|(_, _, it)| it.program == Program::Uwsgi) {
        judged += 1;
        let addresses = ["stats", "stats-server"].into_iter().flat_map(|name| server.texts(name));
        for address in addresses.filter(|address| is_everywhere(address)) {
            let published = deployed.unit.ports.iter().find(|port| reaches(port, address));
            let exposed = match deployed.environment.platform {
                // A file of uWSGI's own may be for a container, where the address is that of the container.
                Platform::Machine => facts.artifacts.get(deployed.unit.at.artifact).path.ends_with(".service"),
                _ => published.is_some(),
            };
            if exposed {
                let finding = findings.fail(format!(
                    "whoever connects to {} reads what the workers of {} do{}",
                    address.shown(),
                    deployed.unit.name,
                    deployed.unless()
                ));
                finding
                    .at(address.at)
                    .see(published.map(|port| port.at), "this port is published")
                    .help("bind the statistics to 127.0.0.1 or to a socket of the file system");
                deployed.weigh(finding);
            } else if matches!(deployed.environment.platform, Platform::Machine | Platform::Image) {
                findings
                    .open(format!(
                        "{} offers its statistics on {}, and which ports others reach there is not to be seen",
                        deployed.unit.name,
                        address.shown()
                    ))
                    .at(address.at)
                    .help("bind the statistics to 127.0.0.1 or to a socket of the file system");
            }
        }
    }
    if findings.has(Kind::Fail) || findings.has(Kind::Open) {
        return;
    }
    if judged > 0 {
        findings.pass("the statistics of uWSGI are not offered to other machines");
    } else {
        findings.not_applicable("no unit of the deployment runs uWSGI");
    }
}

/// Whether an address is one of every interface: `:1717`, `0.0.0.0:1717`. A path is a socket of the file system.
fn is_everywhere(address: &Text) -> bool {
    let Some((host, port)) = address.as_str().and_then(|address| address.rsplit_once(':')) else { return false };
    port.parse::<u16>().is_ok() && !host.contains('/') && !matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

fn reaches(port: &Port, address: &Text) -> bool {
    let number = address.as_str().and_then(|address| address.rsplit(':').next()?.parse().ok());
    match port.how {
        Publishing::HostNetwork => true,
        Publishing::Host | Publishing::NodePort | Publishing::LoadBalancer => {
            port.number() == number && port.is_public() == Some(true)
        }
        Publishing::Router => port.number() == number,
    }
}
