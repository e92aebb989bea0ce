//! URLs that `Env` turns into dictionaries of settings: databases, caches, mail, search engines, channel layers.

use shipworthy_model::{Condition, Region};

use super::super::url::{Trouble, Url, below, query, quote, unquote, unquote_plus};
use super::{IMPROPER, search, unsure};
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res};
use crate::python::numbers::parse_int;
use crate::python::object::{Kind, Val};

const POSTGRES: &str = "django.db.backends.postgresql";
const DATABASES: [(&str, &str); 22] = [
    ("postgres", POSTGRES),
    ("postgresql", POSTGRES),
    ("psql", POSTGRES),
    ("pgsql", POSTGRES),
    ("postgis", "django.contrib.gis.db.backends.postgis"),
    ("prometheus_postgresql", "django_prometheus.db.backends.postgresql"),
    ("prometheus_postgis", "django_prometheus.db.backends.postgis"),
    ("cockroachdb", "django_cockroachdb"),
    ("mysql", "django.db.backends.mysql"),
    ("mysql2", "django.db.backends.mysql"),
    ("mysql-connector", "mysql.connector.django"),
    ("mysqlgis", "django.contrib.gis.db.backends.mysql"),
    ("prometheus_mysql", "django_prometheus.db.backends.mysql"),
    ("mssql", "mssql"),
    ("oracle", "django.db.backends.oracle"),
    ("pyodbc", "sql_server.pyodbc"),
    ("redshift", "django_redshift_backend"),
    ("spatialite", "django.contrib.gis.db.backends.spatialite"),
    ("prometheus_spatialite", "django_prometheus.db.backends.spatialite"),
    ("sqlite", "django.db.backends.sqlite3"),
    ("prometheus_sqlite", "django_prometheus.db.backends.sqlite3"),
    ("ldap", "ldapdb.backends.ldap"),
];
const POSTGRES_FAMILY: [&str; 7] =
    ["postgres", "postgresql", "psql", "pgsql", "postgis", "prometheus_postgresql", "prometheus_postgis"];
const DATABASE_OPTIONS: [&str; 5] =
    ["CONN_MAX_AGE", "ATOMIC_REQUESTS", "AUTOCOMMIT", "DISABLE_SERVER_SIDE_CURSORS", "CONN_HEALTH_CHECKS"];

/// Stands for the driver that depends on what is installed.
const REDIS: &str = "redis";
const PYMEMCACHE: &str = "pymemcache";
const CACHES: [(&str, &str); 12] = [
    ("dbcache", "django.core.cache.backends.db.DatabaseCache"),
    ("dummycache", "django.core.cache.backends.dummy.DummyCache"),
    ("filecache", "django.core.cache.backends.filebased.FileBasedCache"),
    ("locmemcache", "django.core.cache.backends.locmem.LocMemCache"),
    ("memcache", "django.core.cache.backends.memcached.MemcachedCache"),
    ("pymemcache", PYMEMCACHE),
    ("pylibmc", "django.core.cache.backends.memcached.PyLibMCCache"),
    ("rediscache", REDIS),
    ("redis", REDIS),
    ("rediss", REDIS),
    ("valkey", REDIS),
    ("valkeys", REDIS),
];
const CACHE_OPTIONS: [&str; 5] = ["TIMEOUT", "KEY_PREFIX", "VERSION", "KEY_FUNCTION", "BINARY"];

const SMTP: &str = "django.core.mail.backends.smtp.EmailBackend";
const MAIL: [(&str, &str); 8] = [
    ("smtp", SMTP),
    ("smtps", SMTP),
    ("smtp+tls", SMTP),
    ("smtp+ssl", SMTP),
    ("consolemail", "django.core.mail.backends.console.EmailBackend"),
    ("filemail", "django.core.mail.backends.filebased.EmailBackend"),
    ("memorymail", "django.core.mail.backends.locmem.EmailBackend"),
    ("dummymail", "django.core.mail.backends.dummy.EmailBackend"),
];

const CHANNELS: [(&str, &str); 5] = [
    ("inmemory", "channels.layers.InMemoryChannelLayer"),
    ("redis", "channels_redis.core.RedisChannelLayer"),
    ("rediss", "channels_redis.core.RedisChannelLayer"),
    ("redis+pubsub", "channels_redis.pubsub.RedisPubSubChannelLayer"),
    ("rediss+pubsub", "channels_redis.pubsub.RedisPubSubChannelLayer"),
];

