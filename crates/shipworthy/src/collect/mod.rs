//! The one door to the disk: a list of the project's files, and their bytes when somebody asks.

mod beside;
mod git;
mod ignored;
mod tree;
mod walk;

pub(crate) use beside::packages_beside;
pub(crate) use git::{tracked, tracked_where};
pub(crate) use ignored::is_ignored;
pub(crate) use tree::DiskTree;
pub(crate) use walk::{Listing, walk};
