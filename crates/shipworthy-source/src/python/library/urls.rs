//! `urllib.parse`: URLs taken apart, put together and quoted, for settings and for the libraries that read URLs.

use std::fmt::Write;

use shipworthy_model::{Region, Why};

use super::Library;
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

const PARSED: &str = "urllib.parse.ParseResult";
const SPLIT: &str = "urllib.parse.SplitResult";

/// Schemes whose last path segment may carry parameters behind `;` (Lib/urllib/parse.py, `uses_params`).
const WITH_PARAMS: [&str; 15] =
    ["", "ftp", "hdl", "prospero", "http", "https", "shttp", "rtsp", "rtsps", "rtspu", "sip", "sips", "mms", "sftp", "tel"];

/// A URL in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) scheme: String,
    pub(super) netloc: String,
    pub(super) path: String,
    pub(super) params: String,
    pub(super) query: String,
    pub(super) fragment: String,
}

/// Why a text could not be taken apart.
pub(super) enum Trouble {
    /// `ValueError`, with this message.
    Value(&'static str),
    /// Versions of Python differ.
    Unsure,
}

impl Trouble {
    /// The exception, or the value that nobody knows.
    pub(super) fn raise(self, interp: &Interp<'_>, value: &Val, at: Region) -> Res<Val> {
        match self {
            Self::Value(message) => Err(interp.raise_on("ValueError", message, at, &[value])),
            Self::Unsure => Ok(Val::unknown(Why::Unsupported("a URL that versions of Python read differently".into()), Some(at))),
        }
    }
}

impl Url {
    /// `urlsplit(text)`.
    #[allow(clippy::assigning_clones, reason = "the text borrows from what is assigned to")]
    pub(super) fn split(text: &str) -> Result<Self, Trouble> {
        // Python 3.12 strips control characters and spaces in front, older patch releases do not.
        if text.starts_with(|c: char| c <= ' ') {
            return Err(Trouble::Unsure);
        }
        let mut rest: String = text.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
        let mut url = Self::default();
        if let Some(colon) = rest.find(':')
            && colon > 0
            && rest.starts_with(|c: char| c.is_ascii_alphabetic())
            && rest[..colon].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            url.scheme = rest[..colon].to_ascii_lowercase();
            rest.drain(..=colon);
        }
        if let Some(tail) = rest.strip_prefix("//") {
            let end = tail.find(['/', '?', '#']).unwrap_or(tail.len());
            tail[..end].clone_into(&mut url.netloc);
            rest = tail[end..].to_owned();
            match (url.netloc.contains('['), url.netloc.contains(']')) {
                (false, false) => {}
                (true, true) => url.check_brackets()?,
                _ => return Err(Trouble::Value("the URL's IPv6 address is not closed")),
            }
        }
        if let Some((head, fragment)) = rest.split_once('#') {
            fragment.clone_into(&mut url.fragment);
            rest = head.to_owned();
        }
        if let Some((head, query)) = rest.split_once('?') {
            query.clone_into(&mut url.query);
            rest = head.to_owned();
        }
        url.path = rest;
        // Characters that decompose into separators are refused.
        if !url.netloc.is_ascii() {
            return Err(Trouble::Unsure);
        }
        Ok(url)
    }

    fn check_brackets(&self) -> Result<(), Trouble> {
        let host = self.host_port();
        let inside = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match inside {
            Some((address, tail))
                if address.parse::<std::net::Ipv6Addr>().is_ok() && (tail.is_empty() || tail.starts_with(':')) =>
            {
                Ok(())
            }
            _ => Err(Trouble::Unsure),
        }
    }

