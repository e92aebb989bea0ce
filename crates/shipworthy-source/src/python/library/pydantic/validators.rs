//! Validators of a settings class: functions of the project between what the sources have and what a field holds.

use std::rc::Rc;

use shipworthy_model::{Region, Why};

use super::INVALID;
use crate::python::interp::{Interp, Res, Role, Stop};
use crate::python::object::{Elem, Kind, Val};

const MARKER: &str = "pydantic.Marker";
const VALIDATOR: &str = "pydantic.Validator";

/// When a function is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Before,
    After,
    Plain,
    /// It is handed what converts, or all values at once.
    Around,
}

/// A method that validates.
#[derive(Clone)]
pub(super) struct Validator {
    name: Rc<str>,
    fields: Vec<String>,
    pub(super) mode: Mode,
    pub(super) function: Val,
}

/// The validators of a class and its ancestors, oldest first.
#[derive(Default)]
pub(super) struct Validators {
    all: Vec<Validator>,
    /// Those of the whole that come last.
    whole: Vec<(Rc<str>, Val)>,
    /// Whether one has all fields in its hands in a way that is not followed.
    pub(super) opaque: bool,
}

/// What `@field_validator("name", mode="before")` makes, to be called with the function below it.
pub(super) fn marker(interp: &mut Interp<'_>, decorator: &str, args: &super::Args) -> Val {
    let named = |name: &str| args.named(name).and_then(|value| value.as_str().map(str::to_owned));
    let mode = match decorator {
        "validator" if args.named("pre").is_some_and(|pre| interp.truth(pre) == Some(true)) => "before".to_owned(),
        "validator" if args.kw.iter().any(|(name, _)| !matches!(&**name, "pre" | "allow_reuse" | "check_fields")) => {
            "wrap".to_owned()
        }
        "root_validator" => "before".to_owned(),
        _ if args.named("mode").is_some() => named("mode").unwrap_or_else(|| "wrap".to_owned()),
        _ => "after".to_owned(),
    };
    let fields =
        if matches!(decorator, "model_validator" | "root_validator") { Val::none() } else { Val::tuple(args.pos.clone()) };
    interp.native_instance(MARKER, vec![("fields", fields), ("mode", Val::str(mode))])
}

/// The validator that a marker makes of a function.
pub(super) fn marked(interp: &mut Interp<'_>, marker: &Val, function: &Val) -> Option<Val> {
    let (fields, mode) = (interp.native_attribute(marker, "fields")?, interp.native_attribute(marker, "mode")?);
    Some(interp.native_instance(VALIDATOR, vec![("fields", fields), ("mode", mode), ("function", function.clone())]))
}

impl Validators {
    pub(super) fn of(interp: &Interp<'_>, class: &Val) -> Self {
        let mut found = Self::default();
        for class in interp.ancestry(class).into_iter().rev() {
            let Kind::Class(id) = class.kind else { continue };
            for (name, binding) in &interp.heap.space(interp.heap.class(id).space).names {
                // A method of that name in a descendant stands in for its ancestor's.
                found.all.retain(|known| known.name != *name);
                found.whole.retain(|(known, _)| known != name);
                if super::class_name(interp, &binding.value).as_deref() == Some(VALIDATOR) {
                    found.add(interp, name, &binding.value);
                }
            }
        }
        found
    }

    fn add(&mut self, interp: &Interp<'_>, name: &Rc<str>, validator: &Val) {
        let attribute = |name: &str| interp.native_attribute(validator, name);
        let (Some(fields), Some(mode), Some(function)) = (attribute("fields"), attribute("mode"), attribute("function")) else {
            self.opaque = true;
            return;
        };
        let mode = match mode.as_str() {
            Some("before") => Mode::Before,
            Some("after") => Mode::After,
            Some("plain") => Mode::Plain,
            _ => Mode::Around,
        };
        match (&fields.kind, mode) {
            (Kind::None, Mode::After) => self.whole.push((name.clone(), function)),
            (Kind::Tuple(items), Mode::Before | Mode::After | Mode::Plain | Mode::Around) => {
                let fields: Option<Vec<String>> = items
                    .iter()
                    .map(|item| match item {
                        Elem::One(item) => item.as_str().map(str::to_owned),
                        Elem::Perhaps(..) | Elem::Many(_) => None,
                    })
                    .collect();
                match fields {
                    Some(fields) => self.all.push(Validator { name: name.clone(), fields, mode, function }),
                    None => self.opaque = true,
                }
            }
            _ => self.opaque = true,
        }
    }

