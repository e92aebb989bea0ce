//! One field of a settings class: what it is declared as, what the sources have for it, and the value that this makes.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::config::Config;
use super::constraints::{self, Verdict};
use super::sources::{self, Found, Sources};
use super::validators::{Mode, Validators, ask};
use super::{INVALID, convert};
use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Elem, Kind, Val};

/// A field that has been looked for and is to be converted.
pub(super) struct Field {
    pub(super) name: Rc<str>,
    pub(super) at: Region,
    kind: Val,
    /// What `Field(…)` says, of the default and of the annotation.
    infos: Vec<Val>,
    /// Functions of the annotation, with whether they come before the conversion.
    functions: Vec<(Mode, Val)>,
    aliases: Option<Vec<String>>,
    default: Option<Val>,
    raw: Raw,
}

/// What there is for a field.
enum Raw {
    Value(Val),
    Nothing(Deps),
    /// What is known already: nothing, mostly.
    Made(Val),
}

/// What `Annotated` says beside the type.
struct Metadata {
    kind: Val,
    infos: Vec<Val>,
    functions: Vec<(Mode, Val)>,
    /// Whether the text is left as it is.
    plain: bool,
}

impl Metadata {
    /// `None` for metadata that is not followed.
    fn of(interp: &Interp<'_>, kind: &Val) -> Option<Self> {
        let mut found = Self { kind: kind.clone(), infos: Vec::new(), functions: Vec::new(), plain: false };
        if let Kind::Tuple(parts) = &kind.kind
            && let Some(Elem::One(Val { kind: Kind::Extern(origin), .. })) = parts.first()
            && origin.ends_with(".Annotated")
        {
            let mut parts = parts.iter().skip(1).map(|part| match part {
                Elem::One(part) => Some(part),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            });
            found.kind = parts.next()??.clone();
            for part in parts {
                found.add(interp, part?)?;
            }
        }
        (!convert::has_metadata(&found.kind)).then_some(found)
    }

    fn add(&mut self, interp: &Interp<'_>, part: &Val) -> Option<()> {
        match &part.kind {
            Kind::Str(_) => {}
            Kind::Extern(name) if name.ends_with(".NoDecode") => self.plain = true,
            Kind::Instance(_) if interp.native_attribute(part, "*field*").is_some() => {
                // Defaults and aliases of the annotation compete with those of the declaration.
                let rivals = ["default", "default_factory", "alias", "validation_alias"];
                if rivals.iter().any(|name| interp.native_attribute(part, name).is_some()) {
                    return None;
                }
                self.infos.push(part.clone());
            }
            Kind::Instance(_) => {
                let mode = match super::class_name(interp, part)?.as_str() {
                    "pydantic.BeforeValidator" => Mode::Before,
                    "pydantic.AfterValidator" => Mode::After,
                    _ => return None,
                };
                self.functions.push((mode, interp.native_attribute(part, "func")?));
            }
            _ => return None,
        }
        Some(())
    }
}

impl Field {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn find(
        interp: &mut Interp<'_>,
        class: &Val,
        name: Rc<str>,
        kind: Val,
        config: &Config,
        sources: &mut Sources,
        args: &Args,
        at: Region,
    ) -> Res<Self> {
        let at = kind.at.unwrap_or(at);
        // A field that is annotated again begins anew.
        let declared = interp.declared(class, &name);
        let info = declared.clone().filter(|value| interp.native_attribute(value, "*field*").is_some());
        let unknown = |what: &str| Raw::Made(Val::unknown(Why::Unsupported(what.into()), Some(at)));
        let metadata = Metadata::of(interp, &kind);
        let mut field = Self {
            name,
            at,
            kind,
            infos: info.clone().into_iter().collect(),
            functions: Vec::new(),
            aliases: None,
            default: None,
            raw: Raw::Nothing(Deps::default()),
        };
        let Some(metadata) = metadata else {
            field.raw = unknown("a field with metadata in its annotation");
            return Ok(field);
        };
        field.kind = metadata.kind;
        field.infos.extend(metadata.infos);
        field.functions = metadata.functions;
        let option = |interp: &Interp<'_>, option: &str| info.as_ref().and_then(|info| interp.native_attribute(info, option));
        if let Some(alias) =
            option(interp, "validation_alias").or_else(|| option(interp, "alias")).filter(|alias| !alias.is_none())
        {
            field.aliases = sources::alias_names(interp, &alias);
            if field.aliases.is_none() {
                field.raw = unknown("this alias of a field");
                return Ok(field);
            }
        }
        field.default = match (&info, &declared) {
            (Some(_), _) => match (option(interp, "default"), option(interp, "default_factory")) {
                (Some(default), _) if matches!(default.kind, Kind::Ellipsis) => None,
                (Some(default), _) => Some(default),
                (None, Some(factory)) => Some(interp.call_values(&factory, Vec::new(), at)?),
                (None, None) => None,
            },
            (None, declared) => declared.clone(),
        };
        let plain = field.name.to_string();
        let own = (field.aliases.is_none() || config.by_name).then_some(&plain);
        let given = field.aliases.iter().flatten().chain(own).find_map(|name| args.named(name)).cloned();
        // Sources are read all the same where an argument is given, and may complain.
        let default = given.as_ref().or(field.default.as_ref());
        let decoded = !metadata.plain && config.decodes;
        let found = sources.find(interp, &plain, field.aliases.as_deref(), &field.kind, decoded, config, default, at)?;
        field.raw = match (given, found) {
            (Some(given), _) | (None, Found::Value(given)) => Raw::Value(given),
            (None, Found::Nothing(deps)) => Raw::Nothing(deps),
        };
        Ok(field)
    }

