//! Real Python is the judge of the evaluator: random settings modules are imported and evaluated, and every value compared.
//!
//! `SHIPWORTHY_DJANGOS` names the interpreters, `SHIPWORTHY_ORACLE_COUNT` the number of modules (default 60),
//! `SHIPWORTHY_ORACLE_SEED` the first seed, `SHIPWORTHY_ORACLE_SHRINKS` how many failures are made small (default 20), `SHIPWORTHY_ORACLE_REPORT` a file that failures are written to.
//! One module in five holds the constructs of `oracle/constructs.py` too, with `SHIPWORTHY_ORACLE_CONSTRUCTS` every one.
//! A twentieth as many are made of each library's declarations by `oracle/models/`; `SHIPWORTHY_ORACLE_MODEL` names the only one to judge, of all modules then.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::zombie_processes, clippy::result_large_err)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use admits::{Admits, admits};
use peers::{Case, Sight, Truth};
use shipworthy_model::{Artifacts, Given, Settings, Version};
use shipworthy_source::MemoryTree;
use shipworthy_source::python::{Environment, Request, Shelf, evaluate};
use shipworthy_source::tagged;

#[path = "oracle/admits.rs"]
mod admits;
#[path = "oracle/peers.rs"]
mod peers;
#[path = "oracle/pythons.rs"]
mod pythons;

/// How many smaller modules are tried for each failure.
const ATTEMPTS: usize = 300;

/// How long an evaluation may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the projects say they need.
const DEPENDENCIES: &str = "django django-environ python-decouple dj-database-url python-dotenv environs dj-email-url django-cache-url \
    pydantic pydantic-settings goodconf django-configurations django-split-settings dynaconf django-heroku";

/// A way in which evaluator and Python disagree about a module.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Disagreement {
    /// `wrong`, `miss`, `panic` or `slow`.
    kind: &'static str,
    /// The setting, or `load` for the loading itself.
    name: String,
    /// What is the matter, without what differs from module to module: failures alike are counted together.
    class: String,
    ours: String,
    theirs: String,
}

impl Disagreement {
    /// Whether nothing untrue is said: something is left unknown, or nobody could see that loading fails.
    fn may_be_unknowable(&self) -> bool {
        self.kind == "miss" || self.class.starts_with("does not say that it raises")
    }
}

#[test]
fn the_evaluator_sees_what_python_sees() {
    let pythons = pythons::interpreters("oracle");
    if pythons.is_empty() {
        return;
    }
    if chosen_model().is_some() {
        return;
    }
    let count = number("SHIPWORTHY_ORACLE_COUNT", 60);
    let failures = judge(&pythons, None, count);
    let report = report(&failures, count);
    keep(&report);
    let (wrong, missed) = tally(&failures);
    // What may be missed is what no other world shows to be unknowable, though it is: numbers beyond 127 bits, Python's own
    // wording of an exception, the text of a set of more than three; and of the constructs what has no model.
    let all = std::env::var_os("SHIPWORTHY_ORACLE_CONSTRUCTS").is_some();
    let missable = if all { 16 } else { 5 } * count.max(100);
    assert!(wrong == 0 && missed * 100 <= missable, "{wrong} wrong, {missed} missed of {count}\n{report}");
}

/// The generators in `oracle/models/`, and how many values of a hundred modules of each may be left unknown.
const MODELS: [(&str, u64); 7] = [
    ("configurations", 20),
    ("dynaconf", 60),
    ("environs", 25),
    ("heroku", 20),
    ("pydantic", 40),
    ("split_settings", 5),
    ("urls", 10),
];

