//! Library models against what the real libraries gave: the cases in `libraries/` were measured by `libraries/measure.py`.

use shipworthy_model::{Artifacts, Given, Version};
use shipworthy_source::python::{Environment, Request, Shelf, evaluate};
use shipworthy_source::{MemoryTree, tagged};

const ROOT: &str = "/project";

struct Case {
    name: String,
    environment: Environment,
    module: String,
    tree: MemoryTree,
    /// Names with their values; `None` for those that are left open.
    expected: Vec<(String, Option<serde_json::Value>)>,
}

fn cases(text: &str) -> Vec<Case> {
    text.split("\n=== ").map(|block| case(block.trim_start_matches("=== "))).collect()
}

fn case(block: &str) -> Case {
    let (head, rest) = block.split_once('\n').expect("a case has settings");
    let words: Vec<String> = shlex::split(head).expect("a head is shell words");
    let mut environment = Environment::default();
    let mut module = "settings".to_owned();
    for word in &words[1..] {
        let (name, value) = word.split_once('=').expect("variables have values");
        match name {
            "MODULE" => value.clone_into(&mut module),
            "SETUP" => {}
            _ => {
                environment.variables.insert(name.into(), (value.into(), Given::CommandLine));
            }
        }
    }
    let mut tree = MemoryTree::default();
    let mut expected = Vec::new();
    for (index, part) in rest.split("\n--- ").enumerate() {
        let (name, text) = if index == 0 { ("settings.py", part) } else { part.split_once('\n').unwrap_or((part, "")) };
        if name == "expects" {
            for line in text.lines().filter(|line| !line.is_empty()) {
                let (name, value) = line.split_once(" = ").expect("a value has a name");
                let value = value.replace("$ROOT", ROOT);
                expected.push((name.to_owned(), (value != "?").then(|| serde_json::from_str(&value).expect(line))));
            }
        } else {
            tree.insert(name, format!("{text}\n"));
        }
    }
    Case { name: words[0].clone(), environment, module, tree, expected }
}

/// Sets have no order.
fn ordered(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(mut entries) => {
            if let Some(serde_json::Value::Array(items)) = entries.get_mut("$set") {
                items.sort_by_key(ToString::to_string);
            }
            entries.into_iter().map(|(name, value)| (name, ordered(value))).collect()
        }
        serde_json::Value::Array(items) => items.into_iter().map(ordered).collect(),
        other => other,
    }
}

fn differences(case: &Case) -> Vec<String> {
    let search_path = [String::new()];
    let request = Request {
        tree: &case.tree,
        root: ROOT,
        search_path: &search_path,
        module: &case.module,
        environment: &case.environment,
        django: Version::parse("6.1").expect("a version"),
        dependencies: None,
        shelf: &Shelf::default(),
    };
    let settings = evaluate(&request, &mut Artifacts::default());
    let mut found = Vec::new();
    let raised: Vec<&str> = settings
        .load_errors
        .iter()
        .filter(|error| error.certain || error.variable.is_some())
        .map(|error| &*error.exception)
        .collect();
    let fails = case.expected.iter().find(|(name, _)| name == "error");
    if let Some((_, Some(exception))) = fails {
        if !raised.iter().any(|raised| exception == raised) {
            found.push(format!("{}: should raise {exception}, raises {raised:?}", case.name));
        }
        return found;
    }
    if !raised.is_empty() {
        found.push(format!("{}: raises {raised:?}", case.name));
    }
    for (name, value) in &case.expected {
        let ours = settings.explicit.get(name.as_str()).map(|setting| tagged::to_json(&setting.value, true));
        match value {
            Some(value) if ours.clone().map(ordered) != Some(ordered(value.clone())) => {
                found.push(format!("{}: {name} is {value}, not {}", case.name, ours.unwrap_or_default()));
            }
            None if ours.as_ref().is_none_or(|ours| !ours.to_string().contains("$unknown")) => {
                found.push(format!("{}: {name} is known by now: {}", case.name, ours.unwrap_or_default()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn models_give_what_the_libraries_give() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/libraries");
    let mut found = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the cases are there") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            for case in cases(&std::fs::read_to_string(&path).expect("text")) {
                count += 1;
                found.extend(differences(&case));
            }
        }
    }
    assert!(count > 40, "only {count} cases");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
