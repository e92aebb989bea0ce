//! Discovery on small trees on disk.

use std::path::Path;

use shipworthy_model::Facts;

use super::discover;
use crate::deployment::Deployment;
use crate::evidence::facts;

const MANAGE: &str = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'HERE')\n# django\n";
const SETTINGS: &str = "SECRET_KEY = 'x'\nINSTALLED_APPS = []\nROOT_URLCONF = 'urls'\n";
const LAYER: &str = "from .base import *\n";

/// A tree; a text of `=a.b` is a file that names the settings module `a.b`.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let text = text.strip_prefix('=').map_or_else(|| (*text).to_owned(), |module| MANAGE.replace("HERE", module));
        std::fs::write(place, text).unwrap();
    }
    folder
}

fn audited(folder: &Path, settings: Option<&str>) -> Result<Vec<Facts>, String> {
    let (ground, projects) = discover(folder, settings).map_err(|error| error.to_string())?;
    Ok(projects.iter().map(|project| facts(&ground, project, &Deployment::default()).0).collect())
}

fn modules(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tree(files);
    let audits = audited(folder.path(), None).unwrap_or_default();
    audits.iter().map(|facts| facts.project.choice.module.to_string()).collect()
}

fn one(files: &[(&str, &str)]) -> (String, String) {
    let folder = tree(files);
    let audits = audited(folder.path(), None).unwrap();
    assert_eq!(audits.len(), 1);
    let choice = &audits[0].project.choice;
    (choice.module.to_string(), choice.reason.clone())
}

const LAYERS: [(&str, &str); 5] = [
    ("site/settings/__init__.py", ""),
    ("site/settings/base.py", SETTINGS),
    ("site/settings/dev.py", LAYER),
    ("site/settings/production.py", LAYER),
    ("site/settings/test.py", LAYER),
];

fn with<'a>(files: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    LAYERS.iter().copied().chain(files.iter().copied()).collect()
}

#[test]
fn a_new_project() {
    let files = [("manage.py", "=mysite.settings"), ("mysite/wsgi.py", "=mysite.settings"), ("mysite/settings.py", SETTINGS)];
    let (module, reason) = one(&files);
    assert_eq!((module.as_str(), reason.as_str()), ("mysite.settings", "mysite/wsgi.py names it"));
}

#[test]
fn an_empty_package_is_no_settings_module() {
    let files = [
        ("manage.py", "=core.settings.shop"),
        ("core/wsgi.py", "=core.settings"),
        ("core/settings/__init__.py", "# licence\n"),
        ("core/settings/shop.py", SETTINGS),
    ];
    assert_eq!(one(&files), ("core.settings.shop".to_owned(), "manage.py names it".to_owned()));
}

#[test]
fn what_others_build_on_does_not_stand_alone() {
    let local = "from shop.settings import *\nDEBUG = True\n";
    let files = [("manage.py", "=site.settings"), ("site/settings.py", local), ("shop/settings.py", SETTINGS)];
    assert_eq!(one(&files).0, "site.settings");
}

#[test]
fn debug_is_no_reason_to_take_what_lies_elsewhere() {
    let on = "DEBUG = True\nINSTALLED_APPS = []\n";
    let files = [("manage.py", "=site.settings"), ("site/settings.py", on), ("tools/ssh/settings.py", SETTINGS)];
    assert_eq!(one(&files).0, "site.settings");
    let files = [("manage.py", "=site.settings"), ("site/settings.py", on), ("site/server_settings.py", SETTINGS)];
    assert_eq!(one(&files).0, "site.server_settings");
}

#[test]
fn names_that_say_production_come_before_servers_that_say_development() {
    let files = with(&[("manage.py", "=site.settings.dev"), ("site/wsgi.py", "=site.settings.dev")]);
    assert_eq!(one(&files), ("site.settings.production".to_owned(), "its name says production".to_owned()));
}

#[test]
fn what_deploys_comes_before_names() {
    let heroku = ("site/settings/heroku.py", LAYER);
    let files =
        with(&[heroku, ("manage.py", "=site.settings.dev"), ("Procfile", "web: DJANGO_SETTINGS_MODULE=site.settings.heroku x")]);
    assert_eq!(one(&files), ("site.settings.heroku".to_owned(), "Procfile names it".to_owned()));
}

