//! Settings from a URL in a variable: what dj-email-url and django-cache-url have in common.

use shipworthy_model::{Condition, Region};

use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

/// A library that reads one URL.
pub(super) struct UrlSettings {
    /// The module that is imported.
    pub(super) module: &'static str,
    /// The variable that is read unless another is named.
    pub(super) variable: &'static str,
    /// What the report calls such a variable.
    pub(super) cast: &'static str,
    /// The URL where the variable is not set and no other default is given.
    pub(super) default: Option<&'static str>,
    /// What a URL comes to.
    pub(super) parse: fn(&mut Interp<'_>, &Val, Region) -> Res<Val>,
}

impl UrlSettings {
    /// `MODULE.DEFAULT_ENV`.
    pub(super) fn attribute(&self, name: &str) -> Option<Val> {
        (name.strip_prefix(self.module)? == ".DEFAULT_ENV").then(|| Val::str(self.variable))
    }

    /// `MODULE.config(env, default)` and `MODULE.parse(url)`.
    pub(super) fn call(&self, interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
        Some(match name.strip_prefix(self.module)? {
            ".config" => self.config(interp, args, at),
            ".parse" => {
                let url = args.get(0, "url")?.clone();
                (self.parse)(interp, &url, at)
            }
            _ => return None,
        })
    }

    /// What a text that nobody knows comes to: an empty one gives nothing.
    fn perhaps(&self, interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
        let settings = (self.parse)(interp, value, at)?;
        if let Kind::Dict(id) = settings.kind
            && let Cell::Dict(dict) = interp.heap.cell_mut(id)
        {
            for slot in dict.entries.values_mut() {
                let condition =
                    || Condition { text: format!("{} gives something", self.variable).into(), at: Some(at), holds: true };
                slot.perhaps.get_or_insert_with(condition);
            }
        }
        Ok(settings)
    }

    fn config(&self, interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
        let variable = args.get(0, "env").cloned().unwrap_or_else(|| Val::str(self.variable));
        let Some(name) = variable.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[&variable], at)) };
        let default = args.get(1, "default").cloned().unwrap_or_else(|| self.default.map_or_else(Val::none, Val::str));
        let url = match interp.environment(&name, self.cast, Some(&default), false, at) {
            EnvVar::Set(value) => value,
            EnvVar::Unknown(value) => return self.perhaps(interp, &value, at),
            EnvVar::Unset(deps) => default.or_at(at).with(&deps),
        };
        interp.distribute(&url, &mut |interp, url| match interp.truth(url) {
            Some(true) => (self.parse)(interp, url, at),
            Some(false) => Ok(interp.dict(Vec::new()).with(&url.deps)),
            None => Ok(interp.unknown_of(&[url], at)),
        })
    }
}
