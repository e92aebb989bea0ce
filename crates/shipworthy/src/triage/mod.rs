//! Triage: which findings count, which somebody answered for, and in which order they are told.

mod comments;
mod confront;
mod reconcile;

pub(crate) use confront::confront;
pub(crate) use reconcile::reconcile;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use globset::Glob;
use shipworthy_model::{Facts, Finding, Item, Kind, Notice, Rule};
use shipworthy_rules::RULES;

use crate::audit::Audit;

/// What the user wants judged, and what they answer for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    /// Rule or topic ids to report on; all when empty.
    pub(crate) select: Vec<String>,
    /// Rule or topic ids whose findings do not count.
    pub(crate) ignore: Vec<String>,
    /// Suppressions written in the configuration.
    pub(crate) suppressions: Vec<Suppression>,
}

/// A suppression written in the configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Suppression {
    /// The rule's id.
    pub(crate) rule: String,
    /// Globs of the files it holds for; everywhere when empty.
    pub(crate) paths: Vec<String>,
    /// Why it is right: required.
    pub(crate) reason: String,
}

/// A finding that somebody answered for.
#[derive(Debug)]
pub(crate) struct Suppressed {
    /// The finding.
    pub(crate) finding: Finding,
    /// Who answered.
    pub(crate) by: By,
    /// Why, in their words.
    pub(crate) reason: String,
}

/// What suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    /// A comment in the source.
    Comment,
    /// The configuration or the command line.
    Configuration,
    /// Django's own `SILENCED_SYSTEM_CHECKS`.
    Silenced,
    /// Stronger evidence, which has answered the question.
    Evidence,
}

impl By {
    /// The name used in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Configuration => "configuration",
            Self::Silenced => "silenced-system-checks",
            Self::Evidence => "evidence",
        }
    }
}

/// Sorts findings into those that count and those that somebody answered for.
pub(crate) fn triage(
    root: String,
    environment: String,
    facts: Facts,
    findings: Vec<Finding>,
    notices: Vec<Notice>,
    policy: &Policy,
) -> Audit {
    let mut audit = Audit { root, environment, facts, findings: Vec::new(), suppressed: Vec::new(), notices, recording: None };
    let selected = |rule: &Rule| policy.select.is_empty() || names(&policy.select, rule);
    let judged: Vec<Finding> = findings.into_iter().filter(|finding| selected(finding.rule)).collect();
    let known: BTreeSet<&str> =
        RULES.iter().copied().chain(judged.iter().map(|finding| finding.rule)).map(|rule| rule.id).collect();
    let mut answers = Answers::new(&audit.facts, policy);
    for finding in judged {
        if !matches!(finding.kind, Kind::Fail | Kind::Open) {
            if !names(&policy.ignore, finding.rule) {
                audit.findings.push(finding);
            }
        } else if let Some((by, reason)) = answers.to(&finding) {
            audit.suppressed.push(Suppressed { finding, by, reason });
        } else {
            audit.findings.push(finding);
        }
    }
    let trouble = answers.trouble(&known, |rule| policy.select.is_empty() || policy.select.iter().any(|id| id == rule));
    audit.notices.extend(trouble);
    let facts = &audit.facts;
    audit.findings.sort_by_cached_key(|finding| order(finding, facts));
    audit.suppressed.sort_by_cached_key(|suppressed| order(&suppressed.finding, facts));
    audit
}

/// Whether a list of rule and topic ids names this rule.
fn names(ids: &[String], rule: &Rule) -> bool {
    ids.iter().any(|id| id == rule.id || id == rule.topic.id())
}

/// The order of telling: the checklist's, then worst first, then by place.
fn order(finding: &Finding, facts: &Facts) -> impl Ord + use<> {
    let rule = finding.rule;
    let position = RULES.iter().position(|known| known.id == rule.id).unwrap_or(RULES.len());
    let place = finding.at.map(|at| (facts.artifacts.get(at.artifact).path.clone(), at.start, at.end));
    (rule.topic, position, rule.id, finding.kind, Reverse(finding.severity), place, finding.message.clone())
}

/// Everything that may answer for a finding, and whether it was needed.
struct Answers<'a> {
    facts: &'a Facts,
    policy: &'a Policy,
    comments: Vec<(comments::Comment, BTreeSet<String>)>,
    /// Which suppressions of the configuration were needed.
    needed: Vec<bool>,
    silenced: BTreeSet<String>,
}

