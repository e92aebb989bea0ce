//! Signing keys: what is wrong with the text of one, as Django's checks see it and beyond.

use crate::{Datum, Value};

/// What is wrong with a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// There is none: Django raises when it is needed.
    Empty,
    /// It has the prefix of keys that `startproject` makes.
    Prefixed,
    /// It has fewer than 50 characters, though they look random.
    Short(usize),
    /// It can be guessed: a handful of characters, or fewer than five different ones.
    Guessable,
    /// It is made of words that ask to be replaced. Django does not see that.
    Placeholder,
    /// It is no text, and Django's check raises an exception.
    NotText(&'static str),
}

impl Weakness {
    /// What is wrong with a value in the place of a signing key; `None` for a good key. Several values and unknown ones
    /// must be taken apart before.
    pub fn of(value: &Value) -> Option<Self> {
        let (length, distinct, prefixed) = match &value.datum {
            Datum::Secret(secret) => (secret.len(), secret.distinct(), secret.starts_with("django-insecure-")),
            Datum::Str(text) => (text.chars().count(), distinct(text.chars()), text.starts_with("django-insecure-")),
            Datum::Bytes(bytes) => (bytes.len(), distinct(bytes.iter()), false),
            _ if value.truth().is_no() => return Some(Self::Empty),
            _ => return Some(Self::NotText(value.type_name())),
        };
        let placeholder = value.expose_str().is_some_and(is_placeholder);
        match (length, distinct) {
            (0, _) => Some(Self::Empty),
            _ if prefixed => Some(Self::Prefixed),
            (1..32, _) | (_, ..10) if length < 50 || distinct < 5 => Some(Self::Guessable),
            (..50, _) if placeholder => Some(Self::Guessable),
            (..50, _) => Some(Self::Short(length)),
            _ if placeholder => Some(Self::Placeholder),
            _ if matches!(value.datum, Datum::Bytes(_)) => Some(Self::NotText("bytes")),
            _ => None,
        }
    }

    /// Whether Django's own check of keys reports it.
    pub fn is_reported(self) -> bool {
        match self {
            Self::Empty | Self::Prefixed | Self::Short(_) | Self::Guessable => true,
            Self::Placeholder | Self::NotText(_) => false,
        }
    }

    /// What is wrong, as the end of a clause: `SECRET_KEY is too short to resist guessing`.
    pub fn clause(self) -> String {
        match self {
            Self::Empty => "is empty".to_owned(),
            Self::Prefixed => "is a key of startproject, marked as insecure by its prefix".to_owned(),
            Self::Short(length) => format!("has {length} characters where Django wants 50"),
            Self::Guessable => "is short or simple enough to be guessed".to_owned(),
            Self::Placeholder => "reads like a placeholder".to_owned(),
            Self::NotText(kind) => format!("is of type {kind}, and Django wants text"),
        }
    }
}

/// Whether a credential is made of words that ask to be replaced.
pub fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 22] = [
        "change",
        "replace",
        "secret",
        "insecure",
        "placeholder",
        "example",
        "dummy",
        "default",
        "password",
        "foobar",
        "abcdef",
        "qwerty",
        "012345",
        "123456",
        "notsafe",
        "not-safe",
        "unsafe",
        "random",
        "generate",
        "todo",
        "your-",
        "your_",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word)) || (text.starts_with('<') && text.ends_with('>')) || text.contains("${")
}

/// Whether a credential says whose it should be, rather than being one: `your-db-password`, `<password>`. Such a file is
/// to be filled in on the server, and shows nothing of what is in force there.
pub fn is_to_be_filled_in(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let filler = text.len() >= 3 && ["x", "*", "."].iter().any(|letter| text.replace(letter, "").is_empty());
    filler
        || text == "xyz"
        || (text.starts_with("your") && text.contains(['-', '_', ' ']))
        || (text.starts_with('<') && text.ends_with('>'))
}

fn distinct<T: Ord>(items: impl Iterator<Item = T>) -> usize {
    items.collect::<std::collections::BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn passwords_to_be_filled_in() {
        for text in ["your-db-password", "YOUR_PASSWORD", "your password here", "<password>", "xyz", "XXXXXX", "***"] {
            assert!(is_to_be_filled_in(text), "{text}");
        }
        for text in ["yourself", "hunter2", "my-your-password", "a<b>", "x", "xxxy"] {
            assert!(!is_to_be_filled_in(text), "{text}");
        }
    }

    #[test]
    fn keys() {
        let random = "k3j9f8a7s6d5f4g3h2j1q0w9e8r7t6y5u4i3o2p1z0x9c8v7b6n5";
        let key = |text: &str| Weakness::of(&Value::of(Datum::Secret(Secret::new(text))));
        assert_eq!(key(random), None);
        assert_eq!(key(""), Some(Weakness::Empty));
        assert_eq!(key("django-insecure-abc"), Some(Weakness::Prefixed));
        assert_eq!(key(&random[..49]), Some(Weakness::Short(49)));
        assert_eq!(key("hunter2"), Some(Weakness::Guessable));
        assert_eq!(key(&"abcd".repeat(20)), Some(Weakness::Guessable));
        assert_eq!(key("abcde".repeat(10).as_str()), None);
        assert_eq!(key("please-change-this-key-before-you-go-to-production-xx"), Some(Weakness::Placeholder));
        assert_eq!(Weakness::of(&Value::of(Datum::None)), Some(Weakness::Empty));
        assert_eq!(Weakness::of(&Value::of(Datum::Int(7))), Some(Weakness::NotText("int")));
        assert_eq!(Weakness::of(&Value::of(Datum::Bytes(random.as_bytes().into()))), Some(Weakness::NotText("bytes")));
    }
}
