//! Handlers: what a front end does with a request that has come to its route.

use std::sync::Arc;

use super::{Known, Site, Stated, Text, When};
use crate::{Reach, Region, Truth, Unknown};

/// What answers a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Handler {
    /// Another server, an application server or a script interpreter.
    Proxy(Upstream),
    /// Files of the disk.
    Files(Files),
    /// A redirect.
    Redirect(Redirect),
    /// A response of the front end's own, with a status: a refusal, a page, a closed connection.
    Respond(Respond),
    /// The request begins anew inside, with another path.
    Rewrite(Text, Region),
    /// Files of the disk are executed: CGI, a language module.
    Execute(Arc<str>, Region),
    /// Nothing is configured: the program's own default page or error.
    Nothing,
    /// Not known.
    Unknown(Unknown),
}

/// Servers that a route passes requests to.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// What is spoken to them.
    pub protocol: Protocol,
    /// The servers, in order.
    pub servers: Vec<Server>,
    /// The name of the group, where it has one.
    pub name: Option<Arc<str>>,
    /// What stands in place of the matched part of the path; `None` where the path goes through unchanged.
    pub path: Option<Text>,
    /// The program that is run, for protocols that name one (`WSGIScriptAlias`, `SCRIPT_FILENAME`).
    pub script: Option<Text>,
    /// Where it is said.
    pub at: Region,
}

/// What is spoken to an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTP in the clear.
    Http,
    /// HTTP over TLS.
    Https,
    /// gRPC, HTTP/2.
    Http2,
    /// uwsgi: headers become `HTTP_…` variables, and header directives for HTTP do nothing.
    Uwsgi,
    /// `FastCGI`: as uwsgi, and most often a PHP interpreter.
    FastCgi,
    /// SCGI: as uwsgi.
    Scgi,
    /// AJP.
    Ajp,
    /// None: Python runs in the front end's own processes (`mod_wsgi`).
    Embedded,
    /// Bytes are passed on unread.
    Tcp,
}

impl Protocol {
    /// Whether headers travel as variables of the gateway, not as HTTP.
    pub fn is_gateway(self) -> bool {
        match self {
            Self::Uwsgi | Self::FastCgi | Self::Scgi | Self::Ajp | Self::Embedded => true,
            Self::Http | Self::Https | Self::Http2 | Self::Tcp => false,
        }
    }
}

/// One server of an upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct Server {
    /// Where it listens.
    pub address: Known<Address>,
    /// Where that is said.
    pub at: Option<Region>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and a port, the scheme's own where none is written.
    Net(Arc<str>, Option<u16>),
    /// A socket of the file system.
    Unix(Arc<str>),
}

impl Address {
    /// Takes `host:port`, `host`, `unix:/path` or `/path` apart.
    pub fn parse(text: &str) -> Self {
        let text = text.trim();
        if let Some(path) =
            text.strip_prefix("unix://").or_else(|| text.strip_prefix("unix/")).or_else(|| text.strip_prefix("unix:"))
        {
            return Self::Unix(path.trim_end_matches(':').into());
        }
        if text.starts_with('/') {
            return Self::Unix(text.into());
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
                Ok(port) => Self::Net(host.into(), Some(port)),
                Err(_) => Self::Net(text.into(), None),
            },
            Some(_) | None => Self::Net(text.into(), None),
        }
    }

    /// Whether the server sees this machine itself as its client: a socket file, or loopback.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Net(host, _) => Reach::of(host) == Reach::Local,
        }
    }
}

/// Files of the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Files {
    /// The folder.
    pub folder: Text,
    /// Whether the matched part of the path is cut off before the rest is looked up in the folder (nginx's `alias`, Apache's
    /// `Alias`, Caddy's `handle_path`).
    pub strips: bool,
    /// The names that are tried, in order, where the path itself is not all (`try_files`).
    pub tries: Vec<Text>,
    /// What answers if there is no such file.
    pub fallback: Fallback,
    /// Whether folders without an index page are listed.
    pub listing: Option<Stated<bool>>,
    /// Where the folder is said; `None` for the program's own default.
    pub at: Option<Region>,
}

/// What answers if a file is not there.
#[derive(Clone, Debug, PartialEq)]
pub enum Fallback {
    /// An error page with this status.
    Status(u16),
    /// The route with this name.
    Named(Arc<str>, Region),
    /// The request begins anew with this path.
    Path(Text, Region),
    /// What comes next in the configuration.
    Next,
}

