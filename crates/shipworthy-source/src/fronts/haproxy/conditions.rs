//! Conditions of `HAProxy`: access lists, named and anonymous, and the texts they are made of.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use shipworthy_model::front::{Name, Part, Pattern, Piece, Scheme, Test, Text, When};
use shipworthy_model::{Region, Unknown, Why};

use super::lexer::{Line, Word};
use crate::fronts::template;

/// The named conditions of a section.
pub(crate) type Lists = FxHashMap<String, When>;

fn unclear(what: &str, at: Region) -> Unknown {
    template::unknown(what, at).unwrap_or_else(|| Unknown::new(Why::Unsupported(format!("`{what}`").into()), Some(at)))
}

/// The `acl` lines of a section. Several of one name are alternatives.
pub(crate) fn lists<'a>(lines: impl Iterator<Item = &'a Line>) -> Lists {
    let mut lists = Lists::default();
    for line in lines.filter(|line| line.word(0) == "acl" && line.words.len() > 2) {
        let when = criterion(line.from(2), line.at);
        let name = line.word(1).to_owned();
        let both = match lists.remove(&name) {
            Some(When::Any(mut any)) => {
                any.push(when);
                When::Any(any)
            }
            Some(before) => When::Any(vec![before, when]),
            None => when,
        };
        lists.insert(name, both);
    }
    lists
}

/// What stands behind `if` or `unless` in a statement, and how many words come before it.
pub(crate) fn of(words: &[Word], lists: &Lists, at: Region) -> (When, usize) {
    let Some(place) = words.iter().position(|word| matches!(word.text.as_str(), "if" | "unless")) else {
        return (When::Always, words.len());
    };
    let when = disjunction(&words[place + 1..], lists, at);
    (if words[place].text == "unless" { when.negated() } else { when }, place)
}

fn disjunction(words: &[Word], lists: &Lists, at: Region) -> When {
    let mut sides = Vec::new();
    let mut current = When::Always;
    let mut index = 0;
    while index < words.len() {
        let text = words[index].text.as_str();
        if text.eq_ignore_ascii_case("or") || text == "||" {
            sides.push(std::mem::replace(&mut current, When::Always));
            index += 1;
            continue;
        }
        if text == "and" {
            index += 1;
            continue;
        }
        let (negated, name) = match text.strip_prefix('!') {
            // A lone mark negates what follows.
            Some("") => {
                index += 1;
                (true, words.get(index).map_or("", |word| word.text.as_str()))
            }
            Some(name) => (true, name),
            None => (false, text),
        };
        let term = if name == "{" {
            let end = words[index..].iter().position(|word| word.text == "}").map_or(words.len(), |end| index + end);
            let inside = words.get(index + 1..end).unwrap_or_default();
            index = end;
            criterion(inside, at)
        } else {
            named(name, lists, at)
        };
        current = current.and(if negated { term.negated() } else { term });
        index += 1;
    }
    if sides.is_empty() {
        return current;
    }
    sides.push(current);
    When::Any(sides)
}

/// A named list, one of the project's or one that comes with the program.
fn named(name: &str, lists: &Lists, at: Region) -> When {
    if let Some(when) = lists.get(name) {
        return when.clone();
    }
    match name {
        "TRUE" | "HTTP" | "HTTP_1.1" | "REQ_CONTENT" => When::Always,
        "FALSE" => When::Always.negated(),
        "LOCALHOST" => When::Client(vec!["127.0.0.1/8".into(), "::1".into()]),
        "HTTP_URL_SLASH" => When::Path(Test::Starts(vec!["/".into()], false)),
        _ => match name.strip_prefix("METH_") {
            Some(method) => When::Method(vec![method.into()]),
            None => When::Unknown(unclear(name, at)),
        },
    }
}

