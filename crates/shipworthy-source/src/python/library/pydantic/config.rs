//! `model_config` and its older forms: how a settings class looks for its fields.

use shipworthy_model::Region;

use crate::python::heap::Cell;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Kind, Val};

/// What becomes of a value that no field takes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Extra {
    #[default]
    Forbidden,
    Ignored,
    Kept,
}

/// How values are converted.
#[derive(Clone, Copy, Default)]
pub(super) struct Manner {
    /// Texts lose the blanks around them.
    pub(super) strips: bool,
    /// A member of an enumeration becomes its value.
    pub(super) takes_values: bool,
}

/// The part of `model_config` that is followed.
#[allow(clippy::struct_excessive_bools, reason = "they are the library's own switches")]
pub(super) struct Config {
    pub(super) prefix: String,
    pub(super) case_sensitive: bool,
    pub(super) files: Vec<Val>,
    pub(super) delimiter: Option<String>,
    pub(super) ignore_empty: bool,
    pub(super) extra: Extra,
    /// Whether a field goes by its own name even where it has an alias.
    pub(super) by_name: bool,
    pub(super) default_files: Vec<Val>,
    pub(super) file_variable: Option<String>,
    pub(super) manner: Manner,
    /// The text that stands for None.
    pub(super) none: Option<String>,
    /// Whether members of enumerations go by their names too.
    pub(super) takes_names: bool,
    /// Whether texts of the environment are read as JSON where the type wants that.
    pub(super) decodes: bool,
    /// Whether defaults are converted; where nothing is said, those of settings are.
    pub(super) validates_defaults: Option<bool>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            case_sensitive: false,
            files: Vec::new(),
            delimiter: None,
            ignore_empty: false,
            extra: Extra::default(),
            by_name: false,
            default_files: Vec::new(),
            file_variable: None,
            manner: Manner::default(),
            none: None,
            takes_names: false,
            decodes: true,
            validates_defaults: None,
        }
    }
}

impl Config {
    /// `None` for options that are not followed.
    pub(super) fn of(interp: &mut Interp<'_>, class: &Val, at: Region) -> Res<Option<Self>> {
        let mut config = Self::default();
        for class in interp.ancestry(class).into_iter().rev() {
            let Kind::Class(id) = class.kind else { continue };
            let space = interp.heap.class(id).space;
            let mut options: Vec<(String, Val)> = Vec::new();
            match interp.lookup(space, "model_config") {
                Some(Val { kind: Kind::Dict(id), .. }) => {
                    let Cell::Dict(dict) = interp.heap.cell(id) else { continue };
                    if dict.rest.is_some() {
                        return Ok(None);
                    }
                    for slot in dict.entries.values() {
                        match (slot.key.as_str(), &slot.perhaps) {
                            (Some(name), None) => options.push((name.to_owned(), slot.value.clone())),
                            _ => return Ok(None),
                        }
                    }
                }
                Some(_) => return Ok(None),
                None => {}
            }
            match interp.lookup(space, "Config") {
                Some(Val { kind: Kind::Class(inner), .. }) => {
                    let names = &interp.heap.space(interp.heap.class(inner).space).names;
                    options.extend(
                        names
                            .iter()
                            .filter(|(name, _)| !name.starts_with('_'))
                            .map(|(name, binding)| (name.to_string(), binding.value.clone())),
                    );
                }
                Some(_) => return Ok(None),
                None => {}
            }
            if let Some(Val { kind: Kind::Dict(id), .. }) = interp.lookup(space, super::super::CLASS_KEYWORDS) {
                let Cell::Dict(dict) = interp.heap.cell(id) else { continue };
                options
                    .extend(dict.entries.values().filter_map(|slot| Some((slot.key.as_str()?.to_owned(), slot.value.clone()))));
            }
            for (name, value) in options {
                if !config.set(interp, &name, &value, at)? {
                    return Ok(None);
                }
            }
        }
        Ok(Some(config))
    }

    #[allow(clippy::match_same_arms, reason = "each arm stands for a case of its own")]
    fn set(&mut self, interp: &mut Interp<'_>, name: &str, value: &Val, at: Region) -> Res<bool> {
        let flag = interp.truth(value);
        match (name, flag) {
            ("env_prefix", _) => match value.as_str() {
                Some(text) => text.clone_into(&mut self.prefix),
                None => return Ok(false),
            },
            ("case_sensitive", Some(flag)) => self.case_sensitive = flag,
            ("populate_by_name" | "validate_by_name", Some(flag)) => self.by_name |= flag,
            ("env_ignore_empty", Some(flag)) => self.ignore_empty = flag,
            ("env_parse_none_str", _) => self.none = value.as_str().map(str::to_owned),
            ("env_parse_enums", Some(flag)) => self.takes_names = flag,
            ("str_strip_whitespace", Some(flag)) => self.manner.strips = flag,
            ("use_enum_values", Some(flag)) => self.manner.takes_values = flag,
            ("enable_decoding", Some(flag)) => self.decodes = flag,
            ("validate_default", Some(flag)) => self.validates_defaults = Some(flag),
            ("validate_by_alias", Some(false)) => return Ok(false),
            ("env_nested_delimiter", _) => self.delimiter = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned),
            ("extra", _) => {
                self.extra = match value.as_str() {
                    Some("forbid") => Extra::Forbidden,
                    Some("allow") => Extra::Kept,
                    _ => Extra::Ignored,
                };
            }
            ("env_file", Some(false)) => self.files.clear(),
            ("env_file", _) => {
                self.files = match &value.kind {
                    Kind::List(_) | Kind::Tuple(_) => match interp.certain_elements(value, at)? {
                        Some(files) => files,
                        None => return Ok(false),
                    },
                    _ => vec![value.clone()],
                };
            }
            ("default_files", _) => match interp.certain_elements(value, at)? {
                Some(files) => self.default_files = files,
                None => return Ok(false),
            },
            ("file_env_var", _) => self.file_variable = value.as_str().map(str::to_owned),
            (
                "env_file_encoding"
                | "title"
                | "frozen"
                | "hide_input_in_errors"
                | "validate_assignment"
                | "arbitrary_types_allowed"
                | "use_attribute_docstrings"
                | "protected_namespaces"
                | "json_schema_extra",
                _,
            ) => {}
            (_, Some(false)) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}
