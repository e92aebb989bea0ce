//! pydantic-settings (2) and goodconf (7): settings as the typed fields of a class.
//!
//! Only what pydantic 2 certainly does is followed: conversions that depend on its finer rules give unknown values.
//! `pydantic.BaseSettings` of pydantic 1 is not modelled: it reads other names (`Field(env=…)`).

mod config;
mod constraints;
mod convert;
mod fields;
mod plain;
mod sources;
mod validators;

use std::rc::Rc;

use shipworthy_model::{Region, Unknown, Why};

use super::{Library, no_attribute};
use crate::python::call::Args;
use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res, Stop, unknown_value};
use crate::python::object::{Kind, Val};
use config::{Config, Extra};
use fields::Field;
use sources::Sources;
use validators::Validators;

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
            // As goodconf has handed it on, this alias is not one to read by in every release.
            if name == "goodconf.Field"
                && args.named("validation_alias").is_none()
                && let Some((_, alias)) = attributes.iter_mut().find(|(name, _)| *name == "alias")
            {
                *alias = Val::unknown(Why::Unsupported("this alias of a field".into()), Some(at));
            }
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
        "pydantic.field_validator" | "pydantic.validator" | "pydantic.model_validator" | "pydantic.root_validator" => {
            Ok(validators::marker(interp, last, args))
        }
        "pydantic.Marker.__call__" => {
            let (marker, function) = (args.pos.first()?, args.pos.get(1)?);
            Ok(validators::marked(interp, marker, function)?)
        }
        "pydantic.BeforeValidator" | "pydantic.AfterValidator" | "pydantic.functional_validators.BeforeValidator" => {
            let function = args.get(0, "func")?.clone();
            Ok(interp.native_instance(&format!("pydantic.{last}"), vec![("func", function)]))
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

/// The name of the library's class that a value is an object of.
fn class_name(interp: &Interp<'_>, object: &Val) -> Option<String> {
    match class_of(interp, object)?.kind {
        Kind::Extern(name) => Some(name.to_string()),
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
    let validators = Validators::of(interp, &class);
    sources.shared = shared_names(interp, &class);
    // What sources complain of comes before what values do: all fields are looked for before one is converted.
    let mut fields = Vec::new();
    for (name, kind) in interp.annotated(&class) {
        if name.starts_with('_') || &*name == "model_config" || convert::is_class_variable(&kind) {
            continue;
        }
        fields.push(Field::find(interp, &class, name, kind, &config, &mut sources, args, at)?);
    }
    let validates_defaults = config.validates_defaults.unwrap_or(family != MODEL);
    let data = interp.dict(Vec::new());
    let mut refused = None;
    for field in fields {
        let place = field.at;
        let value = match field.value(interp, &class, &config, &validators, validates_defaults, &data) {
            Ok(value) => value,
            Err(Stop::Raise(raised)) if interp.exception_name(&raised.exception) == "ValidationError" => {
                refused = refused.or(Some(raised));
                continue;
            }
            Err(stop) => return Err(stop),
        };
        if let Some(unknown) = value.as_unknown() {
            // What cannot be converted raises: nobody sees whether this can.
            interp.doubtful(&unknown, place);
        }
        interp.set_item(&data, &Val::str(&*field.name), value.clone(), place)?;
        interp.bind(space, &field.name, value.or_at(place));
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
    validators.finish(interp, object, at)
}

/// The aliases that several fields have: what one of them finds there is not left to the others.
fn shared_names(interp: &Interp<'_>, class: &Val) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut shared = Vec::new();
    for (name, _) in interp.annotated(class) {
        let declared = interp.declared(class, &name);
        let option = |option: &str| declared.as_ref().and_then(|info| interp.native_attribute(info, option));
        let alias = option("validation_alias").or_else(|| option("alias"));
        for alias in alias.and_then(|alias| sources::alias_names(interp, &alias)).unwrap_or_default() {
            if seen.contains(&alias) { shared.push(alias) } else { seen.push(alias) }
        }
    }
    shared
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
