//! Provenance: whether a text of the settings was written into the source, is a default, or was given from outside.

use std::sync::Arc;

use crate::settings::{Assumption, Effective, Variable};
use crate::{Artifacts, Facts, Region, Settings, Value, is_secret_name};

/// Who supplied a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Provenance<'a> {
    /// The source itself.
    Written,
    /// The source, as what is taken when an environment variable is not set.
    Default(&'a Variable),
    /// An environment variable.
    Given(&'a Variable),
    /// The evidence does not show a source: a dump of settings, or a text put together from parts.
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
        let read = self.variables.iter().find(|variable| {
            let unset = || setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)));
            variable.reads.iter().any(|read| overlaps(*read, at) || (falls_back(*read, at) && unset()))
        });
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

impl Facts {
    /// Who supplied `text`, a credential that is only a part of `value`: the password of an address. The address may be put
    /// together from variables, and what the source then holds is not the credential.
    pub fn provenance_of(&self, setting: &Effective, value: &Value, text: &str) -> Provenance<'_> {
        let variables = &self.settings.variables;
        let holds = |variable: &Variable| {
            let default = variable.default.as_ref().and_then(Value::expose_str);
            let unset = setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)));
            unset && default.is_some_and(|default| default.contains(text))
        };
        let mut holders = variables.iter().filter(|variable| holds(variable));
        let named = holders.clone().find(|variable| is_secret_name(&variable.name));
        if let Some(variable) = named.or_else(|| holders.next()) {
            return Provenance::Default(variable);
        }
        match self.settings.provenance(setting, value) {
            Provenance::Written if value.at.is_none_or(|at| !self.artifacts.text(at).contains(text)) => {
                let given = |variable: &Variable| setting.assumptions.contains(&Assumption::Given(Arc::clone(&variable.name)));
                match variables.iter().find(|variable| given(variable)) {
                    Some(variable) => Provenance::Given(variable),
                    None if is_quoted(&self.artifacts, text) => Provenance::Written,
                    None => Provenance::Unseen,
                }
            }
            known @ (Provenance::Written | Provenance::Default(_) | Provenance::Given(_) | Provenance::Unseen) => known,
        }
    }
}

/// Whether some module holds the text as a literal of its own.
fn is_quoted(artifacts: &Artifacts, text: &str) -> bool {
    let quoted = [format!("\"{text}\""), format!("'{text}'")];
    let mut modules = artifacts.iter().filter(|(_, artifact)| artifact.path.ends_with(".py"));
    modules.any(|(_, artifact)| quoted.iter().any(|quoted| artifact.text.contains(quoted)))
}

fn given_at(variable: &Variable, at: Region) -> bool {
    match &variable.given {
        Some(crate::Given::File(region)) => overlaps(*region, at),
        Some(crate::Given::CommandLine | crate::Given::Passed(_)) | None => false,
    }
}

/// Whether a text stands behind the reading of a variable, with ` or ` between them.
fn falls_back(read: Region, text: Region) -> bool {
    read.artifact == text.artifact && text.start.checked_sub(read.end) == Some(4)
}

fn overlaps(one: Region, other: Region) -> bool {
    one.artifact == other.artifact && one.start < other.end && other.start < one.end
}
