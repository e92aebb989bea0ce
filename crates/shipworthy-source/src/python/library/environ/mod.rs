//! django-environ (0.14): `Env` reads variables and converts them.
//!
//! Changed on the way here: `overwrite` of `read_env` came with 0.9, `FileAwareEnv` and `env.path` with 0.10,
//! `choices` of `env.str` with 0.12, `warn_on_default` with 0.13.

mod file;
mod lookup;
mod path;
mod schemes;
mod search;
mod value;

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Kind, Val};
pub(super) use file::lines;
pub(super) use path::{binary, text as text_of};

pub(super) static LIBRARY: Library = Library {
    roots: &["environ"],
    call,
    attribute,
    methods: &[
        "Env.__init__",
        "Env.__call__",
        "Env.__contains__",
        "FileAwareEnv.__contains__",
        "Env.str",
        "Env.bytes",
        "Env.bool",
        "Env.int",
        "Env.float",
        "Env.json",
        "Env.list",
        "Env.tuple",
        "Env.dict",
        "Env.url",
        "Env.db",
        "Env.db_url",
        "Env.cache",
        "Env.cache_url",
        "Env.email",
        "Env.email_url",
        "Env.search_url",
        "Env.channels",
        "Env.channels_url",
        "Env.path",
        "Env.get_value",
        "Env.parse_value",
        "Env.db_url_config",
        "Env.cache_url_config",
        "Env.email_url_config",
        "Env.search_url_config",
        "Env.channels_url_config",
        "Env.read_env",
        "Path.__init__",
        "Path.__call__",
        "Path.path",
        "Path.file",
        "Path.rfind",
        "Path.find",
        "Path.__getitem__",
        "Path.__fspath__",
        "Path.__str__",
    ],
};

const ENV: &str = "environ.Env";
const FILE_AWARE: &str = "environ.FileAwareEnv";
const NOTSET: &str = "environ.Env.NOTSET";
const IMPROPER: &str = "django.core.exceptions.ImproperlyConfigured";
const TRUE_STRINGS: [&str; 6] = ["true", "on", "ok", "y", "yes", "1"];

#[allow(clippy::only_used_in_recursion, reason = "it has the form of its siblings")]
fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    // `environ.environ` is the module that the package takes everything from.
    if let Some(inner) = name.strip_prefix("environ.environ.").or_else(|| name.strip_prefix("environ.compat.")) {
        let outer = format!("environ.{inner}");
        return Some(attribute(interp, &outer, at).unwrap_or_else(|| Val::external(outer)));
    }
    if let Some(inner) = name.strip_prefix("environ.FileAwareEnv.")
        && inner != "ENVIRON"
    {
        let base = format!("{ENV}.{inner}");
        return Some(attribute(interp, &base, at).unwrap_or_else(|| Val::external(base)));
    }
    match name {
        "environ.ImproperlyConfigured" => Some(Val::external(IMPROPER)),
        "environ.Env.ENVIRON" => Some(Val::external("os.environ")),
        "environ.Env.BOOLEAN_TRUE_STRINGS" => Some(Val::tuple(TRUE_STRINGS.map(Val::str).to_vec())),
        "environ.Env.URL_CLASS" => Some(Val::external("urllib.parse.ParseResult")),
        "environ.Env.DEFAULT_DATABASE_ENV" => Some(Val::str("DATABASE_URL")),
        "environ.Env.DEFAULT_CACHE_ENV" => Some(Val::str("CACHE_URL")),
        "environ.Env.DEFAULT_EMAIL_ENV" => Some(Val::str("EMAIL_URL")),
        "environ.Env.DEFAULT_SEARCH_ENV" => Some(Val::str("SEARCH_URL")),
        "environ.Env.DEFAULT_CHANNELS_ENV" => Some(Val::str("CHANNELS_URL")),
        _ => schemes::table(interp, name.strip_prefix("environ.Env.")?),
    }
}

