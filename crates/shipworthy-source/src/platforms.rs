//! Platforms: Procfile, app.json, heroku.yml, fly.toml, render.yaml, app.yaml, railway and nixpacks, as units.

use std::sync::Arc;

use shipworthy_model::picture::{
    Build, Command, HttpProbe, Port, Probe, ProbeKind, Publishing, Role, Source, Text, Unit, Variable,
};
use shipworthy_model::{ArtifactId, Notice, Region};
use toml::de::{DeTable, DeValue};

mod app_platform;
mod cloud_foundry;
mod given;
mod handing;
mod heroku;
mod routers;
mod terraform;

pub(crate) use app_platform::app_platform;
pub(crate) use cloud_foundry::cloud_foundry;
pub(crate) use handing::{Given, given};
pub(crate) use heroku::{app_json, dyno, heroku, heroku_setup};
pub(crate) use routers::router;
pub(crate) use terraform::terraform;

use crate::draft::Draft;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Node};

/// The lines of a Procfile: names and commands.
pub(crate) fn procfile_lines(file: &Piece) -> Vec<(Piece, Piece)> {
    let lines = file.lines();
    let parts = lines.iter().filter(|line| !line.text.trim_start().starts_with('#')).filter_map(|line| line.split_once(':'));
    parts
        .map(|(name, command)| (name.trim(), command.trim()))
        .filter(|(name, command)| {
            let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            !name.text.is_empty() && name.text.chars().all(word) && !command.text.is_empty()
        })
        .collect()
}

fn shell(piece: &Piece) -> Command {
    Command { words: vec![piece.known()], shell: true, at: piece.at }
}

fn routed(at: Region) -> Port {
    Port { host: None, published: None, target: None, protocol: None, how: Publishing::Router, at }
}

/// A process of a platform that routes requests to the one named `web`, and gives it `PORT`.
fn process(path: &str, name: &Piece, mut unit: Unit) -> Draft {
    if &*name.text == "web" {
        unit.ports.push(routed(name.at));
        unit.variables.push(port(name.at));
    }
    let mut draft = Draft::new(unit);
    draft.folder = Some(folder_of(path).to_owned());
    draft
}

/// A Procfile. The platform gives `PORT` to the process named `web`.
pub(crate) fn procfile(path: &str, text: &str, artifact: ArtifactId) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut release = Vec::new();
    for (name, command) in procfile_lines(&Piece::file(text, artifact)) {
        if &*name.text == "release" {
            release.push(shell(&command));
            continue;
        }
        let mut unit = Unit::new(name.text.clone(), name.at);
        unit.command = Some(shell(&command));
        drafts.push(process(path, &name, unit));
    }
    if let Some(first) = drafts.first_mut() {
        first.release = release;
    } else if !release.is_empty() {
        let mut draft = Draft::new(Unit::new("release", release[0].at));
        draft.release = release;
        drafts.push(draft);
    }
    drafts
}

/// `PORT`, which the platform chooses.
fn port(at: Region) -> Variable {
    Variable::new(
        "PORT",
        Text::unknown("$PORT", shipworthy_model::Why::Machine("the platform's port".into()), at),
        Source::Definition,
    )
}

/// A located value of TOML.
struct Toml<'a> {
    value: &'a DeValue<'a>,
    at: Region,
}

