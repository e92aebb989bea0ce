//! The course of a script: which of its commands are come to, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use shipworthy_model::picture::Chance;

use super::Word;
use super::conditions::{Outcome, Reach};
use super::run::{Case, Ran, Shell};
use super::script::{Connector, Frame, Script, Simple};
use super::sourced::Opens;
use crate::piece::Piece;

/// Calls of functions that go deeper are not followed.
const DEEPEST: usize = 6;
/// More calls of one function bring nothing new.
const OFTEN: usize = 3;
/// More commands than any script has.
const MOST: usize = 4000;

/// Where the walk through a script is.
pub(super) struct Course<'s> {
    script: &'s Script,
    /// What the condition of a branch of an `if` came to.
    branches: BTreeMap<(usize, usize), Outcome>,
    /// What the list so far comes to: `a && b || …`.
    list: Outcome,
    /// What is left of what comes behind an `exec` or `exit`.
    left: Option<Reach>,
    /// How sure it was that the last command was come to in its list.
    listed: Option<Reach>,
    /// The commands of each function.
    functions: BTreeMap<&'s str, Vec<usize>>,
    /// How often each function was called.
    times: BTreeMap<String, usize>,
    calls: usize,
    steps: usize,
    /// Whether the text is a script with a program of its own, as opposed to a command line.
    is_file: bool,
    /// Where commands end whose failure decides: what follows is joined to them, or nothing follows.
    joined: BTreeSet<usize>,
}

impl Shell {
    /// Walks through a script in the order in which it runs.
    pub(super) fn walk(&mut self, script: &Script, piece: &Piece, ran: &mut Vec<Ran>, open: &mut Opens<'_>) {
        let mut course = Course {
            script,
            branches: BTreeMap::new(),
            list: Outcome::Done,
            left: Some(Reach::default()),
            listed: Some(Reach::default()),
            functions: BTreeMap::new(),
            times: BTreeMap::new(),
            // One that asks how a command ended heeds it.
            is_file: piece.text.starts_with("#!") && !piece.text.contains("$?"),
            joined: BTreeSet::new(),
            calls: 0,
            steps: 0,
        };
        let called: BTreeSet<String> =
            script.commands.iter().filter_map(|command| command.words.first().and_then(Word::plain)).collect();
        for (index, command) in script.commands.iter().enumerate() {
            let next = script.commands.get(index + 1);
            if next.is_none_or(|next| matches!(next.connector, Connector::And | Connector::Or)) {
                course.joined.insert(command.range.end);
            }
            for name in command.within.iter().filter_map(|frame| function(frame)) {
                course.functions.entry(name).or_default().push(index);
            }
        }
        for command in &script.commands {
            // A function runs where it is called; one that is never called by its name may be called by others.
            let inside: Vec<&str> = command.within.iter().filter_map(|frame| function(frame)).collect();
            let uncalled = inside.iter().any(|name| !called.contains(*name));
            if inside.is_empty() || uncalled {
                let around = Reach::of(if uncalled { Chance::Open } else { Chance::Certain });
                self.step(&mut course, command, 0, &around, piece, ran, open);
            }
        }
    }

