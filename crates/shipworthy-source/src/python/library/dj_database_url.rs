//! dj-database-url (3.1): a database's settings from a URL.
//!
//! Before 2.0 only known schemes were checked late and `register` did not exist; before 3.1 several values of one option
//! kept the last. `disable_server_side_cursors` and `test_options` came with 2.2 and 2.1.

use shipworthy_model::{Region, Why};

use super::Library;
use super::url::{Trouble, Url, below, query, unquote};
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::numbers::parse_int;
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library =
    Library { roots: &["dj_database_url"], call, attribute, methods: &["Registration.__call__"] };

/// The schemes with their backends and what is done to the settings at the end.
const SCHEMES: [(&str, &str, Finish); 18] = [
    ("spatialite", "django.contrib.gis.db.backends.spatialite", Finish::Nothing),
    ("mysql-connector", "mysql.connector.django", Finish::Nothing),
    ("mysqlgis", "django.contrib.gis.db.backends.mysql", Finish::Nothing),
    ("oraclegis", "django.contrib.gis.db.backends.oracle", Finish::Nothing),
    ("cockroach", "django_cockroachdb", Finish::Nothing),
    ("sqlite", "django.db.backends.sqlite3", Finish::Memory),
    ("oracle", "django.db.backends.oracle", Finish::TextPort),
    ("mssqlms", "mssql", Finish::TextPort),
    ("mssql", "sql_server.pyodbc", Finish::TextPort),
    ("mysql", "django.db.backends.mysql", Finish::Authority),
    ("mysql2", "django.db.backends.mysql", Finish::Authority),
    ("postgres", "django.db.backends.postgresql", Finish::Schema),
    ("postgresql", "django.db.backends.postgresql", Finish::Schema),
    ("pgsql", "django.db.backends.postgresql", Finish::Schema),
    ("postgis", "django.contrib.gis.db.backends.postgis", Finish::Schema),
    ("redshift", "django_redshift_backend", Finish::Schema),
    ("timescale", "timescale.db.backends.postgresql", Finish::Schema),
    ("timescalegis", "timescale.db.backends.postgis", Finish::Schema),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Finish {
    Nothing,
    /// Without a name, the database is in memory.
    Memory,
    /// The port is text.
    TextPort,
    /// `ssl-ca` becomes an option of its own shape.
    Authority,
    /// `currentSchema` becomes a search path.
    Schema,
}

/// The parameters that `config` and `parse` share, in order.
const PARAMETERS: [&str; 6] =
    ["engine", "conn_max_age", "conn_health_checks", "disable_server_side_cursors", "ssl_require", "test_options"];

/// What a project has registered, by scheme.
const REGISTERED: &str = "dj_database_url.*registered*";

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    (name == "dj_database_url.DEFAULT_ENV").then(|| Val::str("DATABASE_URL"))
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "dj_database_url.config" => config(interp, args, at),
        "dj_database_url.parse" => {
            let url = args.get(0, "url")?.clone();
            let options = Options::of(args, 1);
            interp.distribute(&url, &mut |interp, url| parse(interp, url, &options, at))
        }
        "dj_database_url.register" => {
            let (scheme, backend) = (args.get(0, "scheme")?.clone(), args.get(1, "backend")?.clone());
            let entry = interp.native_instance("dj_database_url.Registration", vec![("backend", backend)]);
            match registered(interp).kind {
                Kind::Dict(id) => interp.dict_insert(id, &scheme, entry.clone(), at).map(|()| entry),
                _ => Ok(entry),
            }
        }
        "dj_database_url.Registration.__call__" => {
            let (entry, function) = (args.pos.first()?.clone(), args.pos.get(1)?.clone());
            interp.set_attribute(&entry, "postprocess", function.clone(), at).map(|()| function)
        }
        _ => return None,
    })
}

fn registered(interp: &mut Interp<'_>) -> Val {
    if let Some(known) = interp.patched(REGISTERED) {
        return known;
    }
    let dict = interp.dict(Vec::new());
    interp.patch(REGISTERED, dict.clone());
    dict
}

