//! `check --runtime` on real projects, under every Django that there is: what it adds, what it survives, what it leaves behind.
//!
//! `SHIPWORTHY_DJANGOS` names Pythons that have a Django; without it there is nothing to do.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test may stop at the first surprise, and says what it leaves out

mod hostile;
mod project;
mod secrets;

use std::path::Path;

use project::{Project, check, pythons};
use serde_json::Value as Json;

#[test]
fn every_django_is_understood() {
    for python in pythons() {
        let project = Project::new("");
        let said = project.check(&python, &[]);
        let told = format!("{python}: {}", said.told);
        assert_eq!(said.report["runtime"]["complete"], true, "{told}");
        for rule in ["settings-load-failure", "middleware-unloadable", "django-check-failing", "development-view-routed"] {
            assert!(said.passes(rule), "{rule} {told}");
        }
        assert_eq!(said.one("admin-path-default")["severity"], "info", "{told}");
        assert_eq!(said.one("admin-path-default")["location"]["line"], project.line("shop/urls.py", "admin/"), "{told}");
        assert_eq!(said.one("admin-path-default")["evidence"], "runtime", "{told}");
        assert_eq!(said.notices(), "", "{told}");
        assert!(said.report["runtime"]["packages"]["django"].is_string(), "{told}");
    }
}

/// Where Django was run, our ids are Django's: none is missing, none is made up.
#[test]
fn ids_are_those_that_django_says() {
    for python in pythons() {
        for settings in ["", "DEBUG = True\nX_FRAME_OPTIONS = 'SAMEORIGIN'\nMIDDLEWARE = MIDDLEWARE[1:]\nSECRET_KEY = 'short'"] {
            let project = Project::new(settings);
            let said = project.check(&python, &[]);
            let ids = said.findings().flat_map(|finding| finding["django"].as_array().unwrap()).cloned();
            let ids: Vec<Json> = ids.collect();
            assert!(ids.len() >= 4, "{python}: {ids:?}");
            for id in &ids {
                assert!(id["text"].is_string(), "{python}: Django does not say {id}");
            }
            let output = std::process::Command::new(&python)
                .args(["-B", "manage.py", "check", "--deploy"])
                .current_dir(project.folder.path())
                .output()
                .unwrap();
            let django = String::from_utf8_lossy(&output.stderr).into_owned();
            let wanted = django.matches(": (").count();
            let counted: u64 = ids.iter().map(|id| id["count"].as_u64().unwrap()).sum();
            assert_eq!(counted, wanted as u64, "{python}: {ids:?}\n{django}");
        }
    }
}

#[test]
fn a_run_answers_what_the_source_leaves_open() {
    let Some(python) = pythons().pop() else { return };
    let unknown = "from django.utils.crypto import constant_time_compare\nDEBUG = constant_time_compare('a', 'b')\n";
    let said = Project::new(unknown).check(&python, &[]);
    assert!(said.passes("debug-enabled") && said.discharged("debug-enabled") == 1, "{}", said.told);
    let project = Project::new(&unknown.replace("'b'", "'a'"));
    let said = project.check(&python, &[]);
    let finding = said.one("debug-enabled");
    assert_eq!((&finding["kind"], &finding["evidence"]), (&"fail".into(), &"runtime".into()), "{finding}");
    assert_eq!(finding["location"]["line"], project.line("shop/settings.py", "DEBUG = constant"), "{finding}");
    assert_eq!(finding["django"][0]["id"], "security.W018", "{finding}");
}

