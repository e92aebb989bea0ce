//! Variables that depend on others: `map`, `geo`, `split_clients`; and the conditions of `if`.

use std::sync::Arc;

use shipworthy_model::front::{Name, Part, Pattern, Scheme, Test, Text, When};
use shipworthy_model::{Unknown, Why};

use super::lexer::{Directive, Word};
use super::values::{Names, Scope};

/// The alternatives of the variable that a directive makes, in the order nginx tries them.
pub(crate) fn alternatives(names: &Names<'_>, directive: &Directive, scope: &Scope) -> Vec<(When, Text)> {
    match directive.name.as_str() {
        "map" => map(names, directive, scope),
        "geo" => geo(names, directive, scope),
        _ => {
            let share = |entry: &Directive| {
                let why = Why::Random("split_clients".into());
                (When::Unknown(Unknown::new(why, Some(entry.at))), value(names, entry, scope))
            };
            directive.inside().iter().map(share).collect()
        }
    }
}

fn value(names: &Names<'_>, entry: &Directive, scope: &Scope) -> Text {
    entry.words.first().map_or_else(|| Text::literal("", Some(entry.at)), |word| names.text(word, scope))
}

/// `map`: exact texts, then the longest mask in front, then the longest behind, then patterns, then the default
/// (`ngx_http_map_module`). Case is ignored but for patterns.
fn map(names: &Names<'_>, directive: &Directive, scope: &Scope) -> Vec<(When, Text)> {
    let source = directive.words.first().map_or_else(|| Text::literal("", None), |word| names.text(word, scope));
    let hostnames = directive.inside().iter().any(|entry| entry.name == "hostnames");
    let mut ranked: Vec<(u8, usize, When, Text)> = Vec::new();
    for entry in directive.inside() {
        if matches!(entry.name.as_str(), "hostnames" | "volatile" | "include" | super::lexer::PLACEHOLDER)
            && entry.words.is_empty()
        {
            continue;
        }
        let text = value(names, entry, scope);
        let key = entry.name.as_str();
        let asks = |test: Test| When::Text(source.clone(), test);
        let (rank, length, when) = if key == "default" {
            (9, 0, When::Always)
        } else if let Some(source) = key.strip_prefix("~*") {
            (3, 0, asks(Test::Finds(vec![Pattern::new(source, true, Some(entry.at))])))
        } else if let Some(source) = key.strip_prefix('~') {
            (3, 0, asks(Test::Finds(vec![Pattern::new(source, false, Some(entry.at))])))
        } else if let Some(end) = key.strip_prefix('*').filter(|_| hostnames) {
            (1, 1000 - end.len().min(1000), asks(Test::Ends(vec![end.into()], true)))
        } else if let Some(start) = key.strip_suffix('*').filter(|_| hostnames) {
            (2, 1000 - start.len().min(1000), asks(Test::Starts(vec![start.into()], true)))
        } else if let Some(domain) = key.strip_prefix('.').filter(|_| hostnames) {
            let both = When::Any(vec![asks(Test::Is(vec![domain.into()], true)), asks(Test::Ends(vec![key.into()], true))]);
            (1, 1000 - domain.len().min(1000), both)
        } else if let Some(unknown) = crate::fronts::template::unknown(key, entry.at) {
            (0, 1, When::Unknown(unknown))
        } else {
            (0, 0, asks(Test::Is(vec![key.strip_prefix('\\').unwrap_or(key).into()], true)))
        };
        ranked.push((rank, length, perhaps(entry, when), text));
    }
    ranked.sort_by_key(|(rank, length, ..)| (*rank, *length));
    ranked.into_iter().map(|(_, _, when, text)| (when, text)).collect()
}

