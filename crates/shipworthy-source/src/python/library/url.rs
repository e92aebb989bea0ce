//! A URL in its parts, as `urllib.parse` takes it apart, and text quoted for URLs.

use std::fmt::Write;

use shipworthy_model::{Region, Why};

use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) const PARSED: &str = "urllib.parse.ParseResult";
pub(super) const SPLIT: &str = "urllib.parse.SplitResult";

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
    pub(super) fn raise(self, interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
        match self {
            Self::Value(message) => Err(interp.raise_on("ValueError", message, at, &[value])),
            Self::Unsure => {
                let why = Why::Unsupported("a URL that versions of Python read differently".into());
                let unknown = Val::unknown(why, Some(at));
                // One of them refuses it, or what reads it does.
                interp.may_raise(unknown.clone(), "reading a URL", at);
                Ok(unknown)
            }
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
    pub(super) fn object(&self, interp: &mut Interp<'_>, class: &str) -> Val {
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

/// A path without its first character, which mostly is the slash.
pub(super) fn below(path: &str) -> &str {
    let mut characters = path.chars();
    characters.next();
    characters.as_str()
}
