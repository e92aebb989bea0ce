//! Elsewhere: the settings if variables that are assumed unset were set, and what becomes of a finding there.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::{
    Assumption, Datum, Entry, Facts, Finding, Findings, Item, Kind, Rule, Setting, Settings, Severity, Truth, Unknown, Value,
};

/// The settings if an environment variable that is assumed unset were set.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    /// The variable that is set.
    pub variable: Arc<str>,
    /// The text that it has; `None` is one that nobody knows, so that a setting is whatever any text would make of it.
    pub text: Option<&'static str>,
    /// The settings that have another value then; `None` is one that is not set.
    pub changed: BTreeMap<Arc<str>, Option<Setting>>,
    /// Set when other names may then be set that nobody sees.
    pub open: Option<Unknown>,
    /// Names that were asked before code that then refuses to go on: `if SECRET_KEY == DEFAULT: raise …`.
    pub refused: BTreeSet<Arc<str>>,
}

/// The rule that tells of a DEBUG that is on.
const DEBUG_RULE: &str = "debug-enabled";

/// What becomes of a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It is still there.
    Stays,
    /// Nobody knows, or another defect takes its place.
    Open,
    /// The defect is gone.
    Goes,
}

/// Which of the values that hang on an undecided condition are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// All of them, undecided.
    Both,
    /// Those of the conditions that hold, or those of the conditions that do not.
    One(bool),
}

/// Settings with what they are elsewhere; `None` is one that is not set there.
type Changed = Vec<(Arc<str>, Option<Setting>)>;

/// Settings as they are elsewhere, and the sides on which they are so.
struct Way {
    sides: Vec<Side>,
    changed: Changed,
}

/// The findings of the rules that failed, as they are in each place that was looked at.
struct Fates {
    /// By the finding's place among all: what becomes of it, in the order of [`Settings::elsewhere`].
    of: BTreeMap<usize, Vec<Fate>>,
}

/// The variables that the findings may hang on, and the findings, so that they are asked for no more than they need.
pub struct Suspects<'f> {
    all: &'f [Finding],
    rules: Vec<&'static Rule>,
    there: Facts,
    /// Those that a message names: each is asked about.
    pub named: BTreeSet<Arc<str>>,
    /// Those that decide about a setting of which a rule speaks that found a defect: each may be a condition that is missing.
    pub others: BTreeSet<Arc<str>>,
}

