//! Machines: systemd units, supervisor's programs, uWSGI's own files, crontabs, and scripts that nothing else calls.

use std::collections::BTreeSet;

use shipworthy_model::picture::{
    Action, AppServer, Chance, Class, Origin, Platform, Process, Program, Publishing, Role, Runs, Text, Unit, Variable, When,
};
use shipworthy_model::{ArtifactId, Notice, Region, Stage};

use super::finish::Maker;
use super::{Reader, ansible, handed, pipelines};
use crate::draft::Draft;
use crate::ini;
use crate::machines::{self, Systemd};
use crate::piece::Piece;
use crate::places::{Places, folder_of};
use crate::references;
use crate::servers::{self, Surroundings};

/// Reads the files of machines into one environment a stage.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    // What an image or another script already runs is no machine's.
    let reached: BTreeSet<String> = maker.artifacts.iter().map(|(_, artifact)| artifact.path.to_string()).collect();
    let paths: Vec<&str> = files.iter().map(|(path, ..)| path.as_str()).collect();
    let mut groups: Vec<Group> = Vec::new();
    let mut units: Vec<(String, Systemd, Class, ArtifactId)> = Vec::new();
    for (path, reader, content) in files {
        if reached.contains(path) {
            continue;
        }
        let class = maker.class(path, *reader, &paths);
        match reader {
            Reader::Systemd => {
                let artifact = maker.artifacts.add(path, content.as_str());
                let (mut unit, strange) = machines::systemd(content, artifact);
                // systemd reads `[Service]` of services only.
                if [".socket", ".timer"].iter().any(|end| path.to_ascii_lowercase().contains(end)) {
                    unit.start.clear();
                    unit.before.clear();
                }
                maker.notices.extend(strange.iter().map(|line| Notice::at(line.at, "this line of the unit is no setting")));
                units.push((path.clone(), unit, class, artifact));
            }
            Reader::Supervisor => {
                let artifact = maker.artifacts.add(path, content.as_str());
                let (entries, strange) = ini::read(content, artifact, ini::Dialect::Supervisor);
                maker.notices.extend(
                    strange.iter().map(|line| Notice::at(line.at, "this line of supervisor's configuration is no setting")),
                );
                for program in machines::programs(&entries, &[]).into_iter().filter(|program| program.autostart) {
                    let mut unit = Unit::new(program.name.text.clone(), program.at);
                    unit.command =
                        Some(shipworthy_model::picture::Command { words: program.words, shell: false, at: program.at });
                    unit.user = program.user;
                    unit.folder = program.folder;
                    unit.variables = program.variables;
                    unit.discards.extend(program.discards);
                    unit.stop_signal = program.stop_signal;
                    let mut draft = Draft::new(unit);
                    draft.folder = Some(folder_of(path).to_owned());
                    group(&mut groups, &class, artifact).2.push(draft);
                }
            }
            Reader::Uwsgi => {
                let places = Places::new([folder_of(path).to_owned(), String::new()]);
                let tree = maker.tree;
                maker.artifacts.add(path, content.as_str());
                let find = |path: &str| places.find(tree, path, None);
                let mut around =
                    Surroundings { tree, find: &find, variables: &[], artifacts: maker.artifacts, notices: &mut maker.notices };
                let (server, mut variables) = servers::uwsgi_file(path, &mut around);
                variables.retain(|variable| references::is_name(&variable.name));
                Variable::overlay(&mut variables, ansible::looped(tree, path, content, maker.artifacts));
                let artifact = maker.artifacts.add(path, content.as_str());
                if server.options.is_empty() {
                    continue;
                }
                let unit = uwsgi_unit(path, artifact, server, variables);
                group(&mut groups, &class, artifact).3.push(unit);
            }
            Reader::Crontab => crontab(maker, path, content),
            _ => {}
        }
    }
    let (drop_ins, mut units): (Vec<_>, Vec<_>) = units.into_iter().partition(|(path, ..)| drop_in_of(path).is_some());
    for (path, more, ..) in drop_ins {
        let of = |(unit, ..): &&mut (String, Systemd, Class, ArtifactId)| unit.rsplit('/').next() == drop_in_of(&path);
        if let Some((_, unit, ..)) = units.iter_mut().find(of) {
            unit.drop_in(more);
        }
    }
    let sockets: Vec<(String, Vec<Text>)> = units
        .iter()
        .filter_map(|(path, unit, ..)| {
            let name = path.rsplit('/').next()?.split_once(".socket")?.0.to_owned();
            (!unit.listens.is_empty()).then(|| (name, unit.listens.clone()))
        })
        .collect();
    let timers: Vec<(String, Text)> = units
        .iter()
        .filter_map(|(path, unit, ..)| {
            let name = path.rsplit('/').next()?.split(".timer").next()?.to_owned();
            let named =
                unit.unit.as_ref().and_then(Text::as_str).map_or(name, |named| named.trim_end_matches(".service").to_owned());
            Some((named, unit.schedule.clone()?))
        })
        .collect();
    for (path, unit, class, artifact) in units {
        // systemd reads `[Service]` in files of services alone.
        if unit.start.is_empty() || path.contains(".socket") || path.contains(".timer") {
            continue;
        }
        let name = path.rsplit('/').next().unwrap_or(&path).split(".service").next().unwrap_or_default().to_owned();
        let mut draft = service(&path, &name, unit, &timers);
        variable_files(maker, &path, &mut draft.unit);
        ansible::fill(maker.tree, &path, &mut draft.unit.variables, maker.artifacts);
        group(&mut groups, &class, artifact).2.push(draft);
    }
    // A file of uWSGI's that nothing names is what runs only where nothing else serves the project.
    let mut served = is_served(maker);
    groups.sort_by_key(|group| group.2.is_empty());
    for (class, artifacts, drafts, ready) in groups {
        let name = match class.stage {
            Stage::Production => "machine".to_owned(),
            _ => format!("machine ({})", class.name()),
        };
        if drafts.is_empty() && served {
            continue;
        }
        maker.environment(&name, Platform::Machine, artifacts, class, drafts, true);
        let units = maker.picture.environments.last_mut().map_or(&mut [][..], |it| &mut it.units);
        units.iter_mut().for_each(|unit| hand_sockets(unit, &sockets));
        served |= is_served(maker);
        if let Some(environment) = maker.picture.environments.last_mut().filter(|_| !served) {
            environment.units.extend(ready);
        }
    }
    scripts(maker, files, served);
}

