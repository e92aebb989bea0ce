//! Reads the text of a Django project into facts, without running any of it.
//!
//! Every reader here takes text (or a [`Tree`] that hands out text) and returns facts with the notices of what it could
//! not read. None opens a file, none fails, none panics.
#![deny(clippy::disallowed_methods)]

mod command;
mod config_maps;
mod confs;
pub mod credentials;
pub mod declarations;
mod docker;
pub mod dotenv;
mod draft;
pub mod entry_points;
pub mod fronts;
mod ini;
mod kubernetes;
mod machines;
pub mod picture;
mod piece;
mod places;
mod platforms;
pub mod python;
mod recipes;
mod references;
pub mod requirements;
pub mod runtime;
mod servers;
mod shell;
pub mod sqlite;
pub mod tagged;
pub mod text;
mod tree;
pub mod urlconf;
mod uses;
mod yaml;

pub use shipworthy_model::stage;
pub use tree::{MemoryTree, Node, ReadError, Tree, Without};
pub use uses::{is_code, uses};
