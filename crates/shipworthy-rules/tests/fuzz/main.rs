//! Damaged settings: whatever they have become, reading and judging them ends, says the same twice, and names real places.
//!
//! `SHIPWORTHY_FUZZ_COUNT` is the number of projects (default 2,000), `SHIPWORTHY_FUZZ_SEED` the first seed. A failure names
//! its seed and shows the settings.

#![allow(clippy::pedantic)]

mod mutate;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use shipworthy_model::{Artifacts, Django, Facts, Finding, Findings, Project, Region, Version};
use shipworthy_rules::RULES;
use shipworthy_rules::guide::Guide;
use shipworthy_source::python::{Environment, Request, Shelf, definitions, evaluate};
use shipworthy_source::{MemoryTree, declarations, dotenv, entry_points, requirements};

const ROOT: &str = "/srv/shop";

#[test]
fn damaged_settings_are_judged_all_the_same() {
    let number = |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().expect(name));
    let (count, seed) = (number("SHIPWORTHY_FUZZ_COUNT", 2000), number("SHIPWORTHY_FUZZ_SEED", 0));
    let sources = sources();
    assert!(sources.len() > 500, "the guides hold more than {} sources", sources.len());
    let next = AtomicU64::new(seed);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= number("SHIPWORTHY_FUZZ_SEED", 0) + count || wrong.len() > 3 {
                return wrong;
            }
            let files = project(&mut Rng::with_seed(seed), &sources);
            if let Err(what) = judged(&files, seed) {
                let mut shown = format!("seed {seed}: {what}\n");
                for (path, text) in &files {
                    let _ = write!(shown, "--- {path}\n{text}\n");
                }
                wrong.push(shown);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        // As much stack as the program gives the evaluator.
        let start = || std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).expect("a thread");
        let workers: Vec<_> = (0..threads).map(|_| start()).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("panics are caught")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every fenced block of every guide that is a file.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for rule in RULES {
        for case in Guide::parse(rule.guide).cases() {
            for fence in &case.fences {
                if let Some(path) = fence.path {
                    sources.push((path.to_owned(), fence.source()));
                }
            }
        }
    }
    sources
}

/// A settings module made of one or more damaged ones, and another file or two.
fn project(rng: &mut Rng, sources: &[(String, String)]) -> Vec<(String, String)> {
    let python: Vec<&str> = sources.iter().filter(|(path, _)| path.ends_with(".py")).map(|(_, text)| text.as_str()).collect();
    let mut text = String::new();
    for _ in 0..rng.usize(1..=4) {
        text.push_str(python[rng.usize(0..python.len())]);
    }
    let other = python[rng.usize(0..python.len())];
    let mut files = vec![("settings.py".to_owned(), mutate::damaged(rng, &text, other))];
    for _ in 0..rng.usize(0..3) {
        let (path, text) = &sources[rng.usize(0..sources.len())];
        if path != "settings.py" {
            files.push((path.clone(), mutate::damaged(rng, text, other)));
        }
    }
    files
}

fn judged(files: &[(String, String)], seed: u64) -> Result<(), String> {
    let once = || catch_unwind(AssertUnwindSafe(|| judge(files, seed))).map_err(|_| "a panic".to_owned());
    let (facts, findings) = once()?;
    let (again, findings_again) = once()?;
    // Credentials are not in these words, and values that differ only in one are no cause for alarm.
    let words = |facts: &Facts, findings: &[Finding]| format!("{:?}\n{findings:?}", facts.settings);
    if words(&facts, &findings) != words(&again, &findings_again) {
        return Err("the second reading differs from the first".to_owned());
    }
    for finding in &findings {
        for region in finding.at.iter().chain(finding.related.iter().map(|related| &related.at)) {
            fits(&facts.artifacts, *region).map_err(|what| format!("{}: {what}", finding.rule.id))?;
        }
    }
    for (name, setting) in &facts.settings.explicit {
        for region in &setting.origin {
            fits(&facts.artifacts, *region).map_err(|what| format!("{name}: {what}"))?;
        }
    }
    let notices = facts.settings.notices.iter().filter_map(|notice| notice.at);
    let errors = facts.settings.load_errors.iter().filter_map(|error| error.at);
    notices.chain(errors).try_for_each(|region| fits(&facts.artifacts, region))
}

/// A region lies in its file, between characters.
fn fits(artifacts: &Artifacts, region: Region) -> Result<(), String> {
    let text = &artifacts.get(region.artifact).text;
    let (start, end) = (region.start as usize, region.end as usize);
    if start <= end && text.get(start..end).is_some() { Ok(()) } else { Err(format!("{region:?} is not in its file")) }
}

fn judge(files: &[(String, String)], seed: u64) -> (Facts, Vec<Finding>) {
    let mut tree = MemoryTree::default();
    for (path, text) in files {
        tree.insert(path, text.as_bytes());
    }
    let (major, minor) = [(4, 2), (5, 2), (6, 0), (6, 1)][seed as usize % 4];
    let version = Version::parse(&format!("{major}.{minor}")).expect("a version");
    let mut artifacts = Artifacts::default();
    let mut project = Project { root: ROOT.into(), seen: true, ..Project::default() };
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with(".py")) {
        let artifact = artifacts.add(path, text.as_str());
        declarations::read(path, text, artifact);
        dotenv::read(text, artifact);
        entry_points::read(text, artifact);
        if let Some(format) = requirements::Format::of(path) {
            project.dependencies.append(&mut requirements::dependencies(&format.read(text, artifact).declared));
        }
    }
    let module = |path: &str| {
        let path = path.strip_suffix(".py")?;
        Some(path.strip_suffix("/__init__").unwrap_or(path).replace('/', "."))
    };
    project.modules = files.iter().filter_map(|(path, _)| module(path)).map(Into::into).collect();
    let request = Request {
        tree: &tree,
        root: ROOT,
        search_path: &[String::new()],
        module: "settings",
        environment: &Environment::default(),
        django: version,
        dependencies: None,
        shelf: &Shelf::default(),
    };
    let settings = evaluate(&request, &mut artifacts);
    let django = Django { version, from: "the test".to_owned(), at: None, assumed: false };
    let mut facts = Facts { artifacts, django, settings, project, ..Facts::default() };
    facts.project.definitions = definitions(&tree, &[String::new()], facts.names_asked());
    let findings = Findings::of(RULES.iter().copied(), &facts);
    (facts, findings)
}
