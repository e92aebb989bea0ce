//! Kubernetes: plain manifests, Kustomize overlays and Helm charts, each as environments.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::picture::{Class, Ingress, Platform, Text, Unit};
use shipworthy_model::{ArtifactId, Artifacts, Notice, Region, Stage, Why};

use super::finish::Maker;
use super::ingresses::{ingresses, open_annotations};
use super::{Reader, chart, chart_variables, handed, included, json_patch};
use crate::dotenv;
use crate::kubernetes::{self, Cluster, Object};
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Kind, Node};

/// What a kustomization brings together.
#[derive(Default)]
struct Built {
    objects: Vec<Object>,
    artifacts: Vec<ArtifactId>,
    files: BTreeSet<String>,
    complete: bool,
}

/// The objects of a folder or chart, their files, whether all was read, and the chart's values.
type Group = (Vec<Object>, Vec<ArtifactId>, bool, Option<Arc<Node>>);

const DEEPEST: usize = 10;

/// Reads manifests.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let paths: Vec<&str> = files.iter().map(|(path, ..)| path.as_str()).collect();
    let charts: Vec<String> =
        files.iter().filter(|(_, reader, _)| *reader == Reader::HelmChart).map(|(path, ..)| folder_of(path).to_owned()).collect();
    let roots: Vec<String> =
        files.iter().filter(|(_, reader, _)| *reader == Reader::Kustomize).map(|(path, ..)| path.clone()).collect();
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut builds: BTreeMap<String, Built> = BTreeMap::new();
    for path in &roots {
        let built = kustomize(maker, path, 0);
        // What another kustomization builds on is no environment of its own.
        used.extend(built.files.iter().filter(|file| *file != path).cloned());
        builds.insert(path.clone(), built);
    }
    let mut open = Vec::new();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut chosen: BTreeMap<&str, Values> = BTreeMap::new();
    let mut helped: BTreeMap<&str, Vec<chart_variables::Helper>> = BTreeMap::new();
    for (path, reader, content) in files {
        if *reader != Reader::Kubernetes || used.contains(path) {
            continue;
        }
        let chart = charts.iter().find(|chart| {
            let inside = if chart.is_empty() {
                Some(path.as_str())
            } else {
                path.strip_prefix(chart.as_str()).and_then(|rest| rest.strip_prefix('/'))
            };
            inside.is_some_and(|rest| rest.starts_with("templates/"))
        });
        let artifact = maker.artifacts.add(path, content.as_str());
        let chosen = chart.map(|chart| chosen.entry(chart.as_str()).or_insert_with(|| values(maker, chart)).clone());
        let chosen = chosen.unwrap_or_default();
        let rendered = chosen.0.as_ref().map(|values| chart::rendered(content, values));
        let rendered = rendered.as_deref().unwrap_or(content);
        let mut documents = yaml::read(rendered, artifact);
        open.extend(open_annotations(rendered, artifact));
        maker.notices.extend(documents.notices);
        included::graft(maker, path, content, &mut documents.roots);
        if let Some(chart) = chart {
            let helpers = helped.entry(chart).or_insert_with(|| chart_variables::helpers(maker, chart));
            included::put(&mut documents.roots, chart_variables::given(rendered, chosen.0.as_deref(), helpers, 0));
            included::tell(&mut documents.roots, chart_variables::commands(rendered, chosen.0.as_deref()));
            for (place, entries) in chart_variables::added(rendered, chosen.0.as_deref()) {
                let seen = |line: &Region| line.artifact == artifact && (line.start as usize..line.end as usize).contains(&place);
                if open.iter().any(seen) && included::annotate(&mut documents.roots, place, &entries) {
                    open.retain(|line| !seen(line));
                }
            }
        }
        let objects = kubernetes::objects(&documents.roots);
        if objects.is_empty() {
            continue;
        }
        let group = chart.cloned().unwrap_or_else(|| folder_of(path).to_owned());
        let entry = groups.entry(group).or_insert_with(|| (Vec::new(), chosen.1, true, chosen.0));
        entry.0.extend(objects);
        entry.1.push(artifact);
        entry.2 &= !documents.cut;
    }
    let grouped = groups.values().flat_map(|group| &group.0);
    let everything = builds.values().flat_map(|built| &built.objects).chain(grouped);
    for (path, built) in &builds {
        if used.contains(path) || built.objects.is_empty() {
            continue;
        }
        let class = maker.class(path, Reader::Kustomize, &paths);
        let cluster = Cluster { objects: &built.objects, values: None };
        let drafts = cluster.drafts();
        if !drafts.is_empty() {
            maker.environment(folder_name(path), Platform::Kubernetes, built.artifacts.clone(), class, drafts, built.complete);
            lead_in(maker, ingresses(&cluster, &[], &everything));
        }
    }
    for (folder, (objects, artifacts, complete, values)) in &groups {
        let cluster = Cluster { objects, values: values.as_deref() };
        let mut drafts = cluster.drafts();
        if drafts.is_empty() {
            continue;
        }
        for draft in &mut drafts {
            leave_slots(&mut draft.unit, maker.artifacts);
            draft.unit.image = draft.unit.image.take().map(|image| chart_variables::filled(image, values.as_deref()));
        }
        // What is said of any of its files is said of the folder.
        let named = artifacts.iter().find_map(|id| (maker.said)(&maker.artifacts.get(*id).path));
        let class = named.unwrap_or_else(|| super::class(&format!("{folder}/manifest.yaml"), Some(Reader::Kubernetes), &paths));
        let name = if folder.is_empty() { "manifests" } else { folder };
        maker.environment(name, Platform::Kubernetes, artifacts.clone(), class, drafts, *complete);
        lead_in(maker, ingresses(&cluster, &open, &everything));
    }
}

