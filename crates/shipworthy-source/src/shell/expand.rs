//! Expands words of a script as far as what they refer to is known.

use shipworthy_model::Why;
use shipworthy_model::picture::Text;

use super::run::Shell;
use super::{Part, Word};
use crate::piece::Piece;
use crate::references;

impl Shell {
    /// A word where no splitting takes place.
    pub(super) fn one(&self, word: &Word, piece: &Piece, at: shipworthy_model::Region) -> Text {
        let mut words = self.expand_as(word, piece, false);
        match words.len() {
            0 => Text::known("", at),
            1 => words.remove(0),
            _ => Text::unknown(&piece.text[word.range.clone()], Why::Unsupported("several words in one".into()), at),
        }
    }

    /// The words that a word becomes.
    pub(super) fn expand(&self, word: &Word, piece: &Piece) -> Vec<Text> {
        self.expand_as(word, piece, true)
    }

    pub(super) fn expand_as(&self, word: &Word, piece: &Piece, split: bool) -> Vec<Text> {
        let at = piece.region(word.range.clone());
        // `"$@"` becomes the arguments one by one; `"$*"` is one word, and so is either where nothing is split.
        if let [Part::Reference(name, quoted)] = word.parts.as_slice()
            && let Some(arguments) = &self.arguments
            && split
            && (name == "@" || name == "*" && !quoted)
        {
            return arguments.clone();
        }
        // `"${@:2}"` are those from the second on.
        if let [Part::Reference(name, _)] = word.parts.as_slice()
            && let Some(first) = name.strip_prefix("@:").and_then(|first| first.trim().parse::<usize>().ok())
            && let Some(arguments) = self.arguments.as_ref().filter(|_| split)
        {
            return arguments.iter().skip(first.saturating_sub(1)).cloned().collect();
        }
        let mut made = references::Made { text: String::new(), why: None, assumes: Vec::new() };
        // Where unquoted references end up, to be split at blanks.
        let mut splits: Vec<std::ops::Range<usize>> = Vec::new();
        let mut quoted_any = word.parts.is_empty();
        for part in &word.parts {
            let start = made.text.len();
            match part {
                Part::Text(text, quoted) => {
                    quoted_any |= quoted;
                    made.text.push_str(text);
                }
                Part::Reference(inside, quoted) => {
                    quoted_any |= quoted;
                    self.reference(inside, at, &mut made);
                    if !quoted {
                        splits.push(start..made.text.len());
                    }
                }
                Part::Output(quoted) => {
                    quoted_any |= quoted;
                    made.why.get_or_insert_with(|| references::output(&piece.text[word.range.clone()]));
                }
            }
        }
        if let Some(why) = made.why {
            let written: String = unquoted(&piece.text[word.range.clone()]);
            return vec![Text::unknown(written, why, at).assuming(made.assumes)];
        }
        if made.text.is_empty() && !quoted_any {
            return Vec::new();
        }
        let blank = |range: &std::ops::Range<usize>| made.text[range.clone()].contains([' ', '\t', '\n']);
        if split && splits.iter().any(blank) {
            let mut words = vec![String::new()];
            for (index, character) in made.text.char_indices() {
                let splitting = character.is_ascii_whitespace() && splits.iter().any(|range| range.contains(&index));
                match words.last_mut() {
                    Some(last) if !splitting => last.push(character),
                    Some(last) if last.is_empty() => {}
                    Some(_) | None => words.push(String::new()),
                }
            }
            words.retain(|word| !word.is_empty());
            return words.into_iter().map(|word| Text::known(word, at).assuming(made.assumes.clone())).collect();
        }
        let source = &piece.text[word.range.clone()];
        let inner = source.find(&made.text).filter(|_| !made.text.is_empty() && splits.is_empty());
        let at = inner.map_or(at, |inner| piece.region(word.range.start + inner..word.range.start + inner + made.text.len()));
        vec![Text::known(made.text, at).assuming(made.assumes)]
    }

    fn reference(&self, inside: &str, at: shipworthy_model::Region, made: &mut references::Made) {
        let first = inside.chars().next();
        if first.is_some_and(|first| first.is_ascii_digit()) {
            let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
            let index = inside[..digits].parse::<usize>().unwrap_or(0);
            let argument = match (&self.arguments, index) {
                (None, _) | (_, 0) => None,
                (Some(arguments), index) => Some(arguments.get(index - 1)),
            };
            match argument {
                Some(Some(argument)) => references::put(argument, made),
                Some(None) => {
                    if let Some(default) = inside[digits..].trim_start_matches(':').strip_prefix('-') {
                        made.text.push_str(default);
                    }
                }
                None => {
                    made.why.get_or_insert(Why::Unsupported("the arguments of a script".into()));
                }
            }
            return;
        }
        if let ("@" | "*", Some(arguments)) = (inside, &self.arguments) {
            for (index, argument) in arguments.iter().enumerate() {
                made.text.push_str(if index == 0 { "" } else { " " });
                references::put(argument, made);
            }
            return;
        }
        if let ("#", Some(arguments)) = (inside, &self.arguments) {
            made.text.push_str(&arguments.len().to_string());
            return;
        }
        if !first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_') {
            made.why.get_or_insert(Why::Unsupported(format!("`${inside}`").into()));
            return;
        }
        let text = format!("${{{}}}", without_quotes(inside));
        let expanded = references::expand(&text, at, references::Dialect::Shell, &|name| self.look(name));
        references::put(&expanded, made);
    }
}

/// The inside of `${NAME:-"default"}` without the quotes around its default.
fn without_quotes(inside: &str) -> std::borrow::Cow<'_, str> {
    let (name, rest) = inside.split_at(references::name_length(inside));
    let Some(at) = rest.find(['-', '+', '=']).filter(|at| *at < 2) else { return inside.into() };
    let (operator, word) = rest.split_at(at + 1);
    let bare = |quote: char| word.strip_prefix(quote)?.strip_suffix(quote).filter(|bare| !bare.contains(quote));
    bare('"').or_else(|| bare('\'')).map_or(inside.into(), |bare| format!("{name}{operator}{bare}").into())
}

/// A word as written, less its outer quotes.
fn unquoted(word: &str) -> String {
    let trimmed = word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word);
    trimmed.to_owned()
}
