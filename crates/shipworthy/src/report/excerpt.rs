//! Excerpts: which parts of a file must not be shown when a line of it is quoted.

use std::ops::Range;

use shipworthy_model::is_secret_name;

use super::redact::is_name;
use super::tokens::{is_placeholder, private_keys, url_credentials};

/// The bytes of a file that spell credentials, judged by the names they are stored under. `regions` are places where the
/// evaluator saw a credential being spelled.
#[allow(clippy::case_sensitive_file_extension_comparisons)] // Python imports `.py` and nothing else
pub(crate) fn hidden(path: &str, text: &str, regions: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut hidden: Vec<Range<usize>> = private_keys(text).collect();
    if path.ends_with(".py") {
        let mut scanner = Scanner { text, regions, at: 0, frames: vec![Frame::default()], hidden };
        scanner.run();
        scanner.hidden
    } else {
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            hidden.extend(assigned(line).map(|range| start + range.start..start + range.end));
            start += line.len();
        }
        hidden.extend(regions.iter().cloned());
        hidden
    }
}

/// In a line of any language, what follows `NAME=`, `NAME:` or `ENV NAME` where the name is that of a credential.
fn assigned(line: &str) -> Option<Range<usize>> {
    let body = line.trim_end();
    let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let bytes = body.as_bytes();
    let mut at = 0;
    let mut declares = false;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| named(**byte)).count();
        if length == 0 {
            at += 1;
            continue;
        }
        let name = &body[at..at + length];
        at += length;
        let spaces =
            |from: usize| from + bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'')).count();
        let next = spaces(at);
        let separated = bytes.get(next).is_some_and(|byte| matches!(byte, b'=' | b':'));
        if is_secret_name(name) && (separated || declares && next > at) {
            let start = spaces(next + usize::from(separated));
            let value = body[start..].trim_end_matches(['"', '\'', ',']);
            return (!is_placeholder(value) && !value.starts_with("//")).then(|| start..start + value.len());
        }
        declares = matches!(name.to_ascii_uppercase().as_str(), "ENV" | "ARG" | "SETENV");
    }
    None
}

/// A pass over Python that knows only strings, names and brackets.
struct Scanner<'t> {
    text: &'t str,
    regions: &'t [Range<usize>],
    at: usize,
    frames: Vec<Frame<'t>>,
    hidden: Vec<Range<usize>>,
}

