//! Wire: what a few harmless requests to a running site brought back.

mod cookie;
mod questions;
mod sign;
mod tls;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use cookie::SetCookie;
pub use questions::Encounter;
pub use sign::Sign;
pub use tls::{Certificate, Handshake, Protocol};

/// What was seen of one running site.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    /// The site that was looked at.
    pub site: Site,
    /// When, in seconds since 1970: what certificates are judged by.
    pub at: u64,
    /// Every request that was sent, in the order of sending, with what came of it.
    pub exchanges: Vec<Exchange>,
    /// Every TLS handshake that was tried for its own sake.
    pub handshakes: Vec<Handshake>,
}

/// A site: a name, and the ports it answers on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// The host as in its address, without brackets.
    pub host: Arc<str>,
    /// The port for plain HTTP, if one is known.
    pub http: Option<u16>,
    /// The port for HTTPS, if one is known.
    pub https: Option<u16>,
    /// The path at which the application is mounted, without a slash at its end.
    pub prefix: Arc<str>,
}

/// An exchange, by its index in [`Wire::exchanges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExchangeId(pub u32);

/// A request and what came of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Why it was sent.
    pub probe: Probe,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub took: u64,
    /// When it began, in milliseconds since 1970.
    pub started: u64,
}

/// A request, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `HEAD` or `OPTIONS`.
    pub method: Arc<str>,
    /// Whether it went through TLS.
    pub secure: bool,
    /// The target as written on the request line.
    pub target: Arc<str>,
    /// The `Host` header, or `:authority`, as sent.
    pub host: Arc<str>,
    /// The server name in the TLS handshake.
    pub sni: Option<Arc<str>>,
    /// The other headers, credentials left out.
    pub headers: Vec<Header>,
    /// `HTTP/1.1` or `HTTP/2`.
    pub version: Arc<str>,
    /// Where it was sent: an address and port, or a socket's path.
    pub address: Arc<str>,
}

/// A header's name, in lower case, and its value.
pub type Header = (Arc<str>, Arc<str>);

/// What came back.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A response. It may have broken off after its head.
    Answered(Response),
    /// None.
    Failed(Failure),
}

/// A response.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers in order, with duplicates. Values of cookies are left out.
    pub headers: Vec<Header>,
    /// What is recognised in the body.
    pub signs: BTreeSet<Sign>,
    /// The title of the page.
    pub title: Option<Arc<str>>,
    /// Addresses on this site that the page links to, as written: style sheets, scripts, pictures.
    pub links: Vec<Arc<str>>,
    /// How many bytes of body were read.
    pub length: u64,
    /// The body's text as far as it was read; absent where it shows what nobody should see.
    pub text: Option<Arc<str>>,
    /// Why the body is not whole, if it is not.
    pub broken: Option<Failure>,
}

/// Why there is no response, or only a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nobody listens there.
    Refused,
    /// The address cannot be reached; the reason.
    Unreachable(Arc<str>),
    /// The connection was closed or reset where an answer was due; the stage.
    Closed(Stage),
    /// The server ended the handshake with a TLS alert; its name.
    Alert(Arc<str>),
    /// TLS failed otherwise; the reason.
    Tls(Arc<str>),
    /// Nothing came in time; the stage.
    Timeout(Stage),
    /// What came is no HTTP; the reason.
    Malformed(Arc<str>),
    /// More came than is read.
    TooLarge(Stage),
    /// It was not sent; the reason.
    NotSent(Arc<str>),
}

/// How far an exchange had come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    #[default]
    /// Reaching the address.
    Connecting,
    /// The TLS handshake.
    Handshake,
    /// Status and headers.
    Head,
    /// The body.
    Body,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 4] = [Self::Connecting, Self::Handshake, Self::Head, Self::Body];

    /// The name used in recordings, and behind "during".
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Handshake => "the TLS handshake",
            Self::Head => "the wait for headers",
            Self::Body => "the body",
        }
    }
}

impl Failure {
    /// What happened, as one clause.
    pub fn reason(&self) -> String {
        match self {
            Self::Refused => "the connection was refused".to_owned(),
            Self::Unreachable(why) => format!("the address cannot be reached: {why}"),
            Self::Closed(stage) => format!("the connection was closed during {}", stage.name()),
            Self::Alert(alert) => format!("the TLS handshake ended with the alert {alert}"),
            Self::Tls(why) => format!("TLS failed: {why}"),
            Self::Timeout(stage) => format!("nothing came in time during {}", stage.name()),
            Self::Malformed(why) => format!("the answer is no HTTP: {why}"),
            Self::TooLarge(stage) => format!("more came than is read during {}", stage.name()),
            Self::NotSent(why) => format!("it was not sent: {why}"),
        }
    }

    /// Whether the server turned the request away on purpose: it closed, reset or refused it, or sent an alert.
    pub fn is_rejection(&self) -> bool {
        match self {
            Self::Refused | Self::Closed(_) | Self::Alert(_) => true,
            // HTTP/2 servers reset a stream they do not want.
            Self::Malformed(why) => why.contains("PROTOCOL_ERROR") || why.contains("REFUSED_STREAM"),
            Self::Unreachable(_) | Self::Tls(_) | Self::Timeout(_) | Self::TooLarge(_) | Self::NotSent(_) => false,
        }
    }
}

