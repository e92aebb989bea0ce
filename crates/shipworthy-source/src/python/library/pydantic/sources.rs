//! Where a settings class looks for its fields: the environment, env files, nested variables, goodconf's files.

use shipworthy_model::Region;

use super::super::documents;
use super::config::{Config, Extra};
use super::convert::Type;
use super::family;
use crate::python::call::Args;
use crate::python::environment::EnvVar;
use crate::python::heap::{Cell, Dict};
use crate::python::interp::{Interp, Res, Stop, unknown_value};
use crate::python::object::{Deps, Elem, Kind, Val};
use crate::python::operators::path_text;

/// The names that an alias stands for.
pub(super) fn alias_names(interp: &Interp<'_>, alias: &Val) -> Option<Vec<String>> {
    if let Some(name) = alias.as_str() {
        return Some(vec![name.to_owned()]);
    }
    match interp.native_attribute(alias, "choices")?.kind {
        Kind::Tuple(items) => items
            .iter()
            .map(|item| match item {
                Elem::One(item) => item.as_str().map(str::to_owned),
                Elem::Perhaps(..) | Elem::Many(_) => None,
            })
            .collect(),
        _ => None,
    }
}

fn names_of(name: &str, aliases: Option<&[String]>, config: &Config) -> Vec<String> {
    match aliases {
        // By its own name a field has the prefix too.
        Some(aliases) if config.by_name => {
            aliases.iter().cloned().chain(std::iter::once(format!("{}{name}", config.prefix))).collect()
        }
        Some(aliases) => aliases.to_vec(),
        None => vec![format!("{}{name}", config.prefix)],
    }
}

/// The variable that people set for a field.
pub(super) fn variable_of(name: &str, aliases: Option<&[String]>, config: &Config) -> String {
    let name = names_of(name, aliases, config).into_iter().next().unwrap_or_else(|| name.to_owned());
    if config.case_sensitive { name } else { name.to_uppercase() }
}

pub(super) enum Found {
    Value(Val),
    Nothing(Deps),
}

/// The files that have been read, and what of them was used.
#[derive(Default)]
pub(super) struct Sources {
    reads_environment: bool,
    /// What env files set, names as the configuration compares them, and whether a field took it.
    file: Vec<(String, Val, bool)>,
    /// What goodconf's file holds, and the names that fields have there.
    config: Option<Val>,
    /// Names that several fields go by.
    pub(super) shared: Vec<String>,
    pub(super) fields: Vec<String>,
}

impl Sources {
    pub(super) fn none() -> Self {
        Self::default()
    }

    pub(super) fn open(interp: &mut Interp<'_>, config: &Config, at: Region) -> Res<Self> {
        let mut sources = Self { reads_environment: true, ..Self::default() };
        for file in &config.files {
            let values = interp.call_extern(&"dotenv.dotenv_values".into(), Args::of(vec![file.clone()]), at)?;
            let Kind::Dict(id) = values.kind else { continue };
            let Cell::Dict(dict) = interp.heap.cell(id).clone() else { continue };
            for slot in dict.entries.values() {
                let Some(name) = slot.key.as_str() else { continue };
                if config.ignore_empty && slot.value.as_str() == Some("") {
                    continue;
                }
                let name = if config.case_sensitive { name.to_owned() } else { name.to_lowercase() };
                sources.file.retain(|(known, ..)| *known != name);
                sources.file.push((name, slot.value.clone().with(&values.deps), false));
            }
        }
        Ok(sources)
    }

