//! pydantic-settings (2) and goodconf (7): settings as the typed fields of a class.
//!
//! Only what pydantic 2 certainly does is followed: conversions that depend on its finer rules give unknown values.
//! `pydantic.BaseSettings` of pydantic 1 is not modelled: it reads other names (`Field(env=…)`).

mod config;
mod constraints;
mod convert;
mod sources;

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, Stop, unknown_value};
use crate::python::object::{Elem, Kind, Val};
use config::{Config, Extra};
use sources::Sources;

pub(super) static LIBRARY: Library = Library {
    roots: &["pydantic", "pydantic_settings", "goodconf"],
    call,
    attribute: no_attribute,
    methods: &[
        "BaseSettings.model_dump",
        "BaseModel.model_dump",
        "GoodConf.model_dump",
        "BaseSettings.__init__",
        "BaseModel.__init__",
        "GoodConf.__init__",
        "GoodConf.load",
        "SecretStr.get_secret_value",
        "SecretStr.__str__",
        "Marker.__call__",
    ],
};

const SETTINGS: &str = "pydantic_settings.BaseSettings";
const MODEL: &str = "pydantic.BaseModel";
const GOOD: &str = "goodconf.GoodConf";
const INVALID: &str = "pydantic_core.ValidationError";
/// What computed fields are noted as, by the number of their function.
const COMPUTED: &str = "pydantic.*computed*.";
const MARKER: &str = "pydantic.Marker";

fn call(interp: &mut Interp<'_>, name: &str, args: &Args, at: Region) -> Option<Res<Val>> {
    let last = name.rsplit('.').next().unwrap_or(name);
    Some(match name {
        "pydantic_settings.SettingsConfigDict" | "pydantic.ConfigDict" | "goodconf.GoodConfConfigDict" => {
            return super::call(interp, "builtins.dict", args, at);
        }
        "pydantic.Field" | "pydantic.fields.Field" | "goodconf.Field" => {
            let mut attributes: Vec<(&str, Val)> = args.kw.iter().map(|(name, value)| (&**name, value.clone())).collect();
            if let Some(default) = args.pos.first() {
                attributes.push(("default", default.clone()));
            }
            attributes.push(("*field*", Val::bool(true)));
            Ok(interp.native_instance("pydantic.fields.FieldInfo", attributes))
        }
        "pydantic.AliasChoices" => {
            let names = Val::tuple(args.pos.clone());
            Ok(interp.native_instance("pydantic.AliasChoices", vec![("choices", names)]))
        }
        "pydantic.SecretStr" => {
            let value = args.pos.first()?.clone();
            Ok(interp.native_instance(name, vec![("*value*", value)]))
        }
        "pydantic.SecretStr.get_secret_value" => Ok(interp.native_attribute(args.pos.first()?, "*value*")?),
        "pydantic.SecretStr.__str__" => Ok(Val::str("**********")),
        // Validators may change the fields they are for.
        "pydantic.field_validator" | "pydantic.validator" | "pydantic.model_validator" | "pydantic.root_validator" => {
            let fields =
                if last.ends_with("l_validator") || last == "root_validator" { vec![Val::str("*")] } else { args.pos.clone() };
            Ok(interp.native_instance(MARKER, vec![("fields", Val::tuple(fields))]))
        }
        "pydantic.Marker.__call__" => {
            let fields = interp.native_attribute(args.pos.first()?, "fields")?;
            Ok(interp.native_instance("pydantic.Validator", vec![("fields", fields)]))
        }
        "pydantic.computed_field" if let Some(Kind::Function(id)) = args.pos.first().map(|function| &function.kind) => {
            interp.patch(&format!("{COMPUTED}{id}"), Val::bool(true));
            Ok(args.pos[0].clone())
        }
        "pydantic.computed_field" => Ok(args.pos.first().cloned().unwrap_or_else(|| Val::external("functools.identity"))),
        "pydantic_settings.BaseSettings.__init__" | "pydantic.BaseModel.__init__" | "goodconf.GoodConf.__init__" => {
            let object = args.pos.first()?.clone();
            fill(interp, &object, &args.rest(), at).map(|()| Val::none())
        }
        "goodconf.GoodConf.load" => {
            let object = args.pos.first()?.clone();
            let file = args.get(1, "filename").cloned();
            load(interp, &object, &Args::default(), file, at).map(|()| Val::none())
        }
        _ if last == "model_dump" => {
            let object = args.pos.first()?.clone();
            if args.pos.len() + args.kw.len() > 1 {
                return Some(Ok(Val::unknown(Why::Unsupported("a partial dump".into()), Some(at))));
            }
            dump(interp, &object, at)
        }
        _ => return None,
    })
}

