//! Every supported Django, with DEBUG on and off: what it is known by is the same in all.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use shipworthy_model::Sign;
use shipworthy_wire::transcript;
use tempfile::TempDir;

use crate::process::missing;
use crate::report::Report;

/// A site of the standard library's server; it stops when it is dropped.
struct Site {
    child: Child,
    port: u16,
    folder: TempDir,
}

/// The Pythons that have a Django.
fn pythons() -> Vec<String> {
    let list = std::env::var("SHIPWORTHY_DJANGOS").unwrap_or_default();
    if list.is_empty() {
        missing("SHIPWORTHY_DJANGOS");
    }
    list.split_whitespace().map(str::to_owned).collect()
}

impl Site {
    fn start(python: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/app.py");
        let mut command = Command::new(python);
        command.arg(app).arg(folder.path()).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{python} did not start the site"));
        Self { child, port, folder }
    }

    fn probe(&self) -> Report {
        Report::of(self.folder.path(), &["probe", &format!("http://127.0.0.1:{}/", self.port)])
    }

    /// What is recognised in the answer to a request.
    fn signs(&self, method: &str, path: &str, host: &str) -> Vec<Sign> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let answer = format!("{}\n\n{body}", head.replace("\r\n", "\n"));
        let exchange = transcript::exchange("GET", &format!("http://127.0.0.1{path}"), None, None, &answer).unwrap();
        exchange.response().unwrap().signs.iter().copied().collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request, and what shows in the answer with DEBUG and without.
type Page = (&'static str, &'static str, &'static str, &'static [Sign], &'static [Sign]);

#[rustfmt::skip]
const PAGES: &[Page] = &[
    ("GET", "/", "127.0.0.1", &[], &[]),
    ("GET", "/nowhere/", "127.0.0.1", &[Sign::DebugNotFound], &[Sign::StockNotFound]),
    ("GET", "/boom", "127.0.0.1", &[Sign::DebugException], &[Sign::StockServerError]),
    ("GET", "/bad", "127.0.0.1", &[Sign::DebugException], &[Sign::StockBadRequest]),
    ("GET", "/", "ship_worthy.invalid", &[Sign::DebugException, Sign::Reflected], &[Sign::StockBadRequest]),
    ("GET", "/forbidden", "127.0.0.1", &[Sign::StockForbidden], &[Sign::StockForbidden]),
    ("POST", "/form", "127.0.0.1", &[Sign::DebugCsrf, Sign::StockCsrf], &[Sign::StockCsrf]),
    ("GET", "/admin/login/", "127.0.0.1", &[Sign::CsrfField, Sign::AdminLogin], &[Sign::CsrfField, Sign::AdminLogin]),
    ("GET", "/welcome", "127.0.0.1", &[Sign::DebugWelcome], &[Sign::DebugWelcome]),
];

#[test]
fn pages_are_known_by_the_same_signs() {
    for python in pythons() {
        for debug in [true, false] {
            let site = Site::start(&python, if debug { &[("DEBUG", "1")] } else { &[] });
            for (method, path, host, with, without) in PAGES {
                let found = site.signs(method, path, host);
                let expected = if debug { with } else { without };
                let missing: Vec<_> = expected.iter().filter(|sign| !found.contains(sign)).collect();
                let more: Vec<_> = found.iter().filter(|sign| !expected.contains(sign) && **sign != Sign::Reflected).collect();
                assert!(missing.is_empty() && more.is_empty(), "{python} DEBUG={debug} {method} {path} {host}: {found:?}");
            }
        }
    }
}

#[test]
fn debug_and_hosts_are_told_for_what_they_are() {
    for python in pythons() {
        for (debug, any, forwarded) in [(false, false, false), (true, false, false), (false, true, true)] {
            let mut environment = Vec::new();
            environment.extend(debug.then_some(("DEBUG", "1")));
            environment.extend(any.then_some(("HOSTS", "*")));
            environment.extend(forwarded.then_some(("FORWARDED_HOST", "1")));
            let site = Site::start(&python, &environment);
            let report = site.probe();
            let (failed, passed) = (report.failed(), report.passed());
            let told = format!("{python} {environment:?}: {failed:?}");
            assert_eq!(failed.contains("debug-enabled"), debug, "{told}");
            assert_eq!(passed.contains("debug-enabled"), !debug, "{told}");
            assert_eq!(failed.contains("allowed-hosts-wildcard"), any, "{told}");
            assert_eq!(failed.contains("forwarded-host-trusted"), forwarded, "{told}");
            assert_eq!(failed.contains("error-page-missing"), !debug, "Django's bare page is recognised: {told}");
            for rule in ["development-server", "unknown-host-forwarded", "csrf-cookie-insecure", "ssl-redirect-off"] {
                assert!(failed.contains(rule), "{rule} {told}");
            }
        }
    }
}
