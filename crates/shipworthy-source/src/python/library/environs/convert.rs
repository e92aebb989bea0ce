//! How `Env` converts a variable's text: marshmallow's fields and validators.

use shipworthy_model::Region;

use super::{INVALID, unsure};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res, Stop};
use crate::python::numbers::{is_decimal, parse_int};
use crate::python::object::{Kind, Val};

const TRUTHY: [&str; 14] = ["t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"];
const FALSY: [&str; 14] = ["f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"];

pub(super) fn invalid(interp: &Interp<'_>, value: &Val, what: &str, at: Region) -> Stop {
    interp.raise_with(INVALID, what, at, value.deps.clone())
}

/// Notes that something may raise: mostly the library's own error, but where a type does not fit, another.
pub(super) fn raises_perhaps(interp: &mut Interp<'_>, what: &str, at: Region) {
    interp.may_raise(unsure(what, at), what, at);
}

/// What a method makes of a variable's text.
pub(super) fn field(interp: &mut Interp<'_>, method: &str, value: &Val, args: &Args, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    let made = match method {
        "__call__" | "str" => value.clone(),
        "int" => integer(interp, &text, value, at)?,
        "bool" => boolean(interp, &text, value, at)?,
        "float" => match interp.to_float(value, at) {
            Ok(Val { kind: Kind::Float(number), .. }) if !number.is_finite() => {
                return Err(invalid(interp, value, "the value is no finite number", at));
            }
            Ok(number) => number,
            Err(Stop::Raise(_)) => return Err(invalid(interp, value, "the value is no number", at)),
            Err(limit) => return Err(limit),
        },
        "list" => list(interp, &text, value, args, at)?,
        "dict" => dictionary(interp, &text, value, args, at)?,
        "json" => match interp.call_extern(&"json.loads".into(), Args::of(vec![value.clone()]), at) {
            Ok(json) => json,
            Err(Stop::Raise(_)) => return Err(invalid(interp, value, "the value is no JSON", at)),
            Err(limit) => return Err(limit),
        },
        "path" => interp.call_extern(&"pathlib.Path".into(), Args::of(vec![value.clone()]), at)?,
        "log_level" => {
            if let Some(number) = parse_int(&text, 10) {
                Val::int(number)
            } else {
                let level = interp.extern_attribute(&"logging".into(), &text.to_uppercase(), at);
                match level.kind {
                    Kind::Int(_) => level,
                    _ => return Err(invalid(interp, value, "the value is no log level", at)),
                }
            }
        }
        "timedelta" => timedelta(interp, &text, value, args, at)?,
        "enum" => member(interp, value, args, at)?,
        "url" if is_url(&text) => interp.call_extern(&"urllib.parse.urlparse".into(), Args::of(vec![value.clone()]), at)?,
        "url" => return Err(invalid(interp, value, "the value is no URL", at)),
        "uuid" => match interp.call_extern(&"uuid.UUID".into(), Args::of(vec![value.clone()]), at) {
            Ok(id) => id,
            Err(Stop::Raise(_)) => return Err(invalid(interp, value, "the value is no UUID", at)),
            Err(limit) => return Err(limit),
        },
        "decimal" | "date" | "datetime" | "time" if !may_be(method, &text) => {
            return Err(invalid(interp, value, "the value has another form", at));
        }
        _ => unsure("this kind of value", at),
    };
    if made.as_unknown().is_some() {
        // What cannot be converted raises: nobody sees whether this can.
        raises_perhaps(interp, "a conversion", at);
    }
    Ok(made.or_at(value.at.unwrap_or(at)).with(&value.deps))
}

/// Whether the beginning of a text lets it be of that kind.
fn may_be(method: &str, text: &str) -> bool {
    let leading = text.chars().take_while(char::is_ascii_digit).count();
    match method {
        "decimal" => !text.is_ascii() || is_decimal(text),
        "time" => leading >= 2 || text.starts_with('T'),
        _ => leading >= 4,
    }
}

/// Whether marshmallow takes a text for the address of a host with a full name.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !matches!(&*scheme.to_lowercase(), "http" | "https" | "ftp" | "ftps") {
        return false;
    }
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !matches!(tail, "" | "/") && (tail.len() < 2 || tail.contains(char::is_whitespace)) {
        return false;
    }
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    is_user(user) && is_host(host)
}

