//! Granted: the settings where variables are given on whose presence code hangs, and what is wrong in that code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{Evidence, Facts, Finding, Findings, Kind, Region, Rule, Setting};

/// The settings if variables were given that nobody gives, and on whose being given code hangs: `if "BUCKET" in os.environ`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Granted {
    /// The code that runs only there, each with the variable that it waits for.
    pub code: Vec<(Region, Arc<str>)>,
    /// The settings that this code makes or changes, as far as anything hangs on them.
    pub made: BTreeSet<Arc<str>>,
    /// The settings that have another value then; `None` is one that is not set.
    pub changed: BTreeMap<Arc<str>, Option<Setting>>,
    /// Those of them that show the text that such a variable was given: it is made up.
    pub made_up: BTreeSet<Arc<str>>,
    /// That text.
    pub text: &'static str,
}

impl Granted {
    /// The variable that the code at a place waits for.
    fn waits(&self, at: Region) -> Option<&Arc<str>> {
        self.code.iter().find(|(code, _)| code.holds(at)).map(|(_, variable)| variable)
    }
}

/// Adds what is wrong in code that waits for a variable, one step milder: the rules that speak of what it makes are asked
/// again. Only what is written in that code counts, and only where nothing made up has a part in it.
pub(crate) fn add(facts: &Facts, all: &mut Vec<Finding>) {
    for granted in &facts.settings.granted {
        add_of(granted, facts, all);
    }
}

fn add_of(granted: &Granted, facts: &Facts, all: &mut Vec<Finding>) {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for finding in all.iter() {
        let known = rules.last().is_some_and(|rule| rule.id == finding.rule.id);
        if !known && granted.made.iter().any(|name| finding.rule.guide.contains(&**name)) {
            rules.push(finding.rule);
        }
    }
    if rules.is_empty() {
        return;
    }
    let mut there = facts.clone();
    for (name, setting) in &granted.changed {
        match setting {
            Some(setting) => drop(there.settings.explicit.insert(name.clone(), setting.clone())),
            None => drop(there.settings.explicit.remove(name)),
        }
    }
    for rule in rules {
        for mut finding in Findings::by(rule, &there) {
            let Some(variable) = finding.at.and_then(|at| granted.waits(at)) else { continue };
            let made_up = || words(&finding.message).any(|word| word == granted.text || granted.made_up.contains(word));
            let counts = finding.kind == Kind::Fail && finding.evidence == Evidence::Source;
            let known = all.iter().any(|it| it.rule.id == rule.id && it.kind == Kind::Fail && it.at == finding.at);
            if !counts || known || made_up() {
                continue;
            }
            finding.message = format!("where {variable} is set, {}", finding.message);
            finding.severity = finding.severity.lowered();
            // Django sees the settings as they are here.
            finding.django.clear();
            all.retain(|it| it.rule.id != rule.id || !matches!(it.kind, Kind::Pass | Kind::NotApplicable));
            all.push(finding);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}
