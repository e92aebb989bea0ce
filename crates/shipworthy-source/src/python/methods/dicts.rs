//! Methods of dictionaries, and of namespaces seen as dictionaries.

use std::rc::Rc;

use shipworthy_model::{Condition, Region, Unknown, Why};

use crate::python::call::Args;
use crate::python::heap::{Cell, Slot};
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Deps, Id, Kind, Val, View};

pub(super) const NAMES: [&str; 13] = [
    "get",
    "items",
    "keys",
    "values",
    "update",
    "setdefault",
    "pop",
    "popitem",
    "clear",
    "copy",
    "fromkeys",
    "move_to_end",
    "new_child",
];

impl Interp<'_> {
    pub(super) fn dict_method(&mut self, id: Id, receiver: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
        if let Some(open) = &args.open {
            self.lose_contents(receiver, open);
            return Ok(unknown_value(open));
        }
        let Cell::Dict(dict) = self.heap.cell(id) else { return Ok(Val::none()) };
        match (name, args.pos.first()) {
            ("get", Some(key)) => {
                if let Kind::OneOf(_) = key.kind {
                    let key = key.clone();
                    return self.distribute(&key, &mut |this, key| {
                        let mut args = args.clone();
                        args.pos[0] = key.clone();
                        this.dict_method(id, receiver, name, &args, at)
                    });
                }
                let default = args.get(1, "default").cloned().unwrap_or_else(Val::none);
                match self.dict_get(id, key) {
                    Ok(value) => Ok(value.unwrap_or(default)),
                    Err(unknown) => Ok(unknown_value(&unknown)),
                }
            }
            ("keys", None) => Ok(Val::new(Kind::View(id, View::Keys))),
            ("items", None) => Ok(Val::new(Kind::View(id, View::Items))),
            ("values", None) => Ok(Val::new(Kind::View(id, View::Values))),
            ("update", other) => {
                if let Some(other) = other {
                    let other = other.clone();
                    self.dict_update(id, &other, at)?;
                }
                for (name, value) in &args.kw {
                    self.dict_insert(id, &Val::str(name.clone()), value.clone(), at)?;
                }
                Ok(Val::none())
            }
            ("setdefault", Some(key)) => {
                let default = args.get(1, "default").cloned().unwrap_or_else(Val::none);
                match self.dict_get(id, key) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) => {
                        self.dict_insert(id, key, default.clone(), at)?;
                        Ok(default)
                    }
                    Err(unknown) => {
                        let value = unknown_value(&unknown);
                        self.dict_insert(id, key, value.clone(), at)?;
                        Ok(value)
                    }
                }
            }
            ("pop", Some(key)) => match self.dict_get(id, key) {
                Ok(Some(value)) => {
                    self.delete_item(receiver, key, at)?;
                    Ok(value)
                }
                Ok(None) => match args.pos.get(1) {
                    Some(default) => Ok(default.clone()),
                    None => Err(self.raise_on("KeyError", "there is no such key", at, &[receiver, key])),
                },
                Err(unknown) => {
                    self.delete_item(receiver, key, at)?;
                    Ok(unknown_value(&unknown))
                }
            },
            ("clear", None) => {
                let (statement, control) = (self.statement, self.control.clone());
                if let Cell::Dict(dict) = self.heap.change(id, statement, &control) {
                    dict.entries.clear();
                    dict.rest = None;
                }
                Ok(Val::none())
            }
            ("copy", None) => Ok(self.copy(receiver)),
            ("fromkeys", Some(_)) => crate::python::library::objects::from_keys(self, args, at),
            ("move_to_end", Some(key)) if dict.rest.is_none() && dict.entries.values().all(|slot| slot.perhaps.is_none()) => {
                let last = args.get(1, "last").is_none_or(|last| self.truth(last) == Some(true));
                let key = key.clone();
                let (Some(normal), true) =
                    (self.key(&key), dict.entries.contains_key(&self.key(&key).unwrap_or(crate::python::heap::Key::None)))
                else {
                    return Err(self.raise_on("KeyError", "there is no such key", at, &[receiver, &key]));
                };
                let (statement, control) = (self.statement, self.control.clone());
                if let Cell::Dict(dict) = self.heap.change(id, statement, &control)
                    && let Some(from) = dict.entries.get_index_of(&normal)
                {
                    let to = if last { dict.entries.len() - 1 } else { 0 };
                    dict.entries.move_index(from, to);
                }
                Ok(Val::none())
            }
            ("popitem", _) if dict.rest.is_none() && dict.entries.values().all(|slot| slot.perhaps.is_none()) => {
                let from_front = args.get(0, "last").is_some_and(|last| self.truth(last) == Some(false));
                let popped = if from_front { dict.entries.first() } else { dict.entries.last() };
                let Some((_, slot)) = popped else {
                    return Err(self.raise_on("KeyError", "the dictionary is empty", at, &[receiver]));
                };
                let (key, value) = (slot.key.clone(), slot.value.clone());
                self.delete_item(receiver, &key, at)?;
                Ok(Val::tuple(vec![key, value]))
            }
            ("popitem" | "move_to_end" | "fromkeys" | "new_child", _) => {
                let why = Rc::new(Unknown::new(Why::Unsupported(format!("the method {name} of a dictionary").into()), Some(at)));
                self.lose_contents(receiver, &why);
                Ok(unknown_value(&why))
            }
            _ => Err(self.wrong_arguments(name, at, args)),
        }
    }

    /// `globals().update(…)`, `vars(module).get(…)` and their like.
    pub(super) fn namespace_method(&mut self, space: Id, receiver: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
        match (name, args.pos.first()) {
            ("update" | "setdefault", Some(_)) | ("update", None) => {
                if name == "setdefault" {
                    let key = args.pos[0].clone();
                    if self.contains(receiver, &key, at)? == Some(true) {
                        return self.subscript(receiver, &key, at);
                    }
                    let default = args.pos.get(1).cloned().unwrap_or_else(Val::none);
                    self.set_item(receiver, &key, default.clone(), at)?;
                    return Ok(default);
                }
                let scratch = self.dict(Vec::new());
                let Kind::Dict(scratch) = scratch.kind else { return Ok(Val::none()) };
                if let Some(other) = args.pos.first() {
                    let other = other.clone();
                    self.dict_update(scratch, &other, at)?;
                }
                for (name, value) in &args.kw {
                    let place = value.at.filter(|place| self.statement.holds(*place));
                    let value = Val { at: place, ..value.clone() };
                    self.dict_insert(scratch, &Val::str(name.clone()), value, at)?;
                }
                let Cell::Dict(dict) = self.heap.cell(scratch).clone() else { return Ok(Val::none()) };
                if let Some(rest) = &dict.rest {
                    self.lose_contents(receiver, rest);
                }
                for Slot { key, value, perhaps } in dict.entries.values() {
                    match perhaps {
                        None => self.set_item(receiver, key, value.clone(), at)?,
                        Some(condition) => self.set_perhaps(receiver, key, value, condition, at)?,
                    }
                    if let Some(name) = key.as_str() {
                        self.written_at(space, name, value.at);
                    }
                }
                if let Some(open) = &args.open {
                    self.lose_contents(receiver, open);
                }
                Ok(Val::none())
            }
            ("get" | "pop", Some(key)) => {
                let key = key.clone();
                match self.contains(receiver, &key, at)? {
                    Some(true) => {
                        let value = self.subscript(receiver, &key, at)?;
                        if name == "pop" {
                            self.delete_item(receiver, &key, at)?;
                        }
                        Ok(value)
                    }
                    Some(false) => Ok(args.pos.get(1).cloned().unwrap_or_else(Val::none)),
                    None => Ok(self.heap.space(space).open.as_ref().map_or_else(|| self.unknown_of(&[&key], at), unknown_value)),
                }
            }
            ("copy" | "items" | "keys" | "values", None) => {
                let dict = self.dict(Vec::new());
                if let Kind::Dict(id) = dict.kind {
                    self.dict_update(id, receiver, at)?;
                    if name != "copy" {
                        return self.dict_method(id, &dict, name, args, at);
                    }
                }
                Ok(dict)
            }
            _ => Ok(Val::unknown(Why::Unsupported(format!("the method {name} of a namespace").into()), Some(at))),
        }
    }

    /// `vars(module).update(other)`.
    pub(in crate::python) fn namespace_update(&mut self, space: Id, receiver: &Val, other: &Val, at: Region) -> Res<()> {
        self.namespace_method(space, receiver, "update", &Args::of(vec![other.clone()]), at).map(|_| ())
    }

    fn set_perhaps(&mut self, receiver: &Val, key: &Val, value: &Val, condition: &Condition, at: Region) -> Res<()> {
        self.fork(
            condition,
            &Deps::default(),
            &mut |this| this.set_item(receiver, key, value.clone(), at).map(|()| crate::python::interp::Flow::Normal),
            &mut |_| Ok(crate::python::interp::Flow::Normal),
        )
        .map(|_| ())
    }
}
