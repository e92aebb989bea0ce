//! Tests of triage on the small project.

use shipworthy_model::{Datum, Region, Setting, Severity, Value};

use super::*;
use crate::audit::Verdict;
use crate::fixture;

fn suppression(rule: &str, reason: &str) -> Suppression {
    Suppression { rule: rule.to_owned(), paths: Vec::new(), reason: reason.to_owned() }
}

fn ids(audit: &Audit) -> Vec<&str> {
    audit.findings.iter().map(|finding| finding.rule.id).collect()
}

/// The small project with a line put before its production settings' second line.
fn with_settings(change: impl Fn(&str) -> String) -> Audit {
    let mut facts = fixture::facts();
    let findings = fixture::findings(&facts);
    let text = change(fixture::PRODUCTION);
    let mut artifacts = shipworthy_model::Artifacts::default();
    for (_, artifact) in facts.artifacts.iter() {
        let same = &*artifact.text == fixture::PRODUCTION;
        artifacts.add(&artifact.path, if same { text.as_str() } else { &artifact.text });
    }
    facts.artifacts = artifacts;
    triage("shop".to_owned(), "production".to_owned(), facts, findings, Vec::new(), &Policy::default())
}

#[test]
fn findings_come_in_the_order_of_the_checklist() {
    let audit = fixture::audit(&Policy::default());
    let topics: Vec<_> = audit.findings.iter().map(|finding| finding.rule.topic).collect();
    assert!(topics.is_sorted());
    assert_eq!(audit.verdict(Severity::Medium, false), Verdict::Unfit);
}

#[test]
fn selection_knows_rules_and_topics() {
    let policy = Policy { select: vec!["https".to_owned(), "debug-enabled".to_owned()], ..Policy::default() };
    let audit = fixture::audit(&policy);
    assert_eq!(ids(&audit), ["debug-enabled", "hsts-short", "plain-http-accepted"]);
    assert!(audit.suppressed.is_empty());
    let audit = fixture::audit(&Policy { ignore: vec!["debug".to_owned(), "settings".to_owned()], ..Policy::default() });
    assert!(!ids(&audit).contains(&"debug-enabled") && !ids(&audit).contains(&"setting-removed"));
    assert_eq!(audit.suppressed.len(), 1, "what is ignored is counted, where it is more than a pass");
}

#[test]
fn the_verdict_follows_gate_and_strictness() {
    let audit = fixture::audit(&Policy { select: vec!["https".to_owned()], ..Policy::default() });
    assert_eq!(audit.verdict(Severity::Medium, false), Verdict::Open);
    assert_eq!(audit.verdict(Severity::Medium, true), Verdict::Unfit);
    assert_eq!(audit.verdict(Severity::Low, false), Verdict::Unfit);
    assert_eq!(audit.verdict(Severity::High, true), Verdict::Fit);
}

#[test]
fn the_configuration_suppresses_with_a_reason() {
    let suppressions = vec![
        suppression("debug-enabled", "staging"),
        suppression("any-host-allowed", " "),
        suppression("no-such-rule", "x"),
        suppression("setting-removed", "x"),
        Suppression { paths: vec!["other/**".to_owned()], ..suppression("secret-key-in-source", "x") },
        Suppression { paths: vec!["shop/**/*.py".to_owned()], ..suppression("hsts-short", "staged") },
    ];
    let audit = fixture::audit(&Policy { suppressions, ..Policy::default() });
    let suppressed: Vec<_> = audit.suppressed.iter().map(|one| (one.finding.rule.id, one.by, one.reason.as_str())).collect();
    assert_eq!(suppressed, [("debug-enabled", By::Configuration, "staging"), ("hsts-short", By::Configuration, "staged")]);
    let notices: Vec<_> = audit.notices.iter().skip(1).map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        notices,
        [
            "the suppression of any-host-allowed in the configuration does not hold: it gives no reason",
            "a suppression of the configuration names `no-such-rule`, which is no rule",
            "the suppression of setting-removed in the configuration is not needed: nothing to suppress",
            "the suppression of secret-key-in-source in the configuration is not needed: nothing to suppress",
        ]
    );
}

#[test]
fn comments_suppress_with_a_reason() {
    let audit = with_settings(|text| {
        format!("{text}\n").replace("ALLOWED_HOSTS = ['*']\n", "ALLOWED_HOSTS = ['*']#shipworthy:ignore[any-host-allowed]x\n")
    });
    assert_eq!(audit.suppressed.len(), 1);
    assert_eq!((audit.suppressed[0].by, audit.suppressed[0].reason.as_str()), (By::Comment, "x"));
    let audit = with_settings(|text| {
        format!("{text}# shipworthy: ignore[debug-enabled, no-such-rule] x\n# shipworthy: ignore[hsts-short]\n")
    });
    let notices: Vec<_> = audit.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(
        notices,
        [
            "this suppression of debug-enabled is not needed: nothing to suppress here",
            "this suppression names `no-such-rule`, which is no rule",
            "this suppression of hsts-short does not hold: it gives no reason",
        ]
    );
}

#[test]
fn what_django_is_told_to_silence_is_suppressed_and_counted() {
    let mut facts = fixture::facts();
    let findings = fixture::findings(&facts);
    let ids = Datum::List(vec![Item::One(Value::text("security.W018"))]);
    let origin = vec![Region::whole(shipworthy_model::ArtifactId(0))];
    let setting = Setting { value: Value::of(ids), origin, assumptions: BTreeSet::new() };
    facts.settings.explicit.insert("SILENCED_SYSTEM_CHECKS".into(), setting);
    let audit = triage("shop".to_owned(), "production".to_owned(), facts, findings, Vec::new(), &Policy::default());
    let suppressed: Vec<_> = audit.suppressed.iter().map(|one| (one.finding.rule.id, one.by)).collect();
    assert_eq!(suppressed, [("debug-enabled", By::Silenced)]);
}
