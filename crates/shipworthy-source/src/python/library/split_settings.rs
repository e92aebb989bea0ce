//! django-split-settings (1.3): `include(…)` runs other files in the settings' own namespace.

use std::rc::Rc;

use shipworthy_model::{Assumption, Region, Unknown, Why};

use super::{Library, no_attribute, path};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res, Stop};
use crate::python::object::{Deps, Id, Kind, Val};
use crate::python::operators::path_text;

pub(super) static LIBRARY: Library = Library { roots: &["split_settings"], call, attribute: no_attribute, methods: &[] };

const OPTIONAL: &str = "split_settings.tools._Optional";
const INCLUDED: &str = "__included_file__";
const ALL: &str = "__included_files__";

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    match name {
        "split_settings.tools.optional" => {
            let file = args.get(0, "filename").cloned().unwrap_or_else(|| Val::str(""));
            Some(Ok(interp.native_instance(OPTIONAL, vec![("file", file)])))
        }
        "split_settings.tools.include" => Some(include(interp, args, at).map(|()| Val::none())),
        _ => None,
    }
}

fn include(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<()> {
    let scope = match args.named("scope").filter(|scope| interp.truth(scope) != Some(false)) {
        Some(Val { kind: Kind::Module(space), .. }) => *space,
        // A dictionary of the project's own is nobody's settings.
        Some(_) => return Ok(()),
        None => interp.frame().globals,
    };
    if interp.lookup(scope, ALL).is_none() {
        let list = interp.list(Vec::new());
        interp.bind(scope, ALL, list);
    }
    for file in &args.pos {
        let (file, optional) = match interp.native_attribute(file, "file") {
            Some(inner) => (inner, true),
            None => (file.clone(), false),
        };
        let Some(pattern) = path_text(&file).map(str::to_owned) else {
            if let Some(unknown) = file.as_unknown() {
                interp.open_space(scope, &unknown);
            }
            continue;
        };
        if optional && pattern.is_empty() {
            continue;
        }
        let from = interp.lookup(scope, INCLUDED).or_else(|| interp.lookup(scope, "__file__"));
        let from = from.as_ref().and_then(Val::as_str).unwrap_or_default();
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let pattern = path::join_os(folder, &pattern);
        let files = matches(interp, &pattern)?;
        if files.is_empty() && !optional {
            missing(interp, scope, &pattern, at)?;
            continue;
        }
        let saved = interp.lookup(scope, INCLUDED).filter(|saved| interp.truth(saved) == Some(true));
        // Of several files the file system decides on the order.
        let deps = if files.len() > 1 {
            Deps::of(Assumption::World("settings files are included in the order of their names".into()))
        } else {
            Deps::default()
        };
        interp.under(&deps, |interp| files.iter().try_for_each(|file| run(interp, scope, file, at)))?;
        match saved {
            Some(saved) => interp.bind(scope, INCLUDED, saved),
            None => {
                interp.heap.space_mut(scope).names.shift_remove(INCLUDED);
            }
        }
    }
    Ok(())
}

/// The files of the project that a pattern names, by name.
fn matches(interp: &mut Interp<'_>, pattern: &str) -> Res<Vec<String>> {
    if !pattern.contains(['*', '?', '[']) {
        // A path with dots in it, or the path of a folder, names what it leads to.
        let path = path::normalise(pattern);
        let node = interp.tree_path(&path).map(|inner| interp.request.tree.node(inner));
        return Ok(if matches!(node, Some(crate::Node::File | crate::Node::Folder)) { vec![path] } else { Vec::new() });
    }
    let cut = pattern.find(['*', '?', '[']).unwrap_or(pattern.len());
    let base = pattern[..cut].rsplit_once('/').map_or("", |(folder, _)| folder);
    let rest = pattern.get(base.len()..).unwrap_or_default().to_owned();
    let found = interp.paths_matching(base, &rest)?.unwrap_or_default();
    Ok(found.iter().map(|path| interp.absolute_path(path)).collect())
}

/// A file that has to be there is not: it may be where the project is deployed.
fn missing(interp: &mut Interp<'_>, scope: Id, pattern: &str, at: Region) -> Res<()> {
    // Only the server has it, and what it sets there overrides all that was set so far.
    if pattern.starts_with('/') && interp.tree_path(pattern).is_none() {
        let why = Rc::new(Unknown::new(Why::File(pattern.into()), Some(at)));
        interp.lose_contents(&Val::new(Kind::Module(scope)), &why);
        interp.open_space(scope, &why);
        return Ok(());
    }
    let shown = interp.tree_path(pattern).unwrap_or(pattern).to_owned();
    let stop = interp.raise_plain("OSError", &format!("No such file: {shown}"), at);
    if interp.caught(&Val::external("builtins.OSError")) {
        return Err(stop);
    }
    if let Stop::Raise(raised) = stop {
        interp.uncaught(&raised, interp.undecided == 0);
    }
    interp.open_space(scope, &Rc::new(Unknown::new(Why::File(shown.into()), Some(at))));
    Ok(())
}

fn run(interp: &mut Interp<'_>, scope: Id, file: &str, at: Region) -> Res<()> {
    let Some(inner) = interp.tree_path(file).map(str::to_owned) else { return Ok(()) };
    let list = interp.lookup(scope, ALL).unwrap_or_else(Val::none);
    let name = Val::str(file);
    if interp.contains(&list, &name, at)? == Some(true) {
        return Ok(());
    }
    interp.call_method(&list, "append", Args::of(vec![name.clone()]), at)?;
    interp.bind(scope, INCLUDED, name);
    if interp.request.tree.node(&inner) == crate::Node::Folder {
        return Err(interp.raise_plain("IsADirectoryError", "a folder cannot be read as a file", at));
    }
    let module = interp.lookup(scope, "__name__");
    let module = module.as_ref().and_then(Val::as_str).unwrap_or_default().to_owned();
    interp.execute_module(&module, &inner, scope, at)
}
