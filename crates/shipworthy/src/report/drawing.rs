//! Drawings: what fails or stays open, with the lines that show it, as a compiler would.

use std::cmp::Reverse;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use shipworthy_model::{Finding, Kind, Region, Severity};

use super::Style;
use super::causes::{self, Cause};
use super::paint::{Paint, Tone, wrap};
use super::view::{View, django_ids, is_whole};

/// Of one rule, so many findings are drawn; the others are in the checklist.
const MOST_OF_A_RULE: usize = 3;
/// Places of one file this near to each other are drawn in one excerpt.
const NEAR: usize = 6;
/// Longer lines are cut around what is to be seen in them.
const LONGEST: usize = 400;

/// One thing to draw.
pub(super) struct Drawing {
    /// What it is, before the title.
    pub(super) name: &'static str,
    /// The colour of the name and of what is underlined first.
    pub(super) tone: Tone,
    /// The rule.
    pub(super) id: Option<&'static str>,
    /// One clause.
    pub(super) title: String,
    /// The places to show.
    pub(super) spots: Vec<Spot>,
    /// The next step.
    pub(super) help: Option<String>,
    /// What else is to be said.
    pub(super) notes: Vec<String>,
}

/// A place with what is to be seen there.
pub(super) struct Spot {
    /// The place.
    pub(super) at: Region,
    /// What is to be seen.
    pub(super) label: Option<String>,
    /// Whether the drawing is about this place.
    pub(super) primary: bool,
    /// At most so many of its lines are shown.
    pub(super) lines: usize,
}

/// Draws the findings, worst first.
pub(super) fn render(view: &View<'_>, style: &Style, paint: Paint, out: &mut String) {
    for drawing in drawings(view, style) {
        out.push_str(&draw(view, &drawing, paint));
        out.push_str("\n\n");
    }
}

fn drawings(view: &View<'_>, style: &Style) -> Vec<Drawing> {
    let told = |finding: &&Finding| style.verbose || finding.severity > Severity::Info;
    let of_kind = |kind: Kind| {
        let mut findings: Vec<&Finding> =
            view.audit.findings.iter().filter(|finding| finding.kind == kind).filter(told).collect();
        findings.sort_by_key(|finding| Reverse(finding.severity));
        findings
    };
    let mut drawings = Vec::new();
    alike(view, &of_kind(Kind::Fail), style, &mut drawings);
    let causes = causes::shared(&view.audit.findings, style);
    let mut open = of_kind(Kind::Open);
    while let Some(first) = open.first().copied() {
        let cause = causes.iter().find(|cause| cause.has(first));
        let (together, rest): (Vec<&Finding>, Vec<&Finding>) =
            open.iter().partition(|finding| cause.map_or(std::ptr::eq(**finding, first), |cause| cause.has(finding)));
        match cause {
            Some(cause) => drawings.push(one_for_all(view, cause)),
            None => alike(view, &together, style, &mut drawings),
        }
        open = rest;
    }
    drawings
}

/// Many open questions with one cause, drawn once.
fn one_for_all(view: &View<'_>, cause: &Cause<'_>) -> Drawing {
    const MOST_PLACES: usize = 3;
    const MOST_SUBJECTS: usize = 12;
    let (count, reason) = (cause.findings.len(), view.say(cause.reason()));
    let places = cause.places();
    let spots = places.iter().take(MOST_PLACES).enumerate();
    let spots = spots.map(|(index, at)| Spot { at: *at, label: None, primary: index == 0, lines: 1 }).collect();
    let mut notes = Vec::new();
    if places.len() > MOST_PLACES {
        notes.push(format!("and {} more places", places.len() - MOST_PLACES));
    }
    let subjects: Vec<String> = causes::subjects(&cause.findings).into_iter().map(|subject| view.say(subject)).collect();
    // The names of settings are enough, where there are any.
    let names = subjects.iter().filter(|subject| !subject.contains(' ')).count();
    let told = if names > 0 { names } else { subjects.len() }.min(MOST_SUBJECTS);
    let more = subjects.len() - told;
    let shown = subjects[..told].join(", ");
    notes.push(match more {
        0 => format!("open because of it: {shown}"),
        more => format!("open because of it: {shown}, and {more} more, with --verbose"),
    });
    Drawing {
        name: "open",
        tone: Tone::Open,
        id: None,
        title: if reason.is_empty() {
            format!("{count} items hang on this place")
        } else {
            format!("{count} items hang on one cause: {reason}")
        },
        spots,
        help: None,
        notes,
    }
}

