//! Credentials do not leave the project's Python: neither on the way to us nor in any report.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value as Json;

use crate::project::{Project, pythons};

const PLANTS: [&str; 12] = [
    "planted-key-0a1b2c3d4e5f",
    "planted-fallback-6a7b",
    "planted-database-8c9d",
    "planted-url-0e1f",
    "planted-nested-2a3b",
    "planted-variable-4c5d",
    "planted-dsn-6e7f8a9b0c1d2e3f",
    "sk_live_planted8c9d0e1f2a",
    "planted-raised-3b4c",
    "planted-check-5d6e",
    "planted-route-7f8a",
    "planted-bytes-9b0c",
];

const SETTINGS: &str = r#"
import os

SECRET_KEY = "planted-key-0a1b2c3d4e5f" * 3
SECRET_KEY_FALLBACKS = ["planted-fallback-6a7b"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "PASSWORD": "planted-database-8c9d"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:planted-url-0e1f@cache/0"}}
INTEGRATIONS = {"mail": [{"options": {"api_key": "planted-nested-2a3b"}}], "planted-nested-2a3b": 1}
API_KEYS = {"planted-nested-2a3b": "client"}
API_TOKEN = os.environ["API_TOKEN"]
DSN = "https://planted-dsn-6e7f8a9b0c1d2e3f@sentry.example/1"
PAYMENT = "key: sk_live_planted8c9d0e1f2a"
WEBHOOK_TOKEN = "planted-route-7f8a"
CHECKED_PASSWORD = "planted-check-5d6e"
BYTES_SECRET = b"planted-bytes-9b0c"
INSTALLED_APPS = [*INSTALLED_APPS, "stock"]
MIDDLEWARE = [*MIDDLEWARE, "stock.middleware.Loud"]
print(API_TOKEN, flush=True)
os.write(2, API_TOKEN.encode())
"#;

fn plant() -> Project {
    let project = Project::new(SETTINGS);
    project.write("stock/__init__.py", "");
    project.write(
        "stock/apps.py",
        "from django.apps import AppConfig\n\n\nclass Stock(AppConfig):\n    name = 'stock'\n\n    def ready(self):\n        from . import checks\n",
    );
    project.write(
        "stock/checks.py",
        "from django.conf import settings\nfrom django.core.checks import Warning, register\n\n\n@register()\ndef loud(app_configs, **kwargs):\n    \
         return [Warning('the password is ' + settings.CHECKED_PASSWORD, id='stock.W001', obj=settings.SECRET_KEY)]\n",
    );
    project.write(
        "stock/middleware.py",
        "class Loud:\n    def __init__(self, get_response):\n        password = 'planted-raised-3b4c'\n        raise RuntimeError('bad password ' + password)\n",
    );
    project.write(
        "shop/urls.py",
        "from django.conf import settings\nfrom django.contrib import admin\nfrom django.urls import path\n\nurlpatterns = [path(settings.WEBHOOK_TOKEN + '/admin/', admin.site.urls)]\n",
    );
    project
}

fn assert_clean(what: &str, shown: &str) {
    for plant in PLANTS {
        assert!(!shown.contains(plant), "{what} holds {plant}:\n{shown}");
    }
}

#[test]
fn no_report_holds_one() {
    for python in pythons() {
        let project = plant();
        for format in ["text", "json", "sarif", "github", "django"] {
            let said = project.check(&python, &["--env=API_TOKEN=planted-variable-4c5d", "--verbose", "--output-format", format]);
            assert!(said.text.contains("stock.W001"), "{python} {format}: {}", said.told);
            assert_clean(format, &said.text);
        }
    }
}

/// The two halves of the program, as they run in the project's Python.
fn program() -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/runtime");
    ["credentials.py", "witness.py"].map(|name| std::fs::read_to_string(folder.join(name)).unwrap()).concat()
}

