//! Causes: what many open questions have in common, so that it is said once.

use shipworthy_model::{Finding, Kind, Region};

use super::Style;

/// From so many open questions with one cause on, they are told together.
const SHARED_FROM: usize = 3;

/// What open questions hang on: a reason, or the place where knowledge ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key<'a> {
    Reason(&'a str),
    Place(Region),
}

/// Open questions with one cause.
#[derive(Debug)]
pub(super) struct Cause<'a> {
    key: Key<'a>,
    /// The questions, in the order of the audit.
    pub(super) findings: Vec<&'a Finding>,
}

impl<'a> Cause<'a> {
    /// The reason as one clause; empty where the place says it all.
    pub(super) fn reason(&self) -> &'a str {
        match self.key {
            Key::Reason(reason) => reason,
            Key::Place(_) => "",
        }
    }

    /// Where it stands: each place once, the one of the most questions first.
    pub(super) fn places(&self) -> Vec<Region> {
        let mut places: Vec<(Region, usize)> = Vec::new();
        for at in self.findings.iter().filter_map(|finding| finding.at) {
            match places.iter_mut().find(|(known, _)| *known == at) {
                Some((_, count)) => *count += 1,
                None => places.push((at, 1)),
            }
        }
        places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        places.into_iter().map(|(place, _)| place).collect()
    }

    /// Whether a question is one of these.
    pub(super) fn has(&self, finding: &Finding) -> bool {
        self.findings.iter().any(|known| std::ptr::eq(*known, finding))
    }
}

/// The causes that many open questions share. Who asks for everything gets the questions one by one.
pub(super) fn shared<'a>(findings: &'a [Finding], style: &Style) -> Vec<Cause<'a>> {
    if style.verbose {
        return Vec::new();
    }
    let mut causes: Vec<Cause<'a>> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.kind == Kind::Open) {
        let key = match (parts(&finding.message).1, finding.at) {
            ("", None) => continue,
            ("", Some(at)) => Key::Place(at),
            (reason, _) => Key::Reason(reason),
        };
        match causes.iter_mut().find(|cause| cause.key == key) {
            Some(cause) => cause.findings.push(finding),
            None => causes.push(Cause { key, findings: vec![finding] }),
        }
    }
    causes.retain(|cause| cause.findings.len() >= SHARED_FROM);
    causes
}

/// What these questions are about, each once: names of settings first, then what takes a clause to say.
pub(super) fn subjects<'a>(findings: &[&'a Finding]) -> Vec<&'a str> {
    let mut subjects: Vec<&str> = Vec::new();
    for finding in findings {
        let (subject, _) = parts(&finding.message);
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    subjects.sort_by_key(|subject| subject.contains(' '));
    subjects
}

/// The question and the reason why it is open: `whether DEBUG is on` and `the code raises KeyError`.
fn parts(message: &str) -> (&str, &str) {
    let (question, reason) = message.split_once(": ").unwrap_or((message, ""));
    let question = [" could not be decided", " cannot be judged", " cannot be decided"]
        .into_iter()
        .find_map(|end| question.strip_suffix(end))
        .unwrap_or(question);
    (question, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_apart() {
        let message = "whether DEBUG is on could not be decided: the code raises KeyError: 'X'";
        assert_eq!(parts(message), ("whether DEBUG is on", "the code raises KeyError: 'X'"));
        assert_eq!(parts("a web server must serve STATIC_ROOT"), ("a web server must serve STATIC_ROOT", ""));
    }
}
