//! Decisions: the conditions that the settings modules met while they were evaluated, and how each came out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{ArtifactId, Assumption, Endpoint, Reach, Region, Truth, Value};

/// A condition that a settings module met: the test of an `if`, `elif` or conditional expression, or an `except` that
/// caught something.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The test as written, or the class that is caught.
    pub test: Region,
    /// Whether the test held. Unknown where both sides had to be tried.
    pub outcome: Truth,
    /// The code that runs where it holds.
    pub then: Region,
    /// The code that runs where it does not: the next `elif` and all behind it.
    pub otherwise: Option<Region>,
    /// The names in the test, with what they were at that moment.
    pub operands: Vec<(Arc<str>, Value)>,
    /// What was assumed about the environment to decide it.
    pub assumptions: BTreeSet<Assumption>,
    /// The settings that the side which did not run would have made or changed.
    pub skipped: BTreeSet<Arc<str>>,
    /// For an `except`: what was raised, in one clause.
    pub raised: Option<Arc<str>>,
}

/// How the modules of the settings were run: what was decided, and which statement brought which file in.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// In the order of deciding; a test that came out the same way again stands once.
    pub decisions: Vec<Decision>,
    /// For each file of Python that was run, the statement that made it run first. The settings module itself has none.
    pub brought: BTreeMap<ArtifactId, Region>,
    /// For each setting, the decisions that kept code from running which would have made or changed it.
    passed: BTreeMap<Arc<str>, Vec<usize>>,
}

impl Region {
    /// Whether another region lies within this one.
    pub fn holds(&self, other: Region) -> bool {
        self.artifact == other.artifact && self.start <= other.start && other.end <= self.end
    }
}

impl Decision {
    /// Whether a statement stood on the side that runs where the test holds, or on the other; `None` outside of both.
    pub fn side_of(&self, at: Region) -> Option<bool> {
        if self.then.holds(at) {
            Some(true)
        } else if self.otherwise.is_some_and(|otherwise| otherwise.holds(at)) {
            Some(false)
        } else {
            None
        }
    }
}

impl Course {
    /// Adds what was decided last.
    pub fn add(&mut self, decision: Decision) {
        for name in &decision.skipped {
            self.passed.entry(Arc::clone(name)).or_default().push(self.decisions.len());
        }
        self.decisions.push(decision);
    }

    /// The conditions that a statement stood under, outermost first, each with the side of it; those of the statements
    /// that brought its file in come before its own.
    pub fn above(&self, at: Region) -> Vec<(&Decision, bool)> {
        const DEEPEST: usize = 20;
        let mut chain = vec![at];
        while let Some(by) = chain.last().and_then(|last| self.brought.get(&last.artifact))
            && chain.len() < DEEPEST
        {
            chain.push(*by);
        }
        let mut found: Vec<(&Decision, bool)> = Vec::new();
        for at in chain.into_iter().rev() {
            for decision in &self.decisions {
                let Some(side) = decision.side_of(at) else { continue };
                let took_it = match decision.outcome {
                    Truth::Yes => side,
                    Truth::No => !side,
                    Truth::Unknown(_) => true,
                };
                if took_it && !found.iter().any(|(known, _)| known.test == decision.test) {
                    found.push((decision, side));
                }
            }
        }
        found
    }

    /// The condition that keeps a setting from being made because an address is still its default, one of this machine:
    /// `if SITE_URL.startswith("https://")`. No production keeps that.
    pub fn waits_for_address(&self, name: &str) -> Option<&Decision> {
        let local = |value: &Value| {
            let address = value.as_str().filter(|text| text.contains("://")).map(Endpoint::parse);
            address.is_some_and(|address| address.reach() == Reach::Local)
        };
        self.against(name).find(|decision| {
            decision.assumptions.iter().any(Assumption::is_unsettled) && decision.operands.iter().any(|(_, value)| local(value))
        })
    }

    /// The condition that lets a statement run only while `DEBUG` is on, if it stands under one: `if DEBUG`.
    pub fn with_debug(&self, at: Region) -> Option<Region> {
        let on = |(name, value): &(Arc<str>, Value)| &**name == "DEBUG" && value.truth().is_yes();
        let above = self.above(at).into_iter().map(|(decision, _)| decision);
        above.filter(|decision| matches!(decision.operands.as_slice(), [only] if on(only))).map(|decision| decision.test).next()
    }

    /// The names that [`Course::against`] knows a decision about.
    pub(crate) fn passed_names(&self) -> impl Iterator<Item = &str> {
        self.passed.keys().map(|name| &**name)
    }

    /// The decisions that kept code from running which would have made or changed a setting.
    pub fn against<'c>(&'c self, name: &str) -> impl Iterator<Item = &'c Decision> + use<'c> {
        self.passed.get(name).into_iter().flatten().map(|index| &self.decisions[*index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(test: (u32, u32), then: (u32, u32), otherwise: Option<(u32, u32)>, outcome: Truth) -> Decision {
        let region = |(start, end)| Region::new(ArtifactId(0), start, end);
        Decision {
            test: region(test),
            outcome,
            then: region(then),
            otherwise: otherwise.map(region),
            operands: Vec::new(),
            assumptions: BTreeSet::new(),
            skipped: BTreeSet::from(["DEBUG".into()]),
            raised: None,
        }
    }

    #[test]
    fn conditions_of_the_import_come_before_those_inside() {
        let outer = decision((0, 5), (6, 20), None, Truth::Yes);
        let mut inner = decision((0, 5), (6, 20), Some((21, 40)), Truth::No);
        for region in [&mut inner.test, &mut inner.then] {
            region.artifact = ArtifactId(1);
        }
        inner.otherwise = Some(Region::new(ArtifactId(1), 21, 40));
        let mut course = Course::default();
        course.brought.insert(ArtifactId(1), Region::new(ArtifactId(0), 8, 12));
        course.add(inner.clone());
        course.add(outer.clone());
        let above = course.above(Region::new(ArtifactId(1), 25, 30));
        assert_eq!(above, [(&outer, true), (&inner, false)]);
        // A statement on the side that did not run stands under nothing: something else made it run.
        assert_eq!(course.above(Region::new(ArtifactId(1), 7, 9)), [(&outer, true)]);
        assert_eq!(course.against("DEBUG").count(), 2);
        assert_eq!(course.against("OTHER").count(), 0);
    }
}
