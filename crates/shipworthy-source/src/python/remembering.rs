//! Functions under `lru_cache`: the same arguments give the same object again, whatever has changed since.

use shipworthy_model::Region;

use super::call::Args;
use super::heap::{Cell, Delta, Dict};
use super::interp::{Interp, Res};
use super::object::{Deps, Id, Kind, Val};

impl Interp<'_> {
    /// The function that `lru_cache` makes of one.
    pub(super) fn remembering(&mut self, function: u32) -> Val {
        let mut made = self.functions[function as usize].clone();
        made.results = Some(self.heap.new_cell(Cell::Dict(Dict::default())));
        self.functions.push(made);
        Val::new(Kind::Function(self.functions.len() as u32 - 1))
    }

    pub(super) fn call_remembering(&mut self, id: u32, results: Id, args: Args, at: Region) -> Res<Val> {
        let named = args.kw.iter().flat_map(|(name, value)| [Val::str(name.clone()), value.clone()]);
        let all = args.pos.iter().cloned().chain(named);
        // What stands between positional and named arguments is their number.
        let key = Val::tuple(std::iter::once(Val::int(args.pos.len() as i128)).chain(all).collect());
        if args.open.is_some() || self.key(&key).is_none() {
            return self.run_function(id, args, None, at);
        }
        let known = match self.heap.cell(results) {
            Cell::Dict(dict) => {
                self.key(&key).and_then(|key| dict.entries.get(&key)).map(|slot| (slot.value.clone(), slot.perhaps.clone()))
            }
            _ => None,
        };
        let value = match known {
            Some((value, None)) => return Ok(self.with_contents_deps(value)),
            Some((value, Some(condition))) => {
                let run = &mut |this: &mut Self| this.run_function(id, args.clone(), None, at);
                let (made, delta) = self.try_side(&Deps::default(), run)?;
                match made {
                    Ok(made) => {
                        self.join(Delta::default(), delta, &condition);
                        self.join_values(value, made, &condition)
                    }
                    Err(raised) => {
                        self.suspend(Err(raised), delta, super::object::negated(&condition));
                        value
                    }
                }
            }
            None => self.run_function(id, args, None, at)?,
        };
        self.dict_insert(results, &key, value.clone(), at)?;
        Ok(value)
    }
}
