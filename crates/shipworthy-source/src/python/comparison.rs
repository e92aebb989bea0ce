//! Comparisons: equality, identity, membership and order, as Python defines them.

use super::heap::{Cell, Dict};
use super::interp::{Interp, Res};
use super::object::{Elem, Kind, Val, View};
use super::operators::{Number, as_number};
use ruff_python_ast::{CmpOp, UnaryOp};
use shipworthy_model::{Region, Why};
use std::cmp::Ordering;

impl Interp<'_> {
    /// `a == b`; `None` where it cannot be decided.
    #[allow(clippy::many_single_char_names, reason = "the parts of two ranges")]
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
            (Kind::Str(a), Kind::Str(b)) if super::library::sys::may_be_named(a, b) => None,
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
                // Two ordered dictionaries differ where their orders do.
                (Cell::Dict(left), Cell::Dict(right))
                    if self.dict_classes.get(a) == Some(&"OrderedDict")
                        && self.dict_classes.get(b) == Some(&"OrderedDict")
                        && !left.entries.keys().eq(right.entries.keys()) =>
                {
                    None
                }
                (Cell::Dict(a), Cell::Dict(b)) => self.equal_dicts(a, b),
                _ => None,
            },
            (Kind::View(_, View::Keys | View::Items), _) | (_, Kind::View(_, View::Keys | View::Items)) => {
                let items = |value: &Val| match value.kind {
                    Kind::View(id, view @ (View::Keys | View::Items)) => Some(self.seen(id, view)),
                    Kind::Set(id) => match self.heap.cell(id) {
                        Cell::Set(items) => Some(items.clone()),
                        _ => None,
                    },
                    _ => None,
                };
                match (items(a), items(b)) {
                    (Some(a), Some(b)) => self.equal_sets(&a, &b),
                    _ => Some(false),
                }
            }
            // Views of values are equal to nothing but themselves, and each call makes a new one.
            (Kind::View(..), _) | (_, Kind::View(..)) => None,
            (Kind::Extern(a), Kind::Extern(b)) => {
                if a == b {
                    Some(true)
                } else {
                    super::builtins::are_two(a, b).then_some(false)
                }
            }
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
        if let Some(answer) = super::library::records::equal(self, a, b) {
            return answer;
        }
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

    pub(super) fn equal_elements(&self, a: &[Elem], b: &[Elem]) -> Option<bool> {
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
            (Kind::Extern(a), Kind::Extern(b)) if super::builtins::are_two(a, b) => Some(false),
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
        self.note_comparison(operator, left, right, at);
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
            Kind::View(id, view) => self.among(&self.seen(*id, *view), item),
            Kind::Str(text) => match &self.bare(item).kind {
                Kind::Str(part) if super::library::sys::may_be_named(text, part) => None,
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
            Kind::Range(start, end, step) => match as_number(item) {
                Some(Number::Int(number)) => {
                    let inside = if *step > 0 { number >= *start && number < *end } else { number <= *start && number > *end };
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
            Kind::OneOf(_) => {
                let answer = self.distribute(container, &mut |this, container| {
                    Ok(match this.contains(container, item, at)? {
                        Some(answer) => Val::bool(answer),
                        None => this.unknown_of(&[container, item], at),
                    })
                })?;
                self.truth(&answer)
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
            Kind::Extern(name) if &**name == "sys.modules" => super::library::sys::is_loaded(self, item),
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
        let (left, right) = (&self.view_as_set(left), &self.view_as_set(right));
        if let (Kind::Set(_), Kind::Set(_)) = (&left.kind, &right.kind) {
            return Ok(self.subset(operator, left, right, at));
        }
        let Some(ordering) = self.ordering(left, right) else {
            if left.as_unknown().is_some()
                || right.as_unknown().is_some()
                || self.inner_unknown(left).is_some()
                || self.inner_unknown(right).is_some()
            {
                let unknown = self.unknown_of(&[left, right], at);
                if let Some(why) = unknown.as_unknown() {
                    self.doubtful(&why, at);
                }
                return Ok(unknown);
            }
            if matches!(left.kind, Kind::Instance(_)) || matches!(right.kind, Kind::Instance(_)) {
                return Ok(Val::unknown(Why::Unsupported("comparing instances".into()), Some(at)));
            }
            if as_number(left).is_some() && as_number(right).is_some() {
                // What is no number is neither less nor greater.
                return Ok(Val::bool(false));
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
            Some(_) if strict && small.len() >= large.len() && large.iter().all(|item| matches!(item, Elem::One(_))) => {
                Val::bool(false)
            }
            Some(_) if !strict || large.iter().filter(|item| matches!(item, Elem::One(_))).count() > small.len() => {
                Val::bool(true)
            }
            Some(_) | None => self.unknown_of(&[left, right], at),
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
}
