//! Cache users: what in a project depends on a cache that all its processes share.

use crate::{Facts, Region, Use};

impl Facts {
    /// What needs the cache under this alias to be one for all processes, and where that is said. Sessions are not
    /// among them: they have rules of their own.
    pub fn cache_users(&self, alias: &str) -> Vec<(&'static str, Option<Region>)> {
        let mut users = Vec::new();
        let alias_in = |name: &str| self.setting(name).value.as_str().unwrap_or("default").to_owned();
        let names = |setting: &str, start: &str| {
            let list = self.setting(setting).value;
            let found = list.known_items().find(|item| item.as_str().is_some_and(|path| path.starts_with(start)));
            found.map(|item| item.at)
        };
        let ratelimit = names("MIDDLEWARE", "django_ratelimit.").or_else(|| names("INSTALLED_APPS", "django_ratelimit"));
        let declared = || self.project.dependencies.iter().find(|package| &*package.name == "django-ratelimit");
        let ratelimit = ratelimit.or_else(|| declared().map(|package| package.at));
        if let Some(at) = ratelimit
            && alias_in("RATELIMIT_USE_CACHE") == alias
        {
            users.push(("django-ratelimit", at));
        }
        let handler = self.setting("AXES_HANDLER");
        if handler.value.as_str().is_some_and(|path| path.contains("AxesCacheHandler")) && alias_in("AXES_CACHE") == alias {
            users.push(("django-axes", handler.region()));
        }
        let rest = self.setting("REST_FRAMEWORK");
        let throttles = rest.value.found("DEFAULT_THROTTLE_CLASSES").filter(|classes| classes.truth().is_yes());
        if let Some(classes) = throttles.filter(|_| alias == "default") {
            users.push(("throttling of the REST framework", classes.at.or(rest.region())));
        }
        let select2 = names("INSTALLED_APPS", "django_select2").filter(|_| !self.uses(Use::CachedWidgets).is_no());
        if let Some(at) = select2.filter(|_| alias_in("SELECT2_CACHE_BACKEND") == alias) {
            users.push(("django-select2", at));
        }
        users
    }
}
