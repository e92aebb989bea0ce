//! Sessions: where the project keeps them.

use crate::{Facts, Lookup, Region, Truth, Unknown, Value};

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
