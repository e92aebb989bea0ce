//! Sessions: where the project keeps them.

use crate::{Facts, Item, Lookup, Region, Truth, Unknown, Use, Value};

/// Where sessions are kept, by `SESSION_ENGINE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStore {
    /// In the database.
    Database,
    /// In a cache only.
    Cache,
    /// In the database, with a cache before it.
    CachedDatabase,
    /// In files.
    Files,
    /// In the visitor's cookie.
    Cookies,
    /// Somewhere of another package's choosing.
    Other,
}

impl SessionStore {
    /// The store of an engine's dotted path.
    pub fn of(engine: &str) -> Self {
        match engine {
            "django.contrib.sessions.backends.db" => Self::Database,
            "django.contrib.sessions.backends.cache" => Self::Cache,
            "django.contrib.sessions.backends.cached_db" => Self::CachedDatabase,
            "django.contrib.sessions.backends.file" => Self::Files,
            "django.contrib.sessions.backends.signed_cookies" => Self::Cookies,
            _ => Self::Other,
        }
    }
}

impl Facts {
    /// Whether the project has sessions at all: a session middleware, Django's or one named alike.
    pub fn has_sessions(&self) -> Truth {
        let middleware = self.setting("MIDDLEWARE").value;
        middleware
            .any(|item| item.decide(|item| item.as_str().is_some_and(|path| path.ends_with("SessionMiddleware"))))
            .unwrap_or(Truth::No)
    }

    /// Whether no middleware, by its name, tells one visitor from another by a cookie.
    pub fn knows_no_visitor(&self) -> bool {
        self.has_middleware_class("Session").is_no() && self.has_middleware_class("Auth").is_no()
    }

    /// Whether the project shows programs and not people what it has: its applications are named, none that is known logs
    /// browsers in, and no middleware does.
    pub fn is_headless(&self) -> bool {
        let apps = ["django.contrib.admin", "django.contrib.sessions", "wagtail.admin"];
        self.setting("INSTALLED_APPS").explicit.is_yes()
            && self.knows_no_visitor()
            && apps.iter().all(|app| !self.has_app(app).is_yes())
    }

    /// Whether certainly no browser is given a session: those who ask the API show who they are by other means, no middleware
    /// logs anybody in, the project's own code does not either, and it routes to no application that might.
    pub fn makes_no_sessions(&self) -> bool {
        let tokens = self.asks_for_tokens();
        let django = |path: &str| path.starts_with("django.") && !path.contains("RemoteUser");
        let quiet = |path: &str| {
            let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
            !["auth", "login", "oidc", "saml", "sso", "session", "cas"].iter().any(|word| name.contains(word))
        };
        let middleware = self.setting("MIDDLEWARE").value;
        let passive = |item: &Value| item.as_str().is_some_and(|path| django(path) || self.is_own(path) || quiet(path));
        tokens
            && self.setting("INSTALLED_APPS").explicit.is_yes()
            && middleware.items().is_some_and(|items| items.iter().all(|item| is_so(item, passive)))
            && self.uses(Use::Sessions).is_no()
            && self.project.uses.routes.iter().all(|(route, guard)| self.is_harmless_route(route, guard.as_deref()))
    }

    /// Whether the REST framework is told how to know who asks, and by no session; or is told nothing, and no application
    /// is there that begins the sessions which it knows then.
    fn asks_for_tokens(&self) -> bool {
        const LOGINS: [&str; 8] =
            ["allauth", "djoser", "dj_rest_auth", "rest_auth", "registration", "social_django", "oauth2_provider", "knox"];
        let framework = self.setting("REST_FRAMEWORK").value;
        let classes = match framework.get("DEFAULT_AUTHENTICATION_CLASSES") {
            Lookup::Found(classes) => classes,
            Lookup::Absent => {
                return self.has_app("rest_framework").is_yes() && LOGINS.iter().all(|app| self.has_app(app).is_no());
            }
            Lookup::Unknown(_) => return false,
        };
        let by_session = "rest_framework.authentication.SessionAuthentication";
        let other = |class: &Value| {
            class.as_str().is_some_and(|path| {
                let name = path.rsplit('.').next().unwrap_or(path);
                !name.contains("Session") && !self.derives(path, by_session).is_yes()
            })
        };
        classes.items().is_some_and(|items| items.iter().all(|item| is_so(item, other)))
    }

    /// Whether an application whose URLs the project includes logs nobody in: one of its own, one that is known not to, or
    /// one that is behind a setting that is off.
    fn is_harmless_route(&self, route: &str, guard: Option<&str>) -> bool {
        const SILENT: [&str; 8] = [
            "drf_spectacular",
            "rest_framework_simplejwt",
            "health_check",
            "django_prometheus",
            "django_health_check",
            "django_ses",
            "debug_toolbar",
            "drf_yasg",
        ];
        SILENT.contains(&route.split('.').next().unwrap_or(route))
            || self.project.has_module(route).is_yes()
            || guard.is_some_and(|guard| self.truth(guard).is_no())
    }

    /// Where sessions are kept, or why that is not known.
    pub fn session_store(&self) -> Result<SessionStore, Unknown> {
        let engine = self.setting("SESSION_ENGINE");
        match engine.value.as_unknown() {
            Some(why) => Err(why),
            None => Ok(engine.value.as_str().map_or(SessionStore::Other, SessionStore::of)),
        }
    }

    /// Whether the cache that sessions use has this backend, and where that is said.
    pub fn session_cache_is(&self, backend: &str) -> (Truth, Option<Region>) {
        let caches = self.setting("CACHES");
        let alias = self.setting("SESSION_CACHE_ALIAS");
        let Some(name) = alias.value.as_str() else {
            return (alias.value.as_unknown().map_or(Truth::No, Truth::Unknown), alias.region());
        };
        match caches.value.get(name) {
            Lookup::Found(cache) => match cache.get("BACKEND") {
                Lookup::Found(path) => {
                    (path.decide(|path| Value::as_str(path) == Some(backend)), path.at.or(cache.at).or(caches.region()))
                }
                Lookup::Absent => (Truth::No, caches.region()),
                Lookup::Unknown(why) => (Truth::Unknown(why), caches.region()),
            },
            Lookup::Absent => (Truth::No, caches.region()),
            Lookup::Unknown(why) => (Truth::Unknown(why), caches.region()),
        }
    }
}

/// Whether what an item of a list is, or may be, is known and so.
fn is_so(item: &Item, test: impl Fn(&Value) -> bool) -> bool {
    match item {
        Item::One(value) | Item::Perhaps(value, _) => test(value),
        Item::Many(_) => false,
    }
}
