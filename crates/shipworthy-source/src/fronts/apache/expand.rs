//! What Apache decides while it reads: includes, defined names, and sections for modules, versions and switches.

use rustc_hash::FxHashMap;
use shipworthy_model::front::Missing;
use shipworthy_model::{ArtifactId, Unknown, Why};

use super::lexer::{self, Directive, Word};
use crate::fronts::gathering::Gathering;

/// What expanding a file needs and gathers.
pub(crate) struct Expander<'a, 'b> {
    /// The files.
    pub(crate) files: Gathering<'a, 'b>,
    /// Names that `Define` gives a value.
    pub(crate) defined: FxHashMap<String, String>,
}

/// Whether a section that depends on the machine counts.
enum Counts {
    Yes,
    No,
    Perhaps(Unknown),
}

impl Expander<'_, '_> {
    /// Reads a file with all it includes.
    pub(crate) fn file(&mut self, artifact: ArtifactId, top: bool) -> Vec<Directive> {
        let (path, text) = self.files.open(artifact);
        let (directives, notices) = lexer::read(&text, artifact);
        self.files.notices.extend(notices);
        let expanded = self.expand(directives, &path, top);
        self.files.close();
        expanded
    }

    fn expand(&mut self, directives: Vec<Directive>, path: &str, top: bool) -> Vec<Directive> {
        let mut out = Vec::with_capacity(directives.len());
        for mut directive in directives {
            if !self.files.grow() {
                return out;
            }
            for word in &mut directive.words {
                fill(&mut word.text, &self.defined);
            }
            match directive.name.as_str() {
                "define" => {
                    self.defined.insert(directive.word(0).to_owned(), directive.word(1).to_owned());
                }
                "undefine" => drop(self.defined.remove(directive.word(0))),
                "include" | "includeoptional" => self.include(&directive, path, top, &mut out),
                "ifmodule" | "ifversion" | "ifdefine" | "iffile" | "ifdirective" | "ifsection" => {
                    let doubt = match self.switch(&directive) {
                        Counts::No => continue,
                        Counts::Yes => None,
                        Counts::Perhaps(why) => Some(why),
                    };
                    let inside = directive.block.take().unwrap_or_default();
                    let mut inside = self.expand(inside, path, top);
                    for inner in &mut inside {
                        inner.perhaps = inner.perhaps.take().or_else(|| doubt.clone()).or_else(|| directive.perhaps.clone());
                    }
                    out.append(&mut inside);
                }
                _ => {
                    if let Some(block) = directive.block.take() {
                        directive.block = Some(self.expand(block, path, false));
                    }
                    out.push(directive);
                }
            }
        }
        out
    }

    /// Whether a section counts. Modules are taken to be loaded: who configures one has it.
    fn switch(&self, directive: &Directive) -> Counts {
        let word = directive.word(0);
        let why = || Unknown::new(Why::Machine(format!("{} {word}", directive.name).into()), Some(directive.at));
        match (directive.name.as_str(), word.strip_prefix('!')) {
            ("ifmodule", Some(_)) => Counts::No,
            ("ifdefine", Some(name)) if self.defined.contains_key(name) => Counts::No,
            ("ifdefine", None) if !self.defined.contains_key(word) => Counts::Perhaps(why()),
            ("iffile", _) => Counts::Perhaps(why()),
            _ => Counts::Yes,
        }
    }

    fn include(&mut self, directive: &Directive, path: &str, top: bool, out: &mut Vec<Directive>) {
        let written = directive.word(0).to_owned();
        let Some(found) = self.files.find(&written, path, directive.at) else {
            let may_hold_sites =
                top && !(written.contains("mods-enabled") || written.contains("conf-enabled") || written.contains("ssl-apache"));
            self.files.missing.push(Missing { path: written.as_str().into(), at: directive.at, may_hold_sites });
            // Certbot's own file, which no project has: it is there to switch TLS on.
            if written.ends_with("options-ssl-apache.conf") {
                let word = Word { text: "on".to_owned(), at: directive.at };
                out.push(Directive { name: "sslengine".to_owned(), words: vec![word], block: None, ..directive.clone() });
            }
            return;
        };
        for artifact in found {
            let mut brought = self.file(artifact, top);
            for inner in &mut brought {
                inner.perhaps = inner.perhaps.take().or_else(|| directive.perhaps.clone());
            }
            out.append(&mut brought);
        }
    }
}

/// Puts defined names in their places; what nobody defines stays a placeholder.
fn fill(text: &mut String, defined: &FxHashMap<String, String>) {
    const LONGEST: usize = 10_000;
    let mut from = 0;
    while let Some(start) = text[from..].find("${").map(|at| at + from) {
        let Some(end) = text[start..].find('}').map(|at| at + start) else { return };
        match defined.get(&text[start + 2..end]) {
            Some(value) if text.len() + value.len() < LONGEST => {
                text.replace_range(start..=end, value);
                from = start + value.len();
            }
            Some(_) | None => from = end,
        }
    }
}