/// The arguments that shape the result.
struct Options(Vec<Option<Val>>);

impl Options {
    fn of(args: &Args, from: usize) -> Self {
        Self(PARAMETERS.iter().enumerate().map(|(index, name)| args.get(from + index, name).cloned()).collect())
    }

    fn get(&self, name: &str) -> Option<&Val> {
        let index = PARAMETERS.iter().position(|known| *known == name)?;
        self.0[index].as_ref()
    }
}

fn config(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    let variable = args.get(0, "env").cloned().unwrap_or_else(|| Val::str("DATABASE_URL"));
    let Some(name) = variable.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[&variable], at)) };
    let default = args.get(1, "default").cloned().unwrap_or_else(Val::none);
    let options = Options::of(args, 2);
    let url = match interp.environment(&name, "db_url", Some(&default), false, at) {
        EnvVar::Set(value) => value,
        EnvVar::Unknown(value) => return Ok(value),
        EnvVar::Unset(deps) => default.or_at(at).with(&deps),
    };
    interp.distribute(&url, &mut |interp, url| match interp.truth(url) {
        Some(true) => parse(interp, url, &options, at),
        Some(false) => Ok(interp.dict(Vec::new()).with(&url.deps)),
        None => Ok(interp.unknown_of(&[url], at)),
    })
}

fn parse(interp: &mut Interp<'_>, value: &Val, options: &Options, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    let place = value.at.unwrap_or(at);
    if text == "sqlite://:memory:" {
        let entries = vec![("ENGINE", Val::str("django.db.backends.sqlite3")), ("NAME", Val::str(":memory:"))];
        return Ok(interp.dict(entries).at(place).with(&value.deps));
    }
    let url = match Url::split(&text) {
        Ok(url) => url,
        Err(trouble) => return malformed(interp, trouble, value, at),
    };
    let own = match registered(interp).kind {
        Kind::Dict(id) => match interp.dict_get(id, &Val::str(url.scheme.as_str())) {
            Ok(own) => own,
            Err(unknown) => return Ok(unknown_value(&unknown)),
        },
        _ => None,
    };
    let known = SCHEMES.iter().find(|(scheme, ..)| *scheme == url.scheme);
    let (backend, finish) = match (&own, known) {
        (Some(own), _) => (interp.attribute(own, "backend", at)?, Finish::Nothing),
        (None, Some((_, backend, finish))) => (Val::str(*backend), *finish),
        (None, None) => {
            let message = format!("Scheme '{}://' is unknown", url.scheme);
            return Err(interp.raise_with("dj_database_url.UnknownSchemeError", &message, at, value.deps.clone()));
        }
    };
    let port = match url.port() {
        Ok(port) => port.filter(|port| *port != 0).map_or_else(|| Val::str(""), Val::int),
        Err(trouble) => return malformed(interp, trouble, value, at),
    };
    let mut extra = Dict::default();
    for (name, values) in query(&url.query) {
        let values: Vec<Val> = values.iter().map(|text| option(text)).collect();
        let value = match <[Val; 1]>::try_from(values) {
            Ok([only]) => only,
            Err(several) => interp.list(several),
        };
        extra.set_str(&name, value.or_at(place));
    }
    let text_of = |text: Option<&str>| unquote(text.unwrap_or_default());
    let mut name = unquote(below(&url.path));
    if finish == Finish::Memory && name.is_empty() {
        ":memory:".clone_into(&mut name);
    }
    let port = match (finish, &port.kind) {
        (Finish::TextPort, Kind::Int(number)) => Val::str(number.to_string()),
        _ => port,
    };
    match finish {
        Finish::Authority => {
            if let Some(slot) = extra.entries.shift_remove(&key("ssl-ca"))
                && interp.truth(&slot.value) == Some(true)
            {
                let authority = interp.dict(vec![("ca", slot.value)]);
                extra.set_str("ssl", authority);
            }
        }
        Finish::Schema => {
            if let Some(slot) = extra.entries.shift_remove(&key("currentSchema"))
                && interp.truth(&slot.value) == Some(true)
            {
                match interp.to_str(&slot.value) {
                    Ok(schema) => extra.set_str("options", Val::str(format!("-c search_path={schema}"))),
                    Err(_) => return Ok(interp.unknown_of(&[&slot.value], at)),
                }
            }
        }
        Finish::Nothing | Finish::Memory | Finish::TextPort => {}
    }
    let extra = interp.dict_of(extra);
    let made = interp.dict(vec![
        ("ENGINE", backend.or_at(place)),
        ("USER", Val::str(text_of(url.username())).at(place)),
        ("PASSWORD", Val::str(text_of(url.password())).at(place)),
        ("HOST", Val::str(unquote(&url.hostname().unwrap_or_default())).at(place)),
        ("PORT", port.at(place)),
        ("NAME", Val::str(name).at(place)),
        ("OPTIONS", extra.clone()),
    ]);
    if let Some(own) = &own
        && let Some(function) = interp.native_attribute(own, "postprocess")
    {
        interp.call_values(&function, vec![made.clone()], at)?;
    }
    finished(interp, made, &extra, options, at).map(|made| made.at(place).with(&value.deps))
}

