//! Commands: what a command line runs in the end, through wrappers, shells and the project's own scripts.

mod build;
mod compose;
mod found;
mod handing;
mod programs;
mod python;
mod serving;
mod tasks;
mod wrappers;

use std::sync::Arc;

use shipworthy_model::picture::{Action, Chance, Manage, Process, Runs, Text, Variable};
use shipworthy_model::{Artifacts, Notice, Region};

pub(crate) use build::Built;
pub(crate) use compose::Composed;
pub(crate) use found::{Done, Found};
pub(crate) use handing::Hands;
pub(crate) use programs::{is_short, stays};

use crate::entry_points::VARIABLE;
use crate::piece::Piece;
use crate::places::Places;
use crate::servers;
use crate::shell::{Dialect, Ran, Reach, Shell};
use crate::{Tree, ini, text};

/// Follows commands.
pub(crate) struct Follower<'a> {
    pub(crate) tree: &'a dyn Tree,
    pub(crate) artifacts: &'a mut Artifacts,
    pub(crate) notices: &'a mut Vec<Notice>,
    /// Where the paths of the process lie in the tree.
    pub(crate) places: &'a Places,
    /// How many more commands may be followed.
    pub(crate) fuel: usize,
}

/// What is known on the way to a command. Every command of every script has one, so what they share is shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    /// The environment, as the unit and the scripts give it.
    pub(crate) variables: Arc<Vec<Variable>>,
    /// Those of them that scripts and wrappers gave.
    pub(crate) added: Arc<Vec<Variable>>,
    pub(crate) user: Option<Text>,
    pub(crate) folder: Option<Text>,
    pub(crate) via: Vec<Region>,
    /// How sure it is that it is come to.
    pub(crate) reach: Reach,
    /// Whether the script goes on when it fails.
    pub(crate) tolerated: bool,
    /// What starts it again whenever a file changes.
    pub(crate) watched: Option<Region>,
    /// Whether nothing follows it: a command that is not recognised is then the process.
    pub(crate) last: bool,
}

const DEEPEST: usize = 6;
/// Enough for every script that anybody wrote, too little for scripts that call each other without end.
pub(crate) const FUEL: usize = 800;
const LARGEST: usize = 512 * 1024;

/// Where a command is written. The words that an entrypoint runs by `exec "$@"` stand where they were handed to it.
fn written(words: &[Text], at: Region) -> Region {
    let Some(first) = words.first().map(|word| word.at).filter(|first| first.artifact != at.artifact) else { return at };
    let own = words.iter().map(|word| word.at).take_while(|word| word.artifact == first.artifact && word.start >= first.start);
    Region::new(first.artifact, first.start, own.map(|word| word.end).max().unwrap_or(first.end))
}

