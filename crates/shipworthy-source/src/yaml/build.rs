//! Builds trees of nodes out of the parser's events, and keeps what was read before an error.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use shipworthy_model::{ArtifactId, Notice, Region};

use super::template::{self, Masked};
use super::{Kind, Node};
use crate::piece::Piece;

/// The documents of a text.
pub(crate) struct Documents {
    /// Their roots.
    pub(crate) roots: Vec<Arc<Node>>,
    /// What could not be read.
    pub(crate) notices: Vec<Notice>,
    /// Whether lines of a template were left out.
    pub(crate) cut: bool,
}

/// Deeper nodes are left out.
const DEEPEST: usize = 64;
/// The most nodes that a file may have when every alias is written out.
const MOST: usize = 200_000;
/// The largest file.
const LARGEST: usize = 4 << 20;

/// Reads every document of a text.
pub(crate) fn read(text: &str, artifact: ArtifactId) -> Documents {
    let mut documents = Documents { roots: Vec::new(), notices: Vec::new(), cut: false };
    if text.len() > LARGEST {
        documents.notices.push(Notice::at(Region::whole(artifact), "this YAML file is too large to be read"));
        return documents;
    }
    let masked = template::mask(text);
    documents.cut = masked.as_ref().is_some_and(|masked| masked.cut);
    // Brackets that close at the left margin of their block are wrong to the letter, and every other reader takes them.
    let mut joined: Option<Masked> = None;
    for _ in 0..40 {
        let current = joined.as_ref().or(masked.as_ref());
        let mut probe = Builder::new(text, current, artifact);
        let mut scratch = Documents { roots: Vec::new(), notices: Vec::new(), cut: false };
        let Some(at) = probe.run(0, &mut scratch) else { break };
        let source = current.map_or(text, |masked| &masked.text);
        let Some(fixed) = joined_lines(source, at) else { break };
        let expressions = masked.as_ref().map(|masked| masked.expressions.clone()).unwrap_or_default();
        joined = Some(Masked { text: fixed, expressions, cut: false });
    }
    let mut builder = Builder::new(text, joined.as_ref().or(masked.as_ref()), artifact);
    let mut start = 0;
    // After an error the next document may still be sound.
    for _ in 0..200 {
        let Some(stopped) = builder.run(start, &mut documents) else { break };
        match next_document(builder.source, stopped.max(start + 1)) {
            Some(next) => start = next,
            None => break,
        }
    }
    if builder.total > MOST {
        documents.notices.push(Notice::at(Region::whole(artifact), "this YAML file has too many nodes to be read whole"));
    }
    documents
}

/// The text with a line that only closes brackets joined to the one before it, where an error stands at one.
fn joined_lines(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |index| index + 1);
    let line = text[start..].lines().next()?;
    let before = text[..start.checked_sub(1)?].rsplit('\n').next()?;
    if !line.trim_start().starts_with([']', '}']) || before.contains('#') {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    bytes[start - 1] = b' ';
    if start > 1 && bytes[start - 2] == b'\r' {
        bytes[start - 2] = b' ';
    }
    String::from_utf8(bytes).ok()
}

fn next_document(text: &str, from: usize) -> Option<usize> {
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at))?;
    text[from..].find("\n---").map(|at| from + at + 1)
}

struct Builder<'a> {
    /// The text as written.
    original: &'a str,
    /// The text as parsed.
    source: &'a str,
    masked: Option<&'a Masked>,
    artifact: ArtifactId,
    /// Nodes so far, aliases written out.
    total: usize,
}

/// A collection that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    tag: Option<Arc<str>>,
    map: bool,
    items: Vec<(Arc<Node>, usize)>,
}

impl<'a> Builder<'a> {
    fn new(original: &'a str, masked: Option<&'a Masked>, artifact: ArtifactId) -> Self {
        let source = masked.map_or(original, |masked| &masked.text);
        Self { original, source, masked, artifact, total: 0 }
    }

