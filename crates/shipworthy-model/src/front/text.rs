//! Text that a front end makes anew for every request, from its own words and parts of the request.

use std::sync::Arc;

use super::{Known, Request, Scheme, When};
use crate::{Region, Truth, Unknown, Why};

/// Text as a configuration writes it: `https://$host$request_uri` is a literal and two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// What it is made of, in order.
    pub pieces: Vec<Piece>,
    /// Where it is written.
    pub at: Option<Region>,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Always the same.
    Literal(Arc<str>),
    /// A part of the request or of the connection.
    Part(Part),
    /// The first of these whose condition holds; nothing where none does. (nginx's `map` and `geo`.)
    Choice(Vec<(When, Text)>),
    /// Not known: a placeholder of a template, a variable of a module that is not modelled.
    Unknown(Unknown),
}

/// A part of a request, whatever the program calls it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `http` or `https`, of the client's connection to this front end: nginx `$scheme`, Caddy `{scheme}`.
    Scheme,
    /// `on` over TLS, else nothing: nginx `$https`.
    HttpsFlag,
    /// The host the request is for, in lower case and without port: nginx `$host`, Caddy `{host}`. Of an absolute request
    /// target it is the target's, not the `Host` header's.
    Host,
    /// The `Host` header exactly as the client wrote it: nginx `$http_host`. It may differ from the host that chose the site.
    HostHeader,
    /// The port of the socket the request came in by: nginx `$server_port`.
    Port,
    /// Path and query as the client sent them: nginx `$request_uri`.
    Uri,
    /// The path, decoded and normalised: nginx `$uri`.
    Path,
    /// The query without its question mark.
    Query,
    /// `?` where there is a query, else nothing: nginx `$is_args`.
    QueryMark,
    /// The method.
    Method,
    /// The address of the client, as far as the front end knows: nginx `$remote_addr`.
    Client,
    /// The client's own `X-Forwarded-For` with the address of the client appended: nginx `$proxy_add_x_forwarded_for`.
    ClientChain,
    /// A header as the client sent it, by lower-case name; empty without one.
    Header(Arc<str>),
    /// Something else the client chooses: a query parameter, a cookie, a captured group. Its name as the program writes it.
    Input(Arc<str>),
    /// Something else the front end knows itself: a request id, a time, its own name.
    Machine(Arc<str>),
}

impl Part {
    /// Whether the client writes it as it likes. A host that chose the site is the client's too, but see
    /// [`super::Site::names`] for which ones get here.
    pub fn is_clients(&self) -> bool {
        match self {
            Self::Host
            | Self::HostHeader
            | Self::Uri
            | Self::Path
            | Self::Query
            | Self::QueryMark
            | Self::Method
            | Self::ClientChain
            | Self::Header(_)
            | Self::Input(_) => true,
            Self::Scheme | Self::HttpsFlag | Self::Port | Self::Client | Self::Machine(_) => false,
        }
    }
}

impl Text {
    /// A text that is always the same.
    pub fn literal(text: &str, at: Option<Region>) -> Self {
        Self { pieces: if text.is_empty() { Vec::new() } else { vec![Piece::Literal(text.into())] }, at }
    }

    /// A text of one part.
    pub fn part(part: Part, at: Option<Region>) -> Self {
        Self { pieces: vec![Piece::Part(part)], at }
    }

    /// A text nobody knows.
    pub fn unknown(unknown: Unknown, at: Option<Region>) -> Self {
        Self { pieces: vec![Piece::Unknown(unknown)], at }
    }

    /// The text, if it is the same for all requests.
    pub fn as_literal(&self) -> Option<String> {
        self.pieces.iter().map(|piece| if let Piece::Literal(text) = piece { Some(&**text) } else { None }).collect()
    }

    /// The part, if it consists of one and nothing else.
    pub fn as_part(&self) -> Option<&Part> {
        match self.pieces.as_slice() {
            [Piece::Part(part)] => Some(part),
            _ => None,
        }
    }

    /// Whether it is the host that the request is for, alone or with a port behind it.
    pub fn is_host(&self) -> bool {
        let [Piece::Part(Part::Host), port @ ..] = self.pieces.as_slice() else { return false };
        port.iter().enumerate().all(|(index, piece)| match piece {
            Piece::Literal(text) => index > 0 || text.starts_with(':'),
            Piece::Part(part) => *part == Part::Port,
            Piece::Choice(_) | Piece::Unknown(_) => false,
        })
    }