/// What one run cannot show, and what a value of another place does not make true of this one.
#[test]
fn a_run_does_not_answer_what_only_the_source_shows() {
    let Some(python) = pythons().pop() else { return };
    let maybe = "from django.utils.crypto import constant_time_compare, get_random_string\n\
        SECRET_KEY = get_random_string(50) if constant_time_compare('a', 'a') else 'x'\n";
    let said = Project::new(maybe).check(&python, &[]);
    assert_eq!(said.one("secret-key-ephemeral")["kind"], "open", "{}", said.told);
    assert_eq!(said.discharged("secret-key-ephemeral"), 0);
    let key = "k3v9x0q7r2m5t8w1y4z6a9c2e5g8j1l4n7p0s3u6v9x2z5b8d1f4h7k0m3";
    let project = Project::new(
        "from pathlib import Path\nSECRET_KEY = Path('/srv/nowhere').with_name('key').parent.joinpath('x').name and vault()\n",
    );
    let settings = std::fs::read_to_string(project.folder.path().join("shop/settings.py")).unwrap();
    let vault = format!(
        "import base64\n\n\ndef vault():\n    return base64.b64decode(base64.b64encode(b'{key}')).decode() * int(base64.b64decode(b'MQ=='))\n\n\n"
    );
    project.write("shop/settings.py", &(vault + &settings.replacen("SECRET_KEY = ", "OLD = ", 1)));
    let said = project.check(&python, &[]);
    assert!(said.of("secret-key-hardcoded").iter().all(|it| it["evidence"] == "source" || it["kind"] != "fail"), "{}", said.told);
}

/// `manage.py` sets a variable that nothing else shows.
#[test]
fn what_contradicts_the_source_is_drift_with_both_places() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("import os\nDEBUG = os.environ.get('SHOP_DEBUG') == 'on'\n");
    let manage = std::fs::read_to_string(project.folder.path().join("manage.py")).unwrap();
    project.write(
        "manage.py",
        &manage.replace("    from django", "    os.environ.update({'SHOP_' + 'DEBUG': 'on'})\n    from django"),
    );
    let said = project.check(&python, &[]);
    let finding = said.one("debug-enabled");
    assert!(finding["message"].as_str().unwrap().contains("though the source says: DEBUG is off"), "{finding}");
    assert_eq!(finding["location"]["line"], project.line("shop/settings.py", "DEBUG = os"), "{finding}");
}

#[test]
fn the_deployment_s_variables_reach_the_project_and_ours_do_not() {
    let Some(python) = pythons().pop() else { return };
    let project = Project::new("import os\nDEBUG = os.environ['SHOP_DEBUG'] == 'on' or 'SHOP_STRAY' in os.environ\n");
    project.write("production.env", "SHOP_DEBUG=off\n");
    let output = project::command(project.folder.path())
        .args(["--i-trust-this", "--output-format", "json", "--python", &python])
        .arg("--env-file")
        .arg(project.folder.path().join("production.env"))
        .env("SHOP_STRAY", "1")
        .output()
        .unwrap();
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["runtime"]["complete"], true, "{report}");
    let mut debug = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "debug-enabled");
    assert!(debug.all(|finding| finding["kind"] == "pass"), "{report}");
    let said = project.check(&python, &[]);
    let open = said.of("settings-load-failure").into_iter().find(|finding| finding["kind"] == "open").expect("is open");
    assert!(open["message"].as_str().unwrap().contains("SHOP_DEBUG"), "{open}");
}

