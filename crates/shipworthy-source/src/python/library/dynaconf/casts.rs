//! What dynaconf makes of a text: a `@token` with its argument, a TOML value, or the text itself.

use shipworthy_model::{Region, Why};

use super::super::documents;

use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, Stop};
use crate::python::object::{Elem, Kind, Val};

/// The tokens that dynaconf knows (3.3, `utils/parse_conf.py`).
const TOKENS: [&str; 29] = [
    "@str",
    "@int",
    "@float",
    "@bool",
    "@json",
    "@format",
    "@jinja",
    "@reset",
    "@del",
    "@merge",
    "@merge_unique",
    "@insert",
    "@get",
    "@read_file",
    "@upper",
    "@lower",
    "@title",
    "@capitalize",
    "@strip",
    "@lstrip",
    "@rstrip",
    "@split",
    "@casefold",
    "@swapcase",
    "@note",
    "@comment",
    "@null",
    "@none",
    "@empty",
];
/// Tokens whose value is made when the setting is read.
const LATE: [&str; 4] = ["@jinja", "@format", "@read_file", "@get"];
const REFUSED: &str = "dynaconf.utils.parse_conf.DynaconfParseError";
/// Deeper values are no settings.
const MAX_DEPTH: usize = 50;

/// What becomes of the setting that a value is for.
pub(super) enum Parsed {
    Plain(Val),
    /// Merged into what is there, without what is there already if that is said.
    Merged(Val, bool),
    Inserted(i128, Val),
    Deleted,
    Late(Late),
}

/// A text that is formatted when all settings are known.
#[derive(Clone)]
pub(super) struct Late {
    pub(super) token: String,
    pub(super) text: Val,
    pub(super) cast: Option<String>,
}

fn unsure(at: Region) -> Val {
    Val::unknown(Why::Unsupported("this cast of dynaconf's".into()), Some(at))
}

/// `parse_conf_data` of a text. What no token begins is TOML if that is asked for.
pub(super) fn text(interp: &mut Interp<'_>, value: &Val, tomlfy: bool, at: Region) -> Res<Parsed> {
    interp.burn(5)?;
    let Some(text) = value.as_str().map(str::to_owned) else {
        return Ok(Parsed::Plain(value.clone()));
    };
    let place = value.at.unwrap_or(at);
    let (token, rest) = text.split_once(' ').unwrap_or((&text, ""));
    if !TOKENS.contains(&token) {
        let made = if tomlfy { toml(interp, &text, place)? } else { Val::str(&*text) };
        return Ok(Parsed::Plain(made.at(place).with(&value.deps)));
    }
    let part = |text: &str| Val::str(text).at(place).with(&value.deps);
    if let Some(late) = LATE.iter().find(|late| rest.starts_with(**late)) {
        let tail = &rest[late.len()..];
        let follows = tail.is_empty() || tail.starts_with(' ');
        let simple = follows && !tail.contains(&format!("{token} {late}")) && is_cast(token);
        let late = Late { token: (*late).to_owned(), text: part(tail.trim()), cast: Some(token.to_owned()) };
        return Ok(if simple { Parsed::Late(late) } else { Parsed::Plain(unsure(at).with(&value.deps)) });
    }
    let argument = part(rest);
    Ok(match token {
        "@del" | "@empty" => Parsed::Deleted,
        "@merge" | "@merge_unique" => Parsed::Merged(merged(interp, &argument, at)?.with(&value.deps), token == "@merge_unique"),
        "@insert" => inserted(interp, rest, &argument, at)?,
        "@note" | "@comment" | "@null" | "@none" => Parsed::Plain(Val::none().at(place).with(&value.deps)),
        _ if LATE.contains(&token) => Parsed::Late(Late { token: token.to_owned(), text: argument, cast: None }),
        _ => Parsed::Plain(cast(interp, token, &argument, at)?.at(place).with(&value.deps)),
    })
}

