//! `configurations.values`: settings that a variable may set.

mod validators;

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::{Binding, Cell};
use crate::python::interp::{Interp, Res, Stop};
use crate::python::numbers::{is_decimal, parse_int};
use crate::python::object::{Elem, Id, Kind, Val};

const MODULE: &str = "configurations.values.";
/// Parameters of `Value.__init__`, in order.
const PARAMETERS: [&str; 5] = ["default", "environ", "environ_name", "environ_prefix", "environ_required"];

/// The values that stay objects until the configuration is set up, with their variable.
fn late(class: &str) -> Option<&'static str> {
    match class {
        "DatabaseURLValue" => Some("DATABASE_URL"),
        "CacheURLValue" => Some("CACHE_URL"),
        "SearchURLValue" => Some("SEARCH_URL"),
        "EmailURLValue" => Some("EMAIL_URL"),
        _ => None,
    }
}

/// The library's class behind a value, without its module.
fn class_of(interp: &Interp<'_>, value: &Val) -> Option<String> {
    let Kind::Instance(id) = value.kind else { return None };
    let Cell::Instance(class, _) = interp.heap.cell(id) else { return None };
    interp.native_class(class)?.strip_prefix(MODULE).map(str::to_owned)
}

pub(in crate::python::library) fn is_value(interp: &Interp<'_>, value: &Val) -> bool {
    class_of(interp, value).is_some()
}

/// A value that has not been set up is as true as its default.
pub(in crate::python::library) fn truth(interp: &Interp<'_>, value: &Val) -> Option<bool> {
    let part = |name: &str| interp.native_attribute(value, name);
    let named = part("environ_name").is_none_or(|name| interp.truth(&name) != Some(false));
    if named { None } else { part("default").and_then(|default| interp.truth(&default)) }
}

pub(super) fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    match name.split_once('.') {
        None => {
            let object = interp.native_instance(&format!("{MODULE}{name}"), Vec::new()).at(at);
            Some(made(interp, object, name, args, at))
        }
        Some((class, "__init__")) => {
            let object = args.pos.first()?.clone();
            Some(initialise(interp, &object, class, &args.rest(), at).map(|()| Val::none()))
        }
        Some((class, "to_python")) => {
            let (object, value) = (args.pos.first()?.clone(), args.pos.get(1)?.clone());
            Some(to_python(interp, &object, class, &value, at))
        }
        Some((_, "setup")) => {
            let (object, name) = (args.pos.first()?.clone(), args.pos.get(1)?.as_str()?.to_owned());
            Some(set_up(interp, &object, &name, at))
        }
        Some(_) => None,
    }
}

/// `Value.__new__`: with a variable's name of its own, a value is what it stands for at once.
pub(in crate::python::library) fn made(interp: &mut Interp<'_>, object: Val, class: &str, args: &Args, at: Region) -> Res<Val> {
    initialise(interp, &object, class, args, at)?;
    let on = |interp: &Interp<'_>, name: &str| {
        interp.native_attribute(&object, name).map_or(Some(false), |value| interp.truth(&value))
    };
    if late(class).is_some() || args.named("late_binding").is_some() {
        return Ok(object);
    }
    match (on(interp, "environ"), on(interp, "environ_name"), on(interp, "default")) {
        (Some(true), Some(true), _) | (Some(false), _, Some(true)) => set_up(interp, &object, "", at),
        (Some(_), Some(_), Some(_)) | (Some(true), Some(false), None) => Ok(object),
        _ => Ok(Val::unknown(Why::Unsupported("a value with unknown options".into()), Some(at))),
    }
}

