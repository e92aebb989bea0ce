//! What reads into a parser: files of the project, text, and files that nobody sees.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Parser, text};
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};
use crate::python::operators::path_text;

impl Parser {
    pub(super) fn read(&self, interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
        let Some(names) = args.get(0, "filenames").cloned() else { return Err(interp.wrong_arguments("read", at, args)) };
        let names = match &names.kind {
            Kind::Str(_) | Kind::Path(_) => vec![names],
            _ => {
                if let Some(names) = interp.certain_elements(&names, at)? {
                    names
                } else {
                    self.forget(interp, &names, at);
                    return Ok(interp.unknown_of(&[&names], at));
                }
            }
        };
        let mut read = Vec::new();
        for name in names {
            let Some(path) = path_text(&name).map(str::to_owned) else {
                self.forget(interp, &name, at);
                return Ok(interp.unknown_of(&[&name], at));
            };
            let there = super::super::files::is_there(interp, &path, at);
            match there.kind {
                // A file that is not there is passed over, unless loading turned out to need it.
                Kind::Bool(false) => match interp.needed_file(&there.deps) {
                    Some(needed) => {
                        let why = Val::unknown(Why::File(needed), Some(at));
                        self.forget(interp, &why, at);
                        read.push(Val::str(path));
                    }
                    None => interp.heap.depend(self.sections, &there.deps),
                },
                Kind::Bool(true) => {
                    let content = super::super::files::read_text(interp, &path, at)?;
                    self.read_text(interp, &content, at)?;
                    read.push(Val::str(path));
                }
                _ => {
                    let why = Val::unknown(Why::File(path.as_str().into()), Some(at));
                    self.forget(interp, &why, at);
                    return Ok(why);
                }
            }
        }
        Ok(interp.list(read))
    }

    /// Something nobody sees was read: every option may be another.
    pub(super) fn forget(&self, interp: &mut Interp<'_>, what: &Val, at: Region) {
        let why = interp
            .unknown_of(&[what], at)
            .as_unknown()
            .unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("a parser's file".into()), Some(at))));
        interp.lose_contents(&Val::new(Kind::Dict(self.sections)), &why);
        interp.lose_contents(&Val::new(Kind::Dict(self.defaults)), &why);
    }

    pub(super) fn read_text(&self, interp: &mut Interp<'_>, content: &Val, at: Region) -> Res<()> {
        let Some(text) = content.as_str() else {
            self.forget(interp, content, at);
            return Ok(());
        };
        interp.sized(text.len())?;
        let parsed = match text::parse(text, self.bare) {
            Ok(parsed) => parsed,
            Err(class) => {
                return Err(interp.raise_with(
                    &format!("configparser.{class}"),
                    "the text is no INI file",
                    at,
                    content.deps.clone(),
                ));
            }
        };
        for (section, options) in parsed {
            let id = if section == "DEFAULT" {
                self.defaults
            } else {
                let name = Val::str(section.as_str());
                if let Ok(Some(Val { kind: Kind::Dict(id), .. })) = interp.dict_get(self.sections, &name) {
                    id
                } else {
                    let made = interp.dict_of(Dict::default());
                    interp.dict_insert(self.sections, &name, made.clone(), at)?;
                    let Kind::Dict(id) = made.kind else { continue };
                    id
                }
            };
            for (option, value) in options {
                let value = value.map_or_else(Val::none, Val::str).with(&content.deps).at(content.at.unwrap_or(at));
                interp.dict_insert(id, &Val::str(option), value, at)?;
            }
        }
        Ok(())
    }
}
