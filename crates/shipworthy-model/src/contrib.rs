//! Django's own apps and classes: whether they are installed, be it under a name of the project's.

use crate::{Definition, Facts, Truth, Unknown, Value, Why};

/// Django's apps and their configuration classes, which projects derive from.
const CONFIGURATIONS: [(&str, &str); 9] = [
    ("django.contrib.admin", "SimpleAdminConfig"),
    ("django.contrib.auth", "AuthConfig"),
    ("django.contrib.contenttypes", "ContentTypesConfig"),
    ("django.contrib.flatpages", "FlatPagesConfig"),
    ("django.contrib.messages", "MessagesConfig"),
    ("django.contrib.redirects", "RedirectsConfig"),
    ("django.contrib.sessions", "SessionsConfig"),
    ("django.contrib.sites", "SitesConfig"),
    ("django.contrib.staticfiles", "StaticFilesConfig"),
];

impl Facts {
    /// Whether one of Django's own apps is installed: by its name, by its configuration class, or by a class of the project
    /// that derives from it. One that nobody has read is one perhaps, if it is named after the app (`shop.apps.ShopAdminConfig`).
    pub fn has_contrib(&self, app: &str) -> Truth {
        let word = app.rsplit('.').next().unwrap_or(app);
        let named_after = |path: &str| {
            let class = path.rsplit('.').next().unwrap_or(path);
            !path.starts_with("django.") && class.starts_with(char::is_uppercase) && class.to_lowercase().contains(word)
        };
        let configures = |entry: &Value| {
            let unknown = |path: &str| Truth::Unknown(Unknown::new(Why::Import(path.into()), entry.at));
            let Some(path) = entry.as_str() else { return entry.as_unknown().map_or(Truth::No, Truth::Unknown) };
            let derives =
                |(owner, class): &(&str, &str)| *owner == app && self.derives(path, &format!("{app}.apps.{class}")).is_yes();
            match self.definition(path) {
                Some(Definition::Class(class)) if CONFIGURATIONS.iter().any(derives) => {
                    if class.names.contains("name") {
                        unknown(path)
                    } else {
                        Truth::Yes
                    }
                }
                None if named_after(path) => unknown(path),
                Some(_) | None => Truth::No,
            }
        };
        self.has_app(app).or(self.value("INSTALLED_APPS").any(configures).unwrap_or(Truth::No))
    }

    /// Whether a setting's list of dotted paths holds a class of Django's or one that derives from it: what Django's checks
    /// ask of middleware and backends. A class that nobody knows may.
    pub fn lists_class(&self, name: &str, class: &str) -> Truth {
        let judge = |path: &Value| {
            if let Some(why) = path.as_unknown() {
                return Truth::Unknown(why);
            }
            let Some(text) = path.as_str() else { return Truth::No };
            match self.derives(text, class) {
                Truth::Unknown(why) => Truth::Unknown(Unknown { at: path.at, ..why }),
                truth => truth,
            }
        };
        self.setting(name).value.any(judge).unwrap_or(Truth::No)
    }
}
