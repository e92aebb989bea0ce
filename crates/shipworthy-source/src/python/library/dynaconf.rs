//! dynaconf (3.3): `DjangoDynaconf(__name__)` lays files and `DJANGO_…` variables over the settings module.
//!
//! Followed are files of TOML, YAML or JSON and variables, with their casts, parts and merges. Where hooks, includes or options
//! of another kind are given, what is set is left open.

mod casts;
mod store;

use std::collections::BTreeMap;
use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, documents, no_attribute};
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::is_setting_name;
use crate::python::object::{Deps, Elem, Id, Kind, Val};
use casts::Parsed;
use store::Store;

pub(super) static LIBRARY: Library = Library { roots: &["dynaconf"], call, attribute: no_attribute, methods: &[] };

/// Endings of the files that are looked for, in this order.
const EXTENSIONS: [&str; 4] = ["toml", "yaml", "yml", "json"];
/// Endings of files that are looked for and not followed.
const OTHERS: [&str; 4] = ["tml", "ini", "conf", "properties"];
const VALIDATOR: &str = "dynaconf.Validator";

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    match name {
        "dynaconf.DjangoDynaconf" | "dynaconf.contrib.DjangoDynaconf" | "dynaconf.contrib.django_dynaconf_v2.load" => {}
        VALIDATOR | "dynaconf.validator.Validator" => {
            let options: Vec<(&str, Val)> = args.kw.iter().map(|(name, value)| (&**name, value.clone())).collect();
            let validator = interp.native_instance(VALIDATOR, options);
            let names = Val::tuple(args.pos.clone());
            return Some(interp.set_attribute(&validator, "*names*", names, at).map(|()| validator));
        }
        _ => return None,
    }
    let module = args.pos.first().and_then(Val::as_str).and_then(|name| interp.modules.get(name)).map(|module| module.space);
    let space = module.unwrap_or(interp.frame().globals);
    let result = load(interp, space, args, at);
    Some(result.map(|()| Val::unknown(Why::Call(name.into()), Some(at))))
}

/// What a project may say about how its settings are loaded.
struct Options {
    prefix: String,
    environments: bool,
    /// The variable that names the environment.
    switcher: String,
    dotenv: bool,
    merges: bool,
    /// The files to look for, in place of the usual ones.
    files: Option<Vec<String>>,
    /// Settings that validators give values to.
    given: Vec<String>,
    /// Options by which the library takes settings from where nobody looks: hooks, files that only the server has.
    further: Option<String>,
    /// What it rests on that there is no more.
    deps: Deps,
}

