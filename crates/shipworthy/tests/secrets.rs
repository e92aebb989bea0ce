//! Credentials of every kind are planted in a project; no output, log or error may hold one.

use std::path::Path;

use assert_cmd::Command;

/// What is planted, and by which a leak is recognised.
const PLANTS: [&str; 27] = [
    "plant-key-literal-0a1b2c3d",
    "plant-fallback-4e5f6a",
    "plant-env-default-7b8c",
    "plant-database-9d0e",
    "plant-url-1f2a",
    "plant%2Dquoted-3b4c",
    "plant-redis-5d6e",
    "plant-mail-7f8a",
    "plantaws9b0c",
    "AKIAPLANTPLANTPLANT1",
    "plantstripe1d2e3f4a5b",
    "plantslack6c7d8e9f",
    "plantpembody0a1b2c3d4e",
    "plantdsn5f6a7b8c9d0e1f2a",
    "plant-nested-3b4c",
    "plant-joined-5d",
    "plant-6e-joined",
    "plant-dotenv-7f8a",
    "plant-dotenv-url-9b0c",
    "plant-compose-1d2e",
    "plant-comment-3f4a",
    "plant-image-5b6c",
    "plant-inline-7d8e",
    "plant-broker-9f0a",
    "plant-supervised-1b2c",
    "plant-manifest-3d4e",
    "cGxhbnQtbWFuaWZlc3QtM2Q0ZQ",
];

const SETTINGS: &str = r#"
import os
from datetime import timedelta

import environ

env = environ.Env()
environ.Env.read_env(os.path.join(os.path.dirname(__file__), "..", ".env"))

SECRET_KEY = "plant-key-literal-0a1b2c3d"  # SECRET_KEY = "plant-comment-3f4a"
SECRET_KEY_FALLBACKS = ["plant-fallback-4e5f6a"]
API_TOKEN = os.environ.get("API_TOKEN", "plant-env-default-7b8c")
DEBUG = True
ALLOWED_HOSTS = ["*"]
MIDDLEWARE = []
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.sessions"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "shop", "PASSWORD": "plant-database-9d0e"},
    "other": env.db("OTHER_URL", default="postgres://shop:plant-url-1f2a@db.example/shop"),
    "third": env.db_url("THIRD_URL", default="postgres://shop:plant%2Dquoted-3b4c@db.example/shop"),
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://:plant-redis-5d6e@cache/0"}}
EMAIL_HOST_PASSWORD = "plant-mail-7f8a"
AWS_SECRET_ACCESS_KEY = "plantaws9b0c"
STORAGE = {"access": "AKIAPLANTPLANTPLANT1"}
PAYMENT = "sk_live_plantstripe1d2e3f4a5b"
CHAT = ["xoxb-plantslack6c7d8e9f"]
PEM = """-----BEGIN RSA PRIVATE KEY-----
plantpembody0a1b2c3d4e
-----END RSA PRIVATE KEY-----"""
DSN = "https://plantdsn5f6a7b8c9d0e1f2a@sentry.example/1"
INTEGRATIONS = {"mail": [{"options": {"api_key": "plant-nested-3b4c"}}]}
JWT_SIGNING_KEY = "plant-joined-5d" + "plant-6e-joined"
ANYMAIL = {"MAILGUN_API_KEY": env("MAILGUN_API_KEY")}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
ROOT_URLCONF = undefined_name
"#;

fn plant(root: &Path) {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    write("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n");
    write("shop/__init__.py", "");
    write(
        "shop/bare.py",
        "SECRET_KEY = 'plant-' + str(1)\nif SECRET_KEY == 'plant-key-literal-0a1b2c3d':\n    DEBUG = False\nDATABASES = {'default': {'PASSWORD': 'x'}}\nPAYMENT = ''\n",
    );
    write("shop/settings.py", SETTINGS);
    write("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n");
    write(".env", "MAILGUN_API_KEY='plant-dotenv-7f8a'\nDATABASE_URL=mysql://shop:plant-dotenv-url-9b0c@db/shop\n");
    write(
        "docker-compose.yml",
        "services:\n  web:\n    build: .\n    environment:\n      SECRET_KEY: plant-compose-1d2e\n      DJANGO_SETTINGS_MODULE: shop.settings\n",
    );
    write(
        "Dockerfile",
        "FROM python:3.13\nENV SECRET_KEY=plant-image-5b6c\nCMD gunicorn -e API_KEY=plant-image-5b6c shop.wsgi\n",
    );
    write(
        "Procfile",
        "web: SECRET_KEY=plant-inline-7d8e gunicorn shop.wsgi\nworker: celery -b redis://:plant-broker-9f0a@cache/0 worker\n",
    );
    write("deploy/supervisor.conf", "[program:web]\ncommand=uwsgi --http :80 --env SECRET_KEY=plant-supervised-1b2c\n");
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {SECRET_KEY: cGxhbnQtbWFuaWZlc3QtM2Q0ZQ==}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, image: shop, args: [gunicorn, shop.wsgi], envFrom: [{secretRef: {name: s}}]}\n";
    write("k8s/all.yaml", manifest);
    write("requirements.txt", "django==5.2.3\n--extra-index-url https://user:plant-url-1f2a@pypi.example/simple\n");
}

