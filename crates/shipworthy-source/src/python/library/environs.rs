//! environs (15): `Env` reads variables through marshmallow's fields.
//!
//! Before 15 `read_env` wrote into `os.environ`, since then into the `Env` itself: what `os.environ` then holds is unknown.
//! `FileAwareEnv` and `prefix=` came with 14, `enum=` (before: `type=`) with 14.

mod convert;
mod file;
mod validators;

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Deps, Kind, Val};

pub(super) static LIBRARY: Library = Library {
    roots: &["environs", "marshmallow"],
    call,
    attribute,
    methods: &[
        "Env.__init__",
        "Env.__call__",
        "Env.int",
        "Env.bool",
        "Env.str",
        "Env.float",
        "Env.decimal",
        "Env.list",
        "Env.dict",
        "Env.json",
        "Env.datetime",
        "Env.date",
        "Env.time",
        "Env.timedelta",
        "Env.path",
        "Env.log_level",
        "Env.uuid",
        "Env.url",
        "Env.enum",
        "Env.dj_db_url",
        "Env.dj_email_url",
        "Env.dj_cache_url",
        "Env.read_env",
        "Env.prefixed",
        "Env.seal",
        "Env.dump",
        "Env.add_parser",
        "Env.parser_for",
        "Env.add_parser_from_field",
        "Prefixed.__enter__",
        "Prefixed.__exit__",
    ],
};

const ENV: &str = "environs.Env";
const FILE_AWARE: &str = "environs.FileAwareEnv";
const INVALID: &str = "environs.EnvValidationError";

fn attribute(interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    if name == "environs.env" {
        // A ready-made object, one for the process.
        let env = interp.native_instance(ENV, Vec::new());
        initialise(interp, &env, &Args::default());
        interp.patch(name, env.clone());
        return Some(env);
    }
    let renamed = match name.strip_prefix("environs.")? {
        "ValidationError" => "marshmallow.ValidationError".to_owned(),
        "validate" => "marshmallow.validate".to_owned(),
        other => format!("environs.{}", other.strip_prefix("exceptions.")?),
    };
    Some(Val::external(renamed))
}

