//! The App Platform of `DigitalOcean`: `.do/app.yaml`, or the template of it behind a button.

use shipworthy_model::picture::{Build, HttpProbe, Probe, ProbeKind, Role, Source, Text, Unit, Variable};
use shipworthy_model::{ArtifactId, Notice, Why};

use super::{databases, port, routed, shell};
use crate::draft::Draft;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Node};

/// The services, workers and jobs of a specification (docs.digitalocean.com, "App specification reference").
pub(crate) fn app_platform(path: &str, text: &str, artifact: ArtifactId) -> (Vec<Draft>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    // Sources are told from the root of the repository, in which `.do` lies.
    let root_folder = folder_of(folder_of(path)).to_owned();
    let mut drafts = Vec::new();
    for root in &documents.roots {
        let root = root.get("spec").unwrap_or(root);
        let given = variables(root);
        for (kind, routes) in [("services", true), ("workers", false), ("jobs", false)] {
            for service in root.get(kind).map(|list| list.items()).unwrap_or_default() {
                drafts.push(component(service, kind, routes, &given, &root_folder));
            }
        }
        let before = root.get("jobs").map(|jobs| jobs.items()).unwrap_or_default();
        let before = before.iter().filter(|job| job.get("kind").and_then(|kind| kind.str()) == Some("PRE_DEPLOY"));
        let release = before.filter_map(|job| job.get("run_command").and_then(|it| it.piece()).map(shell)).collect();
        drafts.retain(|draft| draft.unit.role != Role::Job || draft.unit.command.is_some());
        if let Some(first) = drafts.first_mut() {
            first.release = release;
        }
        drafts.extend(databases(root));
    }
    (drafts, documents.notices)
}

fn component(service: &Node, kind: &str, routes: bool, given: &[Variable], root: &str) -> Draft {
    let name = service.get("name").and_then(|name| name.text());
    let mut unit = Unit::new(name.as_ref().map_or("app", Text::shown), name.as_ref().map_or(service.at, |name| name.at));
    unit.variables = given.to_vec();
    if routes {
        unit.ports.push(routed(service.at));
        Variable::overlay(&mut unit.variables, [port(service.at)]);
    }
    Variable::overlay(&mut unit.variables, variables(service));
    if kind == "jobs" {
        unit.role = Role::Job;
    } else {
        unit.command = service.get("run_command").and_then(|it| it.piece()).map(shell);
    }
    unit.replicas = service.get("instance_count").and_then(|it| it.text());
    if let Some(path) = service.path(&["health_check", "http_path"]).and_then(Node::text) {
        let at = path.at;
        let kind = ProbeKind::Http(Box::new(HttpProbe { path: Some(path), ..HttpProbe::default() }));
        unit.probes.push(Probe { name: "health_check".into(), kind, at });
    }
    let folder = service.get("source_dir").and_then(|it| it.str()).and_then(|own| beside(root, own.trim_start_matches('/')));
    let folder = folder.unwrap_or_else(|| root.to_owned());
    if let Some(file) = service.get("dockerfile_path").and_then(|it| it.text()) {
        let dockerfile = file.as_str().and_then(|own| beside(root, own)).unwrap_or_default().into();
        let context = Some(folder.as_str().into());
        unit.build = Some(Build { context, dockerfile, target: None, arguments: Vec::new(), at: file.at, by_name: false });
    }
    let mut draft = Draft::new(unit);
    draft.before = service.get("build_command").and_then(|it| it.piece()).map(shell).into_iter().collect();
    draft.folder = Some(folder);
    draft
}

/// The variables that are there when it runs. Secrets, and what refers to other components, are not known.
fn variables(node: &Node) -> Vec<Variable> {
    let mut variables = Vec::new();
    for item in node.get("envs").map(|list| list.items()).unwrap_or_default() {
        let Some(name) = item.get("key").and_then(|key| key.piece()) else { continue };
        let says = |key: &str, text: &str| item.get(key).and_then(|it| it.str()) == Some(text);
        if says("scope", "BUILD_TIME") {
            continue;
        }
        let value = item.get("value").and_then(|value| value.text()).filter(|_| !says("type", "SECRET"));
        let value = match value {
            Some(value) if !value.shown().contains("${") => value,
            Some(value) => {
                let why = Why::Machine("another component of the app".into());
                Text::unknown(value.shown(), why, value.at)
            }
            None => Text::unknown(format!("${{{}}}", name.text), Why::Variable(name.text.clone()), name.at),
        };
        Variable::overlay(&mut variables, [Variable::new(name.text.clone(), value, Source::Definition)]);
    }
    variables
}
