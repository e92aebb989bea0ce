//! Finds the Django projects of a tree, their settings modules, and which one is production's.

mod blanks;
mod built;
mod candidates;
mod choice;
mod credentials;
mod databases;
mod named;
mod projects;
mod shown;
mod surroundings;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use shipworthy_model::Artifacts;
use shipworthy_source::declarations::{self, Declaration};
use shipworthy_source::{Tree, text};

use crate::collect::{DiskTree, Listing, walk};
use crate::error::Error;
pub(crate) use blanks::leave_blank;
pub(crate) use built::Built;
pub(crate) use candidates::Candidate;
pub(crate) use choice::{Wish, choose};
pub(crate) use credentials::credential_files;
pub(crate) use databases::tracked_databases;
pub(crate) use named::named_packages;
pub(crate) use projects::Project;
pub(crate) use shown::leave_to_local;
pub(crate) use surroundings::{Packages, environment_files, error_handlers, error_pages, modules, packages, unmade_error_pages};

/// The tree that is audited.
#[derive(Debug)]
pub(crate) struct Ground {
    /// Its root, canonical. All paths of the audit are relative to it.
    pub(crate) root: PathBuf,
    /// Its disk.
    pub(crate) tree: DiskTree,
    /// Its files.
    pub(crate) listing: Listing,
    /// Files of the deployment that name a settings module, with their text.
    pub(crate) declaring: Vec<(String, Arc<str>)>,
}

impl Ground {
    fn new(root: PathBuf) -> Self {
        let tree = DiskTree::new(&root);
        let listing = walk(&root);
        let declaring = declaring(&tree, &listing);
        Self { root, tree, listing, declaring }
    }

    /// The declarations of settings modules, as regions of these artifacts.
    pub(crate) fn declarations(&self, artifacts: &mut Artifacts) -> Vec<Declaration> {
        let read = |(path, text): &(String, Arc<str>)| declarations::read(path, text, artifacts.add(path, text.clone()));
        self.declaring.iter().flat_map(read).collect()
    }
}

/// The text of a file of the tree; `None` if it cannot be read.
pub(crate) fn read(tree: &dyn Tree, path: &str) -> Option<String> {
    tree.read(path).ok().map(text::decode)
}

/// Finds the projects to audit for the folder the user named.
///
/// That folder is the root of the audit if it holds a project; otherwise, if it lies inside one, the project's folder is.
/// `settings` is a module that the user named.
pub(crate) fn discover(path: &Path, settings: Option<&str>) -> Result<(Ground, Vec<Project>), Error> {
    let root =
        std::fs::canonicalize(path).map_err(|error| Error::Path { path: path.to_owned(), reason: error.kind().to_string() })?;
    if !root.is_dir() {
        return Err(Error::Path { path: path.to_owned(), reason: "it is not a folder".to_owned() });
    }
    let ground = Ground::new(root);
    if let Some(module) = settings {
        if let Some(project) = projects::named(&ground, module) {
            return Ok((ground, vec![project]));
        }
    } else {
        let projects = projects::started(&ground);
        if !projects.is_empty() {
            return Ok((ground, projects));
        }
    }
    // A package, or a folder below a manage.py, is a part of a project.
    let inside = enclosing(&ground.root);
    let is_part = ground.root.join("__init__.py").is_file();
    if settings.is_none() && !is_part && !inside.as_ref().is_some_and(|folder| folder.join("manage.py").is_file()) {
        let projects = projects::unstarted(&ground);
        if !projects.is_empty() {
            return Ok((ground, projects));
        }
    }
    if let Some(folder) = inside {
        let around = Ground::new(folder);
        let projects = if let Some(module) = settings {
            projects::named(&around, module).into_iter().collect()
        } else {
            let near = projects::nearest(projects::started(&around), &around.root, &ground.root);
            if near.is_empty() { projects::unstarted(&around) } else { near }
        };
        if !projects.is_empty() {
            return Ok((around, projects));
        }
    }
    let shown = path.to_owned();
    Err(match settings {
        Some(module) => Error::NoModule { module: module.to_owned(), path: shown, known: candidates::names(&ground) },
        None => Error::NoProject { path: shown, tests: candidates::names(&ground) },
    })
}

/// The nearest folder above that looks like a project's root. The search ends at the root of a repository.
fn enclosing(folder: &Path) -> Option<PathBuf> {
    let mut found: Option<PathBuf> = None;
    for above in folder.ancestors().skip(1) {
        if folder.join(".git").exists() && found.is_none() {
            return None;
        }
        if above.join("manage.py").is_file() {
            return Some(above.to_owned());
        }
        let is_root = above.join(".git").exists();
        if found.is_none() && (is_root || above.join("pyproject.toml").is_file() || above.join("shipworthy.toml").is_file()) {
            found = Some(above.to_owned());
        }
        if is_root {
            break;
        }
    }
    found
}

/// Files that can name a settings module are small; a repository has few of them that matter.
const MOST: usize = 500;

fn declaring(tree: &dyn Tree, listing: &Listing) -> Vec<(String, Arc<str>)> {
    let likely = listing.files.iter().filter(|path| declarations::weight(path).is_some()).take(MOST);
    likely
        .filter_map(|path| {
            let text = read(tree, path)?;
            let declares = text.len() < 1 << 20 && !declarations::read(path, &text, shipworthy_model::ArtifactId(0)).is_empty();
            declares.then(|| (path.clone(), text.into()))
        })
        .collect()
}