/// Methods that an `Env` has from its class or was given by the project.
pub(super) fn instance_attribute(interp: &mut Interp<'_>, class: &str, object: &Val, name: &str) -> Option<Val> {
    if !matches!(class, ENV | FILE_AWARE) {
        return None;
    }
    let dotted = format!("{ENV}.{name}");
    if super::is_method(&dotted) {
        return Some(Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))));
    }
    let Kind::Dict(parsers) = interp.native_attribute(object, "*parsers*")?.kind else { return None };
    let parser = match interp.dict_get(parsers, &Val::str(name)) {
        Ok(parser) => parser?,
        Err(unknown) => return Some(unknown_value(&unknown)),
    };
    let bound = Val::tuple(vec![object.clone(), parser]);
    let named = interp.dict(Vec::new());
    let function = Val::external("environs.Env.*custom*");
    Some(interp.native_instance("functools.partial", vec![("func", function), ("args", bound), ("keywords", named)]))
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if matches!(name, ENV | FILE_AWARE) {
        let env = interp.native_instance(name, Vec::new());
        initialise(interp, &env, args);
        return Some(Ok(env));
    }
    if let Some(validator) = name.strip_prefix("marshmallow.validate.") {
        let attributes: Vec<(&str, Val)> = args.kw.iter().map(|(name, value)| (&**name, value.clone())).collect();
        let validator = interp.native_instance(&format!("marshmallow.validate.{validator}"), attributes);
        let positional = Val::tuple(args.pos.clone());
        return Some(interp.set_attribute(&validator, "*args*", positional, at).map(|()| validator));
    }
    if name.starts_with("marshmallow.validate.") {
        return None;
    }
    match name {
        "environs.Prefixed.__enter__" | "environs.Prefixed.__exit__" => return prefix(interp, name, args, at),
        "environs.Env.parser_for.*decorate*" => {
            let (env, named, function) = (args.pos.first()?, args.pos.get(1)?, args.pos.get(2)?);
            return Some(add_parser(interp, env, named, function, at).map(|()| function.clone()));
        }
        _ => {}
    }
    let method = name.strip_prefix("environs.Env.").or_else(|| name.strip_prefix("environs.FileAwareEnv."))?;
    let env = args.pos.first()?.clone();
    if !matches!(env.kind, Kind::Instance(_)) {
        // `Env.read_env()` on the class, as releases before 15 had it.
        return if method == "read_env" { Some(file::read_env(interp, None, args, at)) } else { None };
    }
    let rest = args.rest();
    Some(match method {
        "__init__" => {
            initialise(interp, &env, &rest);
            Ok(Val::none())
        }
        "read_env" => file::read_env(interp, Some(&env), &rest, at),
        "prefixed" => {
            let text = rest.get(0, "prefix")?.clone();
            Ok(interp.native_instance("environs.Prefixed", vec![("env", env), ("prefix", text)]))
        }
        "seal" | "dump" => Ok(Val::none()),
        "add_parser" => {
            let (named, function) = (rest.get(0, "name")?.clone(), rest.get(1, "func")?.clone());
            add_parser(interp, &env, &named, &function, at).map(|()| Val::none())
        }
        "parser_for" => {
            let bound = Val::tuple(vec![env, rest.get(0, "name")?.clone()]);
            let named = interp.dict(Vec::new());
            let function = Val::external("environs.Env.parser_for.*decorate*");
            Ok(interp.native_instance("functools.partial", vec![("func", function), ("args", bound), ("keywords", named)]))
        }
        "*custom*" => {
            let parser = rest.pos.first()?.clone();
            by_function(interp, &env, "str", &rest.rest(), at, &mut |interp, value, options| {
                let all = Args { kw: options, ..Args::of(vec![value.clone()]) };
                interp.call(&parser, all, at)
            })
        }
        "dj_db_url" | "dj_email_url" | "dj_cache_url" => {
            let (function, word) = match method {
                "dj_db_url" => ("dj_database_url.parse", "db_url"),
                "dj_email_url" => ("dj_email_url.parse", "email_url"),
                _ => ("django_cache_url.parse", "cache_url"),
            };
            by_function(interp, &env, word, &rest, at, &mut |interp, value, options| {
                let all = Args { kw: options, ..Args::of(vec![value.clone()]) };
                interp.call_extern(&function.into(), all, at)
            })
        }
        _ => by_field(interp, &env, method, &rest, at),
    })
}

fn initialise(interp: &mut Interp<'_>, env: &Val, args: &Args) {
    let Kind::Instance(id) = env.kind else { return };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return };
    let space = *space;
    let option = |name: &str, default: Val| args.named(name).cloned().unwrap_or(default);
    let (parsers, values) = (interp.dict(Vec::new()), interp.dict(Vec::new()));
    interp.bind(space, "eager", option("eager", Val::bool(true)));
    interp.bind(space, "expand_vars", option("expand_vars", Val::bool(false)));
    interp.bind(space, "_prefix", option("prefix", Val::none()));
    interp.bind(space, "file_suffix", option("file_suffix", Val::str("_FILE")));
    interp.bind(space, "strip_whitespace", option("strip_whitespace", Val::bool(false)));
    interp.bind(space, "*parsers*", parsers);
    interp.bind(space, "_environ", values);
}

fn add_parser(interp: &mut Interp<'_>, env: &Val, name: &Val, function: &Val, at: Region) -> Res<()> {
    match interp.native_attribute(env, "*parsers*") {
        Some(Val { kind: Kind::Dict(id), .. }) => interp.dict_insert(id, name, function.clone(), at),
        _ => Ok(()),
    }
}

