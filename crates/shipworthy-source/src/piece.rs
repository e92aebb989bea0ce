//! Pieces: text taken out of a file that still knows where each of its bytes stands there.

use std::ops::Range;
use std::sync::Arc;

use shipworthy_model::picture::Text;
use shipworthy_model::{ArtifactId, Region};

/// A text with the places of its bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece {
    /// The text: unquoted, unfolded, unescaped.
    pub(crate) text: Arc<str>,
    /// Where it stands.
    pub(crate) at: Region,
    /// For each byte of the text, and its end, the offset in the file; `None` where the file holds the text as it is.
    offsets: Option<Arc<[u32]>>,
}

impl Piece {
    /// A whole file.
    pub(crate) fn file(text: &str, artifact: ArtifactId) -> Self {
        Self::verbatim(text, Region::new(artifact, 0, text.len() as u32))
    }

    /// A text that stands in the file as it is.
    pub(crate) fn verbatim(text: &str, at: Region) -> Self {
        Self { text: text.into(), at, offsets: None }
    }

    /// A stretch of a file.
    pub(crate) fn of(text: &str, range: Range<usize>, artifact: ArtifactId) -> Self {
        let at = Region::new(artifact, range.start as u32, range.end as u32);
        Self::verbatim(text.get(range).unwrap_or_default(), at)
    }

    /// A text that a notation made out of `source`, a stretch of the file at `at`: quotes taken away, lines folded,
    /// escapes decoded. Each character is looked for behind the one before it.
    pub(crate) fn aligned(text: &str, source: &str, at: Region) -> Self {
        if text == source {
            return Self::verbatim(text, at);
        }
        if let Some(inner) = source.find(text).filter(|_| !text.is_empty()) {
            let start = at.start + inner as u32;
            return Self::verbatim(text, Region::new(at.artifact, start, start + text.len() as u32));
        }
        let mut offsets = Vec::with_capacity(text.len() + 1);
        let bytes = source.as_bytes();
        let mut position = 0;
        for character in text.chars() {
            let blank = character.is_whitespace();
            let rest = source.get(position..).unwrap_or_default();
            let found = if blank {
                rest.find(char::is_whitespace)
            } else {
                // Indentation and escapes are short; what is not near was written as an escape.
                rest.char_indices().take(400).find(|(_, other)| *other == character).map(|(index, _)| index)
            };
            let place = found.map_or(position, |index| position + index).min(bytes.len());
            for byte in 0..character.len_utf8() {
                let inside = if found.is_some() && !blank { byte } else { 0 };
                offsets.push(at.start + ((place + inside).min(bytes.len())) as u32);
            }
            if found.is_some() {
                let taken = source[place..].chars().next().map_or(0, char::len_utf8);
                position = place + taken;
            }
        }
        offsets.push(at.start + position.min(bytes.len()) as u32);
        Self { text: text.into(), at, offsets: Some(offsets.into()) }
    }

    /// A text that is known to stand somewhere in a region; exactly, where the region is as long as it.
    pub(crate) fn loose(text: &str, at: Region) -> Self {
        if (at.end - at.start) as usize == text.len() {
            return Self::verbatim(text, at);
        }
        let offsets: Arc<[u32]> = std::iter::repeat_n(at.start, text.len()).chain([at.end]).collect();
        Self { text: text.into(), at, offsets: Some(offsets) }
    }

    /// Where a stretch of the text stands in the file.
    pub(crate) fn region(&self, range: Range<usize>) -> Region {
        let place = |index: usize| match &self.offsets {
            Some(offsets) => offsets.get(index).copied().unwrap_or(self.at.end),
            None => (self.at.start + index as u32).min(self.at.end),
        };
        let start = place(range.start);
        // The end stands right behind the last byte, not at the next one, which may be lines below.
        let end = if range.end > range.start && self.offsets.is_some() { place(range.end - 1) + 1 } else { place(range.end) };
        Region::new(self.at.artifact, start, end.min(self.at.end.max(start)))
    }