/// Leaves to whoever installs a chart what its values only have an empty text for: a slot, which is filled in there.
fn leave_slots(unit: &mut Unit, artifacts: &Artifacts) {
    for variable in &mut unit.variables {
        let name = artifacts.get(variable.value.at.artifact).path.rsplit('/').next().unwrap_or_default().to_owned();
        if variable.value.expose() == Some("") && name.starts_with("values") {
            let (name, at) = (variable.name.clone(), variable.value.at);
            variable.value = Text::unknown(format!("${{{name}}}"), Why::Variable(name), at);
        }
    }
}

/// Puts Ingresses before the environment that was made last.
fn lead_in(maker: &mut Maker<'_>, ingresses: Vec<Ingress>) {
    if let Some(environment) = maker.picture.environments.last_mut() {
        environment.ingresses = ingresses;
    }
}

/// The values of a chart, and the files that they are from.
type Values = (Option<Arc<Node>>, Vec<ArtifactId>);

/// The values of a chart: its own, and those for production on top where a file beside them is called so.
fn values(maker: &mut Maker<'_>, chart: &str) -> Values {
    let mut artifacts = Vec::new();
    let place = |name: &str| if chart.is_empty() { name.to_owned() } else { format!("{chart}/{name}") };
    let mut merged: Option<Arc<Node>> = None;
    let own = ["values.yaml", "values.yml"];
    let production = ["production", "prod"].into_iter().flat_map(|stage| {
        ["yaml", "yml"]
            .map(|end| [format!("values-{stage}.{end}"), format!("values.{stage}.{end}"), format!("values/{stage}.{end}")])
    });
    let mut above: Vec<String> = production.flatten().collect();
    // A file of values may be called by more than its stage: `values/shop-production.yaml`.
    for folder in ["", "values/"] {
        let names = maker.tree.list(place(folder).trim_end_matches('/')).unwrap_or_default();
        let own = |name: &String| {
            ["yaml", "yml"].iter().any(|end| chart_variables::has_end(name, end))
                && (!folder.is_empty() || name.starts_with("values"))
        };
        let live = names.into_iter().filter(own).filter(|name| Stage::of(name) == Stage::Production);
        above.extend(live.map(|name| format!("{folder}{name}")));
    }
    for names in [own.map(str::to_owned).to_vec(), above] {
        let found = names.iter().map(|name| place(name)).find(|path| maker.tree.node(path) == crate::Node::File);
        let Some((artifact, content)) = found.and_then(|path| maker.open(&path)) else { continue };
        artifacts.push(artifact);
        let Some(root) = yaml::read(&content, artifact).roots.into_iter().next() else { continue };
        let path = maker.artifacts.get(artifact).path.clone();
        let stage = Stage::of(path.rsplit('/').next().unwrap_or(&path));
        let mut spelled = Vec::new();
        chart_variables::credentials(&root, &mut spelled, 0);
        handed::spell(maker, "the values of a chart", &Class::new(stage, "values of a chart"), &spelled);
        merged = Some(merged.map_or(root.clone(), |below| kubernetes::patched(&below, &root, 0)));
    }
    (merged, artifacts)
}

