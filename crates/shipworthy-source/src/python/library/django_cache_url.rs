//! django-cache-url (3.4): a cache's settings from a URL.
//!
//! Before 3.4 `redis://` meant django-redis (`django_redis.cache.RedisCache`) rather than Django's own backend, so for
//! Redis the result rests on the release being a recent one.

use shipworthy_model::Region;

use super::Library;
use super::url::{Url, below, query};
use super::url_settings::UrlSettings;
use crate::python::call::Args;
use crate::python::heap::Dict;
use crate::python::interp::{Interp, Res};
use crate::python::numbers::parse_int;
use crate::python::object::Val;

pub(super) static LIBRARY: Library = Library { roots: &["django_cache_url"], call, attribute, methods: &[] };

const REDIS: &str = "django.core.cache.backends.redis.RedisCache";
const BACKENDS: [(&str, &str); 14] = [
    ("db", "django.core.cache.backends.db.DatabaseCache"),
    ("dummy", "django.core.cache.backends.dummy.DummyCache"),
    ("elasticache", "django_elasticache.memcached.ElastiCache"),
    ("file", "django.core.cache.backends.filebased.FileBasedCache"),
    ("locmem", "django.core.cache.backends.locmem.LocMemCache"),
    ("uwsgicache", "uwsgicache.UWSGICache"),
    ("memcached", "django.core.cache.backends.memcached.PyLibMCCache"),
    ("djangopylibmc", "django_pylibmc.memcached.PyLibMCCache"),
    ("pymemcached", "django.core.cache.backends.memcached.MemcachedCache"),
    ("pymemcache", "django.core.cache.backends.memcached.PyMemcacheCache"),
    ("redis-cache", "redis_cache.RedisCache"),
    ("redis", REDIS),
    ("rediss", REDIS),
    ("hiredis", REDIS),
];

const SETTINGS: UrlSettings =
    UrlSettings { module: "django_cache_url", variable: "CACHE_URL", cast: "cache_url", default: Some("locmem://"), parse };

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    SETTINGS.attribute(name)
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    SETTINGS.call(interp, name, args, at)
}

fn parse(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    let place = value.at.unwrap_or(at);
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(trouble) => return trouble.raise(interp, value, at),
    };
    let mut arguments: Vec<(String, String)> = Vec::new();
    for (name, values) in query(&url.query) {
        let (name, joined) = (name.to_uppercase(), values.join(";"));
        match arguments.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = joined,
            None => arguments.push((name, joined)),
        }
    }
    let argument = |name: &str| arguments.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
    let by_name = |name: &str| BACKENDS.iter().find(|(known, _)| *known == name).map(|(_, backend)| *backend);
    let scheme = url.scheme.as_str();
    let Some(mut backend) = by_name(scheme) else {
        let message = format!("Unknown backend: \"{scheme}\"");
        return Err(interp.raise_on("Exception", &message, at, &[value]));
    };
    let library = argument("LIB");
    if scheme.contains("redis") {
        backend = library.and_then(by_name).unwrap_or(backend);
    }
    let old_library = library == Some("redis-cache");
    let mut options: Vec<(&str, Val)> = Vec::new();
    if scheme == "hiredis" {
        options.push(("PARSER_CLASS", Val::str("redis.connection.HiredisParser")));
    }
    let location = if url.netloc.is_empty() {
        match scheme {
            "memcached" | "pymemcached" | "pymemcache" | "djangopylibmc" => format!("unix://{}", url.path),
            "redis" | "hiredis" => socket(&url.path),
            _ => url.path.clone(),
        }
    } else if matches!(scheme, "redis" | "rediss" | "hiredis") {
        let port = match url.port() {
            Ok(port) => port.filter(|port| *port != 0).unwrap_or(6379),
            Err(trouble) => return trouble.raise(interp, value, at),
        };
        let password = url.password().filter(|password| !password.is_empty());
        let inline = old_library || backend == REDIS;
        let user = match password {
            Some(password) if inline => format!(":{password}@"),
            Some(password) => {
                options.push(("PASSWORD", Val::str(password)));
                String::new()
            }
            None => String::new(),
        };
        if old_library {
            for name in ["PARSER_CLASS", "CONNECTION_POOL_CLASS"] {
                if let Some(text) = argument(name) {
                    options.retain(|(known, _)| *known != name);
                    options.push((name, Val::str(text)));
                }
            }
            let mut pool = Vec::new();
            for (name, key) in [("MAX_CONNECTIONS", "max_connections"), ("TIMEOUT", "timeout")] {
                match argument(name).map(|text| parse_int(text, 10)) {
                    Some(Some(number)) => pool.push((key, Val::int(number))),
                    Some(None) => return Err(interp.raise_on("ValueError", "the option is no integer", at, &[value])),
                    None => {}
                }
            }
            if !pool.is_empty() {
                let pool = interp.dict(pool);
                options.push(("CONNECTION_POOL_CLASS_KWARGS", pool));
            }
        }
        let database = Some(below(&url.path)).filter(|name| !name.is_empty()).unwrap_or("0");
        let scheme = if scheme == "rediss" { "rediss" } else { "redis" };
        let host = url.hostname().unwrap_or_else(|| "None".to_owned());
        format!("{scheme}://{user}{host}:{port}/{database}")
    } else {
        url.netloc.split(',').collect::<Vec<_>>().join(";")
    };
    let location = if scheme == "uwsgicache" && location.is_empty() { "default".to_owned() } else { location };
    for name in ["MAX_ENTRIES", "CULL_FREQUENCY"] {
        match argument(name).map(|text| parse_int(text, 10)) {
            Some(Some(number)) => options.push((name, Val::int(number))),
            Some(None) => return Err(interp.raise_on("ValueError", "the option is no integer", at, &[value])),
            None => {}
        }
    }
    let mut dict = Dict::default();
    let backend = Val::str(backend);
    let backend = if scheme.contains("redis") { interp.assumed("django-cache-url is 3.4 or later", backend) } else { backend };
    dict.set_str("BACKEND", backend.at(place));
    dict.set_str("LOCATION", Val::str(location).at(place));
    if !options.is_empty() {
        let options = interp.dict(options);
        dict.set_str("OPTIONS", options.at(place));
    }
    for (name, text) in arguments.iter().filter(|(name, _)| !matches!(name.as_str(), "MAX_ENTRIES" | "CULL_FREQUENCY")) {
        dict.set_str(name, Val::str(text.as_str()).at(place));
    }
    Ok(interp.dict_of(dict).at(place).with(&value.deps))
}

/// The address of a Redis socket: a number in the path is the database, and what follows the last slash is cut off.
fn socket(path: &str) -> String {
    let digits_at = path.char_indices().skip(1).find(|(_, c)| c.is_ascii_digit()).map(|(index, _)| index);
    match digits_at {
        Some(start) => {
            let number: String = path[start..].chars().take_while(char::is_ascii_digit).collect();
            format!("unix://{}?db={number}", &path[..path.rfind('/').unwrap_or(path.len().saturating_sub(1))])
        }
        None => format!("unix://{path}?db=0"),
    }
}
