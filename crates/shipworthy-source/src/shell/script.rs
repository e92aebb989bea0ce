//! Finds the simple commands of a script, and what stands around each: conditions, loops, cases, functions.

use std::ops::Range;
use std::sync::Arc;

use super::lexer::{self, Token};
use super::{Dialect, Word};

/// A script as its simple commands, in the order of writing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// Its commands.
    pub(crate) commands: Vec<Simple>,
}

/// A simple command.
#[derive(Clone, Debug)]
pub(crate) struct Simple {
    /// Variables it sets: `A=b command`, or for good where there are no words.
    pub(crate) assignments: Vec<(String, Word)>,
    /// Its words.
    pub(crate) words: Vec<Word>,
    /// Where it stands.
    pub(crate) range: Range<usize>,
    /// What stands around it, outermost first.
    pub(crate) within: Vec<Arc<Frame>>,
    /// What joins it to the command before it.
    pub(crate) connector: Connector,
    /// Whether an exclamation mark turns its outcome around.
    pub(crate) negated: bool,
    /// Whether it runs beside what follows.
    pub(crate) background: bool,
    /// Files that it writes its output to, and whether it adds to them.
    pub(crate) outputs: Vec<(Word, bool)>,
    /// Documents that it is handed.
    pub(crate) documents: Vec<Range<usize>>,
}

/// What joins a command to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connector {
    /// Nothing: it runs whatever came of that one.
    Start,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
}

/// What stands around a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame {
    /// A branch of `if`: the number of the `if`, and of the branch.
    If(usize, usize),
    /// What a condition runs to decide.
    Condition,
    /// The body of a loop.
    Loop,
    /// An arm of `case`: the subject and the patterns.
    Case(Word, Vec<Word>),
    /// A function's body.
    Function(String),
    /// Parentheses or braces.
    Group,
    /// The same as a part of a list: what joins it to the part before it, and its number.
    Listed(Connector, usize),
}

/// Reads a script.
pub(crate) fn read(text: &str, dialect: Dialect) -> Script {
    let (tokens, _) = lexer::read(text, dialect);
    let mut reader = Reader {
        tokens: &tokens,
        position: 0,
        script: Script::default(),
        stack: Vec::new(),
        branches: 0,
        connector: Connector::Start,
        negated: false,
    };
    reader.run();
    reader.script
}

/// Deeper constructs are read as if they were flat.
const DEEPEST: usize = 64;

struct Reader<'a> {
    tokens: &'a [Token],
    position: usize,
    script: Script,
    stack: Vec<Arc<Frame>>,
    branches: usize,
    connector: Connector,
    negated: bool,
}

