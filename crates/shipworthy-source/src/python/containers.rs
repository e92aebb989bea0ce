//! Lists, tuples, dictionaries and sets: elements, keys, items and slices.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::heap::{Cell, Key};
use super::interp::{Interp, Res};
use super::object::{Elem, Id, Kind, Val, View};

impl Interp<'_> {
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

    #[allow(clippy::cast_sign_loss, reason = "the bounds above keep it from being negative")]
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
            Kind::View(id, view) => {
                let items = self.seen(*id, *view);
                self.burn(items.len() as u64)?;
                items
            }
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
            Kind::Range(start, end, step) => {
                let count = range_length(*start, *end, *step);
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
            Kind::Unknown(unknown) => {
                self.doubtful(unknown, at);
                return Ok(Err(unknown.clone()));
            }
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

    /// What a view shows now.
    pub(super) fn seen(&self, id: Id, view: View) -> Vec<Elem> {
        let Cell::Dict(dict) = self.heap.cell(id) else { return Vec::new() };
        match view {
            View::Keys => dict.keys(),
            View::Values => dict.values(),
            View::Items => dict.pairs(),
        }
    }

    /// A set of what a view shows; other values as they are.
    pub(super) fn view_as_set(&mut self, value: &Val) -> Val {
        match value.kind {
            Kind::View(id, view) => {
                let items = self.seen(id, view);
                self.set_of(items).with(&value.deps)
            }
            _ => value.clone(),
        }
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
            Kind::Set(id) if self.frozen.contains(id) => {
                let Cell::Set(items) = self.heap.cell(*id) else { return None };
                let mut keys: Vec<Key> = items
                    .iter()
                    .map(|item| if let Elem::One(item) = item { self.key(item) } else { None })
                    .collect::<Option<_>>()?;
                keys.sort_unstable();
                keys.push(Key::Name("frozenset".into()));
                Key::Tuple(keys)
            }
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

    pub(super) fn frozen_set_of(&mut self, items: Vec<Elem>) -> Val {
        let set = self.set_of(items);
        if let Kind::Set(id) = set.kind {
            self.frozen.insert(id);
        }
        set
    }

    /// Whether a value is a `frozenset`.
    pub(super) fn is_frozen(&self, value: &Val) -> bool {
        matches!(value.kind, Kind::Set(id) if self.frozen.contains(&id))
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

    /// A copy is a `frozenset`, `OrderedDict` or `defaultdict` where its original is.
    pub(super) fn copy_class(&mut self, from: Id, to: Id) {
        if self.frozen.contains(&from) {
            self.frozen.insert(to);
        }
        if let Some(class) = self.dict_classes.get(&from) {
            self.dict_classes.insert(to, class);
        }
    }

    pub(super) fn copy(&mut self, value: &Val) -> Val {
        let (Kind::List(id) | Kind::Dict(id) | Kind::Set(id)) = value.kind else { return value.clone() };
        let stored = self.heap.stored(id).clone();
        let copy = self.heap.new_cell(Cell::clone(&stored.cell));
        self.heap.depend(copy, &stored.deps);
        self.copy_class(id, copy);
        let kind = match value.kind {
            Kind::List(_) => Kind::List(copy),
            Kind::Dict(_) => Kind::Dict(copy),
            _ => Kind::Set(copy),
        };
        Val { kind, ..value.clone() }
    }
}

/// Whether a value can be changed in place.
pub(super) fn is_container(value: &Val) -> bool {
    matches!(value.kind, Kind::List(_) | Kind::Dict(_) | Kind::Set(_))
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

pub(super) fn range_length(start: i128, end: i128, step: i128) -> i128 {
    let span = if step > 0 { end - start } else { start - end };
    if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 }
}
