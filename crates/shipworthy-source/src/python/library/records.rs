//! Classes made of fields: named tuples and data classes.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::{Args, PLAIN};
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Id, Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["typing.NamedTuple", "collections.namedtuple", "dataclasses", "enum.auto"],
    call,
    attribute: no_attribute,
    methods: &["_replace", "_asdict"],
};

/// The hidden name under which a class keeps its annotated names, as pairs of a name and the annotation's text.
pub(in crate::python) const FIELDS: &str = "*fields*";
/// The hidden name that marks a class as a data class.
pub(super) const DATA: &str = "*dataclass*";

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(Ok(match name {
        "enum.auto" => interp.native_instance("enum.auto", Vec::new()),
        "collections.namedtuple" | "typing.NamedTuple" => named_tuple(interp, args, at)?,
        "typing.NamedTuple._replace" => {
            let record = args.pos.first()?.clone();
            let class = match record.kind {
                Kind::Instance(id) => match interp.heap.cell(id) {
                    Cell::Instance(class, _) => class.clone(),
                    _ => return None,
                },
                _ => return None,
            };
            let fields = all_fields(interp, &class)?;
            let mut values = Vec::with_capacity(fields.len());
            for (field, _) in &fields {
                let value = match args.named(field) {
                    Some(value) => value.clone(),
                    None => interp.native_attribute(&record, field)?,
                };
                values.push(value);
            }
            record_of(interp, &class, &fields, values)
        }
        "typing.NamedTuple._asdict" => {
            let record = args.pos.first()?.clone();
            as_dict(interp, &record)?
        }
        "dataclasses.asdict" => {
            let record = args.pos.first()?.clone();
            let dict = as_dict(interp, &record)?;
            return Some(Ok(dict)).filter(|_| is_flat(interp, &record));
        }
        "dataclasses.dataclass" => match args.pos.first() {
            Some(class) => {
                let Kind::Class(id) = class.kind else { return None };
                let space = interp.heap.class(id).space;
                interp.bind(space, DATA, Val::bool(true));
                class.clone()
            }
            // Hashing, order and slots make no difference to what the fields hold.
            None if args.kw.iter().all(|(name, _)| !matches!(&**name, "init" | "eq")) => Val::external("dataclasses.dataclass"),
            None => return None,
        },
        "dataclasses.field" => {
            let attributes = args.kw.iter().map(|(name, value)| (&**name, value.clone())).collect();
            interp.native_instance("dataclasses.Field", attributes)
        }
        _ => return None,
    }))
}