/// One level of brackets.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // what is known of a level, each independent of the others
struct Frame<'t> {
    /// Everything in here belongs to a credential's name.
    inherited: bool,
    /// What comes now does.
    named: bool,
    /// The last name or string, which the next `=` or `:` may turn into a key.
    pending: Option<&'t str>,
    /// Whether the brackets are those of a call, of a subscript.
    call: bool,
    subscript: bool,
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        // Whether the last token ends an expression, so that a bracket after it calls or subscripts.
        let mut operand = false;
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b'#' => {
                    let end = self.text[self.at..].find('\n').map_or(bytes.len(), |length| self.at + length);
                    if let Some(range) = assigned(&self.text[self.at..end]) {
                        self.hidden.push(self.at + range.start..self.at + range.end);
                    }
                    self.at = end;
                }
                b'\\' => self.at = self.text.ceil_char_boundary(self.at + 2),
                b'\n' => {
                    if self.frames.len() == 1 {
                        self.frames[0] = Frame::default();
                        operand = false;
                    }
                    self.at += 1;
                }
                b'"' | b'\'' => {
                    self.literal();
                    operand = true;
                }
                b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80.. => {
                    operand = self.word();
                }
                b'(' | b'[' | b'{' => {
                    let top = self.top();
                    let inherited = top.inherited || top.named;
                    self.frames.push(Frame {
                        inherited,
                        named: inherited,
                        pending: None,
                        call: byte == b'(' && operand,
                        subscript: byte == b'[' && operand,
                    });
                    operand = false;
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    if self.frames.len() > 1
                        && let Some(inner) = self.frames.pop()
                        && inner.subscript
                    {
                        self.top().pending = inner.pending;
                    }
                    operand = true;
                    self.at += 1;
                }
                b'=' | b':' => {
                    // `==`, `!=` and `=` say the same about what follows: it is compared with or stored under the name.
                    let top = self.top();
                    let key = top.pending.take().is_some_and(is_secret_name);
                    top.named = top.inherited || key || (byte == b'=' && top.named);
                    operand = false;
                    self.at += 1;
                }
                b',' => {
                    let depth = self.frames.len();
                    let top = self.top();
                    // `env("SECRET_KEY", "fallback")`: what follows the name of a credential is one.
                    if top.call && top.pending.is_some_and(is_secret_name) {
                        top.inherited = true;
                    }
                    if depth > 1 {
                        top.named = top.inherited;
                        top.pending = None;
                    }
                    operand = false;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | b'.' => self.at += 1,
                _ => {
                    operand = false;
                    self.at += 1;
                }
            }
        }
    }

    fn top(&mut self) -> &mut Frame<'t> {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// A name, keyword or number, or the prefix of a string. Returns whether it is an operand.
    fn word(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let length =
            bytes[self.at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte >= 0x80).count();
        let word = &self.text[self.at..self.at + length];
        self.at += length;
        let is_prefix = length <= 2 && word.bytes().all(|byte| b"rRbBuUfFtT".contains(&byte));
        if is_prefix && matches!(bytes.get(self.at), Some(b'"' | b'\'')) {
            self.literal();
            return true;
        }
        self.top().pending = Some(word);
        !matches!(word, "in" | "and" | "or" | "not" | "if" | "else" | "return" | "lambda" | "is" | "for" | "assert" | "yield")
    }

    /// A string, from its quote on.
    fn literal(&mut self) {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at];
        let triple = bytes[self.at..].starts_with(&[quote; 3]);
        let width = if triple { 3 } else { 1 };
        let start = self.at + width;
        let mut end = start;
        loop {
            match bytes.get(end) {
                None => break,
                Some(b'\\') => end = (end + 2).min(bytes.len()),
                Some(b'\n') if !triple => break,
                Some(byte) if *byte == quote && (!triple || bytes[end..].starts_with(&[quote; 3])) => break,
                Some(_) => end += 1,
            }
        }
        let start = self.text.floor_char_boundary(start.min(bytes.len()));
        let end = self.text.floor_char_boundary(end).max(start);
        let closed = bytes.get(end) == Some(&quote);
        self.at = if closed { (end + width).min(bytes.len()) } else { end };
        let content = &self.text[start..end];
        let seen = self.regions.iter().any(|region| region.start <= start && end <= region.end);
        let is_key = self.text[self.at..].trim_start_matches([' ', '\t']).starts_with(':') && self.frames.len() > 1;
        let top = self.top();
        let hide = (top.named || seen) && !top.subscript && !is_key && !is_name(content) && !is_placeholder(content);
        top.pending = Some(content);
        if hide {
            // Of an address only its password is a secret; where it leads may be seen.
            let before = self.hidden.len();
            self.hidden.extend(url_credentials(content).map(|part| start + part.start..start + part.end));
            if self.hidden.len() == before {
                self.hidden.push(start..end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::redact::strike_out;
    use super::*;

    fn python(text: &str) -> String {
        strike_out(text, hidden("settings.py", text, &[])).into_owned()
    }

    #[test]
    fn what_is_stored_under_a_credentials_name_goes() {
        assert_eq!(python("SECRET_KEY = 'abc' 'déf'\nDEBUG = 'abc'"), "SECRET_KEY = '•••' '•••'\nDEBUG = 'abc'");
        assert_eq!(
            python("SECRET_KEY: str = (\n  b'abc'  # SECRET_KEY=old\n)"),
            "SECRET_KEY: str = (\n  b'•••'  # SECRET_KEY=•••\n)"
        );
        assert_eq!(python("D = {'USER': 'u', 'PASSWORD': 'p', 'HOST': 'h'}"), "D = {'USER': 'u', 'PASSWORD': '•', 'HOST': 'h'}");
        assert_eq!(python("os.environ['API_TOKEN'] = 'abc'"), "os.environ['API_TOKEN'] = '•••'");
        assert_eq!(python("f(user='u', password='p', host='h')"), "f(user='u', password='•', host='h')");
        assert_eq!(python("SECRET_KEY = '''a\nb'''\nX = 'c'"), "SECRET_KEY = '''•\n•'''\nX = 'c'");
        assert_eq!(python("if SECRET_KEY == 'abc': X = 'y'"), "if SECRET_KEY == '•••': X = 'y'");
        assert_eq!(python("SECRETS = {'a': 'b'}"), "SECRETS = {'a': '•'}");
        assert_eq!(python("API = 'redis://:pw@cache/0'"), "API = 'redis://:••@cache/0'");
    }

    #[test]
    fn the_name_of_a_variable_stays_and_its_fallback_goes() {
        assert_eq!(python("K = env('DB_PASSWORD', default='abc')"), "K = env('DB_PASSWORD', default='•••')");
        assert_eq!(
            python("SECRET_KEY = os.environ.get('SECRET_KEY', 'abc')"),
            "SECRET_KEY = os.environ.get('SECRET_KEY', '•••')"
        );
        assert_eq!(python("SECRET_KEY = os.environ['django_key']"), "SECRET_KEY = os.environ['django_key']");
        assert_eq!(python("SECRET_KEY = ''"), "SECRET_KEY = ''");
    }

    #[test]
    fn other_languages_line_by_line() {
        let text = "A=1\nexport SECRET_KEY='abc'\nENV DB_PASSWORD abc\n  API_TOKEN: abc\nAPI_KEY: ${API_KEY}\n";
        let shown = "A=1\nexport SECRET_KEY='•••'\nENV DB_PASSWORD •••\n  API_TOKEN: •••\nAPI_KEY: ${API_KEY}\n";
        assert_eq!(strike_out(text, hidden(".env", text, &[])), shown);
    }

    #[test]
    fn broken_python_is_scanned_to_its_end() {
        for text in ["'", "\"\"\"", "x = '\\", "((([", ")]}", "SECRET_KEY = 'é", "\\", "f'", "é'", "#", "\\é", "'\\é", "'é\né"]
        {
            let _ = python(text);
        }
    }

    #[test]
    fn regions_hide_strings_without_a_name() {
        let text = "KEY_A, B = f('abc')";
        assert_eq!(strike_out(text, hidden("s.py", text, std::slice::from_ref(&(11..19)))), "KEY_A, B = f('•••')");
    }
}
