//! Follows a script from command to command, keeping the variables that it sets, and gives the commands with their words
//! expanded as far as they are known.

use std::collections::BTreeSet;
use std::sync::Arc;

use shipworthy_model::Why;
use shipworthy_model::picture::{Chance, Source, Text, Variable};

use super::conditions::Reach;
use super::lexer;
use super::script::{self, Frame, Simple};
use super::sourced::Opens;
use super::{Dialect, Wrote, ends_on_failure, exports_all, files};
use crate::piece::Piece;
use crate::references::Look;

/// A command that a script runs.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    /// Its words.
    pub(crate) words: Vec<Text>,
    /// Where it stands.
    pub(crate) at: shipworthy_model::Region,
    /// Variables that it and the script gave to it.
    pub(crate) variables: Arc<Vec<Variable>>,
    /// The folder that the script changed to.
    pub(crate) folder: Option<Text>,
    /// How sure it is that it runs.
    pub(crate) reach: Reach,
    /// Whether it runs beside what follows.
    pub(crate) background: bool,
    /// Whether it only decides a condition or a loop.
    pub(crate) asks: bool,
    /// Whether the script goes on when it fails.
    pub(crate) unchecked: bool,
    /// The files of variables that it writes.
    pub(crate) wrote: Vec<Wrote>,
}

/// The state of a shell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shell {
    /// The environment and what the script sets.
    pub(crate) variables: Arc<Vec<Variable>>,
    /// Names that a script sets, as opposed to what it was given.
    pub(super) set: Vec<Arc<str>>,
    /// Names that commands are given: what the shell itself was given, and what it exports. What a script only assigns stays
    /// in the shell.
    pub(super) exported: Vec<Arc<str>>,
    /// Whether everything that is assigned is exported: `set -a`.
    pub(super) exports_all: bool,
    /// The variables of these names, if nothing has been set since they were gathered.
    pub(super) own: Option<Arc<Vec<Variable>>>,
    /// `$1` and so on; `None` where they are not known.
    pub(crate) arguments: Option<Vec<Text>>,
    /// The current folder, where the script changes it.
    pub(super) folder: Option<Text>,
    /// The cases that were entered: the subject's place, its text, and the patterns of the arm that was taken.
    pub(super) cases: Vec<Case>,
    /// Whether the script ends when a command fails: `set -e`.
    pub(super) ends_on_failure: bool,
    /// Whether a `[[` is open across commands.
    pub(super) in_test: bool,
    /// How many scripts it reads inside one another.
    pub(super) depth: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) place: usize,
    pub(super) subject: Option<String>,
    pub(super) taken: Option<usize>,
    /// The arm that production takes as far as nobody gives these variables.
    pub(super) presumed: Option<(usize, BTreeSet<Arc<str>>)>,
}

impl Shell {
    /// A shell with an environment.
    pub(crate) fn new(variables: Arc<Vec<Variable>>, arguments: Option<Vec<Text>>) -> Self {
        let exported = variables.iter().map(|variable| variable.name.clone()).collect();
        Self { variables, exported, arguments, ..Self::default() }
    }

    /// Follows a script; `open` opens what it reads variables from.
    pub(crate) fn run(&mut self, piece: &Piece, dialect: Dialect, open: &mut Opens<'_>) -> Vec<Ran> {
        let script = script::read(&piece.text, dialect);
        // `#!/bin/sh -e`
        let first = piece.text.lines().next().filter(|line| line.starts_with("#!")).unwrap_or_default();
        self.ends_on_failure |= first.split_whitespace().skip(1).any(|option| option.starts_with('-') && option.contains('e'));
        self.cases.clear();
        let mut ran = Vec::new();
        self.walk(&script, piece, &mut ran, open);
        ran
    }

    /// The words of a text, each expanded to one.
    pub(crate) fn texts(&self, piece: &Piece, dialect: Dialect) -> Vec<Text> {
        let (tokens, _) = lexer::read(&piece.text, dialect);
        let words = tokens.into_iter().filter_map(|token| match token {
            lexer::Token::Word(word) => Some(word),
            lexer::Token::Operator(..) | lexer::Token::Newline(_) => None,
        });
        words.map(|word| self.one(&word, piece, piece.region(word.range.clone()))).collect()
    }

    /// The words of a text that are `NAME=value`, or `NAME` alone.
    pub(crate) fn pairs(&self, piece: &Piece, dialect: Dialect) -> Vec<(String, Option<Text>, shipworthy_model::Region)> {
        let (tokens, _) = lexer::read(&piece.text, dialect);
        let mut pairs = Vec::new();
        for token in tokens {
            let lexer::Token::Word(word) = token else { continue };
            let at = piece.region(word.range.clone());
            match script::assignment(&word) {
                Some((name, value)) => {
                    let place = piece.region(value.range.clone());
                    pairs.push((name, Some(self.one(&value, piece, place)), at));
                }
                None => pairs.push((word.plain().unwrap_or_default(), None, at)),
            }
        }
        pairs
    }

