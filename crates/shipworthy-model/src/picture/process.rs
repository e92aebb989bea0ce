//! Processes: what a unit runs in the end, after the scripts and wrappers on the way.

use std::sync::Arc;

use super::{AppServer, Text, Variable};
use crate::Region;

/// A command as a file writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Its words. In shell form, the one text that the shell gets.
    pub words: Vec<Text>,
    /// Whether a shell reads it.
    pub shell: bool,
    /// Where it is written.
    pub at: Region,
}

/// A process that stays.
#[derive(Clone, Debug)]
pub struct Process {
    /// The words of the command that runs in the end, wrappers stripped.
    pub words: Vec<Text>,
    /// Where that command is written.
    pub at: Region,
    /// What it runs.
    pub runs: Runs,
    /// The commands on the way to it, outermost first: `ENTRYPOINT ["/start.sh"]`.
    pub via: Vec<Region>,
    /// The user that a wrapper or the server changes to: `gosu app`, `--user`.
    pub user: Option<Text>,
    /// The folder that a script changes to.
    pub folder: Option<Text>,
    /// Environment variables that the way to it sets.
    pub variables: Vec<Variable>,
    /// How sure it is that it runs.
    pub chance: Chance,
    /// Variables that nobody gives, or whose default others may replace, by which a script comes to it.
    pub rests_on: Vec<Arc<str>>,
}

/// How sure it is that what a script holds is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chance {
    /// Under no condition, or under conditions that come out so with what is given.
    #[default]
    Certain,
    /// Under a condition that comes out so in production, as far as nobody gives the variables that it asks.
    Presumed,
    /// Under a condition that nobody here can decide.
    Open,
    /// Under a condition that comes out otherwise in production, as far as nobody gives the variables that it asks.
    Unlikely,
}

/// What a process runs.
#[derive(Clone, Debug)]
pub enum Runs {
    /// An application server.
    Server(Box<AppServer>),
    /// A command of `manage.py` that stays: a worker, a bot. Development servers are [`Runs::Server`].
    Manage(Manage),
    /// A worker of a task queue; the program.
    Worker(Arc<str>),
    /// What starts periodic tasks: celery beat; the program.
    Scheduler(Arc<str>),
    /// A dashboard of a task queue: flower; the program.
    Monitor(Arc<str>),
    /// A web server or proxy; the program.
    FrontEnd(Arc<str>),
    /// A database, cache, broker or other program.
    Other(Arc<str>),
    /// Not decided: a script that is not in the project, or an image's own command.
    Unknown(Arc<str>),
}

/// A command of `manage.py` or `django-admin`.
#[derive(Clone, Debug, PartialEq)]
pub struct Manage {
    /// The command: `migrate`.
    pub command: Text,
    /// What follows it.
    pub arguments: Vec<Text>,
}

impl Process {
    /// Whether it runs only under a condition that was not decided.
    pub fn is_conditional(&self) -> bool {
        self.chance != Chance::Certain
    }
}

impl Manage {
    /// Whether an option is given.
    pub fn has(&self, option: &str) -> bool {
        self.arguments.iter().any(|word| {
            word.as_str()
                .is_some_and(|word| word.strip_prefix(option).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
        })
    }

    /// The value of an option: `--fail-level WARNING` or `--fail-level=WARNING`. The last one counts.
    pub fn option(&self, option: &str) -> Option<Text> {
        let mut found = None;
        let mut words = self.arguments.iter();
        while let Some(word) = words.next() {
            let Some(rest) = word.as_str().and_then(|word| word.strip_prefix(option)) else { continue };
            if rest.is_empty() {
                found = words.next().cloned().or(found);
            } else if let Some(value) = rest.strip_prefix('=') {
                found = Some(Text::known(value, word.at));
            }
        }
        found
    }

    /// The settings module that `--settings` names.
    pub fn settings(&self) -> Option<Text> {
        self.option("--settings")
    }
}

impl Runs {
    /// Whether it runs the project's own Python code, as far as can be told from the program.
    pub fn is_python(&self) -> bool {
        match self {
            Self::Server(_) | Self::Manage(_) | Self::Worker(_) | Self::Scheduler(_) => true,
            Self::Monitor(_) | Self::FrontEnd(_) | Self::Other(_) | Self::Unknown(_) => false,
        }
    }

    /// The application server, if it is one.
    pub fn server(&self) -> Option<&AppServer> {
        match self {
            Self::Server(server) => Some(server),
            Self::Manage(_)
            | Self::Worker(_)
            | Self::Scheduler(_)
            | Self::Monitor(_)
            | Self::FrontEnd(_)
            | Self::Other(_)
            | Self::Unknown(_) => None,
        }
    }

    /// The program's name for reports.
    pub fn name(&self) -> &str {
        match self {
            Self::Server(server) => server.program.name(),
            Self::Manage(manage) => manage.command.shown(),
            Self::Worker(name)
            | Self::Scheduler(name)
            | Self::Monitor(name)
            | Self::FrontEnd(name)
            | Self::Other(name)
            | Self::Unknown(name) => name,
        }
    }
}
