//! Python's regular expressions as those of the engine that is asked, where both mean the same.

use regex::Regex;

use super::{DOTALL, IGNORECASE, MULTILINE, UNICODE};

/// The expression in Rust's syntax, if both languages read it alike on this text.
pub(super) fn compile(pattern: &str, flags: i128, text: &str, method: &str) -> Option<Regex> {
    if flags & !(IGNORECASE | MULTILINE | DOTALL | UNICODE) != 0 {
        return None;
    }
    if flags & IGNORECASE != 0 && !(pattern.is_ascii() && text.is_ascii()) {
        return None;
    }
    let translated = translate(pattern, flags & MULTILINE != 0, text)?;
    let anchored = match method {
        "match" => format!("\\A(?:{translated})"),
        "fullmatch" => format!("\\A(?:{translated})\\z"),
        _ => translated,
    };
    regex::RegexBuilder::new(&anchored)
        .case_insensitive(flags & IGNORECASE != 0)
        .multi_line(flags & MULTILINE != 0)
        .dot_matches_new_line(flags & DOTALL != 0)
        .size_limit(1 << 20)
        .build()
        .ok()
}

/// Rewrites what differs in spelling only; `None` for what differs in meaning.
fn translate(pattern: &str, multiline: bool, text: &str) -> Option<String> {
    // Named classes of characters differ beyond ASCII, and in the four information separators; case differs beyond ASCII.
    let alike = text.is_ascii() && !text.bytes().any(|byte| (0x1c..=0x1f).contains(&byte));
    let named = pattern.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && b"wWdDsSbB".contains(&pair[1]));
    if !pattern.is_ascii() || !alike && (named || pattern.contains("(?")) {
        let plain = pattern.chars().all(|c| c.is_alphanumeric() || " -_/:,;@#=%!'\"<>".contains(c));
        return plain.then(|| pattern.to_owned());
    }
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut index = 0;
    let mut multiline = multiline;
    // Whether the last thing was a quantifier: a further one means something else in each language.
    let mut quantified = false;
    while let Some(c) = chars.get(index).copied() {
        let mut is_quantifier = false;
        match c {
            '\\' => {
                let escaped = *chars.get(index + 1)?;
                index += 1;
                match escaped {
                    'Z' => out.push_str("\\z"),
                    'A' | 'b' | 'B' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'n' | 't' | 'r' | 'f' | 'v' | 'a' => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    'x' => {
                        let digits: String = chars.get(index + 1..index + 3)?.iter().collect();
                        out.push_str("\\x");
                        out.push_str(&digits);
                        index += 2;
                    }
                    c if c.is_ascii_alphanumeric() => return None,
                    c => out.push_str(&regex::escape(&c.to_string())),
                }
            }
            '[' => {
                index = class(&chars, index, &mut out)?;
                quantified = false;
                continue;
            }
            '(' => {
                out.push('(');
                if chars.get(index + 1) == Some(&'?') {
                    let rest: String = chars[index + 2..].iter().take(40).collect();
                    let flags: String = rest.chars().take_while(|c| "ims".contains(*c)).collect();
                    let after = rest.chars().nth(flags.len());
                    let group = rest.starts_with(':') || rest.starts_with("P<") || (!flags.is_empty() && after == Some(':'));
                    let global = !flags.is_empty() && after == Some(')') && index == 0;
                    if !group && !global {
                        return None;
                    }
                    multiline |= flags.contains('m');
                }
            }
            // At the end, or before a line end that ends the text.
            '$' if !multiline && text.contains('\n') => return None,
            '$' if !multiline => out.push_str("\\z"),
            '*' | '+' | '?' => {
                if quantified && c != '?' {
                    return None;
                }
                // `?` behind a quantifier makes it lazy; behind `(` it belongs to the group.
                is_quantifier = !(quantified || index > 0 && chars[index - 1] == '(' && !escaped_at(&chars, index - 1));
                out.push(c);
            }
            '{' => {
                let end = chars[index..].iter().position(|c| *c == '}')? + index;
                let inside: String = chars[index + 1..end].iter().collect();
                let (low, high) = inside.split_once(',').unwrap_or((&inside, &inside));
                let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
                if quantified || !number(low) || !number(high) || inside.is_empty() || inside == "," {
                    return None;
                }
                let low = if low.is_empty() { "0" } else { low };
                out.push('{');
                out.push_str(low);
                if inside.contains(',') {
                    out.push(',');
                    out.push_str(high);
                }
                out.push('}');
                index = end;
                is_quantifier = true;
            }
            c => out.push(c),
        }
        quantified = is_quantifier;
        index += 1;
    }
    Some(out)
}

fn escaped_at(chars: &[char], index: usize) -> bool {
    chars[..index].iter().rev().take_while(|c| **c == '\\').count() % 2 == 1
}

/// Copies a set of characters; gives the index behind it.
fn class(chars: &[char], start: usize, out: &mut String) -> Option<usize> {
    let mut index = start + 1;
    out.push('[');
    if chars.get(index) == Some(&'^') {
        out.push('^');
        index += 1;
    }
    let first = index;
    loop {
        let c = *chars.get(index)?;
        match c {
            ']' if index > first => {
                out.push(']');
                return Some(index + 1);
            }
            ']' | '[' => {
                out.push('\\');
                out.push(c);
            }
            '\\' => {
                let escaped = *chars.get(index + 1)?;
                index += 1;
                match escaped {
                    'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'n' | 't' | 'r' | 'f' | 'v' | 'a' => {
                        out.push('\\');
                        out.push(escaped);
                    }
                    c if c.is_ascii_alphanumeric() => return None,
                    c => {
                        out.push('\\');
                        out.push(c);
                    }
                }
            }
            '&' | '~' | '|' if chars.get(index + 1) == Some(&c) => return None,
            '-' if chars.get(index + 1) == Some(&'-') => return None,
            c => out.push(c),
        }
        index += 1;
    }
}
