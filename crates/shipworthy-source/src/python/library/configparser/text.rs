//! The text of an INI file, as `configparser` reads it.

pub(super) type Sections = Vec<(String, Vec<(String, Option<String>)>)>;

/// Lib/configparser.py, `RawConfigParser._read`, with its default delimiters and comments. The error is an exception's name.
#[allow(clippy::type_complexity, reason = "the parts are named where they are used")]
pub(super) fn parse(text: &str, bare: bool) -> Result<Sections, &'static str> {
    let mut sections: Vec<(String, Vec<(String, Option<Vec<String>>)>)> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    let mut current: Option<usize> = None;
    let mut in_option = false;
    let mut indent = 0usize;
    for line in text.lines() {
        let stripped = line.trim();
        if stripped.starts_with(['#', ';']) || stripped.is_empty() {
            if !stripped.is_empty() {
                continue;
            }
            if let (Some(section), true) = (current, in_option)
                && let Some((_, Some(lines))) = sections[section].1.last_mut()
            {
                lines.push(String::new());
            }
            continue;
        }
        let depth = line.chars().take_while(|c| c.is_whitespace()).count();
        if let (Some(section), true) = (current, in_option && depth > indent) {
            match sections[section].1.last_mut() {
                Some((_, Some(lines))) => lines.push(stripped.to_owned()),
                _ => return Err("MultilineContinuationError"),
            }
            continue;
        }
        indent = depth;
        if stripped.starts_with('[')
            && let Some(end) = stripped.rfind(']').filter(|end| *end > 1)
        {
            let name = stripped[1..end].to_owned();
            in_option = false;
            let place = sections.iter().position(|(known, _)| *known == name);
            if name != "DEFAULT" && seen.contains(&name) {
                return Err("DuplicateSectionError");
            }
            seen.push(name.clone());
            current = Some(place.unwrap_or_else(|| {
                sections.push((name, Vec::new()));
                sections.len() - 1
            }));
            continue;
        }
        let Some(section) = current else { return Err("MissingSectionHeaderError") };
        let (option, value) = match stripped.find(['=', ':']) {
            Some(place) => (stripped[..place].trim_end(), Some(stripped[place + 1..].trim().to_owned())),
            None if bare => (stripped, None),
            None => return Err("ParsingError"),
        };
        if option.is_empty() {
            return Err("ParsingError");
        }
        let option = option.to_lowercase();
        if sections[section].1.iter().any(|(known, _)| *known == option) {
            return Err("DuplicateOptionError");
        }
        sections[section].1.push((option, value.map(|value| vec![value])));
        in_option = true;
    }
    Ok(sections
        .into_iter()
        .map(|(name, options)| {
            let options = options.into_iter().map(|(option, lines)| {
                let value = lines.map(|lines| lines.join("\n").trim_end().to_owned());
                (option, value)
            });
            (name, options.collect())
        })
        .collect())
}