    /// The value, converted and validated.
    pub(super) fn value(
        &self,
        interp: &mut Interp<'_>,
        class: &Val,
        config: &Config,
        validators: &Validators,
        validates_defaults: bool,
        data: &Val,
    ) -> Res<Val> {
        let at = self.at;
        if validators.opaque {
            return Ok(Val::unknown(Why::Unsupported(format!("the validator of {}", self.name).into()), Some(at)));
        }
        let (raw, deps) = match &self.raw {
            Raw::Made(value) => return Ok(value.clone()),
            Raw::Value(value) => (value.clone(), Deps::default()),
            Raw::Nothing(deps) => {
                let Some(default) = &self.default else {
                    let variable = sources::variable_of(&self.name, self.aliases.as_deref(), config);
                    return interp.missing_variable(&variable, INVALID, &format!("the field {} is required", self.name), at);
                };
                let copy = interp.call_extern(&"copy.deepcopy".into(), Args::of(vec![default.clone()]), at)?;
                if !validates_defaults {
                    return Ok(copy.with(deps));
                }
                (copy, deps.clone())
            }
        };
        let mut value = raw.with(&deps);
        let own = validators.of_field(&self.name);
        let all = || {
            self.functions
                .iter()
                .map(|(mode, function)| (*mode, function, true))
                .chain(own.iter().map(|own| (own.mode, &own.function, false)))
        };
        let before: Vec<_> = all().filter(|(mode, ..)| *mode == Mode::Before).collect();
        for (_, function, bare) in before.into_iter().rev() {
            value = ask(interp, class, function, bare, value, &self.name, data, at)?;
        }
        if let Some((_, function, bare)) = all().find(|(mode, ..)| *mode == Mode::Plain) {
            value = ask(interp, class, function, bare, value, &self.name, data, at)?;
        } else {
            value = convert::conform(interp, &value, &self.kind, config.manner, at)?.with(&value.deps);
            for info in &self.infos {
                value = constrained(interp, info, &self.kind, value, at)?;
            }
        }
        for (_, function, bare) in all().filter(|(mode, ..)| *mode == Mode::After) {
            value = ask(interp, class, function, bare, value, &self.name, data, at)?;
        }
        Ok(value)
    }
}

/// A value that is to meet what its field demands.
fn constrained(interp: &mut Interp<'_>, info: &Val, kind: &Val, value: Val, at: Region) -> Res<Val> {
    if value.as_unknown().is_some() || value.is_none() && convert::allows_none(kind) {
        return Ok(value);
    }
    match constraints::verdict(interp, info, &value, at)? {
        Verdict::Met => Ok(value),
        Verdict::Unmet => Err(interp.raise_with(INVALID, "the value is not what its field demands", at, value.deps.clone())),
        Verdict::Misfit => Err(interp.raise_on("TypeError", "the field demands what its type has not", at, &[&value])),
        Verdict::Unknown => Ok(Val::unknown(Why::Unsupported("what this field demands".into()), Some(at)).with(&value.deps)),
    }
}
