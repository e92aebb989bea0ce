//! A Django site as a child process, and the program that looks at it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// It stops when it is dropped.
pub(crate) struct Site {
    child: Child,
    /// Its port.
    pub(crate) port: u16,
    /// Its folder, which holds what a project holds: `manage.py`, `.env` and `static`.
    pub(crate) folder: TempDir,
}

/// The Pythons that have a Django.
pub(crate) fn pythons() -> Vec<String> {
    let list = std::env::var("SHIPWORTHY_DJANGOS").unwrap_or_default();
    if list.is_empty() {
        eprintln!("SHIPWORTHY_DJANGOS names no Python: nothing to do");
    }
    list.split_whitespace().map(str::to_owned).collect()
}

impl Site {
    /// Starts it and waits until it listens.
    pub(crate) fn start(python: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("static")).unwrap();
        let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
        std::fs::write(folder.path().join("manage.py"), manage).unwrap();
        std::fs::write(folder.path().join(".env"), "SECRET_KEY=p1anted-live\n").unwrap();
        let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/app.py");
        let mut command = Command::new(python);
        command.arg(app).arg(folder.path().join("static")).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{python} did not start the site"));
        Self { child, port, folder }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Where the static files are collected.
    pub(crate) fn statics(&self) -> PathBuf {
        self.folder.path().join("static")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `shipworthy probe` reports.
pub(crate) fn probe(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_shipworthy"))
        .arg("probe")
        .args(arguments)
        .args(["--output-format", "json"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("p1anted"), "a planted secret is printed");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}
