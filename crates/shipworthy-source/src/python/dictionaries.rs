//! Dictionaries: what is stored under which key, as far as it is known.

use std::rc::Rc;

use shipworthy_model::{Condition, Region, Unknown, Why};

use super::heap::{Cell, Dict, Slot};
use super::interp::{Interp, Res, unknown_value};
use super::object::{Elem, Id, Kind, Val, branch_unknown};

impl Interp<'_> {
    pub(super) fn dict_insert(&mut self, id: Id, key: &Val, value: Val, at: Region) -> Res<()> {
        let normal = self.key(key);
        if normal.is_none()
            && key.as_unknown().is_none()
            && matches!(key.kind, Kind::List(_) | Kind::Dict(_) | Kind::Set(_))
            && !self.is_frozen(key)
        {
            let message = format!("a value of type {} cannot be a key", self.type_name(key));
            return Err(self.raise_on("TypeError", &message, at, &[key]));
        }
        let value = value.with(&self.control.clone());
        let (statement, control) = (self.statement, self.control.clone());
        let Cell::Dict(dict) = self.heap.change(id, statement, &control) else { return Ok(()) };
        if let Some(normal) = normal {
            let last = dict.entries.len().wrapping_sub(1);
            match dict.entries.get_full_mut(&normal) {
                Some((index, _, slot)) => {
                    slot.value = value;
                    let perhaps = slot.perhaps.take();
                    // If it was not there, it now comes last.
                    if let Some(condition) = perhaps.filter(|_| index != last) {
                        dict.lose_order(&condition);
                    }
                }
                None => {
                    dict.entries.insert(normal, Slot { key: key.clone(), value, perhaps: None });
                }
            }
        } else {
            // Some key got a value, and it may be any of those that are there.
            let why = key
                .as_unknown()
                .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an object as a key".into()), Some(at))));
            dict.overwrite_any(&why);
        }
        Ok(())
    }

    pub(super) fn dict_update(&mut self, id: Id, other: &Val, at: Region) -> Res<()> {
        let deps = other.deps.clone();
        // Even if it brings nothing: in another environment it would.
        self.heap.depend(id, &deps);
        match &other.kind {
            Kind::Dict(from) => {
                let Cell::Dict(from) = self.heap.cell(*from).clone() else { return Ok(()) };
                for Slot { key, value, perhaps } in from.entries.values() {
                    match perhaps {
                        None => self.dict_insert(id, key, value.clone().with(&deps), at)?,
                        Some(condition) => {
                            self.fork(
                                condition,
                                &deps,
                                &mut |this| this.dict_insert(id, key, value.clone(), at).map(|()| super::interp::Flow::Normal),
                                &mut |_| Ok(super::interp::Flow::Normal),
                            )?;
                        }
                    }
                }
                if let Some(rest) = &from.rest {
                    self.dict_overwrite_any(id, rest);
                }
            }
            Kind::Module(space) => {
                let space = self.heap.space(*space).clone();
                for (name, binding) in space.names.iter().filter(|(name, _)| !name.starts_with('*')) {
                    let (name, value) = (Val::str(name.clone()), binding.value.clone());
                    let Some(condition) = &binding.perhaps else {
                        self.dict_insert(id, &name, value, at)?;
                        continue;
                    };
                    self.fork(
                        condition,
                        &deps,
                        &mut |this| this.dict_insert(id, &name, value.clone(), at).map(|()| super::interp::Flow::Normal),
                        &mut |_| Ok(super::interp::Flow::Normal),
                    )?;
                }
                if let Some(open) = &space.open {
                    self.dict_overwrite_any(id, open);
                }
            }
            Kind::OneOf(alternatives) => {
                let alternatives = alternatives.clone();
                self.dict_update_any(id, &alternatives, at)?;
            }
            Kind::Unknown(unknown) => self.dict_overwrite_any(id, &unknown.clone()),
            Kind::Instance(_) if self.plain(other).is_some_and(|plain| matches!(plain.kind, Kind::Dict(_))) => {
                let plain = self.plain(other).unwrap_or_else(Val::none);
                self.dict_update(id, &plain, at)?;
            }
            Kind::Instance(_) if self.plain(other).is_none() => self.dict_update_from_object(id, other, at)?,
            _ => match self.elements(other, at)? {
                Ok(elements) => {
                    for elem in elements {
                        match elem {
                            Elem::One(pair) => match self.certain_elements(&pair, at)?.as_deref() {
                                Some([key, value]) => self.dict_insert(id, key, value.clone().with(&deps), at)?,
                                Some(_) => {
                                    return Err(self.raise_on("ValueError", "a dictionary is made of pairs", at, &[other]));
                                }
                                None => {
                                    let why = pair.as_unknown().unwrap_or_else(|| {
                                        Rc::new(Unknown::new(Why::Unsupported("an unknown pair".into()), Some(at)))
                                    });
                                    self.dict_overwrite_any(id, &why);
                                }
                            },
                            Elem::Perhaps(_, condition) => self.dict_overwrite_any(id, &branch_unknown(&condition)),
                            Elem::Many(unknown) => self.dict_overwrite_any(id, &unknown),
                        }
                    }
                }
                Err(unknown) => self.dict_overwrite_any(id, &unknown),
            },
        }
        Ok(())
    }

    /// An object with `keys()` and items is a mapping; any other gives pairs.
    pub(super) fn dict_update_from_object(&mut self, id: Id, other: &Val, at: Region) -> Res<()> {
        let keys = match self.attribute(other, "keys", at) {
            Ok(method) if method.as_unknown().is_none() => self.call_values(&method, Vec::new(), at)?,
            Ok(unknown) => unknown,
            Err(super::interp::Stop::Raise(_)) => {
                let unknown = Unknown::new(Why::Unsupported("a dictionary of an object".into()), Some(at));
                unknown_value(&Rc::new(unknown))
            }
            Err(limit) => return Err(limit),
        };
        if let Some(keys) = self.certain_elements(&keys, at)? {
            for key in keys {
                let value = self.subscript(other, &key, at)?;
                self.dict_insert(id, &key, value, at)?;
            }
        } else {
            let why = self.unknown_of(&[&keys], at).as_unknown();
            let why = why.unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("a mapping".into()), Some(at))));
            self.dict_overwrite_any(id, &why);
        }
        Ok(())
    }

    pub(super) fn dict_update_any(&mut self, id: Id, alternatives: &[(shipworthy_model::Condition, Val)], at: Region) -> Res<()> {
        match alternatives {
            [] => Ok(()),
            [(_, only)] => self.dict_update(id, only, at),
            [(condition, first), rest @ ..] => self
                .fork(
                    condition,
                    &super::object::Deps::default(),
                    &mut |this| this.dict_update(id, first, at).map(|()| super::interp::Flow::Normal),
                    &mut |this| this.dict_update_any(id, rest, at).map(|()| super::interp::Flow::Normal),
                )
                .map(|_| ()),
        }
    }

    pub(super) fn dict_overwrite_any(&mut self, id: Id, why: &Rc<Unknown>) {
        let (statement, control) = (self.statement, self.control.clone());
        if let Cell::Dict(dict) = self.heap.change(id, statement, &control) {
            dict.overwrite_any(why);
        }
    }

    /// What a dictionary holds under a key: `Ok(None)` is certainly nothing, `Err` is not known.
    pub(super) fn dict_get(&self, id: Id, key: &Val) -> Result<Option<Val>, Rc<Unknown>> {
        let Cell::Dict(dict) = self.heap.cell(id) else { return Ok(None) };
        let Some(normal) = self.key(key) else {
            return Err(key
                .as_unknown()
                .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an object as a key".into()), key.at))));
        };
        match dict.entries.get(&normal) {
            Some(slot) => match &slot.perhaps {
                None => Ok(Some(self.with_contents_deps(slot.value.clone()))),
                Some(condition) => Err(branch_unknown(condition)),
            },
            None => match &dict.rest {
                Some(rest) => Err(rest.clone()),
                None => Ok(None),
            },
        }
    }
}

