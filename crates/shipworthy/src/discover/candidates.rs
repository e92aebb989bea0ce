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
    /// What its name says.
    pub(crate) stage: Stage,
    /// Whether it can stand alone: it builds on another module or lists applications itself. Fragments cannot.
    pub(crate) complete: bool,
    /// How many of the settings that only production needs it sets in its own file.
    pub(crate) hardening: usize,
}

impl Candidate {
    /// The module `module` in the file `path`.
    pub(crate) fn new(tree: &dyn Tree, module: &str, path: &str) -> Self {
        let look = read(tree, path).map(|text| Look::at(&text)).unwrap_or_default();
        Self {
            module: module.into(),
            path: path.to_owned(),
            stage: Stage::of_module(module),
            complete: look.builds_on_another || look.lists_applications,
            hardening: look.hardening,
        }
    }
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

/// Whether the name of a file says that it may be a settings module.
fn is_likely(path: &str) -> bool {
    let Some(stem) = path.strip_suffix(".py") else { return false };
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
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
    fn likely_names() {
        for path in ["settings.py", "a/settings/prod.py", "a/local_settings.py", "config/production.py", "conf/environments/x.py"]
        {
            assert!(is_likely(path), "{path}");
        }
        for path in ["a/views.py", "settings/readme.md", "a/models/config_reader/x.py"] {
            assert!(!is_likely(path), "{path}");
        }
    }
}
