//! YAML with places: trees of located nodes, with anchors and merge keys resolved, from text that may be a template.

mod build;
mod template;

use std::sync::Arc;

use shipworthy_model::Region;
use shipworthy_model::picture::Text;

pub(crate) use build::read;

use crate::piece::Piece;

/// A node of a document.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it stands.
    pub(crate) at: Region,
    /// The tag's own part: `reset` of `!reset`.
    pub(crate) tag: Option<Arc<str>>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nothing: empty, `null`, `~`.
    Null,
    /// Text, and whether it was written without quotes.
    Scalar(Piece, bool),
    /// A template's expression, as written.
    Template(Piece),
    /// A sequence.
    List(Vec<Arc<Node>>),
    /// A mapping, in order.
    Map(Vec<(Arc<Node>, Arc<Node>)>),
}

impl Node {
    /// What a mapping holds under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Node>> {
        match &self.kind {
            // The last of several counts, as most readers have it.
            Kind::Map(entries) => entries.iter().rev().find(|(name, _)| name.str() == Some(key)).map(|(_, value)| value),
            Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) => None,
        }
    }

    /// What lies at the end of a path of keys.
    pub(crate) fn path(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key).map(|node| &**node))
    }

    /// The entries of a mapping whose keys are text.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Piece, &Arc<Node>)> {
        let entries: &[(Arc<Node>, Arc<Node>)] = match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) => &[],
        };
        entries.iter().filter_map(|(key, value)| key.piece().map(|key| (key, value)))
    }

    /// The items of a sequence.
    pub(crate) fn items(&self) -> &[Arc<Node>] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::Map(_) => &[],
        }
    }

    /// The items of a sequence, or the node itself where it is one text.
    pub(crate) fn one_or_more(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::List(items) => items.iter().map(|item| &**item).collect(),
            Kind::Scalar(..) | Kind::Template(_) => vec![self],
            Kind::Null | Kind::Map(_) => Vec::new(),
        }
    }

    /// The text of a scalar, template or not.
    pub(crate) fn piece(&self) -> Option<&Piece> {
        match &self.kind {
            Kind::Scalar(piece, _) | Kind::Template(piece) => Some(piece),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The text of a scalar that is no template.
    pub(crate) fn str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(piece, _) => Some(&piece.text),
            Kind::Null | Kind::Template(_) | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Whether there is nothing.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Whether it is a mapping.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_))
    }

    /// Whether it is plainly true.
    pub(crate) fn is_true(&self) -> bool {
        self.str().is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on"))
    }

    /// The scalar as a text; a template is unknown.
    pub(crate) fn text(&self) -> Option<Text> {
        match &self.kind {
            Kind::Scalar(piece, _) => Some(piece.known()),
            Kind::Template(piece) => Some(template(piece)),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }
}

/// A text that a template makes.
pub(crate) fn template(piece: &Piece) -> Text {
    let why = shipworthy_model::Why::Unsupported("a template's expression".into());
    Text::unknown(piece.text.clone(), why, piece.at)
}
