//! Virtual hosts of Apache: names, sockets, TLS, and the routes of proxies, aliases and the document root.

use std::sync::Arc;

use shipworthy_model::front::{
    Bind, Branch, Fallback, Files, Handler, Listener, Name, Order, Part, PathMatch, Pattern, Piece, Port, Protocol, Redirect,
    Respond, Route, Site, Stated, Test, Text, Tls, Traffic, Upstream, When,
};
use shipworthy_model::{Region, Unknown, Why};

use super::headers;
use super::lexer::{Directive, Word};
use super::values::{expression, perhaps, text};
use super::{proxy, rewrite};
use crate::fronts::template;

/// What the main server says, which every virtual host begins with.
pub(crate) struct Main<'a> {
    /// Its directives.
    pub(crate) directives: &'a [Directive],
    /// The ports it listens on, where it says so.
    pub(crate) listens: Vec<(Bind, Port, bool, Region)>,
    /// `<Proxy balancer://…>` sections anywhere.
    pub(crate) groups: Vec<&'a Directive>,
}

/// Reads a virtual host, or the main server where there is none (`addresses` is empty).
pub(crate) fn read(addresses: &[Word], own: &[Directive], main: &Main<'_>, at: Region) -> Site {
    let mut site = Site::new(Order::First, at);
    let last = |name: &str| own.iter().rev().chain(main.directives.iter().rev()).find(|it| it.name == name);
    let tls_on = last("sslengine").is_some_and(|it| matches!(it.word(0).to_ascii_lowercase().as_str(), "on" | "optional"));
    for directive in own.iter().filter(|it| matches!(it.name.as_str(), "servername" | "serveralias")) {
        for word in &directive.words {
            site.names.push(name(&word.text, word.at));
        }
    }
    for word in addresses {
        let (bind, port) = socket(&word.text, word.at);
        let port = port.unwrap_or(Port::Is(80));
        site.listeners.push(Listener { bind, port, ..Listener::any(0, tls_on, Some(word.at)) });
    }
    if addresses.is_empty() {
        let listeners = main.listens.iter().map(|(bind, port, tls, at)| Listener {
            bind: bind.clone(),
            port: port.clone(),
            ..Listener::any(0, *tls || tls_on, Some(*at))
        });
        site.listeners = listeners.collect();
    }
    site.tls = tls(own, main.directives);
    let mut traffic = headers::defaults();
    headers::apply(&mut traffic, main.directives, &When::Always);
    headers::apply(&mut traffic, own, &When::Always);
    site.traffic = traffic;
    site.before = rewrite::answers(own, false);
    site.before.extend(conditional(own));
    let mut routes = Routes { own, main, site: &mut site, excluded: Vec::new() };
    routes.proxies();
    routes.redirects();
    routes.aliases();
    routes.root();
    site
}

/// Answers inside `<If>` sections.
fn conditional(own: &[Directive]) -> Vec<Branch> {
    let mut branches = Vec::new();
    for section in own.iter().filter(|it| it.name == "if") {
        let written: Vec<&str> = section.words.iter().map(|word| word.text.as_str()).collect();
        let when = perhaps(section, expression(&written.join(" "), section));
        for (path, handler, at) in section.inside().iter().filter_map(redirect) {
            let under = if matches!(path, PathMatch::Any) { When::Always } else { under(&path) };
            branches.push(Branch { when: when.clone().and(under), handler, traffic: None, at });
        }
        for mut branch in rewrite::answers(section.inside(), false) {
            branch.when = when.clone().and(branch.when);
            branches.push(branch);
        }
    }
    branches
}

fn under(path: &PathMatch) -> When {
    match path {
        PathMatch::Below(path) => When::Path(Test::Below(vec![path.clone()])),
        PathMatch::Pattern(pattern) => When::Path(Test::Finds(vec![pattern.clone()])),
        PathMatch::Exact(path) => When::Path(Test::Is(vec![path.clone()], false)),
        PathMatch::Any | PathMatch::Prefix(..) | PathMatch::Glob(_) | PathMatch::Named(_) => When::Always,
    }
}

struct Routes<'a, 'b> {
    own: &'a [Directive],
    main: &'a Main<'a>,
    site: &'b mut Site,
    /// Paths that `ProxyPass … !` keeps from the proxy rules below it.
    excluded: Vec<Arc<str>>,
}

