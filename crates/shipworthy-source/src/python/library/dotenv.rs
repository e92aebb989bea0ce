//! python-dotenv (1.2): variables from `.env` files.

use shipworthy_model::{Assumption, Region};

use super::{Library, path};
use crate::dotenv;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Deps, Val};
use crate::python::operators::path_text;

pub(super) static LIBRARY: Library = Library { roots: &["dotenv"], call, attribute, methods: &[] };

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    let _ = (interp, at);
    Some(Val::external(format!("dotenv.{}", name.strip_prefix("dotenv.main.")?)))
}

/// The arguments of all the functions that read a file, by place, for `load_dotenv`.
const LOAD: [&str; 6] = ["dotenv_path", "stream", "verbose", "override", "interpolate", "encoding"];
const VALUES: [&str; 5] = ["dotenv_path", "stream", "verbose", "interpolate", "encoding"];

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if matches!(name, "dotenv.load_dotenv" | "dotenv.dotenv_values" | "dotenv.get_key")
        && let Some(why) = args.get(0, "dotenv_path").and_then(Val::as_unknown)
    {
        // Of a file that nobody knows anything may come.
        return Some(Ok(match name {
            "dotenv.load_dotenv" => {
                let environ = interp.environ;
                if let Cell::Dict(dict) = interp.heap.cell_mut(environ) {
                    dict.rest.get_or_insert(why.clone());
                }
                unknown_value(&why)
            }
            "dotenv.dotenv_values" => interp.dict_of(Dict { rest: Some(why), ..Dict::default() }),
            _ => unknown_value(&why),
        }));
    }
    Some(match name {
        "dotenv.load_dotenv" => load(interp, args, at),
        "dotenv.dotenv_values" => {
            let (entries, deps) = match read(interp, args, &VALUES, true, at) {
                Ok(read) => read,
                Err(stop) => return Some(Err(stop)),
            };
            let mut dict = Dict::default();
            for (name, value) in entries {
                dict.set_str(&name, value.unwrap_or_else(Val::none));
            }
            Ok(interp.dict_of(dict).with(&deps))
        }
        "dotenv.get_key" => {
            let (path, key) = (args.get(0, "dotenv_path")?.clone(), args.get(1, "key_to_get")?.as_str()?.to_owned());
            match read(interp, &Args::of(vec![path]), &VALUES, true, at) {
                Ok((entries, deps)) => {
                    let found = entries.into_iter().rev().find(|(name, _)| *name == key);
                    Ok(found.and_then(|(_, value)| value).unwrap_or_else(Val::none).with(&deps))
                }
                Err(stop) => Err(stop),
            }
        }
        "dotenv.find_dotenv" => {
            let name = match args.get(0, "filename") {
                Some(name) => name.as_str()?.to_owned(),
                None => ".env".to_owned(),
            };
            let in_folder = args.get(2, "usecwd").is_some_and(|flag| interp.truth(flag) != Some(false));
            match interp.find_upward(&name, in_folder) {
                Some((path, deps)) => Ok(Val::str(path).with(&deps)),
                None if args.get(1, "raise_error_if_not_found").is_some_and(|flag| interp.truth(flag) == Some(true)) => {
                    Err(interp.raise_plain("OSError", "File not found", at))
                }
                None => Ok(interp.assumed(&format!("there is no {name}"), Val::str(""))),
            }
        }
        _ => return None,
    })
}

fn load(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let disabled = interp.request.environment.variables.get("PYTHON_DOTENV_DISABLED");
    if disabled.is_some_and(|(text, _)| ["1", "true", "t", "yes", "y"].contains(&text.to_lowercase().as_str())) {
        return Ok(Val::bool(false));
    }
    let overwrite = match args.get(3, LOAD[3]) {
        Some(flag) => match interp.truth(flag) {
            Some(overwrite) => overwrite,
            None => return Ok(interp.unknown_of(&[flag], at)),
        },
        None => false,
    };
    let (entries, deps) = read(interp, args, &LOAD, overwrite, at)?;
    let some = !entries.is_empty();
    for (name, value) in entries {
        if let Some(value) = value {
            interp.environ_put(&name, value.with(&deps), overwrite, at)?;
        }
    }
    Ok(Val::bool(some).with(&deps))
}

type Entries = Vec<(String, Option<Val>)>;

