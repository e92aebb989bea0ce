//! Drafts: units as their definitions say them, before their images are known and their commands are followed.

use shipworthy_model::picture::{Command, Unit};

/// A unit, and what else its definition says of it.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The unit, without processes.
    pub(crate) unit: Unit,
    /// What runs before a release serves.
    pub(crate) release: Vec<Command>,
    /// What runs before each start.
    pub(crate) before: Vec<Command>,
    /// The folder of the tree in which its files lie.
    pub(crate) folder: Option<String>,
    /// Paths of the process where files of the tree are seen.
    pub(crate) binds: Vec<(String, String)>,
    /// Whether a shell reads its command and entrypoint, where those have one word.
    pub(crate) once: bool,
}

impl Draft {
    /// A draft of which only the unit is known.
    pub(crate) fn new(unit: Unit) -> Self {
        Self { unit, release: Vec::new(), before: Vec::new(), folder: None, binds: Vec::new(), once: false }
    }
}
