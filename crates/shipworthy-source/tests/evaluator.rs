//! Modules of many constructs, evaluated and compared with what real Python saw in them (`evaluator/measure.py`).

use std::collections::BTreeMap;
use std::path::Path;

use shipworthy_model::{Artifacts, Settings, Version};
use shipworthy_source::MemoryTree;
use shipworthy_source::python::{Environment, Request, evaluate};
use shipworthy_source::tagged::{self, Status};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evaluator")
}

fn settings(module: &str) -> Settings {
    let mut tree = MemoryTree::default();
    for name in [format!("{module}.py"), "data/settings.ini".into(), "data/settings.yml".into()] {
        tree.insert(&name, std::fs::read(folder().join(&name)).expect("the file is there"));
    }
    evaluated(&tree, module)
}

fn evaluated(tree: &MemoryTree, module: &str) -> Settings {
    let request = Request {
        tree,
        root: "/project",
        search_path: &[String::new()],
        module,
        environment: &Environment::default(),
        django: Version::parse("6.0").expect("a version"),
        dependencies: None,
    };
    evaluate(&request, &mut Artifacts::default())
}

fn agrees(module: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{module}.py"))).expect("the module is there");
    let unknown: Vec<&str> =
        text.lines().find_map(|line| line.strip_prefix("# unknown: ")).map_or_else(Vec::new, |names| names.split(", ").collect());
    let measured = std::fs::read_to_string(folder().join(format!("{module}.json"))).expect("the measurement is there");
    let measured: BTreeMap<String, serde_json::Value> = serde_json::from_str(&measured).expect("the measurement is JSON");
    let settings = settings(module);
    assert!(settings.load_errors.is_empty(), "{:?}", settings.load_errors);
    for (name, theirs) in measured {
        let ours = &settings.explicit(&name).unwrap_or_else(|| panic!("{module}: {name} is not set")).value;
        if unknown.contains(&&*name) {
            assert_ne!(tagged::status(ours), Status::Known, "{module}: {name} cannot be known");
        } else {
            assert_eq!(tagged::to_json(ours, true).to_string(), theirs.to_string(), "{module}: {name}");
        }
    }
}

#[test]
fn regular_expressions_match_as_in_python() {
    agrees("expressions");
}

#[test]
fn files_of_settings_are_read_as_in_python() {
    agrees("data_files");
}

#[test]
fn classes_behave_as_in_python() {
    agrees("classes");
}

#[test]
fn the_standard_library_behaves_as_in_python() {
    agrees("library");
}

/// Undoing and joining copy what branches change: that is work, and bounded like all work.
#[test]
fn what_is_copied_for_undecided_branches_is_paid_for() {
    let module = |branches: u32| {
        let text = format!(
            "import elsewhere\nTABLE = dict.fromkeys(range(2000))\nfor key in range({branches}):\n    if elsewhere.odd(key):\n        TABLE[key] = key\n"
        );
        let mut tree = MemoryTree::default();
        tree.insert("settings.py", text.into_bytes());
        let table = evaluated(&tree, "settings").explicit("TABLE").expect("it is set").value.clone();
        tagged::status(&table)
    };
    assert_eq!(module(20), Status::Partial);
    assert_eq!(module(2000), Status::Unknown);
}
