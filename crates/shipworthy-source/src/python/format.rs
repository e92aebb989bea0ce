//! Text of values: `str`, `repr`, `format`, `%` and f-strings.

use std::fmt::Write;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::heap::Cell;
use super::interp::{Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val, View};
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
    fn format_as(&self, value: &Val, spec: &Spec) -> Result<String, Unformatted> {
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

    /// `template % arguments`.
    pub(super) fn percent(&mut self, template: &str, arguments: &Val, at: Region) -> Res<Val> {
        let unknown = |unknown: Rc<Unknown>| Ok(unknown_value(&unknown));
        let mut positional = match &arguments.kind {
            Kind::Tuple(items) => items.to_vec(),
            Kind::Unknown(why) if template.contains('%') => return unknown(why.clone()),
            _ => vec![Elem::One(arguments.clone())],
        }
        .into_iter();
        let mut out = String::with_capacity(template.len());
        let mut deps = super::object::Deps::default();
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            if chars.peek() == Some(&'%') {
                chars.next();
                out.push('%');
                continue;
            }
            let mut named = None;
            if chars.peek() == Some(&'(') {
                chars.next();
                let mut name = String::new();
                for c in chars.by_ref() {
                    if c == ')' {
                        break;
                    }
                    name.push(c);
                }
                named = Some(name);
            }
            let mut spec = Spec::default();
            while let Some(flag) = chars.peek().copied().filter(|c| "#0- +".contains(*c)) {
                chars.next();
                match flag {
                    '-' => spec.align = Some('<'),
                    '0' => spec.zero = true,
                    '#' => spec.alternate = true,
                    '+' => spec.sign = Some('+'),
                    _ => spec.sign = spec.sign.or(Some(' ')),
                }
            }
            spec.width = digits_of(&mut chars).parse().unwrap_or(0).min(10_000);
            if chars.next_if_eq(&'.').is_some() {
                spec.precision = Some(digits_of(&mut chars).parse().unwrap_or(0).min(1_000));
            }
            let Some(kind) = chars.next() else {
                return Err(self.raise_plain("ValueError", "the format ends in the middle of a placeholder", at));
            };
            if kind == '*' {
                return Ok(Val::unknown(Why::Unsupported("a width among the arguments".into()), Some(at)));
            }
            let value = match named {
                Some(name) => self.subscript(arguments, &Val::str(name), at)?,
                None => match positional.next() {
                    Some(Elem::One(value)) => value,
                    Some(Elem::Perhaps(_, condition)) => return unknown(super::object::branch_unknown(&condition)),
                    Some(Elem::Many(why)) => return unknown(why),
                    None => {
                        return Err(self.raise_on("TypeError", "there are fewer arguments than placeholders", at, &[arguments]));
                    }
                },
            };
            let value = match kind {
                's' => self.textual(&value, &["__str__", "__repr__"], at)?,
                _ => self.bare(&value),
            };
            deps = deps.union(&value.deps);
            let shown = match kind {
                's' | 'r' => {
                    let text = if kind == 's' { self.to_str(&value) } else { self.repr(&value) };
                    let align = spec.align.or(Some('>'));
                    let spec = Spec { align, zero: false, sign: None, alternate: false, ..spec };
                    text.and_then(|text| self.format_as(&Val::str(text), &spec))
                }
                'd' | 'i' | 'u' => match as_number(&value) {
                    Some(Number::Int(number)) if spec.precision.is_none() => {
                        self.format_as(&Val::int(number), &spec.of_kind('d'))
                    }
                    Some(Number::Float(number)) if spec.precision.is_none() && number.is_finite() => {
                        self.format_as(&Val::int(number.trunc() as i128), &spec.of_kind('d'))
                    }
                    None if value.as_unknown().is_some() => return Ok(self.unknown_of(&[&value], at).with(&deps)),
                    None => return Err(self.raise_on("TypeError", "%d takes a number", at, &[&value])),
                    Some(_) => Err(Unformatted::Unknown(Rc::new(Unknown::new(Why::Unsupported("this format".into()), Some(at))))),
                },
                'x' | 'X' | 'o' if spec.precision.is_none() && matches!(as_number(&value), Some(Number::Int(_))) => {
                    self.format_as(&value, &spec.of_kind(kind))
                }
                'f' | 'F' if as_number(&value).is_some() => self.format_as(&value, &spec.of_kind('f')),
                'x' | 'X' | 'o' | 'f' | 'F' if value.as_unknown().is_none() && spec.precision.is_none() => {
                    return Err(self.raise_on("TypeError", "the placeholder takes a number", at, &[&value]));
                }
                _ => Err(Unformatted::Unknown(Rc::new(Unknown::new(Why::Unsupported("this format".into()), Some(at))))),
            };
            match shown {
                Ok(text) => out.push_str(&text),
                Err(Unformatted::Unknown(why)) => return Ok(unknown_value(&why).with(&deps)),
                Err(Unformatted::Wrong(message)) => return Err(self.raise_plain("ValueError", &message, at)),
                Err(Unformatted::Mistyped(message)) => return Err(self.raise_plain("TypeError", &message, at)),
            }
        }
        if matches!(arguments.kind, Kind::Tuple(_)) && positional.next().is_some() {
            return Err(self.raise_on("TypeError", "there are more arguments than placeholders", at, &[arguments]));
        }
        Ok(Val::str(out).with(&deps))
    }

    /// `template.format(…)`.
    pub(super) fn format_method(&mut self, template: &str, args: &Args, at: Region) -> Res<Val> {
        let mut fields = Fields { args, next: 0, deps: Deps::default() };
        let shown = self.fill_fields(template, &mut fields, 0, at)?;
        let deps = fields.deps;
        match shown {
            Ok(text) => {
                self.sized(text.len())?;
                Ok(Val::str(text).with(&deps))
            }
            Err(why) => {
                self.doubtful(&why, at);
                Ok(unknown_value(&why).with(&deps))
            }
        }
    }

    /// The text of a template with its fields filled in; the inner error is the reason why nobody knows.
    fn fill_fields(
        &mut self,
        template: &str,
        fields: &mut Fields<'_>,
        depth: usize,
        at: Region,
    ) -> Res<Result<String, Rc<Unknown>>> {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(brace) = rest.find(['{', '}']) {
            out.push_str(&rest[..brace]);
            let tail = &rest[brace..];
            if depth == 0 && (tail.starts_with("{{") || tail.starts_with("}}")) {
                out.push_str(&tail[..1]);
                rest = &tail[2..];
                continue;
            }
            let Some(end) = closing_brace(tail).filter(|_| depth < 2) else {
                return Err(self.raise_plain("ValueError", "a brace stands alone in the format", at));
            };
            let field = &tail[1..end];
            rest = &tail[end + 1..];
            // The name ends at the first `!` or `:` outside of brackets.
            let mut inside = false;
            let name_end = field
                .char_indices()
                .find(|(_, c)| {
                    inside = (inside || *c == '[') && *c != ']';
                    !inside && matches!(c, '!' | ':')
                })
                .map_or(field.len(), |(index, _)| index);
            let (name, options) = field.split_at(name_end);
            let (conversion, spec) = match options.strip_prefix('!') {
                Some(options) => options.split_once(':').unwrap_or((options, "")),
                None => ("", options.strip_prefix(':').unwrap_or("")),
            };
            let value = match self.field_value(name, fields, at)? {
                Ok(value) => value,
                Err(unknown) => return Ok(Err(unknown)),
            };
            let spec = match self.fill_fields(spec, fields, depth + 1, at)? {
                Ok(spec) => spec,
                Err(unknown) => return Ok(Err(unknown)),
            };
            let value = if conversion == "r" { value } else { self.textual(&value, &["__str__", "__repr__"], at)? };
            fields.deps = fields.deps.union(&value.deps);
            let shown = match conversion {
                "r" => self.repr(&value).and_then(|text| self.format_value(&Val::str(text), &spec)),
                "s" => self.to_str(&value).and_then(|text| self.format_value(&Val::str(text), &spec)),
                "" => self.format_value(&value, &spec),
                _ => return Ok(Err(Rc::new(Unknown::new(Why::Unsupported("this conversion".into()), Some(at))))),
            };
            match shown {
                Ok(text) => out.push_str(&text),
                Err(Unformatted::Unknown(why)) => return Ok(Err(why)),
                Err(Unformatted::Wrong(message)) => return Err(self.raise_plain("ValueError", &message, at)),
                Err(Unformatted::Mistyped(message)) => return Err(self.raise_plain("TypeError", &message, at)),
            }
        }
        out.push_str(rest);
        Ok(Ok(out))
    }

    /// What a field such as `0.name[key]` names.
    fn field_value(&mut self, field: &str, fields: &mut Fields<'_>, at: Region) -> Res<Result<Val, Rc<Unknown>>> {
        let name_end = field.find(['.', '[']).unwrap_or(field.len());
        let (name, mut path) = field.split_at(name_end);
        let args = fields.args;
        let value = if name.is_empty() {
            fields.next += 1;
            args.pos.get(fields.next - 1).cloned()
        } else if let Ok(index) = name.parse::<usize>() {
            args.pos.get(index).cloned()
        } else {
            args.named(name).cloned()
        };
        let mut value = match (value, &args.open) {
            (Some(value), _) => value,
            (None, Some(open)) => return Ok(Err(open.clone())),
            (None, None) if name.is_empty() || name.parse::<usize>().is_ok() => {
                return Err(self.raise_plain("IndexError", "the format names an argument that is not given", at));
            }
            (None, None) => {
                return Err(self.raise_plain("KeyError", &format!("the format names {name}, which is not given"), at));
            }
        };
        while !path.is_empty() {
            fields.deps = fields.deps.union(&value.deps);
            if let Some(rest) = path.strip_prefix('.') {
                let end = rest.find(['.', '[']).unwrap_or(rest.len());
                value = self.attribute(&value, &rest[..end], at)?;
                path = &rest[end..];
            } else if let Some((key, rest)) = path.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                let key = key.parse::<u32>().map_or_else(|_| Val::str(key), |index| Val::int(i128::from(index)));
                value = self.subscript(&value, &key, at)?;
                path = rest;
            } else {
                return Err(self.raise_plain("ValueError", "a field of the format cannot be read", at));
            }
        }
        Ok(Ok(value))
    }
}

