//! Built-in functions over iterables: `enumerate`, `zip`, `map`, `filter`, `sum`, `any`, `min` and their like.

use super::call::Args;
use super::heap::Cell;
use super::interp::{Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val, branch_unknown};
use super::operators::{Number, as_number};
use shipworthy_model::{Region, Unknown, Why};
use std::rc::Rc;

impl Interp<'_> {
    pub(super) fn iterator(&mut self, items: Vec<Elem>) -> Val {
        Val::new(Kind::Iter(self.heap.new_cell(Cell::Iter(items, 0))))
    }

    /// A list or tuple of a small set: one for each order in which the set may be walked.
    pub(super) fn orders_of_a_set(&mut self, value: &Val, list: bool, at: Region) -> Option<Val> {
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

    /// The text of a small set: one for each order in which the set may be walked.
    pub(super) fn texts_of_a_set(&mut self, value: &Val, at: Region) -> Val {
        let (open, close) = if self.is_frozen(value) { ("frozenset({", "})") } else { ("{", "}") };
        let Some(orders) = self.orders_of_a_set(value, true, at) else { return self.unknown_of(&[value], at) };
        let Kind::OneOf(orders) = orders.kind else { return self.unknown_of(&[value], at) };
        let mut texts = Vec::with_capacity(orders.len());
        for (condition, order) in orders.iter() {
            match self.repr(order) {
                Ok(text) => {
                    let items = &text[1..text.len() - 1];
                    texts.push((condition.clone(), Val::str(format!("{open}{items}{close}"))));
                }
                Err(_) => return self.unknown_of(&[value], at),
            }
        }
        Val::new(Kind::OneOf(Rc::new(texts))).with(&value.deps)
    }

    pub(super) fn enumerated(&mut self, elements: Vec<Elem>, start: i128) -> Val {
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

    pub(super) fn length(&mut self, value: &Val, at: Region) -> Res<Val> {
        match &value.kind {
            Kind::Str(text) => Ok(Val::int(text.chars().count() as i128)),
            Kind::Bytes(bytes) => Ok(Val::int(bytes.len() as i128)),
            Kind::Tuple(_)
            | Kind::List(_)
            | Kind::Set(_)
            | Kind::Dict(_)
            | Kind::View(..)
            | Kind::Range(..)
            | Kind::Module(_) => {
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

    pub(super) fn any_or_all(&mut self, any: bool, value: &Val, at: Region) -> Res<Val> {
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

    pub(super) fn sum(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
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

    pub(super) fn extreme(&mut self, name: &str, args: &Args, at: Region) -> Res<Val> {
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

    pub(super) fn range(&mut self, args: &Args, at: Region) -> Res<Val> {
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
            [start, end] => Ok(Val::new(Kind::Range(*start, *end, 1))),
            [start, end, step] if *step != 0 => Ok(Val::new(Kind::Range(*start, *end, *step))),
            _ => Err(self.raise_on("ValueError", "a range cannot have step zero", at, &[])),
        }
    }

    /// `bytes([…])`.
    pub(super) fn bytes_of(&mut self, value: &Val, at: Region) -> Res<Val> {
        let Some(items) = self.certain_elements(value, at)? else { return Ok(self.unknown_of(&[value], at)) };
        let mut bytes = Vec::with_capacity(items.len());
        for item in &items {
            match super::operators::as_number(item) {
                Some(super::operators::Number::Int(number)) => match u8::try_from(number) {
                    Ok(byte) => bytes.push(byte),
                    Err(_) => return Err(self.raise_on("ValueError", "a byte is at most 255", at, &[item])),
                },
                Some(super::operators::Number::Float(_)) | None => return Ok(self.unknown_of(&[item], at)),
            }
        }
        Ok(Val::new(Kind::Bytes(bytes.into())))
    }

    pub(super) fn zip(&mut self, args: &Args, at: Region) -> Res<Val> {
        // One iterator in several columns hands its elements to them in turn.
        let again =
            |index: usize, id: u32| args.pos[..index].iter().any(|other| matches!(other.kind, Kind::Iter(known) if known == id));
        if args.pos.iter().enumerate().any(|(index, value)| matches!(value.kind, Kind::Iter(id) if again(index, id))) {
            if let Some(Val { kind: Kind::Iter(id), .. }) = args.pos.first()
                && args.pos.iter().all(|value| matches!(value.kind, Kind::Iter(other) if other == *id))
                && let Some(items) = self.certain_elements(&args.pos[0], at)?
            {
                let rows = items.chunks_exact(args.pos.len()).map(|row| Elem::One(Val::tuple(row.to_vec()))).collect();
                return Ok(self.iterator_of("builtins.zip", rows));
            }
            let why = Why::Unsupported("an iterator that is zipped with itself".into());
            return Ok(self.iterator(vec![Elem::Many(Rc::new(Unknown::new(why, Some(at))))]));
        }
        let mut columns = Vec::new();
        for value in &args.pos {
            if let Some(items) = self.certain_elements(value, at)? {
                columns.push(items.into_iter());
            } else {
                let why = self.unknown_of(&[value], at);
                let elem = why.as_unknown().map(Elem::Many).into_iter().collect();
                return Ok(self.iterator(elem));
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
        Ok(self.iterator_of("builtins.zip", rows))
    }

    /// An iterator that shows of which class it is.
    fn iterator_of(&mut self, class: &'static str, items: Vec<Elem>) -> Val {
        let iterator = self.iterator(items);
        if let Kind::Iter(id) = iterator.kind {
            self.iterator_classes.insert(id, class);
        }
        iterator
    }

    pub(super) fn map(&mut self, args: &Args, at: Region) -> Res<Val> {
        let function = args.pos[0].clone();
        let mut columns = Vec::new();
        for value in &args.pos[1..] {
            match self.elements(value, at)? {
                Ok(elements) => columns.push(elements),
                Err(unknown) => return Ok(self.iterator(vec![Elem::Many(unknown)])),
            }
        }
        // Beside others a column that is not known element by element stands nobody knows against what, nor how long.
        let certain = |elems: &Vec<Elem>| elems.iter().take_while(|elem| matches!(elem, Elem::One(_))).count();
        let rest = columns.iter().find_map(|elems| match elems.get(certain(elems))? {
            Elem::One(_) => None,
            Elem::Perhaps(_, condition) => Some(super::object::branch_unknown(condition)),
            Elem::Many(unknown) => Some(unknown.clone()),
        });
        let rest = rest.filter(|_| columns.len() > 1);
        let known = |elems: &Vec<Elem>| if rest.is_some() { certain(elems) } else { elems.len() };
        let rows = columns.iter().map(known).min().unwrap_or(0);
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
        items.extend(rest.map(Elem::Many));
        Ok(self.iterator_of("builtins.map", items))
    }

    pub(super) fn filter(&mut self, args: &Args, at: Region) -> Res<Val> {
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

    pub(super) fn next(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
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
}
