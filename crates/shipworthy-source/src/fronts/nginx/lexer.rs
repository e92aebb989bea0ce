//! nginx's grammar: words, quotes, blocks and comments, as `ngx_conf_read_token` takes them, and the marks of templates.

use shipworthy_model::{ArtifactId, Notice, Region, Unknown, Why};

/// A directive with its words, and its block where it has one.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    /// Its name.
    pub(crate) name: String,
    /// Its parameters.
    pub(crate) words: Vec<Word>,
    /// What its braces hold.
    pub(crate) block: Option<Vec<Directive>>,
    /// From its name to the end of its last parameter.
    pub(crate) at: Region,
    /// Why it may not be there: it stands between the branches of a template.
    pub(crate) perhaps: Option<Unknown>,
}

/// A word of a directive.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Its text, without quotes and escapes.
    pub(crate) text: String,
    /// Where it is written, quotes included.
    pub(crate) at: Region,
}

impl Directive {
    /// A parameter's text; empty if it has none at this place.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// What is in its block.
    pub(crate) fn inside(&self) -> &[Directive] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// The name of the directive that stands for a placeholder of a template where a directive would stand.
pub(crate) const PLACEHOLDER: &str = "{{}}";

/// Reads a file into directives. Whatever is wrong with it, what can be understood is returned.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> (Vec<Directive>, Vec<Notice>) {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, artifact, notices: Vec::new(), branches: Vec::new() };
    let mut directives = Vec::new();
    lexer.block(&mut directives, 0);
    (directives, lexer.notices)
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    artifact: ArtifactId,
    notices: Vec<Notice>,
    /// The conditions of the template that are open here.
    branches: Vec<String>,
}

/// The deepest nesting of blocks that is followed.
const DEEPEST: usize = 60;

