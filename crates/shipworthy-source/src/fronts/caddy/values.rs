//! Values of Caddy: placeholders as parts of the request, and the matchers of directives.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{Name, Part, Pattern, Piece, Scheme, Test, Text, When};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::{Line, Word};
use crate::fronts::template;

/// The text of a word.
pub(crate) fn text(word: &Word) -> Text {
    parse(&word.text, word.at)
}

/// The text of a value that stands at a place. (Caddy's documentation, "Placeholders".)
pub(crate) fn parse(value: &str, at: Region) -> Text {
    let mut text = Text { pieces: Vec::new(), at: Some(at) };
    let mut place = 0;
    while place < value.len() {
        let rest = &value[place..];
        if let Some(hole) = hole(value, place).filter(|hole| hole.0 == place) {
            text.pieces.push(Piece::Unknown(Unknown::new(hole.2, Some(at))));
            place = hole.1;
            continue;
        }
        if rest.starts_with('{')
            && let Some(end) = rest.find('}')
        {
            let name = &rest[1..end];
            text.pieces.push(match part(name) {
                Some(part) => Piece::Part(part),
                None => Piece::Unknown(Unknown::new(Why::Unsupported(format!("the placeholder `{{{name}}}`").into()), Some(at))),
            });
            place += end + 1;
            continue;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let plain = rest[first..].find(['{', '<', '$', '_', '@', '%']).map_or(rest.len(), |end| end + first);
        text.push(&rest[..plain]);
        place += plain;
    }
    text
}

/// A placeholder that is filled in before Caddy reads the file: `{$NAME}`, `{$NAME:default}`, or a template's.
pub(crate) fn hole(value: &str, from: usize) -> Option<(usize, usize, Why)> {
    let own = value[from..].find("{$").map(|start| start + from);
    let other = template::hole(value, from);
    if let Some(start) = own
        && other.as_ref().is_none_or(|hole| hole.start >= start)
    {
        let end = value[start..].find('}')? + start + 1;
        let name = value[start + 2..end - 1].split(':').next().unwrap_or_default();
        return Some((start, end, Why::Variable(name.into())));
    }
    other.map(|hole| (hole.start, hole.end, hole.why))
}

/// Why a text is not known, if a placeholder is in it.
pub(crate) fn unknown(text: &str, at: Region) -> Option<Unknown> {
    hole(text, 0).map(|(_, _, why)| Unknown::new(why, Some(at)))
}

fn part(name: &str) -> Option<Part> {
    let short = name.strip_prefix("http.request.").unwrap_or(name);
    Some(match short {
        "scheme" => Part::Scheme,
        "host" => Part::Host,
        "hostport" => Part::HostHeader,
        "port" => Part::Port,
        "uri" | "orig_uri" => Part::Uri,
        "path" | "uri.path" | "orig_uri.path" | "rp" => Part::Path,
        "query" | "uri.query" => Part::Query,
        "?query" | "prefixed_query" | "uri.prefixed_query" => Part::QueryMark,
        "method" => Part::Method,
        "remote" | "remote_host" | "remote.host" | "client_ip" | "http.vars.client_ip" => Part::Client,
        _ => {
            let dotted = |start: &str| short.strip_prefix(start);
            if let Some(header) = dotted("header.") {
                Part::Header(header.to_ascii_lowercase().into())
            } else if ["re.", "query.", "cookie.", "path.", "dir", "file", "uri", "labels.", "http.regexp.", "body", "vars."]
                .iter()
                .any(|start| short.starts_with(start))
            {
                Part::Input(name.into())
            } else if [
                "tls",
                "upstream",
                "rp.",
                "http.reverse_proxy",
                "time",
                "uuid",
                "system",
                "http.auth",
                "local",
                "err",
                "http.",
            ]
            .iter()
            .any(|start| name.starts_with(start) || short.starts_with(start))
            {
                Part::Machine(name.into())
            } else {
                return None;
            }
        }
    })
}

/// The named matchers that a place sees.
pub(crate) type Matchers = FxHashMap<String, When>;

/// Takes the matcher off the front of a directive's words: `*`, a path, or `@name`. The rest are its own.
pub(crate) fn matched<'a>(words: &'a [Word], matchers: &Matchers, prefix: &str) -> (When, &'a [Word]) {
    match words.first() {
        Some(word) if word.text == "*" => (When::Always, &words[1..]),
        Some(word) if word.text.starts_with('/') => (path(&[word.text.as_str()], prefix), &words[1..]),
        Some(word) if word.text.starts_with('@') => {
            let unknown =
                || When::Unknown(Unknown::new(Why::Unsupported(format!("the matcher `{}`", word.text).into()), Some(word.at)));
            (matchers.get(&word.text).cloned().unwrap_or_else(unknown), &words[1..])
        }
        Some(_) | None => (When::Always, words),
    }
}