/// `with env.prefixed("…")`.
fn prefix(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let context = args.pos.first()?.clone();
    let env = interp.native_attribute(&context, "env")?;
    if name.ends_with("__exit__") {
        let old = interp.native_attribute(&context, "old").unwrap_or_else(Val::none);
        return Some(interp.set_attribute(&env, "_prefix", old, at).map(|()| Val::none()));
    }
    let old = interp.native_attribute(&env, "_prefix").unwrap_or_else(Val::none);
    let added = interp.native_attribute(&context, "prefix")?;
    let new = match (&old.kind, old.as_str(), added.as_str()) {
        (Kind::None, ..) => added.clone(),
        (_, Some(old), Some(added)) => Val::str(format!("{old}{added}")),
        _ => interp.unknown_of(&[&old, &added], at),
    };
    Some(
        interp
            .set_attribute(&context, "old", old, at)
            .and_then(|()| interp.set_attribute(&env, "_prefix", new, at))
            .map(|()| env),
    )
}

/// A variable's value, or nothing and what that rests on.
enum Found {
    Value(Val),
    Nothing(Deps),
    Unknown(Val),
}

/// `Env._get_value`.
#[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
fn look_up(interp: &mut Interp<'_>, env: &Val, name: &str, word: &str, default: Option<&Val>, at: Region) -> Res<Found> {
    let own = match interp.native_attribute(env, "_environ") {
        Some(Val { kind: Kind::Dict(id), .. }) => {
            interp.dict_get(id, &Val::str(name)).unwrap_or_else(|why| Some(unknown_value(&why)))
        }
        _ => None,
    };
    let given = interp.request.environment.variables.contains_key(name) || interp.required.contains(name);
    let found = interp.environment(name, word, default, default.is_none() && own.is_none(), at);
    let known = matches!(&found, EnvVar::Set(value) if value.as_unknown().is_none());
    if let (Some(own), false, false) = (&own, given, known) {
        let deps = interp.unless_set(name);
        return Ok(Found::Value(own.clone().with(&deps)));
    }
    Ok(match found {
        EnvVar::Set(value) => Found::Value(value),
        EnvVar::Unknown(value) => Found::Unknown(value),
        EnvVar::Unset(deps) => Found::Nothing(deps),
    })
}

/// `Env._get_from_environ`: the name with its prefix, and what it leads to.
fn find(
    interp: &mut Interp<'_>,
    env: &Val,
    name: &str,
    prefixed: bool,
    word: &str,
    (default, expands): (Option<&Val>, bool),
    at: Region,
) -> Res<(String, Found)> {
    let prefix = interp.native_attribute(env, "_prefix").unwrap_or_else(Val::none);
    let key = match (&prefix.kind, prefix.as_str()) {
        _ if !prefixed => name.to_owned(),
        (Kind::None, _) => name.to_owned(),
        (_, Some(prefix)) => format!("{prefix}{name}"),
        _ => return Ok((name.to_owned(), Found::Unknown(interp.unknown_of(&[&prefix], at)))),
    };
    let class = interp.attribute(env, "__class__", at)?;
    if interp.native_class(&class).is_some_and(|name| &*name == FILE_AWARE) {
        let suffix = interp.native_attribute(env, "file_suffix");
        let suffix = suffix.as_ref().and_then(Val::as_str).unwrap_or("_FILE").to_owned();
        match look_up(interp, env, &format!("{key}{suffix}"), "str", Some(&Val::none()), at)? {
            Found::Nothing(_) => {}
            Found::Unknown(value) => return Ok((key, Found::Unknown(value))),
            Found::Value(file) => match file.as_str() {
                Some("") => {}
                Some(path) => {
                    let path = path.to_owned();
                    let content = content_of(interp, &path, at)?.with(&file.deps);
                    let strip = interp.native_attribute(env, "strip_whitespace");
                    let content = match content.as_str() {
                        Some(text) if strip.is_some_and(|flag| interp.truth(&flag) == Some(true)) => {
                            Val { kind: Kind::Str(text.trim().into()), ..content.clone() }
                        }
                        _ => content,
                    };
                    return Ok((key, Found::Value(content)));
                }
                None => return Ok((key, Found::Unknown(file))),
            },
        }
    }
    let found = match (look_up(interp, env, &key, word, default, at)?, default) {
        (Found::Nothing(deps), Some(default)) if expands => Found::Value(default.clone().or_at(at).with(&deps)),
        (found, _) => found,
    };
    let expand = interp.native_attribute(env, "expand_vars").map_or(Some(false), |flag| interp.truth(&flag));
    let text = match &found {
        Found::Value(value) => Some(value.clone()),
        Found::Nothing(_) | Found::Unknown(_) => None,
    };
    let needs = text.as_ref().and_then(Val::as_str).is_some_and(|text| text.contains("${") || text.contains("\\$"));
    match (expand, needs) {
        (Some(false), _) | (_, false) => Ok((key, found)),
        _ => {
            let text = text.unwrap_or_else(Val::none);
            expanded(interp, env, &text, word, default.filter(|_| expands), at).map(|found| (key, found))
        }
    }
}

