//! The disk as a tree: nothing outside the root, nothing that is no file, nothing too large.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustc_hash::FxHashMap;
use shipworthy_source::{Node, ReadError, Tree};

/// Larger files are not text that anybody wrote.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A folder on disk. What was once seen of a path is remembered: an audit asks for the same ones thousands of times, and
/// sees one state of the tree.
#[derive(Debug)]
pub(crate) struct DiskTree {
    root: PathBuf,
    seen: Mutex<FxHashMap<String, Place>>,
}

/// What is at a path when all links are followed.
#[derive(Clone, Debug)]
enum Place {
    File { canonical: PathBuf, length: u64 },
    Folder { canonical: PathBuf },
    Absent,
    Other,
}

impl DiskTree {
    /// The tree below `root`, which must be canonical.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), seen: Mutex::default() }
    }

    fn place(&self, path: &str) -> Place {
        if path.is_empty() {
            return Place::Folder { canonical: self.root.clone() };
        }
        if let Some(place) = self.seen.lock().ok().and_then(|seen| seen.get(path).cloned()) {
            return place;
        }
        let place = self.look(path);
        if let Ok(mut seen) = self.seen.lock() {
            seen.insert(path.to_owned(), place.clone());
        }
        place
    }

    /// Looks at a path by way of its folder, so that a link anywhere in it is followed once.
    fn look(&self, path: &str) -> Place {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name.is_empty() || path.starts_with('/') || matches!(name, "." | "..") || name.contains(['\0', '\\']) {
            return Place::Other;
        }
        let folder = match self.place(folder) {
            Place::Folder { canonical } => canonical,
            Place::File { .. } | Place::Absent => return Place::Absent,
            Place::Other => return Place::Other,
        };
        let absent = |error: &std::io::Error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
        let mut canonical = folder.join(name);
        let mut metadata = match fs::symlink_metadata(&canonical) {
            Ok(metadata) => metadata,
            Err(error) if absent(&error) => return Place::Absent,
            Err(_) => return Place::Other,
        };
        if metadata.is_symlink() {
            match fs::canonicalize(&canonical).and_then(|place| fs::metadata(&place).map(|metadata| (place, metadata))) {
                Ok((place, target)) if place.starts_with(&self.root) => (canonical, metadata) = (place, target),
                Err(error) if absent(&error) => return Place::Absent,
                Ok(_) | Err(_) => return Place::Other,
            }
        }
        if metadata.is_file() {
            Place::File { canonical, length: metadata.len() }
        } else if metadata.is_dir() {
            Place::Folder { canonical }
        } else {
            Place::Other
        }
    }
}

impl Tree for DiskTree {
    fn node(&self, path: &str) -> Node {
        match self.place(path) {
            Place::File { .. } => Node::File,
            Place::Folder { .. } => Node::Folder,
            Place::Absent => Node::Absent,
            Place::Other => Node::Other,
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (canonical, length) = match self.place(path) {
            Place::File { canonical, length } => (canonical, length),
            Place::Folder { .. } => return Err(ReadError::Refused("it is a folder".to_owned())),
            Place::Absent => return Err(ReadError::Absent),
            Place::Other => return Err(ReadError::Refused("it is not a file of the project".to_owned())),
        };
        if length > LARGEST {
            return Err(ReadError::TooLarge(LARGEST));
        }
        let refused = |error: std::io::Error| ReadError::Refused(error.kind().to_string());
        let mut bytes = Vec::with_capacity(length as usize + 1);
        // A file may grow while it is read.
        fs::File::open(canonical).map_err(refused)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(refused)?;
        if bytes.len() as u64 > LARGEST { Err(ReadError::TooLarge(LARGEST)) } else { Ok(bytes) }
    }

    fn list(&self, path: &str) -> Option<Vec<String>> {
        let Place::Folder { canonical } = self.place(path) else { return None };
        let mut names: Vec<String> =
            fs::read_dir(canonical).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_unstable();
        Some(names)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::write(root.join("a"), "1").unwrap();
        fs::create_dir(root.join("d")).unwrap();
        std::os::unix::fs::symlink(root.join("a"), root.join("inside")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("out")).unwrap();
        std::os::unix::fs::symlink(&root, root.join("d/loop")).unwrap();
        std::os::unix::fs::symlink("self", root.join("self")).unwrap();
        let tree = DiskTree::new(&root);
        assert_eq!(tree.node("a"), Node::File);
        assert_eq!(tree.node("inside"), Node::File);
        assert_eq!(tree.node("out"), Node::Other);
        assert_eq!(tree.node("self"), Node::Other);
        assert_eq!(tree.node("d/loop/d/loop/a"), Node::File);
        assert_eq!(tree.node("../x"), Node::Other);
        assert_eq!(tree.node("a/b"), Node::Absent);
        assert_eq!(tree.node("none/b/c"), Node::Absent);
        assert_eq!(tree.node("a\0"), Node::Other);
        assert_eq!(tree.node("/etc"), Node::Other);
        assert_eq!(tree.node(""), Node::Folder);
        assert_eq!(tree.read("inside"), Ok(b"1".to_vec()));
        assert_eq!(tree.read("none"), Err(ReadError::Absent));
        assert!(matches!(tree.read("out"), Err(ReadError::Refused(_))));
        assert!(matches!(tree.read("d"), Err(ReadError::Refused(_))));
    }

    #[test]
    fn large_files_and_pipes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::File::create(root.join("large")).unwrap().set_len(LARGEST + 1).unwrap();
        let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap();
        let tree = DiskTree::new(&root);
        assert_eq!(tree.read("large"), Err(ReadError::TooLarge(LARGEST)));
        assert!(made.success());
        assert_eq!(tree.node("pipe"), Node::Other);
        assert!(matches!(tree.read("pipe"), Err(ReadError::Refused(_))));
    }
}
