//! Alternatives of a setting that are containers of one kind become one container: what they share is certain.

use shipworthy_model::{Condition, Datum, Entry, Item, Value};

use super::object::negated;

/// Elements of two lists that are compared each with each; longer ones stay apart.
const MAX_COMPARED: usize = 1 << 18;
const MAX_NESTING: usize = 8;

/// One container for alternatives that are all lists, tuples or sets, or that are the dictionaries which a setting as a whole
/// may be; `None` for others. In it, what only some of them hold is there under their condition. What a dictionary further
/// inside says, it says as a whole: a database, a cache, a template engine.
pub(super) fn merged(alternatives: &[(Condition, Value)], is_setting: bool) -> Option<Datum> {
    let [(condition, first), rest @ ..] = alternatives else { return None };
    if matches!(first.datum, Datum::Dict(_)) && !is_setting {
        return None;
    }
    let mut whole = first.clone();
    for (other, value) in rest {
        // Of two alternatives one is what the other is not; of more, each has a condition of its own.
        let kept = if rest.len() == 1 { condition.clone() } else { negated(other) };
        whole = container(&whole, &kept, value, other, 0)?;
    }
    Some(whole.datum)
}

/// Both containers as one, if they are of one kind.
fn container(a: &Value, a_holds: &Condition, b: &Value, b_holds: &Condition, depth: usize) -> Option<Value> {
    if depth > MAX_NESTING {
        return None;
    }
    let both = |a: &[Item], b: &[Item]| items(a, a_holds, b, b_holds, depth);
    let datum = match (&a.datum, &b.datum) {
        (Datum::List(a), Datum::List(b)) => Datum::List(both(a, b)?),
        (Datum::Tuple(a), Datum::Tuple(b)) => Datum::Tuple(both(a, b)?),
        (Datum::Set(a), Datum::Set(b)) => Datum::Set(both(a, b)?),
        (Datum::Dict(a), Datum::Dict(b)) => Datum::Dict(entries(a, a_holds, b, b_holds, depth)),
        _ => return None,
    };
    Some(Value { datum, at: a.at })
}

fn either(a: &Value, a_holds: &Condition, b: &Value, b_holds: &Condition, depth: usize) -> Value {
    if alike(a, b) {
        return a.clone();
    }
    let sequence = !matches!(a.datum, Datum::Dict(_));
    let joined = if sequence { container(a, a_holds, b, b_holds, depth + 1) } else { None };
    joined.unwrap_or_else(|| {
        let mut alternatives = Vec::new();
        for (holds, value) in [(a_holds, a), (b_holds, b)] {
            match &value.datum {
                Datum::OneOf(inner) => alternatives.extend(inner.iter().cloned()),
                _ => alternatives.push((holds.clone(), value.clone())),
            }
        }
        Value { datum: Datum::OneOf(alternatives), at: a.at }
    })
}

/// What two sequences share, in their order, with what only one of them holds between.
fn items(a: &[Item], a_holds: &Condition, b: &[Item], b_holds: &Condition, depth: usize) -> Option<Vec<Item>> {
    let shared = shared(a, b)?;
    let (mut joined, mut from) = (Vec::with_capacity(a.len().max(b.len())), (0, 0));
    for (left, right) in shared.into_iter().chain([(a.len(), b.len())]) {
        let (only_a, only_b) = (&a[from.0..left], &b[from.1..right]);
        let certain = only_a.iter().chain(only_b).all(|item| matches!(item, Item::One(_)));
        if only_a.len() == only_b.len() && certain {
            for (a, b) in only_a.iter().zip(only_b) {
                if let (Item::One(a), Item::One(b)) = (a, b) {
                    joined.push(Item::One(either(a, a_holds, b, b_holds, depth)));
                }
            }
        } else {
            joined.extend(only_a.iter().map(|item| perhaps(item, a_holds)));
            joined.extend(only_b.iter().map(|item| perhaps(item, b_holds)));
        }
        joined.extend(a.get(left).cloned());
        from = (left + 1, right + 1);
    }
    Some(joined)
}

