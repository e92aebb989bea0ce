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

/// Every rule, in the order of the checklist.
pub static RULES: &[&Rule] = &[&debug::debug_enabled::RULE];
// Written by `cargo test --test tidy`: end
