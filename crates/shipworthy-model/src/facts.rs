//! Facts: everything that was read, run or seen, before anybody judges it.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::front::Front;
use crate::picture::Picture;
use crate::settings::Effective;
use crate::{
    Artifacts, Datum, Definitions, Django, Item, Region, Routes, Runtime, Settings, Stage, Truth, Unknown, Uses, Value, Why,
    Wire, django,
};

/// Everything known about one environment of one project.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The files that were read.
    pub artifacts: Artifacts,
    /// The version of Django the project runs.
    pub django: Django,
    /// The effective settings.
    pub settings: Settings,
    /// What surrounds them.
    pub project: Project,
    /// How the project is deployed, as the files around it say.
    pub picture: Picture,
    /// The front ends whose configuration lies in the tree.
    pub fronts: Vec<Front>,
    /// What the running site answered, if somebody looked at it.
    pub wire: Option<Arc<Wire>>,
    /// What the project's own Python said, if it was run. Rules are asked without it about what was read, and with it about
    /// [`Facts::refined`].
    pub runtime: Option<Arc<Runtime>>,
}

/// What surrounds the settings in the project's tree.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The absolute path of the audited folder; settings that hold paths are relative to the machine they were read on.
    pub root: Arc<str>,
    /// Whether the tree was there to be looked at. A settings dump or an inline text has none: then nothing may be
    /// concluded from the absence of a file.
    pub seen: bool,
    /// The folders that are on `sys.path`, relative to the audited folder; the empty text is that folder itself.
    pub search_path: Vec<Arc<str>>,
    /// How the settings module was chosen.
    pub choice: ModuleChoice,
    /// `manage.py`, `wsgi.py`, `asgi.py`.
    pub entry_points: Vec<EntryPoint>,
    /// Python packages the project declares or locks.
    pub dependencies: Vec<Dependency>,
    /// Whether a file that declares dependencies was found and read whole.
    pub dependencies_complete: bool,
    /// The names of all packages that any file of the tree declares or installs; `None` where others may be installed too:
    /// what these bring along is not among them.
    pub named_packages: Option<BTreeSet<Arc<str>>>,
    /// Error page templates found in template folders of the project: `404.html`, `500.html` …
    pub templates: Vec<TemplateFile>,
    /// The error views that the root URL configuration names itself (`handler404` …), and where.
    pub error_handlers: Vec<(Arc<str>, Region)>,
    /// What else the text of the root URL configuration says.
    pub routes: Routes,
    /// Why there may be error pages or views for them that are not listed here: one clause.
    pub error_page_doubt: Option<Arc<str>>,
    /// `.env` files and their like that lie in the tree.
    pub env_files: Vec<EnvFile>,
    /// Files whose kind it is to hold a credential, outside of tests and examples.
    pub credential_files: Vec<CredentialFile>,
    /// The database files that git tracks, outside of tests and examples; `None` where git's index cannot be read.
    pub tracked_databases: Option<Vec<DatabaseFile>>,
    /// Whether git tracks the [file](Facts::key_file) that holds the `SECRET_KEY`; `None` where that is not to be seen.
    pub key_file_tracked: Option<bool>,
    /// The paths of the files of environment variables that the deployment is said to have.
    pub applied: Vec<Arc<str>>,
    /// Every Python module of the project by dotted name, for asking whether a dotted path can be imported.
    pub modules: Vec<Arc<str>>,
    /// Folders that settings name, as absolute paths, and whether they are there. Those that [`Facts::folders_asked`]
    /// names were looked up, if there was a file system to look at.
    pub folders: BTreeMap<Arc<str>, bool>,
    /// Those of them, made absolute, that are not there and that git ignores: a build makes them.
    pub ignored_folders: BTreeSet<Arc<str>>,
    /// What the project defines under the names of [`Facts::names_asked`], and under those they lead to.
    pub definitions: Definitions,
    /// What its own code makes use of.
    pub uses: Uses,
}