/// Attributes of an `Env` that its class has.
pub(super) fn instance_attribute(interp: &mut Interp<'_>, class: &str, object: &Val, name: &str, at: Region) -> Option<Val> {
    if class == path::CLASS {
        return path::attribute(interp, object, name);
    }
    if !matches!(class, ENV | FILE_AWARE) {
        return None;
    }
    if class == FILE_AWARE && name == "ENVIRON" {
        return None;
    }
    let dotted = format!("{ENV}.{name}");
    if super::is_method(&dotted) {
        return Some(Val::new(Kind::Method(Rc::new((object.clone(), Val::external(dotted))))));
    }
    match name {
        "NOTSET" => Some(Val::external(NOTSET)),
        _ => super::attribute(interp, &dotted, at),
    }
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if matches!(name, ENV | FILE_AWARE) {
        let made = interp.native_instance(name, Vec::new());
        let result = initialise(interp, &made, args);
        return Some(result.map(|()| made));
    }
    if let Some(method) = name.strip_prefix("environ.Path") {
        return path::call(interp, method.strip_prefix('.').unwrap_or("new"), args, at);
    }
    let method = name.strip_prefix("environ.Env.").or_else(|| name.strip_prefix("environ.FileAwareEnv."))?;
    // Class methods are asked of the class or of an instance.
    let receiver = args.pos.first().filter(|value| is_env(interp, value)).cloned();
    let rest = if receiver.is_some() { args.rest() } else { args.clone() };
    match method {
        "read_env" => return Some(file::read_env(interp, receiver.as_ref(), &rest, at)),
        "parse_value" => {
            let (value, cast) = (rest.get(0, "value")?.clone(), rest.get(1, "cast")?.clone());
            return Some(value::parse(interp, receiver.as_ref(), &value, &cast, at));
        }
        _ => {}
    }
    if let Some(kind) = method.strip_suffix("_url_config") {
        let (url, backend) = (rest.get(0, "url")?.clone(), rest.get(1, schemes::override_name(kind)).cloned());
        return Some(schemes::config(interp, receiver.as_ref(), kind, &url, backend.as_ref(), at));
    }
    let receiver = receiver?;
    if method == "__init__" {
        return Some(initialise(interp, &receiver, &rest).map(|()| Val::none()));
    }
    read(interp, &receiver, method, &rest, at)
}

fn is_env(interp: &Interp<'_>, value: &Val) -> bool {
    let class = match &value.kind {
        Kind::Instance(id) => match interp.heap.cell(*id) {
            Cell::Instance(class, _) => class.clone(),
            _ => return false,
        },
        Kind::Class(_) => value.clone(),
        _ => return false,
    };
    interp.native_class(&class).is_some_and(|name| matches!(&*name, ENV | FILE_AWARE))
}

#[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
fn initialise(interp: &mut Interp<'_>, object: &Val, args: &Args) -> Res<()> {
    let mut dict = crate::python::heap::Dict { rest: args.open.clone(), ..Default::default() };
    for (name, value) in &args.kw {
        dict.set_str(name, value.clone());
    }
    let scheme = interp.dict_of(dict);
    let Kind::Instance(id) = object.kind else { return Ok(()) };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return Ok(()) };
    let space = *space;
    interp.bind(space, "smart_cast", Val::bool(true));
    interp.bind(space, "escape_proxy", Val::bool(false));
    interp.bind(space, "warn_on_default", Val::bool(false));
    interp.bind(space, "prefix", Val::str(""));
    interp.bind(space, "scheme", scheme);
    Ok(())
}

/// How one of the reading methods asks for its value.
struct Question {
    variable: Val,
    /// Python's `None` is a cast like any other.
    cast: Val,
    /// `None` is `NOTSET`.
    default: Option<Val>,
    parse_default: bool,
    /// How the library's users call the cast.
    word: &'static str,
}