impl Routes<'_, '_> {
    fn all(&self) -> impl Iterator<Item = &Directive> {
        self.own.iter().chain(self.main.directives)
    }

    /// `ProxyPass` and its like come before redirects and aliases. (`mod_proxy`'s hook is first.)
    fn proxies(&mut self) {
        let last = |name: &str| self.own.iter().rev().chain(self.main.directives.iter().rev()).find(|it| it.name == name);
        let preserves = last("proxypreservehost").filter(|it| it.word(0).eq_ignore_ascii_case("on")).map(|it| it.at);
        let adds = last("proxyaddheaders").is_none_or(|it| !it.word(0).eq_ignore_ascii_case("off"));
        let mut found: Vec<(PathMatch, Word, Region, When)> = Vec::new();
        // Of sections the last that fits counts, and before what stands outside (`proxy_trans`; measured with 2.4).
        let mut of_sections: [Vec<(PathMatch, Word, Region, When)>; 2] = Default::default();
        let mains = self.main.directives.iter().map(|it| (1, it));
        for (rank, directive) in self.own.iter().map(|it| (0, it)).chain(mains) {
            match (directive.name.as_str(), directive.words.as_slice()) {
                ("proxypass" | "proxypassmatch", [path, target, ..]) => {
                    let matcher = matcher(path, directive.name.ends_with("match"));
                    found.push((matcher, target.clone(), directive.at, perhaps(directive, When::Always)));
                }
                ("location" | "locationmatch", [.., path]) => {
                    let is_pattern = directive.name.ends_with("match") || directive.word(0) == "~";
                    for inner in directive.inside().iter().filter(|it| matches!(it.name.as_str(), "proxypass" | "proxypassmatch"))
                    {
                        if let Some(target) = inner.words.first() {
                            let when = perhaps(inner, When::Always);
                            of_sections[rank].push((matcher(path, is_pattern), target.clone(), inner.at, when));
                        }
                    }
                    for inner in directive.inside().iter().filter(|it| it.name == "sethandler") {
                        if let Some(target) = inner.words.first().filter(|word| word.text.starts_with("proxy:")) {
                            found.push((matcher(path, is_pattern), target.clone(), inner.at, perhaps(inner, When::Always)));
                        }
                    }
                }
                ("filesmatch" | "files", [.., path]) => {
                    for inner in directive.inside().iter().filter(|it| it.name == "sethandler") {
                        if let Some(target) = inner.words.first().filter(|word| word.text.starts_with("proxy:")) {
                            found.push((
                                PathMatch::Pattern(Pattern::new(&path.text, false, Some(path.at))),
                                target.clone(),
                                inner.at,
                                When::Always,
                            ));
                        }
                    }
                }
                _ => {}
            }
        }
        let of_sections = of_sections.into_iter().flat_map(|sections| sections.into_iter().rev());
        for (path, target, at, when) in of_sections.chain(found) {
            if target.text == "!" {
                self.excluded.push(path.stem().into());
                continue;
            }
            let target = Word { text: target.text.strip_prefix("proxy:").unwrap_or(&target.text).to_owned(), at: target.at };
            let mut upstream = proxy::upstream(&target, at);
            proxy::members(&mut upstream, &self.main.groups);
            let mut traffic = self.site.traffic.clone();
            self.sections(&path, None, &mut traffic);
            if !upstream.protocol.is_gateway() {
                let host =
                    target.text.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default().to_owned();
                traffic.request_headers.extend(headers::forwarded(adds, preserves, &host));
            }
            let mut route = Route::new(path, Handler::Proxy(upstream), traffic, at);
            let kept =
                if self.excluded.is_empty() { When::Always } else { When::Path(Test::Below(self.excluded.clone())).negated() };
            route.when = when.and(kept);
            self.site.routes.push(route);
        }
    }

    fn redirects(&mut self) {
        let found: Vec<_> =
            self.own.iter().chain(self.main.directives).filter_map(|it| redirect(it).map(|made| (made, it.clone()))).collect();
        for ((path, handler, at), directive) in found {
            let mut route = Route::new(path, handler, self.site.traffic.clone(), at);
            route.when = perhaps(&directive, When::Always);
            self.site.routes.push(route);
        }
    }