/// Which settings module is audited, and why.
#[derive(Clone, Debug, Default)]
pub struct ModuleChoice {
    /// The dotted module name.
    pub module: Arc<str>,
    /// Why it: one clause.
    pub reason: String,
    /// Where the reason stands.
    pub at: Option<Region>,
    /// The other settings modules of the project.
    pub others: Vec<Arc<str>>,
    /// Why it only stands in for production's, which nobody found: a clause after its name (`is for development`). What is
    /// wrong in it proves nothing then.
    pub stand_in: Option<String>,
}

/// What kind of entry point a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPointKind {
    /// `manage.py`
    Manage,
    /// `wsgi.py`
    Wsgi,
    /// `asgi.py`
    Asgi,
}

/// A file that starts Django, and the settings module it names.
#[derive(Clone, Debug)]
pub struct EntryPoint {
    /// Which.
    pub kind: EntryPointKind,
    /// Its path, relative to the audited folder.
    pub path: Arc<str>,
    /// The settings module it names, and where.
    pub module: Option<(Arc<str>, Region)>,
    /// Whether the environment may override it (`setdefault`) or not (assignment).
    pub overridable: bool,
}

/// A Python package the project depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Dependency {
    /// The normalised name: lower case, `-` for `_` and `.`.
    pub name: Arc<str>,
    /// The exact version, where it is pinned or locked.
    pub version: Option<Arc<str>>,
    /// Where it is declared.
    pub at: Option<Region>,
}

/// A template file that Django looks for by name.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// The template name: `404.html`.
    pub name: Arc<str>,
    /// Its path, relative to the audited folder.
    pub path: Arc<str>,
    /// Its text.
    pub region: Region,
}

/// A file of environment variables in the project's tree.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// Its path, relative to the audited folder.
    pub path: Arc<str>,
    /// Whether its name says that it is an example or template.
    pub example: bool,
    /// Which stage it is for, as its path or the configuration says.
    pub stage: Stage,
    /// Whether git tracks it; `None` where that is not known.
    pub tracked: Option<bool>,
    /// The variables it sets, with the places of their values.
    pub variables: Vec<(Arc<str>, Region)>,
}

/// A file that holds a credential because that is its kind: `.pgpass`, a private key, what a compose file names under
/// `secrets`.
#[derive(Clone, Debug)]
pub struct CredentialFile {
    /// Its path, relative to the audited folder.
    pub path: Arc<str>,
    /// Which stage it is for, as its path says.
    pub stage: Stage,
    /// Whether git tracks it; `None` where that is not known.
    pub tracked: Option<bool>,
    /// What it holds, for reports: `a private key`.
    pub what: &'static str,
    /// Where that stands.
    pub at: Region,
}

/// A file of `SQLite` in the project's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseFile {
    /// Its path, relative to the audited folder.
    pub path: Arc<str>,
    /// Whether it has tables of Django's own for users or sessions.
    pub is_djangos: bool,
    /// Whether a table of users with passwords has a row.
    pub users: bool,
}

impl DatabaseFile {
    /// A file with these tables: the name of each, the statement that made it, and whether it has a row.
    pub fn new<'t>(path: &str, tables: impl IntoIterator<Item = (&'t str, &'t str, bool)>) -> Self {
        let mut file = Self { path: path.into(), is_djangos: false, users: false };
        for (name, sql, filled) in tables {
            // django/contrib/auth/base_user.py: what every model of users has.
            let users = name == "auth_user" || sql.contains("\"password\"") && sql.contains("\"last_login\"");
            file.is_djangos |= users || name == "django_session";
            file.users |= users && filled;
        }
        file
    }
}