#[test]
fn what_raises_is_a_finding_at_the_project_s_last_line() {
    for python in pythons() {
        let project = Project::new("INSTALLED_APPS = [*INSTALLED_APPS, 'stock']\n");
        project.write("stock/__init__.py", "");
        let apps = "from django.apps import AppConfig\n\n\nclass Stock(AppConfig):\n    name = 'stock'\n\n    def ready(self):\n        \
            self.count()\n\n    def count(self):\n        int('4711-hunter')\n";
        project.write("stock/apps.py", apps);
        let said = project.check(&python, &[]);
        let finding = said.one("settings-load-failure");
        assert_eq!((&finding["kind"], &finding["severity"]), (&"fail".into(), &"high".into()), "{python}: {finding}");
        assert_eq!(
            (&finding["location"]["path"], &finding["location"]["line"]),
            (&"stock/apps.py".into(), &11.into()),
            "{python}: {finding}"
        );
        let message = finding["message"].as_str().unwrap();
        assert!(message.contains("ValueError") && !message.contains("4711"), "{message}");
        assert_eq!(said.report["verdict"], "unfit");

        let project = Project::new("import no_such_module_at_all\n");
        let said = project.check(&python, &[]);
        let finding = said.one("settings-load-failure");
        assert_eq!(finding["kind"], "fail", "{finding}");
        assert!(finding["help"].as_str().unwrap().contains("no_such_module_at_all"), "{finding}");
        assert_eq!(finding["location"]["line"], project.line("shop/settings.py", "no_such"), "{finding}");

        let project = Project::new("");
        project.write("shop/settings.py", "DEBUG = (\n");
        let said = project.check(&python, &[]);
        assert_eq!(said.one("settings-load-failure")["location"]["path"], "shop/settings.py", "{python}: {}", said.told);
    }
}

#[test]
fn what_only_a_loaded_project_shows() {
    for python in pythons() {
        let project = Project::new(
            "INSTALLED_APPS = [*INSTALLED_APPS, 'stock']\nMIDDLEWARE = [*MIDDLEWARE, 'stock.middleware.Gone', 'stock.middleware.Shy']\n\
             LOGIN_URL = 'account-login'\n",
        );
        project.write("stock/__init__.py", "");
        project.write("stock/apps.py", "from django.apps import AppConfig\n\n\nclass Stock(AppConfig):\n    name = 'stock'\n\n    def ready(self):\n        from . import checks\n");
        project.write(
            "stock/checks.py",
            "from django.core.checks import Error, Warning, register\n\n\n@register()\ndef stocked(app_configs, **kwargs):\n    \
             return [Warning('too little stock', id='stock.W001', obj='shelf'), Error('no stock', id='stock.E001')]\n",
        );
        project.write(
            "stock/middleware.py",
            "from django.core.exceptions import MiddlewareNotUsed\n\n\nclass Shy:\n    def __init__(self, get_response):\n        raise MiddlewareNotUsed\n",
        );
        project.write("stock/templates/404.html", "nothing");
        project.write("stock/templates/500.html", "{% broken");
        project.write("stock/templates/400.html", "{% nonsense %}");
        let urls = "from django.contrib import admin\nfrom django.urls import include, path\n\n\
            urlpatterns = [path('desk/', admin.site.urls), path('more/', include('stock.urls'))]\n";
        project.write("shop/urls.py", urls);
        let more = "from django.urls import include, re_path\nfrom django.views.static import serve\n\nurlpatterns = [\n    \
            re_path('^', include([\n        re_path(r'^files/(?P<path>.*)$', serve, {'document_root': '/srv', 'show_indexes': True}),\n    ])),\n]\n";
        project.write("stock/urls.py", more);
        let said = project.check(&python, &[]);
        let fails = |rule: &str| said.of(rule).into_iter().filter(|it| it["kind"] == "fail").count();
        assert!(said.passes("admin-path-default"), "{python}: {}", said.told);
        let view = said.one("development-view-routed");
        assert_eq!(view["severity"], "medium", "{python}: {}", said.told);
        assert_eq!(view["location"]["path"], "stock/urls.py");
        assert_eq!(view["location"]["line"], project.line("stock/urls.py", "^files/"));
        assert_eq!(said.one("login-url-broken")["location"]["line"], project.line("shop/settings.py", "LOGIN_URL"));
        let middleware = said.one("middleware-unloadable");
        assert!(middleware["message"].as_str().unwrap().starts_with("stock.middleware.Gone cannot be loaded"), "{middleware}");
        assert_eq!(middleware["location"]["line"], project.line("shop/settings.py", "stock.middleware.Gone"));
        assert_eq!(fails("django-check-failing"), 2, "{python}: {}", said.told);
        let high = said.of("django-check-failing").into_iter().filter(|it| it["severity"] == "high").count();
        assert_eq!(high, 1, "{python}: {}", said.told);
        let broken: Vec<&Json> = said.of("error-page-missing").into_iter().filter(|it| it["severity"] == "medium").collect();
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0]["message"].as_str().unwrap().starts_with("400.html cannot be read as a template"), "{broken:?}");

        let silenced = project.folder.path().join("shop/settings.py");
        let text = std::fs::read_to_string(&silenced).unwrap() + "SILENCED_SYSTEM_CHECKS = ['stock.E001', 'stock.W001']\n";
        std::fs::write(&silenced, text).unwrap();
        let said = project.check(&python, &[]);
        assert!(said.of("django-check-failing").is_empty(), "{python}: {}", said.told);
        let suppressed = said.report["suppressed"].as_array().unwrap().iter();
        assert_eq!(
            suppressed.filter(|it| it["by"] == "silenced-system-checks" && it["rule"] == "django-check-failing").count(),
            2
        );
    }
}

