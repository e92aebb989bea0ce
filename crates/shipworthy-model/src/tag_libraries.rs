//! Template tag libraries: the modules that `{% load %}` finds by their names.

use std::collections::BTreeSet;

use crate::{Definition, Facts, Truth, Unknown, Why};

/// Libraries that are always there.
const BUILT_IN: [(&str, &str); 5] = [
    ("cache", "django.templatetags.cache"),
    ("i18n", "django.templatetags.i18n"),
    ("l10n", "django.templatetags.l10n"),
    ("static", "django.templatetags.static"),
    ("tz", "django.templatetags.tz"),
];
/// Libraries of Django's own apps: name, app, first feature release.
const OF_APPS: [(&str, &str, (u16, u16)); 8] = [
    ("admin_filters", "django.contrib.admin", (6, 1)),
    ("admin_list", "django.contrib.admin", (4, 2)),
    ("admin_modify", "django.contrib.admin", (4, 2)),
    ("admin_urls", "django.contrib.admin", (4, 2)),
    ("log", "django.contrib.admin", (4, 2)),
    ("auth", "django.contrib.auth", (6, 0)),
    ("flatpages", "django.contrib.flatpages", (4, 2)),
    ("humanize", "django.contrib.humanize", (4, 2)),
];

/// A module in the `templatetags` package of an installed app.
#[derive(Clone, Debug)]
pub struct TagLibrary {
    /// What `{% load %}` takes.
    pub name: String,
    /// The dotted name of the module.
    pub module: String,
    /// Whether it is a library: whether it defines `register`.
    pub registers: Truth,
}

impl Facts {
    /// The libraries that Django finds by itself, as far as they are Django's or the project's.
    pub fn tag_libraries(&self) -> Vec<TagLibrary> {
        let library = |name: &str, module: String| TagLibrary { name: name.to_owned(), module, registers: Truth::Yes };
        let built_in = BUILT_IN.iter().map(|(name, module)| library(name, (*module).to_owned()));
        let feature = self.django.version.feature();
        let of_apps = OF_APPS
            .iter()
            .filter(|(_, app, since)| feature >= *since && self.has_contrib(app).is_yes())
            .map(|(name, app, _)| library(name, format!("{app}.templatetags.{name}")));
        let own = self.own_tag_modules().into_iter().map(|(name, module)| {
            let registers = match self.project.definitions.get(format!("{module}.register").as_str()) {
                Some(Definition::Missing) => Truth::No,
                Some(_) => Truth::Yes,
                None => Truth::Unknown(Unknown::new(Why::Import(module.into()), None)),
            };
            TagLibrary { name: name.to_owned(), module: module.to_owned(), registers }
        });
        built_in.chain(of_apps).chain(own).collect()
    }

    /// The modules of the project that matter for who is called what: those that share their name with another.
    pub(crate) fn tag_modules_asked(&self) -> Vec<String> {
        let own = self.own_tag_modules();
        let engines = self.engines();
        let mut named = BTreeSet::new();
        for engine in &engines.list {
            if let Some(libraries) = engine.value.found("OPTIONS").and_then(|options| options.found("libraries")) {
                named.extend(libraries.known_entries().filter_map(|(name, _)| name.as_str()));
            }
        }
        named.extend(BUILT_IN.iter().map(|(name, _)| *name).chain(OF_APPS.iter().map(|(name, ..)| *name)));
        let is_shared = |name: &str| named.contains(name) || own.iter().filter(|(other, _)| *other == name).count() > 1;
        own.iter().filter(|(name, _)| is_shared(name)).map(|(_, module)| format!("{module}.register")).collect()
    }

    fn own_tag_modules(&self) -> Vec<(&str, &str)> {
        self.project
            .modules
            .iter()
            .filter_map(|module| module.split_once(".templatetags.").map(|(app, name)| (app, name, &**module)))
            .filter(|(app, ..)| self.has_app(app).is_yes())
            .map(|(_, name, module)| (name, module))
            .collect()
    }
}
