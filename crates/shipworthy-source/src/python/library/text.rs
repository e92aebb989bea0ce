//! `json`, `ast.literal_eval`, `textwrap`, `html`, `shlex`: text that stands for values.

use std::fmt::Write;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::format::float_text;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, MAX_SIZE, Res, unknown_value};
use crate::python::object::{Elem, Kind, Val, branch_unknown};

pub(super) static LIBRARY: Library =
    Library { roots: &["json", "ast", "base64", "shlex"], call, attribute: no_attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "json.loads" => {
            let value = args.pos.first()?.clone();
            loads(interp, &value, at)
        }
        "json.dumps" => return dumps(interp, args, at),
        "json.load" => {
            let content = interp.native_attribute(args.pos.first()?, "*content*")?;
            loads(interp, &content, at)
        }
        "ast.literal_eval" => {
            let value = args.pos.first()?;
            match value.as_str().map(str::to_owned) {
                Some(text) => literal_eval(interp, text.trim_matches([' ', '\t', '\n', '\r', '\u{c}']), value, at),
                None => Ok(interp.unknown_of(&[value], at)),
            }
        }
        _ => return None,
    })
}

fn loads(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    if let Some(number) = value.as_str().and_then(beyond_numbers) {
        return Ok(Val::new(Kind::Float(number)).at(value.at.unwrap_or(at)).with(&value.deps));
    }
    if value.as_str().is_some_and(has_negative_zero) {
        // The parser takes this integer for a float.
        let plain = value.as_str().is_some_and(|text| text.trim_matches(BLANKS) == "-0");
        let zero = if plain { Val::int(0) } else { Val::unknown(Why::Unsupported("this JSON".into()), Some(at)) };
        return Ok(zero.at(value.at.unwrap_or(at)).with(&value.deps));
    }
    let parsed = match &value.kind {
        Kind::Str(text) => serde_json::from_str::<serde_json::Value>(text),
        Kind::Bytes(bytes) => serde_json::from_slice(bytes),
        Kind::None => return Err(interp.raise_on("TypeError", "JSON is text, not None", at, &[value])),
        _ => return Ok(interp.unknown_of(&[value], at)),
    };
    match parsed {
        Ok(parsed) => Ok(json_value(interp, &parsed, value.at.unwrap_or(at), 0)),
        // Python reads these too, though JSON has none of them, and takes a number beyond all bounds for infinite.
        Err(error) if error.to_string().starts_with("number out of range") => {
            Ok(Val::unknown(Why::Unsupported("this JSON".into()), Some(at)))
        }
        Err(_) if value.as_str().is_some_and(|text| ["NaN", "Infinity", "\\ud", "\\uD"].iter().any(|odd| text.contains(odd))) => {
            Ok(Val::unknown(Why::Unsupported("this JSON".into()), Some(at)))
        }
        Err(_) => {
            let deps = value.deps.clone();
            Err(interp.raise_with("json.decoder.JSONDecodeError", "the text is no JSON", at, deps))
        }
    }
}

/// What JSON takes for blank.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Whether a text holds the integer `-0`.
fn has_negative_zero(text: &str) -> bool {
    text.match_indices("-0").any(|(index, _)| {
        let before = text[..index].trim_end_matches(BLANKS);
        let after = text[index + 2..].chars().next();
        (before.is_empty() || before.ends_with(['[', ',', ':']))
            && !after.is_some_and(|c| c.is_ascii_digit() || ".eE".contains(c))
    })
}

