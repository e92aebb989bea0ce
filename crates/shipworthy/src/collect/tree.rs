//! The disk as a tree: nothing outside the root, nothing that is no file, nothing too large.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use shipworthy_source::{Node, ReadError, Tree};

/// Larger files are not text that anybody wrote.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A folder on disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskTree {
    root: PathBuf,
}

impl DiskTree {
    /// The tree below `root`, which must be canonical.
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The place of a path on disk, if it lies in the tree when all links are followed.
    fn place(&self, path: &str) -> Result<(PathBuf, fs::Metadata), Node> {
        let relative = Path::new(path);
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Node::Other);
        }
        let canonical = match fs::canonicalize(self.root.join(relative)) {
            Ok(canonical) => canonical,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Err(Node::Absent),
            Err(_) => return Err(Node::Other),
        };
        if !canonical.starts_with(&self.root) {
            return Err(Node::Other);
        }
        let metadata = fs::metadata(&canonical).map_err(|_| Node::Other)?;
        Ok((canonical, metadata))
    }
}

impl Tree for DiskTree {
    fn node(&self, path: &str) -> Node {
        match self.place(path) {
            Ok((_, metadata)) if metadata.is_file() => Node::File,
            Ok((_, metadata)) if metadata.is_dir() => Node::Folder,
            Ok(_) => Node::Other,
            Err(node) => node,
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        let (place, metadata) = self.place(path).map_err(|node| match node {
            Node::Absent => ReadError::Absent,
            Node::File | Node::Folder | Node::Other => ReadError::Refused("it is not a file of the project".to_owned()),
        })?;
        if !metadata.is_file() {
            return Err(ReadError::Refused("it is not a file".to_owned()));
        }
        if metadata.len() > LARGEST {
            return Err(ReadError::TooLarge(LARGEST));
        }
        let refused = |error: std::io::Error| ReadError::Refused(error.kind().to_string());
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        // A file may grow while it is read.
        fs::File::open(place).map_err(refused)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(refused)?;
        if bytes.len() as u64 > LARGEST { Err(ReadError::TooLarge(LARGEST)) } else { Ok(bytes) }
    }

    fn list(&self, path: &str) -> Option<Vec<String>> {
        let (place, _) = self.place(path).ok()?;
        let mut names: Vec<String> =
            fs::read_dir(place).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
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
