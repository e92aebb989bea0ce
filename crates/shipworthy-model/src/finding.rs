//! Findings: what a rule concluded, with its evidence.

use std::borrow::Cow;

use crate::runtime::CheckMessage;
use crate::settings::Effective;
use crate::{ExchangeId, Facts, Region, Rule, Truth, Unknown};

/// How bad a failed rule is. The gate fails from medium up unless told otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice, or a check of Django's that we weigh less than Django does.
    Info,
    /// Worth fixing; breaks nothing.
    Low,
    /// A real danger under common conditions.
    Medium,
    /// A real danger.
    High,
    /// Whoever finds it owns the site or its data.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name used on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// One step milder, for evidence that may not concern production.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::Info | Self::Low => Self::Info,
            Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

/// A rule's verdict. SARIF's result kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Proven broken.
    Fail,
    /// Could not be proven; the message says why.
    Open,
    /// Proven right; the message is the proof.
    Pass,
    /// The question does not arise here.
    NotApplicable,
}

impl Kind {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Open => "open",
            Self::Pass => "pass",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// Where the evidence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// A file.
    Source,
    /// The project's own Python.
    Runtime,
    /// A response of the running system.
    Wire,
}

impl Evidence {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Runtime => "runtime",
            Self::Wire => "wire",
        }
    }
}

/// A message of Django's own `check` that a finding answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DjangoId {
    /// The check's id: `security.W004`.
    pub id: Cow<'static, str>,
    /// What Django names as the object of the message (`?` in its output when absent).
    pub obj: Option<String>,
    /// How many messages of this id and object Django prints.
    pub count: u32,
    /// The check's own words, where it was run.
    pub text: Option<String>,
}

/// A second place that matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Related {
    /// The place.
    pub at: Region,
    /// What is to be seen there: one lower-case clause.
    pub label: String,
}

/// A change of text that repairs the finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What the change does: one lower-case clause.
    pub title: String,
    /// Whether the change cannot alter anything but the defect.
    pub safe: bool,
    /// Replacements, none overlapping.
    pub edits: Vec<(Region, String)>,
}

/// What a rule concluded.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The verdict.
    pub kind: Kind,
    /// How bad it is; the rule's severity unless the evidence makes it milder or worse. For passes it says nothing.
    pub severity: Severity,
    /// One lower-case clause without a full stop, naming the setting or address.
    pub message: String,
    /// Where the evidence comes from.
    pub evidence: Evidence,
    /// The place that decides.
    pub at: Option<Region>,
    /// What is to be seen there: one lower-case clause.
    pub label: Option<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// What it is about, where a rule asks its question of several things: `the CSRF cookie`. Findings of one rule about
    /// one thing answer the same question, whatever their evidence.
    pub subject: Option<String>,
    /// The exchanges with the running site that show it, the one that decides first.
    pub exchanges: Vec<ExchangeId>,
    /// Whether it replaces what its rule concludes from the source.
    pub settles: bool,
    /// Django's own check messages that this finding answers.
    pub django: Vec<DjangoId>,
    /// The next step.
    pub help: Option<String>,
    /// A change that repairs it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// Whether another of the same rule says the same of the same place. What Django says twice is told twice.
    fn tells_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.at.is_some()
            && self.at == other.at
            && self.message == other.message
            && self.subject == other.subject
            && self.django.is_empty()
    }

    /// Sets the place that decides.
    pub fn at(&mut self, at: impl Into<Option<Region>>) -> &mut Self {
        self.at = at.into();
        self
    }

    /// Says what is to be seen at the place that decides.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place; nothing happens where there is none.
    pub fn see(&mut self, at: impl Into<Option<Region>>, label: impl Into<String>) -> &mut Self {
        if let Some(at) = at.into() {
            self.related.push(Related { at, label: label.into() });
        }
        self
    }

    /// Says which of the rule's questions this answers, where it asks several.
    pub fn about(&mut self, subject: impl Into<String>) -> &mut Self {
        self.subject = Some(subject.into());
        self
    }

    /// Makes it evidence of the running site: the exchanges that show it, the one that decides first.
    pub fn seen(&mut self, exchanges: impl IntoIterator<Item = ExchangeId>) -> &mut Self {
        self.evidence = Evidence::Wire;
        self.exchanges.extend(exchanges);
        self
    }

    /// Makes it evidence of the project's own Python.
    pub fn ran(&mut self) -> &mut Self {
        self.evidence = Evidence::Runtime;
        self
    }

    /// Makes it evidence of the project's own Python, which has seen what the source only shows in part: what the rule
    /// concludes from the source is then answered.
    pub fn settles(&mut self) -> &mut Self {
        self.settles = true;
        self.ran()
    }

    /// Sets the next step.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Makes it milder or worse than the rule usually is.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Adds a message of Django's that this answers, without an object.
    pub fn django(&mut self, id: &'static str) -> &mut Self {
        self.django_about(id, None)
    }

    /// Adds a message of Django's that this answers, about an object as Django prints it.
    pub fn django_about(&mut self, id: &'static str, obj: Option<String>) -> &mut Self {
        debug_assert!(self.rule.django.contains(&id), "{} does not list {id}", self.rule.id);
        match self.django.iter_mut().find(|known| known.id == id && known.obj == obj) {
            Some(known) => known.count += 1,
            None => self.django.push(DjangoId { id: Cow::Borrowed(id), obj, count: 1, text: None }),
        }
        self
    }

    /// Adds a message that a check gave when it was run, whoever's check it is.
    pub fn said(&mut self, message: &CheckMessage) -> &mut Self {
        match self.django.iter_mut().find(|known| known.id == *message.id && known.obj == message.obj) {
            Some(known) => {
                // What the rule knew would be said is counted already.
                known.count += u32::from(matches!(known.id, Cow::Owned(_)));
                known.text.get_or_insert_with(|| message.text.clone());
            }
            None => self.django.push(DjangoId {
                id: Cow::Owned(message.id.to_string()),
                obj: message.obj.clone(),
                count: 1,
                text: Some(message.text.clone()),
            }),
        }
        self
    }

    /// Offers a change that repairs it.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }
}

