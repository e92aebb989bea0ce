//! Damages text the way people, merges and editors do: parts go missing, come twice, or come from somewhere else.

use fastrand::Rng;

/// What is put in places where nobody expects it.
const STRANGE: [&str; 46] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "f\"{",
    "}\"",
    "\\",
    "\n",
    "\t",
    "    ",
    "#",
    ":",
    ",",
    ".",
    "*",
    "**",
    "@",
    "=",
    ":=",
    "-",
    "not ",
    "None",
    "True",
    "0",
    "-1",
    "10**100",
    "1e999",
    "2**127",
    "\"é\u{202e}\"",
    "b\"\\xff\"",
    "lambda: ",
    "__file__",
    "x",
    "...",
    "[*",
    "{**",
    " if x else ",
    " for x in ",
    "import ",
    "\u{0}",
    "\u{feff}",
];

/// A text like `text`, damaged in one to six places; parts may come from `other`.
pub(crate) fn damaged(rng: &mut Rng, text: &str, other: &str) -> String {
    let mut tokens: Vec<&str> = tokens(text);
    let others = self::tokens(other);
    for _ in 0..rng.usize(1..=6) {
        let at = rng.usize(0..=tokens.len());
        let end = (at + rng.usize(0..12)).min(tokens.len());
        match rng.u8(0..9) {
            0 => drop(tokens.drain(at..end)),
            1 => {
                let twice: Vec<&str> = tokens[at..end].to_vec();
                tokens.splice(end..end, twice);
            }
            2 if !others.is_empty() => {
                let from = rng.usize(0..others.len());
                let to = (from + rng.usize(1..40)).min(others.len());
                tokens.splice(at..end, others[from..to].iter().copied());
            }
            3 => tokens.insert(at, STRANGE[rng.usize(0..STRANGE.len())]),
            4 if at < tokens.len() => tokens[at] = STRANGE[rng.usize(0..STRANGE.len())],
            5 if !tokens.is_empty() => {
                let (a, b) = (rng.usize(0..tokens.len()), rng.usize(0..tokens.len()));
                tokens.swap(a, b);
            }
            6 if at < tokens.len() => {
                // A name or value in the place of another one of the same text.
                let from = rng.usize(0..tokens.len());
                tokens[at] = tokens[from];
            }
            7 if rng.u8(0..8) == 0 => tokens.truncate(at),
            _ if rng.u8(0..8) == 0 => {
                let bracket = ["(", "[", "{", "-", "not ", "f'{"][rng.usize(0..6)];
                tokens.splice(at..at, std::iter::repeat_n(bracket, rng.usize(1..400)));
            }
            _ => {}
        }
    }
    let mut bytes = tokens.concat().into_bytes();
    if rng.u8(0..6) == 0 && !bytes.is_empty() {
        let at = rng.usize(0..bytes.len());
        match rng.u8(0..3) {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = rng.u8(..),
            _ => bytes.insert(at, rng.u8(32..127)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Words, numbers and spaces as wholes, everything else by the character.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |character: char| match character {
        '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => 1,
        ' ' => 2,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, character) in text.char_indices() {
        let this = kind(character);
        if last.is_some_and(|last| last != this || this == 0) {
            tokens.push(&text[start..at]);
            start = at;
        }
        last = Some(this);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}