    /// Reads goodconf's file; false where there may be one that cannot be read.
    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    pub(super) fn config_file(&mut self, interp: &mut Interp<'_>, config: &Config, file: Option<&Val>, at: Region) -> Res<bool> {
        let mut candidates: Vec<Val> = file.filter(|file| !file.is_none()).cloned().into_iter().collect();
        let mut optional = false;
        if candidates.is_empty() {
            if let Some(variable) = &config.file_variable {
                match interp.environment(variable, "str", Some(&Val::none()), false, at) {
                    EnvVar::Set(value) if value.as_str() != Some("") => candidates.push(value),
                    EnvVar::Unknown(_) => return Ok(false),
                    EnvVar::Set(_) | EnvVar::Unset(_) => {}
                }
            }
            if candidates.is_empty() {
                optional = true;
                candidates.extend(config.default_files.iter().cloned());
            }
        }
        for candidate in candidates {
            let Some(path) = path_text(&candidate).map(str::to_owned) else { return Ok(false) };
            let (absolute, deps) = interp.started_at(&path);
            let Some((text, artifact)) = interp.project_text(&absolute) else {
                if optional {
                    continue;
                }
                return Ok(false);
            };
            let place = artifact.map_or(at, Region::whole);
            let parsed = match absolute.rsplit('.').next() {
                Some("yml" | "yaml") => documents::yaml(interp, &text, place),
                Some("toml") => documents::toml(interp, &text, place),
                _ => documents::json(interp, &text, place),
            };
            let Some(parsed) = parsed else { return Ok(false) };
            self.config = Some(parsed.with(&deps));
            return Ok(true);
        }
        Ok(true)
    }

    /// A name that a file sets and no field takes, where the class forbids that.
    pub(super) fn unused(&self, interp: &Interp<'_>, config: &Config) -> Option<String> {
        if config.extra != Extra::Forbidden {
            return None;
        }
        let in_env_file = || {
            let unused = self.file.iter().find(|(_, value, used)| !used && value.as_str() != Some("") && !value.is_none());
            unused.map(|(name, ..)| name.clone())
        };
        let Some(Val { kind: Kind::Dict(id), .. }) = &self.config else { return in_env_file() };
        let Cell::Dict(dict) = interp.heap.cell(*id) else { return in_env_file() };
        let names = dict.entries.values().filter_map(|slot| slot.key.as_str());
        names.map(str::to_owned).find(|name| !self.fields.contains(name)).or_else(in_env_file)
    }