    fn step(
        &mut self,
        course: &mut Course<'_>,
        command: &Simple,
        skip: usize,
        around: &Reach,
        piece: &Piece,
        ran: &mut Vec<Ran>,
        open: &mut Opens<'_>,
    ) {
        course.steps += 1;
        if course.steps > MOST {
            return;
        }
        let frames = &command.within[skip.min(command.within.len())..];
        let listed = match command.connector {
            Connector::Start => Some(Reach::default()),
            Connector::And if course.list == Outcome::Done => Some(Reach::default()),
            Connector::And => course.list.reach(),
            Connector::Or => course.list.clone().negated().reach(),
            Connector::Pipe => course.listed.clone(),
        };
        course.listed.clone_from(&listed);
        let inside = self.inside(course, frames, piece);
        let reach = match (listed, inside, course.left.clone()) {
            (Some(listed), Some(inside), Some(left)) => Some(around.clone().and(&listed).and(&inside).and(&left)),
            _ => None,
        };
        let asked = asked(frames);
        self.in_test &= matches!(command.connector, Connector::And | Connector::Or);
        let is_rest = self.in_test;
        let own = if reach.is_some() { self.outcome(&command.words, piece) } else { Outcome::Open };
        let own = if command.negated { own.negated() } else { own };
        course.list = match command.connector {
            Connector::Start => own,
            Connector::And => std::mem::replace(&mut course.list, Outcome::Open).and(own),
            Connector::Or => std::mem::replace(&mut course.list, Outcome::Open).or(own),
            Connector::Pipe => Outcome::Done,
        };
        if let Some(branch) = asked {
            course.branches.insert(branch, course.list.clone());
        }
        let Some(reach) = reach.filter(|_| !is_rest) else { return };
        let name = command.words.first().and_then(Word::plain).unwrap_or_default();
        if let Some(inner) = course.functions.get(&*name).filter(|_| course.calls < DEEPEST).cloned() {
            // What is called again and again only talks.
            let times = course.times.entry(name.clone()).or_default();
            *times += 1;
            if *times > OFTEN {
                return;
            }
            let arguments = self.arguments.clone();
            let given = command.words[1..].iter().flat_map(|word| self.expand(word, piece)).collect();
            self.arguments = Some(given);
            course.calls += 1;
            let list = std::mem::replace(&mut course.list, Outcome::Done);
            for index in inner {
                let script = course.script;
                let command = &script.commands[index];
                let depth = command.within.iter().rposition(|it| function(it) == Some(&name)).map_or(0, |at| at + 1);
                // What stands in a function inside this one runs where that one is called.
                if command.within[depth..].iter().all(|it| function(it).is_none()) {
                    self.step(course, command, depth, &reach, piece, ran, open);
                }
            }
            course.calls -= 1;
            course.list = list;
            self.arguments = arguments;
            return;
        }
        let before = ran.len();
        self.command(command, piece, &reach, ran, open);
        // A script of its own goes on behind a failure, unless it says otherwise or the list goes on.
        let goes_on = course.is_file && !self.ends_on_failure && !course.joined.contains(&command.range.end);
        ran[before..].iter_mut().for_each(|ran| ran.unchecked = goes_on);
        let plain = frames.iter().all(|frame| matches!(**frame, Frame::If(..) | Frame::Case(..)));
        let ends = match name.as_str() {
            "exec" => command.words.len() > 1,
            // A deployment that runs did not end in a failure.
            "exit" => command.words.get(1).is_none_or(|code| code.plain().as_deref() == Some("0")),
            _ => false,
        };
        if ends && plain && !command.background && command.connector == Connector::Start && around.chance == Chance::Certain {
            match reach.chance {
                Chance::Certain => course.left = None,
                Chance::Presumed => course.left = Some(Reach::of(Chance::Unlikely)),
                Chance::Open | Chance::Unlikely => {}
            }
        }
    }

    /// How sure it is that what stands inside these frames is come to.
    fn inside(&mut self, course: &mut Course<'_>, frames: &[std::sync::Arc<Frame>], piece: &Piece) -> Option<Reach> {
        let mut reach = Reach::default();
        for (index, frame) in frames.iter().enumerate() {
            match &**frame {
                Frame::If(number, branch) => {
                    let is_asked = frames.get(index + 1).is_some_and(|next| **next == Frame::Condition);
                    for earlier in 0..*branch {
                        let failed = course.branches.get(&(*number, earlier)).cloned().unwrap_or(Outcome::Open).negated();
                        reach = reach.and(&failed.reach()?);
                    }
                    if let Some(outcome) = course.branches.get(&(*number, *branch)).filter(|_| !is_asked) {
                        reach = reach.and(&outcome.reach()?);
                    }
                }
                Frame::Listed(connector, number) => {
                    // What the list had come to where the group begins.
                    let before = course.branches.entry((*number, 0)).or_insert_with(|| course.list.clone()).clone();
                    match connector {
                        Connector::And if before == Outcome::Done => {}
                        Connector::And => reach = reach.and(&before.reach()?),
                        Connector::Or => reach = reach.and(&before.negated().reach()?),
                        Connector::Start | Connector::Pipe => {}
                    }
                }
                Frame::Condition | Frame::Loop | Frame::Group | Frame::Function(_) => {}
                Frame::Case(subject, patterns) => reach = reach.and(&self.arm(course.script, subject, patterns, piece)?),
            }
        }
        Some(reach)
    }

    /// How sure it is that a subject takes an arm. The subject is looked at once, when the case is entered.
    fn arm(&mut self, script: &Script, subject: &Word, patterns: &[Word], piece: &Piece) -> Option<Reach> {
        let place = subject.range.start;
        let known = self.cases.iter().position(|case| case.place == place);
        let index = known.unwrap_or_else(|| {
            let words = self.expand_as(subject, piece, false);
            let text = match words.as_slice() {
                [one] => one.as_str().map(str::to_owned),
                [] => Some(String::new()),
                _ => None,
            };
            let mut arms: Vec<&[Word]> = Vec::new();
            for frame in script.commands.iter().flat_map(|command| &command.within) {
                match &**frame {
                    Frame::Case(other, patterns) if other.range.start == place && !arms.contains(&patterns.as_slice()) => {
                        arms.push(patterns);
                    }
                    _ => {}
                }
            }
            let presumed = self.presumed_arm(subject, &arms, piece);
            self.cases.push(Case { place, subject: text, taken: None, presumed });
            self.cases.len() - 1
        });
        let arm = patterns.first()?.range.start;
        let case = &self.cases[index];
        if let Some((taken, names)) = &case.presumed {
            let presumed = Reach { chance: Chance::Presumed, rests_on: names.clone() };
            return Some(if *taken == arm { presumed } else { Reach::of(Chance::Unlikely) });
        }
        let Some(subject) = case.subject.as_deref() else { return Some(Reach::of(Chance::Open)) };
        if let Some(taken) = case.taken {
            return (taken == arm).then(Reach::default);
        }
        let mut open = false;
        let mut takes = false;
        for pattern in patterns {
            match pattern.plain() {
                Some(pattern) if pattern == subject || pattern == "*" => takes = true,
                Some(pattern) if !pattern.contains(['*', '?', '[']) => {}
                Some(_) | None => open = true,
            }
        }
        match (takes, open) {
            (true, _) => {
                self.cases[index].taken = Some(arm);
                Some(Reach::default())
            }
            (false, true) => Some(Reach::of(Chance::Open)),
            (false, false) => None,
        }
    }
}

