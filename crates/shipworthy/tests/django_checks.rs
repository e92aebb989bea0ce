//! Django's own checks are the judge of ours: on random settings both must report the same ids, objects and counts.
//!
//! `SHIPWORTHY_DJANGOS` names the interpreters, `SHIPWORTHY_CHECKS_COUNT` the number of projects for each (default 15),
//! `SHIPWORTHY_CHECKS_SEED` the first seed, `SHIPWORTHY_CHECKS_REPORT` a file that differences are written to.

#![allow(clippy::pedantic, clippy::zombie_processes)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Value as Json, json};

#[path = "../../shipworthy-source/tests/oracle/pythons.rs"]
mod pythons;

/// A generated project, and what Django says of it.
#[derive(Deserialize)]
struct Checked {
    id: u64,
    files: BTreeMap<String, String>,
    ids: Vec<(String, Option<String>, u32)>,
    /// The exception that stopped Django, and what it says.
    error: Option<(String, String)>,
}

/// Messages by id and object.
type Messages = BTreeMap<(String, Option<String>), u32>;

/// Differences by version, direction and message: how many, and the settings that show one.
type Differences = BTreeMap<(String, &'static str, String), (u32, String)>;

#[test]
fn we_report_what_django_reports() {
    let pythons = pythons::interpreters("django_checks");
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().expect(name));
    let (count, seed) = (number("SHIPWORTHY_CHECKS_COUNT", 15), number("SHIPWORTHY_CHECKS_SEED", 0));
    let queue = Mutex::new(pythons);
    let differences = Mutex::new(Differences::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("no worker panicked").pop();
                    let Some(python) = next else { break };
                    compare(&python, seed, count, &differences);
                }
            });
        }
    });
    let differences = differences.into_inner().expect("no worker panicked");
    let mut report = format!("{} differences over {count} projects of each Django\n", differences.len());
    for ((version, direction, message), (times, settings)) in &differences {
        let _ = write!(report, "\n## Django {version}: {direction} {message} × {times}\n{settings}");
    }
    if let Ok(path) = std::env::var("SHIPWORTHY_CHECKS_REPORT") {
        std::fs::write(path, &report).expect("the report can be written");
    }
    assert!(differences.is_empty(), "{report}");
}

fn compare(python: &Path, seed: u64, count: u64, differences: &Mutex<Differences>) {
    let version = version(python);
    let mut judge = Judge::start(python);
    let generator = start(python, &["--seed", &seed.to_string(), "--count", &count.to_string()]);
    let lines = BufReader::new(generator.stdout.expect("it is piped")).lines();
    for line in lines {
        let checked: Checked = serde_json::from_str(&line.expect("UTF-8")).expect("a checked project");
        for (direction, message) in differing(&checked, &version) {
            let key = (version.clone(), direction, message.clone());
            let is_new = {
                let mut differences = differences.lock().expect("no worker panicked");
                let entry = differences.entry(key.clone()).or_insert((0, String::new()));
                entry.0 += 1;
                entry.0 == 1
            };
            if is_new {
                let settings = shrink(checked.files.clone(), &version, &mut judge, &(direction, message));
                let shown = format!("seed {}\n```python\n{settings}```\n", checked.id);
                differences.lock().expect("no worker panicked").entry(key).and_modify(|entry| entry.1 = shown);
            }
        }
    }
}

fn version(python: &Path) -> String {
    let code = "import django; print('{}.{}'.format(*django.VERSION))";
    let output = Command::new(python).args(["-c", code]).output().expect("the interpreter starts");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

/// What only one of the two reports. A project that stops Django with an exception says nothing of ids.
fn differing(checked: &Checked, version: &str) -> Vec<(&'static str, String)> {
    if checked.error.is_some() {
        return Vec::new();
    }
    let theirs: Messages = checked.ids.iter().map(|(id, obj, count)| ((id.clone(), obj.clone()), *count)).collect();
    let (ours, open) = ours(&checked.files, version);
    // What a finding says it could not decide is not claimed to be absent.
    let missing = theirs
        .iter()
        .filter(|(key, count)| ours.get(*key) != Some(count) && !open.contains(&*key.0))
        .map(|(key, count)| ("missing", show(key, *count)));
    let extra =
        ours.iter().filter(|(key, count)| theirs.get(*key) != Some(count)).map(|(key, count)| ("extra", show(key, *count)));
    missing.chain(extra).collect()
}

fn show((id, obj): &(String, Option<String>), count: u32) -> String {
    let times = if count > 1 { format!(" {count} times") } else { String::new() };
    obj.as_ref().map_or_else(|| format!("{id}{times}"), |obj| format!("{id} about {obj}{times}"))
}

/// The messages of Django's that our findings answer, and the checks that an open finding leaves undecided.
fn ours(files: &BTreeMap<String, String>, version: &str) -> (Messages, BTreeSet<&'static str>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_shipworthy"))
        .args(["check", "--settings", "settings", "--django-version", version, "--output-format", "json"])
        .arg(folder.path())
        .env_clear()
        .output()
        .expect("shipworthy starts");
    let report: Json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut messages = Messages::new();
    let undecided = report["findings"].as_array().expect("findings").iter().filter(|finding| finding["kind"] == "open");
    let open = undecided
        .filter_map(|finding| shipworthy_rules::RULES.iter().find(|rule| finding["rule"] == rule.id))
        .flat_map(|rule| rule.django.iter().copied())
        .collect();
    for finding in report["findings"].as_array().expect("findings").iter().filter(|finding| finding["kind"] == "fail") {
        for message in finding["django"].as_array().expect("Django's messages") {
            let obj = message["obj"].as_str().map(without_address);
            *messages.entry((message["id"].as_str().expect("an id").to_owned(), obj)).or_default() +=
                u32::try_from(message["count"].as_u64().expect("a count")).expect("a small count");
        }
    }
    (messages, open)
}

/// `<Engine object at 0x7f…>` differs from process to process.
fn without_address(obj: &str) -> String {
    obj.split_once(" at 0x").map_or_else(|| obj.to_owned(), |(start, _)| format!("{start}>"))
}

/// The fewest lines of the settings that still show a difference.
fn shrink(mut files: BTreeMap<String, String>, version: &str, judge: &mut Judge, wanted: &(&'static str, String)) -> String {
    let mut index = 0;
    loop {
        let lines: Vec<String> = files["settings.py"].lines().map(str::to_owned).collect();
        if index >= lines.len() {
            return files.remove("settings.py").unwrap_or_default();
        }
        let mut fewer = lines;
        fewer.remove(index);
        let mut candidate = files.clone();
        candidate.insert("settings.py".to_owned(), fewer.join("\n") + "\n");
        let checked = judge.check(candidate);
        if differing(&checked, version).contains(wanted) {
            files = checked.files;
        } else {
            index += 1;
        }
    }
}

/// A process that runs Django's checks on the projects it is given.
struct Judge {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    fn start(python: &Path) -> Self {
        let mut child = start(python, &["--given"]);
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, questions, answers }
    }

    fn check(&mut self, files: BTreeMap<String, String>) -> Checked {
        writeln!(self.questions, "{}", json!({"id": 0, "files": files})).expect("the interpreter listens");
        self.questions.flush().expect("the interpreter listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the interpreter answers");
        serde_json::from_str(&line).expect("a checked project")
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(python: &Path, arguments: &[&str]) -> Child {
    let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/checks.py");
    Command::new(python)
        .arg(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter starts")
}
