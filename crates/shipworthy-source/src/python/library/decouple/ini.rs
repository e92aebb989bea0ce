//! `settings.ini`: one section of a file, as Python's `configparser` reads it.

use shipworthy_model::{ArtifactId, Region};

/// Why a section could not be read.
pub(super) enum Trouble {
    /// The parser refuses the file.
    Malformed(&'static str),
    /// It may be read, but not by us.
    Unsure,
}

struct Entry {
    section: String,
    name: String,
    lines: Vec<String>,
    at: Region,
}

/// The options of a section with their values and places, those of `[DEFAULT]` included; names in lower case.
pub(super) fn section(text: &str, artifact: ArtifactId, wanted: &str) -> Result<Vec<(String, String, Region)>, Trouble> {
    let entries = parse(text, artifact)?;
    if !entries.iter().any(|entry| entry.section == wanted && entry.name.is_empty()) {
        return Ok(Vec::new());
    }
    let mut found: Vec<(String, String, Region)> = Vec::new();
    for from in ["DEFAULT", wanted] {
        for entry in entries.iter().filter(|entry| entry.section == from && !entry.name.is_empty()) {
            let value = entry.lines.join("\n").trim_end().to_owned();
            match found.iter_mut().find(|(name, ..)| *name == entry.name) {
                Some(known) => *known = (entry.name.clone(), value, entry.at),
                None => found.push((entry.name.clone(), value, entry.at)),
            }
        }
    }
    let raw = found.clone();
    for (_, value, _) in &mut found {
        *value = interpolate(value, &raw, 0)?;
    }
    Ok(found)
}

fn parse(text: &str, artifact: ArtifactId) -> Result<Vec<Entry>, Trouble> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section: Option<String> = None;
    let mut indent = 0;
    let mut start = 0;
    let mut open = false;
    for raw in text.split('\n') {
        let line_start = start;
        start += raw.len() + 1;
        let line = raw.trim();
        if line.is_empty() {
            // An empty line may belong to a value that goes on.
            if open && let Some(entry) = entries.last_mut() {
                entry.lines.push(String::new());
            }
            continue;
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        let depth = raw.len() - raw.trim_start().len();
        if open && depth > indent {
            if let Some(entry) = entries.last_mut() {
                entry.lines.push(line.to_owned());
            }
            continue;
        }
        indent = depth;
        open = false;
        if let Some(rest) = line.strip_prefix('[') {
            let Some(close) = rest.rfind(']') else { return Err(Trouble::Malformed("a section is not closed")) };
            let name = rest[..close].to_owned();
            if name != "DEFAULT" && entries.iter().any(|entry| entry.section == name && entry.name.is_empty()) {
                return Err(Trouble::Malformed("a section stands there twice"));
            }
            let at = Region::new(artifact, line_start as u32, line_start as u32);
            entries.push(Entry { section: name.clone(), name: String::new(), lines: Vec::new(), at });
            section = Some(name);
            continue;
        }
        let Some(section) = &section else { return Err(Trouble::Malformed("the file does not begin with a section")) };
        let Some(delimiter) = line.find(['=', ':']) else { return Err(Trouble::Malformed("an option has no value")) };
        let name = line[..delimiter].trim_end().to_lowercase();
        if name.is_empty() {
            return Err(Trouble::Malformed("an option has no name"));
        }
        if entries.iter().any(|entry| entry.section == *section && entry.name == name) {
            return Err(Trouble::Malformed("an option stands there twice"));
        }
        let value = line[delimiter + 1..].trim();
        let offset = line_start + (value.as_ptr() as usize - raw.as_ptr() as usize);
        let at = Region::new(artifact, offset as u32, (offset + value.len()) as u32);
        entries.push(Entry { section: section.clone(), name, lines: vec![value.to_owned()], at });
        open = true;
    }
    Ok(entries)
}

/// `%(name)s` and `%%`.
fn interpolate(value: &str, all: &[(String, String, Region)], depth: usize) -> Result<String, Trouble> {
    if depth > 10 {
        return Err(Trouble::Unsure);
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some(percent) = rest.find('%') {
        out.push_str(&rest[..percent]);
        rest = &rest[percent + 1..];
        if let Some(tail) = rest.strip_prefix('%') {
            out.push('%');
            rest = tail;
            continue;
        }
        // What is wrong here fails only when the option is asked for.
        let Some((name, tail)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(")s")) else {
            return Err(Trouble::Unsure);
        };
        let name = name.to_lowercase();
        let Some((_, other, _)) = all.iter().find(|(known, ..)| *known == name) else { return Err(Trouble::Unsure) };
        out.push_str(&interpolate(other, all, depth + 1)?);
        if out.len() > 1 << 20 {
            return Err(Trouble::Unsure);
        }
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}
