//! `shipworthy settings`: stories, environment variables, differences, and the environments they are seen in.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod program;

use std::path::Path;

use assert_cmd::Command;
use program::{run, write};
use serde_json::Value as Json;

const BASE: &str = r#"import os
import environ
from decouple import config

env = environ.Env()

def flag(name):
    return os.environ.get(name, "no") == "yes"

DEBUG = True
SECRET_KEY = env("SECRET_KEY")
API_TOKEN = config("API_TOKEN", default="p1anted-token-77")
WORKERS = int(os.environ.get("WORKERS", "4"))
SECURE_SSL_REDIRECT = flag("REDIRECT")
ALLOWED_HOSTS = []
INSTALLED_APPS = ["django.contrib.auth", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "a.db"}}
ROOT_URLCONF = "shop.urls"
"#;
const PRODUCTION: &str = r#"from .base import *

STAGE = os.environ.get("STAGE", "live")
if STAGE == "live":
    DEBUG = False
    ALLOWED_HOSTS += ["shop.example"]
if env.bool("TOOLBAR", default=False):
    INSTALLED_APPS.append("debug_toolbar")
    TOOLBAR_PANELS = []
    EMAIL_PORT = 2525
DATABASES = {"default": env.db("DATABASE_URL", default="postgres://shop:p1anted-pass-88@db/shop")}
EMAIL_TIMEOUT = 5
"#;
const DEVELOPMENT: &str = r#"from .base import *

INSTALLED_APPS += ["debug_toolbar"]
SECRET_KEY = "p1anted-key-99-0123456789"
INTERNAL_IPS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
"#;
const CONFIG: &str = r#"[tool.shipworthy]
settings = "shop.settings.production"
[tool.shipworthy.environments.production]
env-file = "deploy/production.env"
env = { TOOLBAR = "off" }
[tool.shipworthy.environments.workshop]
settings = "shop.settings.development"
env-file = ["deploy/workshop.env"]
"#;

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n"),
            ("shop/__init__.py", ""),
            ("shop/urls.py", "urlpatterns = []\n"),
            ("shop/settings/__init__.py", ""),
            ("shop/settings/base.py", BASE),
            ("shop/settings/production.py", PRODUCTION),
            ("shop/settings/development.py", DEVELOPMENT),
            ("requirements.txt", "Django==5.2.3\ndjango-environ\npython-decouple\n"),
            ("deploy/production.env", "SECRET_KEY=p1anted-live-key-0123456789\nSTAGE=live\nWORKERS=8\n"),
            ("deploy/workshop.env", "SECRET_KEY=p1anted-shop-key-0123456789\n"),
            (".env.example", "SECRET_KEY=\nSTAGE=\n"),
            ("frontend/.env", "VITE_PORT=3000\n"),
        ],
    );
    folder
}

fn configured() -> tempfile::TempDir {
    let folder = project();
    std::fs::write(folder.path().join("pyproject.toml"), CONFIG).unwrap();
    folder
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let run = run(folder, &[&["settings"], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    run.out
}

/// The JSON, which follows its published schema.
fn json(folder: &Path, schema: &str, arguments: &[&str]) -> Json {
    let report: Json = serde_json::from_str(&text(folder, &[arguments, &["--output-format", "json"]].concat())).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(schema);
    let schema: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    report
}

fn named<'j>(list: &'j Json, name: &str) -> &'j Json {
    list.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name} in {list:#}"))
}

#[test]
fn a_story_tells_every_step_and_its_conditions() {
    let folder = project();
    let story = text(folder.path(), &["DEBUG"]);
    for words in [
        "DEBUG = False\n",
        "set: in shop/settings/base.py\n",
        "10 │ DEBUG = True\n",
        "then: in shop/settings/production.py, because `STAGE == \"live\"` holds\n",
        "holds: STAGE is \"live\", STAGE is not set\n",
        "what would change it\n  a value for STAGE, read at shop/settings/production.py:3\n",
    ] {
        assert!(story.contains(words), "{words:?} in {story}");
    }
    let given = text(folder.path(), &["DEBUG", "--env", "STAGE=test"]);
    for words in [
        "DEBUG = True\n",
        "passed over: in shop/settings/production.py; it would have run if `STAGE == \"live\"` held\n",
        "does not hold: STAGE is \"test\", STAGE is given\n",
        "not run\n",
        "another value for STAGE than the one that is given",
    ] {
        assert!(given.contains(words), "{words:?} in {given}");
    }
}

