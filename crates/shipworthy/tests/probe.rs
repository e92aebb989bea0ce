//! `shipworthy probe` and `check --url` as a stranger would type them.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod program;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use program::run;
use serde_json::Value;

const PAGE: &str = "<!doctype html><html><head><title>Shop</title></head><body><form action=\"/admin/\">\
    <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"p1anted-token\"></form></body></html>";
/// What Django itself writes for an address that leads nowhere, while DEBUG is off.
const BARE: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  \
    <h1>Not Found</h1><p>Nothing here.</p>\n</body>\n</html>\n";
const MANAGE: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
const SETTINGS: &str = "\
import os

SECRET_KEY = os.environ['SECRET_KEY']
INSTALLED_APPS = []
ROOT_URLCONF = 'urls'
MIDDLEWARE = ['django.middleware.security.SecurityMiddleware', 'django.middleware.csrf.CsrfViewMiddleware']
CSRF_COOKIE_SECURE = True
SECURE_CONTENT_TYPE_NOSNIFF = False
STATIC_URL = 'static/'
DEBUG = os.environ['DEBUG'] == '1'
";

/// A site on loopback whose pages do without `Secure` and with `nosniff`. Gives its port and how
/// often it was asked.
fn site() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::spawn(move || answer(stream));
        }
    });
    (port, asked)
}

fn answer(mut stream: TcpStream) {
    let mut head = String::new();
    let mut reader = BufReader::new(&stream);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
    let found = head.starts_with("GET / ") || head.starts_with("GET /admin/login/ ");
    let (status, body) = if found { ("200 OK", PAGE) } else { ("404 Not Found", BARE) };
    let headers = "Content-Type: text/html\r\nX-Content-Type-Options: nosniff\r\nSet-Cookie: csrftoken=p1anted-cookie; Path=/; SameSite=Lax";
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

/// The kinds and evidences of what a report says of a rule.
fn said(report: &Value, list: &str, rule: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report[list].as_array().unwrap().iter().filter(|it| it["rule"] == rule);
    findings.map(|it| (text(&it["kind"]), text(&it["evidence"]))).collect()
}

fn pair(kind: &str, evidence: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), evidence.to_owned())]
}

#[test]
fn a_recording_gives_the_same_report_without_asking() {
    let folder = tempfile::tempdir().unwrap();
    let (port, asked) = site();
    let url = format!("http://127.0.0.1:{port}/");
    let live = run(folder.path(), &["probe", &url, "--save", "x.har", "--output-format", "json"]);
    assert_eq!(live.code, 1, "{}", live.err);
    assert_eq!(said(&live.json(), "findings", "csrf-cookie-insecure"), pair("fail", "wire"));
    let recording = std::fs::read_to_string(folder.path().join("x.har")).unwrap();
    assert!(!recording.contains("p1anted"), "a planted secret is recorded");
    let before = asked.load(Ordering::SeqCst);
    let again = run(folder.path(), &["probe", "--from", "x.har", "--output-format", "json"]);
    assert_eq!(again.json()["findings"], live.json()["findings"]);
    assert_eq!(asked.load(Ordering::SeqCst), before, "a recording is judged without asking");
    for format in ["text", "sarif", "github", "django"] {
        let told = run(folder.path(), &["probe", "--from", "x.har", "--output-format", format]);
        assert_eq!(told.code, 1, "{format}: {}", told.err);
    }
    let sarif = run(folder.path(), &["probe", "--from", "x.har", "--output-format", "sarif"]).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let cookie = results.iter().find(|it| it["ruleId"] == "csrf-cookie-insecure").unwrap();
    assert_eq!(cookie["webRequest"]["target"], "/admin/login/");
    assert_eq!(cookie["attachments"][0]["artifactLocation"]["uri"], "x.har");
    assert_eq!(
        (&cookie["webResponse"]["statusCode"], &cookie["webResponse"]["noResponseReceived"]),
        (&200.into(), &false.into())
    );
    let schema = include_str!("data/sarif-schema-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&sarif), "{:?}", schema.iter_errors(&sarif).next());
}

#[test]
fn source_and_site_make_one_report() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shop")).unwrap();
    std::fs::write(folder.path().join("manage.py"), MANAGE).unwrap();
    std::fs::write(folder.path().join("shop/settings.py"), SETTINGS).unwrap();
    let url = format!("http://127.0.0.1:{}/", site().0);
    let alone = run(folder.path(), &["check", "--output-format", "json"]).json();
    assert_eq!(said(&alone, "findings", "csrf-cookie-insecure"), pair("pass", "source"));
    assert_eq!(said(&alone, "findings", "debug-enabled"), pair("open", "source"));
    let both = run(folder.path(), &["check", "--url", &url, "--output-format", "json"]).json();
    // The settings say Secure, the site does not: drift, once, with both places.
    assert_eq!(said(&both, "findings", "csrf-cookie-insecure"), pair("fail", "wire"));
    let drift = both["findings"].as_array().unwrap().iter().find(|it| it["rule"] == "csrf-cookie-insecure").unwrap();
    assert_eq!(drift["location"]["path"], "shop/settings.py");
    assert_eq!(drift["exchanges"][0]["status"], 200);
    // The settings say no nosniff, the site sends it: the fail survives, and tells of the other.
    assert_eq!(said(&both, "findings", "nosniff-off"), pair("fail", "source"));
    // The settings left it open, the site answers it.
    assert_eq!(said(&both, "findings", "debug-enabled"), pair("pass", "wire"));
    assert_eq!(said(&both, "suppressed", "debug-enabled"), pair("open", "source"));
}

#[test]
fn strangers_are_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let resolve = ["--resolve", "shop.example:192.0.2.1"];
    let asked = |more: &[&str]| run(folder.path(), &[&["probe", "https://shop.example/"], &resolve[..], more].concat());
    let refused = asked(&[]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("nobody has said that you may test it") && refused.err.contains("--i-own-this"),
        "{}",
        refused.err
    );
    let plan = asked(&["--dry-run"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    for line in ["GET https://shop.example/", "GET https://ship_worthy.invalid/", "offers TLS 1.0"] {
        assert!(plan.out.contains(line), "{line}: {}", plan.out);
    }
    assert!(plan.out.lines().all(|line| !line.contains("POST")));
}

#[test]
fn a_site_that_does_not_answer_cannot_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let silent = run(folder.path(), &["probe", &format!("http://127.0.0.1:{port}/")]);
    assert_eq!(silent.code, 2);
    assert!(silent.err.contains("gives no answer: the connection was refused"), "{}", silent.err);
}

#[test]
fn what_is_typed_wrong_is_named_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.har"), "{}").unwrap();
    for (arguments, words) in [
        (&["probe"][..], "it takes the address of a site"),
        (&["probe", "ftp://x/"], "is no address of a site"),
        (&["probe", "http://127.0.0.1/", "--header", "p1anted"], "--header: it takes NAME: VALUE"),
        (&["probe", "http://127.0.0.1/", "--header", "Host: x"], "--resolve"),
        (&["probe", "http://127.0.0.1/", "--cacert", "nowhere.pem"], "nowhere.pem cannot be read"),
        (&["probe", "--from", "x.har"], "the recording cannot be used"),
    ] {
        let run = run(folder.path(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.err.contains(words), "{arguments:?}: {}", run.err);
    }
}
