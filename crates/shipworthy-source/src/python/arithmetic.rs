//! Arithmetic: unary and binary operators, augmented assignment, and the operators of sequences and sets.

use super::heap::Cell;
use super::interp::{Interp, MAX_SIZE, Res, Stop, unknown_value};
use super::object::{Elem, Kind, Val, View, branch_unknown, negated};
use super::operators::{Number, as_number, path_text};
use ruff_python_ast::{Operator, UnaryOp};
use shipworthy_model::{Condition, Region, Unknown, Why};
use std::rc::Rc;

fn is_set_view(value: &Val) -> bool {
    matches!(value.kind, Kind::View(_, View::Keys | View::Items))
}

impl Interp<'_> {
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
        if let Some(unknown) = operand.as_unknown() {
            self.doubtful(&unknown, at);
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
            (Kind::Unknown(unknown), Operator::Add) => {
                self.changes_unknown(unknown, true)?;
                let result = self.binary(operator, left, right, at)?;
                match &result.kind {
                    Kind::List(id) => self.grown.push((unknown.clone(), *id)),
                    // A list takes the members of a tuple in, a tuple makes a longer one.
                    Kind::Tuple(items) => {
                        let list = self.list_of(items.to_vec());
                        if let Kind::List(id) = list.kind {
                            self.grown.push((unknown.clone(), id));
                        }
                        let condition = Condition { text: "what `+=` adds to is a tuple".into(), at: Some(at), holds: true };
                        let list = (negated(&condition), list);
                        return Ok(Val::new(Kind::OneOf(Rc::new(vec![(condition, result.clone()), list]))).with(&result.deps));
                    }
                    _ => {}
                }
                Ok(result)
            }
            // Sets and dictionaries change in place, too.
            (Kind::Unknown(unknown), Operator::BitOr | Operator::BitAnd | Operator::Sub | Operator::BitXor) => {
                self.changes_hidden(unknown)?;
                self.binary(operator, left, right, at)
            }
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
            (Kind::Set(id), Operator::BitOr | Operator::BitAnd | Operator::Sub | Operator::BitXor)
                if matches!(right.kind, Kind::Set(_) | Kind::Unknown(_)) && !self.is_frozen(left) =>
            {
                let result = self.binary(operator, left, right, at)?;
                let items = match result.kind {
                    Kind::Set(made) => match self.heap.cell(made) {
                        Cell::Set(items) => items.clone(),
                        _ => Vec::new(),
                    },
                    _ => result.as_unknown().map(Elem::Many).into_iter().collect(),
                };
                let (statement, control) = (self.statement, self.control.union(&right.deps));
                if let Cell::Set(place) = self.heap.change(*id, statement, &control) {
                    *place = items;
                }
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
            (Operator::BitOr, Kind::Extern(_) | Kind::Instance(_), Kind::Extern(_)) if self.are_classes(left, right) => {
                Ok(self.union_of(left, right))
            }
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
                self.sized(a.len() + b.len())?;
                // The parts are taken apart and put together again.
                self.burn((a.len() + b.len()) as u64 / 32)?;
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
            (_, Kind::Unknown(unknown), _) | (_, _, Kind::Unknown(unknown)) => {
                self.doubtful(unknown, at);
                Ok(self.unknown_of(&[left, right], at))
            }
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
                // The views that `keys()` and `items()` give are sets too, and make sets with anything that has elements.
                let on_views = matches!(operator, Operator::BitOr | Operator::BitAnd | Operator::BitXor | Operator::Sub)
                    && (is_set_view(left) || is_set_view(right));
                if on_views {
                    let mut sides = Vec::new();
                    for side in [left, right] {
                        let members = match self.members(side, at)? {
                            Ok(members) => members,
                            Err(unknown) => vec![Elem::Many(unknown)],
                        };
                        sides.push(self.set_of(members));
                    }
                    return self.set_operation(operator, &sides[0], &sides[1], at);
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
        self.burn(size as u64 / 32)
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
                Operator::Pow if a == 0 && b < 0 => {
                    Err(self.raise_on("ZeroDivisionError", "zero to a negative power", at, &[left, right]))
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
            Operator::FloorDiv => divided(a, b).0,
            Operator::Mod => divided(a, b).1,
            Operator::Pow if a == 0.0 && b < 0.0 => {
                return Err(self.raise_on("ZeroDivisionError", "zero to a negative power", at, &[left, right]));
            }
            Operator::Pow if a < 0.0 && b.fract() != 0.0 && b.is_finite() => {
                return Ok(Val::unknown(Why::Unsupported("a complex number".into()), Some(at)));
            }
            Operator::Pow if a.is_finite() && b.is_finite() && a.powf(b).is_infinite() => {
                return Err(self.raise_on("OverflowError", "the number is too large", at, &[left, right]));
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
                    // What may be in both is perhaps neither kept nor dropped: any number of unknowns covers it.
                    Elem::Perhaps(value, condition) => match this.among(others, value) {
                        Some(found) if found == wanted => kept.push(item.clone()),
                        Some(_) => {}
                        None => kept.push(Elem::Many(branch_unknown(condition))),
                    },
                    Elem::Many(_) => kept.push(item.clone()),
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
        Ok(if self.is_frozen(left) { self.frozen_set_of(items) } else { self.set_of(items) })
    }
}

/// Quotient and rest of two numbers, as `CPython` works them out (Objects/floatobject.c, `_float_div_mod`): the rest is exact,
/// and the quotient is made to fit it.
pub(super) fn divided(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (b < 0.0) != (rest < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(a / b), rest);
    }
    let whole = quotient.floor();
    (if quotient - whole > 0.5 { whole + 1.0 } else { whole }, rest)
}
