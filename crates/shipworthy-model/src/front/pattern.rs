//! Regular expressions of configurations, compiled when they are asked.

use std::iter::Peekable;
use std::str::Chars;
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

    /// A text in which it is certainly found, as short as its first alternatives allow; `None` where none was made up.
    pub fn example(&self) -> Option<String> {
        let mut source = self.source.chars().peekable();
        let text = sample(&mut source)?;
        self.finds(&text).is_yes().then_some(text)
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

/// A text for the first alternative of a group, up to and with the parenthesis that ends it.
fn sample(source: &mut Peekable<Chars<'_>>) -> Option<String> {
    let (mut text, mut over) = (String::new(), false);
    while let Some(next) = source.next() {
        let atom = match next {
            ')' => break,
            '|' => {
                over = true;
                continue;
            }
            '^' | '$' => continue,
            '(' => group(source)?,
            '[' => class(source)?,
            '.' => "x".to_owned(),
            '\\' => match source.next()? {
                'd' => "0".to_owned(),
                'w' | 'S' | 'D' => "x".to_owned(),
                's' => " ".to_owned(),
                'b' | 'B' | 'A' | 'z' | 'Z' => continue,
                other if other.is_ascii_alphanumeric() => return None,
                other => other.to_string(),
            },
            other => other.to_string(),
        };
        let optional = matches!(source.peek(), Some('*' | '?'));
        while source.next_if(|it| "*?+".contains(*it)).is_some() {}
        if !optional && !over {
            text.push_str(&atom);
        }
    }
    Some(text)
}

/// A text for a group whose opening parenthesis was read. One that only looks around has none.
fn group(source: &mut Peekable<Chars<'_>>) -> Option<String> {
    let mut looks = false;
    if source.next_if_eq(&'?').is_some() {
        match source.next()? {
            ':' => {}
            '=' | '!' => looks = true,
            'P' | '<' | '\'' => {
                source.next_if_eq(&'<');
                match source.peek()? {
                    '=' | '!' => looks = true,
                    _ => while !matches!(source.next()?, '>' | '\'') {},
                }
            }
            _ => return None,
        }
    }
    let inside = sample(source)?;
    Some(if looks { String::new() } else { inside })
}

/// A character of a class whose opening bracket was read.
fn class(source: &mut Peekable<Chars<'_>>) -> Option<String> {
    let negated = source.next_if_eq(&'^').is_some();
    let mut first = source.next()?;
    if first == '\\' {
        first = match source.next()? {
            'd' => '0',
            'w' => 'x',
            other => other,
        };
    }
    while source.next()? != ']' {}
    Some(if negated { "x".to_owned() } else { first.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_up_that_the_pattern_finds() {
        let example = |source: &str| Pattern::new(source, false, None).example();
        assert_eq!(example("^/(admin|api|gui)").as_deref(), Some("/admin"));
        assert_eq!(example(r"^/(?:v\d+/)?users/(?P<name>[^/]+)\.json$").as_deref(), Some("/users/x.json"));
        assert_eq!(example("^/(?!static)[a-z]+/$").as_deref(), Some("/a/"));
        assert_eq!(example("^/(?!a)a"), None);
        assert_eq!(example("^/a{2}"), None);
    }
}