#[test]
fn what_is_for_development_or_does_not_exist_counts_for_nothing() {
    let files = with(&[
        ("manage.py", "=site.settings.dev"),
        ("site/wsgi.py", "=site.settings.production"),
        ("docker-compose.dev.yml", "DJANGO_SETTINGS_MODULE: site.settings.base"),
        (".github/workflows/deploy.yml", "DJANGO_SETTINGS_MODULE: site.settings.test"),
        ("Dockerfile", "ENV DJANGO_SETTINGS_MODULE=site.settings.gone"),
    ]);
    assert_eq!(one(&files).0, "site.settings.production");
}

#[test]
fn fragments_are_no_settings() {
    let files = [
        ("manage.py", "=server.settings"),
        ("server/settings/__init__.py", "include(*parts)\n"),
        ("server/settings/components/common.py", SETTINGS),
        ("server/settings/environments/production.py", "DEBUG = False\nALLOWED_HOSTS = []\nDATABASES = {}\n"),
    ];
    assert_eq!(one(&files).0, "server.settings");
}

#[test]
fn shared_settings_are_not_productions() {
    let files = [
        ("manage.py", "=conf.settings.local"),
        ("conf/settings/base.py", SETTINGS),
        ("conf/settings/local.py", LAYER),
        ("conf/settings/cloud.py", "from .base import *\nSECURE_SSL_REDIRECT = True\n"),
    ];
    assert_eq!(one(&files).0, "conf.settings.cloud");
}

#[test]
fn a_source_folder_is_on_the_search_path() {
    let folder =
        tree(&[("manage.py", "=shop.settings"), ("src/shop/settings.py", SETTINGS), ("src/shop/wsgi.py", "=shop.settings")]);
    let audits = audited(folder.path(), None).unwrap();
    assert_eq!(audits.len(), 1);
    assert!(audits[0].project.modules.iter().any(|module| &**module == "shop.settings"));
    assert_eq!(audits[0].project.entry_points.len(), 2);
}

#[test]
fn several_projects_are_several_audits() {
    let files = [
        ("a/manage.py", "=one.settings"),
        ("a/one/settings.py", SETTINGS),
        ("b/manage.py", "=two.settings"),
        ("b/two/settings.py", SETTINGS),
        ("examples/manage.py", "=three.settings"),
        ("examples/three/settings.py", SETTINGS),
        ("{{cookiecutter.name}}/manage.py", "=four.settings"),
        ("{{cookiecutter.name}}/four/settings.py", SETTINGS),
    ];
    assert_eq!(modules(&files), ["one.settings", "two.settings"]);
    assert_eq!(modules(&files[4..]), ["three.settings"]);
    assert_eq!(modules(&files[6..]), ["four.settings"]);
}

#[test]
fn a_library_is_no_project() {
    let files =
        [("lib/__init__.py", ""), ("tests/settings.py", SETTINGS), ("manage.py", "=tests.settings"), ("tests/urls.py", "")];
    let folder = tree(&files);
    let error = audited(folder.path(), None).unwrap_err();
    assert!(error.contains("no Django project"), "{error}");
    let audits = audited(folder.path(), Some("tests.settings")).unwrap();
    assert_eq!(&*audits[0].project.choice.module, "tests.settings");
}

#[test]
fn one_file_is_a_project() {
    let folder = tree(&[("settings.py", "DEBUG = False\n")]);
    assert!(audited(folder.path(), None).is_err());
    assert_eq!(audited(folder.path(), Some("settings")).unwrap().len(), 1);
    assert_eq!(modules(&[("settings.py", SETTINGS)]), ["settings"]);
    assert!(audited(folder.path(), Some("other")).unwrap_err().contains("no settings module other"));
}

#[test]
fn unusual_names_are_found_in_the_text() {
    assert_eq!(modules(&[("worker.py", "=app.main"), ("app/main.py", "DEBUG = False\n")]), ["app.main"]);
    assert_eq!(modules(&[("app/__init__.py", ""), ("app/main.py", SETTINGS)]), ["app.main"]);
    assert_eq!(modules(&[("app/__init__.py", ""), ("tests/main.py", SETTINGS), ("x.py", "=tests.main")]), [""; 0]);
}

