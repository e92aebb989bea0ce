//! Fragments of manifests that a template takes in whole: `{% include 'app.env.yaml.j2' %}` behind a container.

use std::sync::Arc;

use super::finish::Maker;
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
            *root = grafted(root, start, &fragment, 0);
        }
    }
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

/// A tree in which the container that begins at `start` has what the fragment says of its variables.
fn grafted(node: &Arc<Node>, start: u32, fragment: &Node, depth: usize) -> Arc<Node> {
    if depth > DEEPEST {
        return node.clone();
    }
    let kind = match &node.kind {
        Kind::Map(entries) if is_container(node) && node.at.start == start => {
            let Kind::Map(given) = &fragment.kind else { return node.clone() };
            let wanted =
                |key: &Arc<Node>| key.str().is_some_and(|key| matches!(key, "env" | "envFrom") && node.get(key).is_none());
            let more = given.iter().filter(|(key, _)| wanted(key));
            Kind::Map(entries.iter().chain(more).cloned().collect())
        }
        Kind::Map(entries) => {
            Kind::Map(entries.iter().map(|(key, value)| (key.clone(), grafted(value, start, fragment, depth + 1))).collect())
        }
        Kind::List(items) => Kind::List(items.iter().map(|item| grafted(item, start, fragment, depth + 1)).collect()),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => return node.clone(),
    };
    Arc::new(Node { kind, at: node.at, tag: node.tag.clone() })
}
