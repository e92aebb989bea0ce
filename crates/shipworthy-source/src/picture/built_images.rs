//! Builds of images that commands, pipelines and bake files name: `docker build -t shop .`, `docker-bake.hcl`.

use shipworthy_model::picture::{Build, Class, Text};
use shipworthy_model::{ArtifactId, Stage};

use super::finish::Maker;
use super::named_images::Named;
use crate::command::Built;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Node};

/// Keeps what commands build in a folder of the tree.
pub(super) fn keep(maker: &mut Maker<'_>, folder: &str, built: Vec<Built>) {
    for Built { name, file, context, target } in built {
        let Some(context) = context.as_str().and_then(|path| beside(folder, path)) else { continue };
        // Docker takes the file from where it is called, and its own name from the context.
        let dockerfile = match &file {
            Some(file) => file.as_str().and_then(|file| beside(folder, file)),
            None => beside(&context, "Dockerfile"),
        };
        add(maker, name, context, dockerfile, target);
    }
}

/// What a step of a workflow builds by `docker/build-push-action`: its files are named from the root.
pub(super) fn keep_action(maker: &mut Maker<'_>, with: &Node) {
    let text = |key: &str| with.get(key).and_then(|it| it.text());
    let context = text("context").map_or(Some(String::new()), |it| beside("", it.as_str()?));
    let Some(context) = context else { return };
    let file = text("file");
    let dockerfile = file.map_or_else(|| beside(&context, "Dockerfile"), |file| beside("", file.as_str()?));
    let Some(tags) = with.get("tags").and_then(|tags| tags.piece()) else { return };
    for line in tags.lines() {
        let line = line.trim();
        let first = line.split_once(',').map_or(line, |(first, _)| first.trim());
        add(maker, first.known(), context.clone(), dockerfile.clone(), text("target"));
    }
}

/// The targets of a bake file (docs.docker.com/build/bake/reference), in HCL or JSON.
pub(super) fn bake(maker: &mut Maker<'_>, path: &str, content: &str) {
    let artifact = maker.artifacts.add(path, content);
    let targets =
        if path.to_ascii_lowercase().ends_with(".json") { of_json(content, artifact) } else { of_hcl(content, artifact) };
    for target in &targets {
        // Bake runs where it is called, which is the root more often than the folder of its file.
        let context = target.get(&targets, "context", 0);
        let near = folder_of(path).to_owned();
        let context = context.map_or(Some(String::new()), |it| it.as_str().map(str::to_owned));
        let Some(context) = context else { continue };
        let context = if context.starts_with("..") { beside(&near, &context) } else { beside("", &context) };
        let Some(context) = context else { continue };
        let file = target.get(&targets, "dockerfile", 0);
        let name = file.as_ref().and_then(Text::as_str).unwrap_or("Dockerfile").to_owned();
        let stage = target.get(&targets, "target", 0);
        for tag in target.all(&targets, "tags", 0) {
            add(maker, tag, context.clone(), beside(&context, &name), stage.clone());
        }
    }
}

fn add(maker: &mut Maker<'_>, name: Text, context: String, dockerfile: Option<String>, target: Option<Text>) {
    let Some(dockerfile) = dockerfile.filter(|path| maker.tree.node(path) == crate::Node::File) else { return };
    let at = name.at;
    let context = Some(context.into());
    let build = Build { context, dockerfile: dockerfile.into(), target, arguments: Vec::new(), at, by_name: true };
    maker.named.extend(Named::new(&name, build, &Class::new(Stage::Neutral, "a command builds it")));
}

/// A target of a bake file: its name, and its attributes with all that they list.
struct Target {
    name: String,
    attributes: Vec<(String, Vec<Text>)>,
}

const DEEPEST: usize = 8;

impl Target {
    fn get(&self, targets: &[Self], key: &str, depth: usize) -> Option<Text> {
        self.all(targets, key, depth).into_iter().next()
    }

    /// What an attribute lists, its own or that of the targets it inherits from, the last one first.
    fn all(&self, targets: &[Self], key: &str, depth: usize) -> Vec<Text> {
        if let Some((_, values)) = self.attributes.iter().find(|(name, _)| name == key) {
            return values.clone();
        }
        let parents = self.attributes.iter().find(|(name, _)| name == "inherits").map(|(_, parents)| parents.as_slice());
        let parents = parents.unwrap_or_default().iter().rev().filter(|_| depth < DEEPEST);
        let found = parents.filter_map(|parent| {
            let parent = targets.iter().find(|it| parent.is(&it.name))?;
            Some(parent.all(targets, key, depth + 1)).filter(|values| !values.is_empty())
        });
        found.into_iter().next().unwrap_or_default()
    }
}

fn of_json(content: &str, artifact: ArtifactId) -> Vec<Target> {
    let documents = yaml::read(content, artifact);
    let targets = documents.roots.iter().filter_map(|root| root.get("target"));
    let target = |(name, node): (&Piece, &std::sync::Arc<Node>)| Target {
        name: name.text.to_string(),
        attributes: node
            .entries()
            .map(|(key, value)| (key.text.to_string(), value.one_or_more().into_iter().filter_map(Node::text).collect()))
            .collect(),
    };
    targets.flat_map(|targets| targets.entries().map(target).collect::<Vec<_>>()).collect()
}

/// Blocks `target "name" { key = "value" }`; what is no plain text or list of texts is passed over.
fn of_hcl(content: &str, artifact: ArtifactId) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    let (mut depth, mut in_target) = (0_usize, false);
    let mut open: Option<String> = None;
    for line in Piece::file(content, artifact).lines() {
        let line = line.trim();
        if line.text.starts_with(['#', '/']) {
            continue;
        }
        if line.text.starts_with('}') {
            (depth, open) = (depth.saturating_sub(1), None);
            continue;
        }
        if line.text.ends_with('{') {
            let name = line.text.strip_prefix("target ").filter(|_| depth == 0).and_then(|rest| rest.split('"').nth(1));
            targets.extend(name.map(|name| Target { name: name.to_owned(), attributes: Vec::new() }));
            in_target = name.is_some() || in_target && depth > 0;
            depth += 1;
            continue;
        }
        let Some(target) = targets.last_mut().filter(|_| depth == 1 && in_target) else { continue };
        let key = match (&open, line.text.split_once('=')) {
            (Some(key), _) => key.clone(),
            (None, Some((key, _))) => key.trim().to_owned(),
            (None, None) => continue,
        };
        let mut values = quoted(&line);
        match target.attributes.iter_mut().find(|(name, _)| *name == key) {
            Some((_, known)) => known.append(&mut values),
            None => target.attributes.push((key.clone(), values)),
        }
        let opened = open.is_some() || line.text.contains('[');
        open = (opened && !line.text.contains(']')).then_some(key);
    }
    targets
}

/// The texts in quotes of a line.
fn quoted(line: &Piece) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut start = None;
    for (index, letter) in line.text.char_indices() {
        if letter != '"' {
            continue;
        }
        match start.take() {
            None => start = Some(index + 1),
            Some(start) => {
                let piece = line.slice(start..index);
                texts.push(if piece.text.contains("${") { yaml::template(&piece) } else { piece.known() });
            }
        }
    }
    texts
}
