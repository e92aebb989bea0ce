//! Places: regions of bytes become the paths, lines and columns that people and tools read.

use std::cell::OnceCell;

use shipworthy_model::{ArtifactId, Artifacts, Region};

/// A region as readers count it: lines and columns from 1, columns in characters, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path, relative to the audited folder.
    pub(crate) path: String,
    /// The first line.
    pub(crate) line: usize,
    /// The first column.
    pub(crate) column: usize,
    /// The last line.
    pub(crate) end_line: usize,
    /// The column after the last character.
    pub(crate) end_column: usize,
}

/// The artifacts, with the starts of their lines found when first asked for.
pub(crate) struct Sources<'a> {
    artifacts: &'a Artifacts,
    starts: Vec<OnceCell<Vec<usize>>>,
    /// How many characters start before each block of an artifact. To count from the start of the line each time is slow where
    /// a generated file of megabytes is one line.
    counts: Vec<OnceCell<Vec<usize>>>,
}

/// The bytes of a block that characters are counted by.
const BLOCK: usize = 1024;

impl<'a> Sources<'a> {
    /// Over these artifacts.
    pub(crate) fn new(artifacts: &'a Artifacts) -> Self {
        let empty = || artifacts.iter().map(|_| OnceCell::new()).collect();
        Self { artifacts, starts: empty(), counts: empty() }
    }

    /// The artifacts themselves.
    pub(crate) fn artifacts(&self) -> &'a Artifacts {
        self.artifacts
    }

    /// The path of a file.
    pub(crate) fn path(&self, artifact: ArtifactId) -> &'a str {
        &self.artifacts.get(artifact).path
    }

    /// The region, clipped to the text it points into and to whole characters.
    pub(crate) fn clip(&self, region: Region) -> (usize, usize) {
        let text = &self.artifacts.get(region.artifact).text;
        let start = text.floor_char_boundary(region.start as usize);
        (start, text.ceil_char_boundary(region.end as usize).max(start))
    }

    /// The region as readers count it.
    pub(crate) fn place(&self, region: Region) -> Place {
        let (start, end) = self.clip(region);
        let (line, column) = self.position(region.artifact, start);
        let (end_line, end_column) = self.position(region.artifact, end);
        Place { path: self.path(region.artifact).to_owned(), line, column, end_line, end_column }
    }

    /// The number of the line in which a region starts, from 1.
    pub(crate) fn line(&self, region: Region) -> usize {
        self.line_of(region.artifact, self.clip(region).0)
    }

    /// The bytes of a line (from 1), without its line end; nothing where there is no such line.
    pub(crate) fn line_range(&self, artifact: ArtifactId, line: usize) -> std::ops::Range<usize> {
        let text = &self.artifacts.get(artifact).text;
        let starts = self.starts(artifact);
        let Some(&start) = line.checked_sub(1).and_then(|index| starts.get(index)) else {
            return text.len()..text.len();
        };
        let end = starts.get(line).map_or(text.len(), |next| next - 1);
        let end = if text.as_bytes()[start..end].ends_with(b"\r") { end - 1 } else { end };
        start..end
    }

    fn position(&self, artifact: ArtifactId, offset: usize) -> (usize, usize) {
        let line = self.line_of(artifact, offset);
        let start = self.starts(artifact)[line - 1];
        (line, self.characters(artifact, offset) - self.characters(artifact, start) + 1)
    }

    /// How many characters start before an offset.
    fn characters(&self, artifact: ArtifactId, offset: usize) -> usize {
        let bytes = self.artifacts.get(artifact).text.as_bytes();
        let starting = |bytes: &[u8]| bytes.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count();
        let before = self.counts[artifact.0 as usize].get_or_init(|| {
            let mut sum = 0;
            let whole = bytes.chunks(BLOCK).map(|block| {
                sum += starting(block);
                sum
            });
            std::iter::once(0).chain(whole).collect()
        });
        let block = offset / BLOCK;
        before[block] + starting(&bytes[block * BLOCK..offset])
    }

    fn line_of(&self, artifact: ArtifactId, offset: usize) -> usize {
        self.starts(artifact).partition_point(|start| *start <= offset).max(1)
    }

    fn starts(&self, artifact: ArtifactId) -> &[usize] {
        self.starts[artifact.0 as usize].get_or_init(|| {
            let text = &self.artifacts.get(artifact).text;
            std::iter::once(0)
                .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_regions_are_clipped() {
        let mut artifacts = Artifacts::default();
        let id = artifacts.add("ä.py", "a = 'ü'\r\nb = 2\n");
        let sources = Sources::new(&artifacts);
        let place = sources.place(Region::new(id, 6, 9_999));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (1, 6, 3, 1));
        assert_eq!(sources.place(Region::new(id, 10, 11)).line, 2);
        assert_eq!(sources.line_range(id, 1), 0..8);
        assert_eq!(sources.line_range(id, 2), 10..15);
        assert_eq!(sources.line_range(id, 9), 16..16);
        assert_eq!(sources.place(Region::new(id, 9_000, 9_999)).line, 3);
    }

    #[test]
    fn columns_of_a_long_line_count_from_its_start() {
        let mut artifacts = Artifacts::default();
        let id = artifacts.add("a.py", format!("ab\n{}", "äb".repeat(3 * BLOCK)));
        let sources = Sources::new(&artifacts);
        for pairs in [0, 1, 341, 342, 1024, 3 * BLOCK] {
            let offset = u32::try_from(3 + 3 * pairs).expect("small");
            let place = sources.place(Region::new(id, offset, offset));
            assert_eq!((place.line, place.column), (2, 2 * pairs + 1));
        }
    }
}
