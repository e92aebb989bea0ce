//! Suppression comments: `# shipworthy: ignore[rule-id, other-rule] reason`, behind a line or above a statement.

use std::ops::Range;

use shipworthy_model::{ArtifactId, Artifacts, Region, Settings};

const MARKER: &str = "shipworthy:";

/// A suppression comment, as written.
#[derive(Debug)]
pub(super) struct Comment {
    /// Where it stands.
    pub(super) at: Region,
    /// The rules it names.
    pub(super) rules: Vec<String>,
    /// Why; empty where nothing is said.
    pub(super) reason: String,
    /// The bytes of its line.
    line: Range<usize>,
    /// The bytes of the line it speaks of, if it has its own line.
    below: Option<Range<usize>>,
}

impl Comment {
    /// Whether the comment speaks of a region: it stands on one of its lines, or of the statement around it, or alone
    /// above one of those. A finding without a place is answered by any comment that has its own line.
    pub(super) fn covers(&self, region: Option<Region>, settings: &Settings) -> bool {
        let Some(region) = region else { return self.below.is_some() };
        if region.artifact != self.at.artifact {
            return false;
        }
        let spoken_of = |region: Region| {
            let (start, end) = (region.start as usize, region.end as usize);
            let on = |line: &Range<usize>| line.start < end.max(start + 1) && start < line.end.max(line.start + 1);
            on(&self.line) || self.below.as_ref().is_some_and(on)
        };
        // Of a statement the first and the last line: a comment deep inside a dictionary speaks of its own entry only.
        let ends = |statement: &Region| {
            let last = statement.end.saturating_sub(1).max(statement.start);
            spoken_of(Region::new(statement.artifact, statement.start, statement.start))
                || spoken_of(Region::new(statement.artifact, last, last))
        };
        spoken_of(region)
            || statements(settings).filter(|statement| encloses(statement, &region)).any(|statement| ends(&statement))
    }
}

fn statements(settings: &Settings) -> impl Iterator<Item = Region> {
    settings.explicit.values().flat_map(|setting| setting.origin.iter().copied())
}

fn encloses(outer: &Region, inner: &Region) -> bool {
    outer.artifact == inner.artifact && outer.start <= inner.start && inner.end <= outer.end
}

/// Every suppression comment in the files that were read.
pub(super) fn find(artifacts: &Artifacts) -> Vec<Comment> {
    artifacts.iter().flat_map(|(id, artifact)| in_text(id, &artifact.text)).collect()
}

fn in_text(artifact: ArtifactId, text: &str) -> Vec<Comment> {
    let mut found = Vec::new();
    for (marker, _) in text.match_indices(MARKER) {
        let start = text[..marker].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[marker..].find('\n').map_or(text.len(), |length| marker + length);
        let before = text[start..marker].trim_end();
        let Some(code) = before.strip_suffix('#') else { continue };
        let Some(rest) = text[marker + MARKER.len()..end].trim_start().strip_prefix("ignore") else { continue };
        let (rules, reason) = match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((rules, reason)) => (rules, reason),
            None => ("", rest),
        };
        let comment = start + code.len();
        found.push(Comment {
            at: Region::new(artifact, comment as u32, (start + text[start..end].trim_end().len()) as u32),
            rules: rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(str::to_owned).collect(),
            // Comments of templates end in `#}` or `-->`.
            reason: reason
                .trim()
                .trim_start_matches([':', '-', '–', '—'])
                .trim_end_matches(['#', '}', '-', '>'])
                .trim()
                .to_owned(),
            line: start..end,
            below: is_alone(code).then(|| line_below(text, end)),
        });
    }
    found
}

/// Whether nothing but the opening of a comment stands before the `#`.
fn is_alone(code: &str) -> bool {
    matches!(code.trim(), "" | "{" | "<!--" | "#" | "//")
}

/// The next line that holds more than a comment.
fn line_below(text: &str, mut at: usize) -> Range<usize> {
    while at < text.len() {
        let start = at + 1;
        let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| start + length);
        let line = text.get(start..end).unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with('#') {
            return start..end;
        }
        at = end;
    }
    text.len()..text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<Comment> {
        let mut artifacts = Artifacts::default();
        artifacts.add("settings.py", text);
        find(&artifacts)
    }

    fn region(text: &str, of: &str) -> Region {
        let start = text.find(of).expect("is there") as u32;
        Region::new(ArtifactId(0), start, start + of.len() as u32)
    }

    #[test]
    fn behind_a_line_or_above_it() {
        let text = "A = 1  # shipworthy: ignore[a-b, c] we know\n# shipworthy: ignore[d] staging\n# more\n\nB = 2\nC = 3\n";
        let found = comments(text);
        let settings = Settings::default();
        assert_eq!(found[0].rules, ["a-b", "c"]);
        assert_eq!(found[0].reason, "we know");
        assert!(found[0].covers(Some(region(text, "1")), &settings) && !found[0].covers(Some(region(text, "2")), &settings));
        assert!(found[1].covers(Some(region(text, "2")), &settings) && !found[1].covers(Some(region(text, "3")), &settings));
        assert!(found[1].covers(None, &settings) && !found[0].covers(None, &settings));
    }

    #[test]
    fn above_a_statement_of_many_lines() {
        let text = "# shipworthy: ignore[a] old\nL = [\n  'x',\n  'y',\n]  # shipworthy: ignore[b] new\n";
        let found = comments(text);
        let statement = region(text, "L = [\n  'x',\n  'y',\n]");
        let mut settings = Settings::default();
        let value = shipworthy_model::Value::of(shipworthy_model::Datum::None);
        let setting =
            shipworthy_model::Setting { value, origin: vec![statement], assumptions: std::collections::BTreeSet::new() };
        settings.explicit.insert("L".into(), setting);
        assert!(found.iter().all(|comment| comment.covers(Some(region(text, "'y'")), &settings)));
    }

    #[test]
    fn what_is_no_comment_is_none() {
        assert!(comments("x = 'shipworthy: ignore[a] b'\nshipworthy: ignore[a]\n# shipworthy: hello").is_empty());
        let found = comments("{# shipworthy: ignore[a] needs it #}\n# shipworthy: ignore everything");
        assert_eq!(found[0].reason, "needs it");
        assert!(found[1].rules.is_empty());
    }
}
