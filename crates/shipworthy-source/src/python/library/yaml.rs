//! `PyYAML`: `safe_load` and `load` of known text, with the scalars of YAML 1.1 as `PyYAML` resolves them.

use std::borrow::Cow;

use regex::Regex;
use saphyr::{ScalarStyle, Yaml, YamlLoader};
use saphyr_parser::Parser;
use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["yaml"], call, attribute: no_attribute, methods: &[] };

const MAX_NESTING: usize = 60;

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    match name {
        "yaml.safe_load" | "yaml.load" | "yaml.full_load" => {}
        // Loaders are named as arguments only.
        _ => return None,
    }
    if let Some(loader) = args.get(1, "Loader")
        && !matches!(&loader.kind, Kind::Extern(name) if matches!(&**name, "yaml.SafeLoader" | "yaml.FullLoader" | "yaml.Loader" | "yaml.CSafeLoader" | "yaml.CLoader" | "yaml.UnsafeLoader"))
    {
        return None;
    }
    let stream = args.get(0, "stream")?;
    let content = interp.native_attribute(stream, "*content*").unwrap_or_else(|| stream.clone());
    Some(load(interp, &content, at))
}

fn load(interp: &mut Interp<'_>, content: &Val, at: Region) -> Res<Val> {
    let unsupported = || Val::unknown(Why::Unsupported("this YAML".into()), Some(at));
    let text: Cow<'_, str> = match &content.kind {
        Kind::Str(text) => Cow::Borrowed(&**text),
        Kind::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => return Ok(unsupported()),
        },
        Kind::Unknown(_) | Kind::OneOf(_) => return Ok(interp.unknown_of(&[content], at)),
        _ => return Ok(unsupported()),
    };
    interp.sized(text.len())?;
    if !is_plain(&text) {
        return Ok(unsupported());
    }
    let mut loader = YamlLoader::<Yaml<'_>>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(&text);
    // What PyYAML would refuse may still be YAML 1.2, so that nothing is said of what both do with errors.
    if parser.load(&mut loader, true).is_err() || loader.error().is_some() {
        return Ok(unsupported());
    }
    let documents = loader.into_documents();
    match documents.as_slice() {
        [] => Ok(Val::none()),
        [document] => Ok(value(interp, document, content.at.unwrap_or(at), 0).unwrap_or_else(unsupported)),
        _ => Ok(unsupported()),
    }
}

/// Whether a text has nothing that needs a deep stack, and no alias that two places would share, but for merging.
fn is_plain(text: &str) -> bool {
    let mut depth = 0usize;
    let mut deepest = 0usize;
    for line in text.lines() {
        depth += line.matches(['[', '{']).count();
        deepest = deepest.max(depth).max(line.matches("- ").count()).max(line.matches(": ").count());
        depth = depth.saturating_sub(line.matches([']', '}']).count());
        let code = line.split(" #").next().unwrap_or_default();
        let alias = code.split([' ', '[', ',', '{']).any(|word| word.starts_with('*') && word.len() > 1);
        if alias && !code.trim_start().starts_with("<<:") {
            return false;
        }
        if line.len() - line.trim_start().len() > 200 {
            return false;
        }
    }
    deepest < MAX_NESTING && !text.contains(['\t', '\u{85}', '\u{2028}', '\u{2029}'])
}

fn value(interp: &mut Interp<'_>, node: &Yaml<'_>, at: Region, depth: usize) -> Option<Val> {
    if depth > MAX_NESTING || interp.burn(1).is_err() {
        return None;
    }
    let made = match node {
        Yaml::Representation(text, style, None) => {
            if *style == ScalarStyle::Plain {
                scalar(text, at)
            } else {
                Val::str(&**text)
            }
        }
        Yaml::Sequence(items) => {
            let items = items.iter().map(|item| value(interp, item, at, depth + 1)).collect::<Option<Vec<_>>>()?;
            interp.list(items)
        }
        Yaml::Mapping(entries) => {
            let made = interp.dict(Vec::new());
            let Kind::Dict(id) = made.kind else { return None };
            let is_merge = |key: &Yaml<'_>| matches!(key, Yaml::Representation(text, ScalarStyle::Plain, None) if text == "<<");
            // What is merged in stands before what the mapping itself says, and gives way to it.
            for (_, merged) in entries.iter().filter(|(key, _)| is_merge(key)) {
                let sources: Vec<&Yaml<'_>> = match merged {
                    Yaml::Mapping(_) => vec![merged],
                    Yaml::Sequence(sources) => sources.iter().rev().collect(),
                    _ => return None,
                };
                for source in sources {
                    let source = value(interp, source, at, depth + 1)?;
                    interp.dict_update(id, &source, at).ok()?;
                }
            }
            for (key, item) in entries.iter().filter(|(key, _)| !is_merge(key)) {
                let key = value(interp, key, at, depth + 1)?;
                let item = value(interp, item, at, depth + 1)?;
                interp.key(&key)?;
                interp.dict_insert(id, &key, item, at).ok()?;
            }
            made
        }
        Yaml::Representation(..) | Yaml::Value(_) | Yaml::Tagged(..) | Yaml::Alias(_) | Yaml::BadValue => return None,
    };
    Some(made.at(at))
}

/// A plain scalar, by the implicit resolvers of `PyYAML` (lib/yaml/resolver.py).
fn scalar(text: &str, at: Region) -> Val {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Val::bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Val::bool(false),
        "" | "~" | "null" | "Null" | "NULL" => return Val::none(),
        "=" => return Val::unknown(Why::Unsupported("this YAML".into()), Some(at)),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return Val::str(text);
    }
    let matches = |pattern: &str| Regex::new(&format!(r"\A(?:{pattern})\z")).is_ok_and(|regex| regex.is_match(text));
    let doubtful = || Val::unknown(Why::Unsupported("this YAML number".into()), Some(at));
    if matches(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?.*") {
        return Val::unknown(Why::Unsupported("a date in YAML".into()), Some(at));
    }
    if matches(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?") {
        return doubtful();
    }
    let clean = text.replace('_', "");
    if matches(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)") {
        let (negative, digits) = match clean.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, clean.strip_prefix('+').unwrap_or(&clean)),
        };
        let number = if let Some(digits) = digits.strip_prefix("0b") {
            i128::from_str_radix(digits, 2)
        } else if let Some(digits) = digits.strip_prefix("0x") {
            i128::from_str_radix(digits, 16)
        } else if digits.len() > 1 && digits.starts_with('0') {
            i128::from_str_radix(&digits[1..], 8)
        } else {
            digits.parse()
        };
        return number.map_or_else(|_| doubtful(), |number| Val::int(if negative { -number } else { number }));
    }
    if matches(r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?") {
        return clean.to_ascii_lowercase().parse().map_or_else(|_| doubtful(), |number| Val::new(Kind::Float(number)));
    }
    if matches(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)") {
        return doubtful();
    }
    Val::str(text)
}
