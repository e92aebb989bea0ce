//! Inlays: files of a unit whose text stands inside another file: in a `ConfigMap`, a compose file, a Dockerfile.

use std::sync::Arc;

use super::{Picture, Unit};
use crate::Region;

/// A file of a unit whose text stands inside another file.
#[derive(Clone, Debug, PartialEq)]
pub struct Inlay {
    /// The path at which the unit has it.
    pub path: Arc<str>,
    /// Its text at the place where it stands in that other file, and blanks before it: an offset in it is one of the file.
    pub text: Arc<str>,
    /// Where it stands.
    pub at: Region,
}

impl Picture {
    /// The files that the definition of a unit, or its image, holds the text of.
    pub fn inlays<'a>(&'a self, unit: &'a Unit) -> impl Iterator<Item = &'a Inlay> {
        let image = self.image(unit);
        let target = unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.as_str());
        let stage = image.and_then(|image| image.stage(target));
        let lineage = image.zip(stage).map(|(image, stage)| image.lineage(stage)).unwrap_or_default();
        unit.inlays.iter().chain(lineage.into_iter().flat_map(|stage| &stage.inlays))
    }
}