    pub(super) fn command(&mut self, command: &Simple, piece: &Piece, reach: &Reach, ran: &mut Vec<Ran>, open: &mut Opens<'_>) {
        let conditional = reach.chance != Chance::Certain;
        self.demand(command, piece, reach);
        let mut assigned: Vec<Variable> = Vec::new();
        for (name, word) in &command.assignments {
            let at = piece.region(word.range.clone());
            assigned.push(Variable::new(name.as_str(), self.one(word, piece, at), Source::Script));
        }
        let mut words: Vec<Text> = Vec::new();
        for word in &command.words {
            match self.listed(word, piece, open) {
                Some(listed) => assigned.extend(listed),
                None => words.extend(self.expand(word, piece)),
            }
        }
        if words.first().is_some_and(|word| word.is("ssh")) {
            // The shell of another machine reads the document.
            words.extend(command.documents.iter().map(|range| piece.slice(range.clone()).known()));
        }
        let first = words.first().and_then(Text::as_str);
        match first {
            None if command.words.is_empty() => {
                self.assign(assigned, reach);
                return;
            }
            Some(builtin @ ("export" | "declare" | "typeset" | "readonly" | "local")) => {
                let exports = builtin == "export" || words[1..].iter().any(|word| word.is("-x"));
                for word in &command.words[1..] {
                    if let Some(listed) = self.listed(word, piece, open) {
                        self.own = None;
                        self.exported.extend(listed.iter().filter(|_| exports).map(|variable| variable.name.clone()));
                        assigned.extend(listed);
                        continue;
                    }
                    let name = if let Some((name, value)) = script::assignment(word) {
                        let at = piece.region(value.range.clone());
                        assigned.push(Variable::new(name.as_str(), self.one(&value, piece, at), Source::Script));
                        name
                    } else {
                        word.plain().unwrap_or_default()
                    };
                    if exports {
                        self.own = None;
                        self.exported.push(name.into());
                    }
                }
                self.assign(assigned, reach);
                return;
            }
            Some("unset") => {
                for name in words[1..].iter().filter_map(Text::as_str) {
                    self.own = None;
                    Arc::make_mut(&mut self.variables).retain(|variable| &*variable.name != name);
                }
                return;
            }
            Some("cd") => {
                if let Some(folder) = words.get(1) {
                    self.folder = Some(folder.clone());
                }
                return;
            }
            Some("set" | "shopt") if ends_on_failure(&words).is_some() && exports_all(&words).is_none() => {
                self.ends_on_failure = ends_on_failure(&words) == Some(true);
                return;
            }
            Some("set") if exports_all(&words).is_some() => {
                self.exports_all = exports_all(&words) == Some(true);
                self.ends_on_failure = ends_on_failure(&words).unwrap_or(self.ends_on_failure);
                return;
            }
            Some("set") if words.get(1).is_some_and(|word| word.is("--")) => {
                self.arguments = if conditional { None } else { Some(words[2..].to_vec()) };
                return;
            }
            Some("shift") => {
                if let Some(arguments) = &mut self.arguments {
                    if conditional {
                        self.arguments = None;
                    } else if !arguments.is_empty() {
                        arguments.remove(0);
                    }
                }
                return;
            }
            Some("." | "source") => self.source(&words, piece, reach, open),
            Some(_) | None => {}
        }
        let mut variables = self.own();
        if !assigned.is_empty() {
            Variable::overlay(Arc::make_mut(&mut variables), assigned);
        }
        let wrote = self.wrote(command, &words, piece, conditional);
        ran.push(Ran {
            wrote,
            words,
            at: piece.region(command.range.clone()),
            variables,
            folder: self.folder.clone(),
            reach: reach.clone(),
            background: command.background,
            unchecked: false,
            asks: command.within.iter().any(|frame| **frame == Frame::Condition),
        });
    }

    /// The files of variables that a command writes.
    fn wrote(&self, command: &Simple, words: &[Text], piece: &Piece, conditional: bool) -> Vec<Wrote> {
        let documents: Vec<Piece> = command.documents.iter().map(|range| piece.slice(range.clone())).collect();
        let outputs = command.outputs.iter().map(|(file, adds)| (self.one(file, piece, piece.region(file.range.clone())), *adds));
        outputs.filter_map(|(file, adds)| files::wrote(file, adds, words, &documents, conditional)).collect()
    }

    /// What the script has set so far: the same for every command up to the next assignment.
    fn own(&mut self) -> Arc<Vec<Variable>> {
        let Self { variables, set, exported, own, .. } = self;
        let given = |variable: &&Variable| set.contains(&variable.name) && exported.contains(&variable.name);
        let made = || variables.iter().filter(given).cloned().collect();
        Arc::clone(own.get_or_insert_with(|| Arc::new(made())))
    }