/// What the fields of a template are filled with.
struct Fields<'v> {
    args: &'v Args,
    /// The next argument of fields without a name.
    next: usize,
    deps: Deps,
}

/// Where the field ends that a text begins with.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(index);
                }
                if depth < 0 {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}

fn digits_of(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> String {
    std::iter::from_fn(|| chars.next_if(char::is_ascii_digit)).collect()
}

/// A format specification: `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Clone, Copy)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        }
    }
}

impl Spec {
    fn of_kind(self, kind: char) -> Self {
        Self { kind: Some(kind), ..self }
    }

    fn parse(text: &str) -> Option<Self> {
        let chars: Vec<char> = text.chars().collect();
        let mut index = 0;
        let mut spec = Self::default();
        if chars.get(1).is_some_and(|c| "<>=^".contains(*c)) {
            spec.fill = chars[0];
            spec.align = Some(chars[1]);
            index = 2;
        } else if chars.first().is_some_and(|c| "<>=^".contains(*c)) {
            spec.align = Some(chars[0]);
            index = 1;
        }
        if let Some(sign) = chars.get(index).filter(|c| "+- ".contains(**c)) {
            spec.sign = Some(*sign);
            index += 1;
        }
        if chars.get(index) == Some(&'#') {
            spec.alternate = true;
            index += 1;
        }
        if chars.get(index) == Some(&'0') {
            spec.zero = true;
            index += 1;
            if index < 3 || !"<>=^".contains(chars[1]) {
                spec.fill = '0';
            }
        }
        let digits = |index: &mut usize| {
            let start = *index;
            while chars.get(*index).is_some_and(char::is_ascii_digit) {
                *index += 1;
            }
            chars[start..*index].iter().collect::<String>().parse::<usize>().ok()
        };
        spec.width = digits(&mut index).unwrap_or(0).min(10_000);
        if let Some(grouping) = chars.get(index).filter(|c| ",_".contains(**c)) {
            spec.grouping = Some(*grouping);
            index += 1;
        }
        if chars.get(index) == Some(&'.') {
            index += 1;
            spec.precision = Some(digits(&mut index)?.min(1_000));
        }
        spec.kind = chars.get(index).copied();
        (chars.len() <= index + 1).then_some(spec)
    }

