//! Masks the expressions of templates (Helm, Jinja, cookiecutter, GitHub's `${{ }}`) so that what is left is YAML, byte for
//! byte in its place.

use std::ops::Range;

/// A text without template expressions, and where they were.
pub(super) struct Masked {
    /// As long as the text.
    pub(super) text: String,
    /// Expressions that stand for a value, in order.
    pub(super) expressions: Vec<Range<usize>>,
    /// Whether whole lines were left out: conditions, loops, includes.
    pub(super) cut: bool,
}

/// Masks the expressions of a text. `None` if it has none.
pub(super) fn mask(text: &str) -> Option<Masked> {
    if !text.contains("{{") && !text.contains("{%") {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    let mut expressions = Vec::new();
    let mut cut = false;
    let mut position = 0;
    while let Some(start) = text[position..].find('{').map(|at| position + at) {
        let close = match text.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            Some(_) | None => {
                position = start + 1;
                continue;
            }
        };
        let Some(length) = text[start + 2..].find(close) else {
            position = start + 1;
            continue;
        };
        let mut end = start + 2 + length + 2;
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
        // Before it only blanks, or other expressions that were cut; behind it nothing but expressions.
        let alone =
            text.as_bytes()[line_start..start].iter().zip(&bytes[line_start..start]).all(|(_, byte)| byte.is_ascii_whitespace())
                && only_expressions(&text[end..line_end]);
        let inside = &text[start + 2..end - 2];
        let mut control = close != "}}" || is_control(inside);
        // A condition behind a key, `value: {{ if … }}a{{ else }}b{{ end }}`, is a value as a whole.
        let opens = control && !alone && matches!(first_word(inside), "if" | "with" | "range" | "for");
        let before = text[line_start..start].trim_end().trim_end_matches(['"', '\'']).trim_end();
        if let Some(closed) = last_end(&text[end..line_end]).filter(|_| opens && before.ends_with([':', '-'])) {
            end += closed;
            control = false;
        }
        position = end;
        if control || (alone && puts_lines(inside)) {
            cut |= close != "#}";
            for byte in &mut bytes[start..end] {
                if !matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
        } else {
            for byte in &mut bytes[start..end] {
                if !byte.is_ascii_alphanumeric() && *byte != b'.' {
                    *byte = b'_';
                }
            }
            expressions.push(start..end);
        }
    }
    String::from_utf8(bytes).ok().map(|text| Masked { text, expressions, cut })
}

fn only_expressions(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with('#')
}

/// Whether an expression puts whole lines in its place: Helm's `include … | nindent 4`.
fn puts_lines(inside: &str) -> bool {
    ["include", "toYaml", "indent", "template", "tpl"].iter().any(|word| inside.contains(word))
}

fn first_word(inside: &str) -> &str {
    let inside = inside.trim_start_matches('-').trim_start();
    inside.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// Where the last expression of a line that ends a condition or loop itself ends.
fn last_end(rest: &str) -> Option<usize> {
    let (open, close) = if rest.contains("%}") { ("{%", "%}") } else { ("{{", "}}") };
    let start = rest.rfind(open)?;
    let length = rest[start..].find(close)?;
    let word = first_word(rest[start + 2..start + length].trim());
    word.starts_with("end").then_some(start + length + 2)
}

/// Whether an expression makes no value: a condition, a loop, a definition, a comment.
fn is_control(inside: &str) -> bool {
    let word = first_word(inside);
    let inside = inside.trim_start_matches('-').trim_start();
    inside.starts_with("/*")
        || (inside.starts_with('$') && inside.contains(":="))
        || matches!(word, "if" | "else" | "end" | "range" | "with" | "define" | "block" | "fail" | "continue" | "break")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_behind_a_key_is_its_value() {
        let text = "a: {{- if .x }} \"True\" {{- else }} \"False\" {{- end }}\nb: 1\n";
        let masked = mask(text).unwrap();
        assert_eq!(masked.text.len(), text.len());
        let [expression] = masked.expressions.as_slice() else { panic!("{:?}", masked.expressions) };
        assert_eq!((expression.start, expression.end), (3, text.find('\n').unwrap()));
        let text = "{{- if .x }}\nc: 1\n{{- continue }}\n{{- end }}\n";
        let masked = mask(text).unwrap();
        assert!(masked.expressions.is_empty() && masked.cut && masked.text.trim() == "c: 1");
    }

    #[test]
    fn what_a_template_puts_into_a_quoted_text_is_its_value() {
        for value in ["{{ template \"port\" . }}", "{{ if .x }}6379{{ end }}"] {
            let text = format!("port: '{value}'\nhost: {value}\n");
            let masked = mask(&text).unwrap();
            assert_eq!(masked.expressions.len(), 2, "{value} {masked:?}", masked = masked.text);
            assert!(!masked.text.contains("' "), "{}", masked.text);
        }
        let masked = mask("{{ template \"labels\" . }}\nb: 1\n").unwrap();
        assert!(masked.expressions.is_empty() && masked.text.trim() == "b: 1");
    }
}
