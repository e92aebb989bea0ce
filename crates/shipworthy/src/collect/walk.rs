//! One walk over the tree, in parallel: names only, what git ignores left out, hidden files seen.

use std::path::Path;
use std::sync::Mutex;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};
use rustc_hash::FxHashSet;
use shipworthy_model::Notice;

/// The files of a tree.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Paths relative to the root, with forward slashes, sorted.
    pub(crate) files: Vec<String>,
    /// Folders that could not be listed.
    pub(crate) notices: Vec<Notice>,
    set: FxHashSet<String>,
}

impl Listing {
    /// A listing of these files.
    pub(crate) fn new(mut files: Vec<String>, notices: Vec<Notice>) -> Self {
        files.sort_unstable();
        let set = files.iter().cloned().collect();
        Self { files, notices, set }
    }

    /// Whether the file is listed.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.set.contains(path)
    }

    /// The files below a folder; all of them for the root.
    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let start = if folder.is_empty() { 0 } else { self.files.partition_point(|file| file.as_str() < folder) };
        let behind = move |file: &&String| folder.is_empty() || file.starts_with(folder);
        let inside = move |file: &&str| folder.is_empty() || file.as_bytes().get(folder.len()) == Some(&b'/');
        self.files[start..].iter().take_while(behind).map(String::as_str).filter(inside)
    }
}

/// Lists the files below `root`. Links are listed when they lead to a file inside it.
pub(crate) fn walk(root: &Path) -> Listing {
    let found = Mutex::new((Vec::new(), Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        .require_git(false)
        .threads(threads)
        .filter_entry(is_of_the_project)
        .build_parallel()
        .visit(&mut Builder { root, found: &found });
    let (files, mut notices) = found.into_inner().unwrap_or_default();
    notices.sort_by(|a: &Notice, b: &Notice| a.path.cmp(&b.path));
    Listing::new(files, notices)
}

/// Whether a folder can hold code or configuration of the project itself.
fn is_of_the_project(entry: &DirEntry) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    let Some(name) = entry.file_name().to_str() else { return false };
    match name {
        ".git" | ".hg" | ".svn" | ".jj" | "node_modules" | "bower_components" | "site-packages" | "__pycache__"
        | "__pypackages__" | ".venv" | ".tox" | ".nox" | ".mypy_cache" | ".ruff_cache" | ".pytest_cache" | ".eggs" | ".idea"
        | ".terraform" | ".direnv" | ".pixi" => entry.depth() == 0,
        "venv" | "env" | "virtualenv" | "ENV" => entry.depth() == 0 || !entry.path().join("pyvenv.cfg").exists(),
        _ => true,
    }
}

type Found = Mutex<(Vec<String>, Vec<Notice>)>;

struct Builder<'a> {
    root: &'a Path,
    found: &'a Found,
}

impl<'s, 'a: 's> ParallelVisitorBuilder<'s> for Builder<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        Box::new(Visitor { root: self.root, found: self.found, files: Vec::new(), notices: Vec::new() })
    }
}

struct Visitor<'a> {
    root: &'a Path,
    found: &'a Found,
    files: Vec<String>,
    notices: Vec<Notice>,
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => {
                let Some(kind) = entry.file_type() else { return WalkState::Continue };
                let Some(path) = relative(self.root, entry.path()) else { return WalkState::Continue };
                if kind.is_file() || (kind.is_symlink() && leads_inside(self.root, entry.path())) {
                    self.files.push(path);
                }
            }
            Err(error) => {
                if let Some(notice) = notice(self.root, &error) {
                    self.notices.push(notice);
                }
            }
        }
        WalkState::Continue
    }
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        if let Ok(mut found) = self.found.lock() {
            found.0.append(&mut self.files);
            found.1.append(&mut self.notices);
        }
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).ok()?.to_str()?;
    Some(if std::path::MAIN_SEPARATOR == '/' { relative.to_owned() } else { relative.replace('\\', "/") })
}

fn leads_inside(root: &Path, link: &Path) -> bool {
    std::fs::canonicalize(link).is_ok_and(|place| place.starts_with(root) && place.is_file())
}

fn notice(root: &Path, error: &ignore::Error) -> Option<Notice> {
    let mut error = error;
    let mut place = None;
    loop {
        match error {
            ignore::Error::WithPath { path, err } => (place, error) = (relative(root, path), err),
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error = err,
            ignore::Error::Io(io) => {
                return Some(Notice::file(place.unwrap_or_default(), format!("could not be listed: {}", io.kind())));
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let place = folder.path().join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, text).unwrap();
        }
        folder
    }

    #[test]
    fn hidden_files_are_seen_and_ignored_ones_not() {
        let folder = tree(&[
            (".gitignore", "/media/\n*.log\n"),
            (".env.production", ""),
            (".github/workflows/ci.yml", ""),
            (".git/config", ""),
            ("media/x.py", ""),
            ("a.log", ""),
            ("node_modules/x/settings.py", ""),
            ("env/pyvenv.cfg", ""),
            ("env/lib/x.py", ""),
            ("config/env/base.py", ""),
            ("site/settings.py", ""),
        ]);
        let listing = walk(folder.path());
        assert_eq!(
            listing.files,
            [".env.production", ".github/workflows/ci.yml", ".gitignore", "config/env/base.py", "site/settings.py"]
        );
        assert_eq!(listing.below("site").collect::<Vec<_>>(), ["site/settings.py"]);
        assert!(listing.has("site/settings.py") && !listing.has("site"));
    }

    #[test]
    fn below_is_the_folder_only() {
        let listing = Listing::new(vec!["a/b".into(), "a-b/c".into(), "a.py".into(), "b".into(), "a/c/d".into()], Vec::new());
        assert_eq!(listing.below("a").collect::<Vec<_>>(), ["a/b", "a/c/d"]);
    }
}
