//! `from MODULE import *`: the names that it brings, and what it may bring that nobody sees.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::heap::Space;
use super::interp::Interp;
use super::module_names::is_stdlib;
use super::object::{Elem, Id, Kind, Val};

impl Interp<'_> {
    /// `from MODULE import *`.
    #[allow(clippy::assigning_clones, reason = "the text borrows from what is assigned to")]
    pub(super) fn import_star(&mut self, module: &Val, name: &str, at: Region) {
        let target = self.frame().locals;
        match &module.kind {
            _ if binds_its_own(name) => {
                self.heap.space_mut(target).behind.get_or_insert(name.into());
            }
            Kind::Module(_) if self.needed.contains_key(name) => self.import_star_unseen(target, name, at),
            Kind::Module(space) => {
                let exported = self.exported_names(*space);
                let from: Space = self.heap.space(*space).clone();
                // What the module took from where nobody can see was there before what it bound by itself.
                match &from.open {
                    Some(open) if from.is_told => self.open_space(target, open),
                    Some(open) => self.lose_space(target, open),
                    None => {}
                }
                for (name, binding) in from.names {
                    let wanted = match &exported {
                        Some(exported) => exported.iter().any(|export| **export == *name),
                        None => !name.starts_with('_'),
                    };
                    if !wanted {
                        continue;
                    }
                    // The story of a name goes on across the import.
                    let mut binding = binding;
                    binding.value = binding.value.with(&self.control.clone());
                    if let Some(condition) = &binding.perhaps
                        && let Some(old) = self.heap.space(target).names.get(&name)
                    {
                        binding.value = self.join_values(binding.value.clone(), old.value.clone(), condition);
                        binding.perhaps = old.perhaps.clone();
                    }
                    self.heap.space_mut(target).names.insert(name, binding);
                }
                if let Some(module) = from.behind {
                    self.heap.space_mut(target).behind.get_or_insert(module);
                }
            }
            Kind::Extern(dotted) => {
                if let Some(names) = super::library::star(dotted, self.request.django) {
                    for (name, value) in names {
                        self.bind(target, &name, value);
                    }
                } else if !is_stdlib(dotted) && !super::library::is_modelled(dotted) {
                    let unknown = Rc::new(Unknown::new(Why::Import(format!("{dotted}.*").into()), Some(at)));
                    self.open_space(target, &unknown);
                }
            }
            _ => {
                let unknown = module.as_unknown().filter(|unknown| !matches!(unknown.why, Why::Import(_)));
                let unknown = unknown.unwrap_or_else(|| Rc::new(Unknown::new(Why::Import(format!("{name}.*").into()), Some(at))));
                self.open_space(target, &unknown);
            }
        }
    }

    fn exported_names(&mut self, space: Id) -> Option<Vec<Rc<str>>> {
        let all = self.lookup(space, "__all__")?;
        let at = all.at.unwrap_or(self.statement);
        let elements = self.members(&all, at).ok()?.ok()?;
        elements
            .iter()
            .map(|elem| match elem {
                Elem::One(Val { kind: Kind::Str(name), .. }) => Some(name.clone()),
                Elem::One(_) | Elem::Perhaps(..) | Elem::Many(_) => None,
            })
            .collect()
    }
}

/// Whether a module outside of the project is known to bind no names but settings of its own package.
fn binds_its_own(module: &str) -> bool {
    // All of the first begin with `OSCAR_`; the other binds `SOCIAL_AUTH_PIPELINE`.
    ["oscar.defaults", "helusers.defaults"].contains(&module)
}
