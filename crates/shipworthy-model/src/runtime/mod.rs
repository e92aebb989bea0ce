//! Runtime: what the project's own Python said once it had loaded the project.

mod refine;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Facts, Region, Value, Version};

/// What one run of the project's own Python brought back. What the run did not come to is `None`.
#[derive(Clone, Debug, Default)]
pub struct Runtime {
    /// The interpreter, as it may be shown.
    pub interpreter: Arc<str>,
    /// How it was found: one clause.
    pub found: String,
    /// Its version: `3.12.4`.
    pub python: Option<Arc<str>>,
    /// The version of Django that it has.
    pub django: Option<Version>,
    /// What the settings module sets, credentials reduced.
    pub settings: Option<BTreeMap<Arc<str>, Value>>,
    /// What ended the loading, if it did not succeed.
    pub failure: Option<Raised>,
    /// What was raised on the way without ending it.
    pub troubles: Vec<Raised>,
    /// What the checks of Django and of the applications said with `--deploy`.
    pub messages: Option<Vec<CheckMessage>>,
    /// The URL configuration.
    pub addresses: Option<Addresses>,
    /// The file that Django takes for each error page (`404.html`), or that it finds none.
    pub templates: Option<BTreeMap<Arc<str>, FoundTemplate>>,
    /// Every entry of `MIDDLEWARE`, in order.
    pub middleware: Option<Vec<LoadedMiddleware>>,
    /// The installed distributions by normalised name, with their versions.
    pub packages: Option<BTreeMap<Arc<str>, Arc<str>>>,
    /// Migrations that the default database has not seen: application and name.
    pub migrations: Option<Vec<(Arc<str>, Arc<str>)>>,
    /// How far the run came.
    pub stage: RunStage,
    /// Whether it came to its end.
    pub complete: bool,
    /// How it ended, if not there: `had not ended after 30 seconds, and was ended`.
    pub broke_off: Option<String>,
}

macro_rules! stages {
    ($($(#[doc = $doc:literal])+ $variant:ident $name:literal $doing:literal,)*) => {
        /// How far a run came.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RunStage {
            #[default]
            /// The interpreter starts.
            Start,
            $($(#[doc = $doc])+ $variant,)*
        }

        impl RunStage {
            /// The stage of this name.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// What was being done, behind "while".
            pub fn doing(self) -> &'static str {
                match self { Self::Start => "starting", $(Self::$variant => $doing,)* }
            }
        }
    };
}

stages! {
    /// Django is imported.
    Django "django" "importing Django",
    /// The installed packages are listed.
    Packages "packages" "listing the installed packages",
    /// What `manage.py` does before it hands over to Django.
    Manage "manage" "running what manage.py does first",
    /// The settings are loaded.
    Settings "settings" "loading the settings",
    /// `django.setup()`.
    Setup "setup" "loading the applications",
    /// The checks run.
    Checks "checks" "running the checks",
    /// The URL configuration is walked.
    Urls "urls" "reading the URL configuration",
    /// The templates of the error pages are looked up.
    Templates "templates" "looking up the error pages",
    /// The middleware is loaded.
    Middleware "middleware" "loading the middleware",
    /// The database is asked for its migrations.
    Migrations "migrations" "asking the database for its migrations",
    /// Everything was asked.
    End "end" "ending",
}

/// An exception.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// What was being done.
    pub stage: RunStage,
    /// Its class: `ModuleNotFoundError`.
    pub exception: Arc<str>,
    /// Its class and those it derives from, up to `Exception`.
    pub kinds: Vec<Arc<str>>,
    /// Its words, as far as they quote no values.
    pub message: String,
    /// The module that could not be imported, if that is what happened.
    pub module: Option<Arc<str>>,
    /// The project's last line on the way to it.
    pub at: Option<Region>,
}

/// A message of a check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckMessage {
    /// The check's id: `security.W004`.
    pub id: Arc<str>,
    /// Django's number for how bad it is: 20 is information, 30 a warning, 40 an error, 50 critical.
    pub level: u32,
    /// What it is about, as Django names it.
    pub obj: Option<String>,
    /// The check's own words.
    pub text: String,
    /// Whether `SILENCED_SYSTEM_CHECKS` holds its id.
    pub silenced: bool,
}

/// The URL configuration, as far as somebody asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Addresses {
    /// The routes at which the admin is included: `admin/`, and where each is written, as far as that is found.
    pub admin: Vec<(Arc<str>, Option<Region>)>,
    /// Views that are for developers.
    pub views: Vec<DebugView>,
    /// The error views that the root URL configuration names, by status: `404`.
    pub handlers: BTreeMap<Arc<str>, Arc<str>>,
    /// What `LOGIN_URL` leads to.
    pub login: Login,
}

/// A view for developers, and its route.
#[derive(Clone, Debug, PartialEq)]
pub struct DebugView {
    /// The route, as the patterns write it.
    pub route: Arc<str>,
    /// The view's dotted name.
    pub view: Arc<str>,
    /// Whether it lists the files of folders.
    pub indexes: bool,
    /// Where the route is written, as far as that is found.
    pub at: Option<Region>,
}

/// What `LOGIN_URL` leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Login {
    /// The path or address that it means.
    pub path: Option<Arc<str>>,
    /// Why it leads nowhere, if it does not.
    pub problem: Option<LoginProblem>,
}

/// Why `LOGIN_URL` leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    /// It is the name of no route.
    NoName,
    /// It is a path that no route of the project answers.
    NoRoute,
}

/// What Django finds for the name of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundTemplate {
    /// A file: its path, relative to the audited folder where it lies inside.
    File(Arc<str>),
    /// None.
    Missing,
    /// One that cannot be read as a template.
    Broken(Raised),
}

/// An entry of `MIDDLEWARE`.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedMiddleware {
    /// Its dotted path.
    pub path: Arc<str>,
    /// What came of loading it.
    pub state: MiddlewareState,
}

/// What came of loading a middleware.
#[derive(Clone, Debug, PartialEq)]
pub enum MiddlewareState {
    /// It is in use.
    Loaded,
    /// It said `MiddlewareNotUsed`.
    Unused,
    /// It raised an exception, or gave nothing.
    Failed(Option<Raised>),
}

impl Raised {
    /// Whether it is one of these exceptions, or derives from one.
    pub fn is_a(&self, names: &[&str]) -> bool {
        self.kinds.iter().any(|kind| names.contains(&&**kind))
    }

    /// The exception and its words, as the end of a clause.
    pub fn what(&self) -> String {
        match self.message.trim_end_matches('.') {
            "" => self.exception.to_string(),
            words => format!("{}: {words}", self.exception),
        }
    }

    /// Whether it tells of the machine and not of the project: something outside did not answer.
    pub fn is_about_the_machine(&self) -> bool {
        const OUTSIDE: [&str; 9] = [
            "OperationalError",
            "InterfaceError",
            "ConnectionError",
            "TimeoutError",
            "gaierror",
            "RedisError",
            "URLError",
            "RequestException",
            "PermissionError",
        ];
        self.is_a(&OUTSIDE)
    }
}

impl Facts {
    /// What the project's own Python said, if it was run.
    pub fn runtime(&self) -> Option<&Runtime> {
        self.runtime.as_deref()
    }
}
