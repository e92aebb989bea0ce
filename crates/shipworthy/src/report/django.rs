//! The layout of Django's own `check`, for eyes and scripts that know it. The words are ours.

use shipworthy_model::{Finding, Kind, Severity};

use super::Style;
use super::paint::{Paint, Tone};
use super::view::{View, django_ids};
use crate::audit::Audit;

/// Django's levels, worst first, and the severities that go there. What is not proven is information.
const LEVELS: [(&str, &[Severity]); 4] = [
    ("CRITICALS", &[Severity::Critical]),
    ("ERRORS", &[Severity::High]),
    ("WARNINGS", &[Severity::Medium]),
    ("INFOS", &[Severity::Low, Severity::Info]),
];

/// All audits.
pub(super) fn render(audits: &[Audit], style: &Style) -> String {
    let paint = Paint::new(style);
    let mut out = String::new();
    for (index, audit) in audits.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let view = View::new(audit);
        if audits.len() > 1 {
            out.push_str(&format!("{} ({})\n\n", view.say_path(&audit.root), view.say_path(&audit.facts.settings.module)));
        }
        let mut groups = String::new();
        let mut issues = 0;
        for (level, severities) in LEVELS {
            let here: Vec<&Finding> = audit
                .findings
                .iter()
                .filter(|finding| match finding.kind {
                    Kind::Fail => severities.contains(&finding.severity),
                    Kind::Open => severities.contains(&Severity::Info),
                    Kind::Pass | Kind::NotApplicable => false,
                })
                .collect();
            if here.is_empty() {
                continue;
            }
            issues += here.len();
            groups.push_str(&format!("\n{}:\n", paint.tone(Tone::Failed(severities[0]), level)));
            for finding in here {
                issue(&view, finding, &mut groups);
            }
        }
        if !groups.is_empty() {
            out.push_str("System check identified some issues:\n");
            out.push_str(&groups);
            out.push('\n');
        }
        let count = match issues {
            0 => "no issues".to_owned(),
            1 => "1 issue".to_owned(),
            _ => format!("{issues} issues"),
        };
        out.push_str(&format!("System check identified {count} ({} silenced).\n", audit.suppressed.len()));
    }
    out
}

fn issue(view: &View<'_>, finding: &Finding, out: &mut String) {
    let object = finding.django.iter().find_map(|django| django.obj.as_deref()).map_or("?".to_owned(), |obj| view.say(obj));
    let ids = if finding.django.is_empty() { String::new() } else { format!(" [{}]", django_ids(finding)) };
    let place = finding.at.map(|at| format!(" ({})", view.say_place(at))).unwrap_or_default();
    out.push_str(&format!("{object}: (shipworthy.{}) {}{ids}{place}\n", finding.rule.id, view.say(&finding.message)));
    if let Some(help) = &finding.help {
        out.push_str(&format!("\tHINT: {}\n", view.say(help)));
    }
}
