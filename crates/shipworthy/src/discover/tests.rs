//! Discovery on small trees on disk.

use std::path::Path;

use shipworthy_model::Facts;

use super::discover;
use crate::code::Code;
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
    let mut deployment = Deployment::default();
    deployment.name.push_str("production");
    let code = Code::new(&ground);
    Ok(projects.iter().map(|project| facts(&ground, project, &deployment, &code).facts).collect())
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

fn versioned(files: &[(&str, &str)]) -> (String, String) {
    let folder = tree(files);
    let django = audited(folder.path(), None).unwrap().remove(0).django;
    (django.version.to_string(), django.from)
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

/// What an image starts may be unknown; what its unit is given counts all the same.
#[test]
fn a_unit_that_was_not_followed_is_given_its_variables() {
    let reads = format!(
        "{SETTINGS}import os\nDEBUG = os.environ['SHOP_DEBUG'] == '1'\nA = os.environ['SHOP_A']\nB = os.environ['SHOP_B']\n"
    );
    let folder = tree(&[
        ("manage.py", "=shop.settings"),
        ("shop/settings.py", &reads),
        ("Dockerfile", "FROM python\nCMD [\"elsewhere\", \"serve\"]\n"),
        ("compose.prod.yml", "services:\n  web:\n    build: .\n    environment: {SHOP_DEBUG: 1, SHOP_A: 1, SHOP_B: 2}\n"),
    ]);
    let facts = audited(folder.path(), None).unwrap().remove(0);
    assert!(facts.truth("DEBUG").is_yes());
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
fn a_group_without_settings_of_its_own_belongs_to_the_one_around_it() {
    let files = [
        ("manage.py", "=shop.app.settings"),
        ("shop/app/wsgi.py", "import django\n"),
        ("shop/app/manage.py", "import django\n"),
        ("shop/app/settings.py", SETTINGS),
    ];
    assert_eq!(modules(&files), ["shop.app.settings"]);
    let files = [
        ("manage.py", "=shop.settings.local"),
        ("shop/wsgi.py", "=settings.local"),
        ("shop/settings/local.py", LAYER),
        ("shop/settings/production.py", LAYER),
    ];
    assert_eq!(modules(&files), ["shop.settings.production"], "two names of one file are one project");
    let files = [("manage.py", "=shop.settings"), ("shop/wsgi.py", "=settings"), ("shop/settings.py", SETTINGS)];
    assert_eq!(one(&files), ("shop.settings".to_owned(), "shop/wsgi.py names it".to_owned()));
}

#[test]
fn the_comment_of_startproject_tells_the_version_when_nothing_else_does() {
    let settings = format!("\"\"\"\nGenerated by 'django-admin startproject' using Django 5.1.4.\n\"\"\"\n{SETTINGS}");
    let start = [("manage.py", "=mysite.settings"), ("mysite/settings.py", settings.as_str())];
    let (version, from) = versioned(&start);
    assert_eq!((version.as_str(), from.as_str()), ("5.1.4", "assumed: mysite/settings.py was made with it"));
    let pinned: Vec<_> = start.into_iter().chain([("requirements.txt", "Django==5.2.1\n")]).collect();
    assert_eq!(versioned(&pinned).0, "5.2.1");
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
fn a_template_is_judged_by_the_settings_that_its_server_names() {
    let folder = tree(&[
        ("manage.py", "=shop.project_template.project_name.settings.base"),
        ("shop/__init__.py", ""),
        ("shop/project_template/__init__.py", ""),
        ("shop/project_template/manage.py", "={{ project_name}}.settings.local"),
        ("shop/project_template/project_name/__init__.py", ""),
        ("shop/project_template/project_name/wsgi.py", "={{ project_name }}.settings.local"),
        ("shop/project_template/project_name/settings/__init__.py", ""),
        ("shop/project_template/project_name/settings/base.py", SETTINGS),
        (
            "shop/project_template/project_name/settings/local.py",
            "import os\nfrom .base import *\nSECRET_KEY = '{{ secret_key }}'\nLOCALE_PATHS = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + '/locale']\n",
        ),
    ]);
    let audits = audited(folder.path(), None).unwrap();
    let [facts] = audits.as_slice() else { panic!("{}", audits.len()) };
    assert_eq!(&*facts.project.choice.module, "project_name.settings.local");
    assert_eq!(facts.project.choice.stand_in, None);
    assert!(facts.setting("SECRET_KEY").value.as_unknown().is_some());
    assert_eq!(facts.project.ignored_folders.len(), 1, "{:?}", facts.project.folders);
}

#[test]
fn what_an_image_from_elsewhere_is_given_counts() {
    let settings = "import os\nINSTALLED_APPS = []\nDEBUG = os.environ.get('DEBUG') == 'on'\nSHOP_A = os.environ.get('SHOP_A')\nSHOP_B = os.environ.get('SHOP_B')\nSHOP_C = os.environ.get('SHOP_C', 'c')\n";
    let read = |compose: &str| {
        let folder = tree(&[("manage.py", "=shop.settings"), ("shop/settings.py", settings), ("compose.yaml", compose)]);
        let facts = audited(folder.path(), None).unwrap().remove(0);
        let shown = |name: &str| facts.setting(name).value.show();
        [shown("DEBUG"), shown("SHOP_A"), shown("SHOP_C")]
    };
    let own = "environment: {DEBUG: '${DEBUG:-on}', SHOP_A: a, SHOP_B: '${B}', SHOP_C: '${C:-other}'}";
    let given = read(&format!("services:\n  db: {{image: postgres}}\n  app:\n    image: shop/shop\n    {own}\n"));
    assert_eq!(given[..2], ["True", "\"a\""]);
    assert!(given[2].contains("SHOP_C") || given[2].contains("unknown"), "{given:?}");
    let unset = ["False", "None", "\"c\""];
    // Built here, run by another name, or told nothing that is the project's own.
    assert_eq!(read(&format!("services:\n  app:\n    build: .\n    image: shop/shop\n    {own}\n")), unset);
    assert_eq!(read(&format!("services:\n  app:\n    image: nginx\n    {own}\n")), unset);
    let shared = "environment: {DEBUG: on, SECRET_KEY: x, DATABASE_URL: y, SHOP_A: a}";
    assert_eq!(read(&format!("services:\n  app:\n    image: shop/shop\n    {shared}\n")), unset);
    let told = "environment: {DJANGO_SETTINGS_MODULE: shop.settings, SHOP_A: a}";
    assert_eq!(read(&format!("services:\n  app:\n    image: shop/shop\n    {told}\n")), ["False", "\"a\"", "\"c\""]);
}

#[test]
fn a_package_that_nothing_starts_stands_in() {
    let stand_in = |files: &[(&str, &str)]| {
        let folder = tree(files);
        audited(folder.path(), None).unwrap().remove(0).project.choice.stand_in
    };
    let package = [
        ("pyproject.toml", "[build-system]\nrequires = []\n[project]\nname = \"shop\"\n"),
        ("shop/__init__.py", ""),
        ("shop/settings.py", SETTINGS),
    ];
    assert!(stand_in(&package).unwrap().contains("nothing here starts"));
    assert_eq!(stand_in(&[&package[..], &[("Dockerfile", "FROM x\n")]].concat()), None);
    assert_eq!(stand_in(&[&package[..], &[("manage.py", "=shop.settings")]].concat()), None);
    assert_eq!(stand_in(&package[1..]), None);
    let installed = [&package[1..], &[("shop-1.2.dist-info/METADATA", "Name: shop\n")]].concat();
    assert!(stand_in(&installed).unwrap().contains("nothing here starts"));
    assert_eq!(stand_in(&[&installed[..], &[("shop/wsgi.py", "=shop.settings")]].concat()), None);
    let served = [&package[1..], &[("manage.py", "=shop.settings"), ("shop/wsgi.py", "=shop.production")]].concat();
    assert!(stand_in(&served).unwrap().contains("shop.production is not in the project"));
    let docker = [("shop/__init__.py", ""), ("shop/settings_docker.py", SETTINGS), installed[2]];
    assert_eq!(stand_in(&docker), None);
}

#[test]
fn heroku_fills_in_what_its_form_asks_for() {
    let settings = "import os\nINSTALLED_APPS = []\nA = os.environ.get('A')\nB = os.environ.get('B')\nC = os.environ.get('C')\nON = os.environ.get('ON')\nDYNO = 'DYNO' in os.environ\n";
    let form =
        "{\"env\": {\"A\": \"a\", \"B\": {\"required\": false}, \"C\": {\"generator\": \"secret\"}, \"ON\": {\"value\": \"1\"}}}";
    let read = |files: &[(&str, &str)]| {
        let own = [("manage.py", "=shop.settings"), ("shop/settings.py", settings), ("Procfile", "web: gunicorn shop.wsgi\n")];
        let folder = tree(&[&own[..], files].concat());
        let facts = audited(folder.path(), None).unwrap().remove(0);
        ["A", "B", "C", "ON", "DYNO"].map(|name| {
            let value = facts.setting(name).value;
            value.as_unknown().map_or_else(|| value.show(), |_| "?".to_owned())
        })
    };
    assert_eq!(read(&[("app.json", form)]), ["?", "None", "?", "\"1\"", "True"]);
    assert_eq!(read(&[]), ["None", "None", "None", "None", "False"]);
}

#[test]
fn what_an_example_shows_of_local_settings_is_theirs_to_say() {
    let settings = "INSTALLED_APPS = []\nDEBUG = True\nADMINS = []\ntry:\n    from local_settings import *\nexcept ImportError:\n    pass\nLATE = 1\n";
    let example = "# ADMINS = ['x']\nDEBUG = False\nSESSION_COOKIE_SECURE = True\nLATE = 2\n";
    let read = |files: &[(&str, &str)]| {
        let own = [("manage.py", "=settings"), ("settings.py", settings)];
        let folder = tree(&[&own[..], files].concat());
        let facts = audited(folder.path(), None).unwrap().remove(0);
        ["DEBUG", "SESSION_COOKIE_SECURE", "ADMINS", "LATE"].map(|name| facts.setting(name).value.as_unknown().is_some())
    };
    assert_eq!(read(&[("local_settings.py.example", example)]), [true, true, false, false]);
    assert_eq!(read(&[("other/local_settings.py.example", example)]), [false; 4]);
}

#[test]
fn an_example_that_switches_debug_on_is_for_developers() {
    let example = "DEBUG = True\nADMINS = ['x']\nSECRET_KEY = 'own'\n";
    let read = |key: &str| {
        let settings = format!(
            "INSTALLED_APPS = []\nDEBUG = False\nADMINS = []\n{key}try:\n    from local_settings import *\nexcept ImportError:\n    pass\n"
        );
        let files = [("manage.py", "=settings"), ("settings.py", &*settings), ("local_settings.example.py", example)];
        let folder = tree(&files);
        let facts = audited(folder.path(), None).unwrap().remove(0);
        ["DEBUG", "ADMINS"].map(|name| facts.setting(name).value.as_unknown().is_some())
    };
    assert_eq!(read("import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"), [false, false]);
    // Who has no key elsewhere has it there.
    assert_eq!(read(""), [true, true]);
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
fn a_package_with_a_manage_py_inside_is_named_from_around_it() {
    let manage =
        "import sys\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n";
    let files = [
        ("Dockerfile", "FROM python:3.13\nENV DJANGO_SETTINGS_MODULE=shop.config.base\n"),
        ("src/shop/__init__.py", ""),
        ("src/shop/manage.py", manage),
        ("src/shop/config/__init__.py", ""),
        ("src/shop/config/base.py", SETTINGS),
        ("src/shop/config/heroku.py", SETTINGS),
    ];
    assert_eq!(modules(&files), ["shop.config.base"]);
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
    assert_eq!(django(&[("docker/REQUIREMENTS.txt", "django==4.2.1\n")]).0, "4.2.1");
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
