//! Lists, tuples, dictionaries and sets: elements, keys, items and slices.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::heap::{Cell, Dict, Key, Slot};
use super::interp::{Interp, Res, unknown_value};
use super::object::{Elem, Id, Kind, Val, branch_unknown};
use super::operators::{Number, as_number};

impl<'a> Interp<'a> {
    /// What iterating over a value gives; the inner error is the reason why nobody knows. The hashes of text differ from
    /// process to process, and with them the order in which a set is walked: of more than one element it is not known.
    pub(super) fn elements(&mut self, value: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        if let Kind::Set(id) = value.kind
            && let Cell::Set(items) = self.heap.cell(id)
            && items.len() > 1
        {
            let items: Option<Vec<Val>> =
                items.iter().map(|item| if let Elem::One(item) = item { Some(item.clone()) } else { None }).collect();
            let why = Why::Machine("the order of a set".into());
            return Ok(Ok(vec![match items {
                Some(items) => self.in_some_order(items, why, at),
                None => Elem::Many(Rc::new(Unknown::new(why, Some(at)))),
            }]));
        }
        self.ordered_elements(value, at)
    }

    /// These elements in an order that nobody knows.
    pub(super) fn in_some_order(&mut self, items: Vec<Val>, why: Why, at: Region) -> Elem {
        let unknown = Rc::new(Unknown::new(why, Some(at)));
        if self.unordered.len() < 1_000 {
            self.unordered.push((unknown.clone(), items));
        }
        Elem::Many(unknown)
    }

    /// The elements behind an unknown rest, if only their order is unknown.
    fn unordered_members(&self, unknown: &Rc<Unknown>) -> Option<&[Val]> {
        self.unordered.iter().find(|(known, _)| Rc::ptr_eq(known, unknown)).map(|(_, items)| items.as_slice())
    }