/// Lays what the call says over what the URL says.
fn finished(interp: &mut Interp<'_>, made: Val, extra: &Val, options: &Options, at: Region) -> Res<Val> {
    let (Kind::Dict(id), Kind::Dict(extra_id)) = (made.kind.clone(), extra.kind.clone()) else { return Ok(made) };
    let on = |interp: &Interp<'_>, name: &str| options.get(name).map_or(Some(false), |value| interp.truth(value));
    match on(interp, "ssl_require") {
        Some(true) => interp.dict_insert(extra_id, &Val::str("sslmode"), Val::str("require").at(at), at)?,
        Some(false) => {}
        None => {
            let why = Val::unknown(Why::Unsupported("an unknown ssl_require".into()), Some(at));
            interp.dict_insert(extra_id, &Val::str("sslmode"), why, at)?;
        }
    }
    let defaults = [
        ("CONN_MAX_AGE", "conn_max_age", Val::int(0)),
        ("CONN_HEALTH_CHECKS", "conn_health_checks", Val::bool(false)),
        ("DISABLE_SERVER_SIDE_CURSORS", "disable_server_side_cursors", Val::bool(false)),
    ];
    for (key, name, default) in defaults {
        let value = options.get(name).cloned().unwrap_or(default).or_at(at);
        interp.dict_insert(id, &Val::str(key), value, at)?;
    }
    for (key, name) in [("ENGINE", "engine"), ("TEST", "test_options")] {
        match (on(interp, name), options.get(name)) {
            (Some(true), Some(value)) => interp.dict_insert(id, &Val::str(key), value.clone(), at)?,
            (None, Some(value)) => return Ok(interp.unknown_of(&[value], at)),
            _ => {}
        }
    }
    if interp.truth(extra) == Some(false) {
        interp.delete_item(&made, &Val::str("OPTIONS"), at)?;
    }
    Ok(made)
}

fn malformed(interp: &mut Interp<'_>, trouble: Trouble, value: &Val, at: Region) -> Res<Val> {
    match trouble {
        Trouble::Value(message) => Err(interp.raise_with("dj_database_url.ParseError", message, at, value.deps.clone())),
        Trouble::Unsure => trouble.raise(interp, value, at),
    }
}

fn key(name: &str) -> crate::python::heap::Key {
    crate::python::heap::Key::Str(name.into())
}

/// An option of the query: a number, a truth value or text.
fn option(text: &str) -> Val {
    match parse_int(text, 10).filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(number) => Val::int(number),
        None => match text.to_lowercase().as_str() {
            "true" => Val::bool(true),
            "false" => Val::bool(false),
            _ => Val::str(text),
        },
    }
}
