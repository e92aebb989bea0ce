//! Variables that a chart's templates give in other ways than one by one: by a helper, by a loop over values, by `toYaml`.

use std::ops::Range;
use std::sync::Arc;

use shipworthy_model::ArtifactId;
use shipworthy_model::picture::{Source, Text, Variable};

use super::chart::{self, tags, words};
use super::finish::Maker;
use crate::yaml::{self, Kind, Node};

/// A named template that lists variables, in a text that is blank but for it.
pub(super) struct Helper {
    name: String,
    artifact: ArtifactId,
    text: String,
}

/// Entries of a container's `env`, and where in its template they are put.
pub(super) type Put = (usize, Vec<Arc<Node>>);

/// The entries of a mapping.
pub(super) type Entries = Vec<(Arc<Node>, Arc<Node>)>;

const DEEPEST: usize = 8;

/// The named templates of a chart that list variables.
pub(super) fn helpers(maker: &mut Maker<'_>, chart: &str) -> Vec<Helper> {
    const MOST: usize = 200;
    let folder = if chart.is_empty() { "templates".to_owned() } else { format!("{chart}/templates") };
    let names = maker.tree.list(&folder).unwrap_or_default();
    let mut helpers = Vec::new();
    for name in names.into_iter().filter(|name| has_end(name, "tpl")).take(MOST) {
        let Some((artifact, text)) = maker.open(&format!("{folder}/{name}")) else { continue };
        for (name, body) in definitions(&text) {
            if text[body.clone()].contains("name:") {
                let blank =
                    |part: &str| part.chars().map(|it| if it == '\n' { "\n" } else { " " }.repeat(it.len_utf8())).collect();
                let (before, after): (String, String) = (blank(&text[..body.start]), blank(&text[body.end..]));
                helpers.push(Helper { name, artifact, text: format!("{before}{}{after}", &text[body]) });
            }
        }
    }
    helpers
}

/// Whether a file's name ends so behind a dot.
pub(super) fn has_end(name: &str, end: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, own)| own == end)
}

/// The named templates of a text, and where their bodies stand.
fn definitions(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut open: Vec<Option<(String, usize)>> = Vec::new();
    for (tag, inside) in tags(text) {
        match words(inside).as_slice() {
            ["define", name, ..] => open.push(Some((name.trim_matches('"').to_owned(), tag.end))),
            ["if" | "with" | "range" | "block", ..] => open.push(None),
            ["end", ..] => {
                if let Some(Some((name, start))) = open.pop() {
                    found.push((name, start..tag.start));
                }
            }
            _ => {}
        }
    }
    found
}

/// What a template gives to its containers by helpers, loops and `toYaml`.
pub(super) fn given(text: &str, values: Option<&Node>, helpers: &[Helper], depth: usize) -> Vec<Put> {
    let mut found = Vec::new();
    for (tag, inside) in tags(text) {
        let words = words(inside);
        let items = match words.as_slice() {
            ["include" | "template", name, ..] if depth < DEEPEST => {
                let named = |helper: &&Helper| helper.name == name.trim_matches('"');
                helpers.iter().find(named).map(|helper| listed(helper, values, helpers, depth + 1)).unwrap_or_default()
            }
            ["range", key, .., ":=", path] => looped(&text[tag.end..], key.trim_end_matches(','), path, values),
            ["range", path] => looped(&text[tag.end..], ".name", path, values),
            ["toYaml", path, ..] if text[..tag.start].trim_end().ends_with("env:") => entries(path, values),
            _ => Vec::new(),
        };
        if !items.is_empty() {
            found.push((tag.start, items));
        }
    }
    found
}

/// The entries that a helper lists.
fn listed(helper: &Helper, values: Option<&Node>, helpers: &[Helper], depth: usize) -> Vec<Arc<Node>> {
    let rendered = values.map(|values| chart::rendered(&helper.text, values));
    let text = rendered.as_deref().unwrap_or(&helper.text);
    let roots = yaml::read(text, helper.artifact).roots;
    let lists = roots.iter().map(|root| root.get("env").unwrap_or(root));
    let plain = lists.flat_map(|list| list.items()).filter(|item| is_entry(item)).cloned();
    plain.chain(given(text, values, helpers, depth).into_iter().flat_map(|(_, items)| items)).collect()
}

