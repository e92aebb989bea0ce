//! python-decouple (3.8): `config` reads variables, then `settings.ini` or `.env`.

mod csv;
mod ini;

use std::rc::Rc;

use shipworthy_model::{ArtifactId, Region, Unknown, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Kind, Val};
use crate::python::operators::path_text;

pub(super) static LIBRARY: Library = Library {
    roots: &["decouple"],
    call,
    attribute,
    methods: &[
        "AutoConfig.__init__",
        "AutoConfig.__call__",
        "Config.__init__",
        "Config.__call__",
        "Config.get",
        "Csv.__call__",
        "Choices.__call__",
        "RepositoryEnv.__contains__",
        "RepositoryIni.__contains__",
        "RepositorySecret.__contains__",
        "RepositoryEnv.__getitem__",
        "RepositoryIni.__getitem__",
        "RepositorySecret.__getitem__",
    ],
};

const MISSING: &str = "decouple.UndefinedValueError";
/// Where a repository keeps what it holds.
const DATA: &str = "*data*";

fn attribute(interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    match name {
        // One object for the whole process: the first call decides which file is read.
        "decouple.config" => {
            let config = interp.native_instance("decouple.AutoConfig", vec![("search_path", Val::none())]);
            interp.patch(name, config.clone());
            Some(config)
        }
        "decouple.DEFAULT_ENCODING" => Some(Val::str("UTF-8")),
        _ => None,
    }
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name.strip_prefix("decouple.")? {
        "AutoConfig" => {
            let path = args.get(0, "search_path").cloned().unwrap_or_else(Val::none);
            Ok(interp.native_instance(name, vec![("search_path", path)]))
        }
        "AutoConfig.__init__" => {
            let path = args.get(1, "search_path").cloned().unwrap_or_else(Val::none);
            interp.set_attribute(args.pos.first()?, "search_path", path, at).map(|()| Val::none())
        }
        "AutoConfig.__call__" => {
            let object = args.pos.first()?.clone();
            match repository_of(interp, &object, at) {
                Ok(repository) => get(interp, &repository, &args.rest(), at),
                Err(stop) => Err(stop),
            }
        }
        "Config" => {
            let repository = args.get(0, "repository")?.clone();
            Ok(interp.native_instance(name, vec![("repository", repository)]))
        }
        "Config.__init__" => {
            let repository = args.get(1, "repository")?.clone();
            interp.set_attribute(args.pos.first()?, "repository", repository, at).map(|()| Val::none())
        }
        "Config.__call__" | "Config.get" => {
            let repository = interp.native_attribute(args.pos.first()?, "repository")?;
            get(interp, &repository, &args.rest(), at)
        }
        "RepositoryEmpty" => {
            let data = interp.dict(Vec::new());
            Ok(interp.native_instance(name, vec![(DATA, data)]))
        }
        "RepositoryEnv" | "RepositoryIni" => {
            let path = args.get(0, "source")?.clone();
            match file(interp, &path, name == "decouple.RepositoryIni", at) {
                Ok(data) => Ok(interp.native_instance(name, vec![(DATA, data)])),
                Err(stop) => Err(stop),
            }
        }
        "RepositorySecret" => {
            let folder = args.get(0, "source").cloned().unwrap_or_else(|| Val::str("/run/secrets/"));
            let data = secrets(interp, &folder, at);
            Ok(interp.native_instance(name, vec![(DATA, data)]))
        }
        "RepositoryEnv.__contains__" | "RepositoryIni.__contains__" | "RepositorySecret.__contains__" => {
            let (object, key) = (args.pos.first()?.clone(), args.pos.get(1)?.clone());
            let variable = match interp.environ_contains(&key, at) {
                Ok(variable) => variable,
                Err(stop) => return Some(Err(stop)),
            };
            match (variable, held(interp, &object, &key)) {
                (Some(true), _) | (_, Ok(Some(_))) => Ok(Val::bool(true)),
                (Some(false), Ok(None)) => Ok(Val::bool(false)),
                (_, Err(unknown)) => Ok(unknown_value(&unknown)),
                (None, Ok(None)) => Ok(interp.unknown_of(&[&key], at)),
            }
        }
        "RepositoryEnv.__getitem__" | "RepositoryIni.__getitem__" | "RepositorySecret.__getitem__" => {
            let key = args.pos.get(1)?;
            match held(interp, args.pos.first()?, key) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => Err(interp.raise_on("KeyError", "the file has no such key", at, &[key])),
                Err(unknown) => Ok(unknown_value(&unknown)),
            }
        }
        "Csv" => {
            let part = |index: usize, name: &str, default: Val| args.get(index, name).cloned().unwrap_or(default);
            let attributes = vec![
                ("cast", part(0, "cast", Val::external("builtins.str"))),
                ("delimiter", part(1, "delimiter", Val::str(","))),
                ("strip", part(2, "strip", Val::str(" \t\n\r\u{b}\u{c}"))),
                ("post_process", part(3, "post_process", Val::external("builtins.list"))),
            ];
            Ok(interp.native_instance(name, attributes))
        }
        "Csv.__call__" => csv::split(interp, args.pos.first()?, args.pos.get(1)?, at),
        "Choices" => {
            let flat = args.get(0, "flat").cloned().unwrap_or_else(Val::none);
            let cast = args.get(1, "cast").cloned().unwrap_or_else(|| Val::external("builtins.str"));
            let choices = args.get(2, "choices").cloned().unwrap_or_else(Val::none);
            Ok(interp.native_instance(name, vec![("flat", flat), ("cast", cast), ("choices", choices)]))
        }
        "Choices.__call__" => csv::choose(interp, args.pos.first()?, args.pos.get(1)?, at),
        "strtobool" => {
            let value = args.pos.first()?.clone();
            boolean(interp, &value, at)
        }
        _ => return None,
    })
}

