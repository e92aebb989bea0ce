//! The one door to the disk: a list of the project's files, and their bytes when somebody asks.

mod git;
mod tree;
mod walk;

pub(crate) use git::tracked;
pub(crate) use tree::DiskTree;
pub(crate) use walk::{Listing, walk};
