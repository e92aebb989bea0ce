//! Variables that a template gives only under a condition of its own: `{{ if .Values.debug }}`, `{% if debug %}`.

use shipworthy_model::picture::{Text, Unit, Variable};
use shipworthy_model::{Artifacts, Why};

/// Makes unknown the values that a template may leave out. A condition around the whole unit is none: the unit is there.
pub(super) fn leave_open(unit: &mut Unit, artifacts: &Artifacts) {
    let own = unit.at;
    for variable in &mut unit.variables {
        let at = variable.value.at;
        let text = &artifacts.get(at.artifact).text;
        let Some(before) = text.get(..at.start as usize).filter(|_| variable.value.expose().is_some()) else { continue };
        let from = if at.artifact == own.artifact {
            own.start as usize
        } else {
            // An object that is named elsewhere: its data begin here.
            ["\ndata:", "\nstringData:"].iter().filter_map(|key| before.rfind(key)).max().unwrap_or(before.len())
        };
        if let Some(condition) = open(before, from) {
            let value = Text::unknown(format!("${{{}}}", variable.name), Why::Branch(condition.into()), at);
            *variable = Variable::new(variable.name.clone(), value, variable.from);
        }
    }
}

/// The condition that is open at the end of a text and began behind a place: the innermost.
fn open(text: &str, from: usize) -> Option<&str> {
    if !text.contains("{{") && !text.contains("{%") {
        return None;
    }
    let mut stack: Vec<(usize, Option<&str>)> = Vec::new();
    let mut position = 0;
    while let Some(start) = text[position..].find('{').map(|at| position + at) {
        let close = match text.as_bytes().get(start + 1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(_) | None => {
                position = start + 1;
                continue;
            }
        };
        let Some(length) = text[start + 2..].find(close) else { break };
        let inside = text[start + 2..start + 2 + length].trim_matches(['-', '+']).trim();
        position = start + 2 + length + 2;
        let word = inside.split(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
        match word {
            "if" | "with" | "range" | "for" => stack.push((start, Some(inside))),
            "define" | "block" => stack.push((start, None)),
            _ if word.starts_with("end") => drop(stack.pop()),
            _ => {}
        }
    }
    stack.into_iter().rev().filter(|(start, _)| *start > from).find_map(|(_, condition)| condition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_open_until_their_end() {
        let text = "{{- if .all }}\nname: x\n{{ if .x }}a{{ end }}{% if y %}";
        assert_eq!(open(text, 15), Some("if y"));
        assert_eq!(open(&text[..text.len() - 10], 15), None);
        assert_eq!(open(&text[..text.len() - 10], 0), None);
        assert_eq!(open("a {{- with .b }}", 0), Some("with .b"));
    }
}
