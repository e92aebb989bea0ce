//! Fragments of manifests that a template takes in whole: `{% include 'app.env.yaml.j2' %}` behind a container.

use std::sync::Arc;

use super::finish::Maker;
use crate::piece::Piece;
use crate::places::{beside, folder_of};
use crate::yaml::{self, Kind, Node};

/// Gives containers the variables of the fragments that are included where they end.
pub(super) fn graft(maker: &mut Maker<'_>, path: &str, content: &str, roots: &mut [Arc<Node>]) {
    const MOST: usize = 20;
    for (place, name) in includes(content).into_iter().take(MOST) {
        let Some((artifact, text)) = beside(folder_of(path), name).and_then(|path| maker.open(&path)) else { continue };
        let Some(fragment) = yaml::read(&text, artifact).roots.into_iter().next() else { continue };
        let mut ends = None;
        for root in roots.iter() {
            last(root, place, 0, &mut ends);
        }
        let Some(start) = ends else { continue };
        for root in roots.iter_mut() {
            *root = changed(root, start, &|node| grafted(node, &fragment), 0);
        }
    }
}

/// Gives containers the entries of `env` that their template puts there in other ways than by writing them down.
pub(super) fn put(roots: &mut [Arc<Node>], entries: Vec<(usize, Vec<Arc<Node>>)>) {
    const MOST: usize = 200;
    for (place, items) in entries.into_iter().take(MOST) {
        let mut start = None;
        for root in roots.iter() {
            last(root, place, 0, &mut start);
        }
        let Some(start) = start else { continue };
        let more = |node: &Node| {
            let Kind::Map(own) = &node.kind else { return node.kind.clone() };
            let mut own = own.clone();
            if let Some((_, list)) = own.iter_mut().find(|(key, _)| key.str() == Some("env")) {
                let all = list.items().iter().chain(&items).cloned().collect();
                *list = Arc::new(Node { kind: Kind::List(all), at: list.at, tag: None });
            } else {
                let key = Kind::Scalar(Piece::loose("env", node.at), true);
                let key = Arc::new(Node { kind: key, at: node.at, tag: None });
                own.push((key, Arc::new(Node { kind: Kind::List(items.clone()), at: node.at, tag: None })));
            }
            Kind::Map(own)
        };
        for root in roots.iter_mut() {
            *root = changed(root, start, &more, 0);
        }
    }
}

/// Gives containers the command or arguments that their template takes from the values of the chart.
pub(super) fn tell(roots: &mut [Arc<Node>], told: Vec<(usize, &'static str, Arc<Node>)>) {
    for (place, name, value) in told {
        let mut start = None;
        for root in roots.iter() {
            last(root, place, 0, &mut start);
        }
        let Some(start) = start else { continue };
        let set = |node: &Node| {
            let Kind::Map(own) = &node.kind else { return node.kind.clone() };
            let mut own = own.clone();
            own.retain(|(key, _)| key.str() != Some(name));
            let key = Kind::Scalar(Piece::loose(name, node.at), true);
            own.push((Arc::new(Node { kind: key, at: node.at, tag: None }), value.clone()));
            Kind::Map(own)
        };
        for root in roots.iter_mut() {
            *root = changed(root, start, &set, 0);
        }
    }
}

/// Gives an Ingress the annotations that its template takes from the values of the chart at a place; tells whether it does.
pub(super) fn annotate(roots: &mut [Arc<Node>], place: usize, entries: &[(Arc<Node>, Arc<Node>)]) -> bool {
    let before = |root: &&mut Arc<Node>| root.at.start as usize <= place;
    let Some(root) = roots.iter_mut().rfind(before) else { return false };
    if root.get("kind").is_none_or(|kind| kind.str() != Some("Ingress")) {
        return false;
    }
    let set = |node: &Arc<Node>, name: &str, make: &dyn Fn(Option<&Arc<Node>>) -> Kind| {
        let Kind::Map(own) = &node.kind else { return node.clone() };
        let mut own = own.clone();
        let kind = make(node.get(name));
        let made = |at| Arc::new(Node { kind, at, tag: None });
        if let Some((_, value)) = own.iter_mut().find(|(key, _)| key.str() == Some(name)) {
            *value = made(value.at);
        } else {
            let key = Kind::Scalar(Piece::loose(name, node.at), true);
            own.push((Arc::new(Node { kind: key, at: node.at, tag: None }), made(node.at)));
        }
        Arc::new(Node { kind: Kind::Map(own), at: node.at, tag: node.tag.clone() })
    };
    let Some(metadata) = root.get("metadata").cloned() else { return false };
    let annotated = set(&metadata, "annotations", &|known| {
        let known = match known.map(|known| &known.kind) {
            Some(Kind::Map(known)) => known.as_slice(),
            Some(Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_)) | None => &[],
        };
        Kind::Map(known.iter().chain(entries).cloned().collect())
    });
    *root = set(root, "metadata", &|_| annotated.kind.clone());
    true
}

/// The names that a template includes, and where.
fn includes(text: &str) -> Vec<(usize, &str)> {
    let tags = text.match_indices("{%").filter_map(|(start, _)| {
        let inside = text[start + 2..].split("%}").next()?.trim_matches(['-', '+', ' ']);
        let name = inside.strip_prefix("include")?.split_whitespace().next()?;
        Some((start, name.trim_matches(['"', '\''])))
    });
    tags.collect()
}

const DEEPEST: usize = 40;

fn is_container(node: &Node) -> bool {
    node.is_map() && node.get("image").is_some()
}

/// Where the last container before a place begins.
fn last(node: &Node, place: usize, depth: usize, found: &mut Option<u32>) {
    if depth > DEEPEST || node.at.start as usize > place {
        return;
    }
    if is_container(node) {
        *found = (*found).max(Some(node.at.start));
    }
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| last(value, place, depth + 1, found)),
        Kind::List(items) => items.iter().for_each(|item| last(item, place, depth + 1, found)),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => {}
    }
}

/// A tree in which the container that begins at `start` is changed.
fn changed(node: &Arc<Node>, start: u32, change: &dyn Fn(&Node) -> Kind, depth: usize) -> Arc<Node> {
    if depth > DEEPEST {
        return node.clone();
    }
    let kind = match &node.kind {
        Kind::Map(_) if is_container(node) && node.at.start == start => change(node),
        Kind::Map(entries) => {
            Kind::Map(entries.iter().map(|(key, value)| (key.clone(), changed(value, start, change, depth + 1))).collect())
        }
        Kind::List(items) => Kind::List(items.iter().map(|item| changed(item, start, change, depth + 1)).collect()),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => return node.clone(),
    };
    Arc::new(Node { kind, at: node.at, tag: node.tag.clone() })
}

/// A container with what a fragment says of its variables, where it says nothing itself.
fn grafted(node: &Node, fragment: &Node) -> Kind {
    let (Kind::Map(own), Kind::Map(given)) = (&node.kind, &fragment.kind) else { return node.kind.clone() };
    let wanted = |key: &Arc<Node>| key.str().is_some_and(|key| matches!(key, "env" | "envFrom") && node.get(key).is_none());
    Kind::Map(own.iter().chain(given.iter().filter(|(key, _)| wanted(key))).cloned().collect())
}
