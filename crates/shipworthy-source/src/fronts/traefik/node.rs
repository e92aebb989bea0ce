//! A tree of named values with places: what YAML, TOML, labels and arguments of Traefik have in common.

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser};
use shipworthy_model::{ArtifactId, Notice, Region};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The value.
    pub(crate) kind: Kind,
    /// Where it is written.
    pub(crate) at: Region,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Named values, in order.
    Map(Vec<(String, Node)>),
    /// Values in order.
    List(Vec<Node>),
    /// Text, numbers and truths alike, as written.
    Scalar(String),
}

const DEEPEST: usize = 60;

impl Node {
    /// A map without anything.
    pub(crate) fn empty(at: Region) -> Self {
        Self { kind: Kind::Map(Vec::new()), at }
    }

    /// The value of this name; case does not matter to Traefik.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, node)| node)
    }

    /// The value behind several names: `http.routers`.
    pub(crate) fn path(&self, path: &str) -> Option<&Node> {
        path.split('.').try_fold(self, |node, name| node.get(name))
    }

    /// The named values of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        if let Kind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        if let Kind::Scalar(text) = &self.kind { Some(text) } else { None }
    }

    /// The text of the value of this name.
    pub(crate) fn say(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::text)
    }

    /// Whether a switch is on.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        self.say(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The texts of a list, or of a text with commas (as labels write lists).
    pub(crate) fn texts(&self) -> Vec<(String, Region)> {
        match &self.kind {
            Kind::List(items) => items.iter().filter_map(|item| item.text().map(|text| (text.to_owned(), item.at))).collect(),
            Kind::Scalar(text) => {
                text.split(',').map(str::trim).filter(|it| !it.is_empty()).map(|it| (it.to_owned(), self.at)).collect()
            }
            Kind::Map(entries) => {
                entries.iter().filter_map(|(_, item)| item.text().map(|text| (text.to_owned(), item.at))).collect()
            }
        }
    }

    /// Puts a text at a path of names: `http.routers.web.rule`, `tls.domains[0].main`.
    pub(crate) fn put(&mut self, path: &str, text: &str, at: Region) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        if let Kind::Scalar(_) | Kind::List(_) = self.kind {
            self.kind = Kind::Map(Vec::new());
        }
        let Kind::Map(entries) = &mut self.kind else { return };
        let place = entries.iter().position(|(key, _)| key.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
            entries.push((name.to_owned(), Node::empty(at)));
            entries.len() - 1
        });
        let node = &mut entries[place].1;
        match rest {
            Some(rest) if rest.matches('.').count() < DEEPEST => node.put(rest, text, at),
            Some(_) | None => *node = Node { kind: Kind::Scalar(text.to_owned()), at },
        }
    }

    /// Adds what another tree says; where both say something else, the other wins.
    pub(crate) fn merge(&mut self, other: Node) {
        match (&mut self.kind, other.kind) {
            (Kind::Map(own), Kind::Map(others)) => {
                for (name, node) in others {
                    match own.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(&name)) {
                        Some((_, known)) => known.merge(node),
                        None => own.push((name, node)),
                    }
                }
            }
            (kind, other) => *kind = other,
        }
    }
}

/// Reads a file by the end of its name.
pub(crate) fn read(path: &str, text: &str, artifact: ArtifactId) -> (Node, Vec<Notice>) {
    let masked = mask(text);
    let is_toml = path.rsplit('/').next().unwrap_or(path).split('.').any(|part| part.eq_ignore_ascii_case("toml"));
    let mut notices = Vec::new();
    let node =
        if is_toml { toml_tree(text, &masked, artifact, &mut notices) } else { yaml_tree(text, &masked, artifact, &mut notices) };
    (node, notices)
}

/// The text with templates' marks put out of the way, byte for byte: placeholders become letters, statements blanks.
fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let close = if rest[start..].starts_with("{{") { "}}" } else { "%}" };
        let Some(end) = rest[start..].find(close).map(|end| start + end + 2) else { break };
        let line_start = rest[..start].rfind('\n').map_or(0, |at| at + 1);
        let alone = rest[line_start..start].trim().is_empty()
            && out_line_is_blank(&out, line_start)
            && rest[end..].split('\n').next().unwrap_or_default().trim().is_empty();
        out.push_str(&rest[..start]);
        let fill = if close == "%}" || alone { ' ' } else { 'X' };
        out.extend(rest[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { fill }));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Whether what is already written of the line is blank, where the rest begins in its middle.
fn out_line_is_blank(out: &str, line_start: usize) -> bool {
    line_start > 0 || out.rsplit('\n').next().unwrap_or_default().trim().is_empty()
}

/// A scalar's text: as parsed, unless a placeholder was put out of its way.
fn restored(text: &str, parsed: &str, region: Region) -> String {
    match text.get(region.start as usize..region.end as usize) {
        Some(original) if original.contains("{{") => original.trim().trim_matches(['"', '\'']).to_owned(),
        Some(_) | None => parsed.to_owned(),
    }
}

/// A container that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<String>,
    is_map: bool,
}

