//! Modules and code as values: `types.ModuleType`, `importlib.util`, `runpy`, `inspect.getmembers`, `contextlib`, `logging`.

use std::rc::Rc;

use shipworthy_model::Region;

use super::{Library, no_attribute};
use crate::Node;
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Elem, Id, Kind, Val};
use crate::python::operators::path_text;

pub(super) static LIBRARY: Library = Library {
    roots: &[
        "types.ModuleType",
        "importlib.util",
        "importlib.machinery",
        "runpy",
        "inspect",
        "contextlib",
        "warnings",
        "logging",
    ],
    call,
    attribute: no_attribute,
    methods: &[
        "ModuleSpec.loader.exec_module",
        "Loader.exec_module",
        "_Manager.__call__",
        "GeneratorManager.__enter__",
        "GeneratorManager.__exit__",
        "nullcontext.__enter__",
        "nullcontext.__exit__",
        "ExitStack.__enter__",
        "ExitStack.__exit__",
        "ExitStack.close",
        "ExitStack.enter_context",
        "catch_warnings.__enter__",
        "catch_warnings.__exit__",
        "Logger.setLevel",
        "Logger.addHandler",
        "Logger.removeHandler",
        "Logger.addFilter",
        "Logger.debug",
        "Logger.info",
        "Logger.warning",
        "Logger.warn",
        "Logger.error",
        "Logger.critical",
        "Logger.exception",
        "Logger.log",
    ],
};

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if name.starts_with("logging.Logger.") {
        return Some(Ok(Val::none()));
    }
    Some(match name {
        "types.ModuleType" => {
            let module = args.get(0, "name")?.as_str()?.to_owned();
            let space = interp.module_space(&module, "", false);
            interp.heap.space_mut(space).names.shift_remove("__file__");
            Ok(Val::new(Kind::Module(space)))
        }
        "importlib.util.spec_from_file_location" => spec_from_file(interp, args)?,
        "importlib.util.module_from_spec" => {
            let spec = args.pos.first()?;
            let (name, path) = (interp.native_attribute(spec, "name")?, interp.native_attribute(spec, "origin")?);
            let (name, path) = (name.as_str()?.to_owned(), path.as_str()?.to_owned());
            let path = interp.tree_path(&path)?.to_owned();
            let space = interp.module_space(&name, &path, path.ends_with("__init__.py"));
            Ok(Val::new(Kind::Module(space)))
        }
        "importlib.machinery.Loader.exec_module" => {
            let path = interp.native_attribute(args.pos.first()?, "path")?.as_str()?.to_owned();
            let Kind::Module(space) = args.pos.get(1)?.kind else { return None };
            run_file(interp, &path, space, at)?.map(|()| Val::none())
        }
        "runpy.run_path" => run_path(interp, args, at)?,
        "inspect.getmembers" => members(interp, args, at)?,
        "inspect.isclass" => match args.pos.first()?.kind {
            Kind::Class(_) => Ok(Val::bool(true)),
            Kind::Extern(_) | Kind::Unknown(_) | Kind::OneOf(_) => return None,
            _ => Ok(Val::bool(false)),
        },
        "inspect.ismodule" => match args.pos.first()?.kind {
            Kind::Module(_) => Ok(Val::bool(true)),
            Kind::Extern(_) | Kind::Unknown(_) | Kind::OneOf(_) => return None,
            _ => Ok(Val::bool(false)),
        },
        "inspect.isfunction" | "inspect.isroutine" => match args.pos.first()?.kind {
            Kind::Function(_) => Ok(Val::bool(true)),
            Kind::Extern(_) | Kind::Unknown(_) | Kind::OneOf(_) | Kind::Builtin(_) | Kind::Method(_) => return None,
            _ => Ok(Val::bool(false)),
        },
        "contextlib.contextmanager" => {
            let function = args.pos.first()?.clone();
            let Kind::Function(id) = function.kind else { return None };
            if !interp.functions[id as usize].generator {
                return None;
            }
            let mut made = interp.functions[id as usize].clone();
            made.manages = true;
            interp.functions.push(made);
            Ok(Val::new(Kind::Function(interp.functions.len() as u32 - 1)))
        }
        "contextlib.nullcontext" => {
            let result = args.get(0, "enter_result").cloned().unwrap_or_else(Val::none);
            Ok(interp.native_instance("contextlib.nullcontext", vec![("enter_result", result)]))
        }
        "contextlib.nullcontext.__enter__" => Ok(interp.native_attribute(args.pos.first()?, "enter_result")?),
        "contextlib.ExitStack" => Ok(interp.native_instance("contextlib.ExitStack", Vec::new())),
        "contextlib.ExitStack.__enter__" => Ok(args.pos.first()?.clone()),
        "contextlib.ExitStack.enter_context" => interp.enter(args.pos.get(1)?, at),
        "warnings.catch_warnings" => Ok(interp.native_instance("warnings.catch_warnings", Vec::new())),
        "warnings.catch_warnings.__enter__" => Ok(Val::none()),
        "contextlib.nullcontext.__exit__"
        | "contextlib.ExitStack.__exit__"
        | "contextlib.ExitStack.close"
        | "warnings.catch_warnings.__exit__" => Ok(Val::none()),
        "logging.getLogger" => Ok(interp
            .native_instance("logging.Logger", vec![("name", args.pos.first().cloned().unwrap_or_else(|| Val::str("root")))])),
        "logging.getLevelName" => level_name(args.get(0, "level")?)?,
        _ => return None,
    })
}

