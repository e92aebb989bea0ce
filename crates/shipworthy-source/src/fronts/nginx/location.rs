//! Locations of nginx: which paths they are for, and what answers in them.

use shipworthy_model::front::{
    Address, Body, Branch, Fallback, Files, Handler, PathMatch, Pattern, Protocol, Redirect, Respond, Route, Server, Stated,
    Test, Text, Traffic, Upstream, When,
};
use shipworthy_model::{Notice, Region, Unknown, Why};

use super::level::{self, Level};
use super::lexer::Directive;
use super::maps::{condition, perhaps};
use super::traffic;
use super::values::{self, Names, Scope};

/// What reading locations needs and gathers.
pub(crate) struct Locations<'a> {
    /// Variables and groups of servers.
    pub(crate) names: &'a Names<'a>,
    /// What could not be understood.
    pub(crate) notices: Vec<Notice>,
    /// Pages of nginx's own that show its inside.
    pub(crate) exposed: Vec<(std::sync::Arc<str>, Region)>,
}

const PASSES: [&str; 6] = ["proxy_pass", "uwsgi_pass", "fastcgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/// What a level does in its rewrite phase: the answers it gives, in order, and those `if`s that only change settings.
#[derive(Default)]
pub(crate) struct Phase {
    /// Answers.
    pub(crate) answers: Vec<Branch>,
    /// `if`s that choose other settings or another handler; the last that holds counts.
    pub(crate) variants: Vec<Branch>,
}

impl Phase {
    /// Adds an answer. An `if` above it that holds has changed the settings it is given with.
    fn answer(&mut self, branch: Branch) {
        for variant in self.variants.iter().rev() {
            let when = variant.when.clone().and(branch.when.clone());
            self.answers.push(Branch { when, traffic: variant.traffic.clone(), ..branch.clone() });
        }
        self.answers.push(branch);
    }
}

impl Locations<'_> {
    /// Every location directly inside a level.
    pub(crate) fn inside(&mut self, level: &Level<'_>, scope: &Scope, depth: usize) -> Vec<Route> {
        const DEEPEST: usize = 20;
        if depth > DEEPEST {
            return Vec::new();
        }
        let locations = level.own.iter().filter(|directive| directive.name == "location" && directive.block.is_some());
        locations.filter_map(|directive| self.location(directive, level, scope, depth)).collect()
    }

    fn location(&mut self, directive: &Directive, around: &Level<'_>, scope: &Scope, depth: usize) -> Option<Route> {
        let Some(path) = matcher(directive) else {
            self.notices.push(Notice::at(directive.at, "this location has no path that can be read"));
            return None;
        };
        let level = Level { own: directive.inside(), around: Some(around) };
        let mut scope = scope.clone();
        if let PathMatch::Pattern(pattern) = &path {
            values::remember_groups(&pattern.source, directive.at, &mut scope);
        }
        let internal = level.own.iter().any(|inner| inner.name == "internal") || matches!(path, PathMatch::Named(_));
        let mut phase = self.rewrites(&level, &mut scope, None);
        let (handler, traffic) = self.handler(&level, &scope, None);
        if let Some((when, at)) = traffic::refused(&traffic) {
            phase.answer(Branch { when, handler: Handler::Respond(Respond::status(403, Some(at))), traffic: None, at });
        }
        let mut before = phase.answers;
        before.extend(phase.variants.into_iter().rev());
        let when = perhaps(directive, When::Always);
        let routes = self.inside(&level, &scope, depth + 1);
        Some(Route { path, when, before, handler, traffic, routes, internal, at: directive.at })
    }

    /// The directives of the rewrite phase, in order. `around` is the condition of the `if` they stand in.
    pub(crate) fn rewrites(&mut self, level: &Level<'_>, scope: &mut Scope, around: Option<&When>) -> Phase {
        let mut phase = Phase::default();
        let mut pending = Vec::new();
        for directive in level.own {
            let when = perhaps(directive, around.cloned().unwrap_or(When::Always));
            match directive.name.as_str() {
                "set" => {
                    if let (Some(name), Some(value)) = (directive.word(0).strip_prefix('$'), directive.words.get(1)) {
                        let text = self.names.text(value, scope);
                        values::set(scope, name, &when, text);
                    }
                }
                "return" => {
                    let handler = self.returned(directive, scope);
                    phase.answer(Branch { when, handler, traffic: None, at: directive.at });
                }
                "rewrite" => {
                    // Without a flag the directives below are still carried out, and may answer.
                    let goes_on = directive.word(2).is_empty();
                    match self.rewritten(directive, when, scope) {
                        Some(branch) if goes_on && matches!(branch.handler, Handler::Rewrite(..)) => pending.push(branch),
                        Some(branch) => phase.answer(branch),
                        None => {}
                    }
                }
                "if" if around.is_none() => self.conditional(directive, level, scope, &mut phase),
                _ => {}
            }
        }
        for branch in pending {
            phase.answer(branch);
        }
        phase
    }

    fn conditional(&mut self, directive: &Directive, level: &Level<'_>, scope: &mut Scope, phase: &mut Phase) {
        for word in directive.words.iter().skip(1) {
            values::remember_groups(&word.text, word.at, scope);
        }
        let when = perhaps(directive, condition(self.names, directive, scope));
        let inner = Level { own: directive.inside(), around: Some(level) };
        let inside = self.rewrites(&inner, scope, Some(&when));
        let answers = !inside.answers.is_empty();
        for branch in inside.answers {
            phase.answer(branch);
        }
        let changes = |inner: &Directive| !matches!(inner.name.as_str(), "set" | "return" | "rewrite" | "break" | "rewrite_log");
        if !answers && directive.inside().iter().any(changes) {
            let (handler, traffic) = self.handler(&inner, scope, Some(level));
            phase.variants.push(Branch { when, handler, traffic: Some(Box::new(traffic)), at: directive.at });
        }
    }

    fn returned(&self, directive: &Directive, scope: &Scope) -> Handler {
        let at = directive.at;
        let status = directive.word(0).parse::<u16>();
        match (status, directive.words.get(1), directive.words.first()) {
            (Ok(status @ (301 | 302 | 303 | 307 | 308)), Some(target), _) => {
                Handler::Redirect(Redirect { status: Ok(status), target: self.names.text(target, scope), at })
            }
            (Ok(status), Some(text), _) => {
                let body = Body::Text(self.names.text(text, scope));
                Handler::Respond(Respond { status: Ok(status), body, at: Some(at) })
            }
            (Ok(status), None, _) => Handler::Respond(Respond::status(status, Some(at))),
            (Err(_), None, Some(target)) if is_url(&target.text) => {
                Handler::Redirect(Redirect { status: Ok(302), target: self.names.text(target, scope), at })
            }
            (Err(_), Some(target), Some(status)) if is_url(&target.text) => {
                let status = Err(level::unclear(&status.text, at));
                Handler::Redirect(Redirect { status, target: self.names.text(target, scope), at })
            }
            (Err(_), _, Some(status)) => Handler::Unknown(level::unclear(&status.text, at)),
            (Err(_), _, None) => Handler::Unknown(Unknown::new(Why::Unsupported("an empty return".into()), Some(at))),
        }
    }

    fn rewritten(&self, directive: &Directive, when: When, scope: &mut Scope) -> Option<Branch> {
        let (pattern, target) = (directive.words.first()?, directive.words.get(1)?);
        let flag = directive.word(2);
        values::remember_groups(&pattern.text, pattern.at, scope);
        let at = directive.at;
        let found = Pattern::new(&pattern.text, false, Some(pattern.at));
        let when = when.and(
            if matches!(&*found.source, "^" | "^/" | ".*" | "^.*" | "^(.*)" | "^(.*)$" | "^.*$" | "^/(.*)" | "^/(.*)$" | "(.*)") {
                When::Always
            } else {
                When::Path(Test::Finds(vec![found]))
            },
        );
        let mut text = self.names.text(target, scope);
        let is_redirect = matches!(flag, "redirect" | "permanent") || is_url(&target.text);
        let handler = if is_redirect {
            // The query comes along unless the target ends in a question mark.
            match target.text.strip_suffix('?') {
                Some(bare) => text = self.names.parse(bare, target.at, scope),
                None if !target.text.contains("$request_uri") => {
                    use shipworthy_model::front::{Part, Piece};
                    text.pieces.extend([Piece::Part(Part::QueryMark), Piece::Part(Part::Query)]);
                }
                None => {}
            }
            let status = if flag == "permanent" { 301 } else { 302 };
            Handler::Redirect(Redirect { status: Ok(status), target: text, at })
        } else if flag == "break" {
            return None;
        } else {
            Handler::Rewrite(text, at)
        };
        Some(Branch { when, handler, traffic: None, at })
    }

    /// What answers at a level, and how it treats traffic. `outer` is the level whose handler an `if` takes over.
    pub(crate) fn handler(&mut self, level: &Level<'_>, scope: &Scope, outer: Option<&Level<'_>>) -> (Handler, Traffic) {
        let own = |level: &Level<'_>| level.own.iter().rposition(|directive| PASSES.contains(&directive.name.as_str()));
        let pass = own(level).map(|index| &level.own[index]).or_else(|| outer.and_then(|it| own(it).map(|index| &it.own[index])));
        let Some(pass) = pass else {
            let traffic = traffic::of(self.names, level, scope, None);
            return (self.content(level, scope, &traffic), traffic);
        };
        let mut scope = scope.clone();
        let (upstream, host) = self.upstream(pass, level, &scope);
        scope.upstream = Some(host);
        let traffic = traffic::of(self.names, level, &scope, Some(&pass.name));
        (Handler::Proxy(upstream), traffic)
    }

    /// What answers where nothing is passed on: a page of nginx's own, a script, or files.
    fn content(&mut self, level: &Level<'_>, scope: &Scope, traffic: &Traffic) -> Handler {
        for directive in level.own {
            match directive.name.as_str() {
                "stub_status" | "vhost_traffic_status_display" | "check_status" => {
                    self.exposed.push((directive.name.as_str().into(), directive.at));
                    return Handler::Respond(Respond { status: Ok(200), body: Body::Stock, at: Some(directive.at) });
                }
                "empty_gif" | "echo" => return Handler::Respond(Respond::status(200, Some(directive.at))),
                name if name.starts_with("content_by_") || matches!(name, "js_content" | "perl" | "njs_content") => {
                    let why = Why::Unsupported(format!("`{name}`").into());
                    return Handler::Unknown(Unknown::new(why, Some(directive.at)));
                }
                _ => {}
            }
        }
        self.files(level, scope, traffic)
    }

    fn files(&self, level: &Level<'_>, scope: &Scope, traffic: &Traffic) -> Handler {
        let mut next = Some(level);
        let mut said = None;
        while let Some(level) = next {
            said = level.own.iter().rev().find(|directive| matches!(directive.name.as_str(), "root" | "alias"));
            next = if said.is_some() { None } else { level.around };
        }
        let tries = level.own.iter().rev().find(|directive| directive.name == "try_files");
        if said.is_none() && tries.is_none() {
            return Handler::Nothing;
        }
        let mut fallback = Fallback::Status(404);
        let mut candidates = Vec::new();
        if let Some(tries) = tries
            && let Some((last, names)) = tries.words.split_last()
        {
            candidates = names.iter().map(|word| self.names.text(word, scope)).collect();
            fallback = match last.text.as_bytes().first() {
                Some(b'=') => Fallback::Status(last.text[1..].parse().unwrap_or(404)),
                Some(b'@') => Fallback::Named(last.text.as_str().into(), last.at),
                Some(_) | None => Fallback::Path(self.names.text(last, scope), last.at),
            };
        }
        if fallback == Fallback::Status(404) {
            let page = traffic.error_pages.iter().find(|(codes, ..)| codes.contains(&404));
            if let Some((_, target, at)) = page
                && let Some(name) = target.as_literal().filter(|name| name.starts_with('@'))
            {
                fallback = Fallback::Named(name.into(), *at);
            }
        }
        // `root`, default `html`.
        let folder = said
            .and_then(|said| said.words.first())
            .map_or_else(|| Text::literal("html", None), |word| self.names.text(word, scope));
        Handler::Files(Files {
            folder,
            strips: said.is_some_and(|said| said.name == "alias"),
            tries: candidates,
            fallback,
            listing: traffic.listing.clone().filter(|stated: &Stated<bool>| stated.at.is_some()),
            at: said.map(|said| said.at),
        })
    }

    /// The servers of a pass directive, and the host that `$proxy_host` means.
    fn upstream(&self, pass: &Directive, level: &Level<'_>, scope: &Scope) -> (Upstream, Text) {
        let at = pass.at;
        let Some(word) = pass.words.first() else {
            let unknown = Unknown::new(Why::Unsupported("an empty target".into()), Some(at));
            let server = Server { address: Err(unknown.clone()), at: Some(at) };
            let upstream = Upstream { protocol: Protocol::Http, servers: vec![server], name: None, path: None, script: None, at };
            return (upstream, Text::unknown(unknown, Some(at)));
        };
        let text = self.names.text(word, scope);
        let (mut protocol, schemes): (Protocol, &[&str]) = match pass.name.as_str() {
            "uwsgi_pass" => (Protocol::Uwsgi, &["uwsgi://", "suwsgi://"]),
            "fastcgi_pass" => (Protocol::FastCgi, &[]),
            "scgi_pass" => (Protocol::Scgi, &[]),
            "grpc_pass" => (Protocol::Http2, &["grpc://", "grpcs://"]),
            "memcached_pass" => (Protocol::Tcp, &[]),
            _ => (Protocol::Http, &["http://", "https://"]),
        };
        let written = text.as_literal().or_else(|| {
            // `http://app:8000$request_uri`: the servers are known, the rest is the request's.
            let start = text.start();
            let after = start.split_once("://").map_or("", |(_, rest)| rest);
            let next = text.pieces.get(1);
            let is_path =
                after.contains('/') || next == Some(&shipworthy_model::front::Piece::Part(shipworthy_model::front::Part::Uri));
            (!after.is_empty() && is_path).then(|| start.to_owned())
        });
        let Some(written) = written else {
            if text.start().starts_with("https://") {
                protocol = Protocol::Https;
            }
            let unknown = text.unknown_piece().cloned().unwrap_or_else(|| level::unclear(&word.text, word.at));
            let servers =
                self.alternatives(&text, word.at).unwrap_or_else(|| vec![Server { address: Err(unknown), at: Some(at) }]);
            let mut host = text.clone();
            if let Some(shipworthy_model::front::Piece::Literal(first)) = host.pieces.first_mut() {
                let rest = first.split_once("://").map_or(&**first, |(_, rest)| rest);
                *first = rest.into();
            }
            return (Upstream { protocol, servers, name: None, path: None, script: None, at }, host);
        };
        if written.starts_with("https://") {
            protocol = Protocol::Https;
        }
        let rest = schemes.iter().find_map(|scheme| written.strip_prefix(scheme)).unwrap_or(&written);
        let (authority, path) = match rest.strip_prefix("unix:") {
            // The path of the socket ends at the next colon.
            Some(socket) => match socket.split_once(':') {
                Some((socket, path)) => (format!("unix:{socket}"), Some(path)),
                None => (rest.to_owned(), None),
            },
            None => match rest.find('/') {
                Some(slash) => (rest[..slash].to_owned(), Some(&rest[slash..])),
                None => (rest.to_owned(), None),
            },
        };
        let is_http = pass.name == "proxy_pass";
        let path = path.filter(|_| is_http).map(|path| Text::literal(path, Some(word.at)));
        let (servers, name) = self.servers(&authority, word.at);
        let script = level.list("fastcgi_param").into_iter().rev().find(|said| said.word(0) == "SCRIPT_FILENAME");
        let script = script
            .filter(|_| protocol == Protocol::FastCgi)
            .and_then(|said| said.words.get(1))
            .map(|word| self.names.text(word, scope));
        let host = if authority.starts_with("unix:") { "localhost".to_owned() } else { usual(&authority, protocol) };
        (Upstream { protocol, servers, name, path, script, at }, Text::literal(&host, Some(word.at)))
    }

    /// The servers of a text that is one of several literals.
    fn alternatives(&self, text: &Text, at: Region) -> Option<Vec<Server>> {
        use shipworthy_model::front::Piece;
        let [Piece::Literal(scheme), Piece::Choice(choices)] = text.pieces.as_slice() else { return None };
        let rest = scheme.split_once("://").map(|(_, rest)| rest).filter(|rest| rest.is_empty())?;
        let known = choices.iter().map(|(_, text)| text.as_literal()).collect::<Option<Vec<String>>>()?;
        Some(known.iter().flat_map(|name| self.servers(&format!("{rest}{name}"), at).0).collect())
    }

    /// The servers of a group, or the one that an address names.
    fn servers(&self, authority: &str, at: Region) -> (Vec<Server>, Option<std::sync::Arc<str>>) {
        let address = |text: &str, at: Region| Server {
            address: match crate::fronts::template::unknown(text, at) {
                Some(why) => Err(why),
                None => Ok(Address::parse(text)),
            },
            at: Some(at),
        };
        match self.names.upstreams.get(authority) {
            Some(group) => {
                let servers = group.inside().iter().filter(|inner| inner.name == "server");
                (servers.map(|inner| address(inner.word(0), inner.at)).collect(), Some(authority.into()))
            }
            None => (vec![address(authority, at)], None),
        }
    }
}