fn is_cast(token: &str) -> bool {
    matches!(token, "@str" | "@int" | "@float" | "@bool" | "@json") || method(token).is_some()
}

/// The method of texts that a token calls.
fn method(token: &str) -> Option<&str> {
    let name = token.strip_prefix('@')?;
    let known = ["upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "casefold", "swapcase"];
    known.contains(&name).then_some(name)
}

/// What a token makes of its argument at once.
pub(super) fn cast(interp: &mut Interp<'_>, token: &str, value: &Val, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    match token {
        "@str" => Ok(value.clone()),
        "@int" | "@float" => {
            let made = interp.call_values(&Val::external(format!("builtins.{}", &token[1..])), vec![value.clone()], at);
            made.map_err(|stop| match stop {
                Stop::Raise(_) => interp.raise_with(REFUSED, "the text is no number", at, value.deps.clone()),
                limit @ Stop::Limit(_) => limit,
            })
        }
        "@bool" => {
            let word = text.trim().to_lowercase();
            Ok(Val::bool(matches!(&*word, "t" | "true" | "enabled" | "1" | "on" | "yes")))
        }
        "@json" => match documents::json(interp, &text, value.at.unwrap_or(at)) {
            Some(json) => Ok(json),
            // Text that is nearly JSON is read by rules of the library's own.
            None if text.contains(['{', '[', '(', '\'', '"', '_']) || text.is_empty() => Ok(unsure(at)),
            None if text.trim().chars().all(|c| c.is_ascii_alphabetic())
                && !matches!(&*text, "NaN" | "Infinity" | "True" | "False" | "None") =>
            {
                Err(interp.raise_with(REFUSED, "the text is no JSON", at, value.deps.clone()))
            }
            None => Ok(unsure(at)),
        },
        _ => match method(token) {
            Some(name) => {
                let method = interp.attribute(value, name, at)?;
                interp.call_values(&method, Vec::new(), at)
            }
            None => Ok(unsure(at)),
        },
    }
}

/// `Merge`: what is merged is a list or a dictionary.
fn merged(interp: &mut Interp<'_>, argument: &Val, at: Region) -> Res<Val> {
    let Parsed::Plain(value) = self::text(interp, argument, true, at)? else { return Ok(unsure(at)) };
    let Some(text) = value.as_str().map(str::to_owned) else {
        return Ok(match value.kind {
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => interp.list(vec![value]),
            Kind::List(_) | Kind::Dict(_) => value,
            _ => unsure(at),
        });
    };
    if text.contains(['{', '[']) {
        return Ok(unsure(at));
    }
    let mut parts = Vec::new();
    if text.contains('=') {
        let dict = interp.dict(Vec::new());
        for part in text.split(',') {
            let plain =
                |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c) || more.contains(c));
            match part.split_once('=').map(|(name, item)| (name.trim(), item.trim())) {
                Some((name, item)) if !name.is_empty() && plain(name, "") && plain(item, "-:/@") => {
                    let Parsed::Plain(item) = self::text(interp, &Val::str(item), true, at)? else { return Ok(unsure(at)) };
                    interp.set_item(&dict, &Val::str(name), item, at)?;
                }
                _ => return Ok(unsure(at)),
            }
        }
        return Ok(dict);
    }
    if !text.contains(',') {
        return Ok(interp.list(vec![value]));
    }
    for part in text.split(',') {
        let Parsed::Plain(part) = self::text(interp, &Val::str(part), true, at)? else { return Ok(unsure(at)) };
        parts.push(part);
    }
    Ok(interp.list(parts))
}

