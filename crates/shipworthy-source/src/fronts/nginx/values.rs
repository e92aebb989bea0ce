//! Values of nginx: words with variables, resolved to literals, parts of the request, and the alternatives of maps.

use std::cell::Cell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{Part, Piece, Text, When};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::{Directive, Word};
use super::maps;
use crate::fronts::template;

/// The variables a configuration makes itself, and the groups of servers it names.
pub(crate) struct Names<'a> {
    /// `map`, `geo` and `split_clients` by the variable they make.
    pub(crate) made: FxHashMap<&'a str, &'a Directive>,
    /// `upstream` by name.
    pub(crate) upstreams: FxHashMap<&'a str, &'a Directive>,
    /// How many pieces may still be made: maps that name maps would grow without end.
    budget: Cell<usize>,
}

/// What is known about variables at a place.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    /// What `set` made them.
    pub(crate) sets: FxHashMap<String, Text>,
    /// The first name of the server: `$server_name`.
    pub(crate) server_name: Option<Text>,
    /// The host of the upstream: `$proxy_host`.
    pub(crate) upstream: Option<Text>,
    /// How deep maps are followed already.
    pub(crate) depth: usize,
}

impl<'a> Names<'a> {
    /// Gathers them from the directives of `http`.
    pub(crate) fn of(directives: &'a [Directive]) -> Self {
        const MOST_PIECES: usize = 100_000;
        let mut names = Self { made: FxHashMap::default(), upstreams: FxHashMap::default(), budget: Cell::new(MOST_PIECES) };
        for directive in directives {
            match directive.name.as_str() {
                "map" | "geo" | "split_clients" => {
                    if let Some(variable) = directive.words.last().and_then(|word| word.text.strip_prefix('$')) {
                        names.made.insert(variable, directive);
                    }
                }
                "upstream" => {
                    names.upstreams.insert(directive.word(0), directive);
                }
                _ => {}
            }
        }
        names
    }

    /// The text of a word.
    pub(crate) fn text(&self, word: &Word, scope: &Scope) -> Text {
        self.parse(&word.text, word.at, scope)
    }

    /// The text of a value that stands at a place.
    pub(crate) fn parse(&self, value: &str, at: Region, scope: &Scope) -> Text {
        let mut text = Text { pieces: Vec::new(), at: Some(at) };
        let mut place = 0;
        while place < value.len() {
            let left = self.budget.get();
            if left == 0 {
                return Text::unknown(Unknown::new(Why::Limit("the alternatives of variables".into()), Some(at)), Some(at));
            }
            self.budget.set(left - 1);
            let rest = &value[place..];
            if let Some((name, length)) = variable(rest)
                && let Some(pieces) = self.variable(name, at, scope)
            {
                text.pieces.extend(pieces);
                place += length;
                continue;
            }
            if let Some(hole) = template::hole(value, place).filter(|hole| hole.start == place) {
                text.pieces.push(Piece::Unknown(Unknown::new(hole.why, Some(at))));
                place = hole.end;
                continue;
            }
            if let Some((name, length)) = variable(rest) {
                let why = Why::Unsupported(format!("the variable `${name}`").into());
                text.pieces.push(Piece::Unknown(Unknown::new(why, Some(at))));
                place += length;
                continue;
            }
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let plain = rest[first..].find(['$', '{', '<', '_', '@', '%']).map_or(rest.len(), |end| end + first);
            text.push(&rest[..plain]);
            place += plain;
        }
        text
    }

    /// What a variable is; `None` for one that nobody knows.
    fn variable(&self, name: &str, at: Region, scope: &Scope) -> Option<Vec<Piece>> {
        const DEEPEST: usize = 6;
        if let Some(text) = scope.sets.get(name) {
            return Some(text.pieces.clone());
        }
        if let Some(directive) = self.made.get(name) {
            if scope.depth >= DEEPEST {
                return Some(vec![Piece::Unknown(Unknown::new(Why::Limit("the depth of maps".into()), Some(at)))]);
            }
            let scope = Scope { depth: scope.depth + 1, ..scope.clone() };
            return Some(vec![Piece::Choice(maps::alternatives(self, directive, &scope))]);
        }
        match name {
            "server_name" => Some(scope.server_name.as_ref().map(|text| text.pieces.clone()).unwrap_or_default()),
            "proxy_host" => Some(match &scope.upstream {
                Some(text) => text.pieces.clone(),
                None => vec![Piece::Part(Part::Machine("$proxy_host".into()))],
            }),
            _ => part(name).map(|part| vec![Piece::Part(part)]),
        }
    }
}

