//! Whether an abstract value allows what real Python saw.

use serde_json::Value as Json;
use shipworthy_model::{Datum, Entry, Item, Value};
use shipworthy_source::tagged;

/// How a value of ours stands to the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Admits {
    /// It is that value and no other.
    Exactly,
    /// It may be that value: parts are unknown.
    Perhaps,
    /// It cannot be that value: ours is wrong.
    Never,
}

use Admits::{Exactly, Never, Perhaps};

/// Compares a value with the tagged JSON of the real one.
pub(crate) fn admits(value: &Value, truth: &Json) -> Admits {
    match &value.datum {
        Datum::Unknown(_) => Perhaps,
        Datum::OneOf(alternatives) => {
            if alternatives.iter().any(|(_, alternative)| admits(alternative, truth) != Never) {
                Perhaps
            } else {
                Never
            }
        }
        Datum::List(items) => truth.as_array().map_or(Never, |truths| sequence(items, truths)),
        Datum::Tuple(items) => content(truth, "$tuple").map_or(Never, |truths| sequence(items, truths)),
        Datum::Set(items) => content(truth, "$set").map_or(Never, |truths| unordered(items, truths)),
        Datum::Dict(entries) => content(truth, "$dict").map_or(Never, |pairs| dictionary(entries, pairs)),
        Datum::None
        | Datum::Bool(_)
        | Datum::Int(_)
        | Datum::Float(_)
        | Datum::Str(_)
        | Datum::Secret(_)
        | Datum::Bytes(_)
        | Datum::Path(_)
        | Datum::TimeDelta(_)
        | Datum::Lazy(_)
        | Datum::Ref(_) => {
            if tagged::to_json(value, true) == *truth {
                Exactly
            } else {
                Never
            }
        }
    }
}

fn content<'a>(truth: &'a Json, tag: &str) -> Option<&'a [Json]> {
    truth.get(tag)?.as_array().map(Vec::as_slice)
}

/// Elements in order; those that are perhaps there may be left out, an unknown rest may be anything.
fn sequence(items: &[Item], truths: &[Json]) -> Admits {
    match (items, truths) {
        ([], []) => Exactly,
        ([], _) => Never,
        ([Item::One(value), rest @ ..], [truth, truths @ ..]) => match admits(value, truth) {
            Never => Never,
            found => found.max(sequence(rest, truths)),
        },
        ([Item::One(_), ..], []) => Never,
        ([Item::Perhaps(value, _), rest @ ..], _) => {
            let without = sequence(rest, truths);
            let with = match truths {
                [truth, truths @ ..] if admits(value, truth) != Never => sequence(rest, truths),
                _ => Never,
            };
            if without == Never && with == Never { Never } else { Perhaps }
        }
        ([Item::Many(_), rest @ ..], _) => {
            if (0..=truths.len()).any(|skip| sequence(rest, &truths[skip..]) != Never) {
                Perhaps
            } else {
                Never
            }
        }
    }
}

fn unordered(items: &[Item], truths: &[Json]) -> Admits {
    let mut left: Vec<&Json> = truths.iter().collect();
    let (mut found, mut rest) = (Exactly, false);
    for item in items {
        match item {
            Item::One(value) => match left.iter().position(|truth| admits(value, truth) == Exactly) {
                Some(index) => drop(left.remove(index)),
                None if truths.iter().any(|truth| admits(value, truth) != Never) => (found, rest) = (Perhaps, true),
                None => return Never,
            },
            Item::Perhaps(value, _) => {
                found = Perhaps;
                left.retain(|truth| admits(value, truth) == Never);
            }
            Item::Many(_) => (found, rest) = (Perhaps, true),
        }
    }
    if rest || left.is_empty() { found } else { Never }
}

/// Entries by key. Where all is known their order counts as well.
fn dictionary(entries: &[Entry], pairs: &[Json]) -> Admits {
    let mut found = Exactly;
    let mut rest = false;
    let whole = entries.iter().all(|entry| matches!(entry, Entry::One(..)));
    for (index, entry) in entries.iter().enumerate() {
        match entry {
            Entry::One(key, value) => match pairs.iter().position(|pair| admits(key, &pair[0]) == Exactly) {
                Some(place) => {
                    let replaced = entries
                        .iter()
                        .any(|other| matches!(other, Entry::Perhaps(again, ..) if admits(again, &pairs[place][0]) != Never));
                    match admits(value, &pairs[place][1]) {
                        Never if replaced => found = Perhaps,
                        answer => found = found.max(answer),
                    }
                    if whole && found == Exactly && place != index {
                        found = Never;
                    }
                }
                None if key.has_unknown() => (found, rest) = (found.max(Perhaps), true),
                None => return Never,
            },
            Entry::Perhaps(..) => found = found.max(Perhaps),
            Entry::Many(_) => (found, rest) = (found.max(Perhaps), true),
        }
    }
    let foreseen = |pair: &Json| {
        entries.iter().any(|entry| match entry {
            Entry::One(key, _) | Entry::Perhaps(key, _, _) => admits(key, &pair[0]) != Never,
            Entry::Many(_) => true,
        })
    };
    if rest || pairs.iter().all(foreseen) { found } else { Never }
}
