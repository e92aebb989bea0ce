//! `re`: regular expressions that Python and Rust read alike, on known text; everything else is unknown.

mod translation;

use std::rc::Rc;

use regex::{Captures, Regex};
use shipworthy_model::{Region, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Kind, Val};
use crate::python::operators::{Number, as_number};
use translation::compile;

pub(super) static LIBRARY: Library = Library {
    roots: &["re"],
    call,
    attribute,
    methods: &[
        "Pattern.match",
        "Pattern.search",
        "Pattern.fullmatch",
        "Pattern.sub",
        "Pattern.subn",
        "Pattern.split",
        "Pattern.findall",
        "Pattern.finditer",
        "Match.group",
        "Match.groups",
        "Match.groupdict",
        "Match.start",
        "Match.end",
        "Match.span",
        "Match.__getitem__",
    ],
};

/// Lib/re/_constants.py
const IGNORECASE: i128 = 2;
const MULTILINE: i128 = 8;
const DOTALL: i128 = 16;
const UNICODE: i128 = 32;

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    Some(Val::int(match name.strip_prefix("re.")? {
        "I" | "IGNORECASE" => IGNORECASE,
        "L" | "LOCALE" => 4,
        "M" | "MULTILINE" => MULTILINE,
        "S" | "DOTALL" => DOTALL,
        "U" | "UNICODE" => UNICODE,
        "X" | "VERBOSE" => 64,
        "A" | "ASCII" => 256,
        "NOFLAG" => 0,
        _ => return None,
    }))
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let function = name.strip_prefix("re.")?;
    if let Some(method) = function.strip_prefix("Match.") {
        return match_method(interp, method, args, at);
    }
    if let Some(method) = function.strip_prefix("Pattern.") {
        let pattern = interp.native_attribute(args.pos.first()?, "pattern")?;
        let flags = interp.native_attribute(args.pos.first()?, "flags")?;
        return Some(apply(interp, method, &pattern, &flags, &args.rest(), at));
    }
    let first = args.get(0, "pattern")?.clone();
    // A compiled pattern goes where its text goes.
    let (pattern, own_flags) = match (interp.native_attribute(&first, "pattern"), interp.native_attribute(&first, "flags")) {
        (Some(pattern), Some(flags)) => (pattern, Some(flags)),
        _ => (first, None),
    };
    Some(match function {
        "compile" => {
            let flags = args.get(1, "flags").cloned().or(own_flags).unwrap_or_else(|| Val::int(0));
            if pattern.as_unknown().is_some() || flags.as_unknown().is_some() {
                return Some(Ok(interp.unknown_of(&[&pattern, &flags], at)));
            }
            Ok(interp.native_instance("re.Pattern", vec![("pattern", pattern), ("flags", flags)]))
        }
        "match" | "search" | "fullmatch" | "findall" | "finditer" => {
            let flags = args.get(2, "flags").cloned().or(own_flags).unwrap_or_else(|| Val::int(0));
            let rest = Args { pos: vec![args.get(1, "string")?.clone()], ..Args::default() };
            apply(interp, function, &pattern, &flags, &rest, at)
        }
        "sub" | "subn" | "split" => {
            let index = if function == "split" { 3 } else { 4 };
            let flags = args.get(index, "flags").cloned().or(own_flags).unwrap_or_else(|| Val::int(0));
            let mut rest = args.rest();
            rest.kw.retain(|(name, _)| !matches!(&**name, "flags" | "pattern"));
            rest.pos.truncate(index - 1);
            apply(interp, function, &pattern, &flags, &rest, at)
        }
        "escape" => Ok(match pattern.as_str() {
            Some(text) => Val::str(escape(text)),
            None => interp.unknown_of(&[&pattern], at),
        }),
        _ => return None,
    })
}

