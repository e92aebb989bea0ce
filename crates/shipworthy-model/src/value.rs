//! Values: what a Python expression of the settings comes to, with every part that is unknown marked as such.

mod show;

use std::sync::Arc;

use crate::settings::Truth;
use crate::{Condition, Region, Secret, Unknown, Why};

/// A value of the settings, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub datum: Datum,
    /// The expression that made it, when the source shows one.
    pub at: Option<Region>,
}

/// What a value is. Python's types, and the ways of not knowing.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer within 128 bits; larger ones are unknown.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text that is no credential.
    Str(Arc<str>),
    /// Text that is a credential, by the name it is stored under, by its shape, or as a URL with a password.
    Secret(Secret),
    /// `bytes`.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Vec<Item>),
    /// A tuple (named tuples too).
    Tuple(Vec<Item>),
    /// A set or frozen set, in the order of insertion.
    Set(Vec<Item>),
    /// A dictionary, in the order of insertion.
    Dict(Vec<Entry>),
    /// A `pathlib` path.
    Path(Arc<str>),
    /// A `datetime.timedelta`, in microseconds.
    TimeDelta(i128),
    /// Lazily translated text: the message as written.
    Lazy(Arc<str>),
    /// A function, class, module or other named thing: its dotted name.
    Ref(Arc<str>),
    /// Could not be decided.
    Unknown(Unknown),
    /// One of several values, by conditions that could not be decided. At least two.
    OneOf(Vec<(Condition, Value)>),
}

/// One element of a list, tuple or set.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Certainly there.
    One(Value),
    /// There only under a condition that could not be decided.
    Perhaps(Value, Condition),
    /// Any number of elements, none of them known.
    Many(Unknown),
}

/// One entry of a dictionary.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Certainly there.
    One(Value, Value),
    /// There only under a condition that could not be decided.
    Perhaps(Value, Value, Condition),
    /// Any number of further keys, none of them known.
    Many(Unknown),
}

/// What a dictionary says about a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup<'a> {
    /// The key is there.
    Found(&'a Value),
    /// The key is certainly not there.
    Absent,
    /// The key may be there.
    Unknown(Unknown),
}

impl Value {
    /// A value made by no line of the project.
    pub fn of(datum: Datum) -> Self {
        Self { datum, at: None }
    }

    /// A value made at a place.
    pub fn at(datum: Datum, at: Region) -> Self {
        Self { datum, at: Some(at) }
    }

    /// Text that is no credential.
    pub fn text(text: &str) -> Self {
        Self::of(Datum::Str(text.into()))
    }

    /// An unknown value.
    pub fn unknown(why: Why, at: Option<Region>) -> Self {
        Self { datum: Datum::Unknown(Unknown::new(why, at)), at }
    }

