//! JSON, TOML and YAML documents as Python's readers give them.

use shipworthy_model::{Region, Why};

use crate::python::call::Args;
use crate::python::interp::Interp;
use crate::python::object::{Kind, Val};

/// Deeper documents are no settings.
const MAX_DEPTH: usize = 60;

/// A JSON document; `None` if it is none.
pub(super) fn json(interp: &mut Interp<'_>, text: &str, at: Region) -> Option<Val> {
    let parsed = serde_json::from_str(text).ok()?;
    Some(super::text::json_value(interp, &parsed, at, 0))
}

/// A TOML document; `None` if it is none.
pub(super) fn toml(interp: &mut Interp<'_>, text: &str, at: Region) -> Option<Val> {
    let document = Val::str(text).at(at);
    let parsed = super::call(interp, "tomllib.loads", &Args::of(vec![document]), at)?;
    parsed.ok().filter(|parsed| parsed.as_unknown().is_none())
}

/// A YAML document; `None` if it is none, or one that readers of YAML 1.1 and 1.2 read differently.
pub(super) fn yaml(interp: &mut Interp<'_>, text: &str, at: Region) -> Option<Val> {
    use saphyr::LoadableYamlNode;
    let documents = saphyr::Yaml::load_from_str(text).ok()?;
    match documents.as_slice() {
        [] => Some(interp.dict(Vec::new()).at(at)),
        [only] => yaml_value(interp, only, at, 0),
        _ => None,
    }
}

fn yaml_value(interp: &mut Interp<'_>, value: &saphyr::Yaml<'_>, at: Region, depth: usize) -> Option<Val> {
    use saphyr::{Scalar, Yaml};
    if depth > MAX_DEPTH {
        return None;
    }
    Some(
        match value {
            Yaml::Value(Scalar::Null) => Val::none(),
            Yaml::Value(Scalar::Boolean(flag)) => Val::bool(*flag),
            Yaml::Value(Scalar::Integer(number)) => Val::int(i128::from(*number)),
            Yaml::Value(Scalar::FloatingPoint(number)) => Val::new(Kind::Float(number.into_inner())),
            Yaml::Value(Scalar::String(text)) => {
                // Plain words and numbers that YAML 1.1 takes for something else.
                let lower = text.to_lowercase();
                if matches!(lower.as_str(), "yes" | "no" | "on" | "off" | "y" | "n") || looks_like_a_number(text) {
                    Val::unknown(Why::Unsupported("a word that versions of YAML read differently".into()), Some(at))
                } else {
                    Val::str(&**text)
                }
            }
            Yaml::Sequence(items) => {
                let items = items.iter().map(|item| yaml_value(interp, item, at, depth + 1)).collect::<Option<Vec<_>>>()?;
                interp.list(items)
            }
            Yaml::Mapping(entries) => {
                let dict = interp.dict(Vec::new());
                for (key, item) in entries {
                    let key = yaml_value(interp, key, at, depth + 1)?;
                    let item = yaml_value(interp, item, at, depth + 1)?;
                    interp.set_item(&dict, &key, item, at).ok()?;
                }
                dict
            }
            _ => return None,
        }
        .at(at),
    )
}

/// Octal and sexagesimal numbers, dates: text to one version of YAML and not to another.
fn looks_like_a_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b":_-+.TtZz ".contains(&byte))
}