#[test]
fn a_story_tells_where_elements_come_from() {
    let folder = project();
    let story = text(folder.path(), &["INSTALLED_APPS", "--env", "TOOLBAR=on"]);
    assert!(story.contains("\"debug_toolbar\" from shop/settings/production.py:8"), "{story}");
    assert!(story.contains("\"django.contrib.auth\", \"shop\" from shop/settings/base.py:16"), "{story}");
}

#[test]
fn what_is_not_set_has_a_story_too() {
    let folder = project();
    let story = text(folder.path(), &["TOOLBAR_PANELS", "EMAIL_PORT"]);
    assert!(story.contains("TOOLBAR_PANELS is not set, and Django 5.2"), "{story}");
    assert!(story.contains("does not hold: TOOLBAR is not set"), "{story}");
    assert!(story.contains("EMAIL_PORT = 25\n  the default of Django 5.2"), "{story}");
    assert!(story.ends_with("what would change it\n  a value for TOOLBAR, read at shop/settings/production.py:7\n"), "{story}");
}

#[test]
fn json_tells_what_the_settings_rest_on() {
    let folder = project();
    let report = json(folder.path(), "settings.schema.json", &[]);
    assert_eq!(report["open"], Json::Null);
    assert_eq!(report["environment"], "production");
    let error = &report["load_errors"][0];
    assert_eq!((&error["variable"], &error["certain"]), (&"SECRET_KEY".into(), &true.into()));
    assert_eq!(error["location"]["path"], "shop/settings/base.py");
    let debug = &report["settings"]["DEBUG"];
    assert_eq!(debug["assumptions"][0]["kind"], "unset");
    assert_eq!(debug["assumptions"][0]["variable"], "STAGE");
    assert_eq!(debug["env"], serde_json::json!(["STAGE"]));

    std::fs::write(folder.path().join("shop/settings/production.py"), "from elsewhere.settings import *\nDEBUG = False\n")
        .unwrap();
    let report = json(folder.path(), "settings.schema.json", &[]);
    assert!(report["open"]["reason"].as_str().unwrap().contains("elsewhere.settings"), "{report:#}");
    assert_eq!(report["open"]["location"]["line"], 1);
}

#[test]
fn every_variable_is_listed_with_what_hangs_on_it() {
    let folder = project();
    let report = json(folder.path(), "env-vars.schema.json", &["--env-vars", "--env", "STAGE=live"]);
    let variables = &report["variables"];
    let names: Vec<&str> = variables.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["SECRET_KEY", "API_TOKEN", "WORKERS", "REDIRECT", "STAGE", "TOOLBAR", "DATABASE_URL"]);
    let key = named(variables, "SECRET_KEY");
    assert_eq!((&key["required"], &key["state"]), (&true.into(), &"required".into()));
    assert_eq!(key.get("default"), None);
    assert_eq!(key["reads"][0], serde_json::json!({"path": "shop/settings/base.py", "line": 11}));
    assert_eq!(key["settings"], serde_json::json!(["SECRET_KEY"]));
    assert!(key["rules"].as_array().unwrap().iter().any(|rule| rule == "secret-key-weak"), "{key:#}");
    assert!(named(variables, "API_TOKEN")["default"]["$secret"].is_object());
    assert_eq!((&named(variables, "WORKERS")["cast"], &named(variables, "WORKERS")["default"]), (&"int".into(), &"4".into()));
    assert_eq!(named(variables, "STAGE")["state"], "given");
    assert_eq!(named(variables, "TOOLBAR")["cast"], "bool");
    assert_eq!(named(variables, "TOOLBAR")["settings"], serde_json::json!(["EMAIL_PORT", "INSTALLED_APPS", "TOOLBAR_PANELS"]));
    let redirect = named(variables, "REDIRECT");
    assert_eq!((&redirect["reads"][0]["line"], &redirect["called"][0]["line"]), (&8.into(), &14.into()));
    assert_eq!(redirect["settings"], serde_json::json!(["SECURE_SSL_REDIRECT"]));
    assert!(named(variables, "DATABASE_URL")["default"].to_string().contains("$secret"));

    assert_eq!(report["unread"], serde_json::json!([]));
    let given = ["--env-vars", "--env-file", "deploy/production.env", "--env-file", "frontend/.env"];
    let report = json(folder.path(), "env-vars.schema.json", &given);
    assert_eq!(report["unread"], serde_json::json!([{"name": "VITE_PORT", "given": {"path": "frontend/.env", "line": 1}}]));
    let shown = text(folder.path(), &given);
    assert!(shown.ends_with("\ngiven, and not read by the settings: VITE_PORT\n"), "{shown}");
    assert!(shown.contains("deploy/production.env:2"), "{shown}");

    let one = json(folder.path(), "env-vars.schema.json", &["--env-vars", "STAGE"]);
    assert_eq!(one["variables"].as_array().unwrap().len(), 1);
}

