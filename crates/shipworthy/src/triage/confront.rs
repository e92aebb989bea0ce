//! Confrontation: what the rules conclude from the source, and what they conclude once Django's own values are known.
//!
//! What both say is said once, as the source's. An open question that a run answers is discharged. Any fail survives; where the
//! other side passes it is drift, told with both places.

use std::collections::BTreeMap;

use shipworthy_model::runtime::CheckMessage;
use shipworthy_model::{Evidence, Finding, Kind, Runtime};
use shipworthy_rules::RULES;

use super::{By, Suppressed};

/// Judges by source and judges by run, together.
pub(crate) fn confront(read: Vec<Finding>, ran: Vec<Finding>, runtime: &Runtime) -> (Vec<Finding>, Vec<Suppressed>) {
    let mut answered = Vec::new();
    let mut kept = Vec::new();
    let mut by_rule: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for finding in ran.into_iter().filter(|finding| finding.evidence != Evidence::Wire) {
        by_rule.entry(finding.rule.id).or_default().push(finding);
    }
    let (seen, read): (Vec<Finding>, Vec<Finding>) = read.into_iter().partition(|finding| finding.evidence == Evidence::Wire);
    let mut sources: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for finding in read {
        sources.entry(finding.rule.id).or_default().push(finding);
    }
    for rule in RULES.iter().map(|rule| rule.id) {
        let (read, ran) = (sources.remove(rule).unwrap_or_default(), by_rule.remove(rule).unwrap_or_default());
        kept.append(&mut one_rule(read, ran, &mut answered));
    }
    // Rules that are not ours (of tests) are judged all the same.
    for (rule, read) in sources {
        kept.append(&mut one_rule(read, by_rule.remove(rule).unwrap_or_default(), &mut answered));
    }
    kept.extend(by_rule.into_values().flatten());
    said(&mut kept, &mut answered, runtime.messages.as_deref().unwrap_or_default());
    kept.extend(seen);
    (kept, answered)
}

fn one_rule(read: Vec<Finding>, mut ran: Vec<Finding>, answered: &mut Vec<Suppressed>) -> Vec<Finding> {
    if let Some(decides) = ran.iter().find(|finding| finding.settles).map(|finding| finding.message.clone()) {
        let again = |finding: &Finding| ran.iter().any(|other| other.kind == finding.kind && other.message == finding.message);
        let questions = read.into_iter().filter(|finding| matches!(finding.kind, Kind::Fail | Kind::Open) && !again(finding));
        answered.extend(questions.map(|finding| discharged(finding, &decides)));
        return ran;
    }
    let same = |one: &Finding, other: &Finding| {
        (one.kind, one.severity, &one.message, &one.subject, one.at)
            == (other.kind, other.severity, &other.message, &other.subject, other.at)
    };
    ran.retain(|finding| !read.iter().any(|known| same(known, finding)));
    // A rule that judges the run itself has seen what the source cannot show; the others judge the same settings once more.
    let own: Vec<bool> = ran.iter().map(|finding| finding.evidence == Evidence::Runtime).collect();
    for finding in &mut ran {
        finding.evidence = Evidence::Runtime;
    }
    let mut dropped = vec![false; ran.len()];
    let mut kept = Vec::new();
    for mut finding in read {
        let of =
            |ran: &[Finding], kind: Kind| ran.iter().position(|other| other.subject == finding.subject && other.kind == kind);
        let (fail, open) = (of(&ran, Kind::Fail), of(&ran, Kind::Open));
        let (pass, idle) = (of(&ran, Kind::Pass), of(&ran, Kind::NotApplicable));
        match (finding.kind, fail, open, pass.or(idle)) {
            (Kind::Open, Some(decides), _, _) | (Kind::Open, None, None, Some(decides)) => {
                answered.push(discharged(finding, &ran[decides].message.clone()));
                continue;
            }
            (Kind::Pass, Some(decides), _, _) => {
                let drift = &mut ran[decides];
                drift.message = format!("{}, though the source says: {}", drift.message, finding.message);
                drift.see(finding.at.filter(|at| drift.at != Some(*at)), "drift: this does not hold once the project is loaded");
                drift.at = drift.at.or(finding.at);
                continue;
            }
            (Kind::NotApplicable, Some(_), _, _) => continue,
            (Kind::Pass, None, Some(doubt), _) if own[doubt] => continue,
            // Where nothing was run the question did not arise; now it has.
            (Kind::NotApplicable, _, _, _) if own.contains(&true) => continue,
            // The value that Django saw says more than the one that was read.
            (Kind::Fail, Some(says_more), _, _) if ran[says_more].at.is_none() || ran[says_more].at == finding.at => {
                let other = &mut ran[says_more];
                other.at = other.at.or(finding.at);
                other.fix = other.fix.take().or(finding.fix);
                continue;
            }
            (Kind::Fail, None, None, _) if pass.is_some() => {
                let other = &ran[pass.unwrap_or_default()];
                finding.message = format!("{}, though once the project is loaded {}", finding.message, other.message);
                finding.see(other.at.filter(|at| finding.at != Some(*at)), "drift: what Django has in the end");
            }
            (Kind::Fail | Kind::Open | Kind::Pass | Kind::NotApplicable, _, _, _) => {}
        }
        // What is kept says what the milder ones of the run would say again.
        for (index, other) in ran.iter().enumerate() {
            let milder = match finding.kind {
                Kind::Fail => other.kind != Kind::Fail,
                Kind::Open | Kind::Pass => matches!(other.kind, Kind::Open | Kind::Pass | Kind::NotApplicable),
                Kind::NotApplicable => matches!(other.kind, Kind::Open | Kind::NotApplicable),
            };
            dropped[index] |= milder && other.subject == finding.subject;
        }
        let replaced = finding.kind == Kind::NotApplicable && pass.is_some();
        if !replaced {
            kept.push(finding);
        }
    }
    kept.extend(ran.into_iter().zip(dropped).filter(|(_, dropped)| !dropped).map(|(finding, _)| finding));
    kept
}