fn is_entry(item: &Arc<Node>) -> bool {
    item.get("name").is_some_and(|name| name.str().is_some()) && (item.get("value").is_some() || item.get("valueFrom").is_some())
}

/// The entries that a loop over values makes, if it makes some: its body names each by what it loops over.
fn looped(body: &str, key: &str, path: &str, values: Option<&Node>) -> Vec<Arc<Node>> {
    let Some((_, rest)) = body.split_once("name:") else { return Vec::new() };
    let name = rest.lines().next().unwrap_or_default().trim_start_matches([' ', '"', '\'']);
    let inside = name.strip_prefix("{{").map(|inside| words(inside.trim_start_matches(['-', ' '])).first().map(|it| *it == key));
    let first = body.trim_start_matches(['-', ' ', '\n', '\r']);
    if inside.flatten() != Some(true) || !first.starts_with("name:") { Vec::new() } else { entries(path, values) }
}

/// The values at a path as entries of `env`: a list of such, or a mapping whose keys are names. What a name stands for may be
/// a text, or a mapping with a `value`; anything else is found where the chart is installed.
fn entries(path: &str, values: Option<&Node>) -> Vec<Arc<Node>> {
    let Some(node) = at(path, values) else { return Vec::new() };
    let Kind::Map(named) = &node.kind else { return node.items().iter().filter(|item| is_entry(item)).cloned().collect() };
    let text = |text: &str, at| {
        let piece = crate::piece::Piece::loose(text, at);
        Arc::new(Node { kind: Kind::Scalar(piece, true), at, tag: None })
    };
    let entry = |(name, value): &(Arc<Node>, Arc<Node>)| {
        name.str()?;
        let given = if value.is_map() { value.get("value") } else { Some(value) };
        let mut entry = vec![(text("name", name.at), name.clone())];
        entry.extend(given.map(|given| (text("value", name.at), given.clone())));
        Some(Arc::new(Node { kind: Kind::Map(entry), at: name.at, tag: None }))
    };
    named.iter().filter_map(entry).collect()
}

/// What a template tells a container to run by values: `command: {{ toJson .Values.command }}`, and where.
pub(super) fn commands(text: &str, values: Option<&Node>) -> Vec<(usize, &'static str, Arc<Node>)> {
    let mut found = Vec::new();
    for (tag, path) in poured(text, &["toYaml", "toJson"]) {
        let before = text[..tag.start].trim_end();
        let key = ["command", "args"].into_iter().find(|key| before.strip_suffix(':').is_some_and(|it| it.ends_with(key)));
        let node =
            parent(path, values).and_then(|node| node.get(path.rsplit('.').next()?)).filter(|node| !node.items().is_empty());
        found.extend(key.zip(node).map(|(key, node)| (tag.start, key, node.clone())));
    }
    found
}

/// The image of a container with what the values of the chart say of its name. A tag that they leave open is left out.
pub(super) fn filled(image: Text, values: Option<&Node>) -> Text {
    let written = image.shown();
    if image.as_unknown().is_none() || !written.contains("{{") {
        return image;
    }
    let mut name = String::new();
    let mut rest = written;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((inside, after)) = behind.split_once("}}") else { return image };
        name.push_str(before);
        let path = inside.trim_matches(['-', ' ']).split([' ', '|']).next().unwrap_or_default();
        match parent(path, values).and_then(|node| node.get(path.rsplit('.').next()?)).and_then(|node| node.str()) {
            Some(text) if !text.is_empty() => name.push_str(text),
            // What stands behind the last colon is the tag.
            _ if name.ends_with([':', '@']) => {
                let name = name.trim_end_matches([':', '@']).to_owned();
                return if name.contains('/') { Text::known(name, image.at) } else { image };
            }
            Some(_) | None => return image,
        }
        rest = after;
    }
    name.push_str(rest);
    Text::known(name, image.at)
}