fn is_user(text: &str) -> bool {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:".contains(&byte));
    let mut parts = text.split('%');
    parts.next().is_none_or(plain)
        && parts.all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) && plain(&part[2..]))
}

fn is_host(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if port.is_some_and(|port| !digits(port)) {
        return false;
    }
    if let Some(inner) = host.strip_prefix('[') {
        let Some(inner) = inner.strip_suffix(']') else { return false };
        return inner.len() > inner.find(':').map_or(usize::MAX - 1, |colon| colon + 1)
            && inner.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
    }
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let four: Vec<&str> = host.split('.').collect();
    if four.len() == 4 && four.iter().all(|part| digits(part) && part.len() <= 3) {
        return true;
    }
    is_domain(host.strip_suffix('.').unwrap_or(host))
}

/// Labels with a dot between them, of letters, digits and inner hyphens.
pub(super) fn is_domain(host: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || ('\u{a1}'..='\u{ffff}').contains(&c);
    let Some((labels, last)) = host.rsplit_once('.') else { return false };
    last.chars().count() >= 2
        && last.chars().all(|c| letter(c) || c == '-')
        && labels.split('.').all(|label| {
            let count = label.chars().count();
            (1..=63).contains(&count)
                && label.chars().all(|c| letter(c) || c == '-')
                && label.starts_with(letter)
                && label.ends_with(letter)
        })
}

fn integer(interp: &Interp<'_>, text: &str, value: &Val, at: Region) -> Res<Val> {
    match parse_int(text, 10) {
        Some(number) => Ok(Val::int(number)),
        None => Err(invalid(interp, value, "the value is no integer", at)),
    }
}

fn boolean(interp: &Interp<'_>, text: &str, value: &Val, at: Region) -> Res<Val> {
    match (TRUTHY.contains(&text), FALSY.contains(&text)) {
        (true, _) => Ok(Val::bool(true)),
        (_, true) => Ok(Val::bool(false)),
        _ => Err(invalid(interp, value, "the value is no truth value", at)),
    }
}

/// One element of a list or dictionary.
#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn subcast(interp: &mut Interp<'_>, cast: Option<&Val>, item: &str, value: &Val, at: Region) -> Res<Val> {
    let item = Val::str(item).at(value.at.unwrap_or(at)).with(&value.deps);
    let Some(cast) = cast.filter(|cast| interp.truth(cast) != Some(false)) else { return Ok(item) };
    match &cast.kind {
        Kind::Extern(name) => match &**name {
            "builtins.str" => return Ok(item),
            "builtins.int" | "builtins.bool" | "builtins.float" => {
                let method = name.trim_start_matches("builtins.").to_owned();
                return field(interp, &method, &item, &Args::default(), at);
            }
            // Containers stay text, and other types have fields of their own.
            "builtins.list" | "builtins.tuple" | "builtins.set" => return Ok(item),
            "builtins.bytes" | "datetime.datetime" | "datetime.date" | "datetime.time" | "datetime.timedelta" | "uuid.UUID"
            | "decimal.Decimal" => return Ok(unsure("this kind of element", at)),
            _ => {}
        },
        Kind::Unknown(_) | Kind::OneOf(_) => return Ok(interp.unknown_of(&[cast], at)),
        _ => {}
    }
    interp.call_values(cast, vec![item], at)
}

fn delimiter(interp: &Interp<'_>, args: &Args, name: &str, default: &str) -> Option<String> {
    let _ = interp;
    match args.named(name) {
        Some(text) => text.as_str().filter(|text| !text.is_empty()).map(str::to_owned),
        None => Some(default.to_owned()),
    }
}

fn list(interp: &mut Interp<'_>, text: &str, value: &Val, args: &Args, at: Region) -> Res<Val> {
    let Some(delimiter) = delimiter(interp, args, "delimiter", ",") else { return Ok(unsure("an unknown delimiter", at)) };
    let cast = args.get(2, "subcast").cloned();
    let mut items = Vec::new();
    if !text.is_empty() {
        for item in text.split(&*delimiter) {
            items.push(subcast(interp, cast.as_ref(), item, value, at)?);
        }
    }
    Ok(interp.list(items))
}