fn folder_name(path: &str) -> &str {
    let folder = folder_of(path);
    if folder.is_empty() { path } else { folder }
}

/// Builds a kustomization: its resources, with its patches and generators on top.
fn kustomize(maker: &mut Maker<'_>, path: &str, depth: usize) -> Built {
    let mut built = Built { complete: true, ..Built::default() };
    built.files.insert(path.to_owned());
    let Some((artifact, content)) = maker.open(path) else { return built };
    let documents = yaml::read(&content, artifact);
    maker.notices.extend(documents.notices);
    built.artifacts.push(artifact);
    let folder = folder_of(path).to_owned();
    let Some(root) = documents.roots.first().cloned() else { return built };
    for key in ["resources", "bases", "components"] {
        for item in root.get(key).map(|list| list.items()).unwrap_or_default() {
            let Some(own) = item.str() else { continue };
            if own.contains("://") || own.starts_with("github.com/") {
                built.complete = false;
                continue;
            }
            let Some(target) = beside(&folder, own) else { continue };
            if depth < DEEPEST && built.files.len() < 500 {
                resource(maker, &target, item, depth, &mut built);
            }
        }
    }
    for key in ["patchesStrategicMerge", "patches", "patchesJson6902"] {
        for item in root.get(key).map(|list| list.items()).unwrap_or_default() {
            patch(maker, &folder, item, &mut built);
        }
    }
    for (key, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for item in root.get(key).map(|list| list.items()).unwrap_or_default() {
            generate(maker, &folder, item, kind, &mut built);
        }
    }
    for item in root.get("images").map(|list| list.items()).unwrap_or_default() {
        retag(item, &mut built);
    }
    built
}

fn resource(maker: &mut Maker<'_>, target: &str, item: &Node, depth: usize, built: &mut Built) {
    if maker.tree.node(target) == crate::Node::File {
        if built.files.insert(target.to_owned())
            && let Some((artifact, content)) = maker.open(target)
        {
            let documents = yaml::read(&content, artifact);
            maker.notices.extend(documents.notices);
            built.objects.extend(kubernetes::objects(&documents.roots));
            built.artifacts.push(artifact);
        }
        return;
    }
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    let inner = names.iter().map(|name| format!("{target}/{name}")).find(|path| maker.tree.node(path) == crate::Node::File);
    match inner {
        Some(inner) if !built.files.contains(&inner) => {
            let below = kustomize(maker, &inner, depth + 1);
            built.objects.extend(below.objects);
            built.artifacts.extend(below.artifacts);
            built.files.extend(below.files);
            built.complete &= below.complete;
        }
        Some(_) => {}
        None => {
            built.complete = false;
            maker.notices.push(Notice::at(item.at, "this resource is not in the project"));
        }
    }
}