/// Carries the words of Django's checks into the findings of the rules that own them.
fn said(findings: &mut Vec<Finding>, answered: &mut Vec<Suppressed>, messages: &[CheckMessage]) {
    for message in messages {
        let Some(rule) = RULES.iter().copied().find(|rule| rule.django.contains(&&*message.id)) else { continue };
        let mine = |finding: &Finding| finding.rule.id == rule.id;
        let carries = |finding: &Finding| {
            finding.django.iter().any(|known| known.id == *message.id && (known.obj == message.obj || message.obj.is_none()))
        };
        if let Some(finding) = findings.iter_mut().find(|finding| mine(finding) && finding.kind == Kind::Fail && carries(finding))
        {
            finding.said(message);
            continue;
        }
        if let Some(finding) = findings.iter_mut().find(|finding| mine(finding) && finding.kind == Kind::Fail) {
            finding.said(message);
            continue;
        }
        // A pass says why the warning does not matter here; only a question is answered by it.
        let Some(question) = findings.iter().position(|finding| mine(finding) && finding.kind == Kind::Open) else { continue };
        let open = findings.remove(question);
        let mut fail = Finding { kind: Kind::Fail, message: format!("Django's own check says {}", message.id), ..open.clone() };
        fail.ran().said(message);
        fail.message = format!("{}: {}", fail.message, rule.summary);
        answered.push(discharged(open, &fail.message));
        findings.push(fail);
    }
}

