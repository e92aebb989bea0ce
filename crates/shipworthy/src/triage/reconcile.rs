//! Reconciliation: one question that several kinds of evidence answer gets one answer.
//!
//! Any fail survives. What the source leaves open is discharged by what the running site proves. A pass of one against a fail
//! of the other is drift: the fail, with both places. What both say is said once. Whatever the site shows is told where the
//! line stands that should have decided it.

use shipworthy_model::{Evidence, Finding, Kind};

use super::{By, Suppressed};

/// The findings that remain, and the open ones that were answered.
pub(crate) fn reconcile(findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
    let (seen, read): (Vec<Finding>, Vec<Finding>) = findings.into_iter().partition(|finding| finding.evidence == Evidence::Wire);
    let mut seen: Vec<(Finding, bool)> = seen.into_iter().map(|finding| (finding, true)).collect();
    let mut kept = Vec::new();
    let mut discharged = Vec::new();
    for mut finding in read {
        let same = |other: &Finding| other.rule.id == finding.rule.id && other.subject == finding.subject;
        let of = |kind: Kind| seen.iter().position(|(other, stays)| *stays && same(other) && other.kind == kind);
        let (fail, open, pass) = (of(Kind::Fail), of(Kind::Open), of(Kind::Pass));
        if matches!(finding.kind, Kind::Open | Kind::Pass) {
            for (other, _) in seen.iter_mut().filter(|(other, _)| same(other) && other.kind == Kind::Fail) {
                blame(other, &finding);
            }
        }
        match (finding.kind, fail, pass) {
            (Kind::Open, Some(decides), _) => discharged.push(answered(finding, &mut seen[decides].0)),
            (Kind::Open, None, Some(decides)) if open.is_none() => discharged.push(answered(finding, &mut seen[decides].0)),
            (Kind::Pass, Some(_), _) => {}
            (Kind::Fail, None, Some(contradicts)) if open.is_none() => {
                let (other, stays) = &mut seen[contradicts];
                finding.message = format!("{}, though on the running site {}", finding.message, other.message);
                finding.exchanges.extend(other.exchanges.iter().copied());
                *stays = false;
                kept.push(finding);
            }
            (Kind::Fail, Some(shows), _) => {
                let (other, stays) = &mut seen[shows];
                finding.message = format!("{}; on the running site {}", finding.message, other.message);
                finding.exchanges.extend(other.exchanges.iter().copied());
                finding.severity = finding.severity.max(other.severity);
                *stays = false;
                kept.push(finding);
            }
            (Kind::Open | Kind::Pass | Kind::Fail | Kind::NotApplicable, _, _) => kept.push(finding),
        }
    }
    kept.extend(seen.into_iter().filter(|(_, stays)| *stays).map(|(finding, _)| finding));
    (kept, discharged)
}

/// Tells a failure of the site with what the source says of it: drift, if that is a pass.
fn blame(failure: &mut Finding, read: &Finding) {
    if read.kind == Kind::Pass {
        let who = match read.evidence {
            Evidence::Runtime => "the project's own Python",
            Evidence::Source | Evidence::Wire => "the source",
        };
        failure.message = format!("{}, though {who} says: {}", failure.message, read.message);
        if failure.at.is_none() && read.at.is_some() {
            failure.label = Some(DRIFT.to_owned());
        } else {
            failure.see(read.at.filter(|at| failure.at != Some(*at)), DRIFT);
        }
    }
    failure.at = failure.at.or(read.at);
}

const DRIFT: &str = "drift: this does not hold on the running site";

fn answered(finding: Finding, by: &mut Finding) -> Suppressed {
    by.at = by.at.or(finding.at);
    Suppressed { finding, by: By::Evidence, reason: format!("the running site answers it: {}", by.message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::RULE;
    use shipworthy_model::{ArtifactId, Facts, Findings, Region, Rule, Severity};

    fn run(check: fn(&Facts, &mut Findings)) -> (Vec<Finding>, Vec<Suppressed>) {
        let rule: &'static Rule = Box::leak(Box::new(Rule { check, ..RULE }));
        reconcile(Findings::of([rule], &Facts::default()))
    }

    #[test]
    fn an_open_question_is_discharged_and_listed() {
        let (kept, discharged) = run(|_, findings| {
            findings.open("nobody knows").about("a");
            findings.open("nor here").about("b");
            findings.pass("it redirects").seen([]).about("a");
        });
        assert_eq!(kept.iter().map(|finding| &*finding.message).collect::<Vec<_>>(), ["nor here", "it redirects"]);
        assert_eq!((discharged.len(), discharged[0].by), (1, By::Evidence));
        assert_eq!(discharged[0].reason, "the running site answers it: it redirects");
    }

    #[test]
    fn a_doubtful_look_discharges_nothing() {
        let (kept, discharged) = run(|_, findings| {
            findings.open("nobody knows");
            findings.pass("here it does").seen([]);
            findings.open("there it was not to be seen").seen([]);
        });
        assert_eq!((kept.len(), discharged.len()), (3, 0));
    }

    #[test]
    fn drift_is_one_finding_with_both_places() {
        let at = Region::new(ArtifactId(0), 1, 2);
        let (kept, _) = run(|_, findings| {
            findings.pass("the setting is on").at(Region::new(ArtifactId(0), 1, 2));
            findings.fail("it does not redirect").seen([shipworthy_model::ExchangeId(3)]);
        });
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].kind, kept[0].at, kept[0].label.as_deref()), (Kind::Fail, Some(at), Some(DRIFT)));
        assert!(kept[0].message.contains("though the source says: the setting is on"));
        let (kept, _) = run(|_, findings| {
            findings.pass("the setting is on").ran();
            findings.fail("it does not redirect").seen([shipworthy_model::ExchangeId(3)]);
        });
        assert!(kept[0].message.contains("though the project's own Python says: the setting is on"));
        let (kept, _) = run(|_, findings| {
            findings.fail("the setting is off").at(Region::new(ArtifactId(0), 1, 2));
            findings.pass("it redirects").seen([shipworthy_model::ExchangeId(3)]);
        });
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].kind, kept[0].at, kept[0].exchanges.len()), (Kind::Fail, Some(at), 1));
    }

    #[test]
    fn what_both_say_is_said_once() {
        let at = Region::new(ArtifactId(0), 1, 2);
        let (kept, _) = run(|_, findings| {
            findings.fail("the setting is off").at(Region::new(ArtifactId(0), 1, 2)).severity(Severity::Low);
            findings.fail("it does not redirect").seen([shipworthy_model::ExchangeId(3)]).severity(Severity::High);
            findings.fail("nor there").seen([shipworthy_model::ExchangeId(4)]);
        });
        let told: Vec<_> = kept.iter().map(|it| (&*it.message, it.at, it.exchanges.len(), it.severity)).collect();
        let once = ("the setting is off; on the running site it does not redirect", Some(at), 1, Severity::High);
        assert_eq!(told, [once, ("nor there", None, 1, RULE.severity)]);
    }

    #[test]
    fn what_the_site_answers_is_told_where_the_question_stands() {
        let (kept, discharged) = run(|_, findings| {
            findings.open("nobody knows").at(Region::new(ArtifactId(0), 1, 2));
            findings.fail("it does not redirect").seen([shipworthy_model::ExchangeId(3)]);
        });
        assert_eq!((kept.len(), kept[0].at.is_some(), discharged.len()), (1, true, 1));
    }
}