impl<'a> Toml<'a> {
    fn get(&self, key: &str) -> Option<Toml<'a>> {
        let value = self.value.as_table()?.get(key)?;
        Some(Toml { value: value.get_ref(), at: region(self.at.artifact, &value.span()) })
    }

    fn entries(&self) -> Vec<(String, Region, Toml<'a>)> {
        let Some(table) = self.value.as_table() else { return Vec::new() };
        table
            .iter()
            .map(|(key, value)| {
                let at = region(self.at.artifact, &value.span());
                (key.get_ref().to_string(), region(self.at.artifact, &key.span()), Toml { value: value.get_ref(), at })
            })
            .collect()
    }

    fn items(&self) -> Vec<Toml<'a>> {
        let Some(items) = self.value.as_array() else { return Vec::new() };
        items.iter().map(|item| Toml { value: item.get_ref(), at: region(self.at.artifact, &item.span()) }).collect()
    }

    fn text(&self) -> Option<Text> {
        let text: Arc<str> = match self.value {
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Integer(number) => number.as_str().into(),
            DeValue::Float(number) => number.as_str().into(),
            DeValue::Boolean(flag) => flag.to_string().into(),
            DeValue::Datetime(moment) => moment.to_string().into(),
            DeValue::Array(_) | DeValue::Table(_) => return None,
        };
        let quotes =
            u32::from(matches!(self.value, DeValue::String(_)) && (self.at.end - self.at.start) as usize == text.len() + 2);
        Some(Text::known(text, Region::new(self.at.artifact, self.at.start + quotes, self.at.end - quotes)))
    }

    fn command(&self) -> Option<Command> {
        let text = self.text()?;
        Some(Command { at: text.at, words: vec![text], shell: true })
    }
}

fn region(artifact: ArtifactId, span: &std::ops::Range<usize>) -> Region {
    Region::new(artifact, span.start as u32, span.end as u32)
}

