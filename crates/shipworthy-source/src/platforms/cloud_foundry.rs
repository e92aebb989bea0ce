//! Cloud Foundry: the applications of a manifest, which take their commands from a Procfile where they name none.

use shipworthy_model::picture::{HttpProbe, Probe, ProbeKind, Source, Text, Unit, Variable};
use shipworthy_model::{ArtifactId, Notice};

use super::{given, port, procfile_lines, routed, shell};
use crate::draft::Draft;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Node};

/// The applications of a manifest that run code of the project (docs.cloudfoundry.org, "App manifest attribute reference").
/// `procfile` is the Procfile beside it.
pub(crate) fn cloud_foundry(
    path: &str,
    text: &str,
    procfile: Option<(&str, ArtifactId)>,
    artifact: ArtifactId,
) -> (Vec<Draft>, Vec<Notice>) {
    let documents = yaml::read(text, artifact);
    let lines = procfile.map(|(text, artifact)| procfile_lines(&Piece::file(text, artifact))).unwrap_or_default();
    let mut drafts = Vec::new();
    for root in &documents.roots {
        for application in root.get("applications").map(|list| list.items()).unwrap_or_default() {
            // What runs an image that is somebody else's is no part of the project.
            if application.get("docker").is_some() {
                continue;
            }
            let name = application.get("name").and_then(|name| name.text());
            let own = application.get("command").and_then(|command| command.piece()).filter(|it| &*it.text != "null");
            let commands: Vec<(Option<&Piece>, &Piece)> = match own {
                Some(own) => vec![(None, own)],
                None => lines.iter().map(|(name, command)| (Some(name), command)).collect(),
            };
            for (process, command) in commands {
                let is_web = process.is_none_or(|process| &*process.text == "web");
                let shown = process.filter(|_| !is_web).map(|process| process.text.to_string());
                let shown = shown.or_else(|| Some(name.as_ref()?.shown().to_owned())).unwrap_or_else(|| "web".to_owned());
                let mut unit = Unit::new(shown, name.as_ref().map_or(application.at, |name| name.at));
                unit.command = Some(shell(command));
                unit.variables = given::cloud_foundry(unit.at);
                unit.variables.push(port(unit.at));
                let variables = application.get("env").into_iter().flat_map(|env| env.entries());
                let variables = variables
                    .filter_map(|(name, value)| Some(Variable::new(name.text.clone(), value_of(value)?, Source::Definition)));
                Variable::overlay(&mut unit.variables, variables);
                unit.replicas = application.get("instances").and_then(|it| it.text());
                if is_web && !application.get("no-route").is_some_and(|flag| flag.is_true()) {
                    unit.ports.push(routed(unit.at));
                    unit.probes.extend(health(application));
                }
                let folder = application.get("path").and_then(|it| it.str()).and_then(|own| beside(folder_of(path), own));
                let mut draft = Draft::new(unit);
                draft.folder = Some(folder.unwrap_or_else(|| folder_of(path).to_owned()));
                drafts.push(draft);
            }
        }
    }
    (drafts, documents.notices)
}

/// The text of a value; `((name))` is filled in when the manifest is pushed.
fn value_of(value: &Node) -> Option<Text> {
    let text = value.text()?;
    if text.shown().contains("((") {
        return Some(yaml::template(&Piece::verbatim(text.shown(), text.at)));
    }
    Some(text)
}

fn health(application: &Node) -> Option<Probe> {
    let path = application.get("health-check-http-endpoint").and_then(|it| it.text())?;
    let at = path.at;
    let kind = ProbeKind::Http(Box::new(HttpProbe { path: Some(path), ..HttpProbe::default() }));
    Some(Probe { name: "health-check-http-endpoint".into(), kind, at })
}
