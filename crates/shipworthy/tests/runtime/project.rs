//! Projects that are made for a test, and the program that loads them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;

/// The Pythons that have a Django.
pub(crate) fn pythons() -> Vec<String> {
    let list = std::env::var("SHIPWORTHY_DJANGOS").unwrap_or_default();
    if list.is_empty() {
        eprintln!("SHIPWORTHY_DJANGOS names no Python: nothing to do");
    }
    list.split_whitespace().map(str::to_owned).collect()
}

/// Settings that nothing is wrong with, but for what a test adds.
const SETTINGS: &str = r#"
SECRET_KEY = "k3v9x0q7r2m5t8w1y4z6a9c2e5g8j1l4n7p0s3u6v9x2z5b8d1f4h7k0m3"
DEBUG = False
ALLOWED_HOSTS = ["shop.example"]
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
    "django.contrib.sessions", "django.contrib.staticfiles"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware"]
ROOT_URLCONF = "shop.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {"context_processors": [
    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages"]}}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
USE_TZ = True
"#;

/// A project in a folder of its own.
pub(crate) struct Project {
    /// Its folder.
    pub(crate) folder: TempDir,
}

/// What `shipworthy check --runtime` said.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// The report; null where there is none.
    pub(crate) report: Json,
    /// What it printed, on both ways.
    pub(crate) text: String,
    /// What matters of it, in lines.
    pub(crate) told: String,
}

impl Project {
    /// A project with these lines at the end of its settings.
    pub(crate) fn new(settings: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.write(
            "manage.py",
            "import os\nimport sys\n\n\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n    \
             from django.core.management import execute_from_command_line\n\n    execute_from_command_line(sys.argv)\n\n\n\
             if __name__ == '__main__':\n    main()\n",
        );
        project.write("shop/__init__.py", "");
        project.write(
            "shop/urls.py",
            "from django.contrib import admin\nfrom django.urls import path\n\nurlpatterns = [path('admin/', admin.site.urls)]\n",
        );
        project.write("shop/settings.py", &format!("{}\n{settings}\n", SETTINGS.trim_start()));
        project
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The line of a file, from one, on which a text stands.
    pub(crate) fn line(&self, path: &str, text: &str) -> usize {
        let content = std::fs::read_to_string(self.folder.path().join(path)).unwrap();
        content.lines().position(|line| line.contains(text)).unwrap() + 1
    }

    /// `shipworthy check --runtime` with this Python.
    pub(crate) fn check(&self, python: &str, arguments: &[&str]) -> Said {
        check(self.folder.path(), &[&["--i-trust-this", "--python", python], arguments].concat())
    }

    /// Every file with its content.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let content = std::fs::read(&path).unwrap();
                    found.insert(path, content);
                }
            }
        }
        found
    }
}

/// `shipworthy check FOLDER --runtime` with an environment that holds no virtual environment.
pub(crate) fn check(folder: &Path, arguments: &[&str]) -> Said {
    let format = if arguments.contains(&"--output-format") { &[][..] } else { &["--output-format", "json"] };
    let output = command(folder).args(format).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report = serde_json::from_str(&text).unwrap_or(Json::Null);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let word = |json: &Json, name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let lines = report["findings"].as_array().into_iter().flatten().filter(|it| it["kind"] == "fail" || it["kind"] == "open");
    let lines = lines.map(|it| ["kind", "severity", "rule", "evidence", "message"].map(|name| word(it, name)).join(" "));
    let notices = report["notices"].as_array().into_iter().flatten().map(|notice| word(notice, "message"));
    let told = format!("{stderr}\n{}\n{}", lines.collect::<Vec<_>>().join("\n"), notices.collect::<Vec<_>>().join("\n"));
    Said { code: output.status.code(), report, text: text + &stderr, told }
}

/// The command, before its arguments.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shipworthy"));
    command.arg("check").arg(folder).arg("--runtime");
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT", "WORKON_HOME", "DJANGO_SETTINGS_MODULE"] {
        command.env_remove(name);
    }
    command
}

impl Said {
    /// The findings of a rule.
    pub(crate) fn of(&self, rule: &str) -> Vec<&Json> {
        self.findings().filter(|finding| finding["rule"] == rule).collect()
    }

    /// The one finding of a rule that fails or is open.
    pub(crate) fn one(&self, rule: &str) -> &Json {
        let told = self.of(rule).into_iter().filter(|finding| finding["kind"] == "fail" || finding["kind"] == "open");
        let told: Vec<&Json> = told.collect();
        assert_eq!(told.len(), 1, "{rule}: {}", self.told);
        told[0]
    }

    /// Whether a rule passes, and nothing of it fails or is open.
    pub(crate) fn passes(&self, rule: &str) -> bool {
        let told = self.of(rule);
        told.iter().any(|it| it["kind"] == "pass") && told.iter().all(|it| it["kind"] == "pass" || it["kind"] == "not-applicable")
    }

    /// Every finding.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Json> {
        self.report["findings"].as_array().unwrap_or_else(|| panic!("no report: {}", self.told)).iter()
    }

    /// All notices.
    pub(crate) fn notices(&self) -> String {
        let notices = self.report["notices"].as_array().unwrap_or_else(|| panic!("no report: {}", self.told));
        notices.iter().filter_map(|notice| notice["message"].as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The findings of a rule that were answered.
    pub(crate) fn discharged(&self, rule: &str) -> usize {
        let suppressed = self.report["suppressed"].as_array().unwrap().iter();
        suppressed.filter(|finding| finding["rule"] == rule && finding["by"] == "evidence").count()
    }
}

/// The processes that have this text in their environment or their arguments.
pub(crate) fn alive(mark: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let holds = |path: &Path| {
        ["environ", "cmdline"].iter().any(|name| {
            let bytes = std::fs::read(path.join(name)).unwrap_or_default();
            bytes.windows(mark.len()).any(|window| window == mark.as_bytes())
        })
    };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    processes.filter(|path| name(path) != own && holds(path)).map(|path| name(&path)).collect()
}
