//! Unknowns: what could not be decided, why, and where.

use std::sync::Arc;

use crate::Region;

/// A value, or a part of one, that could not be decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// The reason.
    pub why: Why,
    /// The place where knowledge ended.
    pub at: Option<Region>,
}

/// Why something is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// An environment variable that the project requires and nobody has given.
    Variable(Arc<str>),
    /// The result of code that is outside the project and not modelled; its dotted name.
    Call(Arc<str>),
    /// A name from a module that is not part of the project; its dotted name.
    Import(Arc<str>),
    /// Made anew in every process; what makes it.
    Random(Arc<str>),
    /// Depends on the machine or the moment: host name, address, clock, working directory.
    Machine(Arc<str>),
    /// Read from a file that is missing, unreadable or outside the project.
    File(Arc<str>),
    /// A bound of the evaluator was reached; which.
    Limit(Arc<str>),
    /// A construct the evaluator does not follow; its name.
    Unsupported(Arc<str>),
    /// The code raises an exception here; its name and message.
    Raises(Arc<str>),
    /// Differs between branches that could not be decided; the condition.
    Branch(Arc<str>),
    /// A blank in a template of projects: whoever makes a project from it fills it in.
    Blank(Arc<str>),
    /// Unknown to whoever wrote the dump of settings that was read; their reason.
    Dump(Arc<str>),
}

impl Unknown {
    /// An unknown with its place.
    pub fn new(why: Why, at: Option<Region>) -> Self {
        Self { why, at }
    }

    /// The reason as one clause, for reports.
    pub fn reason(&self) -> String {
        self.why.reason()
    }
}

impl Why {
    /// The reason as one clause, for reports.
    pub fn reason(&self) -> String {
        match self {
            Self::Variable(name) => format!("the environment variable {name} is required and was not given"),
            Self::Call(name) => format!("`{name}` is code outside the project"),
            Self::Import(name) => format!("`{name}` is imported from outside the project"),
            Self::Random(name) => format!("`{name}` makes a new value in every process"),
            Self::Machine(name) => format!("`{name}` depends on the machine it runs on"),
            Self::File(path) => format!("it is read from {path}, which is not in the project"),
            Self::Limit(limit) => format!("the evaluation stopped at its limit of {limit}"),
            Self::Unsupported(what) => format!("{what} is not evaluated"),
            Self::Raises(what) => format!("the code raises {what}"),
            Self::Branch(condition) => format!("it depends on `{condition}`, which could not be decided"),
            Self::Blank(text) => format!("`{text}` is filled in when a project is made from this template"),
            Self::Dump(reason) => reason.to_string(),
        }
    }
}

/// A condition of the source that could not be decided, and the side taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The condition as written, shortened to one line.
    pub text: Arc<str>,
    /// Where it stands.
    pub at: Option<Region>,
    /// Whether the value holds when the condition is true or when it is false.
    pub holds: bool,
}

impl Condition {
    /// The condition as a clause: `if X` or `unless X`.
    pub fn clause(&self) -> String {
        format!("{} `{}`", if self.holds { "if" } else { "unless" }, self.text)
    }
}
