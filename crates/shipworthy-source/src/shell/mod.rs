//! Shell scripts and command lines: which commands they run, with which words, and under what condition.

mod conditions;
mod course;
mod expand;
mod files;
mod lexer;
mod run;
mod script;
mod sourced;

pub(crate) use conditions::Reach;
pub(crate) use files::Wrote;
pub(crate) use run::{Ran, Shell};

use shipworthy_model::picture::Text;

use crate::piece::Piece;

/// A word of a script, before anything is expanded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    /// What it is made of.
    pub(crate) parts: Vec<Part>,
    /// Where it stands in the script.
    pub(crate) range: std::ops::Range<usize>,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// Text, and whether it was quoted.
    Text(String, bool),
    /// A reference: what stands behind the dollar sign, without braces, and whether it was quoted.
    Reference(String, bool),
    /// The output of a command.
    Output(bool),
}

impl Word {
    /// The text of a word without references.
    pub(crate) fn plain(&self) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part, _) => text.push_str(part),
                Part::Reference(..) | Part::Output(_) => return None,
            }
        }
        Some(text)
    }

    /// Whether it is this keyword: plain and without quotes.
    fn is(&self, keyword: &str) -> bool {
        matches!(self.parts.as_slice(), [Part::Text(text, false)] if text == keyword)
    }
}

/// How a text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// A script or a command that a shell gets.
    Shell,
    /// The arguments of a Dockerfile's instruction: words and references without operators; comment lines between
    /// continued ones are left out.
    Dockerfile(char),
    /// Words only, as Compose and supervisor split them: no operators, no references, no comments.
    Words,
}

/// What `set` says about exporting all: `-a`, `-ea`, `-o allexport`, and the same with a plus.
fn exports_all(words: &[Text]) -> Option<bool> {
    said_by_set(words, 'a', "allexport")
}

/// What `set` says about ending when a command fails: `-e`, `-o errexit`.
fn ends_on_failure(words: &[Text]) -> Option<bool> {
    said_by_set(words, 'e', "errexit")
}

fn said_by_set(words: &[Text], letter: char, name: &str) -> Option<bool> {
    let mut said = None;
    let mut option = None;
    for word in words[1..].iter().filter_map(Text::as_str) {
        let on = word.starts_with('-');
        if let Some(on) = option.take().filter(|_| word == name) {
            said = Some(on);
        } else if (on || word.starts_with('+')) && !word.starts_with("--") {
            if word.contains(letter) {
                said = Some(on);
            }
            option = word.ends_with('o').then_some(on);
        }
    }
    said
}

/// The words of a text that no shell reads.
pub(crate) fn words(piece: &Piece) -> Vec<Piece> {
    let (tokens, _) = lexer::read(&piece.text, Dialect::Words);
    tokens
        .into_iter()
        .filter_map(|token| match token {
            lexer::Token::Word(word) => {
                let text = word.plain().unwrap_or_default();
                let source = &piece.text[word.range.clone()];
                Some(if text == source {
                    piece.slice(word.range)
                } else if let Some(inner) = source.find(&text).filter(|_| !text.is_empty()) {
                    piece.slice(word.range.start + inner..word.range.start + inner + text.len())
                } else {
                    Piece::aligned(&text, source, piece.region(word.range))
                })
            }
            lexer::Token::Operator(..) | lexer::Token::Newline(_) => None,
        })
        .collect()
}