fn shipworthy(root: &Path, arguments: &[&str]) -> String {
    let output = Command::cargo_bin("shipworthy")
        .expect("the program is built")
        .current_dir(root)
        .env_clear()
        .args(arguments)
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn assert_clean(arguments: &[&str], shown: &str) {
    for plant in PLANTS {
        assert!(!shown.contains(plant), "`shipworthy {}` shows {plant}:\n{shown}", arguments.join(" "));
    }
    // The literal key, spelled as JSON and the like would escape it.
    assert!(!shown.contains("plant\\u002d") && !shown.contains("plant%2D"), "{shown}");
}

#[test]
fn no_output_holds_one() {
    let folder = tempfile::tempdir().expect("a folder");
    plant(folder.path());
    for format in ["text", "json", "sarif", "github", "django"] {
        for more in [&[][..], &["--verbose"], &["--verbose", "--color", "always"], &["--strict", "--env-file", ".env"]] {
            let arguments = [&["check", "--output-format", format], more].concat();
            assert_clean(&arguments, &shipworthy(folder.path(), &arguments));
        }
    }
    for format in ["text", "json", "mermaid"] {
        let arguments = ["deployment", "--output-format", format];
        let shown = shipworthy(folder.path(), &arguments);
        assert!(shown.contains("gunicorn"), "{shown}");
        assert_clean(&arguments, &shown);
    }
    let names =
        ["SECRET_KEY", "API_TOKEN", "DATABASES", "CACHES", "PAYMENT", "CHAT", "PEM", "DSN", "INTEGRATIONS", "JWT_SIGNING_KEY"];
    for format in ["text", "json"] {
        for more in [&[][..], &names] {
            let arguments = [&["settings", "--output-format", format], more].concat();
            assert_clean(&arguments, &shipworthy(folder.path(), &arguments));
        }
        for more in [
            &["--env-vars"][..],
            &["--env-vars", "--env-file", ".env"],
            &["DEBUG", "SECRET_KEY", "PAYMENT", "--settings", "shop.bare"],
            &["--diff", "shop.settings", "shop.bare"],
            &["--diff", "shop.bare", "shop.settings", "--env-file", ".env"],
        ] {
            let arguments = [&["settings", "--output-format", format], more].concat();
            assert_clean(&arguments, &shipworthy(folder.path(), &arguments));
        }
    }
}

#[test]
fn no_error_holds_one() {
    let folder = tempfile::tempdir().expect("a folder");
    plant(folder.path());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("broken.json", "{\"SECRET_KEY\": \"plant-key-literal-0a1b2c3d\", oops");
    write("wrong.json", "{\"SECRET_KEY\": {\"$path\": [\"plant-key-literal-0a1b2c3d\"]}}");
    write("broken.env", "SECRET_KEY='plant-dotenv-7f8a\n=plant-dotenv-7f8a\n");
    for arguments in [
        &["check", "--settings-json", "broken.json"][..],
        &["check", "--settings-json", "wrong.json"],
        &["check", "--env-file", "broken.env", "--verbose"],
        &["check", "--settings", "shop.missing"],
        &["check", "--env", "SECRET_KEY=plant-mail-7f8a", "--verbose"],
        &["check", "--env", "API_KEY=plant-mail-7f8a", "--django-version", "x"],
        &["settings", "--env", "SECRET_KEY=plant-mail-7f8a"],
    ] {
        assert_clean(arguments, &shipworthy(folder.path(), arguments));
    }
    write("shipworthy.toml", "select = \"plant-key-literal-0a1b2c3d\nsecret = 'plant-mail-7f8a'\n");
    assert_clean(&["check"], &shipworthy(folder.path(), &["check"]));
}
