//! Patches by operation (RFC 6902), as Kustomize applies them to objects.

use std::sync::Arc;

use shipworthy_model::Region;

use crate::piece::Piece;
use crate::yaml::{Kind, Node};

/// The most steps of a path that are followed.
const DEEPEST: usize = 40;

/// Applies operations in order; `None` where one of them cannot be followed.
pub(super) fn apply(object: &Arc<Node>, operations: &[Arc<Node>]) -> Option<Arc<Node>> {
    let mut object = object.clone();
    for operation in operations {
        let path = steps(operation.get("path")?.str()?);
        let value = operation.get("value");
        object = match operation.get("op")?.str()? {
            "add" => changed(&object, &path, &Change::Add(value?.clone()), operation.at)?,
            "replace" => changed(&object, &path, &Change::Replace(value?.clone()), operation.at)?,
            "remove" => changed(&object, &path, &Change::Remove, operation.at)?,
            "test" => object,
            "copy" | "move" => {
                let from = steps(operation.get("from")?.str()?);
                let found = from.iter().try_fold(&object, |node, step| child(node, step))?.clone();
                let cleared = match operation.get("op")?.str()? {
                    "move" => changed(&object, &from, &Change::Remove, operation.at)?,
                    _ => object,
                };
                changed(&cleared, &path, &Change::Add(found), operation.at)?
            }
            _ => return None,
        };
    }
    Some(object)
}

enum Change {
    Add(Arc<Node>),
    Replace(Arc<Node>),
    Remove,
}

/// The steps of a pointer: `/spec/template/metadata/annotations/a~1b`.
fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

fn child<'n>(node: &'n Arc<Node>, step: &str) -> Option<&'n Arc<Node>> {
    match &node.kind {
        Kind::Map(_) => node.get(step),
        Kind::List(items) => items.get(step.parse::<usize>().ok()?),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => None,
    }
}

fn changed(node: &Arc<Node>, path: &[String], change: &Change, at: Region) -> Option<Arc<Node>> {
    let [step, rest @ ..] = path else {
        return match change {
            Change::Add(value) | Change::Replace(value) => Some(value.clone()),
            Change::Remove => None,
        };
    };
    if path.len() > DEEPEST {
        return None;
    }
    let kind = match &node.kind {
        Kind::Map(entries) => Kind::Map(in_map(entries, step, rest, change, at)?),
        Kind::List(items) => Kind::List(in_list(items, step, rest, change, at)?),
        Kind::Null | Kind::Scalar(..) | Kind::Template(_) => return None,
    };
    Some(Arc::new(Node { kind, at: node.at, tag: node.tag.clone() }))
}

type Entries = Vec<(Arc<Node>, Arc<Node>)>;

fn in_map(entries: &Entries, step: &str, rest: &[String], change: &Change, at: Region) -> Option<Entries> {
    let mut entries = entries.clone();
    let index = entries.iter().rposition(|(key, _)| key.str() == Some(step));
    match (index, rest, change) {
        (Some(index), [], Change::Remove) => {
            entries.remove(index);
        }
        (Some(index), _, _) => entries[index].1 = changed(&entries[index].1, rest, change, at)?,
        (None, [], Change::Add(value)) => {
            let key = Node { kind: Kind::Scalar(Piece::loose(step, at), true), at, tag: None };
            entries.push((Arc::new(key), value.clone()));
        }
        (None, _, Change::Add(_) | Change::Replace(_) | Change::Remove) => return None,
    }
    Some(entries)
}

fn in_list(items: &[Arc<Node>], step: &str, rest: &[String], change: &Change, at: Region) -> Option<Vec<Arc<Node>>> {
    let mut items = items.to_vec();
    let index = if step == "-" { items.len() } else { step.parse().ok()? };
    match (rest, change) {
        ([], Change::Add(value)) if index <= items.len() => items.insert(index, value.clone()),
        ([], Change::Remove) if index < items.len() => {
            items.remove(index);
        }
        _ => *items.get_mut(index)? = changed(items.get(index)?, rest, change, at)?,
    }
    Some(items)
}
