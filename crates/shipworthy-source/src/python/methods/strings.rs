//! Methods of `str` and `bytes`.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::words::{capitalize, casefold, is_identifier, is_space, is_title, split_lines, split_space, title};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Kind, Val};
use crate::python::operators::{Number, as_number};

pub(super) const NAMES: [&str; 47] = [
    "split",
    "rsplit",
    "splitlines",
    "strip",
    "lstrip",
    "rstrip",
    "lower",
    "upper",
    "title",
    "capitalize",
    "casefold",
    "swapcase",
    "startswith",
    "endswith",
    "replace",
    "join",
    "format",
    "format_map",
    "encode",
    "find",
    "rfind",
    "index",
    "rindex",
    "count",
    "partition",
    "rpartition",
    "isdigit",
    "isnumeric",
    "isdecimal",
    "isalpha",
    "isalnum",
    "isupper",
    "islower",
    "isspace",
    "isidentifier",
    "istitle",
    "isascii",
    "isprintable",
    "removeprefix",
    "removesuffix",
    "zfill",
    "ljust",
    "rjust",
    "center",
    "expandtabs",
    "translate",
    "maketrans",
];

impl Interp<'_> {
    #[allow(clippy::similar_names, reason = "named as in Python")]
    pub(super) fn str_method(&mut self, text: &Rc<str>, name: &str, args: &Args, at: Region) -> Res<Val> {
        if let Some(open) = &args.open {
            return Ok(crate::python::interp::unknown_value(open));
        }
        if name == "format" {
            return self.format_method(text, args, at);
        }
        if name == "format_map" {
            let mut spread = Args::default();
            if let Some(Kind::Dict(id)) = args.pos.first().map(|value| &value.kind)
                && let crate::python::heap::Cell::Dict(dict) = self.heap.cell(*id)
            {
                for slot in dict.entries.values() {
                    if let Some(key) = slot.key.as_str() {
                        spread.kw.push((key.into(), slot.value.clone()));
                    }
                }
                spread.open = dict.rest.clone();
            }
            return self.format_method(text, &spread, at);
        }
        if name == "join" {
            return self.join_method(text, args, at);
        }
        if let Some(unknown) = args.values().find(|value| value.as_unknown().is_some()) {
            let unknown = self.unknown_of(&[unknown], at);
            if let Some(why) = unknown.as_unknown() {
                self.doubtful(&why, at);
            }
            return Ok(unknown);
        }
        let string = |index: usize| args.pos.get(index).and_then(Val::as_str);
        let flag = |answer: bool| Ok(Val::bool(answer));
        let words = |this: &mut Self, parts: Vec<String>| Ok(this.list(parts.into_iter().map(Val::str).collect()));
        match name {
            "title" | "capitalize" | "casefold" | "swapcase" if text.chars().any(|c| c > '\u{17f}') => {
                Ok(Val::unknown(Why::Unsupported("the case of a rare letter".into()), Some(at)))
            }
            "lower" => Ok(Val::str(text.to_lowercase())),
            "casefold" => Ok(Val::str(casefold(text))),
            "upper" => Ok(Val::str(text.to_uppercase())),
            "title" => Ok(Val::str(title(text))),
            "capitalize" => Ok(Val::str(capitalize(text))),
            "istitle" => flag(is_title(text)),
            "swapcase" => Ok(Val::str(
                text.chars()
                    .flat_map(
                        |c| if c.is_uppercase() { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() },
                    )
                    .collect::<String>(),
            )),
            "strip" | "lstrip" | "rstrip" => {
                let chars = match args.pos.first().map(|value| &value.kind) {
                    None | Some(Kind::None) => None,
                    Some(Kind::Str(chars)) => Some(chars.clone()),
                    Some(_) => return Err(self.wrong_arguments(name, at, args)),
                };
                let strips = |c: char| chars.as_ref().map_or_else(|| is_space(c), |chars| chars.contains(c));
                let left = if name == "rstrip" { &**text } else { text.trim_start_matches(strips) };
                Ok(Val::str(if name == "lstrip" { left } else { left.trim_end_matches(strips) }))
            }
            "split" | "rsplit" => {
                let separator = args.get(0, "sep");
                let limit = args.get(1, "maxsplit").and_then(as_number).map_or(-1, |number| match number {
                    Number::Int(number) => number,
                    Number::Float(number) => number as i128,
                });
                let limit = usize::try_from(limit).ok();
                match separator.map(|value| &value.kind) {
                    None | Some(Kind::None) => words(self, split_space(text, limit, name == "rsplit")),
                    Some(Kind::Str(separator)) if separator.is_empty() => {
                        Err(self.raise_on("ValueError", "an empty separator", at, &[]))
                    }
                    Some(Kind::Str(separator)) => {
                        let parts = match (limit, name) {
                            (None, _) => text.split(&**separator).map(str::to_owned).collect(),
                            (Some(limit), "split") => text.splitn(limit + 1, &**separator).map(str::to_owned).collect(),
                            (Some(limit), _) => {
                                let mut parts: Vec<String> = text.rsplitn(limit + 1, &**separator).map(str::to_owned).collect();
                                parts.reverse();
                                parts
                            }
                        };
                        words(self, parts)
                    }
                    Some(_) => Err(self.wrong_arguments(name, at, args)),
                }
            }
            "splitlines" => {
                let keep = args.get(0, "keepends").is_some_and(|value| self.truth(value) == Some(true));
                words(self, split_lines(text, keep))
            }
            "startswith" | "endswith" if string(0).is_some_and(|affix| super::super::library::sys::may_be_named(text, affix)) => {
                Ok(Val::unknown(Why::Machine("sys.argv".into()), Some(at)))
            }
            "startswith" | "endswith" => {
                let test = |affix: &str| if name == "startswith" { text.starts_with(affix) } else { text.ends_with(affix) };
                if args.pos.len() > 1 {
                    let slice = (args.pos[1].clone(), args.pos.get(2).cloned().unwrap_or_else(Val::none), Val::none());
                    let part = self.subscript(&Val::str(text.clone()), &Val::new(Kind::Slice(Rc::new(slice))), at)?;
                    return self.call_method(&part, name, Args::of(vec![args.pos[0].clone()]), at);
                }
                match args.pos.first().map(|value| &value.kind) {
                    Some(Kind::Str(affix)) => flag(test(affix)),
                    Some(Kind::Tuple(affixes)) => {
                        let mut doubt = false;
                        for affix in affixes.iter() {
                            match affix {
                                Elem::One(Val { kind: Kind::Str(affix), .. }) => {
                                    if test(affix) {
                                        return flag(true);
                                    }
                                }
                                Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_) => doubt = true,
                            }
                        }
                        if doubt { Ok(self.unknown_of(&[&args.pos[0]], at)) } else { flag(false) }
                    }
                    _ => Err(self.wrong_arguments(name, at, args)),
                }
            }
            "replace" => match (string(0), string(1), args.pos.get(2).and_then(as_number)) {
                (Some(old), Some(new), None) => {
                    self.sized(text.len().saturating_mul(new.len() + 1))?;
                    Ok(Val::str(text.replace(old, new)))
                }
                (Some(old), Some(new), Some(Number::Int(count))) => match usize::try_from(count) {
                    Ok(count) => Ok(Val::str(text.replacen(old, new, count))),
                    Err(_) => Ok(Val::str(text.replace(old, new))),
                },
                _ => Err(self.wrong_arguments(name, at, args)),
            },
            "encode" => {
                let encoding = args.get(0, "encoding").and_then(Val::as_str).unwrap_or("utf-8").to_ascii_lowercase();
                match encoding.as_str() {
                    "utf-8" | "utf8" => Ok(Val::new(Kind::Bytes(text.as_bytes().into()))),
                    "ascii" | "latin-1" | "latin1" | "iso-8859-1" if text.is_ascii() => {
                        Ok(Val::new(Kind::Bytes(text.as_bytes().into())))
                    }
                    _ => Ok(Val::unknown(Why::Unsupported("this encoding".into()), Some(at))),
                }
            }
            "find" | "rfind" | "index" | "rindex" | "count" if args.pos.len() == 1 => {
                let Some(part) = string(0) else { return Err(self.wrong_arguments(name, at, args)) };
                if name == "count" {
                    let count = if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() };
                    return Ok(Val::int(count as i128));
                }
                let found = if name.starts_with('r') { text.rfind(part) } else { text.find(part) };
                match found {
                    Some(byte) => Ok(Val::int(text[..byte].chars().count() as i128)),
                    None if name.ends_with("find") => Ok(Val::int(-1)),
                    None => Err(self.raise_on("ValueError", "the text is not found", at, &args.pos.iter().collect::<Vec<_>>())),
                }
            }
            "partition" | "rpartition" => {
                let Some(separator) = string(0) else { return Err(self.wrong_arguments(name, at, args)) };
                let split = if name == "partition" { text.split_once(separator) } else { text.rsplit_once(separator) };
                let parts = match split {
                    Some((before, after)) => [before, separator, after],
                    None if name == "partition" => [&**text, "", ""],
                    None => ["", "", &**text],
                };
                Ok(Val::tuple(parts.into_iter().map(Val::str).collect()))
            }
            "isdigit" | "isnumeric" | "isdecimal" => {
                if !text.is_ascii() {
                    return Ok(Val::unknown(Why::Unsupported("a character class beyond ASCII".into()), Some(at)));
                }
                flag(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            }
            "isalpha" => flag(!text.is_empty() && text.chars().all(char::is_alphabetic)),
            "isalnum" => flag(!text.is_empty() && text.chars().all(char::is_alphanumeric)),
            "isspace" => flag(!text.is_empty() && text.chars().all(is_space)),
            "isupper" => flag(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)),
            "islower" => flag(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)),
            "isascii" => flag(text.is_ascii()),
            "isidentifier" => flag(is_identifier(text)),
            "removeprefix" => match string(0) {
                Some(prefix) => Ok(Val::str(text.strip_prefix(prefix).unwrap_or(text))),
                None => Err(self.wrong_arguments(name, at, args)),
            },
            "removesuffix" => match string(0) {
                Some(suffix) => Ok(Val::str(text.strip_suffix(suffix).unwrap_or(text))),
                None => Err(self.wrong_arguments(name, at, args)),
            },
            "zfill" | "ljust" | "rjust" | "center" => {
                let Some(Number::Int(width)) = args.pos.first().and_then(as_number) else {
                    return Err(self.wrong_arguments(name, at, args));
                };
                let width = usize::try_from(width).unwrap_or(0);
                self.sized(width)?;
                let missing = width.saturating_sub(text.chars().count());
                let fill = string(1).unwrap_or(if name == "zfill" { "0" } else { " " }).to_owned();
                Ok(Val::str(match name {
                    "ljust" => format!("{text}{}", fill.repeat(missing)),
                    "rjust" => format!("{}{text}", fill.repeat(missing)),
                    "zfill" => match text.chars().next() {
                        Some(sign @ ('+' | '-')) => format!("{sign}{}{}", fill.repeat(missing), &text[1..]),
                        _ => format!("{}{text}", fill.repeat(missing)),
                    },
                    // CPython puts the odd one to the left when the width is odd (Objects/unicodeobject.c, pad).
                    _ => {
                        let left = missing / 2 + (missing & width & 1);
                        format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))
                    }
                }))
            }
            "translate" => self.translate(text, args, at),
            "maketrans" => crate::python::library::objects::make_translation(self, args, at),
            "expandtabs" if text.contains(['\t', '\n', '\r']) => {
                let size = match args.get(0, "tabsize").map(as_number) {
                    None => 8,
                    Some(Some(Number::Int(size))) => usize::try_from(size).unwrap_or(0),
                    Some(_) => return Err(self.wrong_arguments(name, at, args)),
                };
                self.sized(text.len().saturating_mul(size.max(1)))?;
                let (mut out, mut column) = (String::new(), 0);
                for c in text.chars() {
                    match c {
                        '\t' => {
                            let fill = if size == 0 { 0 } else { size - column % size };
                            out.push_str(&" ".repeat(fill));
                            column += fill;
                        }
                        '\n' | '\r' => {
                            out.push(c);
                            column = 0;
                        }
                        c => {
                            out.push(c);
                            column += 1;
                        }
                    }
                }
                Ok(Val::str(out))
            }
            "expandtabs" => Ok(Val::str(text.clone())),
            "isprintable" if text.is_ascii() => flag(text.bytes().all(|byte| (0x20..0x7f).contains(&byte))),
            _ => Ok(Val::unknown(Why::Unsupported(format!("the method {name} of text").into()), Some(at))),
        }
    }

    /// `text.translate(table)`.
    fn translate(&mut self, text: &str, args: &Args, at: Region) -> Res<Val> {
        let Some(table) = args.pos.first() else { return Err(self.wrong_arguments("translate", at, args)) };
        let Kind::Dict(id) = table.kind else { return Ok(self.unknown_of(&[table], at)) };
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match self.dict_get(id, &Val::int(i128::from(u32::from(c)))) {
                Ok(None) => out.push(c),
                Ok(Some(value)) => match &value.kind {
                    Kind::None => {}
                    Kind::Str(new) => out.push_str(new),
                    Kind::Int(code) => match u32::try_from(*code).ok().and_then(char::from_u32) {
                        Some(new) => out.push(new),
                        None => return Ok(Val::unknown(Why::Unsupported("this translation".into()), Some(at))),
                    },
                    _ => return Ok(self.unknown_of(&[&value], at)),
                },
                Err(unknown) => return Ok(crate::python::interp::unknown_value(&unknown)),
            }
        }
        self.sized(out.len())?;
        Ok(Val::str(out))
    }

    fn join_method(&mut self, separator: &str, args: &Args, at: Region) -> Res<Val> {
        let Some(iterable) = args.pos.first() else { return Err(self.wrong_arguments("join", at, args)) };
        let elements = match self.elements(iterable, at)? {
            Ok(elements) => elements,
            Err(unknown) => return Ok(crate::python::interp::unknown_value(&unknown)),
        };
        if let Some(unknown) = self.inner_unknown(iterable) {
            self.doubtful(&unknown, at);
        }
        let mut deps = crate::python::object::Deps::default();
        let mut parts: Vec<Rc<str>> = Vec::with_capacity(elements.len());
        for elem in elements {
            match elem {
                Elem::One(value) => {
                    deps = deps.union(&value.deps);
                    let value = self.bare(&value);
                    match &value.kind {
                        Kind::Str(text) => parts.push(text.clone()),
                        Kind::Unknown(_) | Kind::OneOf(_) | Kind::Extern(_) => {
                            return Ok(self.unknown_of(&[&value], at).with(&deps));
                        }
                        Kind::Lazy(_) => return Ok(Val::unknown(Why::Unsupported("joining translated text".into()), Some(at))),
                        _ => return Err(self.raise_on("TypeError", "only text can be joined", at, &[iterable])),
                    }
                }
                Elem::Perhaps(_, condition) => {
                    return Ok(
                        crate::python::interp::unknown_value(&crate::python::object::branch_unknown(&condition)).with(&deps)
                    );
                }
                Elem::Many(unknown) => return Ok(crate::python::interp::unknown_value(&unknown).with(&deps)),
            }
        }
        self.sized(parts.iter().map(|part| part.len() + separator.len()).sum())?;
        Ok(Val::str(parts.join(separator)).with(&deps))
    }

    pub(super) fn bytes_method(&mut self, bytes: &Rc<[u8]>, name: &str, args: &Args, at: Region) -> Res<Val> {
        match name {
            "decode" => {
                let encoding = args.get(0, "encoding").and_then(Val::as_str).unwrap_or("utf-8").to_ascii_lowercase();
                match (encoding.as_str(), std::str::from_utf8(bytes)) {
                    ("utf-8" | "utf8", Ok(text)) => Ok(Val::str(text)),
                    ("ascii", Ok(text)) if text.is_ascii() => Ok(Val::str(text)),
                    ("latin-1" | "latin1" | "iso-8859-1", _) => {
                        Ok(Val::str(bytes.iter().map(|byte| char::from(*byte)).collect::<String>()))
                    }
                    ("utf-8" | "utf8" | "ascii", _) if args.get(1, "errors").is_none() => {
                        Err(self.raise_on("UnicodeDecodeError", "the bytes are not text in this encoding", at, &[]))
                    }
                    _ => Ok(Val::unknown(Why::Unsupported("this encoding".into()), Some(at))),
                }
            }
            "hex" => Ok(Val::str(bytes.iter().fold(String::new(), |mut text, byte| {
                use std::fmt::Write;
                let _ = write!(text, "{byte:02x}");
                text
            }))),
            "strip" if args.pos.is_empty() => Ok(Val::new(Kind::Bytes(bytes.trim_ascii().into()))),
            "startswith" | "endswith" => match args.pos.first().map(|value| &value.kind) {
                Some(Kind::Bytes(affix)) => {
                    Ok(Val::bool(if name == "startswith" { bytes.starts_with(affix) } else { bytes.ends_with(affix) }))
                }
                _ => Ok(Val::unknown(Why::Unsupported("a method of bytes".into()), Some(at))),
            },
            "split" | "rsplit" | "replace" | "lower" | "upper" | "rstrip" | "lstrip" | "strip" | "find" | "count"
            | "partition"
                if bytes.is_ascii() =>
            {
                self.ascii_bytes_method(bytes, name, args, at)
            }
            _ => Ok(Val::unknown(Why::Unsupported(format!("the method {name} of bytes").into()), Some(at))),
        }
    }
}

