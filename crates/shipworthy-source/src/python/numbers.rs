//! Numbers from text and from other values: `int(…)` and `float(…)`.

use shipworthy_model::{Region, Why};

use super::call::Args;
use super::interp::{Interp, Res};
use super::object::{Kind, Val};
use super::operators::{Number, as_number};

impl Interp<'_> {
    #[allow(clippy::wrong_self_convention, reason = "named after the functions of Python that they model")]
    pub(super) fn to_int(&mut self, value: &Val, args: &Args, at: Region) -> Res<Val> {
        let base = match args.get(1, "base").and_then(as_number) {
            Some(Number::Int(base)) => u32::try_from(base).unwrap_or(10),
            _ => 10,
        };
        match &value.kind {
            Kind::Bool(flag) => Ok(Val::int(i128::from(*flag))),
            Kind::Int(_) => Ok(value.clone()),
            Kind::Float(number) if number.is_finite() && number.abs() < 1e30 => Ok(Val::int(number.trunc() as i128)),
            Kind::Str(text) => match parse_any_int(text, base) {
                Some(Some(number)) => Ok(Val::int(number)),
                Some(None) => Ok(Val::unknown(Why::Limit("integers of 127 bits".into()), Some(at))),
                None => Err(self.raise_on("ValueError", "the text is no integer", at, &[value])),
            },
            Kind::None => Err(self.raise_on("TypeError", "None is no number", at, &[value])),
            Kind::List(_) | Kind::Dict(_) | Kind::Tuple(_) => {
                Err(self.raise_on("TypeError", "a container is no number", at, &[value]))
            }
            _ => {
                self.may_raise(Val::external("builtins.ValueError"), "reading a number", at);
                Ok(self.unknown_of(&[value], at))
            }
        }
    }

    #[allow(clippy::wrong_self_convention, reason = "named after the functions of Python that they model")]
    pub(super) fn to_float(&mut self, value: &Val, at: Region) -> Res<Val> {
        match (&value.kind, as_number(value)) {
            (_, Some(number)) => Ok(Val::new(Kind::Float(number.float()))),
            (Kind::Str(text), _) => {
                let cleaned = text.trim().replace('_', "").to_ascii_lowercase();
                match cleaned.parse::<f64>() {
                    Ok(number) => Ok(Val::new(Kind::Float(number))),
                    Err(_) => Err(self.raise_on("ValueError", "the text is no number", at, &[value])),
                }
            }
            (Kind::None, _) => Err(self.raise_on("TypeError", "None is no number", at, &[value])),
            _ => {
                self.may_raise(Val::external("builtins.ValueError"), "reading a number", at);
                Ok(self.unknown_of(&[value], at))
            }
        }
    }
}

/// `int(text, base)`: signs, spaces around, underscores between digits, prefixes where the base allows.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i128> {
    parse_any_int(text, base).flatten()
}

/// As `parse_int`: `None` for text that is no integer, `Some(None)` for one too large for us.
#[allow(clippy::option_option, reason = "no number, a number, and a number that is too large")]
fn parse_any_int(text: &str, base: u32) -> Option<Option<i128>> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match (base, lower.get(..2)) {
        (0 | 16, Some("0x")) => (16, &lower[2..]),
        (0 | 8, Some("0o")) => (8, &lower[2..]),
        (0 | 2, Some("0b")) => (2, &lower[2..]),
        (0, _) => (10, &*lower),
        (base, _) => (base, &*lower),
    };
    if digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") || !(2..=36).contains(&base)
    {
        return None;
    }
    if digits.starts_with(['+', '-']) {
        return None;
    }
    match i128::from_str_radix(&digits.replace('_', ""), base) {
        Ok(number) => Some(Some(if negative { -number } else { number })),
        Err(error) if *error.kind() == std::num::IntErrorKind::PosOverflow => Some(None),
        Err(_) => None,
    }
}