fn class_of(interp: &Interp<'_>, object: &Val) -> Option<Val> {
    let Kind::Instance(id) = object.kind else { return None };
    match interp.heap.cell(id) {
        Cell::Instance(class, _) => Some(class.clone()),
        _ => None,
    }
}

/// A secret hides itself from `str()`.
pub(super) fn text_of(interp: &Interp<'_>, object: &Val) -> Option<String> {
    let secret = interp.native_attribute(object, "*value*")?;
    Some(if interp.truth(&secret)? { "**********".to_owned() } else { String::new() })
}

pub(super) fn is_secret(interp: &Interp<'_>, object: &Val) -> bool {
    class_of(interp, object).is_some_and(|class| matches!(&class.kind, Kind::Extern(name) if &**name == "pydantic.SecretStr"))
}

/// A secret is as true as what it hides is long.
pub(super) fn truth(interp: &Interp<'_>, object: &Val) -> Option<bool> {
    interp.truth(&interp.native_attribute(object, "*value*")?)
}

/// The library's class that a class of the project inherits from.
fn family(interp: &Interp<'_>, class: &Val) -> Option<&'static str> {
    let native = interp.native_class(class)?;
    match &*native {
        SETTINGS | "pydantic_settings.main.BaseSettings" => Some(SETTINGS),
        MODEL | "pydantic.main.BaseModel" => Some(MODEL),
        GOOD => Some(GOOD),
        _ => None,
    }
}

/// An instance of a project class of this family.
pub(super) fn instantiate(interp: &mut Interp<'_>, class: &Val, args: &Args, at: Region) -> Option<Res<Val>> {
    family(interp, class)?;
    if interp.class_defines(class, "__init__") {
        return None;
    }
    let space = interp.new_space();
    let object = Val::new(Kind::Instance(interp.heap.new_cell(Cell::Instance(class.clone(), space)))).at(at);
    Some(fill(interp, &object, args, at).map(|()| object))
}

fn fill(interp: &mut Interp<'_>, object: &Val, args: &Args, at: Region) -> Res<()> {
    let Some(class) = class_of(interp, object) else { return Ok(()) };
    if family(interp, &class) == Some(GOOD) {
        let now = args.get(0, "load").is_some_and(|flag| interp.truth(flag) != Some(false));
        let file = args.get(1, "config_file").filter(|file| !file.is_none()).cloned();
        if !now && args.kw.iter().all(|(name, _)| matches!(&**name, "load" | "config_file")) {
            if let Some(file) = file {
                interp.set_attribute(object, "*file*", file, at)?;
            }
            return Ok(());
        }
        return load(interp, object, args, file, at);
    }
    load(interp, object, args, None, at)
}

/// Reads every field and binds it on the instance.
fn load(interp: &mut Interp<'_>, object: &Val, args: &Args, file: Option<Val>, at: Region) -> Res<()> {
    let Some(class) = class_of(interp, object) else { return Ok(()) };
    let (Kind::Instance(id), Some(family)) = (&object.kind, family(interp, &class)) else { return Ok(()) };
    let Cell::Instance(_, space) = interp.heap.cell(*id) else { return Ok(()) };
    let space = *space;
    let blind = |interp: &mut Interp<'_>, what: &str| {
        let unknown = Rc::new(Unknown::new(Why::Unsupported(what.into()), Some(at)));
        interp.doubtful(&unknown, at);
        interp.heap.space_mut(space).lose(unknown);
    };
    if args.open.is_some() || !args.pos.is_empty() {
        blind(interp, "unknown arguments of a settings class");
        return Ok(());
    }
    if ["settings_customise_sources", "model_post_init"].iter().any(|name| interp.class_defines(&class, name)) {
        blind(interp, "a settings class with sources of its own");
        return Ok(());
    }
    let Some(config) = Config::of(interp, &class, at)? else {
        blind(interp, "this configuration of a settings class");
        return Ok(());
    };
    let mut sources = if family == MODEL { Sources::none() } else { Sources::open(interp, &config, at)? };
    if family == GOOD {
        let stored = interp.native_attribute(object, "*file*");
        if !sources.config_file(interp, &config, file.or(stored).as_ref(), at)? {
            blind(interp, "a configuration file that cannot be read here");
            return Ok(());
        }
    }
    let validated = validated_fields(interp, &class);
    // What sources complain of comes before what values do.
    let mut refused = None;
    let fields = interp.annotated(&class);
    sources.shared = shared_names(interp, &class);
    for (name, kind) in fields {
        if name.starts_with('_') || &*name == "model_config" || convert::is_class_variable(&kind) {
            continue;
        }
        let place = kind.at.unwrap_or(at);
        let mut value = match field(interp, &class, &name, &kind, &config, &mut sources, args, place) {
            Ok(value) => value,
            Err(Stop::Raise(raised)) if interp.exception_name(&raised.exception) == "ValidationError" => {
                refused = refused.or(Some(raised));
                continue;
            }
            Err(stop) => return Err(stop),
        };
        if validated.iter().any(|field| field == "*" || **field == *name) {
            value = Val::unknown(Why::Unsupported(format!("the validator of {name}").into()), Some(place)).with(&value.deps);
        }
        if let Some(unknown) = value.as_unknown() {
            // What cannot be converted raises: nobody sees whether this can.
            interp.doubtful(&unknown, place);
        }
        interp.bind(space, &name, value.or_at(place));
    }
    if let Some(raised) = refused {
        return Err(Stop::Raise(raised));
    }
    let own = |name: &str| family == GOOD && matches!(name, "load" | "config_file") || name.starts_with('_');
    if family != MODEL && config.extra == Extra::Forbidden {
        let taken = |name: &str| sources.fields.iter().any(|field| field == name) || config.by_name;
        if let Some((name, _)) = args.kw.iter().find(|(name, _)| !own(name) && !taken(name)) {
            return Err(interp.raise_with(INVALID, &format!("{name} is no field"), at, crate::python::object::Deps::default()));
        }
    }
    if let Some(extra) = sources.unused(interp, &config) {
        let message = format!("a file sets {extra}, which is no field");
        return Err(interp.raise_with(INVALID, &message, at, crate::python::object::Deps::default()));
    }
    Ok(())
}

