//! `textwrap`, `string.Template`, `shlex`, `email.utils`: small text helpers on known text.

use regex::Regex;
use shipworthy_model::Region;

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["textwrap", "string.Template", "string.capwords", "shlex", "email.utils"],
    call,
    attribute: no_attribute,
    methods: &["substitute", "safe_substitute"],
};

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if args.open.is_some() {
        return None;
    }
    let text = args.pos.first().and_then(Val::as_str).map(str::to_owned);
    let single = args.pos.len() == 1 && args.kw.is_empty();
    Some(Ok(match name {
        "string.Template" => {
            let template = args.get(0, "template")?.clone();
            interp.native_instance("string.Template", vec![("template", template)])
        }
        "string.Template.substitute" | "string.Template.safe_substitute" => {
            return substitute(interp, name.ends_with("safe_substitute"), args, at);
        }
        "textwrap.dedent" if single => Val::str(dedent(&text?)),
        "textwrap.indent" if args.pos.len() == 2 && args.kw.is_empty() => {
            let prefix = args.pos[1].as_str()?;
            let lines = text?
                .split_inclusive('\n')
                .map(|line| if line.trim().is_empty() { line.to_owned() } else { format!("{prefix}{line}") })
                .collect::<String>();
            Val::str(lines)
        }
        "shlex.split" if single => {
            let text = text.filter(|text| text.is_ascii() && !text.contains('#'))?;
            let mut lexer = shlex::Shlex::new(&text);
            let words: Vec<Val> = lexer.by_ref().map(Val::str).collect();
            if lexer.had_error {
                return Some(Err(interp.raise_on("ValueError", "a quotation is not closed", at, &[&args.pos[0]])));
            }
            interp.list(words)
        }
        "shlex.quote" if single => Val::str(quote(&text?)),
        "shlex.join" if single => {
            let words = match interp.certain_elements(&args.pos[0], at) {
                Ok(words) => words?,
                Err(stop) => return Some(Err(stop)),
            };
            let quoted = words.iter().map(|word| word.as_str().map(quote)).collect::<Option<Vec<_>>>()?;
            Val::str(quoted.join(" "))
        }
        "email.utils.formataddr" if single => {
            let pair = match interp.certain_elements(&args.pos[0], at) {
                Ok(pair) => pair?,
                Err(stop) => return Some(Err(stop)),
            };
            let [name, address] = pair.as_slice() else { return None };
            let address = address.as_str().filter(|address| address.is_ascii())?;
            match name.as_str() {
                None if name.is_none() => Val::str(address),
                Some("") => Val::str(address),
                Some(name) if name.is_ascii() => {
                    let quotes = if name.contains(|c: char| "][\\()<>@,:;\".".contains(c)) { "\"" } else { "" };
                    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
                    Val::str(format!("{quotes}{escaped}{quotes} <{address}>"))
                }
                _ => return None,
            }
        }
        "email.utils.parseaddr" if single => address(text?.trim())?,
        "email.utils.getaddresses" if single => {
            let fields = match interp.certain_elements(&args.pos[0], at) {
                Ok(fields) => fields?,
                Err(stop) => return Some(Err(stop)),
            };
            let mut pairs = Vec::new();
            for field in fields {
                let field = field.as_str()?.to_owned();
                // A comma in a quoted name, and what is empty between commas, are for a parser of mail.
                if field.contains(['"', '(', '\\', ':', ';']) || field.split(',').any(|part| part.trim().is_empty()) {
                    return None;
                }
                for part in field.split(',') {
                    pairs.push(address(part.trim())?);
                }
            }
            interp.list(pairs)
        }
        _ => return None,
    }))
}

/// `Name <user@host>` or `user@host` of plain characters, as a pair; anything less plain is for a parser of mail.
fn address(text: &str) -> Option<Val> {
    let plain = Regex::new(r"\A(?:([A-Za-z0-9_-]+(?: [A-Za-z0-9_-]+)*) )?<([A-Za-z0-9._+-]+@[A-Za-z0-9.-]+)>\z").ok()?;
    let bare = Regex::new(r"\A[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\z").ok()?;
    if bare.is_match(text) {
        return Some(Val::tuple(vec![Val::str(""), Val::str(text)]));
    }
    let captures = plain.captures(text)?;
    let part = |index: usize| Val::str(captures.get(index).map_or("", |part| part.as_str()));
    bare.is_match(&captures[2]).then(|| Val::tuple(vec![part(1), part(2)]))
}

/// `shlex.quote`: what is not plainly safe goes into single quotes.
fn quote(text: &str) -> String {
    let safe = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte));
    if safe { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\"'\"'")) }
}

/// `textwrap.dedent`: the white space that all lines begin with is taken away; lines of white space alone become empty.
fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let blank = |line: &str| line.trim_matches([' ', '\t']).is_empty();
    let margin = lines
        .iter()
        .filter(|line| !blank(line))
        .map(|line| &line[..line.len() - line.trim_start_matches([' ', '\t']).len()])
        .reduce(|a, b| {
            let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
            &a[..common]
        })
        .unwrap_or_default();
    let cut = |line: &&str| if blank(line) { String::new() } else { line[margin.len()..].to_owned() };
    lines.iter().map(cut).collect::<Vec<_>>().join("\n")
}

fn substitute(interp: &mut Interp<'_>, safe: bool, args: &Args, at: Region) -> Option<Res<Val>> {
    let template = interp.native_attribute(args.pos.first()?, "template")?;
    let text = template.as_str()?.to_owned();
    let mapping = args.pos.get(1).map(|value| interp.bare(value));
    let given = |interp: &Interp<'_>, name: &str| -> Option<Option<Val>> {
        if let Some(value) = args.named(name) {
            return Some(Some(value.clone()));
        }
        match mapping.as_ref().map(|mapping| &mapping.kind) {
            None => Some(None),
            Some(Kind::Dict(id)) => match interp.heap.cell(*id) {
                Cell::Dict(_) => interp.dict_get(*id, &Val::str(name)).ok(),
                _ => None,
            },
            Some(_) => None,
        }
    };
    let (mut out, mut rest) = (String::new(), text.as_str());
    let mut deps = template.deps.clone();
    while let Some(place) = rest.find('$') {
        out.push_str(&rest[..place]);
        rest = &rest[place + 1..];
        if let Some(tail) = rest.strip_prefix('$') {
            out.push('$');
            rest = tail;
            continue;
        }
        let braced = rest.starts_with('{');
        let body = if braced { &rest[1..] } else { rest };
        let length = body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = &body[..length];
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let tail = if braced { body[length..].strip_prefix('}') } else { Some(&body[length..]) };
        let (Some(tail), true) = (tail, named) else {
            if safe {
                out.push('$');
                continue;
            }
            return Some(Err(interp.raise_on("ValueError", "a placeholder has no name", at, &[&template])));
        };
        match given(interp, name)? {
            Some(value) => {
                deps = deps.union(&value.deps);
                match interp.to_str(&value) {
                    Ok(shown) => out.push_str(&shown),
                    Err(_) => return Some(Ok(interp.unknown_of(&[&value], at))),
                }
            }
            None if safe => {
                out.push('$');
                out.push_str(&rest[..rest.len() - tail.len()]);
            }
            None => return Some(Err(interp.raise_on("KeyError", "a placeholder is not filled", at, &[&template]))),
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(Ok(Val::str(out).with(&deps)))
}
