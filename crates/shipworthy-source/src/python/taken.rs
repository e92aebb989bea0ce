//! Names that code or files nobody sees bind in the settings: what was made before stays, and rests on their not being it.

use std::rc::Rc;
use std::sync::Arc;

use shipworthy_model::{Assumption, Unknown, Why};

use super::heap::Cell;
use super::interp::{Interp, unknown_value};
use super::object::{Deps, Elem, Id, Kind, Val};
use super::unseen::is_a_place;

impl Interp<'_> {
    /// Names that nobody can see were bound over whatever was there. Where it can be told what binds them, that is taken
    /// to set none of what was made before, and each of those rests on it; where it cannot, they are lost.
    pub(super) fn open_space(&mut self, target: Id, unknown: &Rc<Unknown>) {
        if !self.takes_from(target, unknown) {
            self.lose_space(target, unknown);
        }
    }

    /// The same where nothing is left to be told.
    pub(super) fn lose_space(&mut self, target: Id, unknown: &Rc<Unknown>) {
        let space = self.heap.space_mut(target);
        for (name, binding) in &mut space.names {
            if super::is_setting_name(name) {
                // Each is an object of its own, as far as can be seen.
                binding.value = unknown_value(&Rc::new((**unknown).clone())).with(&binding.value.deps);
            }
        }
        space.lose(unknown.clone());
    }

    /// The same of code that was handed the namespace, if it is that of a module and the code has a name. Says whether.
    pub(super) fn takes_from(&mut self, target: Id, unknown: &Rc<Unknown>) -> bool {
        source_of(&unknown.why).is_some_and(|name| self.takes_from_source(target, name, unknown))
    }

    /// Notes that what has this name may bind any name in a namespace, if it is that of a module. Says whether.
    pub(super) fn takes_from_source(&mut self, target: Id, name: Arc<str>, unknown: &Rc<Unknown>) -> bool {
        if !self.is_module(target) {
            return false;
        }
        self.note_taken(target, &name, unknown);
        let silent = Deps::of(Assumption::Silent(name));
        let space = self.heap.space_mut(target);
        for (name, binding) in &mut space.names {
            if super::is_setting_name(name) && !is_a_place(name, &binding.value) {
                binding.value.deps = binding.value.deps.union(&silent);
            }
        }
        if space.open.is_none() {
            space.open = Some(unknown.clone());
            space.is_told = true;
        }
        true
    }

    /// Whether a value, or a part of it, comes from a source of this name.
    pub(super) fn is_made_of(&self, value: &Val, source: &str) -> bool {
        let is_it = |unknown: &Unknown| source_of(&unknown.why).is_some_and(|name| name.starts_with(source));
        let elements = match &value.kind {
            Kind::Unknown(unknown) => return is_it(unknown),
            Kind::OneOf(alternatives) => return alternatives.iter().any(|(_, value)| self.is_made_of(value, source)),
            Kind::Tuple(items) => items,
            Kind::List(id) => match self.heap.cell(*id) {
                Cell::List(items) => items,
                Cell::Set(_) | Cell::Dict(_) | Cell::Space(_) | Cell::Iter(..) | Cell::Class(_) | Cell::Instance(..) => {
                    return false;
                }
            },
            _ => return false,
        };
        elements.iter().any(|elem| matches!(elem, Elem::Many(unknown) if is_it(unknown)))
    }

    fn is_module(&self, space: Id) -> bool {
        self.heap.space(space).names.contains_key("__name__")
    }
}

/// What it is that binds names, in words that stand before "sets it".
fn source_of(why: &Why) -> Option<Arc<str>> {
    match why {
        Why::Import(name) => Some([".*", ".__file__"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).into()),
        Why::Call(name) | Why::File(name) | Why::Variable(name) => Some(name.clone()),
        // What it does not see because it does not follow may be all of the settings.
        Why::Random(_)
        | Why::Machine(_)
        | Why::Limit(_)
        | Why::Unsupported(_)
        | Why::Raises(_)
        | Why::Branch(_)
        | Why::Blank(_)
        | Why::Dump(_) => None,
    }
}