/// A criterion: what is looked at, flags, and the values it is compared with.
fn criterion(words: &[Word], at: Region) -> When {
    let Some(first) = words.first() else { return When::Always };
    if let Some(why) = words.iter().find_map(|word| template::unknown(&word.text, word.at)) {
        return When::Unknown(why);
    }
    let (fetch, converters) = first.text.split_once(',').map_or((first.text.as_str(), ""), |(fetch, rest)| (fetch, rest));
    let (name, argument) = match fetch.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest).trim()),
        None => (fetch, ""),
    };
    let (method, fold, values) = match flags(&words[1..]) {
        Ok(read) => read,
        Err(what) => return When::Unknown(unclear(&what, at)),
    };
    let fold = fold || converters.split(',').any(|it| it == "lower");
    let (base, own) = match name.rsplit_once('_') {
        Some((base, method @ ("beg" | "end" | "sub" | "reg" | "dir" | "dom" | "len" | "cnt"))) => (base, Some(method)),
        Some(_) | None => (name, None),
    };
    let method = method.or(own);
    let looked_at = match base {
        "ssl_fc" => return When::Scheme(Scheme::Https),
        "always_true" => return When::Always,
        "always_false" => return When::Always.negated(),
        "src" if own.is_none() && converters.is_empty() => return When::Client(values),
        "method" => return When::Method(values),
        "hdr" | "req.hdr" | "req.fhdr" | "hdr_ip" | "shdr"
            if argument.split(',').next().is_some_and(|it| it.eq_ignore_ascii_case("host")) =>
        {
            Text::part(Part::Host, Some(at))
        }
        "ssl_fc_sni" | "req_ssl_sni" | "req.ssl_sni" => Text::part(Part::Host, Some(at)),
        "hdr" | "req.hdr" | "req.fhdr" => {
            let header = argument.split(',').next().unwrap_or_default().to_ascii_lowercase();
            Text::part(Part::Header(header.into()), Some(at))
        }
        "path" | "capture.req.uri" | "url" | "pathq" if converters.is_empty() || converters == "lower" => {
            Text::part(Part::Path, Some(at))
        }
        "dst_port" => Text::part(Part::Port, Some(at)),
        "query" => Text::part(Part::Query, Some(at)),
        _ => return When::Unknown(unclear(&first.text, at)),
    };
    let is_host = looked_at.as_part() == Some(&Part::Host);
    let is_path = looked_at.as_part() == Some(&Part::Path);
    let test = match method {
        Some("found") => Test::Present,
        _ if values.is_empty() => Test::Present,
        None | Some("str") => {
            if is_host {
                return When::Host(values.into_iter().map(Name::Exact).collect());
            }
            Test::Is(values, fold)
        }
        Some("beg") => Test::Starts(values, fold),
        Some("end") => Test::Ends(values, fold),
        Some("sub" | "dom" | "dir") if is_host && method == Some("dom") => {
            return When::Host(values.into_iter().map(Name::Domain).collect());
        }
        Some("sub" | "dir" | "dom") => Test::Contains(values, fold),
        Some("reg") => Test::Finds(values.iter().map(|source| Pattern::new(source, fold, Some(at))).collect()),
        Some(_) => return When::Unknown(unclear(&first.text, at)),
    };
    if is_path { When::Path(test) } else { When::Text(looked_at, test) }
}

type Flags<'a> = (Option<&'a str>, bool, Vec<Arc<str>>);

/// The method, whether case is ignored, and the values; an error for values that are in a file.
fn flags(words: &[Word]) -> Result<Flags<'_>, String> {
    let (mut method, mut fold, mut values) = (None, false, Vec::new());
    let mut index = 0;
    while let Some(word) = words.get(index) {
        index += 1;
        match word.text.as_str() {
            "-i" => fold = true,
            "-n" | "-u" | "-M" => {}
            "-m" => {
                method = words.get(index).map(|word| word.text.as_str());
                index += 1;
            }
            "-f" => return Err(format!("the values in {}", words.get(index).map_or("", |word| &word.text))),
            "--" => {
                values.extend(words[index..].iter().map(|word| Arc::from(word.text.as_str())));
                break;
            }
            text => values.push(text.into()),
        }
    }
    Ok((method, fold, values))
}