/// Reads a TOML file and hands its root to a reader.
fn with_toml(text: &str, artifact: ArtifactId, read: impl FnOnce(&Toml<'_>) -> Vec<Draft>) -> (Vec<Draft>, Vec<Notice>) {
    match DeTable::parse(text) {
        Ok(table) => {
            let value = DeValue::Table(table.into_inner());
            (read(&Toml { value: &value, at: Region::new(artifact, 0, text.len() as u32) }), Vec::new())
        }
        Err(error) => {
            let at = error.span().map_or(Region::whole(artifact), |span| region(artifact, &span));
            (Vec::new(), vec![Notice::at(at, "this is no TOML")])
        }
    }
}

fn variables(table: Option<Toml<'_>>) -> Vec<Variable> {
    let entries = table.map(|table| table.entries()).unwrap_or_default();
    entries.into_iter().filter_map(|(name, _, value)| Some(Variable::new(name, value.text()?, Source::Definition))).collect()
}

/// `fly.toml`
pub(crate) fn fly(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    let folder = folder_of(path);
    with_toml(text, artifact, |root| {
        let text = |key: &str| root.get(key).and_then(|it| it.text());
        let mut given = given::fly(text("app").as_ref(), text("primary_region").as_ref(), Region::new(artifact, 0, 0));
        Variable::overlay(&mut given, variables(root.get("env")));
        let release: Vec<Command> =
            root.get("deploy").and_then(|deploy| deploy.get("release_command")).and_then(|it| it.command()).into_iter().collect();
        let build = root.get("build");
        let dockerfile = build.as_ref().and_then(|build| build.get("dockerfile")).and_then(|it| it.text());
        let image = build.as_ref().and_then(|build| build.get("image")).and_then(|it| it.text());
        let target = build.as_ref().and_then(|build| build.get("build-target")).and_then(|it| it.text());
        let name = dockerfile.as_ref().and_then(Text::as_str).unwrap_or("Dockerfile");
        let file = beside(folder, name).unwrap_or_default();
        let services: Vec<Toml<'_>> =
            root.get("http_service").into_iter().chain(root.get("services").map(|it| it.items()).unwrap_or_default()).collect();
        let mut names = root.get("processes").map(|processes| processes.entries()).unwrap_or_default();
        let only = names.is_empty();
        let app = root.get("app").and_then(|app| app.text());
        if only {
            names.push(("app".to_owned(), app.as_ref().map_or(root.at, |app| app.at), Toml { value: root.value, at: root.at }));
        }
        let mut drafts: Vec<Draft> = names
            .into_iter()
            .map(|(name, at, command)| {
                let mut unit = Unit::new(name.as_str(), at);
                unit.command = if only { None } else { command.command() };
                unit.variables.clone_from(&given);
                unit.image.clone_from(&image);
                if image.is_none() {
                    unit.build = Some(Build {
                        context: Some(folder.into()),
                        dockerfile: file.as_str().into(),
                        target: target.clone(),
                        arguments: variables(build.as_ref().and_then(|build| build.get("args"))),
                        at: build.as_ref().map_or(at, |build| build.at),
                        by_name: false,
                    });
                }
                for service in &services {
                    let own = service.get("processes").map(|it| it.items()).unwrap_or_default();
                    let mine = own.is_empty() && (only || name == "app" || name == "web")
                        || own.iter().any(|it| it.text().is_some_and(|text| text.is(&name)));
                    if !mine {
                        continue;
                    }
                    let mut port = routed(service.at);
                    port.target = service.get("internal_port").and_then(|it| it.text());
                    unit.ports.push(port);
                    let checks = ["checks", "http_checks", "tcp_checks"].iter().filter_map(|key| service.get(key));
                    for check in checks.flat_map(|checks| checks.items()) {
                        unit.probes.push(fly_check(&check));
                    }
                }
                let mut draft = Draft::new(unit);
                draft.folder = Some(folder.to_owned());
                draft
            })
            .collect();
        if let Some(first) = drafts.first_mut() {
            first.release = release;
        }
        drafts
    })
}

/// Where `fly.toml` makes Fly's proxy send plain HTTP on to HTTPS, if it does so wherever plain HTTP comes in
/// (fly.io/docs/reference/configuration, `force_https`).
pub(crate) fn fly_redirects(text: &str, artifact: ArtifactId) -> Option<Region> {
    let mut found = None;
    with_toml(text, artifact, |root| {
        let forces = |it: &Toml<'_>| it.get("force_https").filter(|it| it.value.as_bool() == Some(true)).map(|it| it.at);
        let mut places: Vec<Option<Region>> = root.get("http_service").iter().map(forces).collect();
        for service in root.get("services").map(|it| it.items()).unwrap_or_default() {
            for port in service.get("ports").map(|it| it.items()).unwrap_or_default() {
                let handlers = port.get("handlers").map(|it| it.items()).unwrap_or_default();
                let has = |name: &str| handlers.iter().any(|it| it.text().is_some_and(|text| text.is(name)));
                if has("http") && !has("tls") {
                    places.push(forces(&port));
                }
            }
        }
        found = places.into_iter().collect::<Option<Vec<_>>>().and_then(|places| places.first().copied());
        Vec::new()
    });
    found
}

fn fly_check(check: &Toml<'_>) -> Probe {
    let path = check.get("path").and_then(|it| it.text());
    let headers: Vec<(Text, Text)> = check
        .get("headers")
        .map(|headers| headers.entries())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, at, value)| Some((Text::known(name, at), value.text()?)))
        .collect();
    let host = headers.iter().find(|(name, _)| name.shown().eq_ignore_ascii_case("host")).map(|(_, value)| value.clone());
    let https = check.get("protocol").and_then(|it| it.text()).is_some_and(|text| text.is("https"));
    let kind = if path.is_some() || !headers.is_empty() {
        ProbeKind::Http(Box::new(HttpProbe { path, host, port: None, https, headers }))
    } else {
        ProbeKind::Tcp(None)
    };
    Probe { name: "check".into(), kind, at: check.at }
}

