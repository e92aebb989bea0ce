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
mod secret_key {
    pub(crate) mod secret_key_committed;
    pub(crate) mod secret_key_ephemeral;
    pub(crate) mod secret_key_fallback_kept;
    pub(crate) mod secret_key_fallback_weak;
    pub(crate) mod secret_key_hardcoded;
    pub(crate) mod secret_key_weak;
}

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[
    &secret_key::secret_key_committed::RULE,
    &secret_key::secret_key_ephemeral::RULE,
    &secret_key::secret_key_fallback_kept::RULE,
    &secret_key::secret_key_fallback_weak::RULE,
    &secret_key::secret_key_hardcoded::RULE,
    &secret_key::secret_key_weak::RULE,
    &debug::debug_enabled::RULE,
];
// Written by `cargo test --test tidy`: end
