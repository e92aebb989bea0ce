//! Cleaning: text from a project must not steer the terminal it is shown on.

use std::borrow::Cow;

/// Makes control characters visible, one character for one. Tabs stay; so do line ends, where the text may have several.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(steers) { Cow::Owned(text.chars().map(picture).collect()) } else { Cow::Borrowed(text) }
}

/// The same for text that belongs on one line: line ends and tabs become spaces.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(|character| steers(character) || character == '\n' || character == '\t') {
        Cow::Owned(
            text.chars().map(|character| if matches!(character, '\n' | '\t') { ' ' } else { picture(character) }).collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// Escapes in JSON what a terminal may obey and JSON lets through: C1 controls and marks that turn the writing direction.
pub(crate) fn json(text: String) -> String {
    use std::fmt::Write;
    if !text.chars().any(|character| character > '\u{7e}' && steers(character)) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if character > '\u{7e}' && steers(character) {
            let _ = write!(safe, "\\u{:04x}", character as u32);
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether a terminal may act on the character instead of showing it.
fn steers(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        _ => character.is_control(),
    }
}

fn picture(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if steers(character) => '\u{fffd}',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_pictures() {
        assert_eq!(visible("a\u{1b}[31mb\u{9b}c\u{202e}d\r\ne"), "a␛[31mb\u{fffd}c\u{fffd}d␍\ne");
        assert_eq!(one_line("a\nb\tc"), "a b c");
        assert!(matches!(visible("plain ü"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_json() {
        let text = json(serde_json::to_string("x\u{9b}y\u{202e}\u{1b}").expect("serialises"));
        assert_eq!(text, r#""x\u009by\u202e\u001b""#);
        assert_eq!(serde_json::from_str::<String>(&text).expect("parses"), "x\u{9b}y\u{202e}\u{1b}");
    }
}
