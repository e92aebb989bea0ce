//! Notices: a part of the world that could not be read. The audit goes on and the report says so.

use crate::Region;

/// Something that could not be read or understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One lower-case clause without a full stop.
    pub message: String,
    /// The path concerned, relative to the audited folder, when no region of an artifact says it better.
    pub path: Option<String>,
    /// The place, when the file was read.
    pub at: Option<Region>,
}

impl Notice {
    /// A notice about a place in a file.
    pub fn at(region: Region, message: impl Into<String>) -> Self {
        Self { message: message.into(), path: None, at: Some(region) }
    }

    /// A notice about a file that has no text to point into.
    pub fn file(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), path: Some(path.into()), at: None }
    }
}