impl Project {
    /// Whether a dotted name can be imported as a module or package of the project. What lies outside its own top-level
    /// packages is unknown.
    pub fn has_module(&self, name: &str) -> Truth {
        let within = |module: &str, package: &str| {
            module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let top = name.split('.').next().unwrap_or(name);
        if self.modules.iter().any(|module| within(module, name)) {
            Truth::Yes
        } else if self.seen && self.modules.iter().any(|module| within(module, top)) {
            Truth::No
        } else {
            Truth::Unknown(Unknown::new(Why::Import(name.into()), None))
        }
    }
}

impl Facts {
    /// The setting as Django sees it: the module's value, or the default of the project's Django version. A name that
    /// neither the module nor Django knows is `None`-valued and not explicit.
    pub fn setting(&self, name: &str) -> Effective {
        // Django before 2.0 runs the middleware of `MIDDLEWARE_CLASSES` where `MIDDLEWARE` is not set
        // (django/core/handlers/base.py of 1.8 and 1.11): whoever judges middleware asks by the name that it has now.
        let explicit = &self.settings.explicit;
        let old = name == "MIDDLEWARE" && self.django.version.feature() < (2, 0) && !explicit.contains_key(name);
        let name = if old && explicit.contains_key("MIDDLEWARE_CLASSES") { "MIDDLEWARE_CLASSES" } else { name };
        self.settings.effective(name, django::default(&self.django.version, name)).unwrap_or_else(|| Effective {
            value: Value::of(Datum::None),
            at: None,
            explicit: Truth::No,
            assumptions: std::collections::BTreeSet::new(),
        })
    }

    /// Whether there is something to say of front ends as they are configured: of a running site that was looked at without
    /// any configuration, what was seen is all.
    pub fn judges_fronts(&self) -> bool {
        self.wire().is_none() || !self.fronts.is_empty()
    }

    /// The value of [`setting`](Self::setting). Questions that are asked of a long list again and again do not copy it.
    pub(crate) fn value(&self, name: &str) -> Cow<'_, Value> {
        match self.settings.explicit(name) {
            Some(setting) => Cow::Borrowed(&setting.value),
            None => Cow::Owned(self.setting(name).value),
        }
    }

    /// Python's truth value of a setting.
    pub fn truth(&self, name: &str) -> Truth {
        self.setting(name).truth()
    }

    /// Whether the list-like setting `name` holds the string `item`.
    pub fn lists(&self, name: &str, item: &str) -> Truth {
        self.setting(name).value.contains(item)
    }

    /// Whether a middleware of exactly this dotted path is installed: what Django's security checks ask.
    pub fn has_middleware(&self, path: &str) -> Truth {
        self.lists("MIDDLEWARE", path)
    }

    /// Whether Django's `SecurityMiddleware` is installed by its own name; a subclass is not it.
    pub fn has_security_middleware(&self) -> Truth {
        self.has_middleware("django.middleware.security.SecurityMiddleware")
    }

    /// Whether Django's `SessionMiddleware` is installed by its own name; a subclass is not it.
    pub fn has_session_middleware(&self) -> Truth {
        self.has_middleware("django.contrib.sessions.middleware.SessionMiddleware")
    }

    /// Whether Django's `CsrfViewMiddleware` is installed by its own name; a subclass is not it.
    pub fn has_csrf_middleware(&self) -> Truth {
        self.has_middleware("django.middleware.csrf.CsrfViewMiddleware")
    }

    /// What stands before the middleware of exactly this dotted path; `None` where it is not certainly installed.
    pub fn middleware_before(&self, path: &str) -> Option<Vec<Item>> {
        let (Datum::List(mut items) | Datum::Tuple(mut items)) = self.setting("MIDDLEWARE").value.datum else { return None };
        let place = items.iter().position(|item| matches!(item, Item::One(value) if value.equals(path).is_yes()))?;
        items.truncate(place);
        Some(items)
    }