/// The tables of schemes, which projects add to: `Env.DB_SCHEMES["x"] = "…"`.
pub(super) fn table(interp: &mut Interp<'_>, name: &str) -> Option<Val> {
    let entries: &[(&str, &str)] = match name {
        "DB_SCHEMES" => &DATABASES,
        "CACHE_SCHEMES" => &CACHES,
        "EMAIL_SCHEMES" => &MAIL,
        "SEARCH_SCHEMES" => &search::SEARCH,
        "CHANNELS_SCHEMES" => &CHANNELS,
        _ => return None,
    };
    let dotted = format!("environ.Env.{name}");
    if let Some(known) = interp.patched(&dotted) {
        return Some(known);
    }
    let mut dict = Dict::default();
    for (scheme, backend) in entries {
        let backend = match *backend {
            REDIS => redis_driver(interp),
            PYMEMCACHE => pymemcache_driver(interp),
            other => Val::str(other),
        };
        dict.set_str(scheme, backend);
    }
    let dict = interp.dict_of(dict);
    interp.patch(&dotted, dict.clone());
    Some(dict)
}

/// django-redis goes before Django's own driver where it is installed.
fn redis_driver(interp: &mut Interp<'_>) -> Val {
    if interp.request.dependencies.is_some_and(|packages| packages.contains("django-redis")) {
        return Val::str("django_redis.cache.RedisCache");
    }
    interp.assumed("django-redis is not installed", Val::str("django.core.cache.backends.redis.RedisCache"))
}

fn pymemcache_driver(interp: &mut Interp<'_>) -> Val {
    if interp.request.dependencies.is_some_and(|packages| packages.contains("pymemcache")) {
        return Val::str("django.core.cache.backends.memcached.PyMemcacheCache");
    }
    interp.assumed("pymemcache is not installed", Val::str("django.core.cache.backends.memcached.PyLibMCCache"))
}

/// What a method's argument is called that replaces the scheme's backend.
pub(super) fn override_name(kind: &str) -> &'static str {
    if matches!(kind, "db" | "search") { "engine" } else { "backend" }
}

/// `Env.db_url_config(url, engine)` and its siblings, by the first part of their names.
pub(super) fn config(
    interp: &mut Interp<'_>,
    env: Option<&Val>,
    kind: &str,
    url: &Val,
    backend: Option<&Val>,
    at: Region,
) -> Res<Val> {
    if url.as_unknown().is_some() || backend.is_some_and(|backend| backend.as_unknown().is_some()) {
        let backend = backend.cloned().unwrap_or_else(Val::none);
        let unknown = interp.unknown_of(&[url, &backend], at);
        return Ok(if kind == "email" { any_mail(interp, &unknown, at) } else { unknown });
    }
    let backend = backend.filter(|backend| interp.truth(backend) != Some(false)).cloned();
    if kind == "db" && url.as_str() == Some("sqlite://:memory:") {
        let engine = scheme_of(interp, env, "DB_SCHEMES", "sqlite", at)?.unwrap_or_else(Val::none);
        return Ok(interp.dict(vec![("ENGINE", engine), ("NAME", Val::str(":memory:"))]).or_at(url.at.unwrap_or(at)));
    }
    if kind == "cache" && interp.truth(url) == Some(false) {
        return Ok(interp.dict(Vec::new()).or_at(at));
    }
    let parsed = match (Url::of_object(interp, url), url.as_str()) {
        (Some(parsed), _) => Ok(parsed),
        (None, Some(text)) => match Url::parse(text) {
            Err(Trouble::Value(_)) if kind == "db" => Url::parse(&quote(text, ":/?&=@")),
            parsed => parsed,
        },
        (None, None) => return Ok(unsure("a URL that is no text", at)),
    };
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(trouble) => return trouble.raise(interp, url, at),
    };
    let place = url.at.unwrap_or(at);
    let entries = match kind {
        "db" => database(interp, env, parsed, backend, url, at)?,
        "cache" => cache(interp, env, &parsed, backend, url, at)?,
        "email" => mail(interp, env, &parsed, backend, url, at)?,
        "search" => search::search(interp, env, &parsed, backend, url, at)?,
        _ => channels(interp, env, &parsed, backend, url, at)?,
    };
    Ok(match entries {
        Ok(entries) => {
            let mut dict = Dict::default();
            for (name, value) in entries {
                dict.set_str(&name, value.or_at(place));
            }
            interp.dict_of(dict).at(place).with(&url.deps)
        }
        Err(unknown) => unknown,
    })
}

