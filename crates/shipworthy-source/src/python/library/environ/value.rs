//! How `Env` converts a variable's text: `parse_value`.

use shipworthy_model::Region;

use super::TRUE_STRINGS;
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::numbers::parse_int;
use crate::python::object::{Elem, Kind, Val};

/// `Env.parse_value(value, cast)`.
pub(super) fn parse(interp: &mut Interp<'_>, env: Option<&Val>, value: &Val, cast: &Val, at: Region) -> Res<Val> {
    if cast.is_none() {
        return Ok(value.clone());
    }
    if value.as_unknown().is_some() || cast.as_unknown().is_some() {
        return Ok(interp.unknown_of(&[value, cast], at));
    }
    let parsed = match &cast.kind {
        Kind::Extern(name) if &**name == "builtins.bool" => boolean(interp, env, value, at)?,
        Kind::Extern(name) if &**name == "builtins.float" => float(interp, value, at)?,
        Kind::Extern(name) if &**name == "builtins.str" && value.as_str().is_some() => value.clone(),
        Kind::Extern(name) if matches!(&**name, "builtins.list" | "builtins.tuple" | "builtins.dict") => {
            let Some(text) = split_text(interp, value, at)? else { return Ok(interp.unknown_of(&[value], at)) };
            match &**name {
                "builtins.list" => {
                    let items = commas(&text).into_iter().map(|item| Val::str(item).or_at(value.at.unwrap_or(at))).collect();
                    interp.list(items)
                }
                "builtins.tuple" => Val::tuple(commas(bare(&text)).into_iter().map(Val::str).collect()),
                _ => {
                    let pairs =
                        commas(&text).into_iter().map(|item| Val::tuple(item.splitn(2, '=').map(Val::str).collect())).collect();
                    let pairs = interp.list(pairs).with(&value.deps);
                    interp.call_values(&Val::external("builtins.dict"), vec![pairs], at)?
                }
            }
        }
        Kind::List(_) | Kind::Tuple(_) => {
            let Some(casts) = interp.certain_elements(cast, at)? else { return Ok(interp.unknown_of(&[cast], at)) };
            let Some(text) = split_text(interp, value, at)? else { return Ok(interp.unknown_of(&[value], at)) };
            let Some(first) = casts.first() else {
                return Err(interp.raise_on("IndexError", "the cast is an empty list", at, &[cast]));
            };
            let is_list = matches!(cast.kind, Kind::List(_));
            let mut items = Vec::new();
            for item in commas(if is_list { &text } else { bare(&text) }) {
                let item = Val::str(item).or_at(value.at.unwrap_or(at)).with(&value.deps);
                items.push(interp.call_values(first, vec![item], at)?);
            }
            if is_list { interp.list(items) } else { Val::tuple(items) }
        }
        Kind::Dict(id) => {
            let Some(text) = split_text(interp, value, at)? else { return Ok(interp.unknown_of(&[value], at)) };
            dictionary(interp, env, *id, value, &text, at)?
        }
        _ => interp.call(cast, Args::of(vec![value.clone()]), at)?,
    };
    let parsed = match value.at {
        Some(place) => parsed.or_at(place),
        None => parsed,
    };
    Ok(parsed.with(&value.deps))
}

/// The text that is to be split; other values have no `split` and fail on it.
fn split_text(interp: &Interp<'_>, value: &Val, at: Region) -> Res<Option<String>> {
    match &value.kind {
        Kind::Str(text) => Ok(Some(text.to_string())),
        Kind::Bytes(_) | Kind::Instance(_) | Kind::Extern(_) | Kind::Lazy(_) => Ok(None),
        _ => Err(interp.raise_on("AttributeError", "the value is no text to be split", at, &[value])),
    }
}

fn commas(text: &str) -> Vec<&str> {
    text.split(',').filter(|item| !item.is_empty()).collect()
}

/// Without the brackets of a tuple.
fn bare(text: &str) -> &str {
    text.trim_matches('(').trim_matches(')')
}

