//! What-if: the same module under other environments, for settings that a variable's text decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use shipworthy_model::{Assumption, Given, Settings, WhatIf, Why};

use super::{Environment, Request};

/// Settings whose variables are tried with other texts, and the texts: every way in which people write "off", and "on".
const QUESTIONS: [(&str, &[&str]); 1] = [("DEBUG", &["False", "false", "0", "True"])];
/// Rarer ways of writing "off": tried to see what else goes with a DEBUG that is on, but nothing that people could be
/// mistaken about.
const PROBES: [&str; 4] = ["FALSE", "no", "off", ""];
/// Variables tried for one setting, where none says by its name that it is the setting's own.
const MAX_VARIABLES: usize = 3;

/// A question: the setting, the variable and its text, and the environment that has it.
pub(super) struct Question {
    pub(super) setting: &'static str,
    pub(super) variable: Arc<str>,
    pub(super) text: &'static str,
    pub(super) environment: Environment,
}

/// The questions that the answers of a first evaluation raise.
pub(super) fn questions(request: &Request<'_>, settings: &Settings) -> Vec<Question> {
    let mut questions = Vec::new();
    for (name, texts) in QUESTIONS {
        let Some(setting) = settings.explicit(name) else { continue };
        let mut variables: BTreeSet<Arc<str>> =
            setting.assumptions.iter().filter_map(Assumption::variable).map(Arc::from).collect();
        if let Some(unknown) = setting.value.as_unknown()
            && let Why::Variable(variable) = unknown.why
        {
            variables.insert(variable);
        }
        // `DJANGO_DEBUG` is there for `DEBUG`; of a file's path nobody asks what the text "False" would do.
        if variables.iter().any(|variable| speaks_of(variable, name)) {
            variables.retain(|variable| speaks_of(variable, name));
        }
        for variable in variables.into_iter().take(MAX_VARIABLES) {
            let probes = if setting.value.truth().is_yes() { &PROBES[..] } else { &[] };
            for text in texts.iter().chain(probes) {
                let mut environment = request.environment.clone();
                environment.variables.insert(variable.clone(), (Arc::from(*text), Given::CommandLine));
                questions.push(Question { setting: name, variable: variable.clone(), text, environment });
            }
        }
    }
    questions
}

fn speaks_of(variable: &str, setting: &str) -> bool {
    variable.to_ascii_uppercase().contains(setting)
}

impl Question {
    /// Whether its answer is no [`Settings::what_if`].
    pub(super) fn is_only_a_probe(&self) -> bool {
        PROBES.contains(&self.text)
    }

    /// The answer, from the settings that its environment gives.
    pub(super) fn answer(&self, settings: &Settings) -> WhatIf {
        let loads = !settings.load_errors.iter().any(|error| error.certain && error.variable.is_none());
        let value = settings.explicit.get(self.setting).filter(|_| loads).map(|setting| setting.value.clone());
        WhatIf { setting: self.setting.into(), variable: self.variable.clone(), text: Some(self.text.into()), value }
    }
}
