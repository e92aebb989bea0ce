//! Runs every case of every guide: the heading above a case announces the verdict, and here the rule must reach it.
//!
//! One test per case, named after the rule, the heading and the line: `cargo test --test guides debug-enabled` runs those of
//! one rule.

mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use libtest_mimic::{Arguments, Failed, Trial};
use shipworthy_model::{Django, Evidence, Facts, Finding, Findings, Kind, Region, Rule, Secret, Value, Version, django};
use shipworthy_rules::RULES;
use shipworthy_rules::guide::{Case, Guide, Heading};

fn main() {
    let mut trials = Vec::new();
    for rule in RULES {
        for (index, case) in Guide::parse(rule.guide).cases().iter().enumerate() {
            let name = format!("{} {} line {}", rule.id, case.heading.title().to_lowercase(), case.line());
            trials.push(Trial::test(name, move || run(rule, index)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn run(rule: &'static Rule, index: usize) -> Result<(), Failed> {
    let guide = Guide::parse(rule.guide);
    let cases = guide.cases();
    let case = &cases[index];
    let facts = world::facts(case)?;
    let mut findings = Findings::of([rule], &facts);
    if case.fences.iter().all(|fence| world::is_wire(fence)) {
        // There is no source: what a rule says of none is nothing.
        findings.retain(|finding| finding.evidence == Evidence::Wire);
    }
    let mut wrong = Vec::new();
    verdict(case, &findings, &mut wrong);
    pins(rule, case, &facts, &findings, &mut wrong);
    ids(case, &facts, &findings, &mut wrong);
    form(&facts, &findings, &mut wrong);
    if wrong.is_empty() { Ok(()) } else { Err(report(rule, case, &facts, &findings, &wrong).into()) }
}

/// The heading's verdict, and the severity and the end of a message if the case names one.
fn verdict(case: &Case<'_, '_>, findings: &[Finding], wrong: &mut Vec<String>) {
    let has = |kind| findings.iter().any(|finding| finding.kind == kind);
    if findings.is_empty() {
        wrong.push("the rule says nothing; it must say why it has nothing to say".to_owned());
    }
    let good = match (case.heading, case.index) {
        (Heading::Fails, _) | (Heading::Fix, 0) => has(Kind::Fail),
        (Heading::Open, _) => has(Kind::Open) && !has(Kind::Fail),
        (Heading::Passes | Heading::Fix, _) => !has(Kind::Fail) && !has(Kind::Open),
        (Heading::Unless, _) => !has(Kind::Fail),
        (Heading::Why | Heading::References, _) => false,
    };
    if !good {
        wrong.push(match (case.heading, case.index) {
            (Heading::Fix, 0) => "the text before the fix must fail".to_owned(),
            (Heading::Fix, _) => "the text after the fix must pass".to_owned(),
            (heading, _) => format!("the verdict is not that of `## {}`", heading.title()),
        });
    }
    for wanted in case.option("severity") {
        let worst = findings.iter().filter(|finding| finding.kind == Kind::Fail).map(|finding| finding.severity).max();
        if worst.map(shipworthy_model::Severity::name) != Some(wanted) {
            wrong.push(format!("severity={wanted} is asked for"));
        }
    }
    for wanted in case.option("says") {
        if !findings.iter().any(|finding| finding.message.ends_with(wanted)) {
            wrong.push(format!("no finding ends with what is asked for: {wanted}"));
        }
    }
}

/// Where lines are pinned, failed and open findings stand there and nowhere else.
fn pins(rule: &Rule, case: &Case<'_, '_>, facts: &Facts, findings: &[Finding], wrong: &mut Vec<String>) {
    let mut pinned: Vec<(&str, usize, Kind)> = Vec::new();
    for fence in &case.fences {
        for (line, kind, name) in fence.pins() {
            if name != rule.id {
                wrong.push(format!("a line is pinned to `{name}`, which is not this rule"));
            }
            pinned.push((fence.path.unwrap_or_default(), line, kind));
        }
    }
    if pinned.is_empty() {
        return;
    }
    let places: Vec<(&str, usize, Kind)> = findings
        .iter()
        .filter(|finding| matches!(finding.kind, Kind::Fail | Kind::Open))
        .filter_map(|finding| finding.at.map(|at| (place(facts, at), finding.kind)))
        .map(|((path, line), kind)| (path, line, kind))
        .collect();
    for (path, line, kind) in pinned.iter().filter(|pin| !places.contains(pin)) {
        wrong.push(format!("nothing is `{}` at {path}:{line}", kind.name()));
    }
    for (path, line, kind) in places.iter().filter(|place| !pinned.contains(place)) {
        wrong.push(format!("`{}` at {path}:{line} is not pinned, though other lines are", kind.name()));
    }
}

/// Django's ids: exactly those of `ids=`, on failed findings only, known to the version.
fn ids(case: &Case<'_, '_>, facts: &Facts, findings: &[Finding], wrong: &mut Vec<String>) {
    let mut said: BTreeMap<&str, u32> = BTreeMap::new();
    for finding in findings {
        // Words that a check said when it was run come from any application.
        for django in finding.django.iter().filter(|django| django.text.is_none()) {
            *said.entry(&*django.id).or_default() += django.count;
            if finding.kind != Kind::Fail {
                wrong.push(format!("{} stands on a finding that is `{}`", django.id, finding.kind.name()));
            }
            let check = django::CHECKS.iter().find(|check| check.id == django.id);
            let version = facts.django.version.feature();
            if check.is_none_or(|check| check.releases.iter().all(|release| *release > version)) {
                wrong.push(format!("{} does not exist in Django {}", django.id, facts.django.version));
            }
        }
    }
    let Some(_) = case.option("ids").next() else { return };
    let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
    for id in case.option("ids").flat_map(|ids| ids.split(',')).filter(|id| !id.is_empty()) {
        let (id, count) = id.rsplit_once('x').and_then(|(id, count)| Some((id, count.parse().ok()?))).unwrap_or((id, 1));
        *wanted.entry(id).or_default() += count;
    }
    if said != wanted {
        wrong.push(format!("Django's ids are {said:?}, and {wanted:?} are asked for"));
    }
}

/// What holds for every finding: the form of its words, and that no credential is in them.
fn form(facts: &Facts, findings: &[Finding], wrong: &mut Vec<String>) {
    let mut secrets: Vec<Secret> = Vec::new();
    let mut collect = |value: &Value| {
        if let shipworthy_model::Datum::Secret(secret) = &value.datum
            && secret.len() >= 6
            && secret.text().is_some_and(|text| !text.contains("://"))
        {
            secrets.push(secret.clone());
        }
    };
    for setting in facts.settings.explicit.values() {
        setting.value.walk(&mut collect);
    }
    for finding in findings {
        let texts = [Some(&finding.message), finding.label.as_ref(), finding.help.as_ref()].into_iter().flatten();
        for text in texts.chain(finding.related.iter().map(|related| &related.label)) {
            let word = text.split_whitespace().next().unwrap_or_default();
            let starts_a_sentence = word.starts_with(char::is_uppercase) && word.chars().filter(|c| c.is_uppercase()).count() < 2;
            let names = ["Django", "Apache", "Caddy", "Traefik"];
            if text.ends_with('.') || text.is_empty() || (starts_a_sentence && !names.contains(&word)) {
                wrong.push(format!("not one lower-case clause without a full stop: {text:?}"));
            }
            if secrets.iter().any(|secret| text.contains(secret.expose())) {
                wrong.push("a credential is printed".to_owned());
            }
        }
        for region in finding.at.iter().chain(finding.related.iter().map(|related| &related.at)) {
            let whole = region.start == region.end;
            if !whole && facts.artifacts.text(*region).is_empty() {
                wrong.push(format!("a region does not fit its file: {region:?}"));
            }
        }
    }
}

fn report(rule: &Rule, case: &Case<'_, '_>, facts: &Facts, findings: &[Finding], wrong: &[String]) -> String {
    let folder = rule.topic.id().replace('-', "_");
    let mut out = format!("\n  src/{folder}/{}.md:{}\n", rule.id.replace('-', "_"), case.line());
    for wrong in wrong {
        _ = writeln!(out, "  ✗ {wrong}");
    }
    out.push_str("\n  the rule says:\n");
    for finding in findings {
        _ = write!(out, "    {}", finding.kind.name());
        if finding.kind == Kind::Fail {
            _ = write!(out, " ({})", finding.severity.name());
        }
        _ = writeln!(out, ": {}", finding.message);
        let ids: Vec<String> = finding.django.iter().map(|id| format!("{}x{} {:?}", id.id, id.count, id.obj)).collect();
        for (word, text) in [("label", &finding.label), ("help", &finding.help)] {
            if let Some(text) = text {
                _ = writeln!(out, "      {word}: {text}");
            }
        }
        for (at, label) in finding.at.map(|at| (at, "")).into_iter().chain(finding.related.iter().map(|r| (r.at, &*r.label))) {
            let (path, line) = place(facts, at);
            let text = facts.artifacts.get(at.artifact).text.lines().nth(line - 1).unwrap_or_default();
            _ = writeln!(out, "      {path}:{line} | {} {label}", text.trim());
        }
        if !ids.is_empty() {
            _ = writeln!(out, "      django: {}", ids.join(", "));
        }
    }
    let settings = &facts.settings;
    _ = writeln!(out, "\n  the settings module is `{}` and sets:", settings.module);
    for (name, setting) in &settings.explicit {
        let why = setting.value.as_unknown().map(|unknown| format!(": {}", unknown.reason())).unwrap_or_default();
        _ = writeln!(out, "    {name} = {}{why} {:?}", setting.value.show(), setting.assumptions);
    }
    for error in &settings.load_errors {
        _ = writeln!(out, "    load error: {error:?}");
    }
    for notice in &settings.notices {
        _ = writeln!(out, "    notice: {}", notice.message);
    }
    out
}

fn place(facts: &Facts, at: Region) -> (&str, usize) {
    let artifact = facts.artifacts.get(at.artifact);
    let before = artifact.text.get(..at.start as usize).unwrap_or_default();
    (&artifact.path, before.matches('\n').count() + 1)
}

/// The Django a case asks for: `django=5.2`, or `django=assumed`, where nothing says which.
fn release(case: &Case<'_, '_>) -> Result<Django, String> {
    let version = match case.option("django").last() {
        Some("assumed") => return Ok(Django::default()),
        Some(text) => Version::parse(text).ok_or_else(|| format!("django={text} is no version"))?,
        None => Version::LATEST,
    };
    Ok(Django { version, from: "the case".to_owned(), at: None, assumed: false })
}
