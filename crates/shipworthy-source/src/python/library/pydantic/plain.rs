//! Pydantic's conversions to types without parameters: text, numbers, paths, secrets, addresses.

use shipworthy_model::{Region, Why};

use super::config::Manner;
use crate::python::call::Args;
use crate::python::interp::{Interp, Res, Stop};
use crate::python::numbers::{is_decimal, parse_int};
use crate::python::object::{Kind, Val};

fn unsure(name: &str, at: Region) -> Val {
    let name = name.rsplit('.').next().unwrap_or(name);
    Val::unknown(Why::Unsupported(format!("this conversion of a field to {name}").into()), Some(at))
}

/// A value as such a type wants it; `None` where it does not fit.
#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
pub(super) fn plain(interp: &mut Interp<'_>, value: &Val, name: &str, manner: Manner, at: Region) -> Res<Option<Val>> {
    let simple = matches!(
        value.kind,
        Kind::None
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::Str(_)
            | Kind::List(_)
            | Kind::Dict(_)
            | Kind::Tuple(_)
            | Kind::Set(_)
    );
    Ok(match (name, &value.kind) {
        ("builtins.str", Kind::Str(text)) if manner.strips => Some(Val::str(text.trim())),
        ("builtins.str", Kind::Str(_)) => Some(value.clone()),
        ("builtins.bool", _) => match boolean(value) {
            Some(flag) => Some(Val::bool(flag)),
            None if simple => None,
            None => Some(unsure(name, at)),
        },
        ("builtins.int", _) if integer(value).is_some() => integer(value).map(Val::int),
        ("builtins.int", Kind::Str(text)) if text.trim().len() > 38 => Some(unsure(name, at)),
        ("builtins.float", _) if float(value).is_some() => float(value).map(|number| Val::new(Kind::Float(number))),
        ("builtins.bytes", Kind::Str(text)) => Some(Val::new(Kind::Bytes(text.as_bytes().into()))),
        ("builtins.bytes", Kind::Bytes(_)) | ("pathlib.Path", Kind::Path(_)) | ("datetime.timedelta", Kind::TimeDelta(_)) => {
            Some(value.clone())
        }
        ("pathlib.Path", Kind::Str(_)) => Some(interp.call_extern(&"pathlib.Path".into(), Args::of(vec![value.clone()]), at)?),
        ("pydantic.SecretStr" | "pydantic.types.SecretStr", Kind::Str(text)) => {
            let text = if manner.strips { Val::str(text.trim()).with(&value.deps) } else { value.clone() };
            Some(interp.native_instance("pydantic.SecretStr", vec![("*value*", text)]))
        }
        ("pydantic.SecretStr", Kind::Instance(_)) if interp.native_attribute(value, "*value*").is_some() => Some(value.clone()),
        ("datetime.timedelta", Kind::Int(seconds)) if seconds.abs() < 86_400_000_000 => {
            Some(Val::new(Kind::TimeDelta(seconds * 1_000_000)))
        }
        ("datetime.timedelta", Kind::Str(text)) => match span(text) {
            Some(span) => Some(Val::new(Kind::TimeDelta(span))),
            None if !text.contains([':', 'p', 'P', 'd', 'D']) || !text.bytes().any(|byte| byte.is_ascii_digit()) => None,
            None => Some(unsure(name, at)),
        },
        ("pydantic.Json", Kind::Str(_)) => match interp.call_extern(&"json.loads".into(), Args::of(vec![value.clone()]), at) {
            Ok(value) => Some(value),
            Err(Stop::Raise(_)) => None,
            Err(limit) => return Err(limit),
        },
        ("pydantic.Json", _) if simple => None,
        ("decimal.Decimal", Kind::Str(text)) if text.is_ascii() && !is_decimal(text) => None,
        ("builtins.str" | "builtins.int" | "builtins.float" | "pathlib.Path" | "pydantic.SecretStr" | "builtins.bytes", _)
            if simple =>
        {
            None
        }
        ("builtins.str", Kind::Path(_) | Kind::TimeDelta(_)) => None,
        ("decimal.Decimal" | "datetime.timedelta", Kind::None | Kind::Dict(_) | Kind::Set(_)) => None,
        _ => match (name.strip_prefix("pydantic."), bounded(name)) {
            (_, Some((inner, fits))) => match plain(interp, value, inner, manner, at)? {
                Some(made) => match made.kind {
                    Kind::Int(number) => fits(number as f64).then_some(made),
                    Kind::Float(number) => fits(number).then_some(made),
                    _ => Some(made),
                },
                None => None,
            },
            (Some(kind), None) if is_address(kind) => match value.kind {
                Kind::Str(ref text) => match address(kind, text) {
                    Some(text) => Some(interp.native_instance(name, vec![(super::super::TEXT, Val::str(text))])),
                    None if !text.contains(':') => None,
                    None => Some(unsure(name, at)),
                },
                _ if simple => None,
                _ => Some(unsure(name, at)),
            },
            _ => Some(unsure(name, at)),
        },
    })
}

