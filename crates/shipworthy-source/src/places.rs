//! Places: which file of the tree a path means to a process that runs in a container or on a machine.

use crate::{Node, Tree};

/// What of the tree a process sees where.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Paths of the process and the paths of the tree that are seen there; later ones win.
    mounts: Vec<(String, String)>,
    /// Folders of the tree in which to look for what no mount explains.
    roots: Vec<String>,
    /// The working folder of the process.
    folder: Option<String>,
}

impl Places {
    /// A process of which only folders of the tree are known, where its files may lie.
    pub(crate) fn new(roots: impl IntoIterator<Item = String>) -> Self {
        let mut places = Self::default();
        for root in roots {
            if !places.roots.contains(&root) {
                places.roots.push(root);
            }
        }
        places
    }

    /// Sets the working folder.
    pub(crate) fn at(&mut self, folder: &str) {
        self.folder = Some(folder.to_owned());
    }

    /// A path of the tree is seen at a path of the process.
    pub(crate) fn mount(&mut self, seen: &str, path: &str) {
        const MOST: usize = 400;
        if seen.starts_with('/') && self.mounts.len() < MOST {
            self.mounts.push((seen.trim_end_matches('/').to_owned(), path.trim_matches('/').to_owned()));
        }
    }

    /// The file that a path means, from the working folder or the one that is given.
    pub(crate) fn find(&self, tree: &dyn Tree, path: &str, folder: Option<&str>) -> Option<String> {
        if path.is_empty() || path.len() > 1000 || path.contains(['$', '{', '*', '\0', '\n']) {
            return None;
        }
        let absolute = if path.starts_with('/') {
            path.to_owned()
        } else {
            let own = self.folder.as_deref().unwrap_or("");
            let folder = match folder {
                Some(folder) if folder.starts_with('/') => folder.to_owned(),
                Some(folder) => format!("{own}/{folder}"),
                None => own.to_owned(),
            };
            format!("{folder}/{path}")
        };
        let absolute = clean(&absolute)?;
        for (seen, place) in self.mounts.iter().rev() {
            let rest = match absolute.strip_prefix(seen.trim_start_matches('/')) {
                Some("") => "",
                Some(rest) if rest.starts_with('/') => &rest[1..],
                Some(rest) if seen.is_empty() => rest,
                Some(_) | None => continue,
            };
            let candidate = [place.as_str(), rest].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/");
            if tree.node(&candidate) == Node::File {
                return Some(candidate);
            }
        }
        let relative = clean(path)?;
        let name_only = !relative.contains('/');
        // A command by its name alone is looked for where programs lie.
        for folder in ["usr/local/bin", "usr/bin", "bin"].into_iter().filter(|_| !path.contains('/')) {
            let mut known =
                self.mounts.iter().rev().filter(|(seen, _)| seen.trim_start_matches('/') == format!("{folder}/{path}"));
            if let Some((_, place)) = known.find(|(_, place)| tree.node(place) == Node::File) {
                return Some(place.clone());
            }
        }
        for root in &self.roots {
            let mut rest = relative.as_str();
            loop {
                let candidate = if root.is_empty() { rest.to_owned() } else { format!("{root}/{rest}") };
                if tree.node(&candidate) == Node::File {
                    return Some(candidate);
                }
                // What is called by an absolute path was copied there from somewhere: try with less of the path.
                match rest.split_once('/') {
                    Some((_, shorter)) if path.starts_with('/') || path.starts_with('.') => rest = shorter,
                    Some(_) | None => break,
                }
            }
            if name_only || path.starts_with('/') {
                let name = relative.rsplit('/').next().unwrap_or(&relative);
                for folder in ["docker", "scripts", "bin", "deploy", "conf", "config", "etc", "compose", "deployment", ".docker"]
                {
                    let candidate = if root.is_empty() { format!("{folder}/{name}") } else { format!("{root}/{folder}/{name}") };
                    if tree.node(&candidate) == Node::File {
                        return Some(candidate);
                    }
                }
            }
        }
        None
    }
}

/// A path without `.`, `..` and doubled slashes; `None` if it leads above its start.
pub(crate) fn clean(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A path as seen from a folder of the tree.
pub(crate) fn beside(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.starts_with('~') {
        return None;
    }
    clean(&format!("{folder}/{path}"))
}

/// The folder of a path.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    #[test]
    fn paths_of_containers_are_found() {
        let mut tree = MemoryTree::default();
        tree.insert("compose/production/django/start", "");
        tree.insert("src/gunicorn.conf.py", "");
        tree.insert("docker/entrypoint.sh", "");
        let mut places = Places::new([String::new()]);
        places.mount("/app", "src");
        places.mount("/start", "compose/production/django/start");
        places.at("/app");
        assert_eq!(places.find(&tree, "/start", None).as_deref(), Some("compose/production/django/start"));
        assert_eq!(places.find(&tree, "gunicorn.conf.py", None).as_deref(), Some("src/gunicorn.conf.py"));
        assert_eq!(places.find(&tree, "/app/./gunicorn.conf.py", None).as_deref(), Some("src/gunicorn.conf.py"));
        assert_eq!(places.find(&tree, "/usr/local/bin/entrypoint.sh", None).as_deref(), Some("docker/entrypoint.sh"));
        places.mount("/usr/local/bin/shop", "docker/entrypoint.sh");
        assert_eq!(places.find(&tree, "shop", None).as_deref(), Some("docker/entrypoint.sh"));
        assert_eq!(places.find(&tree, "/../x", None), None);
    }
}