impl Dict {
    pub(super) fn keys(&self) -> Vec<Elem> {
        self.pairs()
            .into_iter()
            .map(|elem| match elem {
                Elem::One(pair) => Elem::One(first(&pair)),
                Elem::Perhaps(pair, condition) => Elem::Perhaps(first(&pair), condition),
                Elem::Many(unknown) => Elem::Many(unknown),
            })
            .collect()
    }

    pub(super) fn values(&self) -> Vec<Elem> {
        self.pairs()
            .into_iter()
            .map(|elem| match elem {
                Elem::One(pair) => Elem::One(second(&pair)),
                Elem::Perhaps(pair, condition) => Elem::Perhaps(second(&pair), condition),
                Elem::Many(unknown) => Elem::Many(unknown),
            })
            .collect()
    }

    /// Keys and values as pairs.
    pub(super) fn pairs(&self) -> Vec<Elem> {
        let mut pairs: Vec<Elem> = self
            .entries
            .values()
            .map(|slot| {
                let pair = Val::tuple(vec![slot.key.clone(), slot.value.clone()]);
                match &slot.perhaps {
                    None => Elem::One(pair),
                    Some(condition) => Elem::Perhaps(pair, condition.clone()),
                }
            })
            .collect();
        pairs.extend(self.rest.clone().map(Elem::Many));
        pairs
    }

    /// Nobody knows any more in which order the keys come: each is perhaps where it stands, or later.
    pub(super) fn lose_order(&mut self, condition: &Condition) {
        for slot in self.entries.values_mut() {
            slot.perhaps.get_or_insert_with(|| condition.clone());
        }
        self.rest.get_or_insert_with(|| branch_unknown(condition));
    }

    /// A value was stored under a key that nobody knows.
    pub(super) fn overwrite_any(&mut self, why: &Rc<Unknown>) {
        for slot in self.entries.values_mut() {
            slot.value = unknown_value(why);
        }
        self.rest = Some(why.clone());
    }
}

fn second(pair: &Val) -> Val {
    match &pair.kind {
        Kind::Tuple(items) => match items.get(1) {
            Some(Elem::One(value)) => value.clone(),
            _ => Val::none(),
        },
        _ => Val::none(),
    }
}

fn first(pair: &Val) -> Val {
    match &pair.kind {
        Kind::Tuple(items) => match items.first() {
            Some(Elem::One(value)) => value.clone(),
            _ => Val::none(),
        },
        _ => Val::none(),
    }
}