    fn aliases(&mut self) {
        let found: Vec<Directive> = self.all().filter(|it| it.words.len() > 1).cloned().collect();
        for directive in &found {
            let is_pattern = directive.name.ends_with("match");
            if matches!(directive.name.as_str(), "alias" | "aliasmatch" | "scriptalias" | "scriptaliasmatch") {
                let path = matcher(&directive.words[0], is_pattern);
                let folder = text(&directive.words[1]);
                let mut traffic = self.site.traffic.clone();
                self.sections(&path, folder.as_literal().as_deref(), &mut traffic);
                let handler = if directive.name.starts_with("script") {
                    Handler::Execute("CGI".into(), directive.at)
                } else {
                    files(folder, true, &traffic, Some(directive.at))
                };
                self.push(path, handler, traffic, directive);
            }
        }
        for directive in &found {
            if matches!(directive.name.as_str(), "wsgiscriptalias" | "wsgiscriptaliasmatch") {
                let path = matcher(&directive.words[0], directive.name.ends_with("match"));
                let script = text(&directive.words[1]);
                let mut traffic = self.site.traffic.clone();
                self.sections(&path, script.as_literal().as_deref(), &mut traffic);
                let upstream = Upstream {
                    protocol: Protocol::Embedded,
                    servers: Vec::new(),
                    name: None,
                    path: None,
                    script: Some(script),
                    at: directive.at,
                };
                self.push(path, Handler::Proxy(upstream), traffic, directive);
            }
        }
    }

    /// The document root, for what nothing else is for; and handlers that sections set for paths.
    fn root(&mut self) {
        let pages: Vec<Directive> = self.all().filter(|it| it.name == "location").cloned().collect();
        for section in &pages {
            let handler = section.inside().iter().find(|it| it.name == "sethandler").map(|it| (it.word(0).to_owned(), it.at));
            if let (Some((name, at)), Some(path)) = (handler, section.words.last())
                && matches!(name.as_str(), "server-status" | "server-info" | "balancer-manager")
            {
                let mut traffic = self.site.traffic.clone();
                let path = matcher(path, false);
                self.sections(&path, None, &mut traffic);
                let handler =
                    Handler::Respond(Respond { status: Ok(200), body: shipworthy_model::front::Body::Stock, at: Some(at) });
                self.push(path, handler, traffic, section);
            }
        }
        let root = self.all().filter(|it| it.name == "documentroot").last().cloned();
        let own = self.own.iter().rev().find(|it| it.name == "documentroot").cloned().or(root);
        let Some(directive) = own else { return };
        let Some(word) = directive.words.first() else { return };
        let folder = text(word);
        let mut traffic = self.site.traffic.clone();
        self.sections(&PathMatch::Any, folder.as_literal().as_deref(), &mut traffic);
        let mut handler = files(folder, false, &traffic, Some(directive.at));
        let fallback =
            self.all().find(|it| it.name == "fallbackresource").and_then(|it| it.words.first()).map(|word| (text(word), word.at));
        if let (Handler::Files(files), Some((target, at))) = (&mut handler, fallback) {
            files.fallback = Fallback::Path(target, at);
        }
        self.push(PathMatch::Any, handler, traffic, &directive);
    }

    fn push(&mut self, path: PathMatch, handler: Handler, traffic: Traffic, directive: &Directive) {
        let denied = traffic.turns_everybody_away();
        let mut route = Route::new(path, handler, traffic, directive.at);
        route.when = perhaps(directive, When::Always);
        if let Some(at) = denied {
            let handler = Handler::Respond(Respond::status(403, Some(at)));
            route.before.push(Branch { when: When::Always, handler, traffic: None, at });
        }
        self.site.routes.push(route);
    }

    /// Carries out the sections that a route's requests pass: those of folders its files lie in, then those of its paths.
    /// A section for a part of them counts for that part only.
    fn sections(&self, path: &PathMatch, folder: Option<&str>, traffic: &mut Traffic) {
        self.merge(path, folder, traffic);
        // What is for a file of its folder by name comes after what is for folders.
        let Some((folder, file)) = folder.and_then(|folder| folder.rsplit_once('/')) else { return };
        for directive in self.main.directives.iter().chain(self.own).filter(|it| it.name == "directory") {
            let written = directive.words.last().map_or("", |word| word.text.trim_end_matches('/'));
            if folder == written || below(folder, written) {
                for inner in directive.inside().iter().filter(|it| it.name == "files" && it.word(0) == file) {
                    headers::apply(traffic, inner.inside(), &perhaps(directive, When::Always));
                }
            }
        }
    }

