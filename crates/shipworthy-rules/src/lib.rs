//! Judges the facts of a Django deployment.
//!
//! One rule, one claim of the deployment checklist, two files: `<topic>/<rule>.rs` judges, `<topic>/<rule>.md` is its guide
//! and its test. The module list and [`RULES`] below are written by `tests/tidy.rs`.
#![deny(clippy::disallowed_methods)]

pub mod guide;
mod pages;
mod passwords;
mod production;
mod strangers;
mod subjects;

use shipworthy_model::Rule;

// Written by `cargo test --test tidy`: begin
mod accounts {
    pub(crate) mod admin_path_default;
    pub(crate) mod authentication_backends_broken;
    pub(crate) mod inactive_users_allowed;
    pub(crate) mod login_required_misplaced;
    pub(crate) mod login_url_broken;
    pub(crate) mod password_hasher_weak;
    pub(crate) mod password_hashers_broken;
    pub(crate) mod password_reset_timeout_unfit;
    pub(crate) mod password_validators_missing;
    pub(crate) mod session_middleware_late;
    pub(crate) mod user_model_malformed;
}
mod browser {
    pub(crate) mod clickjacking_middleware_missing;
    pub(crate) mod cors_any_origin;
    pub(crate) mod cors_middleware_misplaced;
    pub(crate) mod cors_origin_untrusted;
    pub(crate) mod cors_regex_loose;
    pub(crate) mod csp_inert;
    pub(crate) mod csp_malformed;
    pub(crate) mod csp_missing;
    pub(crate) mod csp_nonce_unused;
    pub(crate) mod csp_unsafe;
    pub(crate) mod csrf_failure_view_broken;
    pub(crate) mod csrf_middleware_missing;
    pub(crate) mod frame_options_lax;
    pub(crate) mod nosniff_off;
    pub(crate) mod opener_policy_weak;
    pub(crate) mod referrer_policy_breaks_csrf;
    pub(crate) mod referrer_policy_weak;
    pub(crate) mod websocket_any_origin;
}
mod caches {
    pub(crate) mod cache_backend_missing;
    pub(crate) mod cache_dummy;
    pub(crate) mod cache_folder_exposed;
    pub(crate) mod cache_folder_relative;
    pub(crate) mod cache_folder_shared;
    pub(crate) mod cache_local_memory;
    pub(crate) mod cache_password_in_source;
    pub(crate) mod cache_plaintext;
    pub(crate) mod cache_shared_with_broker;
    pub(crate) mod default_cache_missing;
    pub(crate) mod memcached_exposed;
    pub(crate) mod redis_unauthenticated;
}
mod checks {
    pub(crate) mod checks_silenced;
    pub(crate) mod deploy_check_missing;
    pub(crate) mod django_check_failing;
}
mod connections {
    pub(crate) mod conn_max_age_not_a_number;
    pub(crate) mod connection_pool_unusable;
    pub(crate) mod connections_kept_under_asgi;
    pub(crate) mod connections_reopened;
    pub(crate) mod stale_connections_reused;
}
mod cookies {
    pub(crate) mod cookie_domain_wide;
    pub(crate) mod cookie_rejected;
    pub(crate) mod cookie_samesite_off;
    pub(crate) mod csrf_cookie_insecure;
    pub(crate) mod language_cookie_insecure;
    pub(crate) mod session_age_unfit;
    pub(crate) mod session_cookie_insecure;
    pub(crate) mod session_cookie_readable;
}
mod databases {
    pub(crate) mod database_backup_unproven;
    pub(crate) mod database_committed;
    pub(crate) mod database_missing;
    pub(crate) mod database_password_in_source;
    pub(crate) mod database_plaintext;
    pub(crate) mod database_superuser;
    pub(crate) mod migrate_missing;
    pub(crate) mod migrations_pending;
    pub(crate) mod migrations_raced;
    pub(crate) mod mysql_grants_skipped;
    pub(crate) mod mysql_not_strict;
    pub(crate) mod password_guessable;
    pub(crate) mod pooler_server_side_cursors;
    pub(crate) mod postgres_trust;
    pub(crate) mod postgres_weak_auth;
    pub(crate) mod service_published;
    pub(crate) mod sqlite_in_production;
}
mod debug {
    pub(crate) mod debug_enabled;
    pub(crate) mod debug_parsed_as_string;
    pub(crate) mod debug_tooling_installed;
    pub(crate) mod exceptions_propagated;
    pub(crate) mod tooling_published;
}
mod email {
    pub(crate) mod email_backend_development;
    pub(crate) mod email_credentials_plaintext;
    pub(crate) mod email_password_in_source;
    pub(crate) mod email_port_mismatch;
    pub(crate) mod email_server_unset;
    pub(crate) mod email_timeout_missing;
    pub(crate) mod email_tls_and_ssl;
    pub(crate) mod mailer_default_missing;
    pub(crate) mod sender_address_default;
}
mod error_pages {
    pub(crate) mod error_page_missing;
    pub(crate) mod error_page_needs_context;
    pub(crate) mod error_pages_intercepted;
    pub(crate) mod error_status_wrong;
}
mod hosts {
    pub(crate) mod allowed_host_unmatchable;
    pub(crate) mod allowed_hosts_empty;
    pub(crate) mod allowed_hosts_unenforced;
    pub(crate) mod allowed_hosts_wildcard;
    pub(crate) mod csrf_origin_stranger;
    pub(crate) mod csrf_origin_unmatchable;
    pub(crate) mod forwarded_host_trusted;
    pub(crate) mod probe_host_mismatch;
    pub(crate) mod proxy_host_header;
    pub(crate) mod tls_default_host_missing;
    pub(crate) mod unknown_host_forwarded;
}
mod https {
    pub(crate) mod forwarded_proto_missing;
    pub(crate) mod forwarded_proto_spoofable;
    pub(crate) mod forwarder_trust_all;
    pub(crate) mod hsts_duplicated;
    pub(crate) mod hsts_missing;
    pub(crate) mod hsts_partial;
    pub(crate) mod hsts_preload_off;
    pub(crate) mod hsts_subdomains_off;
    pub(crate) mod hsts_weak;
    pub(crate) mod http_not_redirected;
    pub(crate) mod https_redirect_loop;
    pub(crate) mod https_redirect_lossy;
    pub(crate) mod proxy_header_dropped;
    pub(crate) mod proxy_header_inert;
    pub(crate) mod proxy_ssl_header_unfit;
    pub(crate) mod redirect_exempt_wide;
    pub(crate) mod security_middleware_late;
    pub(crate) mod security_middleware_missing;
    pub(crate) mod ssl_host_malformed;
    pub(crate) mod ssl_redirect_off;
    pub(crate) mod tls_certificate_unfit;
    pub(crate) mod tls_legacy;
    pub(crate) mod underscore_headers;
    pub(crate) mod uwsgi_trusts_scheme;
}
mod internationalization {
    pub(crate) mod language_code_invalid;
    pub(crate) mod language_unsupported;
    pub(crate) mod locale_path_missing;
    pub(crate) mod time_zone_unaware;
    pub(crate) mod time_zone_unknown;
}
mod logging {
    pub(crate) mod debug_records_logged;
    pub(crate) mod error_mail_holds_page;
    pub(crate) mod errors_unlogged;
    pub(crate) mod existing_loggers_disabled;
    pub(crate) mod log_file_misplaced;
    pub(crate) mod logging_config_broken;
    pub(crate) mod logs_lost;
}
mod media {
    pub(crate) mod body_limit_missing;
    pub(crate) mod default_storage_undefined;
    pub(crate) mod media_executable;
    pub(crate) mod media_overwritable;
    pub(crate) mod media_publicly_readable;
    pub(crate) mod media_root_missing;
    pub(crate) mod media_root_relative;
    pub(crate) mod media_root_shared;
    pub(crate) mod media_unbacked;
    pub(crate) mod media_unsandboxed;
    pub(crate) mod upload_limit_disabled;
    pub(crate) mod upload_permissions_loose;
    pub(crate) mod upload_temp_folder_missing;
}
mod notifications {
    pub(crate) mod admins_empty;
    pub(crate) mod admins_example_address;
    pub(crate) mod admins_malformed;
    pub(crate) mod broken_link_mails;
    pub(crate) mod disallowed_host_mails;
}
mod secret_key {
    pub(crate) mod env_file_committed;
    pub(crate) mod secret_in_deployment_file;
    pub(crate) mod secret_in_image;
    pub(crate) mod secret_key_committed;
    pub(crate) mod secret_key_ephemeral;
    pub(crate) mod secret_key_fallback_kept;
    pub(crate) mod secret_key_fallback_weak;
    pub(crate) mod secret_key_hardcoded;
    pub(crate) mod secret_key_weak;
}
mod server {
    pub(crate) mod app_port_exposed;
    pub(crate) mod asgi_application_missing;
    pub(crate) mod channel_layer_in_memory;
    pub(crate) mod daphne_after_staticfiles;
    pub(crate) mod development_server;
    pub(crate) mod gunicorn_control_socket;
    pub(crate) mod project_files_served;
    pub(crate) mod proxy_buffering_off;
    pub(crate) mod server_autoreload;
    pub(crate) mod server_runs_as_root;
    pub(crate) mod server_single_worker;
    pub(crate) mod server_timeout_unfit;
    pub(crate) mod server_version_disclosed;
    pub(crate) mod uwsgi_sigterm_reload;
    pub(crate) mod uwsgi_stats_exposed;
    pub(crate) mod wsgi_application_missing;
}
mod sessions {
    pub(crate) mod session_files_exposed;
    pub(crate) mod session_pickle;
    pub(crate) mod session_store_missing;
    pub(crate) mod sessions_in_local_memory;
    pub(crate) mod sessions_in_signed_cookies;
    pub(crate) mod sessions_not_cleaned;
}
mod settings {
    pub(crate) mod admin_app_missing;
    pub(crate) mod admin_middleware_missing;
    pub(crate) mod admin_template_missing;
    pub(crate) mod app_dependency_missing;
    pub(crate) mod app_unknown;
    pub(crate) mod async_unsafe_allowed;
    pub(crate) mod auto_field_implicit;
    pub(crate) mod dev_settings_module;
    pub(crate) mod entry_point_defaults_to_dev;
    pub(crate) mod installed_twice;
    pub(crate) mod middleware_misordered;
    pub(crate) mod middleware_unloadable;
    pub(crate) mod requirement_missing;
    pub(crate) mod root_urlconf_missing;
    pub(crate) mod setting_misspelt;
    pub(crate) mod setting_not_a_list;
    pub(crate) mod setting_removed;
    pub(crate) mod setting_too_new;
    pub(crate) mod settings_contradictory;
    pub(crate) mod settings_load_failure;
    pub(crate) mod site_id_invalid;
}
mod r#static {
    pub(crate) mod alias_traversal;
    pub(crate) mod asset_url_slash_missing;
    pub(crate) mod asset_urls_colliding;
    pub(crate) mod collectstatic_missing;
    pub(crate) mod development_view_routed;
    pub(crate) mod directory_listing;
    pub(crate) mod static_location_mismatch;
    pub(crate) mod static_names_unhashed;
    pub(crate) mod static_root_missing;
    pub(crate) mod static_root_relative;
    pub(crate) mod static_root_shared;
    pub(crate) mod static_storage_undefined;
    pub(crate) mod static_uncached;
    pub(crate) mod static_unserved;
    pub(crate) mod staticfiles_dirs_invalid;
    pub(crate) mod storage_setting_ignored;
    pub(crate) mod whitenoise_development_mode;
    pub(crate) mod whitenoise_misplaced;
}
mod tasks {
    pub(crate) mod broker_password_in_source;
    pub(crate) mod celery_accepts_pickle;
    pub(crate) mod task_broker_in_memory;
    pub(crate) mod tasks_eager;
    pub(crate) mod tasks_in_request;
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
#[rustfmt::skip]
pub static RULES: &[&Rule] = &[
    &settings::admin_app_missing::RULE, &settings::admin_middleware_missing::RULE, &settings::admin_template_missing::RULE,
    &settings::app_dependency_missing::RULE, &settings::app_unknown::RULE, &settings::async_unsafe_allowed::RULE,
    &settings::auto_field_implicit::RULE, &settings::dev_settings_module::RULE, &settings::entry_point_defaults_to_dev::RULE,
    &settings::installed_twice::RULE, &settings::middleware_misordered::RULE, &settings::middleware_unloadable::RULE,
    &settings::requirement_missing::RULE, &settings::root_urlconf_missing::RULE, &settings::setting_misspelt::RULE,
    &settings::setting_not_a_list::RULE, &settings::setting_removed::RULE, &settings::setting_too_new::RULE,
    &settings::settings_contradictory::RULE, &settings::settings_load_failure::RULE, &settings::site_id_invalid::RULE,
    &checks::checks_silenced::RULE, &checks::deploy_check_missing::RULE, &checks::django_check_failing::RULE,
    &server::app_port_exposed::RULE, &server::asgi_application_missing::RULE, &server::channel_layer_in_memory::RULE,
    &server::daphne_after_staticfiles::RULE, &server::development_server::RULE, &server::gunicorn_control_socket::RULE,
    &server::project_files_served::RULE, &server::proxy_buffering_off::RULE, &server::server_autoreload::RULE,
    &server::server_runs_as_root::RULE, &server::server_single_worker::RULE, &server::server_timeout_unfit::RULE,
    &server::server_version_disclosed::RULE, &server::uwsgi_sigterm_reload::RULE, &server::uwsgi_stats_exposed::RULE,
    &server::wsgi_application_missing::RULE,
    &secret_key::env_file_committed::RULE, &secret_key::secret_in_deployment_file::RULE, &secret_key::secret_in_image::RULE,
    &secret_key::secret_key_committed::RULE, &secret_key::secret_key_ephemeral::RULE, &secret_key::secret_key_fallback_kept::RULE,
    &secret_key::secret_key_fallback_weak::RULE, &secret_key::secret_key_hardcoded::RULE, &secret_key::secret_key_weak::RULE,
    &debug::debug_enabled::RULE, &debug::debug_parsed_as_string::RULE, &debug::debug_tooling_installed::RULE,
    &debug::exceptions_propagated::RULE, &debug::tooling_published::RULE,
    &hosts::allowed_host_unmatchable::RULE, &hosts::allowed_hosts_empty::RULE, &hosts::allowed_hosts_unenforced::RULE,
    &hosts::allowed_hosts_wildcard::RULE, &hosts::csrf_origin_stranger::RULE, &hosts::csrf_origin_unmatchable::RULE,
    &hosts::forwarded_host_trusted::RULE, &hosts::probe_host_mismatch::RULE, &hosts::proxy_host_header::RULE,
    &hosts::tls_default_host_missing::RULE, &hosts::unknown_host_forwarded::RULE,
    &caches::cache_backend_missing::RULE, &caches::cache_dummy::RULE, &caches::cache_folder_exposed::RULE,
    &caches::cache_folder_relative::RULE, &caches::cache_folder_shared::RULE, &caches::cache_local_memory::RULE,
    &caches::cache_password_in_source::RULE, &caches::cache_plaintext::RULE, &caches::cache_shared_with_broker::RULE,
    &caches::default_cache_missing::RULE, &caches::memcached_exposed::RULE, &caches::redis_unauthenticated::RULE,
    &databases::database_backup_unproven::RULE, &databases::database_committed::RULE, &databases::database_missing::RULE,
    &databases::database_password_in_source::RULE, &databases::database_plaintext::RULE, &databases::database_superuser::RULE,
    &databases::migrate_missing::RULE, &databases::migrations_pending::RULE, &databases::migrations_raced::RULE,
    &databases::mysql_grants_skipped::RULE, &databases::mysql_not_strict::RULE, &databases::password_guessable::RULE,
    &databases::pooler_server_side_cursors::RULE, &databases::postgres_trust::RULE, &databases::postgres_weak_auth::RULE,
    &databases::service_published::RULE, &databases::sqlite_in_production::RULE,
    &email::email_backend_development::RULE, &email::email_credentials_plaintext::RULE, &email::email_password_in_source::RULE,
    &email::email_port_mismatch::RULE, &email::email_server_unset::RULE, &email::email_timeout_missing::RULE,
    &email::email_tls_and_ssl::RULE, &email::mailer_default_missing::RULE, &email::sender_address_default::RULE,
    &r#static::alias_traversal::RULE, &r#static::asset_url_slash_missing::RULE, &r#static::asset_urls_colliding::RULE,
    &r#static::collectstatic_missing::RULE, &r#static::development_view_routed::RULE, &r#static::directory_listing::RULE,
    &r#static::static_location_mismatch::RULE, &r#static::static_names_unhashed::RULE, &r#static::static_root_missing::RULE,
    &r#static::static_root_relative::RULE, &r#static::static_root_shared::RULE, &r#static::static_storage_undefined::RULE,
    &r#static::static_uncached::RULE, &r#static::static_unserved::RULE, &r#static::staticfiles_dirs_invalid::RULE,
    &r#static::storage_setting_ignored::RULE, &r#static::whitenoise_development_mode::RULE, &r#static::whitenoise_misplaced::RULE,
    &media::body_limit_missing::RULE, &media::default_storage_undefined::RULE, &media::media_executable::RULE,
    &media::media_overwritable::RULE, &media::media_publicly_readable::RULE, &media::media_root_missing::RULE,
    &media::media_root_relative::RULE, &media::media_root_shared::RULE, &media::media_unbacked::RULE,
    &media::media_unsandboxed::RULE, &media::upload_limit_disabled::RULE, &media::upload_permissions_loose::RULE,
    &media::upload_temp_folder_missing::RULE,
    &https::forwarded_proto_missing::RULE, &https::forwarded_proto_spoofable::RULE, &https::forwarder_trust_all::RULE,
    &https::hsts_duplicated::RULE, &https::hsts_missing::RULE, &https::hsts_partial::RULE, &https::hsts_preload_off::RULE,
    &https::hsts_subdomains_off::RULE, &https::hsts_weak::RULE, &https::http_not_redirected::RULE,
    &https::https_redirect_loop::RULE, &https::https_redirect_lossy::RULE, &https::proxy_header_dropped::RULE,
    &https::proxy_header_inert::RULE, &https::proxy_ssl_header_unfit::RULE, &https::redirect_exempt_wide::RULE,
    &https::security_middleware_late::RULE, &https::security_middleware_missing::RULE, &https::ssl_host_malformed::RULE,
    &https::ssl_redirect_off::RULE, &https::tls_certificate_unfit::RULE, &https::tls_legacy::RULE,
    &https::underscore_headers::RULE, &https::uwsgi_trusts_scheme::RULE,
    &cookies::cookie_domain_wide::RULE, &cookies::cookie_rejected::RULE, &cookies::cookie_samesite_off::RULE,
    &cookies::csrf_cookie_insecure::RULE, &cookies::language_cookie_insecure::RULE, &cookies::session_age_unfit::RULE,
    &cookies::session_cookie_insecure::RULE, &cookies::session_cookie_readable::RULE,
    &browser::clickjacking_middleware_missing::RULE, &browser::cors_any_origin::RULE, &browser::cors_middleware_misplaced::RULE,
    &browser::cors_origin_untrusted::RULE, &browser::cors_regex_loose::RULE, &browser::csp_inert::RULE,
    &browser::csp_malformed::RULE, &browser::csp_missing::RULE, &browser::csp_nonce_unused::RULE, &browser::csp_unsafe::RULE,
    &browser::csrf_failure_view_broken::RULE, &browser::csrf_middleware_missing::RULE, &browser::frame_options_lax::RULE,
    &browser::nosniff_off::RULE, &browser::opener_policy_weak::RULE, &browser::referrer_policy_breaks_csrf::RULE,
    &browser::referrer_policy_weak::RULE, &browser::websocket_any_origin::RULE,
    &sessions::session_files_exposed::RULE, &sessions::session_pickle::RULE, &sessions::session_store_missing::RULE,
    &sessions::sessions_in_local_memory::RULE, &sessions::sessions_in_signed_cookies::RULE, &sessions::sessions_not_cleaned::RULE,
    &connections::conn_max_age_not_a_number::RULE, &connections::connection_pool_unusable::RULE,
    &connections::connections_kept_under_asgi::RULE, &connections::connections_reopened::RULE,
    &connections::stale_connections_reused::RULE,
    &templates::autoescape_disabled::RULE, &templates::template_debug_enabled::RULE, &templates::template_engine_invalid::RULE,
    &templates::template_invalid_marker::RULE, &templates::template_library_shadowed::RULE,
    &templates::template_loaders_conflicting::RULE, &templates::template_loaders_uncached::RULE,
    &logging::debug_records_logged::RULE, &logging::error_mail_holds_page::RULE, &logging::errors_unlogged::RULE,
    &logging::existing_loggers_disabled::RULE, &logging::log_file_misplaced::RULE, &logging::logging_config_broken::RULE,
    &logging::logs_lost::RULE,
    &notifications::admins_empty::RULE, &notifications::admins_example_address::RULE, &notifications::admins_malformed::RULE,
    &notifications::broken_link_mails::RULE, &notifications::disallowed_host_mails::RULE,
    &error_pages::error_page_missing::RULE, &error_pages::error_page_needs_context::RULE,
    &error_pages::error_pages_intercepted::RULE, &error_pages::error_status_wrong::RULE,
    &accounts::admin_path_default::RULE, &accounts::authentication_backends_broken::RULE, &accounts::inactive_users_allowed::RULE,
    &accounts::login_required_misplaced::RULE, &accounts::login_url_broken::RULE, &accounts::password_hasher_weak::RULE,
    &accounts::password_hashers_broken::RULE, &accounts::password_reset_timeout_unfit::RULE,
    &accounts::password_validators_missing::RULE, &accounts::session_middleware_late::RULE, &accounts::user_model_malformed::RULE,
    &tasks::broker_password_in_source::RULE, &tasks::celery_accepts_pickle::RULE, &tasks::task_broker_in_memory::RULE,
    &tasks::tasks_eager::RULE, &tasks::tasks_in_request::RULE,
    &internationalization::language_code_invalid::RULE, &internationalization::language_unsupported::RULE,
    &internationalization::locale_path_missing::RULE, &internationalization::time_zone_unaware::RULE,
    &internationalization::time_zone_unknown::RULE,
];
// Written by `cargo test --test tidy`: end
