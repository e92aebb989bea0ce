//! What a script reads variables from: scripts and files that it sources, lists that it exports, defaults that it demands.

use shipworthy_model::picture::{Chance, Source, Text, Variable};

use super::conditions::Reach;
use super::run::Shell;
use super::script::Simple;
use super::{Dialect, Part, Word};
use crate::declarations::is_env_file;
use crate::dotenv;
use crate::piece::Piece;
use crate::references::{is_name, name_length};

/// Opens the file of a path, from the folder that the script changed to.
pub(crate) type Opens<'a> = dyn FnMut(&str, Option<&str>) -> Option<Piece> + 'a;

const DEEPEST: usize = 4;

impl Shell {
    /// Sets what `${NAME:=default}` and `${NAME=default}` set in words of a command, if they are not set already.
    pub(super) fn demand(&mut self, command: &Simple, piece: &Piece, reach: &Reach) {
        let mut made = Vec::new();
        for word in &command.words {
            for part in &word.parts {
                let Part::Reference(inside, _) = part else { continue };
                let (name, rest) = inside.split_at(name_length(inside));
                if name.is_empty() || rest.trim_start_matches(':').strip_prefix('=').is_none() {
                    continue;
                }
                let own = Word { parts: vec![part.clone()], range: word.range.clone() };
                let at = default_at(piece, word, inside).unwrap_or_else(|| piece.region(word.range.clone()));
                let value = self.one(&own, piece, at).moved(at);
                made.push(Variable::new(name, value, Source::Script));
            }
        }
        if !made.is_empty() {
            self.assign(made, reach);
        }
    }

    /// Reads the variables of a file that the script sources. Its commands are followed by whoever follows the script.
    pub(super) fn source(&mut self, words: &[Text], piece: &Piece, reach: &Reach, open: &mut Opens<'_>) {
        let Some(path) = words.get(1).and_then(Text::as_str).filter(|_| self.depth < DEEPEST) else { return };
        let folder = self.folder.clone();
        let Some(file) = open(path, folder.as_ref().and_then(Text::as_str)) else { return };
        // A file that is there passes the question whether it is.
        let asked = ["-f", "-e", "-r", "-s"].iter().any(|flag| {
            let bare = path.trim_start_matches("./");
            let is_path = |rest: &str| rest.trim_start_matches([' ', '"', '\'']).trim_start_matches("./").starts_with(bare);
            piece.text.match_indices(flag).any(|(at, _)| is_path(&piece.text[at + flag.len()..]))
        });
        let mut inner = self.clone();
        inner.depth += 1;
        inner.run(&file, Dialect::Shell, open);
        if reach.chance != Chance::Certain && !asked {
            let changed = |it: &&Variable| self.variables.iter().find(|known| known.name == it.name) != Some(*it);
            let changed: Vec<Variable> = inner.variables.iter().filter(changed).cloned().collect();
            self.exported.clone_from(&inner.exported);
            self.assign(changed, reach);
            return;
        }
        let (cases, depth) = (std::mem::take(&mut self.cases), self.depth);
        *self = Self { folder, cases, depth, ..inner };
    }

    /// The variables that a word lists which is the output of a command that only shows a file of them:
    /// `$(grep -v '^#' .env | xargs)`.
    pub(super) fn listed(&self, word: &Word, piece: &Piece, open: &mut Opens<'_>) -> Option<Vec<Variable>> {
        let [Part::Output(_)] = word.parts.as_slice() else { return None };
        let written = piece.text[word.range.clone()].trim_matches('"');
        let inside = written.strip_prefix("$(").and_then(|it| it.strip_suffix(')')).unwrap_or(written).trim_matches('`');
        let mut tokens = inside.split([' ', '\t', '\n', '|', '<', ';']).filter(|token| !token.is_empty());
        let first = tokens.next()?;
        if !matches!(first, "cat" | "grep" | "egrep" | "sed" | "xargs" | "envsubst" | "awk") && !is_env_file(first) {
            return None;
        }
        let path =
            std::iter::once(first).chain(tokens).map(|token| token.trim_matches(['"', '\''])).find(|token| is_env_file(token))?;
        let folder = self.folder.as_ref().and_then(Text::as_str);
        let file = open(path, folder)?;
        let (assignments, _) = dotenv::read(&file.text, file.at.artifact);
        let assignments = assignments.into_iter().filter(|it| is_name(&it.name));
        Some(assignments.filter_map(|it| Some(Variable::new(it.name, Text::known(it.value?, it.at), Source::File))).collect())
    }
}

/// Where the default of a reference stands in a word.
fn default_at(piece: &Piece, word: &Word, inside: &str) -> Option<shipworthy_model::Region> {
    let default = inside.split_once('=')?.1;
    let source = &piece.text[word.range.clone()];
    let start = word.range.start + source.find(inside)? + inside.len() - default.len();
    (!default.is_empty()).then(|| piece.region(start..start + default.len()))
}
