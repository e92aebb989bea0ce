//! Guides: a rule's page for the terminal and for other programs, and the list of all rules.

use shipworthy_model::{Evidence, Rule, Topic};

use super::paint::{Paint, Tone, wrap};
use super::prose;

/// A rule's guide for the terminal.
pub(super) fn render(rule: &Rule, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.tone(Tone::Heading, rule.id));
    let mut fact = |label: &str, value: &str| {
        let lines = wrap(value, paint.width.saturating_sub(12));
        out.push_str(&format!("{}{}\n", paint.tone(Tone::Quiet, &format!("{label:<12}")), lines.join(&format!("\n{:12}", ""))));
    };
    fact("section", rule.topic.title());
    fact("severity", rule.severity.name());
    if !rule.django.is_empty() {
        fact("Django", &rule.django.join(", "));
    }
    let evidence: Vec<&str> = evidence(rule.guide).into_iter().map(Evidence::name).collect();
    if !evidence.is_empty() {
        fact("evidence", &evidence.join(", "));
    }
    out.push('\n');
    body(rule.guide, paint, &mut out);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Every rule, by section.
pub(super) fn list(rules: &[&Rule], paint: Paint) -> String {
    let longest = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for topic in Topic::ALL {
        let here: Vec<&&Rule> = rules.iter().filter(|rule| rule.topic == *topic).collect();
        if here.is_empty() {
            continue;
        }
        out.push_str(&format!("{}  {}\n", paint.tone(Tone::Heading, topic.title()), paint.tone(Tone::Quiet, topic.id())));
        for rule in here {
            let severity = paint.tone(Tone::Failed(rule.severity), &format!("{:<8}", rule.severity.name()));
            let lines = wrap(rule.summary, paint.width.saturating_sub(longest + 14).max(20));
            let indent = format!("\n{:1$}", "", longest + 14);
            out.push_str(&format!("  {:<longest$}  {severity}  {}\n", rule.id, lines.join(&indent)));
        }
        out.push('\n');
    }
    out.push_str(&paint.tone(Tone::Quiet, "shipworthy explain RULE shows a rule's guide"));
    out.push('\n');
    out
}

/// A guide as Markdown for other programs: what only tests need is left out.
pub(super) fn markdown(guide: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in guide.lines() {
        if let Some(info) = line.strip_prefix("```") {
            inside = !inside;
            out.push_str("```");
            if inside {
                out.push_str(info.split_whitespace().next().unwrap_or_default());
            }
        } else if inside || line.trim() != "and" {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// The first paragraph of a guide.
pub(super) fn lead(guide: &str) -> String {
    let lead: Vec<&str> =
        guide.lines().skip_while(|line| line.trim().is_empty()).take_while(|line| !line.trim().is_empty()).collect();
    lead.join(" ").replace("**", "")
}

/// From where the rule can tell a failure: what evidence stands in the cases that fail.
fn evidence(guide: &str) -> Vec<Evidence> {
    let mut found = Vec::new();
    let mut fails = false;
    let mut inside = false;
    for line in guide.lines() {
        if let Some(info) = line.strip_prefix("```") {
            inside = !inside;
            let mut words = info.split_whitespace();
            if let (true, true, Some(language), Some(name)) = (inside, fails, words.next(), words.next()) {
                found.push(match (language, name) {
                    ("http", _) => Evidence::Wire,
                    ("json", "runtime") => Evidence::Runtime,
                    _ => Evidence::Source,
                });
            }
        } else if !inside && line.starts_with("## ") {
            fails = line == "## Fails";
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The Markdown of a guide: headings, paragraphs, lists, quotes and fences.
fn body(guide: &str, paint: Paint, out: &mut String) {
    let mut paragraph = String::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            flush(&mut paragraph, paint, out);
            fence(info, lines.by_ref().take_while(|line| !line.starts_with("```")), paint, out);
        } else if line.trim().is_empty() {
            flush(&mut paragraph, paint, out);
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut paragraph, paint, out);
            out.push_str(&format!("{}\n", paint.tone(Tone::Heading, heading.trim_start_matches('#').trim())));
        } else if line.trim() == "and" {
            // It only joins the files of one case.
            flush(&mut paragraph, paint, out);
        } else {
            if is_item(line) {
                flush_tight(&mut paragraph, paint, out);
            }
            paragraph.push_str(line.trim_end());
            paragraph.push('\n');
        }
    }
    flush(&mut paragraph, paint, out);
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|character: char| character.is_ascii_digit());
    line.starts_with("- ") || line.starts_with("* ") || (number.len() < line.len() && number.starts_with(". "))
}

fn flush(paragraph: &mut String, paint: Paint, out: &mut String) {
    if !paragraph.is_empty() {
        flush_tight(paragraph, paint, out);
        out.push('\n');
    }
}

fn flush_tight(paragraph: &mut String, paint: Paint, out: &mut String) {
    let Some(first) = paragraph.lines().next() else { return };
    let indent = first.len() - first.trim_start().len();
    let marker = if is_item(first) { first.trim_start().find(' ').map_or(0, |at| at + 1) } else { 0 };
    let (head, text) = (paragraph[indent..indent + marker].replace("* ", "- "), paragraph[indent + marker..].to_owned());
    for (index, line) in prose::lines(&text, paint.width.saturating_sub(indent + marker), paint).iter().enumerate() {
        let head = if index == 0 { head.clone() } else { " ".repeat(marker) };
        out.push_str(&format!("{}{head}{line}\n", " ".repeat(indent)));
    }
    paragraph.clear();
}

fn fence<'t>(info: &str, lines: impl Iterator<Item = &'t str>, paint: Paint, out: &mut String) {
    let mut words = info.split_whitespace();
    if let Some(name) = words.nth(1) {
        // After a file's name come options for the tests; a request or a run has its name in all words.
        let caption = if info.starts_with("http ") { info.trim_start_matches("http ") } else { name };
        out.push_str(&format!("    {}\n", paint.tone(Tone::Quiet, caption)));
    }
    for line in lines {
        let line = format!("    {line}");
        out.push_str(&paint.tone(Tone::Code, line.trim_end()));
        out.push('\n');
    }
    out.push('\n');
}
