//! Dashboards and tools for developers show everything to whoever opens them.

use shipworthy_model::front::{Address, Front, FrontKind, Handler, Route};
use shipworthy_model::picture::{Port, Publishing, Role, Unit};
use shipworthy_model::{Facts, Findings, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "tooling-published",
    topic: Topic::Debug,
    severity: Severity::High,
    django: &[],
    summary: "a dashboard or a tool for developers can be reached from outside",
    guide: include_str!("tooling_published.md"),
    check,
};

/// What answers without a password unless it is given one: a word of the image or command, the port inside, what it shows.
#[rustfmt::skip]
const TOOLS: [(&str, u16, &str); 12] = [
    ("flower", 5555, "shows every task with its arguments, and stops workers"),
    ("mailpit", 8025, "shows every mail that the site sends"),
    ("mailhog", 8025, "shows every mail that the site sends"),
    ("maildev", 1080, "shows every mail that the site sends"),
    ("mailcatcher", 1080, "shows every mail that the site sends"),
    ("adminer", 8080, "asks for passwords of the database, and guesses them for strangers"),
    ("phpmyadmin", 80, "asks for passwords of the database, and guesses them for strangers"),
    ("redis-commander", 8081, "shows and changes what Redis holds"),
    ("redisinsight", 5540, "shows and changes what Redis holds"),
    ("mongo-express", 8081, "shows and changes what MongoDB holds"),
    ("rabbitmq", 15672, "administers the broker, with guest as its first password"),
    ("dozzle", 8080, "shows the logs of every container"),
];

/// The port of the debugger for Python, which runs what it is sent.
const DEBUGPY: u16 = 5678;
/// The port of Traefik's dashboard.
const DASHBOARD: u16 = 8080;

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged = 0;
    for deployed in production::units(facts) {
        let unit = deployed.unit;
        if deployed.environment.platform.has_router() {
            continue;
        }
        judged += 1;
        let open = |inside: u16| unit.ports.iter().find(|port| port.number() == Some(inside) && is_open(port));
        let tool = TOOLS.iter().find(|(word, ..)| is_tool(unit, word));
        if let Some((word, inside, shows)) = tool {
            if let Some(port) = open(*inside).filter(|_| !asks(unit)) {
                say(&deployed, findings, port, &format!("{word} is published on every address: it {shows}"));
            } else if let Some((front, route)) = led(facts, &deployed).filter(|_| !asks(unit)) {
                let message = format!("{} leads to {word}, which asks for no password: it {shows}", front.kind.name());
                let finding = findings.fail(format!("{message}{}", deployed.unless()));
                finding
                    .at(route.at)
                    .see(unit.at, "no password is asked for")
                    .help("give it a password, with --basic-auth for Flower, or let the front end ask for one");
                deployed.weigh(finding);
            }
        } else if (unit.runs_python() || is_debugged(unit))
            && let Some(port) = open(DEBUGPY)
        {
            say(&deployed, findings, port, "a debugger is published on every address: it runs whatever it is sent");
        } else if unit.role == Role::FrontEnd
            && (insecure(unit) || is_told(facts, unit))
            && let Some(port) = open(DASHBOARD)
        {
            say(&deployed, findings, port, "the dashboard of Traefik is published on every address, without a password");
        }
    }
    if !findings.is_clean() {
        return;
    }
    if judged > 0 {
        findings.pass("no file of the deployment publishes a dashboard or a tool for developers");
    } else {
        findings.not_applicable("no file says what is deployed beside the project");
    }
}

fn say(deployed: &Deployed<'_>, findings: &mut Findings, port: &Port, message: &str) {
    if deployed.is_tried_out() {
        let name = &deployed.environment.name;
        findings.open(format!("{message}; nothing says whether {name} is production's")).at(port.at);
        return;
    }
    let finding = findings.fail(format!("{message}{}", deployed.unless()));
    finding.at(port.at).help("publish it for this machine only, 127.0.0.1:…, and reach it through ssh or a VPN");
    deployed.weigh(finding);
}

/// Whether a unit is a tool, by its image or by what it runs.
fn is_tool(unit: &Unit, word: &str) -> bool {
    let image = unit.image_name().is_some_and(|image| image == word || image.split(['-', '_']).any(|part| part == word));
    image || unit.processes.iter().any(|process| process.runs.name() == word)
}

/// Whether it is given a password or an account by any word of its command, or by a variable.
fn asks(unit: &Unit) -> bool {
    const WORDS: [&str; 7] =
        ["basic-auth", "basic_auth", "--auth", "auth-file", "--web-user", "--incoming-user", "auth_provider"];
    const NAMES: [&str; 7] = ["BASIC_AUTH", "BASICAUTH", "AUTH_FILE", "HTTP_PASSWORD", "DEFAULT_PASS", "OAUTH2", "UI_AUTH"];
    let processes = unit.processes.iter().flat_map(|process| &process.words);
    let commands = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    let said = processes.chain(commands).any(|word| WORDS.iter().any(|known| word.shown().contains(known)));
    said || unit.variables.iter().any(|variable| NAMES.iter().any(|known| variable.name.to_ascii_uppercase().contains(known)))
}

fn insecure(unit: &Unit) -> bool {
    let words = unit.command.iter().flat_map(|command| &command.words);
    words.into_iter().any(|word| {
        let lower = word.shown().to_ascii_lowercase();
        lower.split_whitespace().any(|word| matches!(word, "--api.insecure" | "--api.insecure=true"))
    })
}

/// Whether the file of Traefik's configuration that a unit has opens the dashboard.
fn is_told(facts: &Facts, unit: &Unit) -> bool {
    let open =
        |front: &&Front| front.kind == FrontKind::Traefik && front.exposed.iter().any(|(what, _)| &**what == "api.insecure");
    facts.fronts.iter().filter(open).any(|front| facts.front_units(front).iter().any(|(_, own)| own.at == unit.at))
}

/// Whether it is started under the debugger.
fn is_debugged(unit: &Unit) -> bool {
    let mut words = unit.entrypoint.iter().chain(&unit.command).flat_map(|command| &command.words);
    words.any(|word| word.shown().split_whitespace().any(|word| word == "debugpy"))
}

/// The route of a front end of production that leads to a unit and lets everybody in.
fn led<'f>(facts: &'f Facts, deployed: &Deployed<'f>) -> Option<(&'f Front, &'f Route)> {
    let named = |handler: &Handler| {
        let servers = handler.as_proxy().map(|upstream| upstream.servers.as_slice()).unwrap_or_default();
        servers.iter().any(
            |server| matches!(&server.address, Ok(Address::Net(host, _)) if deployed.environment.is_called(deployed.unit, host)),
        )
    };
    let fronts = facts.production_fronts().into_iter();
    let mut routes = fronts.flat_map(|front| front.sites.iter().map(move |site| (front, site)));
    routes.find_map(|(front, site)| {
        // Who must show a certificate, or knows a password of the whole site, is no stranger.
        let asked = site.tls.asks_clients.as_ref().is_some_and(|stated| stated.value) || !site.traffic.access.is_empty();
        let route = site.all_routes().into_iter().find(|route| route.handlers().any(named))?;
        (!asked && !route.internal && route.traffic.access.is_empty()).then_some((front, route))
    })
}

fn is_open(port: &Port) -> bool {
    match port.how {
        Publishing::Host | Publishing::NodePort | Publishing::LoadBalancer => port.is_public() == Some(true),
        Publishing::HostNetwork | Publishing::Router => false,
    }
}
