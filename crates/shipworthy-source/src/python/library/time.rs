//! `datetime`: spans of time; the clock itself is the machine's.

use shipworthy_model::{Region, Why};

use super::Library;
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};
use crate::python::operators::{Number, as_number};

pub(super) static LIBRARY: Library = Library { roots: &["datetime"], call, attribute, methods: &[] };

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    Some(match name {
        "datetime.timedelta" => timedelta(interp, args, at),
        "datetime.datetime.now" | "datetime.datetime.utcnow" | "datetime.datetime.today" | "datetime.date.today" => {
            Ok(Val::unknown(Why::Machine(format!("{name}()").into()), Some(at)))
        }
        _ => return None,
    })
}

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    // Since Python 3.11.
    (name == "datetime.UTC").then(|| Val::external("datetime.timezone.utc"))
}

fn timedelta(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Val> {
    const UNITS: [(&str, i128); 7] = [
        ("days", 86_400_000_000),
        ("seconds", 1_000_000),
        ("microseconds", 1),
        ("milliseconds", 1_000),
        ("minutes", 60_000_000),
        ("hours", 3_600_000_000),
        ("weeks", 604_800_000_000),
    ];
    let mut total: i128 = 0;
    let mut fraction = 0.0;
    for (index, (unit, micros)) in UNITS.iter().enumerate() {
        let Some(value) = args.get(index, unit) else { continue };
        match as_number(value) {
            Some(Number::Int(number)) => total = total.saturating_add(number.saturating_mul(*micros)),
            Some(Number::Float(number)) => fraction += number * *micros as f64,
            None if value.as_unknown().is_some() => return Ok(interp.unknown_of(&[value], at)),
            None => return Err(interp.raise_on("TypeError", "a span of time is made of numbers", at, &[value])),
        }
    }
    let total = total.saturating_add(fraction.round_ties_even() as i128);
    // `timedelta` holds at most 999,999,999 days.
    if total.abs() > 999_999_999 * 86_400_000_000 {
        return Err(interp.raise_on("OverflowError", "the span of time is too long", at, &[]));
    }
    Ok(Val::new(Kind::TimeDelta(total)))
}
