//! `Env.read_env`: an env file, looked for from a folder upwards.

use shipworthy_model::{Region, Why};

use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Kind, Val};
use crate::python::operators::path_text;

/// `env.read_env(path, recurse, override)`. Without an `Env`, releases before 15 are meant.
pub(super) fn read_env(interp: &mut Interp<'_>, env: Option<&Val>, args: &Args, at: Region) -> Res<Val> {
    let flag = |interp: &Interp<'_>, index: usize, name: &str, default: bool| {
        args.get(index, name).map_or(default, |flag| interp.truth(flag).unwrap_or(default))
    };
    let recurse = flag(interp, 1, "recurse", true);
    let overwrite = flag(interp, 3, "override", false);
    let (start, deps) = match args.get(0, "path").filter(|path| !path.is_none()) {
        None => (format!("{}/.env", interp.caller_folder()), Deps::default()),
        Some(path) => match path_text(path) {
            Some(text) => interp.started_at(&super::super::path::normalise(text)),
            None => return Ok(interp.unknown_of(&[path], at)),
        },
    };
    let (mut folder, name) = match start.rsplit_once('/') {
        Some((folder, name)) => (folder.to_owned(), name.to_owned()),
        None => return Ok(Val::bool(false)),
    };
    let found = loop {
        let path = format!("{folder}/{name}");
        match interp.tree_path(&path).map(|inner| interp.request.tree.node(inner)) {
            Some(crate::Node::File) => break Some(path),
            Some(_) if recurse => {}
            _ => break None,
        }
        match folder.rfind('/') {
            Some(slash) => folder.truncate(slash),
            None => break None,
        }
    };
    let Some(path) = found else {
        return Ok(interp.assumed(&format!("there is no {name}"), Val::bool(false)));
    };
    let values = interp.call_extern(&"dotenv.dotenv_values".into(), Args::of(vec![Val::str(path)]), at)?;
    let (Kind::Dict(from), Some(env)) = (&values.kind, env) else {
        // Into the environment, as the class method did.
        if let Kind::Dict(from) = values.kind
            && let Cell::Dict(dict) = interp.heap.cell(from).clone()
        {
            for slot in dict.entries.values() {
                if let Some(name) = slot.key.as_str() {
                    interp.environ_put(name, slot.value.clone().with(&deps), overwrite, at)?;
                }
            }
        }
        return Ok(Val::bool(true));
    };
    let Some(Val { kind: Kind::Dict(own), .. }) = interp.native_attribute(env, "_environ") else { return Ok(Val::bool(true)) };
    let Cell::Dict(dict) = interp.heap.cell(*from).clone() else { return Ok(Val::bool(true)) };
    for slot in dict.entries.values().filter(|slot| !slot.value.is_none()) {
        let known = matches!(interp.dict_get(own, &slot.key), Ok(Some(_)));
        if overwrite || !known {
            interp.dict_insert(own, &slot.key, slot.value.clone().with(&deps), at)?;
        }
        if let Some(name) = slot.key.as_str().map(str::to_owned) {
            let why = format!("{name} in os.environ, which not every release of environs sets");
            let mark = Val::unknown(Why::Unsupported(why.into()), Some(at));
            interp.environ_put(&name, mark, false, at)?;
        }
    }
    Ok(Val::bool(true).with(&deps))
}
