//! The parts of a path as text: joined, normalised, taken apart.

/// `os.path.join(a, b)`.
pub(in crate::python::library) fn join_os(a: &str, b: &str) -> String {
    if b.starts_with('/') {
        b.to_owned()
    } else if a.is_empty() || a.ends_with('/') {
        format!("{a}{b}")
    } else {
        format!("{a}/{b}")
    }
}

/// `PurePosixPath(a) / b`.
pub(in crate::python) fn join_pure(a: &str, b: &str) -> String {
    if b.starts_with('/') || a.is_empty() || a == "." { normal(b) } else { normal(&join_os(a, b)) }
}

/// The text of a pure path: single slashes, no `.` parts, no trailing slash; `..` stays. Two slashes at its very beginning
/// have a meaning of their own to POSIX, and stay.
pub(super) fn normal(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let joined = parts.join("/");
    match (text.starts_with('/'), joined.is_empty()) {
        (true, _) if text.starts_with("//") && !text.starts_with("///") => format!("//{joined}"),
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `os.path.normpath`.
pub(in crate::python) fn normalise(text: &str) -> String {
    let absolute = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// `os.path.dirname`.
pub(super) fn dirname(text: &str) -> String {
    match text.rfind('/') {
        None => String::new(),
        Some(index) => {
            let head = &text[..=index];
            let trimmed = head.trim_end_matches('/');
            if trimmed.is_empty() { head.to_owned() } else { trimmed.to_owned() }
        }
    }
}

/// The parent of a pure path.
pub(super) fn parent(text: &str) -> String {
    match text.rfind('/') {
        Some(0) => "/".to_owned(),
        Some(index) => text[..index].to_owned(),
        None => ".".to_owned(),
    }
}

/// `os.path.splitext`: leading dots belong to the stem.
pub(super) fn split_extension(text: &str) -> (&str, &str) {
    let start = text.rfind('/').map_or(0, |index| index + 1);
    let dots = text[start..].chars().take_while(|c| *c == '.').count();
    match text[start + dots..].rfind('.') {
        Some(index) => text.split_at(start + dots + index),
        None => (text, ""),
    }
}

pub(super) fn relative(path: &str, base: &str) -> String {
    let parts = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, base) = (parts(path), parts(base));
    let common = path.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let mut relative: Vec<String> = vec!["..".to_owned(); base.len() - common];
    relative.extend(path[common..].iter().cloned());
    if relative.is_empty() { ".".to_owned() } else { relative.join("/") }
}
