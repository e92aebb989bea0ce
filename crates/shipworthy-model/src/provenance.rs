//! Provenance: whether a text of the settings was written into the source, is a default, or was given from outside.

use std::sync::Arc;

use crate::settings::{Assumption, Effective, Variable};
use crate::{Artifacts, Facts, Region, Value, is_secret_name};

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

impl Facts {
    /// Where a file of the tree holds the `SECRET_KEY` that the settings read: neither Python nor a file of variables, and no
    /// file that the deployment gives it with.
    pub fn key_file(&self) -> Option<Region> {
        let setting = self.setting("SECRET_KEY");
        let key = setting.value.expose_str().filter(|key| key.len() >= 8)?;
        let is_python = |path: &str| path.rsplit('.').next() == Some("py");
        let known = |path: &str| self.project.env_files.iter().any(|file| &*file.path == path);
        let given = |id| {
            let mut given = self.settings.variables.iter().filter_map(|variable| variable.given.as_ref());
            given.any(|it| matches!(it, crate::Given::File(at) if at.artifact == id))
        };
        let holders: Vec<_> = self.artifacts.iter().filter(|(_, file)| file.text.contains(key)).collect();
        if holders.iter().any(|(_, file)| is_python(&file.path)) {
            return None;
        }
        let (id, file) = holders.into_iter().find(|(id, file)| !known(&file.path) && !given(*id))?;
        let start = file.text.find(key)?;
        Some(Region::new(id, start as u32, (start + key.len()) as u32))
    }

    /// Who supplied the text of `value`, a part of `setting`.
    pub fn provenance(&self, setting: &Effective, value: &Value) -> Provenance<'_> {
        let text = value.expose_str().unwrap_or_default();
        let defaulted = self.settings.variables.iter().find(|variable| {
            let default = variable.default.as_ref().and_then(Value::expose_str);
            !text.is_empty()
                && default.is_some_and(|default| default.contains(text))
                && setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)))
        });
        if let Some(variable) = defaulted {
            return Provenance::Default(variable);
        }
        let Some(at) = value.at else { return Provenance::Unseen };
        let mut readers = self.settings.variables.iter().filter(|variable| {
            let unset = || setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)));
            variable.reads.iter().any(|read| overlaps(*read, at) || (unset() && falls_back(&self.artifacts, *read, at)))
        });
        // One call may read several variables: what is given by one of them is not what another would fall back to.
        let given = |variable: &&Variable| {
            variable.given.is_some() && setting.assumptions.contains(&Assumption::Given(Arc::clone(&variable.name)))
        };
        match readers.clone().find(given).or_else(|| readers.next()) {
            Some(variable) if variable.given.is_some() => Provenance::Given(variable),
            Some(variable) => Provenance::Default(variable),
            None => match self.settings.variables.iter().find(|variable| given_at(variable, at)) {
                Some(variable) => Provenance::Given(variable),
                None => Provenance::Written,
            },
        }
    }

    /// The place of the text that a file of the deployment gives for a value: where it is written, rather than read.
    pub fn given_in(&self, setting: &Effective, value: &Value) -> Option<Region> {
        match self.provenance(setting, value) {
            Provenance::Given(variable) => match variable.given {
                Some(crate::Given::File(at)) => Some(at),
                Some(crate::Given::CommandLine | crate::Given::Passed(_) | crate::Given::Supposed(_)) | None => None,
            },
            Provenance::Written | Provenance::Default(_) | Provenance::Unseen => None,
        }
    }

    /// Who supplied `text`, a credential that is only a part of `value`: the password of an address. The address may be put
    /// together from variables, and what the source then holds is not the credential.
    pub fn provenance_of(&self, setting: &Effective, value: &Value, text: &str) -> Provenance<'_> {
        let variables = &self.settings.variables;
        let holds = |variable: &Variable| {
            let default = variable.default.as_ref().and_then(Value::expose_str);
            default.is_some_and(|default| default.contains(text))
                && setting.assumptions.contains(&Assumption::Unset(Arc::clone(&variable.name)))
        };
        // A default that is put together from other variables holds what they give, not what is written.
        let put_together = |variable: &Variable| {
            let default = variable.default.as_ref().and_then(|default| default.at);
            default.is_some_and(|at| !self.artifacts.text(at).contains(text)) && !is_quoted(&self.artifacts, text)
        };
        let mut defaulted = variables.iter().filter(|variable| holds(variable) && put_together(variable));
        if let Some(at) = defaulted.find_map(|variable| variable.default.as_ref().and_then(|default| default.at)) {
            let inside = |read: &Region| overlaps(*read, at);
            let pieces = || variables.iter().filter(|variable| variable.reads.iter().any(inside) && !holds(variable));
            if let Some(piece) = pieces().find(|variable| is_secret_name(&variable.name)) {
                return Provenance::Given(piece);
            }
        }
        let mut holders = variables.iter().filter(|variable| holds(variable));
        let named = holders.clone().find(|variable| is_secret_name(&variable.name));
        if let Some(variable) = named.or_else(|| holders.next()) {
            return Provenance::Default(variable);
        }
        match self.provenance(setting, value) {
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
        Some(crate::Given::CommandLine | crate::Given::Passed(_) | crate::Given::Supposed(_)) | None => false,
    }
}

/// Whether a text is what one expression takes where a variable that it reads is not set: `read or text`,
/// `read if … else text`, `text if not read else …`.
fn falls_back(artifacts: &Artifacts, read: Region, text: Region) -> bool {
    if read.artifact != text.artifact {
        return false;
    }
    let between = |from: u32, until: u32| {
        let source = &artifacts.get(read.artifact).text;
        let between = source.get(from as usize..until as usize)?;
        // Expressions may go over several lines, and have remarks at their ends.
        let lines = between.lines().map(|line| line.split(" #").next().unwrap_or_default());
        let words = lines.flat_map(|line| line.split_whitespace().map(|word| word.trim_matches(['(', ')', '\\'])));
        Some(words.filter(|word| !word.is_empty()).collect::<Vec<_>>())
    };
    let behind = between(read.end, text.start).is_some_and(|words| match words.as_slice() {
        ["or" | "else"] => true,
        ["if", asked @ .., "else"] => !asked.contains(&"=") && !asked.contains(&"else"),
        _ => false,
    });
    behind || between(text.end, read.start).is_some_and(|words| words == ["if", "not"])
}

fn overlaps(one: Region, other: Region) -> bool {
    one.artifact == other.artifact && one.start < other.end && other.start < one.end
}
