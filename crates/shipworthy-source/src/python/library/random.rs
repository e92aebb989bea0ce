//! Randomness, clocks, hosts and processes: values that differ between processes or machines.

use shipworthy_model::{Region, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::Val;

pub(super) static LIBRARY: Library = Library {
    roots: &["random", "secrets", "uuid", "socket", "time", "subprocess", "tempfile", "getpass", "string"],
    call,
    attribute,
    methods: &[],
};

fn attribute(interp: &mut Interp<'_>, name: &str, at: Region) -> Option<Val> {
    let _ = at;
    Some(match name {
        "string.ascii_letters" => Val::str("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.ascii_lowercase" => Val::str("abcdefghijklmnopqrstuvwxyz"),
        "string.ascii_uppercase" => Val::str("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.digits" => Val::str("0123456789"),
        "string.hexdigits" => Val::str("0123456789abcdefABCDEF"),
        "string.punctuation" => Val::str("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        _ => return no_attribute(interp, name, at),
    })
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn call(_interp: &mut Interp<'_>, name: &str, _args: &Args, at: Region) -> Option<Res<Val>> {
    let why = match name.split('.').next()? {
        "random" | "secrets" => match name {
            "random.seed" => return Some(Ok(Val::none())),
            _ => Why::Random(name.into()),
        },
        "uuid" => match name {
            "uuid.uuid1" | "uuid.uuid4" => Why::Random(name.into()),
            _ => return None,
        },
        "tempfile" => Why::Random(name.into()),
        "socket" => Why::Machine(format!("{name}()").into()),
        "time" if name == "time.sleep" || name == "time.tzset" => return Some(Ok(Val::none())),
        "time" | "getpass" => Why::Machine(format!("{name}()").into()),
        _ => return None,
    };
    Some(Ok(Val::unknown(why, Some(at))))
}
