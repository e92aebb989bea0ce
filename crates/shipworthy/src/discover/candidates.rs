//! Files that look like settings modules.

use std::sync::Arc;

use shipworthy_source::Tree;
use shipworthy_source::stage::Stage;

use super::{Ground, read};
use crate::collect::Listing;

/// A module that may be a project's settings.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The dotted name.
    pub(crate) module: Arc<str>,
    /// Its file.
    pub(crate) path: String,
    /// What its name says, or its own description of itself.
    pub(crate) stage: Stage,
    /// Whether it can stand alone: it builds on another module or lists applications itself. Fragments cannot.
    pub(crate) complete: bool,
    /// Whether it lists applications itself.
    pub(crate) lists: bool,
    /// How many of the settings that only production needs it sets in its own file.
    pub(crate) hardening: usize,
    /// Whether it has no code at all.
    pub(crate) blank: bool,
    /// The modules that it takes everything from.
    pub(crate) builds_on: Vec<String>,
}

impl Candidate {
    /// The module `module` in the file `path`.
    pub(crate) fn new(tree: &dyn Tree, module: &str, path: &str) -> Self {
        let text = read(tree, path).unwrap_or_default();
        let look = Look::at(&text);
        let package = if path.ends_with("/__init__.py") { module } else { module.rsplit_once('.').map_or("", |(it, _)| it) };
        Self {
            module: module.into(),
            path: path.to_owned(),
            stage: if says_development(&text) { Stage::Development } else { Stage::of_module(module) },
            complete: look.builds_on_another || look.lists_applications,
            lists: look.lists_applications,
            hardening: look.hardening,
            blank: is_blank(&text),
            builds_on: star_imports(&text, package),
        }
    }
}

/// Whether the description of a module, or of the first class in it, says that it is for development.
fn says_development(text: &str) -> bool {
    const WORDS: [&str; 4] =
        ["for local development", "local development settings", "for development only", "development settings for"];
    let quotes = ["\"\"\"", "'''"];
    let begins = |text: &str| quotes.iter().any(|quote| text.trim_start().starts_with(quote));
    let class = text.split_once("\nclass ").and_then(|(_, rest)| rest.split_once(":\n")).map(|(_, body)| body);
    let described = std::iter::once(text).chain(class).filter(|text| begins(text));
    described.map(str::trim_start).any(|text| {
        let end = quotes.iter().filter_map(|quote| text[3..].find(quote)).min().unwrap_or(0);
        let said = text[3..3 + end].to_ascii_lowercase();
        WORDS.iter().any(|words| said.contains(words))
    })
}

/// Whether the text is nothing but comments and text in quotes.
fn is_blank(text: &str) -> bool {
    let mut quoted = None;
    text.lines().all(|line| {
        let line = line.trim();
        if let Some(quote) = quoted {
            quoted = (!line.contains(quote)).then_some(quote);
            return true;
        }
        let Some(quote) = ["\"\"\"", "'''"].into_iter().find(|quote| line.starts_with(quote)) else {
            return line.is_empty() || line.starts_with('#');
        };
        quoted = (!line[3..].contains(quote)).then_some(quote);
        true
    })
}

/// The modules whose names the text takes, by their full names.
fn star_imports(text: &str, package: &str) -> Vec<String> {
    let named = text.lines().filter_map(|line| line.trim_start().strip_prefix("from ")?.split_once(" import *"));
    let full = |(name, _): (&str, &str)| {
        let name = name.trim();
        let inner = name.trim_start_matches('.');
        let level = name.len() - inner.len();
        if level == 0 {
            return name.to_owned();
        }
        let parts: Vec<&str> = package.split('.').collect();
        let kept = parts[..parts.len().saturating_sub(level - 1)].join(".");
        if inner.is_empty() { kept } else { format!("{kept}.{inner}") }
    };
    named.map(full).collect()
}

/// The file of a dotted module below a folder of the search path.
pub(crate) fn module_file(listing: &Listing, folder: &str, module: &str) -> Option<String> {
    let stem = join(folder, &module.replace('.', "/"));
    [format!("{stem}.py"), format!("{stem}/__init__.py")].into_iter().find(|path| listing.has(path))
}

/// A path below a folder of the tree.
pub(crate) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The dotted name of a Python file below a folder of the search path.
pub(crate) fn module_name(folder: &str, path: &str) -> Option<String> {
    let inside = if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
    let stem = inside.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let is_name = |part: &str| {
        part.starts_with(|first: char| first == '_' || first.is_alphabetic())
            && part.chars().all(|character| character == '_' || character.is_alphanumeric())
    };
    stem.split('/').all(is_name).then(|| stem.replace('/', "."))
}

/// The settings modules below a folder, seen by their names and their text. `folder` is on the search path.
pub(crate) fn below(ground: &Ground, folder: &str) -> Vec<Candidate> {
    let named = standing(ground, folder).filter_map(|path| module_name(folder, path).map(|module| (module, path)));
    named.map(|(module, path)| Candidate::new(&ground.tree, &module, path)).collect()
}

/// The files below a folder whose names and text look like settings.
pub(crate) fn standing<'a>(ground: &'a Ground, folder: &'a str) -> impl Iterator<Item = &'a str> {
    // More than anybody reads; a tree of vendored sources must not cost a second.
    const MOST: usize = 300;
    ground.listing.below(folder).filter(|path| is_likely(path)).take(MOST).filter(|path| {
        let look = read(&ground.tree, path).map(|text| Look::at(&text)).unwrap_or_default();
        look.lists_applications || look.builds_on_another || look.telling > 1
    })
}

