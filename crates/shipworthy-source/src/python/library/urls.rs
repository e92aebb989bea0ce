//! `urllib.parse`: URLs taken apart, put together and quoted, for settings and for the libraries that read URLs.

use shipworthy_model::{Region, Why};

use super::Library;
use super::url::{PARSED, SPLIT, Url, query_pairs, quote, unquote, unquote_plus};
use crate::python::call::Args;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, Stop};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["urllib.parse", "requests"],
    call,
    attribute,
    methods: &[
        "ParseResult.geturl",
        "ParseResult._replace",
        "ParseResult.__getitem__",
        "ParseResult.__iter__",
        "SplitResult.geturl",
        "SplitResult._replace",
        "SplitResult.__getitem__",
        "SplitResult.__iter__",
    ],
};

/// What requests is made of otherwise is not known by name: its classes live elsewhere than they are imported from.
fn attribute(_interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    let member = name.strip_prefix("requests.")?;
    let known = matches!(member, "utils" | "compat") || member.starts_with("utils.") || member.starts_with("compat.");
    (!known).then(|| Val::unknown(Why::Import(name.into()), Some(at)))
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    // requests hands on what it takes from the standard library.
    let requests = || name.strip_prefix("requests.utils.").or_else(|| name.strip_prefix("requests.compat."));
    let handed_on = || requests().filter(|function| matches!(*function, "quote" | "unquote" | "urlparse" | "urlsplit"));
    let function = name.strip_prefix("urllib.parse.").or_else(handed_on)?;
    if let Some(method) = function.strip_prefix("ParseResult.").or_else(|| function.strip_prefix("SplitResult.")) {
        return method_of(interp, method, args, at);
    }
    match function {
        "urljoin" if args.pos.len() == 2 && args.kw.is_empty() => return join(interp, args, at),
        "urlencode" if args.pos.len() + args.kw.len() == 1 => return encode(interp, args, at),
        _ => {}
    }
    let value = match function {
        "urlparse" | "urlsplit" => args.get(0, "url")?,
        "quote" | "quote_plus" | "unquote" | "unquote_plus" => args.get(0, "string")?,
        "parse_qs" | "parse_qsl" => args.get(0, "qs")?,
        _ => return None,
    };
    let Some(text) = value.as_str().map(str::to_owned) else {
        return match &value.kind {
            // Bytes have forms of their own; other values fail in ways that differ between functions.
            Kind::Unknown(_) | Kind::OneOf(_) => Some(Ok(interp.unknown_of(&[value], at))),
            _ => None,
        };
    };
    Some(Ok(match function {
        "urlparse" | "urlsplit" => {
            if args.pos.len() + args.kw.len() > 1 {
                return None;
            }
            let (parsed, class) = if function == "urlparse" { (Url::parse(&text), PARSED) } else { (Url::split(&text), SPLIT) };
            match parsed {
                Ok(url) => url.object(interp, class),
                Err(trouble) => return Some(trouble.raise(interp, value, at)),
            }
        }
        "quote" | "quote_plus" => {
            let safe = match args.get(1, "safe") {
                Some(safe) => safe.as_str()?.to_owned(),
                None => if function == "quote" { "/" } else { "" }.to_owned(),
            };
            if args.pos.len() > 2 || args.named("encoding").is_some() || args.named("errors").is_some() {
                return None;
            }
            Val::str(if function == "quote" { quote(&text, &safe) } else { quote(&text, &format!("{safe} ")).replace(' ', "+") })
        }
        "unquote" if args.pos.len() + args.kw.len() == 1 => Val::str(unquote(&text)),
        "unquote_plus" if args.pos.len() + args.kw.len() == 1 => Val::str(unquote_plus(&text)),
        "parse_qsl" | "parse_qs" => {
            let keep = match args.get(1, "keep_blank_values") {
                Some(keep) => interp.truth(keep)?,
                None => false,
            };
            if args.pos.len() > 2 || args.kw.iter().any(|(name, _)| !matches!(&**name, "qs" | "keep_blank_values")) {
                return None;
            }
            let pairs = query_pairs(&text, keep);
            if function == "parse_qsl" {
                let pairs = pairs.into_iter().map(|(name, value)| Val::tuple(vec![Val::str(name), Val::str(value)])).collect();
                interp.list(pairs)
            } else {
                let mut grouped: Vec<(String, Vec<Val>)> = Vec::new();
                for (name, value) in pairs {
                    match grouped.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, values)) => values.push(Val::str(value)),
                        None => grouped.push((name, vec![Val::str(value)])),
                    }
                }
                let mut dict = Dict::default();
                for (name, values) in grouped {
                    let values = interp.list(values);
                    dict.set_str(&name, values);
                }
                interp.dict_of(dict)
            }
        }
        _ => return None,
    }))
}