/// The repository of an `AutoConfig`: looked for when it is first called, and kept.
fn repository_of(interp: &mut Interp<'_>, object: &Val, at: Region) -> Res<Val> {
    if let Some(known) = interp.native_attribute(object, "*repository*") {
        return Ok(known);
    }
    let path = interp.native_attribute(object, "search_path").unwrap_or_else(Val::none);
    let start = match interp.truth(&path) {
        Some(true) => path_text(&path).map(str::to_owned).or_else(|| super::text_of(interp, &path)),
        _ => Some(interp.caller_folder()),
    };
    let found = match start {
        Some(start) => {
            let (start, deps) = interp.started_at(&start);
            find(interp, &start).map(|path| Val::str(path).with(&deps))
        }
        None => return Ok(interp.unknown_of(&[&path], at)),
    };
    let (class, data) = match found {
        Some(path) => {
            let is_ini = path.as_str().is_some_and(|path| path.ends_with("/settings.ini"));
            let class = if is_ini { "decouple.RepositoryIni" } else { "decouple.RepositoryEnv" };
            (class, file(interp, &path, is_ini, at)?)
        }
        None => ("decouple.RepositoryEmpty", interp.dict(Vec::new())),
    };
    let repository = interp.native_instance(class, vec![(DATA, data)]);
    interp.set_attribute(object, "*repository*", repository.clone(), at)?;
    Ok(repository)
}

/// `settings.ini` before `.env`, from a folder upwards.
fn find(interp: &Interp<'_>, start: &str) -> Option<String> {
    let mut folder = super::path::normalise(start);
    loop {
        for name in ["settings.ini", ".env"] {
            let path = format!("{folder}/{name}");
            if interp.tree_path(&path).is_some_and(|inner| interp.request.tree.node(inner) == crate::Node::File) {
                return Some(path);
            }
        }
        interp.tree_path(&folder)?;
        folder.truncate(folder.rfind('/')?);
    }
}

