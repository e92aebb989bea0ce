//! Keeps the crate in order: the list of rules in `src/lib.rs` is written here, and files keep their form.
#![allow(clippy::unwrap_used)] // a test may stop where the crate is not as it should be

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use shipworthy_model::Topic;

const BEGIN: &str = "// Written by `cargo test --test tidy`: begin\n";
const END: &str = "// Written by `cargo test --test tidy`: end\n";

#[test]
fn the_list_of_rules_is_current() {
    let path = source().join("lib.rs");
    let text = fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("src/lib.rs has lost its begin marker");
    let (_, tail) = rest.split_once(END).expect("src/lib.rs has lost its end marker");
    let wanted = format!("{head}{BEGIN}{}{END}{tail}", listing());
    if text != wanted {
        fs::write(&path, wanted).unwrap();
        panic!("the list of rules in src/lib.rs was out of date. It is now up to date: run again");
    }
}

#[test]
fn rules_come_in_pairs_and_stay_small() {
    let mut wrong = Vec::new();
    for (topic, names) in rules() {
        for name in names {
            let file = source().join(&topic).join(&name);
            let code = fs::read_to_string(file.with_extension("rs")).unwrap();
            let lines = code.lines().count();
            if lines > 200 {
                wrong.push(format!("{topic}/{name}.rs has {lines} lines; a rule has at most 200"));
            }
            if !code.starts_with("//! ") {
                wrong.push(format!("{topic}/{name}.rs does not open with a `//!` sentence"));
            }
            if !code.contains(&format!("include_str!(\"{name}.md\")")) {
                wrong.push(format!("{topic}/{name}.rs does not include its guide {name}.md"));
            }
            if !file.with_extension("md").is_file() {
                wrong.push(format!("{topic}/{name}.md is missing: a rule has a guide of the same name"));
            }
        }
    }
    for file in files(&source()).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        if !file.with_extension("rs").is_file() {
            wrong.push(format!("{} has no rule beside it", file.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in files(&root.join("src")).into_iter().chain(files(&root.join("tests"))) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let code = fs::read_to_string(&file).unwrap();
            assert!(code.starts_with("//! "), "{} does not open with a `//!` sentence", file.display());
            // The list of rules is written by this test, and grows with them.
            let written =
                code.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map_or(0, |(list, _)| list.lines().count());
            assert!(code.lines().count() - written <= 500, "{} has more than 500 lines", file.display());
        }
    }
}

/// The modules and the table, in the form `rustfmt` leaves alone.
fn listing() -> String {
    let rules = rules();
    let mut out = String::new();
    for (topic, names) in &rules {
        let topic = identifier(topic);
        _ = writeln!(out, "mod {topic} {{\n    pub(crate) mod {};\n}}", names.join(";\n    pub(crate) mod "));
    }
    // Several on a line, a topic a paragraph: one a line would be the longest file of the house.
    out.push_str("\n/// Every rule, in the order of the checklist.\n#[rustfmt::skip]\npub static RULES: &[&Rule] = &[\n");
    for topic in Topic::ALL.iter().map(|topic| topic.id().replace('-', "_")) {
        let module = identifier(&topic);
        let mut line = String::from("   ");
        for name in rules.get(&topic).into_iter().flatten() {
            let item = format!(" &{module}::{name}::RULE,");
            if line.len() + item.len() > 130 {
                _ = writeln!(out, "{line}");
                line = String::from("   ");
            }
            line.push_str(&item);
        }
        _ = writeln!(out, "{line}");
    }
    out.push_str("];");
    out.push('\n');
    out
}

/// The name of a topic's module: `static` is a word of the language.
fn identifier(topic: &str) -> String {
    if topic == "static" { format!("r#{topic}") } else { topic.to_owned() }
}

/// Folders of `src` with the rules in them, both sorted.
fn rules() -> BTreeMap<String, Vec<String>> {
    let known: Vec<String> = Topic::ALL.iter().map(|topic| topic.id().replace('-', "_")).collect();
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files(&source()) {
        let (Some(name), Some(folder)) = (file.file_stem(), file.parent().filter(|folder| *folder != source())) else { continue };
        let topic = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert!(known.contains(&topic), "src/{topic} is the folder of no topic; topics are {known:?}");
        if file.extension().is_some_and(|extension| extension == "rs") {
            rules.entry(topic).or_default().push(name.to_string_lossy().into_owned());
        }
    }
    for names in rules.values_mut() {
        names.sort();
    }
    rules
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.append(&mut files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