/// Findings one by one; of each rule the first few.
fn alike(view: &View<'_>, findings: &[&Finding], style: &Style, drawings: &mut Vec<Drawing>) {
    let most = if style.verbose { usize::MAX } else { MOST_OF_A_RULE };
    for (index, finding) in findings.iter().enumerate() {
        let same = |other: &&&Finding| other.rule.id == finding.rule.id && other.kind == finding.kind;
        let earlier = findings[..index].iter().filter(same).count();
        if earlier >= most {
            continue;
        }
        let all = findings.iter().filter(same).count();
        let repeats_help = findings[..index].iter().filter(same).any(|other| other.help == finding.help);
        let mut drawing = single(view, finding);
        if repeats_help {
            drawing.help = None;
        }
        if earlier + 1 == most && all > most {
            drawing.notes.push(format!("{} more of this rule, with --verbose", all - most));
        }
        drawings.push(drawing);
    }
}

fn single(view: &View<'_>, finding: &Finding) -> Drawing {
    let (name, tone) = match finding.kind {
        Kind::Open => ("open", Tone::Open),
        Kind::Fail | Kind::Pass | Kind::NotApplicable => (finding.severity.name(), Tone::Failed(finding.severity)),
    };
    let primary =
        finding.at.map(|at| Spot { at, label: finding.label.as_deref().map(|label| view.say(label)), primary: true, lines: 1 });
    let related = finding.related.iter().map(|related| Spot {
        at: related.at,
        label: Some(view.say(&related.label)),
        primary: false,
        lines: 1,
    });
    let mut notes: Vec<String> = view.say_exchanges(finding).into_iter().take(3).map(|seen| format!("seen: {seen}")).collect();
    // Without a line of source there is nothing to write a label beside.
    notes.extend(finding.label.as_deref().filter(|_| finding.at.is_none()).map(|label| view.say(label)));
    if !finding.django.is_empty() {
        notes.push(format!("Django reports {}", django_ids(finding)));
    }
    Drawing {
        name,
        tone,
        id: Some(finding.rule.id),
        title: view.say(&finding.message),
        spots: primary.into_iter().chain(related).collect(),
        help: finding.help.as_deref().map(|help| view.say(help)),
        notes,
    }
}

