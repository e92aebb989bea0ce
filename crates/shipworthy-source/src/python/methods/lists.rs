//! Methods of lists, tuples and sets.

use std::rc::Rc;

use ruff_python_ast::Operator;
use shipworthy_model::{Region, Unknown, Why};

use crate::python::call::Args;
use crate::python::containers::position;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Elem, Id, Kind, Val, branch_unknown};
use crate::python::operators::{Number, as_number};

pub(super) const NAMES: [&str; 11] =
    ["append", "extend", "insert", "remove", "pop", "clear", "index", "count", "sort", "reverse", "copy"];
pub(super) const SET_NAMES: [&str; 17] = [
    "add",
    "update",
    "discard",
    "remove",
    "pop",
    "clear",
    "copy",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "difference_update",
    "intersection_update",
    "symmetric_difference_update",
];

impl Interp<'_> {
    pub(super) fn list_method(&mut self, id: Id, receiver: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
        if let Some(open) = &args.open {
            self.lose_contents(receiver, open);
            return Ok(unknown_value(open));
        }
        let Cell::List(items) = self.heap.cell(id) else { return Ok(Val::none()) };
        if let ("append", [value]) = (name, &*args.pos)
            && args.kw.is_empty()
        {
            self.sized(items.len() + 1)?;
            return Ok(self.append(id, value));
        }
        let mut items = items.clone();
        self.burn(items.len() as u64 / 3)?;
        let certain = items.iter().all(|item| matches!(item, Elem::One(_)));
        let first = args.pos.first();
        let mut result = Val::none();
        match (name, first) {
            ("extend", Some(value)) => match self.elements(value, at)? {
                Ok(more) => items.extend(more),
                Err(unknown) => items.push(Elem::Many(unknown)),
            },
            ("insert", Some(index)) => {
                let Some(value) = args.pos.get(1) else { return Err(self.wrong_arguments(name, at, args)) };
                let value = Elem::One(value.clone().with(&self.control.clone()));
                if let Some(Number::Int(index)) = as_number(index) {
                    if let Some(place) = insertion(&items, index) {
                        items.insert(place, value);
                    } else {
                        let known = items.iter().take_while(|item| matches!(item, Elem::One(_))).count();
                        let from = if index < 0 { 0 } else { known };
                        items = self.inserted_somewhere(items, from, at);
                    }
                } else {
                    if let Some(unknown) = index.as_unknown() {
                        self.doubtful(&unknown, at);
                    }
                    items = self.inserted_somewhere(items, 0, at);
                }
            }
            ("remove", Some(value)) => match self.among(&items, value) {
                Some(true) => {
                    let index =
                        items.iter().position(|item| matches!(item, Elem::One(item) if self.equal(item, value) == Some(true)));
                    let sure = index.is_some_and(|index| {
                        items[..index]
                            .iter()
                            .all(|item| matches!(item, Elem::One(item) if self.equal(item, value) == Some(false)))
                    });
                    match index {
                        Some(index) if sure => {
                            items.remove(index);
                        }
                        _ => items = self.doubted(items, at),
                    }
                }
                Some(false) => {
                    return Err(self.raise_on(
                        "ValueError",
                        "the list does not hold what is to be removed",
                        at,
                        &[receiver, value],
                    ));
                }
                None => {
                    self.may_raise(Val::external("builtins.ValueError"), "removing an element", at);
                    // Whichever element may be meant is perhaps gone.
                    let why = self.unknown_of(&[value, receiver], at);
                    let text: std::sync::Arc<str> =
                        why.as_unknown().map_or_else(|| "an unknown".to_owned(), |why| why.reason()).into();
                    items = items
                        .into_iter()
                        .filter_map(|item| match item {
                            Elem::One(item) => match self.equal(&item, value) {
                                Some(true) => None,
                                Some(false) => Some(Elem::One(item)),
                                None => Some(Elem::Perhaps(
                                    item,
                                    shipworthy_model::Condition { text: text.clone(), at: Some(at), holds: true },
                                )),
                            },
                            Elem::Perhaps(item, condition) => Some(Elem::Perhaps(item, condition)),
                            Elem::Many(unknown) => Some(Elem::Many(unknown)),
                        })
                        .collect();
                }
            },
            ("pop", index) => {
                let index = match index {
                    None => Some(-1),
                    Some(index) => match as_number(index) {
                        Some(Number::Int(index)) => Some(index),
                        _ => None,
                    },
                };
                match index.and_then(|index| position(&items, index)) {
                    Some(position) => {
                        if let Elem::One(value) = items.remove(position) {
                            result = value;
                        }
                    }
                    None if certain && index.is_some() => {
                        return Err(self.raise_on("IndexError", "there is nothing to pop", at, &[receiver]));
                    }
                    None => {
                        let unknown = self.unknown_of(&[receiver], at);
                        if let Some(why) = unknown.as_unknown() {
                            self.doubtful(&why, at);
                        }
                        items = self.doubted(items, at);
                        result = unknown;
                    }
                }
            }
            ("clear", None) => items.clear(),
            ("reverse", None) => items.reverse(),
            ("sort", None) => items = self.sorted_items(items, args, at)?,
            ("copy", None) => return Ok(self.copy(receiver)),
            ("index" | "count", Some(_)) => return self.tuple_method(receiver, name, args, at),
            _ => return Err(self.wrong_arguments(name, at, args)),
        }
        self.sized(items.len())?;
        let deps = args.values().fold(self.control.clone(), |deps, value| deps.union(&value.deps));
        let statement = self.statement;
        if let Cell::List(place) = self.heap.change(id, statement, &deps) {
            *place = items;
        }
        Ok(result)
    }

    /// The one method that loops call on a growing list: in place, since a copy in each round would be quadratic.
    fn append(&mut self, id: Id, value: &Val) -> Val {
        let value = value.clone().with(&self.control);
        let (statement, deps) = (self.statement, self.control.union(&value.deps));
        if let Cell::List(items) = self.heap.change(id, statement, &deps) {
            items.push(Elem::One(value));
        }
        Val::none()
    }

    /// Elements between which, from a place on, another one now stands somewhere.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    fn inserted_somewhere(&self, items: Vec<Elem>, from: usize, at: Region) -> Vec<Elem> {
        let why = Rc::new(Unknown::new(Why::Unsupported("inserting at an unknown place".into()), Some(at)));
        let mut spread = Vec::with_capacity(items.len() * 2);
        for (index, item) in items.into_iter().enumerate() {
            if index >= from && !matches!(spread.last(), Some(Elem::Many(_))) && !matches!(item, Elem::Many(_)) {
                spread.push(Elem::Many(why.clone()));
            }
            spread.push(item);
        }
        if !matches!(spread.last(), Some(Elem::Many(_))) {
            spread.push(Elem::Many(why));
        }
        spread
    }

    /// Elements of which an unknown one is gone.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    fn doubted(&self, items: Vec<Elem>, at: Region) -> Vec<Elem> {
        let condition = shipworthy_model::Condition { text: "an unknown element is removed".into(), at: Some(at), holds: false };
        items
            .into_iter()
            .map(|item| match item {
                Elem::One(item) => Elem::Perhaps(item, condition.clone()),
                other @ (Elem::Perhaps(..) | Elem::Many(_)) => other,
            })
            .collect()
    }

    /// The elements in order, or one unknown rest where the order cannot be known.
    pub(in crate::python) fn sorted_items(&mut self, items: Vec<Elem>, args: &Args, at: Region) -> Res<Vec<Elem>> {
        self.burn(items.len() as u64 * 8)?;
        let mut keyed: Vec<(Val, Elem)> = Vec::with_capacity(items.len());
        let key = args.named("key").filter(|key| !key.is_none()).cloned();
        let rest = items.iter().find_map(|item| match item {
            Elem::Many(unknown) if super::super::library::os::are_other_names(unknown) => Some(item.clone()),
            Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_) => None,
        });
        if let Some(rest) = rest {
            // Names of other variables may stand anywhere among those that are known.
            let known = items.into_iter().filter(|item| matches!(item, Elem::One(_) | Elem::Perhaps(..))).collect();
            let sorted = self.sorted_items(known, args, at)?;
            return Ok(sorted.into_iter().flat_map(|item| [rest.clone(), item]).chain([rest.clone()]).collect());
        }
        for elem in items {
            // What is perhaps there stands where it would if it was.
            let item = match &elem {
                Elem::One(item) | Elem::Perhaps(item, _) => item,
                Elem::Many(_) => {
                    let why = Unknown::new(Why::Unsupported("sorting what is not known".into()), Some(at));
                    return Ok(vec![Elem::Many(Rc::new(why))]);
                }
            };
            let by = match &key {
                Some(key) => self.call_values(key, vec![item.clone()], at)?,
                None => item.clone(),
            };
            keyed.push((by, elem));
        }
        let mut comparable = true;
        for pair in keyed.windows(2) {
            comparable &= self.ordering(&pair[0].0, &pair[1].0).is_some();
        }
        if !comparable {
            if keyed.iter().any(|(by, _)| {
                by.as_unknown().is_some() || matches!(by.kind, Kind::Instance(_) | Kind::Extern(_) | Kind::Tuple(_))
            }) {
                let why = keyed.iter().find_map(|(by, _)| by.as_unknown());
                let why = why.unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("sorting objects".into()), Some(at))));
                return Ok(vec![Elem::Many(why)]);
            }
            if keyed.iter().any(|(_, elem)| matches!(elem, Elem::Perhaps(..))) {
                let why = Unknown::new(Why::Unsupported("sorting what perhaps cannot be ordered".into()), Some(at));
                return Ok(vec![Elem::Many(Rc::new(why))]);
            }
            return Err(self.raise_on("TypeError", "the elements cannot be ordered", at, &[]));
        }
        let reverse = args.named("reverse").is_some_and(|flag| self.truth(flag) == Some(true));
        if reverse {
            // Equal elements keep their order in a reversed sort too.
            keyed.reverse();
        }
        keyed.sort_by(|a, b| self.ordering(&a.0, &b.0).unwrap_or(std::cmp::Ordering::Equal));
        if reverse {
            keyed.reverse();
        }
        Ok(keyed.into_iter().map(|(_, elem)| elem).collect())
    }

    pub(super) fn tuple_method(&mut self, receiver: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
        let Some(value) = args.pos.first() else { return Err(self.wrong_arguments(name, at, args)) };
        let items = self.elements(receiver, at)?.unwrap_or_default();
        match name {
            "index" if args.pos.len() == 1 => {
                for (index, item) in items.iter().enumerate() {
                    match item {
                        Elem::One(item) => match self.equal(item, value) {
                            Some(true) => return Ok(Val::int(index as i128)),
                            Some(false) => {}
                            None => {
                                self.may_raise(Val::external("builtins.ValueError"), "looking for an element", at);
                                return Ok(self.unknown_of(&[item, value], at));
                            }
                        },
                        Elem::Perhaps(_, condition) => {
                            let unknown = branch_unknown(condition);
                            self.doubtful(&unknown, at);
                            return Ok(unknown_value(&unknown));
                        }
                        Elem::Many(unknown) => {
                            self.doubtful(unknown, at);
                            return Ok(unknown_value(unknown));
                        }
                    }
                }
                Err(self.raise_on("ValueError", "the sequence does not hold what is looked for", at, &[receiver, value]))
            }
            "count" => {
                let mut count = 0;
                for item in &items {
                    match item {
                        Elem::One(item) => match self.equal(item, value) {
                            Some(true) => count += 1,
                            Some(false) => {}
                            None => return Ok(self.unknown_of(&[item, value], at)),
                        },
                        Elem::Perhaps(_, condition) => return Ok(unknown_value(&branch_unknown(condition))),
                        Elem::Many(unknown) => return Ok(unknown_value(unknown)),
                    }
                }
                Ok(Val::int(count))
            }
            _ => Ok(Val::unknown(Why::Unsupported(format!("the method {name} of a sequence").into()), Some(at))),
        }
    }

    pub(super) fn set_method(&mut self, id: Id, receiver: &Val, name: &str, args: &Args, at: Region) -> Res<Val> {
        let operator = match name {
            "union" | "update" => Some(Operator::BitOr),
            "intersection" | "intersection_update" => Some(Operator::BitAnd),
            "difference" | "difference_update" => Some(Operator::Sub),
            "symmetric_difference" | "symmetric_difference_update" => Some(Operator::BitXor),
            _ => None,
        };
        if self.is_frozen(receiver)
            && matches!(
                name,
                "add"
                    | "update"
                    | "discard"
                    | "remove"
                    | "pop"
                    | "clear"
                    | "difference_update"
                    | "intersection_update"
                    | "symmetric_difference_update"
            )
        {
            return Err(self.no_attribute(receiver, name, at));
        }
        let store = |this: &mut Self, value: &Val| {
            let items = match value.kind {
                Kind::Set(other) => match this.heap.cell(other) {
                    Cell::Set(items) => items.clone(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            let (statement, control) = (this.statement, this.control.clone());
            if let Cell::Set(place) = this.heap.change(id, statement, &control) {
                *place = items;
            }
        };
        if let Some(operator) = operator {
            let mut result = self.copy(receiver);
            for other in &args.pos {
                let elements = match self.members(other, at)? {
                    Ok(elements) => elements,
                    Err(unknown) => vec![Elem::Many(unknown)],
                };
                let other = self.set_of(elements);
                result = self.binary(operator, &result, &other, at)?;
            }
            if name.ends_with("update") {
                // Even if it changes nothing: in another environment it would.
                let deps = args.values().fold(result.deps.clone(), |deps, value| deps.union(&value.deps));
                self.heap.depend(id, &deps);
                store(self, &result);
                return Ok(Val::none());
            }
            return Ok(result);
        }
        match (name, args.pos.first()) {
            ("add", Some(value)) => {
                self.set_add_all(id, Ok(vec![Elem::One(value.clone())]));
                Ok(Val::none())
            }
            ("discard" | "remove", Some(value)) => {
                let Cell::Set(items) = self.heap.cell(id).clone() else { return Ok(Val::none()) };
                if name == "remove" && self.among(&items, value) == Some(false) {
                    return Err(self.raise_on("KeyError", "the set does not hold what is to be removed", at, &[receiver, value]));
                }
                let doubt = (name == "remove" && self.among(&items, value).is_none())
                    .then(|| self.unknown_of(&[value, receiver], at).as_unknown())
                    .flatten();
                let kept = items
                    .into_iter()
                    .filter_map(|item| match &item {
                        Elem::One(one) => match self.equal(one, value) {
                            Some(true) => None,
                            Some(false) => Some(item),
                            None => {
                                Some(Elem::Many(Rc::new(Unknown::new(Why::Unsupported("removing an unknown".into()), Some(at)))))
                            }
                        },
                        Elem::Perhaps(..) | Elem::Many(_) => Some(item),
                    })
                    .collect();
                if let Some(doubt) = doubt {
                    self.doubtful(&doubt, at);
                }
                let (statement, control) = (self.statement, self.control.clone());
                if let Cell::Set(place) = self.heap.change(id, statement, &control) {
                    *place = kept;
                }
                Ok(Val::none())
            }
            ("clear", None) => {
                let (statement, control) = (self.statement, self.control.clone());
                if let Cell::Set(place) = self.heap.change(id, statement, &control) {
                    place.clear();
                }
                Ok(Val::none())
            }
            ("copy", None) => Ok(self.copy(receiver)),
            ("issubset" | "issuperset" | "isdisjoint", Some(other)) => {
                let elements = match self.members(other, at)? {
                    Ok(elements) => elements,
                    Err(unknown) => return Ok(unknown_value(&unknown)),
                };
                let other = self.set_of(elements);
                match name {
                    "issubset" => self.compare(ruff_python_ast::CmpOp::LtE, receiver, &other, at),
                    "issuperset" => self.compare(ruff_python_ast::CmpOp::GtE, receiver, &other, at),
                    _ => {
                        let common = self.binary(Operator::BitAnd, receiver, &other, at)?;
                        Ok(self.truth(&common).map_or_else(|| self.unknown_of(&[&common], at), |some| Val::bool(!some)))
                    }
                }
            }
            _ => {
                let why = Rc::new(Unknown::new(Why::Unsupported(format!("the method {name} of a set").into()), Some(at)));
                self.lose_contents(receiver, &why);
                Ok(unknown_value(&why))
            }
        }
    }
}

/// The place before which `insert` puts an element, if nothing uncertain stands between it and the end it counts from.
fn insertion(items: &[Elem], index: i128) -> Option<usize> {
    let certain = |items: &[Elem]| items.iter().all(|item| matches!(item, Elem::One(_)));
    let length = items.len();
    if certain(items) {
        let end = length as i128;
        let index = if index < 0 { (index + end).max(0) } else { index.min(end) };
        return usize::try_from(index).ok();
    }
    if index >= 0 {
        let index = usize::try_from(index).ok()?;
        (index <= length && certain(&items[..index])).then_some(index)
    } else {
        let index = length.checked_sub(usize::try_from(-index).ok()?)?;
        certain(&items[index..]).then_some(index)
    }
}
