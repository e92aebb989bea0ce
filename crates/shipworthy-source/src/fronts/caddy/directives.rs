//! Directives of a Caddy site: sorted as Caddy sorts them, and made into routes.

use shipworthy_model::front::{
    Access, Body, Branch, Fallback, Files, Handler, Limit, PathMatch, Redirect, Respond, Route, Site, Stated, Test, Text,
    Traffic, When,
};
use shipworthy_model::{Region, Unknown, Why};

use super::headers;
use super::lexer::{Line, Word};
use super::proxy;
use super::site::Options;
use super::values::{self, Matchers, matched, text};

/// The order in which Caddy carries directives out. (`httpcaddyfile/directives.go`.)
const ORDER: [&str; 38] = [
    "tracing",
    "map",
    "vars",
    "fs",
    "root",
    "log_append",
    "log_skip",
    "skip_log",
    "log_name",
    "header",
    "copy_response_headers",
    "request_body",
    "redir",
    "method",
    "rewrite",
    "uri",
    "try_files",
    "basic_auth",
    "basicauth",
    "forward_auth",
    "request_header",
    "encode",
    "push",
    "intercept",
    "templates",
    "invoke",
    "handle",
    "handle_path",
    "route",
    "abort",
    "error",
    "copy_response",
    "respond",
    "metrics",
    "reverse_proxy",
    "php_fastcgi",
    "file_server",
    "acme_server",
];

/// What a block hands down to the blocks in it.
#[derive(Clone)]
struct Context {
    /// The condition of the block.
    when: When,
    /// How it treats traffic.
    traffic: Traffic,
    /// The folder of its files.
    root: Option<(Text, Region)>,
    /// What is cut off the front of the path.
    prefix: String,
    /// Its matchers.
    matchers: Matchers,
    /// The names that files are tried by.
    tries: Option<(Vec<Text>, Region)>,
}

/// Fills a site with the routes of its directives.
pub(crate) fn fill(site: &mut Site, lines: &[Line], options: &Options, path: &str) {
    let mut context = Context {
        when: if matches!(path, "" | "/") { When::Always } else { values::path(&[path], "") },
        traffic: headers::defaults(options),
        root: None,
        prefix: String::new(),
        matchers: Matchers::default(),
        tries: None,
    };
    block(site, lines, &mut context, options, true, 0);
    site.traffic = context.traffic;
}

/// Makes routes of the directives of a block; those of `route` keep the order they are written in.
fn block(site: &mut Site, lines: &[Line], context: &mut Context, options: &Options, sorted: bool, depth: usize) {
    const DEEPEST: usize = 20;
    if depth > DEEPEST {
        return;
    }
    for line in lines.iter().filter(|line| line.name().starts_with('@')) {
        let when = values::named(line, &context.prefix);
        context.matchers.insert(line.name().to_owned(), when);
    }
    let mut ordered: Vec<&Line> = lines.iter().filter(|line| !line.name().starts_with('@')).collect();
    if sorted {
        ordered.sort_by_key(|line| (rank(line.name(), options), specificity(line, context)));
    }
    for line in ordered {
        directive(site, line, context, options, depth);
    }
}

/// The place of a directive in the order, in halves so that a changed one fits between two others.
fn rank(name: &str, options: &Options) -> usize {
    let plain = |name: &str| ORDER.iter().position(|known| *known == name).map(|index| index * 2 + 10);
    // Caddy itself sorts the two kinds of `handle` as one, so that the longer path comes first.
    let name = match name {
        "redirect" => "redir",
        "handle_path" => "handle",
        name => name,
    };
    match options.order.iter().rev().find(|(moved, ..)| moved == name) {
        Some((_, place, _)) if place == "first" => 0,
        Some((_, place, _)) if place == "last" => 1000,
        Some((_, place, other)) => {
            let other = plain(other).unwrap_or(500);
            if place == "before" { other - 1 } else { other + 1 }
        }
        None => plain(name).unwrap_or(900),
    }
}

