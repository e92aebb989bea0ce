//! Pydantic's conversions: text and JSON to the type that a field is annotated with.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::{INVALID, MODEL, family};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::numbers::parse_int;
use crate::python::object::{Elem, Kind, Val};

/// What an annotation says, as far as it matters.
pub(super) enum Type {
    Any,
    None,
    /// A type without parameters, by its name.
    Plain(Rc<str>),
    /// A class of the project.
    Class(Val),
    List(&'static str, Box<Type>),
    Tuple,
    Dict(Box<Type>, Box<Type>),
    Union(Vec<Type>),
    Literal(Vec<Val>),
    Unknown,
}

impl Type {
    pub(super) fn of(kind: &Val) -> Self {
        match &kind.kind {
            Kind::None => Self::None,
            Kind::Class(_) => Self::Class(kind.clone()),
            Kind::Extern(name) => match &**name {
                "typing.Any" | "builtins.object" => Self::Any,
                "builtins.list" | "typing.List" => Self::List("list", Box::new(Self::Any)),
                "builtins.set" | "typing.Set" => Self::List("set", Box::new(Self::Any)),
                "builtins.tuple" | "typing.Tuple" => Self::Tuple,
                "builtins.dict" | "typing.Dict" => Self::Dict(Box::new(Self::Any), Box::new(Self::Any)),
                _ => Self::Plain(name.clone()),
            },
            Kind::Tuple(parts) => {
                let parts: Vec<&Val> =
                    parts.iter().filter_map(|part| if let Elem::One(part) = part { Some(part) } else { None }).collect();
                let [Val { kind: Kind::Extern(origin), .. }, rest @ ..] = parts.as_slice() else { return Self::Unknown };
                let inner = |index: usize| Box::new(rest.get(index).map_or(Self::Any, |part| Self::of(part)));
                match origin.rsplit('.').next().unwrap_or_default() {
                    "Optional" => Self::Union(vec![*inner(0), Self::None]),
                    "Union" => Self::Union(rest.iter().map(|part| Self::of(part)).collect()),
                    "Annotated" => *inner(0),
                    "list" | "List" => Self::List("list", inner(0)),
                    "Sequence" => Self::List("sequence", inner(0)),
                    "set" | "Set" => Self::List("set", inner(0)),
                    "tuple" | "Tuple" if matches!(rest.get(1).map(|part| &part.kind), Some(Kind::Ellipsis)) => {
                        Self::List("tuple", inner(0))
                    }
                    "tuple" | "Tuple" => Self::Tuple,
                    "dict" | "Dict" | "Mapping" => Self::Dict(inner(0), inner(1)),
                    "Literal" => Self::Literal(rest.iter().map(|part| (*part).clone()).collect()),
                    _ => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        }
    }

    /// Whether the environment is to hold JSON for it; `None` where that is not known.
    pub(super) fn is_complex(&self, interp: &Interp<'_>) -> Option<bool> {
        Some(match self {
            Self::Any | Self::None | Self::Literal(_) => false,
            Self::List(..) | Self::Tuple | Self::Dict(..) => true,
            Self::Plain(name) => match &**name {
                "builtins.frozenset" => true,
                "pydantic.Json" => return None,
                _ => false,
            },
            Self::Class(class) => match family(interp, class) {
                Some(_) => true,
                None if interp.class_defines(class, super::super::records::DATA) => return None,
                None => false,
            },
            Self::Union(members) => {
                let answers: Vec<Option<bool>> = members.iter().map(|member| member.is_complex(interp)).collect();
                if answers.iter().any(Option::is_none) {
                    return None;
                }
                answers.contains(&Some(true))
            }
            Self::Unknown => return None,
        })
    }
}

/// Whether a type is one that None belongs to beside others.
pub(super) fn allows_none(kind: &Val) -> bool {
    matches!(Type::of(kind), Type::Union(members) if members.iter().any(|member| matches!(member, Type::None)))
}

pub(super) fn is_class_variable(kind: &Val) -> bool {
    let named = |value: &Val| matches!(&value.kind, Kind::Extern(name) if name.ends_with(".ClassVar"));
    match &kind.kind {
        Kind::Tuple(parts) => matches!(parts.first(), Some(Elem::One(first)) if named(first)),
        _ => named(kind),
    }
}

/// Whether an annotation carries more than a type: `Annotated[int, Field(…)]`.
#[allow(clippy::only_used_in_recursion, reason = "it has the form of its siblings")]
pub(super) fn has_field_info(interp: &Interp<'_>, kind: &Val) -> bool {
    let Kind::Tuple(parts) = &kind.kind else { return false };
    parts.iter().any(|part| match part {
        Elem::One(part) => {
            matches!(part.kind, Kind::Instance(_))
                || matches!(&part.kind, Kind::Extern(name) if name.ends_with("NoDecode"))
                || has_field_info(interp, part)
        }
        Elem::Perhaps(..) | Elem::Many(_) => true,
    })
}

fn unsure(at: Region) -> Val {
    Val::unknown(Why::Unsupported("this conversion of a field".into()), Some(at))
}

/// A value as its type wants it, or the error that pydantic raises.
pub(super) fn conform(interp: &mut Interp<'_>, value: &Val, kind: &Val, at: Region) -> Res<Val> {
    let wanted = Type::of(kind);
    convert(interp, value, &wanted, at)
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
pub(super) fn convert(interp: &mut Interp<'_>, value: &Val, wanted: &Type, at: Region) -> Res<Val> {
    interp.burn(5)?;
    if value.as_unknown().is_some() {
        return Ok(value.clone());
    }
    let invalid =
        |interp: &Interp<'_>| Err(interp.raise_with(INVALID, "the value does not fit its field's type", at, value.deps.clone()));
    let made = match wanted {
        Type::Any => value.clone(),
        Type::None => return if value.is_none() { Ok(value.clone()) } else { Ok(unsure(at)) },
        Type::Plain(name) => match plain(interp, value, name, at)? {
            Some(made) => made,
            None => return invalid(interp),
        },
        Type::Class(class) => return in_class(interp, value, class, at),
        Type::List(shape, inner) => {
            let expected = match (&value.kind, *shape) {
                (Kind::List(_), _) | (Kind::Tuple(_), "tuple") | (Kind::Set(_), "set") => true,
                (Kind::Tuple(_), "list" | "sequence") => true,
                (Kind::Dict(_) | Kind::None | Kind::Str(_) | Kind::Int(_) | Kind::Bool(_) | Kind::Float(_), _) => {
                    return invalid(interp);
                }
                _ => false,
            };
            let items = if expected { interp.certain_elements(value, at)? } else { None };
            let Some(items) = items else { return Ok(unsure(at)) };
            let mut made = Vec::new();
            for item in items {
                made.push(convert(interp, &item, inner, at)?);
            }
            match *shape {
                "sequence" if matches!(value.kind, Kind::Tuple(_)) => Val::tuple(made),
                "tuple" => Val::tuple(made),
                "set" => interp.set_of(made.into_iter().map(Elem::One).collect()),
                _ => interp.list(made),
            }
        }
        Type::Dict(keys, values) => {
            let Kind::Dict(id) = value.kind else {
                return match value.kind {
                    Kind::Instance(_) => Ok(unsure(at)),
                    _ => invalid(interp),
                };
            };
            let Cell::Dict(dict) = interp.heap.cell(id).clone() else { return Ok(unsure(at)) };
            if dict.rest.is_some() || dict.entries.values().any(|slot| slot.perhaps.is_some()) {
                return Ok(unsure(at));
            }
            let made = interp.dict(Vec::new());
            for slot in dict.entries.values() {
                let key = convert(interp, &slot.key, keys, at)?;
                let item = convert(interp, &slot.value, values, at)?;
                interp.set_item(&made, &key, item, at)?;
            }
            made
        }
        Type::Literal(choices) => {
            let choices: Vec<Elem> = choices.iter().cloned().map(Elem::One).collect();
            match interp.among(&choices, value) {
                Some(true) => value.clone(),
                Some(false) => return invalid(interp),
                None => return Ok(unsure(at)),
            }
        }
        Type::Union(_) => return in_union(interp, value, wanted, at),
        Type::Tuple | Type::Unknown => return Ok(unsure(at)),
    };
    Ok(made.or_at(value.at.unwrap_or(at)).with(&value.deps))
}

fn in_union(interp: &mut Interp<'_>, value: &Val, wanted: &Type, at: Region) -> Res<Val> {
    let Type::Union(members) = wanted else { return Ok(unsure(at)) };
    let flat: Vec<&Type> = members
        .iter()
        .flat_map(|member| match member {
            Type::Union(inner) => inner.iter().collect(),
            other => vec![other],
        })
        .collect();
    if value.is_none() {
        let some = flat.iter().any(|member| matches!(member, Type::None | Type::Any));
        return if some { Ok(value.clone()) } else { Ok(unsure(at)) };
    }
    let exact = match &value.kind {
        Kind::Str(_) => "builtins.str",
        Kind::Bool(_) => "builtins.bool",
        Kind::Int(_) => "builtins.int",
        Kind::Float(_) => "builtins.float",
        _ => "",
    };
    if flat.iter().any(|member| matches!(member, Type::Plain(name) if &**name == exact)) {
        return Ok(value.clone());
    }
    let others: Vec<&&Type> = flat.iter().filter(|member| !matches!(member, Type::None)).collect();
    match others.as_slice() {
        [only] => convert(interp, value, only, at),
        _ => Ok(unsure(at)),
    }
}

/// Types without parameters; `None` where the value does not fit.
fn plain(interp: &mut Interp<'_>, value: &Val, name: &str, at: Region) -> Res<Option<Val>> {
    Ok(Some(match (name, &value.kind) {
        ("builtins.str", Kind::Str(_))
        | ("builtins.bool", Kind::Bool(_))
        | ("builtins.int", Kind::Int(_))
        | ("builtins.float", Kind::Float(_))
        | ("pathlib.Path", Kind::Path(_))
        | ("datetime.timedelta", Kind::TimeDelta(_)) => value.clone(),
        ("builtins.str", Kind::Int(_) | Kind::Bool(_) | Kind::Float(_) | Kind::List(_) | Kind::Dict(_) | Kind::None) => {
            return Ok(None);
        }
        ("builtins.bool", Kind::Str(text)) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Val::bool(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Val::bool(false),
            _ => return Ok(None),
        },
        ("builtins.bool", Kind::Int(number @ (0 | 1))) => Val::bool(*number == 1),
        ("builtins.int", Kind::Str(text)) => {
            let plain = text.trim();
            match parse_int(plain, 10).filter(|_| plain.bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte))) {
                Some(number) => Val::int(number),
                None if text.bytes().any(|byte| byte.is_ascii_alphabetic()) || text.is_empty() => return Ok(None),
                None => unsure(at),
            }
        }
        ("builtins.int", Kind::Bool(flag)) => Val::int(i128::from(*flag)),
        ("builtins.float", Kind::Int(number)) => Val::new(Kind::Float(*number as f64)),
        ("builtins.float", Kind::Str(text)) => match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Val::new(Kind::Float(number)),
            Ok(_) => unsure(at),
            Err(_) if text.contains('_') => unsure(at),
            Err(_) => return Ok(None),
        },
        ("builtins.int" | "builtins.float" | "builtins.bool", Kind::List(_) | Kind::Dict(_) | Kind::None) => return Ok(None),
        ("pathlib.Path", Kind::Str(_)) => interp.call_extern(&"pathlib.Path".into(), Args::of(vec![value.clone()]), at)?,
        ("pydantic.SecretStr" | "pydantic.types.SecretStr", Kind::Str(_)) => {
            interp.native_instance("pydantic.SecretStr", vec![("*value*", value.clone())])
        }
        ("pydantic.SecretStr", Kind::Instance(_)) if interp.native_attribute(value, "*value*").is_some() => value.clone(),
        _ => unsure(at),
    }))
}

/// A model of the project from a dictionary, or an enumeration's member from its value.
fn in_class(interp: &mut Interp<'_>, value: &Val, class: &Val, at: Region) -> Res<Val> {
    if let Kind::Instance(id) = value.kind
        && let Cell::Instance(own, _) = interp.heap.cell(id)
        && interp.ancestry(own).iter().any(|ancestor| interp.same(ancestor, class))
    {
        return Ok(value.clone());
    }
    let invalid =
        |interp: &Interp<'_>| interp.raise_with(INVALID, "the value does not fit its field's type", at, value.deps.clone());
    match (family(interp, class), &value.kind) {
        (Some(MODEL), Kind::Dict(id)) => {
            let Cell::Dict(dict) = interp.heap.cell(*id).clone() else { return Ok(unsure(at)) };
            let mut args = Args { open: dict.rest.clone(), ..Args::default() };
            for slot in dict.entries.values() {
                match (slot.key.as_str(), &slot.perhaps) {
                    (Some(name), None) => args.kw.push((name.into(), slot.value.clone())),
                    _ => return Ok(unsure(at)),
                }
            }
            Ok(interp.call(class, args, at)?.with(&value.deps))
        }
        (Some(MODEL), Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Str(_) | Kind::List(_)) => {
            Err(invalid(interp))
        }
        (None, Kind::Str(_) | Kind::Int(_))
            if interp.native_class(class).is_some_and(|name| name.starts_with("enum.") || name.starts_with("builtins.")) =>
        {
            match interp.call_values(class, vec![value.clone()], at) {
                Ok(member) => Ok(member.with(&value.deps)),
                // Numbers among the members are also found by their text, by rules of pydantic's own.
                Err(crate::python::interp::Stop::Raise(_)) if !is_text(interp, class) => Ok(unsure(at)),
                Err(crate::python::interp::Stop::Raise(_)) => Err(invalid(interp)),
                Err(limit) => Err(limit),
            }
        }
        _ => Ok(unsure(at)),
    }
}

/// Whether the members of an enumeration are texts by their class.
fn is_text(interp: &Interp<'_>, class: &Val) -> bool {
    let text = |class: &Val| matches!(&class.kind, Kind::Extern(name) if matches!(&**name, "builtins.str" | "enum.StrEnum"));
    interp.ancestry(class).iter().any(text)
}
