//! pytimeparse (1.1): spans of time as people write them, in seconds.

use shipworthy_model::Region;

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::Val;

pub(super) static LIBRARY: Library = Library { roots: &["pytimeparse"], call, attribute: no_attribute, methods: &[] };

/// The spellings of each unit and its seconds, the largest first: they may only be written in this order.
const UNITS: [(&[&str], i128); 5] = [
    (&["w", "wk", "wks", "week", "weeks"], 604_800),
    (&["d", "dy", "dys", "day", "days"], 86_400),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600),
    (&["m", "min", "mins", "minute", "minutes"], 60),
    (&["s", "sec", "secs", "second", "seconds"], 1),
];

/// What the library sees in a text.
#[derive(Clone, Copy)]
enum Span {
    Seconds(i128),
    /// It sees none.
    None,
    /// Fractions and clocks with days are not followed.
    Unfollowed,
}

fn call(_interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if !matches!(name, "pytimeparse.parse" | "pytimeparse.timeparse" | "pytimeparse.timeparse.timeparse") {
        return None;
    }
    let ([text], true) = (args.pos.as_slice(), args.kw.is_empty()) else { return None };
    let made = match span(text.as_str()?) {
        Span::Seconds(seconds) => Val::int(seconds),
        Span::None => Val::none(),
        Span::Unfollowed => return None,
    };
    Some(Ok(made.at(at).with(&text.deps)))
}

fn span(text: &str) -> Span {
    if !text.is_ascii() || text.contains('.') {
        return Span::Unfollowed;
    }
    let text = text.trim_ascii();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = rest.trim_ascii();
    let read = if rest.contains(':') { clock(rest) } else { spelled(&rest.to_ascii_lowercase()) };
    match read {
        Span::Seconds(seconds) => Span::Seconds(sign * seconds),
        other @ (Span::None | Span::Unfollowed) => other,
    }
}

fn number(digits: &str) -> Option<i128> {
    (digits.len() < 12 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok()).flatten()
}

/// `minutes:seconds` or `hours:minutes:seconds`.
fn clock(span: &str) -> Span {
    let parts: Vec<&str> = span.split(':').collect();
    let numbers: Option<Vec<i128>> = parts.iter().map(|part| number(part)).collect();
    match (parts.as_slice(), numbers.as_deref()) {
        ([first, seconds], Some([minutes, rest])) if first.len() <= 2 && seconds.len() == 2 => Span::Seconds(minutes * 60 + rest),
        ([_, middle, seconds], Some([hours, minutes, rest])) if middle.len() == 2 && seconds.len() == 2 => {
            Span::Seconds(hours * 3600 + minutes * 60 + rest)
        }
        _ => Span::Unfollowed,
    }
}

/// Numbers with units.
fn spelled(span: &str) -> Span {
    let (mut rest, mut from, mut total) = (span, 0, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let after = rest[digits..].trim_ascii_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (word, tail) = after.split_at(letters);
        let Some(unit) = (from..UNITS.len()).find(|unit| digits > 0 && UNITS[*unit].0.contains(&word)) else {
            return Span::None;
        };
        let Some(count) = number(&rest[..digits]) else { return Span::Unfollowed };
        total += count * UNITS[unit].1;
        from = unit + 1;
        rest = tail.trim_ascii_start();
        // A comma or slash may stand behind each unit but the last.
        if from < UNITS.len() {
            rest = rest.strip_prefix([',', '/']).unwrap_or(rest).trim_ascii_start();
        }
    }
    if from > 0 { Span::Seconds(total) } else { Span::None }
}
