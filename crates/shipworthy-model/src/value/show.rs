//! Values in words: the name of a type and a short text, for messages.

use super::{Datum, Entry, Item, Value};

impl Value {
    /// Python's name for the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match &self.datum {
            Datum::None => "None",
            Datum::Bool(_) => "bool",
            Datum::Int(_) => "int",
            Datum::Float(_) => "float",
            Datum::Str(_) | Datum::Secret(_) => "str",
            Datum::Bytes(_) => "bytes",
            Datum::List(_) => "list",
            Datum::Tuple(_) => "tuple",
            Datum::Set(_) => "set",
            Datum::Dict(_) => "dict",
            Datum::Path(_) => "Path",
            Datum::TimeDelta(_) => "timedelta",
            Datum::Lazy(_) => "lazy text",
            Datum::Ref(_) => "object",
            Datum::Unknown(_) | Datum::OneOf(_) => "unknown",
        }
    }

    /// The value as a short Python-like text for messages; credentials and unknowns are struck out.
    pub fn show(&self) -> String {
        fn list(items: &[Item], open: &str, close: &str) -> String {
            let shown: Vec<String> = items
                .iter()
                .take(6)
                .map(|item| match item {
                    Item::One(value) | Item::Perhaps(value, _) => value.show(),
                    Item::Many(_) => "…".to_owned(),
                })
                .collect();
            format!("{open}{}{}{close}", shown.join(", "), if items.len() > 6 { ", …" } else { "" })
        }
        match &self.datum {
            Datum::None => "None".to_owned(),
            Datum::Bool(true) => "True".to_owned(),
            Datum::Bool(false) => "False".to_owned(),
            Datum::Int(number) => number.to_string(),
            Datum::Float(number) => format!("{number:?}"),
            Datum::Str(text) => quoted(text),
            Datum::Secret(secret) => {
                secret.without_credentials().map_or_else(|| "‹redacted›".to_owned(), |url| format!("\"{url}\""))
            }
            Datum::Bytes(bytes) => format!("b{}", quoted(&bytes.escape_ascii().to_string())),
            Datum::List(items) => list(items, "[", "]"),
            Datum::Tuple(items) => list(items, "(", if items.len() == 1 { ",)" } else { ")" }),
            Datum::Set(items) => list(items, "{", "}"),
            Datum::Dict(entries) => {
                let shown: Vec<String> = entries
                    .iter()
                    .take(4)
                    .map(|entry| match entry {
                        Entry::One(key, value) | Entry::Perhaps(key, value, _) => format!("{}: {}", key.show(), value.show()),
                        Entry::Many(_) => "…".to_owned(),
                    })
                    .collect();
                format!("{{{}{}}}", shown.join(", "), if entries.len() > 4 { ", …" } else { "" })
            }
            Datum::Path(path) => format!("Path({})", quoted(path)),
            Datum::TimeDelta(micros) => format!("timedelta(seconds={})", *micros as f64 / 1e6),
            Datum::Lazy(text) => format!("_({})", quoted(text)),
            Datum::Ref(name) => name.to_string(),
            Datum::Unknown(_) => "‹unknown›".to_owned(),
            Datum::OneOf(alternatives) => alternatives.iter().map(|(_, value)| value.show()).collect::<Vec<_>>().join(" or "),
        }
    }
}

/// Text in quotes, cut where it gets long.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 120;
    let shown: String = text.chars().take(LONGEST).collect();
    let rest = if shown.len() < text.len() { "…" } else { "" };
    // Between double quotes a single one needs no backslash.
    let shown = shown.escape_debug().to_string().replace("\\'", "'");
    format!("\"{shown}{rest}\"")
}