/// A redirect.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// The status: 301, 302, 303, 307 or 308.
    pub status: Known<u16>,
    /// The target as written.
    pub target: Text,
    /// Where it is said.
    pub at: Region,
}

/// A response of the front end's own.
#[derive(Clone, Debug, PartialEq)]
pub struct Respond {
    /// The status. 444 stands for a connection that is closed without a word, as nginx counts it.
    pub status: Known<u16>,
    /// What it says.
    pub body: Body,
    /// Where; `None` where it is the program's own way.
    pub at: Option<Region>,
}

/// The body of a response of the front end's own.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// None, or the program's page for the status.
    Stock,
    /// This text.
    Text(Text),
}

impl Redirect {
    /// Whether it leads to TLS: `https://…`, or a scheme-less target, which keeps the scheme, as no.
    pub fn is_to_https(&self) -> Truth {
        if self.target.start().to_ascii_lowercase().starts_with("https://") {
            return Truth::Yes;
        }
        match self.target.unknown_piece() {
            Some(why) if self.target.start().is_empty() => Truth::Unknown(why.clone()),
            Some(_) | None => Truth::No,
        }
    }

    /// Whether it is for good: 301 or 308.
    pub fn is_permanent(&self) -> Truth {
        match &self.status {
            Ok(status) => matches!(status, 301 | 308).into(),
            Err(why) => Truth::Unknown(why.clone()),
        }
    }

    /// Whether path and query of the request come along.
    pub fn keeps_path(&self) -> bool {
        use super::Part;
        let parts = self.target.parts();
        parts.contains(&&Part::Uri)
            || parts.contains(&&Part::Path)
            || parts.iter().any(|part| matches!(part, Part::Input(name) if name.starts_with(|it: char| it.is_ascii_digit())))
    }
}

impl Respond {
    /// A response of this status and nothing else.
    pub fn status(status: u16, at: Option<Region>) -> Self {
        Self { status: Ok(status), body: Body::Stock, at }
    }

    /// Whether it turns the request away: a status of 400 and more, or a closed connection.
    pub fn rejects(&self) -> Truth {
        match &self.status {
            Ok(status) => (*status >= 400).into(),
            Err(why) => Truth::Unknown(why.clone()),
        }
    }
}

impl Handler {
    /// The redirect, if it is one.
    pub fn as_redirect(&self) -> Option<&Redirect> {
        if let Self::Redirect(redirect) = self { Some(redirect) } else { None }
    }

    /// The upstream, if it is one.
    pub fn as_proxy(&self) -> Option<&Upstream> {
        if let Self::Proxy(upstream) = self { Some(upstream) } else { None }
    }

    /// The folder, if files answer.
    pub fn as_files(&self) -> Option<&Files> {
        if let Self::Files(files) = self { Some(files) } else { None }
    }

    /// Everything that may answer in the end: itself, and where its fallback leads.
    pub fn ends<'a>(&'a self, site: &'a Site) -> Vec<&'a Handler> {
        let mut ends = vec![self];
        // A fallback may lead to a route whose own fallback leads back.
        let mut index = 0;
        while let Some(handler) = ends.get(index).copied() {
            index += 1;
            let next = match handler.as_files().map(|files| &files.fallback) {
                Some(Fallback::Named(name, _)) => site.named(name),
                Some(Fallback::Path(text, _)) => text.as_literal().and_then(|path| site.longest_prefix(&path)),
                Some(Fallback::Status(_) | Fallback::Next) | None => None,
            };
            for handler in next.into_iter().flat_map(super::Route::handlers) {
                if !ends.contains(&handler) {
                    ends.push(handler);
                }
            }
        }
        ends
    }

    /// Whether requests get to an upstream here, if only when a file is missing.
    pub fn reaches_upstream<'a>(&'a self, site: &'a Site) -> Option<&'a Upstream> {
        self.ends(site).into_iter().find_map(Handler::as_proxy)
    }

    /// Whether it is a plain answer under no condition: what makes the rest of a list of branches unreachable.
    pub(crate) fn ends_under(&self, when: &When) -> bool {
        when.is_always() && !matches!(self, Self::Nothing)
    }
}