/// `re.escape`: the characters that mean something get a backslash (Lib/re/__init__.py, `_special_chars_map`).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn apply(interp: &mut Interp<'_>, method: &str, pattern: &Val, flags: &Val, args: &Args, at: Region) -> Res<Val> {
    let unsupported = || Val::unknown(Why::Unsupported("this regular expression".into()), Some(at));
    let replaces = matches!(method, "sub" | "subn");
    let subject = if replaces { args.get(1, "string") } else { args.get(0, "string") };
    let Some(subject) = subject else { return Err(interp.wrong_arguments(method, at, args)) };
    let (Some(pattern), Some(Number::Int(flags)), Some(text)) = (pattern.as_str(), as_number(flags), subject.as_str()) else {
        if subject.is_none() {
            return Err(interp.raise_on("TypeError", "an expression is matched against text, not None", at, &[subject]));
        }
        return Ok(interp.unknown_of(&[pattern, flags, subject], at));
    };
    // `pattern.match(text, pos)` and its like look at a part of the text.
    if args.open.is_some() || (!replaces && method != "split" && args.pos.len() + args.kw.len() > 1) {
        return Ok(unsupported());
    }
    interp.burn(text.len() as u64 / 8 + pattern.len() as u64)?;
    let Some(regex) = compile(pattern, flags, text, method) else { return Ok(unsupported()) };
    match method {
        "match" | "search" | "fullmatch" => Ok(match regex.captures(text) {
            Some(captures) => found(interp, &regex, &captures, text, subject),
            None => Val::none(),
        }),
        "findall" | "finditer" => {
            let mut items = Vec::new();
            for captures in regex.captures_iter(text) {
                if captures.get(0).is_none_or(|whole| whole.is_empty()) {
                    return Ok(unsupported());
                }
                let group = |index: usize| Val::str(captures.get(index).map_or("", |part| part.as_str()));
                items.push(match (method, captures.len()) {
                    ("finditer", _) => found(interp, &regex, &captures, text, subject),
                    (_, 1) => group(0),
                    (_, 2) => group(1),
                    (_, count) => Val::tuple((1..count).map(group).collect()),
                });
            }
            Ok(if method == "findall" { interp.list(items) } else { interp.iterator(items.into_iter().map(Elem::One).collect()) })
        }
        "split" => {
            let limit = match args.get(1, "maxsplit").map(as_number) {
                None => 0,
                Some(Some(Number::Int(limit))) => usize::try_from(limit).unwrap_or(0),
                Some(_) => return Ok(unsupported()),
            };
            let (mut parts, mut from) = (Vec::new(), 0);
            for captures in regex.captures_iter(text) {
                let Some(whole) = captures.get(0).filter(|whole| !whole.is_empty()) else { return Ok(unsupported()) };
                if limit > 0 && parts.len() >= limit * captures.len() {
                    break;
                }
                parts.push(Val::str(&text[from..whole.start()]));
                parts.extend(
                    (1..captures.len()).map(|index| captures.get(index).map_or_else(Val::none, |part| Val::str(part.as_str()))),
                );
                from = whole.end();
            }
            parts.push(Val::str(&text[from..]));
            Ok(interp.list(parts))
        }
        "sub" | "subn" => substitute(interp, &regex, method, args, text, subject, at),
        _ => Ok(unsupported()),
    }
}

fn substitute(
    interp: &mut Interp<'_>,
    regex: &Regex,
    method: &str,
    args: &Args,
    text: &str,
    subject: &Val,
    at: Region,
) -> Res<Val> {
    let unsupported = || Val::unknown(Why::Unsupported("this replacement".into()), Some(at));
    let Some(by) = args.get(0, "repl").cloned() else { return Err(interp.wrong_arguments(method, at, args)) };
    let limit = match args.get(2, "count").map(as_number) {
        None => usize::MAX,
        Some(Some(Number::Int(limit))) => usize::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX),
        Some(_) => return Ok(unsupported()),
    };
    let (mut out, mut from, mut count) = (String::new(), 0, 0);
    let mut deps = crate::python::object::Deps::default();
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0).filter(|whole| !whole.is_empty()) else { return Ok(unsupported()) };
        if count >= limit {
            break;
        }
        count += 1;
        out.push_str(&text[from..whole.start()]);
        from = whole.end();
        match &by.kind {
            Kind::Str(template) => match expand(template, &captures) {
                Some(expanded) => out.push_str(&expanded),
                None => return Ok(unsupported()),
            },
            Kind::Unknown(_) | Kind::OneOf(_) => return Ok(interp.unknown_of(&[&by], at)),
            _ => {
                let found = found(interp, regex, &captures, text, subject);
                let made = interp.call_values(&by, vec![found], at)?;
                deps = deps.union(&made.deps);
                match made.as_str() {
                    Some(made) => out.push_str(made),
                    None => return Ok(interp.unknown_of(&[&made], at)),
                }
            }
        }
        interp.sized(out.len())?;
    }
    out.push_str(&text[from..]);
    let replaced = Val::str(out).with(&deps);
    Ok(if method == "sub" { replaced } else { Val::tuple(vec![replaced, Val::int(count as i128)]) })
}

