//! `distutils.util.strtobool`, in the standard library up to Python 3.11 and in setuptools after it (PEP 632).

use shipworthy_model::Region;

use super::{Library, decouple};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["distutils", "setuptools"], call, attribute, methods: &[] };

fn attribute(_interp: &mut Interp<'_>, _name: &str, _at: Region) -> Option<Val> {
    None
}

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if !matches!(name, "distutils.util.strtobool" | "setuptools._distutils.util.strtobool") {
        return None;
    }
    let value = args.get(0, "val")?.clone();
    Some(interp.distribute(&value, &mut |interp, value| {
        Ok(match &value.kind {
            Kind::Bool(_) => {
                return Err(interp.raise_on("AttributeError", "only text is read as a truth value", at, &[value]));
            }
            _ => match decouple::boolean(interp, value, at)? {
                Val { kind: Kind::Bool(answer), .. } => Val::int(i128::from(answer)).with(&value.deps),
                other => other,
            },
        })
    }))
}