#[test]
fn the_database_is_opened_only_when_asked() {
    for python in pythons() {
        let project = Project::new(
            "DATABASES['default']['NAME'] = BASE = __import__('os').path.join(__import__('os').path.dirname(__file__), 'shop.sqlite3')\n",
        );
        let said = project.check(&python, &[]);
        assert!(said.of("migrations-pending").iter().all(|it| it["kind"] == "not-applicable"), "{python}: {}", said.told);
        assert!(!project.folder.path().join("shop/shop.sqlite3").exists(), "{python} opened the database");
        let before = project.files();
        let said = project.check(&python, &["--migrations"]);
        assert_eq!(said.one("migrations-pending")["kind"], "open", "{python}: {}", said.told);
        assert_eq!(project.files(), before, "{python} made a database");
        let said = Project::new("").check(&python, &["--migrations"]);
        assert_eq!(said.one("migrations-pending")["kind"], "fail", "{python}: {}", said.told);
        let nowhere = "DATABASES['default']['NAME'] = '/nonexistent/shop.sqlite3'\n";
        let said = Project::new(nowhere).check(&python, &["--migrations"]);
        assert_eq!(said.one("migrations-pending")["kind"], "open", "{python}: {}", said.told);
    }
}

#[test]
fn the_examples_are_judged_alike_with_and_without_a_run() {
    let Some(python) = pythons().into_iter().find(|python| python.contains("6.0")) else { return };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let given: &[&str] = &[
        "--env=SECRET_KEY=k3v9x0q7r2m5t8w1y4z6a9c2e5g8j1l4n7p0s3u6v9x2z5b8d1f4h7k0m3",
        "--env=DATABASE_URL=sqlite:////srv/shop.sqlite3",
        "--env=CACHE_URL=rediss://:tr0mbone-4711@cache:6379/0",
        "--env=EMAIL_HOST=smtp.example.com",
        "--env=EMAIL_HOST_USER=shop",
        "--env=EMAIL_HOST_PASSWORD=tr0mbone-4711",
    ];
    for (example, more) in [("fit", given), ("unfit", &[])] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_shipworthy"))
            .arg("check")
            .arg(examples.join(example))
            .args(["--output-format", "json"])
            .args(more)
            .output()
            .unwrap();
        let read: Json = serde_json::from_slice(&output.stdout).unwrap();
        let ran = check(&examples.join(example), &[&["--i-trust-this", "--python", &python], more].concat());
        let failed = |report: &Json| {
            let findings = report["findings"].as_array().unwrap().clone().into_iter();
            let bad = findings.filter(|it| it["kind"] == "fail" && it["evidence"] == "source");
            bad.map(|it| it["rule"].as_str().unwrap().to_owned()).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(failed(&read), failed(&ran.report), "{example}");
        assert_eq!(read["verdict"], ran.report["verdict"], "{example}: {}", ran.told);
    }
}