/// Of directives of one name, the longest path comes first, then other matchers, then none. (`sortRoutes`.)
fn specificity(line: &Line, context: &Context) -> (u8, usize) {
    let first = line.rest().first().map_or("", |word| word.text.as_str());
    let path = if first.starts_with('/') {
        Some(first.trim_end_matches('*').len() * 2 + usize::from(!first.ends_with('*')))
    } else {
        match context.matchers.get(first) {
            Some(When::Path(Test::Glob(forms, _))) if forms.len() == 1 => {
                Some(forms[0].trim_end_matches('*').len() * 2 + usize::from(!forms[0].ends_with('*')))
            }
            Some(_) | None => None,
        }
    };
    match path {
        Some(length) => (0, 100_000 - length.min(100_000)),
        None if first.starts_with('@') => (1, 0),
        None => (2, 0),
    }
}

fn directive(site: &mut Site, line: &Line, context: &mut Context, options: &Options, depth: usize) {
    let (own, words) = matched(line.rest(), &context.matchers, &context.prefix);
    let at = line.at;
    let when = context.when.clone().and(own.clone());
    match line.name() {
        "handle" | "route" | "handle_path" => {
            let mut inner = Context { when, ..context.clone() };
            if line.name() == "handle_path"
                && let Some(path) = line.rest().first().filter(|word| word.text.starts_with('/'))
            {
                inner.prefix.push_str(path.text.trim_end_matches('*').trim_end_matches('/'));
            }
            block(site, line.inside(), &mut inner, options, line.name() != "route", depth + 1);
        }
        "root" => {
            if let Some(folder) = words.first() {
                context.root = Some((text(folder), at));
            }
        }
        "try_files" => {
            let names = words.iter().map(text).collect();
            context.tries = Some((names, at));
        }
        "header" | "request_header" => headers::directive(line, words, &own, &mut context.traffic),
        "request_body" => {
            for inner in line.inside().iter().filter(|inner| inner.name() == "max_size") {
                context.traffic.body_limit = Some(Stated::at(size(inner.word(0), inner.at), inner.at));
            }
        }
        "encode" => context.traffic.compresses = Some(Stated::at(true, at)),
        "log" => {
            let output = line.inside().iter().find(|inner| inner.name() == "output");
            let place = output.map_or("stderr", |output| if output.word(0) == "discard" { "off" } else { output.word(0) });
            context.traffic.access_log = Some(Stated::at(place.into(), at));
        }
        "basic_auth" | "basicauth" | "forward_auth" => {
            context.traffic.access.push(Stated::at(Access::Login(line.name().into()), at));
        }
        "redir" => push(site, context, own, redirect(words, at), at),
        "respond" => push(site, context, own, respond(line, words), at),
        "error" => {
            let status = words.iter().find_map(|word| word.text.parse().ok()).unwrap_or(500);
            push(site, context, own, Handler::Respond(Respond::status(status, Some(at))), at);
        }
        "abort" => push(site, context, own, Handler::Respond(Respond::status(444, Some(at))), at),
        "metrics" | "acme_server" => {
            push(site, context, own, Handler::Respond(Respond { status: Ok(200), body: Body::Stock, at: Some(at) }), at);
        }
        "reverse_proxy" => {
            let (upstream, traffic) = proxy::read(line, words, &context.traffic);
            let mut inner = Context { traffic, ..context.clone() };
            push(site, &mut inner, own, Handler::Proxy(upstream), at);
        }
        "php_fastcgi" => {
            let (mut upstream, traffic) = proxy::read(line, words, &context.traffic);
            upstream.protocol = shipworthy_model::front::Protocol::FastCgi;
            let php = When::Path(Test::Ends(vec![".php".into(), "/".into()], true));
            let mut inner = Context { traffic, ..context.clone() };
            push(site, &mut inner, own.and(php), Handler::Proxy(upstream), at);
        }
        "file_server" => file_server(site, line, words, own, context),
        _ => {}
    }
}

fn file_server(site: &mut Site, line: &Line, words: &[Word], own: When, context: &mut Context) {
    let at = line.at;
    let mut root = context.root.clone();
    let mut listing = words.iter().any(|word| word.text == "browse").then(|| Stated::at(true, at));
    let mut fallback = Fallback::Status(404);
    for inner in line.inside() {
        match inner.name() {
            "root" => root = inner.rest().first().map(|word| (text(word), inner.at)).or(root),
            "browse" => listing = Some(Stated::at(true, inner.at)),
            "pass_thru" => fallback = Fallback::Next,
            _ => {}
        }
    }
    let tries = context.tries.clone().map(|(names, _)| names).unwrap_or_default();
    let files = Files {
        // Caddy serves its working folder unless told.
        folder: root.as_ref().map_or_else(|| Text::literal(".", None), |(folder, _)| folder.clone()),
        strips: !context.prefix.is_empty(),
        tries,
        fallback,
        listing,
        at: root.map(|(_, at)| at),
    };
    push(site, context, own, Handler::Files(files), at);
}