    /// Whether an application is installed, by its package or by a configuration class inside it
    /// (`django.contrib.admin`, `django.contrib.admin.apps.SimpleAdminConfig`).
    pub fn has_app(&self, package: &str) -> Truth {
        self.value("INSTALLED_APPS")
            .any(|app| {
                app.decide(|app| {
                    app.expose_str().is_some_and(|name| {
                        name == package || name.strip_prefix(package).is_some_and(|rest| rest.starts_with(".apps."))
                    })
                })
            })
            .unwrap_or(Truth::No)
    }

    /// Whether the project declares this Python package (normalised name). Absence is certain only where the
    /// declarations were read whole.
    pub fn depends_on(&self, package: &str) -> Truth {
        if self.project.dependencies.iter().any(|dependency| &*dependency.name == package) {
            Truth::Yes
        } else if self.project.dependencies_complete {
            Truth::No
        } else {
            Truth::Unknown(Unknown::new(Why::File("a requirements file".into()), None))
        }
    }

    /// What reports errors to an error tracker, if the project shows one: a package, an application or middleware of it,
    /// or a call that starts it.
    pub fn error_tracker(&self) -> Option<&'static str> {
        const PACKAGES: [(&str, &str); 18] = [
            ("sentry-sdk", "sentry_sdk"),
            ("raven", "raven.contrib.django"),
            ("rollbar", "rollbar.contrib.django"),
            ("bugsnag", "bugsnag.django"),
            ("honeybadger", "honeybadger.contrib"),
            ("elastic-apm", "elasticapm.contrib.django"),
            ("opbeat", "opbeat.contrib.django"),
            ("airbrake", "airbrake"),
            ("pybrake", "pybrake"),
            ("newrelic", "newrelic"),
            ("scout-apm", "scout_apm.django"),
            ("ddtrace", "ddtrace.contrib.django"),
            ("logfire", "logfire"),
            ("google-cloud-error-reporting", "google.cloud.error_reporting"),
            ("opencensus-ext-azure", "opencensus.ext.django"),
            ("azure-monitor-opentelemetry", "azure.monitor"),
            ("opentelemetry-instrumentation-django", "opentelemetry.instrumentation.django"),
            ("aws-xray-sdk", "aws_xray_sdk.ext.django"),
        ];
        let lists = LazyCell::new(|| ["INSTALLED_APPS", "MIDDLEWARE"].map(|setting| self.setting(setting).value));
        let installed = |module: &str| {
            let mut paths = lists.iter().flat_map(Value::known_items).filter_map(Value::as_str);
            paths.any(|path| path.starts_with(module))
        };
        let found = PACKAGES.iter().find(|(package, module)| self.depends_on(package).is_yes() || installed(module));
        let started = || {
            let mut python = self.artifacts.iter().filter(|(_, artifact)| artifact.path.ends_with(".py"));
            python.any(|(_, artifact)| artifact.text.contains("sentry_sdk.init(")).then_some("sentry-sdk")
        };
        found.map(|(package, _)| *package).or_else(started)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Setting;

    #[test]
    fn modules_outside_the_project_stay_unknown() {
        let mut project = Project { modules: vec!["shop".into(), "shop.views.pages".into()], ..Project::default() };
        assert!(matches!(project.has_module("shop.errors"), Truth::Unknown(_)), "the tree was not seen");
        project.seen = true;
        assert_eq!(project.has_module("shop.views"), Truth::Yes);
        assert_eq!(project.has_module("shop.view"), Truth::No);
        assert!(matches!(project.has_module("sho"), Truth::Unknown(_)));
    }

    #[test]
    fn what_stands_before_a_middleware_needs_its_certain_place() {
        let mut facts = Facts::default();
        let list = |items| Setting { value: Value::of(Datum::List(items)), origin: Vec::new(), assumptions: [].into() };
        let one = |path| Item::One(Value::text(path));
        facts.settings.explicit.insert("MIDDLEWARE".into(), list(vec![one("a"), one("b"), one("c")]));
        assert_eq!(facts.middleware_before("b"), Some(vec![one("a")]));
        assert_eq!(facts.middleware_before("d"), None);
    }
}
