//! Real nginx, Apache, Caddy and HAProxy accept the configurations that guides and examples show, and the readers understand
//! what those programs accept.
//!
//! A program that is not on the path is left out, and the test says so.
#![allow(clippy::pedantic, clippy::unwrap_used)]

mod programs;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use programs::Programs;
use shipworthy_model::Artifacts;
use shipworthy_model::front::FrontKind;
use shipworthy_rules::RULES;
use shipworthy_rules::guide::Guide;
use shipworthy_source::{MemoryTree, fronts};

/// A configuration with the files beside it.
struct Shown {
    name: String,
    kind: FrontKind,
    path: String,
    files: Vec<(String, String)>,
}

#[test]
fn what_is_shown_is_accepted_and_understood() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("accepted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let programs = Programs::find(&folder);
    let mut wrong = String::new();
    let mut judged: BTreeMap<&str, usize> = BTreeMap::new();
    for shown in shown() {
        let reading = read(&shown);
        match programs.accepts(&shown.path, shown.kind, &shown.files) {
            None => continue,
            Some(Ok(())) => {
                if !reading.is_empty() {
                    _ = writeln!(wrong, "{}: the program accepts it, and the reader says {reading:?}", shown.name);
                }
            }
            Some(Err(refusal)) => _ = writeln!(wrong, "{}: the program refuses it: {refusal}", shown.name),
        }
        *judged.entry(shown.kind.name()).or_default() += 1;
    }
    _ = std::fs::remove_dir_all(&folder);
    for kind in programs.missing() {
        _ = writeln!(std::io::stderr(), "accepted: SKIPPED {}, which is not on the path", kind.name());
    }
    assert!(wrong.is_empty(), "\n{wrong}{judged:?}");
    for (kind, least) in [(FrontKind::Nginx, 100), (FrontKind::Caddy, 10), (FrontKind::Apache, 4), (FrontKind::HaProxy, 4)] {
        let found = judged.get(kind.name()).copied().unwrap_or_default();
        assert!(
            programs.missing().contains(&kind) || found >= least,
            "only {found} configurations of {} were found",
            kind.name()
        );
    }
}

/// What the reader could not follow.
fn read(shown: &Shown) -> Vec<String> {
    let mut tree = MemoryTree::default();
    for (path, text) in &shown.files {
        tree.insert(path, text.as_bytes());
    }
    let mut artifacts = Artifacts::default();
    let text = shown.files.iter().find(|(path, _)| *path == shown.path).map(|(_, text)| text.as_str()).unwrap();
    let artifact = artifacts.add(&shown.path, text);
    let reading = fronts::read(shown.kind, &tree, &mut artifacts, artifact);
    reading.notices.into_iter().map(|notice| notice.message).filter(|message| !message.contains("not in the project")).collect()
}

/// Every configuration in a case of a guide, and those of the examples. Templates are no configurations yet.
fn shown() -> Vec<Shown> {
    let mut found = Vec::new();
    for rule in RULES {
        for case in Guide::parse(rule.guide).cases() {
            let files: Vec<(String, String)> =
                case.fences.iter().filter_map(|fence| Some((fence.path?.to_owned(), fence.source()))).collect();
            add(&mut found, &format!("{} line {}", rule.id, case.line()), &files);
        }
    }
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for folder in ["fit", "unfit"] {
        let mut files = Vec::new();
        below(&examples.join(folder), &examples.join(folder), &mut files);
        add(&mut found, &format!("examples/{folder}"), &files);
    }
    found
}

fn add(found: &mut Vec<Shown>, name: &str, files: &[(String, String)]) {
    for (path, text) in files {
        let template = ["{{", "${", "{%"].iter().any(|mark| text.contains(mark)) || path.ends_with(".j2");
        let Some(kind) = fronts::program(path, text).filter(|_| !template && fronts::may_be(path)) else { continue };
        found.push(Shown { name: format!("{name}, {path}"), kind, path: path.clone(), files: files.to_vec() });
    }
}

fn below(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            files.push((path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), text));
        }
    }
}
