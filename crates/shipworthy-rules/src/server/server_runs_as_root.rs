//! A server that runs as root hands over the machine, or the container, with its first flaw.

use shipworthy_model::picture::{Platform, Process, Program, Text, Unit};
use shipworthy_model::{Facts, Findings, Region, Rule, Severity, Topic};

use crate::production::{self, Deployed};

pub(crate) static RULE: Rule = Rule {
    id: "server-runs-as-root",
    topic: Topic::Server,
    severity: Severity::Low,
    django: &[],
    summary: "the application server runs as root",
    guide: include_str!("server_runs_as_root.md"),
    check,
};

/// Who runs a server.
enum User {
    Root(Region),
    /// As root, unless what starts it runs as somebody else.
    Supervised(Region),
    Other(Region),
    Undecided(String, Region),
    Unseen,
}

fn check(facts: &Facts, findings: &mut Findings) {
    let mut judged: Vec<Region> = Vec::new();
    for (deployed, process, server) in production::servers(facts) {
        // What is for development has a rule of its own.
        if server.program == Program::Runserver || deployed.is_tried_out() {
            continue;
        }
        let unit = &deployed.unit.name;
        let user = user(facts, &deployed, process);
        let (User::Root(at) | User::Supervised(at) | User::Other(at) | User::Undecided(_, at)) = user else { continue };
        if judged.contains(&at) {
            continue;
        }
        judged.push(at);
        let name = server.program.name();
        match user {
            User::Root(at) => {
                let finding = findings.fail(format!("{name} of {unit} runs as root{}", deployed.unless()));
                finding
                    .at(at)
                    .see(server.at, "this is what runs")
                    .help("make a user for the application and change to it: USER app");
                if deployed.environment.platform == Platform::Machine {
                    finding.severity(Severity::High);
                }
                deployed.weigh(finding);
            }
            User::Supervised(at) => {
                let finding =
                    findings.fail(format!("{name} of {unit} runs as root unless supervisord does not{}", deployed.unless()));
                finding
                    .at(at)
                    .see(server.at, "this is what runs")
                    .help("name a user for the application in the program of supervisor: user=app");
                deployed.weigh(finding);
            }
            User::Other(at) => {
                findings.pass(format!("{name} of {unit} runs as a user of its own")).at(at);
            }
            User::Undecided(why, at) => {
                findings.open(format!("the user of {name} of {unit} could not be decided: {why}")).at(at);
            }
            User::Unseen => {}
        }
    }
    for deployed in production::units(facts).into_iter().filter(|it| !it.is_tried_out() && facts.fronts_lead_to(it.unit)) {
        let Some(User::Root(at)) = deployed.unit.user.as_ref().filter(|_| deployed.unit.is_from_elsewhere()).map(named) else {
            continue;
        };
        let unit = &deployed.unit.name;
        let finding = findings.fail(format!("{unit} runs the project as root{}", deployed.unless()));
        finding.at(at).help("leave the user to the image, or name one that is not root");
        deployed.weigh(finding);
    }
    if findings.is_silent() {
        findings.not_applicable("no file decides as which user the application server runs");
    }
}

fn user(facts: &Facts, deployed: &Deployed<'_>, process: &Process) -> User {
    let unit = deployed.unit;
    if let Some(user) = process.user.as_ref().or(unit.security.run_as.as_ref()).or(unit.user.as_ref()) {
        return named(user);
    }
    if unit.security.non_root.as_ref().is_some_and(|text| text.is("true")) {
        return unit.security.non_root.as_ref().map_or(User::Unseen, |text| User::Other(text.at));
    }
    match deployed.environment.platform {
        Platform::Compose | Platform::Image | Platform::Fly | Platform::Kubernetes => image(facts, unit, process),
        // supervisord starts its programs as itself, which is root where a distribution's unit starts it.
        // A file for a container leaves that to its image.
        Platform::Machine if is_supervisors(&facts.artifacts.get(unit.at.artifact).path) => User::Supervised(unit.at),
        // Their own builders change the user, and systemd's files may be those of a user.
        Platform::Machine
        | Platform::Heroku
        | Platform::Render
        | Platform::AppEngine
        | Platform::Railway
        | Platform::AppPlatform
        | Platform::CloudFoundry => User::Unseen,
    }
}

fn is_supervisors(path: &str) -> bool {
    path.contains("supervisor") && !["docker", "container", "compose", "image"].iter().any(|word| path.contains(word))
}

/// An image without `USER` runs as that of its base, which for the images of languages and distributions is root.
fn image(facts: &Facts, unit: &Unit, process: &Process) -> User {
    let Some(image) = facts.picture.image(unit) else { return User::Unseen };
    let target = unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.as_str());
    let Some(stage) = image.stage(target) else { return User::Unseen };
    let line = image.lineage(stage);
    let Some(first) = line.last() else { return User::Unseen };
    let base = first.base.as_str().unwrap_or_default();
    let base = base.split('@').next().unwrap_or_default().trim_start_matches("docker.io/").trim_start_matches("library/");
    let plain = ["python", "debian", "ubuntu", "alpine", "node"].contains(&base.split(':').next().unwrap_or_default());
    // A script on the way may change the user in a manner that was not understood.
    let changed = ["gosu", "su-exec", "setpriv", "setuidgid", "chpst", "runuser", "sudo", "su ", "s6-"];
    let through = process.via.iter().chain([&process.at]).any(|via| {
        let text = &facts.artifacts.get(via.artifact).text;
        changed.iter().any(|word| text.contains(word))
    });
    match (plain, through) {
        (true, false) => User::Root(stage.at),
        (true, true) => User::Undecided("a script on the way changes users".to_owned(), stage.at),
        (false, _) => User::Undecided("the image that it starts from decides".to_owned(), stage.at),
    }
}

fn named(user: &Text) -> User {
    match user.as_str().map(|user| user.split(':').next().unwrap_or_default()) {
        Some("root" | "0") => User::Root(user.at),
        Some(_) => User::Other(user.at),
        None => User::Undecided(user.as_unknown().map_or_else(String::new, shipworthy_model::Unknown::reason), user.at),
    }
}
