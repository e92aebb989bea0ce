//! Templates of installed applications from elsewhere: which may bring error pages of their own.

use crate::{Facts, Lookup, Value};

/// Applications that bring no `404.html` and no `500.html` by their bare names.
#[rustfmt::skip]
const PLAIN: [&str; 155] = [
    "actstream", "admin_auto_filters", "admin_interface", "admin_reorder", "adminsortable2", "allauth", "anymail",
    "auditlog", "axes", "bootstrap3", "bootstrap4", "bootstrap5", "bootstrapform", "cacheops", "captcha", "channels",
    "ckeditor", "ckeditor_uploader", "colorfield", "compressor", "constance", "cookielaw", "corsheaders",
    "crispy_bootstrap3", "crispy_bootstrap4", "crispy_bootstrap5", "crispy_forms", "crispy_tailwind", "csp", "csvexport",
    "dal", "dal_select2", "daphne", "dbbackup", "debug_toolbar", "defender", "dj_rest_auth", "django",
    "django_admin_listfilter_dropdown", "django_bootstrap5", "django_browser_reload", "django_celery_beat",
    "django_celery_results", "django_ckeditor_5", "django_cleanup", "django_comments", "django_countries", "django_cron",
    "django_crontab", "django_elasticsearch_dsl", "django_extensions", "django_filters", "django_google_fonts",
    "django_guid", "django_htmx", "django_jinja", "django_json_widget", "django_object_actions", "django_otp",
    "django_prometheus", "django_q", "django_recaptcha", "django_redis", "django_registration", "django_rest_passwordreset",
    "django_rq", "django_select2", "django_social_share", "django_structlog", "django_tables2", "django_user_agents",
    "django_vite", "djcelery", "djmoney", "djoser", "drf_spectacular", "drf_spectacular_sidecar", "drf_yasg",
    "dynamic_preferences", "easy_thumbnails", "embed_video", "encrypted_model_fields", "fontawesomefree", "formtools",
    "graphene_django", "guardian", "gunicorn", "haystack", "hcaptcha", "health_check", "hijack", "huey", "imagekit",
    "import_export", "jazzmin", "jsoneditor", "knox", "leaflet", "livereload", "loginas", "mailer", "markdownify",
    "markdownx", "modelcluster", "modeltranslation", "mozilla_django_oidc", "mptt", "multiselectfield", "nested_admin",
    "ninja", "oauth2_provider", "ordered_model", "pgtrigger", "phonenumber_field", "pipeline", "polymorphic",
    "private_storage", "pwa", "qr_code", "raven", "rest_framework", "rest_framework_gis", "rest_framework_simplejwt",
    "reversion", "robots", "rosetta", "rules", "sass_processor", "scheduler", "scout_apm", "sekizai", "silk",
    "simple_history", "social_django", "solo", "sorl", "sortedm2m", "sslserver", "storages", "taggit", "tailwind",
    "tastypie", "timezone_field", "tinymce", "treebeard", "two_factor", "unfold", "user_sessions", "versatileimagefield",
    "waffle", "wagtail", "watchman", "webpack_loader", "whitenoise", "widget_tweaks",
];

impl Facts {
    /// An installed application from elsewhere that is not known to bring no error pages, where templates are looked up in
    /// applications: `mapentity` has a `500.html`.
    pub fn may_bring_error_pages(&self) -> Option<String> {
        let engines = self.engines();
        let looks = |found: Lookup<'_>| match found {
            Lookup::Found(flag) => !flag.truth().is_no(),
            Lookup::Absent => false,
            Lookup::Unknown(_) => true,
        };
        let in_apps = engines.list.iter().any(|engine| looks(engine.get("APP_DIRS")) || looks(engine.option("loaders")));
        let apps = self.setting("INSTALLED_APPS").value;
        let mut names = apps.known_items().filter_map(Value::as_str).filter(|_| in_apps);
        let found = names.find(|app| {
            let top = app.split('.').next().unwrap_or(app);
            let plain = PLAIN.contains(&top) || top.starts_with("rest_framework");
            !plain && !self.project.modules.iter().any(|module| module.split('.').next() == Some(top))
        });
        found.map(str::to_owned)
    }
}
