//! `math`: constants and functions of known numbers.

use shipworthy_model::Region;

use super::Library;
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};
use crate::python::operators::{Number, as_number};

pub(super) static LIBRARY: Library = Library { roots: &["math"], call, attribute, methods: &[] };

fn attribute(_interp: &mut Interp<'_>, name: &str, _at: Region) -> Option<Val> {
    Some(Val::new(Kind::Float(match name {
        "math.pi" => std::f64::consts::PI,
        "math.e" => std::f64::consts::E,
        "math.tau" => std::f64::consts::TAU,
        "math.inf" => f64::INFINITY,
        "math.nan" => f64::NAN,
        _ => return None,
    })))
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let value = args.pos.first()?;
    let number = as_number(value)?;
    if args.pos.len() + args.kw.len() > 1 {
        return None;
    }
    let whole = |number: f64| (number.abs() < 1e30).then(|| Val::int(number as i128));
    Some(Ok(match (name, number) {
        ("math.ceil" | "math.floor" | "math.trunc", Number::Int(number)) => Val::int(number),
        ("math.ceil", Number::Float(number)) => whole(number.ceil())?,
        ("math.floor", Number::Float(number)) => whole(number.floor())?,
        ("math.trunc", Number::Float(number)) => whole(number.trunc())?,
        ("math.fabs", number) => Val::new(Kind::Float(number.float().abs())),
        ("math.isnan", number) => Val::bool(number.float().is_nan()),
        ("math.isinf", number) => Val::bool(number.float().is_infinite()),
        ("math.isfinite", number) => Val::bool(number.float().is_finite()),
        // Correctly rounded everywhere, unlike the transcendental functions.
        ("math.sqrt", number) if number.float() >= 0.0 => Val::new(Kind::Float(number.float().sqrt())),
        ("math.sqrt", _) => return Some(Err(interp.raise_on("ValueError", "a root of a negative number", at, &[value]))),
        _ => return None,
    }))
}
