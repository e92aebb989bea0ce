//! Tagged JSON: values of settings as JSON that other programs write and read, with tags where JSON lacks a type.
//!
//! `None`, booleans, integers, floats, strings and lists are plain JSON. Everything else is an object with one key:
//! `$tuple`, `$set`, `$dict` (pairs), `$bytes` (as Latin-1), `$path`, `$timedelta` (seconds), `$lazy`, `$ref`, `$secret`,
//! `$unknown` (the reason), `$one_of`, and `$int` and `$float` for numbers that JSON cannot hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use shipworthy_model::{Condition, Datum, Entry, Item, Secret, Setting, Settings, Unknown, Value, Why, is_secret_name};

/// As how many containers a list or dictionary with undecided elements is written out before it counts as unknown.
const ALTERNATIVES: usize = 8;

/// How much of a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// All of it.
    Known,
    /// Parts of it.
    Partial,
    /// Nothing of it.
    Unknown,
}

impl Status {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Partial => "partial",
            Self::Unknown => "unknown",
        }
    }
}

/// How much of a value is known.
pub fn status(value: &Value) -> Status {
    match &value.datum {
        Datum::Unknown(_) => Status::Unknown,
        _ if value.has_unknown() => Status::Partial,
        _ => Status::Known,
    }
}

/// Writes a value. Credentials become what may be told of them, unless `show_secrets`.
pub fn to_json(value: &Value, show_secrets: bool) -> Json {
    match &value.datum {
        Datum::None => Json::Null,
        Datum::Bool(flag) => json!(flag),
        Datum::Int(number) => integer(*number),
        Datum::Float(number) if number.is_finite() => json!(number),
        Datum::Float(number) => json!({ "$float": float_name(*number) }),
        Datum::Str(text) => json!(**text),
        Datum::Secret(secret) => match secret.text() {
            Some(text) if show_secrets => json!(text),
            _ => json!({ "$secret": {
                "length": secret.len(),
                "unique": secret.distinct(),
                "prefix_insecure": secret.starts_with("django-insecure-"),
                "sha256_12": secret.fingerprint(),
            }}),
        },
        Datum::Bytes(bytes) => json!({ "$bytes": bytes.iter().map(|byte| char::from(*byte)).collect::<String>() }),
        Datum::List(items) => sequence(items, show_secrets, Json::Array),
        Datum::Tuple(items) => sequence(items, show_secrets, |items| json!({ "$tuple": items })),
        Datum::Set(items) => sequence(items, show_secrets, |mut items| {
            items.sort_by_cached_key(Json::to_string);
            json!({ "$set": items })
        }),
        Datum::Dict(entries) => dictionary(entries, show_secrets),
        Datum::Path(path) => json!({ "$path": **path }),
        Datum::TimeDelta(micros) if micros % 1_000_000 == 0 => json!({ "$timedelta": integer(micros / 1_000_000) }),
        Datum::TimeDelta(micros) => json!({ "$timedelta": *micros as f64 / 1e6 }),
        Datum::Lazy(text) => json!({ "$lazy": **text }),
        Datum::Ref(name) => json!({ "$ref": **name }),
        Datum::Unknown(unknown) => json!({ "$unknown": unknown.reason() }),
        Datum::OneOf(_) => {
            one_of(value.alternatives().into_iter().map(|(alternative, _)| to_json(alternative, show_secrets)).collect())
        }
    }
}

fn integer(number: i128) -> Json {
    i64::try_from(number)
        .map(Json::from)
        .or_else(|_| u64::try_from(number).map(Json::from))
        .unwrap_or_else(|_| json!({ "$int": number.to_string() }))
}

fn float_name(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "nan",
        number if number > 0.0 => "inf",
        _ => "-inf",
    }
}

fn one_of(alternatives: Vec<Json>) -> Json {
    let mut distinct: Vec<Json> = Vec::new();
    for alternative in alternatives {
        if !distinct.contains(&alternative) {
            distinct.push(alternative);
        }
    }
    if distinct.len() == 1 { distinct.remove(0) } else { json!({ "$one_of": distinct }) }
}

/// A part of a container, written out: there, perhaps there, or an unknown rest.
enum Part {
    Certain(Json),
    Perhaps(Json),
    Rest(String),
}

fn sequence(items: &[Item], show_secrets: bool, wrap: impl Fn(Vec<Json>) -> Json) -> Json {
    container(
        items.iter().map(|item| match item {
            Item::One(value) => Part::Certain(to_json(value, show_secrets)),
            Item::Perhaps(value, _) => Part::Perhaps(to_json(value, show_secrets)),
            Item::Many(unknown) => Part::Rest(unknown.reason()),
        }),
        wrap,
    )
}

