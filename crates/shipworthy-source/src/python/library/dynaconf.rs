//! dynaconf (3.3): `DjangoDynaconf(__name__)` lays files and `DJANGO_…` variables over the settings module.
//!
//! Followed are one settings file and one secrets file of TOML, YAML or JSON, and variables that set a whole setting. Where
//! merging, casting or validating of another kind is asked for, the settings concerned are unknown.

use std::collections::BTreeMap;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, documents, no_attribute};
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::numbers::parse_int;
use crate::python::object::{Deps, Elem, Id, Kind, Val};

pub(super) static LIBRARY: Library = Library { roots: &["dynaconf"], call, attribute: no_attribute, methods: &[] };

const EXTENSIONS: [&str; 4] = ["toml", "yaml", "yml", "json"];
/// Formats that are not followed.
const OTHERS: [&str; 5] = ["tml", "ini", "conf", "properties", "local.toml"];

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    if !matches!(name, "dynaconf.DjangoDynaconf" | "dynaconf.contrib.DjangoDynaconf" | "dynaconf.contrib.django_dynaconf_v2.load")
    {
        return None;
    }
    let module = args.pos.first().and_then(Val::as_str).and_then(|name| interp.modules.get(name)).map(|module| module.space);
    let space = module.unwrap_or(interp.frame().globals);
    let result = load(interp, space, args, at);
    Some(result.map(|()| Val::unknown(Why::Call(name.into()), Some(at))))
}

#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn load(interp: &mut Interp<'_>, space: Id, args: &Args, at: Region) -> Res<()> {
    let blind = |interp: &mut Interp<'_>, what: &str| {
        interp.open_space(space, &Rc::new(Unknown::new(Why::Unsupported(what.into()), Some(at))));
        Ok(())
    };
    let mut prefix = "DJANGO".to_owned();
    let mut environments = true;
    for (name, value) in &args.kw {
        match name.to_lowercase().trim_end_matches("_for_dynaconf") {
            "envvar_prefix" => match value.as_str().filter(|text| !text.contains(',')) {
                Some(text) => prefix = text.to_uppercase(),
                None => return blind(interp, "this prefix of DjangoDynaconf"),
            },
            "environments" if matches!(value.kind, Kind::Bool(_)) => environments = interp.truth(value) == Some(true),
            _ => return blind(interp, &format!("the option {name} of DjangoDynaconf")),
        }
    }
    let option = |name: &str| name.ends_with("_FOR_DYNACONF");
    if interp.request.environment.variables.keys().any(|name| option(name))
        || interp.heap.space(space).names.keys().any(|name| option(name))
    {
        return blind(interp, "dynaconf's own options");
    }
    if let Some((path, deps)) = interp.find_upward(".env", false) {
        interp.call_extern(&"dotenv.load_dotenv".into(), Args::of(vec![Val::str(path).with(&deps)]), at)?;
    }
    let Some(files) = files(interp, space) else { return blind(interp, "dynaconf's settings files") };
    let chosen = match interp.environment("DJANGO_ENV", "str", Some(&Val::str("development")), false, at) {
        EnvVar::Set(value) => value,
        EnvVar::Unset(deps) => Val::str("development").with(&deps),
        EnvVar::Unknown(value) => value,
    };
    let Some(environment) = chosen.as_str().filter(|names| !names.contains(',')).map(str::to_lowercase) else {
        return blind(interp, "the environment variable DJANGO_ENV");
    };
    for file in files {
        let Some(document) = document(interp, &file, at) else { return blind(interp, "a settings file of dynaconf") };
        let Kind::Dict(id) = document.kind else { return blind(interp, "a settings file of dynaconf") };
        if !environments {
            apply(interp, space, id, &document, &Deps::default(), at)?;
            continue;
        }
        let Cell::Dict(dict) = interp.heap.cell(id).clone() else { continue };
        // Of tables whose names differ by case the last one counts.
        let tables: BTreeMap<String, Id> = dict
            .entries
            .values()
            .filter_map(|slot| match (slot.key.as_str(), &slot.value.kind) {
                (Some(name), Kind::Dict(inner)) => Some((name.to_lowercase(), *inner)),
                _ => None,
            })
            .collect();
        let common = Deps::default();
        let mut order = vec![("default".to_owned(), common.clone()), (prefix.to_lowercase(), common.clone())];
        order.push((environment.clone(), chosen.deps.clone()));
        order.push(("global".to_owned(), common));
        for (wanted, deps) in order {
            if let Some(inner) = tables.get(&wanted) {
                apply(interp, space, *inner, &document, &deps, at)?;
            }
        }
    }
    variables(interp, space, &prefix, at)?;
    lists(interp, space, at)
}