macro_rules! probes {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal,)*) => {
        /// Why a request was sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Probe {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Probe {
            /// Every probe.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in recordings, plans and guides.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The probe of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|probe| probe.name() == name)
            }
        }
    };
}

probes! {
    /// The first page of the site.
    Home "home",
    /// An address that leads nowhere.
    Missing "missing",
    /// Plain HTTP, as somebody types it.
    PlainHttp "plain-http",
    /// The next hop of a redirect from plain HTTP.
    Hop "hop",
    /// Plain HTTP that claims in `X-Forwarded-Proto` to be HTTPS.
    SpoofedProto "spoofed-proto",
    /// Plain HTTP that claims in `X-Forwarded-Ssl` to be HTTPS.
    SpoofedSsl "spoofed-ssl",
    /// HTTPS that claims in `X-Forwarded-Proto` to be plain HTTP.
    DeniedProto "denied-proto",
    /// A host that nobody has heard of, over plain HTTP.
    UnknownHostHttp "unknown-host-http",
    /// A host that nobody has heard of, behind the right server name.
    UnknownHost "unknown-host",
    /// A host that nobody has heard of, in the TLS handshake too.
    UnknownName "unknown-name",
    /// The right host in the target, another in the `Host` header.
    AbsoluteForm "absolute-form",
    /// A `Host` that Django always refuses.
    MalformedHost "malformed-host",
    /// A host that nobody has heard of in `X-Forwarded-Host`.
    ForwardedHost "forwarded-host",
    /// A host that Django always refuses in `X-Forwarded-Host`.
    ForwardedMalformed "forwarded-malformed",
    /// An address of a tool for developers.
    Toolbar "toolbar",
    /// A page that people log in on.
    Login "login",
    /// A style sheet or script that a page links to.
    Asset "asset",
    /// A folder of static or media files.
    Listing "listing",
    /// A file beside the folder of static or media files.
    Traversal "traversal",
    /// A file of the project that no visitor should get.
    ProjectFile "project-file",
    /// An uploaded file.
    Media "media",
    /// A question by a page of another site.
    Preflight "preflight",
    /// A WebSocket, for a page of another site.
    WebSocket "websocket",
    /// The application server's own port.
    AppPort "app-port",
}

impl Wire {
    /// The exchange with this id.
    pub fn exchange(&self, id: ExchangeId) -> Option<&Exchange> {
        self.exchanges.get(id.0 as usize)
    }
}

impl Site {
    /// The address of the first page: `https://shop.example/`, or with `http` where it has no HTTPS.
    pub fn url(&self) -> String {
        format!("{}{}/", self.origin(self.https.is_some()), self.prefix)
    }

    /// Scheme, host and port as in an address.
    pub fn origin(&self, secure: bool) -> String {
        format!("{}://{}", if secure { "https" } else { "http" }, self.authority(secure))
    }

    /// Host and port as in a `Host` header: the port only where it is not the usual one.
    pub fn authority(&self, secure: bool) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.to_string() };
        match (secure, if secure { self.https } else { self.http }) {
            (true, None | Some(443)) | (false, None | Some(80)) => host,
            (_, Some(port)) => format!("{host}:{port}"),
        }
    }
}

impl Request {
    /// The request in a line, as people write it: `GET https://shop.example/x`.
    pub fn line(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let url = if self.target.starts_with('/') {
            format!("{scheme}://{}{}", self.host, self.target)
        } else {
            self.target.to_string()
        };
        format!("{} {url}", self.method)
    }
}

impl Response {
    /// The first header of this name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    /// Every header of this name (lower case), in order.
    pub fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.headers.iter().filter(move |(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    /// Whether the body shows this.
    pub fn shows(&self, sign: Sign) -> bool {
        self.signs.contains(&sign)
    }

    /// Whether it redirects.
    pub fn redirects(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.header("location").is_some()
    }

    /// The media type without its parameters, in lower case.
    pub fn content_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The cookies it sets.
    pub fn cookies(&self) -> impl Iterator<Item = SetCookie> {
        self.all("set-cookie").filter_map(SetCookie::parse)
    }
}

impl Exchange {
    /// The response, if one came.
    pub fn response(&self) -> Option<&Response> {
        match &self.outcome {
            Outcome::Answered(response) => Some(response),
            Outcome::Failed(_) => None,
        }
    }

    /// Why no response came.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Failed(failure) => Some(failure),
        }
    }

    /// Request and outcome in a line: `GET https://shop.example/x: 404`. Headers that the request is about are in it.
    pub fn line(&self) -> String {
        let telling = |(name, _): &&Header| name.starts_with("x-forwarded-") || &**name == "origin";
        let headers: Vec<String> =
            self.request.headers.iter().filter(telling).map(|(name, value)| format!(" with {name}: {value}")).collect();
        let asked = self.request.line() + &headers.concat();
        match &self.outcome {
            Outcome::Answered(response) => format!("{asked}: {}", response.status),
            Outcome::Failed(failure) => format!("{asked}: {}", failure.reason()),
        }
    }
}
