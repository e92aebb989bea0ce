//! Regular expressions of configurations, compiled when they are asked.

use std::sync::{Arc, OnceLock};

use fancy_regex::{Match, Regex, RegexBuilder};

use super::Known;
use crate::{Region, Truth, Unknown, Why};

/// A regular expression of Perl's dialect (PCRE), as nginx, Apache and `HAProxy` use, or of Go's, as Caddy and Traefik do.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As written.
    pub source: Arc<str>,
    /// Whether case is ignored.
    pub ignore_case: bool,
    /// Where it is written.
    pub at: Option<Region>,
    /// The program that finds it, made when it is asked for the first time and shared by all copies: a configuration is
    /// asked about hundreds of requests.
    program: Arc<OnceLock<Option<Regex>>>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.ignore_case, self.at) == (&other.source, other.ignore_case, other.at)
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// A pattern; it is not compiled yet.
    pub fn new(source: &str, ignore_case: bool, at: Option<Region>) -> Self {
        Self { source: source.into(), ignore_case, at, program: Arc::default() }
    }

    /// Whether it is found anywhere in `text`. What cannot be compiled, or takes too long, is unknown.
    pub fn finds(&self, text: &str) -> Truth {
        match self.compiled().and_then(|regex| regex.is_match(text).map_err(|_| self.unfit())) {
            Ok(found) => found.into(),
            Err(why) => Truth::Unknown(why),
        }
    }

    /// The text of each group where it is found, the whole first; `None` where it is not.
    pub fn captures(&self, text: &str) -> Known<Option<Vec<String>>> {
        let found = self.compiled()?.captures(text).map_err(|_| self.unfit())?;
        let group = |it: Option<Match<'_>>| it.map_or_else(String::new, |it| it.as_str().to_owned());
        Ok(found.map(|groups| groups.iter().map(group).collect()))
    }

    fn compiled(&self) -> Known<&Regex> {
        self.program.get_or_init(|| self.compile()).as_ref().ok_or_else(|| self.unfit())
    }

    fn compile(&self) -> Option<Regex> {
        const LONGEST: usize = 4096;
        if self.source.len() > LONGEST || self.source.contains("{{") || self.source.contains("${") {
            return None;
        }
        let case = if self.ignore_case { "(?i)" } else { "" };
        let mut builder = RegexBuilder::new(&format!("{case}{}", self.source));
        builder.backtrack_limit(100_000).delegate_size_limit(1 << 20).build().ok()
    }

    fn unfit(&self) -> Unknown {
        Unknown::new(Why::Unsupported(format!("the pattern `{}`", self.source).into()), self.at)
    }
}
