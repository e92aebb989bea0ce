//! The checklist: every item that was asked, by section, with its verdict and its proof.

use shipworthy_model::{Finding, Kind, Severity, Topic};

use super::Style;
use super::causes::{self, Cause};
use super::paint::{Paint, Tone, shorten_path, wrap};
use super::view::View;
use crate::triage::By;

/// More findings of one rule than this say nothing new.
const MOST_OF_A_RULE: usize = 6;
/// Before the message: indent, mark, space, word, two spaces.
const INDENT: usize = 2 + 1 + 1 + WORD + 2;
/// The longest word: `critical`.
const WORD: usize = 8;
/// The message is not made narrower than this for the sake of its place.
const NARROWEST: usize = 30;

/// One item of the list.
struct Item<'a> {
    mark: &'static str,
    word: &'static str,
    tone: Tone,
    finding: &'a Finding,
    /// Why it is suppressed.
    reason: Option<&'a str>,
    /// Whether that is because stronger evidence has answered it.
    discharged: bool,
}

/// Writes the checklist.
pub(super) fn render(view: &View<'_>, style: &Style, paint: Paint, out: &mut String) {
    let causes = causes::shared(&view.audit.findings, style);
    for topic in Topic::ALL {
        let items = items(view, *topic);
        if items.is_empty() {
            continue;
        }
        out.push_str(&paint.tone(Tone::Heading, topic.title()));
        out.push('\n');
        let (told, idle): (Vec<&Item<'_>>, Vec<&Item<'_>>) =
            items.iter().partition(|item| style.verbose || item.reason.is_some() || item.finding.kind != Kind::NotApplicable);
        entries(view, style, paint, &told, &causes, out);
        not_asked(view, paint, &idle, out);
        out.push('\n');
    }
}

/// The items that are told, those of one rule or one cause together.
fn entries(view: &View<'_>, style: &Style, paint: Paint, items: &[&Item<'_>], causes: &[Cause<'_>], out: &mut String) {
    let cause_of = |item: &Item<'_>| causes.iter().find(|cause| item.reason.is_none() && cause.has(item.finding));
    let mut rest: Vec<&Item<'_>> = items.to_vec();
    while let Some(first) = rest.first().copied() {
        let cause = cause_of(first);
        let together = |item: &Item<'_>| match cause {
            Some(cause) => item.reason.is_none() && cause.has(item.finding),
            None => item.finding.rule.id == first.finding.rule.id && item.mark == first.mark && cause_of(item).is_none(),
        };
        let (group, others): (Vec<&Item<'_>>, Vec<&Item<'_>>) = rest.iter().partition(|item| together(item));
        rest = others;
        if let (Some(cause), [_, _, ..]) = (cause, group.as_slice()) {
            line(view, style, paint, first, &hanging(view, cause, &group), out);
            continue;
        }
        let shown = if style.verbose || group.len() <= MOST_OF_A_RULE { group.len() } else { MOST_OF_A_RULE - 1 };
        for item in &group[..shown] {
            line(view, style, paint, item, &item.finding.message, out);
        }
        if shown < group.len() {
            let more = format!("{:INDENT$}and {} more of {}, with --verbose", "", group.len() - shown, first.finding.rule.id);
            out.push_str(&paint.tone(Tone::Quiet, &more));
            out.push('\n');
        }
    }
}

/// What hangs on a cause, in a clause: `MEDIA_ROOT, STATIC_ROOT and 3 more: the code raises KeyError`.
fn hanging(view: &View<'_>, cause: &Cause<'_>, items: &[&Item<'_>]) -> String {
    const MOST: usize = 3;
    let findings: Vec<&Finding> = items.iter().map(|item| item.finding).collect();
    let subjects = causes::subjects(&findings);
    // The names of settings are enough, where there are any.
    let settings = subjects.iter().filter(|subject| !subject.contains(' ')).count();
    let count = if settings > 0 { settings.min(MOST) } else { subjects.len().min(2) };
    let more = items.len() - count;
    let list = match (&subjects[..count], more) {
        ([names @ .., last], 0) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    };
    let reason = cause.reason();
    if reason.is_empty() { view.say(&list) } else { view.say(&format!("{list}: {reason}")) }
}

/// The items of a section: what needs work first, what is settled last.
fn items<'a>(view: &View<'a>, topic: Topic) -> Vec<Item<'a>> {
    let mut items: Vec<Item<'a>> = view
        .audit
        .findings
        .iter()
        .filter(|finding| finding.rule.topic == topic)
        .map(|finding| {
            let (mark, word, tone) = match finding.kind {
                Kind::Fail => ("✗", finding.severity.name(), Tone::Failed(finding.severity)),
                Kind::Open => ("?", "open", Tone::Open),
                Kind::Pass => ("✓", "", Tone::Passed),
                Kind::NotApplicable => ("–", "", Tone::Quiet),
            };
            Item { mark, word, tone, finding, reason: None, discharged: false }
        })
        .collect();
    let suppressed = view.audit.suppressed.iter().filter(|suppressed| suppressed.finding.rule.topic == topic);
    items.extend(suppressed.map(|suppressed| Item {
        mark: "○",
        word: "",
        tone: Tone::Quiet,
        finding: &suppressed.finding,
        reason: Some(&suppressed.reason),
        discharged: suppressed.by == By::Evidence,
    }));
    items.sort_by_key(|item| {
        let severity = if item.finding.kind == Kind::Fail { item.finding.severity } else { Severity::Info };
        (item.reason.is_some(), item.finding.kind, std::cmp::Reverse(severity))
    });
    items
}