impl Options {
    /// The options of a call; those that are not followed are named instead.
    fn of(interp: &mut Interp<'_>, args: &Args, at: Region) -> Res<Result<Self, String>> {
        let mut options = Self {
            prefix: "DJANGO".to_owned(),
            environments: true,
            switcher: "DJANGO_ENV".to_owned(),
            dotenv: true,
            merges: false,
            files: None,
            given: Vec::new(),
            further: None,
            deps: Deps::default(),
        };
        for (name, value) in &args.kw {
            let flag = if matches!(value.kind, Kind::Bool(_)) { interp.truth(value) } else { None };
            match (name.to_lowercase().trim_end_matches("_for_dynaconf"), flag, value.as_str()) {
                ("envvar_prefix", _, Some(text)) if !text.contains(',') => options.prefix = text.to_uppercase(),
                ("environments", Some(flag), _) => options.environments = flag,
                ("env_switcher", _, Some(text)) if !text.is_empty() => text.clone_into(&mut options.switcher),
                ("load_dotenv", Some(flag), _) => options.dotenv = flag,
                ("merge_enabled", Some(flag), _) => options.merges = flag,
                ("settings_file" | "settings_files", ..) => {
                    let files = match value.kind {
                        Kind::List(_) | Kind::Tuple(_) => interp.certain_elements(value, at)?,
                        _ => Some(vec![value.clone()]),
                    };
                    let plain = |file: &Val| {
                        let text = file.as_str()?;
                        let (stem, extension) = text.rsplit_once('.')?;
                        let known = EXTENSIONS.contains(&extension) && !stem.contains(['*', '?', '[', ',', ';', '/']);
                        (known && !stem.contains(".local")).then(|| text.to_owned())
                    };
                    let files: Option<Vec<String>> = files.and_then(|files| files.iter().map(plain).collect());
                    match files {
                        Some(files) if !files.is_empty() => options.files = Some(files),
                        _ => return Ok(Err(format!("the option {name} of DjangoDynaconf"))),
                    }
                }
                ("validators", ..) => {
                    let Some(validators) = interp.certain_elements(value, at)? else {
                        return Ok(Err("validators of dynaconf".to_owned()));
                    };
                    for validator in validators {
                        let Some(Val { kind: Kind::Tuple(names), .. }) = interp.native_attribute(&validator, "*names*") else {
                            // What is made of several has names and defaults of all of them.
                            options.further = Some(name.to_string());
                            continue;
                        };
                        let gives =
                            ["default", "cast"].iter().any(|option| interp.native_attribute(&validator, option).is_some());
                        for name in names.iter().filter(|_| gives) {
                            match name {
                                Elem::One(name) if name.as_str().is_some() => {
                                    options.given.extend(name.as_str().map(str::to_owned));
                                }
                                _ => return Ok(Err("a validator of dynaconf".to_owned())),
                            }
                        }
                    }
                }
                // Whether values are boxes with attributes is nothing to Django.
                ("dynaboxify", Some(_), _) => {}
                ("preload" | "post_hooks", ..) => options.further = Some(name.to_string()),
                ("envvar", _, Some(variable)) => match interp.environment(variable, "str", Some(&Val::none()), false, at) {
                    EnvVar::Unset(deps) => options.deps = deps,
                    EnvVar::Set(_) | EnvVar::Unknown(_) => options.further = Some(variable.to_owned()),
                },
                _ => return Ok(Err(format!("the option {name} of DjangoDynaconf"))),
            }
        }
        Ok(Ok(options))
    }
}

fn load(interp: &mut Interp<'_>, space: Id, args: &Args, at: Region) -> Res<()> {
    let blind = |interp: &mut Interp<'_>, what: &str| {
        interp.open_space(space, &Rc::new(Unknown::new(Why::Unsupported(what.into()), Some(at))));
        Ok(())
    };
    let options = match Options::of(interp, args, at)? {
        Ok(options) => options,
        Err(what) => return blind(interp, &what),
    };
    let option = |name: &str| name.ends_with("_FOR_DYNACONF");
    if interp.request.environment.variables.keys().any(|name| option(name))
        || interp.heap.space(space).names.keys().any(|name| option(name) || &**name == "DYNACONF_INCLUDE" || &**name == "YAML")
    {
        return blind(interp, "dynaconf's own options");
    }
    if options.dotenv
        && let Some((path, deps)) = interp.find_upward(".env", false)
    {
        if interp.project_text(&path).is_some_and(|(text, _)| text.lines().any(is_read_otherwise)) {
            return blind(interp, "an env file that dynaconf's own reader reads otherwise");
        }
        interp.call_extern(&"dotenv.load_dotenv".into(), Args::of(vec![Val::str(path).with(&deps)]), at)?;
    }
    let Some(files) = files(interp, space, options.files.as_deref()) else { return blind(interp, "dynaconf's settings files") };
    let chosen = match interp.environment(&options.switcher, "str", Some(&Val::str("development")), false, at) {
        EnvVar::Set(value) | EnvVar::Unknown(value) => value,
        EnvVar::Unset(deps) => Val::str("development").with(&deps),
    };
    let Some(environment) = chosen.as_str().filter(|names| !names.contains(',')).map(str::to_lowercase) else {
        return blind(interp, &format!("the environment variable {}", options.switcher));
    };
    let mut store = Store::new(space, options.merges, at);
    own(interp, &mut store, space, at)?;
    for file in files {
        let Some(document) = document(interp, &file, at) else { return blind(interp, "a settings file of dynaconf") };
        let Kind::Dict(id) = document.kind else { return blind(interp, "a settings file of dynaconf") };
        if !options.environments {
            apply(interp, &mut store, id, None, &Deps::default(), at)?;
            continue;
        }
        let Cell::Dict(dict) = interp.heap.cell(id).clone() else { continue };
        let mut whole = None;
        // Of tables whose names differ by case the last one counts.
        let mut tables: BTreeMap<String, Id> = BTreeMap::new();
        for slot in dict.entries.values() {
            match (slot.key.as_str().map(str::to_lowercase), &slot.value.kind) {
                (Some(name), Kind::Dict(inner)) => drop(tables.insert(name, *inner)),
                (Some(name), Kind::Bool(flag)) if name == "dynaconf_merge" => whole = Some(*flag),
                (Some(name), _) if name.starts_with("dynaconf_") => return blind(interp, "a settings file of dynaconf"),
                _ => {}
            }
        }
        let common = Deps::default();
        let mut order = vec![("default".to_owned(), common.clone()), (options.prefix.to_lowercase(), common.clone())];
        order.push((environment.clone(), chosen.deps.clone()));
        order.push(("global".to_owned(), common));
        let mut seen: Vec<String> = Vec::new();
        for (wanted, deps) in order {
            if wanted != "global" && seen.contains(&wanted) {
                continue;
            }
            if let Some(inner) = tables.get(&wanted) {
                apply(interp, &mut store, *inner, whole, &deps, at)?;
            }
            seen.push(wanted);
        }
    }
    variables(interp, &mut store, space, &options.prefix, at)?;
    store.finish(interp)?;
    for name in options.given {
        let unknown = Val::unknown(Why::Unsupported("what a validator gives".into()), Some(at));
        interp.bind(space, name.split('.').next().unwrap_or_default().to_uppercase().as_str(), unknown);
    }
    for (_, binding) in interp.heap.space_mut(space).names.iter_mut().filter(|(name, _)| is_setting_name(name)) {
        binding.value.deps = binding.value.deps.union(&options.deps);
    }
    if let Some(option) = options.further {
        let what = format!("the option {option} of DjangoDynaconf");
        let unknown = Rc::new(Unknown::new(Why::Unsupported(what.as_str().into()), Some(at)));
        interp.takes_from_source(space, what.into(), &unknown);
    }
    Ok(())
}

