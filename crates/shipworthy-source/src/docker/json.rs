//! Arrays of strings in JSON, as the exec form of Dockerfiles writes them, with places.

use crate::piece::Piece;

/// The strings of an array; `None` if the text is none.
pub(crate) fn strings(piece: &Piece) -> Option<Vec<Piece>> {
    let text = &piece.text;
    let inside = text.trim_start().strip_prefix('[')?;
    if !text.trim_end().ends_with(']') {
        return None;
    }
    let mut list = Vec::new();
    let mut position = text.len() - inside.len();
    let mut wants_value = true;
    loop {
        let rest = &text[position..];
        let character = rest.chars().next()?;
        match character {
            ']' => {
                // What follows the array must be nothing.
                return rest[1..].trim().is_empty().then_some(list);
            }
            '"' if wants_value => {
                let length = closing(&rest[1..])?;
                let source = &rest[1..=length];
                let value: String = serde_json::from_str(&rest[..length + 2]).ok()?;
                let range = position + 1..position + 1 + length;
                list.push(if value == source { piece.slice(range) } else { Piece::aligned(&value, source, piece.region(range)) });
                position += length + 2;
                wants_value = false;
            }
            ',' if !wants_value => {
                wants_value = true;
                position += 1;
            }
            // A continued line.
            '\\' | '`' if rest[1..].trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                position += 1;
            }
            character if character.is_whitespace() => position += character.len_utf8(),
            _ => return None,
        }
    }
}

fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::ArtifactId;

    #[test]
    fn exec_forms() {
        let read = |text: &str| {
            strings(&Piece::file(text, ArtifactId(0))).map(|list| list.iter().map(|it| it.text.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(read(r#"["a", "b \"c\"", "--x=1"]"#), Some(vec!["a".into(), "b \"c\"".into(), "--x=1".into()]));
        assert_eq!(read("[ \"a\", \\\n  \"b\" ]"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(read("[]"), Some(Vec::new()));
        assert_eq!(read("['a']"), None);
        assert_eq!(read("[ \"$X\" = 1 ] && a"), None);
    }
}
