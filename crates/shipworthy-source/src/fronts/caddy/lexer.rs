//! Caddy's grammar: words by blanks, lines that matter, quotes, heredocs, blocks and comments.

use shipworthy_model::{ArtifactId, Notice, Region};

/// A word of a Caddyfile.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Its text, without quotes.
    pub(crate) text: String,
    /// Where it is written, quotes included.
    pub(crate) at: Region,
    /// Whether it was quoted: then it is never a brace.
    quoted: bool,
    /// The line it begins on.
    line: u32,
    /// The line it ends on.
    last: u32,
}

impl Word {
    /// A word with another text in the same place.
    pub(crate) fn saying(&self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self.clone() }
    }
}

/// A line of a Caddyfile: its words, and the block that its last brace opens.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The words, without the brace.
    pub(crate) words: Vec<Word>,
    /// What is between the braces, if it ends in one.
    pub(crate) block: Option<Vec<Line>>,
    /// From the first word to the last.
    pub(crate) at: Region,
}

impl Line {
    /// The first word.
    pub(crate) fn name(&self) -> &str {
        self.words.first().map_or("", |word| &word.text)
    }

    /// A word after the first; empty where there is none.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index + 1).map_or("", |word| &word.text)
    }

    /// The words after the first.
    pub(crate) fn rest(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// What is in its block.
    pub(crate) fn inside(&self) -> &[Line] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Reads a file into lines.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> (Vec<Line>, Vec<Notice>) {
    let mut notices = Vec::new();
    let words = words(text, artifact, &mut notices);
    let mut parser = Parser { words: &words, at: 0, notices, artifact };
    let mut lines = Vec::new();
    parser.block(&mut lines, 0);
    (lines, parser.notices)
}

fn words(text: &str, artifact: ArtifactId, notices: &mut Vec<Notice>) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut words: Vec<Word> = Vec::new();
    let (mut at, mut line) = (0, 0);
    while at < bytes.len() {
        let start = at;
        let first_line = line;
        match bytes[at] {
            b'\n' => {
                line += 1;
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len() - at);
                continue;
            }
            // A backslash at the end of a line joins the next to it.
            b'\\' if matches!(&bytes[at + 1..], [b'\n', ..] | [b'\r', b'\n', ..]) => {
                at += if bytes[at + 1] == b'\r' { 3 } else { 2 };
                continue;
            }
            _ => {}
        }
        let (word, quoted) = match bytes[at] {
            quote @ (b'"' | b'`') => {
                let (word, end, closed) = quoted_word(text, at, quote);
                if !closed {
                    notices.push(Notice::at(Region::new(artifact, at as u32, at as u32 + 1), "this quote is not closed"));
                }
                at = end;
                (word, true)
            }
            b'{' if text[at..].starts_with("{{") || text[at..].starts_with("{%") => {
                let close = if text[at..].starts_with("{{") { "}}" } else { "%}" };
                at = text[at..].find(close).map_or(bytes.len(), |end| at + end + 2);
                if close == "%}" {
                    line += text[start..at].matches('\n').count() as u32;
                    continue;
                }
                let more = bare_end(bytes, at);
                at = more;
                (text[start..at].to_owned(), true)
            }
            _ => {
                at = bare_end(bytes, at);
                let word = &text[start..at];
                match word.strip_prefix("<<").filter(|marker| is_marker(marker)) {
                    Some(marker) => match heredoc(text, at, marker) {
                        Some((body, end)) => {
                            at = end;
                            (body, true)
                        }
                        None => (word.to_owned(), false),
                    },
                    None => (word.replace("\\{", "{").replace("\\}", "}"), word.starts_with('\\')),
                }
            }
        };
        line += text[start..at].matches('\n').count() as u32;
        let at_word = Region::new(artifact, start as u32, at as u32);
        words.push(Word { text: word, at: at_word, quoted, line: first_line, last: line });
    }
    words
}

fn bare_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
        at += if bytes[at] == b'\\' && bytes.get(at + 1).is_some_and(|next| *next == b' ') { 2 } else { 1 };
    }
    at.min(bytes.len())
}

fn is_marker(marker: &str) -> bool {
    !marker.is_empty() && marker.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn quoted_word(text: &str, from: usize, quote: u8) -> (String, usize, bool) {
    let mut word = String::new();
    let mut characters = text[from + 1..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if quote == b'"' => match characters.next() {
                Some((_, '"')) => word.push('"'),
                Some((_, other)) => word.extend(['\\', other]),
                None => {}
            },
            character if character as u32 == u32::from(quote) => return (word, from + 1 + at + 1, true),
            character => word.push(character),
        }
    }
    (word, text.len(), false)
}

/// The body of a heredoc up to the line of its marker, and where that ends.
fn heredoc(text: &str, from: usize, marker: &str) -> Option<(String, usize)> {
    let start = from + text[from..].find('\n')? + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim() == marker {
            let indent = line.len() - line.trim_start().len();
            let end = at + indent + marker.len();
            return Some((text[start..at].to_owned(), end));
        }
        at += line.len();
    }
    None
}

struct Parser<'a> {
    words: &'a [Word],
    at: usize,
    notices: Vec<Notice>,
    artifact: ArtifactId,
}

impl Parser<'_> {
    fn block(&mut self, lines: &mut Vec<Line>, depth: usize) {
        const DEEPEST: usize = 60;
        while let Some(first) = self.words.get(self.at) {
            if is(first, "}") {
                if depth > 0 {
                    return;
                }
                self.notices.push(Notice::at(first.at, "this brace closes nothing"));
                self.at += 1;
                continue;
            }
            let start = self.at;
            let mut line = first.line;
            let mut opens = false;
            while let Some(word) = self.words.get(self.at) {
                // An address list goes on behind a comma.
                let goes_on = self.at > start && depth == 0 && self.words[self.at - 1].text.ends_with(',');
                if word.line != line && !goes_on {
                    break;
                }
                line = word.last;
                if is(word, "{") {
                    opens = true;
                    break;
                }
                if is(word, "}") {
                    break;
                }
                self.at += 1;
            }
            let words = self.words[start..self.at].to_vec();
            let at = match (words.first(), words.last()) {
                (Some(first), Some(last)) => Region::new(self.artifact, first.at.start, last.at.end),
                _ => first.at,
            };
            let block = if opens {
                self.at += 1;
                let mut inside = Vec::new();
                if depth >= DEEPEST {
                    self.notices.push(Notice::at(at, "blocks are nested too deeply to be read"));
                    self.at = self.words.len();
                } else {
                    self.block(&mut inside, depth + 1);
                }
                if self.words.get(self.at).is_some_and(|word| is(word, "}")) {
                    self.at += 1;
                } else {
                    self.notices.push(Notice::at(at, "the block is not closed"));
                }
                Some(inside)
            } else {
                None
            };
            lines.push(Line { words, block, at });
        }
    }
}

fn is(word: &Word, brace: &str) -> bool {
    !word.quoted && word.text == brace
}
