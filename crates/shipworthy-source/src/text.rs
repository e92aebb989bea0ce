//! Bytes of files that are not Python into text.

/// Decodes a file as UTF-8, without its byte order mark; bytes that are no UTF-8 become U+FFFD.
pub fn decode(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
