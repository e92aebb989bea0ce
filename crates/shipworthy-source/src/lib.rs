//! Reads the text of a Django project into facts, without running any of it.
//!
//! Every reader here takes text (or a [`Tree`] that hands out text) and returns facts with the notices of what it could
//! not read. None opens a file, none fails, none panics.
#![deny(clippy::disallowed_methods)]

pub mod declarations;
pub mod dotenv;
pub mod entry_points;
pub mod python;
pub mod requirements;
pub mod tagged;
pub mod text;
mod tree;
pub mod urlconf;

pub use shipworthy_model::stage;
pub use tree::{MemoryTree, Node, ReadError, Tree};
