//! Python text to syntax trees: decoding, depth limits, and the one place that knows the parser.

use std::rc::Rc;
use std::sync::Arc;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PySourceType};
use ruff_python_parser::{Mode, Parsed, lexer, parse_unchecked_source};
use ruff_text_size::{TextRange, TextSize};
use shipworthy_model::{ArtifactId, Notice, Region};

use super::shelf::Module;

/// `CPython` refuses deeper brackets ("too many nested parentheses", Parser/tokenizer: MAXLEVEL 200) and more
/// indentation (MAXINDENT 100).
const MAX_BRACKETS: usize = 200;
const MAX_INDENTS: usize = 100;
/// Trees of chained operators and attributes grow one level a link; `CPython`'s compiler gives up near its recursion limit.
const MAX_CHAIN: usize = 5_000;

/// A parsed file.
pub(super) struct Source {
    pub(super) artifact: ArtifactId,
    pub(super) text: Arc<str>,
    /// The path relative to the tree's root.
    pub(super) path: String,
    pub(super) module: Rc<ModModule>,
    /// The first syntax error: Python would refuse the file.
    pub(super) error: Option<(String, Region)>,
}

impl Source {
    /// A module as this artifact.
    pub(super) fn of(artifact: ArtifactId, path: &str, module: Module) -> Self {
        let place = |range: TextRange| Region::new(artifact, range.start().to_u32(), range.end().to_u32());
        let error = module.error.map(|(message, range)| (message, place(range)));
        Self { artifact, text: module.text, path: path.to_owned(), module: module.tree, error }
    }

    pub(super) fn region(&self, range: TextRange) -> Region {
        Region::new(self.artifact, range.start().to_u32(), range.end().to_u32())
    }

    /// The text of a range on one line, for reports.
    pub(super) fn excerpt(&self, range: TextRange) -> Arc<str> {
        let text = self.text.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default();
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(80) {
            Some((cut, _)) => format!("{}…", &line[..cut]).into(),
            None => line.into(),
        }
    }
}

/// Bytes to text as Python reads source files: UTF-8 unless a coding cookie on one of the first two lines says
/// otherwise (PEP 263). `Err` is what Python would complain about.
pub(crate) fn decode(bytes: &[u8]) -> Result<Arc<str>, String> {
    if bytes.contains(&0) {
        return Err("source code cannot contain null bytes".to_owned());
    }
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match coding_cookie(body).as_deref() {
        // What WHATWG calls by these names is windows-1252.
        Some("latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "cp819") => {
            return Ok(body.iter().map(|byte| char::from(*byte)).collect::<String>().into());
        }
        Some("ascii" | "us-ascii") if !body.is_ascii() => return Err("the file is not valid ASCII".to_owned()),
        Some(name) => match encoding_rs::Encoding::for_label(name.as_bytes()) {
            Some(encoding) if encoding != encoding_rs::UTF_8 => {
                let (text, _, bad) = encoding.decode(body);
                return if bad {
                    Err(format!("the file is not valid {}", encoding.name()))
                } else {
                    Ok(text.into_owned().into())
                };
            }
            Some(_) | None => {}
        },
        None => {}
    }
    std::str::from_utf8(body)
        .map(Into::into)
        .map_err(|error| format!("the file is not valid UTF-8 at byte {}", error.valid_up_to()))
}

/// The name of the encoding that the file says it has, as PEP 263 normalises it.
fn coding_cookie(bytes: &[u8]) -> Option<String> {
    bytes.split(|byte| *byte == b'\n').take(2).find_map(|line| {
        let line = std::str::from_utf8(line).ok()?.trim_start().strip_prefix('#')?;
        let rest = &line[line.find("coding")? + "coding".len()..];
        let rest = rest.strip_prefix([':', '='])?.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
        Some(rest[..end].replace('_', "-").to_ascii_lowercase()).filter(|name| !name.is_empty())
    })
}

