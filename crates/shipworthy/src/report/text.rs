//! The report for people: whose settings, one checklist, the findings drawn, one line of summary.

use shipworthy_model::{Kind, Severity};

use super::environment::listed;
use super::paint::{Paint, Tone, shorten_path, wrap};
use super::view::View;
use super::{Style, checklist, drawing, environment};
use crate::audit::{Audit, Verdict};

/// Before the values of the header: indent and the longest label.
const HEADER: usize = 2 + 12;

/// All audits, one after the other.
pub(super) fn render(audits: &[Audit], style: &Style) -> String {
    let paint = Paint::new(style);
    let mut out = String::new();
    for (index, audit) in audits.iter().enumerate() {
        if index > 0 {
            out.push_str(&format!("\n{}\n\n", paint.tone(Tone::Quiet, &"─".repeat(paint.width))));
        }
        let view = View::new(audit);
        header(&view, paint, &mut out);
        checklist::render(&view, style, paint, &mut out);
        drawing::render(&view, style, paint, &mut out);
        notices(&view, style, paint, &mut out);
        out.push_str(&fitting(&summary(audit, style, paint), paint.width));
        out.push('\n');
    }
    if audits.len() > 1 {
        out.push('\n');
        out.push_str(&together(audits, style, paint));
        out.push('\n');
    }
    out
}

/// Which project, which settings and why, which Django and from where, which environment.
fn header(view: &View<'_>, paint: Paint, out: &mut String) {
    let audit = view.audit;
    let project = &audit.facts.project;
    let django = &audit.facts.django;
    let mut line = |label: &str, value: &str, proof: &str| {
        let proof = wrap(proof, paint.width.saturating_sub(HEADER).max(20));
        let longest = proof.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let fits = HEADER + value.chars().count() + 2 + longest <= paint.width;
        let between = match (value.is_empty() || longest == 0, fits) {
            (true, _) => String::new(),
            (false, true) => "  ".to_owned(),
            (false, false) => format!("\n{:HEADER$}", ""),
        };
        let proof: Vec<String> = proof.iter().map(|line| paint.tone(Tone::Quiet, line)).collect();
        let label = paint.tone(Tone::Quiet, &format!("{label:<12}"));
        let value = paint.tone(Tone::Heading, value);
        out.push_str(&format!("  {label}{value}{between}{}\n", proof.join(&format!("\n{:HEADER$}", ""))));
    };
    if let Some(wire) = audit.facts.wire() {
        line("site", &view.say(&wire.site.url()), &format!("{} requests", wire.exchanges.len()));
        if audit.facts.settings.module.is_empty() {
            // The site alone was looked at.
            out.push('\n');
            return;
        }
    }
    let root = view.say_path(&audit.root);
    line("project", if root.is_empty() { "." } else { &root }, "");
    let module = view.say_path(&audit.facts.settings.module);
    let mut why = view.say(&project.choice.reason);
    if let Some(at) = project.choice.at {
        // The reason often names the file already: then the line is all that it lacks.
        let (file, place) = (view.say_file(at.artifact), view.say_place(at));
        why = if why.contains(&file) { why.replacen(&file, &place, 1) } else { format!("{why} ({place})") };
    }
    line("settings", if module.is_empty() { "none" } else { &module }, why.trim_start());
    if !project.choice.others.is_empty() {
        let others: Vec<String> = project.choice.others.iter().map(|other| view.say_path(other)).collect();
        line("", "", &format!("not {}; choose with --settings", listed(&others, 6, "or")));
    }
    let mut from = view.say(&django.from);
    if let Some(at) = django.at {
        let place = view.say_place(at);
        let file = view.say_file(at.artifact);
        from = if from.contains(&file) { from.replacen(&file, &place, 1) } else { format!("{from} ({place})") };
    }
    line("Django", &django.version.to_string(), &from);
    if let Some(runtime) = audit.facts.runtime() {
        let python = runtime.python.as_deref().unwrap_or("an unknown version");
        let has = runtime.django.map(|version| format!(" with Django {version}")).unwrap_or_default();
        line("Python", &view.say_path(&runtime.interpreter), &format!("{}{has}, {}", view.say(python), view.say(&runtime.found)));
    }
    line("deployment", &view.say(&audit.environment), &environment::variables(view));
    if let Some(files) = environment::unapplied(view) {
        line("", "", &files);
    }
    out.push('\n');
}

