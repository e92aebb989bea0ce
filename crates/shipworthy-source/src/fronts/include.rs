//! Included files: a path of the server's disk, looked for among the files of the project.

use shipworthy_model::{ArtifactId, Artifacts, path};

use crate::{Node, Tree, text};

/// Where a configuration looks for the files it includes.
pub(crate) struct Place<'a> {
    /// The project.
    pub(crate) tree: &'a dyn Tree,
    /// The folder of the main file, relative to the tree.
    pub(crate) home: String,
    /// Folders of the server's disk that stand for `home`: `/etc/nginx`.
    pub(crate) roots: &'a [&'a str],
}

/// The most files one pattern brings in.
const MOST: usize = 200;

/// The largest file that is read.
const LARGEST: usize = 1 << 20;

impl Place<'_> {
    /// The files of the tree that a path or pattern names, in order of their names.
    ///
    /// A relative one is looked for from `home` and from the folder of the file that names it. An absolute one below a root is
    /// looked for below `home`, else by ever shorter ends of its path below `home`: a project keeps
    /// `/etc/nginx/snippets/ssl.conf` as `snippets/ssl.conf`, `ssl.conf` or `etc/nginx/snippets/ssl.conf`.
    pub(crate) fn find(&self, written: &str, from: &str) -> Vec<String> {
        let near = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut tries: Vec<String> = Vec::new();
        let inside = self.roots.iter().find_map(|root| written.strip_prefix(root)?.strip_prefix('/'));
        match inside {
            Some(inside) => tries.extend([join(&self.home, inside), join(near, inside)]),
            None if written.starts_with('/') => {}
            None => tries.extend([join(&self.home, written), join(near, written)]),
        }
        if written.starts_with('/') {
            let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty()).collect();
            for first in 0..parts.len() {
                let tail = parts[first..].join("/");
                // A bare `*.conf` would bring in whatever lies about.
                if !tail.contains('/') && tail.contains(['*', '?', '[']) {
                    break;
                }
                tries.extend([join(&self.home, &tail), join(near, &tail)]);
                if first == 0 {
                    tries.push(tail);
                }
            }
        }
        tries.into_iter().map(|pattern| self.matching(&pattern)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The files below the tree that a pattern names; stars in any part of it.
    fn matching(&self, pattern: &str) -> Vec<String> {
        let pattern = path::absolute("", pattern);
        if pattern.starts_with("..") || pattern.starts_with('/') {
            return Vec::new();
        }
        let mut found = vec![String::new()];
        for part in pattern.split('/') {
            let is_pattern = part.contains(['*', '?', '[']);
            let next = |folder: &String| -> Vec<String> {
                if !is_pattern {
                    return vec![join(folder, part)];
                }
                let names = self.tree.list(folder).unwrap_or_default();
                names.into_iter().filter(|name| is_match(part, name)).map(|name| join(folder, &name)).collect()
            };
            found = found.iter().flat_map(next).take(MOST).collect();
        }
        found.retain(|path| self.tree.node(path) == Node::File);
        found
    }

    /// Reads a file of the tree into the artifacts.
    pub(crate) fn read(&self, path: &str, artifacts: &mut Artifacts) -> Option<ArtifactId> {
        if let Some(known) = artifacts.find(path) {
            return Some(known);
        }
        let bytes = self.tree.read(path).ok().filter(|bytes| bytes.len() <= LARGEST)?;
        Some(artifacts.add(path, text::decode(bytes)))
    }
}

/// Whether a name is of the form of a shell pattern. Hidden files need a dot of the pattern's own.
fn is_match(pattern: &str, name: &str) -> bool {
    fn go(pattern: &[u8], name: &[u8], depth: usize) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                depth < 8 && (go(&pattern[1..], name, depth + 1) || (!name.is_empty() && go(pattern, &name[1..], depth)))
            }
            (Some(b'?'), Some(_)) => go(&pattern[1..], &name[1..], depth),
            (Some(b'['), Some(byte)) => match pattern.iter().position(|it| *it == b']') {
                Some(end) => class(&pattern[1..end], *byte) && go(&pattern[end + 1..], &name[1..], depth),
                None => false,
            },
            (Some(one), Some(other)) => one == other && go(&pattern[1..], &name[1..], depth),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
    fn class(inside: &[u8], byte: u8) -> bool {
        let (not, inside) = match inside.split_first() {
            Some((b'!' | b'^', rest)) => (true, rest),
            Some(_) | None => (false, inside),
        };
        let range = inside.windows(3).any(|it| it[1] == b'-' && (it[0]..=it[2]).contains(&byte));
        (range || inside.contains(&byte)) != not
    }
    (pattern.starts_with('.') || !name.starts_with('.')) && go(pattern.as_bytes(), name.as_bytes(), 0)
}

/// The folder of a path, and a path below a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder a file lies in; empty for the root.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    #[test]
    fn patterns_are_the_shells() {
        assert!(is_match("*.conf", "site.conf") && !is_match("*.conf", ".conf") && !is_match("*.conf", "site.conf~"));
        assert!(is_match("[a-c]?.x", "b1.x") && !is_match("[!a-c]?.x", "b1.x"));
    }

    #[test]
    fn paths_of_the_servers_disk_are_found_in_the_project() {
        let mut tree = MemoryTree::default();
        for path in ["deploy/nginx.conf", "deploy/conf.d/a.conf", "deploy/conf.d/b.conf", "deploy/ssl.conf"] {
            tree.insert(path, "");
        }
        let place = Place { tree: &tree, home: "deploy".to_owned(), roots: &["/etc/nginx"] };
        let find = |written| place.find(written, "deploy/nginx.conf");
        assert_eq!(find("/etc/nginx/conf.d/*.conf"), ["deploy/conf.d/a.conf", "deploy/conf.d/b.conf"]);
        assert_eq!(find("/etc/nginx/snippets/ssl.conf"), ["deploy/ssl.conf"]);
        assert_eq!(find("conf.d/a.conf"), ["deploy/conf.d/a.conf"]);
        assert!(find("/etc/nginx/sites-enabled/*").is_empty());
        assert!(find("../../etc/passwd").is_empty());
    }
}