/// One drawing as text, without an end of line.
pub(super) fn draw(view: &View<'_>, drawing: &Drawing, paint: Paint) -> String {
    let head = drawing.name.len() + drawing.id.map_or(0, |id| id.len() + 2) + 2;
    let title = wrap(&drawing.title, paint.width.saturating_sub(head).max(30)).join("\n");
    let title = Level::ERROR.with_name(drawing.name).primary_title(title);
    let title = match drawing.id {
        Some(id) => title.id(id),
        None => title,
    };
    let mut group = Group::with_title(title);
    let mut corrections = Vec::new();
    let mut notes = Vec::new();
    let mut digits = 1;
    for mut excerpt in excerpts(view, &drawing.spots) {
        digits = digits.max(excerpt.last_line().to_string().len());
        corrections.extend(excerpt.correction());
        notes.extend(excerpt.take_wide_label(paint.width));
        group = excerpt.add_to(group);
    }
    let room = paint.width.saturating_sub(digits + 3 + 6).max(30);
    if let Some(help) = &drawing.help {
        group = group.element(Level::HELP.message(wrap(help, room).join("\n")));
    }
    for note in notes.iter().chain(&drawing.notes) {
        group = group.element(Level::NOTE.message(wrap(note, room).join("\n")));
    }
    let mut drawn = renderer(drawing.tone, paint).render(&[group]);
    for (wrong, right) in corrections {
        drawn = drawn.replacen(&wrong, &right, 1);
    }
    // Lines without words end in spaces, which nobody needs.
    drawn.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn renderer(tone: Tone, paint: Paint) -> Renderer {
    let renderer = if paint.color() { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Unicode).term_width(paint.width).hyperlink(false);
    if !paint.color() {
        return renderer;
    }
    let quiet = Tone::Quiet.ink();
    renderer.error(tone.ink()).line_num(quiet).context(Tone::Code.ink()).help(Tone::Passed.ink()).note(quiet)
}

/// A stretch of a file with the spots in it.
struct Excerpt {
    path: String,
    first_line: usize,
    source: String,
    spots: Vec<Shown>,
    /// Whether lines without a spot are left out.
    folds: bool,
    /// Columns that were cut off before the first spot's line.
    cut: usize,
}

/// A spot inside an excerpt.
struct Shown {
    span: std::ops::Range<usize>,
    label: Option<String>,
    primary: bool,
    line: usize,
    column: usize,
}

impl Excerpt {
    fn last_line(&self) -> usize {
        self.first_line + self.source.matches('\n').count()
    }

    /// Where a long line was cut, the renderer counts columns from the cut.
    fn correction(&self) -> Option<(String, String)> {
        let first = self.spots.iter().find(|spot| spot.primary).or_else(|| self.spots.first()).filter(|_| self.cut > 0)?;
        let place = |column: usize| format!("{}:{}:{column}", self.path, first.line);
        Some((place(first.column - self.cut), place(first.column)))
    }

    /// A label that would run over the edge: better told below, where it is wrapped.
    fn take_wide_label(&mut self, width: usize) -> Option<String> {
        let gutter = self.last_line().to_string().len() + 3;
        let [spot] = self.spots.as_mut_slice() else { return None };
        let shown = self.source[..spot.span.end].rsplit('\n').next().map_or(0, |line| line.chars().count());
        let length = spot.label.as_deref()?.chars().count();
        if spot.primary && gutter + shown + 1 + length > width { spot.label.take() } else { None }
    }

    fn add_to(self, group: Group<'_>) -> Group<'_> {
        if self.spots.is_empty() {
            return group.element(Origin::path(self.path));
        }
        let annotations = self.spots.into_iter().map(|spot| {
            let kind = if spot.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(spot.span).label(spot.label)
        });
        let snippet = Snippet::source(self.source).line_start(self.first_line).path(self.path).fold(self.folds);
        group.element(snippet.annotations(annotations))
    }
}

/// The excerpts that show these spots, neighbours together.
fn excerpts(view: &View<'_>, spots: &[Spot]) -> Vec<Excerpt> {
    let mut groups: Vec<Vec<(usize, &Spot)>> = Vec::new();
    for spot in spots {
        let line = view.place(spot.at).line;
        let near = |group: &&mut Vec<(usize, &Spot)>| {
            group.iter().all(|(other, known)| {
                known.at.artifact == spot.at.artifact && other.abs_diff(line) <= NEAR && !is_whole(known.at) && !is_whole(spot.at)
            })
        };
        match groups.iter_mut().find(near) {
            Some(group) => group.push((line, spot)),
            None => groups.push(vec![(line, spot)]),
        }
    }
    groups.iter().map(|group| excerpt(view, group)).collect()
}

fn excerpt(view: &View<'_>, spots: &[(usize, &Spot)]) -> Excerpt {
    let artifact = spots[0].1.at.artifact;
    let path = view.say_file(artifact);
    let first = spots.iter().map(|(line, _)| *line).min().unwrap_or(1);
    let last = spots.iter().map(|(line, spot)| view.place(spot.at).end_line.min(line + spot.lines - 1)).max().unwrap_or(1);
    let last = last.max(spots.iter().map(|(line, _)| *line).max().unwrap_or(1));
    let folds = spots.iter().all(|(_, spot)| spot.lines == 1);
    let mut shown = Excerpt { path, first_line: first, source: String::new(), spots: Vec::new(), folds, cut: 0 };
    if spots.iter().all(|(_, spot)| is_whole(spot.at)) {
        return shown;
    }
    for number in first..=last {
        let text = view.line(artifact, number);
        let length = text.chars().count();
        let here: Vec<&Spot> = spots.iter().filter(|(line, _)| *line == number).map(|(_, spot)| *spot).collect();
        let places: Vec<_> = here.iter().map(|spot| view.place(spot.at)).collect();
        // A long line is cut around its first spot; the columns of the others may then fall outside.
        let begin = places.iter().map(|place| place.column - 1).min().unwrap_or(0);
        let cut = if length > LONGEST { begin.saturating_sub(LONGEST / 4) } else { 0 };
        let text: String = text.chars().skip(cut).take(LONGEST).collect();
        if !here.is_empty() && cut > 0 {
            shown.cut = cut;
        }
        let offset = shown.source.len();
        let byte = |column: usize| offset + text.char_indices().nth(column).map_or(text.len(), |(at, _)| at);
        for (spot, place) in here.iter().zip(&places) {
            let start = (place.column - 1).saturating_sub(cut);
            let end = if place.end_line > place.line { usize::MAX } else { (place.end_column - 1).saturating_sub(cut) };
            let visible = offset + text.trim_end().len();
            let span = byte(start).min(visible)..byte(end).min(visible);
            shown.spots.push(Shown {
                span: span.start..span.end.max(span.start),
                label: spot.label.clone().filter(|label| !label.is_empty()),
                primary: spot.primary,
                line: place.line,
                column: place.column,
            });
        }
        shown.source.push_str(&text);
        if number < last {
            shown.source.push('\n');
        }
    }
    shown
}
