//! Reports: an audit, the settings or a rule as text for people and machines.

mod clean;
mod excerpt;
mod place;
mod redact;
mod tokens;

use clap::ValueEnum;
use shipworthy_model::{Rule, Severity};

use crate::audit::Audit;

/// The formats of an audit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs; see the published schema.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// The layout of Django's own `check --deploy`.
    Django,
}

/// The formats of the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingsFormat {
    /// For people.
    #[default]
    Text,
    /// For programs; see the published schema.
    Json,
}

/// How a report is to look.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    /// Whether the reader sees colour.
    pub(crate) color: bool,
    /// How many columns the reader sees.
    pub(crate) width: usize,
    /// Whether `settings` may show credentials.
    pub(crate) show_secrets: bool,
    /// Whether to draw advice as well.
    pub(crate) verbose: bool,
    /// The mildest severity that makes a project unfit.
    pub(crate) fail_on: Severity,
    /// Whether open questions make it unfit too.
    pub(crate) strict: bool,
}

/// The audits in a format.
pub(crate) fn check(audits: &[Audit], format: Format, style: &Style) -> String {
    let _ = (audits, format, style);
    String::new()
}

/// The effective settings, all or the named ones.
pub(crate) fn settings(audit: &Audit, names: &[String], format: SettingsFormat, style: &Style) -> String {
    let _ = (audit, names, format, style);
    String::new()
}

/// A rule's guide, or the list of rules.
pub(crate) fn explain(rule: Option<&Rule>, style: &Style) -> String {
    let _ = (rule, style);
    String::new()
}