fn dictionary(interp: &mut Interp<'_>, text: &str, value: &Val, args: &Args, at: Region) -> Res<Val> {
    let (Some(delimiter), Some(between)) =
        (delimiter(interp, args, "delimiter", ","), delimiter(interp, args, "key_value_delimiter", "="))
    else {
        return Ok(unsure("an unknown delimiter", at));
    };
    let (keys, values) = (args.named("subcast_keys").cloned(), args.named("subcast_values").cloned());
    let mut pairs = Vec::new();
    for item in text.split(&*delimiter).filter(|_| !text.is_empty()) {
        let Some((key, item)) = item.split_once(&*between) else {
            return Err(interp.raise_on("ValueError", "an entry of the variable has no value", at, &[value]));
        };
        let key = subcast(interp, keys.as_ref(), key.trim(), value, at)?;
        let item = subcast(interp, values.as_ref(), item.trim(), value, at)?;
        pairs.push(Val::tuple(vec![key, item]));
    }
    let pairs = interp.list(pairs);
    interp.call_values(&Val::external("builtins.dict"), vec![pairs], at)
}

/// `"2h 30m"`, or a number of seconds.
fn timedelta(interp: &mut Interp<'_>, text: &str, value: &Val, args: &Args, at: Region) -> Res<Val> {
    if args.named("format").is_some() || args.named("precision").is_some() {
        return Ok(unsure("this form of a span of time", at));
    }
    if let Some(span) = spelled(text) {
        return Ok(Val::new(Kind::TimeDelta(span)));
    }
    // What is no such form is a number of seconds.
    match interp.to_float(value, at) {
        Ok(Val { kind: Kind::Float(seconds), .. }) if !seconds.is_finite() || seconds.abs() > 86_400e9 => {
            Err(invalid(interp, value, "the value is no span of time", at))
        }
        Ok(seconds) => interp.call_extern(
            &"datetime.timedelta".into(),
            Args { kw: vec![("seconds".into(), seconds)], ..Args::default() },
            at,
        ),
        Err(Stop::Raise(_)) => Err(invalid(interp, value, "the value is no span of time", at)),
        Err(limit) => Err(limit),
    }
}

/// Numbers with units, the largest unit first, in microseconds; `None` for any other text. Spaces may stand anywhere but
/// between the digits.
fn spelled(text: &str) -> Option<i128> {
    const UNITS: [(&str, i128); 7] = [
        ("w", 604_800_000_000),
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
        ("us", 1),
    ];
    let mut total: i128 = 0;
    let mut from = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let length = rest.len() - digits.len() + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = parse_int(&rest[..length], 10)?;
        rest = rest[length..].trim_start();
        let (index, unit) = UNITS.iter().enumerate().skip(from).rev().find_map(|(index, (unit, _))| {
            let written = rest.strip_prefix(unit).or_else(|| rest.strip_prefix('µ').filter(|_| *unit == "us")?.strip_prefix('s'));
            written.map(|after| (index, after))
        })?;
        from = index + 1;
        total = total.checked_add(number.checked_mul(UNITS[index].1)?)?;
        rest = unit.trim_start();
    }
    (from > 0).then_some(total)
}

/// A member of an enumeration by its name or by its value.
fn member(interp: &mut Interp<'_>, value: &Val, args: &Args, at: Region) -> Res<Val> {
    let class = args.named("enum").or_else(|| args.named("type"));
    let by_value = args.named("by_value").map_or(Some(false), |flag| interp.truth(flag));
    match (class, by_value, args.named("ignore_case")) {
        (Some(class), Some(by_value), None) if matches!(class.kind, Kind::Class(_)) => {
            let class = class.clone();
            let found =
                if by_value { interp.call_values(&class, vec![value.clone()], at) } else { interp.enum_item(&class, value, at) };
            found.map_err(|stop| match stop {
                Stop::Raise(_) => invalid(interp, value, "the enumeration has no such member", at),
                limit @ Stop::Limit(_) => limit,
            })
        }
        _ => Ok(unsure("this enumeration", at)),
    }
}
