//! Variables by which settings tell production from other environments: what they are compared with, and what production
//! gives them.

use std::sync::Arc;

use ruff_python_ast::CmpOp;
use shipworthy_model::{Assumption, Datum, Region, Stage, Switch, Value, Variable, Why};

use super::heap::Cell;
use super::interp::Interp;
use super::object::{Elem, Kind, Val};
use crate::entry_points::{CONFIGURATION, VARIABLE};

/// Texts that say yes, as settings spell it.
const YES: [&str; 5] = ["true", "1", "yes", "on", "y"];
/// The variables that name the settings themselves: who starts the process says which.
const OF_DJANGO: [&str; 2] = [VARIABLE, CONFIGURATION];

/// A text that a variable was compared with.
pub(super) struct Compared {
    variable: Arc<str>,
    /// What the variable came to, where that is known.
    value: Option<Arc<str>>,
    /// The text.
    text: Arc<str>,
    at: Region,
}

impl Interp<'_> {
    /// Notes that a value, which may be a variable's, is compared with texts.
    pub(super) fn note_comparison(&mut self, operator: CmpOp, left: &Val, right: &Val, at: Region) {
        match operator {
            CmpOp::Eq | CmpOp::NotEq => {
                self.note_compared(left, right, at);
                self.note_compared(right, left, at);
            }
            CmpOp::In | CmpOp::NotIn => {
                let texts: Vec<Val> = match &right.kind {
                    Kind::Tuple(items) => items.iter().filter_map(one).collect(),
                    Kind::List(id) | Kind::Set(id) => match self.heap.cell(*id) {
                        Cell::List(items) | Cell::Set(items) => items.iter().filter_map(one).collect(),
                        _ => return,
                    },
                    _ => return,
                };
                for text in &texts {
                    self.note_compared(left, text, at);
                }
            }
            CmpOp::Is | CmpOp::IsNot | CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE => {}
        }
    }

    /// Notes that a value, which may be a variable's, is compared with another, which may be a text.
    pub(super) fn note_compared(&mut self, value: &Val, text: &Val, at: Region) {
        let is_word = |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        let Some(text) = text.as_str().filter(is_word) else { return };
        if Stage::of(text) == Stage::Neutral && !says_yes(text) {
            return;
        }
        let (text, own): (Arc<str>, Option<Arc<str>>) = (Arc::from(text), value.as_str().map(Arc::from));
        let mut variables: Vec<Arc<str>> = Vec::new();
        match &value.kind {
            Kind::Unknown(unknown) => match &unknown.why {
                Why::Variable(name) => variables.push(name.clone()),
                _ => return,
            },
            Kind::Str(_) | Kind::None => variables.extend(value.deps.iter().filter_map(|it| match it {
                Assumption::Unset(name) => Some(name.clone()),
                _ => None,
            })),
            _ => return,
        }
        for variable in variables.into_iter().filter(|name| !OF_DJANGO.contains(&&**name)) {
            self.compared.push(Compared { variable, value: own.clone(), text: text.clone(), at });
        }
    }

    /// The variables that tell production from other environments and that nobody gives, each with what it is in production.
    pub(super) fn switches(&self) -> Vec<Switch> {
        self.variables.values().filter_map(|variable| self.switch(variable)).collect()
    }

    fn switch(&self, variable: &Variable) -> Option<Switch> {
        if variable.within.is_some() || self.request.environment.variables.contains_key(&variable.name) {
            return None;
        }
        let switch = |text: &str, at: Region| Some(Switch { variable: variable.name.clone(), text: text.into(), at });
        let compared = || self.compared.iter().filter(|it| it.variable == variable.name && it.is_of(variable));
        let default = variable.default.as_ref().and_then(Value::as_str);
        if default.is_some_and(|default| Stage::of(default) == Stage::Production) {
            return None;
        }
        if says_production(variable) {
            let at = *variable.reads.first()?;
            let is_off = variable.default.as_ref().is_none_or(is_off) && !variable.required;
            let yes = compared().find(|it| says_yes(&it.text)).map_or_else(|| said_yes(&variable.cast), |it| &*it.text);
            return is_off.then(|| switch(yes, at)).flatten();
        }
        if let Some(named) = compared().find(|it| Stage::of(&it.text) == Stage::Production) {
            return switch(&named.text, named.at);
        }
        // Who asks only for development takes everything else for production.
        let other = compared().find(|it| Stage::of(&it.text) == Stage::Development)?;
        let asked_for = default.is_some_and(|default| default.eq_ignore_ascii_case(&other.text));
        if asked_for && names_environment(&variable.name) { switch("production", other.at) } else { None }
    }
}

impl Compared {
    /// Whether what was compared is the variable's own text, rather than one that was chosen by it.
    fn is_of(&self, variable: &Variable) -> bool {
        match (&self.value, &variable.default) {
            (None, _) => true,
            (Some(value), Some(default)) => default.as_str().is_some_and(|default| default.eq_ignore_ascii_case(value)),
            // `if "ENV" in os.environ: … else: ENV = "dev"`
            (Some(value), None) => {
                value.is_empty() || names_environment(&variable.name) && Stage::of(value) == Stage::Development
            }
        }
    }
}

fn one(element: &Elem) -> Option<Val> {
    match element {
        Elem::One(value) => Some(value.clone()),
        _ => None,
    }
}

fn says_yes(text: &str) -> bool {
    YES.iter().any(|yes| text.eq_ignore_ascii_case(yes))
}

/// How a conversion wants to be told yes.
fn said_yes(cast: &str) -> &'static str {
    if cast == "int" { "1" } else { "True" }
}

/// Whether a default is what a switch is that is not thrown.
fn is_off(default: &Value) -> bool {
    match &default.datum {
        Datum::None | Datum::Bool(false) | Datum::Int(0) => true,
        Datum::Str(text) => matches!(&*text.to_ascii_lowercase(), "" | "0" | "false" | "no" | "off" | "n" | "f"),
        _ => false,
    }
}

/// `PRODUCTION`, `IS_PROD`, `DJANGO_PRODUCTION`: whether a variable asks if this is production.
fn says_production(variable: &Variable) -> bool {
    const BESIDE: [&str; 12] =
        ["IS", "IN", "ON", "DJANGO", "APP", "MODE", "ENV", "ENVIRONMENT", "RUN", "RUNNING", "SERVER", "SITE"];
    let production = |word: &str| matches!(word, "PRODUCTION" | "PROD");
    let words: Vec<&str> = variable.name.split('_').collect();
    let switch = words.iter().all(|word| production(word) || BESIDE.contains(word));
    words.iter().any(|word| production(word))
        && (switch || (&*variable.cast == "bool" && words.last().is_some_and(|it| production(it))))
}

/// `ENV`, `DJANGO_ENVIRONMENT`, `STAGE`: whether a variable says by its name that it names the environment.
fn names_environment(name: &str) -> bool {
    let names = |word: &str| matches!(word, "ENV" | "ENVIRONMENT" | "STAGE" | "TIER" | "DEPLOYMENT");
    name.to_ascii_uppercase().split('_').any(names)
}
