//! Splits a script into words and operators, as POSIX shells do.

use std::ops::Range;

use super::{Dialect, Part, Word};
use crate::references;

/// A token of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// An operator: `&&`, `|`, `(`, `>` …; redirections carry the number before them away.
    Operator(&'static str, Range<usize>),
    /// The end of a line.
    Newline(usize),
}

const OPERATORS: [&str; 22] = [
    "<<<", "<<-", "&>>", ";;&", ">>", "<<", "&&", "||", ";;", ";&", "&>", ">&", "<&", ">|", "<>", "|&", "&", "|", ";", "(", ")",
    "<",
];
/// The operators of documents, whose ranges are those of the documents: one in which references count, and one without.
pub(super) const DOCUMENT: &str = "<<";
pub(super) const DOCUMENT_AS_IT_IS: &str = "<<'";
/// Scripts with more tokens are no scripts.
const MOST: usize = 100_000;

/// The tokens of a text, and whether it ended inside quotes.
pub(super) fn read(text: &str, dialect: Dialect) -> (Vec<Token>, bool) {
    let mut lexer = Lexer { text, position: 0, dialect, tokens: Vec::new(), heredocs: Vec::new(), open: false };
    lexer.run();
    (lexer.tokens, lexer.open)
}

struct Lexer<'a> {
    text: &'a str,
    position: usize,
    dialect: Dialect,
    tokens: Vec<Token>,
    /// Documents that start on the next line: their tokens, their delimiters, and whether tabs before those count.
    heredocs: Vec<(usize, String, bool)>,
    open: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn run(&mut self) {
        let words_only = self.dialect != Dialect::Shell;
        while self.tokens.len() < MOST {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return };
            if let Some(length) = self.continuation(rest) {
                self.position += length;
                continue;
            }
            match first {
                '\n' => {
                    self.tokens.push(Token::Newline(self.position));
                    self.position += 1;
                    self.documents();
                }
                ' ' | '\t' | '\r' => self.position += 1,
                '#' if !words_only => self.position += rest.find('\n').unwrap_or(rest.len()),
                _ => match OPERATORS.iter().chain(&[">"]).find(|operator| rest.starts_with(**operator)) {
                    Some(operator) if !words_only => self.operator(operator),
                    Some(_) | None => self.word(),
                },
            }
        }
    }

    /// The length of a backslash with the end of the line, and of comment lines that a Dockerfile skips behind it.
    fn continuation(&self, rest: &str) -> Option<usize> {
        let escape = match self.dialect {
            Dialect::Dockerfile(escape) => escape,
            Dialect::Shell | Dialect::Words => '\\',
        };
        let behind = rest.strip_prefix(escape)?;
        let blanks = match self.dialect {
            Dialect::Dockerfile(_) => behind.len() - behind.trim_start_matches([' ', '\t', '\r']).len(),
            Dialect::Shell | Dialect::Words => usize::from(behind.starts_with("\r\n")),
        };
        let mut length = escape.len_utf8() + blanks;
        if !rest[length..].starts_with('\n') {
            return None;
        }
        length += 1;
        if matches!(self.dialect, Dialect::Dockerfile(_)) {
            for line in rest[length..].split_inclusive('\n') {
                let trimmed = line.trim();
                if !(trimmed.is_empty() || trimmed.starts_with('#')) {
                    break;
                }
                length += line.len();
            }
        }
        Some(length)
    }

    fn operator(&mut self, operator: &'static str) {
        let start = self.position;
        self.position += operator.len();
        if operator.starts_with(['<', '>']) || operator.starts_with("&>") {
            // The number before a redirection is a file, not a word.
            if let Some(Token::Word(word)) = self.tokens.last()
                && word.range.end == start
                && word.plain().is_some_and(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            {
                self.tokens.pop();
            }
        }
        if matches!(operator, "<<" | "<<-") {
            while self.rest().starts_with([' ', '\t']) {
                self.position += 1;
            }
            let before = self.tokens.len();
            self.word();
            if let Some(Token::Word(word)) = self.tokens.get(before) {
                let delimiter = word.plain().unwrap_or_default();
                let quoted = word.parts.iter().any(|part| matches!(part, Part::Text(_, true)));
                self.tokens.truncate(before);
                if !delimiter.is_empty() {
                    let document = if quoted { DOCUMENT_AS_IT_IS } else { DOCUMENT };
                    self.tokens.push(Token::Operator(document, self.position..self.position));
                    self.heredocs.push((before, delimiter, operator == "<<-"));
                }
            }
            return;
        }
        self.tokens.push(Token::Operator(operator, start..self.position));
    }

    /// Takes the documents that start on this line, and says with their operators where they stand.
    fn documents(&mut self) {
        for (token, delimiter, tabs) in std::mem::take(&mut self.heredocs) {
            let mut found = false;
            let start = self.position;
            let mut end = start;
            while !found && !self.rest().is_empty() {
                let rest = self.rest();
                let line = rest.split_inclusive('\n').next().unwrap_or(rest);
                let shown = line.trim_end_matches(['\n', '\r']);
                found = (if tabs { shown.trim_start_matches('\t') } else { shown }) == delimiter;
                self.position += line.len();
                end = if found { end } else { self.position };
            }
            if let Some(Token::Operator(_, range)) = self.tokens.get_mut(token) {
                *range = start..end;
            }
        }
    }

    fn word(&mut self) {
        let start = self.position;
        let mut parts: Vec<Part> = Vec::new();
        let plain = |parts: &mut Vec<Part>, character: char, quoted: bool| match parts.last_mut() {
            Some(Part::Text(text, known)) if *known == quoted => text.push(character),
            Some(_) | None => parts.push(Part::Text(character.to_string(), quoted)),
        };
        let references = self.dialect != Dialect::Words;
        while let Some(character) = self.rest().chars().next() {
            let rest = self.rest();
            if let Some(length) = self.continuation(rest) {
                self.position += length;
                continue;
            }
            match character {
                ' ' | '\t' | '\n' | '\r' => break,
                '{' if !references && expression(rest).is_some() => {
                    let length = expression(rest).unwrap_or_default();
                    rest[..length].chars().for_each(|inside| plain(&mut parts, inside, false));
                    self.position += length;
                }
                _ if self.dialect == Dialect::Shell
                    && OPERATORS.iter().chain(&[">"]).any(|operator| rest.starts_with(operator)) =>
                {
                    break;
                }
                '\'' => {
                    let inside = &rest[1..];
                    let end = inside.find('\'');
                    self.open |= end.is_none();
                    let end = end.unwrap_or(inside.len());
                    parts.push(Part::Text(inside[..end].to_owned(), true));
                    self.position += (end + 2).min(rest.len());
                }
                '"' => {
                    self.position += 1;
                    self.quoted(&mut parts);
                }
                '\\' => {
                    self.position += 1;
                    if let Some(next) = self.rest().chars().next() {
                        plain(&mut parts, next, true);
                        self.position += next.len_utf8();
                    } else {
                        plain(&mut parts, '\\', false);
                    }
                }
                '$' | '`' if references => self.reference(&mut parts, false),
                _ => {
                    plain(&mut parts, character, false);
                    self.position += character.len_utf8();
                }
            }
        }
        if self.position == start {
            // An operator where no word can be: never stand still.
            self.position += self.rest().chars().next().map_or(0, char::len_utf8);
            return;
        }
        self.tokens.push(Token::Word(Word { parts, range: start..self.position }));
    }

    fn quoted(&mut self, parts: &mut Vec<Part>) {
        let mut text = String::new();
        let references = self.dialect != Dialect::Words;
        let mut any = false;
        loop {
            let rest = self.rest();
            let Some(character) = rest.chars().next() else {
                self.open = true;
                break;
            };
            if let Some(length) = self.continuation(rest) {
                self.position += length;
                continue;
            }
            match character {
                '"' => {
                    self.position += 1;
                    break;
                }
                '\\' => {
                    self.position += 1;
                    match self.rest().chars().next() {
                        Some(next @ ('"' | '\\' | '$' | '`')) => {
                            text.push(next);
                            self.position += 1;
                        }
                        Some(_) | None => text.push('\\'),
                    }
                }
                '$' | '`' if references => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text), true));
                    }
                    any = true;
                    self.reference(parts, true);
                }
                _ => {
                    text.push(character);
                    self.position += character.len_utf8();
                }
            }
        }
        if !text.is_empty() || !any {
            parts.push(Part::Text(text, true));
        }
    }

    /// A reference or the output of a command.
    fn reference(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('`') {
            let end = inside.find('`').unwrap_or(inside.len());
            self.position += (end + 2).min(rest.len());
            parts.push(Part::Output(quoted));
            return;
        }
        let behind = &rest[1..];
        if let Some(inside) = behind.strip_prefix('{') {
            if let Some(end) = references::closing(inside) {
                parts.push(Part::Reference(inside[..end].to_owned(), quoted));
                self.position += end + 3;
                return;
            }
        } else if let Some(inside) = behind.strip_prefix('(') {
            let end = parenthesis(inside);
            self.position += (end + 3).min(rest.len());
            parts.push(Part::Output(quoted));
            return;
        } else {
            let length = references::name_length(behind);
            if length > 0 {
                parts.push(Part::Reference(behind[..length].to_owned(), quoted));
                self.position += 1 + length;
                return;
            }
            if let Some(special) = behind.chars().next().filter(|next| next.is_ascii_digit() || "@*#?$!-".contains(*next)) {
                parts.push(Part::Reference(special.to_string(), quoted));
                self.position += 2;
                return;
            }
        }
        parts.push(Part::Text("$".to_owned(), quoted));
        self.position += 1;
    }
}

