//! Django's own apps and classes: whether they are installed, be it under a name of the project's.

use crate::{Facts, Truth, Unknown, Value, Why};

/// Classes that derive from one of Django's.
const SUBCLASSES: [(&str, &str); 5] = [
    ("allauth.account.auth_backends.AuthenticationBackend", "django.contrib.auth.backends.ModelBackend"),
    ("axes.backends.AxesBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.AllowAllUsersModelBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.RemoteUserBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.AllowAllUsersRemoteUserBackend", "django.contrib.auth.backends.ModelBackend"),
];

/// Packages whose middleware and backends derive from none of Django's own that anybody asks for.
const INDEPENDENT: [&str; 23] = [
    "django.",
    "allauth.account.middleware.",
    "auditlog.",
    "axes.backends.AxesStandaloneBackend",
    "axes.middleware.",
    "corsheaders.",
    "crum.",
    "csp.",
    "debug_toolbar.",
    "django_browser_reload.",
    "django_htmx.",
    "django_permissions_policy.",
    "django_prometheus.",
    "django_structlog.",
    "guardian.",
    "oauth2_provider.",
    "rest_framework.",
    "reversion.",
    "silk.",
    "simple_history.",
    "waffle.",
    "wagtail.",
    "whitenoise.",
];

impl Facts {
    /// Whether one of Django's own apps is installed: by its name, by its configuration class, or perhaps by a class of the
    /// project that derives from it and is named after it (`shop.apps.ShopAdminConfig`).
    pub fn has_contrib(&self, app: &str) -> Truth {
        let word = app.rsplit('.').next().unwrap_or(app);
        let named_after = |path: &str| {
            let class = path.rsplit('.').next().unwrap_or(path);
            !path.starts_with("django.") && class.starts_with(char::is_uppercase) && class.to_lowercase().contains(word)
        };
        let perhaps = |value: &Value| match value.decide(|value| value.as_str().is_some_and(named_after)) {
            Truth::Yes => Truth::Unknown(Unknown::new(Why::Import(value.as_str().unwrap_or_default().into()), value.at)),
            other => other,
        };
        self.has_app(app).or(self.setting("INSTALLED_APPS").value.any(perhaps).unwrap_or(Truth::No))
    }

    /// Whether a setting's list of dotted paths holds a class of Django's or one that derives from it: what Django's checks
    /// ask of middleware and backends. A class that nobody knows may.
    pub fn lists_class(&self, name: &str, class: &str) -> Truth {
        let judge = |path: &Value| {
            if let Some(why) = path.as_unknown() {
                return Truth::Unknown(why);
            }
            let Some(text) = path.as_str() else { return Truth::No };
            if text == class || SUBCLASSES.contains(&(text, class)) {
                return Truth::Yes;
            }
            let module = text.rsplit_once('.').map_or(text, |(module, _)| module);
            if INDEPENDENT.iter().any(|start| text.starts_with(start)) || self.project.has_module(module).is_no() {
                return Truth::No;
            }
            Truth::Unknown(Unknown::new(Why::Import(text.into()), path.at))
        };
        self.setting(name).value.any(judge).unwrap_or(Truth::No)
    }
}