/// A replacement's text with its groups filled in; `None` for escapes that are not plain.
fn expand(template: &str, captures: &Captures<'_>) -> Option<String> {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            digit @ '1'..='9' => {
                if chars.peek().is_some_and(char::is_ascii_digit) {
                    return None;
                }
                let index = digit.to_digit(10)? as usize;
                if index >= captures.len() {
                    return None;
                }
                out.push_str(captures.get(index).map_or("", |part| part.as_str()));
            }
            'g' if chars.next() == Some('<') => {
                let name: String = chars.by_ref().take_while(|c| *c != '>').collect();
                let part = match name.parse::<usize>() {
                    Ok(index) if index < captures.len() => captures.get(index),
                    Ok(_) => return None,
                    Err(_) => Some(captures.name(&name)?),
                };
                out.push_str(part.map_or("", |part| part.as_str()));
            }
            c if c.is_ascii_alphanumeric() => return None,
            c => {
                out.push('\\');
                out.push(c);
            }
        }
    }
    Some(out)
}

/// A match object.
fn found(interp: &mut Interp<'_>, regex: &Regex, captures: &Captures<'_>, text: &str, subject: &Val) -> Val {
    let count = |byte: usize| Val::int(text[..byte].chars().count() as i128);
    let mut groups = Vec::new();
    let mut spans = Vec::new();
    let mut names = Dict::default();
    for (index, name) in regex.capture_names().enumerate() {
        let part = captures.get(index);
        groups.push(part.map_or_else(Val::none, |part| Val::str(part.as_str())));
        spans.push(match part {
            Some(part) => Val::tuple(vec![count(part.start()), count(part.end())]),
            None => Val::tuple(vec![Val::int(-1), Val::int(-1)]),
        });
        if let Some(name) = name {
            names.set_str(name, Val::int(index as i128));
        }
    }
    let names = interp.dict_of(names);
    let attributes =
        vec![("*groups*", Val::tuple(groups)), ("*spans*", Val::tuple(spans)), ("*names*", names), ("string", subject.clone())];
    interp.native_instance("re.Match", attributes)
}

fn match_method(interp: &mut Interp<'_>, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let found = args.pos.first()?.clone();
    let groups = interp.native_attribute(&found, "*groups*")?;
    let spans = interp.native_attribute(&found, "*spans*")?;
    let names = interp.native_attribute(&found, "*names*")?;
    let part = |interp: &mut Interp<'_>, parts: &Val, key: &Val| -> Res<Val> {
        let index = if key.as_str().is_some() { interp.subscript(&names, key, at)? } else { key.clone() };
        interp.subscript(parts, &index, at)
    };
    let items = |parts: &Val| match &parts.kind {
        Kind::Tuple(items) => Rc::clone(items),
        _ => Rc::default(),
    };
    let or_default = |value: &Val, default: Option<&Val>| match (value.is_none(), default) {
        (true, Some(default)) => default.clone(),
        _ => value.clone(),
    };
    Some(match (method, &args.pos[1..]) {
        ("group", []) => part(interp, &groups, &Val::int(0)),
        ("group" | "__getitem__", [key]) => part(interp, &groups, key),
        ("group", keys) => keys.iter().map(|key| part(interp, &groups, key)).collect::<Res<Vec<_>>>().map(Val::tuple),
        ("groups", _) => Ok(Val::tuple(
            items(&groups)
                .iter()
                .skip(1)
                .filter_map(
                    |item| if let Elem::One(value) = item { Some(or_default(value, args.get(1, "default"))) } else { None },
                )
                .collect(),
        )),
        ("groupdict", _) => {
            let Kind::Dict(id) = names.kind else { return None };
            let crate::python::heap::Cell::Dict(names) = interp.heap.cell(id).clone() else { return None };
            let mut dict = Dict::default();
            for slot in names.entries.values() {
                let name = slot.key.as_str()?.to_owned();
                let value = match interp.subscript(&groups, &slot.value, at) {
                    Ok(value) => or_default(&value, args.get(1, "default")),
                    Err(stop) => return Some(Err(stop)),
                };
                dict.set_str(&name, value);
            }
            Ok(interp.dict_of(dict))
        }
        ("start" | "end" | "span", keys) => {
            let whole = Val::int(0);
            match part(interp, &spans, keys.first().unwrap_or(&whole)) {
                Ok(span) if method == "span" => Ok(span),
                Ok(span) => interp.subscript(&span, &Val::int(i128::from(method == "end")), at),
                Err(stop) => Err(stop),
            }
        }
        _ => return None,
    })
}
