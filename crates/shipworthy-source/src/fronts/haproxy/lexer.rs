//! `HAProxy`'s grammar: one statement a line, words by blanks, quotes and escapes, in sections.

use shipworthy_model::{ArtifactId, Notice, Region};

/// A word of a line.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Its text, without quotes and escapes.
    pub(crate) text: String,
    /// Where it is written.
    pub(crate) at: Region,
}

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Its words.
    pub(crate) words: Vec<Word>,
    /// From the first to the last.
    pub(crate) at: Region,
}

/// A section: its head line and those below it.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// The line that names it.
    pub(crate) head: Line,
    /// The lines in it.
    pub(crate) lines: Vec<Line>,
}

impl Line {
    /// A word; empty where there is none.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// The words from an index on.
    pub(crate) fn from(&self, index: usize) -> &[Word] {
        self.words.get(index..).unwrap_or_default()
    }
}

/// The words that begin sections. (Configuration manual, chapter 2 and what it refers to.)
const SECTIONS: [&str; 22] = [
    "global",
    "defaults",
    "frontend",
    "backend",
    "listen",
    "userlist",
    "peers",
    "resolvers",
    "mailers",
    "cache",
    "program",
    "http-errors",
    "ring",
    "log-forward",
    "fcgi-app",
    "crt-store",
    "traces",
    "log-profile",
    "acme",
    "namespace_list",
    "ruleset",
    "healthcheck",
];

/// Reads a file into sections.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> (Vec<Section>, Vec<Notice>) {
    let mut sections: Vec<Section> = Vec::new();
    let mut notices = Vec::new();
    let mut start = 0;
    let mut in_comment = false;
    for raw in text.split_inclusive('\n') {
        // A template's comment may be of several lines.
        let was_in_comment = in_comment;
        in_comment = match (raw.rfind("{#"), raw.rfind("#}")) {
            (Some(opened), Some(closed)) => opened > closed,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => in_comment,
        };
        let words = if was_in_comment { Vec::new() } else { words(raw, start, artifact, &mut notices) };
        start += raw.len();
        let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
        let line = Line { at: Region::new(artifact, first.at.start, last.at.end), words };
        if SECTIONS.contains(&line.word(0)) {
            sections.push(Section { head: line, lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        } else if !line.word(0).starts_with('.') {
            notices.push(Notice::at(line.at, "this line stands before any section"));
        }
    }
    notices.truncate(20);
    (sections, notices)
}

fn words(raw: &str, start: usize, artifact: ArtifactId, notices: &mut Vec<Notice>) -> Vec<Word> {
    let mut words = Vec::new();
    let bytes = raw.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &raw[at..];
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        // The end of a template's comment of several lines.
        if rest.starts_with("#}") {
            at += 2;
            continue;
        }
        if bytes[at] == b'#' {
            break;
        }
        // Statements of a template are no words.
        let statement = [("{%", "%}"), ("{#", "#}")].into_iter().find(|(open, _)| rest.starts_with(open));
        if let Some((_, close)) = statement {
            at += rest.find(close).map_or(rest.len(), |end| end + 2);
            continue;
        }
        let first = at;
        let mut text = String::new();
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() && bytes[at] != b'#' {
            let rest = &raw[at..];
            match bytes[at] {
                b'{' if rest.starts_with("{{") && rest.contains("}}") => {
                    let end = rest.find("}}").unwrap_or(0) + 2;
                    text.push_str(&rest[..end]);
                    at += end;
                }
                b'\\' => {
                    let next = rest[1..].chars().next();
                    match next {
                        Some('n') => text.push('\n'),
                        Some('t') => text.push('\t'),
                        Some('r') => text.push('\r'),
                        Some(other) if !other.is_control() => text.push(other),
                        Some(_) | None => {}
                    }
                    at += 1 + next.map_or(0, char::len_utf8);
                }
                quote @ (b'"' | b'\'') => {
                    at += 1;
                    let closed = quoted(raw, &mut at, quote, &mut text);
                    if !closed {
                        let region = Region::new(artifact, (start + first) as u32, (start + first + 1) as u32);
                        notices.push(Notice::at(region, "this quote is not closed"));
                    }
                }
                _ => {
                    let character = rest.chars().next().unwrap_or(' ');
                    text.push(character);
                    at += character.len_utf8();
                }
            }
        }
        words.push(Word { text, at: Region::new(artifact, (start + first) as u32, (start + at) as u32) });
    }
    words
}

fn quoted(raw: &str, at: &mut usize, quote: u8, text: &mut String) -> bool {
    while let Some(character) = raw[*at..].chars().next() {
        *at += character.len_utf8();
        match character {
            '\n' => {
                *at -= 1;
                return false;
            }
            '\\' if quote == b'"' => {
                if let Some(next) = raw[*at..].chars().next().filter(|next| *next != '\n') {
                    text.push(next);
                    *at += next.len_utf8();
                }
            }
            character if character as u32 == u32::from(quote) => return true,
            character => text.push(character),
        }
    }
    false
}
