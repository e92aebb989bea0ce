//! Bytes of files that are not Python into text.

/// Decodes a file as UTF-8, without its byte order mark; bytes that are no UTF-8 become U+FFFD.
pub fn decode(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// Whether the name of a file says that it is a copy which was set aside: `nginx.conf.bak`. No program reads it.
pub fn is_set_aside(path: &str) -> bool {
    const ENDS: [&str; 12] =
        [".bak", ".backup", ".old", ".orig", ".save", ".disabled", ".swp", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist", "~"];
    let lower = path.to_ascii_lowercase();
    ENDS.iter().any(|end| lower.ends_with(end))
}