#[test]
fn library_models_see_what_the_libraries_make() {
    let pythons = pythons::interpreters("oracle of the library models");
    if pythons.is_empty() {
        return;
    }
    let count = number("SHIPWORTHY_ORACLE_COUNT", 60);
    let chosen = chosen_model();
    let count = if chosen.is_some() { count } else { count.div_ceil(20) };
    let (mut whole, mut troubled) = (String::new(), Vec::new());
    for (model, missable) in MODELS.into_iter().filter(|(model, _)| chosen.as_deref().is_none_or(|chosen| chosen == *model)) {
        let failures = judge(&pythons, Some(model), count);
        let (wrong, missed) = tally(&failures);
        let _ = write!(whole, "# {model}: {wrong} wrong, {missed} missed\n{}\n", report(&failures, count));
        if wrong > 0 || missed * 100 > missable * count.max(100) {
            troubled.push(model);
        }
    }
    assert!(!whole.is_empty(), "no model is called {chosen:?}");
    keep(&whole);
    assert!(troubled.is_empty(), "{troubled:?} are not what the libraries make\n{whole}");
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

fn chosen_model() -> Option<String> {
    std::env::var("SHIPWORTHY_ORACLE_MODEL").ok().filter(|name| !name.is_empty())
}

/// Judges modules with every Python, which all get their share of them.
fn judge(pythons: &[PathBuf], model: Option<&str>, count: u64) -> Failures {
    let seed = number("SHIPWORTHY_ORACLE_SEED", 0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from).max(pythons.len());
    let workers = (workers as u64).min(count.max(1));
    let judged = AtomicI64::new(0);
    let failures = Mutex::new(BTreeMap::new());
    let shrinks = AtomicI64::new(number("SHIPWORTHY_ORACLE_SHRINKS", 20) as i64);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let python = &pythons[worker as usize % pythons.len()];
            let (from, until) = (count * worker / workers, count * (worker + 1) / workers);
            let (failures, shrinks, judged) = (&failures, &shrinks, &judged);
            scope.spawn(move || {
                let cases = peers::cases(python, model, seed + from, until - from);
                work(python, cases, model.is_some(), failures, shrinks, judged);
            });
        }
    });
    assert_eq!(judged.into_inner(), count as i64, "modules that were generated and judged");
    failures.into_inner().expect("no worker panicked")
}

/// How many were wrong, and how many were missed.
fn tally(failures: &Failures) -> (u64, u64) {
    let of = |miss: bool| {
        failures.iter().filter(|((kind, _), _)| (*kind == "miss") == miss).map(|(_, (times, ..))| times).sum::<u64>()
    };
    (of(false), of(true))
}

/// Writes a report where one is asked for.
fn keep(report: &str) {
    if let Ok(path) = std::env::var("SHIPWORTHY_ORACLE_REPORT") {
        std::fs::write(path, report).expect("the report can be written");
    }
}

/// Failures by class: how many, the seeds of the first, one module that shows it, and a line on each.
type Failures = BTreeMap<(&'static str, String), (u64, Vec<u64>, String, String)>;

fn work(
    python: &Path,
    cases: impl Iterator<Item = Case>,
    of_model: bool,
    failures: &Mutex<Failures>,
    shrinks: &AtomicI64,
    judged: &AtomicI64,
) {
    let version = version(python);
    let mut truth = Truth::start(python);
    let mut worlds = None;
    for mut case in cases {
        judged.fetch_add(1, Ordering::Relaxed);
        let mut seen = BTreeSet::new();
        let sight = truth.sight(&case);
        let mut all = disagreements(&case, &sight, version);
        if all.iter().any(Disagreement::may_be_unknowable)
            && worlds
                .get_or_insert_with(|| Truth::other_worlds(python, of_model))
                .iter_mut()
                .any(|world| world.differs(&case, &sight))
        {
            case.tainted = true;
            all.retain(|found| !found.may_be_unknowable());
        }
        for found in all {
            if !seen.insert((found.kind, found.class.clone())) {
                continue;
            }
            let key = (found.kind, found.class.clone());
            let is_new = {
                let mut failures = failures.lock().expect("no worker panicked");
                let entry = failures.entry(key.clone()).or_default();
                entry.0 += 1;
                if entry.1.len() < 5 {
                    entry.1.push(case.id);
                }
                let short = |text: &str| text.chars().take(200).collect::<String>().replace('\n', " ");
                let line = [&found.name, &short(&found.ours), &short(&found.theirs)].map(String::as_str).join(" | ");
                let _ = writeln!(entry.3, "- {} {line}", case.id);
                entry.0 == 1
            };
            if is_new {
                let shown = if shrinks.fetch_sub(1, Ordering::Relaxed) > 0 {
                    let (small, found) = shrink(case.clone(), found, &mut truth, version);
                    show(&small, &found)
                } else {
                    show_disagreement(&found)
                };
                failures.lock().expect("no worker panicked").entry(key).and_modify(|entry| entry.2 = shown);
            }
        }
    }
}

fn version(python: &Path) -> Version {
    let output = std::process::Command::new(python)
        .args(["-c", "import django; print(django.get_version())"])
        .output()
        .expect("the interpreter starts");
    Version::parse(&String::from_utf8_lossy(&output.stdout)).expect("the interpreter has Django")
}

fn settings(case: &Case, root: &str, version: Version) -> Settings {
    let mut tree = MemoryTree::default();
    for (path, text) in &case.files {
        tree.insert(path, text.as_bytes());
    }
    let variables = case.env.iter().map(|(name, text)| (name.as_str().into(), (text.as_str().into(), Given::CommandLine)));
    let environment = Environment { variables: variables.collect(), ..Environment::default() };
    let dependencies = DEPENDENCIES.split_whitespace().map(str::to_owned);
    let request = Request {
        tree: &tree,
        root,
        search_path: &[String::new()],
        module: &case.module,
        environment: &environment,
        django: version,
        dependencies: Some(&dependencies.collect()),
        shelf: &Shelf::default(),
    };
    evaluate(&request, &mut Artifacts::default())
}

/// Evaluates in a thread of its own, so that a panic or an evaluation that does not end is a failure like any other.
fn settings_in_time(case: &Case, root: &str, version: Version) -> Result<Settings, (&'static str, &'static str)> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (case, root) = (case.clone(), root.to_owned());
    std::thread::spawn(move || sender.send(settings(&case, &root, version)));
    receiver.recv_timeout(PATIENCE).map_err(|error| match error {
        RecvTimeoutError::Timeout => ("slow", "the evaluator does not end in time"),
        RecvTimeoutError::Disconnected => ("panic", "the evaluator panics"),
    })
}

