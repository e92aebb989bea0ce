//! The command line as a stranger would type it: exit codes, errors, and what goes where.
#![allow(clippy::unwrap_used)] // a test may stop at the first surprise

mod program;

use std::path::Path;

use program::{run, write};

const SETTINGS: &str = "SECRET_KEY = 'x'\nINSTALLED_APPS = []\nROOT_URLCONF = 'urls'\n";
const MANAGE: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

fn project(more: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("manage.py", MANAGE), ("shop/settings.py", SETTINGS)]);
    write(folder.path(), more);
    folder
}

fn json(folder: &Path, arguments: &[&str]) -> serde_json::Value {
    let run = run(folder, &[&["check", "--output-format", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.err);
    run.json()
}

#[test]
fn bare_and_named_check_are_the_same() {
    let folder = project(&[]);
    assert_eq!(run(folder.path(), &[]).out, run(folder.path(), &["check", "."]).out);
}

/// Settings that are not production's prove nothing about production: asked for by name or by path, they are judged.
#[test]
fn what_only_stands_in_for_production_is_left_open() {
    let debug = "DEBUG = True\nINSTALLED_APPS = []\nSECRET_KEY = 'x'\n";
    let manage = |module: &str| format!("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{module}')\n");
    let described = format!("\"\"\"Settings for local development.\"\"\"\n{debug}");
    for (files, module) in [
        (vec![("examples/shop/manage.py", manage("settings")), ("examples/shop/settings.py", debug.to_owned())], "settings"),
        (vec![("manage.py", manage("shop.local")), ("shop/local.py", debug.to_owned())], "shop.local"),
        (vec![("manage.py", manage("shop.docker")), ("shop/docker.py", described)], "shop.docker"),
        (
            vec![
                ("manage.py", manage("shop.common")),
                ("shop/common.py", debug.to_owned()),
                ("Dockerfile", "FROM python\nENV DJANGO_SETTINGS_MODULE=shop.config\n".to_owned()),
            ],
            "shop.common",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            write(folder.path(), &[(path, text)]);
        }
        let kinds = |arguments: &[&str]| -> Vec<serde_json::Value> {
            let report = json(folder.path(), arguments);
            assert_eq!(report["environment"]["settings"], module);
            let findings = report["findings"].as_array().unwrap().iter();
            findings.filter(|it| it["rule"] == "debug-enabled").map(|it| it["kind"].clone()).collect()
        };
        assert_eq!(kinds(&[]), ["open"], "{module}");
        assert_eq!(kinds(&["--settings", module]), ["fail"], "{module}");
        if files[0].0.starts_with("examples") {
            assert_eq!(kinds(&["examples/shop"]), ["fail"]);
        }
    }
}

#[test]
fn a_folder_with_one_module_is_a_project() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("settings.py"), "DEBUG = False\n").unwrap();
    let report = json(folder.path(), &["--settings", "settings", "--django-version", "5.2"]);
    assert_eq!(report["environment"]["settings"], "settings");
    assert_eq!(report["django"]["version"], "5.2");
    assert_eq!(report["django"]["from"], "--django-version");
}

#[test]
fn no_project_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path(), &[]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err.starts_with("error: no Django project in .:") && run.err.contains("help: ") && run.err.contains("--settings")
    );
}