    /// The digits of an integer, before they are aligned; `None` for layouts that are not modelled.
    fn integer(&self, number: i128, kind: char) -> Option<String> {
        let magnitude = number.unsigned_abs();
        let (prefix, digits) = match kind {
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            'o' => ("0o", format!("{magnitude:o}")),
            'b' => ("0b", format!("{magnitude:b}")),
            _ => ("", magnitude.to_string()),
        };
        let digits = match self.grouping {
            Some(_) if !prefix.is_empty() => return None,
            Some(separator) => group(&digits, separator),
            None => digits,
        };
        self.with_sign(number < 0, if self.alternate { prefix } else { "" }, &digits)
    }

    fn signed(&self, number: f64, text: impl Fn(f64) -> String) -> Option<String> {
        let digits = text(number.abs());
        let digits = match (self.grouping, digits.split_once('.')) {
            (Some(_), _) if digits.contains('e') => return None,
            (Some(separator), Some((whole, rest))) => format!("{}.{rest}", group(whole, separator)),
            (Some(separator), None) => group(&digits, separator),
            (None, _) => digits,
        };
        self.with_sign(number.is_sign_negative(), "", &digits)
    }

    fn with_sign(&self, negative: bool, prefix: &str, digits: &str) -> Option<String> {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            (false, _) => "",
        };
        let length = sign.len() + prefix.len() + digits.len();
        let fill = match self.align {
            Some('=') => self.fill,
            None if self.zero => '0',
            _ => return Some(format!("{sign}{prefix}{digits}")),
        };
        if self.grouping.is_some() && fill == '0' {
            return None;
        }
        let padding = fill.to_string().repeat(self.width.saturating_sub(length));
        Some(format!("{sign}{prefix}{padding}{digits}"))
    }

    fn pad(&self, text: &str, default: char) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(default) {
            '<' => format!("{text}{}", fill(missing)),
            '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            // A number that is padded behind its sign has its width already.
            _ => format!("{}{text}", fill(missing)),
        }
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

fn group(digits: &str, separator: char) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
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