fn disagreements(case: &Case, sight: &Sight, version: Version) -> Vec<Disagreement> {
    let settings = match settings_in_time(case, &sight.root, version) {
        Ok(settings) => settings,
        Err((kind, class)) => {
            let (name, class) = ("load".to_owned(), class.to_owned());
            return vec![Disagreement { kind, name, class, ours: kind.into(), theirs: String::new() }];
        }
    };
    let mut found = loading(&settings, sight, case.of_model);
    if sight.error.is_none() && found.is_empty() {
        found = values(&settings, sight);
    }
    found.retain(|disagreement| !disagreement.may_be_unknowable() || !case.tainted);
    found
}

/// Whether both say that the module loads, or why it does not.
fn loading(settings: &Settings, sight: &Sight, of_model: bool) -> Vec<Disagreement> {
    // What a variable is missing for is found in a run of its own, so that the order says nothing.
    let raised = |error: &&shipworthy_model::LoadError| {
        sight.error.as_ref().is_some_and(|raised| raised.classes.iter().any(|class| **class == *error.exception))
    };
    let doubt = || settings.doubts.iter().filter(|_| !settings.load_errors.is_empty()).find(raised);
    let ours = settings.load_errors.iter().find(raised).or_else(doubt).or_else(|| settings.load_errors.first());
    let describe = ours.map_or_else(
        || "loads".to_owned(),
        |error| format!("{} {} (certain: {})", error.exception, error.message, error.certain),
    );
    let theirs =
        sight.error.as_ref().map_or_else(|| "loads".to_owned(), |error| format!("{} {}", error.classes[0], error.message));
    let of = |kind: &'static str, class: String| {
        vec![Disagreement { kind, name: "load".into(), class, ours: describe.clone(), theirs: theirs.clone() }]
    };
    match (ours, &sight.error) {
        (None, None) => Vec::new(),
        (Some(error), Some(raised)) if raised.classes.iter().any(|class| **class == *error.exception) => {
            if settings.load_errors.iter().any(|error| error.certain) {
                Vec::new()
            } else {
                of("miss", format!("uncertain load error {}", error.exception))
            }
        }
        (Some(error), _) if !error.certain => of("miss", format!("uncertain load error {}", error.exception)),
        (Some(error), None) => of("wrong", format!("says it raises {}", error.exception)),
        // Where code that is not followed may bind any name, nobody can say that one is missing.
        (None, Some(raised)) if settings.open.is_some() && raised.classes[0] == "NameError" => {
            of("miss", "a name that may be bound".into())
        }
        // What a library would refuse is as good as unknown, as long as no value says otherwise.
        (None, Some(_)) if of_model && settings.explicit.values().any(|setting| setting.value.has_unknown()) => {
            of("miss", "a refusal of what is not known".into())
        }
        (None, Some(raised)) => of("wrong", format!("does not say that it raises {}", raised.classes[0])),
        (Some(_), Some(_)) if of_model && settings.explicit.values().any(|setting| setting.value.has_unknown()) => {
            of("miss", "a refusal of what is not known".into())
        }
        (Some(error), Some(raised)) => of("wrong", format!("raises {} and not {}", raised.classes[0], error.exception)),
    }
}