    /// The text of a string or path that is no credential.
    pub fn as_str(&self) -> Option<&str> {
        match &self.datum {
            Datum::Str(text) | Datum::Path(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string, even of a credential: for judging it, never for showing it. `None` for a credential whose
    /// text was withheld from us.
    pub fn expose_str(&self) -> Option<&str> {
        match &self.datum {
            Datum::Str(text) => Some(text),
            Datum::Secret(secret) => secret.text(),
            _ => None,
        }
    }

    /// The text of a string, or of a withheld URL where it leads: for judging hosts and ports, never for showing them.
    pub fn address(&self) -> Option<&str> {
        match &self.datum {
            Datum::Str(text) => Some(text),
            Datum::Secret(secret) => secret.address(),
            _ => None,
        }
    }

    /// The integer, counting `True` as 1 as Python does.
    pub fn as_int(&self) -> Option<i128> {
        match self.datum {
            Datum::Int(number) => Some(number),
            Datum::Bool(flag) => Some(i128::from(flag)),
            _ => None,
        }
    }

    /// The number of an int, a bool or a float.
    pub fn as_number(&self) -> Option<f64> {
        match self.datum {
            Datum::Float(number) => Some(number),
            _ => self.as_int().map(|number| number as f64),
        }
    }

    /// The reason if the value as a whole is unknown or one of several.
    pub fn as_unknown(&self) -> Option<Unknown> {
        match &self.datum {
            Datum::Unknown(unknown) => Some(unknown.clone()),
            Datum::OneOf(alternatives) => {
                let (condition, _) = &alternatives[0];
                Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at))
            }
            _ => None,
        }
    }

    /// Whether any part of the value is unknown.
    pub fn has_unknown(&self) -> bool {
        let item = |item: &Item| match item {
            Item::One(value) => value.has_unknown(),
            Item::Perhaps(..) | Item::Many(_) => true,
        };
        match &self.datum {
            Datum::Unknown(_) | Datum::OneOf(_) => true,
            Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => items.iter().any(item),
            Datum::Dict(entries) => entries.iter().any(|entry| match entry {
                Entry::One(key, value) => key.has_unknown() || value.has_unknown(),
                Entry::Perhaps(..) | Entry::Many(_) => true,
            }),
            _ => false,
        }
    }

    /// The elements of a list, tuple or set; `None` for every other type.
    pub fn items(&self) -> Option<&[Item]> {
        match &self.datum {
            Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => Some(items),
            _ => None,
        }
    }

    /// The elements of a list, tuple or set that are certainly or perhaps there, without the unknown rest.
    pub fn known_items(&self) -> impl Iterator<Item = &Value> {
        self.items().unwrap_or_default().iter().filter_map(|item| match item {
            Item::One(value) | Item::Perhaps(value, _) => Some(value),
            Item::Many(_) => None,
        })
    }

    /// The elements of a list, tuple or set that are certainly there.
    pub fn certain_items(&self) -> impl Iterator<Item = &Value> {
        self.items().unwrap_or_default().iter().filter_map(|item| match item {
            Item::One(value) => Some(value),
            Item::Perhaps(..) | Item::Many(_) => None,
        })
    }

    /// The entries of a dictionary; `None` for every other type.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.datum {
            Datum::Dict(entries) => Some(entries),
            _ => None,
        }
    }

    /// The known keys and values of a dictionary, certain or not.
    pub fn known_entries(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.entries().unwrap_or_default().iter().filter_map(|entry| match entry {
            Entry::One(key, value) | Entry::Perhaps(key, value, _) => Some((key, value)),
            Entry::Many(_) => None,
        })
    }

    /// What a dictionary says about a string key. Anything but a dictionary has no keys; an unknown may have it.
    pub fn get(&self, key: &str) -> Lookup<'_> {
        if let Some(unknown) = self.as_unknown() {
            return Lookup::Unknown(unknown);
        }
        let mut doubt = None;
        for entry in self.entries().unwrap_or_default() {
            match entry {
                Entry::One(name, value) => match name.as_unknown() {
                    Some(unknown) => doubt = Some(unknown),
                    None if name.expose_str() == Some(key) => return Lookup::Found(value),
                    None => {}
                },
                Entry::Perhaps(name, _, condition) => {
                    if name.as_unknown().is_some() || name.expose_str() == Some(key) {
                        doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                    }
                }
                Entry::Many(unknown) => doubt = Some(unknown.clone()),
            }
        }
        doubt.map_or(Lookup::Absent, Lookup::Unknown)
    }

    /// The value under a string key, if it is certainly there. For what is merely helpful to know.
    pub fn found(&self, key: &str) -> Option<&Value> {
        match self.get(key) {
            Lookup::Found(value) => Some(value),
            Lookup::Absent | Lookup::Unknown(_) => None,
        }
    }

    /// Whether `text in value`, for a list, tuple, set or dictionary of strings, or a string.
    pub fn contains(&self, text: &str) -> Truth {
        self.any(|item| item.equals(text)).unwrap_or_else(|| match &self.datum {
            Datum::Str(whole) => Truth::from(whole.contains(text)),
            Datum::Dict(_) => match self.get(text) {
                Lookup::Found(_) => Truth::Yes,
                Lookup::Absent => Truth::No,
                Lookup::Unknown(why) => Truth::Unknown(why),
            },
            _ => Truth::No,
        })
    }

    /// Whether any element of a list, tuple or set passes `test`; `None` for other types. An unknown as a whole is
    /// `Some(Unknown)`.
    pub fn any(&self, test: impl Fn(&Value) -> Truth) -> Option<Truth> {
        if let Some(unknown) = self.as_unknown() {
            return Some(Truth::Unknown(unknown));
        }
        let mut doubt = None;
        for item in self.items()? {
            match item {
                Item::One(value) => match test(value) {
                    Truth::Yes => return Some(Truth::Yes),
                    Truth::No => {}
                    Truth::Unknown(why) => doubt = Some(why),
                },
                Item::Perhaps(value, condition) => match test(value) {
                    Truth::Yes => doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at)),
                    Truth::No => {}
                    Truth::Unknown(why) => doubt = Some(why),
                },
                Item::Many(why) => doubt = Some(why.clone()),
            }
        }
        Some(doubt.map_or(Truth::No, Truth::Unknown))
    }

    /// Whether the value equals this string (`Path("x") != "x"`, as in Python).
    pub fn equals(&self, text: &str) -> Truth {
        self.decide(|value| matches!(value.datum, Datum::Str(_) | Datum::Secret(_)) && value.expose_str() == Some(text))
    }

    /// Python's truth value: `bool(value)`.
    pub fn truth(&self) -> Truth {
        match &self.datum {
            Datum::None => Truth::No,
            Datum::Bool(flag) => Truth::from(*flag),
            Datum::Int(number) => Truth::from(*number != 0),
            Datum::Float(number) => Truth::from(*number != 0.0),
            Datum::Str(text) | Datum::Lazy(text) => Truth::from(!text.is_empty()),
            Datum::Secret(secret) => Truth::from(!secret.is_empty()),
            Datum::Bytes(bytes) => Truth::from(!bytes.is_empty()),
            Datum::TimeDelta(micros) => Truth::from(*micros != 0),
            Datum::Path(_) | Datum::Ref(_) => Truth::Yes,
            Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => {
                let mut doubt = None;
                for item in items {
                    match item {
                        Item::One(_) => return Truth::Yes,
                        Item::Perhaps(_, condition) => {
                            doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                        }
                        Item::Many(why) => doubt = Some(why.clone()),
                    }
                }
                doubt.map_or(Truth::No, Truth::Unknown)
            }
            Datum::Dict(entries) => {
                let mut doubt = None;
                for entry in entries {
                    match entry {
                        Entry::One(..) => return Truth::Yes,
                        Entry::Perhaps(.., condition) => {
                            doubt = Some(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                        }
                        Entry::Many(why) => doubt = Some(why.clone()),
                    }
                }
                doubt.map_or(Truth::No, Truth::Unknown)
            }
            Datum::Unknown(unknown) => Truth::Unknown(unknown.clone()),
            Datum::OneOf(_) => self.agree(Value::truth),
        }
    }

    /// Python's identity test `value is True`: the string `"True"` and the number 1 are not.
    pub fn is_true(&self) -> Truth {
        self.decide(|value| matches!(value.datum, Datum::Bool(true)))
    }

    /// Python's identity test `value is None`.
    pub fn is_none(&self) -> Truth {
        self.decide(|value| matches!(value.datum, Datum::None))
    }

    /// Asks a yes-or-no question of the value. Unknown stays unknown; of several values all must agree.
    pub fn decide(&self, test: impl Fn(&Value) -> bool) -> Truth {
        self.decide_by(&test)
    }

    fn decide_by(&self, test: &dyn Fn(&Value) -> bool) -> Truth {
        match &self.datum {
            Datum::Unknown(unknown) => Truth::Unknown(unknown.clone()),
            Datum::OneOf(_) => self.agree(|value| value.decide_by(test)),
            _ => Truth::from(test(self)),
        }
    }

    /// The common answer of all alternatives, or unknown with the condition they hang on.
    fn agree(&self, test: impl Fn(&Value) -> Truth) -> Truth {
        let Datum::OneOf(alternatives) = &self.datum else { return test(self) };
        let mut answers = alternatives.iter().map(|(condition, value)| (condition, test(value)));
        let Some((_, first)) = answers.next() else {
            return Truth::Unknown(Unknown::new(Why::Unsupported("an empty choice".into()), self.at));
        };
        for (condition, answer) in answers {
            match (&first, &answer) {
                (Truth::Yes, Truth::Yes) | (Truth::No, Truth::No) => {}
                (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => return Truth::Unknown(why.clone()),
                (Truth::Yes, Truth::No) | (Truth::No, Truth::Yes) => {
                    return Truth::Unknown(Unknown::new(Why::Branch(condition.text.clone()), condition.at));
                }
            }
        }
        first
    }

    /// Each value this may be: the alternatives of an undecided branch, or the value itself.
    pub fn alternatives(&self) -> Vec<(&Value, Option<&Condition>)> {
        match &self.datum {
            Datum::OneOf(alternatives) => alternatives
                .iter()
                .flat_map(|(condition, value)| {
                    value.alternatives().into_iter().map(move |(value, inner)| (value, inner.or(Some(condition))))
                })
                .collect(),
            _ => vec![(self, None)],
        }
    }

    /// Every value inside this one, itself first.
    pub fn walk(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self);
        match &self.datum {
            Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => {
                for item in items {
                    match item {
                        Item::One(value) | Item::Perhaps(value, _) => value.walk(visit),
                        Item::Many(_) => {}
                    }
                }
            }
            Datum::Dict(entries) => {
                for entry in entries {
                    match entry {
                        Entry::One(key, value) | Entry::Perhaps(key, value, _) => {
                            key.walk(visit);
                            value.walk(visit);
                        }
                        Entry::Many(_) => {}
                    }
                }
            }
            Datum::OneOf(alternatives) => alternatives.iter().for_each(|(_, value)| value.walk(visit)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition() -> Condition {
        Condition { text: "flag()".into(), at: None, holds: true }
    }

    #[test]
    fn identity_is_not_truthiness() {
        assert_eq!(Value::text("True").is_true(), Truth::No);
        assert_eq!(Value::of(Datum::Int(1)).is_true(), Truth::No);
        assert_eq!(Value::text("False").truth(), Truth::Yes);
    }

    #[test]
    fn an_unknown_rest_only_hides_what_is_not_there() {
        let unknown = Unknown::new(Why::Call("plugins".into()), None);
        let list = Value::of(Datum::List(vec![Item::One(Value::text("a")), Item::Many(unknown.clone())]));
        assert_eq!(list.contains("a"), Truth::Yes);
        assert_eq!(list.contains("b"), Truth::Unknown(unknown));
        assert_eq!(list.truth(), Truth::Yes);
    }

    #[test]
    fn alternatives_answer_only_together() {
        let both = |a: bool, b: bool| {
            Value::of(Datum::OneOf(vec![(condition(), Value::of(Datum::Bool(a))), (condition(), Value::of(Datum::Bool(b)))]))
        };
        assert_eq!(both(true, true).truth(), Truth::Yes);
        assert!(matches!(both(true, false).truth(), Truth::Unknown(_)));
    }
}
