//! Paint: colours by meaning, and lines that fit.

use anstyle::{AnsiColor, Effects, Style as Ink};
use shipworthy_model::Severity;

/// Wider than this no line is easily read.
const WIDEST: usize = 120;
/// Narrower than this nothing can be laid out.
const NARROWEST: usize = 40;

/// What a stretch of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A heading.
    Heading,
    /// A failure of this severity.
    Failed(Severity),
    /// An open question.
    Open,
    /// Something proven right.
    Passed,
    /// Something beside the point: places, labels.
    Quiet,
    /// A literal: code, a command.
    Code,
}

impl Tone {
    /// How it looks.
    pub(crate) fn ink(self) -> Ink {
        match self {
            Self::Heading => Ink::new().effects(Effects::BOLD),
            Self::Failed(Severity::Critical) => AnsiColor::BrightRed.on_default().effects(Effects::BOLD),
            Self::Failed(Severity::High) => AnsiColor::Red.on_default(),
            Self::Failed(Severity::Medium) => AnsiColor::Yellow.on_default(),
            Self::Failed(Severity::Low) | Self::Code => AnsiColor::Cyan.on_default(),
            Self::Failed(Severity::Info) | Self::Quiet => Ink::new().effects(Effects::DIMMED),
            Self::Open => AnsiColor::Magenta.on_default(),
            Self::Passed => AnsiColor::Green.on_default(),
        }
    }
}

/// Paints, or leaves text as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    color: bool,
    /// How many columns a line may have.
    pub(crate) width: usize,
}

impl Paint {
    /// For a reader of this style.
    pub(crate) fn new(style: &super::Style) -> Self {
        Self { color: style.color, width: style.width.clamp(NARROWEST, WIDEST) }
    }

    /// Whether colour is shown.
    pub(crate) fn color(self) -> bool {
        self.color
    }

    /// The text in this tone.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        if self.color && !text.is_empty() {
            let ink = tone.ink();
            format!("{ink}{text}{ink:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Breaks text into lines of at most `width` columns, at spaces; a word that is longer stands alone.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

/// The end of a path that fits into `width` columns, cut before a folder.
pub(crate) fn shorten_path(path: &str, width: usize) -> String {
    let length = path.chars().count();
    if length <= width {
        return path.to_owned();
    }
    let fits = path.match_indices('/').map(|(at, _)| &path[at..]).find(|tail| tail.chars().count() < width);
    match fits {
        Some(tail) => format!("…{tail}"),
        None => format!("…{}", path.chars().skip(length - width.min(length) + 1).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible ok", 5), ["incomprehensible", "ok"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn paths_keep_their_end() {
        assert_eq!(shorten_path("a/b.py:1", 20), "a/b.py:1");
        assert_eq!(shorten_path("very/long/path/settings.py:12", 20), "…/settings.py:12");
        assert_eq!(shorten_path("averyveryverylongname.py:12", 10), "…ame.py:12");
    }
}