fn initialise(interp: &mut Interp<'_>, object: &Val, class: &str, args: &Args, at: Region) -> Res<()> {
    let Kind::Instance(id) = object.kind else { return Ok(()) };
    let Cell::Instance(_, space) = interp.heap.cell(id) else { return Ok(()) };
    let space = *space;
    let given = |index: usize| args.get(index, PARAMETERS[index]).cloned();
    let mut default = given(0).unwrap_or_else(Val::none);
    if is_value(interp, &default) {
        default = interp.native_attribute(&default, "default").unwrap_or_else(Val::none);
    }
    let (mut environ, mut required) = (given(1).unwrap_or_else(|| Val::bool(true)), given(4).unwrap_or_else(|| Val::bool(false)));
    let mut name = given(2).unwrap_or_else(Val::none);
    let mut prefix = given(3).unwrap_or_else(|| Val::str("DJANGO"));
    if let Some(variable) = late(class) {
        if given(2).is_none() {
            name = Val::str(variable);
        }
        if given(3).is_none() {
            prefix = Val::none();
        }
    }
    if class == "SecretValue" {
        (environ, required) = (Val::bool(true), Val::bool(true));
        if !default.is_none() {
            return Err(interp.raise_plain("ValueError", "secret values have no default", at));
        }
    }
    for (name, value) in &args.kw {
        if !PARAMETERS.contains(&&**name) {
            interp.bind(space, name, value.clone());
        }
    }
    for (name, value) in PARAMETERS.iter().zip([default, environ, name, prefix, required]) {
        interp.bind(space, name, value);
    }
    let default = shaped_default(interp, object, class, at)?;
    interp.bind(space, "default", default);
    Ok(())
}

/// The default as the class of value wants it.
#[allow(clippy::similar_names, reason = "named as in Python")]
fn shaped_default(interp: &mut Interp<'_>, object: &Val, class: &str, at: Region) -> Res<Val> {
    let default = interp.native_attribute(object, "default").unwrap_or_else(Val::none);
    let sequence = match class {
        "ListValue" | "BackendsValue" | "SingleNestedListValue" => "list",
        "TupleValue" | "SingleNestedTupleValue" => "tuple",
        "SetValue" => "set",
        "DictValue" => "dict",
        "BooleanValue" => {
            return match &default.kind {
                Kind::Bool(_) | Kind::Int(0 | 1) | Kind::Unknown(_) | Kind::OneOf(_) | Kind::Instance(_) => Ok(default),
                _ => Err(interp.raise_plain("ValueError", "the default is no truth value", at)),
            };
        }
        "EmailValue" | "URLValue" | "IPValue" | "RegexValue" => {
            if interp.truth(&default) == Some(true) {
                to_python(interp, object, class, &default, at)?;
            }
            return Ok(default);
        }
        _ if late(class).is_some() => {
            return if default.is_none() { Ok(interp.dict(Vec::new())) } else { to_python(interp, object, class, &default, at) };
        }
        _ => return Ok(default),
    };
    let builtin = Val::external(format!("builtins.{sequence}"));
    if default.is_none() {
        return interp.call_values(&builtin, Vec::new(), at);
    }
    let shaped = interp.call_values(&builtin, vec![default], at)?;
    let Some(converter) = interp.native_attribute(object, "converter").filter(|converter| !converter.is_none()) else {
        return Ok(shaped);
    };
    if matches!(class, "DictValue" | "BackendsValue") {
        return Ok(Val::unknown(Why::Unsupported("a converter".into()), Some(at)));
    }
    let Some(items) = interp.certain_elements(&shaped, at)? else { return Ok(interp.unknown_of(&[&shaped], at)) };
    // Nested ones are converted one by one, as those are whose first item is a sequence of its kind.
    let nested = class.starts_with("Single")
        && items.first().is_some_and(|first| match sequence {
            "list" => matches!(first.kind, Kind::List(_)),
            _ => matches!(first.kind, Kind::Tuple(_)),
        });
    let mut converted = Vec::new();
    for item in items {
        converted.push(if nested {
            let Some(inner) = interp.certain_elements(&item, at)? else { return Ok(interp.unknown_of(&[&item], at)) };
            let mut made = Vec::new();
            for item in inner {
                made.push(one_converted(interp, &converter, item, at)?);
            }
            if sequence == "list" { interp.list(made) } else { Val::tuple(made) }
        } else {
            one_converted(interp, &converter, item, at)?
        });
    }
    let converted = interp.list(converted);
    interp.call_values(&builtin, vec![converted], at)
}