fn dictionary(entries: &[Entry], show_secrets: bool) -> Json {
    let pair = |key: &Value, value: &Value| json!([to_json(key, show_secrets), to_json(value, show_secrets)]);
    container(
        entries.iter().map(|entry| match entry {
            Entry::One(key, value) => Part::Certain(pair(key, value)),
            Entry::Perhaps(key, value, _) => Part::Perhaps(pair(key, value)),
            Entry::Many(unknown) => Part::Rest(unknown.reason()),
        }),
        |pairs| json!({ "$dict": last_of_each_key(pairs) }),
    )
}

/// A key that is certainly there and perhaps replaced stands in the list twice; a dictionary holds it once, at its first
/// place with its last value.
fn last_of_each_key(pairs: Vec<Json>) -> Vec<Json> {
    let mut kept: Vec<Json> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        match kept.iter_mut().find(|known| known[0] == pair[0]) {
            Some(known) => *known = pair,
            None => kept.push(pair),
        }
    }
    kept
}

/// Every container that the parts allow: elements that are perhaps there are taken as independent of each other, since
/// one condition met twice (in a loop) need not come out the same.
fn container(parts: impl Iterator<Item = Part>, wrap: impl Fn(Vec<Json>) -> Json) -> Json {
    let mut containers: Vec<Vec<Json>> = vec![Vec::new()];
    for part in parts {
        match part {
            Part::Certain(json) => {
                for container in &mut containers {
                    container.push(json.clone());
                }
            }
            Part::Perhaps(_) if containers.len() * 2 > ALTERNATIVES => {
                return json!({ "$unknown": "too many of its elements depend on conditions that could not be decided" });
            }
            Part::Perhaps(json) => {
                let without = containers.clone();
                for container in &mut containers {
                    container.push(json.clone());
                }
                containers.extend(without);
            }
            Part::Rest(reason) => return json!({ "$unknown": reason }),
        }
    }
    one_of(containers.into_iter().map(wrap).collect())
}