#[test]
fn none_comes_out_of_the_process() {
    for python in pythons() {
        let project = plant();
        let root = project.folder.path().to_string_lossy().into_owned();
        for settings in ["", "raise RuntimeError('it is ' + API_TOKEN + ' and planted-raised-3b4c' if SECRET_KEY else '')\n"] {
            let place = project.folder.path().join("shop/settings.py");
            let text = std::fs::read_to_string(&place).unwrap();
            std::fs::write(&place, format!("{text}PASSWORD_HERE = 'planted-raised-3b4c'\n{settings}")).unwrap();
            let orders = serde_json::json!({"mark": "told", "limit": 60, "root": root, "module": "shop.settings", "search_path": [root],
                "manage": format!("{root}/manage.py"), "migrations": false});
            let output = Command::new(&python)
                .args(["-B", "-c", &program(), &orders.to_string()])
                .current_dir(&root)
                .env("API_TOKEN", "planted-variable-4c5d")
                .output()
                .unwrap();
            let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
            assert!(
                told.contains("\"stage\": \"end\"") && told.lines().all(|line| line.starts_with("told {")),
                "{python}: {told}"
            );
            assert!(told.contains("RuntimeError"), "{python}: {told}");
            assert_clean(&python, &told);
        }
    }
}

/// What the source takes for a credential, a run does too.
#[test]
fn both_sides_agree_on_what_a_credential_is() {
    let Some(python) = pythons().pop() else { return };
    let names = [
        "SECRET_KEY",
        "PASSWORD",
        "EMAIL_HOST_PASSWORD",
        "API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "TOKEN_TTL",
        "PASSWORD_HASHERS",
        "CACHE_KEY_PREFIX",
        "SIGNATURE",
        "PRIVATE_DIR",
        "DEBUG_NAME",
        "KEY_FILE",
        "STRIPE_API_VERSION",
        "COMPASS",
        "CREDENTIALS",
        "AUTH_PASSWORD_VALIDATORS",
        "PLAIN",
    ];
    let texts = [
        "",
        "short",
        "hunter-22",
        "shop.settings.base",
        "/srv/key.pem",
        "https://shop.example/",
        "postgres://u:hunter@db/shop",
        "redis://:pw-123456@cache",
        "AKIA0123456789ABCDEF",
        "ghp_0123456789abcdefghijklmnop",
        "changeme",
        "s3cr3t",
        "a b c d e f g",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "amqp://guest@mq/",
    ];
    let mut settings = String::new();
    for (index, name) in names.iter().enumerate() {
        for (number, text) in texts.iter().enumerate() {
            writeln!(settings, "V{index}_{number} = {{\"{name}\": {text:?}}}").unwrap();
        }
    }
    let project = Project::new(&settings);
    let output = Command::new(env!("CARGO_BIN_EXE_shipworthy"))
        .args(["settings", "--output-format", "json", "--path"])
        .arg(project.folder.path())
        .output()
        .unwrap();
    let read: Json = serde_json::from_slice(&output.stdout).unwrap();

    let program = program().replace(
        "if __name__ == \"__main__\":",
        "for name, text in json.loads(sys.argv[1]):\n    print(json.dumps([name, text, is_hidden(text, privacy(name))]))\nif False:",
    );
    let pairs: Vec<(&str, &str)> = names.iter().flat_map(|name| texts.iter().map(|text| (*name, *text))).collect();
    let output = Command::new(&python).args(["-c", &program, &serde_json::json!(pairs).to_string()]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let told: Vec<Json> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), names.len() * texts.len(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut hidden = 0;
    for (line, told) in told.iter().enumerate() {
        let setting = format!("V{}_{}", line / texts.len(), line % texts.len());
        let by_source = read["settings"][&setting]["value"]["$dict"][0][1]["$secret"].is_object();
        let by_run = told[2] == true;
        // A run also hides a URL's user without a password, and a token that stands within a text.
        assert!(by_run || !by_source, "the source hides {told}, a run does not");
        assert!(by_source || !by_run || told[1].as_str().unwrap().contains("://"), "a run hides {told}, the source does not");
        hidden += usize::from(by_run);
    }
    assert!(hidden > 60, "{hidden}");
}