#[test]
fn folders_inside_a_project_stand_for_it() {
    let folder = tree(&with(&[
        ("manage.py", "=site.settings.dev"),
        ("site/wsgi.py", "=site.settings.production"),
        ("apps/a/models.py", ""),
    ]));
    for inside in ["apps/a", "site", "site/settings"] {
        let (ground, projects) = discover(&folder.path().join(inside), None).unwrap();
        assert_eq!(ground.root, std::fs::canonicalize(folder.path()).unwrap(), "{inside}");
        assert_eq!(projects.len(), 1);
    }
}

#[test]
fn the_search_ends_at_the_repository() {
    let folder =
        tree(&[("manage.py", "=site.settings"), ("site/settings.py", SETTINGS), ("other/.git/HEAD", ""), ("other/a/x.py", "")]);
    assert!(discover(&folder.path().join("other/a"), None).is_err());
    assert!(discover(&folder.path().join("other"), None).is_err());
}

#[test]
fn versions_of_django() {
    let base = [("manage.py", "=site.settings"), ("site/settings.py", SETTINGS)];
    let django = |files: &[(&str, &str)]| {
        let files: Vec<(&str, &str)> = base.iter().chain(files).copied().collect();
        let folder = tree(&files);
        let facts = audited(folder.path(), None).unwrap().remove(0);
        (facts.django.version.to_string(), facts.django.from)
    };
    let answer = |version: &str, from: &str| (version.to_owned(), from.to_owned());
    assert_eq!(django(&[]), answer("6.1", "assumed: nothing pins Django"));
    assert_eq!(
        django(&[("requirements.txt", "-r requirements/base.txt\n"), ("requirements/base.txt", "Django==5.1.2\n")]),
        answer("5.1.2", "requirements/base.txt")
    );
    assert_eq!(
        django(&[("requirements.txt", "-c versions.txt\nDjango\n-c versions.txt"), ("versions.txt", "Django==5.1.2\n")]),
        answer("5.1.2", "versions.txt")
    );
    assert_eq!(
        django(&[
            ("pyproject.toml", "[project]\ndependencies = ['Django>=4.2']\n"),
            ("uv.lock", "[[package]]\nname = \"django\"\nversion = \"5.2.1\"\n")
        ]),
        answer("5.2.1", "uv.lock")
    );
    let installed = ".venv/lib/python3.13/site-packages/django-5.2.7.dist-info/METADATA";
    assert_eq!(
        django(&[("pyproject.toml", "[project]\ndependencies = ['Django>=4.2']\n"), (installed, "")]),
        answer("5.2.7", ".venv has Django 5.2.7 installed")
    );
    assert_eq!(django(&[("pyproject.toml", "[project]\ndependencies = ['Django>=4.2,<5']\n"), (installed, "")]).0, "4.2");
    assert_eq!(django(&[("deploy/app/requirements.txt", "django==4.2.1\n")]).0, "4.2.1");
}

#[test]
fn surroundings() {
    let folder = tree(&[
        (".gitignore", ".env\n"),
        ("manage.py", "=site.settings"),
        ("site/settings.py", SETTINGS),
        ("site/templates/404.html", "gone"),
        ("site/templates/errors/500.html", "no"),
        ("tests/templates/500.html", "no"),
        (".env", "SECRET_KEY=abc\n"),
        (".env.example", "SECRET_KEY=\n"),
        ("deploy/prod.env", "A=1\nB=2\n"),
        ("requirements.txt", "redis==5\npytest==8\n"),
        ("requirements-dev.txt", "ipython==8\n"),
    ]);
    let git = |arguments: &[&str]| {
        std::process::Command::new("git").arg("-C").arg(folder.path()).args(arguments).output().unwrap();
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    let facts = audited(folder.path(), None).unwrap().remove(0);
    let project = &facts.project;
    assert_eq!(
        project.templates.iter().map(|it| (&*it.name, &*it.path)).collect::<Vec<_>>(),
        [("404.html", "site/templates/404.html")]
    );
    let env: Vec<(&str, bool, Option<bool>, usize)> =
        project.env_files.iter().map(|it| (&*it.path, it.example, it.tracked, it.variables.len())).collect();
    assert_eq!(
        env,
        [(".env.example", true, Some(true), 1), ("deploy/prod.env", false, Some(true), 2), (".env", false, Some(false), 1),]
    );
    assert_eq!(project.dependencies.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["redis", "pytest"]);
    assert!(!project.dependencies_complete);
    assert_eq!(project.modules.iter().map(|it| &**it).collect::<Vec<_>>(), ["manage", "site.settings"]);
}
