//! The two Python programs beside the oracle test: one makes projects, one says what real Python sees in them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value as Json, json};

/// A generated project.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) id: u64,
    pub(crate) module: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) files: BTreeMap<String, String>,
    /// Whether it holds something that nobody could know from its source.
    pub(crate) tainted: bool,
    /// Whether it is made of one library's declarations.
    #[serde(default)]
    pub(crate) of_model: bool,
}

/// What real Python saw when it imported a project's settings module.
#[derive(Debug, Deserialize)]
pub(crate) struct Sight {
    pub(crate) root: String,
    pub(crate) values: BTreeMap<String, Json>,
    /// Settings that hold no more than Django's default, put there by a library.
    #[serde(default)]
    pub(crate) defaults: BTreeSet<String>,
    pub(crate) error: Option<Raised>,
}

impl Sight {
    /// Whether Python came to an end of its own: less of a module can be a loop without one.
    pub(crate) fn ended(&self) -> bool {
        self.error.as_ref().is_none_or(|error| error.classes != ["Crash"])
    }
}

/// The exception that stopped an import.
#[derive(Debug, Deserialize)]
pub(crate) struct Raised {
    /// Its class and the classes that one is made of, without `Exception`.
    pub(crate) classes: Vec<String>,
    pub(crate) message: String,
}

fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(name)
}

/// Makes `count` projects from `seed` on, of one library's declarations if a model is named.
pub(crate) fn cases(python: &Path, model: Option<&str>, seed: u64, count: u64) -> impl Iterator<Item = Case> {
    let child = Command::new(python)
        .arg(program("generate.py"))
        .args(["--seed", &seed.to_string(), "--count", &count.to_string()])
        .args(model.map(|model| format!("--model={model}")))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the generator starts");
    let lines = BufReader::new(child.stdout.expect("it is piped")).lines();
    lines.map(|line| serde_json::from_str(&line.expect("the generator writes UTF-8")).expect("the generator writes cases"))
}

/// A process that imports projects.
pub(crate) struct Truth {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Truth {
    pub(crate) fn start(python: &Path) -> Self {
        Self::start_with(python, &[], "random")
    }

    /// Processes in which what no source shows is otherwise. Libraries that look for files above the project would find
    /// them all in a world where everything is there, so that theirs differ by the order of sets only.
    pub(crate) fn other_worlds(python: &Path, of_model: bool) -> Vec<Self> {
        let seeds = if of_model { 1..=2 } else { 1..=5 };
        let mut worlds: Vec<Self> = seeds.map(|seed| Self::start_with(python, &[], &seed.to_string())).collect();
        if !of_model {
            worlds.push(Self::start_with(python, &["--other-world"], "0"));
        }
        worlds
    }

    fn start_with(python: &Path, arguments: &[&str], hash_seed: &str) -> Self {
        let mut child = Command::new(python)
            .arg(program("truth.py"))
            .args(arguments)
            .env("PYTHONHASHSEED", hash_seed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter starts");
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, questions, answers }
    }

    /// Whether Python sees something else here than in that world, but for where the project lies.
    pub(crate) fn differs(&mut self, case: &Case, there: &Sight) -> bool {
        let here = self.sight(case);
        let text = |sight: &Sight| {
            let values: BTreeMap<_, _> = sight.values.iter().map(|(name, value)| (name, ordered(value.clone()))).collect();
            json!([values, sight.error.as_ref().map(|error| (&error.classes, &error.message))])
                .to_string()
                .replace(&sight.root, "")
        };
        text(&here) != text(there)
    }

    /// What Python sees.
    pub(crate) fn sight(&mut self, case: &Case) -> Sight {
        let question = json!({"id": case.id, "module": case.module, "env": case.env, "files": case.files});
        serde_json::from_str(&self.ask(&question)).expect("an answer about a case")
    }

    /// The same project with a little less in it, in many ways.
    pub(crate) fn smaller(&mut self, case: &Case) -> Vec<Case> {
        let answer: Json = serde_json::from_str(&self.ask(&json!({"shrink": case.files}))).expect("an answer about shrinking");
        let candidates = answer["candidates"].as_array().cloned().unwrap_or_default();
        candidates
            .into_iter()
            .map(|files| Case { files: serde_json::from_value(files).expect("texts by path"), ..case.clone() })
            .collect()
    }

    fn ask(&mut self, question: &Json) -> String {
        writeln!(self.questions, "{question}").expect("the interpreter listens");
        self.questions.flush().expect("the interpreter listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the interpreter answers");
        line
    }
}

/// Sets have no order.
fn ordered(value: Json) -> Json {
    match value {
        Json::Object(entries) => {
            let mut entries: serde_json::Map<String, Json> =
                entries.into_iter().map(|(name, value)| (name, ordered(value))).collect();
            if let Some(Json::Array(items)) = entries.get_mut("$set") {
                items.sort_by_key(ToString::to_string);
            }
            Json::Object(entries)
        }
        Json::Array(items) => items.into_iter().map(ordered).collect(),
        other => other,
    }
}

impl Drop for Truth {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