fn function(frame: &Frame) -> Option<&str> {
    match frame {
        Frame::Function(name) => Some(name),
        Frame::If(..) | Frame::Condition | Frame::Loop | Frame::Case(..) | Frame::Group | Frame::Listed(..) => None,
    }
}

/// The branch of an `if` whose condition a command belongs to.
fn asked(frames: &[std::sync::Arc<Frame>]) -> Option<(usize, usize)> {
    match frames {
        [.., branch, condition] if **condition == Frame::Condition => match **branch {
            Frame::If(number, branch) => Some((number, branch)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use shipworthy_model::ArtifactId;
    use shipworthy_model::picture::{Source, Text, Variable};

    use super::*;
    use crate::shell::Dialect;

    /// A command, with what its chance is where it is not certain.
    fn courses(text: &str, given: &[(&str, &str)]) -> String {
        let piece = Piece::file(text, ArtifactId(0));
        let variable = |(name, value): &(&str, &str)| Variable::new(*name, Text::known(*value, piece.at), Source::Definition);
        let mut shell = Shell::new(Arc::new(given.iter().map(variable).collect()), Some(Vec::new()));
        let ran = shell.run(&piece, Dialect::Shell, &mut |_, _| None);
        let shown = ran.iter().filter(|ran| !ran.words[0].shown().starts_with('[')).map(|ran| {
            let words: Vec<&str> = ran.words.iter().map(Text::shown).collect();
            let mark = match ran.reach.chance {
                Chance::Certain => "",
                Chance::Presumed => "+",
                Chance::Open => "?",
                Chance::Unlikely => "-",
            };
            format!("{mark}{}", words.join(" "))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn tests_are_decided_by_what_is_given_and_presumed_by_what_is_not() {
        let text = "if [ \"$A\" = True ]; then a; else b; fi";
        assert_eq!(courses(text, &[]), "-a, +b");
        assert_eq!(courses(text, &[("A", "True")]), "a");
        assert_eq!(courses(text, &[("A", "no")]), "b");
        for (text, expected) in [
            ("if [ \"$ENV\" = production ]; then a; else b; fi", "+a, -b"),
            ("if [ \"${ENV:-dev}\" == prod ]; then a; elif [ -f x ]; then c; else b; fi", "+a, -c, -b"),
            ("if [[ $DEBUG == 1 && -z $B ]]; then a; else b; fi", "-a, +b"),
            ("if [ \"$USE_GUNICORN\" = True ]; then a; else b; fi", "+a, -b"),
            ("if [ \"$DEBUG\" = False ]; then a; else b; fi", "+a, -b"),
            ("if [ -f x ]; then a; else b; fi", "?a, ?b"),
            ("if ! check; then a; fi; b", "check, ?a, b"),
            ("if [ \"${A:-0}\" = 0 ]; then exec a; fi\nexec b", "+exec a, -exec b"),
            ("if [ -z \"$A\" ]; then exit 1; fi\nb", "+exit 1, b"),
            ("if [[ $A == x* ]]; then a; fi", "?a"),
            ("if [ $# -eq 0 ]; then exec a; fi\nexec b", "exec a"),
            ("[ \"$DEV\" = 1 ] && exec a\nexec b", "-exec a, exec b"),
            ("[ -z \"$A\" ] && A=1\nrun $A", "run 1"),
            ("case $STAGE in dev) a;; prod) b;; *) c;; esac", "-a, +b, -c"),
            ("case ${A:-x} in y) a;; x) b;; esac", "-a, +b"),
            ("a || { b; exit 1; }\nc", "a, ?b, ?exit 1, c"),
            ("f() { x $1; }\ng() { y; }\nif [ \"$A\" ]; then f 1; else g; fi", "-x 1, +y"),
            ("a &&\n  b | c", "a, b, c"),
            ("f() { f; }\nf", ""),
        ] {
            assert_eq!(courses(text, &[]), expected, "{text}");
        }
    }
}
