//! Reads a root URL configuration for one thing: which error views it names itself.

use std::sync::Arc;

use shipworthy_model::{ArtifactId, Region, Routes};

use crate::python;

/// The names by which Django asks the root URL configuration for error views.
const HANDLERS: [&str; 4] = ["handler400", "handler403", "handler404", "handler500"];

/// The error views that the text of a URL configuration mentions in its code, each with the first place. However they come there,
/// by assignment or import, a name that is written there is there.
pub fn error_handlers(text: &str, artifact: ArtifactId) -> Vec<(Arc<str>, Region)> {
    let mut found: Vec<(Arc<str>, Region)> = Vec::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or(line);
        for name in HANDLERS {
            let is_word = |at: usize| {
                let is_part = |character: char| character == '_' || character.is_alphanumeric();
                !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
            };
            let at = code.match_indices(name).map(|(at, _)| at).find(|at| is_word(*at));
            if let Some(at) = at.filter(|_| found.iter().all(|(known, _)| **known != *name)) {
                let start = (offset + at) as u32;
                found.push((name.into(), Region::new(artifact, start, start + name.len() as u32)));
            }
        }
        offset += line.len();
    }
    found
}

/// A module's artifact and text, and whether it is a package.
pub type Module = (ArtifactId, String, bool);

/// Names of error views, and where each stands.
pub type Handlers = Vec<(Arc<str>, Region)>;

/// What the text of a root URL configuration says.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Its error views, and those of the modules whose names it takes with a star.
    pub handlers: Handlers,
    /// Why there may be others.
    pub doubt: Option<Arc<str>>,
    /// What it says itself of where its views are.
    pub routes: Routes,
}

/// Reads a root URL configuration and the modules whose names it takes with a star. `read` gives the text of a module of the
/// project, and whether it is a package.
pub fn named_handlers(module: &str, read: &mut dyn FnMut(&str) -> Option<Module>) -> Named {
    let mut found = Handlers::new();
    let mut doubt = None;
    let mut routes = Routes::default();
    let mut seen: Vec<String> = vec![module.to_owned()];
    let mut next = 0;
    while let Some(module) = seen.get(next).cloned() {
        next += 1;
        let Some((artifact, text, package)) = read(&module) else {
            doubt = doubt.or_else(|| Some(format!("the names of `{module}` come from outside the project").into()));
            continue;
        };
        if next == 1 {
            let around = if package { &*module } else { module.rsplit_once('.').map_or("", |(around, _)| around) };
            routes = python::routes(&text, artifact, around);
        }
        for (name, at) in error_handlers(&text, artifact) {
            if found.iter().all(|(known, _)| *known != name) {
                found.push((name, at));
            }
        }
        for star in stars(&text).filter_map(|star| absolute(&module, package, star)) {
            // What Django itself offers by these names are its own views.
            if !star.starts_with("django.") && !seen.contains(&star) {
                seen.push(star);
            }
        }
    }
    Named { handlers: found, doubt, routes }
}

/// The modules, as written, from which a text imports every name.
fn stars(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let code = line.split('#').next().unwrap_or(line).trim();
        code.strip_prefix("from ")?.strip_suffix('*')?.trim_end().strip_suffix("import").map(str::trim)
    })
}

/// A module's name as another one writes it (`..views`), from the root of its package on.
fn absolute(from: &str, package: bool, written: &str) -> Option<String> {
    let name = written.trim_start_matches('.');
    let dots = written.len() - name.len();
    if dots == 0 {
        return Some(written.to_owned());
    }
    let parts: Vec<&str> = from.split('.').collect();
    let kept = (parts.len() + usize::from(package)).checked_sub(dots)?;
    let parts = parts.into_iter().take(kept).chain(Some(name).filter(|name| !name.is_empty()));
    Some(parts.collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_followed() {
        let modules = [
            ("shop.urls", "from .errors import *\nfrom django.conf.urls import *\n", false),
            ("shop.errors", "from ..shop.more import *\nhandler404 = 1\n", true),
            ("shop.shop.more", "from shop.urls import *  # round\nhandler500 = 1\n", false),
        ];
        let mut read = |name: &str| {
            let (.., text, package) = modules.iter().find(|(known, ..)| *known == name)?;
            Some((ArtifactId(0), (*text).to_owned(), *package))
        };
        let Named { handlers, doubt, .. } = named_handlers("shop.urls", &mut read);
        assert_eq!(handlers.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["handler404", "handler500"]);
        assert_eq!(doubt, None);
        assert!(named_handlers("elsewhere.urls", &mut read).doubt.is_some());
    }

    #[test]
    fn handlers_are_found_where_code_names_them() {
        let text = "urlpatterns = []\n# handler400 = x\nhandler404 = handler500 = \"shop.views.sorry\"\nmy_handler403 = 1\n";
        let found = error_handlers(text, ArtifactId(0));
        let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["handler404", "handler500"]);
        let (start, end) = (found[1].1.start as usize, found[1].1.end as usize);
        assert_eq!(&text[start..end], "handler500");
        assert_eq!(error_handlers("from .errors import handler404\n", ArtifactId(0)).len(), 1);
    }
}