/// What a scheme leads to: `None` if it is in no table.
pub(super) fn scheme_of(interp: &mut Interp<'_>, env: Option<&Val>, name: &str, scheme: &str, at: Region) -> Res<Option<Val>> {
    let own = match env {
        Some(env) => interp.attribute(env, name, at)?,
        None => table(interp, name).unwrap_or_else(Val::none),
    };
    Ok(match own.kind {
        Kind::Dict(id) => match interp.dict_get(id, &Val::str(scheme)) {
            Ok(found) => found,
            Err(unknown) => Some(crate::python::interp::unknown_value(&unknown)),
        },
        _ => Some(interp.unknown_of(&[&own], at)),
    })
}

pub(super) type Entries = Vec<(String, Val)>;
/// The dictionary's entries, or the value that says why they are not known.
pub(super) type Made = Res<Result<Entries, Val>>;

pub(super) fn put(entries: &mut Entries, name: &str, value: Val) {
    match entries.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => entries.push((name.to_owned(), value)),
    }
}

/// Whole numbers as numbers, other text as it is.
fn integer_or_text(text: &str) -> Val {
    match parse_int(text, 10).filter(|_| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())) {
        Some(number) => Val::int(number),
        None => Val::str(text),
    }
}

/// Python literals as what they stand for, other text as it is.
fn literal_or_text(interp: &mut Interp<'_>, text: &str, at: Region) -> Res<Val> {
    // Leading blanks are an indentation error, which `literal_eval` strips away; other trouble gives the text back.
    match interp.call_values(&Val::external("ast.literal_eval"), vec![Val::str(text)], at) {
        Ok(value) => Ok(value),
        Err(crate::python::interp::Stop::Raise(_)) => Ok(Val::str(text)),
        Err(limit) => Err(limit),
    }
}

fn database(interp: &mut Interp<'_>, env: Option<&Val>, mut url: Url, engine: Option<Val>, value: &Val, at: Region) -> Made {
    if url.path.is_empty() && !url.netloc.is_empty() {
        // Characters that end the host too early are quoted, and the URL read again.
        let Some(text) = url.text() else { return Ok(Err(unsure("this URL", at))) };
        url = match Url::parse(&quote(&text, ":/?&=@")) {
            Ok(url) => url,
            Err(trouble) => return trouble.raise(interp, value, at).map(Err),
        };
    }
    let mut path = unquote_plus(below(&url.path).split('?').next().unwrap_or_default());
    let port = url.port();
    let text = |text: &str| Val::str(text);
    match url.scheme.as_str() {
        "sqlite" if path.is_empty() => ":memory:".clone_into(&mut path),
        "ldap" => {
            path = format!("ldap://{}", url.hostname().unwrap_or_else(|| "None".to_owned()));
            if let Ok(Some(port)) = port
                && port != 0
            {
                path = format!("{path}:{port}");
            }
        }
        _ => {}
    }
    let hosts = unquote(url.netloc.rsplit_once('@').map_or(&*url.netloc, |(_, hosts)| hosts));
    let is_postgres = POSTGRES_FAMILY.contains(&url.scheme.as_str());
    let (host, port) = if is_postgres && hosts.contains(',') {
        let (host, port) = cluster(&hosts);
        (host, integer_or_text(&port))
    } else {
        let port = match port {
            Ok(port) => port.filter(|port| *port != 0).map_or_else(|| text(""), Val::int),
            Err(trouble) => return trouble.raise(interp, value, at).map(Err),
        };
        (url.hostname().unwrap_or_default(), port)
    };
    let mut entries = Entries::new();
    put(&mut entries, "NAME", text(&path));
    put(&mut entries, "USER", text(&unquote(url.username().unwrap_or_default())));
    put(&mut entries, "PASSWORD", text(&unquote(url.password().unwrap_or_default())));
    put(&mut entries, "HOST", text(&host));
    put(&mut entries, "PORT", port.clone());
    if path.starts_with('/')
        && (is_postgres || path.contains("cloudsql"))
        && let Some((socket, name)) = path.rsplit_once('/')
    {
        put(&mut entries, "HOST", text(socket));
        put(&mut entries, "NAME", text(name));
    }
    if url.scheme == "oracle" {
        if path.is_empty() {
            put(&mut entries, "NAME", text(&host));
            put(&mut entries, "HOST", text(""));
        }
        match port.kind {
            Kind::Int(number) => put(&mut entries, "PORT", Val::str(number.to_string())),
            _ => entries.retain(|(name, _)| name != "PORT"),
        }
    }
    if !url.query.is_empty() {
        let mut options = Dict::default();
        for (name, values) in query(&url.query) {
            let Some(first) = values.first() else { continue };
            let upper = name.to_uppercase();
            if DATABASE_OPTIONS.contains(&upper.as_str()) {
                let literal = literal_or_text(interp, first, at)?;
                put(&mut entries, &upper, literal);
            } else {
                options.set_str(&name, integer_or_text(first));
            }
        }
        let options = interp.dict_of(options);
        put(&mut entries, "OPTIONS", options);
    }
    let engine = match engine {
        Some(engine) => engine,
        None => text(&url.scheme),
    };
    let engine = match engine.as_str() {
        Some(name) => scheme_of(interp, env, "DB_SCHEMES", name, at)?.unwrap_or(engine),
        None => engine,
    };
    if interp.truth(&engine) == Some(false) {
        return Ok(Ok(Entries::new()));
    }
    put(&mut entries, "ENGINE", engine);
    Ok(Ok(entries))
}

