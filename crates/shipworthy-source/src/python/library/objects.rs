//! Methods asked of built-in classes themselves: `super().__init__()`, `dict.update(…)`, `object.__setattr__(…)`.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::{Args, PLAIN};
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["builtins"], call, attribute: no_attribute, methods: METHODS };

const METHODS: &[&str] = &[
    "object.__init__",
    "object.__setattr__",
    "object.__getattribute__",
    "object.__init_subclass__",
    "dict.__init__",
    "bytes.fromhex",
    "dict.__getitem__",
    "dict.__setitem__",
    "dict.__contains__",
    "dict.__iter__",
    "dict.__len__",
    "list.__init__",
    "list.__getitem__",
    "list.__setitem__",
    "list.__contains__",
    "list.__iter__",
    "list.__len__",
    "str.__init__",
    "str.__getitem__",
    "str.__contains__",
    "str.__len__",
    "str.__str__",
    "int.__init__",
    "set.__init__",
    "set.__contains__",
];

/// The built-in class that an instance's value lies beneath.
const WITH_VALUE: [&str; 10] = [
    "builtins.dict",
    "builtins.list",
    "builtins.str",
    "builtins.int",
    "builtins.float",
    "builtins.tuple",
    "builtins.set",
    "builtins.bytes",
    "collections.OrderedDict",
    "collections.UserDict",
];

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let (class, method) = name.strip_prefix("builtins.")?.split_once('.')?;
    let receiver = args.pos.first()?.clone();
    let rest = args.rest();
    if class == "object" || class == "type" {
        return object_method(interp, method, &receiver, &rest, at);
    }
    if class == "property" {
        if let (Kind::Function(id), "setter") = (&receiver.kind, method) {
            interp.functions[*id as usize].setter = Some(rest.pos.first()?.clone());
        }
        return Some(Ok(receiver));
    }
    let plain = interp.plain(&receiver).unwrap_or_else(|| receiver.clone());
    Some(match method {
        "__init__" => initialise(interp, class, &receiver, &rest, at),
        "__getitem__" => interp.subscript(&plain, rest.pos.first()?, at),
        "__setitem__" => {
            let (key, value) = (rest.pos.first()?.clone(), rest.pos.get(1)?.clone());
            interp.set_item(&plain, &key, value, at).map(|()| Val::none())
        }
        "__delitem__" => interp.delete_item(&plain, rest.pos.first()?, at).map(|()| Val::none()),
        "__contains__" => match interp.contains(&plain, rest.pos.first()?, at) {
            Ok(Some(answer)) => Ok(Val::bool(answer)),
            Ok(None) => Ok(interp.unknown_of(&[&plain, &rest.pos[0]], at)),
            Err(stop) => Err(stop),
        },
        "__len__" => return super::call(interp, "builtins.len", &Args::of(vec![plain]), at),
        "__iter__" => return super::call(interp, "builtins.iter", &Args::of(vec![plain]), at),
        "__str__" => Ok(match interp.to_str(&plain) {
            Ok(text) => Val::str(text),
            Err(_) => interp.unknown_of(&[&plain], at),
        }),
        "fromkeys" if class == "dict" => from_keys(interp, args, at),
        "fromhex" if class == "bytes" => match rest.pos.first().or(Some(&receiver))?.as_str().map(from_hex) {
            Some(Some(bytes)) => Ok(Val::new(Kind::Bytes(bytes.into()))),
            Some(None) => Err(interp.raise_on("ValueError", "the text is not hexadecimal", at, &[&receiver])),
            None => return None,
        },
        "maketrans" if class == "str" => make_translation(interp, args, at),
        _ if crate::python::methods::exists(&plain.kind, method) => interp.call_method(&plain, method, rest, at),
        _ => return None,
    })
}

fn object_method(interp: &mut Interp<'_>, method: &str, receiver: &Val, rest: &Args, at: Region) -> Option<Res<Val>> {
    Some(match method {
        "__init__" | "__init_subclass__" | "__post_init__" => Ok(Val::none()),
        "__new__" => {
            let class = rest.pos.first().unwrap_or(receiver).clone();
            let Kind::Class(_) = class.kind else { return None };
            Ok(interp.bare_instance(&class).at(at))
        }
        "__setattr__" => {
            let (name, value) = (rest.pos.first()?.as_str()?.to_owned(), rest.pos.get(1)?.clone());
            let Kind::Instance(id) = receiver.kind else { return None };
            let Cell::Instance(_, space) = interp.heap.cell(id) else { return None };
            let space = *space;
            interp.bind(space, &name, value);
            Ok(Val::none())
        }
        "__getattribute__" => {
            let name = rest.pos.first()?.as_str()?.to_owned();
            interp.attribute(receiver, &name, at)
        }
        _ => return None,
    })
}

/// `dict.__init__(self, …)` and its like: fills what lies beneath the instance.
fn initialise(interp: &mut Interp<'_>, class: &str, receiver: &Val, rest: &Args, at: Region) -> Res<Val> {
    let Some(plain) = interp.plain(receiver) else { return Ok(Val::none()) };
    match (class, &plain.kind) {
        ("dict", Kind::Dict(_)) => interp.call_method(&plain, "update", rest.clone(), at).map(|_| Val::none()),
        ("list", Kind::List(_)) if !rest.pos.is_empty() => {
            interp.call_method(&plain, "extend", rest.clone(), at).map(|_| Val::none())
        }
        _ => Ok(Val::none()),
    }
}