/// The aliases that several fields have: what one of them finds there is not left to the others.
fn shared_names(interp: &Interp<'_>, class: &Val) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut shared = Vec::new();
    for (name, _) in interp.annotated(class) {
        let declared = interp.class_attribute(class, &name);
        let option = |option: &str| declared.as_ref().and_then(|info| interp.native_attribute(info, option));
        let alias = option("validation_alias").or_else(|| option("alias"));
        for alias in alias.and_then(|alias| sources::alias_names(interp, &alias)).unwrap_or_default() {
            if seen.contains(&alias) { shared.push(alias) } else { seen.push(alias) }
        }
    }
    shared
}

/// The fields that have validators.
fn validated_fields(interp: &Interp<'_>, class: &Val) -> Vec<String> {
    let mut fields = Vec::new();
    for class in interp.ancestry(class) {
        let Kind::Class(id) = class.kind else { continue };
        for binding in interp.heap.space(interp.heap.class(id).space).names.values() {
            let Some(marked) = class_of(interp, &binding.value)
                .filter(|class| matches!(&class.kind, Kind::Extern(name) if &**name == "pydantic.Validator"))
                .and_then(|_| interp.native_attribute(&binding.value, "fields"))
            else {
                continue;
            };
            if let Kind::Tuple(items) = &marked.kind {
                fields.extend(items.iter().map(|item| match item {
                    Elem::One(item) => item.as_str().unwrap_or("*").to_owned(),
                    Elem::Perhaps(..) | Elem::Many(_) => "*".to_owned(),
                }));
            }
        }
    }
    fields
}

