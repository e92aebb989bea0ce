//! Definitions: what modules of the project define under the dotted paths that settings name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Facts, Truth, Unknown, Value, Why};

/// What a module of the project binds a name to. A name whose binding hangs on more than the module's text says has none.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    /// A class.
    Class(Class),
    /// An undecorated function: its parameters, in order.
    Function(Vec<Parameter>),
    /// Another name for what is found under this dotted path.
    Alias(Arc<str>),
    /// Certainly something, of which the text does not say what it is.
    Other,
    /// The module was read whole and binds no such name.
    Missing,
}

/// A class statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Class {
    /// The dotted paths of its bases; `None` where one of them is an expression.
    pub bases: Option<Vec<Arc<str>>>,
    /// The names that its body binds.
    pub names: BTreeSet<Arc<str>>,
    /// The dotted paths of what its body calls, wherever in it, as far as names say it.
    pub calls: BTreeSet<Arc<str>>,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Arc<str>,
    /// How it takes arguments.
    pub kind: ParameterKind,
    /// Whether it must be given.
    pub required: bool,
}

/// How a parameter takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// By place only (before `/`).
    Positional,
    /// By place or name.
    Either,
    /// By name only (after `*`).
    Named,
    /// All further arguments by place (`*args`).
    Places,
    /// All further arguments by name (`**kwargs`).
    Names,
}

/// Definitions by dotted path.
pub type Definitions = BTreeMap<Arc<str>, Definition>;

/// Classes of Django's and of its packages that derive from one of Django's.
const SUBCLASSES: [(&str, &str); 6] = [
    ("allauth.account.auth_backends.AuthenticationBackend", "django.contrib.auth.backends.ModelBackend"),
    ("axes.backends.AxesBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.AllowAllUsersModelBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.RemoteUserBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.auth.backends.AllowAllUsersRemoteUserBackend", "django.contrib.auth.backends.ModelBackend"),
    ("django.contrib.admin.apps.AdminConfig", "django.contrib.admin.apps.SimpleAdminConfig"),
];

