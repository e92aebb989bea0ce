//! `.dockerignore` and `.gitignore`: patterns with places.

use shipworthy_model::ArtifactId;
use shipworthy_model::picture::{IgnoreFile, IgnorePattern};

use crate::piece::Piece;

/// Reads an ignore file.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> IgnoreFile {
    let patterns = Piece::file(text, artifact).lines().into_iter().filter_map(|line| {
        let line = line.trim();
        if line.text.is_empty() || line.text.starts_with('#') {
            return None;
        }
        let keeps = line.text.starts_with('!');
        let pattern = line.text.trim_start_matches('!').trim();
        Some(IgnorePattern { pattern: pattern.into(), keeps, at: line.at })
    });
    IgnoreFile { artifact, patterns: patterns.collect() }
}
