//! Provenance: whether a text of the settings was written into the source, is a default, or was given from outside.

use std::sync::Arc;

use crate::settings::{Assumption, Effective, Variable};
use crate::{Region, Settings, Value};

/// Who supplied a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Provenance<'a> {
    /// The source itself.
    Written,
    /// The source, as what is taken when an environment variable is not set.
    Default(&'a Variable),
    /// An environment variable.
    Given(&'a Variable),
    /// The evidence does not show a source: a dump of settings.
    Unseen,
}

impl Settings {
    /// Who supplied the text of `value`, a part of `setting`.
    pub fn provenance(&self, setting: &Effective, value: &Value) -> Provenance<'_> {
        let text = value.expose_str().unwrap_or_default();
        let defaulted = self.variables.iter().find(|variable| {
            let unset = setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)));
            let default = variable.default.as_ref().and_then(Value::expose_str);
            unset && !text.is_empty() && default.is_some_and(|default| default.contains(text))
        });
        if let Some(variable) = defaulted {
            return Provenance::Default(variable);
        }
        let Some(at) = value.at else { return Provenance::Unseen };
        let read = self.variables.iter().find(|variable| variable.reads.iter().any(|read| overlaps(*read, at)));
        match read {
            Some(variable) if variable.given.is_some() => Provenance::Given(variable),
            Some(variable) => Provenance::Default(variable),
            None => match self.variables.iter().find(|variable| given_at(variable, at)) {
                Some(variable) => Provenance::Given(variable),
                None => Provenance::Written,
            },
        }
    }
}

fn given_at(variable: &Variable, at: Region) -> bool {
    match &variable.given {
        Some(crate::Given::File(region)) => overlaps(*region, at),
        Some(crate::Given::CommandLine) | None => false,
    }
}

fn overlaps(one: Region, other: Region) -> bool {
    one.artifact == other.artifact && one.start < other.end && other.start < one.end
}