/// `setup_value(target, name, value)`.
pub(super) fn put(interp: &mut Interp<'_>, space: Id, name: &str, value: &Val, origin: &Rc<Vec<Region>>, at: Region) -> Res<()> {
    let mut actual = set_up(interp, value, name, at)?;
    if class_of(interp, value).is_some_and(|class| class == "PathValue") {
        // The library keeps what was there before it made the path absolute.
        actual = given(interp, value, "PathValue", name, at)?;
    }
    let several = class_of(interp, value).is_some_and(|class| class == "EmailURLValue");
    let control = interp.control.clone();
    let bind = |interp: &mut Interp<'_>, name: &str, value: Val| {
        let binding = Binding { value: value.with(&control), origin: origin.clone(), perhaps: None };
        interp.heap.space_mut(space).names.insert(name.into(), binding);
    };
    bind(interp, name, actual.clone());
    if several {
        match actual.kind {
            Kind::Dict(id) => {
                let Cell::Dict(dict) = interp.heap.cell(id).clone() else { return Ok(()) };
                for slot in dict.entries.values() {
                    if let Some(name) = slot.key.as_str() {
                        bind(interp, name, slot.value.clone().with(&actual.deps));
                    }
                }
            }
            _ => {
                for part in
                    ["FILE_PATH", "HOST_USER", "HOST_PASSWORD", "HOST", "PORT", "USE_SSL", "USE_TLS", "TIMEOUT", "BACKEND"]
                {
                    let unknown = interp.unknown_of(&[&actual], at);
                    bind(interp, &format!("EMAIL_{part}"), unknown);
                }
            }
        }
    }
    Ok(())
}

/// `Value.setup(name)`, as the class of value has it.
fn set_up(interp: &mut Interp<'_>, object: &Val, name: &str, at: Region) -> Res<Val> {
    let class = class_of(interp, object).unwrap_or_default();
    let at = object.at.unwrap_or(at);
    let value = given(interp, object, &class, name, at)?;
    if class == "SecretValue" && interp.truth(&value) == Some(false) {
        return Err(interp.raise_on("ValueError", "the secret value is empty", at, &[&value]));
    }
    if class == "PathValue" {
        let path = interp.call_extern(&"os.path.expanduser".into(), Args::of(vec![value]), at)?;
        let checked = interp.native_attribute(object, "check_exists").is_none_or(|flag| interp.truth(&flag) != Some(false));
        let there = interp.call_extern(&"os.path.exists".into(), Args::of(vec![path.clone()]), at)?;
        if checked && interp.truth(&there) != Some(true) {
            interp.may_raise(Val::external("builtins.ValueError"), "looking for a path", at);
        }
        return interp.call_extern(&"os.path.abspath".into(), Args::of(vec![path]), at);
    }
    Ok(value.or_at(at))
}

/// What the environment has for a value, else its default.
fn given(interp: &mut Interp<'_>, object: &Val, class: &str, name: &str, at: Region) -> Res<Val> {
    let part = |interp: &Interp<'_>, name: &str| interp.native_attribute(object, name).unwrap_or_else(Val::none);
    let default = part(interp, "default");
    let mut value = default.clone();
    match interp.truth(&part(interp, "environ")) {
        Some(false) => {}
        Some(true) => {
            let (own, prefix) = (part(interp, "environ_name"), part(interp, "environ_prefix"));
            let own_name =
                if interp.truth(&own) == Some(false) { Some(name.to_uppercase()) } else { own.as_str().map(str::to_owned) };
            let prefix_text = if interp.truth(&prefix) == Some(false) { Some("") } else { prefix.as_str() };
            let (Some(own_name), Some(prefix_text)) = (own_name, prefix_text) else {
                return Ok(interp.unknown_of(&[&own, &prefix], at));
            };
            let prefix_text = prefix_text.strip_suffix('_').unwrap_or(prefix_text);
            let full = if prefix_text.is_empty() { own_name } else { format!("{prefix_text}_{own_name}") };
            let required = interp.truth(&part(interp, "environ_required")) == Some(true);
            value = match interp.environment(&full, word(class), (!required).then_some(&default), required, at) {
                EnvVar::Set(text) => interp.distribute(&text, &mut |interp, text| converted(interp, object, class, text, at))?,
                EnvVar::Unknown(value) => value,
                EnvVar::Unset(_) if required => {
                    let message = format!("Value '{name}' is required to be set as the environment variable '{full}'");
                    return interp.missing_variable(&full, "builtins.ValueError", &message, at);
                }
                EnvVar::Unset(deps) => value.with(&deps),
            };
        }
        None => return Ok(Val::unknown(Why::Unsupported("a value with unknown options".into()), Some(at))),
    }
    Ok(value.or_at(at))
}