fn read(interp: &mut Interp<'_>, env: &Val, method: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let given = |index: usize, name: &str| args.get(index, name).cloned();
    let default_of = |index: usize| {
        let default = args.get(index, "default").cloned();
        default.filter(|default| !matches!(&default.kind, Kind::Extern(name) if &**name == NOTSET))
    };
    let builtin = |name: &str| Val::external(format!("builtins.{name}"));
    let wrapped = |interp: &mut Interp<'_>, tuple: bool| {
        let kind = if tuple { "tuple" } else { "list" };
        match given(1, "cast") {
            Some(cast) if interp.truth(&cast) != Some(false) => {
                if tuple {
                    Val::tuple(vec![cast])
                } else {
                    interp.list(vec![cast])
                }
            }
            _ => builtin(kind),
        }
    };
    let simple = |variable: Val, cast: Val, default: Option<Val>, word: &'static str| Question {
        variable,
        cast,
        default,
        parse_default: false,
        word,
    };
    if method == "__contains__" {
        let Some(name) = args.pos.first()?.as_str().map(str::to_owned) else {
            return Some(Ok(interp.unknown_of(&[&args.pos[0]], at)));
        };
        return Some(match lookup::look_up(interp, env, &name, "str", Some(&Val::none()), at) {
            Ok(EnvVar::Set(value)) => Ok(Val::bool(true).with(&value.deps)),
            Ok(EnvVar::Unset(deps)) => Ok(Val::bool(false).with(&deps)),
            // A variable that is required is there, whatever its text.
            Ok(EnvVar::Unknown(value)) => Ok(match value.as_unknown().map(|unknown| unknown.why.clone()) {
                Some(Why::Variable(_)) => Val::bool(true),
                _ => value,
            }),
            Err(stop) => Err(stop),
        });
    }
    let variable = |fallback: Option<&str>| given(0, "var").or_else(|| fallback.map(Val::str));
    let question = match method {
        "__call__" | "get_value" => Question {
            variable: variable(None)?,
            cast: given(1, "cast").unwrap_or_else(Val::none),
            default: default_of(2),
            parse_default: given(3, "parse_default").is_some_and(|flag| interp.truth(&flag) == Some(true)),
            word: "",
        },
        "str" | "bytes" => simple(variable(None)?, builtin("str"), default_of(1), "str"),
        "bool" => simple(variable(None)?, builtin("bool"), default_of(1), "bool"),
        "int" => simple(variable(None)?, builtin("int"), default_of(1), "int"),
        "float" => simple(variable(None)?, builtin("float"), default_of(1), "float"),
        "json" => simple(variable(None)?, Val::external("json.loads"), default_of(1), "json"),
        "list" => simple(variable(None)?, wrapped(interp, false), default_of(2), "list"),
        "tuple" => simple(variable(None)?, wrapped(interp, true), default_of(2), "tuple"),
        "dict" => simple(variable(None)?, given(1, "cast").unwrap_or_else(|| builtin("dict")), default_of(2), "dict"),
        "path" => simple(variable(None)?, Val::none(), default_of(1), "path"),
        "db" | "db_url" => simple(variable(Some("DATABASE_URL"))?, Val::none(), default_of(1), "db_url"),
        _ => {
            let (fallback, word) = match method {
                "url" => (None, "url"),
                "cache" | "cache_url" => (Some("CACHE_URL"), "cache_url"),
                "email" | "email_url" => (Some("EMAIL_URL"), "email_url"),
                "search_url" => (Some("SEARCH_URL"), "search_url"),
                "channels" | "channels_url" => (Some("CHANNELS_URL"), "channels_url"),
                _ => return None,
            };
            Question {
                variable: variable(fallback)?,
                cast: Val::external("urllib.parse.urlparse"),
                default: default_of(1),
                parse_default: true,
                word,
            }
        }
    };
    let value = match get(interp, env, question, at, 0) {
        Ok(value) => value,
        Err(stop) => return Some(Err(stop)),
    };
    let kind = match method {
        "str" => return Some(text(interp, &value, args, at)),
        "bytes" => {
            return Some(match &value.kind {
                Kind::Str(text) => Ok(Val { kind: Kind::Bytes(text.as_bytes().into()), ..value.clone() })
                    .map(|bytes| if given(2, "encoding").is_some() { interp.unknown_of(&[&value], at) } else { bytes }),
                _ => Ok(value),
            });
        }
        "path" => {
            let mut all = Args { kw: args.kw.clone(), ..Args::of(vec![value]) };
            all.kw.retain(|(name, _)| !matches!(&**name, "var" | "default"));
            return path::call(interp, "new", &all, at);
        }
        "db" | "db_url" => "db",
        "cache" | "cache_url" => "cache",
        "email" | "email_url" => "email",
        "search_url" => "search",
        "channels" | "channels_url" => "channels",
        _ => return Some(Ok(value)),
    };
    let backend = given(2, schemes::override_name(kind));
    Some(interp.distribute(&value, &mut |interp, value| schemes::config(interp, Some(env), kind, value, backend.as_ref(), at)))
}

