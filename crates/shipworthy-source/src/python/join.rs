//! Undecided branches: both sides are tried from the same state, and what they leave behind is joined.

use std::rc::Rc;

use shipworthy_model::{Condition, Why};

use super::heap::{Binding, Cell, Delta, Dict, Slot, Space, Stored};
use super::interp::{Flow, Interp, Raised, Res, Stop};
use super::object::{Deps, Elem, Id, Kind, Val, branch_unknown, negated};

/// Alternatives a value may have before it becomes unknown.
const MAX_ALTERNATIVES: usize = 8;
/// Paths that wait for one `try`.
const MAX_WAITING: usize = 16;
/// Undecided branches inside undecided branches.
const MAX_UNDECIDED: usize = 24;

/// A path that left an undecided branch early and waits for the construct that catches it.
pub(super) struct Suspended {
    pub(super) target: Target,
    pub(super) exit: Exit,
    /// What the path changed since the catching construct began.
    pub(super) delta: Delta,
    pub(super) condition: Condition,
}

/// The construct that catches a suspended path, by the depth of its heap frame (or its index among the handlers).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Try(usize),
    Function(usize),
    Loop(usize),
    Iteration(usize),
}

pub(super) enum Exit {
    Raise(Raised),
    Return(Val),
    Jump,
}