/// gunicorn serves on the sockets that systemd opened for it, whatever else it is told (gunicorn's `sock.create_sockets`).
fn hand_sockets(unit: &mut Unit, sockets: &[(String, Vec<Text>)]) {
    let Some((_, listens)) = sockets.iter().find(|(name, _)| **name == *unit.name) else { return };
    for process in &mut unit.processes {
        if let Runs::Server(server) = &mut process.runs
            && server.program == Program::Gunicorn
        {
            server.listen(listens.iter().map(bound).collect());
        }
    }
}

/// An address of `ListenStream` as servers write it: a port alone is one of every address.
fn bound(listen: &Text) -> Text {
    match listen.as_str() {
        Some(path) if path.starts_with('/') => Text::known(format!("unix:{path}"), listen.at),
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Text::known(format!("0.0.0.0:{port}"), listen.at),
        Some(_) | None => listen.clone(),
    }
}

/// The service that a file changes, where it lies in the folder for that: `shop.service.d/limits.conf`.
fn drop_in_of(path: &str) -> Option<&str> {
    let folder = folder_of(path);
    folder.rsplit('/').next().and_then(|name| name.strip_suffix(".d")).filter(|name| name.ends_with(".service"))
}

/// Whether production is said to start a server, one that is for more than development, or something that may be one: a
/// program of the project's own, or what a platform sends requests to.
fn is_served(maker: &Maker<'_>) -> bool {
    let environments = maker.picture.environments.iter().filter(|it| it.class.is_production());
    let mut units = environments.flat_map(|it| it.units.iter());
    units.any(|unit| {
        let mut servers = unit.processes.iter().filter_map(|process| process.runs.server());
        let strange = |process: &Process| matches!(process.runs, Runs::Other(_) | Runs::Unknown(_)) && !process.is_conditional();
        let routed = unit.ports.iter().any(|port| port.how == Publishing::Router);
        let stays = unit.schedule.is_none() && unit.processes.iter().any(strange);
        servers.any(|server| server.program != Program::Runserver) || unit.role == Role::Other && (routed || stays)
    })
}

type Group = (Class, Vec<ArtifactId>, Vec<Draft>, Vec<Unit>);

fn group<'g>(groups: &'g mut Vec<Group>, class: &Class, artifact: ArtifactId) -> &'g mut Group {
    let same = |group: &Group| group.0.stage == class.stage && group.0.example == class.example;
    let index = groups.iter().position(same).unwrap_or_else(|| {
        groups.push((class.clone(), Vec::new(), Vec::new(), Vec::new()));
        groups.len() - 1
    });
    if !groups[index].1.contains(&artifact) {
        groups[index].1.push(artifact);
    }
    &mut groups[index]
}

fn service(path: &str, name: &str, unit: Systemd, timers: &[(String, Text)]) -> Draft {
    let (discards, user) = (unit.discards(), unit.runs_as());
    let Systemd { start, before, kill_signal, folder, variables, env_files, restart, once, needs, .. } = unit;
    let at = start.first().map_or(Region::whole(ArtifactId(0)), |command| command.at);
    let mut made = Unit::new(name, at);
    made.schedule = timers.iter().find(|(timer, _)| timer == name).map(|(_, schedule)| schedule.clone());
    made.user = user;
    made.folder = folder;
    made.variables = variables;
    made.env_files = env_files.into_iter().map(|file| (file, false)).collect();
    made.restart = restart;
    made.depends_on = needs;
    made.discards.extend(discards);
    made.stop_signal = kill_signal;
    let mut start = start.into_iter();
    let last = start.next_back();
    made.command = last;
    let mut draft = Draft::new(made);
    draft.before = before.into_iter().chain(start).collect();
    draft.once = once;
    draft.folder = Some(folder_of(path).to_owned());
    draft
}