fn yaml_tree(text: &str, masked: &str, artifact: ArtifactId, notices: &mut Vec<Notice>) -> Node {
    const MOST: usize = 20_000;
    // Places count characters.
    let offsets: Vec<u32> = masked.char_indices().map(|(at, _)| at as u32).chain([masked.len() as u32]).collect();
    let place = |index: usize| offsets.get(index).copied().unwrap_or(masked.len() as u32);
    let mut root = Node::empty(Region::new(artifact, 0, 0));
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: FxHashMap<usize, Node> = FxHashMap::default();
    let mut made = 0;
    let mut parser = Parser::new_from_str(masked);
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = place(error.marker().index());
                notices.push(Notice::at(Region::new(artifact, at, at), "this is no YAML from here on"));
                break;
            }
        };
        let at = Region::new(artifact, place(span.start.index()), place(span.end.index()));
        made += 1;
        if made > MOST || open.len() > DEEPEST {
            notices.push(Notice::at(at, "the file is too large to be read whole"));
            break;
        }
        let finished = match event {
            Event::Scalar(parsed, _, anchor, _) => {
                let node = Node { kind: Kind::Scalar(restored(text, &parsed, at)), at };
                if anchor > 0 {
                    anchors.insert(anchor, node.clone());
                }
                Some(node)
            }
            Event::Alias(anchor) => {
                let node = anchors.get(&anchor).cloned().unwrap_or_else(|| Node::empty(at));
                made += size(&node);
                Some(node)
            }
            Event::SequenceStart(anchor, _) => {
                open.push(Open { node: Node { kind: Kind::List(Vec::new()), at }, anchor, key: None, is_map: false });
                None
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { node: Node::empty(at), anchor, key: None, is_map: true });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => close(&mut open, &mut anchors, at),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => None,
        };
        if let Some(node) = finished {
            add(&mut open, &mut root, node);
        }
    }
    // What was open when the parser gave up counts as far as it went.
    while let Some(node) = close(&mut open, &mut anchors, root.at) {
        add(&mut open, &mut root, node);
    }
    root
}

fn size(node: &Node) -> usize {
    match &node.kind {
        Kind::Scalar(_) => 1,
        Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
    }
}

fn close(open: &mut Vec<Open>, anchors: &mut FxHashMap<usize, Node>, at: Region) -> Option<Node> {
    let mut done = open.pop()?;
    done.node.at.end = done.node.at.end.max(at.end).max(done.node.at.start);
    if done.anchor > 0 {
        anchors.insert(done.anchor, done.node.clone());
    }
    Some(done.node)
}

/// Puts a finished node into what is open around it; the outermost is a document.
fn add(open: &mut [Open], root: &mut Node, node: Node) {
    let Some(around) = open.last_mut() else {
        root.merge(node);
        return;
    };
    if !around.is_map {
        if let Kind::List(items) = &mut around.node.kind {
            items.push(node);
        }
        return;
    }
    match around.key.take() {
        None => around.key = Some(node.text().unwrap_or_default().to_owned()),
        // What is merged gives way to what the map says itself.
        Some(key) if key == "<<" => {
            let mut merged = node;
            merged.merge(std::mem::replace(&mut around.node, Node::empty(merged.at)));
            around.node = merged;
        }
        Some(key) => {
            if let Kind::Map(entries) = &mut around.node.kind {
                entries.retain(|(known, _)| *known != key);
                entries.push((key, node));
            }
        }
    }
}

fn toml_tree(text: &str, masked: &str, artifact: ArtifactId, notices: &mut Vec<Notice>) -> Node {
    let (document, errors) = DeTable::parse_recoverable(masked);
    for error in errors.iter().take(5) {
        let span = error.span().unwrap_or_default();
        let start = floor(text, span.start);
        notices.push(Notice::at(Region::new(artifact, start, floor(text, span.end.max(span.start))), "this is no TOML"));
    }
    table(text, document.get_ref(), region(text, artifact, &document), 0)
}

/// The last boundary of a character at or before a byte.
fn floor(text: &str, at: usize) -> u32 {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at as u32
}

fn region<T>(text: &str, artifact: ArtifactId, spanned: &Spanned<T>) -> Region {
    let span = spanned.span();
    Region::new(artifact, floor(text, span.start), floor(text, span.end))
}

fn table(text: &str, entries: &DeTable<'_>, at: Region, depth: usize) -> Node {
    let inner = |(key, node): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        (key.get_ref().to_string(), value(text, node, at.artifact, depth + 1))
    };
    Node { kind: Kind::Map(entries.iter().map(inner).collect()), at }
}

fn value(text: &str, spanned: &Spanned<DeValue<'_>>, artifact: ArtifactId, depth: usize) -> Node {
    let at = region(text, artifact, spanned);
    if depth > DEEPEST {
        return Node::empty(at);
    }
    let kind = match spanned.get_ref() {
        DeValue::Table(entries) => return table(text, entries, at, depth),
        DeValue::Array(items) => Kind::List(items.iter().map(|item| value(text, item, artifact, depth + 1)).collect()),
        DeValue::String(string) => Kind::Scalar(restored(text, string, at)),
        DeValue::Boolean(flag) => Kind::Scalar(flag.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            Kind::Scalar(text.get(at.start as usize..at.end as usize).unwrap_or_default().trim().to_owned())
        }
    };
    Node { kind, at }
}