/// `dict.fromkeys(names, value)`.
pub(in crate::python) fn from_keys(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let Some(names) = args.pos.first() else { return Err(interp.wrong_arguments("fromkeys", at, args)) };
    let value = args.pos.get(1).cloned().unwrap_or_else(Val::none);
    let Some(names) = interp.certain_elements(names, at)? else { return Ok(interp.unknown_of(&[names], at)) };
    let dict = interp.dict(Vec::new());
    if let Kind::Dict(id) = dict.kind {
        for name in names {
            interp.dict_insert(id, &name, value.clone(), at)?;
        }
    }
    Ok(dict)
}

/// `str.maketrans(…)`: the table that `translate` takes.
pub(in crate::python) fn make_translation(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let ordinal = |c: char| Val::int(i128::from(u32::from(c)));
    let dict = interp.dict(Vec::new());
    let Kind::Dict(id) = dict.kind else { return Ok(dict) };
    match args.pos.as_slice() {
        [table] => {
            let Kind::Dict(from) = table.kind else { return Ok(interp.unknown_of(&[table], at)) };
            let Cell::Dict(from) = interp.heap.cell(from).clone() else { return Ok(dict) };
            if from.rest.is_some() || from.entries.values().any(|slot| slot.perhaps.is_some()) {
                return Ok(interp.unknown_of(&[table], at));
            }
            for slot in from.entries.values() {
                let key = match slot.key.as_str().map(|text| (text.chars().next(), text.chars().count())) {
                    Some((Some(c), 1)) => ordinal(c),
                    Some(_) => return Err(interp.raise_on("ValueError", "the keys are single characters", at, &[table])),
                    None => slot.key.clone(),
                };
                interp.dict_insert(id, &key, slot.value.clone(), at)?;
            }
        }
        [from, to, rest @ ..] => {
            let (Some(from), Some(to)) = (from.as_str(), to.as_str()) else { return Ok(interp.unknown_of(&[from, to], at)) };
            if from.chars().count() != to.chars().count() {
                return Err(interp.raise_on("ValueError", "the first two texts are of one length", at, &[]));
            }
            let pairs: Vec<(char, char)> = from.chars().zip(to.chars()).collect();
            for (from, to) in pairs {
                interp.dict_insert(id, &ordinal(from), ordinal(to), at)?;
            }
            if let Some(doomed) = rest.first() {
                let Some(doomed) = doomed.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[doomed], at)) };
                for c in doomed.chars() {
                    interp.dict_insert(id, &ordinal(c), Val::none(), at)?;
                }
            }
        }
        [] => return Err(interp.wrong_arguments("maketrans", at, args)),
    }
    Ok(dict)
}

impl Interp<'_> {
    /// The built-in class whose value lies beneath instances of a class, if there is one.
    fn class_with_value(&self, class: &Val) -> Option<Rc<str>> {
        self.ancestry(class).into_iter().find_map(|class| match class.kind {
            Kind::Extern(name) if WITH_VALUE.contains(&&*name) => Some(name),
            _ => None,
        })
    }

    /// An instance of a class of the project that no initialiser has seen yet.
    pub(in crate::python) fn bare_instance(&mut self, class: &Val) -> Val {
        let attributes = self.new_space();
        Val::new(Kind::Instance(self.heap.new_cell(Cell::Instance(class.clone(), attributes))))
    }

    /// Puts the built-in value beneath a new instance, if its class inherits from a built-in one. `None` for classes that
    /// do not; otherwise whether the arguments were used up by it.
    pub(in crate::python) fn put_value_beneath(
        &mut self,
        instance: &Val,
        class: &Val,
        args: &Args,
        at: Region,
    ) -> Res<Option<bool>> {
        let Some(base) = self.class_with_value(class) else { return Ok(None) };
        let Kind::Instance(id) = instance.kind else { return Ok(None) };
        let Cell::Instance(_, space) = self.heap.cell(id) else { return Ok(None) };
        let space = *space;
        let base: Rc<str> = if base.starts_with("collections.") { "builtins.dict".into() } else { base };
        let fills = matches!(&*base, "builtins.dict" | "builtins.list" | "builtins.set");
        // Containers are filled by `__init__`, everything else is made whole by `__new__`.
        let initialised = self.class_defines(class, "__init__");
        let given = if fills && initialised { Args::default() } else { args.clone() };
        let plain = if let Some(result) = super::call(self, &base, &given, at) {
            result?
        } else {
            let unknown = Rc::new(Unknown::new(Why::Call(base.as_ref().into()), Some(at)));
            crate::python::interp::unknown_value(&unknown)
        };
        // A set or tuple that is no new object would be shared.
        let plain = if fills { plain } else { plain.or_at(at) };
        self.bind(space, PLAIN, plain);
        Ok(Some(!initialised))
    }
}

/// Bytes written as pairs of hexadecimal digits, with spaces between them.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    while !rest.is_empty() {
        let pair = rest.get(..2).filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(pair, 16).ok()?);
        rest = rest[2..].trim_start_matches(|c: char| c.is_ascii_whitespace());
    }
    Some(bytes)
}
