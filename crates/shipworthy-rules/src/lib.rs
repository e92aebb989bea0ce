//! Judges the facts of a Django deployment.
//!
//! One rule, one claim of the deployment checklist, two files: `<topic>/<rule>.rs` judges, `<topic>/<rule>.md` is its guide
//! and its test. The module list and [`RULES`] below are written by `tests/tidy.rs`.
#![deny(clippy::disallowed_methods)]

pub mod guide;

use shipworthy_model::Rule;

// Written by `cargo test --test tidy`: begin
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
}
mod connections {
    pub(crate) mod conn_max_age_not_a_number;
    pub(crate) mod connection_pool_unusable;
    pub(crate) mod connections_kept_under_asgi;
    pub(crate) mod connections_reopened;
    pub(crate) mod stale_connections_reused;
}
mod databases {
    pub(crate) mod database_backup_unproven;
    pub(crate) mod database_missing;
    pub(crate) mod database_password_in_source;
    pub(crate) mod database_plaintext;
    pub(crate) mod database_superuser;
    pub(crate) mod mysql_not_strict;
    pub(crate) mod pooler_server_side_cursors;
    pub(crate) mod sqlite_in_production;
}
mod debug {
    pub(crate) mod debug_enabled;
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
mod logging {
    pub(crate) mod debug_records_logged;
    pub(crate) mod error_mail_holds_page;
    pub(crate) mod errors_unlogged;
    pub(crate) mod existing_loggers_disabled;
    pub(crate) mod log_file_misplaced;
    pub(crate) mod logging_config_broken;
}
mod notifications {
    pub(crate) mod admins_empty;
    pub(crate) mod admins_example_address;
    pub(crate) mod admins_malformed;
    pub(crate) mod broken_link_mails;
    pub(crate) mod disallowed_host_mails;
}
mod sessions {
    pub(crate) mod session_files_exposed;
    pub(crate) mod session_pickle;
    pub(crate) mod session_store_missing;
    pub(crate) mod sessions_in_local_memory;
    pub(crate) mod sessions_in_signed_cookies;
    pub(crate) mod sessions_not_cleaned;
}
mod tasks {
    pub(crate) mod broker_password_in_source;
    pub(crate) mod celery_accepts_pickle;
    pub(crate) mod task_broker_in_memory;
    pub(crate) mod tasks_eager;
    pub(crate) mod tasks_in_request;
}

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[
    &debug::debug_enabled::RULE,
    &caches::cache_backend_missing::RULE,
    &caches::cache_dummy::RULE,
    &caches::cache_folder_exposed::RULE,
    &caches::cache_folder_relative::RULE,
    &caches::cache_folder_shared::RULE,
    &caches::cache_local_memory::RULE,
    &caches::cache_password_in_source::RULE,
    &caches::cache_plaintext::RULE,
    &caches::cache_shared_with_broker::RULE,
    &caches::default_cache_missing::RULE,
    &databases::database_backup_unproven::RULE,
    &databases::database_missing::RULE,
    &databases::database_password_in_source::RULE,
    &databases::database_plaintext::RULE,
    &databases::database_superuser::RULE,
    &databases::mysql_not_strict::RULE,
    &databases::pooler_server_side_cursors::RULE,
    &databases::sqlite_in_production::RULE,
    &email::email_backend_development::RULE,
    &email::email_credentials_plaintext::RULE,
    &email::email_password_in_source::RULE,
    &email::email_port_mismatch::RULE,
    &email::email_server_unset::RULE,
    &email::email_timeout_missing::RULE,
    &email::email_tls_and_ssl::RULE,
    &email::mailer_default_missing::RULE,
    &email::sender_address_default::RULE,
    &sessions::session_files_exposed::RULE,
    &sessions::session_pickle::RULE,
    &sessions::session_store_missing::RULE,
    &sessions::sessions_in_local_memory::RULE,
    &sessions::sessions_in_signed_cookies::RULE,
    &sessions::sessions_not_cleaned::RULE,
    &connections::conn_max_age_not_a_number::RULE,
    &connections::connection_pool_unusable::RULE,
    &connections::connections_kept_under_asgi::RULE,
    &connections::connections_reopened::RULE,
    &connections::stale_connections_reused::RULE,
    &logging::debug_records_logged::RULE,
    &logging::error_mail_holds_page::RULE,
    &logging::errors_unlogged::RULE,
    &logging::existing_loggers_disabled::RULE,
    &logging::log_file_misplaced::RULE,
    &logging::logging_config_broken::RULE,
    &notifications::admins_empty::RULE,
    &notifications::admins_example_address::RULE,
    &notifications::admins_malformed::RULE,
    &notifications::broken_link_mails::RULE,
    &notifications::disallowed_host_mails::RULE,
    &tasks::broker_password_in_source::RULE,
    &tasks::celery_accepts_pickle::RULE,
    &tasks::task_broker_in_memory::RULE,
    &tasks::tasks_eager::RULE,
    &tasks::tasks_in_request::RULE,
];
// Written by `cargo test --test tidy`: end