    /// Parses from an offset on. Gives the place of an error.
    fn run(&mut self, start: usize, documents: &mut Documents) -> Option<usize> {
        let text = &self.source[start..];
        // The parser counts characters.
        let table: Option<Vec<u32>> =
            (!text.is_ascii()).then(|| text.char_indices().map(|(index, _)| index as u32).chain([text.len() as u32]).collect());
        let place = |index: usize| {
            let offset = match &table {
                Some(table) => table.get(index).copied().unwrap_or(text.len() as u32) as usize,
                None => index.min(text.len()),
            };
            start + offset
        };
        let mut parser = Parser::new_from_str(text);
        let mut anchors: HashMap<usize, (Arc<Node>, usize)> = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        let mut too_deep = 0usize;
        loop {
            let (event, span) = match parser.next_event() {
                None => return None,
                Some(Ok(event)) => event,
                Some(Err(error)) => {
                    let at = place(error.marker().index());
                    let line_end = self.source[at..].find('\n').map_or(self.source.len(), |end| at + end);
                    let region = Region::new(self.artifact, at as u32, line_end as u32);
                    documents.notices.push(Notice::at(region, format!("this is no YAML: {}", error.info())));
                    while let Some(last) = open.pop() {
                        let node = self.close(last, at);
                        match open.last_mut() {
                            Some(outer) => outer.items.push((node, 1)),
                            None => documents.roots.push(node),
                        }
                    }
                    return Some(at);
                }
            };
            let made = match event {
                Event::StreamEnd => return None,
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd => continue,
                Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag)
                    if too_deep > 0 || open.len() >= DEEPEST || self.total > MOST =>
                {
                    let _ = (anchor, tag);
                    too_deep += 1;
                    continue;
                }
                Event::SequenceStart(anchor, tag) => {
                    let tag = tag.map(|tag| Arc::from(tag.suffix.as_str()));
                    open.push(Open { start: place(span.start.index()), anchor, tag, map: false, items: Vec::new() });
                    continue;
                }
                Event::MappingStart(anchor, tag) => {
                    let tag = tag.map(|tag| Arc::from(tag.suffix.as_str()));
                    open.push(Open { start: place(span.start.index()), anchor, tag, map: true, items: Vec::new() });
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd if too_deep > 0 => {
                    too_deep -= 1;
                    if too_deep > 0 {
                        continue;
                    }
                    (Arc::new(self.null(place(span.start.index()))), 1)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(last) = open.pop() else { continue };
                    let anchor = last.anchor;
                    let size = 1 + last.items.iter().map(|(_, size)| size).sum::<usize>();
                    let node = self.close(last, place(span.start.index()));
                    if anchor > 0 {
                        anchors.insert(anchor, (node.clone(), size));
                    }
                    (node, size)
                }
                Event::Alias(_) | Event::Scalar(..) if too_deep > 0 => continue,
                Event::Alias(anchor) => match anchors.get(&anchor) {
                    Some((node, size)) if self.total + size <= MOST => {
                        self.total += size;
                        (node.clone(), *size)
                    }
                    Some(_) => {
                        self.total = MOST + 1;
                        (Arc::new(self.null(place(span.start.index()))), 1)
                    }
                    None => (Arc::new(self.null(place(span.start.index()))), 1),
                },
                Event::Scalar(value, style, anchor, tag) => {
                    let tag = tag.map(|tag| Arc::from(tag.suffix.as_str()));
                    let node = Arc::new(self.scalar(&value, style, tag, span, &place));
                    self.total += 1;
                    if anchor > 0 {
                        anchors.insert(anchor, (node.clone(), 1));
                    }
                    (node, 1)
                }
            };
            match open.last_mut() {
                Some(outer) => outer.items.push(made),
                None => documents.roots.push(made.0),
            }
        }
    }

    fn null(&self, at: usize) -> Node {
        Node { kind: Kind::Null, at: Region::new(self.artifact, at as u32, at as u32), tag: None }
    }

