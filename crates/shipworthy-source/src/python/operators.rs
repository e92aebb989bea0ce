//! Operators: truth, equality, order, membership and arithmetic, as Python defines them.

use std::cmp::Ordering;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::heap::Cell;
use super::interp::{Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val, View};

impl Interp<'_> {
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
            Kind::Dict(id) | Kind::View(id, View::Keys | View::Items) => match self.heap.cell(*id) {
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
            Kind::Range(start, end, step) => Some(if *step > 0 { start < end } else { start > end }),
            Kind::Instance(id) => match self.heap.cell(*id) {
                Cell::Instance(class, _) if self.class_defines(class, "__bool__") || self.class_defines(class, "__len__") => None,
                Cell::Instance(..) if super::library::has_truth(self, value) => super::library::truth_of(self, value),
                Cell::Instance(class, _) => match self.plain(value) {
                    Some(plain) => self.truth(&plain),
                    None if self.native_class(class).is_some_and(|name| super::library::may_be_false(&name)) => None,
                    None => Some(true),
                },
                _ => None,
            },
            Kind::View(id, view @ View::Values) => any_element(&self.seen(*id, *view)),
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
            Kind::Dict(id) | Kind::View(id, _) => match self.heap.cell(*id) {
                Cell::Dict(dict) => {
                    return dict.rest.clone().or_else(|| {
                        dict.entries.values().find_map(|slot| {
                            slot.perhaps.as_ref().map(super::object::branch_unknown).or_else(|| slot.value.as_unknown())
                        })
                    });
                }
                _ => return None,
            },
            Kind::Extern(name) if name.starts_with("os.environ.") => {
                return Some(Rc::new(Unknown::new(Why::Machine("the environment".into()), value.at)));
            }
            Kind::Extern(name) => return Some(Rc::new(Unknown::new(Why::Import(name.as_ref().into()), value.at))),
            _ => return None,
        };
        items.iter().find_map(|item| match item {
            Elem::One(value) => value.as_unknown(),
            Elem::Perhaps(_, condition) => Some(super::object::branch_unknown(condition)),
            Elem::Many(unknown) => Some(unknown.clone()),
        })
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

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
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
    pub(super) fn is_object(&self) -> bool {
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
