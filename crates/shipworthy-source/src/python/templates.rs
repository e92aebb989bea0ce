//! Templates: `%`, and `str.format`.

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::call::Args;
use super::format::Unformatted;
use super::format_spec::Spec;
use super::interp::{Interp, Res, unknown_value};
use super::object::{Deps, Elem, Kind, Val};
use super::operators::{Number, as_number};

impl Interp<'_> {
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