/// Paths as Caddy's path matcher compares them: case is ignored, `*` stands for anything.
pub(crate) fn path(paths: &[&str], prefix: &str) -> When {
    let forms: Vec<Arc<str>> = paths.iter().map(|path| format!("{prefix}{path}").into()).collect();
    if forms.iter().any(|form| matches!(&**form, "*" | "/*")) { When::Always } else { When::Path(Test::Glob(forms, true)) }
}

/// A named matcher: all of its kinds must hold.
pub(crate) fn named(line: &Line, prefix: &str) -> When {
    let mut when = When::Always;
    if line.rest().is_empty() {
        for inner in line.inside() {
            when = when.and(kind(inner.name(), inner.rest(), inner.inside(), inner.at, prefix));
        }
    } else {
        when = when.and(kind(line.word(0), line.rest().get(1..).unwrap_or_default(), line.inside(), line.at, prefix));
    }
    when
}

fn kind(name: &str, words: &[Word], block: &[Line], at: Region, prefix: &str) -> When {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let unclear = |what: String| When::Unknown(Unknown::new(Why::Unsupported(what.into()), Some(at)));
    if let Some(why) = words.iter().find_map(|word| unknown(&word.text, word.at)) {
        return When::Unknown(why);
    }
    match name {
        "path" => path(&texts, prefix),
        "path_regexp" if prefix.is_empty() => {
            texts.last().map_or(When::Always, |source| When::Path(Test::Finds(vec![Pattern::new(source, false, Some(at))])))
        }
        "host" => When::Host(texts.iter().map(|host| super::site::name(host, at)).collect()),
        "method" => When::Method(texts.iter().map(|method| Arc::from(method.to_uppercase())).collect()),
        "protocol" => match texts.first() {
            Some(&"http") => When::Scheme(Scheme::Http),
            Some(&"https") => When::Scheme(Scheme::Https),
            Some(_) | None => unclear(format!("the protocol {}", texts.join(" "))),
        },
        "remote_ip" | "client_ip" => {
            When::Client(texts.iter().filter(|text| **text != "forwarded").map(|network| Arc::from(*network)).collect())
        }
        "header" => header(&texts, at),
        "header_regexp" => match texts.as_slice() {
            [.., field, source] => {
                let text = Text::part(Part::Header(field.to_ascii_lowercase().into()), Some(at));
                When::Text(text, Test::Finds(vec![Pattern::new(source, false, Some(at))]))
            }
            _ => unclear("this header matcher".to_owned()),
        },
        "not" => {
            let mut inner = When::Always;
            if texts.is_empty() {
                for line in block {
                    inner = inner.and(kind(line.name(), line.rest(), line.inside(), line.at, prefix));
                }
            } else {
                inner = kind(texts[0], &words[1..], block, at, prefix);
            }
            inner.negated()
        }
        "file" => When::File(Text::part(Part::Path, Some(at))),
        other => unclear(format!("the matcher `{other}`")),
    }
}

fn header(texts: &[&str], at: Region) -> When {
    let (field, value) = match texts {
        [field] => (*field, None),
        [field, value, ..] => (*field, Some(*value)),
        [] => return When::Always,
    };
    if let Some(absent) = field.strip_prefix('!') {
        return When::Text(Text::part(Part::Header(absent.to_ascii_lowercase().into()), Some(at)), Test::Present).negated();
    }
    let text = Text::part(Part::Header(field.to_ascii_lowercase().into()), Some(at));
    match value {
        None | Some("*") => When::Text(text, Test::Present),
        Some(value) => When::Text(text, Test::Glob(vec![value.into()], false)),
    }
}

/// A host name as Caddy compares it: a star is one label.
pub(crate) fn host(text: &str, at: Region) -> Name {
    if let Some(why) = unknown(text, at) {
        return Name::Unknown(why);
    }
    match text.strip_prefix("*.") {
        Some(domain) => Name::OneBelow(domain.into()),
        None if text.is_empty() || text == "*" => Name::Any,
        None => Name::Exact(text.into()),
    }
}
