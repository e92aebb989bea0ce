//! Operators: truth, equality, order, membership and arithmetic, as Python defines them.

use std::cmp::Ordering;
use std::rc::Rc;

use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use shipworthy_model::{Region, Unknown, Why};

use super::heap::{Cell, Dict};
use super::interp::{Interp, MAX_SIZE, Res, Stop, unknown_value};
use super::object::{Deps, Elem, Kind, Val};

impl<'a> Interp<'a> {
    /// Python's truth value; `None` where it cannot be decided.
    pub(super) fn truth(&self, value: &Val) -> Option<bool> {
        match &value.kind {
            Kind::None => Some(false),
            Kind::Bool(flag) => Some(*flag),
            Kind::Int(number) | Kind::TimeDelta(number) => Some(*number != 0),
            Kind::Float(number) => Some(*number != 0.0),
            Kind::Str(text) | Kind::Lazy(text) => Some(!text.is_empty()),
            Kind::Bytes(bytes) => Some(!bytes.is_empty()),
            Kind::Tuple(items) => any_element(items),
            Kind::List(id) | Kind::Set(id) => match self.heap.cell(*id) {
                Cell::List(items) | Cell::Set(items) => any_element(items),
                _ => None,
            },
            Kind::Dict(id) => match self.heap.cell(*id) {
                Cell::Dict(dict) => {
                    if dict.entries.values().any(|slot| slot.perhaps.is_none()) {
                        Some(true)
                    } else if dict.entries.is_empty() && dict.rest.is_none() {
                        Some(false)
                    } else {
                        None
                    }
                }
                _ => None,
            },
            Kind::Range(start, stop, step) => Some(if *step > 0 { start < stop } else { start > stop }),
            Kind::Instance(id) => match self.heap.cell(*id) {
                Cell::Instance(class, _) if self.class_defines(class, "__bool__") || self.class_defines(class, "__len__") => None,
                Cell::Instance(..) if let Some(known) = super::library::truth_of(self, value) => known,
                Cell::Instance(class, _) => match self.plain(value) {
                    Some(plain) => self.truth(&plain),
                    None if self.native_class(class).is_some_and(|name| super::library::may_be_false(&name)) => None,
                    None => Some(true),
                },
                _ => None,
            },
            Kind::Extern(name) => super::library::truth(name),
            Kind::Path(_)
            | Kind::Function(_)
            | Kind::Method(_)
            | Kind::Builtin(_)
            | Kind::Class(_)
            | Kind::Module(_)
            | Kind::Iter(_)
            | Kind::Slice(_)
            | Kind::Ellipsis
            | Kind::Super(_) => Some(true),
            Kind::Unknown(_) => None,
            Kind::OneOf(alternatives) => {
                let mut answers = alternatives.iter().map(|(_, value)| self.truth(value));
                let first = answers.next()??;
                answers.all(|answer| answer == Some(first)).then_some(first)
            }
        }
    }

    /// Python's truth value, asking `__bool__` and `__len__` of the project's own classes.
    pub(super) fn decide(&mut self, value: &Val, at: Region) -> Res<Option<bool>> {
        if matches!(value.kind, Kind::Instance(_)) {
            for name in ["__bool__", "__len__"] {
                if let Some(method) = self.special(value, name) {
                    let answer = self.call_values(&method, Vec::new(), at)?;
                    return Ok(self.truth(&answer));
                }
            }
        }
        Ok(self.truth(value))
    }

