//! Reconciliation: one question that several kinds of evidence answer gets one answer.
//!
//! Any fail survives. What the source leaves open is discharged by what the running site proves. A pass of one against a fail
//! of the other is drift: the fail, with both places.

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
        let of = |kind: Kind| seen.iter().position(|(other, _)| same(other) && other.kind == kind);
        let (fail, open, pass) = (of(Kind::Fail), of(Kind::Open), of(Kind::Pass));
        match (finding.kind, fail, pass) {
            (Kind::Open, Some(decides), _) => discharged.push(answered(finding, &seen[decides].0)),
            (Kind::Open, None, Some(decides)) if open.is_none() => discharged.push(answered(finding, &seen[decides].0)),
            (Kind::Pass, Some(decides), _) => {
                let drift = &mut seen[decides].0;
                drift.message = format!("{}, though the source says: {}", drift.message, finding.message);
                drift.see(finding.at, "drift: this does not hold on the running site");
            }
            (Kind::Fail, None, Some(contradicts)) if open.is_none() => {
                let (other, stays) = &mut seen[contradicts];
                finding.message = format!("{}, though on the running site {}", finding.message, other.message);
                finding.exchanges.extend(other.exchanges.iter().copied());
                *stays = false;
                kept.push(finding);
            }
            (Kind::Open | Kind::Pass | Kind::Fail | Kind::NotApplicable, _, _) => kept.push(finding),
        }
    }
    kept.extend(seen.into_iter().filter(|(_, stays)| *stays).map(|(finding, _)| finding));
    (kept, discharged)
}

fn answered(finding: Finding, by: &Finding) -> Suppressed {
    Suppressed { finding, by: By::Evidence, reason: format!("the running site answers it: {}", by.message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::RULE;
    use shipworthy_model::{ArtifactId, Facts, Findings, Region, Rule};

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
        assert_eq!((kept[0].kind, kept[0].related[0].at), (Kind::Fail, at));
        assert!(kept[0].message.contains("though the source says: the setting is on"));
        let (kept, _) = run(|_, findings| {
            findings.fail("the setting is off").at(Region::new(ArtifactId(0), 1, 2));
            findings.pass("it redirects").seen([shipworthy_model::ExchangeId(3)]);
        });
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].kind, kept[0].at, kept[0].exchanges.len()), (Kind::Fail, Some(at), 1));
    }
}
