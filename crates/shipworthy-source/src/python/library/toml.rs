//! `tomllib`, `tomli` and `toml`: TOML of known text.

use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library =
    Library { roots: &["tomllib", "tomli", "toml"], call, attribute: no_attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let (library, function) = name.split_once('.')?;
    let first = args.pos.first()?;
    let content = match function {
        "loads" => first.clone(),
        "load" => match interp.native_attribute(first, "*content*") {
            Some(content) => content,
            // `toml.load` takes a path too.
            None => match crate::python::operators::path_text(first).map(str::to_owned).filter(|_| library == "toml") {
                Some(path) => match super::files::read_text(interp, &path, at) {
                    Ok(content) => content,
                    Err(stop) => return Some(Err(stop)),
                },
                None => return None,
            },
        },
        _ => return None,
    };
    if args.named("parse_float").is_some() || args.pos.len() > 1 {
        return None;
    }
    Some(load(interp, library, &content, at))
}

fn load(interp: &mut Interp<'_>, library: &str, content: &Val, at: Region) -> Res<Val> {
    let text = match &content.kind {
        Kind::Str(text) => text.to_string(),
        Kind::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => return Ok(Val::unknown(Why::Unsupported("this TOML".into()), Some(at))),
        },
        _ => return Ok(interp.unknown_of(&[content], at)),
    };
    interp.sized(text.len())?;
    match text.parse::<toml::Table>() {
        Ok(table) => Ok(self::table(interp, &table, content.at.unwrap_or(at), 0)),
        // The old `toml` library accepts and refuses other things.
        Err(_) if library == "toml" => Ok(Val::unknown(Why::Unsupported("this TOML".into()), Some(at))),
        Err(_) => Err(interp.raise_with(&format!("{library}.TOMLDecodeError"), "the text is no TOML", at, content.deps.clone())),
    }
}

fn table(interp: &mut Interp<'_>, table: &toml::Table, at: Region, depth: usize) -> Val {
    let mut dict = Dict::default();
    for (key, item) in table {
        let item = value(interp, item, at, depth + 1);
        dict.set_str(key, item);
    }
    interp.dict_of(dict).at(at)
}

fn value(interp: &mut Interp<'_>, item: &toml::Value, at: Region, depth: usize) -> Val {
    if depth > 100 {
        return Val::unknown(Why::Limit("nesting".into()), Some(at));
    }
    match item {
        toml::Value::String(text) => Val::str(text.as_str()),
        toml::Value::Integer(number) => Val::int(i128::from(*number)),
        toml::Value::Float(number) => Val::new(Kind::Float(*number)),
        toml::Value::Boolean(flag) => Val::bool(*flag),
        toml::Value::Datetime(_) => Val::unknown(Why::Unsupported("a date in TOML".into()), Some(at)),
        toml::Value::Array(items) => {
            let items = items.iter().map(|item| value(interp, item, at, depth + 1)).collect();
            interp.list(items)
        }
        toml::Value::Table(inner) => table(interp, inner, at, depth),
    }
    .at(at)
}