    fn merge(&self, path: &PathMatch, folder: Option<&str>, traffic: &mut Traffic) {
        for directive in self.main.directives.iter().chain(self.own) {
            let Some(word) = directive.words.last() else { continue };
            let written = word.text.trim_end_matches('/');
            match directive.name.as_str() {
                "directory" => {
                    let Some(folder) = folder else { continue };
                    let folder = folder.trim_end_matches('/');
                    if folder == written || below(folder, written) || written.is_empty() {
                        headers::apply(traffic, directive.inside(), &perhaps(directive, When::Always));
                    } else if let Some(rest) = folder_rest(written, folder) {
                        let part = format!("{}{rest}", path.stem().trim_end_matches('/'));
                        only_headers(traffic, directive, &When::Path(Test::Below(vec![part.into()])));
                    }
                }
                "location" if directive.words.len() == 1 => {
                    if below(path.stem().trim_end_matches('/'), written) || path.stem().trim_end_matches('/') == written {
                        headers::apply(traffic, directive.inside(), &perhaps(directive, When::Always));
                    } else if written.starts_with(path.stem()) {
                        only_headers(traffic, directive, &When::Path(Test::Below(vec![written.into()])));
                    }
                }
                "locationmatch" | "location" => {
                    let pattern = Pattern::new(&word.text, false, Some(word.at));
                    only_headers(traffic, directive, &When::Path(Test::Finds(vec![pattern])));
                }
                "filesmatch" if folder.is_some() => {
                    let pattern = Pattern::new(&word.text, false, Some(word.at));
                    only_headers(traffic, directive, &When::Path(Test::Finds(vec![pattern])));
                }
                _ => {}
            }
        }
    }
}

/// Of a section for a part of a route's paths only the headers count, under the condition.
fn only_headers(traffic: &mut Traffic, directive: &Directive, when: &When) {
    let is_header = |it: &&Directive| matches!(it.name.as_str(), "header" | "requestheader");
    let inside: Vec<Directive> = directive.inside().iter().filter(is_header).cloned().collect();
    headers::apply(traffic, &inside, &perhaps(directive, when.clone()));
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn folder_rest<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder).filter(|rest| rest.starts_with('/'))
}

fn files(folder: Text, strips: bool, traffic: &Traffic, at: Option<Region>) -> Handler {
    let listing = traffic.listing.clone();
    Handler::Files(Files { folder, strips, tries: Vec::new(), fallback: Fallback::Status(404), listing, at })
}

fn matcher(path: &Word, is_pattern: bool) -> PathMatch {
    if is_pattern {
        return PathMatch::Pattern(Pattern::new(&path.text, false, Some(path.at)));
    }
    match path.text.trim_end_matches('/') {
        "" => PathMatch::Any,
        // `Alias /static/` is for what begins so, `Alias /static` for whole names.
        _ if path.text.ends_with('/') => PathMatch::Prefix(path.text.as_str().into(), false),
        bare => PathMatch::Below(bare.into()),
    }
}

/// `Redirect [status] [path] target` and its like.
fn redirect(directive: &Directive) -> Option<(PathMatch, Handler, Region)> {
    let at = directive.at;
    let words: &[Word] = &directive.words;
    let (status, rest) = match directive.name.as_str() {
        "redirectpermanent" => (301, words),
        "redirecttemp" => (302, words),
        "redirect" | "redirectmatch" => match directive.word(0) {
            "permanent" => (301, &words[1..]),
            "temp" => (302, &words[1..]),
            "seeother" => (303, &words[1..]),
            "gone" => (410, &words[1..]),
            code if code.len() == 3 && code.parse::<u16>().is_ok() => (code.parse().unwrap_or(302), &words[1..]),
            _ => (302, words),
        },
        _ => return None,
    };
    let path = rest.first()?;
    let matcher = matcher(path, directive.name.ends_with("match"));
    if !(300..400).contains(&status) {
        return Some((matcher, Handler::Respond(Respond::status(status, Some(at))), at));
    }
    let mut target = text(rest.get(1)?);
    if !directive.name.ends_with("match") {
        // What follows the path comes along.
        if matcher == PathMatch::Any {
            if let Some(Piece::Literal(last)) = target.pieces.last_mut()
                && let Some(bare) = last.strip_suffix('/')
            {
                *last = bare.into();
            }
            target.pieces.push(Piece::Part(Part::Uri));
        } else {
            target.pieces.push(Piece::Part(Part::Input("1".into())));
        }
    }
    Some((matcher, Handler::Redirect(Redirect { status: Ok(status), target, at }), at))
}

