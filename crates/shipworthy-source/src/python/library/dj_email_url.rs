//! dj-email-url (1.0): `EMAIL_*` settings from a URL.

use std::rc::Rc;

use shipworthy_model::{Condition, Region};

use super::Library;
use super::url::{Url, below, query, unquote};
use super::url_settings::UrlSettings;
use crate::python::call::Args;
use crate::python::heap::{Dict, Key};
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::numbers::parse_int;
use crate::python::object::Val;

pub(super) static LIBRARY: Library = Library { roots: &["dj_email_url"], call, attribute, methods: &[] };

const SMTP: &str = "django.core.mail.backends.smtp.EmailBackend";
const TRUTHY: [&str; 13] = ["1", "y", "Y", "yes", "Yes", "YES", "t", "T", "true", "True", "TRUE", "on", "On"];

/// The settings that every URL gives, and those that only some give.
const ALWAYS: [&str; 8] = [
    "EMAIL_FILE_PATH",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_USE_SSL",
    "EMAIL_USE_TLS",
    "EMAIL_TIMEOUT",
];
const SOMETIMES: [&str; 3] = ["EMAIL_BACKEND", "SERVER_EMAIL", "DEFAULT_FROM_EMAIL"];

const SETTINGS: UrlSettings =
    UrlSettings { module: "dj_email_url", variable: "EMAIL_URL", cast: "email_url", default: None, parse };

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    SETTINGS.attribute(name)
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    SETTINGS.call(interp, name, args, at)
}

fn parse(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(of_unknown(interp, value, at)) };
    let place = value.at.unwrap_or(at);
    let url = match Url::parse(&text) {
        Ok(url) => url,
        Err(trouble) => return trouble.raise(interp, value, at),
    };
    let mut port = match url.port() {
        Ok(port) => port,
        Err(trouble) => return trouble.raise(interp, value, at),
    };
    let params = query(&url.query);
    let param = |name: &str| params.iter().find(|(known, _)| known == name).and_then(|(_, values)| values.first());
    let scheme = url.scheme.as_str();
    let mut host = url.hostname();
    let (mut ssl, mut tls) = (false, matches!(scheme, "smtps" | "submission" | "submit"));
    let fallback = match scheme {
        "smtp" => Some(25),
        "submission" | "submit" => Some(587),
        _ => None,
    };
    if port.is_none_or(|port| port == 0) && fallback.is_some() {
        port = fallback;
    }
    if scheme == "smtp" && host.is_none() {
        host = Some("localhost".to_owned());
    }
    let on = |text: &String| TRUTHY.contains(&text.as_str()) || text == "ON";
    if let Some(flag) = param("ssl") {
        if on(flag) {
            (ssl, tls) = (true, false);
        }
    } else if param("tls").is_some_and(on) {
        (ssl, tls) = (false, true);
    }
    let optional = |text: Option<String>| text.map_or_else(Val::none, Val::str);
    let timeout = match param("timeout") {
        Some(text) => match parse_int(text, 10) {
            Some(seconds) => Val::int(seconds),
            None => return Err(interp.raise_on("ValueError", "the timeout is no integer", at, &[value])),
        },
        None => Val::none(),
    };
    let backend = match scheme {
        "smtp" | "submission" | "submit" | "smtps" => Some(SMTP),
        "console" => Some("django.core.mail.backends.console.EmailBackend"),
        "file" => Some("django.core.mail.backends.filebased.EmailBackend"),
        "memory" => Some("django.core.mail.backends.locmem.EmailBackend"),
        "dummy" => Some("django.core.mail.backends.dummy.EmailBackend"),
        _ => None,
    };
    let mut dict = Dict::default();
    let mut put = |name: &str, value: Val| dict.set_str(name, value.at(place));
    put("EMAIL_FILE_PATH", Val::str(below(&url.path)));
    put("EMAIL_HOST_USER", optional(url.username().map(unquote)));
    put("EMAIL_HOST_PASSWORD", optional(url.password().map(unquote)));
    put("EMAIL_HOST", optional(host));
    put("EMAIL_PORT", port.map_or_else(Val::none, Val::int));
    put("EMAIL_USE_SSL", Val::bool(ssl));
    put("EMAIL_USE_TLS", Val::bool(tls));
    put("EMAIL_TIMEOUT", timeout);
    if let Some(backend) = backend {
        put("EMAIL_BACKEND", Val::str(backend));
    }
    for (name, setting) in [("_server_email", "SERVER_EMAIL"), ("_default_from_email", "DEFAULT_FROM_EMAIL")] {
        if let Some(text) = param(name) {
            put(setting, Val::str(text.as_str()));
        }
    }
    Ok(interp.dict_of(dict).at(place).with(&value.deps))
}

/// What a URL that nobody knows comes to: these settings and no others.
fn of_unknown(interp: &mut Interp<'_>, value: &Val, at: Region) -> Val {
    let answer = interp.unknown_of(&[value], at);
    let Some(unknown) = answer.as_unknown() else { return answer };
    interp.doubtful(&unknown, at);
    let mut dict = Dict::default();
    for name in ALWAYS.into_iter().chain(SOMETIMES) {
        // Each is a value of its own.
        dict.set_str(name, unknown_value(&Rc::new((*unknown).clone())));
    }
    for name in SOMETIMES {
        let condition = Condition { text: format!("the URL gives {name}").into(), at: Some(at), holds: true };
        if let Some(slot) = dict.entries.get_mut(&Key::Str(name.into())) {
            slot.perhaps = Some(condition);
        }
    }
    interp.dict_of(dict).with(&value.deps)
}