    /// The literal it begins with; empty if it begins with something else.
    pub fn start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => text,
            Some(Piece::Part(_) | Piece::Choice(_) | Piece::Unknown(_)) | None => "",
        }
    }

    /// Every part in it, those of alternatives too.
    pub fn parts(&self) -> Vec<&Part> {
        let mut parts = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Part(part) => parts.push(part),
                Piece::Choice(choices) => choices.iter().for_each(|(_, text)| parts.extend(text.parts())),
                Piece::Literal(_) | Piece::Unknown(_) => {}
            }
        }
        parts
    }

    /// Every text it can be, as far as conditions in it decide: the alternatives of a map, or itself.
    pub fn alternatives(&self) -> Vec<&Text> {
        match self.pieces.as_slice() {
            [Piece::Choice(choices)] => choices.iter().flat_map(|(_, text)| text.alternatives()).collect(),
            _ => vec![self],
        }
    }

    /// Whether a client can make it what it likes, for some request at least.
    pub fn is_clients(&self) -> Truth {
        self.pieces.iter().map(Piece::is_clients).fold(Truth::No, Truth::or)
    }

    /// The text for one request.
    pub fn render(&self, request: &Request) -> Known<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Part(part) => out.push_str(&request.part(part).map_err(|why| Unknown { at: self.at, ..why })?),
                Piece::Choice(choices) => out.push_str(&render_choice(choices, request)?),
                Piece::Unknown(unknown) => return Err(unknown.clone()),
            }
        }
        Ok(out)
    }

    /// The first unknown in it.
    pub fn unknown_piece(&self) -> Option<&Unknown> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Unknown(unknown) => Some(unknown),
            Piece::Choice(choices) => choices.iter().find_map(|(_, text)| text.unknown_piece()),
            Piece::Literal(_) | Piece::Part(_) => None,
        })
    }

    /// Adds a literal at the end.
    pub fn push(&mut self, text: &str) {
        if let Some(Piece::Literal(last)) = self.pieces.last_mut() {
            *last = format!("{last}{text}").into();
        } else if !text.is_empty() {
            self.pieces.push(Piece::Literal(text.into()));
        }
    }
}

fn render_choice(choices: &[(When, Text)], request: &Request) -> Known<String> {
    for (when, text) in choices {
        match when.holds(request) {
            Truth::Yes => return text.render(request),
            Truth::No => {}
            Truth::Unknown(why) => return Err(why),
        }
    }
    Ok(String::new())
}

impl Piece {
    fn is_clients(&self) -> Truth {
        match self {
            Self::Literal(_) => Truth::No,
            Self::Part(part) => part.is_clients().into(),
            Self::Choice(choices) => choices.iter().map(|(_, text)| text.is_clients()).fold(Truth::No, Truth::or),
            Self::Unknown(unknown) => Truth::Unknown(unknown.clone()),
        }
    }
}

impl Request {
    /// A part of this request.
    pub fn part(&self, part: &Part) -> Known<String> {
        let unsupported = |name: &str| Err(Unknown::new(Why::Unsupported(name.into()), None));
        Ok(match part {
            Part::Scheme => self.scheme.name().to_owned(),
            Part::HttpsFlag => if self.scheme == Scheme::Https { "on" } else { "" }.to_owned(),
            Part::Host => self.hostname(),
            Part::HostHeader => self.host.clone(),
            Part::Port => self.port().to_string(),
            Part::Uri if self.query.is_empty() => self.path.clone(),
            Part::Uri => format!("{}?{}", self.path, self.query),
            Part::Path => self.path.clone(),
            Part::Query => self.query.clone(),
            Part::QueryMark => if self.query.is_empty() { "" } else { "?" }.to_owned(),
            Part::Method => self.method.clone(),
            Part::Client => self.client.clone(),
            Part::ClientChain => match self.header("x-forwarded-for") {
                Some(chain) => format!("{chain}, {}", self.client),
                None => self.client.clone(),
            },
            Part::Header(name) if &**name == "host" => self.host.clone(),
            Part::Header(name) => self.header(name).unwrap_or_default(),
            Part::Input(name) | Part::Machine(name) => return unsupported(name),
        })
    }
}