/// Collects what the rules conclude. A rule sees only its own name on what it adds.
#[derive(Debug)]
pub struct Findings {
    rule: &'static Rule,
    list: Vec<Finding>,
}

impl Findings {
    /// Runs rules over facts and returns all they conclude, in the order of the rules.
    pub fn of(rules: impl IntoIterator<Item = &'static Rule>, facts: &crate::Facts) -> Vec<Finding> {
        Self::settled(Self::at_first(rules, facts), facts)
    }

    /// The same before it is asked on which variables each hangs: for those who prepare that question.
    pub fn at_first(rules: impl IntoIterator<Item = &'static Rule>, facts: &crate::Facts) -> Vec<Finding> {
        rules.into_iter().flat_map(|rule| Self::by(rule, facts)).collect()
    }

    /// The same of facts about a project whose code was not read yet: `code` reads it if a rule asks what the code makes use
    /// of, and the rules that asked are asked again.
    pub fn with_code(
        rules: impl IntoIterator<Item = &'static Rule>,
        facts: &mut crate::Facts,
        code: impl FnOnce(&crate::Facts) -> crate::Uses,
    ) -> Vec<Finding> {
        let mut said: Vec<(&'static Rule, bool, Vec<Finding>)> = Vec::new();
        for rule in rules {
            facts.project.uses.forget();
            let list = Self::by(rule, facts);
            said.push((rule, facts.project.uses.are_asked(), list));
        }
        if said.iter().any(|(_, asked, _)| *asked) {
            facts.project.uses = code(facts);
            for (rule, _, list) in said.iter_mut().filter(|(_, asked, _)| *asked) {
                *list = Self::by(rule, facts);
            }
        }
        said.into_iter().flat_map(|(.., list)| list).collect()
    }

    /// What [`Findings::of`] gives, from what [`Findings::at_first`] gave for the same facts.
    pub fn settled(mut all: Vec<Finding>, facts: &crate::Facts) -> Vec<Finding> {
        crate::elsewhere::settle(facts, &mut all);
        crate::granted::add(facts, &mut all);
        all
    }

    /// What one rule concludes from facts.
    pub(crate) fn by(rule: &'static Rule, facts: &crate::Facts) -> Vec<Finding> {
        let mut findings = Self { rule, list: Vec::new() };
        (rule.check)(facts, &mut findings);
        if let Some(reason) = &facts.project.choice.stand_in {
            findings.of_a_stand_in(facts, reason);
        }
        // A file that is a part of several deployments shows each of them the same.
        let mut told: Vec<Finding> = Vec::new();
        for finding in findings.list {
            if !told.iter().any(|known| known.tells_the_same(&finding)) {
                told.push(finding);
            }
        }
        told
    }

    /// Leaves open what fails in settings that only stand in for production's. What fails in the files that deploy, and in
    /// the entry points, which load these settings, fails all the same.
    fn of_a_stand_in(&mut self, facts: &crate::Facts, reason: &str) {
        let module = &facts.project.choice.module;
        let deploys = |finding: &Finding| {
            finding.at.is_some_and(|at| {
                let path = &facts.artifacts.get(at.artifact).path;
                !path.ends_with(".py") || facts.project.entry_points.iter().any(|entry| entry.path == *path)
            })
        };
        for finding in self.list.iter_mut().filter(|it| it.kind == Kind::Fail && it.evidence == Evidence::Source) {
            if !deploys(finding) {
                finding.kind = Kind::Open;
                finding.message = format!("{}, but {module} {reason}", finding.message);
                finding.django.clear();
                finding.fix = None;
            }
        }
    }

    /// Proven broken.
    pub fn fail(&mut self, message: impl Into<String>) -> &mut Finding {
        self.add(Kind::Fail, message.into())
    }

    /// Could not be proven; the message says what and why.
    pub fn open(&mut self, message: impl Into<String>) -> &mut Finding {
        self.add(Kind::Open, message.into())
    }

    /// Could not be proven, because what decides could not be known: `what` is a setting's name or a clause about it.
    pub fn undecided(&mut self, what: &str, why: &Unknown) -> &mut Finding {
        self.open(format!("{what} could not be decided: {}", why.reason())).at(why.at)
    }

    /// Whether a setting is known, so that a rule about its parts goes on; otherwise says why it could not be decided.
    pub fn needs(&mut self, name: &str, setting: &Effective) -> bool {
        let Some(why) = setting.undecided() else { return true };
        self.undecided(name, why).at(why.at.or(setting.region()));
        false
    }

    /// Whether an app is installed, so that a rule about it goes on; otherwise says that it is not, or why nobody knows.
    pub fn needs_app(&mut self, facts: &Facts, app: &str) -> bool {
        match facts.has_app(app) {
            Truth::Yes => return true,
            Truth::No => self.not_applicable(format!("{app} is not installed")),
            Truth::Unknown(why) => self.undecided(&format!("whether {app} is installed"), &why),
        };
        false
    }

    /// Proven right; the message is the proof.
    pub fn pass(&mut self, message: impl Into<String>) -> &mut Finding {
        self.add(Kind::Pass, message.into())
    }

    /// The question does not arise; the message says why.
    pub fn not_applicable(&mut self, message: impl Into<String>) -> &mut Finding {
        self.add(Kind::NotApplicable, message.into())
    }

    /// Whether this rule has failed so far: a rule that passes only when nothing failed asks at its end.
    pub fn has(&self, kind: Kind) -> bool {
        self.list.iter().any(|finding| finding.kind == kind)
    }

    /// Whether this rule has neither failed nor left anything open so far, and may pass.
    pub fn is_clean(&self) -> bool {
        !self.has(Kind::Fail) && !self.has(Kind::Open)
    }

    /// Whether this rule has said nothing yet but, at most, that a question does not arise.
    pub fn is_silent(&self) -> bool {
        self.is_clean() && !self.has(Kind::Pass)
    }

    /// Ends a rule that looked at one place after the other: `passes` is said at the first of them if nothing failed and
    /// nothing is open, and `none` where there was no place to look at.
    pub fn conclude(&mut self, first: Option<impl Into<Option<Region>>>, passes: &str, none: &str) {
        match first {
            None => drop(self.not_applicable(none)),
            Some(at) if self.is_clean() => drop(self.pass(passes).at(at)),
            Some(_) => {}
        }
    }

    /// Whether this rule has concluded anything from the running site so far.
    pub fn has_seen(&self) -> bool {
        self.list.iter().any(|finding| finding.evidence == Evidence::Wire)
    }

    fn add(&mut self, kind: Kind, message: String) -> &mut Finding {
        self.list.push(Finding {
            rule: self.rule,
            kind,
            severity: self.rule.severity,
            message,
            evidence: Evidence::Source,
            at: None,
            label: None,
            related: Vec::new(),
            subject: None,
            exchanges: Vec::new(),
            settles: false,
            django: Vec::new(),
            help: None,
            fix: None,
        });
        self.list.last_mut().expect("one was just pushed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtifactId, Facts, Topic};

    /// A file that is a part of two deployments shows both the same, which is told once.
    #[test]
    fn what_is_the_same_is_told_once() {
        static RULE: Rule = Rule {
            id: "sample",
            topic: Topic::Settings,
            severity: Severity::Low,
            django: &[],
            summary: "",
            guide: "",
            check: |_, findings| {
                for (message, start) in [("a", 0), ("b", 0), ("a", 0), ("a", 1)] {
                    findings.fail(message).at(Region::new(ArtifactId(0), start, 2));
                }
                findings.fail("nowhere");
                findings.fail("nowhere");
            },
        };
        let told = Findings::by(&RULE, &Facts::default());
        let messages: Vec<&str> = told.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["a", "b", "a", "nowhere", "nowhere"]);
    }
}