/// Adds a route. Redirects and refusals without a path of their own are answers of the site.
fn push(site: &mut Site, context: &mut Context, own: When, handler: Handler, at: Region) {
    let whole = context.when.clone().and(own);
    let (path, when) = split(whole);
    let is_answer = matches!(handler, Handler::Redirect(_)) && site.routes.is_empty();
    if is_answer {
        let when = match &path {
            PathMatch::Any => when,
            PathMatch::Glob(form) => When::Path(Test::Glob(vec![form.clone()], true)).and(when),
            PathMatch::Exact(_) | PathMatch::Prefix(..) | PathMatch::Below(_) | PathMatch::Pattern(_) | PathMatch::Named(_) => {
                when
            }
        };
        site.before.push(Branch { when, handler, traffic: Some(Box::new(context.traffic.clone())), at });
        return;
    }
    let mut route = Route::new(path, handler, context.traffic.clone(), at);
    route.when = when;
    site.routes.push(route);
}

/// Takes a path out of a condition, where it asks for one.
fn split(when: When) -> (PathMatch, When) {
    match when {
        When::Path(Test::Glob(forms, _)) if forms.len() == 1 => (PathMatch::Glob(forms[0].clone()), When::Always),
        When::All(all) => {
            let one = |when: &When| matches!(when, When::Path(Test::Glob(forms, _)) if forms.len() == 1);
            match all.iter().rposition(one) {
                Some(place) => {
                    let mut rest = all;
                    let path = split(rest.remove(place)).0;
                    (path, rest.into_iter().fold(When::Always, When::and))
                }
                None => (PathMatch::Any, When::All(all)),
            }
        }
        other => (PathMatch::Any, other),
    }
}

fn redirect(words: &[Word], at: Region) -> Handler {
    let Some(target) = words.first() else {
        return Handler::Unknown(Unknown::new(Why::Unsupported("a redirect without a target".into()), Some(at)));
    };
    let status = match words.get(1).map(|word| word.text.as_str()) {
        None | Some("temporary") => Ok(302),
        Some("permanent") => Ok(301),
        Some("html") => Ok(200),
        Some(code) => code.parse().map_err(|_| Unknown::new(Why::Unsupported(format!("the status `{code}`").into()), Some(at))),
    };
    Handler::Redirect(Redirect { status, target: text(target), at })
}

fn respond(line: &Line, words: &[Word]) -> Handler {
    let at = line.at;
    let code = |word: &Word| word.text.parse::<u16>().ok().filter(|_| word.text.len() == 3);
    let (status, body) = match words {
        [] => (200, None),
        [one] => code(one).map_or((200, Some(one)), |status| (status, None)),
        [body, status, ..] => (code(status).unwrap_or(200), Some(body)),
    };
    let inner = line.inside().iter().find(|inner| inner.name() == "body").and_then(|inner| inner.rest().first());
    let body = body.or(inner).map_or(Body::Stock, |word| Body::Text(text(word)));
    Handler::Respond(Respond { status: Ok(status), body, at: Some(at) })
}

/// A size such as `10MB` (of 1000) or `10MiB` (of 1024).
fn size(written: &str, at: Region) -> Limit {
    let lower = written.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let factor = match &lower[digits.len()..] {
        "" | "b" => 1,
        "kb" | "k" => 1000,
        "kib" | "ki" => 1 << 10,
        "mb" | "m" => 1_000_000,
        "mib" | "mi" => 1 << 20,
        "gb" | "g" => 1_000_000_000,
        "gib" | "gi" => 1 << 30,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(number) if factor > 0 => Limit::Bytes(number.saturating_mul(factor)),
        Ok(_) | Err(_) => Limit::Unknown(Unknown::new(Why::Unsupported(format!("the size `{written}`").into()), Some(at))),
    }
}