/// Packages whose classes derive from none of Django's own that anybody asks for.
const INDEPENDENT: [&str; 26] = [
    "abc.",
    "allauth.account.middleware.",
    "asgiref.",
    "auditlog.",
    "axes.backends.AxesStandaloneBackend",
    "axes.middleware.",
    "builtins.",
    "corsheaders.",
    "crum.",
    "csp.",
    "debug_toolbar.",
    "django.",
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

/// Where a name leads after all aliases.
enum Traced<'f, 'p> {
    /// To a definition of the project's.
    Known(&'p str, &'f Definition),
    /// Out of the project, or to what nobody read.
    Outside(&'p str),
}

impl Facts {
    /// The dotted paths that settings name and rules ask about: whoever has the project's text at hand reads their
    /// definitions, and those of their bases, into [`crate::Project::definitions`].
    pub fn names_asked(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut add = |value: &Value| {
            for (value, _) in value.alternatives() {
                names.extend(value.as_str().filter(|path| path.contains('.')).map(str::to_owned));
            }
        };
        for setting in ["MIDDLEWARE", "AUTHENTICATION_BACKENDS", "INSTALLED_APPS"] {
            for (list, _) in self.setting(setting).value.alternatives() {
                list.known_items().for_each(&mut add);
            }
        }
        add(&self.setting("CSRF_FAILURE_VIEW").value);
        add(&self.setting("SESSION_SERIALIZER").value);
        let caches = self.setting("CACHES");
        caches.services().iter().filter_map(|cache| cache.config.found("BACKEND")).for_each(&mut add);
        names.extend(self.tag_modules_asked());
        names.extend(self.project.routes.error_views.iter().map(|(_, path, _)| path.to_string()));
        names.retain(|name| !name.starts_with("django.") && !self.project.modules.iter().any(|module| **module == **name));
        names
    }

    /// What the project defines under a dotted path, after all aliases; `None` where that is not known.
    pub fn definition(&self, path: &str) -> Option<&Definition> {
        match self.trace(path) {
            Traced::Known(_, Definition::Other) | Traced::Outside(_) => None,
            Traced::Known(_, definition) => Some(definition),
        }
    }

    /// Whether a dotted path leads into a module of the project.
    pub fn is_own(&self, path: &str) -> bool {
        path.rsplit_once('.').is_some_and(|(module, _)| self.project.has_module(module).is_yes())
    }

    /// Whether a dotted path is a class, or one that derives from it. What is no class does not.
    pub fn derives(&self, path: &str, class: &str) -> Truth {
        self.derives_within(path, class, 30)
    }

    fn derives_within(&self, path: &str, class: &str, depth: usize) -> Truth {
        let unknown = |path: &str| Truth::Unknown(Unknown::new(Why::Import(path.into()), None));
        let known = |path: &str| path == class || SUBCLASSES.contains(&(path, class));
        if known(path) {
            return Truth::Yes;
        }
        match self.trace(path) {
            Traced::Outside(path) if known(path) => Truth::Yes,
            Traced::Outside(path) => {
                let module = path.rsplit_once('.').map_or(path, |(module, _)| module);
                if INDEPENDENT.iter().any(|start| path.starts_with(start)) || self.project.has_module(module).is_no() {
                    Truth::No
                } else {
                    unknown(path)
                }
            }
            Traced::Known(path, Definition::Class(Class { bases: Some(bases), .. })) => {
                if depth == 0 {
                    return unknown(path);
                }
                bases.iter().map(|base| self.derives_within(base, class, depth - 1)).fold(Truth::No, Truth::or)
            }
            Traced::Known(path, Definition::Class(Class { bases: None, .. }) | Definition::Alias(_) | Definition::Other) => {
                unknown(path)
            }
            Traced::Known(_, Definition::Function(_) | Definition::Missing) => Truth::No,
        }
    }

    fn trace<'f: 'p, 'p>(&'f self, path: &'p str) -> Traced<'f, 'p> {
        let mut path = path;
        // Modules that import a name from each other make a circle.
        for _ in 0..20 {
            match self.project.definitions.get(path) {
                Some(Definition::Alias(next)) => path = next,
                Some(definition) => return Traced::Known(path, definition),
                None => return Traced::Outside(path),
            }
        }
        Traced::Outside(path)
    }
}

/// Whether a function can be called with so many arguments by place and these by name.
pub fn can_be_called(parameters: &[Parameter], places: usize, names: &[&str]) -> bool {
    let mut left = places;
    let mut given = BTreeSet::new();
    for parameter in parameters {
        let by_name = names.contains(&&*parameter.name);
        match parameter.kind {
            ParameterKind::Positional | ParameterKind::Either if left > 0 => {
                left -= 1;
                if by_name && parameter.kind == ParameterKind::Either {
                    return false;
                }
            }
            ParameterKind::Either | ParameterKind::Named if by_name => {
                given.insert(&*parameter.name);
            }
            ParameterKind::Positional | ParameterKind::Either | ParameterKind::Named if parameter.required => return false,
            ParameterKind::Positional | ParameterKind::Either | ParameterKind::Named => {}
            ParameterKind::Places => left = 0,
            ParameterKind::Names => given.extend(names),
        }
    }
    left == 0 && names.iter().all(|name| given.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: ParameterKind, required: bool) -> Parameter {
        Parameter { name: name.into(), kind, required }
    }

    #[test]
    fn arguments_find_their_parameters() {
        use ParameterKind::{Either, Named, Names, Places, Positional};
        let request = || parameter("request", Either, true);
        let cases = [
            (vec![request(), parameter("reason", Either, false)], true),
            (vec![request(), parameter("reason", Named, true)], true),
            (vec![parameter("args", Places, false), parameter("kwargs", Names, false)], true),
            (vec![request(), parameter("kwargs", Names, false)], true),
            (vec![request()], false),
            (vec![parameter("reason", Either, true)], false),
            (vec![parameter("reason", Positional, true), parameter("kwargs", Names, false)], true),
            (vec![request(), parameter("reason", Positional, false)], false),
            (vec![request(), parameter("reason", Either, false), parameter("status", Named, true)], false),
            (vec![parameter("reason", Named, false)], false),
        ];
        for (parameters, expected) in cases {
            assert_eq!(can_be_called(&parameters, 1, &["reason"]), expected, "{parameters:?}");
        }
    }

    #[test]
    fn bases_are_followed_through_aliases() {
        let mut facts = Facts::default();
        let class = |bases: &[&str]| {
            let bases = Some(bases.iter().map(|base| (*base).into()).collect());
            Definition::Class(Class { bases, ..Class::default() })
        };
        facts.project.definitions = [
            ("shop.mw.Own", class(&["shop.base.Auth"])),
            ("shop.base.Auth", Definition::Alias("django.contrib.auth.middleware.AuthenticationMiddleware".into())),
            ("shop.mw.Plain", class(&["builtins.object"])),
            ("shop.mw.Stranger", class(&["elsewhere.Base"])),
            ("shop.mw.A", Definition::Alias("shop.mw.B".into())),
            ("shop.mw.B", Definition::Alias("shop.mw.A".into())),
        ]
        .into_iter()
        .map(|(path, definition)| (path.into(), definition))
        .collect();
        let derives = |path| facts.derives(path, "django.contrib.auth.middleware.AuthenticationMiddleware");
        assert_eq!(derives("shop.mw.Own"), Truth::Yes);
        assert_eq!(derives("shop.mw.Plain"), Truth::No);
        assert!(matches!(derives("shop.mw.Stranger"), Truth::Unknown(_)));
        assert!(matches!(derives("shop.mw.A"), Truth::Unknown(_)));
    }
}