/// A format: literals, `%[expression]`, and the names of the log.
pub(crate) fn format(word: &Word) -> Text {
    let (value, at) = (word.text.as_str(), word.at);
    let mut text = Text { pieces: Vec::new(), at: Some(at) };
    let mut place = 0;
    while place < value.len() {
        let rest = &value[place..];
        if let Some(inside) = rest.strip_prefix("%[") {
            let end = inside.find(']').unwrap_or(inside.len());
            text.pieces.push(expression(&inside[..end], at));
            place += (2 + end + 1).min(rest.len());
        } else if rest.starts_with("%%") {
            text.push("%");
            place += 2;
        } else if let Some(name) = rest.strip_prefix('%').filter(|name| name.starts_with(|it: char| it.is_ascii_alphabetic())) {
            let length = name.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(name.len());
            text.pieces.push(Piece::Part(match &name[..length] {
                "ci" => Part::Client,
                "HU" | "HPO" => Part::Uri,
                "HP" => Part::Path,
                "HM" => Part::Method,
                other => Part::Machine(format!("%{other}").into()),
            }));
            place += 1 + length;
        } else if let Some(hole) = template::hole(value, place).filter(|hole| hole.start == place) {
            text.pieces.push(Piece::Unknown(Unknown::new(hole.why, Some(at))));
            place = hole.end;
        } else {
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let plain = rest[first..].find(['%', '$', '{', '<', '_', '@']).map_or(rest.len(), |end| end + first);
            text.push(&rest[..plain]);
            place += plain;
        }
    }
    text
}

fn expression(inside: &str, at: Region) -> Piece {
    let (fetch, converters) = inside.split_once(',').map_or((inside, ""), |(fetch, rest)| (fetch, rest));
    let (name, argument) = match fetch.split_once('(') {
        Some((name, rest)) => (name, rest.strip_suffix(')').unwrap_or(rest)),
        None => (fetch, ""),
    };
    // `hdr(host,1)` names an occurrence.
    let argument = argument.split(',').next().unwrap_or_default().trim();
    let part = match name {
        "src" | "fc_src" => Part::Client,
        "dst_port" | "fc_dst_port" => Part::Port,
        "hdr" | "req.hdr" | "req.fhdr" if argument.eq_ignore_ascii_case("host") => {
            if converters.is_empty() || converters == "lower" { Part::HostHeader } else { Part::Host }
        }
        "hdr" | "req.hdr" | "req.fhdr" => Part::Header(argument.to_ascii_lowercase().into()),
        "url" | "capture.req.uri" | "pathq" | "baseq" => Part::Uri,
        "path" => Part::Path,
        "query" => Part::Query,
        "method" => Part::Method,
        "str" => return Piece::Literal(argument.into()),
        "ssl_fc" if converters.starts_with("iif(") => {
            let sides = converters[4..].split(')').next().unwrap_or_default();
            let (yes, no) = sides.split_once(',').unwrap_or((sides, ""));
            let literal = |text: &str| Text::literal(text.trim(), Some(at));
            return Piece::Choice(vec![(When::Scheme(Scheme::Https), literal(yes)), (When::Always, literal(no))]);
        }
        _ if name.starts_with("req.cook")
            || name.starts_with("url")
            || name.starts_with("base")
            || name.starts_with("capture") =>
        {
            Part::Input(inside.into())
        }
        _ if name.starts_with("var") => {
            return Piece::Unknown(Unknown::new(Why::Unsupported(format!("`%[{inside}]`").into()), Some(at)));
        }
        _ => Part::Machine(inside.into()),
    };
    Piece::Part(part)
}
