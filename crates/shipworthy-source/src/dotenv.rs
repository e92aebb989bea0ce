//! Files of environment variables (`.env`), as python-dotenv reads them.

use std::sync::Arc;

use shipworthy_model::{ArtifactId, Notice, Region};

/// One variable that a file sets. The value is a credential more often than not: it has no `Debug` and is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: Arc<str>,
    /// The value without its quotes and with its escapes decoded; `None` for a name without `=`.
    pub value: Option<Arc<str>>,
    /// The value as written; the name where there is no value.
    pub at: Region,
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Assignment").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads the text of a file. Later assignments of a name win, and all are returned in order.
pub fn read(text: &str, artifact: ArtifactId) -> (Vec<Assignment>, Vec<Notice>) {
    let mut reader = Reader { text, position: 0 };
    let mut assignments = Vec::new();
    let mut notices = Vec::new();
    loop {
        reader.skip(is_space);
        if reader.rest().is_empty() {
            return (assignments, notices);
        }
        let start = reader.position;
        match reader.binding(artifact) {
            Some(Line::Assignment(assignment)) => assignments.push(assignment),
            Some(Line::Comment) => {}
            None => {
                reader.skip(|character| !is_newline(character));
                let region = Region::new(artifact, start as u32, reader.position as u32);
                notices.push(Notice::at(region, "this line is no assignment and is skipped, as python-dotenv does"));
            }
        }
    }
}

/// Replaces `${NAME}` and `${NAME:-default}` in all values, in order. A name is looked up with `outside` first, then among
/// the assignments above it, as `load_dotenv()` does; what nobody sets is empty.
pub fn interpolate(assignments: &mut [Assignment], outside: &dyn Fn(&str) -> Option<Arc<str>>) {
    for index in 0..assignments.len() {
        let (above, rest) = assignments.split_at_mut(index);
        let Some(value) = &rest[0].value else { continue };
        if !value.contains("${") {
            continue;
        }
        let known = |name: &str| {
            outside(name).or_else(|| above.iter().rev().find(|known| &*known.name == name).and_then(|known| known.value.clone()))
        };
        rest[0].value = Some(replace(value, &known).into());
    }
}

/// The longest text that interpolation makes: values that name each other twice would grow without end.
const LONGEST: usize = 1 << 20;

fn replace(value: &str, known: &dyn Fn(&str) -> Option<Arc<str>>) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else { break };
        let (name, default) = match inside[..end].split_once(':') {
            None => (&inside[..end], Some("")),
            Some((name, tail)) => (name, tail.strip_prefix('-')),
        };
        out.push_str(&rest[..start]);
        match default {
            Some(default) => out.push_str(&known(name).unwrap_or_else(|| default.into())),
            None => out.push_str(&rest[start..start + end + 3]),
        }
        rest = &inside[end + 1..];
        if out.len() > LONGEST {
            return out;
        }
    }
    out.push_str(rest);
    out
}

enum Line {
    Assignment(Assignment),
    Comment,
}

struct Reader<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn skip(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|character| !accept(character)).unwrap_or(rest.len())];
        self.position += taken.len();
        taken
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.position += if found { text.len() } else { 0 };
        found
    }

    /// One line; `None` if it is neither.
    fn binding(&mut self, artifact: ArtifactId) -> Option<Line> {
        let start = self.position;
        if !self.eat("export") || self.skip(is_blank).is_empty() {
            self.position = start;
        }
        let key_start = self.position;
        let name = match self.rest().chars().next() {
            Some('#') => None,
            Some('\'') => {
                self.position += 1;
                let name = self.skip(|character| character != '\'');
                if name.is_empty() || !self.eat("'") {
                    self.position = key_start;
                    return None;
                }
                Some(name)
            }
            _ => {
                let name = self.skip(|character| character != '=' && character != '#' && !is_space(character));
                if name.is_empty() {
                    return None;
                }
                Some(name)
            }
        };
        let key_end = self.position;
        self.skip(is_blank);
        let mut at = key_start..key_end;
        let mut value = None;
        if self.eat("=") {
            let blank = self.skip(is_blank);
            // Behind a blank, `#` starts a comment even where the value should be.
            let (text, range) = if !blank.is_empty() && self.rest().starts_with('#') {
                (String::new(), self.position..self.position)
            } else {
                self.value()?
            };
            value = Some(text);
            at = range;
        }
        let before_comment = self.position;
        self.skip(is_blank);
        if self.rest().starts_with('#') {
            self.skip(|character| !is_newline(character));
        } else {
            self.position = before_comment;
        }
        self.skip(is_blank);
        if !(self.rest().is_empty() || self.eat("\r\n") || self.eat("\n") || self.eat("\r")) {
            return None;
        }
        Some(name.map_or(Line::Comment, |name| {
            Line::Assignment(Assignment {
                name: name.into(),
                value: value.map(Into::into),
                at: Region::new(artifact, at.start as u32, at.end as u32),
            })
        }))
    }

    fn value(&mut self) -> Option<(String, std::ops::Range<usize>)> {
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let start = self.position + 1;
                let length = closing(&self.text[start..], quote)?;
                self.position = start + length + 1;
                let raw = &self.text[start..start + length];
                Some((unescape(raw, if quote == '"' { "\\'\"abfnrtv" } else { "\\'" }), start..start + length))
            }
            Some(_) => {
                let start = self.position;
                let line = self.skip(|character| !is_newline(character));
                let value = without_comment(line).trim_end_matches(is_space);
                Some((value.to_owned(), start..start + value.len()))
            }
            None => Some((String::new(), self.position..self.position)),
        }
    }
}

