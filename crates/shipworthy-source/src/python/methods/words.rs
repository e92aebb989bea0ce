//! Letters and words of text: their case, and where text is split, as Python sees them.

/// Python's white space; Rust's lacks the four information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

pub(super) fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}

pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => titled(first).into_iter().chain(chars.flat_map(char::to_lowercase)).collect(),
        None => String::new(),
    }
}

pub(super) fn title(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .flat_map(|c| {
            let mapped: Vec<char> = if inside { c.to_lowercase().collect() } else { titled(c) };
            inside = is_cased(c);
            mapped
        })
        .collect()
}

/// A letter as a word begins with it: of what is several letters in upper case only the first stays so.
pub(super) fn titled(c: char) -> Vec<char> {
    c.to_uppercase().enumerate().flat_map(|(index, c)| if index == 0 { vec![c] } else { c.to_lowercase().collect() }).collect()
}

pub(super) fn is_cased(c: char) -> bool {
    c.is_uppercase() || c.is_lowercase()
}

/// Case folding of Latin letters, the only ones that it is asked for.
pub(super) fn casefold(text: &str) -> String {
    text.to_lowercase().replace('ß', "ss").replace('µ', "μ").replace('ŉ', "ʼn").replace('ſ', "s")
}

pub(super) fn is_title(text: &str) -> bool {
    let (mut inside, mut any) = (false, false);
    for c in text.chars() {
        if (c.is_uppercase() && inside) || (c.is_lowercase() && !inside) {
            return false;
        }
        inside = is_cased(c);
        any |= inside;
    }
    any
}

pub(super) fn split_space(text: &str, limit: Option<usize>, from_right: bool) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = if from_right { text.trim_end_matches(is_space) } else { text.trim_start_matches(is_space) };
    while !rest.is_empty() {
        if limit.is_some_and(|limit| parts.len() >= limit) {
            let last = if from_right { rest.trim_end_matches(is_space) } else { rest.trim_start_matches(is_space) };
            parts.push(last.to_owned());
            break;
        }
        if from_right {
            let (before, word) = match rest.char_indices().rev().find(|(_, c)| is_space(*c)) {
                Some((index, c)) => (&rest[..index], &rest[index + c.len_utf8()..]),
                None => ("", rest),
            };
            parts.push(word.to_owned());
            rest = before.trim_end_matches(is_space);
        } else {
            let (word, after) = match rest.find(is_space) {
                Some(index) => rest.split_at(index),
                None => (rest, ""),
            };
            parts.push(word.to_owned());
            rest = after.trim_start_matches(is_space);
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

pub(super) fn split_lines(text: &str, keep: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends =
            matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}' | '\u{1d}' | '\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !ends {
            line.push(c);
            continue;
        }
        if keep {
            line.push(c);
        }
        if c == '\r' && chars.peek() == Some(&'\n') {
            chars.next();
            if keep {
                line.push('\n');
            }
        }
        lines.push(std::mem::take(&mut line));
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
