//! Conditions of scripts: what a test comes to with the variables that are given, and what it comes to in production where
//! nobody gives them.

use std::collections::BTreeSet;
use std::sync::Arc;

use shipworthy_model::picture::{Chance, Source};
use shipworthy_model::{Stage, Why};

use super::run::Shell;
use super::{Part, Word};
use crate::piece::Piece;
use crate::references;

/// What a command of a list or a condition comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A test, with what is given.
    Known(bool),
    /// A test, as far as nobody gives these variables, or others than their defaults.
    Presumed(bool, BTreeSet<Arc<str>>),
    /// A test of what only the machine shows.
    Open,
    /// No test: a command that does something. A deployment that runs goes on behind it.
    Done,
}

/// How sure it is that a command is come to, and which variables that rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reach {
    pub(crate) chance: Chance,
    pub(crate) rests_on: BTreeSet<Arc<str>>,
}

impl Reach {
    pub(crate) fn of(chance: Chance) -> Self {
        Self { chance, rests_on: BTreeSet::new() }
    }

    /// Both: what lies inside the one is come to by the other.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.chance = self.chance.max(other.chance);
        self.rests_on.extend(other.rests_on.iter().cloned());
        self
    }
}

impl Outcome {
    fn presumed(holds: bool, names: &BTreeSet<Arc<str>>) -> Self {
        Self::Presumed(holds, names.clone())
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Known(holds) => Self::Known(!holds),
            Self::Presumed(holds, names) => Self::Presumed(!holds, names),
            Self::Open | Self::Done => Self::Open,
        }
    }

    /// `one && other`
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (Self::Presumed(false, names), _) | (_, Self::Presumed(false, names)) => Self::Presumed(false, names),
            (Self::Open, _) | (_, Self::Open) => Self::Open,
            (Self::Done, _) | (_, Self::Done) => Self::Done,
            (Self::Presumed(_, mut names), Self::Presumed(_, more)) => {
                names.extend(more);
                Self::Presumed(true, names)
            }
            (Self::Presumed(_, names), Self::Known(_)) | (Self::Known(_), Self::Presumed(_, names)) => {
                Self::Presumed(true, names)
            }
            (Self::Known(_), Self::Known(_)) => Self::Known(true),
        }
    }

    /// `one || other`
    pub(super) fn or(self, other: Self) -> Self {
        self.negated().and(other.negated()).negated()
    }

    /// How sure it is that something is come to where this holds; `None` where that is certain not to be.
    pub(super) fn reach(&self) -> Option<Reach> {
        match self {
            Self::Known(true) => Some(Reach::default()),
            Self::Known(false) => None,
            Self::Presumed(true, names) => Some(Reach { chance: Chance::Presumed, rests_on: names.clone() }),
            Self::Presumed(false, _) => Some(Reach::of(Chance::Unlikely)),
            Self::Open | Self::Done => Some(Reach::of(Chance::Open)),
        }
    }
}

/// A side of a comparison.
struct Operand {
    /// Its text, as far as it is known.
    text: Option<String>,
    /// Variables that decide it and that nobody gives, or whose value others may replace.
    names: BTreeSet<Arc<str>>,
}

impl Shell {
    /// What a command comes to, where it is a test: `[ … ]`, `[[ … ]]`, `test …`.
    pub(super) fn outcome(&mut self, words: &[Word], piece: &Piece) -> Outcome {
        let is = |word: Option<&Word>, wanted: &[&str]| word.and_then(Word::plain).is_some_and(|it| wanted.contains(&&*it));
        let opens = is(words.first(), &["[", "[["]);
        let closes = is(words.last(), &["]", "]]"]);
        let inside = match (opens, std::mem::replace(&mut self.in_test, false)) {
            (true, _) => &words[1..],
            (false, true) => words,
            (false, false) if is(words.first(), &["test"]) => return self.expression(&words[1..], piece),
            (false, false) if is(words.first(), &["true", ":"]) => return Outcome::Known(true),
            (false, false) if is(words.first(), &["false"]) => return Outcome::Known(false),
            (false, false) => return Outcome::Done,
        };
        // `[[ a && b ]]` comes in two pieces.
        self.in_test = !closes && (is(words.first(), &["[["]) || !opens);
        self.expression(if closes { &inside[..inside.len().saturating_sub(1)] } else { inside }, piece)
    }

    fn expression(&self, words: &[Word], piece: &Piece) -> Outcome {
        let plain = |word: &Word| word.plain().unwrap_or_default();
        for (mark, either) in [("-o", true), ("-a", false)] {
            let middle = words.iter().position(|word| plain(word) == mark).filter(|at| *at > 0 && at + 1 < words.len());
            if let Some(middle) = middle {
                let (one, other) = (self.expression(&words[..middle], piece), self.expression(&words[middle + 1..], piece));
                return if either { one.or(other) } else { one.and(other) };
            }
        }
        match words {
            [] => Outcome::Known(false),
            [mark, rest @ ..] if plain(mark) == "!" && !rest.is_empty() => self.expression(rest, piece).negated(),
            [one] => self.is_empty(one, piece).negated(),
            [mark, one] => match &*plain(mark) {
                "-n" => self.is_empty(one, piece).negated(),
                "-z" => self.is_empty(one, piece),
                _ => Outcome::Open,
            },
            [one, mark, other] => match &*plain(mark) {
                "=" | "==" | "-eq" => self.equals(one, other, piece),
                "!=" | "-ne" => self.equals(one, other, piece).negated(),
                "-gt" => self.compares(one, other, piece, |one, other| one > other),
                "-ge" => self.compares(one, other, piece, |one, other| one >= other),
                "-lt" => self.compares(one, other, piece, |one, other| one < other),
                "-le" => self.compares(one, other, piece, |one, other| one <= other),
                _ => Outcome::Open,
            },
            _ => Outcome::Open,
        }
    }

