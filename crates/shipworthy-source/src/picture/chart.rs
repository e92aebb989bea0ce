//! Branches of Helm's templates: what a chart's values certainly leave out is blanked, byte for byte in its place.

use std::ops::Range;

use crate::yaml::{Kind, Node};

/// A condition, a loop or a definition that is open.
struct Frame {
    /// Whether an earlier branch is certainly taken.
    taken: bool,
    /// Whether the branch that is read is certainly left out.
    dead: bool,
    /// Where the branch begins.
    start: usize,
}

/// The text without what the values turn off: the branches of `if`, `with` and `range` whose condition they decide. A value
/// that the chart does not name is nothing, as Helm has it.
pub(super) fn rendered(text: &str, values: &Node) -> String {
    let mut frames: Vec<Frame> = Vec::new();
    let mut dead: Vec<Range<usize>> = Vec::new();
    for (tag, inside) in tags(text) {
        let words = words(inside);
        let (first, rest) = match words.split_first() {
            Some((first, rest)) => (*first, rest),
            None => continue,
        };
        match first {
            "if" | "with" | "range" => {
                let holds = truth(rest, values);
                frames.push(Frame { taken: holds == Some(true), dead: holds == Some(false), start: tag.end });
            }
            "define" | "block" => frames.push(Frame { taken: false, dead: false, start: tag.end }),
            "else" => {
                let Some(frame) = frames.last_mut() else { continue };
                if frame.dead {
                    dead.push(frame.start..tag.start);
                }
                let holds = if rest.first() == Some(&"if") { truth(&rest[1..], values) } else { Some(true) };
                (frame.dead, frame.start) = (frame.taken || holds == Some(false), tag.end);
                // An `else` of its own is taken only if nothing before it was.
                frame.taken |= holds == Some(true) && rest.first() == Some(&"if");
            }
            "end" => {
                if let Some(frame) = frames.pop()
                    && frame.dead
                {
                    dead.push(frame.start..tag.start);
                }
            }
            _ => {}
        }
    }
    let mut bytes = text.as_bytes().to_vec();
    // A branch within a line is part of a value, which is not known anyway.
    for range in dead.into_iter().filter(|range| text[range.clone()].contains('\n')) {
        for byte in &mut bytes[range] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The actions of a template, with what stands inside them.
pub(super) fn tags(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = position + text.get(position..)?.find("{{")?;
        let end = start + text[start..].find("}}")? + 2;
        position = end;
        Some((start..end, text[start + 2..end - 2].trim_matches(['-', ' ', '\t', '\n', '\r'])))
    })
}

/// The words of an action; parentheses are words of their own, and a quoted text is one.
pub(super) fn words(inside: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = inside.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | '|' => 1,
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ => rest.find(|letter: char| letter.is_whitespace() || "()|".contains(letter)).unwrap_or(rest.len()),
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

/// Whether a condition holds, where the values decide it: a value, `not`, `and`, `or`, and `eq` and `ne` of a value and a text.
fn truth(words: &[&str], values: &Node) -> Option<bool> {
    let operands = operands(words)?;
    match (operands.first()?, &operands[1..]) {
        (["not"], [operand]) => truth(operand, values).map(|holds| !holds),
        (["and"], rest) if !rest.is_empty() => all(rest, values, false),
        (["or"], rest) if !rest.is_empty() => all(rest, values, true),
        ([comparison @ ("eq" | "ne")], [[name], [literal]]) => {
            let literal = literal.strip_prefix('"')?.strip_suffix('"')?;
            let Held::Value(value) = value(name, values)? else { return None };
            Some((value.str()? == literal) == (*comparison == "eq"))
        }
        ([name], []) => match value(name, values)? {
            Held::Value(node) => is_truthy(node),
            Held::Nothing => Some(false),
        },
        (inner, []) => truth(inner, values),
        _ => None,
    }
}

/// Whether one of the operands is certainly `wanted`; otherwise the opposite, if all of them certainly are.
fn all(operands: &[&[&str]], values: &Node, wanted: bool) -> Option<bool> {
    let truths: Vec<Option<bool>> = operands.iter().map(|operand| truth(operand, values)).collect();
    if truths.contains(&Some(wanted)) { Some(wanted) } else { truths.iter().all(Option::is_some).then_some(!wanted) }
}

/// The operands of an expression: words, and what stands in parentheses. `None` for what is not understood: pipelines, and
/// parentheses that do not match.
fn operands<'w, 't>(words: &'w [&'t str]) -> Option<Vec<&'w [&'t str]>> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(word) = words.get(position) {
        let start = position;
        position += 1;
        match *word {
            "|" | ")" => return None,
            "(" => {
                let mut depth = 1;
                while depth > 0 {
                    match *words.get(position)? {
                        "(" => depth += 1,
                        ")" => depth -= 1,
                        _ => {}
                    }
                    position += 1;
                }
                found.push(&words[start + 1..position - 1]);
            }
            _ => found.push(&words[start..position]),
        }
    }
    Some(found)
}