/// Whether a number is within a bound.
type Bound = fn(f64) -> bool;

/// Integers and floats with a bound in their name.
fn bounded(name: &str) -> Option<(&'static str, Bound)> {
    let (sign, inner) = match name.strip_prefix("pydantic.").or_else(|| name.strip_prefix("pydantic.types."))? {
        own if own.ends_with("Int") => (own.strip_suffix("Int")?, "builtins.int"),
        own => (own.strip_suffix("Float")?, "builtins.float"),
    };
    let fits: Bound = match sign {
        "Positive" => |number| number > 0.0,
        "Negative" => |number| number < 0.0,
        "NonNegative" => |number| number >= 0.0,
        "NonPositive" => |number| number <= 0.0,
        _ => return None,
    };
    Some((inner, fits))
}

fn boolean(value: &Val) -> Option<bool> {
    match &value.kind {
        Kind::Bool(flag) => Some(*flag),
        Kind::Int(number @ (0 | 1)) => Some(*number == 1),
        Kind::Float(number) if [0.0, 1.0].contains(number) => Some(*number > 0.5),
        Kind::Str(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Some(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn integer(value: &Val) -> Option<i128> {
    match &value.kind {
        Kind::Bool(flag) => Some(i128::from(*flag)),
        Kind::Int(number) => Some(*number),
        Kind::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => Some(*number as i128),
        Kind::Str(text) => {
            let text = text.trim();
            // A fraction of nothing but zeros is none.
            let whole = match text.split_once('.') {
                Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => whole,
                Some(_) => return None,
                None => text,
            };
            let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') && digits.len() < 39;
            parse_int(whole, 10).filter(|_| plain)
        }
        _ => None,
    }
}

fn float(value: &Val) -> Option<f64> {
    match &value.kind {
        Kind::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Kind::Int(number) => Some(*number as f64),
        Kind::Float(number) => Some(*number),
        Kind::Str(text) => {
            let text = text.trim();
            let bytes = text.as_bytes();
            let between = |index: usize| {
                let digit = |index: Option<usize>| index.and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit);
                digit(index.checked_sub(1)) && digit(Some(index + 1))
            };
            let apart = bytes.iter().enumerate().all(|(index, byte)| *byte != b'_' || between(index));
            apart.then(|| text.replace('_', "").parse().ok()).flatten()
        }
        _ => None,
    }
}

/// `"1d"`, `"10:00"` and `"10:00:30"` in microseconds.
fn span(text: &str) -> Option<i128> {
    let number = |text: &str| (text.len() <= 2 && !text.is_empty()).then(|| text.parse::<u8>().ok()).flatten().map(i128::from);
    if let Some(days) = text.strip_suffix(['d', 'D']) {
        return Some(number(days)? * 86_400_000_000);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (hours, minutes, "00"),
        [hours, minutes, seconds] => (hours, minutes, *seconds),
        _ => return None,
    };
    if [*hours, *minutes, seconds].iter().any(|part| part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    (hours < 24 && minutes < 60 && seconds < 60).then_some((hours * 3600 + minutes * 60 + seconds) * 1_000_000)
}

fn is_address(kind: &str) -> bool {
    matches!(kind, "HttpUrl" | "AnyHttpUrl" | "PostgresDsn" | "RedisDsn")
}

/// An address as `str()` shows it, for those that no rule of writing addresses changes.
fn address(kind: &str, text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let schemes: &[&str] = match kind {
        "PostgresDsn" => &["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2"],
        "RedisDsn" => &["redis", "rediss"],
        _ => &["http", "https"],
    };
    if !schemes.contains(&scheme) {
        return None;
    }
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let unreserved = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    let named = host.split('.').all(|label| {
        !label.is_empty() && label.len() < 60 && label.starts_with(|c: char| c.is_ascii_lowercase()) && unreserved(label)
    });
    let named = named && !host.contains('_') && host == host.to_ascii_lowercase() && !host.ends_with('-') && !host.contains("--");
    let numbered = port.is_none_or(|port| {
        port.len() <= 5 && !port.starts_with('0') && !matches!(port, "80" | "443") && port.parse::<u16>().is_ok()
    });
    let signed = user.is_none_or(|user| {
        user.split_once(':')
            .is_some_and(|(name, password)| unreserved(name) && unreserved(password) && !name.is_empty() && !password.is_empty())
    });
    let plain_path = path.split('/').skip(1).all(|part| unreserved(&part.replace('.', "")) && !matches!(part, "." | ".."));
    let complete = match kind {
        "RedisDsn" => port.is_some() && path.len() > 1,
        _ => true,
    };
    if !(named && numbered && signed && plain_path && complete) {
        return None;
    }
    let slash = if path.is_empty() && kind.ends_with("HttpUrl") { "/" } else { "" };
    Some(format!("{text}{slash}"))
}