    /// `a == b`; `None` where it cannot be decided.
    pub(super) fn equal(&self, a: &Val, b: &Val) -> Option<bool> {
        if let Kind::OneOf(alternatives) = &a.kind {
            let mut answers = alternatives.iter().map(|(_, value)| self.equal(value, b));
            let first = answers.next()??;
            return answers.all(|answer| answer == Some(first)).then_some(first);
        }
        if matches!(b.kind, Kind::OneOf(_)) {
            return self.equal(b, a);
        }
        match (&a.kind, &b.kind) {
            (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
            (Kind::List(a), Kind::List(b)) if a == b => Some(true),
            (Kind::List(a), Kind::List(b)) => match (self.heap.cell(*a), self.heap.cell(*b)) {
                (Cell::List(a), Cell::List(b)) => self.equal_elements(a, b),
                _ => None,
            },
            (Kind::Tuple(a), Kind::Tuple(b)) => self.equal_elements(a, b),
            (Kind::Set(a), Kind::Set(b)) => match (self.heap.cell(*a), self.heap.cell(*b)) {
                (Cell::Set(a), Cell::Set(b)) => self.equal_sets(a, b),
                _ => None,
            },
            (Kind::Dict(a), Kind::Dict(b)) if a == b => Some(true),
            (Kind::Dict(a), Kind::Dict(b)) => match (self.heap.cell(*a), self.heap.cell(*b)) {
                (Cell::Dict(a), Cell::Dict(b)) => self.equal_dicts(a, b),
                _ => None,
            },
            (Kind::Extern(a), Kind::Extern(b)) => (a == b).then_some(true),
            (Kind::Extern(_), _) | (_, Kind::Extern(_)) => {
                match (super::library::is_known_object(a), super::library::is_known_object(b)) {
                    (true, true) => Some(false),
                    _ => None,
                }
            }
            (Kind::Instance(a), Kind::Instance(b)) if a == b => Some(true),
            (Kind::Instance(_), _) | (_, Kind::Instance(_)) => self.equal_instances(a, b),
            (Kind::Range(a, b, c), Kind::Range(d, e, f)) => Some((a, b, c) == (d, e, f)),
            _ => match (as_number(a), as_number(b)) {
                (Some(a), Some(b)) => Some(a.compare(b) == Some(Ordering::Equal)),
                _ => Some(self.same(a, b)),
            },
        }
    }

    /// Equality where one side is an instance: by what lies beneath it, or by identity where no class says otherwise.
    fn equal_instances(&self, a: &Val, b: &Val) -> Option<bool> {
        let defines = |value: &Val| match value.kind {
            Kind::Instance(id) => match self.heap.cell(id) {
                Cell::Instance(class, _) => {
                    self.class_defines(class, "__eq__")
                        || self.class_defines(class, "*dataclass*")
                        || (self.plain(value).is_none() && self.external_ancestor(class).is_some() && !self.is_enum(class))
                }
                _ => true,
            },
            _ => false,
        };
        if defines(a) || defines(b) {
            return None;
        }
        match (self.plain(a), self.plain(b)) {
            (None, None) => Some(false),
            (plain_a, plain_b) => {
                let bare = |value: &Val, plain: Option<Val>| match (plain, &value.kind) {
                    (Some(plain), _) => Some(plain),
                    (None, Kind::Instance(_)) => None,
                    (None, _) => Some(value.clone()),
                };
                match (bare(a, plain_a), bare(b, plain_b)) {
                    (Some(a), Some(b)) => self.equal(&a, &b),
                    _ => Some(false),
                }
            }
        }
    }

    fn equal_elements(&self, a: &[Elem], b: &[Elem]) -> Option<bool> {
        let certain = |items: &[Elem]| items.iter().all(|item| matches!(item, Elem::One(_)));
        if !certain(a) || !certain(b) {
            return None;
        }
        if a.len() != b.len() {
            return Some(false);
        }
        let mut all = Some(true);
        for (a, b) in a.iter().zip(b) {
            if let (Elem::One(a), Elem::One(b)) = (a, b) {
                match self.equal(a, b) {
                    Some(true) => {}
                    Some(false) => return Some(false),
                    None => all = None,
                }
            }
        }
        all
    }

    fn equal_sets(&self, a: &[Elem], b: &[Elem]) -> Option<bool> {
        if a.len() != b.len() {
            let certain = |items: &[Elem]| items.iter().all(|item| matches!(item, Elem::One(_)));
            return (certain(a) && certain(b)).then_some(false);
        }
        let mut all = Some(true);
        for item in a {
            let Elem::One(item) = item else { return None };
            match self.among(b, item) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    fn equal_dicts(&self, a: &Dict, b: &Dict) -> Option<bool> {
        if a.rest.is_some() || b.rest.is_some() || a.entries.values().chain(b.entries.values()).any(|slot| slot.perhaps.is_some())
        {
            return None;
        }
        if a.entries.len() != b.entries.len() {
            return Some(false);
        }
        let mut all = Some(true);
        for (key, slot) in &a.entries {
            let Some(other) = b.entries.get(key) else { return Some(false) };
            match self.equal(&slot.value, &other.value) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => all = None,
            }
        }
        all
    }

    /// `a is b`; `None` where it cannot be decided.
    pub(super) fn identical(&self, a: &Val, b: &Val) -> Option<bool> {
        match (&a.kind, &b.kind) {
            (Kind::OneOf(alternatives), _) => {
                let mut answers = alternatives.iter().map(|(_, value)| self.identical(value, b));
                let first = answers.next()??;
                answers.all(|answer| answer == Some(first)).then_some(first)
            }
            (_, Kind::OneOf(_)) => self.identical(b, a),
            // A required variable is text, never None or a bool.
            (Kind::Unknown(unknown), Kind::None | Kind::Bool(_)) | (Kind::None | Kind::Bool(_), Kind::Unknown(unknown)) => {
                matches!(unknown.why, Why::Variable(_) | Why::Random(_)).then_some(false)
            }
            (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
            (Kind::None, Kind::None) => Some(true),
            (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
            (Kind::None | Kind::Bool(_), Kind::Extern(name)) | (Kind::Extern(name), Kind::None | Kind::Bool(_)) => {
                (super::library::truth(name) == Some(true)).then_some(false)
            }
            (Kind::None | Kind::Bool(_), _) | (_, Kind::None | Kind::Bool(_)) => Some(false),
            _ => {
                if self.same(a, b) {
                    Some(true)
                } else {
                    (std::mem::discriminant(&a.kind) != std::mem::discriminant(&b.kind) || a.is_object()).then_some(false)
                }
            }
        }
    }

    /// `item in elements`; `None` where it cannot be decided.
    pub(super) fn among(&self, elements: &[Elem], item: &Val) -> Option<bool> {
        let mut found = Some(false);
        for elem in elements {
            match elem {
                Elem::One(value) => match self.equal(value, item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => found = None,
                },
                Elem::Perhaps(value, _) => {
                    if self.equal(value, item) != Some(false) {
                        found = None;
                    }
                }
                Elem::Many(unknown) => match self.among_unordered(unknown, item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => found = None,
                },
            }
        }
        found
    }

    pub(super) fn compare(&mut self, operator: CmpOp, left: &Val, right: &Val, at: Region) -> Res<Val> {
        let deps = left.deps.union(&right.deps);
        if let Some(answer) = self.special_comparison(operator, left, right, at)? {
            return Ok(answer.with(&deps));
        }
        let answer = match operator {
            CmpOp::Eq => self.equal(left, right),
            CmpOp::NotEq => self.equal(left, right).map(|equal| !equal),
            CmpOp::Is => self.identical(left, right),
            CmpOp::IsNot => self.identical(left, right).map(|same| !same),
            CmpOp::In => self.contains(right, left, at)?,
            CmpOp::NotIn => self.contains(right, left, at)?.map(|contained| !contained),
            CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => return Ok(self.order(operator, left, right, at)?.with(&deps)),
        };
        let deps = deps.union(&std::mem::take(&mut self.membership));
        Ok(match answer {
            Some(answer) => Val::bool(answer),
            None => self.unknown_of(&[left, right], at),
        }
        .with(&deps))
    }

    /// `__eq__`, `__lt__` and their like, of the project's own classes.
    fn special_comparison(&mut self, operator: CmpOp, left: &Val, right: &Val, at: Region) -> Res<Option<Val>> {
        let (name, mirrored) = match operator {
            CmpOp::Eq => ("__eq__", "__eq__"),
            CmpOp::NotEq => ("__ne__", "__ne__"),
            CmpOp::Lt => ("__lt__", "__gt__"),
            CmpOp::LtE => ("__le__", "__ge__"),
            CmpOp::Gt => ("__gt__", "__lt__"),
            CmpOp::GtE => ("__ge__", "__le__"),
            CmpOp::Is | CmpOp::IsNot | CmpOp::In | CmpOp::NotIn => return Ok(None),
        };
        for (own, name, other) in [(left, name, right), (right, mirrored, left)] {
            let (method, negate) = match (self.special(own, name), operator) {
                (Some(method), _) => (method, false),
                (None, CmpOp::NotEq) => match self.special(own, "__eq__") {
                    Some(method) => (method, true),
                    None => continue,
                },
                (None, _) => continue,
            };
            let answer = self.call_values(&method, vec![other.clone()], at)?;
            match (&answer.kind, negate) {
                (Kind::Extern(name), _) if &**name == "builtins.NotImplemented" => {}
                (_, false) => return Ok(Some(answer)),
                (_, true) => return self.unary(UnaryOp::Not, &answer, at).map(Some),
            }
        }
        Ok(None)
    }

    /// The reason why an operation on these values is unknown.
    pub(super) fn unknown_of(&self, values: &[&Val], at: Region) -> Val {
        values
            .iter()
            .find_map(|value| value.as_unknown().or_else(|| self.inner_unknown(value)))
            .map_or_else(|| Val::unknown(Why::Unsupported("this operation".into()), Some(at)), |unknown| unknown_value(&unknown))
    }

    /// The first unknown inside a container.
    pub(super) fn inner_unknown(&self, value: &Val) -> Option<Rc<Unknown>> {
        let items = match &value.kind {
            Kind::Tuple(items) => items.as_slice(),
            Kind::List(id) | Kind::Set(id) => match self.heap.cell(*id) {
                Cell::List(items) | Cell::Set(items) => items,
                _ => return None,
            },
            Kind::Dict(id) => match self.heap.cell(*id) {
                Cell::Dict(dict) => {
                    return dict.rest.clone().or_else(|| {
                        dict.entries.values().find_map(|slot| {
                            slot.perhaps.as_ref().map(super::object::branch_unknown).or_else(|| slot.value.as_unknown())
                        })
                    });
                }
                _ => return None,
            },
            Kind::Extern(name) => return Some(Rc::new(Unknown::new(Why::Import(name.as_ref().into()), value.at))),
            _ => return None,
        };
        items.iter().find_map(|item| match item {
            Elem::One(value) => value.as_unknown(),
            Elem::Perhaps(_, condition) => Some(super::object::branch_unknown(condition)),
            Elem::Many(unknown) => Some(unknown.clone()),
        })
    }

    /// `item in container`.
    pub(super) fn contains(&mut self, container: &Val, item: &Val, at: Region) -> Res<Option<bool>> {
        Ok(match &container.kind {
            Kind::Tuple(items) => self.among(items, item),
            Kind::List(id) | Kind::Set(id) => match self.heap.cell(*id) {
                Cell::List(items) | Cell::Set(items) => self.among(items, item),
                _ => None,
            },
            Kind::Dict(id) => match self.heap.cell(*id) {
                Cell::Dict(dict) => match self.key(item) {
                    Some(key) => match dict.entries.get(&key) {
                        Some(slot) if slot.perhaps.is_none() => Some(true),
                        Some(_) => None,
                        None => dict.rest.is_none().then_some(false),
                    },
                    None => None,
                },
                _ => None,
            },
            Kind::Str(text) => match &item.kind {
                Kind::Str(part) => Some(text.contains(&**part)),
                Kind::Unknown(_) | Kind::OneOf(_) => None,
                _ => {
                    return Err(self.raise_on("TypeError", "only text can be looked for in text", at, &[container, item]));
                }
            },
            Kind::Bytes(bytes) => match &item.kind {
                Kind::Bytes(part) => Some(part.is_empty() || bytes.windows(part.len()).any(|window| window == &**part)),
                _ => None,
            },
            Kind::Range(start, stop, step) => match as_number(item) {
                Some(Number::Int(number)) => {
                    let inside = if *step > 0 { number >= *start && number < *stop } else { number <= *start && number > *stop };
                    Some(inside && (number - start) % step == 0)
                }
                _ => None,
            },
            Kind::Module(space) => match item.as_str() {
                Some(name) => match self.heap.space(*space).names.get(name) {
                    Some(binding) if binding.perhaps.is_none() => Some(true),
                    Some(_) => None,
                    None => self.heap.space(*space).open.is_none().then_some(false),
                },
                None => None,
            },
            Kind::OneOf(alternatives) => {
                let mut answers = Vec::new();
                for (_, alternative) in alternatives.iter() {
                    answers.push(self.contains(alternative, item, at)?);
                }
                let first = answers.first().copied().flatten();
                if answers.iter().all(|answer| *answer == first) { first } else { None }
            }
            Kind::None | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => {
                return Err(self.raise_on(
                    "TypeError",
                    &format!("a value of type {} is not a container", self.type_name(container)),
                    at,
                    &[container, item],
                ));
            }
            Kind::Extern(name) if &**name == "os.environ" => return self.environ_contains(item, at),
            Kind::Iter(id) => match self.heap.cell(*id) {
                Cell::Iter(items, from) => self.among(&items[(*from).min(items.len())..], item),
                _ => None,
            },
            _ => {
                let method = self
                    .special(container, "__contains__")
                    .or_else(|| super::library::method_of(self, container, "__contains__"));
                if let Some(method) = method {
                    let answer = self.call_values(&method, vec![item.clone()], at)?;
                    self.membership = self.membership.union(&answer.deps);
                    self.truth(&answer)
                } else if let Some(plain) = self.plain(container) {
                    self.contains(&plain, item, at)?
                } else {
                    None
                }
            }
        })
    }

    fn order(&mut self, operator: CmpOp, left: &Val, right: &Val, at: Region) -> Res<Val> {
        if let Kind::OneOf(_) = left.kind {
            return self.distribute(left, &mut |this, left| this.order(operator, left, right, at));
        }
        if let Kind::OneOf(_) = right.kind {
            return self.distribute(right, &mut |this, right| this.order(operator, left, right, at));
        }
        if let Some(answer) = super::library::sys::version_order(operator, left, right, self) {
            return Ok(answer);
        }
        if let (Kind::Set(_), Kind::Set(_)) = (&left.kind, &right.kind) {
            return Ok(self.subset(operator, left, right, at));
        }
        let Some(ordering) = self.ordering(left, right) else {
            if left.as_unknown().is_some()
                || right.as_unknown().is_some()
                || self.inner_unknown(left).is_some()
                || self.inner_unknown(right).is_some()
            {
                return Ok(self.unknown_of(&[left, right], at));
            }
            if matches!(left.kind, Kind::Instance(_)) || matches!(right.kind, Kind::Instance(_)) {
                return Ok(Val::unknown(Why::Unsupported("comparing instances".into()), Some(at)));
            }
            let message = format!("{} and {} cannot be ordered", self.type_name(left), self.type_name(right));
            return Err(self.raise_on("TypeError", &message, at, &[left, right]));
        };
        Ok(Val::bool(match operator {
            CmpOp::Lt => ordering == Ordering::Less,
            CmpOp::LtE => ordering != Ordering::Greater,
            CmpOp::Gt => ordering == Ordering::Greater,
            _ => ordering != Ordering::Less,
        }))
    }

    fn subset(&self, operator: CmpOp, left: &Val, right: &Val, at: Region) -> Val {
        let items = |value: &Val| match value.kind {
            Kind::Set(id) => match self.heap.cell(id) {
                Cell::Set(items) => items.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let (small, large, strict) = match operator {
            CmpOp::Lt => (items(left), items(right), true),
            CmpOp::LtE => (items(left), items(right), false),
            CmpOp::Gt => (items(right), items(left), true),
            _ => (items(right), items(left), false),
        };
        let mut all = Some(true);
        for item in &small {
            match item {
                Elem::One(item) => match self.among(&large, item) {
                    Some(true) => {}
                    Some(false) => return Val::bool(false),
                    None => all = None,
                },
                Elem::Perhaps(..) | Elem::Many(_) => all = None,
            }
        }
        match all {
            Some(_) => Val::bool(!strict || small.len() < large.len()),
            None => self.unknown_of(&[left, right], at),
        }
    }

    /// The order of two values, where Python has one and it can be decided.
    pub(super) fn ordering(&self, left: &Val, right: &Val) -> Option<Ordering> {
        let elements = |value: &Val| match &value.kind {
            Kind::Tuple(items) => Some(items.to_vec()),
            Kind::List(id) => match self.heap.cell(*id) {
                Cell::List(items) => Some(items.clone()),
                _ => None,
            },
            _ => None,
        };
        match (&left.kind, &right.kind) {
            (Kind::Str(a), Kind::Str(b)) => Some(a.chars().cmp(b.chars())),
            (Kind::Path(a), Kind::Path(b)) => Some(a.split('/').cmp(b.split('/'))),
            (Kind::Bytes(a), Kind::Bytes(b)) => Some(a.cmp(b)),
            (Kind::TimeDelta(a), Kind::TimeDelta(b)) => Some(a.cmp(b)),
            (Kind::Tuple(_), Kind::Tuple(_)) | (Kind::List(_), Kind::List(_)) => {
                let (a, b) = (elements(left)?, elements(right)?);
                for (a, b) in a.iter().zip(&b) {
                    let (Elem::One(a), Elem::One(b)) = (a, b) else { return None };
                    if self.equal(a, b)? {
                        continue;
                    }
                    return self.ordering(a, b);
                }
                let certain = |items: &[Elem]| items.iter().all(|item| matches!(item, Elem::One(_)));
                (certain(&a) && certain(&b)).then(|| a.len().cmp(&b.len()))
            }
            _ => as_number(left)?.compare(as_number(right)?),
        }
    }

    /// Applies a function to each alternative of a value and joins the results.
    pub(super) fn distribute(&mut self, value: &Val, apply: &mut dyn FnMut(&mut Self, &Val) -> Res<Val>) -> Res<Val> {
        let Kind::OneOf(alternatives) = &value.kind else { return apply(self, value) };
        self.distribute_over(&alternatives.clone(), &value.deps, apply)
    }

    fn distribute_over(
        &mut self,
        alternatives: &[(shipworthy_model::Condition, Val)],
        deps: &Deps,
        apply: &mut dyn FnMut(&mut Self, &Val) -> Res<Val>,
    ) -> Res<Val> {
        match alternatives {
            [] => Ok(Val::none()),
            [(_, only)] => Ok(apply(self, only)?.with(deps)),
            [(condition, first), rest @ ..] => {
                let apply = std::cell::RefCell::new(apply);
                self.fork_value(condition, deps, &mut |this| (apply.borrow_mut())(this, first), &mut |this| {
                    this.distribute_over(rest, deps, &mut **apply.borrow_mut())
                })
            }
        }
    }

    pub(super) fn unary(&mut self, operator: UnaryOp, operand: &Val, at: Region) -> Res<Val> {
        if operator == UnaryOp::Not {
            return Ok(match self.decide(operand, at)? {
                Some(truth) => Val::bool(!truth),
                None => match &operand.kind {
                    Kind::OneOf(_) => self.distribute(operand, &mut |this, value| this.unary(operator, value, at))?,
                    _ => self.unknown_of(&[operand], at),
                },
            }
            .with(&operand.deps));
        }
        if let Kind::OneOf(_) = operand.kind {
            return self.distribute(operand, &mut |this, value| this.unary(operator, value, at));
        }
        if operand.as_unknown().is_some() {
            return Ok(operand.clone());
        }
        let result = match (operator, &operand.kind) {
            (UnaryOp::USub, Kind::Float(number)) => Kind::Float(-number),
            (UnaryOp::USub, Kind::TimeDelta(micros)) => Kind::TimeDelta(micros.saturating_neg()),
            (UnaryOp::UAdd, Kind::Float(number)) => Kind::Float(*number),
            (_, _) => match (operator, as_number(operand)) {
                (UnaryOp::USub, Some(Number::Int(number))) => Kind::Int(number.saturating_neg()),
                (UnaryOp::UAdd, Some(Number::Int(number))) => Kind::Int(number),
                (UnaryOp::Invert, Some(Number::Int(number))) => Kind::Int(!number),
                _ => {
                    let message = format!("bad operand of type {}", self.type_name(operand));
                    return Err(self.raise_on("TypeError", &message, at, &[operand]));
                }
            },
        };
        Ok(Val::new(result).with(&operand.deps))
    }

    /// An augmented assignment: lists, sets and dictionaries change in place, so their aliases see it.
    pub(super) fn binary_in_place(&mut self, operator: Operator, left: &Val, right: &Val, at: Region) -> Res<Val> {
        match (&left.kind, operator) {
            (Kind::OneOf(_), _) => self.distribute(left, &mut |this, left| this.binary_in_place(operator, left, right, at)),
            (Kind::List(id), Operator::Add) => {
                let added = self.elements(right, at)?;
                let (statement, control) = (self.statement, self.control.union(&right.deps));
                if let Cell::List(items) = self.heap.change(*id, statement, &control) {
                    match added {
                        Ok(added) => items.extend(added),
                        Err(unknown) => items.push(Elem::Many(unknown)),
                    }
                    if items.len() > MAX_SIZE {
                        return Err(Stop::Limit(Why::Limit("list elements".into())));
                    }
                }
                Ok(left.clone().with(&right.deps))
            }
            (Kind::Dict(id), Operator::BitOr) => {
                self.dict_update(*id, right, at)?;
                Ok(left.clone().with(&right.deps))
            }
            (Kind::Set(id), Operator::BitOr) => {
                let added = self.members(right, at)?;
                self.set_add_all(*id, added);
                Ok(left.clone().with(&right.deps))
            }
            _ => self.binary(operator, left, right, at),
        }
    }

    pub(super) fn binary(&mut self, operator: Operator, left: &Val, right: &Val, at: Region) -> Res<Val> {
        if let Kind::OneOf(_) = left.kind {
            return self.distribute(left, &mut |this, left| this.binary(operator, left, right, at));
        }
        if let Kind::OneOf(_) = right.kind {
            return self.distribute(right, &mut |this, right| this.binary(operator, left, right, at));
        }
        let deps = left.deps.union(&right.deps);
        if let Kind::Instance(_) = left.kind
            && let Some(result) = super::library::binary(self, operator, left, right, at)
        {
            return Ok(result?.with(&deps));
        }
        Ok(self.binary_value(operator, left, right, at)?.with(&deps))
    }

    fn binary_value(&mut self, operator: Operator, left: &Val, right: &Val, at: Region) -> Res<Val> {
        match (operator, &left.kind, &right.kind) {
            (Operator::Add, Kind::Str(a), Kind::Str(b)) => {
                self.sized(a.len() + b.len())?;
                Ok(Val::str(format!("{a}{b}")))
            }
            (Operator::Add, Kind::Bytes(a), Kind::Bytes(b)) => {
                self.sized(a.len() + b.len())?;
                Ok(Val::new(Kind::Bytes([&**a, &**b].concat().into())))
            }
            (Operator::Add, Kind::List(_) | Kind::Tuple(_), _) => self.concatenate(left, right, at),
            // An unknown sequence added in front or behind leaves the known part known.
            (Operator::Add, Kind::Unknown(unknown), Kind::List(_) | Kind::Tuple(_)) => {
                let Ok(mut items) = self.elements(right, at)? else { return Ok(unknown_value(unknown)) };
                items.insert(0, Elem::Many(unknown.clone()));
                Ok(if matches!(right.kind, Kind::List(_)) { self.list_of(items) } else { Val::new(Kind::Tuple(Rc::new(items))) })
            }
            (Operator::Mod, Kind::Str(template), _) => self.percent(template, right, at),
            (Operator::Div, Kind::Path(_), Kind::Path(_) | Kind::Str(_)) | (Operator::Div, Kind::Str(_), Kind::Path(_)) => {
                let (Some(a), Some(b)) = (path_text(left), path_text(right)) else {
                    return Ok(self.unknown_of(&[left, right], at));
                };
                Ok(Val::new(Kind::Path(super::library::path::join_pure(a, b).into())))
            }
            (Operator::BitOr, Kind::Dict(_), Kind::Dict(_) | Kind::Unknown(_)) => {
                let copy = self.copy(left);
                if let Kind::Dict(id) = copy.kind {
                    self.dict_update(id, right, at)?;
                }
                Ok(copy)
            }
            (Operator::BitOr | Operator::BitAnd | Operator::Sub | Operator::BitXor, Kind::Set(_), Kind::Set(_)) => {
                self.set_operation(operator, left, right, at)
            }
            (_, Kind::Unknown(_), _) | (_, _, Kind::Unknown(_)) => Ok(self.unknown_of(&[left, right], at)),
            (Operator::Mult, Kind::Str(text), _) if as_number(right).is_some() => {
                let times = self.times(right, text.len(), at)?;
                Ok(Val::str(text.repeat(times)))
            }
            (Operator::Mult, _, Kind::Str(text)) if as_number(left).is_some() => {
                let times = self.times(left, text.len(), at)?;
                Ok(Val::str(text.repeat(times)))
            }
            (Operator::Mult, Kind::Bytes(bytes), _) if as_number(right).is_some() => {
                let times = self.times(right, bytes.len(), at)?;
                Ok(Val::new(Kind::Bytes(bytes.repeat(times).into())))
            }
            (Operator::Mult, Kind::List(_) | Kind::Tuple(_), _) if as_number(right).is_some() => self.repeat(left, right, at),
            (Operator::Mult, _, Kind::List(_) | Kind::Tuple(_)) if as_number(left).is_some() => self.repeat(right, left, at),
            (Operator::Add, Kind::TimeDelta(a), Kind::TimeDelta(b)) => Ok(Val::new(Kind::TimeDelta(a.saturating_add(*b)))),
            (Operator::Sub, Kind::TimeDelta(a), Kind::TimeDelta(b)) => Ok(Val::new(Kind::TimeDelta(a.saturating_sub(*b)))),
            (Operator::Mult, Kind::TimeDelta(micros), _) | (Operator::Mult, _, Kind::TimeDelta(micros)) => {
                let factor = if matches!(left.kind, Kind::TimeDelta(_)) { right } else { left };
                match as_number(factor) {
                    Some(Number::Int(number)) => match micros.checked_mul(number) {
                        Some(product) => Ok(Val::new(Kind::TimeDelta(product))),
                        None => Ok(Val::unknown(Why::Limit("integers of 127 bits".into()), Some(at))),
                    },
                    Some(Number::Float(number)) => {
                        Ok(Val::new(Kind::TimeDelta((*micros as f64 * number).round_ties_even() as i128)))
                    }
                    None => Err(self.unsupported_operands(left, right, at)),
                }
            }
            (Operator::Div, Kind::TimeDelta(a), Kind::TimeDelta(b)) if *b != 0 => {
                Ok(Val::new(Kind::Float(*a as f64 / *b as f64)))
            }
            _ => {
                if let (Some(a), Some(b)) = (as_number(left), as_number(right)) {
                    if let (Kind::Bool(a), Kind::Bool(b)) = (&left.kind, &right.kind) {
                        match operator {
                            Operator::BitAnd => return Ok(Val::bool(a & b)),
                            Operator::BitOr => return Ok(Val::bool(a | b)),
                            Operator::BitXor => return Ok(Val::bool(a ^ b)),
                            _ => {}
                        }
                    }
                    return self.arithmetic(operator, a, b, left, right, at);
                }
                if let Some(result) = self.special_operator(operator, left, right, at)? {
                    return Ok(result);
                }
                if self.plain(left).is_some() || self.plain(right).is_some() {
                    let (left, right) = (self.bare(left), self.bare(right));
                    return self.binary_value(operator, &left, &right, at);
                }
                let opaque = |value: &Val| {
                    matches!(value.kind, Kind::Extern(_) | Kind::Instance(_) | Kind::Lazy(_) | Kind::Class(_) | Kind::Iter(_))
                };
                // The views that `keys()` and `items()` give are sets too; here they are lists.
                let on_views = matches!(operator, Operator::BitOr | Operator::BitAnd | Operator::BitXor | Operator::Sub)
                    && (matches!(left.kind, Kind::List(_)) || matches!(right.kind, Kind::List(_)));
                if on_views {
                    return Ok(Val::unknown(Why::Unsupported("an operator of a view".into()), Some(at)));
                }
                if opaque(left) || opaque(right) {
                    return Ok(Val::unknown(Why::Unsupported("an operator of an object".into()), Some(at)));
                }
                Err(self.unsupported_operands(left, right, at))
            }
        }
    }

    /// `__or__`, `__add__` and their like, of classes of the project.
    fn special_operator(&mut self, operator: Operator, left: &Val, right: &Val, at: Region) -> Res<Option<Val>> {
        let name = match operator {
            Operator::Add => "__add__",
            Operator::Sub => "__sub__",
            Operator::Div => "__truediv__",
            Operator::BitOr => "__or__",
            Operator::BitAnd => "__and__",
            Operator::Mod => "__mod__",
            Operator::Mult => "__mul__",
            _ => return Ok(None),
        };
        match self.special(left, name) {
            Some(method) => self.call_values(&method, vec![right.clone()], at).map(Some),
            None => Ok(None),
        }
    }

    fn unsupported_operands(&self, left: &Val, right: &Val, at: Region) -> Stop {
        let message = format!("unsupported operands of types {} and {}", self.type_name(left), self.type_name(right));
        self.raise_on("TypeError", &message, at, &[left, right])
    }

    fn concatenate(&mut self, left: &Val, right: &Val, at: Region) -> Res<Val> {
        let alike = matches!(
            (&left.kind, &right.kind),
            (Kind::List(_), Kind::List(_)) | (Kind::Tuple(_), Kind::Tuple(_)) | (_, Kind::Unknown(_))
        );
        if !alike {
            return match &right.kind {
                Kind::Extern(_) | Kind::Instance(_) => {
                    Ok(Val::unknown(Why::Unsupported("adding an object to a list".into()), Some(at)))
                }
                _ => Err(self.unsupported_operands(left, right, at)),
            };
        }
        let mut items = self.elements(left, at)?.unwrap_or_default();
        match self.elements(right, at)? {
            Ok(more) => items.extend(more),
            Err(unknown) => items.push(Elem::Many(unknown)),
        }
        self.sized(items.len())?;
        Ok(if matches!(left.kind, Kind::List(_)) { self.list_of(items) } else { Val::new(Kind::Tuple(Rc::new(items))) })
    }

    fn repeat(&mut self, sequence: &Val, times: &Val, at: Region) -> Res<Val> {
        let items = self.elements(sequence, at)?.unwrap_or_default();
        let times = self.times(times, items.len(), at)?;
        let mut repeated = Vec::with_capacity(items.len() * times);
        for _ in 0..times {
            repeated.extend(items.iter().cloned());
        }
        Ok(if matches!(sequence.kind, Kind::List(_)) { self.list_of(repeated) } else { Val::new(Kind::Tuple(Rc::new(repeated))) })
    }

    fn times(&mut self, times: &Val, size: usize, at: Region) -> Res<usize> {
        match as_number(times) {
            Some(Number::Int(number)) if number <= 0 => Ok(0),
            Some(Number::Int(number)) => {
                let times = usize::try_from(number).unwrap_or(usize::MAX);
                self.sized(size.saturating_mul(times))?;
                Ok(if size == 0 { 0 } else { times })
            }
            _ => Err(self.raise_on("TypeError", "a sequence can only be repeated a whole number of times", at, &[times])),
        }
    }

    /// Refuses to build what is larger than any setting.
    pub(super) fn sized(&mut self, size: usize) -> Res<()> {
        if size > MAX_SIZE {
            return Err(Stop::Limit(Why::Limit("size of a value".into())));
        }
        self.burn(size as u64 / 64)
    }

    fn arithmetic(&mut self, operator: Operator, a: Number, b: Number, left: &Val, right: &Val, at: Region) -> Res<Val> {
        let overflow = || Val::unknown(Why::Limit("integers of 127 bits".into()), Some(at));
        if let (Number::Int(a), Number::Int(b)) = (a, b) {
            let integer = |result: Option<i128>| Ok(result.map_or_else(overflow, Val::int));
            return match operator {
                Operator::Add => integer(a.checked_add(b)),
                Operator::Sub => integer(a.checked_sub(b)),
                Operator::Mult => integer(a.checked_mul(b)),
                Operator::Div | Operator::FloorDiv | Operator::Mod if b == 0 => {
                    Err(self.raise_on("ZeroDivisionError", "a division by zero", at, &[left, right]))
                }
                Operator::Div => Ok(Val::new(Kind::Float(a as f64 / b as f64))),
                Operator::FloorDiv => {
                    integer(a.checked_div_euclid(b).map(|quotient| quotient - i128::from(b < 0 && a.wrapping_rem_euclid(b) != 0)))
                }
                Operator::Mod => {
                    let rest = a.wrapping_rem_euclid(b);
                    integer(Some(if b < 0 && rest != 0 { rest + b } else { rest }))
                }
                Operator::Pow if b < 0 => Ok(Val::new(Kind::Float((a as f64).powf(b as f64)))),
                Operator::Pow => integer(u32::try_from(b).ok().and_then(|b| a.checked_pow(b))),
                Operator::BitOr => integer(Some(a | b)),
                Operator::BitAnd => integer(Some(a & b)),
                Operator::BitXor => integer(Some(a ^ b)),
                Operator::LShift => integer(u32::try_from(b).ok().filter(|b| *b < 120).and_then(|b| a.checked_mul(1 << b))),
                Operator::RShift => {
                    integer(u32::try_from(b).ok().map(|b| if b > 126 { if a < 0 { -1 } else { 0 } } else { a >> b }))
                }
                Operator::MatMult => Err(self.unsupported_operands(left, right, at)),
            };
        }
        let (a, b) = (a.float(), b.float());
        let result = match operator {
            Operator::Add => a + b,
            Operator::Sub => a - b,
            Operator::Mult => a * b,
            Operator::Div | Operator::FloorDiv | Operator::Mod if b == 0.0 => {
                return Err(self.raise_on("ZeroDivisionError", "a division by zero", at, &[left, right]));
            }
            Operator::Div => a / b,
            Operator::FloorDiv => (a / b).floor(),
            Operator::Mod => {
                let rest = a % b;
                if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest }
            }
            Operator::Pow => a.powf(b),
            _ => return Err(self.unsupported_operands(left, right, at)),
        };
        Ok(Val::new(Kind::Float(result)))
    }

    fn set_operation(&mut self, operator: Operator, left: &Val, right: &Val, at: Region) -> Res<Val> {
        let a = self.members(left, at)?.unwrap_or_default();
        let b = self.members(right, at)?.unwrap_or_default();
        let keep = |this: &Self, items: &[Elem], others: &[Elem], wanted: bool| {
            let mut kept = Vec::new();
            for item in items {
                match item {
                    Elem::One(value) => match this.among(others, value) {
                        Some(found) if found == wanted => kept.push(item.clone()),
                        Some(_) => {}
                        None => {
                            kept.push(Elem::Many(Rc::new(Unknown::new(Why::Unsupported("a set of unknowns".into()), Some(at)))));
                        }
                    },
                    Elem::Perhaps(..) | Elem::Many(_) => kept.push(item.clone()),
                }
            }
            kept
        };
        let items = match operator {
            Operator::BitOr => {
                let mut items = a.clone();
                items.extend(keep(self, &b, &a, false));
                items
            }
            Operator::BitAnd => keep(self, &a, &b, true),
            Operator::Sub => keep(self, &a, &b, false),
            _ => {
                let mut items = keep(self, &a, &b, false);
                items.extend(keep(self, &b, &a, false));
                items
            }
        };
        Ok(self.set_of(items))
    }
}

/// Whether any element is certainly there.
fn any_element(items: &[Elem]) -> Option<bool> {
    if items.iter().any(|item| matches!(item, Elem::One(_))) {
        Some(true)
    } else if items.is_empty() {
        Some(false)
    } else {
        None
    }
}

/// A number, with `True` as 1.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(super) fn float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

pub(super) fn as_number(value: &Val) -> Option<Number> {
    match value.kind {
        Kind::Bool(flag) => Some(Number::Int(i128::from(flag))),
        Kind::Int(number) => Some(Number::Int(number)),
        Kind::Float(number) => Some(Number::Float(number)),
        _ => None,
    }
}

pub(super) fn path_text(value: &Val) -> Option<&str> {
    match &value.kind {
        Kind::Path(text) | Kind::Str(text) => Some(text),
        _ => None,
    }
}

impl Val {
    /// Whether identity is a matter of the object itself, not of its value.
    fn is_object(&self) -> bool {
        matches!(
            self.kind,
            Kind::List(_)
                | Kind::Dict(_)
                | Kind::Set(_)
                | Kind::Instance(_)
                | Kind::Class(_)
                | Kind::Module(_)
                | Kind::Function(_)
        )
    }
}