fn boolean(interp: &mut Interp<'_>, env: Option<&Val>, value: &Val, at: Region) -> Res<Val> {
    let Kind::Str(text) = &value.kind else {
        let number = interp.to_int(value, &Args::default(), at)?;
        return Ok(match &number.kind {
            Kind::Int(number) => Val::bool(*number != 0),
            _ => number,
        });
    };
    if let Some(number) = parse_int(text, 10) {
        return Ok(Val::bool(number != 0));
    }
    let word = text.to_lowercase();
    let word = word.trim();
    let own = env
        .and_then(|env| match &env.kind {
            Kind::Instance(id) => match interp.heap.cell(*id) {
                Cell::Instance(class, _) => Some(class.clone()),
                _ => None,
            },
            _ => Some(env.clone()),
        })
        .and_then(|class| interp.class_attribute(&class, "BOOLEAN_TRUE_STRINGS"))
        .or_else(|| interp.patched("environ.Env.BOOLEAN_TRUE_STRINGS"));
    Ok(match own {
        None => Val::bool(TRUE_STRINGS.contains(&word)),
        Some(own) => match texts(interp, &own, at)? {
            Some(words) => Val::bool(words.iter().any(|known| known == word)),
            None => interp.unknown_of(&[&own], at),
        },
    })
}

/// Numbers in the writing of several countries: all but the last of their commas and dots are dropped.
fn float(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    let Kind::Str(text) = &value.kind else {
        return Err(interp.raise_on("TypeError", "only text is read as a number", at, &[value]));
    };
    let cleaned: String = text.chars().filter(|c| c.is_numeric() || matches!(c, ',' | '.' | '-')).collect();
    let number = match cleaned.rfind([',', '.']) {
        Some(point) => format!("{}.{}", cleaned[..point].replace([',', '.'], ""), &cleaned[point + 1..]),
        None => cleaned,
    };
    let number = Val::str(number).with(&value.deps);
    interp.to_float(&number, at)
}

/// `cast={'key': …, 'value': …, 'cast': {…}}`.
fn dictionary(interp: &mut Interp<'_>, env: Option<&Val>, id: u32, value: &Val, text: &str, at: Region) -> Res<Val> {
    let part = |interp: &Interp<'_>, name: &str| interp.dict_get(id, &Val::str(name));
    let (Ok(key_cast), Ok(value_cast), Ok(by_key)) = (part(interp, "key"), part(interp, "value"), part(interp, "cast")) else {
        return Ok(super::unsure("an unknown cast", at));
    };
    let text_cast = || Val::external("builtins.str");
    let (key_cast, value_cast) = (key_cast.unwrap_or_else(text_cast), value_cast.unwrap_or_else(text_cast));
    let mut pairs = Vec::new();
    for entry in text.split(';').filter(|entry| !entry.is_empty()) {
        let parts: Vec<&str> = entry.split('=').collect();
        let [key, item, ..] = parts.as_slice() else {
            return Err(interp.raise_on("IndexError", "an entry of the variable has no value", at, &[value]));
        };
        let cast = match &by_key {
            None => value_cast.clone(),
            Some(Val { kind: Kind::Dict(id), .. }) => match interp.dict_get(*id, &Val::str(*key)) {
                Ok(cast) => cast.unwrap_or_else(|| value_cast.clone()),
                Err(unknown) => crate::python::interp::unknown_value(&unknown),
            },
            Some(other) => interp.unknown_of(&[other], at),
        };
        let key = interp.call_values(&key_cast, vec![Val::str(*key).with(&value.deps)], at)?;
        let item = parse(interp, env, &Val::str(*item).with(&value.deps), &cast, at)?;
        pairs.push(Val::tuple(vec![key, item]));
    }
    let pairs = interp.list(pairs);
    interp.call_values(&Val::external("builtins.dict"), vec![pairs], at)
}

/// The texts of a value that is a list or tuple of texts.
fn texts(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Option<Vec<String>>> {
    Ok(match interp.elements(value, at)? {
        Ok(items) => items
            .iter()
            .map(|item| match item {
                Elem::One(item) => item.as_str().map(str::to_owned),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            })
            .collect(),
        Err(_) => None,
    })
}
