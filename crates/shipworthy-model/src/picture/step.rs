//! Steps: what is run besides the processes that stay, and when.

use std::sync::Arc;

use super::{Manage, Text};
use crate::Region;

/// Something that is run once, or again and again by schedule.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub when: When,
    /// What, as far as it is recognised.
    pub action: Action,
    /// The words of the command.
    pub words: Vec<Text>,
    /// Where it is written.
    pub at: Region,
    /// The environment it belongs to, by name; `None` for pipelines and scripts.
    pub environment: Option<Arc<str>>,
    /// The unit, job or target it belongs to.
    pub unit: Option<Arc<str>>,
    /// Whether it runs only under a condition that was not decided.
    pub conditional: bool,
    /// Whether nothing stops when it fails: `|| true`, `continue-on-error`, a script without `set -e`.
    pub tolerated: bool,
    /// The settings module that its environment names.
    pub settings: Option<Text>,
}

/// When a step is run.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// While an image is built.
    Build,
    /// On a release, before the new version serves.
    Release,
    /// Each time a unit starts, before its process.
    Start,
    /// By schedule, as written: `0 3 * * *`, `daily`.
    Scheduled(Text),
    /// In a pipeline.
    Pipeline,
    /// By hand: a target of a Makefile or a script that nothing else calls.
    Manual,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// A command of `manage.py` or `django-admin`.
    Manage(Manage),
    /// Saves data: `pg_dump`, `restic`; the tool.
    Backup(Arc<str>),
    /// Something else; the program.
    Other(Arc<str>),
}

/// From which level on `check` fails. Its default is `ERROR` (django/core/management/commands/check.py), which none of
/// the security checks but a few reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailLevel {
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARNING`
    Warning,
    /// `ERROR`
    Error,
    /// `CRITICAL`
    Critical,
}

impl Step {
    /// Whether it runs this command of `manage.py`.
    pub fn is_manage(&self, command: &str) -> bool {
        matches!(&self.action, Action::Manage(manage) if manage.command.is(command))
    }

    /// For `check --deploy`: from which level on it fails; the inner `None` where that is not decided.
    pub fn deploy_check(&self) -> Option<Option<FailLevel>> {
        let Action::Manage(manage) = &self.action else { return None };
        if !manage.command.is("check") || !manage.has("--deploy") {
            return None;
        }
        let Some(level) = manage.option("--fail-level") else { return Some(Some(FailLevel::Error)) };
        Some(match level.as_str().filter(|_| level.assumes.is_empty()) {
            Some("DEBUG") => Some(FailLevel::Debug),
            Some("INFO") => Some(FailLevel::Info),
            Some("WARNING") => Some(FailLevel::Warning),
            Some("ERROR") => Some(FailLevel::Error),
            Some("CRITICAL") => Some(FailLevel::Critical),
            Some(_) | None => None,
        })
    }

    /// The tool that saves data, if it does: a program of its own, or the `dbbackup` commands of django-dbbackup.
    pub fn backup(&self) -> Option<&str> {
        match &self.action {
            Action::Backup(tool) => Some(tool),
            Action::Manage(manage) if manage.command.is("dbbackup") || manage.command.is("mediabackup") => {
                manage.command.as_str()
            }
            Action::Manage(_) | Action::Other(_) => None,
        }
    }
}