/// Parses a file. `Err` is a notice: the tree would be too deep to walk.
pub(super) fn parse(artifact: ArtifactId, path: &str, text: Arc<str>) -> Result<Source, Notice> {
    Ok(Source::of(artifact, path, module(artifact, text)?))
}

/// The same before it is said which artifact it is.
pub(super) fn module(artifact: ArtifactId, text: Arc<str>) -> Result<Module, Notice> {
    let parsed = tree(&text).map_err(|deep| {
        let at = Region::new(artifact, deep.at.start().to_u32(), deep.at.end().to_u32());
        Notice::at(at, format!("the file has too many {} for Python to compile", deep.what))
    })?;
    let error = parsed.errors().first().map(|error| (error.error.to_string(), error.location));
    Ok(Module { text, tree: Rc::new(parsed.into_syntax()), error })
}

/// Why a text gets no tree.
pub(crate) struct TooDeep {
    /// Where it becomes too deep.
    at: TextRange,
    /// What there is too much of.
    what: &'static str,
}

/// The syntax tree of a module, with what is wrong in it. A tree as deep as a hostile text would take gigabytes to make, and
/// nobody could walk it or let go of it, so such a text is refused by its tokens.
pub(crate) fn tree(text: &str) -> Result<Parsed<ModModule>, TooDeep> {
    match excess(text) {
        None => Ok(parse_unchecked_source(text, PySourceType::Python)),
        Some(what) => Err(TooDeep { at: first_excess(text), what }),
    }
}

/// What a text has more of than `CPython` compiles.
fn excess(text: &str) -> Option<&'static str> {
    let mut tokens = lexer::lex(text, Mode::Module);
    let (mut indents, mut links, mut closed) = (0usize, 0usize, false);
    // The links of the chain in each open bracket, the file's own first; `links` is their sum.
    let mut chains = vec![0usize];
    // What stands in the body of a lambda is inside it, however many commas and colons there are.
    let mut lambdas = 0usize;
    loop {
        let kind = tokens.next_token();
        match kind {
            TokenKind::EndOfFile => return None,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::FStringStart => {
                // What a bracket behind a bracket calls or looks into is itself a link.
                if closed && let Some(chain) = chains.last_mut() {
                    *chain += 1;
                    links += 1;
                }
                chains.push(0);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd if chains.len() > 1 => {
                links -= chains.pop().unwrap_or_default();
            }
            TokenKind::Indent => indents += 1,
            TokenKind::Dedent => indents = indents.saturating_sub(1),
            // Elements of a display stand side by side, not inside each other.
            TokenKind::Newline | TokenKind::Comma | TokenKind::Colon => {
                links -= chains.last_mut().map(std::mem::take).unwrap_or_default();
                if kind == TokenKind::Newline {
                    lambdas = 0;
                }
            }
            TokenKind::Lambda => lambdas += 1,
            _ if kind.is_operator() || kind.is_keyword() => {
                if let Some(chain) = chains.last_mut() {
                    *chain += 1;
                    links += 1;
                }
            }
            _ => {}
        }
        closed = matches!(kind, TokenKind::Rpar | TokenKind::Rsqb);
        if chains.len() > MAX_BRACKETS + 1 {
            return Some("nested brackets");
        }
        if indents > MAX_INDENTS {
            return Some("levels of indentation");
        }
        if links + lambdas > MAX_CHAIN {
            return Some("chained operators");
        }
    }
}

/// The last character of the shortest beginning of a text that is too deep. The lexer does not tell where it stands.
fn first_excess(text: &str) -> TextRange {
    let (mut fits, mut exceeds) = (0, text.len());
    while fits + 1 < exceeds {
        let middle = text.floor_char_boundary(usize::midpoint(fits, exceeds));
        let middle = if middle > fits { middle } else { text.ceil_char_boundary(fits + 1) };
        if middle >= exceeds {
            break;
        }
        if excess(&text[..middle]).is_some() { exceeds = middle } else { fits = middle }
    }
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    TextRange::new(size(fits), size(exceeds))
}