/// Where the quote closes: a backslash takes the character behind it along.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return Some(index),
            _ => {}
        }
    }
    None
}

fn without_comment(line: &str) -> &str {
    let mut blank_since = None;
    for (index, character) in line.char_indices() {
        match (character, blank_since) {
            ('#', Some(start)) => return &line[..start],
            _ if is_space(character) => blank_since = blank_since.or(Some(index)),
            _ => blank_since = None,
        }
    }
    line
}

fn unescape(raw: &str, known: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\').then(|| characters.clone().next()).flatten().filter(|next| known.contains(*next));
        out.push(match escaped {
            None => character,
            Some('a') => '\u{7}',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('v') => '\u{b}',
            Some(other) => other,
        });
        if escaped.is_some() {
            characters.next();
        }
    }
    out
}

/// What Python's `\s` matches.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn is_newline(character: char) -> bool {
    matches!(character, '\r' | '\n')
}

fn is_blank(character: char) -> bool {
    is_space(character) && !is_newline(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, Option<String>)> {
        let (mut assignments, _) = read(text, ArtifactId(0));
        interpolate(&mut assignments, &|_| None);
        assignments.iter().map(|it| (it.name.to_string(), it.value.as_deref().map(str::to_owned))).collect()
    }

    fn one(text: &str) -> String {
        values(text).remove(0).1.unwrap_or_default()
    }

    #[test]
    fn quotes_and_comments() {
        assert_eq!(one("A=b # c"), "b");
        assert_eq!(one("A=b#c"), "b#c");
        assert_eq!(one("A=\"b # c\" # d"), "b # c");
        assert_eq!(one("export A='x y'"), "x y");
        assert_eq!(one("A = b "), "b");
        assert_eq!(one("A="), "");
        assert_eq!(one(r#"A="a\"b\n""#), "a\"b\n");
        assert_eq!(one(r"A='a\'b\n'"), "a'b\\n");
        assert_eq!(values("A\nB=1"), [("A".into(), None), ("B".into(), Some("1".into()))]);
    }

    #[test]
    fn many_lines_in_quotes() {
        assert_eq!(one("A=\"a\nb\"\nB=c"), "a\nb");
        assert_eq!(values("A=\"a\nb\"\nB=c").len(), 2);
    }

    #[test]
    fn references() {
        assert_eq!(
            values("A=1\nB=${A}2\nC=${X:-d}\nD=${X}\nE=$A")[1..].iter().filter_map(|it| it.1.clone()).collect::<Vec<_>>(),
            ["12", "d", "", "$A"]
        );
    }

    #[test]
    fn a_bad_line_is_skipped_and_said() {
        let (assignments, notices) = read("A=1\n=2\nB=\"open\nC=3\n", ArtifactId(0));
        assert_eq!(assignments.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["A", "C"]);
        assert_eq!(notices.len(), 2);
    }

    #[test]
    fn the_region_is_the_value() {
        let text = "# x\nSECRET_KEY='ab'\nB=c  # d\n";
        let (assignments, _) = read(text, ArtifactId(0));
        let shown: Vec<&str> = assignments.iter().map(|it| &text[it.at.start as usize..it.at.end as usize]).collect();
        assert_eq!(shown, ["ab", "c"]);
    }

    #[test]
    fn values_are_not_printed() {
        let (assignments, _) = read("A=hunter2", ArtifactId(0));
        assert!(!format!("{assignments:?}").contains("hunter2"));
    }
}