/// The files of the whole tree that look like settings, for telling the user what there is.
pub(crate) fn names(ground: &Ground) -> Vec<String> {
    let likely = ground.listing.files.iter().filter(|path| is_likely(path) && !path.contains("/migrations/")).take(100);
    likely.filter(|path| read(&ground.tree, path).is_some_and(|text| Look::at(&text).telling > 1)).take(5).cloned().collect()
}

/// Django's own table of defaults, where Django itself lies in the tree.
const OWN: &str = "django/conf/global_settings";

/// Whether the name of a file says that it may be a settings module.
fn is_likely(path: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "admin",
        "apps",
        "asgi",
        "celery",
        "celery_app",
        "forms",
        "middleware",
        "models",
        "routers",
        "routing",
        "signals",
        "tasks",
        "views",
        "wsgi",
    ];
    let Some(stem) = path.strip_suffix(".py") else { return false };
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if OTHERS.contains(&name)
        || name.ends_with("urls")
        || folder.ends_with("management/commands")
        || stem.ends_with(OWN)
        || folder.split('/').any(|part| matches!(part, "doc" | "docs"))
    {
        return false;
    }
    // Where a package of settings is called anything else, its modules are still called by what they are for.
    if matches!(name, "production" | "prod" | "staging") {
        return true;
    }
    let is_word = |word: &str| ["settings", "config", "conf", "configuration", "configs", "environments"].contains(&word);
    let package = folder.rsplit('/').find(|part| !matches!(*part, "environments" | "envs" | "env")).unwrap_or("");
    name.contains("settings") || is_word(name) || name.starts_with("config_") || is_word(package) || package.contains("settings")
}

/// What the text of a file says without being parsed.
#[derive(Debug, Default)]
struct Look {
    builds_on_another: bool,
    lists_applications: bool,
    telling: usize,
    hardening: usize,
}

impl Look {
    fn at(text: &str) -> Self {
        const TELLING: &[&str] = &[
            "INSTALLED_APPS",
            "ROOT_URLCONF",
            "DATABASES",
            "SECRET_KEY",
            "MIDDLEWARE",
            "MIDDLEWARE_CLASSES",
            "ALLOWED_HOSTS",
            "DEBUG",
            "TEMPLATES",
            "WSGI_APPLICATION",
            "STATIC_URL",
        ];
        const HARDENING: &[&str] = &[
            "SECURE_",
            "SESSION_COOKIE_SECURE",
            "CSRF_COOKIE_SECURE",
            "CSRF_TRUSTED_ORIGINS",
            "ALLOWED_HOSTS",
            "CACHES",
            "DATABASES",
            "STORAGES",
            "STATICFILES_STORAGE",
            "LOGGING",
            "EMAIL_",
            "AWS_",
        ];
        let mut look = Self::default();
        for line in text.lines() {
            let code = line.trim_start();
            let from_another = code.starts_with("from ") && code.contains("import *");
            look.builds_on_another |= from_another || code.starts_with("include(") || line.contains("(Configuration)");
            let name =
                &code[..code.find(|character: char| !(character.is_ascii_uppercase() || character == '_')).unwrap_or(code.len())];
            let sets = !name.is_empty() && code[name.len()..].trim_start().starts_with(['=', '+', ':', '[', '.']);
            if !sets {
                continue;
            }
            look.lists_applications |= matches!(name, "INSTALLED_APPS" | "ROOT_URLCONF");
            look.telling += usize::from(TELLING.contains(&name));
            look.hardening += usize::from(HARDENING.iter().any(|known| name.starts_with(known)));
        }
        look
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_modules() {
        assert_eq!(module_name("", "a/settings/__init__.py").as_deref(), Some("a.settings"));
        assert_eq!(module_name("src", "src/a/b.py").as_deref(), Some("a.b"));
        assert_eq!(module_name("src", "other/a.py"), None);
        assert_eq!(module_name("", "my-app/settings.py"), None);
    }

    #[test]
    fn looks() {
        assert!(Look::at("from .base import *  # noqa\nDEBUG = False\n").builds_on_another);
        assert!(Look::at("INSTALLED_APPS: list[str] = []\n").lists_applications);
        let fragment = Look::at("DATABASES = {}\n");
        assert!(!fragment.lists_applications && !fragment.builds_on_another && fragment.telling == 1);
        assert_eq!(Look::at("DEBUGGER = 1\nif DEBUG:\n    pass\n").telling, 0);
    }

    #[test]
    fn a_file_without_code_is_blank() {
        assert!(
            is_blank("\"\"\"Licence (c) us.\nX = 1\n\"\"\"\n# nothing\n") && is_blank("\"\"\"One line.\"\"\"\n") && is_blank("")
        );
        assert!(!is_blank("\"\"\"Settings.\"\"\"\nfrom .base import *\n"));
    }

    #[test]
    fn what_a_module_builds_on() {
        let text = "from .base import *\nfrom shop.defaults import *  # noqa\nif LOCAL:\n    from ..local import *\n";
        assert_eq!(star_imports(text, "config.settings"), ["config.settings.base", "shop.defaults", "config.local"]);
    }

    #[test]
    fn likely_names() {
        for path in [
            "settings.py",
            "a/settings/prod.py",
            "a/local_settings.py",
            "config/production.py",
            "conf/environments/x.py",
            "config/django/prod.py",
        ] {
            assert!(is_likely(path), "{path}");
        }
        for path in ["config/urls.py", "config/api_urls.py", "a/settings/views.py", "vendor/django/conf/global_settings.py"] {
            assert!(!is_likely(path), "{path}");
        }
        for path in ["a/views.py", "settings/readme.md", "a/models/config_reader/x.py"] {
            assert!(!is_likely(path), "{path}");
        }
    }
}