impl Lexer<'_> {
    fn region(&self, start: usize, end: usize) -> Region {
        Region::new(self.artifact, start as u32, end as u32)
    }

    fn notice(&mut self, start: usize, end: usize, message: &str) {
        const MOST: usize = 20;
        if self.notices.len() < MOST {
            let region = self.region(start, end);
            self.notices.push(Notice::at(region, message));
        }
    }

    /// Directives up to the closing brace or the end.
    fn block(&mut self, directives: &mut Vec<Directive>, depth: usize) {
        loop {
            self.trivia();
            match self.bytes.get(self.at) {
                None => return,
                Some(b'}') if depth > 0 => return,
                Some(b'}') => {
                    self.notice(self.at, self.at + 1, "this brace closes nothing");
                    self.at += 1;
                }
                Some(b';') => self.at += 1,
                Some(_) => {
                    if let Some(directive) = self.directive(depth) {
                        directives.push(directive);
                    }
                }
            }
        }
    }

    fn directive(&mut self, depth: usize) -> Option<Directive> {
        let start = self.at;
        if let Some(directive) = self.placeholder() {
            return Some(directive);
        }
        let perhaps = self.branches.last().map(|condition| {
            let at = self.region(start, start);
            Unknown::new(Why::Branch(condition.as_str().into()), Some(at))
        });
        let mut words: Vec<Word> = Vec::new();
        let mut end = start;
        let block = loop {
            self.trivia();
            match self.bytes.get(self.at) {
                None => {
                    self.notice(start, end, "the file ends inside this directive");
                    break None;
                }
                Some(b';') => {
                    self.at += 1;
                    break None;
                }
                Some(b'{') if !self.is_hole() => {
                    self.at += 1;
                    break Some(self.body(&words, start, end, depth));
                }
                Some(b'}') => {
                    self.notice(start, end, "this directive has no semicolon");
                    break None;
                }
                Some(_) => {
                    let word = self.word();
                    end = self.at;
                    words.push(word);
                }
            }
        };
        if words.is_empty() {
            return None;
        }
        let name = words.remove(0).text;
        Some(Directive { name, words, block, at: self.region(start, end), perhaps })
    }

    /// What is between the braces of a directive.
    fn body(&mut self, words: &[Word], start: usize, end: usize, depth: usize) -> Vec<Directive> {
        let mut inside = Vec::new();
        if words.first().is_some_and(|name| name.text.ends_with("_by_lua_block")) {
            self.code();
            return inside;
        }
        if depth >= DEEPEST {
            self.notice(start, end, "blocks are nested too deeply to be read");
            self.at = self.bytes.len();
            return inside;
        }
        self.block(&mut inside, depth + 1);
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
        } else {
            self.notice(start, end, "the block is not closed");
        }
        inside
    }

    /// Blanks, comments, and statements of a template.
    fn trivia(&mut self) {
        loop {
            let rest = &self.bytes[self.at..];
            match rest.first() {
                Some(byte) if byte.is_ascii_whitespace() || *byte == 0 => self.at += 1,
                Some(b'#') => self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
                Some(b'{') if rest.starts_with(b"{%") => self.statement("{%", "%}"),
                Some(b'{') if rest.starts_with(b"{#") => self.statement("{#", "#}"),
                Some(b'<') if rest.starts_with(b"<%") && !rest.starts_with(b"<%=") => self.statement("<%", "%>"),
                Some(b'{') if rest.starts_with(b"{{") && self.is_go_statement() => self.statement("{{", "}}"),
                Some(_) | None => return,
            }
        }
    }

    /// A statement of a template, and the branches it opens or closes.
    fn statement(&mut self, open: &str, close: &str) {
        let rest = &self.text[self.at + open.len()..];
        let Some(length) = rest.find(close) else {
            self.at = self.bytes.len();
            return;
        };
        let inside = rest[..length].trim_matches(['-', '+', '~', '=', '#', '/', ' ', '\t', '\n', '\r']);
        let raw = rest[..length].trim();
        let word = inside.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default();
        if raw.starts_with('/') || word.starts_with("end") {
            self.branches.pop();
        } else if matches!(word, "else" | "elif" | "elsif") {
            if let Some(last) = self.branches.last_mut() {
                *last = format!("else of {last}");
                last.truncate(last.char_indices().nth(200).map_or(last.len(), |(at, _)| at));
            }
        } else if open != "{#" && (matches!(word, "if" | "for" | "range" | "with" | "unless" | "each") || inside.ends_with(" do"))
        {
            const DEEPEST_BRANCH: usize = 50;
            if self.branches.len() < DEEPEST_BRANCH {
                self.branches.push(inside.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        self.at += open.len() + length + close.len();
    }

    /// `{{ if .Tls }}`, `{{- end }}`, `{{#if tls}}`: statements of Go's templates and of Handlebars.
    fn is_go_statement(&self) -> bool {
        let inside = self.text[self.at + 2..].trim_start_matches(['-', '~', ' ', '\t']);
        let word = inside.split(|it: char| !it.is_ascii_alphanumeric()).next().unwrap_or_default();
        inside.starts_with(['#', '/', '$'])
            || inside.starts_with("/*")
            || matches!(word, "if" | "else" | "end" | "range" | "with" | "define" | "template" | "block")
    }

    /// Whether a placeholder of a template begins here, not a block.
    fn is_hole(&self) -> bool {
        let rest = &self.text[self.at..];
        rest.starts_with("{{") && rest[2..].find("}}").is_some_and(|end| !rest[..end + 2].contains('\n'))
    }

    /// A placeholder that stands for whole directives: alone on its line.
    fn placeholder(&mut self) -> Option<Directive> {
        let rest = &self.text[self.at..];
        let (end, why) = if self.is_hole() {
            let end = rest.find("}}")? + 2;
            (end, Why::Unsupported(format!("the template's `{}`", rest[..end].chars().take(60).collect::<String>()).into()))
        } else if rest.starts_with("${") {
            let end = rest.find('}')? + 1;
            (end, Why::Variable(rest[2..end - 1].into()))
        } else if rest.starts_with("<%=") {
            let end = rest.find("%>")? + 2;
            (end, Why::Unsupported("the template's text".into()))
        } else {
            return None;
        };
        let line = rest[end..].split('\n').next().unwrap_or_default().trim();
        if !(line.is_empty() || line == ";" || line.starts_with('#') || line == "}") {
            return None;
        }
        let at = self.region(self.at, self.at + end);
        self.at += end;
        Some(Directive {
            name: PLACEHOLDER.to_owned(),
            words: Vec::new(),
            block: None,
            at,
            perhaps: Some(Unknown::new(why, Some(at))),
        })
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        let mut text = String::new();
        let quote = self.bytes[self.at];
        if quote == b'"' || quote == b'\'' {
            self.at += 1;
            self.quoted(quote, &mut text);
        } else {
            self.bare(&mut text);
        }
        Word { text, at: self.region(start, self.at) }
    }

    fn quoted(&mut self, quote: u8, text: &mut String) {
        let start = self.at;
        loop {
            let rest = &self.text[self.at..];
            match self.bytes.get(self.at) {
                None => {
                    self.notice(start.saturating_sub(1), start, "this quote is not closed");
                    return;
                }
                Some(byte) if *byte == quote => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => self.escape(text),
                Some(b'{') if rest.starts_with("{{") && self.is_hole() => self.take(rest.find("}}").unwrap_or(0) + 2, text),
                Some(_) => self.take(rest.chars().next().map_or(1, char::len_utf8), text),
            }
        }
    }

    fn bare(&mut self, text: &mut String) {
        let mut after_dollar = false;
        while let Some(byte) = self.bytes.get(self.at) {
            let rest = &self.text[self.at..];
            let length = match byte {
                b'{' if rest.starts_with("{{") && self.is_hole() => rest.find("}}").unwrap_or(0) + 2,
                b'{' if rest.starts_with("{%") => rest.find("%}").map_or(rest.len(), |end| end + 2),
                b'<' if rest.starts_with("<%") => rest.find("%>").map_or(rest.len(), |end| end + 2),
                b' ' | b'\t' | b'\r' | b'\n' | b';' => return,
                b'{' if !after_dollar => return,
                b'{' => rest.find(['}', '\n', ';']).map_or(1, |end| if rest.as_bytes()[end] == b'}' { end + 1 } else { 1 }),
                b'\\' => {
                    self.escape(text);
                    after_dollar = false;
                    continue;
                }
                _ => rest.chars().next().map_or(1, char::len_utf8),
            };
            after_dollar = *byte == b'$';
            self.take(length, text);
        }
    }

    fn take(&mut self, length: usize, text: &mut String) {
        text.push_str(&self.text[self.at..self.at + length]);
        self.at += length;
    }

    /// A backslash and what follows it. nginx keeps the backslash of those it does not know, for patterns.
    fn escape(&mut self, text: &mut String) {
        self.at += 1;
        let Some(next) = self.text[self.at..].chars().next() else { return };
        match next {
            '"' | '\'' | '\\' => text.push(next),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'n' => text.push('\n'),
            other => text.extend(['\\', other]),
        }
        self.at += next.len_utf8();
    }

    /// Lua between braces: its own strings and comments may hold braces.
    fn code(&mut self) {
        let start = self.at;
        let mut depth = 1usize;
        while let Some(byte) = self.bytes.get(self.at) {
            let rest = &self.bytes[self.at..];
            let length = match byte {
                b'{' => {
                    depth += 1;
                    1
                }
                b'}' => {
                    depth -= 1;
                    1
                }
                b'-' if rest.starts_with(b"--[[") => find(rest, b"]]").map_or(rest.len(), |end| end + 2),
                b'-' if rest.starts_with(b"--") => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
                b'[' if rest.starts_with(b"[[") => find(rest, b"]]").map_or(rest.len(), |end| end + 2),
                b'"' | b'\'' => string(rest, *byte),
                _ => 1,
            };
            self.at += length;
            if depth == 0 {
                return;
            }
        }
        self.notice(start.saturating_sub(1), start, "the block is not closed");
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The length of a string of Lua, its quotes included.
fn string(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}
