//! Configurations of several files: each included file in its place, none inside itself, and not without end.

use std::sync::Arc;

use shipworthy_model::front::Missing;
use shipworthy_model::{ArtifactId, Artifacts, Notice, Region};

use super::include::Place;

/// The most directives of one configuration: a few files that include each other many times would grow without end.
const MOST: usize = 50_000;

/// The files of a configuration, as far as they were read.
pub(crate) struct Gathering<'a, 'b> {
    place: &'a Place<'a>,
    artifacts: &'b mut Artifacts,
    open: Vec<ArtifactId>,
    size: usize,
    /// The files that were brought in.
    pub(crate) files: Vec<ArtifactId>,
    /// Files that are not in the project.
    pub(crate) missing: Vec<Missing>,
    /// What could not be understood.
    pub(crate) notices: Vec<Notice>,
}

impl<'a, 'b> Gathering<'a, 'b> {
    /// Nothing read so far; `place` says where files are looked for, `artifacts` keeps their texts.
    pub(crate) fn new(place: &'a Place<'a>, artifacts: &'b mut Artifacts) -> Self {
        let (open, files, missing, notices) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { place, artifacts, open, size: 0, files, missing, notices }
    }

    /// Opens a file: its path and its text. What it includes is brought in before [`Gathering::close`].
    pub(crate) fn open(&mut self, artifact: ArtifactId) -> (Arc<str>, Arc<str>) {
        self.open.push(artifact);
        let file = self.artifacts.get(artifact);
        (file.path.clone(), file.text.clone())
    }

    /// Ends the file opened last.
    pub(crate) fn close(&mut self) {
        self.open.pop();
    }

    /// Counts one more directive; whether there is room for it.
    pub(crate) fn grow(&mut self) -> bool {
        self.size += 1;
        self.size <= MOST
    }

    /// The files that an include at `at` in the file `from` names, in the order they count; `None` where the project has none.
    pub(crate) fn find(&mut self, written: &str, from: &str, at: Region) -> Option<Vec<ArtifactId>> {
        let found = self.place.find(written, from);
        let mut files = Vec::new();
        for artifact in found.iter().filter_map(|file| self.place.read(file, self.artifacts)) {
            if self.open.contains(&artifact) {
                self.notices.push(Notice::at(at, "this file includes itself"));
                continue;
            }
            if !self.files.contains(&artifact) {
                self.files.push(artifact);
            }
            files.push(artifact);
        }
        (!found.is_empty()).then_some(files)
    }
}
