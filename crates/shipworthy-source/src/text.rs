//! Bytes of files that are not Python into text.

/// Decodes a file as UTF-8, or as UTF-16 where its byte order mark says so, without the mark; what is neither becomes U+FFFD.
pub fn decode(bytes: Vec<u8>) -> String {
    // What PowerShell writes, and pip reads.
    let (pairs, big) = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => (rest, false),
        [0xfe, 0xff, rest @ ..] => (rest, true),
        _ => (&[][..], false),
    };
    if !pairs.is_empty() {
        let unit = |pair: &[u8]| match pair {
            [first, second] if big => u16::from_be_bytes([*first, *second]),
            [first, second] => u16::from_le_bytes([*first, *second]),
            _ => 0xfffd,
        };
        let units = pairs.chunks(2).map(unit);
        return char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
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