/// `render.yaml`
pub(crate) fn render(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    let folder = folder_of(path);
    let mut drafts = Vec::new();
    for root in &documents.roots {
        let groups = root.get("envVarGroups").map(|groups| groups.items()).unwrap_or_default();
        for service in root.get("services").map(|services| services.items()).unwrap_or_default() {
            let name = service.get("name").and_then(|name| name.text());
            let mut unit =
                Unit::new(name.as_ref().map_or("service", Text::shown), name.as_ref().map_or(service.at, |name| name.at));
            let piece = |key: &str| service.get(key).and_then(|node| node.piece()).map(shell);
            unit.command = piece("startCommand").or_else(|| piece("dockerCommand"));
            unit.schedule = service.get("schedule").and_then(|it| it.text());
            let kind = service.get("type").and_then(|kind| kind.str()).unwrap_or_default().to_owned();
            match kind.as_str() {
                "web" => {
                    unit.ports.push(routed(service.at));
                    unit.variables.push(port(service.at));
                    unit.variables.extend(given::render_web(service.at));
                }
                "redis" | "keyvalue" => unit.role = Role::Cache,
                "cron" => unit.role = Role::Job,
                _ => {}
            }
            if let Some(path) = service.get("healthCheckPath").and_then(|it| it.text()) {
                let at = path.at;
                let kind = ProbeKind::Http(Box::new(HttpProbe { path: Some(path), ..HttpProbe::default() }));
                unit.probes.push(Probe { name: "healthCheckPath".into(), kind, at });
            }
            unit.variables.extend(given::render(service.at));
            let mut own = Vec::new();
            for item in service.get("envVars").map(|list| list.items()).unwrap_or_default() {
                if let Some(group) = item.get("fromGroup").and_then(|group| group.str()) {
                    let group = groups.iter().find(|it| it.get("name").and_then(|name| name.str()) == Some(group));
                    let items = group.and_then(|group| group.get("envVars")).map(|list| list.items()).unwrap_or_default();
                    own.extend(items.iter().filter_map(|item| render_variable(item)));
                } else {
                    own.extend(render_variable(item));
                }
            }
            Variable::overlay(&mut unit.variables, own);
            let runtime = ["runtime", "env"].iter().find_map(|key| service.get(key)).and_then(|it| it.str()).unwrap_or_default();
            if runtime == "docker" {
                let file = service.get("dockerfilePath").and_then(|it| it.str()).unwrap_or("Dockerfile");
                unit.build = Some(Build {
                    context: Some(folder.into()),
                    dockerfile: beside(folder, file).unwrap_or_default().into(),
                    target: None,
                    arguments: Vec::new(),
                    at: service.at,
                    by_name: false,
                });
            }
            let mut draft = Draft::new(unit);
            draft.release = ["preDeployCommand", "initialDeployHook"].iter().filter_map(|key| piece(key)).collect();
            draft.before = piece("buildCommand").into_iter().collect();
            draft.folder =
                service.get("rootDir").and_then(|it| it.str()).and_then(|own| beside(folder, own)).or(Some(folder.to_owned()));
            drafts.push(draft);
        }
        drafts.extend(databases(root));
    }
    (drafts, documents.notices)
}

/// What stands under `databases`.
fn databases(root: &Node) -> impl Iterator<Item = Draft> {
    root.get("databases").map(|list| list.items()).unwrap_or_default().iter().map(|database| {
        let name = database.get("name").and_then(|name| name.text());
        let mut unit = Unit::new(name.as_ref().map_or("database", Text::shown), database.at);
        unit.role = Role::Database;
        Draft::new(unit)
    })
}

fn render_variable(item: &Node) -> Option<Variable> {
    let name = item.get("key")?.text()?;
    let shown: Arc<str> = name.shown().into();
    let value = match item.get("value").and_then(|value| value.text()) {
        Some(value) => value,
        None => Text::unknown(format!("${{{shown}}}"), shipworthy_model::Why::Variable(shown.clone()), name.at),
    };
    Some(Variable::new(shown, value, Source::Definition))
}

/// Google App Engine's `app.yaml`.
pub(crate) fn app_engine(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    let mut drafts = Vec::new();
    for root in &documents.roots {
        if root.get("runtime").is_none() {
            continue;
        }
        let name = root.get("service").and_then(|it| it.text());
        let mut unit = Unit::new(name.as_ref().map_or("default", Text::shown), root.get("runtime").map_or(root.at, |it| it.at));
        unit.command = root.get("entrypoint").and_then(|it| it.piece()).map(shell);
        unit.ports.push(routed(unit.at));
        unit.variables.push(port(unit.at));
        unit.variables.extend(given::app_engine(unit.at));
        let mut own: Vec<Variable> = Vec::new();
        for (name, value) in root.get("env_variables").iter().flat_map(|it| it.entries()) {
            own.extend(value.text().map(|value| Variable::new(name.text.clone(), value, Source::Definition)));
        }
        Variable::overlay(&mut unit.variables, own);
        let mut draft = Draft::new(unit);
        draft.folder = Some(folder_of(path).to_owned());
        drafts.push(draft);
    }
    (drafts, documents.notices)
}