    pub(super) fn assign(&mut self, assigned: Vec<Variable>, reach: &Reach) {
        self.own = None;
        for mut variable in assigned {
            if !self.set.contains(&variable.name) {
                self.set.push(variable.name.clone());
            }
            if self.exports_all {
                self.exported.push(variable.name.clone());
            }
            let known = self.variables.iter().find(|known| known.name == variable.name);
            if reach.chance == Chance::Presumed {
                // `if [ -z "$PORT" ]; then PORT=8000; fi` says no more than `${PORT:-8000}`.
                variable.value = variable.value.assuming(reach.rests_on.iter().cloned());
            } else if reach.chance != Chance::Certain && known.is_none_or(|known| known.value != variable.value) {
                // What one branch sets may not be set at all; what several set is set.
                let why = match known {
                    None => Why::Branch("a condition of the script".into()),
                    Some(_) => Why::Unsupported("what branches of a script set".into()),
                };
                variable.value = Text::unknown(variable.value.shown(), why, variable.value.at);
            }
            Variable::overlay(Arc::make_mut(&mut self.variables), [variable]);
        }
    }

    pub(super) fn look(&self, name: &str) -> Look {
        match self.variables.iter().find(|variable| &*variable.name == name) {
            Some(variable) => Look::Set(variable.value.clone()),
            None => Look::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shipworthy_model::ArtifactId;

    fn commands(text: &str, arguments: Option<&[&str]>) -> Vec<String> {
        let piece = Piece::file(text, ArtifactId(0));
        let arguments = arguments.map(|words| words.iter().map(|word| Text::known(*word, piece.at)).collect());
        let mut shell = Shell::new(Arc::default(), arguments);
        shell
            .run(&piece, Dialect::Shell, &mut |_, _| None)
            .iter()
            .map(|ran| {
                let words: Vec<&str> = ran.words.iter().map(Text::shown).collect();
                format!("{}{}", if ran.reach.chance == Chance::Certain { "" } else { "? " }, words.join(" "))
            })
            .collect()
    }

    #[test]
    fn variables_are_followed() {
        assert_eq!(
            commands("PORT=${PORT:-8000}\nOPTS=\"-w 2\"\nexec gunicorn -b 0.0.0.0:$PORT $OPTS $NAME.wsgi", None),
            ["exec gunicorn -b 0.0.0.0:8000 -w 2 $NAME.wsgi"]
        );
        assert_eq!(commands("if [ -f x ]; then A=1; fi\nrun $A", None), ["[ -f x ]", "run $A"]);
    }

    /// Commands are given what is exported, and what the shell was given itself.
    #[test]
    fn what_is_only_assigned_stays_in_the_shell() {
        let given = |text: &str| {
            let piece = Piece::file(text, ArtifactId(0));
            let had = Variable::new("HAD", Text::known("old", piece.at), Source::Script);
            let mut shell = Shell::new(Arc::new(vec![had]), None);
            let ran = shell.run(&piece, Dialect::Shell, &mut |_, _| None);
            let variables = ran.last().unwrap().variables.iter();
            variables.map(|variable| format!("{}={}", variable.name, variable.value.shown())).collect::<Vec<_>>().join(" ")
        };
        for (text, expected) in [
            ("A=\"${A:-}\"\nrun", ""),
            ("A=1\nexport A\nrun", "A=1"),
            ("export A\nA=1\nrun", "A=1"),
            ("export A=1 B\nB=2\nC=3\nrun", "A=1 B=2"),
            ("declare -x A=1\nreadonly B=2\nrun", "A=1"),
            ("HAD=new\nrun", "HAD=new"),
            ("set -ea\nA=1\nset +a\nB=2\nrun", "A=1"),
            ("set -o errexit -o allexport\nA=1\nset +o allexport\nB=2\nrun", "A=1"),
            ("set -e\nA=1\nB=2 run", "B=2"),
        ] {
            assert_eq!(given(text), expected, "{text}");
        }
    }

    #[test]
    fn arguments_choose_the_arm() {
        let text = "case \"$1\" in\n web) shift; run web \"$@\";;\n worker) run worker;;\n *) exec \"$@\";;\nesac\n";
        assert_eq!(commands(text, Some(&["web", "-x"])), ["run web -x"]);
        assert_eq!(commands(text, None), ["? run web $@", "? run worker", "? exec $@"]);
        assert_eq!(commands(text, Some(&["x"])), ["exec x"]);
        assert_eq!(commands("exec \"$@\"", Some(&["a", "b c"])), ["exec a b c"]);
        assert_eq!(commands("exec \"${@:2}\"", Some(&["a", "b", "c"])), ["exec b c"]);
        assert_eq!(commands("S=${S:-\"a b\"}\nexec $S", None), ["exec a b"]);
        assert_eq!(commands("readonly cmd=\"$*\"\nexec $cmd", Some(&["a", "b", "c"])), ["exec a b c"]);
        assert_eq!(commands("case \"$*\" in 'a b') run;; esac", Some(&["a", "b"])), ["run"]);
    }
}
