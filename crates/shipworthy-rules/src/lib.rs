//! Judges the facts of a Django deployment.
//!
//! One rule, one claim of the deployment checklist, two files: `<topic>/<rule>.rs` judges, `<topic>/<rule>.md` is its guide
//! and its test. The module list and [`RULES`] below are written by `tests/tidy.rs`.
#![deny(clippy::disallowed_methods)]

pub mod guide;

use shipworthy_model::Rule;

// Written by `cargo test --test tidy`: begin
mod debug {
    pub(crate) mod debug_enabled;
}
mod error_pages {
    pub(crate) mod error_page_missing;
    pub(crate) mod error_page_needs_context;
}
mod internationalization {
    pub(crate) mod language_code_invalid;
    pub(crate) mod language_unsupported;
    pub(crate) mod locale_path_missing;
    pub(crate) mod time_zone_unaware;
    pub(crate) mod time_zone_unknown;
}
mod media {
    pub(crate) mod default_storage_undefined;
    pub(crate) mod media_overwritable;
    pub(crate) mod media_publicly_readable;
    pub(crate) mod media_root_missing;
    pub(crate) mod media_root_relative;
    pub(crate) mod media_root_shared;
    pub(crate) mod media_unbacked;
    pub(crate) mod upload_limit_disabled;
    pub(crate) mod upload_permissions_loose;
    pub(crate) mod upload_temp_folder_missing;
}
mod settings {
    pub(crate) mod admin_app_missing;
    pub(crate) mod admin_middleware_missing;
    pub(crate) mod admin_template_missing;
    pub(crate) mod app_dependency_missing;
    pub(crate) mod app_duplicated;
    pub(crate) mod app_unknown;
    pub(crate) mod auto_field_implicit;
    pub(crate) mod middleware_misordered;
    pub(crate) mod root_urlconf_missing;
    pub(crate) mod setting_misspelt;
    pub(crate) mod setting_removed;
    pub(crate) mod setting_too_new;
    pub(crate) mod site_id_invalid;
}
mod r#static {
    pub(crate) mod asset_url_slash_missing;
    pub(crate) mod asset_urls_colliding;
    pub(crate) mod static_names_unhashed;
    pub(crate) mod static_root_missing;
    pub(crate) mod static_root_relative;
    pub(crate) mod static_root_shared;
    pub(crate) mod static_storage_undefined;
    pub(crate) mod static_unserved;
    pub(crate) mod staticfiles_dirs_invalid;
    pub(crate) mod storage_setting_ignored;
    pub(crate) mod whitenoise_development_mode;
    pub(crate) mod whitenoise_misplaced;
}
mod templates {
    pub(crate) mod autoescape_disabled;
    pub(crate) mod template_debug_enabled;
    pub(crate) mod template_engine_invalid;
    pub(crate) mod template_invalid_marker;
    pub(crate) mod template_library_shadowed;
    pub(crate) mod template_loaders_conflicting;
    pub(crate) mod template_loaders_uncached;
}

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[
    &settings::admin_app_missing::RULE,
    &settings::admin_middleware_missing::RULE,
    &settings::admin_template_missing::RULE,
    &settings::app_dependency_missing::RULE,
    &settings::app_duplicated::RULE,
    &settings::app_unknown::RULE,
    &settings::auto_field_implicit::RULE,
    &settings::middleware_misordered::RULE,
    &settings::root_urlconf_missing::RULE,
    &settings::setting_misspelt::RULE,
    &settings::setting_removed::RULE,
    &settings::setting_too_new::RULE,
    &settings::site_id_invalid::RULE,
    &debug::debug_enabled::RULE,
    &r#static::asset_url_slash_missing::RULE,
    &r#static::asset_urls_colliding::RULE,
    &r#static::static_names_unhashed::RULE,
    &r#static::static_root_missing::RULE,
    &r#static::static_root_relative::RULE,
    &r#static::static_root_shared::RULE,
    &r#static::static_storage_undefined::RULE,
    &r#static::static_unserved::RULE,
    &r#static::staticfiles_dirs_invalid::RULE,
    &r#static::storage_setting_ignored::RULE,
    &r#static::whitenoise_development_mode::RULE,
    &r#static::whitenoise_misplaced::RULE,
    &media::default_storage_undefined::RULE,
    &media::media_overwritable::RULE,
    &media::media_publicly_readable::RULE,
    &media::media_root_missing::RULE,
    &media::media_root_relative::RULE,
    &media::media_root_shared::RULE,
    &media::media_unbacked::RULE,
    &media::upload_limit_disabled::RULE,
    &media::upload_permissions_loose::RULE,
    &media::upload_temp_folder_missing::RULE,
    &templates::autoescape_disabled::RULE,
    &templates::template_debug_enabled::RULE,
    &templates::template_engine_invalid::RULE,
    &templates::template_invalid_marker::RULE,
    &templates::template_library_shadowed::RULE,
    &templates::template_loaders_conflicting::RULE,
    &templates::template_loaders_uncached::RULE,
    &error_pages::error_page_missing::RULE,
    &error_pages::error_page_needs_context::RULE,
    &internationalization::language_code_invalid::RULE,
    &internationalization::language_unsupported::RULE,
    &internationalization::locale_path_missing::RULE,
    &internationalization::time_zone_unaware::RULE,
    &internationalization::time_zone_unknown::RULE,
];
// Written by `cargo test --test tidy`: end
