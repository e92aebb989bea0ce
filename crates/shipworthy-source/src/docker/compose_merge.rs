//! Merges services as Docker Compose does: mappings by key, most lists by adding, commands by replacing (Compose
//! specification, 13-merge).

use std::sync::Arc;

use crate::piece::Piece;
use crate::yaml::{Kind, Node};

const DEEPEST: usize = 40;

/// A service with another on top of it.
pub(super) fn service(below: &Arc<Node>, above: &Arc<Node>) -> Arc<Node> {
    merged(below, above, "", 0)
}

fn merged(below: &Arc<Node>, above: &Arc<Node>, key: &str, depth: usize) -> Arc<Node> {
    if above.tag.as_deref() == Some("override") || depth > DEEPEST {
        return above.clone();
    }
    if above.is_null() {
        return below.clone();
    }
    let by_name = matches!(
        key,
        "environment"
            | "labels"
            | "args"
            | "annotations"
            | "extra_hosts"
            | "sysctls"
            | "driver_opts"
            | "depends_on"
            | "networks"
            | "ulimits"
    );
    if by_name {
        return entries(&to_map(below), &to_map(above), depth);
    }
    match (&below.kind, &above.kind) {
        (Kind::Map(_), Kind::Map(_)) => entries(below, above, depth),
        (Kind::List(_), Kind::List(_)) if matches!(key, "command" | "entrypoint" | "test") => above.clone(),
        (Kind::List(first), Kind::List(second)) => {
            let mut items: Vec<Arc<Node>> = first.clone();
            for item in second {
                let same = |known: &Arc<Node>| match key {
                    "volumes" | "devices" | "tmpfs" => target(known).is_some() && target(known) == target(item),
                    _ => known.str().is_some() && known.str() == item.str(),
                };
                match items.iter_mut().find(|known| same(known)) {
                    Some(known) => *known = item.clone(),
                    None => items.push(item.clone()),
                }
            }
            Arc::new(Node { kind: Kind::List(items), at: above.at, tag: None })
        }
        _ => above.clone(),
    }
}

fn entries(below: &Arc<Node>, above: &Arc<Node>, depth: usize) -> Arc<Node> {
    let (Kind::Map(first), Kind::Map(second)) = (&below.kind, &above.kind) else { return above.clone() };
    let mut result = first.clone();
    for (key, value) in second {
        let name = key.piece().map(|piece| piece.text.clone());
        let known =
            result.iter().position(|(known, _)| name.is_some() && known.piece().map(|piece| &piece.text) == name.as_ref());
        let reset = value.tag.as_deref() == Some("reset");
        match known {
            Some(index) if reset => {
                result.remove(index);
            }
            Some(index) => {
                let value = merged(&result[index].1, value, name.as_deref().unwrap_or_default(), depth + 1);
                result[index] = (key.clone(), value);
            }
            None if reset => {}
            None => result.push((key.clone(), value.clone())),
        }
    }
    Arc::new(Node { kind: Kind::Map(result), at: above.at, tag: None })
}

/// Where a volume is mounted.
fn target(node: &Arc<Node>) -> Option<String> {
    match &node.kind {
        Kind::Map(_) => node.get("target").and_then(|target| target.str()).map(str::to_owned),
        Kind::Scalar(..) | Kind::Template(_) => {
            let text = node.text()?;
            Some(super::ports::mount(&text).target.shown().to_owned())
        }
        Kind::Null | Kind::List(_) => None,
    }
}

/// `- NAME=value` and `- NAME` as a mapping.
pub(super) fn to_map(node: &Arc<Node>) -> Arc<Node> {
    let Kind::List(items) = &node.kind else { return node.clone() };
    let entries = items.iter().filter_map(|item| {
        let piece = item.piece()?;
        let node = |piece: Piece| Arc::new(Node { at: piece.at, kind: Kind::Scalar(piece, false), tag: None });
        Some(match piece.split_once('=') {
            Some((name, value)) => (node(name), node(value)),
            None => (node(piece.clone()), Arc::new(Node { kind: Kind::Null, at: item.at, tag: None })),
        })
    });
    Arc::new(Node { kind: Kind::Map(entries.collect()), at: node.at, tag: node.tag.clone() })
}
