//! Front ends: what stands before Django, the same words for nginx, Apache httpd, Caddy, `HAProxy` and Traefik.
//!
//! A [`Front`] holds what one configuration says, with every inheritance rule of its program already applied: a [`Site`] has
//! the names it answers to, a [`Route`] has the headers that really go upstream from it. What a rule wants to know it asks
//! with a [`Request`]: [`Front::answers`] says who answers it, [`Route::forwards`] what Django would see of it.

mod answer;
mod condition;
mod handler;
mod header;
mod listener;
mod pattern;
mod request;
mod route;
mod site;
mod text;
mod traffic;

use std::sync::Arc;

pub use answer::{Answer, Stranger};
pub use condition::{Test, When};
pub use handler::{Address, Body, Fallback, Files, Handler, Protocol, Redirect, Respond, Server, Upstream};
pub use header::{Change, HeaderRule, ResponseHeader, Sent};
pub use listener::{Bind, Listener, Port};
pub use pattern::Pattern;
pub use request::{Request, Scheme};
pub use route::{Branch, Order, PathMatch, Route};
pub use site::{Name, Site, Tls};
pub use text::{Part, Piece, Text};
pub use traffic::{Access, Idle, Limit, Lost, Stated, Timeout, Traffic, Trust};

use crate::stage::Stage;
use crate::{ArtifactId, Region, Unknown};

/// Something that is known, or why it is not.
pub type Known<T> = Result<T, Unknown>;

/// One front end as one configuration describes it.
#[derive(Clone, Debug)]
pub struct Front {
    /// The program.
    pub kind: FrontKind,
    /// The file the reading began with; included files have ids of their own in the regions.
    pub artifact: ArtifactId,
    /// What the path says the file is for.
    pub class: Stage,
    /// How much of the program's configuration the files at hand are.
    pub scope: Scope,
    /// The sites, in the order of the configuration.
    pub sites: Vec<Site>,
    /// What answers a host that no site names.
    pub unmatched: Unmatched,
    /// What could not be found but is part of it: included files outside the project, modules' configuration.
    pub missing: Vec<Missing>,
    /// Pages of the program's own that show its inside, and where they are switched on: a status page, an open dashboard.
    pub exposed: Vec<(Arc<str>, Region)>,
    /// Who has the configuration, where that is no file of its own; empty for files, of which the picture knows it.
    pub uses: Vec<Use>,
}

/// A use of a configuration that stands inside another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The environment.
    pub environment: Arc<str>,
    /// The unit that has it; `None` where what serves the whole environment reads it.
    pub unit: Option<Arc<str>>,
    /// The path at which the unit has it.
    pub path: Arc<str>,
}

/// A program that stands in front of an application server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FrontKind {
    /// nginx, and what reads its configuration (`OpenResty`, `Angie`, Tengine).
    Nginx,
    /// Apache httpd.
    Apache,
    /// Caddy 2.
    Caddy,
    /// `HAProxy`.
    HaProxy,
    /// Traefik 2 and 3.
    Traefik,
    /// The controller of an Ingress of Kubernetes, whichever that is.
    Ingress,
    /// uWSGI, where it hands out files itself.
    Uwsgi,
}

impl FrontKind {
    /// Its name as its makers write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache httpd",
            Self::Caddy => "Caddy",
            Self::HaProxy => "HAProxy",
            Self::Traefik => "Traefik",
            Self::Ingress => "the Ingress",
            Self::Uwsgi => "uWSGI",
        }
    }
}

/// How much of a configuration was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// From the main file down: what is not here is not configured.
    Whole,
    /// A file that a main file elsewhere includes (`conf.d/default.conf`): sites that others may join, defaults that others
    /// may have changed.
    Sites,
    /// A piece of a site (a list of parameters, a few locations), read as if it stood in a site of its own.
    Fragment,
}

/// What answers a host that no site names.
#[derive(Clone, Debug, PartialEq)]
pub enum Unmatched {
    /// One of the sites: nginx's and Apache's default server.
    DefaultSite,
    /// The program itself, with this response: Caddy's empty 200, Traefik's 404.
    Program(Respond),
}

/// A file that the configuration names and that is not in the project.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// Its name or pattern as written.
    pub path: Arc<str>,
    /// Where it is named.
    pub at: Region,
    /// Whether it may hold whole sites, and not only parameters of one.
    pub may_hold_sites: bool,
}

impl Front {
    /// An empty front end.
    pub fn new(kind: FrontKind, artifact: ArtifactId, path: &str, scope: Scope) -> Self {
        Self {
            kind,
            artifact,
            class: Stage::of(path),
            scope,
            sites: Vec::new(),
            unmatched: Unmatched::DefaultSite,
            missing: Vec::new(),
            exposed: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Every route of every site, nested ones too, with its site.
    pub fn routes(&self) -> impl Iterator<Item = (&Site, &Route)> {
        self.sites.iter().flat_map(|site| site.all_routes().into_iter().map(move |route| (site, route)))
    }

    /// Every socket it listens on, with the site that says so.
    pub fn listeners(&self) -> impl Iterator<Item = (&Site, &Listener)> {
        self.sites.iter().flat_map(|site| site.listeners.iter().map(move |listener| (site, listener)))
    }

    /// Whether it is for developers: it has no names but those under `.test`, or speaks TLS for a developer's own machine,
    /// under a name or with a certificate of `localhost`, and under no name that others could know. (Plain `server_name localhost` is what nginx comes with, and says nothing.)
    pub fn is_developers(&self) -> bool {
        let local = |text: &str| ["localhost", "127.0.0.1", "127-0-0-1", ".nip.io"].iter().any(|word| text.contains(word));
        let named = |name: &Name| match name {
            Name::Exact(text) | Name::Below(text) | Name::Domain(text) | Name::OneBelow(text) => {
                text.contains('.') && !local(text)
            }
            Name::Any | Name::Empty => false,
            Name::Start(_) | Name::Pattern(_) | Name::One(_) | Name::Unknown(_) => true,
        };
        // No host of the internet ends so (RFC 6761, section 6.2).
        let reserved = |name: &Name| name.example().is_some_and(|host| host.rsplit('.').next() == Some("test"));
        let mut hosts =
            self.sites.iter().flat_map(|site| &site.names).filter(|it| !matches!(it, Name::Any | Name::Empty)).peekable();
        if hosts.peek().is_some() && hosts.all(reserved) {
            return true;
        }
        let own = |site: &Site| {
            site.names.iter().filter_map(Name::example).any(|host| local(&host))
                || site.tls.certificates.iter().any(|it| it.value.as_deref().is_ok_and(local))
        };
        let mut secure = self.sites.iter().filter(|site| site.speaks_tls().is_yes());
        secure.any(own) && !self.sites.iter().flat_map(|site| &site.names).any(named)
    }

    /// Whether all of what can answer requests was seen: nothing outside the project may add a site.
    pub fn is_whole(&self) -> bool {
        self.scope == Scope::Whole && !self.missing.iter().any(|missing| missing.may_hold_sites)
    }
}