/// The longest common subsequence of two sequences, as places in both.
fn shared(a: &[Item], b: &[Item]) -> Option<Vec<(usize, usize)>> {
    let prefix = a.iter().zip(b).take_while(|(a, b)| same(a, b)).count();
    let longest = a.len().min(b.len()) - prefix;
    let suffix = a.iter().rev().zip(b.iter().rev()).take(longest).take_while(|(a, b)| same(a, b)).count();
    let (left, right) = (&a[prefix..a.len() - suffix], &b[prefix..b.len() - suffix]);
    let width = right.len() + 1;
    if (left.len() + 1).checked_mul(width)? > MAX_COMPARED {
        return None;
    }
    let mut lengths = vec![0_u32; (left.len() + 1) * width];
    for (i, one) in left.iter().enumerate().rev() {
        for (j, other) in right.iter().enumerate().rev() {
            lengths[i * width + j] = if same(one, other) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let mut pairs: Vec<(usize, usize)> = (0..prefix).map(|place| (place, place)).collect();
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if same(&left[i], &right[j]) {
            pairs.push((prefix + i, prefix + j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs.extend((1..=suffix).rev().map(|back| (a.len() - back, b.len() - back)));
    Some(pairs)
}

fn entries(a: &[Entry], a_holds: &Condition, b: &[Entry], b_holds: &Condition, depth: usize) -> Vec<Entry> {
    let mut joined = Vec::with_capacity(a.len().max(b.len()));
    let find = |entries: &[Entry], key: &Value| {
        entries.iter().position(|entry| match entry {
            Entry::One(other, _) | Entry::Perhaps(other, ..) => alike(key, other),
            Entry::Many(_) => false,
        })
    };
    for entry in a {
        joined.push(match entry {
            Entry::Many(unknown) => Entry::Many(unknown.clone()),
            Entry::One(key, value) => match find(b, key).map(|place| &b[place]) {
                Some(Entry::One(_, other)) => Entry::One(key.clone(), either(value, a_holds, other, b_holds, depth)),
                Some(Entry::Perhaps(_, other, condition)) => {
                    Entry::Perhaps(key.clone(), either(value, a_holds, other, b_holds, depth), condition.clone())
                }
                Some(Entry::Many(_)) | None => Entry::Perhaps(key.clone(), value.clone(), a_holds.clone()),
            },
            Entry::Perhaps(key, value, condition) => match find(b, key).map(|place| &b[place]) {
                Some(Entry::One(_, other) | Entry::Perhaps(_, other, _)) => {
                    Entry::Perhaps(key.clone(), either(value, a_holds, other, b_holds, depth), condition.clone())
                }
                Some(Entry::Many(_)) | None => entry.clone(),
            },
        });
    }
    for entry in b {
        match entry {
            Entry::Many(_) if joined.iter().any(|known| matches!(known, Entry::Many(_))) => {}
            Entry::Many(unknown) => joined.push(Entry::Many(unknown.clone())),
            Entry::One(key, _) | Entry::Perhaps(key, ..) if find(a, key).is_some() => {}
            Entry::One(key, value) => joined.push(Entry::Perhaps(key.clone(), value.clone(), b_holds.clone())),
            Entry::Perhaps(..) => joined.push(entry.clone()),
        }
    }
    joined
}

fn perhaps(item: &Item, condition: &Condition) -> Item {
    match item {
        Item::One(value) => Item::Perhaps(value.clone(), condition.clone()),
        Item::Perhaps(..) | Item::Many(_) => item.clone(),
    }
}

fn same(a: &Item, b: &Item) -> bool {
    match (a, b) {
        (Item::One(a), Item::One(b)) => alike(a, b),
        (Item::Perhaps(a, c), Item::Perhaps(b, d)) => c == d && alike(a, b),
        (Item::Many(a), Item::Many(b)) => a == b,
        (Item::One(_) | Item::Perhaps(..) | Item::Many(_), _) => false,
    }
}

/// Whether two values are equal wherever they were made.
fn alike(a: &Value, b: &Value) -> bool {
    let all = |a: &[Item], b: &[Item]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    match (&a.datum, &b.datum) {
        (Datum::List(a), Datum::List(b)) | (Datum::Tuple(a), Datum::Tuple(b)) | (Datum::Set(a), Datum::Set(b)) => all(a, b),
        (Datum::Dict(a), Datum::Dict(b)) => {
            let same = |(a, b): (&Entry, &Entry)| match (a, b) {
                (Entry::One(key, value), Entry::One(other, there)) => alike(key, other) && alike(value, there),
                (Entry::Perhaps(key, value, c), Entry::Perhaps(other, there, d)) => {
                    c == d && alike(key, other) && alike(value, there)
                }
                (Entry::Many(a), Entry::Many(b)) => a == b,
                (Entry::One(..) | Entry::Perhaps(..) | Entry::Many(_), _) => false,
            };
            a.len() == b.len() && a.iter().zip(b).all(same)
        }
        (Datum::OneOf(a), Datum::OneOf(b)) => a.len() == b.len() && a.iter().zip(b).all(|((c, a), (d, b))| c == d && alike(a, b)),
        (a, b) => a == b,
    }
}
