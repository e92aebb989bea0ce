//! `from MODULE import NAME`: names, submodules, and modules that are not there.

use std::sync::Arc;

use shipworthy_model::{Assumption, Region, Why};

use super::exceptions::speaks_of;
use super::interp::{FrameKind, Interp, Raised, Res, Stop, unknown_value};
use super::module_names::{is_of_the_deployment, is_removed};
use super::modules::Found;
use super::object::{Deps, Id, Kind, Val};

impl Interp<'_> {
    /// A module that is not there, of which the importing one uses no name: it is imported for what it does to the settings,
    /// and its name says that it is one that each deployment writes.
    pub(super) fn import_for_effect(&mut self, name: &str, at: Region) -> Res<Option<Val>> {
        let bound = name.rsplit('.').next().unwrap_or(name);
        if !is_of_the_deployment(bound) || self.frames.last().is_none_or(|frame| !matches!(frame.kind, FrameKind::Module)) {
            return Ok(None);
        }
        let uses = {
            let text = &self.source().text;
            let import = text.get(at.start as usize..).map_or(0, |rest| rest.find('\n').unwrap_or(rest.len()));
            let rest = text.get(at.start as usize + import..).unwrap_or_default();
            rest.lines().any(|line| !line.trim_start().starts_with('#') && speaks_of(line, bound))
        };
        if uses {
            return Ok(None);
        }
        self.needs_module(name, at)?;
        let module = self.needed_module(name);
        if module.is_some() {
            let target = self.frame().globals;
            self.import_star_unseen(target, name, at);
        }
        Ok(module)
    }

    /// `from MODULE import NAME`.
    pub(super) fn import_member(&mut self, module: &Val, module_name: &str, name: &str, at: Region) -> Res<Val> {
        match &module.kind {
            Kind::Module(space) => {
                let space = *space;
                self.lookup_or(space, name, &mut |this| {
                    if let Some(value) = this.submodule(space, name, at)? {
                        return Ok(value);
                    }
                    if let Some(open) = &this.heap.space(space).open {
                        return Ok(unknown_value(open));
                    }
                    if let Some(value) = this.behind(space, name, at) {
                        return Ok(value);
                    }
                    let message = format!("{module_name} has no name {name}");
                    // What a package of the project lacks is a module that is not there, rather than a name.
                    let module = this.lookup(space, "__path__").map(|_| format!("{module_name}.{name}"));
                    if let Some(missing) = module.filter(|missing| matches!(this.find(missing), Found::Missing)) {
                        if let Some(module) = this.needed_module(&missing) {
                            return Ok(module);
                        }
                        let exception = Val::external("builtins.ImportError");
                        if this.caught(&exception) {
                            let (deps, wants) = (absence_of(&missing), Some(missing.as_str().into()));
                            return Err(Stop::Raise(Box::new(Raised { exception, message, at, deps, wants })));
                        }
                        if let Some(module) = this.import_for_effect(&missing, at)? {
                            return Ok(module);
                        }
                    }
                    if let Some(getter) = this.lookup(space, "__getattr__") {
                        return this.call_values(&getter, vec![Val::str(name)], at);
                    }
                    Err(this.raise_plain("ImportError", &message, at))
                })
            }
            Kind::Extern(dotted) => {
                let dotted = dotted.clone();
                if self.request.django.at_least(4, 0) && is_removed(&format!("{dotted}.{name}")) {
                    let message = format!("this version of Django has no {dotted}.{name}");
                    return Err(self.raise_plain("ImportError", &message, at));
                }
                Ok(self.extern_attribute(&dotted, name, at))
            }
            _ => {
                let dotted: Arc<str> = format!("{module_name}.{name}").into();
                Ok(Val::unknown(Why::Import(dotted), Some(at)))
            }
        }
    }

    /// A submodule asked for as an attribute of its package.
    pub(super) fn submodule(&mut self, space: Id, name: &str, at: Region) -> Res<Option<Val>> {
        let Some(package) = self.lookup(space, "__name__") else { return Ok(None) };
        let Some(package) = package.as_str().map(str::to_owned) else { return Ok(None) };
        if !self.modules.contains_key(&*package) {
            return Ok(None);
        }
        let dotted = format!("{package}.{name}");
        match self.find(&dotted) {
            Found::File(_) | Found::Folder(_) => self.import(&dotted, at).map(Some),
            Found::Missing | Found::Outside => Ok(None),
        }
    }
}

/// What hangs on it that a module of the project is not there. Where the project is deployed it may be, unless it is a test's.
pub(super) fn absence_of(name: &str) -> Deps {
    Deps::of(if crate::stage::Stage::is_test(name) {
        Assumption::World(format!("there is no module {name}").into())
    } else {
        Assumption::Absent(name.into())
    })
}