/// `Insert`: a place, if a number begins the text, and a value.
fn inserted(interp: &mut Interp<'_>, text: &str, argument: &Val, at: Region) -> Res<Parsed> {
    if text.contains(['"', '\'', '@']) {
        return Ok(Parsed::Plain(unsure(at).with(&argument.deps)));
    }
    let trimmed = text.trim();
    let (first, rest) = trimmed.split_once(char::is_whitespace).unwrap_or((trimmed, ""));
    let rest = rest.trim_start();
    let numeric = first.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
    let (index, value) = match first.parse::<i128>() {
        Ok(index) if numeric && !rest.is_empty() => (index, rest),
        Err(_) if numeric => (0, text),
        _ => (0, if rest.is_empty() { first } else { text }),
    };
    Ok(match self::text(interp, &Val::str(value).or_at(argument.at.unwrap_or(at)), true, at)? {
        Parsed::Plain(value) => Parsed::Inserted(index, value.with(&argument.deps)),
        _ => Parsed::Plain(unsure(at).with(&argument.deps)),
    })
}

/// A TOML value, else the text.
fn toml(interp: &mut Interp<'_>, text: &str, at: Region) -> Res<Val> {
    let document = format!("key={text}");
    Ok(match document.parse::<toml::Table>() {
        Ok(table) if table.contains_key("key") => {
            let document = documents::toml(interp, &document, at).unwrap_or_else(Val::none);
            interp.subscript(&document, &Val::str("key"), at)?
        }
        _ => Val::str(text),
    })
}

/// `parse_conf_data` of any value: texts in it are read for their tokens, and tuples become lists.
pub(super) fn value(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Parsed> {
    match value.kind {
        Kind::Str(_) => text(interp, value, false, at),
        _ => inner(interp, value, at, 0).map(Parsed::Plain),
    }
}

fn inner(interp: &mut Interp<'_>, value: &Val, at: Region, depth: usize) -> Res<Val> {
    interp.burn(1)?;
    if is_settled(interp, value, depth) {
        return Ok(value.clone());
    }
    Ok(match &value.kind {
        Kind::Str(_) => match text(interp, value, false, at)? {
            Parsed::Plain(made) => made,
            _ => Val::unknown(Why::Unsupported("a value that dynaconf makes later".into()), Some(at)),
        },
        Kind::List(_) | Kind::Tuple(_) => {
            let Some(items) = interp.certain_elements(value, at)? else { return Ok(interp.unknown_of(&[value], at)) };
            let mut made = Vec::new();
            for item in items {
                made.push(inner(interp, &item, at, depth + 1)?);
            }
            Val { at: value.at, ..interp.list(made) }.with(&value.deps)
        }
        Kind::Dict(id) => {
            let Some(entries) = entries(interp, *id) else { return Ok(interp.unknown_of(&[value], at)) };
            let made = interp.dict(Vec::new());
            for (key, item) in entries {
                let item = inner(interp, &item, at, depth + 1)?;
                interp.set_item(&made, &key, item, at)?;
            }
            Val { at: value.at, ..made }.with(&value.deps)
        }
        _ => value.clone(),
    })
}

/// The certain entries of a dictionary; `None` where some are not.
pub(super) fn entries(interp: &Interp<'_>, id: crate::python::object::Id) -> Option<Vec<(Val, Val)>> {
    let Cell::Dict(dict) = interp.heap.cell(id) else { return None };
    if dict.rest.is_some() || dict.entries.values().any(|slot| slot.perhaps.is_some()) {
        return None;
    }
    Some(dict.entries.values().map(|slot| (slot.key.clone(), slot.value.clone())).collect())
}

/// Whether reading a value for tokens leaves it as it is.
fn is_settled(interp: &Interp<'_>, value: &Val, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    match &value.kind {
        Kind::Str(text) => !text.starts_with('@'),
        Kind::Tuple(_) => false,
        Kind::List(id) => match interp.heap.cell(*id) {
            Cell::List(items) => items.iter().all(|item| match item {
                Elem::One(item) => is_settled(interp, item, depth + 1),
                Elem::Perhaps(..) | Elem::Many(_) => true,
            }),
            _ => true,
        },
        Kind::Dict(id) => match interp.heap.cell(*id) {
            Cell::Dict(dict) => dict.entries.values().all(|slot| is_settled(interp, &slot.value, depth + 1)),
            _ => true,
        },
        _ => true,
    }
}