impl Reader<'_> {
    fn run(&mut self) {
        while self.position < self.tokens.len() {
            match &self.tokens[self.position] {
                // A list goes on behind `&&` at the end of a line.
                Token::Newline(_) => self.position += 1,
                Token::Operator(operator, _) => {
                    let operator = *operator;
                    self.position += 1;
                    match operator {
                        "||" => self.connector = Connector::Or,
                        "&&" => self.connector = Connector::And,
                        "|" | "|&" => self.connector = Connector::Pipe,
                        "(" => self.group(),
                        ")" => self.pop(|frame| matches!(frame, Frame::Group | Frame::Listed(..))),
                        ";;" | ";&" | ";;&" => self.arm(),
                        "<" | ">" | ">>" | "<>" | ">|" | ">&" | "<&" | "&>" | "&>>" | "<<<" => self.position += 1,
                        _ => self.connector = Connector::Start,
                    }
                }
                Token::Word(word) => {
                    let word = word.clone();
                    if !self.keyword(&word) {
                        self.simple();
                    }
                }
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        if self.stack.len() < DEEPEST {
            self.stack.push(Arc::new(frame));
        }
    }

    fn group(&mut self) {
        match self.connector {
            Connector::Start | Connector::Pipe => self.push(Frame::Group),
            connector @ (Connector::And | Connector::Or) => {
                self.branches += 1;
                self.push(Frame::Listed(connector, self.branches));
            }
        }
        self.connector = Connector::Start;
    }

    /// Leaves the innermost frame of a kind, and what is left open inside it.
    fn pop(&mut self, is: impl Fn(&Frame) -> bool) {
        if let Some(index) = self.stack.iter().rposition(|frame| is(frame)) {
            self.stack.truncate(index);
        }
    }

    /// Handles a word that is part of the grammar where a command may start.
    fn keyword(&mut self, word: &Word) -> bool {
        let is = |keyword: &str| word.is(keyword);
        let in_if = |frame: &Frame| matches!(frame, Frame::If(..) | Frame::Condition);
        if is("if") {
            self.branches += 1;
            self.push(Frame::If(self.branches, 0));
            self.push(Frame::Condition);
        } else if is("then") || is("do") {
            self.pop(|frame| *frame == Frame::Condition);
        } else if is("elif") || is("else") {
            if let Some(index) = self.stack.iter().rposition(|frame| in_if(frame)) {
                self.stack.truncate(index + 1);
                if let Some(frame) = self.stack.pop()
                    && let Frame::If(number, branch) = *frame
                {
                    self.push(Frame::If(number, branch + 1));
                }
            }
            if is("elif") {
                self.push(Frame::Condition);
            }
        } else if is("fi") {
            self.pop(|frame| matches!(frame, Frame::If(..)));
        } else if is("while") || is("until") {
            self.push(Frame::Loop);
            self.push(Frame::Condition);
        } else if is("for") || is("select") {
            self.push(Frame::Loop);
            // Its words up to `do` are no command.
            while let Some(token) = self.tokens.get(self.position) {
                match token {
                    Token::Word(word) if word.is("do") => break,
                    Token::Word(_) | Token::Operator(..) | Token::Newline(_) => self.position += 1,
                }
            }
        } else if is("done") {
            self.pop(|frame| *frame == Frame::Loop);
        } else if is("case") {
            self.position += 1;
            self.case();
            return true;
        } else if is("esac") {
            self.pop(|frame| matches!(frame, Frame::Case(..)));
        } else if is("{") {
            self.group();
        } else if is("}") {
            self.pop(|frame| matches!(frame, Frame::Group | Frame::Listed(..) | Frame::Function(_)));
        } else if is("function") {
            self.position += 1;
            if let Some(Token::Word(name)) = self.tokens.get(self.position) {
                let name = name.plain().unwrap_or_default();
                self.position += 1;
                self.function(name);
            }
            return true;
        } else if is("!") {
            self.negated = !self.negated;
            self.position += 1;
            return true;
        } else if is("time") {
        } else if let (Some(Token::Operator("(", _)), Some(Token::Operator(")", _))) =
            (self.tokens.get(self.position + 1), self.tokens.get(self.position + 2))
        {
            self.position += 1;
            self.function(word.plain().unwrap_or_default());
            return true;
        } else {
            return false;
        }
        self.position += 1;
        self.connector = Connector::Start;
        true
    }

    /// The `()` and the brace behind a function's name.
    fn function(&mut self, name: String) {
        while let Some(token) = self.tokens.get(self.position) {
            match token {
                Token::Operator("(" | ")", _) | Token::Newline(_) => self.position += 1,
                Token::Word(word) if word.is("{") => {
                    self.position += 1;
                    self.push(Frame::Function(name));
                    return;
                }
                Token::Word(_) | Token::Operator(..) => return,
            }
        }
    }

    /// The subject of a `case`, up to its first arm.
    fn case(&mut self) {
        let Some(Token::Word(subject)) = self.tokens.get(self.position) else { return };
        self.position += 1;
        while let Some(token) = self.tokens.get(self.position) {
            match token {
                Token::Newline(_) => self.position += 1,
                Token::Word(word) if word.is("in") => {
                    self.position += 1;
                    break;
                }
                Token::Word(_) | Token::Operator(..) => break,
            }
        }
        self.push(Frame::Case(subject.clone(), Vec::new()));
        self.patterns();
    }

    /// Leaves an arm and enters the next.
    fn arm(&mut self) {
        if let Some(index) = self.stack.iter().rposition(|frame| matches!(**frame, Frame::Case(..))) {
            self.stack.truncate(index + 1);
            self.patterns();
        }
    }

    /// The patterns of an arm, up to their parenthesis.
    fn patterns(&mut self) {
        let mut patterns = Vec::new();
        while let Some(token) = self.tokens.get(self.position) {
            match token {
                Token::Newline(_) | Token::Operator("|" | "(", _) => self.position += 1,
                Token::Operator(")", _) => {
                    self.position += 1;
                    break;
                }
                Token::Word(word) if word.is("esac") && patterns.is_empty() => break,
                Token::Word(word) => {
                    patterns.push(word.clone());
                    self.position += 1;
                }
                Token::Operator(..) => break,
            }
        }
        if let Some(last) = self.stack.pop()
            && let Frame::Case(subject, _) = &*last
        {
            self.push(Frame::Case(subject.clone(), patterns));
        }
        self.connector = Connector::Start;
    }

    fn simple(&mut self) {
        let mut command = Simple {
            assignments: Vec::new(),
            words: Vec::new(),
            range: 0..0,
            within: self.stack.clone(),
            connector: self.connector,
            negated: std::mem::take(&mut self.negated),
            background: false,
            outputs: Vec::new(),
            documents: Vec::new(),
        };
        self.connector = Connector::Start;
        let mut end = 0;
        let mut start = None;
        while let Some(token) = self.tokens.get(self.position) {
            match token {
                Token::Operator(operator @ ("<" | ">" | ">>" | "<>" | ">|" | ">&" | "<&" | "&>" | "&>>" | "<<<"), _) => {
                    // What follows is a file, or a number of one.
                    self.position += 1;
                    if let Some(Token::Word(file)) = self.tokens.get(self.position) {
                        self.position += 1;
                        if matches!(*operator, ">" | ">>" | ">|") {
                            command.outputs.push((file.clone(), *operator == ">>"));
                        }
                    }
                }
                Token::Operator(lexer::DOCUMENT | lexer::DOCUMENT_AS_IT_IS, range) => {
                    self.position += 1;
                    command.documents.push(range.clone());
                }
                Token::Operator("&", _) => {
                    command.background = true;
                    break;
                }
                Token::Operator(..) | Token::Newline(_) => break,
                Token::Word(word) => {
                    start = start.or(Some(word.range.start));
                    end = word.range.end;
                    self.position += 1;
                    match assignment(word).filter(|_| command.words.is_empty()) {
                        Some(assignment) => command.assignments.push(assignment),
                        None => command.words.push(word.clone()),
                    }
                }
            }
        }
        if let Some(start) = start {
            command.range = start..end;
            self.script.commands.push(command);
        }
    }
}

/// `NAME=value` as its two sides.
pub(super) fn assignment(word: &Word) -> Option<(String, Word)> {
    let super::Part::Text(first, false) = word.parts.first()? else { return None };
    let (name, value) = first.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    if !crate::references::is_name(name) {
        return None;
    }
    let skipped = first.len() - value.len();
    let mut parts = word.parts.clone();
    parts[0] = super::Part::Text(value.to_owned(), false);
    Some((name.to_owned(), Word { parts, range: (word.range.start + skipped).min(word.range.end)..word.range.end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text, Dialect::Shell)
            .commands
            .iter()
            .map(|command| {
                let frames: Vec<String> = command
                    .within
                    .iter()
                    .map(|frame| match &**frame {
                        Frame::If(_, branch) => format!("if{branch}"),
                        Frame::Condition => "?".to_owned(),
                        Frame::Loop => "loop".to_owned(),
                        Frame::Case(_, patterns) => {
                            format!("case:{}", patterns.iter().filter_map(Word::plain).collect::<Vec<_>>().join("|"))
                        }
                        Frame::Function(name) => format!("{name}()"),
                        Frame::Group => "group".to_owned(),
                        Frame::Listed(connector, _) => format!("{connector:?}"),
                    })
                    .collect();
                format!("{} {}", frames.join(","), &text[command.range.clone()]).trim().to_owned()
            })
            .collect()
    }

    #[test]
    fn constructs() {
        assert_eq!(
            shown("set -e\nif [ x ]; then a; elif b; then c\nelse d; fi\ne && f || g\n"),
            ["set -e", "if0,? [ x ]", "if0 a", "if1,? b", "if1 c", "if2 d", "e", "f", "g"]
        );
        assert_eq!(
            shown("case \"$1\" in\n  web|server)\n    a b\n    ;;\n  *) c;;\nesac\nd"),
            ["case:web|server a b", "case:* c", "d"]
        );
        assert_eq!(
            shown("f() {\n a\n}\nfunction g { b; }\nwhile ! nc -z db 1; do sleep 1; done\nfor x in 1 2; do c; done; (cd x && y)"),
            ["f() a", "g() b", "loop,? nc -z db 1", "loop sleep 1", "loop c", "group cd x", "group y"]
        );
    }

    #[test]
    fn assignments_and_redirections() {
        let script = read("A=1 B='x y' run > out 2>&1 < in &\nC=2\n", Dialect::Shell);
        assert_eq!(script.commands[0].assignments.len(), 2);
        assert_eq!(script.commands[0].words.len(), 1);
        assert!(script.commands[0].background);
        assert_eq!(script.commands[1].assignments[0].0, "C");
    }
}
