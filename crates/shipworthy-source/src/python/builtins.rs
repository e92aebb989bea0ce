//! Built-in functions and classes.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::call::Args;
use super::heap::{Cell, Dict};
use super::interp::{Interp, Res, unknown_value};
use super::object::{Elem, Kind, Val};
use super::operators::{Number, as_number};

const FUNCTIONS: [&str; 70] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
    "NotImplemented",
    "exit",
    "quit",
];

/// The constants among the built-in names.
pub(super) fn constant(name: &str) -> Option<Val> {
    match name {
        "Ellipsis" => Some(Val::new(Kind::Ellipsis)),
        "__debug__" => Some(Val::bool(true)),
        _ => None,
    }
}

/// What `dir()` of a class shows beside the names of its own.
const OF_EVERY_CLASS: [&str; 26] = [
    "__class__",
    "__delattr__",
    "__dict__",
    "__dir__",
    "__doc__",
    "__eq__",
    "__format__",
    "__ge__",
    "__getattribute__",
    "__getstate__",
    "__gt__",
    "__hash__",
    "__init__",
    "__init_subclass__",
    "__le__",
    "__lt__",
    "__module__",
    "__ne__",
    "__new__",
    "__reduce__",
    "__reduce_ex__",
    "__repr__",
    "__setattr__",
    "__sizeof__",
    "__str__",
    "__weakref__",
];

pub(super) fn exists(name: &str) -> bool {
    FUNCTIONS.contains(&name) || super::library::is_exception(&format!("builtins.{name}"))
}

/// Calls a built-in; `None` for those that are not modelled.
pub(super) fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    FUNCTIONS.contains(&name).then(|| interp.builtin(name, args, at))
}

