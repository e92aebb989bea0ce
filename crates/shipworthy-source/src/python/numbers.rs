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
            (Kind::Str(text), _) => match parse_float(text) {
                Some(number) => Ok(Val::new(Kind::Float(number))),
                None => Err(self.raise_on("ValueError", "the text is no number", at, &[value])),
            },
            (Kind::None, _) => Err(self.raise_on("TypeError", "None is no number", at, &[value])),
            _ => {
                self.may_raise(Val::external("builtins.ValueError"), "reading a number", at);
                Ok(self.unknown_of(&[value], at))
            }
        }
    }
}

/// `float(text)`: spaces around, underscores between digits.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = western(text.trim()).to_ascii_lowercase();
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let stray =
        |(index, byte): (usize, &u8)| *byte == b'_' && !(index > 0 && digit(bytes.get(index - 1)) && digit(bytes.get(index + 1)));
    if bytes.iter().enumerate().any(stray) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// Text with the digits of every script as those of ASCII: Python reads them all (Unicode's category `Nd`).
fn western(text: &str) -> String {
    text.chars().map(|character| if character.is_ascii() { character } else { western_digit(character) }).collect()
}

fn western_digit(character: char) -> char {
    /// The zeros; nine more digits follow each.
    const ZEROS: [u32; 65] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040,
        0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0,
        0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
        0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2,
        0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
    ];
    let code = u32::from(character);
    let zero = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1).map(|index| ZEROS[index]);
    zero.and_then(|zero| char::from_digit(code - zero, 10)).unwrap_or(character)
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
    let lower = western(digits).to_ascii_lowercase();
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

/// Whether `Decimal` would read a text as a finite number.
pub(super) fn is_decimal(text: &str) -> bool {
    let text = text.trim().replace('_', "");
    let text = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && digits(exponent) && !exponent.is_empty()
}