/// The dictionary of what a file holds.
fn file(interp: &mut Interp<'_>, path: &Val, is_ini: bool, at: Region) -> Res<Val> {
    let Some(text) = path_text(path).map(str::to_owned).or_else(|| super::text_of(interp, path)) else {
        return Ok(open_data(interp, &interp.unknown_of(&[path], at), at));
    };
    let (absolute, deps) = interp.started_at(&text);
    let Some((text, artifact)) = interp.project_text(&absolute) else {
        // Raises where somebody would catch it.
        let content = super::files::read_text(interp, &absolute, at)?;
        return Ok(open_data(interp, &content, at));
    };
    let artifact = artifact.unwrap_or(ArtifactId(0));
    let mut dict = Dict::default();
    if is_ini {
        match ini::section(&text, artifact, "settings") {
            Ok(entries) => {
                for (name, value, at) in entries {
                    dict.set_str(&name, Val::str(value).at(at));
                }
            }
            Err(ini::Trouble::Malformed(message)) => {
                return Err(interp.raise_with("configparser.Error", message, at, deps));
            }
            Err(ini::Trouble::Unsure) => {
                dict.rest = Some(Rc::new(Unknown::new(Why::Unsupported("this settings.ini".into()), Some(at))));
            }
        }
    } else {
        for (name, value, at) in lines(&text, artifact) {
            dict.set_str(&name, Val::str(value).at(at));
        }
    }
    Ok(interp.dict_of(dict).with(&deps).with(&path.deps))
}

/// A dictionary of which nothing is known.
fn open_data(interp: &mut Interp<'_>, why: &Val, at: Region) -> Val {
    let unknown = why.as_unknown().unwrap_or_else(|| Rc::new(Unknown::new(Why::Unsupported("this repository".into()), Some(at))));
    interp.dict_of(Dict { rest: Some(unknown), ..Dict::default() })
}

/// The assignments of a `.env` file, as this library reads them.
fn lines(text: &str, artifact: ArtifactId) -> Vec<(String, String, Region)> {
    let mut found = Vec::new();
    let mut start = 0;
    for raw in text.split(['\n', '\r']) {
        let line_start = start;
        start += raw.len() + 1;
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        let quoted = value.len() >= 2 && ['\'', '"'].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote));
        let inner = if quoted { &value[1..value.len() - 1] } else { value };
        // All of these are pieces of the raw line: their places are where they lie in it.
        let offset = line_start + (inner.as_ptr() as usize - raw.as_ptr() as usize);
        let at = Region::new(artifact, offset as u32, (offset + inner.len()) as u32);
        found.push((name.trim().to_owned(), inner.to_owned(), at));
    }
    found
}

/// Files that each hold one value.
fn secrets(interp: &mut Interp<'_>, folder: &Val, at: Region) -> Val {
    let listed = path_text(folder).map(super::path::normalise).and_then(|path| {
        let inner = interp.tree_path(&path)?.to_owned();
        interp.request.tree.list(&inner).map(|names| (path, names))
    });
    let Some((path, names)) = listed else {
        let shown = path_text(folder).unwrap_or("a folder").to_owned();
        return open_data(interp, &Val::unknown(Why::File(shown.into()), Some(at)), at);
    };
    let mut dict = Dict::default();
    for name in names {
        if let Some((text, artifact)) = interp.project_text(&format!("{path}/{name}")) {
            dict.set_str(&name, Val::str(text).at(artifact.map_or(at, Region::whole)));
        }
    }
    interp.dict_of(dict)
}

/// What a repository holds under a key.
fn held(interp: &Interp<'_>, repository: &Val, key: &Val) -> Result<Option<Val>, Rc<Unknown>> {
    let data = interp.native_attribute(repository, DATA);
    match (data, key.as_str()) {
        (Some(Val { kind: Kind::Dict(id), deps, .. }), Some(name)) => {
            let is_ini = interp.native_attribute(repository, "*ini*").is_some() || class_of(interp, repository).ends_with("Ini");
            let name = if is_ini { name.to_lowercase() } else { name.to_owned() };
            interp.dict_get(id, &Val::str(name)).map(|found| found.map(|value| value.with(&deps)))
        }
        (_, _) => Err(Rc::new(Unknown::new(Why::Unsupported("this repository".into()), key.at))),
    }
}