impl Interp<'_> {
    fn builtin(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        let first = args.pos.first().cloned();
        let Some(value) = first else { return self.builtin_without(name, args, at) };
        let unknown = |this: &Self| Ok(this.unknown_of(&[&value], at));
        match name {
            "str" if matches!(value.kind, Kind::Instance(_)) && self.special(&value, "__str__").is_some() => {
                self.textual(&value, &["__str__"], at)
            }
            "repr" if matches!(value.kind, Kind::Instance(_)) && self.special(&value, "__repr__").is_some() => {
                self.textual(&value, &["__repr__"], at)
            }
            "str" if matches!(value.kind, Kind::Bytes(_)) && args.pos.len() + args.kw.len() > 1 => {
                self.call_method(&value, "decode", args.rest(), at)
            }
            "str" | "repr" if matches!(value.kind, Kind::Set(_)) && self.orders_of_a_set(&value, true, at).is_some() => {
                Ok(self.texts_of_a_set(&value, at))
            }
            "str" => match self.to_str(&value) {
                Ok(text) => Ok(Val::str(text)),
                Err(super::format::Unformatted::Unknown(why)) => Ok(unknown_value(&why)),
                Err(super::format::Unformatted::Wrong(_) | super::format::Unformatted::Mistyped(_)) => unknown(self),
            },
            "repr" | "ascii" => match self.repr(&value) {
                Ok(text) => Ok(Val::str(text)),
                Err(super::format::Unformatted::Unknown(why)) => Ok(unknown_value(&why)),
                Err(super::format::Unformatted::Wrong(_) | super::format::Unformatted::Mistyped(_)) => unknown(self),
            },
            "format" => {
                let spec = args.pos.get(1).and_then(Val::as_str).unwrap_or_default().to_owned();
                match self.format_value(&value, &spec) {
                    Ok(text) => Ok(Val::str(text)),
                    Err(_) => unknown(self),
                }
            }
            "bool" => Ok(match self.decide(&value, at)? {
                Some(truth) => Val::bool(truth),
                None => return unknown(self),
            }),
            "int" => self.to_int(&value, args, at),
            "float" => self.to_float(&value, at),
            "len" => self.length(&value, at),
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "enumerate" => {
                if matches!(name, "list" | "tuple")
                    && let Some(orders) = self.orders_of_a_set(&value, name == "list", at)
                {
                    return Ok(orders);
                }
                let unordered =
                    matches!(name, "set" | "frozenset") || (name == "sorted" && args.named("key").is_none_or(Val::is_none));
                let elements = if unordered { self.members(&value, at)? } else { self.elements(&value, at)? };
                let elements = match elements {
                    Ok(elements) => elements,
                    Err(unknown) => vec![Elem::Many(unknown)],
                };
                Ok(match name {
                    "list" => self.list_of(elements),
                    "tuple" => Val::new(Kind::Tuple(Rc::new(elements))),
                    "set" => self.set_of(elements),
                    "frozenset" => self.frozen_set_of(elements),
                    "sorted" => {
                        let sorted = self.sorted_items(elements, args, at)?;
                        self.list_of(sorted)
                    }
                    "reversed" => self.iterator(elements.into_iter().rev().collect()),
                    "enumerate" => {
                        let start = match args.get(1, "start").map(|start| (as_number(start), start)) {
                            Some((Some(Number::Int(start)), _)) => start,
                            None => 0,
                            Some((_, start)) => return Ok(self.unknown_of(&[start], at)),
                        };
                        self.enumerated(elements, start)
                    }
                    _ => self.iterator(elements),
                })
            }
            "dict" => {
                let dict = self.dict(Vec::new());
                if let Kind::Dict(id) = dict.kind {
                    if matches!(&value.kind, Kind::Extern(name) if &**name == "os.environ") {
                        return Ok(value);
                    }
                    self.dict_update(id, &value, at)?;
                    for (name, value) in &args.kw {
                        self.dict_insert(id, &Val::str(name.clone()), value.clone(), at)?;
                    }
                    if let Some(open) = &args.open {
                        self.dict_update(id, &unknown_value(open), at)?;
                    }
                }
                Ok(dict)
            }
            "bytes" | "bytearray" => match (&value.kind, args.get(1, "encoding").and_then(Val::as_str)) {
                (Kind::Str(text), Some("utf-8" | "utf8" | "UTF-8")) => Ok(Val::new(Kind::Bytes(text.as_bytes().into()))),
                (Kind::Bytes(_), None) => Ok(value),
                (Kind::List(_) | Kind::Tuple(_) | Kind::Range(..), None) if name == "bytes" => self.bytes_of(&value, at),
                _ => unknown(self),
            },
            "any" | "all" => self.any_or_all(name == "any", &value, at),
            "sum" => self.sum(&value, args, at),
            "min" | "max" => self.extreme(name, args, at),
            "abs" => match as_number(&value) {
                Some(Number::Int(number)) => Ok(Val::int(number.saturating_abs())),
                Some(Number::Float(number)) => Ok(Val::new(Kind::Float(number.abs()))),
                None if let Kind::TimeDelta(micros) = value.kind => Ok(Val::new(Kind::TimeDelta(micros.abs()))),
                None => unknown(self),
            },
            "round" => match (as_number(&value), args.pos.get(1)) {
                (Some(Number::Int(number)), None) => Ok(Val::int(number)),
                (Some(Number::Float(number)), None) if number.is_finite() && number.abs() < 1e30 => {
                    Ok(Val::int(number.round_ties_even() as i128))
                }
                (Some(Number::Int(number)), Some(digits)) if matches!(digits.kind, Kind::Int(0..)) => Ok(Val::int(number)),
                // The shortest text of a float, cut to digits: right where Rust and Python both round the exact value.
                (Some(Number::Float(number)), Some(Val { kind: Kind::Int(digits @ 0..=15), .. })) if number.is_finite() => {
                    let text = format!("{number:.*}", usize::try_from(*digits).unwrap_or(0));
                    Ok(text.parse().map_or_else(|_| self.unknown_of(&[&value], at), |number| Val::new(Kind::Float(number))))
                }
                _ => Ok(Val::unknown(Why::Unsupported("rounding to digits".into()), Some(at))),
            },
            "pow" if args.pos.len() == 2 => {
                let exponent = args.pos[1].clone();
                self.binary(ruff_python_ast::Operator::Pow, &value, &exponent, at)
            }
            "divmod" if args.pos.len() == 2 => {
                let by = args.pos[1].clone();
                let quotient = self.binary(ruff_python_ast::Operator::FloorDiv, &value, &by, at)?;
                let rest = self.binary(ruff_python_ast::Operator::Mod, &value, &by, at)?;
                Ok(Val::tuple(vec![quotient, rest]))
            }
            "chr" => match as_number(&value) {
                Some(Number::Int(number)) => match u32::try_from(number).ok().and_then(char::from_u32) {
                    Some(c) => Ok(Val::str(c.to_string())),
                    None => Err(self.raise_on("ValueError", "there is no such character", at, &[&value])),
                },
                _ => unknown(self),
            },
            "ord" => match value.as_str().map(|text| (text.chars().next(), text.chars().count())) {
                Some((Some(c), 1)) => Ok(Val::int(i128::from(u32::from(c)))),
                _ => unknown(self),
            },
            "hex" | "bin" | "oct" => match as_number(&value) {
                Some(Number::Int(number)) => {
                    let sign = if number < 0 { "-" } else { "" };
                    let number = number.unsigned_abs();
                    Ok(Val::str(match name {
                        "hex" => format!("{sign}{number:#x}"),
                        "bin" => format!("{sign}{number:#b}"),
                        _ => format!("{sign}{number:#o}"),
                    }))
                }
                _ => unknown(self),
            },
            "range" => self.range(args, at),
            "zip" => self.zip(args, at),
            "map" => self.map(args, at),
            "filter" => self.filter(args, at),
            "next" => self.next(&value, args, at),
            "isinstance" => {
                let Some(class) = args.pos.get(1) else { return Err(self.wrong_arguments(name, at, args)) };
                Ok(match self.is_instance(&value, class) {
                    Some(answer) => Val::bool(answer),
                    None => self.unknown_of(&[&value, class], at),
                })
            }
            "issubclass" => {
                let Some(class) = args.pos.get(1) else { return Err(self.wrong_arguments(name, at, args)) };
                let known = self.ancestry(&value).iter().any(|ancestor| self.same(ancestor, class));
                let among_known = match (&value.kind, &class.kind) {
                    (Kind::Extern(value), Kind::Extern(class)) => super::library::is_subexception(value, class),
                    _ => None,
                };
                Ok(if let Some(answer) = among_known {
                    Val::bool(answer)
                } else if known {
                    Val::bool(true)
                } else if self.external_ancestor(&value).is_none() {
                    Val::bool(false)
                } else {
                    Val::unknown(Why::Unsupported("a class outside the project".into()), Some(at))
                })
            }
            "callable" => Ok(match &value.kind {
                Kind::Function(_) | Kind::Method(_) | Kind::Builtin(_) | Kind::Class(_) => Val::bool(true),
                Kind::Instance(_) | Kind::Extern(_) | Kind::Unknown(_) | Kind::OneOf(_) => return unknown(self),
                _ => Val::bool(false),
            }),
            "type" if args.pos.len() == 1 => Ok(match &value.kind {
                Kind::Instance(id) => match self.heap.cell(*id) {
                    Cell::Instance(class, _) => class.clone(),
                    _ => Val::none(),
                },
                Kind::Unknown(_) | Kind::OneOf(_) | Kind::Extern(_) => return unknown(self),
                Kind::Path(_) => Val::external("pathlib.PosixPath"),
                Kind::TimeDelta(_) => Val::external("datetime.timedelta"),
                Kind::Dict(id) if let Some(class) = self.dict_classes.get(id) => Val::external(format!("collections.{class}")),
                _ => Val::external(format!("builtins.{}", self.type_name(&value))),
            }),
            "getattr" => self.get_attribute(&value, args, at),
            "hasattr" => self.has_attribute(&value, args, at),
            "setattr" => match (args.pos.get(1), args.pos.get(2)) {
                (Some(name), Some(new)) => {
                    let new = new.clone();
                    if let Some(name) = name.as_str() {
                        self.set_attribute(&value, name, new, at)?;
                    } else {
                        let why = self.unknown_of(&[name], at).as_unknown();
                        if let Some(why) = why {
                            self.lose_contents(&value, &why);
                        }
                    }
                    Ok(Val::none())
                }
                _ => Err(self.wrong_arguments(name, at, args)),
            },
            "delattr" => {
                match args.pos.get(1).map(|name| (name, name.as_str())) {
                    Some((_, Some(name))) => self.delete_attribute(&value, name, at)?,
                    Some((name, None)) => {
                        if let Some(why) = self.unknown_of(&[name], at).as_unknown() {
                            self.lose_contents(&value, &why);
                        }
                    }
                    None => return Err(self.wrong_arguments(name, at, args)),
                }
                Ok(Val::none())
            }
            "vars" => self.attribute(&value, "__dict__", at),
            "dir" => match &value.kind {
                Kind::Module(space) => {
                    let space = self.heap.space(*space);
                    let mut names: Vec<Rc<str>> = space.names.keys().filter(|name| !name.starts_with('*')).cloned().collect();
                    names.sort();
                    let listed = |name: Rc<str>| match space.names.get(&name).and_then(|binding| binding.perhaps.clone()) {
                        None => Elem::One(Val::str(name)),
                        Some(condition) => Elem::Perhaps(Val::str(name), condition),
                    };
                    let mut items: Vec<Elem> = names.into_iter().map(listed).collect();
                    items.extend(space.open.clone().map(Elem::Many));
                    Ok(self.list_of(items))
                }
                Kind::Class(_) => {
                    let mut names: Vec<Rc<str>> = Vec::new();
                    for class in self.ancestry(&value) {
                        if let Kind::Class(id) = class.kind {
                            names.extend(self.heap.space(self.heap.class(id).space).names.keys().cloned());
                        }
                    }
                    names.retain(|name| !name.starts_with('*'));
                    names.extend(OF_EVERY_CLASS.iter().map(|name| Rc::from(*name)));
                    names.sort();
                    names.dedup();
                    Ok(self.list(names.into_iter().map(Val::str).collect()))
                }
                _ => unknown(self),
            },
            "id" | "hash" => Ok(Val::unknown(Why::Machine(format!("{name}()").into()), Some(at))),
            "super" => Ok(match (&value.kind, args.pos.get(1)) {
                (Kind::Class(class), Some(receiver)) => Val::new(Kind::Super(Rc::new((receiver.clone(), *class)))),
                _ => Val::unknown(Why::Unsupported("super()".into()), Some(at)),
            }),
            "exec" | "eval" => self.execute(name, args, at),
            // The code object is its text; `exec` and `eval` compile it.
            "compile" if matches!(value.kind, Kind::Str(_) | Kind::Bytes(_)) || value.as_unknown().is_some() => Ok(value),
            "__import__" => self.import_by_name(args, at),
            "open" => super::library::files::open(self, args, at),
            "print" => Ok(Val::none()),
            "slice" => {
                let part = |index: usize| args.pos.get(index).cloned().unwrap_or_else(Val::none);
                let parts = if args.pos.len() == 1 { (Val::none(), value, Val::none()) } else { (part(0), part(1), part(2)) };
                Ok(Val::new(Kind::Slice(Rc::new(parts))))
            }
            "object" => Ok(self.native_instance("builtins.object", Vec::new())),
            "exit" | "quit" => Err(self.raise_plain("SystemExit", "the module ends the process", at)),
            "property" => Ok(Val::unknown(Why::Unsupported("property()".into()), Some(at))),
            "type" if args.pos.len() == 3 => self.make_class(args, at),
            _ => {
                let why = Why::Unsupported(format!("the function {name}").into());
                Ok(Val::unknown(why, Some(at)))
            }
        }
    }

    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    fn builtin_without(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        Ok(match name {
            "str" => Val::str(""),
            "bytes" => Val::new(Kind::Bytes(Rc::new([]))),
            "int" => Val::int(0),
            "float" => Val::new(Kind::Float(0.0)),
            "bool" => Val::bool(false),
            "list" => self.list(Vec::new()),
            "tuple" => Val::tuple(Vec::new()),
            "set" => self.set_of(Vec::new()),
            "frozenset" => self.frozen_set_of(Vec::new()),
            "dict" => {
                let mut dict = Dict { rest: args.open.clone(), ..Dict::default() };
                for (name, value) in &args.kw {
                    dict.set_str(name, value.clone());
                }
                self.dict_of(dict)
            }
            "zip" => self.iterator(Vec::new()),
            "print" => Val::none(),
            "object" => self.native_instance("builtins.object", Vec::new()),
            "globals" => Val::new(Kind::Module(self.frame().globals)),
            "locals" | "vars" => Val::new(Kind::Module(self.frame().locals)),
            "dir" => {
                let space = Val::new(Kind::Module(self.frame().locals));
                return self.builtin("dir", &Args::of(vec![space]), at);
            }
            "super" => match (self.frame().class, self.frame().receiver.clone()) {
                (Some(class), Some(receiver)) => Val::new(Kind::Super(Rc::new((receiver, class)))),
                _ => Val::unknown(Why::Unsupported("super()".into()), Some(at)),
            },
            "exit" | "quit" => return Err(self.raise_plain("SystemExit", "the module ends the process", at)),
            "input" => Val::unknown(Why::Machine("input()".into()), Some(at)),
            "min" | "max" => return Err(self.wrong_arguments(name, at, args)),
            "open" => return super::library::files::open(self, args, at),
            "sorted" | "len" | "any" | "all" | "isinstance" => return Err(self.wrong_arguments(name, at, args)),
            _ => Val::unknown(Why::Unsupported(format!("the function {name}").into()), Some(at)),
        })
    }
}

/// Whether two names are certainly two built-in objects: `OSError` has names beside its own.
pub(super) fn are_two(a: &str, b: &str) -> bool {
    let builtin = |name: &str| name.strip_prefix("builtins.").is_some_and(|name| !name.contains('.') && !name.ends_with("Error"));
    a != b && builtin(a) && builtin(b)
}