/// The host as nginx sends it: without the port that the scheme means.
fn usual(authority: &str, protocol: Protocol) -> String {
    let usual = if protocol == Protocol::Https { ":443" } else { ":80" };
    authority.strip_suffix(usual).unwrap_or(authority).to_owned()
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "$scheme"].iter().any(|start| text.starts_with(start))
        || text.starts_with("{{")
        || text.starts_with("${")
}

/// The paths of a location: `= /a`, `^~ /a`, `~ a`, `~* a`, `/a`, `@a`; the modifier may stick to the path.
fn matcher(directive: &Directive) -> Option<PathMatch> {
    let (modifier, path) = match directive.words.as_slice() {
        [path] => {
            let text = path.text.as_str();
            let modifier = ["^~", "~*", "=", "~"].into_iter().find(|modifier| text.starts_with(modifier)).unwrap_or("");
            (modifier, &text[modifier.len()..])
        }
        [modifier, path] => (modifier.text.as_str(), path.text.as_str()),
        _ => return None,
    };
    let pattern = |fold| PathMatch::Pattern(Pattern::new(path, fold, Some(directive.at)));
    Some(match modifier {
        "" if path.starts_with('@') => PathMatch::Named(path.into()),
        "" => PathMatch::Prefix(path.into(), false),
        "=" => PathMatch::Exact(path.into()),
        "^~" => PathMatch::Prefix(path.into(), true),
        "~" => pattern(false),
        "~*" => pattern(true),
        _ => return None,
    })
}