/// The three words for what is no number.
fn beyond_numbers(text: &str) -> Option<f64> {
    match text.trim_matches(BLANKS) {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// `json.dumps(value)`, with the options that change the layout; `None` where it is given others.
fn dumps(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    if args.pos.len() != 1
        || args.kw.iter().any(|(name, _)| !matches!(&**name, "sort_keys" | "indent" | "ensure_ascii" | "separators"))
    {
        return None;
    }
    let flag = |name: &str, default: bool| args.named(name).map_or(Some(default), |value| interp.truth(value));
    let indent = match args.named("indent").map(|value| &value.kind) {
        None | Some(Kind::None) => None,
        Some(Kind::Int(count)) => Some(" ".repeat(usize::try_from(*count).unwrap_or(0).min(100))),
        Some(Kind::Str(text)) => Some(text.to_string()),
        Some(_) => return None,
    };
    let (item, key) = match args.named("separators").map(|value| &value.kind) {
        None | Some(Kind::None) => (if indent.is_some() { "," } else { ", " }.to_owned(), ": ".to_owned()),
        Some(Kind::Tuple(parts)) => match parts.as_slice() {
            [Elem::One(item), Elem::One(key)] => (item.as_str()?.to_owned(), key.as_str()?.to_owned()),
            _ => return None,
        },
        Some(_) => return None,
    };
    let layout = Layout { sorted: flag("sort_keys", false)?, ascii: flag("ensure_ascii", true)?, indent, item, key };
    let mut out = String::new();
    let value = args.pos.first()?;
    match layout.write(interp, value, 0, &mut out) {
        Ok(()) => Some(interp.sized(out.len()).map(|()| Val::str(out))),
        Err(Unwritten::Unknown(unknown)) => Some(Ok(unknown_value(&unknown))),
        Err(Unwritten::Wrong) => Some(Err(interp.raise_on("TypeError", "an object is not serializable as JSON", at, &[value]))),
        Err(Unwritten::Unsupported) => None,
    }
}

/// Why a value has no known JSON.
enum Unwritten {
    Unknown(Rc<Unknown>),
    /// Python would raise `TypeError`.
    Wrong,
    Unsupported,
}

/// How JSON is written.
struct Layout {
    sorted: bool,
    ascii: bool,
    indent: Option<String>,
    item: String,
    key: String,
}

impl Layout {
    fn write(&self, interp: &Interp<'_>, value: &Val, depth: usize, out: &mut String) -> Result<(), Unwritten> {
        if depth > 30 || out.len() > MAX_SIZE {
            return Err(Unwritten::Unsupported);
        }
        match &value.kind {
            Kind::None => out.push_str("null"),
            Kind::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Kind::Int(number) => out.push_str(&number.to_string()),
            Kind::Float(number) if number.is_finite() => out.push_str(&float_text(*number)),
            Kind::Str(text) => self.text(text, out),
            Kind::List(_) | Kind::Tuple(_) => {
                let items: Vec<Elem> = match &value.kind {
                    Kind::Tuple(items) => items.to_vec(),
                    Kind::List(id) => match interp.heap.cell(*id) {
                        Cell::List(items) => items.clone(),
                        _ => return Err(Unwritten::Unsupported),
                    },
                    _ => return Err(Unwritten::Unsupported),
                };
                let items = items.into_iter().map(|item| certain(item).map(|item| (None, item))).collect::<Result<_, _>>()?;
                self.items(interp, items, ("[", "]"), depth, out)?;
            }
            Kind::Dict(id) => {
                let Cell::Dict(dict) = interp.heap.cell(*id) else { return Err(Unwritten::Unsupported) };
                let mut items = Vec::new();
                for pair in dict.pairs() {
                    let Kind::Tuple(pair) = certain(pair)?.kind else { return Err(Unwritten::Unsupported) };
                    let [Elem::One(key), Elem::One(value)] = pair.as_slice() else { return Err(Unwritten::Unsupported) };
                    let key = match &key.kind {
                        Kind::Str(text) => text.to_string(),
                        Kind::None => "null".to_owned(),
                        Kind::Bool(flag) => flag.to_string(),
                        Kind::Int(number) if !self.sorted => number.to_string(),
                        Kind::Float(number) if !self.sorted && number.is_finite() => float_text(*number),
                        Kind::Tuple(_) | Kind::Bytes(_) | Kind::Path(_) | Kind::TimeDelta(_) => return Err(Unwritten::Wrong),
                        _ => return Err(Unwritten::Unsupported),
                    };
                    items.push((Some(key), value.clone()));
                }
                if self.sorted {
                    if dict.entries.values().any(|slot| !matches!(slot.key.kind, Kind::Str(_))) {
                        return Err(Unwritten::Unsupported);
                    }
                    items.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                self.items(interp, items, ("{", "}"), depth, out)?;
            }
            Kind::Set(_) | Kind::Bytes(_) | Kind::Path(_) | Kind::TimeDelta(_) | Kind::Ellipsis | Kind::Lazy(_) => {
                return Err(Unwritten::Wrong);
            }
            _ => return Err(value.as_unknown().map_or(Unwritten::Unsupported, Unwritten::Unknown)),
        }
        Ok(())
    }

    fn items(
        &self,
        interp: &Interp<'_>,
        items: Vec<(Option<String>, Val)>,
        (open, close): (&str, &str),
        depth: usize,
        out: &mut String,
    ) -> Result<(), Unwritten> {
        let line = |depth: usize, out: &mut String| {
            if let Some(indent) = &self.indent {
                out.push('\n');
                out.push_str(&indent.repeat(depth));
            }
        };
        out.push_str(open);
        let empty = items.is_empty();
        for (index, (key, value)) in items.into_iter().enumerate() {
            if index > 0 {
                out.push_str(&self.item);
            }
            line(depth + 1, out);
            if let Some(key) = key {
                self.text(&key, out);
                out.push_str(&self.key);
            }
            self.write(interp, &value, depth + 1, out)?;
        }
        if !empty {
            line(depth, out);
        }
        out.push_str(close);
        Ok(())
    }

    fn text(&self, text: &str, out: &mut String) {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                c if c < ' ' || (self.ascii && c > '~') => {
                    let mut units = [0; 2];
                    for unit in c.encode_utf16(&mut units) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }
}

fn certain(elem: Elem) -> Result<Val, Unwritten> {
    match elem {
        Elem::One(value) => Ok(value),
        Elem::Perhaps(_, condition) => Err(Unwritten::Unknown(branch_unknown(&condition))),
        Elem::Many(unknown) => Err(Unwritten::Unknown(unknown)),
    }
}

/// A JSON value as Python's `json` gives it.
#[allow(clippy::only_used_in_recursion, reason = "it has the form of its siblings")]
pub(in crate::python) fn json_value(interp: &mut Interp<'_>, json: &serde_json::Value, at: Region, depth: usize) -> Val {
    let value = match json {
        serde_json::Value::Null => Val::none(),
        serde_json::Value::Bool(flag) => Val::bool(*flag),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Val::int(i128::from(number)),
            (_, Some(number), _) => Val::int(i128::from(number)),
            // A number this large may have been written as an integer, which Python would keep exactly.
            (.., Some(number)) if number.abs() < 1e19 => Val::new(Kind::Float(number)),
            _ => Val::unknown(Why::Limit("integers of 127 bits".into()), Some(at)),
        },
        serde_json::Value::String(text) => Val::str(text.as_str()),
        serde_json::Value::Array(items) => {
            let items = items.iter().map(|item| json_value(interp, item, at, depth + 1)).collect();
            interp.list(items)
        }
        serde_json::Value::Object(entries) => {
            let mut dict = Dict::default();
            for (key, item) in entries {
                let item = json_value(interp, item, at, depth + 1);
                dict.set_str(key, item);
            }
            interp.dict_of(dict)
        }
    };
    value.at(at)
}

/// Evaluates text that may hold literals only.
fn literal_eval(interp: &mut Interp<'_>, text: &str, value: &Val, at: Region) -> Res<Val> {
    let malformed = |interp: &Interp<'_>| interp.raise_on("ValueError", "the text is no Python literal", at, &[value]);
    let source = interp.source_of_text(text, value.at, true);
    let Some(source) = source else { return Err(interp.raise_on("SyntaxError", "the text is no Python literal", at, &[value])) };
    match source.module.body.as_slice() {
        // Places in a text that stands nowhere are no places; the call is.
        [ruff_python_ast::Stmt::Expr(node)] if is_literal(&node.value) && !text.ends_with(';') => {
            Ok(interp.expr(&node.value)?.with(&value.deps).at(value.at.unwrap_or(at)))
        }
        [ruff_python_ast::Stmt::Expr(_)] if !text.ends_with(';') => Err(malformed(interp)),
        // Statements are no expression.
        _ => Err(interp.raise_on("SyntaxError", "the text is no Python literal", at, &[value])),
    }
}

fn is_literal(expression: &ruff_python_ast::Expr) -> bool {
    use ruff_python_ast::Expr;
    match expression {
        Expr::NoneLiteral(_)
        | Expr::BooleanLiteral(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::BytesLiteral(_)
        | Expr::EllipsisLiteral(_) => true,
        Expr::List(node) => node.elts.iter().all(is_literal),
        Expr::Tuple(node) => node.elts.iter().all(is_literal),
        Expr::Set(node) => node.elts.iter().all(is_literal),
        Expr::Dict(node) => node.items.iter().all(|item| item.key.as_ref().is_some_and(is_literal) && is_literal(&item.value)),
        Expr::UnaryOp(node) => {
            !matches!(node.op, ruff_python_ast::UnaryOp::Not) && matches!(*node.operand, Expr::NumberLiteral(_))
        }
        _ => false,
    }
}