/// Reads a value. Objects without a tag are dictionaries with string keys.
pub fn from_json(json: &Json) -> Result<Value, String> {
    Ok(Value::of(match json {
        Json::Null => Datum::None,
        Json::Bool(flag) => Datum::Bool(*flag),
        Json::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(integer), _) => Datum::Int(integer),
            (None, Some(float)) => Datum::Float(float),
            (None, None) => return Err(format!("{number} is no number that can be read")),
        },
        Json::String(text) => Datum::Str(text.as_str().into()),
        Json::Array(items) => Datum::List(elements(items)?),
        Json::Object(object) => match tag(object)? {
            Some((tag, content)) => tagged(tag, content)?,
            None => Datum::Dict(
                object
                    .iter()
                    .map(|(key, value)| Ok(Entry::One(Value::text(key), from_json(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
        },
    }))
}

/// The tag of an object, if its only key is one.
fn tag(object: &Map<String, Json>) -> Result<Option<(&str, &Json)>, String> {
    match object.iter().find(|(key, _)| key.starts_with('$')) {
        Some((key, content)) if object.len() == 1 => Ok(Some((key, content))),
        Some((key, _)) => Err(format!("an object with the tag {key} has other keys beside it")),
        None => Ok(None),
    }
}

fn tagged(tag: &str, content: &Json) -> Result<Datum, String> {
    let text = || content.as_str().map(Arc::<str>::from).ok_or_else(|| format!("{tag} wants a string"));
    let list = || content.as_array().ok_or_else(|| format!("{tag} wants a list"));
    Ok(match tag {
        "$tuple" => Datum::Tuple(elements(list()?)?),
        "$set" => Datum::Set(elements(list()?)?),
        "$dict" => Datum::Dict(
            list()?
                .iter()
                .map(|pair| match pair.as_array().map(Vec::as_slice) {
                    Some([key, value]) => Ok(Entry::One(from_json(key)?, from_json(value)?)),
                    _ => Err("$dict wants a list of pairs".to_owned()),
                })
                .collect::<Result<_, String>>()?,
        ),
        "$bytes" => Datum::Bytes(
            text()?
                .chars()
                .map(|letter| u8::try_from(letter).map_err(|_| "$bytes wants Latin-1 characters".to_owned()))
                .collect::<Result<Vec<_>, String>>()?
                .into(),
        ),
        "$path" => Datum::Path(text()?),
        "$timedelta" => match (content.as_i64(), content.as_f64()) {
            (Some(seconds), _) => Datum::TimeDelta(i128::from(seconds) * 1_000_000),
            (None, Some(seconds)) => Datum::TimeDelta((seconds * 1e6).round() as i128),
            (None, None) => return Err("$timedelta wants a number of seconds".to_owned()),
        },
        "$lazy" => Datum::Lazy(text()?),
        "$ref" => Datum::Ref(text()?),
        "$secret" => Datum::Secret(told_secret(content).ok_or("$secret wants length, unique, prefix_insecure and sha256_12")?),
        "$unknown" => Datum::Unknown(Unknown::new(Why::Dump(text()?), None)),
        "$one_of" => {
            let condition = Condition { text: "something the dump does not name".into(), at: None, holds: true };
            let mut values = list()?.iter().map(from_json).collect::<Result<Vec<_>, String>>()?;
            match values.len() {
                0 => return Err("$one_of wants at least one value".to_owned()),
                1 => values.remove(0).datum,
                _ => Datum::OneOf(values.into_iter().map(|value| (condition.clone(), value)).collect()),
            }
        }
        "$int" => Datum::Int(text()?.parse().map_err(|_| "$int wants an integer of at most 128 bits".to_owned())?),
        "$float" => match &*text()? {
            "nan" => Datum::Float(f64::NAN),
            "inf" => Datum::Float(f64::INFINITY),
            "-inf" => Datum::Float(f64::NEG_INFINITY),
            _ => return Err("$float wants nan, inf or -inf".to_owned()),
        },
        _ => return Err(format!("the tag {tag} is not known")),
    })
}

fn elements(items: &[Json]) -> Result<Vec<Item>, String> {
    items.iter().map(|item| from_json(item).map(Item::One)).collect()
}

fn told_secret(content: &Json) -> Option<Secret> {
    let secret = Secret::told(
        usize::try_from(content.get("length")?.as_u64()?).ok()?,
        usize::try_from(content.get("unique")?.as_u64()?).ok()?,
        content.get("prefix_insecure")?.as_bool()?,
        content.get("sha256_12")?.as_str()?,
    );
    Some(match content.get("url").and_then(Json::as_str) {
        Some(url) => secret.with_address(url),
        None => secret,
    })
}

/// Reads a dump of effective settings: an object of names and tagged values, or the report of `shipworthy settings`.
///
/// The dump holds what the settings module sets; Django's defaults stand behind it. Names that Django would not see,
/// because they are not upper case, are left out. Text that is a credential by its name or shape is taken out of circulation.
pub fn settings_from_dump(dump: &Json, module: &str) -> Result<Settings, String> {
    let top = dump.as_object().ok_or("a dump of settings is a JSON object of names and values")?;
    let (names, nested) = match top.get("settings") {
        Some(Json::Object(names)) => (names, true),
        _ => (top, false),
    };
    let mut settings = Settings { module: module.into(), ..Settings::default() };
    for (name, json) in names.iter().filter(|(name, _)| is_upper(name)) {
        let json = if nested { json.get("value").ok_or_else(|| format!("{name} has no value"))? } else { json };
        let mut value = from_json(json).map_err(|reason| format!("{name}: {reason}"))?;
        conceal(name, &mut value);
        let setting = Setting { value, origin: Vec::new(), assumptions: BTreeSet::new() };
        settings.explicit.insert(name.as_str().into(), setting);
    }
    Ok(settings)
}

/// Python's `str.isupper`: some letter has a case, and none is lower.
pub(crate) fn is_upper(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// Takes credentials inside a value out of circulation, given the name it is stored under.
pub(crate) fn conceal(name: &str, value: &mut Value) {
    match &mut value.datum {
        Datum::Str(text) if !text.is_empty() && (is_secret_name(name) || has_password(text)) => {
            value.datum = Datum::Secret(Secret::new(&**text));
        }
        Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => {
            for item in items {
                if let Item::One(value) | Item::Perhaps(value, _) = item {
                    conceal(name, value);
                }
            }
        }
        Datum::Dict(entries) => {
            for entry in entries {
                if let Entry::One(key, value) | Entry::Perhaps(key, value, _) = entry {
                    conceal(key.as_str().unwrap_or(name), value);
                }
            }
        }
        Datum::OneOf(alternatives) => alternatives.iter_mut().for_each(|(_, value)| conceal(name, value)),
        _ => {}
    }
}

/// Whether text is a URL with a password in it.
fn has_password(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(json: &Json) -> Value {
        from_json(json).unwrap_or_else(|reason| panic!("{json}: {reason}"))
    }

    #[test]
    fn what_is_read_is_written_again() {
        for json in [
            json!(null),
            json!(true),
            json!(31_536_000),
            json!(u64::MAX),
            json!(-3),
            json!(1.0),
            json!(2.5e-300),
            json!("text"),
            json!([1, "a", [null]]),
            json!({"$tuple": [["HTTP_X", "https"], {"$tuple": []}]}),
            json!({"$set": ["a", "b"]}),
            json!({"$dict": [["default", {"$dict": [[1, 2.0], [{"$tuple": [1]}, null]]}]]}),
            json!({"$bytes": "a\u{0}ÿ"}),
            json!({"$path": "/srv/app"}),
            json!({"$timedelta": 3600}),
            json!({"$timedelta": -0.25}),
            json!({"$lazy": "German"}),
            json!({"$ref": "django.http.HttpRequest"}),
            json!({"$unknown": "nobody knows"}),
            json!({"$one_of": [1, [2]]}),
            json!({"$int": "170141183460469231731687303715884105727"}),
            json!({"$float": "-inf"}),
            json!({"$float": "nan"}),
            json!({"$secret": {"length": 50, "unique": 30, "prefix_insecure": false, "sha256_12": "0123456789ab"}}),
        ] {
            assert_eq!(to_json(&reads(&json), false), json);
        }
    }

    #[test]
    fn integers_and_floats_stay_apart() {
        assert_eq!(reads(&json!(1)).datum, Datum::Int(1));
        assert_eq!(reads(&json!(1.0)).datum, Datum::Float(1.0));
        assert_eq!(to_json(&Value::of(Datum::Float(1.0)), false).to_string(), "1.0");
    }

    #[test]
    fn nonsense_is_refused() {
        for json in [
            json!({"$tuple": 1}),
            json!({"$dict": [[1]]}),
            json!({"$bytes": "€"}),
            json!({"$secret": {"length": 3}}),
            json!({"$never": 1}),
            json!({"$path": "a", "b": 1}),
            json!({"$one_of": []}),
            json!({"$int": "x"}),
        ] {
            assert!(from_json(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn undecided_elements_become_alternatives_and_an_unknown_rest_hides_the_whole() {
        let condition = || Condition { text: "flag()".into(), at: None, holds: true };
        let perhaps = |text| Item::Perhaps(Value::text(text), condition());
        let list = |items| Value::of(Datum::List(items));
        let one = list(vec![Item::One(Value::text("a")), perhaps("b")]);
        assert_eq!(to_json(&one, false), json!({"$one_of": [["a", "b"], ["a"]]}));
        assert_eq!(status(&one), Status::Partial);
        let four = list(vec![perhaps("a"), perhaps("b"), perhaps("c"), perhaps("d")]);
        assert!(to_json(&four, false).get("$unknown").is_some());
        let rest = list(vec![perhaps("a"), Item::Many(Unknown::new(Why::Call("plugins".into()), None))]);
        assert_eq!(to_json(&rest, false), json!({"$unknown": "`plugins` is code outside the project"}));
        let key = || Value::text("k");
        let replaced = Value::of(Datum::Dict(vec![
            Entry::One(key(), Value::of(Datum::Int(1))),
            Entry::Perhaps(key(), Value::of(Datum::Int(2)), condition()),
        ]));
        assert_eq!(to_json(&replaced, false), json!({"$one_of": [{"$dict": [["k", 2]]}, {"$dict": [["k", 1]]}]}));
    }

    #[test]
    fn sets_are_sorted() {
        let set = Value::of(Datum::Set(vec![Item::One(Value::text("b")), Item::One(Value::text("a"))]));
        assert_eq!(to_json(&set, false), json!({"$set": ["a", "b"]}));
    }

    #[test]
    fn a_dump_becomes_settings_without_loose_credentials() {
        let dump = json!({
            "SECRET_KEY": "hunter2hunter2",
            "SECRET_KEY_FALLBACKS": ["old-key"],
            "CACHES": {"$dict": [["default", {"$dict": [["LOCATION", "redis://u:swordfish@cache/0"]]}]]},
            "DATABASES": {"default": {"PASSWORD": "opensesame", "NAME": "shop"}},
            "_PRIVATE": 1,
            "lower": 1,
        });
        let settings = settings_from_dump(&dump, "settings").unwrap();
        assert_eq!(
            settings.explicit.keys().map(|name| &**name).collect::<Vec<_>>(),
            ["CACHES", "DATABASES", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "_PRIVATE"]
        );
        let written: String = settings.explicit.values().map(|setting| to_json(&setting.value, false).to_string()).collect();
        for secret in ["hunter2", "old-key", "swordfish", "opensesame"] {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
        assert!(written.contains("shop"));
        let shown: String = settings.explicit.values().map(|setting| to_json(&setting.value, true).to_string()).collect();
        assert!(shown.contains("hunter2hunter2"));
    }

    #[test]
    fn the_report_of_settings_is_a_dump_too() {
        let report = json!({"schema": 1, "module": "m", "settings": {"DEBUG": {"status": "known", "value": false}}});
        let settings = settings_from_dump(&report, "m").unwrap();
        assert_eq!(settings.explicit("DEBUG").map(|setting| &setting.value.datum), Some(&Datum::Bool(false)));
    }
}