/// The length of the expression of a template that a text begins with: blanks in it part no words.
fn expression(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("{{")?;
    let length = inside.find("}}")?;
    (!inside[..length].contains('\n')).then_some(length + 4)
}

/// Where the parenthesis that closes a substitution stands.
fn parenthesis(text: &str) -> usize {
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            _ if escaped => escaped = false,
            (b'\\', _) => escaped = true,
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'(', None) => depth += 1,
            (b')', None) if depth == 0 => return index,
            (b')', None) => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_shlex() {
        for text in [
            "gunicorn -b 0.0.0.0:8000 shop.wsgi",
            "sh -c 'exec gunicorn \"a b\"' x\\ y",
            "a \"b\\\"c\" 'd' \"\" ''",
            "--opt=\"x y\"z --other='1'2",
            "ünï \"ö ü\"",
            "a\\\nb c",
        ] {
            let ours: Vec<String> = read(text, Dialect::Words)
                .0
                .iter()
                .filter_map(|token| match token {
                    Token::Word(word) => word.plain(),
                    Token::Operator(..) | Token::Newline(_) => None,
                })
                .collect();
            assert_eq!(Some(ours), shlex::split(text), "{text}");
        }
    }

    #[test]
    fn operators_and_documents() {
        let (tokens, open) = read("cat <<EOF > x 2>&1\na && b\nEOF\nc || d $(e | f) # g\n", Dialect::Shell);
        assert!(!open);
        let words: Vec<String> = tokens
            .iter()
            .filter_map(|token| match token {
                Token::Word(word) => Some(word.plain().unwrap_or_else(|| "$".to_owned())),
                Token::Operator(..) | Token::Newline(_) => None,
            })
            .collect();
        assert_eq!(words, ["cat", "x", "1", "c", "d", "$"]);
    }
}