/// Several hosts of one `PostgreSQL` cluster, with their ports.
fn cluster(hosts: &str) -> (String, String) {
    let pairs: Vec<(&str, &str)> = hosts
        .split(',')
        .map(|host| {
            if host.starts_with('[') {
                match host.find(']') {
                    Some(end) if host[end + 1..].starts_with(':') => (&host[..=end], &host[end + 2..]),
                    _ => (host, ""),
                }
            } else {
                host.rsplit_once(':')
                    .filter(|(_, port)| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()))
                    .unwrap_or((host, ""))
            }
        })
        .collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let ports: Vec<&str> = pairs.iter().map(|(_, port)| *port).filter(|port| !port.is_empty()).collect();
    (names.join(","), ports.join(","))
}

pub(super) fn unknown_scheme(interp: &Interp<'_>, what: &str, url: &Url, value: &Val, at: Region) -> crate::python::interp::Stop {
    interp.raise_with(IMPROPER, &format!("Invalid {what} schema {}", url.scheme), at, value.deps.clone())
}

fn cache(interp: &mut Interp<'_>, env: Option<&Val>, url: &Url, backend: Option<Val>, value: &Val, at: Region) -> Made {
    let Some(known) = scheme_of(interp, env, "CACHE_SCHEMES", &url.scheme, at)? else {
        return Err(unknown_scheme(interp, "cache", url, value, at));
    };
    let backend = backend.unwrap_or(known);
    let hosts: Vec<&str> = url.netloc.split(',').collect();
    let several = |interp: &mut Interp<'_>, texts: Vec<String>| match texts.as_slice() {
        [only] => Val::str(only.as_str()),
        _ => interp.list(texts.into_iter().map(Val::str).collect()),
    };
    let location = if url.netloc.is_empty() && matches!(url.scheme.as_str(), "memcache" | "pymemcache") {
        Val::str(format!("unix:{}", url.path))
    } else if url.scheme.starts_with("redis") {
        let scheme = if url.hostname().is_some() { url.scheme.replace("cache", "") } else { "unix".to_owned() };
        several(interp, hosts.iter().map(|host| format!("{scheme}://{host}{}", url.path)).collect())
    } else if url.scheme == "filecache" {
        Val::str(format!("{}{}", url.netloc, url.path))
    } else {
        several(interp, hosts.iter().map(|host| (*host).to_owned()).collect())
    };
    let mut entries = vec![("BACKEND".to_owned(), backend.clone()), ("LOCATION".to_owned(), location)];
    if !url.query.is_empty() {
        let lower = match backend.as_str() {
            Some(backend) => backend == "django.core.cache.backends.redis.RedisCache",
            None => return Ok(Err(interp.unknown_of(&[&backend], at))),
        };
        let mut options = Dict::default();
        for (name, values) in query(&url.query) {
            let Some(first) = values.first() else { continue };
            let literal = literal_or_text(interp, first, at)?;
            let key = if lower { name.to_lowercase() } else { name.to_uppercase() };
            if CACHE_OPTIONS.contains(&name.to_uppercase().as_str()) {
                put(&mut entries, &key, literal);
            } else {
                options.set_str(&key, literal);
            }
        }
        let options = interp.dict_of(options).with(&backend.deps);
        put(&mut entries, "OPTIONS", options);
    }
    Ok(Ok(entries))
}