#[test]
fn wrong_values_are_errors() {
    let folder = project(&[]);
    for (arguments, words) in [
        (&["--settings", "shop.none"][..], "no settings module shop.none"),
        (&["--django-version", "new"], "--django-version: it takes a version"),
        (&["--env", "p1anted"], "--env: it takes NAME=VALUE"),
        (&["--env-file", "none.env"], "none.env cannot be read"),
        (&["--environment", "moon"], "--environment: the configuration has no environment moon"),
        (&["--select", "no-such-rule"], "--select: no rule or topic is called no-such-rule"),
        (&["--settings-json", "none.json"], "none.json cannot be read"),
        (&["nowhere"], "nowhere cannot be audited"),
        (&["manage.py"], "manage.py cannot be audited: it is not a folder"),
        (&["explain", "no-such-rule"], "no rule is called no-such-rule"),
    ] {
        let run = run(folder.path(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert!(run.err.contains(words), "{arguments:?}: {}", run.err);
        assert!(!run.err.contains("p1anted"), "{}", run.err);
    }
}

#[test]
fn the_configuration_counts() {
    let folder = project(&[
        ("shop/live.py", SETTINGS),
        ("shop/stage.py", SETTINGS),
        (".env.stage", "A=1\n"),
        (
            "pyproject.toml",
            "[tool.shipworthy]\nsettings = 'shop.live'\ndjango-version = '5.2'\n[tool.shipworthy.environments.stage]\nsettings = 'shop.stage'\nenv-file = '.env.stage'\n",
        ),
    ]);
    let report = json(folder.path(), &[]);
    assert_eq!(report["environment"]["settings"], "shop.live");
    assert_eq!(report["environment"]["reason"], "pyproject.toml names it");
    assert_eq!(report["environment"]["location"]["line"], 2);
    assert_eq!(report["django"]["location"]["line"], 3);
    let report = json(folder.path(), &["--environment", "stage"]);
    assert_eq!(report["environment"]["settings"], "shop.stage");
    assert_eq!(report["environment"]["name"], "stage");
    let report = json(folder.path(), &["--settings", "shop.settings", "--django-version", "6.0"]);
    assert_eq!((&report["environment"]["settings"], &report["django"]["version"]), (&"shop.settings".into(), &"6.0".into()));
}

#[test]
fn mistakes_in_the_configuration_name_the_line() {
    for (text, words) in [
        ("[tool.shipworthy]\nsetings = 'x'\n", "pyproject.toml:2:1: unknown field `setings`"),
        ("[tool.shipworthy]\nselect = ['none']\n", "pyproject.toml:2:11: no rule or topic is called `none`"),
        ("[tool.shipworthy]\ndjango-version = 'x'\n", "pyproject.toml:2:18: this is no version of Django"),
        ("[tool.shipworthy]\nenvironments.a.env-file = 'none'\n", ""),
    ] {
        let folder = project(&[("pyproject.toml", text)]);
        let run = run(folder.path(), &[]);
        assert!(run.err.contains(words), "{}", run.err);
        assert_eq!(run.code == 2, !words.is_empty(), "{}", run.err);
    }
}

#[test]
fn reports_go_where_they_are_sent() {
    let folder = project(&[]);
    let quiet = run(folder.path(), &["-q", "--output-format", "json"]);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let written = run(folder.path(), &["--output-format", "json", "--output-file", "report.json"]);
    assert_eq!(written.out, "");
    let text = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["schema"], 1);
    let verbose = run(folder.path(), &["-v"]);
    assert!(verbose.err.contains("shop.settings (manage.py names it), Django "), "{}", verbose.err);
}

#[test]
fn a_dump_is_judged_without_a_tree() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dump.json"), "{\"DEBUG\": true}").unwrap();
    let report = json(folder.path(), &["--settings-json", "dump.json", "--django-version", "6.0"]);
    assert_eq!(report["django"]["version"], "6.0");
    std::fs::write(folder.path().join("dump.json"), "{\"SECRET_KEY\": \"p1anted\"").unwrap();
    let broken = run(folder.path(), &["--settings-json", "dump.json"]);
    assert_eq!(broken.code, 2);
    assert!(broken.err.contains("dump.json cannot be read: it is no JSON at line 1") && !broken.err.contains("p1anted"));
}