/// The project's own `to_python`, or the library's.
fn converted(interp: &mut Interp<'_>, object: &Val, class: &str, text: &Val, at: Region) -> Res<Val> {
    match interp.special(object, "to_python") {
        Some(method) => interp.call_values(&method, vec![text.clone()], at),
        None => to_python(interp, object, class, text, at),
    }
}

fn word(class: &str) -> &'static str {
    match class {
        "BooleanValue" => "bool",
        "IntegerValue" | "PositiveIntegerValue" => "int",
        "FloatValue" => "float",
        "ListValue" | "BackendsValue" | "SingleNestedListValue" => "list",
        "TupleValue" | "SingleNestedTupleValue" => "tuple",
        "DictValue" => "dict",
        "DatabaseURLValue" => "db_url",
        "CacheURLValue" => "cache_url",
        "EmailURLValue" => "email_url",
        _ => "str",
    }
}

/// `to_python` of the library's classes.
fn to_python(interp: &mut Interp<'_>, object: &Val, class: &str, value: &Val, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    let wrong = |interp: &Interp<'_>| interp.raise_on("ValueError", "the value cannot be interpreted", at, &[value]);
    let made = match class {
        "BooleanValue" => match text.trim().to_lowercase().as_str() {
            "yes" | "y" | "true" | "1" => Val::bool(true),
            "no" | "n" | "false" | "0" | "" => Val::bool(false),
            _ => return Err(wrong(interp)),
        },
        "IntegerValue" | "PositiveIntegerValue" => match parse_int(&text, 10) {
            Some(number) if class == "IntegerValue" || number >= 0 => Val::int(number),
            _ => return Err(wrong(interp)),
        },
        "FloatValue" => interp.to_float(value, at)?,
        "ListValue" | "TupleValue" | "SetValue" | "BackendsValue" => sequence(interp, object, class, &text, value, at)?,
        "SingleNestedListValue" | "SingleNestedTupleValue" => {
            let separator = interp.native_attribute(object, "seq_separator").unwrap_or_else(|| Val::str(";"));
            let Some(separator) = separator.as_str().filter(|text| !text.is_empty()).map(str::to_owned) else {
                return Ok(interp.unknown_of(&[&separator], at));
            };
            let inner = if class == "SingleNestedListValue" { "ListValue" } else { "TupleValue" };
            let mut made = Vec::new();
            for part in text.trim().split(&*separator).map(str::trim).filter(|part| !part.is_empty()) {
                made.push(sequence(interp, object, inner, part, value, at)?);
            }
            if inner == "ListValue" { interp.list(made) } else { Val::tuple(made) }
        }
        "DictValue" if text.is_empty() => interp.dict(Vec::new()),
        "DictValue" => {
            let literal = interp.call_extern(&"ast.literal_eval".into(), Args::of(vec![value.clone()]), at)?;
            match &literal.kind {
                Kind::Dict(_) | Kind::Unknown(_) => literal,
                _ => return Err(wrong(interp)),
            }
        }
        "DatabaseURLValue" | "CacheURLValue" | "EmailURLValue" => {
            let (function, options): (&str, &[&str]) = match class {
                "DatabaseURLValue" => (
                    "dj_database_url.parse",
                    &[
                        "engine",
                        "conn_max_age",
                        "conn_health_checks",
                        "disable_server_side_cursors",
                        "ssl_require",
                        "test_options",
                    ],
                ),
                "CacheURLValue" => ("django_cache_url.parse", &[]),
                _ => ("dj_email_url.parse", &[]),
            };
            let kw = options.iter().filter_map(|name| Some(((*name).into(), interp.native_attribute(object, name)?))).collect();
            let parsed = interp.call_extern(&function.into(), Args { kw, ..Args::of(vec![value.clone()]) }, at);
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(Stop::Raise(raised))
                    if matches!(interp.is_exception_of(&raised.exception, &Val::external("builtins.ValueError")), Some(true)) =>
                {
                    return Err(wrong(interp));
                }
                Err(stop) => return Err(stop),
            };
            if class == "EmailURLValue" {
                parsed
            } else {
                let alias = interp.native_attribute(object, "alias").unwrap_or_else(|| Val::str("default"));
                let Some(alias) = alias.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[&alias], at)) };
                interp.dict(vec![(&alias, parsed)])
            }
        }
        "EmailValue" | "URLValue" | "IPValue" | "RegexValue" => match validators::is_valid(interp, object, class, value, at)? {
            Some(true) => value.clone(),
            Some(false) => return Err(wrong(interp)),
            None => {
                interp.may_raise(Val::external("builtins.ValueError"), "a validator", at);
                value.clone()
            }
        },
        "Value" | "PathValue" | "SecretValue" => value.clone(),
        "DecimalValue" if !may_be_decimal(&text) => return Err(wrong(interp)),
        _ => Val::unknown(Why::Unsupported(format!("values.{class}").into()), Some(at)),
    };
    Ok(made.or_at(value.at.unwrap_or(at)).with(&value.deps))
}