#[test]
fn the_table_of_variables_keeps_to_its_width() {
    let folder = project();
    for columns in ["60", "100"] {
        let output = Command::cargo_bin("shipworthy")
            .unwrap()
            .current_dir(folder.path())
            .env("COLUMNS", columns)
            .args(["settings", "--env-vars"])
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains("\n    decides SECURE_SSL_REDIRECT\n"), "{shown}");
        let columns: usize = columns.parse().unwrap();
        let wide = shown.lines().find(|line| line.chars().count() > columns);
        assert_eq!(wide, None, "{shown}");
    }
    let shown = text(folder.path(), &["--env-vars"]).replace('\n', " ");
    let head = "shop.settings.production reads 7 environment variables: 1 required and not given, 6 taken to be unset ";
    assert!(shown.starts_with(head), "{shown}");
}

#[test]
fn two_modules_are_compared_in_effect() {
    let folder = project();
    let modules = ["--diff", "shop.settings.development", "shop.settings.production"];
    let report = json(folder.path(), "settings-diff.schema.json", &[&modules[..], &["--env", "SECRET_KEY=other"]].concat());
    assert_eq!((&report["a"], &report["b"]), (&modules[1].into(), &modules[2].into()));
    let differences = &report["differences"];
    let debug = named(differences, "DEBUG");
    assert_eq!((&debug["kind"], &debug["a"], &debug["b"]), (&"changed".into(), &true.into(), &false.into()));
    assert_eq!(debug["b_origin"].as_array().unwrap().len(), 2);
    let apps = named(differences, "INSTALLED_APPS");
    assert_eq!(apps["changes"], serde_json::json!([{"path": [], "kind": "removed", "a": "debug_toolbar"}]));
    let engine = &named(differences, "DATABASES")["changes"][0];
    assert_eq!((&engine["path"], &engine["kind"]), (&serde_json::json!(["\"default\"", "\"ENGINE\""]), &"changed".into()));
    assert_eq!(named(differences, "INTERNAL_IPS")["kind"], "only-in-a");
    assert_eq!(named(differences, "EMAIL_TIMEOUT")["kind"], "only-in-b");
    assert_eq!(named(differences, "SECRET_KEY")["kind"], "changed");
    // Set by one module to what is Django's default anyway.
    assert!(!differences.as_array().unwrap().iter().any(|it| it["name"] == "EMAIL_BACKEND"));
    assert!(report["same"].as_u64().unwrap() > 3);

    let shown = text(folder.path(), &modules);
    for words in [
        "shop.settings.development → shop.settings.production\n",
        "  DEBUG True → False\n",
        "  INSTALLED_APPS\n    - \"debug_toolbar\"\n",
        "only in shop.settings.production\n",
        "  EMAIL_TIMEOUT 5 (Django's default is None)\n",
        "not known on one side\n  SECRET_KEY ‹redacted› → unknown: ",
    ] {
        assert!(shown.contains(words), "{words:?} in {shown}");
    }
    let one = text(folder.path(), &["DEBUG", modules[0], modules[1], modules[2]]);
    assert_eq!(one.lines().count(), 4, "{one}");
    let same = text(folder.path(), &["--diff", "shop.settings.base", "shop.settings.base"]);
    assert!(same.ends_with("settings are the same in effect\n") && same.lines().count() == 1, "{same}");
}

#[test]
fn comparing_what_does_not_exist_is_an_error() {
    let folder = project();
    for (arguments, words) in [
        (&["--diff", "shop.settings.base", "shop.none"][..], "no settings module shop.none"),
        (&["--diff", "shop.settings.base"], "--diff"),
        (&["--diff", "shop.settings.base", "shop.settings.base", "--env-vars"], "--env-vars"),
    ] {
        let run = run(folder.path(), &[&["settings"], arguments].concat());
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.err.contains(words), "{}", run.err);
    }
}

