//! What tests of the whole program share: folders to run it in, and runs of it.
#![allow(dead_code, unreachable_pub)] // each test takes what it needs

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;

/// What a run came to.
pub struct Run {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Run {
    /// Its output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs shipworthy in a folder, for a page of 100 columns. No credential that a test plants, spelled with `p1anted`, may be shown.
pub fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = Command::cargo_bin("shipworthy")
        .unwrap()
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let run = Run { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!run.out.contains("p1anted") && !run.err.contains("p1anted"), "a planted secret is printed: {arguments:?}");
    run
}

/// The rules that fail at severity low or worse for the project in a folder.
pub fn failing(folder: &Path) -> BTreeSet<String> {
    let report = run(folder, &["check", "--output-format", "json"]).json();
    let findings = report["findings"].as_array().unwrap().iter();
    let failing = findings.filter(|finding| finding["kind"] == "fail" && finding["severity"] != "info");
    failing.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

/// Writes files, given by their paths in the folder, and the folders that they lie in.
pub fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let place = folder.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }
}

/// Copies all that a folder holds into another.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}