/// Whether the reader of env files that dynaconf brings along makes something else of a line: it knows no two blanks in a
/// value without quotes, and no comment behind a tab.
fn is_read_otherwise(line: &str) -> bool {
    let Some((_, value)) = line.split_once('=') else { return false };
    let value = value.trim();
    let plain = value.split(" #").next().unwrap_or_default().trim_end();
    !value.starts_with(['"', '\'']) && (plain.contains("  ") || value.contains("\t#"))
}

/// What the module holds goes through the same reading: of tuples lists are made, and texts are read for their tokens.
fn own(interp: &mut Interp<'_>, store: &mut Store, space: Id, at: Region) -> Res<()> {
    let names = &interp.heap.space(space).names;
    let values: Vec<(Rc<str>, Val)> = names
        .iter()
        .filter(|(name, _)| crate::python::is_setting_name(name))
        .map(|(name, binding)| (name.clone(), binding.value.clone()))
        .collect();
    for (name, value) in values {
        store.keep(&name, value.clone());
        match casts::value(interp, &value, at)? {
            Parsed::Plain(made) => {
                if let Some(binding) = interp.heap.space_mut(space).names.get_mut(&*name) {
                    binding.value = Val { at: value.at, ..made }.with(&value.deps);
                }
            }
            parsed => store.set(interp, &name, parsed, None, &value.deps)?,
        }
    }
    Ok(())
}

