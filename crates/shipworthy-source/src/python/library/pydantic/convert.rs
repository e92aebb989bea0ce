//! Pydantic's conversions: text and JSON to the type that a field is annotated with.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::config::Manner;
use super::{INVALID, MODEL, family, plain};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, Stop};
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
    Tuple(Vec<Type>),
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
                "builtins.frozenset" | "typing.FrozenSet" => Self::List("frozenset", Box::new(Self::Any)),
                "builtins.tuple" | "typing.Tuple" => Self::List("tuple", Box::new(Self::Any)),
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
                    "tuple" | "Tuple" => Self::Tuple(rest.iter().map(|part| Self::of(part)).collect()),
                    "frozenset" | "FrozenSet" => Self::List("frozenset", inner(0)),
                    "dict" | "Dict" | "Mapping" => Self::Dict(inner(0), inner(1)),
                    "Literal" => Self::Literal(rest.iter().map(|part| (*part).clone()).collect()),
                    _ => Self::Unknown,
                }
            }
            _ => Self::Unknown,
        }
    }

    /// Whether one of its enumerations has a member of that name.
    pub(super) fn has_member(&self, interp: &Interp<'_>, name: &str) -> bool {
        match self {
            Self::Class(class) => interp.class_attribute(class, name).is_some(),
            Self::Union(members) => members.iter().any(|member| member.has_member(interp, name)),
            Self::List(_, inner) => inner.has_member(interp, name),
            Self::Tuple(kinds) => kinds.iter().any(|kind| kind.has_member(interp, name)),
            Self::Dict(keys, values) => keys.has_member(interp, name) || values.has_member(interp, name),
            Self::Any | Self::None | Self::Plain(_) | Self::Literal(_) | Self::Unknown => false,
        }
    }

    /// Whether the environment is to hold JSON for it; `None` where that is not known.
    pub(super) fn is_complex(&self, interp: &Interp<'_>) -> Option<bool> {
        Some(match self {
            Self::Any | Self::None | Self::Literal(_) | Self::Plain(_) => false,
            Self::List(..) | Self::Tuple(_) | Self::Dict(..) => true,
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

/// Whether an annotation carries more than a type somewhere inside: `list[Annotated[int, Field(…)]]`.
pub(super) fn has_metadata(kind: &Val) -> bool {
    let Kind::Tuple(parts) = &kind.kind else { return false };
    parts.iter().any(|part| match part {
        Elem::One(part) => {
            matches!(part.kind, Kind::Instance(_))
                || matches!(&part.kind, Kind::Extern(name) if name.ends_with("NoDecode"))
                || has_metadata(part)
        }
        Elem::Perhaps(..) | Elem::Many(_) => true,
    })
}

fn unsure(at: Region) -> Val {
    Val::unknown(Why::Unsupported("this conversion of a field".into()), Some(at))
}

/// A value as its type wants it, or the error that pydantic raises.
pub(super) fn conform(interp: &mut Interp<'_>, value: &Val, kind: &Val, manner: Manner, at: Region) -> Res<Val> {
    let wanted = Type::of(kind);
    convert(interp, value, &wanted, manner, at)
}

fn invalid(interp: &Interp<'_>, value: &Val, at: Region) -> Stop {
    interp.raise_with(INVALID, "the value does not fit its field's type", at, value.deps.clone())
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn convert(interp: &mut Interp<'_>, value: &Val, wanted: &Type, manner: Manner, at: Region) -> Res<Val> {
    interp.burn(5)?;
    if value.as_unknown().is_some() {
        return Ok(value.clone());
    }
    let made = match wanted {
        Type::Any => value.clone(),
        Type::None if value.is_none() => value.clone(),
        Type::None => return Err(invalid(interp, value, at)),
        Type::Plain(name) => match plain::plain(interp, value, name, manner, at)? {
            Some(made) => made,
            None => return Err(invalid(interp, value, at)),
        },
        Type::Class(class) => return in_class(interp, value, class, manner, at),
        Type::List(shape, inner) => {
            let Some(items) = items(interp, value, shape, at)? else { return Ok(unsure(at)) };
            let mut made = Vec::new();
            for item in items {
                made.push(convert(interp, &item, inner, manner, at)?);
            }
            match *shape {
                "sequence" if matches!(value.kind, Kind::Tuple(_)) => Val::tuple(made),
                "tuple" => Val::tuple(made),
                "set" | "frozenset" => {
                    let all = interp.list(made);
                    interp.call_values(&Val::external(format!("builtins.{shape}")), vec![all], at)?
                }
                _ => interp.list(made),
            }
        }
        Type::Tuple(kinds) => {
            let Some(items) = items(interp, value, "tuple", at)? else { return Ok(unsure(at)) };
            if items.len() != kinds.len() {
                return Err(invalid(interp, value, at));
            }
            let mut made = Vec::new();
            for (item, kind) in items.iter().zip(kinds) {
                made.push(convert(interp, item, kind, manner, at)?);
            }
            Val::tuple(made)
        }
        Type::Dict(keys, values) => {
            let Kind::Dict(id) = value.kind else {
                return match value.kind {
                    Kind::Instance(_) => Ok(unsure(at)),
                    _ => Err(invalid(interp, value, at)),
                };
            };
            let Cell::Dict(dict) = interp.heap.cell(id).clone() else { return Ok(unsure(at)) };
            if dict.rest.is_some() || dict.entries.values().any(|slot| slot.perhaps.is_some()) {
                return Ok(unsure(at));
            }
            let made = interp.dict(Vec::new());
            for slot in dict.entries.values() {
                let key = convert(interp, &slot.key, keys, manner, at)?;
                let item = convert(interp, &slot.value, values, manner, at)?;
                interp.set_item(&made, &key, item, at)?;
            }
            made
        }
        Type::Literal(choices) => {
            // Numbers of different types are equal, but not for a literal.
            let same = |choice: &&Val| std::mem::discriminant(&choice.kind) == std::mem::discriminant(&value.kind);
            let choices: Vec<Elem> = choices.iter().filter(same).cloned().map(Elem::One).collect();
            match interp.among(&choices, value) {
                Some(true) => value.clone(),
                Some(false) if !matches!(value.kind, Kind::Instance(_)) => return Err(invalid(interp, value, at)),
                _ => return Ok(unsure(at)),
            }
        }
        Type::Union(_) => return in_union(interp, value, wanted, manner, at),
        Type::Unknown => return Ok(unsure(at)),
    };
    Ok(made.or_at(value.at.unwrap_or(at)).with(&value.deps))
}

/// The elements that a sequence of this shape is made of; `None` where nobody knows.
fn items(interp: &mut Interp<'_>, value: &Val, shape: &str, at: Region) -> Res<Option<Vec<Val>>> {
    let fits = match (&value.kind, shape) {
        (Kind::List(_) | Kind::Tuple(_), _) | (Kind::Set(_), "set" | "frozenset") => true,
        (Kind::Set(_), "sequence")
        | (
            Kind::Dict(_)
            | Kind::None
            | Kind::Str(_)
            | Kind::Bytes(_)
            | Kind::Int(_)
            | Kind::Bool(_)
            | Kind::Float(_)
            | Kind::Path(_)
            | Kind::TimeDelta(_),
            _,
        ) => return Err(invalid(interp, value, at)),
        _ => false,
    };
    if fits { interp.certain_elements(value, at) } else { Ok(None) }
}

fn in_union(interp: &mut Interp<'_>, value: &Val, wanted: &Type, manner: Manner, at: Region) -> Res<Val> {
    let Type::Union(members) = wanted else { return Ok(unsure(at)) };
    let flat: Vec<&Type> = members
        .iter()
        .flat_map(|member| match member {
            Type::Union(inner) => inner.iter().collect(),
            other => vec![other],
        })
        .collect();
    let has = |name: &str| flat.iter().any(|member| matches!(member, Type::Plain(own) if &**own == name));
    if value.is_none() && flat.iter().any(|member| matches!(member, Type::None | Type::Any)) {
        return Ok(value.clone());
    }
    let exact = match &value.kind {
        Kind::Str(_) => "builtins.str",
        Kind::Bool(_) => "builtins.bool",
        Kind::Int(_) => "builtins.int",
        Kind::Float(_) => "builtins.float",
        _ => "",
    };
    if has(exact) {
        return convert(interp, value, &Type::Plain(exact.into()), manner, at);
    }
    let others: Vec<&Type> = flat.iter().filter(|member| !matches!(member, Type::None)).copied().collect();
    if let [only] = others.as_slice() {
        return convert(interp, value, only, manner, at);
    }
    // The members are tried in turn. Which of several wins is known where all of them convert alike: text to numbers.
    let alike = matches!(value.kind, Kind::Str(_))
        && others.iter().all(|member| {
            matches!(member, Type::List(..) | Type::Tuple(_) | Type::Dict(..))
                || matches!(member, Type::Plain(name) if matches!(&**name, "builtins.int" | "builtins.bool" | "builtins.float"))
        });
    let mut made = Vec::new();
    for member in others {
        match convert(interp, value, member, manner, at) {
            Ok(value) => made.push(value),
            Err(Stop::Raise(_)) => {}
            Err(limit) => return Err(limit),
        }
    }
    match made.as_slice() {
        [] => Err(invalid(interp, value, at)),
        [only] => Ok(only.clone()),
        [first, ..] if alike => Ok(first.clone()),
        _ => Ok(unsure(at)),
    }
}

/// A model of the project from a dictionary, or an enumeration's member from its value.
fn in_class(interp: &mut Interp<'_>, value: &Val, class: &Val, manner: Manner, at: Region) -> Res<Val> {
    let by_value = |interp: &mut Interp<'_>, member: Val| {
        let takes = manner.takes_values && is_enumeration(interp, class);
        if takes { interp.attribute(&member, "value", at) } else { Ok(member) }
    };
    if let Kind::Instance(id) = value.kind
        && let Cell::Instance(own, _) = interp.heap.cell(id)
        && interp.ancestry(own).iter().any(|ancestor| interp.same(ancestor, class))
    {
        return by_value(interp, value.clone());
    }
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
        (
            Some(MODEL),
            Kind::None
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::List(_)
            | Kind::Tuple(_)
            | Kind::Set(_),
        ) => Err(invalid(interp, value, at)),
        (None, Kind::Str(_) | Kind::Int(_)) if is_enumeration(interp, class) => {
            // Members that are numbers are found by what an integer would make of the text.
            let value = match (&value.kind, is_built_on(interp, class, &["builtins.int", "enum.IntEnum"])) {
                (Kind::Str(_), true) => &convert(interp, value, &Type::Plain("builtins.int".into()), Manner::default(), at)?,
                _ => value,
            };
            match interp.call_values(class, vec![value.clone()], at) {
                Ok(member) => by_value(interp, member.with(&value.deps)),
                Err(Stop::Raise(_)) => Err(invalid(interp, value, at)),
                Err(limit) => Err(limit),
            }
        }
        (None, Kind::None | Kind::List(_) | Kind::Dict(_)) if is_enumeration(interp, class) => Err(invalid(interp, value, at)),
        _ => Ok(unsure(at)),
    }
}

fn is_enumeration(interp: &Interp<'_>, class: &Val) -> bool {
    family(interp, class).is_none()
        && interp.native_class(class).is_some_and(|name| name.starts_with("enum.") || name.starts_with("builtins."))
}

/// Whether the members of an enumeration are objects of one of these classes too.
fn is_built_on(interp: &Interp<'_>, class: &Val, bases: &[&str]) -> bool {
    let ours = |class: &Val| matches!(&class.kind, Kind::Extern(name) if bases.contains(&&**name));
    interp.ancestry(class).iter().any(ours)
}