/// What dynaconf holds is no tuple any more.
fn lists(interp: &mut Interp<'_>, space: Id, at: Region) -> Res<()> {
    let names = &interp.heap.space(space).names;
    let tuples: Vec<(Rc<str>, Val)> = names
        .iter()
        .filter(|(name, binding)| crate::python::is_setting_name(name) && matches!(binding.value.kind, Kind::Tuple(_)))
        .map(|(name, binding)| (name.clone(), binding.value.clone()))
        .collect();
    for (name, tuple) in tuples {
        let list = interp.call_values(&Val::external("builtins.list"), vec![tuple.clone()], at)?;
        if let Some(binding) = interp.heap.space_mut(space).names.get_mut(&*name) {
            binding.value = Val { at: tuple.at, ..list }.with(&tuple.deps);
        }
    }
    Ok(())
}

/// The files that dynaconf finds from the settings module's folder upwards; `None` where that is not certain.
fn files(interp: &Interp<'_>, space: Id) -> Option<Vec<String>> {
    let file = interp.lookup(space, "__file__")?;
    let mut folder = file.as_str()?.rsplit_once('/')?.0.to_owned();
    let (mut settings, mut secrets) = (Vec::new(), Vec::new());
    let exists = |path: &str| interp.tree_path(path).is_some_and(|inner| interp.request.tree.node(inner) == crate::Node::File);
    loop {
        for (stem, found) in [("settings", &mut settings), (".secrets", &mut secrets)] {
            for extension in EXTENSIONS {
                for place in [format!("{folder}/{stem}.{extension}"), format!("{folder}/config/{stem}.{extension}")] {
                    if exists(&place) {
                        found.push(place);
                    }
                }
            }
            if exists(&format!("{folder}/dynaconf_hooks.py"))
                || OTHERS.iter().any(|extension| exists(&format!("{folder}/{stem}.{extension}")))
            {
                return None;
            }
        }
        interp.tree_path(&folder)?;
        match folder.rfind('/') {
            Some(slash) if interp.tree_path(&folder[..slash]).is_some() => folder.truncate(slash),
            _ => break,
        }
    }
    settings.dedup();
    secrets.dedup();
    if settings.len() > 1 || secrets.len() > 1 {
        return None;
    }
    settings.extend(secrets);
    Some(settings)
}

fn document(interp: &mut Interp<'_>, path: &str, at: Region) -> Option<Val> {
    let (text, artifact) = interp.project_text(path)?;
    let place = artifact.map_or(at, Region::whole);
    match path.rsplit('.').next()? {
        "toml" => documents::toml(interp, &text, place),
        "json" => documents::json(interp, &text, place),
        _ => documents::yaml(interp, &text, place),
    }
}

/// Lays one environment's values over the module.
#[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
fn apply(interp: &mut Interp<'_>, space: Id, id: Id, document: &Val, deps: &Deps, at: Region) -> Res<()> {
    let Cell::Dict(dict) = interp.heap.cell(id).clone() else { return Ok(()) };
    for slot in dict.entries.values() {
        let Some(name) = slot.key.as_str() else { continue };
        let name = name.to_uppercase();
        let place = document.at.unwrap_or(at);
        let value = if is_plain(interp, &slot.value, 0) && !name.contains("__") {
            slot.value.clone()
        } else {
            Val::unknown(Why::Unsupported("a value that dynaconf merges or casts".into()), Some(place))
        };
        let name = name.split("__").next().unwrap_or_default();
        interp.bind(space, name, value.or_at(place).with(deps));
    }
    Ok(())
}

/// Whether a value means only itself: no `@token`, nothing that merges.
#[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
fn is_plain(interp: &Interp<'_>, value: &Val, depth: usize) -> bool {
    if depth > 50 {
        return false;
    }
    match &value.kind {
        Kind::Str(text) => !text.starts_with('@') && !text.contains("dynaconf_"),
        Kind::List(id) => match interp.heap.cell(*id) {
            Cell::List(items) => items.iter().all(|item| matches!(item, Elem::One(item) if is_plain(interp, item, depth + 1))),
            _ => false,
        },
        Kind::Dict(id) => match interp.heap.cell(*id) {
            Cell::Dict(dict) => dict.entries.values().all(|slot| {
                slot.key.as_str().is_some_and(|key| !key.contains("__") && !key.contains("dynaconf_"))
                    && is_plain(interp, &slot.value, depth + 1)
            }),
            _ => false,
        },
        Kind::Unknown(_) | Kind::OneOf(_) => true,
        _ => true,
    }
}

