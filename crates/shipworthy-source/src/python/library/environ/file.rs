//! `Env.read_env`: a `.env` file in the library's own dialect.

use shipworthy_model::{ArtifactId, Assumption, Region};

use crate::python::call::Args;
use crate::python::interp::{Interp, Res};
use crate::python::object::{Deps, Kind, Val};
use crate::python::operators::path_text;

/// A line that sets a variable.
pub(in crate::python::library) struct Line {
    pub(in crate::python::library) name: String,
    pub(in crate::python::library) value: String,
    /// Whether `export` stands before it.
    pub(in crate::python::library) exported: bool,
    /// What stands between double quotes, escapes and all.
    pub(in crate::python::library) quoted: Option<String>,
    /// The value as written.
    pub(in crate::python::library) at: Region,
}

pub(super) fn read_env(interp: &mut Interp<'_>, receiver: Option<&Val>, args: &Args, at: Region) -> Res<Val> {
    const OPTIONS: [&str; 4] = ["env_file", "overwrite", "parse_comments", "encoding"];
    let flag = |interp: &Interp<'_>, index: usize| match args.get(index, OPTIONS[index]) {
        Some(flag) => interp.truth(flag),
        None => Some(false),
    };
    let (Some(overwrite), Some(comments)) = (flag(interp, 1), flag(interp, 2)) else { return Ok(Val::none()) };
    let file = args.get(0, OPTIONS[0]).filter(|file| !file.is_none());
    let mut put: Vec<(String, Val)> = Vec::new();
    for (name, value) in args.kw.iter().filter(|(name, _)| !OPTIONS.contains(&&**name)) {
        let value = interp.call_values(&Val::external("builtins.str"), vec![value.clone()], at)?;
        put.push((name.to_string(), value));
    }
    let path = match file {
        None => {
            let folder = interp.caller_folder();
            Some(format!("{folder}/.env"))
        }
        Some(file) => path_text(file).map(str::to_owned).or_else(|| {
            let text = interp.native_attribute(file, "*root*")?;
            text.as_str().map(str::to_owned)
        }),
    };
    let (path, deps) = match path.map(|path| interp.started_at(&path)) {
        Some((path, deps)) => (Some(path), deps),
        None => (None, Deps::default()),
    };
    let text = match (&path, file) {
        (Some(path), _) => interp.project_text(path),
        (None, Some(file)) => {
            let content = interp.native_attribute(file, "*content*");
            content.and_then(|content| content.as_str().map(|text| (text.to_owned(), None)))
        }
        (None, None) => None,
    };
    let Some((text, artifact)) = text else {
        // Without the file nothing is set, not even what the call says.
        return Ok(Val::none());
    };
    for line in lines(&text, artifact, comments) {
        let value = Val::str(line.value).at(if artifact.is_some() { line.at } else { at }).with(&deps);
        match put.iter_mut().find(|(name, _)| *name == line.name) {
            Some((_, known)) => *known = value,
            None => put.push((line.name, value)),
        }
    }
    let own = receiver.and_then(|receiver| interp.native_attribute(receiver, "ENVIRON"));
    for (name, value) in put {
        match &own {
            Some(Val { kind: Kind::Dict(id), .. }) => {
                let there = !matches!(interp.dict_get(*id, &Val::str(name.as_str())), Ok(None));
                if overwrite || !there {
                    interp.dict_insert(*id, &Val::str(name), value, at)?;
                }
            }
            _ => interp.environ_put(&name, value, overwrite, at)?,
        }
    }
    Ok(Val::none())
}

/// What the lines of a file set, in order. Lines that are no assignments are skipped.
pub(in crate::python::library) fn lines(text: &str, artifact: Option<ArtifactId>, comments: bool) -> Vec<Line> {
    let mut found = Vec::new();
    let mut start = 0;
    // `str.splitlines`: more than line feeds end a line.
    let ends = |c: char| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    for line in text.split(ends) {
        let line_start = start;
        let end = start + line.len();
        start = end + text[end..].chars().next().map_or(0, char::len_utf8);
        let body = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = body.split_once('=') else { continue };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        let offset = line_start + (line.len() - value.len());
        let at = Region::new(artifact.unwrap_or(ArtifactId(0)), offset as u32, end as u32);
        let (value, quoted) = unquoted(value, comments);
        found.push(Line { name: name.to_owned(), value, exported: body.len() < line.len(), quoted, at });
    }
    found
}

/// The value, and what stood between double quotes.
fn unquoted(raw: &str, comments: bool) -> (String, Option<String>) {
    let inside = |text: &str, quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)).map(str::to_owned);
    let mut value = raw.to_owned();
    if comments {
        value = match quoted_before_comment(raw) {
            Some(value) => value,
            None => raw.split('#').next().unwrap_or_default().to_owned(),
        };
    } else if let Some(inner) = inside(raw, '\'') {
        value = inner;
    }
    let Some(quoted) = inside(&value, '"') else { return (value, None) };
    let mut out = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(next)) => {
                if matches!(next, 'r' | 'n' | 't') {
                    out.push('\\');
                }
                out.push(next);
                characters.next();
            }
            _ => out.push(character),
        }
    }
    (out, Some(quoted))
}

/// The text between the first single quote and the last one that only a comment follows.
fn quoted_before_comment(raw: &str) -> Option<String> {
    let inside = raw.trim_start().strip_prefix('\'')?;
    let closing = inside.char_indices().rev().filter(|(_, c)| *c == '\'').map(|(index, _)| index).find(|index| {
        let rest = inside[index + 1..].trim_start();
        rest.is_empty() || rest.starts_with('#')
    })?;
    Some(inside[..closing].to_owned())
}

impl Interp<'_> {
    /// The folder of the file whose code runs.
    pub(in crate::python) fn caller_folder(&self) -> String {
        let path = self.absolute_path(&self.source().path);
        path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    }

    /// The text of a file of the project, and the file as an artifact; `None` for a file that is not there or not ours.
    pub(in crate::python) fn project_text(&mut self, path: &str) -> Option<(String, Option<ArtifactId>)> {
        if !path.starts_with('/') {
            return None;
        }
        let normal = super::super::path::normalise(path);
        let inner = self.tree_path(&normal)?.to_owned();
        let bytes = self.request.tree.read(&inner).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let mut artifacts = self.artifacts.borrow_mut();
        let artifact = artifacts.add(&inner, text);
        // The text as it is shown, so that places in it are right.
        Some((artifacts.get(artifact).text.to_string(), Some(artifact)))
    }

    /// What a value from a file rests on where a variable of the real environment would go before it.
    #[allow(clippy::unused_self, reason = "a method like those beside it")]
    pub(in crate::python) fn unless_set(&self, name: &str) -> Deps {
        Deps::of(Assumption::Unset(name.into()))
    }
}
