//! Prose: a paragraph of Markdown as painted lines that fit.

use super::paint::{Paint, Tone};

/// A run of text in one tone.
type Run = (Option<Tone>, String);

/// The paragraph as lines of at most `width` columns. Without colour, code keeps its backticks.
pub(super) fn lines(text: &str, width: usize, paint: Paint) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text, paint.color()) {
        let length: usize = word.iter().map(|(_, text)| text.chars().count()).sum();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            for (tone, text) in &word {
                line.push_str(&tone.map_or_else(|| text.clone(), |tone| paint.tone(tone, text)));
            }
            used += length;
        }
    }
    lines
}

/// The words of the paragraph, each of one or more runs.
fn words(text: &str, color: bool) -> Vec<Vec<Run>> {
    let mut words: Vec<Vec<Run>> = Vec::new();
    let mut word: Vec<Run> = Vec::new();
    let (mut code, mut bold) = (false, false);
    let text = without_links(text);
    let mut rest = text.as_str();
    while let Some(character) = rest.chars().next() {
        let tone = if code { Some(Tone::Code) } else { bold.then_some(Tone::Heading) };
        let mut length = character.len_utf8();
        if character.is_whitespace() && !code {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
        } else if character == '`' {
            code = !code;
            if !color {
                push(&mut word, None, '`');
            }
        } else if !code && rest.starts_with("**") {
            bold = !bold;
            length = 2;
        } else {
            push(&mut word, tone, if character == '\n' { ' ' } else { character });
        }
        rest = &rest[length..];
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn push(word: &mut Vec<Run>, tone: Option<Tone>, character: char) {
    match word.last_mut() {
        Some((known, text)) if *known == tone => text.push(character),
        _ => word.push((tone, character.to_string())),
    }
}

/// `[text](address)` as `text (address)`, `<https://…>` without its brackets.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['[', '<']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let link = rest.strip_prefix('[').and_then(|inner| {
            let (words, tail) = inner.split_once("](")?;
            let (address, tail) = tail.split_once(')')?;
            (!words.contains(['[', '\n'])).then(|| (format!("{words} ({address})"), tail))
        });
        let address = rest.strip_prefix("<http").and_then(|inner| inner.split_once('>'));
        if let Some((words, tail)) = link {
            plain.push_str(&words);
            rest = tail;
        } else if let Some((address, tail)) = address {
            plain.push_str(&format!("http{address}"));
            rest = tail;
        } else {
            plain.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let style = super::super::Style {
            color: false,
            width: 80,
            show_secrets: false,
            verbose: false,
            fail_on: shipworthy_model::Severity::Medium,
            strict: false,
        };
        lines(text, 30, Paint::new(&style)).join("\n")
    }

    #[test]
    fn marks_are_read() {
        assert_eq!(
            shown("**very** `a = b` and [docs](https://x.y/z), <https://q>"),
            "very `a = b` and docs\n(https://x.y/z), https://q"
        );
        assert_eq!(shown("a [b] < c `[x](y)`"), "a [b] < c `x (y)`");
    }
}
