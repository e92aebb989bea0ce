//! What following a command finds.

use shipworthy_model::Region;
use shipworthy_model::picture::{Action, Process, Text, Variable};

use super::{Built, Composed, Hands};
use crate::shell::Wrote;

/// What following a command found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Processes that stay.
    pub(crate) processes: Vec<Process>,
    /// What is run and ends, in order.
    pub(crate) steps: Vec<Done>,
    /// Commands of Compose, with the files that each names together.
    pub(crate) sets: Vec<Composed>,
    /// Images that are built under a name.
    pub(crate) built: Vec<Built>,
    /// Variables that are handed to what is deployed, and the files of the tree that hold more of them.
    pub(crate) hands: Vec<(Hands, Vec<String>)>,
    /// Credentials that scripts and command lines spell out.
    pub(crate) spelled: Vec<Variable>,
    /// Files of variables that are written, and the folder that a script changed to before.
    pub(crate) wrote: Vec<(Option<Text>, Wrote)>,
}

impl Found {
    /// Keeps those of these variables that are credentials.
    pub(super) fn spell(&mut self, variables: &[Variable]) {
        for variable in variables.iter().filter(|it| it.value.as_secret().is_some()) {
            if !self.spelled.iter().any(|it| it.value.at == variable.value.at) {
                self.spelled.push(variable.clone());
            }
        }
    }
}

/// A command that is run and ends.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) action: Action,
    pub(crate) words: Vec<Text>,
    pub(crate) at: Region,
    pub(crate) conditional: bool,
    /// Whether the script goes on when it fails.
    pub(crate) tolerated: bool,
    /// The settings module that its environment names.
    pub(crate) settings: Option<Text>,
}
