//! The shop of the examples in a cluster: the fit manifests bring no fault, and every fault of the unfit ones is found.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod program;

use std::collections::BTreeSet;
use std::path::Path;

use program::{copy, failing};

/// The rules that fail at severity low or worse for the fit shop with these manifests in the place of its compose file.
fn faults(manifests: &str) -> BTreeSet<String> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let folder = tempfile::tempdir().unwrap();
    copy(&examples.join("fit"), folder.path());
    std::fs::remove_file(folder.path().join("compose.yaml")).unwrap();
    std::fs::remove_dir_all(folder.path().join("nginx")).unwrap();
    copy(&examples.join("kubernetes").join(manifests), &folder.path().join("k8s"));
    failing(folder.path())
}

#[test]
fn the_fit_cluster_is_silent() {
    assert_eq!(faults("fit"), BTreeSet::new());
}

#[test]
fn every_fault_of_the_unfit_cluster_is_found() {
    let planted = [
        "database-backup-unproven",
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
