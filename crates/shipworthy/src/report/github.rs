//! Workflow commands of GitHub Actions: annotations on the lines of a change.

use std::cmp::Reverse;

use shipworthy_model::{Finding, Kind, Region};

use super::Style;
use super::paint::Paint;
use super::view::{View, django_ids, is_whole};
use crate::audit::Audit;

/// One command a line: errors are what makes the project unfit, warnings what could not be proven, notices advice.
pub(super) fn render(audits: &[Audit], style: &Style) -> String {
    let mut out = String::new();
    for audit in audits {
        let view = View::new(audit);
        // GitHub shows the first ten of a kind: worst first.
        let mut findings: Vec<&Finding> = audit.findings.iter().collect();
        findings.sort_by_key(|finding| Reverse(finding.severity));
        for finding in findings {
            let command = match finding.kind {
                Kind::Fail if finding.severity >= style.fail_on => "error",
                Kind::Open if finding.severity >= style.fail_on && style.strict => "error",
                Kind::Open if finding.severity >= style.fail_on => "warning",
                Kind::Fail | Kind::Open => "notice",
                Kind::Pass | Kind::NotApplicable => continue,
            };
            let open = if finding.kind == Kind::Open { "open" } else { finding.severity.name() };
            let title = format!("{open}: {}", finding.rule.id);
            out.push_str(&annotation(&view, command, finding.at, None, &title, &message(&view, finding)));
        }
        for notice in &audit.notices {
            let path = notice.path.as_deref();
            out.push_str(&annotation(&view, "notice", notice.at, path, "shipworthy", &view.say(&notice.message)));
        }
        // The summary goes to the log, where a colon at its start is no command.
        out.push_str(&super::text::summary(audit, style, Paint::new(&Style { color: false, ..style.clone() })));
        out.push('\n');
    }
    out
}

fn message(view: &View<'_>, finding: &Finding) -> String {
    let mut message = view.say(&finding.message);
    for related in &finding.related {
        message.push_str(&format!("\n{}: {}", view.say_place(related.at), view.say(&related.label)));
    }
    if let Some(help) = &finding.help {
        message.push_str(&format!("\nhelp: {}", view.say(help)));
    }
    if !finding.django.is_empty() {
        message.push_str(&format!("\nDjango reports {}", django_ids(finding)));
    }
    message
}

fn annotation(view: &View<'_>, command: &str, at: Option<Region>, path: Option<&str>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(at) = at {
        let place = view.place(at);
        properties.push(format!("file={}", property(&view.seen_from_here(&place.path))));
        if !is_whole(at) {
            properties.push(format!("line={},endLine={}", place.line, place.end_line));
            // Columns mean something to GitHub only within one line.
            if place.line == place.end_line {
                properties.push(format!("col={},endColumn={}", place.column, place.end_column));
            }
        }
    } else if let Some(path) = path {
        properties.push(format!("file={}", property(&view.seen_from_here(&view.path(path)))));
    }
    properties.push(format!("title={}", property(title)));
    format!("::{command} {}::{}\n", properties.join(","), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    let escaped = data(text).replace(':', "%3A").replace(',', "%2C");
    super::clean::one_line(&escaped).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