fn class_of(interp: &Interp<'_>, object: &Val) -> String {
    let Kind::Instance(id) = object.kind else { return String::new() };
    match interp.heap.cell(id) {
        Cell::Instance(class, _) => interp.native_class(class).map_or_else(String::new, |name| name.to_string()),
        _ => String::new(),
    }
}

/// `Config.get(option, default, cast)`.
fn get(interp: &mut Interp<'_>, repository: &Val, args: &Args, at: Region) -> Res<Val> {
    let Some(option) = args.get(0, "option").cloned() else { return Err(interp.wrong_arguments("get", at, args)) };
    let Some(name) = option.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[&option], at)) };
    let undefined = |value: &&Val| !matches!(&value.kind, Kind::Extern(name) if &**name == "decouple.undefined");
    let default = args.get(1, "default").filter(undefined).cloned();
    let cast = args.get(2, "cast").filter(undefined).cloned();
    let word = cast_word(interp, cast.as_ref());
    let value = match interp.environment(&name, word, default.as_ref(), default.is_none(), at) {
        EnvVar::Set(value) => value,
        EnvVar::Unknown(value) => return Ok(value),
        EnvVar::Unset(deps) => match (from_repository(interp, repository, &option, at)?, default) {
            (Some(value), _) => {
                interp.note_within(&name, value.at.unwrap_or(at));
                value.with(&deps)
            }
            (None, Some(default)) => default.or_at(at).with(&deps),
            (None, None) => {
                let message = format!("{name} not found. Declare it as envvar or define a default value.");
                return interp.missing_variable(&name, MISSING, &message, at);
            }
        },
    };
    let Some(cast) = cast else { return Ok(value) };
    interp.distribute(&value, &mut |interp, value| {
        if value.as_unknown().is_some() {
            return Ok(value.clone());
        }
        let cast_value = match &cast.kind {
            Kind::Extern(name) if &**name == "builtins.bool" => match interp.to_str(value) {
                Ok(text) if text.is_empty() => Val::bool(false),
                Ok(text) => boolean(interp, &Val::str(text).with(&value.deps), at)?,
                Err(_) => interp.unknown_of(&[value], at),
            },
            _ => interp.call_values(&cast, vec![value.clone()], at)?,
        };
        Ok(cast_value.or_at(value.at.unwrap_or(at)).with(&value.deps))
    })
}

/// What the repository has for an option. Repositories of the project's own are asked with `in` and `[]`.
fn from_repository(interp: &mut Interp<'_>, repository: &Val, option: &Val, at: Region) -> Res<Option<Val>> {
    if class_of(interp, repository).starts_with("decouple.") && interp.native_attribute(repository, DATA).is_some() {
        return Ok(held(interp, repository, option).unwrap_or_else(|unknown| Some(unknown_value(&unknown))));
    }
    Ok(match interp.contains(repository, option, at)? {
        Some(true) => Some(interp.subscript(repository, option, at)?),
        Some(false) => None,
        None => Some(interp.unknown_of(&[repository], at)),
    })
}

fn cast_word(interp: &Interp<'_>, cast: Option<&Val>) -> &'static str {
    match cast.map(|cast| &cast.kind) {
        Some(Kind::Extern(name)) => match &**name {
            "builtins.bool" => "bool",
            "builtins.int" => "int",
            "builtins.float" => "float",
            "builtins.list" => "list",
            "json.loads" => "json",
            "dj_database_url.parse" => "db_url",
            "dj_email_url.parse" => "email_url",
            _ => "str",
        },
        Some(Kind::Instance(_)) if cast.is_some_and(|cast| class_of(interp, cast) == "decouple.Csv") => "list",
        _ => "str",
    }
}

/// `strtobool`.
pub(super) fn boolean(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    match &value.kind {
        Kind::Bool(_) => Ok(value.clone()),
        Kind::Str(text) => match text.to_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(Val::bool(true)),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(Val::bool(false)),
            _ => Err(interp.raise_on("ValueError", "the value is neither true nor false", at, &[value])),
        },
        Kind::Unknown(_) | Kind::OneOf(_) => Ok(interp.unknown_of(&[value], at)),
        _ => Err(interp.raise_on("AttributeError", "only text is read as a truth value", at, &[value])),
    }
}