impl Interp<'_> {
    /// Runs both sides of a condition that cannot be decided.
    pub(super) fn fork(
        &mut self,
        condition: &Condition,
        deps: &Deps,
        then: &mut dyn FnMut(&mut Self) -> Res<Flow>,
        otherwise: &mut dyn FnMut(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        let (a, a_delta) = self.try_side(deps, then)?;
        let (b, b_delta) = self.try_side(deps, otherwise)?;
        match (a, b) {
            (Ok(Flow::Normal), Ok(Flow::Normal)) => {
                self.join(a_delta, b_delta, condition);
                Ok(Flow::Normal)
            }
            (Ok(Flow::Normal), b) => {
                self.suspend(b, b_delta, negated(condition));
                self.heap.apply(a_delta);
                Ok(Flow::Normal)
            }
            (a, Ok(Flow::Normal)) => {
                self.suspend(a, a_delta, condition.clone());
                self.heap.apply(b_delta);
                Ok(Flow::Normal)
            }
            (a, Err(raised)) if !self.caught(&raised.exception) => {
                self.uncaught(&raised, false);
                self.heap.apply(a_delta);
                a.map_err(Stop::Raise)
            }
            (a, b) => {
                self.suspend(a, a_delta, condition.clone());
                self.heap.apply(b_delta);
                b.map_err(Stop::Raise)
            }
        }
    }

    /// Evaluates one of two expressions by a condition that cannot be decided.
    pub(super) fn fork_value(
        &mut self,
        condition: &Condition,
        deps: &Deps,
        then: &mut dyn FnMut(&mut Self) -> Res<Val>,
        otherwise: &mut dyn FnMut(&mut Self) -> Res<Val>,
    ) -> Res<Val> {
        let (a, a_delta) = self.try_side(deps, then)?;
        let (b, b_delta) = self.try_side(deps, otherwise)?;
        match (a, b) {
            (Ok(a), Ok(b)) => {
                self.join(a_delta, b_delta, condition);
                Ok(self.join_values(a, b, condition).with(deps))
            }
            (Ok(a), Err(raised)) => {
                self.suspend(Err(raised), b_delta, negated(condition));
                self.heap.apply(a_delta);
                Ok(a)
            }
            (Err(raised), Ok(b)) => {
                self.suspend(Err(raised), a_delta, condition.clone());
                self.heap.apply(b_delta);
                Ok(b)
            }
            (Err(a), Err(b)) => {
                self.suspend(Err(a), a_delta, condition.clone());
                self.heap.apply(b_delta);
                Err(Stop::Raise(b))
            }
        }
    }

    /// Runs one side and undoes it. The outer error is a bound that was reached.
    #[allow(clippy::type_complexity)]
    pub(super) fn try_side<T>(
        &mut self,
        deps: &Deps,
        side: &mut dyn FnMut(&mut Self) -> Res<T>,
    ) -> Res<(Result<T, Box<Raised>>, Delta)> {
        self.burn(10)?;
        if self.undecided >= MAX_UNDECIDED {
            return Err(Stop::Limit(Why::Limit("undecided branches".into())));
        }
        let control = self.control.clone();
        self.control = control.union(deps);
        self.undecided += 1;
        self.heap.begin();
        let result = side(self);
        let delta = self.heap.undo();
        self.undecided -= 1;
        self.control = control;
        match result {
            Ok(value) => Ok((Ok(value), delta)),
            Err(Stop::Raise(raised)) => Ok((Err(raised), delta)),
            Err(limit @ Stop::Limit(_)) => Err(limit),
        }
    }

    /// Sets aside a path that leaves the straight way, for the construct that catches it. A path that raises what nobody
    /// catches ends here: loading would fail on it, so a deployment that runs did not take it.
    pub(super) fn suspend(&mut self, exit: Result<Flow, Box<Raised>>, delta: Delta, condition: Condition) {
        let (target, depth, exit) = match exit {
            Ok(Flow::Normal) => return,
            Ok(Flow::Return(value)) => match self.returns.last() {
                Some(depth) => (Target::Function(*depth), *depth, Exit::Return(value)),
                None => return,
            },
            Ok(Flow::Break) => match self.loops.last() {
                Some((depth, _)) => (Target::Loop(*depth), *depth, Exit::Jump),
                None => return,
            },
            Ok(Flow::Continue) => match self.loops.last() {
                Some((_, depth)) => (Target::Iteration(*depth), *depth, Exit::Jump),
                None => return,
            },
            Err(raised) => match self.catcher(&raised.exception) {
                Some(index) => (Target::Try(index), self.handlers[index].1, Exit::Raise(*raised)),
                None => return self.uncaught(&raised, false),
            },
        };
        let delta = self.heap.since(depth, delta);
        self.suspended.push(Suspended { target, exit, delta, condition });
    }

    /// Notes that the code that runs now may raise what a `try` in progress catches.
    pub(super) fn may_raise(&mut self, exception: Val, message: &str, at: shipworthy_model::Region) {
        let Some(index) = self.catcher(&exception) else { return };
        let waiting = self.suspended.iter().filter(|suspended| suspended.target == Target::Try(index)).count();
        if waiting >= MAX_WAITING {
            return;
        }
        let condition = Condition { text: format!("{message} fails").into(), at: Some(at), holds: true };
        let (deps, wants) = (self.control.clone(), None);
        let raised = Raised { exception, message: message.to_owned(), at, deps, wants };
        self.suspend(Err(Box::new(raised)), Delta::default(), condition);
    }

    /// Takes the paths that wait for a target.
    pub(super) fn caught_paths(&mut self, target: Target) -> Vec<Suspended> {
        if !self.suspended.iter().any(|path| path.target == target) {
            return Vec::new();
        }
        let (mine, others) = std::mem::take(&mut self.suspended).into_iter().partition(|path| path.target == target);
        self.suspended = others;
        mine
    }

    /// Joins jumps that wait for a target with the path that came here straight, whose frame is still open; closes it.
    /// `straight` is false when that path does not come here at all.
    pub(super) fn land(&mut self, target: Target, straight: bool) -> bool {
        let paths = self.caught_paths(target);
        if paths.is_empty() {
            self.heap.commit();
            return straight;
        }
        let mut current = straight.then(|| self.heap.undo());
        if current.is_none() {
            self.heap.undo();
        }
        for path in paths.into_iter().rev() {
            current = Some(match current {
                Some(delta) => self.joined(path.delta, delta, &path.condition),
                None => path.delta,
            });
        }
        if let Some(delta) = current {
            self.heap.apply(delta);
        }
        true
    }

    /// The join of two deltas from the present state, which stays as it is.
    pub(super) fn joined(&mut self, a: Delta, b: Delta, condition: &Condition) -> Delta {
        self.heap.begin();
        self.join(a, b, condition);
        self.heap.undo()
    }

    /// Puts the join of two deltas in force.
    pub(super) fn join(&mut self, mut a: Delta, b: Delta, condition: &Condition) {
        let mut pairs: Vec<(Id, Stored, Stored)> = Vec::with_capacity(a.len() + b.len());
        for (id, right) in b {
            let left = a.remove(&id).unwrap_or_else(|| self.heap.stored(id).clone());
            pairs.push((id, left, right));
        }
        for (id, left) in a {
            let right = self.heap.stored(id).clone();
            if !left.is(&right) {
                pairs.push((id, left, right));
            }
        }
        pairs.sort_by_key(|(id, ..)| *id);
        for (id, left, right) in pairs {
            if !Rc::ptr_eq(&left.cell, &right.cell) {
                self.heap.copying(&left.cell);
                self.heap.copying(&right.cell);
            }
            let joined = self.join_cells(left, &right, condition);
            self.heap.put(id, joined);
        }
    }

    fn join_cells(&self, a: Stored, b: &Stored, condition: &Condition) -> Stored {
        let mut log = a.log;
        if !Rc::ptr_eq(&log, &b.log) {
            for region in b.log.iter() {
                if !log.contains(region) {
                    Rc::make_mut(&mut log).push(*region);
                }
            }
        }
        let deps = a.deps.union(&b.deps);
        // What neither side has touched needs no joining.
        if Rc::ptr_eq(&a.cell, &b.cell) {
            return Stored { cell: a.cell, log, deps };
        }
        let cell = match (&*a.cell, &*b.cell) {
            (Cell::List(a), Cell::List(b)) => Cell::List(self.join_elements(a, b, condition)),
            (Cell::Set(a), Cell::Set(b)) => Cell::Set(self.join_elements(a, b, condition)),
            (Cell::Dict(a), Cell::Dict(b)) => Cell::Dict(self.join_dicts(a, b, condition)),
            (Cell::Space(a), Cell::Space(b)) => Cell::Space(self.join_spaces(a, b, condition)),
            (Cell::Iter(a, i), Cell::Iter(b, j)) if i != j || a.len() != b.len() => {
                Cell::Iter(vec![Elem::Many(branch_unknown(condition))], 0)
            }
            // Classes and instances never change but through their namespaces.
            _ => return Stored { cell: a.cell, log, deps },
        };
        Stored { cell: Rc::new(cell), log, deps }
    }

    fn join_elements(&self, a: &[Elem], b: &[Elem], condition: &Condition) -> Vec<Elem> {
        let prefix = a.iter().zip(b).take_while(|(a, b)| self.same_elem(a, b)).count();
        let longest = a.len().min(b.len()) - prefix;
        let suffix = a.iter().rev().zip(b.iter().rev()).take(longest).take_while(|(a, b)| self.same_elem(a, b)).count();
        let (a_end, b_end) = (a.len() - suffix, b.len() - suffix);
        let mut joined: Vec<Elem> = a[..prefix].to_vec();
        let (a_middle, b_middle) = (&a[prefix..a_end], &b[prefix..b_end]);
        let pairs_up =
            a_middle.len() == b_middle.len() && a_middle.iter().chain(b_middle).all(|elem| matches!(elem, Elem::One(_)));
        if pairs_up {
            for (a, b) in a_middle.iter().zip(b_middle) {
                if let (Elem::One(a), Elem::One(b)) = (a, b) {
                    joined.push(Elem::One(self.join_values(a.clone(), b.clone(), condition)));
                }
            }
        } else {
            joined.extend(a_middle.iter().map(|elem| perhaps(elem, condition.clone())));
            joined.extend(b_middle.iter().map(|elem| perhaps(elem, negated(condition))));
        }
        joined.extend(a[a_end..].iter().cloned());
        joined
    }

    fn join_dicts(&self, a: &Dict, b: &Dict, condition: &Condition) -> Dict {
        let reordered = !same_order(a, b);
        let (rest, factory) = (a.rest.as_ref().or(b.rest.as_ref()), a.factory.as_ref().or(b.factory.as_ref()));
        let mut joined = Dict { rest: rest.cloned(), factory: factory.cloned(), ..Dict::default() };
        let only_there = |joined: &mut Dict, from: usize, until: usize| {
            for (key, slot) in b.entries.iter().skip(from).take(until.saturating_sub(from)) {
                if !a.entries.contains_key(key) {
                    let perhaps = Some(slot.perhaps.clone().unwrap_or_else(|| negated(condition)));
                    joined.entries.insert(key.clone(), Slot { perhaps, ..slot.clone() });
                }
            }
        };
        // Keys of one side only come between those of both, in its order.
        let mut next = 0;
        for (key, slot) in &a.entries {
            let slot = match b.entries.get_full(key) {
                Some((place, _, other)) => {
                    only_there(&mut joined, next, place);
                    next = next.max(place + 1);
                    Slot {
                        key: slot.key.clone(),
                        value: self.join_values(slot.value.clone(), other.value.clone(), condition),
                        perhaps: slot.perhaps.clone().or_else(|| other.perhaps.clone()),
                    }
                }
                None => Slot { perhaps: Some(slot.perhaps.clone().unwrap_or_else(|| condition.clone())), ..slot.clone() },
            };
            joined.entries.insert(key.clone(), slot);
        }
        only_there(&mut joined, next, b.entries.len());
        if reordered {
            joined.lose_order(condition);
        }
        joined
    }

    fn join_spaces(&self, a: &Space, b: &Space, condition: &Condition) -> Space {
        let open = a.open.as_ref().or(b.open.as_ref()).cloned();
        let is_told = [a, b].iter().all(|side| side.is_told || side.open.is_none());
        let mut joined = Space { open, is_told, behind: a.behind.as_ref().or(b.behind.as_ref()).cloned(), ..Space::default() };
        joined.names.reserve(a.names.len().max(b.names.len()));
        for (name, binding) in &a.names {
            let binding = match b.names.get(name) {
                Some(other) => {
                    let mut origin = binding.origin.clone();
                    if !Rc::ptr_eq(&origin, &other.origin) {
                        for region in other.origin.iter() {
                            if !origin.contains(region) {
                                Rc::make_mut(&mut origin).push(*region);
                            }
                        }
                    }
                    Binding {
                        value: self.join_values(binding.value.clone(), other.value.clone(), condition),
                        origin,
                        perhaps: binding.perhaps.as_ref().or(other.perhaps.as_ref()).cloned(),
                    }
                }
                None => only_on(binding, condition),
            };
            joined.names.insert(name.clone(), binding);
        }
        for (name, binding) in &b.names {
            if !a.names.contains_key(name) {
                joined.names.insert(name.clone(), only_on(binding, &negated(condition)));
            }
        }
        joined
    }

    /// One value that is `a` where the condition holds and `b` where it does not.
    pub(super) fn join_values(&self, a: Val, b: Val, condition: &Condition) -> Val {
        let deps = a.deps.union(&b.deps);
        if self.same(&a, &b) {
            return a.with(&deps);
        }
        let mut alternatives: Vec<(Condition, Val)> = Vec::new();
        let mut add = |outer: &Condition, value: Val| match value.kind {
            Kind::OneOf(inner) => {
                for (condition, value) in inner.iter() {
                    if !alternatives.iter().any(|(_, known)| self.same(known, value)) {
                        alternatives.push((condition.clone(), value.clone()));
                    }
                }
            }
            _ => {
                if !alternatives.iter().any(|(_, known)| self.same(known, &value)) {
                    alternatives.push((outer.clone(), value));
                }
            }
        };
        let at = a.at.or(b.at);
        add(condition, a);
        add(&negated(condition), b);
        if alternatives.len() == 1 {
            let (_, value) = alternatives.remove(0);
            return value.with(&deps);
        }
        if alternatives.len() > MAX_ALTERNATIVES {
            return Val { kind: Kind::Unknown(branch_unknown(condition)), at, deps };
        }
        Val { kind: Kind::OneOf(Rc::new(alternatives)), at, deps }
    }

    /// Whether two values are certainly indistinguishable: equal immutables, or the very same mutable object.
    #[allow(clippy::many_single_char_names, reason = "the parts of two ranges")]
    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    pub(super) fn same(&self, a: &Val, b: &Val) -> bool {
        match (&a.kind, &b.kind) {
            (Kind::None, Kind::None) | (Kind::Ellipsis, Kind::Ellipsis) => true,
            (Kind::Bool(a), Kind::Bool(b)) => a == b,
            (Kind::Int(a), Kind::Int(b)) | (Kind::TimeDelta(a), Kind::TimeDelta(b)) => a == b,
            (Kind::Float(a), Kind::Float(b)) => a.to_bits() == b.to_bits(),
            (Kind::Str(a), Kind::Str(b))
            | (Kind::Path(a), Kind::Path(b))
            | (Kind::Lazy(a), Kind::Lazy(b))
            | (Kind::Extern(a), Kind::Extern(b)) => a == b,
            (Kind::Bytes(a), Kind::Bytes(b)) => a == b,
            (Kind::List(a), Kind::List(b))
            | (Kind::Dict(a), Kind::Dict(b))
            | (Kind::Set(a), Kind::Set(b))
            | (Kind::Iter(a), Kind::Iter(b))
            | (Kind::Class(a), Kind::Class(b))
            | (Kind::Instance(a), Kind::Instance(b))
            | (Kind::Module(a), Kind::Module(b)) => a == b,
            (Kind::Function(a), Kind::Function(b)) => a == b,
            (Kind::Tuple(a), Kind::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| self.same_elem(a, b)),
            (Kind::Range(a, b, c), Kind::Range(d, e, f)) => (a, b, c) == (d, e, f),
            (Kind::Unknown(a), Kind::Unknown(b)) => Rc::ptr_eq(a, b) || a == b,
            (Kind::OneOf(a), Kind::OneOf(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|((a, v), (b, w))| a == b && self.same(v, w))
            }
            _ => false,
        }
    }

    pub(super) fn same_elem(&self, a: &Elem, b: &Elem) -> bool {
        match (a, b) {
            (Elem::One(a), Elem::One(b)) => self.same(a, b),
            (Elem::Perhaps(a, c), Elem::Perhaps(b, d)) => c == d && self.same(a, b),
            (Elem::Many(a), Elem::Many(b)) => a == b,
            (Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_), _) => false,
        }
    }
}

/// A binding that one side alone has.
fn only_on(binding: &Binding, condition: &Condition) -> Binding {
    Binding { perhaps: Some(binding.perhaps.clone().unwrap_or_else(|| condition.clone())), ..binding.clone() }
}

fn perhaps(elem: &Elem, condition: Condition) -> Elem {
    match elem {
        Elem::One(value) => Elem::Perhaps(value.clone(), condition),
        Elem::Perhaps(value, inner) => Elem::Perhaps(value.clone(), inner.clone()),
        Elem::Many(why) => Elem::Many(why.clone()),
    }
}

/// Whether the keys that two dictionaries share stand in the same order in both.
fn same_order(a: &Dict, b: &Dict) -> bool {
    let shared = a.entries.keys().filter_map(|key| b.entries.get_index_of(key));
    shared.is_sorted()
}