/// `geo`: the narrowest network first.
fn geo(names: &Names<'_>, directive: &Directive, scope: &Scope) -> Vec<(When, Text)> {
    let of_client = match directive.words.as_slice() {
        [_] => true,
        [source, ..] => names.text(source, scope).as_part() == Some(&Part::Client),
        [] => false,
    };
    let mut ranked: Vec<(u32, When, Text)> = Vec::new();
    for entry in directive.inside() {
        let text = value(names, entry, scope);
        match entry.name.as_str() {
            "default" => ranked.push((u32::MAX, When::Always, text)),
            "proxy" | "proxy_recursive" | "ranges" | "delete" | "include" | super::lexer::PLACEHOLDER => {}
            network => {
                let bits = network.split_once('/').and_then(|(_, bits)| bits.parse().ok()).unwrap_or(128u32);
                let when = if of_client && !network.contains('-') {
                    When::Client(vec![network.into()])
                } else {
                    When::Unknown(Unknown::new(Why::Unsupported("an address that is not the client's".into()), Some(entry.at)))
                };
                ranked.push((128 - bits.min(128), when, text));
            }
        }
    }
    ranked.sort_by_key(|(rank, ..)| *rank);
    ranked.into_iter().map(|(_, when, text)| (when, text)).collect()
}

/// The condition, or its doubt where a template decides whether the directive is there.
pub(crate) fn perhaps(directive: &Directive, when: When) -> When {
    match &directive.perhaps {
        Some(why) => when.and(When::Unknown(why.clone())),
        None => when,
    }
}

/// The condition of an `if`.
pub(crate) fn condition(names: &Names<'_>, directive: &Directive, scope: &Scope) -> When {
    let mut words: Vec<Word> = directive.words.clone();
    if let Some(first) = words.first_mut()
        && let Some(rest) = first.text.strip_prefix('(')
    {
        first.text = rest.trim_start().to_owned();
    }
    if let Some(last) = words.last_mut()
        && let Some(rest) = last.text.strip_suffix(')')
    {
        last.text = rest.to_owned();
    }
    // Parentheses of their own leave empty words, but an empty text in quotes is one.
    if words.first().is_some_and(|word| word.text.is_empty()) {
        words.remove(0);
    }
    if words.len() > 1 && words.last().is_some_and(|word| word.text.is_empty() && word.at.end - word.at.start == 1) {
        words.pop();
    }
    let unclear = || When::Unknown(Unknown::new(Why::Unsupported("this condition".into()), Some(directive.at)));
    match words.as_slice() {
        [variable] if variable.text.starts_with('$') => When::Text(names.text(variable, scope), Test::Truthy),
        [test, path] if test.text.starts_with('-') => When::File(names.text(path, scope)),
        [test, path] if test.text.starts_with("!-") => When::File(names.text(path, scope)).negated(),
        // An empty text leaves nothing of its own behind: `($x = "")`.
        [left, operator] if matches!(operator.text.as_str(), "=" | "!=") => {
            compare(names.text(left, scope), &operator.text, "", left).unwrap_or_else(unclear)
        }
        [left, operator, right] => compare(names.text(left, scope), &operator.text, &right.text, right).unwrap_or_else(unclear),
        _ => unclear(),
    }
}

fn compare(left: Text, operator: &str, right: &str, at: &Word) -> Option<When> {
    let (negated, operator) = match operator.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, operator),
    };
    let hole = crate::fronts::template::hole(right, 0);
    if let (Some(Part::Host), "=", Some(hole)) = (left.as_part(), operator, &hole)
        && (hole.start, hole.end) == (0, right.len())
    {
        let when = When::Host(vec![Name::One(Unknown::new(hole.why.clone(), Some(at.at)))]);
        return Some(if negated { when.negated() } else { when });
    }
    if right.contains('$') && operator == "=" || hole.is_some() {
        return None;
    }
    let pattern = |fold| Pattern::new(right, fold, Some(at.at));
    let when = match (left.as_part(), operator) {
        (Some(Part::Scheme), "=") if right == "http" => When::Scheme(Scheme::Http),
        (Some(Part::Scheme), "=") if right == "https" => When::Scheme(Scheme::Https),
        (Some(Part::Host), "=") => When::Host(vec![Name::Exact(right.into())]),
        (Some(Part::Host), "~") => When::Host(vec![Name::Pattern(pattern(false))]),
        (Some(Part::Host), "~*") => When::Host(vec![Name::Pattern(pattern(true))]),
        (Some(Part::Method), "=") => When::Method(vec![right.into()]),
        (_, "=") => When::Text(left, Test::Is(vec![Arc::from(right)], false)),
        (_, "~") => When::Text(left, Test::Finds(vec![pattern(false)])),
        (_, "~*") => When::Text(left, Test::Finds(vec![pattern(true)])),
        _ => return None,
    };
    Some(if negated { when.negated() } else { when })
}