/// What `env.str` does with its value.
fn text(interp: &mut Interp<'_>, value: &Val, args: &Args, at: Region) -> Res<Val> {
    if args.get(2, "multiline").is_some_and(|flag| interp.truth(flag) == Some(true)) {
        return Ok(match &value.kind {
            Kind::Str(text) => Val { kind: Kind::Str(text.replace("\\r\\n", "\n").replace("\\n", "\n").into()), ..value.clone() },
            Kind::Unknown(_) | Kind::OneOf(_) => interp.unknown_of(&[value], at),
            _ => return Err(interp.raise_on("TypeError", "only text has lines", at, &[value])),
        });
    }
    if let Some(choices) = args.get(3, "choices") {
        return match interp.contains(choices, value, at)? {
            Some(true) => Ok(value.clone()),
            Some(false) => {
                let deps = value.deps.union(&choices.deps);
                Err(interp.raise_with(IMPROPER, "the variable's value is none of the choices", at, deps))
            }
            None => Ok(interp.unknown_of(&[value, choices], at)),
        };
    }
    Ok(value.clone())
}

/// `Env.get_value`.
fn get(interp: &mut Interp<'_>, env: &Val, mut question: Question, at: Region, depth: usize) -> Res<Val> {
    if depth > 20 {
        return Err(interp.raise_plain("RecursionError", "the variable refers to itself", at));
    }
    let setting = |interp: &Interp<'_>, name: &str| interp.native_attribute(env, name);
    let prefix = setting(interp, "prefix").unwrap_or_else(|| Val::str(""));
    let (Some(prefix), Some(variable)) = (prefix.as_str(), question.variable.as_str()) else {
        return Ok(interp.unknown_of(&[&prefix, &question.variable], at));
    };
    let name = format!("{prefix}{variable}");
    if let Some(unknown) = from_scheme(interp, env, &name, &mut question, at)? {
        return Ok(unknown);
    }
    let word = cast_word(&question);
    let value = match lookup::look_up(interp, env, &name, word, question.default.as_ref(), at)? {
        EnvVar::Set(value) => value,
        EnvVar::Unknown(value) => return Ok(value),
        EnvVar::Unset(deps) => match &question.default {
            Some(default) => default.clone().or_at(at).with(&deps),
            None => return interp.missing_variable(&name, IMPROPER, &format!("Set the {name} environment variable"), at),
        },
    };
    let (smart, escape) = (setting(interp, "smart_cast"), setting(interp, "escape_proxy"));
    let on = |interp: &Interp<'_>, flag: Option<Val>, or: bool| flag.map_or(Some(or), |flag| interp.truth(&flag));
    let (Some(smart), Some(escape)) = (on(interp, smart, true), on(interp, escape, false)) else {
        return Ok(Val::unknown(Why::Unsupported("an unknown option of Env".into()), Some(at)));
    };
    interp.distribute(&value, &mut |interp, value| convert(interp, env, value, &question, (smart, escape), at, depth))
}

/// Takes cast and default from the scheme where the call leaves them open. Gives the value where they are not known.
fn from_scheme(interp: &mut Interp<'_>, env: &Val, name: &str, question: &mut Question, at: Region) -> Res<Option<Val>> {
    let Some(scheme) = interp.native_attribute(env, "scheme") else { return Ok(None) };
    let Kind::Dict(id) = scheme.kind else { return Ok(Some(interp.unknown_of(&[&scheme], at))) };
    let known = match interp.dict_get(id, &Val::str(name)) {
        Ok(Some(known)) => known,
        Ok(None) => return Ok(None),
        Err(unknown) => return Ok(Some(unknown_value(&unknown))),
    };
    let no_cast = interp.truth(&question.cast) == Some(false);
    let pair = match &known.kind {
        Kind::Tuple(_) | Kind::List(_) => match interp.certain_elements(&known, at)? {
            Some(items) => <[Val; 2]>::try_from(items).ok(),
            None => return Ok(Some(interp.unknown_of(&[&known], at))),
        },
        // A text or dictionary of length two would be taken for a pair as well.
        Kind::Str(_) | Kind::Dict(_) | Kind::Bytes(_) | Kind::Set(_) | Kind::Unknown(_) | Kind::OneOf(_) => {
            return Ok(Some(interp.unknown_of(&[&known], at)));
        }
        _ => None,
    };
    match pair {
        Some([cast, default]) => {
            if no_cast {
                question.cast = cast;
            }
            if question.default.is_none() && !matches!(&default.kind, Kind::Extern(name) if &**name == NOTSET) {
                question.default = Some(default);
            }
        }
        None if no_cast => question.cast = known,
        None => {}
    }
    Ok(None)
}

