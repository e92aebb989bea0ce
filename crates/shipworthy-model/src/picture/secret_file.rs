//! Files of the tree that a deployment hands its containers as secrets.

use std::sync::Arc;

use super::Class;
use crate::Region;

/// A file that a compose file names under `secrets`.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// Its path in the tree.
    pub path: Arc<str>,
    /// What the compose file is for.
    pub class: Class,
    /// Where it is named.
    pub at: Region,
}