/// What a file holds that a variable names. A file that cannot be read makes the value a wrong one.
fn content_of(interp: &mut Interp<'_>, path: &str, at: Region) -> Res<Val> {
    let (absolute, deps) = interp.started_at(path);
    let file = interp.tree_path(&absolute).is_some_and(|inner| interp.request.tree.node(inner) == crate::Node::File);
    if file {
        return Ok(super::files::read_text(interp, &absolute, at)?.with(&deps));
    }
    interp.may_raise(Val::external("builtins.ValueError"), &format!("reading {path}"), at);
    Ok(Val::unknown(Why::File(path.into()), Some(at)))
}

/// `${NAME}` and `${NAME:-default}` in a value, where the `Env` expands them.
fn expanded(interp: &mut Interp<'_>, env: &Val, value: &Val, word: &str, default: Option<&Val>, at: Region) -> Res<Found> {
    interp.burn(50)?;
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(Found::Unknown(interp.unknown_of(&[value], at))) };
    let mut pieces: Vec<Result<String, (String, Option<String>)>> = Vec::new();
    let mut rest = text.as_str();
    let mut literal = String::new();
    while let Some(start) = rest.find("${") {
        let inside = &rest[start + 2..];
        let parsed = inside.find('}').and_then(|end| {
            let (name, tail) = inside[..end].split_once(':').map_or((&inside[..end], None), |(name, tail)| (name, Some(tail)));
            let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let tail = match tail {
                None => None,
                Some(tail) => Some(tail.strip_prefix('-').filter(|tail| !tail.contains(':'))?.to_owned()),
            };
            plain.then(|| (name.to_owned(), tail, end))
        });
        match parsed {
            Some((name, tail, end)) if !rest[..start].ends_with('\\') => {
                literal.push_str(&rest[..start]);
                pieces.push(Ok(std::mem::take(&mut literal)));
                pieces.push(Err((name, tail)));
                rest = &inside[end + 1..];
            }
            _ => {
                literal.push_str(&rest[..start + 2]);
                rest = inside;
            }
        }
    }
    literal.push_str(rest);
    pieces.push(Ok(literal));
    if pieces.len() == 1 {
        return Ok(Found::Value(Val { kind: Kind::Str(text.replace("\\$", "$").into()), ..value.clone() }));
    }
    let whole = matches!(pieces.as_slice(), [Ok(before), Err(_), Ok(after)] if before.is_empty() && after.is_empty());
    let mut out = String::new();
    let mut deps = value.deps.clone();
    for piece in pieces {
        let (name, tail) = match piece {
            Ok(literal) => {
                out.push_str(&literal);
                continue;
            }
            Err(reference) => reference,
        };
        let tail = tail.map(Val::str);
        let inner_default = match (&tail, whole) {
            (Some(tail), _) => Some(tail.clone()),
            (None, true) => default.filter(|default| interp.equal(value, default) == Some(false)).cloned(),
            (None, false) => None,
        };
        let (_, found) = interp.deeper(at, |interp| find(interp, env, &name, false, word, (inner_default.as_ref(), true), at))?;
        let found = match found {
            Found::Value(value) => value,
            other => return Ok(other),
        };
        if whole {
            return Ok(Found::Value(found.with(&deps)));
        }
        deps = deps.union(&found.deps);
        match found.as_str() {
            Some(text) => out.push_str(text),
            None => return Ok(Found::Unknown(interp.unknown_of(&[&found], at))),
        }
    }
    Ok(Found::Value(Val { kind: Kind::Str(out.into()), at: value.at, deps }))
}