fn patch(maker: &mut Maker<'_>, folder: &str, item: &Node, built: &mut Built) {
    let own = item.piece().or_else(|| item.get("path").and_then(|path| path.piece())).filter(|piece| !piece.text.contains('\n'));
    let roots = if let Some(path) = own.and_then(|own| beside(folder, &own.text)) {
        let Some((artifact, content)) = maker.open(&path) else { return };
        built.files.insert(path);
        built.artifacts.push(artifact);
        yaml::read(&content, artifact).roots
    } else if let Some(text) = item.get("patch").and_then(|patch| patch.piece()).or_else(|| item.piece()) {
        // The places of an inline patch are those of the file, where the block stands in it as it is.
        let documents = yaml::read(&text.text, text.at.artifact);
        documents.roots.iter().map(|root| relocated(root, text, 0)).collect()
    } else {
        return;
    };
    let target = item.get("target");
    for root in roots {
        if let Kind::List(operations) = &root.kind {
            let mut found = false;
            for object in built.objects.iter_mut().filter(|object| target.is_some_and(|target| is_meant(target, object))) {
                found = true;
                match json_patch::apply(&object.node, operations) {
                    Some(node) => object.node = node,
                    // What cannot be followed, only the rendered result shows.
                    None => built.complete = false,
                }
            }
            built.complete &= found;
            continue;
        }
        if let Some(target) = target {
            // A target decides alone, whatever the patch is called.
            for object in built.objects.iter_mut().filter(|object| is_meant(target, object)) {
                let named = object.node.get("metadata").cloned();
                object.node = kubernetes::patched(&object.node, &root, 0);
                if let (Some(metadata), Kind::Map(entries)) = (named, &object.node.kind) {
                    let kept = entries.iter().map(|(key, value)| {
                        let value =
                            if key.str() == Some("metadata") { kubernetes::patched(value, &metadata, 0) } else { value.clone() };
                        (key.clone(), value)
                    });
                    let kind = Kind::Map(kept.collect());
                    object.node = Arc::new(Node { kind, at: object.node.at, tag: None });
                }
            }
            continue;
        }
        for change in kubernetes::objects(std::slice::from_ref(&root)) {
            let same = |object: &&mut Object| object.kind == change.kind && object.name == change.name;
            if let Some(object) = built.objects.iter_mut().find(same) {
                object.node = kubernetes::patched(&object.node, &change.node, 0);
            }
        }
    }
}

/// Whether a patch is meant for an object. Names are patterns; those that are no plain words fit whatever they begin like.
fn is_meant(target: &Node, object: &Object) -> bool {
    let says = |key: &str| target.get(key).and_then(|node| node.str());
    let fits = |wanted: Option<&str>, own: &str| {
        wanted.is_none_or(|wanted| match wanted.split_once(['.', '*', '(', '[', '^', '|']) {
            Some((start, _)) => own.starts_with(start),
            None => own == wanted,
        })
    };
    let selects = target.get("labelSelector").is_some() || target.get("annotationSelector").is_some();
    fits(says("kind"), &object.kind) && fits(says("name"), &object.name) && !selects
}

/// A tree that was read out of a piece, with its places in the piece's file.
fn relocated(node: &Arc<Node>, piece: &Piece, depth: usize) -> Arc<Node> {
    let range = |at: shipworthy_model::Region| at.start as usize..at.end as usize;
    let at = piece.region(range(node.at));
    let kind = match &node.kind {
        Kind::Scalar(own, plain) => Kind::Scalar(moved(own, piece), *plain),
        Kind::Template(own) => Kind::Template(moved(own, piece)),
        Kind::List(items) if depth < 60 => Kind::List(items.iter().map(|item| relocated(item, piece, depth + 1)).collect()),
        Kind::Map(entries) if depth < 60 => Kind::Map(
            entries.iter().map(|(key, value)| (relocated(key, piece, depth + 1), relocated(value, piece, depth + 1))).collect(),
        ),
        Kind::Null | Kind::List(_) | Kind::Map(_) => Kind::Null,
    };
    Arc::new(Node { kind, at, tag: node.tag.clone() })
}