/// The files that dynaconf finds from the settings module's folder upwards; `None` where that is not certain.
fn files(interp: &Interp<'_>, space: Id, wanted: Option<&[String]>) -> Option<Vec<String>> {
    let file = interp.lookup(space, "__file__")?;
    let mut folder = file.as_str()?.rsplit_once('/')?.0.to_owned();
    let exists = |path: &str| interp.tree_path(path).is_some_and(|inner| interp.request.tree.node(inner) == crate::Node::File);
    let mut places = Vec::new();
    loop {
        places.push(folder.clone());
        places.push(format!("{folder}/config"));
        interp.tree_path(&folder)?;
        match folder.rfind('/') {
            Some(slash) if interp.tree_path(&folder[..slash]).is_some() => folder.truncate(slash),
            _ => break,
        }
    }
    let there = |name: &str| places.iter().map(|place| format!("{place}/{name}")).filter(|path| exists(path)).collect::<Vec<_>>();
    if !there("dynaconf_hooks.py").is_empty() {
        return None;
    }
    let usual = || {
        let all = ["settings", ".secrets"].into_iter();
        all.flat_map(|stem| EXTENSIONS.iter().chain(&OTHERS).map(move |extension| format!("{stem}.{extension}"))).collect()
    };
    let mut found = Vec::new();
    for name in wanted.map_or_else(usual, <[String]>::to_vec) {
        match there(&name).as_slice() {
            [] => {}
            [_] if OTHERS.iter().any(|other| name.ends_with(other)) => return None,
            [only] => found.push(only.clone()),
            // Which of several is nearest depends on where the process was started.
            _ => return None,
        }
    }
    // Python files of these names are read too.
    if wanted.is_none() && !there(".secrets.py").is_empty() {
        return None;
    }
    let local =
        found.iter().filter_map(|path| path.rsplit_once('.').map(|(stem, extension)| format!("{stem}.local.{extension}")));
    let local: Vec<String> = local.filter(|path| exists(path)).collect();
    found.extend(local);
    Some(found)
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
fn apply(interp: &mut Interp<'_>, store: &mut Store, id: Id, whole: Option<bool>, deps: &Deps, at: Region) -> Res<()> {
    let Cell::Dict(dict) = interp.heap.cell(id).clone() else { return Ok(()) };
    // Names that differ by case are one, at the place of the first and with the value of the last.
    let mut values: Vec<(String, Val)> = Vec::new();
    let mut merge = whole;
    for slot in dict.entries.values() {
        let Some(name) = slot.key.as_str() else { continue };
        let name = match name.split_once("__") {
            Some((top, path)) => format!("{}__{path}", top.to_uppercase()),
            None => name.to_uppercase(),
        };
        match (&*name, &slot.value.kind) {
            ("DYNACONF_MERGE", Kind::Bool(flag)) => merge = Some(*flag),
            _ => match values.iter_mut().find(|(known, _)| *known == name) {
                Some((_, value)) => *value = slot.value.clone(),
                None => values.push((name, slot.value.clone())),
            },
        }
    }
    for (name, value) in values {
        let parsed = casts::value(interp, &value, at)?;
        store.set(interp, &name, parsed, merge, deps)?;
    }
    Ok(())
}

/// `DJANGO_NAME` and `DYNACONF_NAME` replace NAME.
fn variables(interp: &mut Interp<'_>, store: &mut Store, space: Id, prefix: &str, at: Region) -> Res<()> {
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
        let set: Vec<String> = names
            .iter()
            .filter(|name| {
                let full = format!("{start}{name}");
                interp.request.environment.variables.contains_key(&*full) || put.contains(&full)
            })
            .map(|name| name.to_lowercase())
            .collect();
        // In which order variables come is for the environment to say: one that sets a part of what another sets may come
        // before or after it.
        let overlaps = |name: &str| {
            let name = name.to_lowercase();
            let within = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
            };
            set.iter().filter(|other| within(other, &name) || within(&name, other)).count() > 1
        };
        for name in names {
            let top = name.split("__").next().unwrap_or_default().to_uppercase();
            let old = interp.lookup(space, &top);
            match interp.environment(&format!("{start}{name}"), "str", old.as_ref(), false, at) {
                EnvVar::Set(value) if overlaps(&name) => {
                    let unknown = interp.unknown_of(&[&value], at);
                    store.set(interp, &top, Parsed::Plain(unknown), Some(false), &value.deps)?;
                }
                EnvVar::Set(value) => {
                    let parsed = parsed(interp, &value, at)?;
                    store.set(interp, &name, parsed, None, &value.deps)?;
                }
                EnvVar::Unknown(value) => store.set(interp, &top, Parsed::Plain(value), None, &Deps::default())?,
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

/// A variable's text is read as TOML, and what that gives for tokens once more.
fn parsed(interp: &mut Interp<'_>, value: &Val, at: Region) -> Res<Parsed> {
    let text = match value.as_str() {
        Some(text) if matches!(text.trim(), "True" | "False") => {
            Val { kind: Kind::Str(text.to_lowercase().into()), ..value.clone() }
        }
        Some(_) => value.clone(),
        None => return Ok(Parsed::Plain(interp.unknown_of(&[value], at))),
    };
    match casts::text(interp, &text, true, at)? {
        Parsed::Plain(made) => casts::value(interp, &made, at),
        parsed => Ok(parsed),
    }
}