/// One field: from the arguments, the sources, or its default.
#[allow(clippy::too_many_arguments)]
fn field(
    interp: &mut Interp<'_>,
    class: &Val,
    name: &str,
    kind: &Val,
    config: &Config,
    sources: &mut Sources,
    args: &Args,
    at: Region,
) -> Res<Val> {
    let declared = interp.class_attribute(class, name);
    let info = declared.clone().filter(|value| interp.native_attribute(value, "*field*").is_some());
    let option = |interp: &Interp<'_>, option: &str| info.as_ref().and_then(|info| interp.native_attribute(info, option));
    if convert::has_field_info(interp, kind) {
        return Ok(Val::unknown(Why::Unsupported("a field with metadata in its annotation".into()), Some(at)));
    }
    let aliases = match option(interp, "validation_alias").or_else(|| option(interp, "alias")).filter(|alias| !alias.is_none()) {
        Some(alias) => match sources::alias_names(interp, &alias) {
            Some(names) => Some(names),
            None => return Ok(Val::unknown(Why::Unsupported("this alias of a field".into()), Some(at))),
        },
        None => None,
    };
    let plain = name.to_owned();
    let own = (aliases.is_none() || config.by_name).then_some(&plain);
    let by_argument = aliases.iter().flatten().chain(own).find_map(|name| args.named(name)).cloned();
    if let Some(given) = by_argument {
        // Sources are read all the same, and may complain.
        if let Err(Stop::Raise(raised)) = sources.find(interp, name, aliases.as_deref(), kind, config, Some(&given), at)
            && interp.exception_name(&raised.exception) == "SettingsError"
        {
            return Err(Stop::Raise(raised));
        }
        let made = convert::conform(interp, &given, kind, at)?;
        return constrained(interp, info.as_ref(), kind, made, at);
    }
    let default = match (&info, &declared) {
        (Some(_), _) => match (option(interp, "default"), option(interp, "default_factory")) {
            (Some(default), _) if matches!(default.kind, Kind::Ellipsis) => None,
            (Some(default), _) => Some(default),
            (None, Some(factory)) => Some(interp.call_values(&factory, Vec::new(), at)?),
            (None, None) => None,
        },
        (None, declared) => declared.clone(),
    };
    let found = sources.find(interp, name, aliases.as_deref(), kind, config, default.as_ref(), at)?;
    match (found, default) {
        (sources::Found::Value(value), _) => constrained(interp, info.as_ref(), kind, value, at),
        (sources::Found::Nothing(deps), Some(default)) => {
            let copy = interp.call_extern(&"copy.deepcopy".into(), Args::of(vec![default]), at)?;
            if family(interp, class) == Some(MODEL) {
                // Only settings classes look at their defaults.
                return Ok(copy.with(&deps));
            }
            let made = convert::conform(interp, &copy, kind, at)?.with(&deps);
            constrained(interp, info.as_ref(), kind, made, at)
        }
        (sources::Found::Nothing(_), None) => {
            let variable = sources::variable_of(name, aliases.as_deref(), config);
            interp.missing_variable(&variable, INVALID, &format!("the field {name} is required"), at)
        }
    }
}

/// A value that is to meet what its field demands.
fn constrained(interp: &mut Interp<'_>, info: Option<&Val>, kind: &Val, value: Val, at: Region) -> Res<Val> {
    let nothing = value.is_none() && convert::allows_none(kind);
    let Some(info) = info.filter(|_| value.as_unknown().is_none() && !nothing) else { return Ok(value) };
    match constraints::are_met(interp, info, &value, at)? {
        Some(true) => Ok(value),
        Some(false) => Err(interp.raise_with(INVALID, "the value is not what its field demands", at, value.deps.clone())),
        None => Ok(Val::unknown(Why::Unsupported("what this field demands".into()), Some(at)).with(&value.deps)),
    }
}

/// `model_dump()`: the fields as a dictionary.
fn dump(interp: &mut Interp<'_>, object: &Val, at: Region) -> Res<Val> {
    let Some(class) = class_of(interp, object) else { return Ok(interp.unknown_of(&[object], at)) };
    let mut entries: Vec<(String, Val)> = Vec::new();
    for (name, kind) in interp.annotated(&class) {
        if name.starts_with('_') || &*name == "model_config" || convert::is_class_variable(&kind) {
            continue;
        }
        let value = interp.attribute(object, &name, at)?;
        let value = match class_of(interp, &value) {
            Some(inner) if family(interp, &inner).is_some() => dump(interp, &value, at)?,
            Some(_) if interp.native_attribute(&value, "*value*").is_none() => {
                Val::unknown(Why::Unsupported("an object in a dump".into()), Some(at))
            }
            _ => value,
        };
        entries.push((name.to_string(), value));
    }
    for class in interp.ancestry(&class).into_iter().rev() {
        let Kind::Class(id) = class.kind else { continue };
        let names = &interp.heap.space(interp.heap.class(id).space).names;
        let computed: Vec<Rc<str>> = names
            .iter()
            .filter(|(_, binding)| matches!(binding.value.kind, Kind::Function(id) if interp.patched(&format!("{COMPUTED}{id}")).is_some()))
            .map(|(name, _)| name.clone())
            .collect();
        for name in computed {
            let value = interp.attribute(object, &name, at)?;
            entries.push((name.to_string(), value));
        }
    }
    // What a model takes beside its fields is dumped too, and nobody has counted that.
    if Config::of(interp, &class, at)?.is_some_and(|config| config.extra == Extra::Kept) {
        return Ok(Val::unknown(Why::Unsupported("a dump of more than fields".into()), Some(at)));
    }
    if let Kind::Instance(id) = object.kind
        && let Cell::Instance(_, space) = interp.heap.cell(id)
        && let Some(open) = interp.heap.space(*space).open.clone()
    {
        return Ok(unknown_value(&open));
    }
    Ok(interp.dict(entries.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()))
}
