//! The project's tree as the readers see it: names and bytes, handed in from outside.

use std::collections::{BTreeMap, BTreeSet};

/// A folder of files that can be asked for. Paths are relative to its root, with forward slashes, without `.`, `..` or a
/// leading slash; the empty path is the root.
pub trait Tree {
    /// What is at `path`.
    fn node(&self, path: &str) -> Node;
    /// The bytes of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;
    /// The names in a folder, sorted; `None` if it is no folder or cannot be listed.
    fn list(&self, path: &str) -> Option<Vec<String>>;
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Nothing.
    Absent,
    /// Something that is not ours to look at: a link out of the tree, a device, a path we may not read.
    Other,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no file.
    Absent,
    /// It is larger than we read; the limit in bytes.
    TooLarge(u64),
    /// The system refuses; its words.
    Refused(String),
}

/// A tree without some of its files: those that are not where it is deployed.
pub struct Without<'a> {
    /// The whole tree.
    pub tree: &'a dyn Tree,
    /// The paths of the files that are left out.
    pub hidden: &'a BTreeSet<String>,
}

impl Tree for Without<'_> {
    fn node(&self, path: &str) -> Node {
        if self.hidden.contains(path) { Node::Absent } else { self.tree.node(path) }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        if self.hidden.contains(path) { Err(ReadError::Absent) } else { self.tree.read(path) }
    }

    fn list(&self, path: &str) -> Option<Vec<String>> {
        let mut names = self.tree.list(path)?;
        let whole = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        names.retain(|name| !self.hidden.contains(&whole(name)));
        Some(names)
    }
}

/// A tree in memory, for guides, tests and fuzzing.
#[derive(Clone, Debug, Default)]
pub struct MemoryTree {
    files: BTreeMap<String, Vec<u8>>,
}

impl MemoryTree {
    /// Puts a file at `path`; folders come into being on their own.
    pub fn insert(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), bytes.into());
    }
}

impl Tree for MemoryTree {
    fn node(&self, path: &str) -> Node {
        if self.files.contains_key(path) {
            Node::File
        } else if path.is_empty() || self.files.keys().any(|file| is_below(file, path)) {
            Node::Folder
        } else {
            Node::Absent
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        self.files.get(path).cloned().ok_or(ReadError::Absent)
    }

    fn list(&self, path: &str) -> Option<Vec<String>> {
        if self.node(path) != Node::Folder {
            return None;
        }
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter(|file| path.is_empty() || is_below(file, path))
            .map(|file| if path.is_empty() { file.as_str() } else { &file[path.len() + 1..] })
            .map(|rest| rest.split('/').next().unwrap_or(rest).to_owned())
            .collect();
        names.dedup();
        Some(names)
    }
}

fn is_below(file: &str, folder: &str) -> bool {
    file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