/// Where `app.yaml` makes App Engine send plain HTTP on to HTTPS, if it does so for everything that it passes to the
/// application (cloud.google.com/appengine/docs/standard/reference/app-yaml, `secure`).
pub(crate) fn app_engine_redirects(text: &str, artifact: ArtifactId) -> Option<Region> {
    let documents = yaml::read(text, artifact);
    let mut found = None;
    for root in documents.roots.iter().filter(|root| root.get("runtime").is_some()) {
        let handlers = root.get("handlers").map(|it| it.items()).unwrap_or_default();
        let mut all = false;
        for handler in handlers.iter().filter(|it| it.get("script").is_some()) {
            let secure = handler.get("secure").filter(|it| it.str() == Some("always"))?;
            found.get_or_insert(secure.at);
            // What comes behind it is never asked.
            all = handler.get("url").and_then(|it| it.str()).is_some_and(|it| matches!(it, ".*" | "/.*"));
            if all {
                break;
            }
        }
        if !all {
            return None;
        }
    }
    found
}

/// `railway.toml`, `nixpacks.toml`.
pub(crate) fn railway(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    if path.rsplit('.').next() == Some("json") {
        let documents = yaml::read(text, artifact);
        let mut drafts = Vec::new();
        for root in &documents.roots {
            let piece = |keys: &[&str]| root.path(keys).and_then(Node::piece).map(shell);
            drafts.push(railway_unit(
                path,
                root.at,
                piece(&["deploy", "startCommand"]),
                piece(&["deploy", "preDeployCommand"]),
                piece(&["build", "buildCommand"]),
                root.path(&["build", "dockerfilePath"]).and_then(Node::text),
                root.path(&["deploy", "healthcheckPath"]).and_then(Node::text),
            ));
        }
        return (drafts, documents.notices);
    }
    with_toml(text, artifact, |root| {
        let get = |first: &str, second: &str| root.get(first).and_then(|it| it.get(second));
        let start = get("deploy", "startCommand").or_else(|| get("start", "cmd"));
        let release = get("deploy", "preDeployCommand");
        let build = get("build", "buildCommand");
        let docker = get("build", "dockerfilePath").and_then(|it| it.text());
        let health = get("deploy", "healthcheckPath").and_then(|it| it.text());
        let command = |it: Option<Toml<'_>>| it.and_then(|it| it.command());
        let mut draft = railway_unit(path, root.at, command(start), command(release), command(build), docker, health);
        let own = variables(root.get("variables"));
        Variable::overlay(&mut draft.unit.variables, own);
        vec![draft]
    })
}

fn railway_unit(
    path: &str,
    at: Region,
    start: Option<Command>,
    release: Option<Command>,
    build: Option<Command>,
    dockerfile: Option<Text>,
    health: Option<Text>,
) -> Draft {
    let at = start.as_ref().map_or(Region::new(at.artifact, at.start, at.start), |start| start.at);
    let mut unit = Unit::new("web", at);
    unit.command = start;
    unit.ports.push(routed(at));
    unit.variables.push(port(at));
    unit.variables.extend(given::railway(at));
    if let Some(path) = health {
        let at = path.at;
        let kind = ProbeKind::Http(Box::new(HttpProbe { path: Some(path), ..HttpProbe::default() }));
        unit.probes.push(Probe { name: "healthcheckPath".into(), kind, at });
    }
    let folder = folder_of(path);
    if let Some(file) = dockerfile {
        let dockerfile = file.as_str().and_then(|own| beside(folder, own)).unwrap_or_default().into();
        unit.build = Some(Build {
            context: Some(folder.into()),
            dockerfile,
            target: None,
            arguments: Vec::new(),
            at: file.at,
            by_name: false,
        });
    }
    let mut draft = Draft::new(unit);
    draft.release = release.into_iter().collect();
    draft.before = build.into_iter().collect();
    draft.folder = Some(folder.to_owned());
    draft
}

#[cfg(test)]
mod tests;
