//! Which files git tracks, from the list of paths in its index (formats 2, 3 and 4).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of an entry before its path. Object ids are 20 bytes; in repositories that use SHA-256 they are 32, and nothing is
/// understood.
const FIXED: usize = 62;

/// Larger indexes are not read.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Which of these paths, relative to `root`, git tracks. `None` where there is no repository, or its index is not understood.
pub(crate) fn tracked<'a>(root: &Path, paths: impl IntoIterator<Item = &'a str>) -> Option<BTreeSet<&'a str>> {
    let (index, prefix) = index(root)?;
    let wanted: Vec<(Vec<u8>, &str)> = paths
        .into_iter()
        .map(|path| (if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }.into_bytes(), path))
        .collect();
    let mut found = BTreeSet::new();
    each_path(&index, |path| {
        found.extend(wanted.iter().filter(|(wanted, _)| wanted == path).map(|(_, path)| *path));
    })?;
    Some(found)
}

/// The paths below `root`, relative to it, that git tracks and of which `wants` is true. `None` as for [`tracked`].
pub(crate) fn tracked_where(root: &Path, wants: impl Fn(&str) -> bool) -> Option<Vec<String>> {
    let (index, prefix) = index(root)?;
    let mut found = Vec::new();
    each_path(&index, |path| {
        let own = std::str::from_utf8(path).ok().and_then(|path| match prefix.as_str() {
            "" => Some(path),
            prefix => path.strip_prefix(prefix)?.strip_prefix('/'),
        });
        found.extend(own.filter(|path| wants(path)).map(str::to_owned));
    })?;
    Some(found)
}

/// The index of the repository around `root`, and the path of `root` in it.
fn index(root: &Path) -> Option<(Vec<u8>, String)> {
    let top = root.ancestors().find(|folder| folder.join(".git").exists())?;
    let prefix = root.strip_prefix(top).ok()?.to_str()?.replace('\\', "/");
    let index = folder(top)?.join("index");
    if fs::metadata(&index).ok()?.len() > LARGEST {
        return None;
    }
    Some((fs::read(index).ok()?, prefix))
}

/// The repository's own folder: `.git`, or where the file `.git` of a linked work tree points.
fn folder(top: &Path) -> Option<PathBuf> {
    let place = top.join(".git");
    if place.is_dir() {
        return Some(place);
    }
    let text = fs::read_to_string(place).ok()?;
    Some(top.join(text.strip_prefix("gitdir:")?.trim()))
}

fn each_path(index: &[u8], mut visit: impl FnMut(&[u8])) -> Option<()> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    let version = number(4)?;
    if index.get(..4)? != b"DIRC" || !(2..=4).contains(&version) {
        return None;
    }
    let mut at = 12;
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..number(8)? {
        let start = at;
        let flags = u16::from_be_bytes(index.get(start + 60..start + 62)?.try_into().ok()?);
        at += FIXED + if version >= 3 && flags & 0x4000 != 0 { 2 } else { 0 };
        if version == 4 {
            let (strip, length) = offset(index.get(at..)?)?;
            at += length;
            path.truncate(path.len().checked_sub(strip)?);
        } else {
            path.clear();
        }
        let rest = index.get(at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(&rest[..length]);
        at += length + 1;
        if version < 4 {
            let size = at - 1 - start;
            at = start + (size / 8 + 1) * 8;
        }
        visit(&path);
    }
    Some(())
}

/// Git's variable-width number, and how many bytes it takes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(bytes.first()? & 0x7f);
    let mut length = 1;
    while bytes[length - 1] & 0x80 != 0 {
        value = value.checked_add(1)?.checked_mul(128)? + usize::from(bytes.get(length)? & 0x7f);
        length += 1;
    }
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let done = std::process::Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[test]
    fn every_format() {
        for version in ["2", "3", "4"] {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path();
            git(root, &["init", "-q"]);
            fs::create_dir_all(root.join("deploy/long-name")).unwrap();
            for path in [".env", "deploy/.env", "deploy/long-name/.env", "deploy/x", "new"] {
                fs::write(root.join(path), "A=1").unwrap();
            }
            git(root, &["add", ".env", "deploy/.env", "deploy/long-name/.env"]);
            git(root, &["update-index", "--index-version", version]);
            git(root, &["add", "-N", "new"]);
            let asked = [".env", "deploy/.env", "deploy/long-name/.env", "deploy/x"];
            assert_eq!(tracked(root, asked), Some(BTreeSet::from([".env", "deploy/.env", "deploy/long-name/.env"])), "{version}");
            assert_eq!(tracked(&root.join("deploy"), [".env", "x"]), Some(BTreeSet::from([".env"])));
            let below = tracked_where(&root.join("deploy"), |path| path.contains(".env"));
            assert_eq!(below, Some(vec![".env".to_owned(), "long-name/.env".to_owned()]));
        }
    }

    #[test]
    fn no_repository_and_a_broken_index() {
        assert_eq!(each_path(b"DIRC\0\0\0\x02\0\0\0\x05abc", |_| {}), None);
        assert_eq!(each_path(b"", |_| {}), None);
    }
}