/// Nothing is set and there is no default.
fn missing(interp: &mut Interp<'_>, env: &Val, key: &str, at: Region) -> Res<Val> {
    let eager = interp.native_attribute(env, "eager").map_or(Some(true), |flag| interp.truth(&flag));
    if eager != Some(true) {
        // The error waits for `seal()`.
        return Ok(Val::unknown(Why::Variable(key.into()), Some(at)));
    }
    interp.missing_variable(key, "environs.EnvNotSetError", &format!("Environment variable \"{key}\" not set"), at)
}

fn default_of(args: &Args) -> Option<Val> {
    args.get(1, "default").filter(|default| !matches!(default.kind, Kind::Ellipsis)).cloned()
}

/// Methods made of marshmallow's fields: a default is taken as it is.
fn by_field(interp: &mut Interp<'_>, env: &Val, method: &str, args: &Args, at: Region) -> Res<Val> {
    let Some(name) = args.get(0, "name") else { return Err(interp.wrong_arguments(method, at, args)) };
    let Some(name) = name.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[name], at)) };
    let default = default_of(args);
    let word = if method == "__call__" { "str" } else { method };
    let (key, found) = find(interp, env, &name, true, word, (default.as_ref(), false), at)?;
    match (found, default) {
        (Found::Unknown(value), _) => Ok(value),
        (Found::Nothing(deps), Some(default)) => Ok(default.or_at(at).with(&deps)),
        (Found::Nothing(_), None) => missing(interp, env, &key, at),
        (Found::Value(value), _) => interp.distribute(&value, &mut |interp, value| {
            if method == "url" {
                // The text is what is valid or not.
                validators::validated(interp, value.clone(), args, at)?;
                return convert::field(interp, method, value, args, at);
            }
            let converted = convert::field(interp, method, value, args, at)?;
            if converted.is_none() {
                // JSON's `null`, which only a default of None allows.
                let allowed = args.get(1, "default").is_some_and(Val::is_none);
                return if allowed { Ok(converted) } else { Err(convert::invalid(interp, value, "the value is null", at)) };
            }
            validators::validated(interp, converted, args, at)
        }),
    }
}

/// Methods made of functions: these see a default too.
#[allow(clippy::type_complexity, reason = "the parts are named where they are used")]
fn by_function(
    interp: &mut Interp<'_>,
    env: &Val,
    word: &str,
    args: &Args,
    at: Region,
    function: &mut dyn FnMut(&mut Interp<'_>, &Val, Vec<(Rc<str>, Val)>) -> Res<Val>,
) -> Res<Val> {
    let Some(name) = args.get(0, "name") else { return Err(interp.wrong_arguments("env", at, args)) };
    let Some(name) = name.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[name], at)) };
    let default = default_of(args);
    let options: Vec<(Rc<str>, Val)> =
        args.kw.iter().filter(|(name, _)| !matches!(&**name, "name" | "default")).cloned().collect();
    let (key, found) = find(interp, env, &name, true, word, (default.as_ref(), true), at)?;
    let value = match found {
        Found::Unknown(value) => return Ok(value),
        // A default that refers to nothing is none.
        Found::Nothing(_) => return missing(interp, env, &key, at),
        Found::Value(value) => value,
    };
    let function = std::cell::RefCell::new(function);
    interp.distribute(&value, &mut |interp, value| match function.borrow_mut()(interp, value, options.clone()) {
        Ok(made) => Ok(made.with(&value.deps)),
        // Whatever a URL's reader complains of becomes the library's own error, and so do errors of its own kind.
        Err(crate::python::interp::Stop::Raise(raised))
            if word != "str"
                || matches!(
                    &interp.exception_name(&raised.exception)[..],
                    "ValidationError" | "EnvError" | "EnvValidationError"
                ) =>
        {
            Err(interp.raise_with(INVALID, &raised.message.clone(), at, raised.deps.clone()))
        }
        Err(stop) => Err(stop),
    })
}

/// A value whose form the library knows and the evaluator does not.
fn unsure(what: &str, at: Region) -> Val {
    unknown_value(&Rc::new(Unknown::new(Why::Unsupported(what.into()), Some(at))))
}
