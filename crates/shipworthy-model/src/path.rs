//! Paths as text: the few questions of Python's `os.path` that need no disk.

/// The path made absolute against `folder` and without `.`, `..` and double slashes, as `os.path.abspath` does.
///
/// Without a folder to start from, a relative path stays relative.
pub fn absolute(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') || folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let rooted = whole.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// Whether a path starts at the root of a file system, Unix's or a Windows drive.
pub fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with(['/', '\\'])
        || bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'/' | b'\\')
}

/// Whether `path` lies below `folder`, and is not `folder` itself. Both as [`absolute`] returns them.
pub fn is_below(folder: &str, path: &str) -> bool {
    match folder {
        "/" => path.len() > 1 && path.starts_with('/'),
        "." => path != "." && !path.starts_with("../"),
        _ => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_absolute_as_in_python() {
        assert_eq!(absolute("/srv/app", "static"), "/srv/app/static");
        assert_eq!(absolute("/srv/app", "../static/."), "/srv/static");
        assert_eq!(absolute("/srv/app", "/a//b/../c/"), "/a/c");
        assert_eq!(absolute("/srv/app", "/../.."), "/");
        assert_eq!(absolute("", "a/../../b"), "../b");
        assert_eq!(absolute("", ""), ".");
    }

    #[test]
    fn below_means_inside_by_whole_names() {
        assert!(is_below("/srv", "/srv/static"));
        assert!(!is_below("/srv", "/srv"));
        assert!(!is_below("/srv/static", "/srv/staticfiles"));
        assert!(is_below("/", "/srv"));
        assert!(is_absolute("C:\\static") && is_absolute("/x") && !is_absolute("static"));
    }
}
