//! Objects that unknown names may lead to: what a change through such a name leaves of them.

use std::rc::Rc;

use rustc_hash::FxHashSet;
use shipworthy_model::Unknown;

use super::heap::Cell;
use super::interp::{Interp, Res};
use super::object::{Elem, Id, Kind, Val};

impl Interp<'_> {
    /// An unknown list is changed by one of its names: what others added to shows that too.
    pub(super) fn changes_unknown(&mut self, unknown: &Rc<Unknown>, adds: bool) -> Res<()> {
        self.changes_hidden(unknown)?;
        // Where names were lost, any unknown may be what any of them was bound to. Where paths were joined, alike unknowns
        // became one: what is added may be added to either.
        let lost = !self.hidden.is_empty();
        let is_same = |known: &Rc<Unknown>| lost || Rc::ptr_eq(known, unknown) || (adds && known == unknown);
        let lists: Vec<_> = self.grown.iter().filter(|(known, _)| is_same(known)).map(|(_, id)| *id).collect();
        for id in lists {
            if adds {
                let (statement, control) = (self.statement, self.control.clone());
                if let Cell::List(items) = self.heap.change(id, statement, &control) {
                    items.push(Elem::Many(unknown.clone()));
                }
            } else {
                self.lose_contents(&Val::new(Kind::List(id)), unknown);
            }
        }
        Ok(())
    }

    /// Something unknown is changed, which may be any object that a lost name was bound to.
    pub(super) fn changes_hidden(&mut self, unknown: &Rc<Unknown>) -> Res<()> {
        self.burn(self.hidden.len() as u64)?;
        for value in self.hidden.clone() {
            self.lose_contents(&value, unknown);
        }
        Ok(())
    }

    /// The names of a namespace are about to be lost: its objects may have further names, and the lost ones may change them.
    pub(super) fn hide(&mut self, space: Id, why: &Rc<Unknown>) {
        let names = self.heap.space(space).names.values();
        let mut left: Vec<Val> =
            names.filter(|binding| may_change(&binding.value)).map(|binding| binding.value.clone()).collect();
        if left.is_empty() {
            return;
        }
        let mut seen: FxHashSet<(bool, u32)> = self.hidden.iter().filter_map(identity).collect();
        let mut functions = Vec::new();
        while let Some(value) = left.pop() {
            if identity(&value).is_some_and(|identity| !seen.insert(identity)) {
                continue;
            }
            match &value.kind {
                Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => {
                    match self.heap.cell(*id) {
                        Cell::List(items) | Cell::Set(items) => left.extend(items.iter().filter_map(known)),
                        Cell::Dict(dict) => left.extend(dict.entries.values().map(|slot| slot.value.clone())),
                        Cell::Space(_) | Cell::Iter(..) | Cell::Class(_) | Cell::Instance(..) => {}
                    }
                    self.hidden.push(value);
                }
                Kind::Function(_) => {
                    functions.push(value.clone());
                    self.hidden.push(value);
                }
                Kind::Tuple(items) => left.extend(items.iter().filter_map(known)),
                Kind::OneOf(alternatives) => left.extend(alternatives.iter().map(|(_, value)| value.clone())),
                _ => {}
            }
        }
        if !functions.is_empty() {
            self.wrapped.push((why.clone(), functions));
        }
    }
}

/// Which container or function a value is.
fn identity(value: &Val) -> Option<(bool, u32)> {
    match value.kind {
        Kind::List(id) | Kind::Set(id) | Kind::Dict(id) => Some((true, id)),
        Kind::Function(id) => Some((false, id)),
        _ => None,
    }
}

fn may_change(value: &Val) -> bool {
    identity(value).is_some() || matches!(value.kind, Kind::Tuple(_) | Kind::OneOf(_))
}

fn known(elem: &Elem) -> Option<Val> {
    match elem {
        Elem::One(value) | Elem::Perhaps(value, _) => Some(value.clone()),
        Elem::Many(_) => None,
    }
}