fn cast_word(question: &Question) -> &'static str {
    let by_type = |name: &str| match name {
        "builtins.bool" => "bool",
        "builtins.int" => "int",
        "builtins.float" => "float",
        "builtins.list" => "list",
        "builtins.tuple" => "tuple",
        "builtins.dict" => "dict",
        "json.loads" => "json",
        _ => "str",
    };
    match (&question.cast.kind, &question.default) {
        _ if !question.word.is_empty() => question.word,
        (Kind::Extern(name), _) => by_type(name),
        (Kind::List(_), _) => "list",
        (Kind::Tuple(_), _) => "tuple",
        (Kind::Dict(_), _) => "dict",
        (Kind::None, Some(default)) => match default.kind {
            Kind::Bool(_) => "bool",
            Kind::Int(_) => "int",
            Kind::Float(_) => "float",
            Kind::List(_) => "list",
            Kind::Tuple(_) => "tuple",
            Kind::Dict(_) => "dict",
            _ => "str",
        },
        _ => "str",
    }
}

/// The rest of `Env.get_value`, from the value that was found.
fn convert(
    interp: &mut Interp<'_>,
    env: &Val,
    found: &Val,
    question: &Question,
    (smart, escape): (bool, bool),
    at: Region,
    depth: usize,
) -> Res<Val> {
    let mut value = found.clone();
    let proxy = value.as_str().filter(|text| text.starts_with('$')).map(|text| text.trim_start_matches('$').to_owned());
    if let Some(name) = proxy {
        let inner = Question {
            variable: Val::str(name),
            cast: question.cast.clone(),
            default: question.default.clone(),
            parse_default: false,
            word: question.word,
        };
        value = get(interp, env, inner, at, depth + 1)?.with(&found.deps);
        if matches!(value.kind, Kind::OneOf(_)) {
            return Ok(interp.unknown_of(&[&value], at));
        }
    }
    if value.as_unknown().is_some() {
        return Ok(value);
    }
    if escape {
        match &value.kind {
            Kind::Str(text) => value.kind = Kind::Str(text.replace("\\$", "$").into()),
            Kind::Bytes(_) | Kind::Instance(_) | Kind::Path(_) => return Ok(interp.unknown_of(&[&value], at)),
            _ => {}
        }
    }
    let mut cast = question.cast.clone();
    if smart
        && cast.is_none()
        && let Some(default) = &question.default
        && !default.is_none()
    {
        cast = interp.call_values(&Val::external("builtins.type"), vec![default.clone()], at)?;
    }
    if value.as_str() == Some("") && question.default.as_ref().is_some_and(Val::is_none) {
        value.kind = Kind::None;
    }
    let differs = match &question.default {
        Some(default) => interp.equal(&value, default).map(|equal| !equal),
        None => Some(true),
    };
    match differs {
        Some(false) if !question.parse_default || value.is_none() => Ok(value),
        Some(_) => value::parse(interp, Some(env), &value, &cast, at),
        None => {
            let default = question.default.clone().unwrap_or_else(Val::none);
            Ok(interp.unknown_of(&[&value, &default], at))
        }
    }
}

/// An unknown in the library's name, for what its versions or the evaluator leave open.
fn unsure(what: &str, at: Region) -> Val {
    unknown_value(&Rc::new(Unknown::new(Why::Unsupported(what.into()), Some(at))))
}