/// Whether `decimal.Decimal` may take a text: digits with a point and an exponent, or a word.
fn may_be_decimal(text: &str) -> bool {
    let named = text.trim().to_lowercase();
    is_decimal(text) || !text.is_ascii() || named.trim_start_matches(['+', '-']).starts_with("inf") || named.contains("nan")
}

/// What a converter makes of an item; that it does not fit is the value's trouble.
fn one_converted(interp: &mut Interp<'_>, converter: &Val, item: Val, at: Region) -> Res<Val> {
    interp.call_values(converter, vec![item], at).map_err(|stop| match stop {
        Stop::Raise(raised) if matches!(&interp.exception_name(&raised.exception)[..], "TypeError" | "ValueError") => {
            interp.raise_with("builtins.ValueError", &raised.message, at, raised.deps.clone())
        }
        stop => stop,
    })
}

fn sequence(interp: &mut Interp<'_>, object: &Val, class: &str, text: &str, value: &Val, at: Region) -> Res<Val> {
    let separator = interp.native_attribute(object, "separator").unwrap_or_else(|| Val::str(","));
    let Some(separator) = separator.as_str().filter(|text| !text.is_empty()).map(str::to_owned) else {
        return Ok(interp.unknown_of(&[&separator], at));
    };
    let converter = interp.native_attribute(object, "converter").filter(|converter| !converter.is_none());
    let mut items = Vec::new();
    for item in text.trim().split(&*separator).map(str::trim).filter(|item| !item.is_empty()) {
        let item = Val::str(item).at(value.at.unwrap_or(at)).with(&value.deps);
        if class == "BackendsValue" {
            let name = item.as_str().unwrap_or_default();
            let letters = |part: &str| {
                part.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))
                    && part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            };
            if !name.contains('.') || !name.split('.').all(letters) {
                return Err(interp.raise_on("ValueError", "the value names no class in a module", at, &[value]));
            }
            interp.may_raise(Val::external("builtins.ValueError"), "importing what a value names", at);
        }
        items.push(match &converter {
            Some(converter) => one_converted(interp, converter, item, at)?,
            None => item,
        });
    }
    Ok(match class {
        "TupleValue" => Val::tuple(items),
        "SetValue" => interp.set_of(items.into_iter().map(Elem::One).collect()),
        _ => interp.list(items),
    })
}