    /// Those of one field, in the order in which they are written.
    pub(super) fn of_field(&self, field: &str) -> Vec<Validator> {
        self.all.iter().filter(|own| own.fields.iter().any(|name| name == field || name == "*")).cloned().collect()
    }

    /// Shows the finished object to the validators of the whole.
    pub(super) fn finish(&self, interp: &mut Interp<'_>, object: &Val, at: Region) -> Res<()> {
        for (_, function) in &self.whole {
            let takes = parameters(interp, function);
            if takes != Some(1) {
                let unknown = Rc::new(shipworthy_model::Unknown::new(Why::Unsupported("this validator".into()), Some(at)));
                interp.lose_contents(object, &unknown);
                interp.doubtful(&unknown, at);
                continue;
            }
            judged(interp, function, vec![object.clone()], at)?;
        }
        Ok(())
    }
}

/// How many arguments a function of the project takes by position; `None` where it may be any number.
fn parameters(interp: &Interp<'_>, function: &Val) -> Option<usize> {
    let Kind::Function(id) = function.kind else { return None };
    match interp.functions[id as usize].parameters {
        Some(parameters) if parameters.vararg.is_none() && parameters.kwonlyargs.is_empty() => {
            Some(parameters.posonlyargs.len() + parameters.args.len())
        }
        Some(_) => None,
        None => Some(0),
    }
}

/// What a validator makes of a field's value. A `bare` function is none of the class.
#[allow(clippy::too_many_arguments)]
pub(super) fn ask(
    interp: &mut Interp<'_>,
    class: &Val,
    function: &Val,
    bare: bool,
    value: Val,
    field: &str,
    data: &Val,
    at: Region,
) -> Res<Val> {
    if matches!(value.kind, Kind::Unknown(_)) {
        return Ok(value);
    }
    let unknown = Val::unknown(Why::Unsupported(format!("the validator of {field}").into()), Some(at)).with(&value.deps);
    if matches!(value.kind, Kind::OneOf(_)) {
        return Ok(unknown);
    }
    let deps = value.deps.clone();
    let mut arguments = vec![value];
    match (&function.kind, parameters(interp, function)) {
        (Kind::Function(id), Some(count)) => {
            let bare = bare || interp.functions[*id as usize].role == Role::Static;
            if !bare {
                arguments.insert(0, class.clone());
            }
            if count == arguments.len() + 1 {
                let seen = interp.call_values(&Val::external("builtins.dict"), vec![data.clone()], at)?;
                let entries = vec![("data", seen), ("field_name", Val::str(field))];
                arguments.push(interp.native_instance("pydantic.ValidationInfo", entries));
            } else if count != arguments.len() {
                return Ok(unknown);
            }
        }
        (Kind::Extern(_), _) if bare => {}
        _ => return Ok(unknown),
    }
    Ok(judged(interp, function, arguments, at)?.with(&deps))
}

/// A validator's answer. What it raises to refuse a value is a refusal.
fn judged(interp: &mut Interp<'_>, function: &Val, arguments: Vec<Val>, at: Region) -> Res<Val> {
    match interp.call_values(function, arguments, at) {
        Err(Stop::Raise(raised)) => {
            let refusals = ["builtins.ValueError", "builtins.AssertionError"].map(Val::external);
            let is_refusal = refusals.iter().any(|class| interp.is_exception_of(&raised.exception, class) == Some(true));
            let class_is_refusal = is_refusal || interp.exception_name(&raised.exception) == "ValidationError";
            if class_is_refusal {
                return Err(interp.raise_with(INVALID, "a validator refuses the value", at, raised.deps.clone()));
            }
            Err(Stop::Raise(raised))
        }
        other => other,
    }
}
