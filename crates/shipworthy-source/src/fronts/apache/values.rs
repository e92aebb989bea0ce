//! Values of Apache: variables of the request in rewrites, headers and expressions, and the conditions made of them.

use std::sync::Arc;

use shipworthy_model::front::{Part, Pattern, Piece, Scheme, Test, Text, When};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::{Directive, Word};
use crate::fronts::template;

/// The text of a word with `%{NAME}`, `$1` and `%1` in it.
pub(crate) fn text(word: &Word) -> Text {
    parse(&word.text, word.at)
}

/// The text of a value that stands at a place.
pub(crate) fn parse(value: &str, at: Region) -> Text {
    let mut text = Text { pieces: Vec::new(), at: Some(at) };
    let mut place = 0;
    while place < value.len() {
        let rest = &value[place..];
        if let Some(inside) = rest.strip_prefix("%{")
            && let Some(end) = inside.find('}')
        {
            text.pieces.push(variable(&inside[..end], at));
            place += end + 3;
            // `%{NAME}e` and `%{NAME}s` of header directives.
            if matches!(value.as_bytes().get(place), Some(b'e' | b's'))
                && !matches!(value.as_bytes().get(place + 1), Some(b'a'..=b'z'))
            {
                place += 1;
            }
            continue;
        }
        let group = rest.as_bytes().get(1).filter(|byte| byte.is_ascii_digit() && matches!(rest.as_bytes()[0], b'$' | b'%'));
        if let Some(digit) = group {
            text.pieces.push(Piece::Part(Part::Input((*digit as char).to_string().into())));
            place += 2;
            continue;
        }
        if let Some(hole) = template::hole(value, place).filter(|hole| hole.start == place) {
            text.pieces.push(Piece::Unknown(Unknown::new(hole.why, Some(at))));
            place = hole.end;
            continue;
        }
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let plain = rest[first..].find(['%', '$', '{', '<', '_', '@']).map_or(rest.len(), |end| end + first);
        text.push(&rest[..plain]);
        place += plain;
    }
    text
}

fn variable(name: &str, at: Region) -> Piece {
    let upper = name.to_ascii_uppercase();
    Piece::Part(match upper.as_str() {
        "HTTPS" => {
            let (on, off) = (Text::literal("on", Some(at)), Text::literal("off", Some(at)));
            return Piece::Choice(vec![(When::Scheme(Scheme::Https), on), (When::Always, off)]);
        }
        "REQUEST_SCHEME" => Part::Scheme,
        "HTTP_HOST" => Part::HostHeader,
        "SERVER_NAME" => Part::Host,
        "SERVER_PORT" => Part::Port,
        // In the context of a server this is the path alone; the query is added by the redirect.
        "REQUEST_URI" => Part::Path,
        "QUERY_STRING" => Part::Query,
        "REQUEST_METHOD" => Part::Method,
        "REMOTE_ADDR" | "CONN_REMOTE_ADDR" => Part::Client,
        "THE_REQUEST" | "REQUEST_FILENAME" | "SCRIPT_FILENAME" | "PATH_INFO" | "REMOTE_USER" | "REMOTE_HOST" => {
            Part::Input(name.into())
        }
        _ => {
            if let Some(header) = upper.strip_prefix("HTTP:").or_else(|| upper.strip_prefix("REQ:")) {
                Part::Header(header.trim().to_ascii_lowercase().into())
            } else if let Some(header) = upper.strip_prefix("HTTP_") {
                Part::Header(header.replace('_', "-").to_ascii_lowercase().into())
            } else if upper.starts_with("SSL")
                || matches!(upper.as_str(), "DOCUMENT_ROOT" | "SERVER_ADDR" | "TIME" | "UNIQUE_ID" | "SERVER_ADMIN")
            {
                Part::Machine(name.into())
            } else if upper.starts_with("ENV:") || !upper.contains(':') {
                let why = Why::Unsupported(format!("the variable `{name}`").into());
                return Piece::Unknown(Unknown::new(why, Some(at)));
            } else {
                Part::Input(name.into())
            }
        }
    })
}

