//! Apache's grammar: one directive a line, words by blanks, quotes, continued lines, and sections in angle brackets.

use shipworthy_model::{ArtifactId, Notice, Region, Unknown, Why};

/// A word of a directive.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Its text, without quotes.
    pub(crate) text: String,
    /// Where it is written.
    pub(crate) at: Region,
}

/// A directive, or a section with those in it.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    /// Its name in lower case.
    pub(crate) name: String,
    /// Its parameters.
    pub(crate) words: Vec<Word>,
    /// What is in the section.
    pub(crate) block: Option<Vec<Directive>>,
    /// From its name to its last parameter.
    pub(crate) at: Region,
    /// Why it may not count: a template or a switch that is not known decides.
    pub(crate) perhaps: Option<Unknown>,
}

impl Directive {
    /// A parameter's text; empty where there is none.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// What is in it.
    pub(crate) fn inside(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Reads a file into directives.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> (Vec<Directive>, Vec<Notice>) {
    const DEEPEST: usize = 60;
    let mut notices = Vec::new();
    // Open sections, the file itself first.
    let mut open: Vec<(Option<Directive>, Vec<Directive>)> = vec![(None, Vec::new())];
    let mut branches: Vec<String> = Vec::new();
    for (start, end) in lines(text) {
        let line = &text[start..end];
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let at = start + (line.len() - trimmed.len());
        let trimmed = trimmed.trim_end();
        let region = Region::new(artifact, at as u32, (at + trimmed.len()) as u32);
        if let Some(statement) = statement(trimmed) {
            branch(statement, &mut branches);
            continue;
        }
        if let Some(name) = trimmed.strip_prefix("</") {
            let name = name.trim_end_matches('>').trim().to_ascii_lowercase();
            close(&mut open, &name, region, &mut notices);
            continue;
        }
        let perhaps = branches.last().map(|condition| Unknown::new(Why::Branch(condition.as_str().into()), Some(region)));
        let section = trimmed.strip_prefix('<').filter(|rest| rest.starts_with(|it: char| it.is_ascii_alphabetic()));
        // A placeholder such as `<name>` is no section: sections close.
        let inner = section.map_or(trimmed, |rest| rest.strip_suffix('>').unwrap_or(rest));
        let offset = at + usize::from(section.is_some());
        let mut words = words(inner, offset, artifact);
        if words.is_empty() {
            continue;
        }
        let name = words.remove(0).text.to_ascii_lowercase();
        let directive = Directive { name, words, block: None, at: region, perhaps };
        if section.is_some() && open.len() < DEEPEST {
            open.push((Some(directive), Vec::new()));
        } else if let Some((_, inside)) = open.last_mut() {
            inside.push(directive);
        }
    }
    while open.len() > 1 {
        if let Some((Some(section), _)) = open.last() {
            notices.push(Notice::at(section.at, "this section is not closed"));
        }
        end(&mut open);
    }
    notices.truncate(20);
    (open.pop().map(|(_, directives)| directives).unwrap_or_default(), notices)
}

fn close(open: &mut Vec<(Option<Directive>, Vec<Directive>)>, name: &str, at: Region, notices: &mut Vec<Notice>) {
    let is_it = |section: &(Option<Directive>, Vec<Directive>)| section.0.as_ref().is_some_and(|it| it.name == name);
    let Some(place) = open.iter().rposition(is_it) else {
        notices.push(Notice::at(at, "this closes no section"));
        return;
    };
    while open.len() > place + 1 {
        if let Some((Some(section), _)) = open.last() {
            notices.push(Notice::at(section.at, "this section is not closed"));
        }
        end(open);
    }
    end(open);
}

fn end(open: &mut Vec<(Option<Directive>, Vec<Directive>)>) {
    if let Some((Some(mut section), inside)) = open.pop() {
        section.block = Some(inside);
        if let Some((_, around)) = open.last_mut() {
            around.push(section);
        }
    }
}

/// The logical lines of a text: a backslash at the end goes on with the next.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    for raw in text.split_inclusive('\n') {
        at += raw.len();
        let bare = raw.trim_end_matches(['\n', '\r']);
        if !bare.ends_with('\\') {
            lines.push((start, at));
            start = at;
        }
    }
    if start < at {
        lines.push((start, at));
    }
    lines
}

/// The inside of a line that is one statement of a template.
fn statement(line: &str) -> Option<&str> {
    [("{%", "%}"), ("{#", "#}"), ("<%", "%>")].into_iter().find_map(|(open, close)| {
        let inside = line.strip_prefix(open)?.strip_suffix(close)?;
        (!inside.starts_with('=') && !inside.contains(close)).then_some(inside)
    })
}

fn branch(statement: &str, branches: &mut Vec<String>) {
    const DEEPEST: usize = 50;
    let inside = statement.trim_matches(['-', '+', ' ', '\t']);
    match inside.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default() {
        "if" | "for" | "unless" if branches.len() < DEEPEST => branches.push(inside.to_owned()),
        "else" | "elif" | "elsif" => {
            if let Some(last) = branches.last_mut().filter(|last| last.len() < 200) {
                *last = format!("else of {last}");
            }
        }
        word if word.starts_with("end") => drop(branches.pop()),
        _ if inside.ends_with(" do") || inside.ends_with('|') => branches.push(inside.to_owned()),
        _ => {}
    }
}

fn words(line: &str, start: usize, artifact: ArtifactId) -> Vec<Word> {
    let bytes = line.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() || line[at..].starts_with("\\\n") || line[at..].starts_with("\\\r") {
            at += 1;
            continue;
        }
        let first = at;
        let mut text = String::new();
        let quote = bytes[at];
        if quote == b'"' || quote == b'\'' {
            at += 1;
            while let Some(character) = line[at..].chars().next() {
                at += character.len_utf8();
                match character {
                    '\\' if bytes.get(at) == Some(&quote) => {
                        text.push(quote as char);
                        at += 1;
                    }
                    character if character as u32 == u32::from(quote) => break,
                    character => text.push(character),
                }
            }
        } else {
            while let Some(character) = line[at..].chars().next() {
                // A placeholder may hold blanks.
                if line[at..].starts_with("{{")
                    && let Some(end) = line[at..].find("}}")
                {
                    text.push_str(&line[at..at + end + 2]);
                    at += end + 2;
                    continue;
                }
                if character.is_ascii_whitespace() || line[at..].starts_with("\\\n") || line[at..].starts_with("\\\r") {
                    break;
                }
                text.push(character);
                at += character.len_utf8();
            }
        }
        words.push(Word { text, at: Region::new(artifact, (start + first) as u32, (start + at) as u32) });
    }
    words
}
