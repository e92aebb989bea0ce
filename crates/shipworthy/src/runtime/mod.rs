//! Running the project's own Python: which one, whether we may, and what it tells.

mod interpreter;
mod process;

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use shipworthy_model::runtime::RunStage;
use shipworthy_model::{EntryPointKind, Facts, Notice, Runtime};
use shipworthy_source::runtime::{self, Ground as Place};

use self::interpreter::{Interpreter, Machine};
use self::process::{Ending, Told};
use crate::cli::RunArgs;
use crate::config::Config;
use crate::discover::Ground;
use crate::error::Error;

/// What runs in the project's Python.
const WITNESS: &str = concat!(include_str!("credentials.py"), include_str!("witness.py"));
/// More than this is not read.
const MOST: usize = 32 << 20;
/// Seconds that a run may take, unless somebody says otherwise.
const LIMIT: u64 = 30;
/// What the process gets of our own environment.
const KEPT: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "USERPROFILE",
    "APPDATA",
];

/// How the project's Python is run, as the user says.
pub(crate) struct Stand<'a> {
    /// The command line.
    pub(crate) arguments: &'a RunArgs,
    /// What the project says of itself.
    pub(crate) config: &'a Config,
}

/// One run, before it happens.
pub(crate) struct Orders {
    interpreter: Interpreter,
    folder: PathBuf,
    module: String,
    manage: Option<PathBuf>,
    search_path: Vec<PathBuf>,
    variables: BTreeMap<Arc<str>, Arc<str>>,
    limit: u64,
    migrations: bool,
}

impl Stand<'_> {
    /// What would be run for a project with these facts, in an environment of these variables.
    pub(crate) fn orders(
        &self,
        ground: &Ground,
        facts: &Facts,
        variables: BTreeMap<Arc<str>, Arc<str>>,
    ) -> Result<Orders, Error> {
        let project = &facts.project;
        let manage = project.entry_points.iter().find(|entry| entry.kind == EntryPointKind::Manage);
        let manage = manage.map(|entry| ground.root.join(&*entry.path));
        let search_path: Vec<PathBuf> = project.search_path.iter().map(|folder| ground.root.join(&**folder)).collect();
        let folder = manage.as_deref().and_then(Path::parent).map(Path::to_owned);
        let folder = folder.or_else(|| search_path.first().cloned()).unwrap_or_else(|| ground.root.clone());
        Ok(Orders {
            interpreter: self.interpreter(&folder)?,
            module: facts.settings.module.to_string(),
            manage,
            search_path,
            folder,
            variables,
            limit: self.arguments.runtime_timeout.or(self.config.runtime.timeout).unwrap_or(LIMIT),
            migrations: self.arguments.migrations,
        })
    }

    fn interpreter(&self, folder: &Path) -> Result<Interpreter, Error> {
        let variable = |name: &str| std::env::var(name).ok();
        let machine = Machine { variable: &variable, folders: folders(folder) };
        match (&self.arguments.python, &self.config.runtime.python) {
            (Some(path), _) => Interpreter::named(path, "--python", &machine),
            (None, Some(path)) => {
                let base = self.config.place().parent().unwrap_or(Path::new(""));
                Interpreter::named(&base.join(path.get_ref()), "python", &machine)
            }
            (None, None) => Interpreter::find(&machine),
        }
    }

    /// Asks whether these runs may happen, unless that has been said.
    pub(crate) fn ask(&self, all: &[&Orders]) -> Result<(), Error> {
        if self.arguments.i_trust_this || self.config.runtime.trusted {
            return Ok(());
        }
        let mut terminal = std::io::stderr();
        if !std::io::stdin().is_terminal() || !terminal.is_terminal() {
            return Err(Error::Untrusted);
        }
        let lines: Vec<String> = all.iter().map(|orders| orders.tell()).collect();
        let _ = write!(
            terminal,
            "This runs code of the project on this machine, with your rights:\n\n{}\nGo on? [y/N] ",
            lines.concat()
        );
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(Error::Untrusted) }
    }
}

impl Orders {
    /// What would happen, for somebody who is asked.
    fn tell(&self) -> String {
        let clean = |text: &str| crate::report::one_line(text).into_owned();
        let mut what = vec![format!("the settings module {}, and every application it installs", self.module)];
        if let Some(manage) = &self.manage {
            what.insert(0, format!("{}, up to where it hands over to Django", manage.display()));
        }
        if self.migrations {
            what.push("a connection to the default database".to_owned());
        }
        let names: Vec<&str> = self.variables.keys().map(|name| &**name).collect();
        let names = if names.is_empty() { "none but PATH, HOME and the like".to_owned() } else { names.join(", ") };
        let python = self.interpreter.path.display();
        format!(
            "  python     {} ({})\n  runs       {}\n  variables  {}\n  ends       after {} seconds at most\n",
            clean(&python.to_string()),
            self.interpreter.found,
            clean(&what.join("; ")),
            clean(&names),
            self.limit
        )
    }

