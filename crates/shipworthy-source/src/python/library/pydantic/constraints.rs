//! What `Field(…)` demands of a value beside its type.

use ruff_python_ast::CmpOp;
use shipworthy_model::Region;

use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

/// Options that say nothing about values.
const HARMLESS: [&str; 19] = [
    "*field*",
    "default",
    "default_factory",
    "alias",
    "validation_alias",
    "serialization_alias",
    "alias_priority",
    "title",
    "description",
    "examples",
    "exclude",
    "deprecated",
    "json_schema_extra",
    "repr",
    "init",
    "init_var",
    "kw_only",
    "initial",
    "frozen",
];

/// What is to be said of a value and what its field demands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Met,
    Unmet,
    /// The demand is none that can be made of such a value: a mistake of another kind.
    Misfit,
    /// Only pydantic can tell.
    Unknown,
}

/// Whether a value meets them all.
pub(super) fn verdict(interp: &mut Interp<'_>, info: &Val, value: &Val, at: Region) -> Res<Verdict> {
    let Kind::Instance(id) = info.kind else { return Ok(Verdict::Unknown) };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return Ok(Verdict::Unknown) };
    let demands: Vec<(String, Val)> = interp
        .heap
        .space(*space)
        .names
        .iter()
        .filter(|(name, binding)| !HARMLESS.contains(&&***name) && !binding.value.is_none())
        .map(|(name, binding)| (name.to_string(), binding.value.clone()))
        .collect();
    let mut all = Verdict::Met;
    for (name, bound) in demands {
        match one(interp, &name, &bound, value, at)? {
            Verdict::Met => {}
            Verdict::Unmet => all = Verdict::Unmet,
            // Which of two complaints comes first is for the library to say.
            Verdict::Misfit if all == Verdict::Met => all = Verdict::Misfit,
            Verdict::Misfit | Verdict::Unknown => return Ok(Verdict::Unknown),
        }
    }
    Ok(all)
}

fn one(interp: &mut Interp<'_>, name: &str, bound: &Val, value: &Val, at: Region) -> Res<Verdict> {
    let is_secret = super::is_secret(interp, value);
    let is_opaque = matches!(value.kind, Kind::Instance(_) | Kind::Extern(_)) && !is_secret;
    if is_opaque {
        return Ok(Verdict::Unknown);
    }
    let operator = match name {
        "pattern" => {
            let Kind::Str(text) = &value.kind else { return Ok(Verdict::Misfit) };
            // The library asks the same engine, by the same rules.
            let pattern = bound.as_str().map(|pattern| regex::RegexBuilder::new(pattern).size_limit(1 << 20).build());
            return Ok(match pattern {
                Some(Ok(pattern)) if pattern.is_match(text) => Verdict::Met,
                Some(Ok(_)) => Verdict::Unmet,
                Some(Err(_)) | None => Verdict::Unknown,
            });
        }
        "gt" => CmpOp::Gt,
        "ge" | "min_length" => CmpOp::GtE,
        "lt" => CmpOp::Lt,
        "le" | "max_length" => CmpOp::LtE,
        _ => return Ok(Verdict::Unknown),
    };
    let met = if name.ends_with("_length") {
        // What a secret hides is what its length is of.
        let hidden = if is_secret { interp.native_attribute(value, "*value*") } else { None };
        let value = hidden.as_ref().unwrap_or(value);
        if !matches!(value.kind, Kind::Str(_) | Kind::Bytes(_) | Kind::List(_) | Kind::Tuple(_) | Kind::Dict(_) | Kind::Set(_)) {
            return Ok(Verdict::Misfit);
        }
        let length = interp.call_values(&Val::external("builtins.len"), vec![value.clone()], at)?;
        interp.compare(operator, &length, bound, at)?
    } else {
        match (&value.kind, &bound.kind) {
            (Kind::Int(_) | Kind::Float(_) | Kind::Bool(_), Kind::Int(_) | Kind::Float(_)) => {
                interp.compare(operator, value, bound, at)?
            }
            (_, Kind::Int(_) | Kind::Float(_)) => return Ok(Verdict::Misfit),
            _ => return Ok(Verdict::Unknown),
        }
    };
    Ok(match interp.truth(&met) {
        Some(true) => Verdict::Met,
        Some(false) => Verdict::Unmet,
        None => Verdict::Unknown,
    })
}