    /// `urlparse(text)`.
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        let mut url = Self::split(text)?;
        if WITH_PARAMS.contains(&url.scheme.as_str()) && url.path.contains(';') {
            let from = url.path.rfind('/').unwrap_or(0);
            if let Some(semicolon) = url.path[from..].find(';') {
                url.params = url.path[from + semicolon + 1..].to_owned();
                url.path.truncate(from + semicolon);
            }
        }
        Ok(url)
    }

    /// The network location without the user.
    fn host_port(&self) -> &str {
        self.netloc.rsplit_once('@').map_or(&self.netloc, |(_, host)| host)
    }

    fn host_and_port(&self) -> (&str, &str) {
        let host = self.host_port();
        match host.split_once('[') {
            Some((_, bracketed)) => {
                let (name, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
                (name, rest.split_once(':').map_or("", |(_, port)| port))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        }
    }

    pub(super) fn hostname(&self) -> Option<String> {
        let (name, _) = self.host_and_port();
        if name.is_empty() {
            return None;
        }
        Some(match name.split_once('%') {
            Some((host, zone)) => format!("{}%{zone}", host.to_lowercase()),
            None => name.to_lowercase(),
        })
    }

    pub(super) fn port(&self) -> Result<Option<i128>, Trouble> {
        let (_, port) = self.host_and_port();
        if port.is_empty() {
            return Ok(None);
        }
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Trouble::Value("the URL's port is no number"));
        }
        match port.parse::<i128>() {
            Ok(number) if number <= 65_535 => Ok(Some(number)),
            _ => Err(Trouble::Value("the URL's port is out of range")),
        }
    }

    pub(super) fn username(&self) -> Option<&str> {
        let (user, _) = self.netloc.rsplit_once('@')?;
        Some(user.split_once(':').map_or(user, |(name, _)| name))
    }

    pub(super) fn password(&self) -> Option<&str> {
        let (user, _) = self.netloc.rsplit_once('@')?;
        user.split_once(':').map(|(_, password)| password)
    }

    /// `urlunparse(self)`; `None` where versions of Python differ.
    pub(super) fn text(&self) -> Option<String> {
        let mut text = self.path.clone();
        if !self.params.is_empty() {
            text = format!("{text};{}", self.params);
        }
        if !self.netloc.is_empty() {
            let slash = if text.is_empty() || text.starts_with('/') { "" } else { "/" };
            text = format!("//{}{slash}{text}", self.netloc);
        } else if text.starts_with("//") || (!self.scheme.is_empty() && (text.is_empty() || text.starts_with('/'))) {
            return None;
        }
        if !self.scheme.is_empty() {
            text = format!("{}:{text}", self.scheme);
        }
        if !self.query.is_empty() {
            text = format!("{text}?{}", self.query);
        }
        if !self.fragment.is_empty() {
            text = format!("{text}#{}", self.fragment);
        }
        Some(text)
    }

    /// The URL as Python's object.
    fn object(&self, interp: &mut Interp<'_>, class: &str) -> Val {
        let optional = |text: Option<&str>| text.map_or_else(Val::none, Val::str);
        let hostname = self.hostname();
        let port = match self.port() {
            Ok(port) => port.map_or_else(Val::none, Val::int),
            Err(_) => Val::unknown(Why::Raises("ValueError".into()), None),
        };
        let mut attributes = vec![
            ("scheme", Val::str(self.scheme.as_str())),
            ("netloc", Val::str(self.netloc.as_str())),
            ("path", Val::str(self.path.as_str())),
            ("query", Val::str(self.query.as_str())),
            ("fragment", Val::str(self.fragment.as_str())),
            ("username", optional(self.username())),
            ("password", optional(self.password())),
            ("hostname", optional(hostname.as_deref())),
            ("port", port),
        ];
        if class == PARSED {
            attributes.push(("params", Val::str(self.params.as_str())));
        }
        interp.native_instance(class, attributes)
    }

    /// The URL that an object of Python's holds.
    pub(super) fn of_object(interp: &Interp<'_>, object: &Val) -> Option<Self> {
        let Kind::Instance(id) = object.kind else { return None };
        let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
        let Kind::Extern(class) = &class.kind else { return None };
        if !matches!(&**class, PARSED | SPLIT) {
            return None;
        }
        let part = |name: &str| interp.native_attribute(object, name)?.as_str().map(str::to_owned);
        Some(Self {
            scheme: part("scheme")?,
            netloc: part("netloc")?,
            path: part("path")?,
            params: part("params").unwrap_or_default(),
            query: part("query")?,
            fragment: part("fragment")?,
        })
    }
}

/// `unquote(text)`: escapes are bytes of UTF-8, malformed ones become the replacement character.
pub(super) fn unquote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<u8> = Vec::new();
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        let hex = |byte: Option<&u8>| byte.and_then(|byte| (*byte as char).to_digit(16));
        match bytes[index] {
            b'%' => {
                if let (Some(high), Some(low)) = (hex(bytes.get(index + 1)), hex(bytes.get(index + 2))) {
                    run.push((high * 16 + low) as u8);
                    index += 3;
                } else {
                    run.push(b'%');
                    index += 1;
                }
            }
            byte if byte.is_ascii() => {
                run.push(byte);
                index += 1;
            }
            _ => {
                // Text outside ASCII stays as it is and ends what is decoded together.
                out.push_str(&String::from_utf8_lossy(&run));
                run.clear();
                let end = text[index..].find(|c: char| c.is_ascii()).map_or(text.len(), |length| index + length);
                out.push_str(&text[index..end]);
                index = end;
            }
        }
    }
    out.push_str(&String::from_utf8_lossy(&run));
    out
}

pub(super) fn unquote_plus(text: &str) -> String {
    unquote(&text.replace('+', " "))
}

/// `quote(text, safe)`.
pub(super) fn quote(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || (byte.is_ascii() && safe.as_bytes().contains(&byte)) {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `parse_qsl(text, keep_blank_values)`.
pub(super) fn query_pairs(text: &str, keep_blank: bool) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .filter_map(|pair| match pair.split_once('=') {
            Some((name, value)) if keep_blank || !value.is_empty() => Some((unquote_plus(name), unquote_plus(value))),
            None if keep_blank => Some((unquote_plus(pair), String::new())),
            _ => None,
        })
        .collect()
}

/// `parse_qs(text)`: every name with its values, in order.
pub(super) fn query(text: &str) -> Vec<(String, Vec<String>)> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in query_pairs(text, false) {
        match grouped.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    grouped
}

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
