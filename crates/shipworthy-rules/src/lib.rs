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
    pub(crate) mod debug_parsed_as_string;
    pub(crate) mod debug_tooling_installed;
    pub(crate) mod exceptions_propagated;
}
mod hosts {
    pub(crate) mod allowed_host_unmatchable;
    pub(crate) mod allowed_hosts_empty;
    pub(crate) mod allowed_hosts_unenforced;
    pub(crate) mod allowed_hosts_wildcard;
    pub(crate) mod csrf_origin_stranger;
    pub(crate) mod csrf_origin_unmatchable;
    pub(crate) mod forwarded_host_trusted;
}
mod secret_key {
    pub(crate) mod secret_key_committed;
    pub(crate) mod secret_key_ephemeral;
    pub(crate) mod secret_key_fallback_kept;
    pub(crate) mod secret_key_fallback_weak;
    pub(crate) mod secret_key_hardcoded;
    pub(crate) mod secret_key_weak;
}
mod settings {
    pub(crate) mod async_unsafe_allowed;
    pub(crate) mod entry_point_defaults_to_dev;
    pub(crate) mod setting_not_a_list;
    pub(crate) mod settings_contradictory;
    pub(crate) mod settings_load_failure;
}

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[
    &settings::async_unsafe_allowed::RULE,
    &settings::entry_point_defaults_to_dev::RULE,
    &settings::setting_not_a_list::RULE,
    &settings::settings_contradictory::RULE,
    &settings::settings_load_failure::RULE,
    &secret_key::secret_key_committed::RULE,
    &secret_key::secret_key_ephemeral::RULE,
    &secret_key::secret_key_fallback_kept::RULE,
    &secret_key::secret_key_fallback_weak::RULE,
    &secret_key::secret_key_hardcoded::RULE,
    &secret_key::secret_key_weak::RULE,
    &debug::debug_enabled::RULE,
    &debug::debug_parsed_as_string::RULE,
    &debug::debug_tooling_installed::RULE,
    &debug::exceptions_propagated::RULE,
    &hosts::allowed_host_unmatchable::RULE,
    &hosts::allowed_hosts_empty::RULE,
    &hosts::allowed_hosts_unenforced::RULE,
    &hosts::allowed_hosts_wildcard::RULE,
    &hosts::csrf_origin_stranger::RULE,
    &hosts::csrf_origin_unmatchable::RULE,
    &hosts::forwarded_host_trusted::RULE,
];
// Written by `cargo test --test tidy`: end
