//! Reports: an audit, the settings or a rule as text for people and machines.
// `write!` into a string returns a result that has nothing to say.
#![allow(clippy::format_push_string)]

mod causes;
mod checklist;
mod clean;
mod deployment;
mod deployment_json;
mod difference;
mod django;
mod drawing;
mod env_vars;
mod environment;
mod excerpt;
mod github;
mod guide;
mod json;
mod mermaid;
mod paint;
mod place;
mod prose;
mod redact;
mod runtime;
mod sarif;
#[cfg(test)]
mod schema;
mod settings;
mod steps;
mod story;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod view;
mod web;

pub(crate) use clean::one_line;

use clap::ValueEnum;
use shipworthy_model::picture::Picture;
use shipworthy_model::{Artifacts, Notice, Rule, Severity};

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

/// The formats of the deployment picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DeploymentFormat {
    /// For people.
    #[default]
    Text,
    /// For programs; see the published schema.
    Json,
    /// A diagram for documents.
    Mermaid,
}

/// How a report is to look.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // four independent switches of the command line
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
    match format {
        Format::Text => text::render(audits, style),
        Format::Json => json::render(audits, style),
        Format::Sarif => sarif::render(audits, style),
        Format::Github => github::render(audits, style),
        Format::Django => django::render(audits, style),
    }
}

/// The effective settings, all or the named ones.
pub(crate) fn settings(audit: &Audit, names: &[String], format: SettingsFormat, style: &Style) -> String {
    let view = if style.show_secrets { view::View::revealing(audit) } else { view::View::new(audit) };
    match format {
        SettingsFormat::Text => story::render(&view, names, paint::Paint::new(style), style.show_secrets),
        SettingsFormat::Json => settings::render(&view, names, style.show_secrets),
    }
}

/// The environment variables that the settings read, all or the named ones.
pub(crate) fn env_vars(audit: &Audit, names: &[String], format: SettingsFormat, style: &Style) -> String {
    let view = if style.show_secrets { view::View::revealing(audit) } else { view::View::new(audit) };
    match format {
        SettingsFormat::Text => env_vars::render(&view, names, paint::Paint::new(style), style.show_secrets),
        SettingsFormat::Json => env_vars::render_json(&view, names, style.show_secrets),
    }
}

/// How the settings of two audits differ in effect, all or the named ones.
pub(crate) fn difference(a: &Audit, b: &Audit, names: &[String], format: SettingsFormat, style: &Style) -> String {
    let view = |audit| if style.show_secrets { view::View::revealing(audit) } else { view::View::new(audit) };
    let (a, b) = (view(a), view(b));
    match format {
        SettingsFormat::Text => difference::render(&a, &b, names, paint::Paint::new(style), style.show_secrets),
        SettingsFormat::Json => difference::render_json(&a, &b, names, style.show_secrets),
    }
}

/// The deployment picture.
pub(crate) fn deployment(
    picture: &Picture,
    artifacts: &Artifacts,
    notices: &[Notice],
    format: DeploymentFormat,
    style: &Style,
) -> String {
    let shown = deployment::Shown::new(picture, artifacts, notices);
    match format {
        DeploymentFormat::Text => deployment::render(&shown, paint::Paint::new(style)),
        DeploymentFormat::Json => deployment_json::render(&shown),
        DeploymentFormat::Mermaid => mermaid::render(&shown),
    }
}

/// A rule's guide, or the list of rules.
pub(crate) fn explain(rule: Option<&Rule>, style: &Style) -> String {
    let paint = paint::Paint::new(style);
    match rule {
        Some(rule) => guide::render(rule, paint),
        None => guide::list(shipworthy_rules::RULES, paint),
    }
}
