//! Where `Env` looks variables up: the environment, another mapping, or files that variables name.

use shipworthy_model::Region;

use super::FILE_AWARE;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, unknown_value};
use crate::python::object::{Kind, Val};

/// `ENVIRON[name]`, where the class or the instance may hold another mapping than the environment.
pub(super) fn look_up(
    interp: &mut Interp<'_>,
    env: &Val,
    name: &str,
    cast: &str,
    default: Option<&Val>,
    at: Region,
) -> Res<EnvVar> {
    let class = match &env.kind {
        Kind::Instance(id) => match interp.heap.cell(*id) {
            Cell::Instance(class, _) => class.clone(),
            _ => Val::none(),
        },
        _ => Val::none(),
    };
    let own = interp
        .native_attribute(env, "ENVIRON")
        .or_else(|| interp.class_attribute(&class, "ENVIRON"))
        .or_else(|| interp.patched("environ.Env.ENVIRON"));
    match own {
        Some(Val { kind: Kind::Extern(known), .. }) if &*known == "os.environ" => {}
        Some(Val { kind: Kind::Dict(id), deps, .. }) => {
            return Ok(match interp.dict_get(id, &Val::str(name)) {
                Ok(Some(value)) => EnvVar::Set(value.with(&deps)),
                Ok(None) => EnvVar::Unset(deps),
                Err(unknown) => EnvVar::Unknown(unknown_value(&unknown)),
            });
        }
        Some(other) => return Ok(EnvVar::Unknown(interp.unknown_of(&[&other], at))),
        None if interp.native_class(&class).is_some_and(|name| &*name == FILE_AWARE) => {
            return file_aware(interp, name, cast, default, at);
        }
        None => {}
    }
    Ok(interp.environment(name, cast, default, default.is_none(), at))
}

/// A variable named `…_FILE` leads to a file that holds the value.
fn file_aware(interp: &mut Interp<'_>, name: &str, cast: &str, default: Option<&Val>, at: Region) -> Res<EnvVar> {
    let deps = match interp.environment(&format!("{name}_FILE"), "str", None, false, at) {
        EnvVar::Unknown(value) => return Ok(EnvVar::Unknown(value)),
        EnvVar::Unset(deps) => deps,
        EnvVar::Set(file) => match file.as_str() {
            Some("") => file.deps.clone(),
            Some(text) => {
                let text = text.to_owned();
                let content = super::super::files::read_text(interp, &text, at)?.with(&file.deps);
                return Ok(if content.as_unknown().is_some() { EnvVar::Unknown(content) } else { EnvVar::Set(content) });
            }
            None => return Ok(EnvVar::Unknown(interp.unknown_of(&[&file], at))),
        },
    };
    Ok(match interp.environment(name, cast, default, default.is_none(), at) {
        // Who sets the one does not set the other: what the variable says hangs on no file.
        EnvVar::Set(value) => EnvVar::Set(value),
        EnvVar::Unknown(value) => EnvVar::Unknown(value),
        EnvVar::Unset(more) => EnvVar::Unset(deps.union(&more)),
    })
}