fn named_tuple(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Val> {
    let name = args.pos.first()?.as_str()?.to_owned();
    let list = args.pos.get(1)?.clone();
    let names: Vec<String> = if let Some(text) = list.as_str() {
        text.replace(',', " ").split_whitespace().map(str::to_owned).collect()
    } else {
        let mut names = Vec::new();
        for item in interp.certain_elements(&list, at).ok()?? {
            // `typing.NamedTuple` takes pairs of a name and a type.
            let item = match &item.kind {
                Kind::Tuple(_) => interp.subscript(&item, &Val::int(0), at).ok()?,
                _ => item,
            };
            names.push(item.as_str()?.to_owned());
        }
        names
    };
    if args.kw.iter().any(|(name, _)| !matches!(&**name, "defaults" | "module")) {
        return None;
    }
    let space = interp.new_space();
    let defaults = match args.named("defaults") {
        Some(defaults) => {
            let defaults = defaults.clone();
            interp.certain_elements(&defaults, at).ok()??
        }
        None => Vec::new(),
    };
    let first = names.len().checked_sub(defaults.len())?;
    for (name, default) in names[first..].iter().zip(defaults) {
        interp.bind(space, name, default);
    }
    let fields = names.iter().map(|name| Val::tuple(vec![Val::str(name.as_str()), Val::str("")])).collect();
    interp.bind(space, FIELDS, Val::tuple(fields));
    let names = names.iter().map(|name| Val::str(name.as_str())).collect();
    interp.bind(space, "_fields", Val::tuple(names));
    let class = interp.new_class(&name, vec![Val::external("typing.NamedTuple")], space).ok()?;
    Some(Val::new(Kind::Class(class)).at(at))
}

type Fields = Vec<(Rc<str>, Rc<str>)>;

/// The annotated names of a class body.
pub(super) fn own_fields(interp: &Interp<'_>, space: Id) -> Fields {
    let Some(Val { kind: Kind::Tuple(pairs), .. }) = interp.lookup(space, FIELDS) else { return Vec::new() };
    pairs
        .iter()
        .filter_map(|pair| match pair {
            Elem::One(Val { kind: Kind::Tuple(pair), .. }) => match pair.as_slice() {
                [Elem::One(name), Elem::One(text)] => Some((name.as_str()?.into(), text.as_str()?.into())),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// The fields of a class and its ancestors, in the order of its initialiser; `None` where one is not plain.
fn all_fields(interp: &Interp<'_>, class: &Val) -> Option<Fields> {
    let mut fields: Fields = Vec::new();
    for ancestor in interp.ancestry(class).iter().rev() {
        let Kind::Class(id) = ancestor.kind else { continue };
        for (name, text) in own_fields(interp, interp.heap.class(id).space) {
            if text.contains("ClassVar") {
                continue;
            }
            if text.contains("InitVar") || text.contains("KW_ONLY") {
                return None;
            }
            if !fields.iter().any(|(known, _)| *known == name) {
                fields.push((name, text));
            }
        }
    }
    Some(fields)
}

/// An instance of a class made of fields; `None` for other classes.
pub(super) fn instantiate(interp: &mut Interp<'_>, class: &Val, args: &Args, at: Region) -> Option<Res<Val>> {
    let named =
        interp.ancestry(class).iter().any(|class| matches!(&class.kind, Kind::Extern(name) if &**name == "typing.NamedTuple"));
    let data = !named && interp.class_defines(class, DATA);
    if !named && !data || interp.class_defines(class, "__init__") || interp.class_defines(class, "__new__") {
        return None;
    }
    let unsupported = Some(Ok(Val::unknown(Why::Unsupported("a class made of fields".into()), Some(at))));
    let Some(fields) = all_fields(interp, class).filter(|_| args.open.is_none()) else { return unsupported };
    let mut values = Vec::with_capacity(fields.len());
    let mut given = args.pos.iter();
    for (name, _) in &fields {
        let default = interp.class_attribute(class, name);
        let field = default.clone().filter(|default| is_field(interp, default));
        let part = |part: &str| field.as_ref().and_then(|field| interp.native_attribute(field, part));
        let initialised = part("init").is_none_or(|init| interp.truth(&init) == Some(true));
        let keyword_only = part("kw_only").is_some();
        let (plain_default, factory) = (part("default"), part("default_factory"));
        let positional = if initialised && !keyword_only { given.next() } else { None };
        let value = match (positional.or_else(|| args.named(name)), field, default) {
            (Some(value), ..) => value.clone(),
            (None, None, Some(default)) => default,
            (None, Some(_), _) => match (plain_default, factory) {
                (Some(default), _) => default,
                (None, Some(factory)) => match interp.call_values(&factory, Vec::new(), at) {
                    Ok(value) => value,
                    Err(stop) => return Some(Err(stop)),
                },
                (None, None) => return Some(Err(interp.wrong_arguments("__init__", at, args))),
            },
            (None, None, None) => return Some(Err(interp.wrong_arguments("__init__", at, args))),
        };
        values.push(value);
    }
    let surplus = args.kw.iter().any(|(name, _)| !fields.iter().any(|(field, _)| field == name));
    if given.next().is_some() || surplus {
        return Some(Err(interp.wrong_arguments("__init__", at, args)));
    }
    if named {
        return Some(Ok(record_of(interp, class, &fields, values).at(at)));
    }
    let instance = interp.bare_instance(class).at(at);
    put_fields(interp, &instance, &fields, &values);
    if let Some(method) = interp.special(&instance, "__post_init__")
        && let Err(stop) = interp.call_values(&method, Vec::new(), at)
    {
        return Some(Err(stop));
    }
    Some(Ok(instance))
}

/// Whether two instances of one data class are equal: they are where all their fields are. The outer `None` stands for
/// other objects, the inner one for what cannot be decided.
#[allow(clippy::option_option, reason = "three answers, or none")]
pub(in crate::python) fn equal(interp: &Interp<'_>, a: &Val, b: &Val) -> Option<Option<bool>> {
    let class_of = |value: &Val| match value.kind {
        Kind::Instance(id) => match interp.heap.cell(id) {
            Cell::Instance(class, _) => Some(class.clone()),
            _ => None,
        },
        _ => None,
    };
    let (class, other) = (class_of(a)?, class_of(b)?);
    if !interp.same(&class, &other) || !interp.class_defines(&class, DATA) || interp.class_defines(&class, "__eq__") {
        return None;
    }
    let fields = all_fields(interp, &class)?;
    let plain = |name: &str| {
        let default = interp.class_attribute(&class, name).filter(|default| is_field(interp, default));
        default.is_none_or(|field| interp.native_attribute(&field, "compare").is_none())
    };
    if !fields.iter().all(|(name, _)| plain(name)) {
        return Some(None);
    }
    let values = |object: &Val| -> Option<Vec<Elem>> {
        fields.iter().map(|(name, _)| interp.native_attribute(object, name).map(Elem::One)).collect()
    };
    Some(interp.equal_elements(&values(a)?, &values(b)?))
}

fn is_field(interp: &Interp<'_>, value: &Val) -> bool {
    match value.kind {
        Kind::Instance(id) => {
            matches!(interp.heap.cell(id), Cell::Instance(class, _) if matches!(&class.kind, Kind::Extern(name) if &**name == "dataclasses.Field"))
        }
        _ => false,
    }
}

fn put_fields(interp: &mut Interp<'_>, instance: &Val, fields: &Fields, values: &[Val]) {
    let Kind::Instance(id) = instance.kind else { return };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return };
    let space = *space;
    for ((name, _), value) in fields.iter().zip(values) {
        interp.bind(space, name, value.clone());
    }
}

fn record_of(interp: &mut Interp<'_>, class: &Val, fields: &Fields, values: Vec<Val>) -> Val {
    let instance = interp.bare_instance(class);
    put_fields(interp, &instance, fields, &values);
    if let Kind::Instance(id) = instance.kind
        && let Cell::Instance(_, space) = interp.heap.cell(id)
    {
        let space = *space;
        interp.bind(space, PLAIN, Val::tuple(values));
    }
    instance
}

fn as_dict(interp: &mut Interp<'_>, record: &Val) -> Option<Val> {
    let Kind::Instance(id) = record.kind else { return None };
    let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    let class = class.clone();
    let mut dict = Dict::default();
    for (name, _) in all_fields(interp, &class)? {
        dict.set_str(&name, interp.native_attribute(record, &name)?);
    }
    Some(interp.dict_of(dict))
}

/// Whether no field holds what `asdict` would copy or convert.
fn is_flat(interp: &Interp<'_>, record: &Val) -> bool {
    let Kind::Instance(id) = record.kind else { return false };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return false };
    interp.heap.space(*space).names.values().all(|binding| {
        !matches!(binding.value.kind, Kind::List(_) | Kind::Dict(_) | Kind::Set(_) | Kind::Instance(_) | Kind::Tuple(_))
    })
}