/// An item that was judged, on a line or a few, with its place at the right.
fn line(view: &View<'_>, style: &Style, paint: Paint, item: &Item<'_>, message: &str, out: &mut String) {
    let finding = item.finding;
    let mut message = view.say(message);
    if let Some(reason) = item.reason {
        let how = if item.discharged { "discharged" } else { "suppressed" };
        message = format!("{message} – {how}: {}", view.say(reason));
    }
    if style.verbose {
        message = format!("{message} [{}]", finding.rule.id);
    }
    let room = paint.width.saturating_sub(INDENT);
    let place = finding.at.map(|at| view.say_place(at)).unwrap_or_default();
    if place.is_empty() && finding.kind != Kind::NotApplicable && style.verbose {
        let seen = view.say_where(finding).map(|seen| format!(" ({seen})"));
        message.push_str(&seen.unwrap_or_default());
    }
    let (lines, place) = laid_out(&message, &place, room, finding.kind == Kind::Pass);
    let last = lines.len() - 1;
    for (index, text) in lines.iter().enumerate() {
        let head = if index == 0 {
            format!("  {} {}  ", paint.tone(item.tone, item.mark), paint.tone(item.tone, &format!("{:WORD$}", item.word)))
        } else {
            " ".repeat(INDENT)
        };
        let settled = item.reason.is_some() || finding.kind == Kind::NotApplicable;
        out.push_str(&head);
        out.push_str(&if settled { paint.tone(Tone::Quiet, text) } else { text.clone() });
        if index == last && !place.is_empty() {
            out.push_str(&" ".repeat(room.saturating_sub(text.chars().count() + place.chars().count()).max(2)));
            out.push_str(&paint.tone(Tone::Quiet, &place));
        }
        out.push('\n');
    }
}

/// The message in lines, so that the place, whole or its end, stands behind the last one. Where it is only `nice` to
/// have, a place that does not fit is left out.
fn laid_out(message: &str, place: &str, room: usize, nice: bool) -> (Vec<String>, String) {
    let lines = wrap(message, room);
    let used = lines.last().map_or(0, |line| line.chars().count());
    if place.is_empty() {
        return (lines, String::new());
    }
    let left = room.saturating_sub(used + 2);
    let name = place.rsplit('/').next().map_or(0, |name| name.chars().count());
    let end = shorten_path(place, if name + 2 <= left { left } else { name + 2 });
    let length = end.chars().count();
    if length <= left {
        (lines, end)
    } else if nice {
        (lines, String::new())
    } else {
        (wrap(message, room.saturating_sub(length + 2).max(NARROWEST)), end)
    }
}

/// The items that do not arise here, together: each reason once.
fn not_asked(view: &View<'_>, paint: Paint, items: &[&Item<'_>], out: &mut String) {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for item in items {
        let reason = view.say(&item.finding.message);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    if reasons.is_empty() {
        return;
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(reason, count)| if count > 1 { format!("{reason} ({count} items)") } else { reason }).collect();
    for (index, text) in wrap(&reasons.join(" · "), paint.width.saturating_sub(INDENT)).iter().enumerate() {
        let head = if index == 0 { format!("  –{:WORD$}   ", "") } else { " ".repeat(INDENT) };
        out.push_str(&paint.tone(Tone::Quiet, &format!("{head}{text}")));
        out.push('\n');
    }
}