fn moved(own: &Piece, piece: &Piece) -> Piece {
    Piece::loose(&own.text, piece.region(own.at.start as usize..own.at.end as usize))
}

/// An object that a generator makes of literals and env files.
fn generate(maker: &mut Maker<'_>, folder: &str, item: &Arc<Node>, kind: &str, built: &mut Built) {
    let scalar = |piece: Piece| Arc::new(Node { at: piece.at, kind: Kind::Scalar(piece, false), tag: None });
    let Some(name) = item.get("name").and_then(|name| name.piece()).cloned() else { return };
    let mut entries: Vec<(Arc<Node>, Arc<Node>)> = Vec::new();
    for literal in item.get("literals").map(|list| list.items()).unwrap_or_default() {
        if let Some((key, value)) = literal.piece().and_then(|piece| piece.split_once('=')) {
            entries.push((scalar(key), scalar(crate::ini::unquoted(&value))));
        }
    }
    let files = item.get("envs").map(|list| list.one_or_more()).unwrap_or_default();
    let files = files.into_iter().chain(item.get("env").into_iter().map(|node| &**node));
    for file in files.filter_map(Node::str).filter_map(|file| beside(folder, file)).collect::<Vec<_>>() {
        let Some((artifact, content)) = maker.open(&file) else {
            built.complete = false;
            continue;
        };
        for assignment in dotenv::read(&content, artifact).0 {
            let at = assignment.at;
            let key = Piece::loose(&assignment.name, at);
            entries.push((scalar(key), scalar(Piece::loose(&assignment.value.unwrap_or_default(), at))));
        }
    }
    let key = |text: &str| scalar(Piece::loose(text, item.at));
    let data = Arc::new(Node { kind: Kind::Map(entries), at: item.at, tag: None });
    // What a generator is given is plain text, in a Secret too.
    let node = Arc::new(Node { kind: Kind::Map(vec![(key("stringData"), data)]), at: item.at, tag: None });
    built.objects.push(Object { kind: kind.into(), name: name.text, node });
}

/// The `images` of a kustomization: other names and tags.
fn retag(item: &Node, built: &mut Built) {
    let field = |key: &str| item.get(key).and_then(|node| node.piece());
    let Some(name) = field("name") else { return };
    let to = field("newName").unwrap_or(name);
    let image = match field("newTag") {
        Some(tag) => format!("{}:{}", to.text, tag.text),
        None => to.text.to_string(),
    };
    let piece = Piece::loose(&image, item.at);
    for object in &mut built.objects {
        object.node = replaced(&object.node, &name.text, &piece, 0);
    }
}

fn replaced(node: &Arc<Node>, name: &str, image: &Piece, depth: usize) -> Arc<Node> {
    if depth > 40 {
        return node.clone();
    }
    let kind = match &node.kind {
        Kind::Map(entries) => Kind::Map(
            entries
                .iter()
                .map(|(key, value)| {
                    let is_image = key.str() == Some("image")
                        && value.str().is_some_and(|own| own.split([':', '@']).next() == Some(name) || own == name);
                    let value = if is_image {
                        Arc::new(Node { kind: Kind::Scalar(image.clone(), false), at: image.at, tag: None })
                    } else {
                        replaced(value, name, image, depth + 1)
                    };
                    (key.clone(), value)
                })
                .collect(),
        ),
        Kind::List(items) => Kind::List(items.iter().map(|item| replaced(item, name, image, depth + 1)).collect()),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => return node.clone(),
    };
    Arc::new(Node { kind, at: node.at, tag: node.tag.clone() })
}
