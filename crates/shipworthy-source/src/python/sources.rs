//! The project's files as sources: read and parsed once, or made of text that is executed.

use std::sync::Arc;

use shipworthy_model::{ArtifactId, Notice, Region};

use super::interp::Interp;
use super::syntax::{self, Source};
use crate::ReadError;

/// No module that settings are made of is larger: the largest of a hundred public projects has 100 kB. A syntax tree takes
/// some ninety times the room of its text.
const LARGEST: usize = 1 << 20;

impl<'a> Interp<'a> {
    /// Reads and parses a file once.
    pub(super) fn load_source(&mut self, path: &str) -> Option<&'a Source> {
        if let Some(known) = self.sources.borrow().get(path) {
            return *known;
        }
        let source = self.read_source(path);
        self.sources.borrow_mut().insert(path.to_owned(), source);
        source
    }

    fn read_source(&mut self, path: &str) -> Option<&'a Source> {
        if let Some(module) = self.request.shelf.module(path) {
            let artifact = self.artifacts.borrow_mut().add(path, module.text.clone());
            self.begins_in(artifact);
            return Some(self.arena.alloc(Source::of(artifact, path, module)));
        }
        let bytes = match self.request.tree.read(path) {
            Ok(bytes) if bytes.len() > LARGEST => {
                return self.unread(path, format!("the file is larger than {LARGEST} bytes and was not read"));
            }
            Ok(bytes) => bytes,
            Err(ReadError::Absent) => return None,
            Err(ReadError::TooLarge(limit)) => {
                return self.unread(path, format!("the file is larger than {limit} bytes and was not read"));
            }
            Err(ReadError::Refused(reason)) => {
                return self.unread(path, format!("the file cannot be read: {reason}"));
            }
        };
        let text: Arc<str> = match syntax::decode(&bytes) {
            Ok(text) => text,
            Err(reason) => return self.unread(path, reason),
        };
        let artifact = self.artifacts.borrow_mut().add(path, text.clone());
        self.begins_in(artifact);
        match syntax::module(artifact, text) {
            Ok(module) => {
                self.request.shelf.keep(path, module.clone());
                Some(self.arena.alloc(Source::of(artifact, path, module)))
            }
            Err(notice) => {
                self.notices.push(notice);
                None
            }
        }
    }

    /// Before the first statement, the place of what happens is the file that was asked for.
    fn begins_in(&mut self, artifact: ArtifactId) {
        if self.frames.is_empty() {
            self.statement = Region::whole(artifact);
        }
    }

    /// A file without its text is still a place that findings can name.
    fn unread(&mut self, path: &str, reason: String) -> Option<&'a Source> {
        let artifact = self.artifacts.borrow_mut().add(path, "");
        self.begins_in(artifact);
        self.notices.push(Notice::file(path, reason));
        None
    }

    /// Parses text that is handed to `exec` or `eval`. Places in it are places in the file it was read from, if it was.
    pub(super) fn source_of_text(&mut self, text: &str, at: Option<Region>, expression: bool) -> Option<&'a Source> {
        let path = at.map(|at| self.artifacts.borrow().get(at.artifact).path.to_string());
        let whole = at.is_some_and(|at| &*self.artifacts.borrow().get(at.artifact).text == text);
        if let (Some(path), true) = (&path, whole && !expression) {
            return self.load_source(path);
        }
        let name = format!("{}#{}", path.unwrap_or_else(|| "<string>".to_owned()), self.heap.len());
        let artifact = self.artifacts.borrow_mut().add(&name, text.to_owned());
        let source = syntax::parse(artifact, &name, text.into()).ok()?;
        source.error.is_none().then(|| &*self.arena.alloc(source))
    }
}
