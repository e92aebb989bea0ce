//! The program that is tried, and what its reports say.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a run said.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    /// Runs the program in a folder and reads its report.
    pub(crate) fn of(folder: &Path, arguments: &[&str]) -> Self {
        let text = text(folder, &[arguments, &["--output-format", "json"]].concat());
        Self(serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {text}")))
    }

    /// The findings of a rule, of any kind.
    pub(crate) fn of_rule(&self, rule: &str) -> Vec<&Value> {
        self.0["findings"].as_array().unwrap().iter().filter(|it| it["rule"] == rule).collect()
    }

    /// The ids of the rules that failed, however mildly.
    pub(crate) fn failed(&self) -> BTreeSet<String> {
        self.ids("fail", "")
    }

    /// The ids of the rules that failed, but for mere advice.
    pub(crate) fn failed_gravely(&self) -> BTreeSet<String> {
        self.ids("fail", "info")
    }

    /// The ids of the rules that passed.
    pub(crate) fn passed(&self) -> BTreeSet<String> {
        self.ids("pass", "")
    }

    fn ids(&self, kind: &str, but: &str) -> BTreeSet<String> {
        let findings = self.0["findings"].as_array().unwrap().iter();
        let found = findings.filter(|it| it["kind"] == kind && it["severity"] != but);
        found.map(|it| it["rule"].as_str().unwrap().to_owned()).collect()
    }

    /// What it says of rules, for people.
    pub(crate) fn told<'r>(&self, rules: impl IntoIterator<Item = &'r String>) -> String {
        let line = |it: &Value| {
            format!(
                "\n    {} {} {} {}",
                it["rule"],
                it["kind"],
                it["message"],
                it["exchanges"].as_array().map_or(&Value::Null, |all| all.first().unwrap_or(&Value::Null))
            )
        };
        rules.into_iter().flat_map(|rule| self.of_rule(rule)).map(line).collect()
    }
}

/// What the program prints. The credentials of the tests are never in it.
pub(crate) fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_shipworthy")).current_dir(folder).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!out.contains("p1anted") && !err.contains("p1anted"), "a planted secret is printed: {arguments:?}");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {err}");
    out.into_owned()
}

/// A set as it is written in tests.
pub(crate) fn set(rules: &[&str]) -> BTreeSet<String> {
    rules.iter().map(|rule| (*rule).to_owned()).collect()
}
