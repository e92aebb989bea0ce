//! `Csv` and `Choices`: text split as a shell would, and values from a list.

use shipworthy_model::Region;

use crate::python::interp::{Interp, Res};
use crate::python::object::{Elem, Val};

/// `Csv()(value)`.
pub(super) fn split(interp: &mut Interp<'_>, csv: &Val, value: &Val, at: Region) -> Res<Val> {
    let part = |interp: &Interp<'_>, name: &str| interp.native_attribute(csv, name).unwrap_or_else(Val::none);
    let (cast, delimiter) = (part(interp, "cast"), part(interp, "delimiter"));
    let (strip, post_process) = (part(interp, "strip"), part(interp, "post_process"));
    if value.is_none() {
        return interp.call_values(&post_process, Vec::new(), at);
    }
    let (Some(text), Some(delimiters), Some(blanks)) = (value.as_str(), delimiter.as_str(), strip.as_str()) else {
        let unknown = [value, &delimiter, &strip].iter().any(|value| value.as_unknown().is_some());
        return if unknown || value.as_str().is_some() {
            Ok(interp.unknown_of(&[value, &delimiter, &strip], at))
        } else {
            Err(interp.raise_on("AttributeError", "only text can be split", at, &[value]))
        };
    };
    let words = match words(text, delimiters) {
        Ok(words) => words,
        Err(message) => return Err(interp.raise_on("ValueError", message, at, &[value])),
    };
    let stripped: Vec<String> = words.iter().map(|word| word.trim_matches(|c| blanks.contains(c)).to_owned()).collect();
    let mut items = Vec::with_capacity(stripped.len());
    for word in stripped {
        let word = Val::str(word).at(value.at.unwrap_or(at)).with(&value.deps);
        items.push(Elem::One(interp.call_values(&cast, vec![word], at)?));
    }
    let items = interp.iterator(items);
    Ok(interp.call_values(&post_process, vec![items], at)?.with(&value.deps))
}

/// The words of `shlex.shlex(text, posix=True)` with other whitespace: quotes, backslashes and comments keep their meaning.
fn words(text: &str, whitespace: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    let mut characters = text.chars();
    let end = |word: &mut String, quoted: &mut bool, words: &mut Vec<String>| {
        if !word.is_empty() || *quoted {
            words.push(std::mem::take(word));
        }
        *quoted = false;
    };
    while let Some(character) = characters.next() {
        match character {
            _ if whitespace.contains(character) => end(&mut word, &mut quoted, &mut words),
            '#' => {
                characters.find(|c| *c == '\n');
                end(&mut word, &mut quoted, &mut words);
            }
            '\\' => word.push(characters.next().ok_or("No escaped character")?),
            '\'' | '"' => {
                quoted = true;
                loop {
                    match characters.next().ok_or("No closing quotation")? {
                        inner if inner == character => break,
                        '\\' if character == '"' => match characters.next().ok_or("No escaped character")? {
                            escaped @ ('"' | '\\') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        inner => word.push(inner),
                    }
                }
            }
            other => word.push(other),
        }
    }
    end(&mut word, &mut quoted, &mut words);
    Ok(words)
}

/// `Choices()(value)`.
pub(super) fn choose(interp: &mut Interp<'_>, choices: &Val, value: &Val, at: Region) -> Res<Val> {
    let part = |interp: &Interp<'_>, name: &str| interp.native_attribute(choices, name).unwrap_or_else(Val::none);
    let (cast, flat, pairs) = (part(interp, "cast"), part(interp, "flat"), part(interp, "choices"));
    let chosen = interp.call_values(&cast, vec![value.clone()], at)?;
    let mut valid = Vec::new();
    for (list, paired) in [(flat, false), (pairs, true)] {
        if interp.truth(&list) == Some(false) {
            continue;
        }
        let Some(items) = interp.certain_elements(&list, at)? else { return Ok(interp.unknown_of(&[&list], at)) };
        for item in items {
            if paired {
                match interp.certain_elements(&item, at)?.as_deref() {
                    Some([first, _]) => valid.push(Elem::One(first.clone())),
                    _ => return Ok(interp.unknown_of(&[&item], at)),
                }
            } else {
                valid.push(Elem::One(item));
            }
        }
    }
    match interp.among(&valid, &chosen) {
        Some(true) => Ok(chosen),
        Some(false) => Err(interp.raise_on("ValueError", "the value is none of the choices", at, &[value])),
        None => Ok(interp.unknown_of(&[&chosen], at)),
    }
}