/// Lib/logging/__init__.py, `_levelToName` and `_nameToLevel`.
fn level_name(level: &Val) -> Option<Res<Val>> {
    const LEVELS: [(i128, &str); 6] =
        [(50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"), (10, "DEBUG"), (0, "NOTSET")];
    Some(Ok(match &level.kind {
        Kind::Int(number) => Val::str(LEVELS.iter().find(|(known, _)| known == number)?.1),
        Kind::Str(name) => Val::int(match &**name {
            "WARN" => 30,
            "FATAL" => 50,
            name => LEVELS.iter().find(|(_, known)| *known == name)?.0,
        }),
        _ => return None,
    }))
}

fn spec_from_file(interp: &mut Interp<'_>, args: &Args) -> Option<Res<Val>> {
    let name = args.get(0, "name")?.as_str()?.to_owned();
    let path = path_text(args.get(1, "location")?)?.to_owned();
    let inside = interp.tree_path(&path)?.to_owned();
    if interp.request.tree.node(&inside) != Node::File {
        return None;
    }
    let loader = interp.native_instance("importlib.machinery.Loader", vec![("path", Val::str(path.as_str()))]);
    let attributes = vec![("name", Val::str(name)), ("origin", Val::str(path)), ("loader", loader)];
    Some(Ok(interp.native_instance("importlib.machinery.ModuleSpec", attributes)))
}

/// Runs a file of the project in a namespace; `None` for files elsewhere.
fn run_file(interp: &mut Interp<'_>, path: &str, space: Id, at: Region) -> Option<Res<()>> {
    let inside = interp.tree_path(path)?.to_owned();
    if interp.request.tree.node(&inside) != Node::File {
        return None;
    }
    let name = interp.lookup(space, "__name__").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    Some(interp.execute_module(&name, &inside, space, at))
}

fn run_path(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    let path = path_text(args.get(0, "path_name")?)?.to_owned();
    let inside = interp.tree_path(&path)?.to_owned();
    let name = args.get(2, "run_name").and_then(Val::as_str).unwrap_or("<run_path>").to_owned();
    let space = interp.module_space(&name, &inside, false);
    if let Some(given) = args.get(1, "init_globals") {
        let (given, receiver) = (given.clone(), Val::new(Kind::Module(space)));
        if let Err(stop) = interp.namespace_update(space, &receiver, &given, at) {
            return Some(Err(stop));
        }
    }
    match run_file(interp, &path, space, at)? {
        Ok(()) => {
            let made = interp.dict_of(Dict::default());
            let Kind::Dict(id) = made.kind else { return None };
            Some(interp.dict_update(id, &Val::new(Kind::Module(space)), at).map(|()| made))
        }
        Err(stop) => Some(Err(stop)),
    }
}

/// `inspect.getmembers(object)`: names and values, sorted by name.
fn members(interp: &mut Interp<'_>, args: &Args, at: Region) -> Option<Res<Val>> {
    let object = args.pos.first()?.clone();
    let predicate = args.get(1, "predicate").filter(|predicate| !predicate.is_none()).cloned();
    let mut names: Vec<Rc<str>> = Vec::new();
    let spaces: Vec<Id> = match object.kind {
        Kind::Module(space) => vec![space],
        Kind::Class(_) if interp.external_ancestor(&object).is_none() => interp
            .ancestry(&object)
            .iter()
            .filter_map(|class| match class.kind {
                Kind::Class(id) => Some(interp.heap.class(id).space),
                _ => None,
            })
            .collect(),
        Kind::Instance(id) => {
            let crate::python::heap::Cell::Instance(class, space) = interp.heap.cell(id) else { return None };
            if interp.external_ancestor(class).is_some() {
                return None;
            }
            let mut spaces = vec![*space];
            for class in interp.ancestry(class) {
                if let Kind::Class(id) = class.kind {
                    spaces.push(interp.heap.class(id).space);
                }
            }
            spaces
        }
        _ => return None,
    };
    let mut doubt = None;
    for space in spaces {
        let space = interp.heap.space(space);
        doubt = doubt.or_else(|| space.open.clone());
        names.extend(space.names.keys().filter(|name| !name.starts_with('*')).cloned());
        if let Some(binding) = space.names.values().find(|binding| binding.perhaps.is_some())
            && let Some(condition) = &binding.perhaps
        {
            doubt = Some(crate::python::object::branch_unknown(condition));
        }
    }
    if let Some(unknown) = doubt {
        return Some(Ok(unknown_value(&unknown)));
    }
    names.sort();
    names.dedup();
    let mut pairs = Vec::new();
    for name in names {
        let value = match interp.attribute(&object, &name, at) {
            Ok(value) => value,
            Err(stop) => return Some(Err(stop)),
        };
        if let Some(predicate) = &predicate {
            let answer = match interp.call_values(predicate, vec![value.clone()], at) {
                Ok(answer) => answer,
                Err(stop) => return Some(Err(stop)),
            };
            match interp.truth(&answer) {
                Some(true) => {}
                Some(false) => continue,
                None => return Some(Ok(interp.unknown_of(&[&answer], at))),
            }
        }
        pairs.push(Elem::One(Val::tuple(vec![Val::str(name), value])));
    }
    Some(Ok(interp.list_of(pairs)))
}
