//! Loops of which nobody knows how often they run: what one round changes, any number of rounds may have changed.

use std::rc::Rc;

use shipworthy_model::{Condition, Unknown};

use super::heap::{Cell, Stored};
use super::interp::{Flow, Interp, Res, unknown_value};
use super::object::{Deps, Elem, Id, branch_unknown};

impl Interp<'_> {
    /// Runs a loop's body an unknown number of times: whatever it changes becomes unknown, whatever it adds is any
    /// number of unknown elements.
    pub(super) fn any_number_of_times(
        &mut self,
        condition: &Condition,
        deps: &Deps,
        body: &mut dyn FnMut(&mut Self) -> Res<Flow>,
    ) -> Res<Flow> {
        self.heap.begin();
        for _ in 0..2 {
            match self.fork(condition, deps, body, &mut |_| Ok(Flow::Normal)) {
                Ok(Flow::Normal) => {}
                stopped => {
                    self.heap.commit();
                    return stopped;
                }
            }
        }
        let delta = self.heap.undo();
        let why = branch_unknown(condition);
        let widened = delta.into_iter().map(|(id, after)| (id, self.widen(id, after, &why))).collect();
        self.heap.apply(widened);
        Ok(Flow::Normal)
    }

    fn widen(&self, id: Id, after: Stored, why: &Rc<Unknown>) -> Stored {
        let cell = match (self.heap.cell(id), Rc::unwrap_or_clone(after.cell)) {
            (Cell::List(before), Cell::List(after)) => Cell::List(self.widen_elements(before, after, why)),
            (Cell::Set(before), Cell::Set(after)) => Cell::Set(self.widen_elements(before, after, why)),
            (Cell::Dict(before), Cell::Dict(mut after)) => {
                let grown = after.entries.keys().any(|key| !before.entries.contains_key(key));
                for (key, slot) in &mut after.entries {
                    let unchanged = before.entries.get(key).is_some_and(|old| self.same(&old.value, &slot.value));
                    if !unchanged {
                        slot.value = unknown_value(why);
                    }
                }
                if grown {
                    after.rest.get_or_insert(why.clone());
                }
                Cell::Dict(after)
            }
            (Cell::Space(before), Cell::Space(mut after)) => {
                for (name, binding) in &mut after.names {
                    let unchanged = before.names.get(name).is_some_and(|old| self.same(&old.value, &binding.value));
                    if !unchanged {
                        binding.value = unknown_value(why);
                    }
                }
                Cell::Space(after)
            }
            (_, Cell::Iter(..)) => Cell::Iter(vec![Elem::Many(why.clone())], 0),
            (_, after) => after,
        };
        Stored { cell: Rc::new(cell), log: after.log, deps: after.deps }
    }

    fn widen_elements(&self, before: &[Elem], after: Vec<Elem>, why: &Rc<Unknown>) -> Vec<Elem> {
        let prefix = before.iter().zip(&after).take_while(|(a, b)| self.same_elem(a, b)).count();
        if prefix == before.len() && prefix == after.len() {
            return after;
        }
        let mut widened: Vec<Elem> = after[..prefix].to_vec();
        widened.push(Elem::Many(why.clone()));
        let kept = (before.len() - prefix).min(after.len() - prefix);
        let suffix = before.iter().rev().zip(after.iter().rev()).take(kept).take_while(|(a, b)| self.same_elem(a, b)).count();
        widened.extend(after[after.len() - suffix..].iter().cloned());
        widened
    }
}