/// A comparison as `RewriteCond` writes it.
pub(crate) fn rewrite_condition(directive: &Directive) -> When {
    let (Some(left), Some(right)) = (directive.words.first(), directive.words.get(1)) else {
        return When::Unknown(unclear(directive));
    };
    let fold = directive.word(2).contains("NC") || directive.word(2).contains("nocase");
    let (negated, pattern) = match right.text.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, right.text.as_str()),
    };
    let when = match pattern {
        "-f" | "-F" | "-d" | "-s" | "-l" | "-h" | "-L" | "-U" | "-x" => When::File(text(left)),
        _ if pattern.starts_with(['<', '>']) || left.text == "expr" => When::Unknown(unclear(directive)),
        _ => compare(text(left), pattern, fold, directive.at),
    };
    if negated { when.negated() } else { when }
}

fn compare(left: Text, pattern: &str, fold: bool, at: Region) -> When {
    let known = |literal: &str| literal.trim_matches(['^', '$', '"']).to_ascii_lowercase();
    if let [Piece::Choice(choices)] = left.pieces.as_slice()
        && matches!(choices.first(), Some((When::Scheme(Scheme::Https), _)))
    {
        // `%{HTTPS}` is `on` or `off`.
        match known(pattern.trim_start_matches('=')).as_str() {
            "on" => return When::Scheme(Scheme::Https),
            "off" => return When::Scheme(Scheme::Http),
            _ => {}
        }
    }
    if left.as_part() == Some(&Part::Scheme) {
        match known(pattern.trim_start_matches('=')).as_str() {
            "https" => return When::Scheme(Scheme::Https),
            "http" => return When::Scheme(Scheme::Http),
            _ => {}
        }
    }
    let is_path = left.as_part() == Some(&Part::Path);
    let test = match pattern.strip_prefix('=') {
        Some(literal) => Test::Is(vec![Arc::from(literal.trim_matches('"'))], fold),
        None => Test::Finds(vec![Pattern::new(pattern, fold, Some(at))]),
    };
    if is_path { When::Path(test) } else { When::Text(left, test) }
}

/// The condition of `<If>`, of `expr=` and of `env=`: the common comparisons; the rest is unknown.
pub(crate) fn expression(written: &str, directive: &Directive) -> When {
    let at = directive.at;
    let written = written.trim().trim_matches('"');
    if written.contains("&&") || written.contains("||") || written.contains(" and ") || written.contains(" or ") {
        return When::Unknown(unclear(directive));
    }
    let (negated, plain) = match written.strip_prefix('!') {
        Some(rest) => (true, rest.trim().trim_start_matches('(').trim_end_matches(')').trim()),
        None => (false, written),
    };
    let words: Vec<&str> = plain.split_whitespace().collect();
    let quoted = |text: &str| text.trim_matches(['\'', '"']).to_owned();
    let when = match words.as_slice() {
        ["-z", value] => When::Text(parse(&quoted(value), at), Test::Present).negated(),
        ["-n", value] => When::Text(parse(&quoted(value), at), Test::Present),
        [left, operator @ ("==" | "=" | "!=" | "-strmatch" | "-strcmatch"), right] if !operator.starts_with('-') => {
            let when = compare(parse(&quoted(left), at), &format!("={}", quoted(right)), false, at);
            if *operator == "!=" { when.negated() } else { when }
        }
        [left, operator @ ("=~" | "!~"), right] => {
            let body = right.trim_start_matches('m');
            let mark = body.chars().next().unwrap_or('/');
            let inside = body.strip_prefix(mark).unwrap_or(body);
            let (source, flags) = inside.rsplit_once(mark).unwrap_or((inside, ""));
            let when = compare(parse(&quoted(left), at), source, flags.contains('i'), at);
            if *operator == "!~" { when.negated() } else { when }
        }
        _ => When::Unknown(unclear(directive)),
    };
    if negated { when.negated() } else { when }
}

/// The condition of a variable of the environment: `HTTPS` is there over TLS; others may be set anywhere.
pub(crate) fn environment(name: &str, directive: &Directive) -> When {
    let (negated, name) = name.strip_prefix('!').map_or((false, name), |name| (true, name));
    let when = if name == "HTTPS" { When::Scheme(Scheme::Https) } else { When::Unknown(unclear(directive)) };
    if negated { when.negated() } else { when }
}

pub(crate) fn unclear(directive: &Directive) -> Unknown {
    let found = directive.words.iter().find_map(|word| template::unknown(&word.text, word.at));
    found.unwrap_or_else(|| Unknown::new(Why::Unsupported("this condition".into()), Some(directive.at)))
}

/// The condition, or its doubt where a template or a switch decides whether the directive is there.
pub(crate) fn perhaps(directive: &Directive, when: When) -> When {
    match &directive.perhaps {
        Some(why) => when.and(When::Unknown(why.clone())),
        None => when,
    }
}