/// What could not be read.
fn notices(view: &View<'_>, style: &Style, paint: Paint, out: &mut String) {
    const MOST: usize = 8;
    let notices = &view.audit.notices;
    let shown = if style.verbose { notices.len() } else { notices.len().min(MOST) };
    for notice in &notices[..shown] {
        let place = view.say_notice_place(notice).map(|place| format!(" ({})", shorten_path(&place, paint.width / 2)));
        let text = format!("{}{}", view.say(&notice.message), place.unwrap_or_default());
        for (index, line) in wrap(&text, paint.width.saturating_sub(8)).iter().enumerate() {
            let head = if index == 0 { paint.tone(Tone::Heading, "notice") + ": " } else { " ".repeat(8) };
            out.push_str(&format!("{head}{line}\n"));
        }
    }
    if shown < notices.len() {
        out.push_str(&paint.tone(Tone::Quiet, &format!("        and {} more notices, with --verbose", notices.len() - shown)));
        out.push('\n');
    }
    if !notices.is_empty() {
        out.push('\n');
    }
}

/// A summary in as many lines as it takes, broken between its parts.
fn fitting(summary: &str, width: usize) -> String {
    const BETWEEN: &str = " · ";
    let length = |text: &str| anstream::adapter::strip_str(text).to_string().chars().count();
    let mut lines: Vec<String> = Vec::new();
    for part in summary.split(BETWEEN) {
        match lines.last_mut() {
            Some(line) if length(line) + length(BETWEEN) + length(part) <= width => {
                line.push_str(BETWEEN);
                line.push_str(part);
            }
            Some(_) => lines.push(format!("       {part}")),
            None => lines.push(part.to_owned()),
        }
    }
    lines.join("\n")
}

/// `unfit: 3 critical, 2 high · 5 open · 41 pass · 2 suppressed`.
pub(super) fn summary(audit: &Audit, style: &Style, paint: Paint) -> String {
    let verdict = audit.verdict(style.fail_on, style.strict);
    let failed: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .filter(|severity| audit.failed(*severity) > 0)
        .map(|severity| paint.tone(Tone::Failed(severity), &format!("{} {}", audit.failed(severity), severity.name())))
        .collect();
    let mut parts = Vec::new();
    if !failed.is_empty() {
        parts.push(failed.join(", "));
    }
    for (count, name, tone) in [
        (audit.count(Kind::Open), "open", Tone::Open),
        (audit.count(Kind::Pass), "pass", Tone::Passed),
        (audit.count(Kind::NotApplicable), "not applicable", Tone::Quiet),
        (audit.suppressed.len(), "suppressed", Tone::Quiet),
    ] {
        if count > 0 {
            parts.push(paint.tone(tone, &format!("{count} {name}")));
        }
    }
    if parts.is_empty() {
        parts.push("nothing was asked".to_owned());
    }
    format!("{}: {}", tell(verdict, paint), parts.join(" · "))
}

fn tell(verdict: Verdict, paint: Paint) -> String {
    let tone = match verdict {
        Verdict::Fit => Tone::Passed,
        Verdict::Open => Tone::Open,
        Verdict::Unfit => Tone::Failed(Severity::Critical),
    };
    paint.tone(tone, verdict.name())
}

/// One line over several projects, or several deployments of them.
fn together(audits: &[Audit], style: &Style, paint: Paint) -> String {
    let named = audits.iter().any(|audit| audit.environment != audits[0].environment);
    let parts: Vec<String> = audits
        .iter()
        .map(|audit| {
            let root = super::clean::one_line(&audit.root).into_owned();
            let module = super::clean::one_line(&audit.facts.settings.module).into_owned();
            let name = if module.is_empty() { root } else { format!("{root} ({module})") };
            let name = if named { format!("{} {name}", super::clean::one_line(&audit.environment)) } else { name };
            format!("  {:>5}  {name}", tell(audit.verdict(style.fail_on, style.strict), paint))
        })
        .collect();
    format!("{} {}\n{}", audits.len(), if named { "deployments" } else { "projects" }, parts.join("\n"))
}
