//! The table of Django's settings and checks agrees with the Djangos that are installed.

#![allow(clippy::unwrap_used, clippy::pedantic)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};
use shipworthy_model::Version;
use shipworthy_model::django::{self, CHECKS, SETTINGS};
use shipworthy_source::tagged;

#[path = "oracle/pythons.rs"]
mod pythons;

#[test]
fn the_table_is_what_django_says() {
    let pythons = pythons::interpreters("django_table");
    std::thread::scope(|scope| {
        for python in &pythons {
            scope.spawn(|| compare(python));
        }
    });
}

fn compare(python: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/django_facts.py");
    let output = Command::new(python).arg(&script).arg("--probe").output().expect("the interpreter starts");
    assert!(output.status.success(), "{}: {}", python.display(), String::from_utf8_lossy(&output.stderr));
    let facts: Json = serde_json::from_slice(&output.stdout).unwrap();
    let release = |index: usize| u16::try_from(facts["release"][index].as_u64().unwrap()).unwrap();
    let version = Version::new(release(0), release(1));

    let settings = facts["settings"].as_object().unwrap();
    for (name, default) in settings {
        assert!(django::knows(&version, name), "Django {version} knows {name}");
        let ours = django::default(&version, name).map_or_else(|| json!({"$unset": true}), |value| tagged::to_json(&value, true));
        assert_eq!(&ours, default, "{name} of Django {version}");
    }
    for fact in SETTINGS.iter().filter(|fact| django::knows(&version, fact.name)) {
        assert!(settings.contains_key(fact.name), "Django {version} does not know {}", fact.name);
    }

    let checks = facts["checks"].as_object().unwrap();
    for check in CHECKS {
        let deploy = checks.get(check.id).map(|deploy| deploy.as_bool().unwrap());
        let expected = check.releases.contains(&version.feature()).then_some(check.deploy);
        assert_eq!(deploy, expected, "{} of Django {version}", check.id);
    }
    for id in checks.keys() {
        assert!(CHECKS.iter().any(|check| check.id == id), "Django {version} has {id}");
    }
}
