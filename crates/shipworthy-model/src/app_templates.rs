//! Templates of installed applications from elsewhere: which bring error pages of their own.

use crate::{Facts, Lookup, Value};

/// Applications that bring a `404.html` or a `500.html`, as their source distributions show.
const BRING: [&str; 3] = ["geonode", "mapentity", "misago"];

impl Facts {
    /// An installed application from elsewhere that brings error pages, where templates are looked up in applications.
    pub fn brings_error_pages(&self) -> Option<&'static str> {
        let engines = self.engines();
        let looks = |found: Lookup<'_>| match found {
            Lookup::Found(flag) => !flag.truth().is_no(),
            Lookup::Absent => false,
            Lookup::Unknown(_) => true,
        };
        let in_apps = engines.list.iter().any(|engine| looks(engine.get("APP_DIRS")) || looks(engine.option("loaders")));
        let apps = self.setting("INSTALLED_APPS").value;
        let mut names = apps.known_items().filter_map(Value::as_str).filter(|_| in_apps);
        names.find_map(|app| BRING.into_iter().find(|brings| app.split('.').next() == Some(brings)))
    }
}