/// Opens the files of variables that lie in the project: below the working folder, which is where the project is put, or
/// beside the unit's own as the template of what is put on the machine. What they say goes before what the unit says
/// itself (systemd.exec, `EnvironmentFile`).
fn variable_files(maker: &mut Maker<'_>, own: &str, unit: &mut Unit) {
    let folder = unit.folder.as_ref().and_then(Text::as_str).unwrap_or_default().trim_end_matches('/').to_owned();
    for (file, read) in &mut unit.env_files {
        let Some(named) = file.as_str() else { continue };
        let below = named.strip_prefix(&*folder).and_then(|rest| rest.strip_prefix('/')).filter(|_| !folder.is_empty());
        let below = below.filter(|path| maker.tree.node(path) == crate::Node::File).map(str::to_owned);
        let Some(path) = below.or_else(|| ansible::template_of(maker.tree, own, named)) else { continue };
        let Some((_, content)) = maker.open(&path) else { continue };
        *read = true;
        Variable::overlay(&mut unit.variables, ansible::variables(maker.tree, &path, &content, maker.artifacts));
    }
}

fn uwsgi_unit(path: &str, artifact: ArtifactId, server: AppServer, variables: Vec<Variable>) -> Unit {
    let at = Region::whole(artifact);
    let mut unit = Unit::new(path.rsplit('/').next().unwrap_or(path), at);
    let first = |name: &str| server.texts(name).first().cloned();
    unit.user = first("uid");
    unit.folder = first("chdir");
    unit.processes.push(Process {
        words: Vec::new(),
        at,
        user: unit.user.clone(),
        folder: unit.folder.clone(),
        runs: Runs::Server(Box::new(server)),
        via: Vec::new(),
        variables,
        chance: Chance::Certain,
        rests_on: Vec::new(),
    });
    unit.role = Role::Web;
    unit
}

fn crontab(maker: &mut Maker<'_>, path: &str, content: &str) {
    let artifact = maker.artifacts.add(path, content);
    let (variables, jobs) = machines::crontab(path, content, artifact);
    for job in jobs {
        let when = When::Scheduled(job.schedule.known());
        let found = maker.script(&job.command, &variables, folder_of(path));
        maker.steps(found, &when, None, None);
    }
}

/// Whether a script starts a server and goes on: in the background, or as a daemon.
fn stays_behind(process: &Process, content: &str, artifact: ArtifactId) -> bool {
    let Some(server) = process.runs.server() else { return false };
    let chosen = |name: &&str| server.option(name).is_some_and(|choice| choice.origin != Origin::Default);
    let daemon = ["daemon", "daemonize"].iter().any(chosen);
    let behind = content.get(process.at.end as usize..).filter(|_| process.at.artifact == artifact);
    let line = behind.and_then(|behind| behind.lines().next()).unwrap_or_default();
    daemon || line.trim_end().ends_with('&') && !line.trim_end().ends_with("&&")
}

/// Scripts that nothing calls: people run them by hand. What one that deploys leaves behind in the background serves where
/// nothing else does.
fn scripts(maker: &mut Maker<'_>, files: &[(String, Reader, String)], served: bool) {
    const MOST: usize = 200;
    let mut count = 0;
    let mut left: Vec<(ArtifactId, Class, Unit)> = Vec::new();
    for (path, reader, content) in files {
        if *reader != Reader::Script || maker.artifacts.find(path).is_some() || count >= MOST {
            continue;
        }
        count += 1;
        let artifact = maker.artifacts.add(path, content.as_str());
        let mut found = maker.script(&Piece::file(content, artifact), &[], folder_of(path));
        handed::keep(maker, std::mem::take(&mut found.hands), Stage::of(path));
        // A script for production, one that deploys, one that saves its data.
        let saves = found.steps.iter().any(|step| matches!(step.action, Action::Backup(_)));
        let stage = Stage::of(path);
        if stage == Stage::Production || stage == Stage::Neutral && (saves || pipelines::reaches_out(content)) {
            let class = Class::new(stage, "a script of the deployment");
            handed::spell(maker, "a script of the deployment", &class, &std::mem::take(&mut found.spelled));
        }
        let class = maker.class(path, *reader, &[]);
        found.processes.retain(|process| class.is_production() && stays_behind(process, content, artifact));
        if !served && !found.processes.is_empty() {
            let mut unit = Unit::new(path.rsplit('/').next().unwrap_or(path), found.processes[0].at);
            unit.role = Role::Web;
            unit.processes = std::mem::take(&mut found.processes);
            left.push((artifact, class, unit));
        }
        maker.steps(found, &When::Manual, None, Some(&path.as_str().into()));
    }
    for (artifact, class, unit) in left {
        let ready = maker.picture.environments.iter_mut().find(|it| it.platform == Platform::Machine && it.class.is_production());
        if let Some(environment) = ready {
            environment.artifacts.push(artifact);
            environment.units.push(unit);
        } else {
            maker.environment("machine", Platform::Machine, vec![artifact], class, Vec::new(), true);
            maker.picture.environments.last_mut().into_iter().for_each(|it| it.units.push(unit.clone()));
        }
    }
}
