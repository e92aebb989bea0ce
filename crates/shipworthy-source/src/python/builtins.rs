//! Built-in functions and classes.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::heap::{Cell, Dict};
use super::interp::{Flow, FrameKind, Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val, branch_unknown};
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

pub(super) fn exists(name: &str) -> bool {
    FUNCTIONS.contains(&name) || super::library::is_exception(&format!("builtins.{name}"))
}

/// Calls a built-in; `None` for those that are not modelled.
pub(super) fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    FUNCTIONS.contains(&name).then(|| interp.builtin(name, args, at))
}

impl<'a> Interp<'a> {
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
            "str" => match self.to_str(&value) {
                Ok(text) => Ok(Val::str(text)),
                Err(super::format::Unformatted::Unknown(why)) => Ok(unknown_value(&why)),
                Err(super::format::Unformatted::Wrong(_)) => unknown(self),
            },
            "repr" | "ascii" => match self.repr(&value) {
                Ok(text) => Ok(Val::str(text)),
                Err(super::format::Unformatted::Unknown(why)) => Ok(unknown_value(&why)),
                Err(super::format::Unformatted::Wrong(_)) => unknown(self),
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
                    "set" | "frozenset" => self.set_of(elements),
                    "sorted" => {
                        let sorted = self.sorted_items(elements, args, at)?;
                        self.list_of(sorted)
                    }
                    "reversed" => self.iterator(elements.into_iter().rev().collect()),
                    "enumerate" => {
                        let start = match args.get(1, "start").and_then(as_number) {
                            Some(Number::Int(start)) => start,
                            _ => 0,
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
                _ => unknown(self),
            },
            "any" | "all" => self.any_or_all(name == "any", &value, at),
            "sum" => self.sum(&value, args, at),
            "min" | "max" => self.extreme(name, args, at),
            "abs" => match as_number(&value) {
                Some(Number::Int(number)) => Ok(Val::int(number.saturating_abs())),
                Some(Number::Float(number)) => Ok(Val::new(Kind::Float(number.abs()))),
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
                Ok(if known {
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
                _ => Val::external(format!("builtins.{}", self.type_name(&value))),
            }),
            "getattr" => self.get_attribute(&value, args, at),
            "hasattr" => self.has_attribute(&value, args, at),
            "setattr" => match (args.pos.get(1), args.pos.get(2)) {
                (Some(name), Some(new)) => {
                    let new = new.clone();
                    match name.as_str() {
                        Some(name) => self.set_attribute(&value, name, new, at)?,
                        None => {
                            let why = self.unknown_of(&[name], at).as_unknown();
                            if let Some(why) = why {
                                self.lose_contents(&value, &why);
                            }
                        }
                    }
                    Ok(Val::none())
                }
                _ => Err(self.wrong_arguments(name, at, args)),
            },
            "delattr" => {
                if let (Kind::Module(space), Some(name)) = (&value.kind, args.pos.get(1).and_then(Val::as_str)) {
                    let space = *space;
                    self.heap.space_mut(space).names.shift_remove(name);
                }
                Ok(Val::none())
            }
            "vars" => self.attribute(&value, "__dict__", at),
            "dir" => match &value.kind {
                Kind::Module(space) => {
                    let space = self.heap.space(*space);
                    let mut names: Vec<Rc<str>> = space.names.keys().filter(|name| !name.starts_with('*')).cloned().collect();
                    names.sort();
                    let mut items: Vec<Elem> = names.into_iter().map(|name| Elem::One(Val::str(name))).collect();
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
            "compile" if matches!(value.kind, Kind::Str(_)) => Ok(value),
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

    fn builtin_without(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        Ok(match name {
            "str" => Val::str(""),
            "bytes" => Val::new(Kind::Bytes(Rc::new([]))),
            "int" => Val::int(0),
            "float" => Val::new(Kind::Float(0.0)),
            "bool" => Val::bool(false),
            "list" => self.list(Vec::new()),
            "tuple" => Val::tuple(Vec::new()),
            "set" | "frozenset" => self.set_of(Vec::new()),
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

    pub(super) fn iterator(&mut self, items: Vec<Elem>) -> Val {
        Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0))))
    }

    /// A list or tuple of a small set: one for each order in which the set may be walked.
    fn orders_of_a_set(&mut self, value: &Val, list: bool, at: Region) -> Option<Val> {
        let Kind::Set(id) = value.kind else { return None };
        let Cell::Set(items) = self.heap.cell(id) else { return None };
        let items = items.clone();
        if !(2..=3).contains(&items.len()) || !items.iter().all(|item| matches!(item, Elem::One(_))) {
            return None;
        }
        let orders: &[&[usize]] = match items.len() {
            2 => &[&[0, 1], &[1, 0]],
            _ => &[&[0, 1, 2], &[0, 2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 0, 1], &[2, 1, 0]],
        };
        let condition =
            shipworthy_model::Condition { text: "the order in which a set is walked".into(), at: Some(at), holds: true };
        let alternatives = orders
            .iter()
            .map(|order| {
                let items: Vec<Elem> = order.iter().map(|index| items[*index].clone()).collect();
                let made = if list { self.list_of(items) } else { Val::new(Kind::Tuple(Rc::new(items))) };
                (condition.clone(), made)
            })
            .collect();
        Some(Val::new(Kind::OneOf(Rc::new(alternatives))).with(&value.deps))
    }

    fn enumerated(&mut self, elements: Vec<Elem>, start: i128) -> Val {
        let mut doubt = None;
        let items = elements
            .into_iter()
            .enumerate()
            .map(|(index, elem)| {
                let index = match &doubt {
                    None => Val::int(start + index as i128),
                    Some(unknown) => unknown_value(unknown),
                };
                match elem {
                    Elem::One(value) => Elem::One(Val::tuple(vec![index, value])),
                    Elem::Perhaps(value, condition) => {
                        doubt.get_or_insert_with(|| branch_unknown(&condition));
                        Elem::Perhaps(Val::tuple(vec![index, value]), condition)
                    }
                    Elem::Many(unknown) => {
                        doubt.get_or_insert_with(|| unknown.clone());
                        Elem::Many(unknown)
                    }
                }
            })
            .collect();
        self.iterator(items)
    }

    pub(super) fn to_int(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let base = match args.get(1, "base").and_then(as_number) {
            Some(Number::Int(base)) => u32::try_from(base).unwrap_or(10),
            _ => 10,
        };
        match &value.kind {
            Kind::Bool(flag) => Ok(Val::int(i128::from(*flag))),
            Kind::Int(_) => Ok(value.clone()),
            Kind::Float(number) if number.is_finite() && number.abs() < 1e30 => Ok(Val::int(number.trunc() as i128)),
            Kind::Str(text) => match parse_int(text, base) {
                Some(number) => Ok(Val::int(number)),
                None => Err(self.raise_on("ValueError", "the text is no integer", at, &[value])),
            },
            Kind::None => Err(self.raise_on("TypeError", "None is no number", at, &[value])),
            Kind::List(_) | Kind::Dict(_) | Kind::Tuple(_) => {
                Err(self.raise_on("TypeError", "a container is no number", at, &[value]))
            }
            _ => Ok(self.unknown_of(&[value], at)),
        }
    }

    pub(super) fn to_float(&mut self, value: &Val, at: Region) -> Res<Val> {
        match (&value.kind, as_number(value)) {
            (_, Some(number)) => Ok(Val::new(Kind::Float(number.float()))),
            (Kind::Str(text), _) => {
                let cleaned = text.trim().replace('_', "").to_ascii_lowercase();
                match cleaned.parse::<f64>() {
                    Ok(number) => Ok(Val::new(Kind::Float(number))),
                    Err(_) => Err(self.raise_on("ValueError", "the text is no number", at, &[value])),
                }
            }
            (Kind::None, _) => Err(self.raise_on("TypeError", "None is no number", at, &[value])),
            _ => Ok(self.unknown_of(&[value], at)),
        }
    }

    fn length(&mut self, value: &Val, at: Region) -> Res<Val> {
        match &value.kind {
            Kind::Str(text) => Ok(Val::int(text.chars().count() as i128)),
            Kind::Bytes(bytes) => Ok(Val::int(bytes.len() as i128)),
            Kind::Tuple(_) | Kind::List(_) | Kind::Set(_) | Kind::Dict(_) | Kind::Range(..) | Kind::Module(_) => {
                let elements = self.members(value, at)?.unwrap_or_default();
                match elements.iter().find(|elem| !matches!(elem, Elem::One(_))) {
                    None => Ok(Val::int(elements.len() as i128)),
                    Some(Elem::Many(unknown)) => Ok(unknown_value(unknown)),
                    Some(Elem::Perhaps(_, condition)) => Ok(unknown_value(&branch_unknown(condition))),
                    Some(Elem::One(_)) => Ok(Val::none()),
                }
            }
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Path(_) | Kind::Iter(_) => {
                let message = format!("a value of type {} has no length", self.type_name(value));
                Err(self.raise_on("TypeError", &message, at, &[value]))
            }
            _ => match self.special(value, "__len__") {
                Some(method) => self.call_values(&method, Vec::new(), at),
                None => match self.plain(value) {
                    Some(plain) => self.length(&plain, at),
                    None => Ok(self.unknown_of(&[value], at)),
                },
            },
        }
    }

    fn any_or_all(&mut self, any: bool, value: &Val, at: Region) -> Res<Val> {
        let elements = match self.members(value, at)? {
            Ok(elements) => elements,
            Err(unknown) => return Ok(unknown_value(&unknown)),
        };
        let mut doubt = None;
        let mut deps = Deps::default();
        for elem in elements {
            match elem {
                Elem::One(item) => {
                    deps = deps.union(&item.deps);
                    match self.truth(&item) {
                        Some(truth) if truth == any => return Ok(Val::bool(any).with(&deps)),
                        Some(_) => {}
                        None => doubt = Some(self.unknown_of(&[&item], at)),
                    }
                }
                Elem::Perhaps(item, condition) => {
                    if self.truth(&item) != Some(!any) {
                        doubt = Some(unknown_value(&branch_unknown(&condition)));
                    }
                }
                Elem::Many(unknown) => doubt = Some(unknown_value(&unknown)),
            }
        }
        Ok(doubt.unwrap_or_else(|| Val::bool(!any)).with(&deps))
    }

    fn sum(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let mut total = args.get(1, "start").cloned().unwrap_or_else(|| Val::int(0));
        let elements = match self.members(value, at)? {
            Ok(elements) => elements,
            Err(unknown) => return Ok(unknown_value(&unknown)),
        };
        for elem in elements {
            match elem {
                Elem::One(item) => total = self.binary(ruff_python_ast::Operator::Add, &total, &item, at)?,
                Elem::Perhaps(_, condition) => return Ok(unknown_value(&branch_unknown(&condition))),
                Elem::Many(unknown) => return Ok(unknown_value(&unknown)),
            }
        }
        Ok(total)
    }

    fn extreme(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        let candidates = if args.pos.len() == 1 {
            match self.certain_members(&args.pos[0], at)? {
                Some(items) => items,
                None => return Ok(self.unknown_of(&[&args.pos[0]], at)),
            }
        } else {
            args.pos.clone()
        };
        let key = args.named("key").filter(|key| !key.is_none()).cloned();
        let mut best: Option<(Val, Val)> = None;
        for item in candidates {
            let by = match &key {
                Some(key) => self.call_values(key, vec![item.clone()], at)?,
                None => item.clone(),
            };
            best = Some(match best {
                None => (by, item),
                Some((best_by, best_item)) => match self.ordering(&by, &best_by) {
                    Some(std::cmp::Ordering::Less) if name == "min" => (by, item),
                    Some(std::cmp::Ordering::Greater) if name == "max" => (by, item),
                    Some(_) => (best_by, best_item),
                    None => return Ok(self.unknown_of(&[&by, &best_by], at)),
                },
            });
        }
        match (best, args.named("default")) {
            (Some((_, item)), _) => Ok(item),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => {
                Err(self.raise_on("ValueError", "there is nothing to choose from", at, &args.pos.iter().collect::<Vec<_>>()))
            }
        }
    }

    fn range(&mut self, args: &Args, at: Region) -> Res<Val> {
        let mut bounds = Vec::new();
        for value in &args.pos {
            match as_number(value) {
                Some(Number::Int(number)) => bounds.push(number),
                _ if value.as_unknown().is_some() => return Ok(self.unknown_of(&[value], at)),
                _ => return Err(self.raise_on("TypeError", "a range is made of integers", at, &[value])),
            }
        }
        match bounds.as_slice() {
            [stop] => Ok(Val::new(Kind::Range(0, *stop, 1))),
            [start, stop] => Ok(Val::new(Kind::Range(*start, *stop, 1))),
            [start, stop, step] if *step != 0 => Ok(Val::new(Kind::Range(*start, *stop, *step))),
            _ => Err(self.raise_on("ValueError", "a range cannot have step zero", at, &[])),
        }
    }

    fn zip(&mut self, args: &Args, at: Region) -> Res<Val> {
        let mut columns = Vec::new();
        for value in &args.pos {
            match self.certain_elements(value, at)? {
                Some(items) => columns.push(items.into_iter()),
                None => {
                    let why = self.unknown_of(&[value], at);
                    let elem = why.as_unknown().map(Elem::Many).into_iter().collect();
                    return Ok(self.iterator(elem));
                }
            }
        }
        let mut rows = Vec::new();
        'rows: loop {
            let mut row = Vec::with_capacity(columns.len());
            for column in &mut columns {
                match column.next() {
                    Some(item) => row.push(item),
                    None => break 'rows,
                }
            }
            rows.push(Elem::One(Val::tuple(row)));
        }
        Ok(self.iterator(rows))
    }

    fn map(&mut self, args: &Args, at: Region) -> Res<Val> {
        let function = args.pos[0].clone();
        let mut columns = Vec::new();
        for value in &args.pos[1..] {
            match self.elements(value, at)? {
                Ok(elements) => columns.push(elements),
                Err(unknown) => return Ok(self.iterator(vec![Elem::Many(unknown)])),
            }
        }
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut items = Vec::with_capacity(rows);
        for row in 0..rows {
            let mut arguments = Vec::with_capacity(columns.len());
            let mut condition = None;
            for column in &columns {
                match &column[row] {
                    Elem::One(value) => arguments.push(value.clone()),
                    Elem::Perhaps(value, when) => {
                        arguments.push(value.clone());
                        condition = Some(when.clone());
                    }
                    Elem::Many(unknown) => {
                        items.push(Elem::Many(unknown.clone()));
                        break;
                    }
                }
            }
            if arguments.len() == columns.len() {
                let value = self.call_values(&function, arguments, at)?;
                items.push(match condition {
                    None => Elem::One(value),
                    Some(condition) => Elem::Perhaps(value, condition),
                });
            }
        }
        Ok(self.iterator(items))
    }

    fn filter(&mut self, args: &Args, at: Region) -> Res<Val> {
        let (function, value) = match args.pos.as_slice() {
            [function, value] => (function.clone(), value.clone()),
            _ => return Err(self.wrong_arguments("filter", at, args)),
        };
        let elements = match self.elements(&value, at)? {
            Ok(elements) => elements,
            Err(unknown) => return Ok(self.iterator(vec![Elem::Many(unknown)])),
        };
        let mut kept = Vec::new();
        for elem in elements {
            let item = match &elem {
                Elem::One(item) | Elem::Perhaps(item, _) => item.clone(),
                Elem::Many(_) => {
                    kept.push(elem);
                    continue;
                }
            };
            let answer = if function.is_none() { item.clone() } else { self.call_values(&function, vec![item.clone()], at)? };
            match self.truth(&answer) {
                Some(true) => kept.push(elem),
                Some(false) => {}
                None => {
                    let condition = shipworthy_model::Condition { text: "the filter keeps it".into(), at: Some(at), holds: true };
                    kept.push(Elem::Perhaps(item, condition));
                }
            }
        }
        Ok(self.iterator(kept))
    }

    fn next(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let Kind::Iter(id) = value.kind else { return Ok(self.unknown_of(&[value], at)) };
        let (statement, control) = (self.statement, self.control.clone());
        let Cell::Iter(items, from) = self.heap.change(id, statement, &control) else { return Ok(Val::none()) };
        match items.get(*from) {
            Some(Elem::One(item)) => {
                let item = item.clone();
                *from += 1;
                Ok(item)
            }
            Some(Elem::Perhaps(_, condition)) => {
                let why = branch_unknown(condition);
                *items = vec![Elem::Many(why.clone())];
                *from = 0;
                Ok(unknown_value(&why))
            }
            Some(Elem::Many(unknown)) => Ok(unknown_value(unknown)),
            None => match args.pos.get(1) {
                Some(default) => Ok(default.clone()),
                None => Err(self.raise_on("StopIteration", "there is no next element", at, &[value])),
            },
        }
    }

    /// `isinstance(value, class)`; `None` where it cannot be decided.
    pub(super) fn is_instance(&self, value: &Val, class: &Val) -> Option<bool> {
        if let Kind::Tuple(classes) = &class.kind {
            let mut any = Some(false);
            for elem in classes.iter() {
                let Elem::One(class) = elem else { return None };
                match self.is_instance(value, class) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => any = None,
                }
            }
            return any;
        }
        match &value.kind {
            // What a required variable holds is text.
            Kind::Unknown(unknown) if matches!(unknown.why, Why::Variable(_)) => match &class.kind {
                Kind::Extern(name) if &**name == "builtins.str" => None,
                _ => None,
            },
            Kind::Unknown(_) => None,
            Kind::OneOf(alternatives) => {
                let mut answers = alternatives.iter().map(|(_, value)| self.is_instance(value, class));
                let first = answers.next()??;
                answers.all(|answer| answer == Some(first)).then_some(first)
            }
            Kind::Instance(id) => {
                let Cell::Instance(own, _) = self.heap.cell(*id) else { return None };
                if self.ancestry(own).iter().any(|ancestor| self.same(ancestor, class)) {
                    return Some(true);
                }
                if let (Some(plain), Kind::Extern(_)) = (self.plain(value), &class.kind) {
                    return self.is_instance(&plain, class);
                }
                match self.external_ancestor(own) {
                    None => Some(false),
                    Some(_) => None,
                }
            }
            _ => match &class.kind {
                Kind::Extern(name) => {
                    let own = self.type_name(value);
                    let name = name.strip_prefix("builtins.").unwrap_or(name);
                    match name {
                        "object" => Some(true),
                        "int" => Some(matches!(value.kind, Kind::Int(_) | Kind::Bool(_))),
                        "str" | "bool" | "float" | "list" | "tuple" | "dict" | "set" | "bytes" | "complex" | "bytearray" => {
                            Some(own == name)
                        }
                        "frozenset" => None,
                        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "os.PathLike" => {
                            Some(matches!(value.kind, Kind::Path(_)))
                        }
                        "datetime.timedelta" => Some(matches!(value.kind, Kind::TimeDelta(_))),
                        "collections.abc.Mapping" | "collections.abc.MutableMapping" | "typing.Mapping" => {
                            Some(matches!(value.kind, Kind::Dict(_)))
                        }
                        "collections.abc.Sequence" | "typing.Sequence" => Some(matches!(
                            value.kind,
                            Kind::List(_) | Kind::Tuple(_) | Kind::Str(_) | Kind::Bytes(_) | Kind::Range(..)
                        )),
                        "collections.abc.Iterable" | "typing.Iterable" => Some(matches!(
                            value.kind,
                            Kind::List(_)
                                | Kind::Tuple(_)
                                | Kind::Str(_)
                                | Kind::Bytes(_)
                                | Kind::Range(..)
                                | Kind::Dict(_)
                                | Kind::Set(_)
                                | Kind::Iter(_)
                        )),
                        "collections.abc.Callable" | "typing.Callable" => {
                            Some(matches!(value.kind, Kind::Function(_) | Kind::Method(_) | Kind::Builtin(_) | Kind::Class(_)))
                        }
                        "types.ModuleType" => Some(matches!(value.kind, Kind::Module(_))),
                        "type" => Some(matches!(value.kind, Kind::Class(_))),
                        _ => match value.kind {
                            Kind::Extern(_) => None,
                            // A plain built-in value is no instance of a library's class.
                            _ if !super::modules::is_stdlib(name) => Some(false),
                            _ => None,
                        },
                    }
                }
                Kind::Class(_) => match value.kind {
                    Kind::Extern(_) => None,
                    _ => Some(false),
                },
                _ => None,
            },
        }
    }

    /// `type(name, bases, attributes)`.
    fn make_class(&mut self, args: &Args, at: Region) -> Res<Val> {
        let (name, bases, attributes) = (&args.pos[0], &args.pos[1], &args.pos[2]);
        let (Some(name), Some(bases)) = (name.as_str().map(str::to_owned), self.certain_elements(bases, at)?) else {
            return Ok(self.unknown_of(&[name, bases], at));
        };
        let space = self.new_space();
        self.namespace_update(space, &Val::new(Kind::Module(space)), attributes, at)?;
        let module = self.frame().module.clone();
        let class = self.heap.new_cell(Cell::Class(super::heap::Class { name: name.as_str().into(), module, bases, space }));
        self.finish_class(class, &[], at)
    }

    fn get_attribute(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.get(1) else { return Err(self.wrong_arguments("getattr", at, args)) };
        let Some(text) = name.as_str().map(str::to_owned) else { return Ok(self.unknown_of(&[name], at)) };
        let Some(default) = args.pos.get(2).cloned() else { return self.attribute(value, &text, at) };
        let found = std::cell::RefCell::new(None);
        self.catching(
            vec![Some(Val::external("builtins.AttributeError"))],
            |this| {
                let value = this.attribute(value, &text, at)?;
                *found.borrow_mut() = Some(value);
                Ok(Flow::Normal)
            },
            |_, _| Ok(Flow::Normal),
            |_| Ok(Flow::Normal),
        )?;
        Ok(found.into_inner().unwrap_or(default))
    }

    fn has_attribute(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let Some(name) = args.pos.get(1) else { return Err(self.wrong_arguments("hasattr", at, args)) };
        let Some(text) = name.as_str().map(str::to_owned) else { return Ok(self.unknown_of(&[name], at)) };
        if let Kind::Module(space) = value.kind {
            return Ok(match self.heap.space(space).names.get(&*text) {
                Some(binding) => match &binding.perhaps {
                    None => Val::bool(true),
                    Some(condition) => unknown_value(&branch_unknown(condition)),
                },
                None => match &self.heap.space(space).open {
                    Some(open) => unknown_value(open),
                    None => Val::bool(false),
                },
            });
        }
        if let Kind::Extern(module) = &value.kind {
            let dotted: Rc<str> = format!("{module}.{text}").into();
            let known = super::library::attribute(self, &dotted, at).is_some() || super::library::is_modelled(&dotted);
            return Ok(if known { Val::bool(true) } else { Val::unknown(Why::Import(dotted.as_ref().into()), Some(at)) });
        }
        let found = std::cell::RefCell::new(Val::bool(false));
        self.catching(
            vec![Some(Val::external("builtins.AttributeError"))],
            |this| {
                let value = this.attribute(value, &text, at)?;
                *found.borrow_mut() = match value.as_unknown() {
                    Some(unknown) => unknown_value(&unknown),
                    None => Val::bool(true),
                };
                Ok(Flow::Normal)
            },
            |_, _| Ok(Flow::Normal),
            |_| Ok(Flow::Normal),
        )?;
        Ok(found.into_inner())
    }

    /// `exec` and `eval` of text of the project.
    fn execute(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
        let code = args.pos[0].clone();
        let space = match args.pos.get(1).map(|space| &space.kind) {
            None => self.frame().locals,
            Some(Kind::Module(space)) => *space,
            Some(_) => {
                return Ok(Val::unknown(Why::Unsupported(format!("{name}() in a namespace of its own").into()), Some(at)));
            }
        };
        let source = match &code.kind {
            Kind::Str(text) => self.source_of_text(text, code.at, name == "eval"),
            _ => None,
        };
        let Some(source) = source else {
            let why = self
                .unknown_of(&[&code], at)
                .as_unknown()
                .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported(format!("{name}()").into()), Some(at))));
            self.lose_contents(&Val::new(Kind::Module(space)), &why);
            return Ok(unknown_value(&why));
        };
        let mut frame = self.frame().clone();
        frame.source = source;
        frame.locals = space;
        if frame.kind == FrameKind::Function {
            frame.kind = FrameKind::Module;
            frame.globals = space;
        }
        self.frames.push(frame);
        let result = if name == "eval" {
            match source.module.body.first() {
                Some(ruff_python_ast::Stmt::Expr(node)) => self.expr(&node.value),
                _ => Ok(Val::none()),
            }
        } else {
            self.block(&source.module.body).map(|_| Val::none())
        };
        self.frames.pop();
        result
    }
}

/// `int(text, base)`: signs, spaces around, underscores between digits, prefixes where the base allows.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match (base, lower.get(..2)) {
        (0 | 16, Some("0x")) => (16, &lower[2..]),
        (0 | 8, Some("0o")) => (8, &lower[2..]),
        (0 | 2, Some("0b")) => (2, &lower[2..]),
        (0, _) => (10, &*lower),
        (base, _) => (base, &*lower),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") || !(2..=36).contains(&base)
    {
        return None;
    }
    let number = i128::from_str_radix(&digits.replace('_', ""), base).ok().filter(|_| !digits.starts_with(['+', '-']))?;
    Some(if negative { -number } else { number })
}