impl<'f> Suspects<'f> {
    /// Of findings that the rules made of the facts.
    pub fn of(facts: &Facts, all: &'f [Finding]) -> Self {
        let settings = &facts.settings;
        // Guides are long, and few of their words are names that anything was noted of.
        let known: HashSet<&str> = settings.explicit.keys().map(|name| &**name).chain(settings.course.passed_names()).collect();
        let mut is_first = [false; 256];
        known.iter().filter_map(|name| name.bytes().next()).for_each(|first| is_first[usize::from(first)] = true);
        let is_known =
            |word: &&str| word.bytes().next().is_some_and(|first| is_first[usize::from(first)]) && known.contains(word);
        let mut about: BTreeSet<&str> = BTreeSet::new();
        let (mut named, mut others): (BTreeSet<Arc<str>>, BTreeSet<Arc<str>>) = Default::default();
        let mut read: Option<&Rule> = None;
        for finding in all.iter().filter(|finding| is_asked(finding)) {
            named.extend(self::named(settings, finding));
            if finding.severity > Severity::Info {
                about.extend(spelt(&finding.message).filter(is_known));
                if read.is_none_or(|rule| rule.id != finding.rule.id) {
                    about.extend(spelt(finding.rule.guide).filter(is_known));
                    read = Some(finding.rule);
                }
            }
        }
        for name in about {
            let of_value = settings.explicit.get(name).into_iter().flat_map(|setting| &setting.assumptions);
            let parts = settings.parts.get(name).into_iter();
            let of_parts = parts.flat_map(|parts| parts.whole.values().chain(parts.shell.values())).flatten();
            let against = settings.course.against(name).flat_map(|decision| &decision.assumptions);
            others.extend(of_value.chain(of_parts).chain(against).filter_map(|assumption| match assumption {
                Assumption::Unset(variable) => (!named.contains(variable)).then(|| variable.clone()),
                Assumption::Given(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
            }));
        }
        Self { all, rules: failed_rules(all), there: facts.clone(), named, others }
    }

    /// Whether any of the findings above mere advice is not there, or not as it is, in settings that are otherwise.
    pub fn care(&mut self, base: &Settings, elsewhere: &Elsewhere) -> bool {
        if elsewhere.changed.is_empty() && elsewhere.open == base.open {
            return false;
        }
        let all = self.all;
        let grave = |index: &usize| is_asked(&all[*index]) && all[*index].severity > Severity::Info;
        let failed: Vec<usize> = (0..all.len()).filter(grave).collect();
        let of = |rule: &Rule| failed.iter().copied().filter(|index| all[*index].rule.id == rule.id).collect::<Vec<_>>();
        let failed: Vec<(&'static Rule, Vec<usize>)> = self.rules.iter().map(|rule| (*rule, of(rule))).collect();
        for way in elsewhere.ways().into_iter().filter(|way| !elsewhere.is_here(way, base)) {
            elsewhere.enter(&mut self.there.settings, way.changed);
            let changes = |(rule, failed): &(&'static Rule, Vec<usize>)| {
                let said = if failed.is_empty() { Vec::new() } else { Findings::by(rule, &self.there) };
                failed.iter().any(|index| counterpart(&said, all, *index).is_none())
            };
            let cares = failed.iter().any(changes);
            elsewhere.leave(base, &mut self.there.settings);
            if cares {
                return true;
            }
        }
        false
    }
}

/// What the conditions of the findings are, by asking every rule that failed again wherever else the settings are known.
/// A finding hangs on a variable if it is not there with the variable set; where its message names conditions, they become
/// these. `all` is what the rules said of the facts.
pub(crate) fn settle(facts: &Facts, all: &mut [Finding]) {
    if facts.settings.elsewhere.is_empty() {
        return;
    }
    let rules = failed_rules(all);
    if rules.is_empty() {
        return;
    }
    let fates = Fates::find(facts, all, &rules);
    let debug = facts.truth("DEBUG").is_yes();
    let mut asked = facts.clone();
    for (index, fates) in &fates.of {
        if debug && all[*index].rule.id != DEBUG_RULE && goes_with_debug(&facts.settings, &all[*index], fates) {
            all[*index].severity = Severity::Info;
        }
        let named = named(&facts.settings, &all[*index]);
        let conditions = conditions(&facts.settings, &all[*index], &named, fates);
        if conditions == named {
            continue;
        }
        asked.settings.conditions = Some(conditions);
        let rule = all[*index].rule;
        if let Some(again) = twin(rule, &asked, all, *index).filter(|again| again.kind == Kind::Fail) {
            let severity = all[*index].severity;
            all[*index] = again;
            if severity == Severity::Info {
                all[*index].severity = severity;
            }
        }
    }
}

/// Whether a finding is not there where DEBUG is turned off, or the settings refuse to load there for what it speaks of: it is
/// told with DEBUG.
fn goes_with_debug(settings: &Settings, finding: &Finding, fates: &[Fate]) -> bool {
    let words = words(&finding.message);
    let refused = |it: &Elsewhere| it.refused.iter().any(|name| &**name != "DEBUG" && words.contains(&**name));
    let off = |it: &Elsewhere| match it.changed.get("DEBUG") {
        Some(Some(debug)) => it.text.is_some() && debug.value.truth().is_no(),
        Some(None) | None => false,
    };
    settings.elsewhere.iter().zip(fates).any(|(there, fate)| (*fate == Fate::Goes || refused(there)) && off(there))
}

fn failed_rules(all: &[Finding]) -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for finding in all.iter().filter(|finding| is_asked(finding)) {
        if rules.last().is_none_or(|rule| rule.id != finding.rule.id) {
            rules.push(finding.rule);
        }
    }
    rules
}

/// Why loading fails is told from the loading itself.
fn is_asked(finding: &Finding) -> bool {
    finding.kind == Kind::Fail && finding.evidence == crate::Evidence::Source && finding.rule.id != "settings-load-failure"
}

/// What the same rule says of other facts in place of a finding: about the same place and subject, as the same of several.
fn twin(rule: &'static Rule, facts: &Facts, all: &[Finding], index: usize) -> Option<Finding> {
    let said = Findings::by(rule, facts);
    counterpart(&said, all, index).map(|found| said[found].clone())
}

fn counterpart(said: &[Finding], all: &[Finding], index: usize) -> Option<usize> {
    let one = &all[index];
    let same = |other: &&Finding| {
        other.kind == Kind::Fail
            && other.at == one.at
            && other.subject == one.subject
            && parted(&other.message).0 == parted(&one.message).0
    };
    let before = all[..index].iter().filter(|other| other.rule.id == one.rule.id).filter(same).count();
    said.iter().enumerate().filter(|(_, other)| same(other)).map(|(found, _)| found).nth(before)
}

/// Whether a rule says the same of the same, be it of another place.
fn has_alike(said: &[Finding], one: &Finding) -> bool {
    said.iter().any(|other| {
        other.kind == Kind::Fail
            && other.severity == one.severity
            && other.subject == one.subject
            && parted(&other.message).0 == parted(&one.message).0
    })
}

impl Finding {
    /// Shortens a long list of variables that are conditions: nobody reads it, and it is rarely one of so many.
    pub fn shorten_conditions(&mut self) {
        const MOST: usize = 5;
        let Some((before, behind)) = self.message.split_once(" unless ") else { return };
        let Some((list, after)) = behind.split_once(" is set") else { return };
        let names: Vec<&str> = list.split(", ").flat_map(|part| part.split(" or ")).collect();
        let [first, second, third, rest @ ..] = names.as_slice() else { return };
        if names.len() > MOST && names.iter().all(|name| !name.contains(' ')) {
            self.message = format!("{before} unless {first}, {second}, {third} or one of {} others is set{after}", rest.len());
        }
    }
}

/// A message without the clause that names conditions, and that clause.
fn parted(message: &str) -> (String, &str) {
    let Some((before, behind)) = message.split_once(" unless ") else { return (message.to_owned(), "") };
    let ends = [" is set", " is there"].iter().filter_map(|end| Some(behind.rfind(end)? + end.len()));
    let (clause, after) = behind.split_at(ends.max().unwrap_or_default());
    (format!("{before}{after}"), clause)
}

impl Fates {
    fn find(facts: &Facts, all: &[Finding], rules: &[&'static Rule]) -> Self {
        let mut of: BTreeMap<usize, Vec<Fate>> = BTreeMap::new();
        let failed: Vec<usize> = (0..all.len()).filter(|index| is_asked(&all[*index])).collect();
        let mut there = facts.clone();
        for elsewhere in &facts.settings.elsewhere {
            let mut fates = vec![Fate::Stays; all.len()];
            if !elsewhere.changed.is_empty() {
                let mut told = Vec::new();
                for way in elsewhere.ways() {
                    let said: Vec<Vec<Finding>> = if elsewhere.is_here(&way, &facts.settings) {
                        let known = |rule: &Rule| all.iter().filter(|it| it.rule.id == rule.id).cloned().collect();
                        rules.iter().map(|rule| known(rule)).collect()
                    } else {
                        elsewhere.enter(&mut there.settings, way.changed);
                        let said = rules.iter().map(|rule| Findings::by(rule, &there)).collect();
                        elsewhere.leave(&facts.settings, &mut there.settings);
                        said
                    };
                    told.push((way.sides, said));
                }
                let sides = told.iter().flat_map(|(sides, said)| sides.iter().map(move |side| (*side, said)));
                for (place, rule) in rules.iter().enumerate() {
                    let mine = || failed.iter().copied().filter(|index| all[*index].rule.id == rule.id);
                    // Where both ways out are known and each has the defect, no text of the variable makes it go.
                    let mut stuck: Vec<usize> = mine().filter(|index| elsewhere.is_known_of(&all[*index])).collect();
                    for (side, said) in sides.clone() {
                        let said = &said[place];
                        let fit = said.iter().all(|it| it.kind != Kind::Fail || it.severity == Severity::Info);
                        for index in mine() {
                            let fate = match counterpart(said, all, index) {
                                Some(_) => Fate::Stays,
                                // Of what is not known nobody says that it is a defect.
                                None if fit && side != Side::Both => Fate::Goes,
                                None => Fate::Open,
                            };
                            if side != Side::Both && fate != Fate::Stays && !has_alike(said, &all[index]) {
                                stuck.retain(|known| *known != index);
                            }
                            // One side on which the defect is gone shows that the variable can make it go.
                            fates[index] = fates[index].max(fate);
                        }
                    }
                    for index in stuck {
                        fates[index] = Fate::Stays;
                    }
                }
            }
            for index in &failed {
                of.entry(*index).or_default().push(fates[*index]);
            }
        }
        Self { of }
    }
}

/// The variables that the message of a finding names.
fn named(settings: &Settings, finding: &Finding) -> BTreeSet<Arc<str>> {
    let words = words(parted(&finding.message).1);
    settings.variables.iter().map(|variable| &variable.name).filter(|name| words.contains(&***name)).cloned().collect()
}

fn words(message: &str) -> BTreeSet<&str> {
    spelt(message).collect()
}

/// The words of a text, as they come.
fn spelt(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

/// The variables on which a finding hangs.
fn conditions(settings: &Settings, finding: &Finding, named: &BTreeSet<Arc<str>>, fates: &[Fate]) -> BTreeSet<Arc<str>> {
    let words = words(&finding.message);
    // Much is no question where DEBUG is on, which is no way out.
    let debug = settings.explicit.get("DEBUG").map(|debug| debug.value.truth());
    let turns_debug_on = |it: &Elsewhere| it.changed.contains_key("DEBUG") && debug.as_ref().is_none_or(Truth::is_no);
    let mut found = named.clone();
    for (elsewhere, fate) in settings.elsewhere.iter().zip(fates) {
        match fate {
            Fate::Stays if elsewhere.refused.iter().any(|name| words.contains(&**name)) => {}
            // That one text that turns DEBUG off leaves it says nothing of other texts.
            Fate::Stays if elsewhere.changed.contains_key("DEBUG") && elsewhere.text.is_some() => {}
            Fate::Stays => drop(found.remove(&elsewhere.variable)),
            Fate::Open => {}
            Fate::Goes if elsewhere.text.is_some() || turns_debug_on(elsewhere) => {}
            Fate::Goes => drop(found.insert(elsewhere.variable.clone())),
        }
    }
    found
}

impl Elsewhere {
    /// Whether it is known what the settings that a finding speaks of are there, whichever of two ways a condition comes out.
    fn is_known_of(&self, finding: &Finding) -> bool {
        let plain = |value: &Value| !value.has_unknown() && taken(value, true) == *value;
        let known = |setting: &Option<Setting>| match setting.as_ref().map(|setting| &setting.value) {
            Some(Value { datum: Datum::OneOf(ways), .. }) => ways.len() == 2 && ways.iter().all(|(_, value)| plain(value)),
            Some(value) => plain(value),
            None => true,
        };
        let message = parted(&finding.message).0;
        let words = words(&message);
        let mut spoken = self.changed.iter().filter(|(name, _)| words.contains(&***name)).map(|(_, setting)| setting).peekable();
        spoken.peek().is_some() && spoken.all(known)
    }

    /// The ways in which the settings may be otherwise, with the sides that come to each: most have no condition that is
    /// undecided, and then there is one way, and rules need be asked once.
    fn ways(&self) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for side in [Side::Both, Side::One(true), Side::One(false)] {
            let changed: Changed = self.changed.iter().filter_map(|(name, there)| on_side(name, there.as_ref(), side)).collect();
            match ways.iter_mut().find(|way| way.changed == changed) {
                Some(way) => way.sides.push(side),
                None => ways.push(Way { sides: vec![side], changed }),
            }
        }
        ways
    }

    /// Whether nothing is otherwise in a way: what rules say of it is known.
    fn is_here(&self, way: &Way, base: &Settings) -> bool {
        way.changed.is_empty() && self.open == base.open
    }

    /// Makes the settings what they are there.
    fn enter(&self, settings: &mut Settings, changed: Changed) {
        for (name, setting) in changed {
            match setting {
                Some(setting) => drop(settings.explicit.insert(name, setting)),
                None => drop(settings.explicit.remove(&name)),
            }
        }
        settings.open.clone_from(&self.open);
    }

    fn leave(&self, base: &Settings, settings: &mut Settings) {
        for name in self.changed.keys() {
            match base.explicit.get(name) {
                Some(setting) => drop(settings.explicit.insert(name.clone(), setting.clone())),
                None => drop(settings.explicit.remove(name)),
            }
        }
        settings.open.clone_from(&base.open);
    }
}

/// What a setting is there on one side; `None` where that proves nothing: whichever way the conditions come out, nobody
/// knows it.
fn on_side(name: &Arc<str>, there: Option<&Setting>, side: Side) -> Option<(Arc<str>, Option<Setting>)> {
    let Some(setting) = there else { return Some((name.clone(), None)) };
    let value = match side {
        Side::Both => setting.value.clone(),
        Side::One(holds) => Some(taken(&setting.value, holds)).filter(|value| !value.has_unknown())?,
    };
    let setting = Setting { value, origin: setting.origin.clone(), assumptions: setting.assumptions.clone() };
    Some((name.clone(), Some(setting)))
}

/// A value with every undecided condition decided: those that are said to hold do, or none does.
fn taken(value: &Value, holds: bool) -> Value {
    let items = |items: &[Item]| {
        let kept = items.iter().filter_map(|item| match item {
            Item::One(value) => Some(Item::One(taken(value, holds))),
            Item::Perhaps(value, condition) => (condition.holds == holds).then(|| Item::One(taken(value, holds))),
            Item::Many(unknown) => Some(Item::Many(unknown.clone())),
        });
        kept.collect::<Vec<_>>()
    };
    let datum = match &value.datum {
        Datum::OneOf(alternatives) => {
            let chosen = alternatives.iter().find(|(condition, _)| condition.holds == holds).or(alternatives.first());
            return chosen.map_or_else(|| value.clone(), |(_, value)| taken(value, holds));
        }
        Datum::List(list) => Datum::List(items(list)),
        Datum::Tuple(list) => Datum::Tuple(items(list)),
        Datum::Set(list) => Datum::Set(items(list)),
        Datum::Dict(entries) => {
            let kept = entries.iter().filter_map(|entry| match entry {
                Entry::One(key, value) => Some(Entry::One(key.clone(), taken(value, holds))),
                Entry::Perhaps(key, value, condition) => {
                    (condition.holds == holds).then(|| Entry::One(key.clone(), taken(value, holds)))
                }
                Entry::Many(unknown) => Some(Entry::Many(unknown.clone())),
            });
            Datum::Dict(kept.collect())
        }
        known => known.clone(),
    };
    Value { datum, at: value.at }
}

impl Settings {
    /// Assumptions with the variables among them that a finding turned out to hang on, if that is known.
    pub(crate) fn settled(&self, assumptions: &BTreeSet<Assumption>) -> BTreeSet<Assumption> {
        match &self.conditions {
            None => assumptions.clone(),
            Some(conditions) => {
                let others = assumptions.iter().filter(|assumption| !matches!(assumption, Assumption::Unset(_))).cloned();
                others.chain(conditions.iter().map(|name| Assumption::Unset(name.clone()))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Topic;

    static RULE: Rule = Rule {
        id: "sample",
        topic: Topic::Settings,
        severity: Severity::Low,
        django: &[],
        summary: "",
        guide: "",
        check: |_, findings| {
            findings.fail("X");
        },
    };

    #[test]
    fn a_long_list_of_conditions_is_shortened() {
        let shortened = |message: &'static str| {
            let mut findings = Findings::by(&RULE, &Facts::default());
            findings[0].message = message.to_owned();
            findings[0].shorten_conditions();
            findings[0].message.clone()
        };
        assert_eq!(
            shortened("X is off unless A, B, C, D, E or F is set: so"),
            "X is off unless A, B, C or one of 3 others is set: so"
        );
        for message in
            ["X is off unless A, B, C, D or E is set", "X is off unless a front end, or B, C, D, E, F or G is set", "X"]
        {
            assert_eq!(shortened(message), message);
        }
    }
}
