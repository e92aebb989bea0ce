//! The checklist: every item that was asked, by section, with its verdict and its proof.

use shipworthy_model::{Finding, Kind, Region, Severity, Topic};

use super::Style;
use super::paint::{Paint, Tone, shorten_path, wrap};
use super::view::View;

/// More findings of one rule than this say nothing new.
const MOST_OF_A_RULE: usize = 6;
/// Before the message: indent, mark, space, word, two spaces.
const INDENT: usize = 2 + 1 + 1 + WORD + 2;
/// The longest word: `critical`.
const WORD: usize = 8;

/// One line of the list.
struct Item<'a> {
    mark: &'static str,
    word: &'static str,
    tone: Tone,
    finding: &'a Finding,
    /// Why it is suppressed.
    reason: Option<&'a str>,
}

/// Writes the checklist.
pub(super) fn render(view: &View<'_>, style: &Style, paint: Paint, out: &mut String) {
    for topic in Topic::ALL {
        let items = items(view, *topic);
        if items.is_empty() {
            continue;
        }
        out.push_str(&paint.tone(Tone::Heading, topic.title()));
        out.push('\n');
        let mut rest = items.as_slice();
        while let Some(first) = rest.first() {
            let same = |item: &&Item<'_>| item.finding.rule.id == first.finding.rule.id && item.mark == first.mark;
            let group = &rest[..rest.iter().take_while(same).count()];
            rest = &rest[group.len()..];
            let shown = if style.verbose || group.len() <= MOST_OF_A_RULE { group.len() } else { MOST_OF_A_RULE - 1 };
            for item in &group[..shown] {
                line(view, style, paint, item, out);
            }
            if shown < group.len() {
                let more = format!("{:INDENT$}and {} more of {}, with --verbose", "", group.len() - shown, first.finding.rule.id);
                out.push_str(&paint.tone(Tone::Quiet, &more));
                out.push('\n');
            }
        }
        out.push('\n');
    }
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
            Item { mark, word, tone, finding, reason: None }
        })
        .collect();
    let suppressed = view.audit.suppressed.iter().filter(|suppressed| suppressed.finding.rule.topic == topic);
    items.extend(suppressed.map(|suppressed| Item {
        mark: "○",
        word: "",
        tone: Tone::Quiet,
        finding: &suppressed.finding,
        reason: Some(&suppressed.reason),
    }));
    items.sort_by_key(|item| {
        let severity = if item.finding.kind == Kind::Fail { item.finding.severity } else { Severity::Info };
        (item.reason.is_some(), item.finding.kind, std::cmp::Reverse(severity))
    });
    items
}

fn line(view: &View<'_>, style: &Style, paint: Paint, item: &Item<'_>, out: &mut String) {
    let finding = item.finding;
    let mut message = view.say(&finding.message);
    if let Some(reason) = item.reason {
        message = format!("{message} – suppressed: {}", view.say(reason));
    }
    if style.verbose {
        message = format!("{message} [{}]", finding.rule.id);
    }
    let settled = item.reason.is_some() || matches!(finding.kind, Kind::NotApplicable);
    let room = paint.width.saturating_sub(INDENT);
    let lines = wrap(&message, room);
    let last = lines.len() - 1;
    for (index, text) in lines.iter().enumerate() {
        let head = if index == 0 {
            format!("  {} {}  ", paint.tone(item.tone, item.mark), paint.tone(item.tone, &format!("{:WORD$}", item.word)))
        } else {
            " ".repeat(INDENT)
        };
        let shown = if settled { paint.tone(Tone::Quiet, text) } else { text.clone() };
        out.push_str(&head);
        out.push_str(&shown);
        let used = text.chars().count();
        let place = if index == last { place(view, finding.at, room, used) } else { String::new() };
        if !place.is_empty() {
            let length = place.chars().count();
            if used + 2 + length <= room {
                out.push_str(&" ".repeat(room - used - length));
            } else {
                out.push('\n');
                out.push_str(&" ".repeat(INDENT + room.saturating_sub(length)));
            }
            out.push_str(&paint.tone(Tone::Quiet, &place));
        }
        out.push('\n');
    }
}

/// The place: whole if it fits behind the words, else its end, else on a line of its own.
fn place(view: &View<'_>, at: Option<Region>, room: usize, used: usize) -> String {
    let Some(place) = at.map(|at| view.say_place(at)) else { return String::new() };
    let left = room.saturating_sub(used + 2);
    let name = place.rsplit('/').next().map_or(0, |name| name.chars().count()) + 2;
    shorten_path(&place, if name <= left { left } else { room })
}