fn check(folder: &Path, arguments: &[&str]) -> Json {
    let run = run(folder, &[&["check", "--output-format", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn environments_have_variables_files_and_modules_of_their_own() {
    let folder = configured();
    let production = check(folder.path(), &[]);
    let environment = &production["environment"];
    assert_eq!((&environment["name"], &environment["settings"]), (&"production".into(), &"shop.settings.production".into()));
    let key = named(&environment["variables"], "SECRET_KEY");
    assert_eq!((&key["state"], &key["location"]["path"]), (&"given".into(), &"deploy/production.env".into()));
    let toolbar = named(&environment["variables"], "TOOLBAR");
    assert_eq!((&toolbar["location"]["path"], &toolbar["location"]["line"]), (&"pyproject.toml".into(), &5.into()));
    assert_eq!(named(&environment["variables"], "API_TOKEN")["state"], "unset");

    let all = check(folder.path(), &["--environment", "all"]);
    let audits = all["audits"].as_array().unwrap();
    let names: Vec<&str> = audits.iter().map(|audit| audit["environment"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["production", "workshop"]);
    assert_eq!(audits[1]["environment"]["settings"], "shop.settings.development");
    let again = check(folder.path(), &["--environment", "workshop", "--environment", "production", "--environment", "workshop"]);
    assert_eq!(again["audits"].as_array().unwrap().len(), 2);
    assert_eq!(check(folder.path(), &["--environment", "workshop"])["environment"]["name"], "workshop");

    let shown = run(folder.path(), &["check", "--environment", "all"]).out;
    assert!(shown.contains("2 deployments\n  unfit  production . (shop.settings.production)"), "{shown}");
}

#[test]
fn one_deployment_has_settings() {
    let folder = configured();
    let known = json(folder.path(), "settings.schema.json", &["WORKERS", "--environment", "production"]);
    assert_eq!(known["settings"]["WORKERS"]["value"], 8);
    assert_eq!(known["settings"]["WORKERS"]["assumptions"][0]["location"]["path"], "deploy/production.env");
    let run = run(folder.path(), &["settings", "--environment", "all"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("one deployment") && run.err.contains("production, workshop"), "{}", run.err);
}

#[test]
fn files_of_variables_are_classed_and_not_applied() {
    let folder = project();
    let report = check(folder.path(), &[]);
    let files: Vec<(String, String, bool)> = report["environment"]["env_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["path"].as_str().unwrap().to_owned(), it["class"].as_str().unwrap().to_owned(), it["applied"] == true))
        .collect();
    let file = |path: &str, class: &str, applied| (path.to_owned(), class.to_owned(), applied);
    for expected in [
        file(".env.example", "example", false),
        file("deploy/production.env", "production", false),
        file("deploy/workshop.env", "production", false),
        file("frontend/.env", "unknown", false),
    ] {
        assert!(files.contains(&expected), "{expected:?} in {files:?}");
    }
    assert_eq!(named(&report["environment"]["variables"], "SECRET_KEY")["state"], "required");
    let shown = run(folder.path(), &["check"]).out;
    assert!(shown.contains("SECRET_KEY is required and not given"), "{shown}");
    assert!(shown.contains("not applied: ") && shown.contains("deploy/production.env (production)"), "{shown}");
    assert!(!shown.contains("frontend/.env"), "what the settings do not read is not offered: {shown}");

    let shown = run(folder.path(), &["check", "--env-file", "deploy/production.env", "--env", "TOOLBAR=off"]).out;
    assert!(shown.contains("4 of 7 variables are given: 3 in deploy/production.env, 1 on the command line"), "{shown}");
    assert!(!shown.contains("not applied"), "{shown}");
}

#[test]
fn a_file_that_the_settings_read_themselves_is_named() {
    let folder = project();
    let production = format!(
        "{PRODUCTION}\nenviron.Env.read_env(os.path.join(os.path.dirname(__file__), 'own.env'))\nMAIL = env('MAIL', default='x')\n"
    );
    std::fs::write(folder.path().join("shop/settings/production.py"), production).unwrap();
    std::fs::write(folder.path().join("shop/settings/own.env"), "MAIL=smtp://mail\n").unwrap();
    let report = check(folder.path(), &[]);
    let mail = named(&report["environment"]["variables"], "MAIL");
    assert_eq!((&mail["state"], &mail["given"]), (&"within".into(), &false.into()));
    assert_eq!(mail["location"]["path"], "shop/settings/own.env");
    let story = text(folder.path(), &["MAIL"]);
    assert!(story.contains("MAIL is set in shop/settings/own.env:1"), "{story}");
    assert!(story.contains("a value for MAIL in the environment, before that of shop/settings/own.env:1"), "{story}");
}