/// A name of a host; an alias may have stars and question marks.
fn name(written: &str, at: Region) -> Name {
    if let Some(why) = template::unknown(written, at) {
        return Name::One(why);
    }
    let bare = written.split_once("://").map_or(written, |(_, rest)| rest);
    let bare = bare.split(':').next().unwrap_or(bare);
    match bare.strip_prefix("*.").filter(|rest| !rest.contains(['*', '?'])) {
        Some(domain) => Name::Below(domain.into()),
        None if bare == "*" => Name::Any,
        None if bare.contains(['*', '?']) => {
            let source: String = bare
                .chars()
                .map(|it| match it {
                    '*' => ".*".to_owned(),
                    '?' => ".".to_owned(),
                    it if it.is_ascii_alphanumeric() || it == '-' => it.to_string(),
                    it => format!("\\{it}"),
                })
                .collect();
            Name::Pattern(Pattern::new(&format!("^{source}$"), true, Some(at)))
        }
        None => Name::Exact(bare.into()),
    }
}

/// The address and port of a virtual host or a `Listen`.
pub(crate) fn socket(written: &str, at: Region) -> (Bind, Option<Port>) {
    let (host, port) = match written.rsplit_once(':') {
        Some((host, port)) if !written.ends_with(']') => (host, Some(port)),
        Some(_) | None if written.bytes().all(|byte| byte.is_ascii_digit()) && !written.is_empty() => ("*", Some(written)),
        Some(_) | None => (written, None),
    };
    let bind = match host.trim_matches(['[', ']']) {
        "*" | "_default_" | "0.0.0.0" | "" | "::" => Bind::Any,
        host => match (host.parse(), template::unknown(host, at)) {
            (Ok(address), _) => Bind::Ip(address),
            (Err(_), Some(why)) => Bind::Unknown(why),
            (Err(_), None) => Bind::Name(host.into()),
        },
    };
    let unclear = |port: &str| {
        let made = || Unknown::new(Why::Unsupported(format!("the port `{port}`").into()), Some(at));
        Port::Unknown(template::unknown(port, at).unwrap_or_else(made))
    };
    let port = port.map(|port| port.parse().map_or_else(|_| unclear(port), Port::Is));
    (bind, port)
}

fn tls(own: &[Directive], main: &[Directive]) -> Tls {
    let last = |name: &str| own.iter().rev().chain(main.iter().rev()).find(|it| it.name == name);
    let paths = |name: &str| -> Vec<Stated<Result<Arc<str>, Unknown>>> {
        let made = |it: &Directive| {
            let known = template::unknown(it.word(0), it.at).map_or_else(|| Ok(Arc::from(it.word(0))), Err);
            Stated::at(known, it.at)
        };
        own.iter().chain(main).filter(|it| it.name == name).map(made).collect()
    };
    Tls {
        protocols: last("sslprotocol").map(|it| Stated::at(versions(it), it.at)),
        ciphers: last("sslciphersuite").map(|it| Stated::at(it.words.last().map_or("", |word| &word.text).into(), it.at)),
        certificates: paths("sslcertificatefile"),
        keys: paths("sslcertificatekeyfile"),
        rejects: None,
        automatic: false,
        asks_clients: last("sslverifyclient").map(|it| Stated::at(!it.word(0).eq_ignore_ascii_case("none"), it.at)),
    }
}

/// `SSLProtocol all -SSLv3 -TLSv1`: words add and take away, a bare one stands alone.
fn versions(directive: &Directive) -> Vec<Arc<str>> {
    const ALL: [&str; 5] = ["sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
    let mut kept: Vec<&str> = Vec::new();
    for word in &directive.words {
        let text = word.text.to_ascii_lowercase();
        let (adds, name) = match text.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, text.strip_prefix('+').unwrap_or(&text)),
        };
        for version in ALL.iter().filter(|version| name == "all" && **version != "sslv3" || **version == name) {
            kept.retain(|known| known != version);
            if adds {
                kept.push(version);
            }
        }
    }
    kept.into_iter().map(Arc::from).collect()
}
