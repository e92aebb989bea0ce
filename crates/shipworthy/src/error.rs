//! Errors: why we cannot judge. Each says what, where, and what to do next.

use std::path::PathBuf;

use thiserror::Error as ThisError;

/// Why there is no verdict. Always exit code 2.
#[derive(Debug, ThisError)]
pub(crate) enum Error {
    /// The folder to audit cannot be used.
    #[error("{} cannot be audited: {reason}", path.display())]
    Path {
        /// As the user wrote it.
        path: PathBuf,
        /// One clause.
        reason: String,
    },
    /// No Django project was found.
    #[error("no Django project in {}: no manage.py, wsgi.py or asgi.py names a settings module of this tree, and no module outside tests sets INSTALLED_APPS or ROOT_URLCONF", path.display())]
    NoProject {
        /// As the user wrote it.
        path: PathBuf,
        /// Files that look like settings, none of them production's.
        tests: Vec<String>,
    },
    /// The settings module that was named does not exist.
    #[error("no settings module {module} in {}: neither {} nor {}/__init__.py can be imported from it", path.display(), file(module), file(module).trim_end_matches(".py"))]
    NoModule {
        /// The dotted name.
        module: String,
        /// As the user wrote it.
        path: PathBuf,
        /// Files that look like settings.
        known: Vec<String>,
    },
    /// A file that was named cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// One clause.
        reason: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// One clause.
        reason: String,
    },
    /// The configuration is wrong.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// One clause.
        message: String,
    },
    /// A value of the command line is wrong.
    #[error("{option}: {message}")]
    Option {
        /// The option as typed.
        option: &'static str,
        /// One clause.
        message: String,
        /// The next step.
        help: Option<String>,
    },
    /// Several projects, where one is needed.
    #[error("{} projects here, and `shipworthy settings` shows one", modules.len())]
    Several {
        /// Their settings modules.
        modules: Vec<String>,
    },
    /// A site cannot be looked at.
    #[error("{0}")]
    Look(#[from] shipworthy_wire::Error),
    /// A site that does not answer at all.
    #[error("{host} gives no answer: {reason}")]
    Silent {
        /// Its host.
        host: String,
        /// One clause.
        reason: String,
    },
    /// A site is one project's.
    #[error("{} projects here, and one site", modules.len())]
    SeveralAtOnce {
        /// Their settings modules.
        modules: Vec<String>,
    },
    /// A site that nobody has said may be tested.
    #[error("{host} is not on this machine, and nobody has said that you may test it")]
    Stranger {
        /// Its host.
        host: String,
    },
    /// The project's own Python was not found.
    #[error(
        "no Python of this project was found: no virtual environment is active, in its folders, or kept for it by uv, Poetry, Pipenv or PDM"
    )]
    NoPython,
    /// The project's own Python does not do what is asked.
    #[error("{} cannot run the project: {reason}", path.display())]
    Python {
        /// The interpreter.
        path: PathBuf,
        /// One clause.
        reason: String,
    },
    /// The Python has no Django.
    #[error("{} (Python {python}) has no Django that can be imported: {reason}", path.display())]
    NoDjango {
        /// The interpreter.
        path: PathBuf,
        /// Its version.
        python: String,
        /// One clause.
        reason: String,
    },
    /// Nobody has said that the project's code may run.
    #[error("--runtime runs code of the project, and nobody has said that it may")]
    Untrusted,
    /// A bug of ours. The panic's own words are not shown: they could hold a credential.
    #[error("the audit of {module} failed at {place}: this is a bug in shipworthy")]
    Bug {
        /// The settings module.
        module: String,
        /// The line of our source.
        place: String,
    },
}

impl Error {
    /// The next step, if there is one to tell.
    pub(crate) fn help(&self) -> Option<String> {
        let seen = |paths: &[String]| match paths {
            [] => String::new(),
            paths => format!(" ({} looks like one)", paths.join(", ")),
        };
        match self {
            Self::NoProject { tests, .. } => {
                Some(format!("run it where manage.py is, or name the module: `shipworthy --settings MODULE`{}", seen(tests)))
            }
            Self::NoModule { known, .. } => Some(format!(
                "give the dotted name as in DJANGO_SETTINGS_MODULE, seen from the folder of manage.py{}",
                seen(known)
            )),
            Self::Several { modules } | Self::SeveralAtOnce { modules } => {
                Some(format!("choose one with --settings: {}", modules.join(", ")))
            }
            Self::Option { help, .. } => help.clone(),
            Self::Bug { .. } => Some("please report it with that line and, if you may, the settings module".to_owned()),
            Self::Stranger { host } => {
                Some(format!("if you may, say so with --i-own-this, or set `url = \"https://{host}/\"` in [tool.shipworthy]"))
            }
            Self::NoPython => Some("name it with --python PATH, or as `python` in [tool.shipworthy.runtime]".to_owned()),
            Self::NoDjango { .. } => {
                Some("name the project's own Python with --python PATH, or install its dependencies into this one".to_owned())
            }
            Self::Untrusted => {
                Some("if it may, say so with --i-trust-this, or set `trusted = true` in [tool.shipworthy.runtime]".to_owned())
            }
            Self::Python { .. }
            | Self::Look(_)
            | Self::Silent { .. }
            | Self::Path { .. }
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Config { .. } => None,
        }
    }
}

fn file(module: &str) -> String {
    format!("{}.py", module.replace('.', "/"))
}