/// `DJANGO_NAME` and `DYNACONF_NAME` replace NAME.
fn variables(interp: &mut Interp<'_>, space: Id, prefix: &str, at: Region) -> Res<()> {
    let mut prefixes = vec!["DYNACONF".to_owned()];
    if prefix != "DYNACONF" {
        prefixes.push(prefix.to_owned());
    }
    let own: Vec<Rc<str>> =
        interp.heap.space(space).names.keys().filter(|name| crate::python::is_setting_name(name)).cloned().collect();
    for prefix in prefixes {
        let start = format!("{prefix}_");
        let put: Vec<String> = match interp.heap.cell(interp.environ) {
            Cell::Dict(dict) => dict.entries.values().filter_map(|slot| Some(slot.key.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        };
        let given = interp.request.environment.variables.keys().map(|name| &**name);
        let mut names: Vec<String> = given
            .chain(put.iter().map(String::as_str))
            .filter_map(|name| name.strip_prefix(&start))
            .filter(|name| !matches!(*name, "SETTINGS_MODULE" | "CONFIGURATION"))
            .map(str::to_owned)
            .collect();
        // Only the project's own prefix is worth noting as read.
        if prefix != "DYNACONF" {
            names.extend(own.iter().map(ToString::to_string));
        }
        names.sort();
        names.dedup();
        for name in names {
            let top = name.split("__").next().unwrap_or_default().to_uppercase();
            let old = interp.lookup(space, &top);
            match interp.environment(&format!("{start}{name}"), "str", old.as_ref(), false, at) {
                EnvVar::Set(value) => {
                    let made = if name.contains("__") {
                        Val::unknown(Why::Unsupported("a variable that dynaconf merges".into()), Some(at)).with(&value.deps)
                    } else {
                        parsed(interp, &value, at)?
                    };
                    interp.bind(space, &top, made);
                }
                EnvVar::Unknown(value) => interp.bind(space, &top, value),
                EnvVar::Unset(deps) => {
                    if let Some(binding) = interp.heap.space_mut(space).names.get_mut(&*top) {
                        binding.value = binding.value.clone().with(&deps);
                    }
                }
            }
        }
    }
    Ok(())
}

/// A variable's text: a `@token` with its argument, a TOML value, or text.
fn parsed(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Val> {
    let Some(text) = value.as_str().map(str::to_owned) else { return Ok(interp.unknown_of(&[value], at)) };
    let trimmed = text.trim();
    let text = if matches!(trimmed, "True" | "False") { text.to_lowercase() } else { text };
    let place = value.at.unwrap_or(at);
    let made = if text.starts_with('@') {
        let (token, rest) = text.split_once(' ').unwrap_or((&text, ""));
        match (token, parse_int(rest, 10)) {
            ("@int", Some(number)) if !rest.contains('_') => Val::int(number),
            ("@str", _) if !rest.starts_with('@') => Val::str(rest),
            ("@bool", _) if matches!(rest, "true" | "True" | "1" | "on" | "yes") => Val::bool(true),
            ("@bool", _) if matches!(rest, "false" | "False" | "0" | "off" | "no") => Val::bool(false),
            ("@json", _) => match documents::json(interp, rest, place) {
                Some(json) if is_plain(interp, &json, 0) => json,
                _ => Val::unknown(Why::Unsupported("this cast of dynaconf's".into()), Some(at)),
            },
            _ => Val::unknown(Why::Unsupported("this cast of dynaconf's".into()), Some(at)),
        }
    } else {
        let document = format!("key={text}");
        match document.parse::<toml::Table>() {
            Ok(table) if table.contains_key("key") => {
                let document = documents::toml(interp, &document, place).unwrap_or_else(Val::none);
                let made = interp.subscript(&document, &Val::str("key"), at)?;
                if is_plain(interp, &made, 0) {
                    made
                } else {
                    Val::unknown(Why::Unsupported("a value that dynaconf merges or casts".into()), Some(at))
                }
            }
            _ if text.starts_with(['{', '[']) => Val::unknown(Why::Unsupported("text that is nearly TOML".into()), Some(at)),
            _ => Val::str(text),
        }
    };
    Ok(made.at(place).with(&value.deps))
}
