//! The shop of the examples in a cluster: the fit manifests bring no fault, and every fault of the unfit ones is found.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

use std::collections::BTreeSet;
use std::path::Path;

use assert_cmd::Command;

/// The rules that fail at severity low or worse for the fit shop with these manifests in the place of its compose file.
fn faults(manifests: &str) -> BTreeSet<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let folder = tempfile::tempdir().unwrap();
    copy(&examples.join("fit"), folder.path());
    std::fs::remove_file(folder.path().join("compose.yaml")).unwrap();
    std::fs::remove_dir_all(folder.path().join("nginx")).unwrap();
    copy(&examples.join("kubernetes").join(manifests), &folder.path().join("k8s"));
    let output = Command::cargo_bin("shipworthy")
        .unwrap()
        .current_dir(folder.path())
        .args(["check", "--output-format", "json"])
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let failed = findings.iter().filter(|finding| finding["kind"] == "fail" && finding["severity"] != "info");
    failed.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            std::fs::copy(&path, &place).unwrap();
        }
    }
}

#[test]
fn the_fit_cluster_is_silent() {
    assert_eq!(faults("fit"), BTreeSet::new());
}

#[test]
fn every_fault_of_the_unfit_cluster_is_found() {
    let planted = [
        "dev-settings-module",
        "forwarder-trust-all",
        "logs-lost",
        "migrations-raced",
        "password-guessable",
        "postgres-trust",
        "redis-unauthenticated",
        "secret-in-deployment-file",
        "server-autoreload",
        "server-runs-as-root",
        "server-timeout-unfit",
        "service-published",
        "tooling-published",
    ];
    assert_eq!(faults("unfit"), planted.map(str::to_owned).into());
}
