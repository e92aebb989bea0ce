//! Artifacts: the files we read, and regions of them.

use std::sync::Arc;

/// A file of the project that was read, by its index in [`Artifacts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactId(pub u32);

/// A file of the project that was read.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// The path, relative to the audited folder, with forward slashes.
    pub path: Arc<str>,
    /// The text as decoded; byte offsets of every [`Region`] point into it.
    pub text: Arc<str>,
}

/// A stretch of an artifact, in bytes of its text. Lines and columns exist only in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    /// The file.
    pub artifact: ArtifactId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Region {
    /// The region of `artifact` from byte `start` up to, not including, byte `end`.
    pub fn new(artifact: ArtifactId, start: u32, end: u32) -> Self {
        Self { artifact, start, end: end.max(start) }
    }

    /// The file as a whole, where no line in it is to blame.
    pub fn whole(artifact: ArtifactId) -> Self {
        Self { artifact, start: 0, end: 0 }
    }
}

/// Every artifact of one audit. Ids stay valid: nothing is ever removed.
#[derive(Clone, Debug, Default)]
pub struct Artifacts {
    list: Vec<Artifact>,
}

impl Artifacts {
    /// Adds a file, or returns the id it already has.
    pub fn add(&mut self, path: &str, text: impl Into<Arc<str>>) -> ArtifactId {
        if let Some(id) = self.find(path) {
            return id;
        }
        self.list.push(Artifact { path: path.into(), text: text.into() });
        ArtifactId(self.list.len() as u32 - 1)
    }

    /// How many files were read.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether no file was read.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The id of the file at `path`, if it was read.
    pub fn find(&self, path: &str) -> Option<ArtifactId> {
        self.list.iter().position(|artifact| &*artifact.path == path).map(|index| ArtifactId(index as u32))
    }

    /// The file with this id; an empty one where nothing was read.
    pub fn get(&self, id: ArtifactId) -> &Artifact {
        static NONE: std::sync::LazyLock<Artifact> = std::sync::LazyLock::new(|| Artifact { path: "".into(), text: "".into() });
        self.list.get(id.0 as usize).unwrap_or(&NONE)
    }

    /// A copy in which one file has another text, of which the same places are asked: what stands in it for another reader.
    #[must_use]
    pub fn with(&self, id: ArtifactId, text: Arc<str>) -> Self {
        let mut copy = self.clone();
        if let Some(artifact) = copy.list.get_mut(id.0 as usize) {
            artifact.text = text;
        }
        copy
    }

    /// The text of a region, or an empty string where it does not fit the file.
    pub fn text(&self, region: Region) -> &str {
        self.get(region.artifact).text.get(region.start as usize..region.end as usize).unwrap_or_default()
    }

    /// Every file with its id, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (ArtifactId, &Artifact)> {
        self.list.iter().enumerate().map(|(index, artifact)| (ArtifactId(index as u32), artifact))
    }
}
