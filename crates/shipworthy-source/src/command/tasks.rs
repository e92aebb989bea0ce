//! Task runners: what `npm start`, `just serve`, `poe serve` and their like run.

use shipworthy_model::picture::Text;
use shipworthy_model::{ArtifactId, Region};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Call, Follower, Found};
use crate::piece::Piece;
use crate::recipes;
use crate::shell::Dialect;
use crate::yaml;

/// Where the commands of a task are written.
#[derive(Clone, Copy)]
enum Book {
    /// `scripts` of `package.json`
    Package,
    /// A justfile.
    Just,
    /// `pyproject.toml`, under these keys.
    Project(&'static [&'static str]),
    /// Environments of hatch.
    Hatch,
    /// `[scripts]` of a Pipfile.
    Pipfile,
}

impl Follower<'_> {
    /// Follows a task of the project. `written` are the words with the runner in front: `pdm run serve` is `serve`.
    pub(super) fn task(&mut self, call: &Call<'_>, written: &[Text], found: &mut Found) -> bool {
        let Some((book, name, arguments)) = named(call, written) else { return false };
        let mut inner = Found::default();
        let mut way = call.way.clone();
        way.via.push(call.at);
        for line in self.lines(book, name.as_deref(), call) {
            self.script(&line, Some(arguments.to_vec()), Dialect::Shell, &way, &mut inner);
        }
        // What builds and serves the pages of a front end is no part of what is judged.
        let ours = inner.processes.iter().any(|process| process.runs.is_python());
        if !ours && inner.steps.is_empty() {
            return false;
        }
        found.processes.append(&mut inner.processes);
        found.steps.append(&mut inner.steps);
        found.sets.append(&mut inner.sets);
        true
    }

    /// The lines that a task runs.
    fn lines(&mut self, book: Book, name: Option<&str>, call: &Call<'_>) -> Vec<Piece> {
        let paths: &[&str] = match book {
            Book::Package => &["package.json"],
            Book::Just => &["justfile", "Justfile", ".justfile"],
            Book::Project(_) | Book::Hatch => &["pyproject.toml"],
            Book::Pipfile => &["Pipfile"],
        };
        let file = paths.iter().find_map(|path| self.find(path, call.way));
        let Some((artifact, content)) = file.and_then(|file| self.open(&file)) else { return Vec::new() };
        match (book, name) {
            (Book::Just, _) => {
                let recipes = recipes::read_just(&content);
                let target = name.or_else(|| recipes.first().map(|recipe| &*recipe.name.text)).unwrap_or_default();
                recipes::reached(&recipes, target).into_iter().flat_map(|recipe| recipe.lines.clone()).collect()
            }
            (Book::Package, Some(name)) => {
                let documents = yaml::read(&content.text, artifact);
                let script = documents.roots.iter().find_map(|root| root.path(&["scripts", name]));
                script.and_then(|script| script.piece()).cloned().into_iter().collect()
            }
            (Book::Project(keys), Some(name)) => of_toml(&content.text, artifact, &[keys, &[name]].concat()),
            (Book::Pipfile, Some(name)) => of_toml(&content.text, artifact, &["scripts", name]),
            (Book::Hatch, Some(name)) => {
                let (environment, task) = name.split_once(':').unwrap_or(("default", name));
                of_toml(&content.text, artifact, &["tool", "hatch", "envs", environment, "scripts", task])
            }
            (Book::Package | Book::Project(_) | Book::Hatch | Book::Pipfile, None) => Vec::new(),
        }
    }
}

/// The task that a command line names: where it is written, its name, and what follows.
fn named<'w>(call: &Call<'w>, written: &[Text]) -> Option<(Book, Option<String>, &'w [Text])> {
    let word = |index: usize| call.tail.get(index).and_then(Text::as_str);
    let rest = |index: usize| call.tail.get(index..).unwrap_or_default();
    let plain = |index: usize| word(index).filter(|word| !word.starts_with('-')).map(str::to_owned);
    match call.name {
        "npm" | "yarn" | "pnpm" | "bun" => match word(0)? {
            "run" | "run-script" => Some((Book::Package, Some(plain(1)?), rest(2))),
            "start" => Some((Book::Package, Some("start".to_owned()), rest(1))),
            name if call.name != "npm" => Some((Book::Package, Some(name.to_owned()), rest(1))),
            _ => None,
        },
        "just" => Some((Book::Just, plain(0), rest(1))),
        "poe" => Some((Book::Project(&["tool", "poe", "tasks"]), Some(plain(0)?), rest(1))),
        name => {
            let runner = written.iter().take(3).map(|word| super::programs::base_name(word.shown()));
            let book = runner.into_iter().find_map(|runner| match runner {
                "pdm" => Some(Book::Project(&["tool", "pdm", "scripts"])),
                "hatch" => Some(Book::Hatch),
                "pipenv" => Some(Book::Pipfile),
                "rye" => Some(Book::Project(&["tool", "rye", "scripts"])),
                _ => None,
            })?;
            Some((book, Some(name.to_owned()), call.tail))
        }
    }
}

/// The commands that stand under a key of a TOML file: a text, words, or a table with either under `cmd` or `shell`.
fn of_toml(text: &str, artifact: ArtifactId, keys: &[&str]) -> Vec<Piece> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let Some((first, rest)) = keys.split_first() else { return Vec::new() };
    let mut node = table.get_ref().get(*first);
    for key in rest {
        node = node.and_then(|node| node.get_ref().as_table()).and_then(|table| table.get(*key));
    }
    node.map(|node| commands(text, artifact, node)).unwrap_or_default()
}

fn commands(text: &str, artifact: ArtifactId, node: &Spanned<DeValue<'_>>) -> Vec<Piece> {
    match node.get_ref() {
        DeValue::String(written) => {
            let span = node.span();
            let source = text.get(span.clone()).unwrap_or_default();
            let inner = source.find(&**written).map_or(span.clone(), |at| span.start + at..span.start + at + written.len());
            let at = Region::new(artifact, inner.start as u32, inner.end as u32);
            vec![Piece::loose(written, at)]
        }
        // A list of hatch's and poe's is one command after the other.
        DeValue::Array(items) => items.iter().flat_map(|item| commands(text, artifact, item)).collect(),
        DeValue::Table(table) => {
            let own = ["cmd", "shell", "sequence"].iter().find_map(|key| table.get(*key));
            match own.map(|own| (own, own.get_ref())) {
                // One command, word by word.
                Some((own, DeValue::Array(words))) if table.contains_key("cmd") => {
                    let words: Vec<&str> = words.iter().filter_map(|word| word.get_ref().as_str()).collect();
                    let span = own.span();
                    vec![Piece::loose(&words.join(" "), Region::new(artifact, span.start as u32, span.end as u32))]
                }
                Some((own, _)) => commands(text, artifact, own),
                None => Vec::new(),
            }
        }
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => Vec::new(),
    }
}
