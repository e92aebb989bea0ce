//! Text of values: `str`, `repr`, `format`, `%` and f-strings.

use std::fmt::Write;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::format_spec::Spec;
use super::heap::Cell;
use super::interp::{Interp, Res};
use super::object::{Elem, Kind, Val, View};
use super::operators::{Number, as_number};

/// Why a value has no known text.
pub(super) enum Unformatted {
    Unknown(Rc<Unknown>),
    /// Python would raise `ValueError` with this message.
    Wrong(String),
    /// Python would raise `TypeError` with this message.
    Mistyped(String),
}

impl Interp<'_> {
    /// Python's name for a value's type.
    pub(super) fn type_name(&self, value: &Val) -> &'static str {
        match &value.kind {
            Kind::None => "NoneType",
            Kind::Bool(_) => "bool",
            Kind::Int(_) => "int",
            Kind::Float(_) => "float",
            Kind::Str(_) => "str",
            Kind::Bytes(_) => "bytes",
            Kind::Tuple(_) => "tuple",
            Kind::List(_) => "list",
            Kind::Dict(id) => self.dict_classes.get(id).copied().unwrap_or("dict"),
            Kind::Set(id) if self.frozen.contains(id) => "frozenset",
            Kind::Set(_) => "set",
            Kind::View(_, View::Keys) => "dict_keys",
            Kind::View(_, View::Values) => "dict_values",
            Kind::View(_, View::Items) => "dict_items",
            Kind::Iter(_) => "generator",
            Kind::Path(_) => "PosixPath",
            Kind::TimeDelta(_) => "timedelta",
            Kind::Lazy(_) => "__proxy__",
            Kind::Range(..) => "range",
            Kind::Slice(_) => "slice",
            Kind::Ellipsis => "ellipsis",
            Kind::Function(_) => "function",
            Kind::Method(_) => "method",
            Kind::Builtin(_) => "builtin_function_or_method",
            Kind::Class(_) => "type",
            Kind::Module(_) => "module",
            Kind::Extern(_) | Kind::Instance(_) | Kind::Super(_) => "object",
            Kind::Unknown(_) | Kind::OneOf(_) => "unknown",
        }
    }

    pub(super) fn type_name_of_class(&self, class: &Val) -> String {
        match &class.kind {
            Kind::Extern(name) => name.to_string(),
            Kind::Class(id) => self.heap.class(*id).name.to_string(),
            _ => "a class".to_owned(),
        }
    }

    /// What `str(value)` and formatting show of an instance whose class says so itself; other values as they are.
    pub(super) fn textual(&mut self, value: &Val, methods: &[&str], at: Region) -> Res<Val> {
        if let Kind::OneOf(_) = value.kind {
            return self.distribute(value, &mut |this, value| this.textual(value, methods, at));
        }
        if self.special(value, "__format__").is_some() {
            return Ok(Val::unknown(Why::Unsupported("a format of the project's own".into()), Some(at)));
        }
        for name in methods {
            if let Some(method) = self.special(value, name) {
                let text = self.call_values(&method, Vec::new(), at)?;
                return Ok(match text.kind {
                    Kind::Str(_) | Kind::Unknown(_) | Kind::OneOf(_) => text.with(&value.deps),
                    _ => Val::unknown(Why::Unsupported("the text of an object".into()), Some(at)),
                });
            }
        }
        Ok(value.clone())
    }

    /// `str(value)`.
    pub(super) fn to_str(&self, value: &Val) -> Result<String, Unformatted> {
        match &value.kind {
            Kind::Str(text) | Kind::Path(text) | Kind::Lazy(text) => Ok(text.to_string()),
            Kind::TimeDelta(micros) => Ok(timedelta_text(*micros)),
            Kind::Instance(_) if let Some(text) = self.native_attribute(value, super::library::TEXT) => match text.kind {
                Kind::Str(text) => Ok(text.to_string()),
                _ => self.repr(value),
            },
            Kind::Instance(_) if let Some(text) = super::library::text_of(self, value) => Ok(text),
            Kind::Instance(_)
                if let Some(plain) = self.plain(value)
                    && matches!(plain.kind, Kind::Str(_)) =>
            {
                self.to_str(&plain)
            }
            Kind::Instance(_) if let Some(text) = self.instance_text(value) => Ok(text),
            _ => self.repr(value),
        }
    }

    /// The text of an exception or an enum member with text for value.
    fn instance_text(&self, value: &Val) -> Option<String> {
        let args = self.native_attribute(value, "args")?;
        match &args.kind {
            Kind::Tuple(items) if items.len() == 1 => match &items[0] {
                Elem::One(only) => self.to_str(only).ok(),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            },
            _ => None,
        }
    }

    /// `repr(value)`.
    pub(super) fn repr(&self, value: &Val) -> Result<String, Unformatted> {
        let mut text = String::new();
        self.write_repr(value, &mut text, 0)?;
        Ok(text)
    }

    fn write_repr(&self, value: &Val, out: &mut String, depth: usize) -> Result<(), Unformatted> {
        if depth > 30 || out.len() > super::interp::MAX_SIZE {
            return Err(Unformatted::Unknown(Rc::new(Unknown::new(Why::Limit("nesting".into()), value.at))));
        }
        let mut list = |items: &[Elem], open: &str, close: &str| {
            out.push_str(open);
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                match item {
                    Elem::One(item) => self.write_repr(item, out, depth + 1)?,
                    Elem::Perhaps(_, condition) => return Err(Unformatted::Unknown(super::object::branch_unknown(condition))),
                    Elem::Many(unknown) => return Err(Unformatted::Unknown(unknown.clone())),
                }
            }
            out.push_str(close);
            Ok(())
        };
        match &value.kind {
            Kind::None => out.push_str("None"),
            Kind::Bool(true) => out.push_str("True"),
            Kind::Bool(false) => out.push_str("False"),
            Kind::Int(number) => drop(write!(out, "{number}")),
            Kind::Float(number) => out.push_str(&float_text(*number)),
            Kind::Str(text) => out.push_str(&str_repr(text)),
            Kind::Bytes(bytes) => out.push_str(&bytes_repr(bytes)),
            Kind::Path(path) => drop(write!(out, "PosixPath({})", str_repr(path))),
            Kind::Tuple(items) => list(items, "(", if items.len() == 1 { ",)" } else { ")" })?,
            Kind::List(id) => match self.heap.cell(*id) {
                Cell::List(items) => list(items, "[", "]")?,
                _ => out.push_str("[]"),
            },
            Kind::Dict(id) => {
                let Cell::Dict(dict) = self.heap.cell(*id) else { return Ok(()) };
                if let Some(rest) = &dict.rest {
                    return Err(Unformatted::Unknown(rest.clone()));
                }
                let close = match (self.dict_classes.get(id), &dict.factory) {
                    (None, _) => "}",
                    // Before Python 3.12 its text was a list of pairs.
                    (Some(&"OrderedDict"), _) if self.request.django.at_least(6, 0) => {
                        if dict.entries.is_empty() {
                            out.push_str("OrderedDict()");
                            return Ok(());
                        }
                        out.push_str("OrderedDict(");
                        "})"
                    }
                    (Some(&"defaultdict"), Some(Val { kind: Kind::Extern(factory), .. }))
                        if matches!(
                            &**factory,
                            "builtins.list" | "builtins.dict" | "builtins.int" | "builtins.str" | "builtins.set"
                        ) =>
                    {
                        let _ = write!(out, "defaultdict(<class '{}'>, ", &factory["builtins.".len()..]);
                        "})"
                    }
                    (Some(class), _) => {
                        let what = Why::Unsupported(format!("the text of a {class}").into());
                        return Err(Unformatted::Unknown(Rc::new(Unknown::new(what, value.at))));
                    }
                };
                out.push('{');
                for (index, slot) in dict.entries.values().enumerate() {
                    if let Some(condition) = &slot.perhaps {
                        return Err(Unformatted::Unknown(super::object::branch_unknown(condition)));
                    }
                    if index > 0 {
                        out.push_str(", ");
                    }
                    self.write_repr(&slot.key, out, depth + 1)?;
                    out.push_str(": ");
                    self.write_repr(&slot.value, out, depth + 1)?;
                }
                out.push_str(close);
            }
            Kind::Set(id) => match self.heap.cell(*id) {
                Cell::Set(items) if items.len() > 1 => {
                    let why = Why::Machine("the order of a set".into());
                    return Err(Unformatted::Unknown(Rc::new(Unknown::new(why, value.at))));
                }
                Cell::Set(items) => match (items.is_empty(), self.frozen.contains(id)) {
                    (true, false) => out.push_str("set()"),
                    (true, true) => out.push_str("frozenset()"),
                    (false, false) => list(items, "{", "}")?,
                    (false, true) => list(items, "frozenset({", "})")?,
                },
                _ => out.push_str("set()"),
            },
            Kind::View(id, view) => list(&self.seen(*id, *view), &format!("{}([", self.type_name(value)), "])")?,
            Kind::TimeDelta(micros) => out.push_str(&timedelta_repr(*micros)),
            Kind::Range(start, end, 1) => drop(write!(out, "range({start}, {end})")),
            Kind::Range(start, end, step) => drop(write!(out, "range({start}, {end}, {step})")),
            Kind::Ellipsis => out.push_str("Ellipsis"),
            Kind::Unknown(unknown) => return Err(Unformatted::Unknown(unknown.clone())),
            Kind::OneOf(alternatives) => {
                return Err(Unformatted::Unknown(super::object::branch_unknown(&alternatives[0].0)));
            }
            // The order of a set's elements, and what objects print, are nobody's promise.
            _ => {
                let what = Why::Unsupported(format!("the text of a {}", self.type_name(value)).into());
                return Err(Unformatted::Unknown(Rc::new(Unknown::new(what, value.at))));
            }
        }
        Ok(())
    }

    /// `format(value, spec)`.
    pub(super) fn format_value(&self, value: &Val, spec: &str) -> Result<String, Unformatted> {
        if spec.is_empty() {
            return self.to_str(value);
        }
        let unsupported = |what: &str| Unformatted::Unknown(Rc::new(Unknown::new(Why::Unsupported(what.into()), value.at)));
        match Spec::parse(spec) {
            Some(spec) => self.format_as(value, &spec),
            None => Err(unsupported("this format")),
        }
    }

    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    pub(super) fn format_as(&self, value: &Val, spec: &Spec) -> Result<String, Unformatted> {
        let unsupported = || Unformatted::Unknown(Rc::new(Unknown::new(Why::Unsupported("this format".into()), value.at)));
        let body = match (&value.kind, spec.kind, as_number(value)) {
            (Kind::Str(_), _, _)
                if spec.sign.is_some() || spec.alternate || spec.align == Some('=') || spec.grouping.is_some() =>
            {
                return Err(Unformatted::Wrong("the format is for numbers, and the value is text".to_owned()));
            }
            (Kind::Str(text), None | Some('s'), _) => {
                let text: String = match spec.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text.to_string(),
                };
                return Ok(spec.pad(&text, '<'));
            }
            (_, Some('d' | 'x' | 'X' | 'o' | 'b') | None, Some(Number::Int(_))) if spec.precision.is_some() => {
                return Err(Unformatted::Wrong("an integer has no precision".to_owned()));
            }
            (_, Some(kind @ ('d' | 'x' | 'X' | 'o' | 'b')), Some(Number::Int(number))) => spec.integer(number, kind),
            (_, None, Some(Number::Int(number))) => spec.integer(number, 'd'),
            (_, Some('d' | 'x' | 'X' | 'o' | 'b'), Some(Number::Float(_))) => {
                return Err(Unformatted::Wrong("the format is for integers".to_owned()));
            }
            (_, _, Some(number)) if !number.float().is_finite() => return Err(unsupported()),
            (_, Some('f' | 'F'), Some(number)) => {
                spec.signed(number.float(), |number| format!("{number:.*}", spec.precision.unwrap_or(6)))
            }
            (_, Some('%'), Some(number)) => {
                spec.signed(number.float() * 100.0, |number| format!("{number:.*}%", spec.precision.unwrap_or(6)))
            }
            (Kind::Float(number), None, _) if spec.precision.is_none() => spec.signed(*number, float_text),
            (Kind::Unknown(unknown), ..) => return Err(Unformatted::Unknown(unknown.clone())),
            (Kind::Str(_), Some('d' | 'f' | 'x' | 'e' | '%' | 'b' | 'o' | 'X' | 'F' | 'g' | 'n'), _) => {
                return Err(Unformatted::Wrong("the format is for numbers, and the value is text".to_owned()));
            }
            (
                Kind::None
                | Kind::List(_)
                | Kind::Dict(_)
                | Kind::Tuple(_)
                | Kind::Set(_)
                | Kind::Bytes(_)
                | Kind::Path(_)
                | Kind::TimeDelta(_),
                ..,
            ) => return Err(Unformatted::Mistyped("values of this type take no format".to_owned())),
            _ => return Err(unsupported()),
        };
        Ok(spec.pad(&body.ok_or_else(unsupported)?, '>'))
    }
}