    fn is_empty(&self, word: &Word, piece: &Piece) -> Outcome {
        let operand = self.operand(word, piece);
        match &operand.text {
            Some(text) if operand.names.is_empty() => Outcome::Known(text.is_empty()),
            None if operand.names.is_empty() => Outcome::Open,
            // What is called production is set there.
            _ if operand.names.iter().any(|name| names_production(name)) => Outcome::presumed(false, &operand.names),
            Some(text) => Outcome::presumed(text.is_empty(), &operand.names),
            None => Outcome::presumed(true, &operand.names),
        }
    }

    fn equals(&self, one: &Word, other: &Word, piece: &Piece) -> Outcome {
        let is_pattern =
            |word: &Word| word.parts.iter().any(|part| matches!(part, Part::Text(text, false) if text.contains(['*', '?', '['])));
        if is_pattern(other) {
            return Outcome::Open;
        }
        let (one, other) = (self.operand(one, piece), self.operand(other, piece));
        let known = |operand: &Operand| operand.names.is_empty().then(|| operand.text.clone()).flatten();
        match (known(&one), known(&other)) {
            (Some(one), Some(other)) => Outcome::Known(one == other),
            (None, Some(text)) => Self::presumes(&one, &text),
            (Some(text), None) => Self::presumes(&other, &text),
            (None, None) => Outcome::Open,
        }
    }

    fn compares(&self, one: &Word, other: &Word, piece: &Piece, holds: impl Fn(i64, i64) -> bool) -> Outcome {
        let (one, other) = (self.operand(one, piece), self.operand(other, piece));
        let number = |operand: &Operand| operand.text.as_ref().and_then(|text| text.trim().parse().ok());
        let (Some(first), Some(second)) = (number(&one), number(&other)) else { return Outcome::Open };
        let names: BTreeSet<Arc<str>> = one.names.into_iter().chain(other.names).collect();
        if names.is_empty() { Outcome::Known(holds(first, second)) } else { Outcome::Presumed(holds(first, second), names) }
    }

    /// Whether what nobody gives is this text in production: a word for production is, one for development is not, and what
    /// says neither is what it is where it is left alone.
    fn presumes(operand: &Operand, text: &str) -> Outcome {
        if operand.names.is_empty() {
            return Outcome::Open;
        }
        let on = matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y" | "t");
        let off = matches!(text.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off" | "n" | "f" | "");
        let develops = operand.names.iter().any(|name| Stage::of(name) == Stage::Development);
        let holds = if on || off {
            if operand.names.iter().any(|name| names_production(name)) {
                on
            } else if develops {
                off
            } else {
                operand.text.as_deref().unwrap_or_default() == text
            }
        } else {
            match Stage::of(text) {
                Stage::Production => true,
                Stage::Development | Stage::Staging => false,
                Stage::Neutral | Stage::Base => operand.text.as_deref().unwrap_or_default() == text,
            }
        };
        Outcome::presumed(holds, &operand.names)
    }

    /// Which arm of a `case` production takes, as far as nobody gives what its subject asks: `arms` are the patterns of
    /// each. `None` where that is not to be said.
    pub(super) fn presumed_arm(&self, subject: &Word, arms: &[&[Word]], piece: &Piece) -> Option<(usize, BTreeSet<Arc<str>>)> {
        let operand = self.operand(subject, piece);
        if operand.names.is_empty() {
            return None;
        }
        let has = |arm: &&&[Word], wanted: &dyn Fn(&str) -> bool| {
            arm.iter().any(|pattern| pattern.plain().is_some_and(|pattern| wanted(&pattern)))
        };
        let text = operand.text.as_deref().unwrap_or_default();
        let production = arms.iter().find(|arm| has(arm, &|pattern| Stage::of(pattern) == Stage::Production));
        let own = || arms.iter().find(|arm| has(arm, &|pattern| pattern == text));
        let rest = || arms.iter().find(|arm| has(arm, &|pattern| pattern == "*"));
        let arm = production.or_else(own).or_else(rest)?;
        Some((arm.first()?.range.start, operand.names))
    }

    fn operand(&self, word: &Word, piece: &Piece) -> Operand {
        let text = self.one(word, piece, piece.region(word.range.clone()));
        let mut names: BTreeSet<Arc<str>> = text.assumes.iter().cloned().collect();
        for part in &word.parts {
            let Part::Reference(inside, _) = part else { continue };
            if inside.starts_with('#') {
                continue;
            }
            let name = &inside[..references::name_length(inside)];
            // Whoever runs an image replaces its variables.
            let replaced = self.variables.iter().find(|it| &*it.name == name && it.from == Source::Image);
            names.extend(replaced.map(|variable| variable.name.clone()));
        }
        match text.as_unknown() {
            None => Operand { text: text.expose().map(str::to_owned), names },
            Some(why) => {
                names.clear();
                if let Why::Variable(name) = &why.why {
                    names.insert(name.clone());
                }
                Operand { text: None, names }
            }
        }
    }
}

/// Whether a variable says by its name that it is on in production alone: it names that, or a server for it.
fn names_production(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word.to_ascii_lowercase().as_str(),
            "prod" | "production" | "gunicorn" | "uwsgi" | "uvicorn" | "daphne" | "granian" | "hypercorn"
        )
    })
}
