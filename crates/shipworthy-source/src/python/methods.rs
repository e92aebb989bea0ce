//! Methods of built-in values.

mod dicts;
mod lists;
mod strings;
mod words;

use shipworthy_model::{Region, Why};

use super::call::Args;
use super::interp::{Interp, Res};
use super::object::{Kind, Val};

/// Whether a built-in value has this method.
pub(super) fn exists(kind: &Kind, name: &str) -> bool {
    match kind {
        Kind::Str(_) | Kind::Lazy(_) => strings::NAMES.contains(&name),
        Kind::Bytes(_) => strings::NAMES.contains(&name) || matches!(name, "decode" | "hex"),
        Kind::List(_) => lists::NAMES.contains(&name),
        Kind::Tuple(_) | Kind::Range(..) => matches!(name, "count" | "index"),
        Kind::Dict(_) => is_dict_method(name),
        Kind::Set(_) => lists::SET_NAMES.contains(&name),
        Kind::Int(_) | Kind::Bool(_) => matches!(name, "bit_length" | "bit_count" | "to_bytes" | "conjugate"),
        Kind::Float(_) => matches!(name, "is_integer" | "hex" | "as_integer_ratio" | "conjugate"),
        Kind::View(..) => name == "isdisjoint",
        Kind::Iter(_) => matches!(name, "send" | "close" | "throw"),
        _ => false,
    }
}

pub(super) fn is_dict_method(name: &str) -> bool {
    dicts::NAMES.contains(&name)
}

impl Interp<'_> {
    /// Calls a method of a built-in value.
    pub(super) fn call_method(&mut self, receiver: &Val, name: &str, args: Args, at: Region) -> Res<Val> {
        let deps = args.values().fold(receiver.deps.clone(), |deps, value| deps.union(&value.deps));
        let args = if matches!(receiver.kind, Kind::Str(_) | Kind::Bytes(_)) && name != "format" {
            self.bare_arguments(args)
        } else {
            args
        };
        let result = match &receiver.kind {
            Kind::Str(text) => {
                let text = text.clone();
                self.str_method(&text, name, &args, at)
            }
            Kind::Bytes(bytes) => {
                let bytes = bytes.clone();
                self.bytes_method(&bytes, name, &args, at)
            }
            Kind::Lazy(_) => Ok(Val::unknown(Why::Unsupported("a method of translated text".into()), Some(at))),
            Kind::List(id) => self.list_method(*id, receiver, name, &args, at),
            Kind::Tuple(_) | Kind::Range(..) => self.tuple_method(receiver, name, &args, at),
            Kind::Dict(id) => self.dict_method(*id, receiver, name, &args, at),
            Kind::Set(id) => self.set_method(*id, receiver, name, &args, at),
            Kind::Module(space) => self.namespace_method(*space, receiver, name, &args, at),
            Kind::Path(_) => super::library::path::method(self, receiver, name, &args, at),
            Kind::TimeDelta(micros) => Ok(Val::new(Kind::Float(*micros as f64 / 1e6))),
            _ => Ok(Val::unknown(Why::Unsupported(format!("the method {name}").into()), Some(at))),
        };
        Ok(result?.with(&deps))
    }

    /// A method was called with arguments it cannot take.
    pub(super) fn wrong_arguments(&self, name: &str, at: Region, args: &Args) -> super::interp::Stop {
        let values: Vec<&Val> = args.values().collect();
        self.raise_on("TypeError", &format!("{name}() is called with the wrong arguments"), at, &values)
    }
}