fn values(settings: &Settings, sight: &Sight) -> Vec<Disagreement> {
    let mut found = Vec::new();
    for (name, theirs) in &sight.values {
        let mut add = |kind, class: String, ours: String| {
            found.push(Disagreement { kind, name: name.clone(), class, ours, theirs: theirs.to_string() });
        };
        match (settings.explicit(name), &settings.open) {
            (None, Some(unknown)) => add("miss", format!("names: {}", unknown.reason()), "perhaps set".into()),
            (None, None) if sight.defaults.contains(name) => {}
            (None, None) => add("wrong", "not set".into(), "not set".into()),
            (Some(setting), _) => {
                let ours = tagged::to_json(&setting.value, true);
                match admits(&setting.value, theirs) {
                    Admits::Exactly => {}
                    Admits::Perhaps => add("miss", first_reason(&setting.value), ours.to_string()),
                    Admits::Never => add("wrong", "value".into(), ours.to_string()),
                }
            }
        }
    }
    for (name, setting) in &settings.explicit {
        if !sight.values.contains_key(&**name) && !setting.value.has_unknown() {
            found.push(Disagreement {
                kind: "wrong",
                name: name.to_string(),
                class: "set".into(),
                ours: tagged::to_json(&setting.value, true).to_string(),
                theirs: "not set".into(),
            });
        }
    }
    found
}

/// Why a value is not known, as the words of its first unknown part.
fn first_reason(value: &shipworthy_model::Value) -> String {
    let mut reason = None;
    value.walk(&mut |part| {
        if reason.is_none() {
            reason = part.as_unknown().map(|unknown| unknown.reason());
        }
    });
    let reason = reason.unwrap_or_else(|| "elements that are perhaps there".into());
    // Conditions differ from module to module; what stands outside of the backticks does not.
    match reason.split('`').collect::<Vec<_>>()[..] {
        [before, _, after] if reason.starts_with("it depends") => format!("{before}…{after}"),
        _ => reason,
    }
}

/// Takes away from a module what the disagreement does not need.
fn shrink(mut case: Case, mut found: Disagreement, truth: &mut Truth, version: Version) -> (Case, Disagreement) {
    let mut attempts = 0;
    let mut place = 0;
    // After a cut the next one is tried at the same place, so that a pass over the module costs each place once.
    while attempts < ATTEMPTS {
        let candidates = truth.smaller(&case);
        let mut cut = None;
        for (index, candidate) in candidates.iter().enumerate().skip(place) {
            attempts += 1;
            let sight = truth.sight(candidate);
            let again = if sight.ended() { disagreements(candidate, &sight, version) } else { Vec::new() };
            if let Some(same) = again.into_iter().find(|other| other.kind == found.kind && other.class == found.class) {
                cut = Some((index, candidate.clone(), same));
                break;
            }
            if attempts >= ATTEMPTS {
                break;
            }
        }
        match cut {
            Some((index, smaller, same)) => (place, case, found) = (index, smaller, same),
            None if place == 0 => break,
            None => place = 0,
        }
    }
    (case, found)
}

fn show(case: &Case, found: &Disagreement) -> String {
    let mut text = show_disagreement(found);
    for (path, source) in &case.files {
        let used = path.ends_with(".py") && !source.trim().is_empty()
            || case.files.values().any(|text| text.contains(path.rsplit('/').next().unwrap_or(path)));
        if used {
            let _ = write!(text, "```python {path}\n{source}```\n");
        }
    }
    let used: BTreeMap<_, _> = case.env.iter().filter(|(name, _)| case.files.values().any(|text| text.contains(*name))).collect();
    if !used.is_empty() {
        let _ = writeln!(text, "environment: {used:?}");
    }
    text
}

fn show_disagreement(found: &Disagreement) -> String {
    let short = |text: &str| text.chars().take(400).collect::<String>();
    format!("{}\n- ours: `{}`\n- Python: `{}`\n", found.name, short(&found.ours), short(&found.theirs))
}

fn report(failures: &Failures, count: u64) -> String {
    let mut sorted: Vec<_> = failures.iter().collect();
    sorted.sort_by_key(|((kind, _), (times, ..))| (*kind == "miss", std::cmp::Reverse(*times)));
    let mut text = format!("{} kinds of failure over {count} modules\n", failures.len());
    for ((kind, class), (times, seeds, shown, all)) in sorted {
        let _ = write!(text, "\n## {kind} × {times}: {class}\nseeds {seeds:?} · {shown}{all}");
    }
    text
}