/// The variable a text begins with, and how long it is written.
fn variable(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix('$')?;
    if let Some(inside) = rest.strip_prefix('{') {
        let end = inside.find('}')?;
        let name = &inside[..end];
        return (is_name(name)).then_some((name, end + 3));
    }
    let length = rest.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_')).unwrap_or(rest.len());
    // Groups of a pattern have one digit.
    let length = if rest.starts_with(|it: char| it.is_ascii_digit()) { 1 } else { length };
    (length > 0).then(|| (&rest[..length], length + 1))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// nginx's own variables (the index of variables of its documentation).
fn part(name: &str) -> Option<Part> {
    let dollar = || Arc::from(format!("${name}"));
    Some(match name {
        "scheme" | "request_scheme" => Part::Scheme,
        "https" => Part::HttpsFlag,
        "host" => Part::Host,
        "http_host" => Part::HostHeader,
        "server_port" => Part::Port,
        "request_uri" => Part::Uri,
        "uri" | "document_uri" | "fastcgi_script_name" => Part::Path,
        "args" | "query_string" => Part::Query,
        "is_args" => Part::QueryMark,
        "request_method" => Part::Method,
        "remote_addr" | "binary_remote_addr" => Part::Client,
        "proxy_add_x_forwarded_for" => Part::ClientChain,
        "content_type" => Part::Header("content-type".into()),
        "content_length" => Part::Header("content-length".into()),
        "request_filename" | "request" | "request_body" | "remote_user" | "fastcgi_path_info" | "realip_remote_addr"
        | "request_path" | "geoip_country_code" => Part::Input(dollar()),
        "hostname"
        | "nginx_version"
        | "pid"
        | "msec"
        | "time_iso8601"
        | "time_local"
        | "request_id"
        | "request_time"
        | "request_length"
        | "request_completion"
        | "server_addr"
        | "server_protocol"
        | "status"
        | "connection"
        | "connection_requests"
        | "connections_active"
        | "document_root"
        | "realpath_root"
        | "remote_port"
        | "proxy_port"
        | "proxy_protocol_addr"
        | "proxy_protocol_port"
        | "proxy_protocol_server_port"
        | "bytes_sent"
        | "body_bytes_sent"
        | "pipe"
        | "limit_rate"
        | "limit_req_status"
        | "gzip_ratio"
        | "proxy_internal_body_length"
        | "is_request_port"
        | "request_port"
        | "server_ssl"
        | "http2"
        | "http3"
        | "invalid_referer" => Part::Machine(dollar()),
        _ => {
            if let Some(header) = name.strip_prefix("http_") {
                Part::Header(header.replace('_', "-").to_ascii_lowercase().into())
            } else if name.starts_with("arg_") || name.starts_with("cookie_") || name.bytes().all(|byte| byte.is_ascii_digit()) {
                Part::Input(if name.bytes().all(|byte| byte.is_ascii_digit()) { name.into() } else { dollar() })
            } else if [
                "ssl_",
                "upstream_",
                "sent_",
                "tcpinfo_",
                "geoip",
                "jwt_",
                "secure_link",
                "memcached_",
                "uid_",
                "connections_",
            ]
            .iter()
            .any(|start| name.starts_with(start))
            {
                Part::Machine(dollar())
            } else {
                return None;
            }
        }
    })
}

/// Remembers the named groups of a pattern as what the client chooses.
pub(crate) fn remember_groups(pattern: &str, at: Region, scope: &mut Scope) {
    for (start, _) in pattern.match_indices("(?") {
        let rest = pattern[start + 2..].trim_start_matches('P');
        let name = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| is_name(name)) {
            let part = Part::Input(format!("${name}").into());
            scope.sets.insert(name.to_owned(), Text::part(part, Some(at)));
        }
    }
}

/// A variable under a condition: what it becomes, else what it was.
pub(crate) fn set(scope: &mut Scope, name: &str, when: &When, text: Text) {
    const LARGEST: usize = 200;
    let at = text.at;
    let before = scope.sets.get(name).cloned();
    let after = if when.is_always() {
        text
    } else {
        let mut sides = vec![(when.clone(), text)];
        sides.extend(before.map(|before| (When::Always, before)));
        Text { pieces: vec![Piece::Choice(sides)], at }
    };
    if after.pieces.len() <= LARGEST {
        scope.sets.insert(name.to_owned(), after);
    }
}
