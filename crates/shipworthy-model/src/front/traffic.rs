//! Traffic: how a route treats what passes through it, with everything that it inherits.

use std::sync::Arc;

use super::{HeaderRule, Known, ResponseHeader, Sent, Text, When};
use crate::Region;

/// Something a configuration states, or a default of its program.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated<T> {
    /// What.
    pub value: T,
    /// Where; `None` for a default.
    pub at: Option<Region>,
}

impl<T> Stated<T> {
    /// What stands at a place.
    pub fn at(value: T, at: Region) -> Self {
        Self { value, at: Some(at) }
    }

    /// What the program does unasked.
    pub fn default(value: T) -> Self {
        Self { value, at: None }
    }
}

/// How a route treats what passes through it. A field that is `None` was not said anywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Changes to request headers on their way upstream, in order, those the program makes unasked first. For gateway
    /// protocols these are the `HTTP_…` variables.
    pub request_headers: Vec<HeaderRule>,
    /// Changes to response headers, in order.
    pub response_headers: Vec<ResponseHeader>,
    /// Variables handed to a gateway (uwsgi, `FastCGI`, WSGI), by name as written, that are no headers: `UWSGI_SCHEME`.
    pub variables: Vec<(Arc<str>, Text, Region)>,
    /// Headers of an outer level that this one loses by setting others.
    pub lost: Vec<Lost>,
    /// Directives without effect here.
    pub idle: Vec<Idle>,
    /// The largest body of a request.
    pub body_limit: Option<Stated<Limit>>,
    /// Timeouts by name, as the program calls them.
    pub timeouts: Vec<(Timeout, Stated<Arc<str>>)>,
    /// Who may come in, in order.
    pub access: Vec<Stated<Access>>,
    /// Whether bodies of requests are read whole before the upstream is asked.
    pub buffers_requests: Option<Stated<bool>>,
    /// Whether responses are taken from the upstream at its speed, whatever the client's.
    pub buffers_responses: Option<Stated<bool>>,
    /// Whether error responses of the upstream are replaced.
    pub replaces_errors: Option<Stated<bool>>,
    /// Which errors get which page or path: the statuses and the target.
    pub error_pages: Vec<(Vec<u16>, Text, Region)>,
    /// Whether folders without an index page are listed.
    pub listing: Option<Stated<bool>>,
    /// Whether the program tells its version.
    pub tells_version: Option<Stated<bool>>,
    /// Where requests are logged; `off` and `/dev/null` are nowhere.
    pub access_log: Option<Stated<Arc<str>>>,
    /// Where errors are logged.
    pub error_log: Option<Stated<Arc<str>>>,
    /// Whether headers with underscores in their names are passed on. (nginx drops them unless told.)
    pub underscores: Option<Stated<bool>>,
    /// Whose word about the client (`X-Forwarded-…`, PROXY protocol) is believed.
    pub trusts: Vec<Trust>,
    /// Whether responses are compressed.
    pub compresses: Option<Stated<bool>>,
    /// Whether files in the served folders may bring configuration of their own (Apache's `AllowOverride`), as written.
    pub overrides: Option<Stated<Arc<str>>>,
    /// Whether files in the served folders may be executed: handlers for file names (Apache's `SetHandler`, `AddHandler`,
    /// `ExecCGI`), as written.
    pub executes: Vec<Stated<Arc<str>>>,
}

/// A header of an outer level that a level loses.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// Its name, in lower case.
    pub name: Arc<str>,
    /// Whether it is a request header; else a response header.
    pub upstream: bool,
    /// Where the outer level sets it.
    pub set_at: Region,
    /// Where this level sets its first own one.
    pub by: Region,
}

/// A directive without effect where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Idle {
    /// The directive's name.
    pub directive: Arc<str>,
    /// The header or variable it would set, in lower case; empty if it is none.
    pub name: Arc<str>,
    /// Why: one clause.
    pub why: &'static str,
    /// Where.
    pub at: Region,
}

/// The largest body of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Limit {
    /// So many bytes.
    Bytes(u64),
    /// Any.
    None,
    /// Written in a way that is not understood.
    Unknown(crate::Unknown),
}

/// Which wait a timeout ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timeout {
    /// For the upstream to accept.
    Connect,
    /// For the upstream to answer.
    Read,
    /// For the upstream to take more.
    Send,
    /// For the client to send.
    Client,
    /// Between two requests of a connection.
    KeepAlive,
}

/// Who may come in.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// This address, network or word for many, as written.
    Allow(Arc<str>),
    /// Not this one.
    Deny(Arc<str>),
    /// Who knows a password or shows a token.
    Login(Arc<str>),
}

/// Whose word about the client is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct Trust {
    /// The networks, as written; unknown ones with their reason.
    pub networks: Vec<Known<Arc<str>>>,
    /// Whether it is everybody.
    pub everyone: bool,
    /// Where.
    pub at: Region,
}

impl Trust {
    /// Trust in these networks.
    pub fn new(networks: Vec<Known<Arc<str>>>, at: Region) -> Self {
        let all = |network: &Known<Arc<str>>| matches!(network.as_deref(), Ok("0.0.0.0/0" | "::/0" | "*" | "all"));
        let everyone = networks.iter().any(all);
        Self { networks, everyone, at }
    }

    /// The condition that a request comes from one of them.
    pub fn condition(&self) -> When {
        if self.everyone {
            return When::Always;
        }
        let known = self.networks.iter().filter_map(|network| network.clone().ok()).collect();
        let unknown = self.networks.iter().find_map(|network| network.clone().err());
        match unknown {
            Some(why) => When::Any(vec![When::Client(known), When::Unknown(why)]),
            None => When::Client(known),
        }
    }
}

impl Traffic {
    /// What of a request header the upstream sees, by its name in any case.
    pub fn forwards(&self, name: &str) -> Sent {
        Sent::by(self.request_headers.iter(), name)
    }

    /// What is done to a response header, by its name in any case.
    pub fn answers_with(&self, name: &str) -> Vec<&ResponseHeader> {
        self.response_headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).collect()
    }

    /// A variable of the gateway, by its name as written; the last one counts.
    pub fn variable(&self, name: &str) -> Option<(&Text, Region)> {
        self.variables.iter().rev().find(|(known, ..)| **known == *name).map(|(_, text, at)| (text, *at))
    }

    /// The timeout of this kind.
    pub fn timeout(&self, which: Timeout) -> Option<&Stated<Arc<str>>> {
        self.timeouts.iter().rev().find(|(known, _)| *known == which).map(|(_, stated)| stated)
    }

    /// Whether everybody is turned away: `deny all` and nobody allowed before it.
    pub fn turns_everybody_away(&self) -> Option<Region> {
        match self.access.first() {
            Some(Stated { value: Access::Deny(who), at }) if matches!(&**who, "all" | "0.0.0.0/0") => *at,
            Some(_) | None => None,
        }
    }
}
