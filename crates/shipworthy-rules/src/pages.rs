//! What the pages of the running site carry: one question, asked of each header that every page should have.

use shipworthy_model::{Facts, Findings, Response, Severity};

/// The words in which the answers about one header are said, each behind the site's name.
pub(crate) struct Words {
    /// Where every page is right.
    pub(crate) right: &'static str,
    /// Where one is not.
    pub(crate) wrong: &'static str,
    /// What that means, where it is not plain.
    pub(crate) label: Option<&'static str>,
    /// The next step.
    pub(crate) help: &'static str,
    /// How bad that is, where it is not as bad as the rule says.
    pub(crate) severity: Option<Severity>,
}

/// Judges every page of the application that was seen.
pub(crate) fn judge(facts: &Facts, findings: &mut Findings, words: &Words, is_right: impl Fn(&Response) -> bool) {
    let Some(wire) = facts.wire() else { return };
    let pages = wire.pages();
    let Some(first) = pages.first() else {
        findings.not_applicable("no page of the application was seen").seen([]);
        return;
    };
    let site = wire.called();
    match pages.iter().find(|seen| !is_right(seen.response)) {
        None => {
            findings.pass(format!("{site} {}", words.right)).seen([first.id]);
        }
        Some(seen) => {
            let finding = findings.fail(format!("{site} {}", words.wrong)).seen([seen.id]).help(words.help);
            finding.severity = words.severity.unwrap_or(finding.severity);
            finding.label = words.label.map(str::to_owned);
        }
    }
}