    /// Whether any of the elements behind an unknown rest equals an item, if only their order is unknown.
    pub(super) fn among_unordered(&self, unknown: &Rc<Unknown>, item: &Val) -> Option<bool> {
        let mut found = Some(false);
        for member in self.unordered_members(unknown)? {
            match self.equal(member, item) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => found = None,
            }
        }
        found
    }

    /// The elements, where their order does not matter.
    pub(super) fn members(&mut self, value: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        Ok(self.ordered_elements(value, at)?.map(|elements| {
            elements
                .into_iter()
                .flat_map(|elem| match &elem {
                    Elem::Many(unknown) => match self.unordered_members(unknown) {
                        Some(items) => items.iter().cloned().map(Elem::One).collect(),
                        None => vec![elem],
                    },
                    Elem::One(_) | Elem::Perhaps(..) => vec![elem],
                })
                .collect()
        }))
    }

    fn ordered_elements(&mut self, value: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        Ok(Ok(match &value.kind {
            Kind::Tuple(items) => items.to_vec(),
            Kind::List(id) | Kind::Set(id) => match self.heap.cell(*id) {
                Cell::List(items) | Cell::Set(items) => {
                    let items = items.clone();
                    self.burn(items.len() as u64 / 8)?;
                    items
                }
                _ => Vec::new(),
            },
            Kind::Dict(id) => match self.heap.cell(*id) {
                Cell::Dict(dict) => dict.keys(),
                _ => Vec::new(),
            },
            Kind::Iter(id) => {
                let control = self.control.clone();
                let statement = self.statement;
                match self.heap.change(*id, statement, &control) {
                    Cell::Iter(items, from) => {
                        let rest = items[(*from).min(items.len())..].to_vec();
                        *from = items.len();
                        rest
                    }
                    _ => Vec::new(),
                }
            }
            Kind::Str(text) => {
                self.burn(text.len() as u64)?;
                text.chars().map(|c| Elem::One(Val::str(c.to_string()))).collect()
            }
            Kind::Bytes(bytes) => {
                self.burn(bytes.len() as u64)?;
                bytes.iter().map(|byte| Elem::One(Val::int(i128::from(*byte)))).collect()
            }
            Kind::Range(start, stop, step) => {
                let count = range_length(*start, *stop, *step);
                self.sized(usize::try_from(count).unwrap_or(usize::MAX))?;
                self.burn(count as u64)?;
                (0..count).map(|index| Elem::One(Val::int(start + index * step))).collect()
            }
            Kind::Module(space) => {
                // `globals()` and its like: the names.
                let space = self.heap.space(*space);
                let mut names: Vec<Elem> = space
                    .names
                    .keys()
                    .filter(|name| !name.starts_with('*'))
                    .map(|name| Elem::One(Val::str(name.clone())))
                    .collect();
                names.extend(space.open.clone().map(Elem::Many));
                names
            }
            Kind::Unknown(unknown) => return Ok(Err(unknown.clone())),
            Kind::OneOf(alternatives) => return self.elements_of_any(&alternatives.clone(), at),
            Kind::Extern(name) if &**name == "os.environ" => self.environ_names(),
            Kind::Extern(name) => return Ok(Err(Rc::new(Unknown::new(Why::Import(name.as_ref().into()), Some(at))))),
            Kind::Instance(_) => match self.special(value, "__iter__") {
                Some(method) => {
                    let inner = self.call_values(&method, Vec::new(), at)?;
                    return if matches!(inner.kind, Kind::Instance(_)) {
                        Ok(Err(Rc::new(Unknown::new(Why::Unsupported("an iterator class".into()), Some(at)))))
                    } else {
                        self.elements(&inner, at)
                    };
                }
                None => match self.plain(value) {
                    Some(plain) => return self.elements(&plain, at),
                    None => return self.library_elements(value, at),
                },
            },
            Kind::Class(_) => return self.enum_members(value, at),
            Kind::Lazy(_) => {
                return Ok(Err(Rc::new(Unknown::new(Why::Unsupported("iterating over translated text".into()), Some(at)))));
            }
            Kind::None
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Path(_)
            | Kind::TimeDelta(_)
            | Kind::Slice(_)
            | Kind::Ellipsis
            | Kind::Function(_)
            | Kind::Method(_)
            | Kind::Builtin(_)
            | Kind::Super(_) => {
                let message = format!("a value of type {} cannot be iterated over", self.type_name(value));
                return Err(self.raise_on("TypeError", &message, at, &[value]));
            }
        }))
    }

    /// The elements of a library's object, by its model's `__iter__`.
    fn library_elements(&mut self, value: &Val, at: Region) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        let unknown = || Rc::new(Unknown::new(Why::Unsupported("iterating over an instance".into()), Some(at)));
        let Kind::Instance(id) = value.kind else { return Ok(Err(unknown())) };
        let Cell::Instance(class, _) = self.heap.cell(id) else { return Ok(Err(unknown())) };
        let Some(native) = self.native_class(&class.clone()) else { return Ok(Err(unknown())) };
        let method: Rc<str> = format!("{native}.__iter__").into();
        if !super::library::is_method(&method) {
            return Ok(Err(unknown()));
        }
        let items = self.call_extern(&method, super::call::Args::of(vec![value.clone()]), at)?;
        if matches!(items.kind, Kind::Instance(_)) {
            return Ok(Err(unknown()));
        }
        self.elements(&items, at)
    }

    /// The elements of one of several iterables: those of each alternative, under its condition.
    fn elements_of_any(
        &mut self,
        alternatives: &[(shipworthy_model::Condition, Val)],
        at: Region,
    ) -> Res<Result<Vec<Elem>, Rc<Unknown>>> {
        let mut all = Vec::new();
        for (condition, value) in alternatives {
            match self.elements(value, at) {
                Ok(Ok(elements)) => all.extend(elements.into_iter().map(|elem| match elem {
                    Elem::One(value) => Elem::Perhaps(value, condition.clone()),
                    other @ (Elem::Perhaps(..) | Elem::Many(_)) => other,
                })),
                Ok(Err(unknown)) => all.push(Elem::Many(unknown)),
                // An alternative that cannot be iterated over would have failed: it is not the one.
                Err(super::interp::Stop::Raise(_)) => {}
                Err(limit) => return Err(limit),
            }
        }
        Ok(Ok(all))
    }

    /// The elements, if all of them are certain.
    pub(super) fn certain_elements(&mut self, value: &Val, at: Region) -> Res<Option<Vec<Val>>> {
        Ok(self.elements(value, at)?.ok().and_then(|elements| {
            elements.into_iter().map(|elem| if let Elem::One(value) = elem { Some(value) } else { None }).collect()
        }))
    }

    /// The members, if all of them are certain.
    pub(super) fn certain_members(&mut self, value: &Val, at: Region) -> Res<Option<Vec<Val>>> {
        Ok(self.members(value, at)?.ok().and_then(|elements| {
            elements.into_iter().map(|elem| if let Elem::One(value) = elem { Some(value) } else { None }).collect()
        }))
    }

    /// The normalised key of a hashable value; `None` for unknown or unhashable ones.
    pub(super) fn key(&self, value: &Val) -> Option<Key> {
        Some(match &value.kind {
            Kind::None => Key::None,
            Kind::Bool(flag) => Key::Int(i128::from(*flag)),
            Kind::Int(number) => Key::Int(*number),
            Kind::Float(number) if number.fract() == 0.0 && number.abs() < 1e30 => Key::Int(*number as i128),
            Kind::Float(number) => Key::Float(number.to_bits()),
            Kind::Str(text) => Key::Str(text.clone()),
            Kind::Bytes(bytes) => Key::Bytes(bytes.clone()),
            Kind::Path(text) => Key::Path(text.clone()),
            Kind::Tuple(items) => Key::Tuple(
                items.iter().map(|item| if let Elem::One(item) = item { self.key(item) } else { None }).collect::<Option<_>>()?,
            ),
            Kind::TimeDelta(micros) => Key::Tuple(vec![Key::Str("timedelta".into()), Key::Int(*micros)]),
            Kind::Lazy(text) => Key::Tuple(vec![Key::Str("lazy".into()), Key::Str(text.clone())]),
            Kind::Class(id) => Key::Object(0, *id),
            Kind::Function(id) => Key::Object(1, *id),
            Kind::Module(id) => Key::Object(2, *id),
            Kind::Instance(id) => match self.plain(value) {
                Some(plain) => self.key(&plain)?,
                None => Key::Object(3, *id),
            },
            Kind::Extern(name) if super::library::truth(name) == Some(true) => Key::Name(name.clone()),
            _ => return None,
        })
    }

    pub(super) fn set_of(&mut self, items: Vec<Elem>) -> Val {
        let id = self.heap.new_cell(Cell::Set(Vec::new()));
        self.set_add_all(id, Ok(items));
        Val::new(Kind::Set(id))
    }

    pub(super) fn set_add_all(&mut self, id: Id, added: Result<Vec<Elem>, Rc<Unknown>>) {
        let Cell::Set(mut items) = self.heap.cell(id).clone() else { return };
        let mut known: rustc_hash::FxHashSet<Key> = items
            .iter()
            .filter_map(|item| match item {
                Elem::One(item) => self.key(item),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            })
            .collect();
        match added {
            Ok(added) => {
                for elem in added {
                    let key = match &elem {
                        Elem::One(item) | Elem::Perhaps(item, _) => self.key(item),
                        Elem::Many(_) => None,
                    };
                    match (key, &elem) {
                        (Some(key), Elem::One(_)) => {
                            if known.insert(key) {
                                items.push(elem);
                            }
                        }
                        (Some(key), _) => {
                            if !known.contains(&key) {
                                items.push(elem);
                            }
                        }
                        // An unknown element may equal one that is there: any number of unknowns covers both.
                        (None, Elem::One(item) | Elem::Perhaps(item, _)) => {
                            items.push(Elem::Many(item.as_unknown().unwrap_or_else(|| {
                                Rc::new(Unknown::new(Why::Unsupported("an object in a set".into()), item.at))
                            })));
                        }
                        (None, Elem::Many(_)) => items.push(elem),
                    }
                }
            }
            Err(unknown) => items.push(Elem::Many(unknown)),
        }
        let (statement, control) = (self.statement, self.control.clone());
        if let Cell::Set(place) = self.heap.change(id, statement, &control) {
            *place = items;
        }
    }

    pub(super) fn copy(&mut self, value: &Val) -> Val {
        let id = match value.kind {
            Kind::List(id) | Kind::Dict(id) | Kind::Set(id) => id,
            _ => return value.clone(),
        };
        let stored = self.heap.stored(id).clone();
        let copy = self.heap.new_cell(stored.cell);
        self.heap.depend(copy, &stored.deps);
        let kind = match value.kind {
            Kind::List(_) => Kind::List(copy),
            Kind::Dict(_) => Kind::Dict(copy),
            _ => Kind::Set(copy),
        };
        Val { kind, ..value.clone() }
    }

    // ── Dictionaries ────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn dict_insert(&mut self, id: Id, key: &Val, value: Val, at: Region) -> Res<()> {
        let normal = self.key(key);
        if normal.is_none() && key.as_unknown().is_none() && matches!(key.kind, Kind::List(_) | Kind::Dict(_) | Kind::Set(_)) {
            let message = format!("a value of type {} cannot be a key", self.type_name(key));
            return Err(self.raise_on("TypeError", &message, at, &[key]));
        }
        let value = value.with(&self.control.clone());
        let (statement, control) = (self.statement, self.control.clone());
        let Cell::Dict(dict) = self.heap.change(id, statement, &control) else { return Ok(()) };
        match normal {
            Some(normal) => match dict.entries.get_mut(&normal) {
                Some(slot) => {
                    slot.value = value;
                    slot.perhaps = None;
                }
                None => {
                    dict.entries.insert(normal, Slot { key: key.clone(), value, perhaps: None });
                }
            },
            None => {
                // Some key got a value, and it may be any of those that are there.
                let why = key
                    .as_unknown()
                    .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an object as a key".into()), Some(at))));
                dict.overwrite_any(&why);
            }
        }
        Ok(())
    }

    pub(super) fn dict_update(&mut self, id: Id, other: &Val, at: Region) -> Res<()> {
        let deps = other.deps.clone();
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
                    self.dict_insert(id, &Val::str(name.clone()), binding.value.clone(), at)?;
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
    fn dict_update_from_object(&mut self, id: Id, other: &Val, at: Region) -> Res<()> {
        let keys = match self.attribute(other, "keys", at) {
            Ok(method) if method.as_unknown().is_none() => self.call_values(&method, Vec::new(), at)?,
            Ok(unknown) => unknown,
            Err(super::interp::Stop::Raise(_)) => {
                let unknown = Unknown::new(Why::Unsupported("a dictionary of an object".into()), Some(at));
                unknown_value(&Rc::new(unknown))
            }
            Err(limit) => return Err(limit),
        };
        match self.certain_elements(&keys, at)? {
            Some(keys) => {
                for key in keys {
                    let value = self.subscript(other, &key, at)?;
                    self.dict_insert(id, &key, value, at)?;
                }
            }
            None => {
                let why = self.unknown_of(&[&keys], at).as_unknown();
                let why = why.unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("a mapping".into()), Some(at))));
                self.dict_overwrite_any(id, &why);
            }
        }
        Ok(())
    }

    fn dict_update_any(&mut self, id: Id, alternatives: &[(shipworthy_model::Condition, Val)], at: Region) -> Res<()> {
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

    fn dict_overwrite_any(&mut self, id: Id, why: &Rc<Unknown>) {
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

    // ── Items ───────────────────────────────────────────────────────────────────────────────────────────────────

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
                Err(unknown) => Ok(self.any_value(*id, &unknown)),
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
                Some(name) => match self.lookup(*space, name) {
                    Some(value) => Ok(value),
                    None => match &self.heap.space(*space).open {
                        Some(open) => Ok(unknown_value(open)),
                        None => Err(self.raise_on("KeyError", &format!("there is no name {name}"), at, &[object, key])),
                    },
                },
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
            // `list[str]`, `Optional[int]`: annotations.
            Kind::Extern(name) => {
                Ok(super::library::subscript(name, key)
                    .unwrap_or_else(|| Val::unknown(Why::Import(name.as_ref().into()), Some(at))))
            }
            Kind::Unknown(unknown) => Ok(unknown_value(unknown)),
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
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
        let containers: Vec<Val> =
            dict.entries.values().map(|slot| slot.value.clone()).filter(|value| is_container(value)).collect();
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
        match position(&elements, index) {
            Some(position) => Ok(match &elements[position] {
                Elem::One(value) => self.with_contents_deps(value.clone()),
                Elem::Perhaps(_, condition) => unknown_value(&branch_unknown(condition)),
                Elem::Many(unknown) => unknown_value(unknown),
            }),
            None => {
                let doubt = elements.iter().find_map(|elem| match elem {
                    Elem::One(_) => None,
                    Elem::Perhaps(_, condition) => Some(branch_unknown(condition)),
                    Elem::Many(unknown) => Some(unknown.clone()),
                });
                match doubt {
                    Some(unknown) => Ok(unknown_value(&unknown)),
                    None => Err(self.raise_on("IndexError", "an index is past the end", at, &[object, key])),
                }
            }
        }
    }

    fn slice(&mut self, object: &Val, parts: &(Val, Val, Val), at: Region) -> Res<Val> {
        let bound = |value: &Val| match (&value.kind, as_number(value)) {
            (Kind::None, _) => Some(None),
            (_, Some(Number::Int(number))) => Some(Some(number)),
            _ => None,
        };
        let (Some(start), Some(stop), Some(step)) = (bound(&parts.0), bound(&parts.1), bound(&parts.2)) else {
            return Ok(self.unknown_of(&[&parts.0, &parts.1, &parts.2], at));
        };
        let step = step.unwrap_or(1);
        if step == 0 {
            return Err(self.raise_on("ValueError", "a slice cannot have step zero", at, &[&parts.2]));
        }
        match &object.kind {
            Kind::Str(text) => {
                let chars: Vec<char> = text.chars().collect();
                Ok(Val::str(slice_indices(chars.len(), start, stop, step).map(|index| chars[index]).collect::<String>()))
            }
            Kind::Bytes(bytes) => {
                let picked: Vec<u8> = slice_indices(bytes.len(), start, stop, step).map(|index| bytes[index]).collect();
                Ok(Val::new(Kind::Bytes(picked.into())))
            }
            _ => {
                let elements = self.elements(object, at)?.unwrap_or_default();
                let picked = if elements.iter().all(|elem| matches!(elem, Elem::One(_))) {
                    slice_indices(elements.len(), start, stop, step).map(|index| elements[index].clone()).collect()
                } else {
                    self.slice_uncertain(&elements, start, stop, step)
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
    fn slice_uncertain(&self, elements: &[Elem], start: Option<i128>, stop: Option<i128>, step: i128) -> Vec<Elem> {
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
        match (start.map_or(Some(0), from_front), stop) {
            (Some(start), None) if step == 1 => elements[start..].to_vec(),
            (Some(start), Some(stop)) if step == 1 && from_front(stop).is_some_and(|stop| stop >= start) => {
                elements[start..from_front(stop).unwrap_or(start)].to_vec()
            }
            _ => vec![Elem::Many(why)],
        }
    }

    pub(super) fn set_item(&mut self, object: &Val, key: &Val, value: Val, at: Region) -> Res<()> {
        match &object.kind {
            Kind::Dict(id) => self.dict_insert(*id, key, value, at),
            Kind::List(id) => self.set_list_item(*id, object, key, value, at),
            Kind::Module(space) => {
                match key.as_str() {
                    Some(name) => self.bind(*space, name, value),
                    None => self.lose_contents(
                        object,
                        &self
                            .unknown_of(&[key], at)
                            .as_unknown()
                            .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("an unknown name".into()), Some(at)))),
                    ),
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
            Kind::Unknown(_) | Kind::Extern(_) => Ok(()),
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
                match (bound(&parts.0), bound(&parts.1), certain && parts.2.is_none(), added) {
                    (Some(start), Some(stop), true, Ok(added)) => {
                        let (start, stop) = slice_bounds(items.len(), start, stop);
                        items.splice(start..stop.max(start), added);
                    }
                    _ => {
                        items =
                            vec![Elem::Many(Rc::new(Unknown::new(Why::Unsupported("assigning to a slice".into()), Some(at))))];
                    }
                }
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
                    // It may be any key; what is left may lack any of them.
                    let normal = self.key(key);
                    if let Cell::Dict(dict) = self.heap.change(*id, statement, &control) {
                        match normal {
                            Some(normal) => {
                                dict.entries.shift_remove(&normal);
                            }
                            None => dict.overwrite_any(&why),
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
                if let Some(name) = key.as_str() {
                    self.heap.space_mut(*space).names.shift_remove(name);
                }
                Ok(())
            }
            Kind::Extern(name) if &**name == "os.environ" => {
                let environ = self.environ;
                self.dict_insert(environ, key, Val::none(), at)
            }
            _ => Ok(()),
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

    /// A value was stored under a key that nobody knows.
    pub(super) fn overwrite_any(&mut self, why: &Rc<Unknown>) {
        for slot in self.entries.values_mut() {
            slot.value = unknown_value(why);
        }
        self.rest = Some(why.clone());
    }
}

/// Whether a value can be changed in place.
fn is_container(value: &Val) -> bool {
    matches!(value.kind, Kind::List(_) | Kind::Dict(_) | Kind::Set(_))
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

/// The place of an index, if nothing uncertain stands between it and the end it counts from.
pub(super) fn position(items: &[Elem], index: i128) -> Option<usize> {
    if index >= 0 {
        let index = usize::try_from(index).ok()?;
        (index < items.len() && items[..=index].iter().all(|item| matches!(item, Elem::One(_)))).then_some(index)
    } else {
        let back = usize::try_from(-index).ok()?;
        let index = items.len().checked_sub(back)?;
        items[index..].iter().all(|item| matches!(item, Elem::One(_))).then_some(index)
    }
}

fn range_length(start: i128, stop: i128, step: i128) -> i128 {
    let span = if step > 0 { stop - start } else { start - stop };
    if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 }
}

fn slice_bounds(length: usize, start: Option<i128>, stop: Option<i128>) -> (usize, usize) {
    let length = length as i128;
    let clamp = |bound: i128| (if bound < 0 { bound + length } else { bound }).clamp(0, length) as usize;
    (start.map_or(0, clamp), stop.map_or(length as usize, clamp))
}

/// The indices of a slice, as `CPython`'s `PySlice_AdjustIndices` has them.
fn slice_indices(length: usize, start: Option<i128>, stop: Option<i128>, step: i128) -> impl Iterator<Item = usize> {
    let length = length as i128;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i128| (if bound < 0 { bound + length } else { bound }).clamp(low, high);
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let count = range_length(start, stop, step);
    (0..count).map(move |index| (start + index * step) as usize)
}