/// What the values hold around what they hold at a path.
fn parent<'n>(path: &str, values: Option<&'n Node>) -> Option<&'n Node> {
    match path.rsplit_once('.')?.0 {
        ".Values" | "$.Values" => values,
        above => at(above, values),
    }
}

/// What a template adds to a mapping by `toYaml`, or by `toYaml .` within a `with`: the entries of the values, and where.
pub(super) fn added(text: &str, values: Option<&Node>) -> Vec<(usize, Entries)> {
    let entries = |(tag, path): (Range<usize>, &str)| match at(path, values).map(|node| &node.kind) {
        Some(Kind::Map(entries)) => Some((tag.start, entries.clone())),
        Some(_) | None => None,
    };
    poured(text, &["toYaml"]).into_iter().filter_map(entries).collect()
}

/// The tags of a template that pour values out as they are, by one of these functions, with the path of the values: their
/// own, or that of the `with` around them.
fn poured<'t>(text: &'t str, functions: &[&str]) -> Vec<(Range<usize>, &'t str)> {
    let mut found = Vec::new();
    let mut open: Vec<Option<&str>> = Vec::new();
    for (tag, inside) in tags(text) {
        let path = match words(inside).as_slice() {
            ["with", path] => {
                open.push(Some(path));
                continue;
            }
            ["if" | "with" | "range" | "define" | "block", ..] => {
                open.push(None);
                continue;
            }
            ["end", ..] => {
                open.pop();
                continue;
            }
            [function, path, ..] if functions.contains(function) => Some(*path),
            [path, "|", function, ..] if functions.contains(function) => Some(*path),
            _ => None,
        };
        let around = || open.iter().rev().find_map(|path| *path);
        let path = if path == Some(".") { around() } else { path };
        found.extend(path.map(|path| (tag, path)));
    }
    found
}

/// The credentials that values spell out: texts under the names of variables, or under words for passwords and keys.
pub(super) fn credentials(node: &Node, found: &mut Vec<Variable>, depth: usize) {
    const ENDS: [&str; 7] = ["password", "passwd", "secretkey", "secret_key", "token", "apikey", "api_key"];
    const DEEPEST: usize = 20;
    for item in node.items().iter().filter(|_| depth < DEEPEST) {
        // An entry of `env`.
        let named = item.get("name").and_then(|name| name.str()).zip(item.get("value").and_then(|value| value.text()));
        found.extend(named.map(|(name, value)| Variable::new(name, value, Source::Definition)));
        credentials(item, found, depth + 1);
    }
    for (key, value) in node.entries().filter(|_| depth < DEEPEST) {
        credentials(value, found, depth + 1);
        let is_variable = key.text.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_');
        let lower = key.text.to_ascii_lowercase();
        let is_own = ENDS.iter().any(|end| lower.ends_with(end)) && !lower.starts_with("existing");
        let Some(text) = value.str().filter(|_| is_variable || is_own) else { continue };
        // What is all capitals names a key of a Secret.
        let is_name = text.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || "_-.".contains(it));
        if let Some(text) = value.text().filter(|_| !is_name) {
            let name = if is_variable { key.text.to_string() } else { snake(&key.text) };
            found.push(Variable::new(name, text, Source::Definition));
        }
    }
}

/// A word of several in capitals as a name: `secretKey` is `secret_key`.
fn snake(word: &str) -> String {
    let mut made = String::new();
    for letter in word.chars() {
        if letter.is_uppercase() {
            made.push('_');
        }
        made.extend(letter.to_lowercase());
    }
    made
}

/// What the values hold at `.Values.a.b`.
fn at<'n>(path: &str, values: Option<&'n Node>) -> Option<&'n Node> {
    let path = path.strip_prefix('$').unwrap_or(path).strip_prefix(".Values.")?;
    values?.path(&path.split('.').collect::<Vec<_>>())
}
