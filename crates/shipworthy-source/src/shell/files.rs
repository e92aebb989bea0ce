//! Files of environment variables that commands of a script write: `echo "A=1" >> .env`, `cat > .env <<EOF`.

use shipworthy_model::picture::{Source, Text, Variable};
use shipworthy_model::{Region, Why};

use crate::declarations::is_env_file;
use crate::piece::Piece;
use crate::references::is_name;

/// A file of variables that a command writes.
#[derive(Clone, Debug)]
pub(crate) struct Wrote {
    /// The file.
    pub(crate) file: Text,
    /// Whether what stood there before stays.
    pub(crate) adds: bool,
    /// What the command writes.
    pub(crate) variables: Vec<Variable>,
}

/// What a command with these words writes into a file, if that is one of variables.
pub(super) fn wrote(file: Text, adds: bool, words: &[Text], documents: &[Piece], conditional: bool) -> Option<Wrote> {
    if !is_env_file(file.shown()) {
        return None;
    }
    let mut variables = Vec::new();
    match words.first().and_then(Text::as_str) {
        Some("echo") => {
            let is_option = |word: &&Text| matches!(word.shown(), "-e" | "-n" | "-E" | "-ne" | "-en");
            for word in words[1..].iter().skip_while(is_option) {
                lines(word.shown(), word.at, word.as_unknown().is_none(), &mut variables);
            }
        }
        Some("printf") => {
            let form = words.get(1)?;
            let mut known = form.as_unknown().is_none();
            let mut text = String::new();
            let mut rest = words[2..].iter();
            let mut parts = form.shown().split("%s");
            text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let argument = rest.next();
                known &= argument.is_some_and(|argument| argument.as_unknown().is_none());
                text.push_str(argument.map_or("", Text::shown));
                text.push_str(part);
            }
            lines(&text, form.at, known && !text.contains('%'), &mut variables);
        }
        Some("cat") => {
            for document in documents {
                for line in document.lines() {
                    let text = line.trim();
                    lines(&text.text, text.at, true, &mut variables);
                }
            }
        }
        Some(_) | None => return None,
    }
    if conditional {
        for variable in &mut variables {
            let at = variable.value.at;
            variable.value = Text::unknown("…", Why::Branch("a condition of the script".into()), at).value_of(&variable.name);
        }
    }
    Some(Wrote { file, adds, variables })
}

/// The assignments among the lines of a text. What refers to something is not known here.
fn lines(text: &str, at: Region, known: bool, variables: &mut Vec<Variable>) {
    let whole = !text.contains('\n') && !text.contains("\\n");
    for line in text.split('\n').flat_map(|line| line.split("\\n")) {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=').filter(|(name, _)| is_name(name)) else { continue };
        let bare = value.trim();
        let quoted = ['"', '\''].iter().find_map(|quote| bare.strip_prefix(*quote)?.strip_suffix(*quote));
        let bare = quoted.unwrap_or(bare);
        let place = value_at(text, bare, at).filter(|_| whole).unwrap_or(at);
        let value = if known && !bare.contains(['$', '`']) {
            Text::known(bare, place)
        } else {
            Text::unknown(bare, Why::Unsupported("what the pipeline puts in its place".into()), place)
        };
        Variable::overlay(variables, [Variable::new(name, value, Source::File)]);
    }
}

/// Where a value stands that ends a word, written with or without quotes around the whole.
fn value_at(text: &str, value: &str, at: Region) -> Option<Region> {
    let quotes = (at.end - at.start).checked_sub(text.len() as u32).filter(|more| matches!(more, 0 | 2))? / 2;
    let start = text.rfind(value)? as u32 + at.start + quotes;
    Some(Region::new(at.artifact, start, start + value.len() as u32))
}