    /// What the sources have for a field, converted.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn find(
        &mut self,
        interp: &mut Interp<'_>,
        name: &str,
        aliases: Option<&[String]>,
        kind: &Val,
        decoded: bool,
        config: &Config,
        default: Option<&Val>,
        at: Region,
    ) -> Res<Found> {
        // What is not decoded is text, whatever is made of it.
        let declared = Type::of(kind);
        let in_parts = matches!(declared, Type::Dict(..) | Type::Class(_) | Type::Union(_)) && config.delimiter.is_some();
        if !decoded && in_parts {
            let why = shipworthy_model::Why::Unsupported("parts of a field that is not decoded".into());
            return Ok(Found::Value(Val::unknown(why, Some(at))));
        }
        let wanted = if decoded { declared } else { Type::Any };
        let mut deps = Deps::default();
        let own = aliases.map_or_else(|| vec![name.to_owned()], <[String]>::to_vec);
        self.fields.extend(own.iter().cloned());
        if own.iter().any(|name| self.shared.contains(name)) {
            let why = shipworthy_model::Why::Unsupported("a name that several fields have".into());
            return Ok(Found::Value(Val::unknown(why, Some(at))));
        }
        if !self.reads_environment {
            return Ok(Found::Nothing(deps));
        }
        if let Some(Val { kind: Kind::Dict(id), .. }) = &self.config
            && aliases.is_some()
            && !matches!(interp.dict_get(*id, &Val::str(name)), Ok(None))
        {
            // The file is asked by the field's own name, and what it has there competes with what the alias has.
            let why = shipworthy_model::Why::Unsupported("a file that sets a field with an alias by its own name".into());
            return Ok(Found::Value(Val::unknown(why, Some(at))));
        }
        let names = names_of(name, aliases, config);
        if names.len() > 1 && self.compete(interp, &names, &wanted, config, at)? {
            let why = shipworthy_model::Why::Unsupported("a field that is set by two of its names".into());
            return Ok(Found::Value(Val::unknown(why, Some(at))));
        }
        for variable in names {
            // Each source is read for itself: an env file's text is to be JSON even where the environment has another.
            let compared = if config.case_sensitive { variable.clone() } else { variable.to_lowercase() };
            let text = self.file.iter().find(|(name, ..)| *name == compared).map(|(_, text, _)| text.clone());
            let in_file = match text.filter(|text| text.as_str().is_some()) {
                Some(text) => Some(self.parsed(interp, &text, &wanted, at)?).filter(|parsed| !parsed.is_none()),
                None => None,
            };
            let outer = self.text(interp, &variable, &wanted, config, default, at)?;
            let value = match outer {
                Found::Nothing(more) => {
                    deps = deps.union(&more);
                    None
                }
                Found::Value(value) => Some(value),
            };
            if let Some(value) = &value
                && value.as_unknown().is_some()
            {
                return Ok(Found::Value(value.clone()));
            }
            let is_set = value.is_some();
            // What JSON says is null is as good as not set.
            let parsed = match value {
                Some(text) => Some(self.parsed(interp, &text, &wanted, at)?).filter(|parsed| !parsed.is_none()).or(in_file),
                None => None,
            };
            if let Some(unknown) = self.merged(interp, &variable, parsed.as_ref(), &own, config, at) {
                return Ok(Found::Value(unknown));
            }
            // Parts are put into a dictionary only: any other value is left as it is.
            let whole = is_set
                && !self.file.iter().any(|(name, ..)| *name == compared)
                && !parsed.as_ref().is_some_and(|parsed| matches!(parsed.kind, Kind::Dict(_)) || parsed.as_unknown().is_some());
            let nested = match (&wanted, &config.delimiter) {
                _ if whole => None,
                (Type::Class(class), Some(delimiter)) if family(interp, class).is_some() => {
                    let class = class.clone();
                    self.nested(interp, &format!("{variable}{delimiter}"), &class, config, &mut deps, at)?
                }
                (Type::Dict(..) | Type::Union(_), Some(delimiter)) => {
                    let prefix = format!("{variable}{delimiter}").to_lowercase();
                    let mut given = interp.request.environment.variables.keys().map(|name| &**name);
                    let parts = wanted.is_complex(interp) != Some(false)
                        && (given.any(|name| name.to_lowercase().starts_with(&prefix))
                            || self.file.iter().any(|(name, ..)| name.to_lowercase().starts_with(&prefix)));
                    parts.then(|| Val::unknown(shipworthy_model::Why::Unsupported("parts of a dictionary".into()), Some(at)))
                }
                _ => None,
            };
            let whole = match (parsed, nested) {
                (None, None) => continue,
                (Some(parsed), None) => parsed,
                (None, Some(nested)) => nested,
                (Some(_), Some(nested)) if nested.as_unknown().is_some() => nested,
                (Some(parsed), Some(nested)) => match (&parsed.kind, &nested.kind) {
                    (Kind::Dict(id), Kind::Dict(_)) => {
                        interp.dict_update(*id, &nested, at)?;
                        parsed
                    }
                    _ => interp.unknown_of(&[&parsed], at),
                },
            };
            return Ok(Found::Value(whole));
        }
        if let Some(Val { kind: Kind::Dict(id), deps: more, .. }) = &self.config {
            for name in own {
                match interp.dict_get(*id, &Val::str(name)) {
                    Ok(Some(value)) => {
                        return Ok(Found::Value(value.with(&deps).with(more)));
                    }
                    Ok(None) => {}
                    Err(unknown) => return Ok(Found::Value(unknown_value(&unknown))),
                }
            }
        }
        Ok(Found::Nothing(deps))
    }

    /// Whether the environment has a field by one of its names and an env file by another. Each has to be JSON where the type
    /// wants that.
    fn compete(&self, interp: &mut Interp<'_>, names: &[String], wanted: &Type, config: &Config, at: Region) -> Res<bool> {
        let compared = |name: &str| if config.case_sensitive { name.to_owned() } else { name.to_lowercase() };
        let given = names.iter().position(|name| {
            let variables = &interp.request.environment.variables;
            variables
                .iter()
                .any(|(known, (text, _))| compared(known) == compared(name) && !(config.ignore_empty && text.is_empty()))
        });
        let filed =
            names.iter().position(|name| self.file.iter().any(|(known, text, _)| *known == compared(name) && !text.is_none()));
        for (index, in_file) in [(given, false), (filed, true)] {
            let Some(index) = index else { continue };
            let text = if in_file {
                self.file.iter().find(|(known, ..)| *known == compared(&names[index])).map(|(_, text, _)| text.clone())
            } else {
                let mut variables = interp.request.environment.variables.iter();
                variables.find(|(known, _)| compared(known) == compared(&names[index])).map(|(_, (text, _))| Val::str(&**text))
            };
            if let Some(text) = text.filter(|text| text.as_str().is_some()) {
                self.parsed(interp, &text, wanted, at)?;
            }
        }
        Ok(given.is_some() && filed.is_some() && given != filed)
    }

    /// Dictionaries that several sources have are merged, and so are those that variables have parts of: no value of one.
    fn merged(
        &self,
        interp: &mut Interp<'_>,
        variable: &str,
        parsed: Option<&Val>,
        own: &[String],
        config: &Config,
        at: Region,
    ) -> Option<Val> {
        let parsed = parsed.filter(|parsed| matches!(parsed.kind, Kind::Dict(_)))?;
        let compared = if config.case_sensitive { variable.to_owned() } else { variable.to_lowercase() };
        let in_environment =
            interp.request.environment.variables.keys().any(|name| name.to_lowercase() == variable.to_lowercase());
        let in_both = in_environment && self.file.iter().any(|(name, ..)| *name == compared);
        let in_config = match &self.config {
            Some(Val { kind: Kind::Dict(id), .. }) => {
                own.iter().any(|name| !matches!(interp.dict_get(*id, &Val::str(name.as_str())), Ok(None)))
            }
            _ => false,
        };
        (in_both || in_config).then(|| interp.unknown_of(&[parsed], at))
    }

    /// The text of a variable: of the environment, else of an env file.
    #[allow(clippy::unnecessary_wraps, reason = "it answers like its siblings, which may raise")]
    fn text(
        &mut self,
        interp: &mut Interp<'_>,
        variable: &str,
        wanted: &Type,
        config: &Config,
        default: Option<&Val>,
        at: Region,
    ) -> Res<Found> {
        let lower = variable.to_lowercase();
        // Names are compared without regard to case, unless the class says otherwise.
        let real = if config.case_sensitive {
            variable.to_owned()
        } else {
            let given = interp.request.environment.variables.keys().find(|known| known.to_lowercase() == lower);
            given.map_or_else(|| variable.to_uppercase(), ToString::to_string)
        };
        let compared = if config.case_sensitive { variable } else { &lower };
        let in_file = self.file.iter_mut().find(|(name, ..)| name == compared).map(|(_, value, used)| {
            *used = true;
            value.clone()
        });
        let required = default.is_none() && in_file.is_none() && self.config.is_none();
        let found = interp.environment(&real, word(wanted), default, required, at);
        let special = |interp: &Interp<'_>, value: &Val| {
            let Some(text) = value.as_str() else { return false };
            config.none.as_deref() == Some(text) || config.takes_names && wanted.has_member(interp, text)
        };
        let names_one = match &found {
            EnvVar::Set(value) => special(interp, value),
            EnvVar::Unset(_) => in_file.as_ref().is_some_and(|value| special(interp, value)),
            EnvVar::Unknown(_) => false,
        };
        if names_one {
            let why = shipworthy_model::Why::Unsupported("a text that stands for another value".into());
            return Ok(Found::Value(Val::unknown(why, Some(at))));
        }
        Ok(match found {
            EnvVar::Unknown(value) => Found::Value(value),
            EnvVar::Set(value) if !(config.ignore_empty && value.as_str() == Some("")) => Found::Value(value),
            EnvVar::Set(value) => Found::Nothing(value.deps),
            EnvVar::Unset(deps) => match in_file.filter(|value| !value.is_none()) {
                Some(value) => {
                    interp.note_within(&real, value.at.unwrap_or(at));
                    Found::Value(value.with(&deps))
                }
                None => Found::Nothing(deps),
            },
        })
    }

    /// JSON where the type wants it.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    fn parsed(&self, interp: &mut Interp<'_>, text: &Val, wanted: &Type, at: Region) -> Res<Val> {
        match wanted.is_complex(interp) {
            Some(false) => Ok(text.clone()),
            Some(true) => match interp.call_extern(&"json.loads".into(), Args::of(vec![text.clone()]), at) {
                Ok(value) => Ok(value.or_at(text.at.unwrap_or(at)).with(&text.deps)),
                Err(Stop::Raise(_)) if matches!(wanted, Type::Union(_)) => Ok(text.clone()),
                Err(Stop::Raise(_)) => {
                    let exception = "pydantic_settings.exceptions.SettingsError";
                    Err(interp.raise_with(exception, "the variable holds no JSON", at, text.deps.clone()))
                }
                Err(limit) => Err(limit),
            },
            None => Ok(interp.unknown_of(&[text], at)),
        }
    }

    /// `NAME__PART` variables of a nested model, as the dictionary they make.
    fn nested(
        &mut self,
        interp: &mut Interp<'_>,
        prefix: &str,
        class: &Val,
        config: &Config,
        deps: &mut Deps,
        at: Region,
    ) -> Res<Option<Val>> {
        let mut dict = Dict::default();
        let mut plain = Vec::new();
        for (name, kind) in interp.annotated(class) {
            let wanted = Type::of(&kind);
            // A variable's name is taken apart at every delimiter: a field with one in its name is never meant.
            if config.delimiter.as_deref().is_some_and(|delimiter| name.contains(delimiter)) {
                continue;
            }
            if !matches!(&wanted, Type::Class(inner) if family(interp, inner).is_some()) {
                plain.push(name.clone());
            }
            let variable = format!("{prefix}{name}");
            let mut value = match self.text(interp, &variable, &wanted, config, Some(&Val::none()), at)? {
                Found::Value(text) if text.as_unknown().is_some() || text.as_str() == Some("") => Some(text),
                Found::Value(text) => Some(self.parsed(interp, &text, &wanted, at)?),
                Found::Nothing(more) => {
                    *deps = deps.union(&more);
                    None
                }
            };
            if let (None, Type::Class(inner), Some(delimiter)) = (&value, &wanted, &config.delimiter)
                && family(interp, inner).is_some()
            {
                let inner = inner.clone();
                let prefix = format!("{variable}{delimiter}");
                value = interp.deeper(at, |interp| self.nested(interp, &prefix, &inner, config, deps, at))?;
            }
            if let Some(value) = value {
                dict.set_str(&name, value);
            }
        }
        let below = |name: &str| {
            if config.case_sensitive { name.starts_with(prefix) } else { name.to_lowercase().starts_with(&prefix.to_lowercase()) }
        };
        // What is named as a part of a field that has none is for the field's type to refuse.
        if let Some(delimiter) = &config.delimiter {
            let (given, file) = (&interp.request.environment.variables, &self.file);
            let mut names =
                given.keys().map(|name| &**name).chain(file.iter().map(|(name, ..)| &**name)).filter(|name| below(name));
            let in_parts = names.any(|name| {
                let parts = name[prefix.len()..].split_once(&**delimiter);
                parts.is_some_and(|(first, _)| plain.iter().any(|field| field.eq_ignore_ascii_case(first)))
            });
            if in_parts {
                return Ok(Some(Val::unknown(shipworthy_model::Why::Unsupported("parts of a field".into()), Some(at))));
            }
        }
        // Variables of no field of the model make one all the same.
        let others =
            interp.request.environment.variables.keys().any(|name| below(name)) || self.file.iter().any(|(name, ..)| below(name));
        if dict.entries.is_empty() && !others {
            return Ok(None);
        }
        let all = dict.entries.values().fold(Deps::default(), |deps, slot| deps.union(&slot.value.deps));
        Ok(Some(interp.dict_of(dict).with(&all)))
    }
}

/// How the type's conversion is called in facts about the variable.
fn word(wanted: &Type) -> &'static str {
    match wanted {
        Type::Plain(name) => match &**name {
            "builtins.bool" => "bool",
            "builtins.int" => "int",
            "builtins.float" => "float",
            _ => "str",
        },
        Type::List(..) | Type::Tuple(_) => "list",
        Type::Dict(..) | Type::Class(_) => "json",
        Type::Any | Type::None | Type::Union(_) | Type::Literal(_) | Type::Unknown => "str",
    }
}
