//! What marshmallow's validators say of a converted value.

use std::rc::Rc;

use ruff_python_ast::CmpOp;
use shipworthy_model::Region;

use super::convert::{invalid, is_domain, is_url, raises_perhaps};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, Stop};
use crate::python::object::{Elem, Kind, Val};

/// Asks the validators: all of them, and what is not valid for one of them raises.
pub(super) fn validated(interp: &mut Interp<'_>, value: Val, args: &Args, at: Region) -> Res<Val> {
    let Some(validate) = args.named("validate").filter(|validate| !validate.is_none()).cloned() else { return Ok(value) };
    let validators = match &validate.kind {
        Kind::List(_) | Kind::Tuple(_) => interp.certain_elements(&validate, at)?.unwrap_or_default(),
        _ => vec![validate],
    };
    let mut refused = None;
    for validator in validators {
        if value.as_unknown().is_some() {
            raises_perhaps(interp, "a validator", at);
            continue;
        }
        match verdict(interp, &validator, &value, at) {
            Ok(Some(true)) => {}
            Ok(Some(false)) => refused = Some("the value is not valid".to_owned()),
            Ok(None) => raises_perhaps(interp, "a validator", at),
            Err(Stop::Raise(raised))
                if matches!(&interp.exception_name(&raised.exception)[..], "ValidationError" | "EnvError") =>
            {
                refused = Some(raised.message.clone());
            }
            Err(stop) => return Err(stop),
        }
    }
    match refused {
        Some(message) => Err(invalid(interp, &value, &message, at)),
        None => Ok(value),
    }
}

/// Whether a value is valid; `None` where nobody knows.
fn verdict(interp: &mut Interp<'_>, validator: &Val, value: &Val, at: Region) -> Res<Option<bool>> {
    let Some(name) = class_of(interp, validator) else {
        let known = matches!(validator.kind, Kind::Function(_) | Kind::Method(_));
        interp.call_values(validator, vec![value.clone()], at)?;
        return Ok(known.then_some(true));
    };
    let argument = |interp: &Interp<'_>, index: usize, name: &str| {
        let positional = || match interp.native_attribute(validator, "*args*")?.kind {
            Kind::Tuple(items) => match items.get(index)? {
                Elem::One(item) => Some(item.clone()),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            },
            _ => None,
        };
        interp.native_attribute(validator, name).or_else(positional).filter(|value| !value.is_none())
    };
    match name.strip_prefix("marshmallow.validate.").unwrap_or_default() {
        "OneOf" => {
            let Some(choices) = argument(interp, 0, "choices") else { return Ok(None) };
            interp.contains(&choices, value, at)
        }
        "NoneOf" => {
            let Some(choices) = argument(interp, 0, "iterable") else { return Ok(None) };
            Ok(interp.contains(&choices, value, at)?.map(|contained| !contained))
        }
        "ContainsOnly" => {
            let Some(choices) = argument(interp, 0, "choices") else { return Ok(None) };
            let Some(items) = interp.certain_elements(value, at)? else { return Ok(None) };
            let mut all = Some(true);
            for item in items {
                match interp.contains(&choices, &item, at)? {
                    Some(true) => {}
                    Some(false) => return Ok(all.map(|_| false)),
                    None => all = None,
                }
            }
            Ok(all)
        }
        "Equal" => {
            let Some(other) = argument(interp, 0, "comparable") else { return Ok(None) };
            Ok(interp.equal(value, &other))
        }
        "Range" => {
            let exclusive =
                ["min_inclusive", "max_inclusive"].iter().any(|name| interp.native_attribute(validator, name).is_some());
            let bounds = [(argument(interp, 0, "min"), CmpOp::Lt), (argument(interp, 1, "max"), CmpOp::Gt)];
            for (bound, operator) in bounds {
                let Some(bound) = bound else { continue };
                let beyond = interp.compare(operator, value, &bound, at)?;
                match interp.truth(&beyond) {
                    Some(false) if !exclusive => {}
                    Some(true) => return Ok(Some(false)),
                    _ => return Ok(None),
                }
            }
            Ok(Some(true))
        }
        "Length" => {
            let length = interp.call_values(&Val::external("builtins.len"), vec![value.clone()], at)?;
            let Kind::Int(length) = length.kind else { return Ok(None) };
            let bound = |value: Option<Val>| match value.map(|value| value.kind) {
                None => Some(None),
                Some(Kind::Int(number)) => Some(Some(number)),
                Some(_) => None,
            };
            let (min, max, equal) = (argument(interp, 0, "min"), argument(interp, 1, "max"), argument(interp, 9, "equal"));
            let (Some(min), Some(max), Some(equal)) = (bound(min), bound(max), bound(equal)) else { return Ok(None) };
            let (least, most) = (min.or(equal), max.or(equal));
            Ok(Some(least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most)))
        }
        "Regexp" | "Email" | "URL" if !matches!(value.kind, Kind::Str(_)) => misfit(interp, &name, value, at),
        "Regexp" => {
            let (Some(regex), None) = (argument(interp, 0, "regex"), argument(interp, 1, "flags")) else { return Ok(None) };
            let found = interp.call_extern(&"re.match".into(), Args::of(vec![regex, value.clone()]), at)?;
            Ok(interp.truth(&found))
        }
        "Email" => Ok(value.as_str().and_then(is_email)),
        "URL" if interp.native_attribute(validator, "*args*").is_none_or(|args| interp.truth(&args) == Some(false)) => {
            Ok(value.as_str().map(is_url))
        }
        _ => Ok(None),
    }
}

/// Whether marshmallow takes a text for an address; `None` for the forms that few write.
fn is_email(text: &str) -> Option<bool> {
    let Some((user, domain)) = text.rsplit_once('@') else { return Some(false) };
    if !text.is_ascii() || user.contains('"') || domain.starts_with('[') {
        return None;
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-!#$%&'*+/=?^`{}|~_".contains(&byte);
    let user = user.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(allowed));
    Some(user && (domain == "localhost" || is_domain(domain)))
}

/// What the validators of text make of anything else.
fn misfit(interp: &mut Interp<'_>, name: &str, value: &Val, at: Region) -> Res<Option<bool>> {
    let Some(truth) = interp.truth(value) else { return Ok(None) };
    let container = matches!(value.kind, Kind::List(_) | Kind::Dict(_) | Kind::Tuple(_) | Kind::Set(_));
    match (name.rsplit('.').next(), truth) {
        (Some("Email" | "URL"), false) => Ok(Some(false)),
        (Some("Email"), true) if container => Ok(match interp.contains(value, &Val::str("@"), at)? {
            Some(false) => Some(false),
            Some(true) | None => None,
        }),
        _ => Err(interp.raise_on("TypeError", "the value is no text", at, &[value])),
    }
}

/// The library's class of a validator.
fn class_of(interp: &Interp<'_>, validator: &Val) -> Option<Rc<str>> {
    let Kind::Instance(id) = validator.kind else { return None };
    let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    match &class.kind {
        Kind::Extern(name) => Some(name.clone()),
        _ => None,
    }
}
