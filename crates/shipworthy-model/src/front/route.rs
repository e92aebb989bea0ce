//! Routes: which requests of a site get which handler.

use std::sync::Arc;

use super::{Handler, Lost, Pattern, Request, Sent, Traffic, When, condition};
use crate::{Region, Truth};

/// A route: requests that match get its handler.
#[derive(Clone, Debug)]
pub struct Route {
    /// The paths it is for.
    pub path: PathMatch,
    /// What else a request must fulfil.
    pub when: When,
    /// What it answers before its handler comes, in order.
    pub before: Vec<Branch>,
    /// What answers.
    pub handler: Handler,
    /// How it treats traffic, with everything inherited.
    pub traffic: Traffic,
    /// Routes inside it, which are asked once it is chosen.
    pub routes: Vec<Route>,
    /// Only reached from inside: an `internal` location, a named one.
    pub internal: bool,
    /// Its head: where it is declared.
    pub at: Region,
}

/// An answer under a condition, given before anything below it is looked at.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The condition.
    pub when: When,
    /// The answer.
    pub handler: Handler,
    /// How it treats traffic, where that differs from what is around it (nginx's `if` is a location of its own).
    pub traffic: Option<Box<Traffic>>,
    /// Where it is.
    pub at: Region,
}

/// The paths a route is for.
#[derive(Clone, Debug, PartialEq)]
pub enum PathMatch {
    /// Every path.
    Any,
    /// This path and no other.
    Exact(Arc<str>),
    /// Every path that begins with these characters: nginx's `/static` is for `/staticfiles` too. The flag says that no
    /// pattern is asked once it is the longest (nginx's `^~`).
    Prefix(Arc<str>, bool),
    /// This path and what is below it by whole names: Apache's `/static`.
    Below(Arc<str>),
    /// Paths in which the pattern is found.
    Pattern(Pattern),
    /// Paths of this form, where `*` stands for anything: Caddy's matchers.
    Glob(Arc<str>),
    /// No request comes here by its path, only by this name.
    Named(Arc<str>),
}

/// How a site chooses among its routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The first that matches.
    First,
    /// An exact path, else the longest prefix; unless that says `^~`, the first pattern comes before it. Patterns nested in the
    /// longest prefix come before those around it. (nginx, `ngx_http_core_find_location`.)
    LongestPrefix,
}

impl PathMatch {
    /// Whether a path is one of these.
    pub fn matches(&self, path: &str) -> Truth {
        match self {
            Self::Any => Truth::Yes,
            Self::Exact(own) => (**own == *path).into(),
            Self::Prefix(prefix, _) => path.starts_with(&**prefix).into(),
            Self::Below(prefix) => condition::is_at_or_below(path, prefix).into(),
            Self::Pattern(pattern) => pattern.finds(path),
            Self::Glob(form) => super::Test::Glob(vec![form.clone()], true).passes(path),
            Self::Named(_) => Truth::No,
        }
    }

    /// The literal text that every path of it begins with: `/static/`; empty where that is not known.
    pub fn stem(&self) -> &str {
        match self {
            Self::Exact(path) | Self::Prefix(path, _) | Self::Below(path) => path,
            Self::Glob(form) => form.split('*').next().unwrap_or_default(),
            Self::Pattern(pattern) => {
                let source = pattern.source.strip_prefix('^').unwrap_or_default();
                &source[..source.find(|it: char| !(it.is_ascii_alphanumeric() || "/-_".contains(it))).unwrap_or(source.len())]
            }
            Self::Any | Self::Named(_) => "",
        }
    }

    /// A path that is certainly one of these, where one can be made up: what it begins with, or what fits its pattern.
    pub fn example(&self) -> Option<String> {
        match self {
            Self::Pattern(pattern) => pattern.example().filter(|it| it.starts_with('/')),
            Self::Exact(_) | Self::Prefix(..) | Self::Below(_) | Self::Glob(_) | Self::Any | Self::Named(_) => {
                Some(self.stem().to_owned()).filter(|it| it.starts_with('/'))
            }
        }
    }
}

impl Route {
    /// A route whose place and handler are known and which treats traffic like its site.
    pub fn new(path: PathMatch, handler: Handler, traffic: Traffic, at: Region) -> Self {
        Self { path, when: When::Always, before: Vec::new(), handler, traffic, routes: Vec::new(), internal: false, at }
    }

    /// Whether a request matches it, apart from other routes that may come first.
    pub fn matches(&self, request: &Request) -> Truth {
        self.path.matches(&request.path).and(self.when.holds(request))
    }

    /// What of a header Django sees through this route, by its name in any case.
    pub fn forwards(&self, name: &str) -> Sent {
        self.traffic.forwards(name)
    }

    /// Every handler that may answer here: those under conditions, and its own.
    pub fn handlers(&self) -> impl Iterator<Item = &Handler> {
        self.before.iter().map(|branch| &branch.handler).chain(std::iter::once(&self.handler))
    }

    /// Headers an outer level sets for it and which it loses because it sets others of its own.
    pub fn lost(&self) -> &[Lost] {
        &self.traffic.lost
    }
}