/// What a file sets, in order, with references resolved; and what that rests on.
fn read(interp: &mut Interp<'_>, args: &Args, names: &[&str], overwrite: bool, at: Region) -> Res<(Entries, Deps)> {
    let argument = |name: &str| {
        let index = names.iter().position(|known| *known == name)?;
        args.get(index, name).filter(|value| !value.is_none())
    };
    let stream = argument("stream");
    let (text, artifact, deps) = match (argument("dotenv_path"), stream) {
        (Some(path), _) => {
            let Some(path) = path_text(path).map(str::to_owned).or_else(|| super::text_of(interp, path)) else {
                return Ok((Vec::new(), path.deps.clone()));
            };
            // An empty path is none.
            let (path, deps) = interp.started_at(&path);
            match interp.project_text(&path) {
                Some((text, artifact)) if !path.is_empty() => (text, artifact, deps),
                _ => return Ok((Vec::new(), absent(&path))),
            }
        }
        (None, Some(stream)) => match interp.native_attribute(stream, "*content*") {
            Some(content) => match content.as_str() {
                Some(text) => (text.to_owned(), None, content.deps.clone()),
                None => return Ok((Vec::new(), content.deps.clone())),
            },
            None => return Ok((Vec::new(), Deps::default())),
        },
        (None, None) => match interp.find_upward(".env", false) {
            Some((path, deps)) => match interp.project_text(&path) {
                Some((text, artifact)) => (text, artifact, deps),
                None => return Ok((Vec::new(), Deps::default())),
            },
            None => return Ok((Vec::new(), absent(".env"))),
        },
    };
    let interpolate = argument("interpolate").is_none_or(|flag| interp.truth(flag) != Some(false));
    let (assignments, _) = dotenv::read(&text, artifact.unwrap_or(shipworthy_model::ArtifactId(0)));
    let mut entries: Entries = Vec::new();
    for assignment in assignments {
        let place = if artifact.is_some() { assignment.at } else { at };
        let value = match &assignment.value {
            None => None,
            Some(value) => {
                let text = value.replace("\r\n", "\n");
                Some(if interpolate { resolved(interp, &text, &entries, overwrite, at)? } else { Val::str(text) }.at(place))
            }
        };
        match entries.iter_mut().find(|(name, _)| *name == *assignment.name) {
            Some((_, known)) => *known = value,
            None => entries.push((assignment.name.to_string(), value)),
        }
    }
    Ok((entries, deps))
}

fn absent(path: &str) -> Deps {
    Deps::of(Assumption::World(format!("{} does not exist", path.rsplit('/').next().unwrap_or(path)).into()))
}

/// Replaces `${NAME}` and `${NAME:-default}`.
fn resolved(interp: &mut Interp<'_>, value: &str, above: &Entries, overwrite: bool, at: Region) -> Res<Val> {
    let mut out = String::new();
    let mut deps = Deps::default();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else { break };
        let (name, default) = match inside[..end].split_once(':') {
            None => (&inside[..end], Some("")),
            Some((name, tail)) => (name, tail.strip_prefix('-')),
        };
        let Some(default) = default else {
            out.push_str(&rest[..start + end + 3]);
            rest = &inside[end + 1..];
            continue;
        };
        out.push_str(&rest[..start]);
        rest = &inside[end + 1..];
        let above = above.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let found = match (above, overwrite) {
            (Some(above), true) => above,
            (above, _) => match interp.environment(name, "str", None, false, at) {
                EnvVar::Set(value) => Some(value),
                EnvVar::Unknown(value) => return Ok(value),
                EnvVar::Unset(more) => {
                    deps = deps.union(&more);
                    above.unwrap_or_else(|| Some(Val::str(default)))
                }
            },
        };
        if let Some(found) = found {
            deps = deps.union(&found.deps);
            match found.as_str() {
                Some(text) => out.push_str(text),
                None => return Ok(interp.unknown_of(&[&found], at)),
            }
        }
        interp.sized(out.len())?;
    }
    out.push_str(rest);
    Ok(Val::str(out).with(&deps))
}

impl Interp<'_> {
    /// A path as the process sees it: relative ones start where it was started, which is taken to be the folder of
    /// `manage.py`.
    pub(in crate::python) fn started_at(&self, path: &str) -> (String, Deps) {
        if path.starts_with('/') || path.is_empty() {
            return (path.to_owned(), Deps::default());
        }
        let start = self.request.search_path.first().map_or("", String::as_str);
        let path = path::normalise(&format!("{}/{path}", self.absolute_path(start)));
        (path, Deps::of(Assumption::World("the process starts in the folder of manage.py".into())))
    }

    /// The nearest file of this name at or above the folder of the code that runs, or the one the process starts in.
    pub(in crate::python) fn find_upward(&self, name: &str, from_start: bool) -> Option<(String, Deps)> {
        let (mut folder, deps) = if from_start {
            let (path, deps) = self.started_at("x");
            (path.strip_suffix("/x").map(str::to_owned)?, deps)
        } else {
            (self.caller_folder(), Deps::default())
        };
        loop {
            let path = format!("{folder}/{name}");
            let inner = self.tree_path(&path)?;
            if self.request.tree.node(inner) == crate::Node::File {
                return Some((path, deps));
            }
            folder.truncate(folder.rfind('/')?);
        }
    }
}