#[test]
fn settings_of_several_projects_need_a_choice() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b"] {
        std::fs::create_dir_all(folder.path().join(name).join(name)).unwrap();
        std::fs::write(folder.path().join(name).join(name).join("settings.py"), SETTINGS).unwrap();
        let manage = MANAGE.replace("shop.settings", &format!("{name}.settings"));
        std::fs::write(folder.path().join(name).join("manage.py"), manage).unwrap();
    }
    let run = run(folder.path(), &["settings"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("2 projects here") && run.err.contains("--settings: a.settings, b.settings"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_hostile_tree_is_audited_all_the_same() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder =
        project(&[(".gitignore", "[\n"), ("requirements.txt", "-r requirements.txt\n-r ../../etc/passwd\n=\nDjango==5.2\n")]);
    let root = folder.path();
    let large = std::fs::File::create(root.join("wsgi.py")).unwrap();
    large.set_len(64 << 20).unwrap();
    std::fs::write(root.join("asgi.py"), b"\xff\xfe\0django DJANGO_SETTINGS_MODULE".repeat(1000)).unwrap();
    std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"settings\xff.py")), SETTINGS).unwrap();
    std::fs::write(root.join("shop/local_settings.py"), "(".repeat(100_000)).unwrap();
    symlink(root, root.join("loop")).unwrap();
    symlink("/", root.join("shop/everything")).unwrap();
    symlink("/dev/zero", root.join(".env")).unwrap();
    symlink("nothing", root.join("uv.lock")).unwrap();
    for pipe in ["poetry.lock", "Dockerfile", ".env.prod", "shop/wsgi.py"] {
        assert!(std::process::Command::new("mkfifo").arg(root.join(pipe)).status().unwrap().success());
    }
    let start = std::time::Instant::now();
    let report = json(root, &[]);
    assert_eq!(report["environment"]["settings"], "shop.settings");
    assert_eq!(report["django"]["version"], "5.2");
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn the_configuration_says_what_files_are_for() {
    let compose = "services:\n  web:\n    image: shop\n  db:\n    image: postgres:17\n    ports: ['5432:5432']\n";
    let config = |class: &str| format!("[classes]\n{class} = 'ops/*.yml'\n");
    let class = |config: Option<&str>| {
        let mut files = vec![("ops/docker-compose.yml", compose)];
        files.extend(config.map(|text| ("shipworthy.toml", text)));
        let folder = project(&files);
        let shown = run(folder.path(), &["deployment"]).out;
        let report = json(folder.path(), &["--settings", "shop.settings"]);
        let findings = report["findings"].as_array().unwrap().clone();
        let published = findings.into_iter().find(|finding| finding["rule"] == "service-published").unwrap();
        let severity = (published["kind"] == "fail").then(|| published["severity"].as_str().unwrap().to_owned());
        (shown.lines().next().unwrap_or_default().to_owned(), severity)
    };
    let (shown, severity) = class(None);
    assert!(shown.contains("unknown") && severity.as_deref() == Some("medium"), "{shown}");
    let (shown, severity) = class(Some(&config("production")));
    assert!(shown.contains("production: shipworthy.toml says so") && severity.as_deref() == Some("high"), "{shown}");
    for word in ["development", "example", "staging"] {
        let (shown, severity) = class(Some(&config(word)));
        assert!(shown.contains(&format!("{word}: shipworthy.toml says so")) && severity.is_none(), "{shown}");
    }
    let folder = project(&[("shipworthy.toml", "[classes]\nproduction = ['a[']\n")]);
    let wrong = run(folder.path(), &["deployment"]);
    assert!(wrong.code == 2 && wrong.err.contains("shipworthy.toml:2"), "{}", wrong.err);
}

#[test]
fn what_an_unlabelled_compose_file_gives_is_said_and_not_taken() {
    let settings = "import os\nDEBUG = os.environ.get('DEBUG') == '1'\nINSTALLED_APPS = []\n";
    let compose = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment: {DEBUG: '1', OTHER: x}\n";
    let report = |config: &[(&str, &str)]| {
        let folder = project(&[&[("shop/settings.py", settings), ("docker-compose.yml", compose)], config].concat());
        let report = json(folder.path(), &["--settings", "shop.settings"]);
        let findings = report["findings"].as_array().unwrap();
        let debug = findings.iter().find(|finding| finding["rule"] == "debug-enabled").unwrap();
        (debug["kind"].as_str().unwrap().to_owned(), report["notices"].to_string())
    };
    let (debug, notices) = report(&[]);
    assert_eq!(debug, "open");
    assert!(notices.contains("docker-compose.yml gives DEBUG, which is not taken"), "{notices}");
    let (debug, notices) = report(&[("shipworthy.toml", "[classes]\nproduction = 'docker-compose.yml'\n")]);
    assert_eq!(debug, "fail");
    assert!(!notices.contains("not taken"), "{notices}");
}