    /// Runs it, and reads what it tells. `facts` gets the files that exceptions point into.
    pub(crate) fn run(&self, ground: &Ground, facts: &mut Facts) -> Result<(Runtime, Vec<Notice>), Error> {
        let root = ground.root.to_string_lossy().into_owned();
        let mark = mark(&root);
        let orders = json!({
            "mark": mark,
            "limit": self.limit,
            "root": root,
            "module": self.module,
            "search_path": self.search_path,
            "manage": self.manage,
            "migrations": self.migrations,
        });
        let mut command = Command::new(&self.interpreter.path);
        command.args(["-B", "-c", WITNESS, &orders.to_string()]).current_dir(&self.folder).env_clear();
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let sound = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
        for (name, text) in self.variables.iter().filter(|(name, text)| sound(name) && !text.contains('\0')) {
            command.env(&**name, &**text);
        }
        command.env("DJANGO_SETTINGS_MODULE", &self.module).env("PYTHONDONTWRITEBYTECODE", "1");
        let wrong = |reason: String| Error::Python { path: self.interpreter.path.clone(), reason };
        let told = process::run(&mut command, Duration::from_secs(self.limit), MOST)
            .map_err(|error| wrong(format!("it cannot be started: {}", error.kind())))?;
        let parts = parts(&told.output, &mark);
        if parts.is_empty() {
            return Err(wrong(match told.ending {
                Ending::Timeout => format!("it told nothing within {} seconds", self.limit),
                Ending::Exit(Some(code)) => format!("it ended with code {code} and told nothing: is it a Python 3.8 or newer?"),
                Ending::Exit(None) | Ending::TooMuch => {
                    "it told nothing that can be read: is it a Python 3.8 or newer?".to_owned()
                }
            }));
        }
        let place = Place { tree: &ground.tree, root: &root };
        let mut runtime = runtime::read(&parts, &place, &mut facts.artifacts).map_err(wrong)?;
        runtime.interpreter = shown(&self.interpreter.path, &ground.root).into();
        runtime.found.clone_from(&self.interpreter.found);
        if runtime.django.is_none()
            && let Some(failure) = runtime.failure.as_ref().filter(|failure| failure.stage == RunStage::Django)
        {
            let version = runtime.python.as_deref().unwrap_or("3");
            return Err(Error::NoDjango {
                path: self.interpreter.path.clone(),
                python: version.to_owned(),
                reason: failure.what(),
            });
        }
        let mut notices = Vec::new();
        if !runtime.complete {
            let how = self.ending(&told);
            notices.push(notice(format!(
                "the project's Python {how} while {}: what comes after is not known",
                runtime.stage.doing()
            )));
            runtime.broke_off = Some(how);
        }
        notices.extend(doubts(facts, &runtime));
        Ok((runtime, notices))
    }

    fn ending(&self, told: &Told) -> String {
        match told.ending {
            Ending::Timeout => format!("had not ended after {} seconds, and was ended", self.limit),
            Ending::TooMuch => "told more than is read, and was ended".to_owned(),
            Ending::Exit(Some(code)) => format!("ended itself with code {code}"),
            Ending::Exit(None) => "was ended by a signal".to_owned(),
        }
    }
}

/// What makes the run say less about the deployment.
fn doubts(facts: &Facts, runtime: &Runtime) -> Vec<Notice> {
    let mut notices = Vec::new();
    let read = facts.django.version;
    if let Some(ran) = runtime.django.filter(|ran| ran.feature() != read.feature() && !facts.django.assumed) {
        let message = format!("{} has Django {ran}, the project has {read} ({})", runtime.interpreter, facts.django.from);
        notices.push(Notice { message: message + ": is it the project's own Python?", path: None, at: facts.django.at });
    }
    for trouble in &runtime.troubles {
        let message = format!("{} raised {}", trouble.stage.doing(), trouble.what());
        notices.push(Notice { message, path: None, at: trouble.at });
    }
    notices
}

fn notice(message: String) -> Notice {
    Notice { message, path: None, at: None }
}

/// The lines that are ours.
fn parts(output: &[u8], mark: &str) -> Vec<Json> {
    let start = format!("{mark} ");
    let lines = output.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(start.as_bytes()));
    lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// What nobody else writes by accident.
fn mark(root: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let digest = Sha256::digest(format!("{root} {} {}", std::process::id(), now.as_nanos()));
    digest.iter().take(12).map(|byte| char::from(b'a' + byte % 26)).collect()
}

/// A folder, and those above it up to the root of the repository.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let in_repository = folder.ancestors().any(|above| above.join(".git").exists());
    for above in folder.ancestors() {
        all.push(above.to_owned());
        let is_root = above.join(".git").exists();
        if is_root || !in_repository && all.len() > 1 {
            break;
        }
    }
    all
}

/// A path relative to the project where it lies inside.
fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}
