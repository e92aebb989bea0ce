//! `environ.Path`: paths as absolute text, with `+`, `-` and calls.

use std::rc::Rc;

use ruff_python_ast::Operator;
use shipworthy_model::{Region, Why};

use super::super::path::{join_os, normalise};
use super::{IMPROPER, unsure};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};
use crate::python::operators::path_text;

pub(super) const CLASS: &str = "environ.Path";

fn root(interp: &Interp<'_>, value: &Val) -> Option<String> {
    interp.native_attribute(value, "*root*")?.as_str().map(str::to_owned)
}

fn is_path(interp: &Interp<'_>, value: &Val) -> bool {
    let Kind::Instance(id) = value.kind else { return false };
    matches!(interp.heap.cell(id), Cell::Instance(class, _) if interp.native_class(class).is_some_and(|name| &*name == CLASS))
}

pub(super) fn attribute(interp: &Interp<'_>, object: &Val, name: &str) -> Option<Val> {
    match name {
        "root" | "__root__" => interp.native_attribute(object, "*root*"),
        _ => None,
    }
}

/// The text that `str()` gives for a path.
pub(in crate::python::library) fn text(interp: &Interp<'_>, object: &Val) -> Option<String> {
    if is_path(interp, object) { root(interp, object) } else { None }
}

pub(super) fn call(interp: &mut Interp<'_>, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if method == "new" {
        return Some(made(interp, args, at));
    }
    let path = args.pos.first().filter(|value| is_path(interp, value))?.clone();
    if method == "__init__" {
        let text = match joined(interp, &args.rest(), at) {
            Ok(text) => text,
            Err(stop) => return Some(Err(stop)),
        };
        let Kind::Instance(id) = path.kind else { return None };
        let Cell::Instance(_, space) = interp.heap.cell(id) else { return None };
        let space = *space;
        interp.bind(space, "*root*", text);
        return Some(Ok(Val::none()));
    }
    let base = interp.native_attribute(&path, "*root*")?;
    Some(match method {
        "__call__" | "path" => {
            let mut all = args.clone();
            all.pos[0] = base;
            if method == "path" { made(interp, &all, at) } else { joined(interp, &all, at) }
        }
        "__str__" | "__fspath__" => Ok(base),
        "rfind" | "find" => interp.call_method(&base, method, args.rest(), at),
        "__getitem__" => {
            let key = args.pos.get(1)?.clone();
            interp.subscript(&base, &key, at)
        }
        "file" => {
            let mut all = args.rest();
            let name = Args::of(vec![base, all.pos.first()?.clone()]);
            match joined(interp, &name, at) {
                Ok(file) => {
                    all.pos[0] = file;
                    super::super::files::open(interp, &all, at)
                }
                Err(stop) => Err(stop),
            }
        }
        _ => return None,
    })
}

fn made(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let root = joined(interp, args, at)?;
    Ok(interp.native_instance(CLASS, vec![("*root*", root)]))
}

/// `_absolute_join`: the absolute path of several parts.
fn joined(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let on = |interp: &Interp<'_>, name: &str| args.named(name).is_some_and(|flag| interp.truth(flag) != Some(false));
    let mut text = String::new();
    let start = Val::str("");
    let parts = if args.pos.is_empty() { vec![&start] } else { args.pos.iter().collect() };
    for (index, part) in parts.iter().enumerate() {
        let Some(part) = path_text(part).map(str::to_owned).or_else(|| root(interp, part)) else {
            return Ok(interp.unknown_of(&[part], at));
        };
        if index == 0 {
            text = if on(interp, "is_file") {
                part.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
            } else {
                part
            };
        } else {
            text = join_os(&text, &part);
        }
    }
    if !text.starts_with('/') {
        return Ok(Val::unknown(Why::Machine("the working directory".into()), Some(at)));
    }
    let text = normalise(&text);
    if on(interp, "required") {
        let there = interp.call_values(&Val::external("os.path.exists"), vec![Val::str(text.as_str())], at)?;
        if interp.truth(&there) == Some(false) {
            let message = format!("Create required path: {text}");
            return Err(interp.raise_with(IMPROPER, &message, at, there.deps));
        }
    }
    Ok(Val::str(text).at(at))
}

/// `path + "x"`, `path - 2`, `path - "x"`; `None` where the left side is no such path.
pub(in crate::python::library) fn binary(
    interp: &mut Interp<'_>,
    operator: Operator,
    left: &Val,
    right: &Val,
    at: Region,
) -> Option<Res<Val>> {
    if !is_path(interp, left) {
        return None;
    }
    let base = interp.native_attribute(left, "*root*")?;
    Some(match (operator, &right.kind) {
        (Operator::Add, _) => made(interp, &Args::of(vec![base, right.clone()]), at),
        (Operator::Sub, Kind::Int(levels)) => {
            let up = "../".repeat(usize::try_from(*levels).unwrap_or(0).min(200));
            made(interp, &Args::of(vec![base, Val::str(up)]), at)
        }
        (Operator::Sub, Kind::Str(tail)) => match base.as_str() {
            // `rstrip` takes the text for a set of characters.
            Some(text) if text.ends_with(&**tail) => {
                let text: Rc<str> = text.trim_end_matches(|c| tail.contains(c)).into();
                made(interp, &Args::of(vec![Val::str(text)]), at)
            }
            _ => Ok(unsure("this subtraction", at)),
        },
        _ => Ok(interp.unknown_of(&[&base, right], at)),
    })
}
