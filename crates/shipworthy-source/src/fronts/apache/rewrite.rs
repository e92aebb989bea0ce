//! `mod_rewrite`: conditions and rules of one context, as answers in order.

use shipworthy_model::front::{Branch, Handler, Part, Pattern, Piece, Redirect, Respond, Test, Text, When};
use shipworthy_model::{Unknown, Why};

use super::lexer::Directive;
use super::proxy;
use super::values::{perhaps, rewrite_condition, text};

/// The answers of a context's rules; none where the engine is off.
///
/// In the context of a folder the pattern sees the path without the folder's own: only patterns for every path can be decided.
pub(crate) fn answers(directives: &[Directive], of_folder: bool) -> Vec<Branch> {
    let engine = directives.iter().rev().find(|it| it.name == "rewriteengine");
    if !engine.is_some_and(|it| it.word(0).eq_ignore_ascii_case("on")) {
        return Vec::new();
    }
    let mut branches = Vec::new();
    let mut conditions: Vec<(When, bool)> = Vec::new();
    for directive in directives {
        match directive.name.as_str() {
            "rewritecond" => {
                let or = directive.word(2).split([',', '[', ']']).any(|flag| matches!(flag.trim(), "OR" | "ornext"));
                conditions.push((perhaps(directive, rewrite_condition(directive)), or));
            }
            "rewriterule" => {
                let when = join(std::mem::take(&mut conditions));
                branches.extend(rule(directive, when, of_folder));
            }
            _ => {}
        }
    }
    branches
}

/// Conditions are all to hold; those marked `OR` are alternatives of the next.
fn join(conditions: Vec<(When, bool)>) -> When {
    let mut all = When::Always;
    let mut any: Vec<When> = Vec::new();
    for (when, or) in conditions {
        if or {
            any.push(when);
        } else if any.is_empty() {
            all = all.and(when);
        } else {
            any.push(when);
            all = all.and(When::Any(std::mem::take(&mut any)));
        }
    }
    if any.is_empty() { all } else { all.and(When::Any(any)) }
}

fn rule(directive: &Directive, when: When, of_folder: bool) -> Option<Branch> {
    let at = directive.at;
    let (pattern, target) = (directive.words.first()?, directive.words.get(1)?);
    let flags: Vec<&str> = directive.word(2).trim_matches(['[', ']']).split(',').map(str::trim).collect();
    let flag = |names: &[&str]| flags.iter().find(|flag| names.iter().any(|name| flag.split('=').next() == Some(name)));
    let (negated, source) = pattern.text.strip_prefix('!').map_or((false, pattern.text.as_str()), |source| (true, source));
    let all = matches!(
        source,
        "^" | "^/"
            | ".*"
            | "^.*"
            | "^.*$"
            | "(.*)"
            | "^(.*)"
            | "^(.*)$"
            | "^/(.*)"
            | "^/(.*)$"
            | "^/?(.*)"
            | "^/?(.*)$"
            | "^/.*$"
            | ""
            | "."
            | ".?"
    );
    let path = if all {
        When::Always
    } else if of_folder {
        When::Unknown(Unknown::new(Why::Unsupported(format!("the pattern `{source}` of a folder").into()), Some(at)))
    } else {
        When::Path(Test::Finds(vec![Pattern::new(source, flag(&["NC", "nocase"]).is_some(), Some(pattern.at))]))
    };
    let path = if negated { path.negated() } else { path };
    let when = perhaps(directive, path.and(when));
    let mut made = text(target);
    let is_url = ["http://", "https://", "%{REQUEST_SCHEME}:"].iter().any(|start| target.text.starts_with(start));
    let handler = if flag(&["F", "forbidden"]).is_some() {
        Handler::Respond(Respond::status(403, Some(at)))
    } else if flag(&["G", "gone"]).is_some() {
        Handler::Respond(Respond::status(410, Some(at)))
    } else if let Some(redirect) = flag(&["R", "redirect"]) {
        match redirect.split_once('=').map_or("302", |(_, status)| status) {
            "permanent" => answer(301, made, target.text.as_str(), at),
            "temp" => answer(302, made, target.text.as_str(), at),
            "seeother" => answer(303, made, target.text.as_str(), at),
            status => match status.parse::<u16>() {
                Ok(status @ 300..=399) => answer(status, made, target.text.as_str(), at),
                Ok(status) => Handler::Respond(Respond::status(status, Some(at))),
                Err(_) => answer(302, made, target.text.as_str(), at),
            },
        }
    } else if target.text == "-" {
        return None;
    } else if flag(&["P", "proxy"]).is_some() {
        Handler::Proxy(proxy::upstream(target, at))
    } else if is_url {
        answer(302, made, target.text.as_str(), at)
    } else {
        if !target.text.starts_with('/') && !target.text.starts_with('%') {
            made.pieces.insert(0, Piece::Literal("/".into()));
        }
        Handler::Rewrite(made, at)
    };
    Some(Branch { when, handler, traffic: None, at })
}

/// A redirect: the query comes along unless the target has one of its own.
fn answer(status: u16, mut target: Text, written: &str, at: shipworthy_model::Region) -> Handler {
    if !written.contains('?') {
        target.pieces.extend([Piece::Part(Part::QueryMark), Piece::Part(Part::Query)]);
    }
    Handler::Redirect(Redirect { status: Ok(status), target, at })
}
