//! Imports of Caddy: snippets and files in place of the line, with their arguments.

use rustc_hash::FxHashMap;
use shipworthy_model::ArtifactId;
use shipworthy_model::front::Missing;

use super::lexer::{self, Line};
use crate::fronts::gathering::Gathering;

/// What expanding imports needs and gathers.
pub(crate) struct Expander<'a, 'b> {
    /// The files.
    pub(crate) files: Gathering<'a, 'b>,
    /// Snippets by name.
    pub(crate) snippets: FxHashMap<String, Vec<Line>>,
}

const DEEPEST: usize = 20;

impl Expander<'_, '_> {
    /// Reads a file with all it imports. Snippets are taken out.
    pub(crate) fn file(&mut self, artifact: ArtifactId, depth: usize, top: bool) -> Vec<Line> {
        let (path, text) = self.files.open(artifact);
        let (lines, notices) = lexer::read(&text, artifact);
        self.files.notices.extend(notices);
        let expanded = self.expand(lines, &path, depth, top);
        self.files.close();
        expanded
    }

    fn expand(&mut self, lines: Vec<Line>, path: &str, depth: usize, top: bool) -> Vec<Line> {
        let mut out = Vec::with_capacity(lines.len());
        for mut line in lines {
            if !self.files.grow() || depth > DEEPEST {
                return out;
            }
            let name = line.name();
            if top && line.words.len() == 1 && name.starts_with('(') && name.ends_with(')') {
                let name = name[1..name.len() - 1].to_owned();
                self.snippets.insert(name, line.block.take().unwrap_or_default());
                continue;
            }
            if name == "import" {
                self.import(&line, path, depth, top, &mut out);
                continue;
            }
            if let Some(block) = line.block.take() {
                line.block = Some(self.expand(block, path, depth, false));
            }
            out.push(line);
        }
        out
    }

    fn import(&mut self, line: &Line, path: &str, depth: usize, top: bool, out: &mut Vec<Line>) {
        let what = line.word(0).to_owned();
        let arguments: Vec<&str> = line.rest().iter().skip(1).map(|word| word.text.as_str()).collect();
        if let Some(mut snippet) = self.snippets.get(&what).cloned() {
            fill(&mut snippet, &arguments, line.inside());
            out.extend(self.expand(snippet, path, depth + 1, top));
            return;
        }
        let Some(found) = self.files.find(&what, path, line.at) else {
            self.files.missing.push(Missing { path: what.into(), at: line.at, may_hold_sites: top });
            return;
        };
        for artifact in found {
            let mut lines = self.file(artifact, depth + 1, top);
            fill(&mut lines, &arguments, line.inside());
            out.append(&mut lines);
        }
    }
}

/// Puts the arguments of an import in place of `{args[0]}` and `{args.0}`, and its block in place of `{block}`.
fn fill(lines: &mut Vec<Line>, arguments: &[&str], block: &[Line]) {
    const LONGEST: usize = 10_000;
    let mut at = 0;
    while at < lines.len() {
        if lines[at].name() == "{block}" && lines.len() + block.len() < LONGEST {
            lines.splice(at..=at, block.iter().cloned());
            at += block.len();
            continue;
        }
        let line = &mut lines[at];
        let spread = line.words.iter().position(|word| word.text == "{args[:]}" || word.text == "{args.*}");
        if let Some(place) = spread {
            let word = line.words[place].clone();
            let words = arguments.iter().map(|text| word.saying(text));
            let words: Vec<_> = words.collect();
            line.words.splice(place..=place, words);
        }
        for word in &mut line.words {
            for (index, argument) in arguments.iter().enumerate() {
                if word.text.contains("{args") && word.text.len() < LONGEST {
                    word.text = word
                        .text
                        .replace(&format!("{{args[{index}]}}"), argument)
                        .replace(&format!("{{args.{index}}}"), argument);
                }
            }
        }
        if let Some(inside) = &mut line.block {
            fill(inside, arguments, block);
        }
        at += 1;
    }
}