/// `urljoin(base, url)` for web addresses and plain paths (Lib/urllib/parse.py).
fn join(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    let (base, url) = (&args.pos[0], &args.pos[1]);
    let (Some(base_text), Some(text)) = (base.as_str(), url.as_str()) else {
        return matches!((&base.kind, &url.kind), (Kind::Unknown(_), _) | (_, Kind::Unknown(_)))
            .then(|| Ok(interp.unknown_of(&[base, url], at)));
    };
    if base_text.is_empty() {
        return Some(Ok(url.clone()));
    }
    if text.is_empty() {
        return Some(Ok(base.clone()));
    }
    let (base, mut joined) = (Url::parse(base_text).ok()?, Url::parse(text).ok()?);
    let relative = |scheme: &str| matches!(scheme, "" | "http" | "https");
    if !relative(&base.scheme) || !relative(&joined.scheme) || !base.params.is_empty() || !joined.params.is_empty() {
        return None;
    }
    if !joined.scheme.is_empty() && joined.scheme != base.scheme {
        return Some(Ok(url.clone()));
    }
    joined.scheme.clone_from(&base.scheme);
    if joined.netloc.is_empty() {
        joined.netloc.clone_from(&base.netloc);
        if joined.path.is_empty() {
            joined.path.clone_from(&base.path);
            if joined.query.is_empty() {
                joined.query.clone_from(&base.query);
            }
        } else {
            let mut from: Vec<&str> = base.path.split('/').collect();
            if from.last().is_some_and(|last| !last.is_empty()) {
                from.pop();
            }
            let mut segments: Vec<&str> = if joined.path.starts_with('/') {
                joined.path.split('/').collect()
            } else {
                let mut all: Vec<&str> = from;
                all.extend(joined.path.split('/'));
                // Empty segments in the middle are filtered out.
                let last = all.len().saturating_sub(1);
                all.iter()
                    .enumerate()
                    .filter(|(index, part)| *index == 0 || *index == last || !part.is_empty())
                    .map(|(_, part)| *part)
                    .collect()
            };
            let mut resolved: Vec<&str> = Vec::new();
            for segment in &segments {
                match *segment {
                    ".." => {
                        resolved.pop();
                    }
                    "." => {}
                    other => resolved.push(other),
                }
            }
            if segments.pop().is_some_and(|last| matches!(last, "." | "..")) {
                resolved.push("");
            }
            let path = resolved.join("/");
            joined.path = if path.is_empty() { "/".to_owned() } else { path };
        }
    }
    joined.text().map(|text| Ok(Val::str(text)))
}

/// `urlencode(mapping)`: each value as text, quoted.
fn encode(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    let query = args.pos.first()?;
    let pairs = match query.kind {
        Kind::Dict(id) => match interp.heap.cell(id) {
            Cell::Dict(dict) => dict.pairs(),
            _ => return None,
        },
        _ => match interp.elements(query, at) {
            Ok(elements) => elements.ok()?,
            Err(stop) => return Some(Err(stop)),
        },
    };
    let mut parts = Vec::new();
    for pair in pairs {
        let crate::python::object::Elem::One(pair) = pair else { return Some(Ok(interp.unknown_of(&[query], at))) };
        let pair = match interp.certain_elements(&pair, at) {
            Ok(pair) => pair?,
            Err(stop) => return Some(Err(stop)),
        };
        let [name, value] = pair.as_slice() else { return None };
        let plus = |value: &Val| match &value.kind {
            Kind::Bytes(_) | Kind::Instance(_) => Err(None),
            _ => interp.to_str(value).map(|text| quote(&text, " ").replace(' ', "+")).map_err(|_| Some(())),
        };
        match (plus(name), plus(value)) {
            (Ok(name), Ok(value)) => parts.push(format!("{name}={value}")),
            (Err(None), _) | (_, Err(None)) => return None,
            _ => return Some(Ok(interp.unknown_of(&[name, value], at))),
        }
    }
    Some(Ok(Val::str(parts.join("&"))))
}

fn method_of(interp: &mut Interp<'_>, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let object = args.pos.first()?;
    let mut url = Url::of_object(interp, object)?;
    let parsed = interp.native_attribute(object, "params").is_some();
    Some(match method {
        "geturl" => Ok(match url.text() {
            Some(text) => Val::str(text),
            None => Val::unknown(Why::Unsupported("a URL without a host, put together".into()), Some(at)),
        }),
        "_replace" => {
            for (name, value) in &args.kw {
                let Some(text) = value.as_str().map(str::to_owned) else { return Some(Ok(interp.unknown_of(&[value], at))) };
                let part = match &**name {
                    "scheme" => &mut url.scheme,
                    "netloc" => &mut url.netloc,
                    "path" => &mut url.path,
                    "params" if parsed => &mut url.params,
                    "query" => &mut url.query,
                    "fragment" => &mut url.fragment,
                    _ => return None,
                };
                *part = text;
            }
            Ok(url.object(interp, if parsed { PARSED } else { SPLIT }))
        }
        "__getitem__" | "__iter__" => {
            let mut parts = vec![&url.scheme, &url.netloc, &url.path];
            if parsed {
                parts.push(&url.params);
            }
            parts.extend([&url.query, &url.fragment]);
            if method == "__iter__" {
                return Some(Ok(Val::tuple(parts.into_iter().map(|part| Val::str(part.as_str())).collect())));
            }
            let Kind::Int(index) = args.pos.get(1)?.kind else { return None };
            let length = parts.len() as i128;
            let place = if index < 0 { index + length } else { index };
            match usize::try_from(place).ok().and_then(|place| parts.get(place)) {
                Some(part) => Ok(Val::str(part.as_str())),
                None => Err::<Val, Stop>(interp.raise_on("IndexError", "an index is past the end", at, &[])),
            }
        }
        _ => return None,
    })
}
