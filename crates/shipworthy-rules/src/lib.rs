//! Judges the facts of a Django deployment.
//!
//! One rule, one claim of the deployment checklist, two files: `<topic>/<rule>.rs` judges, `<topic>/<rule>.md` is its guide
//! and its test. The module list and [`RULES`] below are written by `tests/tidy.rs`.
#![deny(clippy::disallowed_methods)]

pub mod guide;

use shipworthy_model::Rule;

// Written by `cargo test --test tidy`: begin
mod accounts {
    pub(crate) mod authentication_backends_broken;
    pub(crate) mod inactive_users_allowed;
    pub(crate) mod login_required_misplaced;
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
}
mod checks {
    pub(crate) mod checks_silenced;
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
mod debug {
    pub(crate) mod debug_enabled;
}
mod https {
    pub(crate) mod hsts_missing;
    pub(crate) mod hsts_preload_off;
    pub(crate) mod hsts_subdomains_off;
    pub(crate) mod hsts_weak;
    pub(crate) mod proxy_ssl_header_unfit;
    pub(crate) mod redirect_exempt_wide;
    pub(crate) mod security_middleware_late;
    pub(crate) mod security_middleware_missing;
    pub(crate) mod ssl_host_malformed;
    pub(crate) mod ssl_redirect_off;
}
mod server {
    pub(crate) mod asgi_application_missing;
    pub(crate) mod channel_layer_in_memory;
    pub(crate) mod daphne_after_staticfiles;
    pub(crate) mod development_server;
    pub(crate) mod wsgi_application_missing;
}

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[
    &checks::checks_silenced::RULE,
    &server::asgi_application_missing::RULE,
    &server::channel_layer_in_memory::RULE,
    &server::daphne_after_staticfiles::RULE,
    &server::development_server::RULE,
    &server::wsgi_application_missing::RULE,
    &debug::debug_enabled::RULE,
    &https::hsts_missing::RULE,
    &https::hsts_preload_off::RULE,
    &https::hsts_subdomains_off::RULE,
    &https::hsts_weak::RULE,
    &https::proxy_ssl_header_unfit::RULE,
    &https::redirect_exempt_wide::RULE,
    &https::security_middleware_late::RULE,
    &https::security_middleware_missing::RULE,
    &https::ssl_host_malformed::RULE,
    &https::ssl_redirect_off::RULE,
    &cookies::cookie_domain_wide::RULE,
    &cookies::cookie_rejected::RULE,
    &cookies::cookie_samesite_off::RULE,
    &cookies::csrf_cookie_insecure::RULE,
    &cookies::language_cookie_insecure::RULE,
    &cookies::session_age_unfit::RULE,
    &cookies::session_cookie_insecure::RULE,
    &cookies::session_cookie_readable::RULE,
    &browser::clickjacking_middleware_missing::RULE,
    &browser::cors_any_origin::RULE,
    &browser::cors_middleware_misplaced::RULE,
    &browser::cors_origin_untrusted::RULE,
    &browser::cors_regex_loose::RULE,
    &browser::csp_inert::RULE,
    &browser::csp_malformed::RULE,
    &browser::csp_missing::RULE,
    &browser::csp_nonce_unused::RULE,
    &browser::csp_unsafe::RULE,
    &browser::csrf_failure_view_broken::RULE,
    &browser::csrf_middleware_missing::RULE,
    &browser::frame_options_lax::RULE,
    &browser::nosniff_off::RULE,
    &browser::opener_policy_weak::RULE,
    &browser::referrer_policy_breaks_csrf::RULE,
    &browser::referrer_policy_weak::RULE,
    &accounts::authentication_backends_broken::RULE,
    &accounts::inactive_users_allowed::RULE,
    &accounts::login_required_misplaced::RULE,
    &accounts::password_hasher_weak::RULE,
    &accounts::password_hashers_broken::RULE,
    &accounts::password_reset_timeout_unfit::RULE,
    &accounts::password_validators_missing::RULE,
    &accounts::session_middleware_late::RULE,
    &accounts::user_model_malformed::RULE,
];
// Written by `cargo test --test tidy`: end
