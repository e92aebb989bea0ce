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

/// Whether a value of a plain type meets them all; `None` where only pydantic can tell.
pub(super) fn are_met(interp: &mut Interp<'_>, info: &Val, value: &Val, at: Region) -> Res<Option<bool>> {
    let Kind::Instance(id) = info.kind else { return Ok(None) };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return Ok(None) };
    let demands: Vec<(String, Val)> = interp
        .heap
        .space(*space)
        .names
        .iter()
        .filter(|(name, binding)| !HARMLESS.contains(&&***name) && !binding.value.is_none())
        .map(|(name, binding)| (name.to_string(), binding.value.clone()))
        .collect();
    let mut all = Some(true);
    for (name, bound) in demands {
        let operator = match name.as_str() {
            "gt" | "min_length" => CmpOp::Gt,
            "ge" => CmpOp::GtE,
            "lt" | "max_length" => CmpOp::Lt,
            "le" => CmpOp::LtE,
            _ => return Ok(None),
        };
        let met = match (&value.kind, name.ends_with("_length")) {
            (Kind::Int(_) | Kind::Float(_), false) => interp.compare(operator, value, &bound, at)?,
            (Kind::Str(text), true) => {
                let length = Val::int(text.chars().count() as i128);
                let operator = if operator == CmpOp::Gt { CmpOp::GtE } else { CmpOp::LtE };
                interp.compare(operator, &length, &bound, at)?
            }
            // A value of another type is not valid, or the demand is not: that is an error of another kind.
            _ => return Ok(None),
        };
        match interp.truth(&met) {
            Some(true) => {}
            Some(false) => all = Some(false),
            None => return Ok(None),
        }
    }
    Ok(all)
}