impl Interp<'_> {
    /// A method that bytes have in common with text, for bytes that are ASCII.
    fn ascii_bytes_method(&mut self, bytes: &[u8], name: &str, args: &Args, at: Region) -> Res<Val> {
        let unsupported = || Val::unknown(Why::Unsupported(format!("the method {name} of bytes").into()), Some(at));
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(unsupported()) };
        // The white space of bytes lacks the information separators that text has.
        if bytes.iter().any(|byte| (0x1c..=0x1f).contains(byte)) {
            return Ok(unsupported());
        }
        let mut plain = Args::default();
        for value in &args.pos {
            plain.pos.push(match &value.kind {
                Kind::Bytes(part) if part.is_ascii() => Val::str(part.iter().map(|byte| char::from(*byte)).collect::<String>()),
                Kind::Int(_) | Kind::None => value.clone(),
                _ => return Ok(unsupported()),
            });
        }
        if !args.kw.is_empty() {
            return Ok(unsupported());
        }
        let result = self.str_method(&Rc::from(text), name, &plain, at)?;
        let back = |value: &Val| match &value.kind {
            Kind::Str(text) => Val { kind: Kind::Bytes(text.as_bytes().into()), ..value.clone() },
            _ => value.clone(),
        };
        Ok(match &result.kind {
            Kind::List(_) => {
                let items = self.certain_elements(&result, at)?.unwrap_or_default();
                self.list(items.iter().map(back).collect())
            }
            Kind::Tuple(items) => Val::tuple(
                items.iter().filter_map(|item| if let Elem::One(item) = item { Some(back(item)) } else { None }).collect(),
            ),
            _ => back(&result),
        })
    }
}