/// What a URL of a mail server that nobody knows comes to: these settings, and no others.
fn any_mail(interp: &mut Interp<'_>, unknown: &Val, at: Region) -> Val {
    let always =
        ["EMAIL_FILE_PATH", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_BACKEND"].into_iter();
    let sometimes = ["EMAIL_USE_TLS", "EMAIL_USE_SSL", "OPTIONS"];
    let all = interp.dict(always.chain(sometimes).map(|name| (name, unknown.clone())).collect());
    if let Kind::Dict(id) = all.kind
        && let Cell::Dict(dict) = interp.heap.cell_mut(id)
    {
        for slot in dict.entries.values_mut() {
            if slot.key.as_str().is_some_and(|name| sometimes.contains(&name)) {
                slot.perhaps = Some(Condition { text: "the URL says so".into(), at: Some(at), holds: true });
            }
        }
    }
    all.or_at(at)
}

fn mail(interp: &mut Interp<'_>, env: Option<&Val>, url: &Url, backend: Option<Val>, value: &Val, at: Region) -> Made {
    let optional = |text: Option<String>| text.map_or_else(Val::none, Val::str);
    let port = match url.port() {
        Ok(port) => port.map_or_else(Val::none, Val::int),
        Err(trouble) => return trouble.raise(interp, value, at).map(Err),
    };
    let path = unquote_plus(below(&url.path));
    let mut entries = Entries::new();
    put(&mut entries, "EMAIL_FILE_PATH", Val::str(path));
    put(&mut entries, "EMAIL_HOST_USER", optional(url.username().map(unquote)));
    put(&mut entries, "EMAIL_HOST_PASSWORD", optional(url.password().map(unquote)));
    put(&mut entries, "EMAIL_HOST", optional(url.hostname()));
    put(&mut entries, "EMAIL_PORT", port);
    let backend = match backend {
        Some(backend) => backend,
        None => match scheme_of(interp, env, "EMAIL_SCHEMES", &url.scheme, at)? {
            Some(backend) => backend,
            None => return Err(unknown_scheme(interp, "email", url, value, at)),
        },
    };
    put(&mut entries, "EMAIL_BACKEND", backend);
    match url.scheme.as_str() {
        "smtps" | "smtp+tls" => put(&mut entries, "EMAIL_USE_TLS", Val::bool(true)),
        "smtp+ssl" => put(&mut entries, "EMAIL_USE_SSL", Val::bool(true)),
        _ => {}
    }
    if !url.query.is_empty() {
        let mut options = Dict::default();
        for (name, values) in query(&url.query) {
            let (Some(first), name) = (values.first(), name.to_uppercase()) else { continue };
            if matches!(name.as_str(), "EMAIL_USE_TLS" | "EMAIL_USE_SSL") {
                put(&mut entries, &name, integer_or_text(first));
            } else {
                options.set_str(&name, integer_or_text(first));
            }
        }
        let options = interp.dict_of(options);
        put(&mut entries, "OPTIONS", options);
    }
    Ok(Ok(entries))
}

fn channels(interp: &mut Interp<'_>, env: Option<&Val>, url: &Url, backend: Option<Val>, value: &Val, at: Region) -> Made {
    if let Some(backend) = backend {
        return Ok(Ok(vec![("BACKEND".to_owned(), backend)]));
    }
    let Some(backend) = scheme_of(interp, env, "CHANNELS_SCHEMES", &url.scheme, at)? else {
        return Err(unknown_scheme(interp, "channels", url, value, at));
    };
    let mut entries = vec![("BACKEND".to_owned(), backend)];
    if url.scheme.starts_with("redis") {
        let scheme = url.scheme.split('+').next().unwrap_or_default().to_owned();
        let Some(host) = (Url { scheme, ..url.clone() }).text() else { return Ok(Err(unsure("this URL", at))) };
        let hosts = interp.list(vec![Val::str(host)]);
        let options = interp.dict(vec![("hosts", hosts)]);
        entries.push(("CONFIG".to_owned(), options));
    }
    Ok(Ok(entries))
}