impl Follower<'_> {
    /// Follows the text that a shell gets.
    pub(crate) fn script(&mut self, piece: &Piece, arguments: Option<Vec<Text>>, dialect: Dialect, way: &Way, found: &mut Found) {
        let mut shell = Shell::new(Arc::clone(&way.variables), arguments);
        let (places, tree, artifacts) = (self.places, self.tree, &mut *self.artifacts);
        let around = way.folder.as_ref().and_then(Text::as_str);
        let ran = shell.run(piece, dialect, &mut |path, folder| {
            let file = places.find(tree, path, folder.or(around))?;
            read(tree, artifacts, &file).map(|(_, content)| content)
        });
        let last = ran.iter().rposition(|ran| !ran.asks && !programs::is_chatter(ran.words.first().map_or("", Text::shown)));
        for (index, ran) in ran.into_iter().enumerate() {
            let mut way = way.clone();
            let Ran { words, at, variables, folder, reach, background, asks, unchecked, wrote } = ran;
            found.wrote.extend(wrote.into_iter().map(|wrote| (folder.clone(), wrote)));
            way.reach = way.reach.and(&reach);
            way.tolerated |= unchecked;
            way.folder = folder.or(way.folder);
            let replaces = words.first().is_some_and(|word| word.is("exec"));
            way.last = way.last && !asks && (Some(index) == last || replaces || background);
            overlay(&mut way.added, &variables);
            overlay(&mut way.variables, &variables);
            self.words(&words, at, &way, found);
        }
    }

    /// Follows a command line.
    pub(crate) fn words(&mut self, words: &[Text], at: Region, way: &Way, found: &mut Found) {
        if self.fuel == 0 || way.via.len() > DEEPEST {
            return;
        }
        self.fuel -= 1;
        let mut way = way.clone();
        let (rest, inner) = wrappers::strip(words, &mut way);
        found.spell(&way.added);
        if let Some(script) = inner {
            way.via.push(at);
            let piece = Piece::loose(script.text.shown(), script.text.at);
            if script.text.as_unknown().is_none() || script.text.shown().contains(' ') {
                self.script(&piece, Some(script.arguments), Dialect::Shell, &way, found);
            } else {
                Self::process(Runs::Unknown(script.text.shown().into()), &[script.text], at, way, found);
            }
            return;
        }
        let Some(first) = rest.first() else { return };
        let at = written(rest, at);
        let name = programs::base_name(first.shown());
        let tail = &rest[1..];
        let own = Call { at, words: rest, name, tail, way: &way };
        if self.task(&own, words, found) || programs::is_chatter(name) {
            return;
        }
        if let Some(hands) = handing::hands(rest, at) {
            let files = hands.files.iter().filter_map(|file| self.find(file.as_str()?, &way)).collect();
            found.hands.push((hands, files));
        }
        if self.server(&own, found) || Self::django(&own, found) || Self::queue(&own, found) || self.manager(&own, found) {
            return;
        }
        if let Some(tool) = programs::backup(name, tail) {
            found.steps.push(own.done(Action::Backup(tool.into())));
            return;
        }
        if programs::is_front_end(name) {
            Self::process(Runs::FrontEnd(name.into()), rest, at, way, found);
            return;
        }
        if self.hop(&own, found) || self.python(&own, found) || self.wrapped(&own, found) {
            return;
        }
        if way.last {
            let runs = match first.as_unknown() {
                Some(_) => Runs::Unknown(first.shown().into()),
                None if first.shown().contains('/') && programs::looks_like_a_script(first.shown()) => {
                    Runs::Unknown(first.shown().into())
                }
                None => Runs::Other(name.into()),
            };
            Self::process(runs, rest, at, way, found);
        } else if way.via.is_empty() {
            found.steps.push(own.done(Action::Other(name.into())));
        }
    }

    fn process(runs: Runs, words: &[Text], at: Region, way: Way, found: &mut Found) {
        found.processes.push(Process {
            words: words.to_vec(),
            at,
            runs,
            via: way.via,
            user: way.user,
            folder: way.folder,
            variables: Arc::unwrap_or_clone(way.added),
            chance: way.reach.chance,
            rests_on: way.reach.rests_on.into_iter().collect(),
        });
    }

    fn django(call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, words, name, tail, way } = *call;
        let skip = match name {
            name if name.ends_with("manage.py") || matches!(name, "manage" | "django-admin" | "django-admin.py") => 0,
            _ if tail.first().is_some_and(|word| programs::is_django_command(word.shown())) && !name.contains("npm") => 0,
            _ => return false,
        };
        let Some(position) = tail[skip..].iter().position(|word| !word.shown().starts_with('-')) else { return true };
        let command = tail[skip + position].clone();
        let arguments: Vec<Text> =
            tail[skip..].iter().enumerate().filter(|(index, _)| *index != position).map(|(_, word)| word.clone()).collect();
        let shown = command.shown().to_owned();
        if matches!(
            shown.as_str(),
            "runserver" | "runserver_plus" | "runsslserver" | "devserver" | "testserver" | "runserver_nostatic"
        ) {
            let mut server = servers::runserver(&arguments, at);
            server.at = command.at;
            Self::process(Runs::Server(Box::new(server)), words, at, way.clone(), found);
            return true;
        }
        if matches!(shown.as_str(), "run_gunicorn") {
            return false;
        }
        let manage = Manage { command, arguments };
        if stays(&shown) || (way.last && !is_short(&shown)) {
            let runs = match shown.as_str() {
                "celery" | "celeryd" | "rqworker" | "qcluster" | "run_huey" | "rundramatiq" | "db_worker" | "process_tasks" => {
                    Runs::Worker(shown.as_str().into())
                }
                "celerybeat" | "rqscheduler" => Runs::Scheduler(shown.as_str().into()),
                _ => Runs::Manage(manage),
            };
            Self::process(runs, words, at, way.clone(), found);
        } else {
            found.steps.push(call.done(Action::Manage(manage)));
        }
        true
    }

    fn queue(call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, words, name, tail, way } = *call;
        let has = |word: &str| tail.iter().any(|other| other.shown() == word);
        let runs = match name {
            "celery" if has("worker") || has("multi") => Runs::Worker(name.into()),
            "celery" if has("beat") => Runs::Scheduler(name.into()),
            "celery" if has("flower") => Runs::Monitor("flower".into()),
            "celery" => return true,
            "celeryd" | "dramatiq" | "huey_consumer" | "huey_consumer.py" | "rq" | "rqworker" | "taskiq" | "arq"
            | "procrastinate" => Runs::Worker(name.into()),
            "celerybeat" | "rqscheduler" => Runs::Scheduler(name.into()),
            "flower" | "rq-dashboard" => Runs::Monitor(name.into()),
            _ => return false,
        };
        Self::process(runs, words, at, way.clone(), found);
        true
    }

    /// What starts other processes: supervisor, honcho; and `docker compose`, of which the files are kept.
    fn manager(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, words, name, tail, way } = *call;
        match name {
            "docker-compose" => {
                compose::files(tail, at, found);
                compose::run(self, call, 0, found);
                true
            }
            "docker" if tail.first().is_some_and(|word| word.is("stack")) => {
                compose::files(&tail[1..], at, found);
                true
            }
            "docker" if tail.first().is_some_and(|word| word.is("compose")) => {
                compose::files(&tail[1..], at, found);
                compose::run(self, call, 1, found);
                true
            }
            "docker" | "podman" | "buildah" if build::named(tail, found) => true,
            "supervisord" => {
                let named = option_of(tail, &["-c", "--configuration"]);
                let mut paths: Vec<String> = named.iter().filter_map(Text::as_str).map(str::to_owned).collect();
                if paths.is_empty() {
                    paths.extend(
                        ["supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"].map(str::to_owned),
                    );
                }
                let before = found.processes.len();
                for path in paths {
                    if let Some(file) = self.find(&path, way) {
                        self.supervisor(&file, way, found);
                        break;
                    }
                }
                if found.processes.len() == before {
                    Self::process(Runs::Other(name.into()), words, at, way.clone(), found);
                }
                true
            }
            "honcho" | "foreman" | "overmind" => {
                let named = option_of(tail, &["-f", "--procfile"]);
                let path = named.as_ref().and_then(Text::as_str).unwrap_or("Procfile").to_owned();
                let only =
                    tail.iter().skip_while(|word| word.shown() != "start").nth(1).and_then(Text::as_str).map(str::to_owned);
                if let Some((_, file)) = self.find(&path, way).and_then(|file| self.open(&file)) {
                    for line in crate::platforms::procfile_lines(&file) {
                        if only.as_ref().is_none_or(|only| only.starts_with('-') || **only == *line.0.text) {
                            let mut way = way.clone();
                            way.via.push(at);
                            way.last = true;
                            self.script(&line.1, None, Dialect::Shell, &way, found);
                        }
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// The programs of a supervisor configuration.
    pub(crate) fn supervisor(&mut self, path: &str, way: &Way, found: &mut Found) {
        if way.via.len() > DEEPEST || self.fuel == 0 {
            return;
        }
        self.fuel -= 1;
        let Some((artifact, content)) = self.open(path) else { return };
        let (entries, _) = ini::read(&content.text, artifact, ini::Dialect::Supervisor);
        let programs = crate::machines::programs(&entries, &way.variables);
        for program in programs {
            let mut way = way.clone();
            way.via.push(program.at);
            overlay(&mut way.variables, &program.variables);
            overlay(&mut way.added, &program.variables);
            way.user = program.user.or(way.user);
            way.folder = program.folder.or(way.folder);
            way.last = true;
            self.words(&program.words, program.at, &way, found);
        }
        for include in entries.iter().filter(|entry| &*entry.section.text == "include" && &*entry.key.text == "files") {
            let patterns = include.value.as_ref().map(|value| value.text.to_string()).unwrap_or_default();
            for pattern in patterns.split_whitespace().filter(|pattern| !pattern.contains('*')) {
                if let Some(file) = self.find(pattern, way) {
                    self.supervisor(&file, way, found);
                }
            }
        }
    }

    /// A script of the project, a target of its Makefile.
    fn hop(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, words, name, tail, way } = *call;
        let (path, arguments) = match name {
            "sh" | "bash" | "ash" | "dash" | "zsh" | "source" | "." => {
                let Some(position) = tail.iter().position(|word| !word.shown().starts_with(['-', '+'])) else { return false };
                (tail[position].clone(), tail[position + 1..].to_vec())
            }
            "make" | "gmake" => return self.make(call, found),
            _ => (words[0].clone(), tail.to_vec()),
        };
        let Some(known) = path.as_str() else { return false };
        if !known.contains(['/', '.']) && !way.via.is_empty() && name == known {
            return false;
        }
        let Some(file) = self.find(known, way) else { return false };
        let Some((_, content)) = self.open(&file) else { return false };
        let first = content.text.lines().next().unwrap_or_default();
        let is_shell = first.starts_with("#!") && first.contains("sh")
            || (!first.starts_with("#!") && (known.ends_with("sh") || name != known))
            || (!first.starts_with("#!") && !known.contains('.'));
        if !is_shell {
            return false;
        }
        let mut way = way.clone();
        way.via.push(at);
        // What is sourced only sets variables, more often than not; its commands are run all the same.
        way.last = way.last && !matches!(name, "source" | ".");
        let before = found.processes.len();
        self.script(&content, Some(arguments), Dialect::Shell, &way, found);
        if !found.processes[before..].iter().any(|process| process.runs.is_python()) {
            // It starts what it is handed in a way that was not understood.
            self.wrapped(call, found);
        }
        true
    }

    /// A program of which nothing is known that is handed another to start: `bin/start-nginx gunicorn …`.
    fn wrapped(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        const MOST: usize = 6;
        let Call { at, name, tail, way, .. } = *call;
        let is_script = call.words[0].shown().contains('/') || programs::looks_like_a_script(name);
        if !is_script || matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "source" | ".") {
            return false;
        }
        let starts = |index: &usize| {
            let program = programs::base_name(tail[*index].shown());
            let next = tail.get(index + 1).map_or("", |word| programs::base_name(word.shown()));
            // A server with nothing behind it is a word that the program knows: `entrypoint.sh gunicorn`.
            programs::is_server(program) && !next.is_empty()
                || wrappers::is_python(program) && (next.ends_with("manage.py") || next == "-m")
        };
        let Some(index) = (0..tail.len().min(MOST)).find(starts) else { return false };
        let mut way = way.clone();
        way.via.push(at);
        self.words(&tail[index..], at, &way, found);
        true
    }

    fn make(&mut self, call: &Call<'_>, found: &mut Found) -> bool {
        let Call { at, tail, way, .. } = *call;
        let named = option_of(tail, &["-f", "--file"]);
        let path = named.as_ref().and_then(Text::as_str).unwrap_or("Makefile").to_owned();
        let Some((_, content)) = self.find(&path, way).and_then(|file| self.open(&file)) else { return false };
        let targets: Vec<&str> =
            tail.iter().map(Text::shown).filter(|word| !word.starts_with('-') && !word.contains('=')).collect();
        let recipes = crate::recipes::read(&content);
        for target in targets {
            for recipe in crate::recipes::reached(&recipes, target) {
                let mut way = way.clone();
                way.via.push(at);
                for line in &recipe.lines {
                    self.script(line, Some(Vec::new()), Dialect::Shell, &way, found);
                }
            }
        }
        true
    }

    fn find(&self, path: &str, way: &Way) -> Option<String> {
        self.places.find(self.tree, path, way.folder.as_ref().and_then(Text::as_str))
    }

    fn open(&mut self, path: &str) -> Option<(shipworthy_model::ArtifactId, Piece)> {
        read(self.tree, self.artifacts, path)
    }
}

/// The text of a file, as an artifact.
fn read(tree: &dyn Tree, artifacts: &mut Artifacts, path: &str) -> Option<(shipworthy_model::ArtifactId, Piece)> {
    let bytes = tree.read(path).ok().filter(|bytes| bytes.len() <= LARGEST && !bytes.contains(&0))?;
    let content = text::decode(bytes);
    let artifact = artifacts.add(path, content.as_str());
    Some((artifact, Piece::file(&content, artifact)))
}

/// A command that is looked at.
#[derive(Clone, Copy)]
struct Call<'a> {
    at: Region,
    words: &'a [Text],
    name: &'a str,
    tail: &'a [Text],
    way: &'a Way,
}

impl Call<'_> {
    fn done(&self, action: Action) -> Done {
        let named = self.way.variables.iter().find(|variable| &*variable.name == VARIABLE);
        let settings = named.map(|variable| variable.value.clone());
        Done {
            action,
            words: self.words.to_vec(),
            at: self.at,
            conditional: self.way.reach.chance != Chance::Certain,
            tolerated: self.way.tolerated,
            settings,
        }
    }
}

fn option_of(words: &[Text], names: &[&str]) -> Option<Text> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let shown = word.shown();
        if names.contains(&shown) {
            return words.next().cloned();
        }
        for name in names {
            if let Some(value) = shown.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                return Some(Text::known(value, word.at));
            }
        }
    }
    None
}

/// Variables on top of others, where a value that a condition decides stays unknown.
pub(crate) fn overlay(below: &mut Arc<Vec<Variable>>, above: &[Variable]) {
    if !above.is_empty() {
        Variable::overlay(Arc::make_mut(below), above.iter().cloned());
    }
}