/// `str(timedelta)`: days, then hours, minutes and seconds (Lib/datetime.py, `timedelta.__str__`).
fn timedelta_text(micros: i128) -> String {
    let days = micros.div_euclid(86_400_000_000);
    let (seconds, rest) = (micros.rem_euclid(86_400_000_000) / 1_000_000, micros.rem_euclid(1_000_000));
    let mut text = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest != 0 {
        let _ = write!(text, ".{rest:06}");
    }
    match days {
        0 => text,
        -1 | 1 => format!("{days} day, {text}"),
        _ => format!("{days} days, {text}"),
    }
}

fn timedelta_repr(micros: i128) -> String {
    let parts = [
        ("days", micros.div_euclid(86_400_000_000)),
        ("seconds", micros.rem_euclid(86_400_000_000) / 1_000_000),
        ("microseconds", micros.rem_euclid(1_000_000)),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(_, number)| *number != 0).map(|(name, number)| format!("{name}={number}")).collect();
    format!("datetime.timedelta({})", if parts.is_empty() { "0".to_owned() } else { parts.join(", ") })
}

/// `repr` of a float: the shortest text that reads back, with an exponent from 1e16 up and below 1e-4.
pub(super) fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{number:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(("+", exponent), |digits| ("-", digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = format!("{number}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// `repr` of a string: single quotes unless the text has some and no double ones.
pub(super) fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 || c as u32 == 0x7f => drop(write!(out, "\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(*byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            0x20..0x7f => out.push(char::from(*byte)),
            byte => drop(write!(out, "\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}