    /// A stretch of the text as a piece of its own.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        let text: Arc<str> = self.text.get(range.clone()).unwrap_or_default().into();
        let offsets = self.offsets.as_ref().and_then(|offsets| offsets.get(range.start..=range.end)).map(Arc::from);
        Self { at: self.region(range), text, offsets }
    }

    /// The text without blanks around it.
    pub(crate) fn trim(&self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        let end = start + self.text.trim().len();
        if start == 0 && end == self.text.len() { self.clone() } else { self.slice(start..end) }
    }

    /// The parts before and behind the first occurrence of a character.
    pub(crate) fn split_once(&self, character: char) -> Option<(Self, Self)> {
        let index = self.text.find(character)?;
        Some((self.slice(0..index), self.slice(index + character.len_utf8()..self.text.len())))
    }

    /// The same places with other bytes of the same number: what a mask hid.
    pub(crate) fn unmasked(&self, original: &str) -> Self {
        let bytes: Vec<u8> = (0..self.text.len())
            .map(|index| {
                let place = match &self.offsets {
                    Some(offsets) => offsets[index],
                    None => self.at.start + index as u32,
                } as usize;
                let own = self.text.as_bytes()[index];
                if own.is_ascii_whitespace() && self.offsets.is_some() {
                    own
                } else {
                    original.as_bytes().get(place).copied().unwrap_or(own)
                }
            })
            .collect();
        match String::from_utf8(bytes) {
            Ok(text) => Self { text: text.into(), at: self.at, offsets: self.offsets.clone() },
            Err(_) => self.clone(),
        }
    }

    /// The lines, without their ends.
    pub(crate) fn lines(&self) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let length = line.trim_end_matches(['\n', '\r']).len();
            lines.push(self.slice(start..start + length));
            start += line.len();
        }
        lines
    }

    /// The text as a file of its own that another reader may read at the same places: each line stands where it stands in the
    /// file, and all else is blank. `unescape` takes away what the notation around it asks for; a line that it shortens
    /// is filled up behind. `None` where a line does not stand in the file as it is.
    pub(crate) fn laid(&self, unescape: impl Fn(&str) -> String) -> Option<Arc<str>> {
        let mut bytes: Vec<u8> = Vec::new();
        for line in self.lines() {
            let line = line.trim();
            if line.text.is_empty() {
                continue;
            }
            let region = line.region(0..line.text.len());
            let (start, end) = (region.start as usize, region.end as usize);
            let own = unescape(&line.text);
            let whole = end - start == line.text.len() && start >= bytes.len() && own.len() <= line.text.len();
            if !whole || (own != *line.text && !line.text.is_ascii()) {
                return None;
            }
            bytes.resize(start, b' ');
            bytes.extend(own.bytes());
            bytes.resize(end, b' ');
            bytes.push(b'\n');
        }
        String::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(Arc::from)
    }

    /// The piece as a known text.
    pub(crate) fn known(&self) -> Text {
        Text::known(self.text.clone(), self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_laid_where_it_stands() {
        let source = "a: |\n  if $$x {\n    b\n  }\n";
        let at = Region::new(ArtifactId(0), 3, source.len() as u32);
        let piece = Piece::aligned("if $$x {\n  b\n}\n", &source[3..], at);
        let laid = piece.laid(|line| line.replace("$$", "$")).unwrap();
        assert_eq!(laid.find("if $x {"), source.find("if $$x {"));
        assert_eq!(laid.find('b'), source.find('b'));
        assert_eq!(laid.lines().map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>(), ["if $x {", "b", "}"]);
        let quoted = Piece::aligned("a\nb", "\"a\\nb\"", Region::new(ArtifactId(0), 0, 6));
        assert!(quoted.laid(str::to_owned).is_some_and(|laid| laid.contains('a')));
    }

    #[test]
    fn places_survive_folding_and_escapes() {
        let source = "\"a \\\"b\\\"\n   c\"";
        let at = Region::new(ArtifactId(0), 10, 10 + source.len() as u32);
        let piece = Piece::aligned("a \"b\" c", source, at);
        let shown = |range: Range<usize>| {
            let region = piece.region(range);
            &source[region.start as usize - 10..region.end as usize - 10]
        };
        assert_eq!(shown(0..1), "a");
        assert_eq!(shown(3..4), "b");
        assert_eq!(shown(6..7), "c");
    }
}