/// Whether a value has a word in it that says how it is merged.
pub(super) fn has_markers(interp: &Interp<'_>, value: &Val, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return true;
    }
    match &value.kind {
        // On its own the word says nothing.
        Kind::Str(text) => depth > 0 && text.starts_with("dynaconf_"),
        Kind::List(id) => match interp.heap.cell(*id) {
            Cell::List(items) => items.iter().any(|item| matches!(item, Elem::One(item) if has_markers(interp, item, depth + 1))),
            _ => false,
        },
        Kind::Dict(id) => match interp.heap.cell(*id) {
            Cell::Dict(dict) => dict.entries.values().any(|slot| {
                slot.key.as_str().is_some_and(|key| key.starts_with("dynaconf_")) || has_markers(interp, &slot.value, depth + 1)
            }),
            _ => false,
        },
        _ => false,
    }
}

/// A text that is formatted late, with the settings as they are by then.
pub(super) fn formatted(
    interp: &mut Interp<'_>,
    late: &Late,
    setting: &mut dyn FnMut(&mut Interp<'_>, &str) -> Res<Option<Val>>,
    at: Region,
) -> Res<Val> {
    const FORMAT: &str = "dynaconf.utils.parse_conf.DynaconfFormatError";
    let Some(text) = late.text.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[&late.text], at)) };
    let mut deps = late.text.deps.clone();
    let made = match &*late.token {
        "@get" => {
            let words: Vec<&str> = text.split_whitespace().collect();
            if text.contains(['@', '"', '\'', '.', '_']) && words.len() > 1
                || words.is_empty()
                || words.len() > 2
                || words[0].contains(['.', '@'])
            {
                return Ok(unsure(at));
            }
            match (setting(interp, &words[0].to_uppercase())?, words.get(1)) {
                (Some(value), _) => value,
                (None, Some(default)) => Val::str(*default),
                (None, None) => return Err(interp.raise_with(REFUSED, "a setting that is not there is asked for", at, deps)),
            }
        }
        "@format" => {
            let mut out = String::new();
            let mut rest = &*text;
            while let Some(start) = rest.find(['{', '}']) {
                out.push_str(&rest[..start]);
                let end = rest[start..].find('}').map(|end| start + end);
                let (Some(end), true) = (end, rest[start..].starts_with('{')) else { return Ok(unsure(at)) };
                let field = &rest[start + 1..end];
                let value = if let Some(name) = field.strip_prefix("this.").filter(|name| is_name(name)) {
                    match setting(interp, &name.to_uppercase())? {
                        Some(value) => value,
                        None if name.contains("DYNACONF") || *name != name.to_uppercase() => return Ok(unsure(at)),
                        None => return Err(interp.raise_with(FORMAT, "a setting that is not there is asked for", at, deps)),
                    }
                } else if let Some(name) =
                    field.strip_prefix("env[").and_then(|name| name.strip_suffix(']')).filter(|name| is_name(name))
                {
                    match interp.environ_item(&Val::str(name), at) {
                        Ok(value) => value,
                        Err(Stop::Raise(_)) => return Err(interp.raise_with(FORMAT, "a variable is not set", at, deps)),
                        Err(limit) => return Err(limit),
                    }
                } else {
                    return Ok(unsure(at));
                };
                let Ok(shown) = interp.to_str(&value) else { return Ok(interp.unknown_of(&[&value], at)) };
                deps = deps.union(&value.deps);
                out.push_str(&shown);
                rest = &rest[end + 1..];
            }
            out.push_str(rest);
            Val::str(out)
        }
        _ => return Ok(unsure(at).with(&deps)),
    };
    let made = made.or_at(late.text.at.unwrap_or(at)).with(&deps);
    match &late.cast {
        Some(token) if made.as_str().is_some() => Ok(cast(interp, token, &made, at)?.with(&deps)),
        Some(_) => Ok(interp.unknown_of(&[&made], at)),
        None => Ok(made),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
