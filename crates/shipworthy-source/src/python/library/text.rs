//! `json`, `ast.literal_eval`, `textwrap`, `html`, `shlex`: text that stands for values.

use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library =
    Library { roots: &["json", "ast", "base64", "shlex"], call, attribute: no_attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "json.loads" => {
            let value = args.pos.first()?.clone();
            loads(interp, &value, at)
        }
        "json.load" => {
            let content = interp.native_attribute(args.pos.first()?, "*content*")?;
            loads(interp, &content, at)
        }
        "ast.literal_eval" => {
            let value = args.pos.first()?;
            match value.as_str().map(str::to_owned) {
                Some(text) => literal_eval(interp, text.trim(), value, at),
                None => Ok(interp.unknown_of(&[value], at)),
            }
        }
        _ => return None,
    })
}

fn loads(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    let parsed = match &value.kind {
        Kind::Str(text) => serde_json::from_str::<serde_json::Value>(text),
        Kind::Bytes(bytes) => serde_json::from_slice(bytes),
        Kind::None => return Err(interp.raise_on("TypeError", "JSON is text, not None", at, &[value])),
        _ => return Ok(interp.unknown_of(&[value], at)),
    };
    match parsed {
        Ok(parsed) => Ok(json_value(interp, &parsed, value.at.unwrap_or(at), 0)),
        Err(_) => {
            let deps = value.deps.clone();
            Err(interp.raise_with("json.decoder.JSONDecodeError", "the text is no JSON", at, deps))
        }
    }
}

/// A JSON value as Python's `json` gives it.
pub(in crate::python) fn json_value(interp: &mut Interp<'_>, json: &serde_json::Value, at: Region, depth: usize) -> Val {
    let value = match json {
        serde_json::Value::Null => Val::none(),
        serde_json::Value::Bool(flag) => Val::bool(*flag),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Val::int(i128::from(number)),
            (_, Some(number), _) => Val::int(i128::from(number)),
            (.., Some(number)) => Val::new(Kind::Float(number)),
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
        [ruff_python_ast::Stmt::Expr(node)] if is_literal(&node.value) => {
            Ok(interp.expr(&node.value)?.with(&value.deps).at(value.at.unwrap_or(at)))
        }
        _ => Err(malformed(interp)),
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
