//! The Pythons that the oracle tests ask: environments with Django and the libraries that settings use.

use std::io::Write as _;
use std::path::PathBuf;

/// The interpreters named by `SHIPWORTHY_DJANGOS`, separated by spaces or colons. Says so on the terminal where there are none.
pub(crate) fn interpreters(test: &str) -> Vec<PathBuf> {
    let named = std::env::var("SHIPWORTHY_DJANGOS").unwrap_or_default();
    let paths: Vec<PathBuf> = named.split([' ', ':']).filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        // Straight to the terminal: the output of a passing test is not shown.
        let _ = writeln!(std::io::stderr(), "{test}: SKIPPED, SHIPWORTHY_DJANGOS names no interpreter with Django");
    }
    paths
}