impl<'a> Answers<'a> {
    fn new(facts: &'a Facts, policy: &'a Policy) -> Self {
        Self {
            facts,
            policy,
            comments: comments::find(&facts.artifacts).into_iter().map(|comment| (comment, BTreeSet::new())).collect(),
            needed: vec![false; policy.suppressions.len()],
            silenced: silenced(facts),
        }
    }

    /// Who answers for a finding, and with what reason.
    fn to(&mut self, finding: &Finding) -> Option<(By, String)> {
        self.comment(finding)
            .or_else(|| self.configuration(finding))
            .or_else(|| self.silence(finding))
            .or_else(|| names(&self.policy.ignore, finding.rule).then(|| (By::Configuration, "ignored".to_owned())))
    }

    fn comment(&mut self, finding: &Finding) -> Option<(By, String)> {
        let facts = self.facts;
        let (comment, used) = self.comments.iter_mut().find(|(comment, _)| {
            comment.rules.iter().any(|rule| rule == finding.rule.id) && comment.covers(finding.at, &facts.settings)
        })?;
        used.insert(finding.rule.id.to_owned());
        (!comment.reason.is_empty()).then(|| (By::Comment, comment.reason.clone()))
    }

    fn configuration(&mut self, finding: &Finding) -> Option<(By, String)> {
        let path = finding.at.map(|at| self.facts.artifacts.get(at.artifact).path.clone());
        let index = self.policy.suppressions.iter().position(|suppression| {
            suppression.rule == finding.rule.id
                && (suppression.paths.is_empty()
                    || path.as_deref().is_some_and(|path| suppression.paths.iter().any(|glob| matches_glob(glob, path))))
        })?;
        self.needed[index] = true;
        let reason = &self.policy.suppressions[index].reason;
        (!reason.trim().is_empty()).then(|| (By::Configuration, reason.clone()))
    }

    fn silence(&self, finding: &Finding) -> Option<(By, String)> {
        let ids: Vec<&str> = finding.django.iter().map(|django| &*django.id).collect();
        (!ids.is_empty() && ids.iter().all(|id| self.silenced.contains(*id)))
            .then(|| (By::Silenced, format!("SILENCED_SYSTEM_CHECKS holds {}", ids.join(", "))))
    }

    /// Suppressions that do not hold or are not needed.
    fn trouble(&self, known: &BTreeSet<&str>, selected: impl Fn(&str) -> bool) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (comment, used) in &self.comments {
            let mut notice = |message: String| notices.push(Notice::at(comment.at, message));
            if comment.rules.is_empty() {
                notice("this suppression names no rule: write `ignore[rule-id] reason`".to_owned());
            } else if comment.reason.is_empty() {
                notice(format!("this suppression of {} does not hold: it gives no reason", comment.rules.join(", ")));
            } else {
                for rule in &comment.rules {
                    if !known.contains(rule.as_str()) {
                        notice(format!("this suppression names `{rule}`, which is no rule"));
                    } else if !used.contains(rule) && selected(rule) {
                        notice(format!("this suppression of {rule} is not needed: nothing to suppress here"));
                    }
                }
            }
        }
        for (suppression, needed) in self.policy.suppressions.iter().zip(&self.needed) {
            let rule = &suppression.rule;
            let mut notice = |message: String| notices.push(Notice { message, path: None, at: None });
            if !known.contains(rule.as_str()) {
                notice(format!("a suppression of the configuration names `{rule}`, which is no rule"));
            } else if suppression.reason.trim().is_empty() {
                notice(format!("the suppression of {rule} in the configuration does not hold: it gives no reason"));
            } else if !needed && selected(rule) {
                notice(format!("the suppression of {rule} in the configuration is not needed: nothing to suppress"));
            }
        }
        notices
    }
}

/// The checks that the settings certainly silence.
fn silenced(facts: &Facts) -> BTreeSet<String> {
    let value = facts.setting("SILENCED_SYSTEM_CHECKS").value;
    let items = value.items().unwrap_or_default();
    let certain = items.iter().filter_map(|item| match item {
        Item::One(value) => value.as_str(),
        Item::Perhaps(..) | Item::Many(_) => None,
    });
    let said = facts.runtime().and_then(|runtime| runtime.messages.as_deref()).unwrap_or_default();
    let said = said.iter().filter(|message| message.silenced).map(|message| &*message.id);
    certain.chain(said).map(str::to_owned).collect()
}

fn matches_glob(glob: &str, path: &str) -> bool {
    Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

#[cfg(test)]
mod tests;