/// What the values hold under a name.
enum Held<'n> {
    Nothing,
    Value(&'n Node),
}

/// What the values hold under `.Values.a.b`; `None` for any other name, and for what a template decides.
fn value<'n>(name: &str, values: &'n Node) -> Option<Held<'n>> {
    let path = name.strip_prefix('$').unwrap_or(name).strip_prefix(".Values.")?;
    let mut node = values;
    for key in path.split('.') {
        match node.get(key) {
            Some(inner) if matches!(inner.kind, Kind::Template(_)) => return None,
            Some(inner) => node = inner,
            None => return Some(Held::Nothing),
        }
    }
    Some(Held::Value(node))
}

/// Whether Go's templates take it for true; `None` where nobody knows.
fn is_truthy(node: &Node) -> Option<bool> {
    match &node.kind {
        Kind::Null => Some(false),
        Kind::Template(_) => None,
        Kind::List(items) => Some(!items.is_empty()),
        Kind::Map(entries) => Some(!entries.is_empty()),
        Kind::Scalar(piece, plain) => {
            let text = &*piece.text;
            Some(if *plain {
                !matches!(text, "" | "false" | "False" | "FALSE" | "0" | "0.0" | "no" | "off")
            } else {
                !text.is_empty()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(template: &str) -> Vec<String> {
        let values =
            "on: true\noff: false\nquoted: \"false\"\nnone: []\nkind: NodePort\nmade: {{ x }}\ndeep:\n  zero: 0\n  name: a\n";
        let mut artifacts = shipworthy_model::Artifacts::default();
        let documents = crate::yaml::read(values, artifacts.add("values.yaml", values));
        let text = rendered(template, &documents.roots[0]);
        assert_eq!(text.len(), template.len());
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("{{")).map(str::to_owned).collect()
    }

    fn holds(condition: &str) -> Option<bool> {
        match kept(&format!("{{{{- if {condition} }}}}\na\n{{{{- else }}}}\nb\n{{{{- end }}}}\n")).join("").as_str() {
            "a" => Some(true),
            "b" => Some(false),
            "ab" => None,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn values_decide_conditions() {
        for condition in [
            ".Values.on",
            "$.Values.on",
            ".Values.quoted",
            ".Values.deep.name",
            "not .Values.off",
            "and .Values.on .Values.kind",
            "or .Values.off .Values.on .Release.Name",
            "(eq .Values.kind \"NodePort\")",
            "and .Values.on (not (or .Values.off .Values.missing))",
        ] {
            assert_eq!(holds(condition), Some(true), "{condition}");
        }
        for condition in [
            ".Values.off",
            ".Values.none",
            ".Values.deep.zero",
            ".Values.missing.enabled",
            "and .Values.off .Release.Name",
            "eq .Values.kind \"ClusterIP\"",
            "ne .Values.kind \"NodePort\"",
        ] {
            assert_eq!(holds(condition), Some(false), "{condition}");
        }
        for condition in
            [".Release.Name", ".Values.made", "and .Values.on .Release.Name", ".Values.off | default true", "include \"x\" ."]
        {
            assert_eq!(holds(condition), None, "{condition}");
        }
    }

    #[test]
    fn branches_nest_and_follow_each_other() {
        let text = "a\n{{- if .Values.off }}\nb\n{{- if .Values.on }}\nc\n{{- end }}\n{{- else if .Values.on }}\nd\n{{- else }}\ne\n{{- end }}\nf\n";
        assert_eq!(kept(text), ["a", "d", "f"]);
        let text = "{{ range .Values.none }}\na\n{{ end }}\n{{ with .Values.deep }}\nb\n{{ end }}\n{{ define \"x\" }}\nc\n{{ end }}\n{{ end }}\nd\n";
        assert_eq!(kept(text), ["b", "c", "d"]);
        assert_eq!(kept("a: {{ if .Values.off }}b{{ else }}c{{ end }}\n").len(), 1);
        assert_eq!(kept("{{- if .Values.off }}\na\n"), ["a"]);
    }
}
