//! Items: subscripts, slices, and what assigns and deletes them.

use super::containers::{is_container, position, range_length};
use super::heap::{Cell, Dict};
use super::interp::{Interp, Res, unknown_value};
use super::object::{Elem, Id, Kind, Val, branch_unknown};
use super::operators::{Number, as_number};
use shipworthy_model::{Region, Unknown, Why};
use std::rc::Rc;

impl Interp<'_> {
    pub(super) fn subscript(&mut self, object: &Val, key: &Val, at: Region) -> Res<Val> {
        if let Kind::OneOf(_) = object.kind {
            return self.distribute(object, &mut |this, object| this.subscript(object, key, at));
        }
        if let Kind::OneOf(_) = key.kind {
            return self.distribute(key, &mut |this, key| this.subscript(object, key, at));
        }
        let deps = object.deps.union(&key.deps);
        Ok(self.subscript_value(object, key, at)?.with(&deps))
    }

    fn subscript_value(&mut self, object: &Val, key: &Val, at: Region) -> Res<Val> {
        match &object.kind {
            Kind::Dict(id) => match self.dict_get(*id, key) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => {
                    if let Cell::Dict(Dict { factory: Some(factory), .. }) = self.heap.cell(*id) {
                        let factory = factory.clone();
                        let value = self.call_values(&factory, Vec::new(), at)?;
                        self.dict_insert(*id, key, value.clone(), at)?;
                        return Ok(value);
                    }
                    let message = format!("there is no key {}", self.repr(key).unwrap_or_else(|_| "…".to_owned()));
                    Err(self.raise_on("KeyError", &message, at, &[object, key]))
                }
                Err(unknown) => {
                    self.doubtful(&unknown, at);
                    Ok(self.any_value(*id, &unknown))
                }
            },
            Kind::List(_) | Kind::Tuple(_) | Kind::Str(_) | Kind::Bytes(_) | Kind::Range(..) => {
                if let Kind::Slice(parts) = &key.kind {
                    return self.slice(object, &parts.clone(), at);
                }
                self.index(object, key, at)
            }
            Kind::Extern(name) if &**name == "os.environ" => self.environ_item(key, at),
            Kind::Extern(name) if &**name == "sys.modules" => match key.as_str().map(str::to_owned) {
                Some(name) => self.import(&name, at),
                None => Ok(self.unknown_of(&[key], at)),
            },
            Kind::Module(space) => match key.as_str() {
                Some(name) => self.lookup_or(*space, name, &mut |this| match &this.heap.space(*space).open {
                    Some(open) => Ok(unknown_value(open)),
                    None if let Some(value) = this.behind(*space, name, at) => Ok(value),
                    None => Err(this.raise_on("KeyError", &format!("there is no name {name}"), at, &[object, key])),
                }),
                None => Ok(self.unknown_of(&[key], at)),
            },
            Kind::Instance(_) => match self.special(object, "__getitem__") {
                Some(method) => self.call_values(&method, vec![key.clone()], at),
                None => match self.plain(object) {
                    Some(plain) => match (&plain.kind, self.special(object, "__missing__")) {
                        (Kind::Dict(id), Some(method)) if matches!(self.dict_get(*id, key), Ok(None)) => {
                            self.call_values(&method, vec![key.clone()], at)
                        }
                        _ => self.subscript(&plain, key, at),
                    },
                    None => self.native_item(object, key, at),
                },
            },
            Kind::Class(_) => self.enum_item(object, key, at),
            Kind::Extern(name) if &**name == "sys.version_info" => Ok(super::library::sys::version_part(self, key, at)),
            // `list[str]`, `Optional[int]`: annotations.
            Kind::Extern(name) => {
                Ok(super::library::subscript(name, key)
                    .unwrap_or_else(|| Val::unknown(Why::Import(name.as_ref().into()), Some(at))))
            }
            Kind::Unknown(unknown) => {
                self.doubtful(unknown, at);
                Ok(unknown_value(unknown))
            }
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::View(..) | Kind::Set(_) | Kind::Iter(_) => {
                let message = format!("a value of type {} has no items", self.type_name(object));
                Err(self.raise_on("TypeError", &message, at, &[object]))
            }
            _ => Ok(Val::unknown(Why::Unsupported("an item of an object".into()), Some(at))),
        }
    }

    /// What a dictionary holds under a key that nobody knows. Whoever gets a container out of it may change that one, so
    /// any container in it may be changed: none stays known.
    fn any_value(&mut self, id: Id, why: &Rc<Unknown>) -> Val {
        let Cell::Dict(dict) = self.heap.cell(id) else { return unknown_value(why) };
        let grows = dict.factory.is_some();
        let containers: Vec<Val> = dict.entries.values().map(|slot| slot.value.clone()).filter(is_container).collect();
        for container in &containers {
            self.lose_contents(container, why);
        }
        if grows {
            self.dict_overwrite_any(id, why);
        }
        unknown_value(why)
    }

    fn index(&mut self, object: &Val, key: &Val, at: Region) -> Res<Val> {
        let Some(Number::Int(index)) = as_number(key) else {
            if let Some(unknown) = key.as_unknown() {
                let elements = self.elements(object, at)?.unwrap_or_default();
                for elem in &elements {
                    if let Elem::One(value) | Elem::Perhaps(value, _) = elem
                        && is_container(value)
                    {
                        self.lose_contents(value, &unknown);
                    }
                }
                self.doubtful(&unknown, at);
                return Ok(self.unknown_of(&[key], at));
            }
            let message = format!("an index must be an integer, not {}", self.type_name(key));
            return Err(self.raise_on("TypeError", &message, at, &[object, key]));
        };
        let elements = match &object.kind {
            Kind::Tuple(items) => Rc::clone(items),
            Kind::List(id) => match self.heap.cell(*id) {
                Cell::List(items) => {
                    if let Some(position) = position(items, index) {
                        return Ok(match &items[position] {
                            Elem::One(value) => self.with_contents_deps(value.clone()),
                            Elem::Perhaps(_, condition) => unknown_value(&branch_unknown(condition)),
                            Elem::Many(unknown) => unknown_value(unknown),
                        });
                    }
                    Rc::new(items.clone())
                }
                _ => Rc::default(),
            },
            Kind::Str(text) => {
                let length = text.chars().count() as i128;
                let index = if index < 0 { index + length } else { index };
                return match usize::try_from(index).ok().and_then(|index| text.chars().nth(index)) {
                    Some(c) => Ok(Val::str(c.to_string())),
                    None => Err(self.raise_on("IndexError", "an index is past the end of the text", at, &[object, key])),
                };
            }
            _ => Rc::new(self.elements(object, at)?.unwrap_or_default()),
        };
        if let Some(position) = position(&elements, index) {
            Ok(match &elements[position] {
                Elem::One(value) => self.with_contents_deps(value.clone()),
                Elem::Perhaps(_, condition) => unknown_value(&branch_unknown(condition)),
                Elem::Many(unknown) => unknown_value(unknown),
            })
        } else {
            let doubt = elements.iter().find_map(|elem| match elem {
                Elem::One(_) => None,
                Elem::Perhaps(_, condition) => Some(branch_unknown(condition)),
                Elem::Many(unknown) => Some(unknown.clone()),
            });
            match doubt {
                Some(unknown) => {
                    self.doubtful(&unknown, at);
                    Ok(unknown_value(&unknown))
                }
                None => Err(self.raise_on("IndexError", "an index is past the end", at, &[object, key])),
            }
        }
    }

    fn slice(&mut self, object: &Val, parts: &(Val, Val, Val), at: Region) -> Res<Val> {
        let bound = |value: &Val| match (&value.kind, as_number(value)) {
            (Kind::None, _) => Some(None),
            (_, Some(Number::Int(number))) => Some(Some(number)),
            _ => None,
        };
        let (Some(start), Some(end), Some(step)) = (bound(&parts.0), bound(&parts.1), bound(&parts.2)) else {
            return Ok(self.unknown_of(&[&parts.0, &parts.1, &parts.2], at));
        };
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(self.raise_on("ValueError", "a slice cannot have step zero", at, &[&parts.2]));
        }
        match &object.kind {
            Kind::Str(text) => {
                let chars: Vec<char> = text.chars().collect();
                Ok(Val::str(slice_indices(chars.len(), start, end, step).map(|index| chars[index]).collect::<String>()))
            }
            Kind::Bytes(bytes) => {
                let picked: Vec<u8> = slice_indices(bytes.len(), start, end, step).map(|index| bytes[index]).collect();
                Ok(Val::new(Kind::Bytes(picked.into())))
            }
            _ => {
                let elements = self.elements(object, at)?.unwrap_or_default();
                let picked = if elements.iter().all(|elem| matches!(elem, Elem::One(_))) {
                    slice_indices(elements.len(), start, end, step).map(|index| elements[index].clone()).collect()
                } else {
                    self.slice_uncertain(&elements, start, end, step)
                };
                Ok(if matches!(object.kind, Kind::List(_)) {
                    self.list_of(picked)
                } else {
                    Val::new(Kind::Tuple(Rc::new(picked)))
                })
            }
        }
    }

    /// A slice of a list with uncertain elements: what stands before the first uncertain one keeps its place.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    fn slice_uncertain(&self, elements: &[Elem], start: Option<i128>, end: Option<i128>, step: i128) -> Vec<Elem> {
        let certain = elements.iter().take_while(|elem| matches!(elem, Elem::One(_))).count();
        let from_front = |bound: i128| usize::try_from(bound).ok().filter(|bound| *bound <= certain);
        let why = elements
            .iter()
            .find_map(|elem| match elem {
                Elem::One(_) => None,
                Elem::Perhaps(_, condition) => Some(branch_unknown(condition)),
                Elem::Many(unknown) => Some(unknown.clone()),
            })
            .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("a slice".into()), None)));
        match (start.map_or(Some(0), from_front), end) {
            (Some(start), None) if step == 1 => elements[start..].to_vec(),
            (Some(start), Some(end)) if step == 1 && from_front(end).is_some_and(|end| end >= start) => {
                elements[start..from_front(end).unwrap_or(start)].to_vec()
            }
            _ => vec![Elem::Many(why)],
        }
    }

    pub(super) fn set_item(&mut self, object: &Val, key: &Val, value: Val, at: Region) -> Res<()> {
        match &object.kind {
            Kind::Dict(id) => self.dict_insert(*id, key, value, at),
            Kind::List(id) => self.set_list_item(*id, object, key, value, at),
            Kind::Module(space) => {
                if let Some(name) = key.as_str() {
                    // A name that the statement spells is set there, any other where its value is written.
                    let spelled = key.at.is_none_or(|key| self.statement.holds(key));
                    let place = value.at.filter(|_| !spelled);
                    self.bind(*space, name, value);
                    self.written_at(*space, name, place);
                    return Ok(());
                }
                let why = self.unknown_of(&[key], at).as_unknown();
                let why = why.unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an unknown name".into()), Some(at))));
                let of_the_environment = super::library::os::is_another_name(key);
                if !of_the_environment || !self.takes_from_source(*space, "the environment".into(), &why) {
                    self.lose_contents(object, &why);
                }
                Ok(())
            }
            Kind::OneOf(alternatives) => {
                let alternatives = alternatives.clone();
                self.set_item_any(&alternatives, key, &value, at)
            }
            Kind::Extern(name) if &**name == "os.environ" => {
                let environ = self.environ;
                self.dict_insert(environ, key, value, at)
            }
            Kind::Instance(_) => match self.special(object, "__setitem__") {
                Some(method) => self.call_values(&method, vec![key.clone(), value], at).map(|_| ()),
                None => match self.plain(object) {
                    Some(plain) => self.set_item(&plain, key, value, at),
                    None => self.native_set_item(object, key, value, at),
                },
            },
            Kind::Unknown(unknown) => self.changes_hidden(unknown),
            Kind::Extern(_) => Ok(()),
            _ => {
                let message = format!("items of a value of type {} cannot be set", self.type_name(object));
                Err(self.raise_on("TypeError", &message, at, &[object]))
            }
        }
    }

    fn set_item_any(
        &mut self,
        alternatives: &[(shipworthy_model::Condition, Val)],
        key: &Val,
        value: &Val,
        at: Region,
    ) -> Res<()> {
        match alternatives {
            [] => Ok(()),
            [(_, only)] => self.set_item(only, key, value.clone(), at),
            [(condition, first), rest @ ..] => self
                .fork(
                    condition,
                    &super::object::Deps::default(),
                    &mut |this| this.set_item(first, key, value.clone(), at).map(|()| super::interp::Flow::Normal),
                    &mut |this| this.set_item_any(rest, key, value, at).map(|()| super::interp::Flow::Normal),
                )
                .map(|_| ()),
        }
    }

    fn set_list_item(&mut self, id: Id, object: &Val, key: &Val, value: Val, at: Region) -> Res<()> {
        let Cell::List(items) = self.heap.cell(id) else { return Ok(()) };
        let mut items = items.clone();
        match (&key.kind, as_number(key)) {
            (_, Some(Number::Int(index))) => match position(&items, index) {
                Some(position) => items[position] = Elem::One(value),
                None if items.iter().all(|elem| matches!(elem, Elem::One(_))) => {
                    return Err(self.raise_on("IndexError", "an index is past the end of the list", at, &[object, key]));
                }
                None => {
                    let why = self.unknown_of(&[object], at);
                    if let Some(why) = why.as_unknown() {
                        self.doubtful(&why, at);
                    }
                    self.lose_contents(
                        object,
                        &why.as_unknown()
                            .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an unknown index".into()), Some(at)))),
                    );
                    return Ok(());
                }
            },
            (Kind::Slice(parts), _) => {
                let bound = |value: &Val| match (&value.kind, as_number(value)) {
                    (Kind::None, _) => Some(None),
                    (_, Some(Number::Int(number))) => Some(Some(number)),
                    _ => None,
                };
                let certain = items.iter().all(|elem| matches!(elem, Elem::One(_)));
                let added = self.elements(&value, at)?;
                let by = bound(&parts.2).filter(|by| certain && *by != Some(0)).map(|by| by.unwrap_or(1));
                match (bound(&parts.0), bound(&parts.1), by, added) {
                    (Some(start), Some(stop), Some(1), Ok(added)) => {
                        let (start, stop) = slice_bounds(items.len(), start, stop);
                        items.splice(start..stop.max(start), added);
                    }
                    (Some(start), Some(stop), Some(by), Ok(added)) if added.iter().all(|elem| matches!(elem, Elem::One(_))) => {
                        let places: Vec<usize> = slice_indices(items.len(), start, stop, by).collect();
                        if places.len() != added.len() {
                            let message = format!("{} values do not fit {} places", added.len(), places.len());
                            return Err(self.raise_on("ValueError", &message, at, &[object, key, &value]));
                        }
                        for (place, item) in places.into_iter().zip(added) {
                            items[place] = item;
                        }
                    }
                    _ => {
                        items =
                            vec![Elem::Many(Rc::new(Unknown::new(Why::Unsupported("assigning to a slice".into()), Some(at))))];
                    }
                }
            }
            (Kind::Str(_) | Kind::Float(_) | Kind::None | Kind::Bytes(_) | Kind::Path(_) | Kind::Dict(_) | Kind::List(_), _) => {
                return Err(self.raise_on("TypeError", "an index of a list is no integer", at, &[object, key]));
            }
            _ => items = vec![Elem::Many(Rc::new(Unknown::new(Why::Unsupported("an unknown index".into()), Some(at))))],
        }
        let (statement, control) = (self.statement, self.control.clone());
        if let Cell::List(place) = self.heap.change(id, statement, &control) {
            *place = items;
        }
        Ok(())
    }

    /// `object[key] = value` for a library's object.
    fn native_set_item(&mut self, object: &Val, key: &Val, value: Val, at: Region) -> Res<()> {
        let Kind::Instance(id) = object.kind else { return Ok(()) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(()) };
        let Some(native) = self.native_class(&class.clone()) else { return Ok(()) };
        let method: Rc<str> = format!("{native}.__setitem__").into();
        if super::library::is_method(&method) {
            self.call_extern(&method, super::call::Args::of(vec![object.clone(), key.clone(), value]), at)?;
        }
        Ok(())
    }

    pub(super) fn delete_item(&mut self, object: &Val, key: &Val, at: Region) -> Res<()> {
        if let Some(method) = self.special(object, "__delitem__") {
            return self.call_values(&method, vec![key.clone()], at).map(|_| ());
        }
        if let Some(plain) = self.plain(object) {
            return self.delete_item(&plain, key, at);
        }
        let (statement, control) = (self.statement, self.control.clone());
        match &object.kind {
            Kind::Dict(id) => match self.dict_get(*id, key) {
                Ok(Some(_)) => {
                    let normal = self.key(key);
                    if let (Cell::Dict(dict), Some(normal)) = (self.heap.change(*id, statement, &control), normal) {
                        dict.entries.shift_remove(&normal);
                    }
                    Ok(())
                }
                Ok(None) => {
                    let message = format!("there is no key {}", self.repr(key).unwrap_or_else(|_| "…".to_owned()));
                    Err(self.raise_on("KeyError", &message, at, &[object, key]))
                }
                Err(why) => {
                    self.doubtful(&why, at);
                    // It may be any key; what is left may lack any of them.
                    let normal = self.key(key);
                    if let Cell::Dict(dict) = self.heap.change(*id, statement, &control) {
                        if let Some(normal) = normal {
                            dict.entries.shift_remove(&normal);
                        } else {
                            let condition = shipworthy_model::Condition {
                                text: "an unknown key is removed".into(),
                                at: Some(at),
                                holds: false,
                            };
                            for slot in dict.entries.values_mut() {
                                slot.perhaps.get_or_insert_with(|| condition.clone());
                            }
                        }
                    }
                    Ok(())
                }
            },
            Kind::List(id) => {
                let Cell::List(mut items) = self.heap.cell(*id).clone() else { return Ok(()) };
                let certain = items.iter().all(|elem| matches!(elem, Elem::One(_)));
                match (&key.kind, as_number(key)) {
                    (_, Some(Number::Int(index))) if position(&items, index).is_some() => {
                        if let Some(position) = position(&items, index) {
                            items.remove(position);
                        }
                    }
                    (Kind::Slice(parts), _) if certain => {
                        let bound = |value: &Val| match as_number(value) {
                            Some(Number::Int(number)) => Some(number),
                            _ => None,
                        };
                        let mut doomed: Vec<usize> =
                            slice_indices(items.len(), bound(&parts.0), bound(&parts.1), bound(&parts.2).unwrap_or(1)).collect();
                        doomed.sort_unstable();
                        for index in doomed.into_iter().rev() {
                            items.remove(index);
                        }
                    }
                    (_, Some(_)) if certain => {
                        return Err(self.raise_on("IndexError", "an index is past the end of the list", at, &[object, key]));
                    }
                    _ => {
                        items = vec![Elem::Many(Rc::new(Unknown::new(
                            Why::Unsupported("deleting an unknown item".into()),
                            Some(at),
                        )))];
                    }
                }
                if let Cell::List(place) = self.heap.change(*id, statement, &control) {
                    *place = items;
                }
                Ok(())
            }
            Kind::Module(space) => {
                let Some(name) = key.as_str() else { return Ok(()) };
                let missing = self.raise_on("KeyError", &format!("there is no name {name}"), at, &[object, key]);
                self.unbind_or(*space, name, missing)
            }
            Kind::Extern(name) if &**name == "os.environ" => {
                let environ = self.environ;
                self.dict_insert(environ, key, Val::none(), at)
            }
            Kind::Unknown(unknown) => self.changes_hidden(unknown),
            _ => Ok(()),
        }
    }
}

#[allow(clippy::cast_sign_loss, reason = "the bounds above keep it from being negative")]
fn slice_bounds(length: usize, start: Option<i128>, end: Option<i128>) -> (usize, usize) {
    let length = length as i128;
    let clamp = |bound: i128| (if bound < 0 { bound + length } else { bound }).clamp(0, length) as usize;
    (start.map_or(0, clamp), end.map_or(length as usize, clamp))
}

/// The indices of a slice, as `CPython`'s `PySlice_AdjustIndices` has them.
#[allow(clippy::cast_sign_loss, reason = "the bounds above keep it from being negative")]
fn slice_indices(length: usize, start: Option<i128>, end: Option<i128>, step: i128) -> impl Iterator<Item = usize> {
    let length = length as i128;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i128| (if bound < 0 { bound + length } else { bound }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let end = end.map_or(if step > 0 { high } else { low }, clamp);
    let count = range_length(start, end, step);
    (0..count).map(move |index| (start + index * step) as usize)
}