    fn scalar(&self, value: &str, style: ScalarStyle, tag: Option<Arc<str>>, span: Span, place: &dyn Fn(usize) -> usize) -> Node {
        let (mut start, end) = (place(span.start.index()), place(span.end.index()));
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            // The header of a block: `|`, `>-`, `|2`.
            let header = self.source[start..end.max(start)].find('\n');
            if self.source[start..].starts_with(['|', '>']) {
                start += header.map_or(0, |at| at + 1);
            }
        }
        let end = end.max(start);
        let written = &self.source[start..end];
        let written = &written[..written.trim_end().len()];
        let region = Region::new(self.artifact, start as u32, (start + written.len()) as u32);
        let plain = style == ScalarStyle::Plain;
        let mut piece = Piece::aligned(value, written, region);
        let kind = match self.masked {
            Some(masked) if masked.expressions.iter().any(|it| it.start < end && start < it.end) => {
                piece = piece.unmasked(self.original);
                // What another program fills in later stays text inside a script.
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    Kind::Scalar(piece, false)
                } else {
                    Kind::Template(piece)
                }
            }
            Some(_) | None if plain && matches!(value, "" | "~" | "null" | "Null" | "NULL") => Kind::Null,
            Some(_) | None => Kind::Scalar(piece, plain),
        };
        Node { kind, at: region, tag }
    }

    fn close(&mut self, open: Open, end: usize) -> Arc<Node> {
        let Open { start, tag, map, items, .. } = open;
        let last = items.last().map_or(start, |(node, _)| node.at.end as usize);
        let end = if last > start { last } else { end };
        let at = Region::new(self.artifact, start as u32, end as u32);
        if !map {
            return Arc::new(Node { kind: Kind::List(items.into_iter().map(|(node, _)| node).collect()), at, tag });
        }
        let mut entries: Vec<(Arc<Node>, Arc<Node>)> = Vec::with_capacity(items.len() / 2);
        let mut merged: Vec<Arc<Node>> = Vec::new();
        let mut nodes = items.into_iter().map(|(node, _)| node);
        while let Some(key) = nodes.next() {
            let value = nodes.next().unwrap_or_else(|| Arc::new(self.null(end)));
            match &key.kind {
                Kind::Scalar(piece, true) if &*piece.text == "<<" => match &value.kind {
                    Kind::List(sources) => merged.extend(sources.iter().cloned()),
                    Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::Map(_) => merged.push(value),
                },
                Kind::Null | Kind::Scalar(..) | Kind::Template(_) | Kind::List(_) | Kind::Map(_) => entries.push((key, value)),
            }
        }
        // What is merged in gives way to what the mapping itself says; of several sources the first counts.
        for source in merged {
            let Kind::Map(others) = &source.kind else { continue };
            self.total += others.len();
            if self.total > MOST {
                break;
            }
            for (key, value) in others {
                let name = key.str();
                if name.is_some() && !entries.iter().any(|(known, _)| known.str() == name) {
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
        Arc::new(Node { kind: Kind::Map(entries), at, tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (Arc<Node>, Documents) {
        let documents = read(text, ArtifactId(0));
        (documents.roots[0].clone(), documents)
    }

    fn shown<'a>(text: &'a str, node: &Node) -> &'a str {
        &text[node.at.start as usize..node.at.end as usize]
    }

    #[test]
    fn places_are_bytes() {
        let text = "ü: ä\nb: 'x ö'\nc: \"d\"\nl:\n  - one\n";
        let (root, _) = one(text);
        assert_eq!(shown(text, root.get("ü").unwrap()), "ä");
        assert_eq!(root.get("b").unwrap().str(), Some("x ö"));
        let piece = root.get("b").unwrap().piece().unwrap().clone();
        assert_eq!(&text[piece.at.start as usize..piece.at.end as usize], "x ö");
        assert_eq!(shown(text, &root.get("l").unwrap().items()[0]), "one");
    }

    #[test]
    fn blocks_keep_their_places() {
        let text = "run: |\n    a b\n    c\nfold: >-\n  x\n  y\n";
        let (root, _) = one(text);
        let run = root.get("run").unwrap().piece().unwrap();
        assert_eq!(&*run.text, "a b\nc\n");
        let region = run.region(4..5);
        assert_eq!(&text[region.start as usize..region.end as usize], "c");
        let fold = root.get("fold").unwrap().piece().unwrap();
        assert_eq!(&*fold.text, "x y");
        let region = fold.region(2..3);
        assert_eq!(&text[region.start as usize..region.end as usize], "y");
    }

    #[test]
    fn merging() {
        let (root, _) = one("x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\nz:\n  <<: [*x, {c: 4}]\n");
        let y = root.get("y").unwrap();
        assert_eq!((y.get("a").unwrap().str(), y.get("b").unwrap().str()), (Some("1"), Some("3")));
        assert_eq!(root.path(&["z", "c"]).unwrap().str(), Some("4"));
    }

    #[test]
    fn templates() {
        let text = "{{- if .Values.x }}\nkind: Deployment\nname: {{ .Values.name }}-web\nimage: \"{{ .a }}:1\"\nlabels:\n  {{- include \"x\" . | nindent 2 }}\nn: 1\n{{- end }}\n";
        let (root, documents) = one(text);
        assert!(documents.notices.is_empty(), "{:?}", documents.notices);
        assert!(documents.cut);
        assert_eq!(root.get("kind").unwrap().str(), Some("Deployment"));
        let Kind::Template(piece) = &root.get("name").unwrap().kind else { panic!() };
        assert_eq!(&*piece.text, "{{ .Values.name }}-web");
        assert_eq!(root.get("n").unwrap().str(), Some("1"));
    }

    #[test]
    fn brackets_may_close_at_the_margin() {
        let (root, documents) = one("on:\n  push:\n    branches: [\n      a,\n      b\n    ]\n  x: {\n    y: 1\n  }\nz: 1\n");
        assert!(documents.notices.is_empty(), "{:?}", documents.notices);
        assert_eq!(root.path(&["on", "push", "branches"]).unwrap().items().len(), 2);
        assert_eq!(root.get("z").unwrap().str(), Some("1"));
    }

    #[test]
    fn an_error_keeps_what_stands_before_it() {
        let (root, documents) = one("a: 1\nb: [x\nc: }\n---\nd: 2\n");
        assert_eq!(root.get("a").unwrap().str(), Some("1"));
        assert_eq!(documents.notices.len(), 1);
        assert_eq!(documents.roots.last().unwrap().get("d").unwrap().str(), Some("2"));
    }

    #[test]
    fn bombs_and_depth_are_bounded() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let previous = format!("*a{}", level - 1);
            let line = format!("a{level}: &a{level} [{}]\n", [previous.as_str(); 9].join(","));
            bomb.push_str(&line);
        }
        let documents = read(&bomb, ArtifactId(0));
        assert_eq!(documents.notices.len(), 1);
        let deep = "[".repeat(5000);
        read(&deep, ArtifactId(0));
        let deep: Vec<String> = (0..3000).map(|level| format!("{}a:", " ".repeat(level))).collect();
        read(&deep.join("\n"), ArtifactId(0));
    }
}
