//! Redis without a password obeys whoever reaches it.

use shipworthy_model::picture::{Conf, ConfKind, Directive, Port, Publishing, Unit};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::production;

pub(crate) static RULE: Rule = Rule {
    id: "redis-unauthenticated",
    topic: Topic::Caches,
    severity: Severity::High,
    django: &[],
    summary: "a Redis that others reach asks for no password",
    guide: include_str!("redis_unauthenticated.md"),
    check,
};

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for deployed in production::units(facts).into_iter().filter(|deployed| is_redis(deployed.unit)) {
        judged += 1;
        let unit = deployed.unit;
        let Some(port) = unit.ports.iter().find(|port| is_open(port)) else { continue };
        let own: Vec<&Conf> = confs_of(facts, unit).collect();
        let stays = port.how == Publishing::HostNetwork && (own.iter().any(|conf| stays(conf)) || is_told_to_stay(unit));
        if stays || asks(facts, unit) || deployed.environment.platform.has_router() {
            continue;
        }
        if deployed.is_tried_out() || own.is_empty() && !is_known(unit) {
            findings
                .open(format!("whether {}, whose port is published, asks for a password is not to be seen", unit.name))
                .at(port.at);
            continue;
        }
        let what = match port.how {
            Publishing::HostNetwork => "its port of the host, whose network it shares",
            Publishing::Host | Publishing::NodePort | Publishing::LoadBalancer | Publishing::Router => "its published port",
        };
        let finding = findings.fail(format!("{} obeys whoever reaches {what}{}", unit.name, deployed.unless()));
        finding.at(port.at).see(unit.at, "no password is asked for").help("publish no port, or set requirepass");
        deployed.weigh(finding);
    }
    for conf in facts.picture.confs.iter().filter(|conf| conf.kind == ConfKind::Redis) {
        let class = facts.picture.class(conf.artifact);
        // In a container every address is that of the container.
        if !class.may_be_production() || !facts.homes(conf.artifact).is_empty() {
            continue;
        }
        judged += 1;
        let Some(at) = open(conf) else { continue };
        let finding = findings.fail("no password is asked for by a Redis whose protected mode is off");
        finding.at(at).help("bind it to 127.0.0.1 or a private address, and set requirepass");
        if !class.is_production() {
            finding.severity(Severity::Medium);
        }
    }
    if !findings.is_clean() {
        return;
    }
    if judged > 0 {
        findings.pass("no Redis without a password can be reached from outside");
    } else {
        findings.not_applicable("no file of the deployment starts or configures Redis");
    }
}

fn is_redis(unit: &Unit) -> bool {
    const NAMES: [&str; 5] = ["redis", "valkey", "keydb", "dragonfly", "redis-stack"];
    unit.image_name().is_some_and(|image| NAMES.iter().any(|name| image == *name || image.starts_with(&format!("{name}-"))))
}

fn is_open(port: &Port) -> bool {
    match port.how {
        Publishing::Host | Publishing::NodePort | Publishing::LoadBalancer | Publishing::HostNetwork => {
            port.is_public() == Some(true)
        }
        Publishing::Router => false,
    }
}

/// The configurations that a container is given.
fn confs_of<'f>(facts: &'f Facts, unit: &Unit) -> impl Iterator<Item = &'f Conf> {
    let redis = facts.picture.confs.iter().filter(|conf| conf.kind == ConfKind::Redis);
    redis.filter(|conf| facts.homes(conf.artifact).iter().any(|(_, other, _)| other.at == unit.at))
}

/// Whether its command binds it to this machine.
fn is_told_to_stay(unit: &Unit) -> bool {
    let mut words = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    words.any(|word| ["127.0.0.1", "localhost"].iter().any(|own| word.shown().contains(own)))
}

/// Whether a container is given a password: by its command, by a variable of its image, or by a file that it is given.
fn asks(facts: &Facts, unit: &Unit) -> bool {
    let commands = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    let told = |text: &str| text.contains("requirepass") || text.contains("aclfile");
    let by_variable = |name: &str| {
        let name = name.to_ascii_uppercase();
        name.contains("PASSWORD") || name == "REDIS_ARGS" || name == "REDIS_ACLFILE" || name == "VALKEY_EXTRA_FLAGS"
    };
    let empty = |name: &str| unit.variable(name).is_some_and(|variable| variable.value.is(""));
    commands.into_iter().any(|word| told(word.shown()))
        || unit.variables.iter().any(|variable| by_variable(&variable.name) && !empty(&variable.name))
        || confs_of(facts, unit).any(|conf| demands(conf).is_some())
}

/// Whether all that it is told can be seen: no file of its own that is not read here.
fn is_known(unit: &Unit) -> bool {
    let words = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    unit.build.is_none()
        && unit.entrypoint.is_none()
        && !words.into_iter().any(|word| word.as_unknown().is_some() || word.shown().contains(".conf"))
}

fn demands(conf: &Conf) -> Option<&Directive> {
    let password = conf.last("requirepass").filter(|line| line.values.first().is_some_and(|value| !value.is("")));
    // What is said of the default user holds for whoever gives no name.
    let user = conf.all("user").find(|line| {
        let text = line.values.first().and_then(|value| value.expose()).unwrap_or_default();
        let rights: Vec<&str> = line.values.iter().filter_map(|value| value.expose()).collect();
        text == "default" && !rights.contains(&"nopass")
    });
    password.or(user).or(conf.last("aclfile"))
}

/// Where a file lets other machines in without a password: its protected mode is off, and it does not stay with loopback.
fn open(conf: &Conf) -> Option<Region> {
    let off = conf.last("protected-mode").filter(|line| line.values.first().is_some_and(|value| value.is("no")))?;
    (!stays(conf) && demands(conf).is_none()).then_some(off.at)
}

/// Whether a file keeps it to loopback, or to a socket.
fn stays(conf: &Conf) -> bool {
    let own = |address: &str| {
        let address = address.trim_start_matches('-');
        address.starts_with("127.") || address == "::1" || address == "localhost"
    };
    let bind = conf.last("bind");
    let off_port = conf.last("port").is_some_and(|line| line.values.first().is_some_and(|value| value.is("0")));
    off_port || bind.is_some_and(|line| !line.values.is_empty() && line.values.iter().all(|it| it.as_str().is_some_and(own)))
}