fn discharged(finding: Finding, answer: &str) -> Suppressed {
    Suppressed { finding, by: By::Evidence, reason: format!("the project's own Python answers it: {answer}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::RULE;
    use shipworthy_model::{ArtifactId, Facts, Findings, Region, Rule, Severity};

    type Check = fn(&Facts, &mut Findings);

    fn at(start: u32) -> Region {
        Region::new(ArtifactId(0), start, start + 1)
    }

    fn run(read: Check, ran: Check) -> (Vec<(Kind, Evidence, String)>, Vec<Suppressed>) {
        let of = |check: Check| {
            let rule: &'static Rule = Box::leak(Box::new(Rule { check, ..RULE }));
            Findings::of([rule], &Facts::default())
        };
        let (kept, answered) = confront(of(read), of(ran), &Runtime::default());
        (kept.into_iter().map(|it| (it.kind, it.evidence, it.message)).collect(), answered)
    }

    fn one(kind: Kind, evidence: Evidence, message: &str) -> Vec<(Kind, Evidence, String)> {
        vec![(kind, evidence, message.to_owned())]
    }

    #[test]
    fn what_both_say_is_said_once() {
        let (kept, answered) = run(|_, it| _ = it.fail("DEBUG is on").at(at(1)), |_, it| _ = it.fail("DEBUG is on").at(at(1)));
        assert_eq!((kept, answered.len()), (one(Kind::Fail, Evidence::Source, "DEBUG is on"), 0));
        let (kept, _) = run(|_, it| _ = it.pass("it is off"), |_, it| _ = it.pass("DEBUG is off"));
        assert_eq!(kept, one(Kind::Pass, Evidence::Source, "it is off"));
    }

    #[test]
    fn a_run_answers_what_is_open() {
        let (kept, answered) = run(|_, it| _ = it.open("who knows"), |_, it| _ = it.pass("DEBUG is off"));
        assert_eq!(kept, one(Kind::Pass, Evidence::Runtime, "DEBUG is off"));
        assert_eq!(answered[0].reason, "the project's own Python answers it: DEBUG is off");
        let (kept, answered) = run(|_, it| _ = it.open("who knows"), |_, it| _ = it.fail("DEBUG is on"));
        assert_eq!((kept, answered.len()), (one(Kind::Fail, Evidence::Runtime, "DEBUG is on"), 1));
        let (kept, answered) = run(|_, it| _ = it.open("who knows"), |_, it| _ = it.open("an object"));
        assert_eq!((kept, answered.len()), (one(Kind::Open, Evidence::Source, "who knows"), 0));
        let (kept, answered) = run(|_, it| _ = it.open("who knows").about("a"), |_, it| _ = it.pass("b is fine").about("b"));
        assert_eq!((kept.len(), answered.len()), (2, 0));
    }

    #[test]
    fn any_fail_survives_as_drift() {
        let (kept, _) = run(|_, it| _ = it.pass("it is off").at(at(3)), |_, it| _ = it.fail("DEBUG is on"));
        assert_eq!(kept, one(Kind::Fail, Evidence::Runtime, "DEBUG is on, though the source says: it is off"));
        let (kept, _) = run(|_, it| _ = it.fail("it is on"), |_, it| _ = it.pass("DEBUG is off"));
        assert_eq!(kept, one(Kind::Fail, Evidence::Source, "it is on, though once the project is loaded DEBUG is off"));
        let (kept, _) = run(|_, it| _ = it.fail("it is on").severity(Severity::Low), |_, it| _ = it.fail("DEBUG is 1"));
        assert_eq!(kept, one(Kind::Fail, Evidence::Runtime, "DEBUG is 1"));
    }

    #[test]
    fn what_the_run_itself_leaves_open_stays_open() {
        let (kept, _) = run(|_, it| _ = it.pass("it loads"), |_, it| _ = it.open("it hung").ran());
        assert_eq!(kept, one(Kind::Open, Evidence::Runtime, "it hung"));
        let (kept, _) = run(|_, it| _ = it.pass("it is off"), |_, it| _ = it.open("an object"));
        assert_eq!(kept, one(Kind::Pass, Evidence::Source, "it is off"));
        let (kept, _) = run(|_, it| _ = it.not_applicable("nothing ran"), |_, it| _ = it.open("no answer").ran().about("a"));
        assert_eq!(kept, one(Kind::Open, Evidence::Runtime, "no answer"));
    }

    #[test]
    fn a_run_that_has_seen_all_settles_it() {
        let (kept, answered) = run(|_, it| _ = it.fail("no 404.html"), |_, it| _ = it.pass("a package has it").settles());
        assert_eq!((kept, answered.len()), (one(Kind::Pass, Evidence::Runtime, "a package has it"), 1));
    }

    fn message(id: &str) -> CheckMessage {
        CheckMessage { id: id.into(), level: 30, obj: None, text: "its words".to_owned(), silenced: false }
    }

    #[test]
    fn checks_speak_through_the_rule_that_owns_them() {
        let rule = RULES.iter().copied().find(|rule| rule.id == "debug-enabled").unwrap();
        let runtime = Runtime { messages: Some(vec![message("security.W018")]), ..Runtime::default() };
        let of = |check: Check| {
            let rule: &'static Rule = Box::leak(Box::new(Rule { check, ..*rule }));
            confront(Findings::of([rule], &Facts::default()), Vec::new(), &runtime)
        };
        let (kept, _) = of(|_, it| _ = it.fail("DEBUG is on").django("security.W018"));
        assert_eq!((kept[0].django.len(), kept[0].django[0].count), (1, 1));
        assert_eq!(kept[0].django[0].text.as_deref(), Some("its words"));
        let (kept, answered) = of(|_, it| _ = it.open("who knows"));
        assert_eq!((kept[0].kind, kept[0].evidence, answered.len()), (Kind::Fail, Evidence::Runtime, 1));
        let (kept, _) = of(|_, it| _ = it.pass("nginx redirects"));
        assert_eq!((kept.len(), kept[0].kind), (1, Kind::Pass));
    }
}
