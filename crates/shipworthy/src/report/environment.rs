//! The environment of a deployment: which variables were taken from where, which stay unknown, which files were not applied.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{EnvFile, Given, Region, Variable};
use shipworthy_source::declarations::EnvClass;
use shipworthy_source::python;

use super::view::View;

/// What is known of a variable's value: given by the command line, the configuration or a file of the deployment; put there
/// by the settings themselves or by a file that they read; required and not given; something every machine has; taken to be
/// unset; supposed to say that this is production.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum StateName {
    Given,
    Within,
    Required,
    Machine,
    Unset,
    Supposed,
}

/// A file of environment variables that lies in the project.
#[derive(Serialize, JsonSchema)]
pub(super) struct EnvFileReport {
    /// Its path, relative to the audited folder.
    path: String,
    /// What its path says that it is for.
    class: EnvClassName,
    /// Whether its values were used: because the deployment has it, or because the settings read it themselves.
    applied: bool,
    /// Whether git tracks it, where that is known.
    tracked: Option<bool>,
    /// How many variables it sets.
    variables: usize,
}

/// What a file of environment variables is for.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum EnvClassName {
    Example,
    Development,
    Ci,
    Staging,
    Production,
    Unknown,
}

/// What is known of a variable.
pub(super) fn state(variable: &Variable) -> StateName {
    match (&variable.given, variable.within, variable.required) {
        (Some(Given::Supposed(_)), ..) => StateName::Supposed,
        (Some(_), ..) => StateName::Given,
        (None, Some(_), _) => StateName::Within,
        (None, None, true) => StateName::Required,
        (None, None, false) if python::is_ambient(&variable.name) => StateName::Machine,
        (None, None, false) => StateName::Unset,
    }
}

/// The line that gives a variable its value, where a file does.
pub(super) fn given(variable: &Variable) -> Option<Region> {
    match &variable.given {
        Some(Given::File(at) | Given::Passed(at)) => Some(*at),
        Some(Given::CommandLine | Given::Supposed(_)) => None,
        None => variable.within,
    }
}

/// The files for a program.
pub(super) fn files(view: &View<'_>) -> Vec<EnvFileReport> {
    let report = |file: &EnvFile| EnvFileReport {
        path: view.path(&file.path),
        class: match EnvClass::of(&file.path) {
            EnvClass::Example => EnvClassName::Example,
            EnvClass::Development => EnvClassName::Development,
            EnvClass::Ci => EnvClassName::Ci,
            EnvClass::Staging => EnvClassName::Staging,
            EnvClass::Production => EnvClassName::Production,
            EnvClass::Unknown => EnvClassName::Unknown,
        },
        applied: is_applied(view, file),
        tracked: file.tracked,
        variables: file.variables.len(),
    };
    view.audit.facts.project.env_files.iter().map(report).collect()
}

/// Whether the values of a file were used.
fn is_applied(view: &View<'_>, file: &EnvFile) -> bool {
    let facts = &view.audit.facts;
    let inside = |at: Option<Region>| at.is_some_and(|at| facts.artifacts.get(at.artifact).path == file.path);
    facts.project.applied.contains(&file.path) || facts.settings.variables.iter().any(|variable| inside(given(variable)))
}

/// Where the variables come from, in a sentence.
pub(super) fn variables(view: &View<'_>) -> String {
    let variables = &view.audit.facts.settings.variables;
    if variables.is_empty() {
        return String::new();
    }
    let of = |wanted: StateName| variables.iter().filter(move |variable| state(variable) == wanted);
    let names = |wanted: StateName| of(wanted).map(|variable| view.say(&variable.name)).collect::<Vec<_>>();
    let mut parts = Vec::new();
    let sources = sources(view, of(StateName::Given));
    if !sources.is_empty() {
        parts.push(format!(
            "{} of {} variables are given: {}",
            of(StateName::Given).count(),
            variables.len(),
            sources.join(", ")
        ));
    }
    let own = self::sources(view, of(StateName::Within));
    if !own.is_empty() {
        parts.push(format!("the settings themselves set {}", own.join(", ")));
    }
    let required = names(StateName::Required);
    if !required.is_empty() {
        let verb = if required.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} required and not given", listed(&required, 4, "and")));
    }
    let supposed = names(StateName::Supposed);
    if !supposed.is_empty() {
        let verb = if supposed.len() == 1 { "says" } else { "say" };
        parts.push(format!("as if {} {verb} production", listed(&supposed, 4, "and")));
    }
    let unset = names(StateName::Unset);
    if !unset.is_empty() {
        parts.push(format!("as if nobody sets {}", listed(&unset, 4, "or")));
    }
    if parts.is_empty() || (required.is_empty() && unset.is_empty()) {
        parts.push("every environment variable it reads is given".to_owned());
    } else {
        parts.push("give values with --env or --env-file".to_owned());
    }
    parts.join("; ")
}

/// The files that give these variables, and how many each.
fn sources<'v>(view: &View<'_>, variables: impl Iterator<Item = &'v Variable>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for variable in variables {
        let place =
            given(variable).map_or_else(|| "on the command line".to_owned(), |at| format!("in {}", view.say_file(at.artifact)));
        *counts.entry(place).or_default() += 1;
    }
    counts.into_iter().map(|(place, count)| format!("{count} {place}")).collect()
}

/// The files that set variables which the settings read and that were not applied, with what their paths say; nothing
/// where a deployment's file was applied.
pub(super) fn unapplied(view: &View<'_>) -> Option<String> {
    let project = &view.audit.facts.project;
    if !project.applied.is_empty() {
        return None;
    }
    let read = |name: &str| view.audit.facts.settings.variables.iter().any(|variable| &*variable.name == name);
    let shown: Vec<String> = project
        .env_files
        .iter()
        .filter(|file| !is_applied(view, file) && file.variables.iter().any(|(name, _)| read(name)))
        .map(|file| match EnvClass::of(&file.path) {
            EnvClass::Unknown => view.say_path(&file.path),
            class => format!("{} ({})", view.say_path(&file.path), class.name()),
        })
        .collect();
    (!shown.is_empty()).then(|| format!("not applied: {}", listed(&shown, 4, "or")))
}

/// `a, b, c and 4 more`.
pub(super) fn listed(names: &[String], most: usize, last_word: &str) -> String {
    match names {
        [one] => one.clone(),
        [all @ .., last] if names.len() <= most => format!("{} {last_word} {last}", all.join(", ")),
        _ => format!("{} and {} more", names[..most.min(names.len())].join(", "), names.len().saturating_sub(most)),
    }
}
