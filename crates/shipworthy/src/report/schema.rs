//! The published schemas follow the structs they describe; this test rewrites them when they lag behind.

use std::path::Path;

fn assert_current(name: &str, schema: &schemars::Schema) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(name);
    let current = serde_json::to_string_pretty(schema).expect("a schema serialises") + "\n";
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if committed != current {
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("the folder of schemas");
        std::fs::write(&path, current).expect("the schema can be written");
        panic!("schemas/{name} was out of date and is now up to date: run again");
    }
}

#[test]
fn check() {
    assert_current("check.schema.json", &schemars::schema_for!(super::json::Report));
}

#[test]
fn env_vars() {
    assert_current("env-vars.schema.json", &schemars::schema_for!(super::env_vars::Report));
}

#[test]
fn difference() {
    assert_current("settings-diff.schema.json", &schemars::schema_for!(super::difference::Report));
}

#[test]
fn settings() {
    assert_current("settings.schema.json", &schemars::schema_for!(super::settings::Report));
}

#[test]
fn deployment() {
    assert_current("deployment.schema.json", &schemars::schema_for!(super::deployment_json::Report));
}
