//! uWSGI: its command line, `UWSGI_*` variables and configuration files (ini, YAML, XML), with `%(key)` and `$(NAME)` resolved.

use std::collections::BTreeMap;

use shipworthy_model::picture::{AppServer, Origin, Program, Source, Text, Variable};
use shipworthy_model::{Datum, Region, Unknown, Value, Why};

use super::{Options, Surroundings};
use crate::ini::{self, Dialect};
use crate::piece::Piece;
use crate::references::{self, Look};
use crate::{text, yaml};

/// Options of one letter, and whether they take a value (uwsgi's core options).
const SHORT: [(&str, &str, bool); 17] = [
    ("-s", "socket", true),
    ("-p", "processes", true),
    ("-M", "master", false),
    ("-H", "home", true),
    ("-w", "module", true),
    ("-T", "enable-threads", false),
    ("-x", "xml", true),
    ("-y", "yaml", true),
    ("-d", "daemonize", true),
    ("-z", "socket-timeout", true),
    ("-t", "harakiri", true),
    ("-C", "chmod-socket", true),
    ("-i", "single-interpreter", false),
    ("-b", "buffer-size", true),
    ("-L", "disable-logging", false),
    ("-m", "memory-report", false),
    ("-R", "max-requests", true),
];
/// Options that never take a value, so that what follows them is a file.
const SWITCHES: [&str; 16] = [
    "master",
    "enable-threads",
    "vacuum",
    "die-on-term",
    "single-interpreter",
    "need-app",
    "lazy-apps",
    "lazy",
    "thunder-lock",
    "no-orphans",
    "disable-logging",
    "memory-report",
    "strict",
    "http-auto-chunked",
    "http-keepalive",
    "show-config",
];
const DEEPEST: usize = 8;

/// What was said, in order.
struct Reading<'a, 'b> {
    said: Vec<(String, Option<Text>, Origin, Region)>,
    around: &'a mut Surroundings<'b>,
    open: Option<Unknown>,
    config: Option<(Text, bool)>,
}

/// Reads a command line of uWSGI, without the program's own word. Also gives the variables that `env` adds.
pub(crate) fn uwsgi(words: &[Text], at: Region, around: &mut Surroundings<'_>) -> (AppServer, Vec<Variable>) {
    let mut reading = Reading { said: Vec::new(), around, open: None, config: None };
    reading.variables();
    reading.line(words);
    reading.finish(at)
}

/// Reads a configuration file of uWSGI that nothing calls: an emperor, or the distribution, finds it by its place.
pub(crate) fn uwsgi_file(path: &str, around: &mut Surroundings<'_>) -> (AppServer, Vec<Variable>) {
    let at = around.artifacts.find(path).map_or(Region::whole(shipworthy_model::ArtifactId(0)), Region::whole);
    let mut reading = Reading { said: Vec::new(), around, open: None, config: None };
    let named = Text::known(path, at);
    reading.file(&named, Some(path.to_owned()), "uwsgi", 0);
    let at = reading.around.artifacts.find(path).map_or(at, Region::whole);
    reading.finish(at)
}

impl Reading<'_, '_> {
    fn variables(&mut self) {
        let own: Vec<(String, Text)> = self
            .around
            .variables
            .iter()
            .filter_map(|variable| {
                let name = variable.name.strip_prefix("UWSGI_")?;
                Some((name.to_ascii_lowercase().replace('_', "-"), variable.value.clone()))
            })
            .collect();
        for (name, value) in own {
            let origin = Origin::Variable(format!("UWSGI_{}", name.to_ascii_uppercase().replace('-', "_")).into());
            let at = value.at;
            self.said.push((name, Some(value), origin, at));
        }
    }

    fn line(&mut self, words: &[Text]) {
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            let shown = word.shown();
            if let Some((_, name, takes)) = SHORT.iter().find(|(short, ..)| *short == shown) {
                let value = if *takes { words.next().cloned() } else { None };
                self.option(name, value, Origin::CommandLine, word.at, 0);
            } else if let Some(long) = shown.strip_prefix("--") {
                if let Some((name, _)) = long.split_once('=') {
                    let value = super::tail(word, name.len() + 3);
                    self.option(name, Some(value), Origin::CommandLine, word.at, 0);
                } else {
                    let next = words.peek().filter(|next| !next.shown().starts_with('-') && !SWITCHES.contains(&long));
                    let value = next.map(|next| (*next).clone());
                    if value.is_some() {
                        words.next();
                    }
                    self.option(long, value, Origin::CommandLine, word.at, 0);
                }
            } else if is_file(shown) {
                let path = word.clone();
                let find = path.as_str().and_then(|path| (self.around.find)(path.split(':').next().unwrap_or(path)));
                self.file(&path, find, "uwsgi", 0);
            } else if shown.starts_with([':', '/']) || shown.contains(':') {
                // A bare address is a socket.
                self.option("socket", Some(word.clone()), Origin::CommandLine, word.at, 0);
            } else if let Some(why) = word.as_unknown() {
                self.open.get_or_insert_with(|| why.clone());
            }
        }
    }

    fn option(&mut self, name: &str, value: Option<Text>, origin: Origin, at: Region, depth: usize) {
        match name {
            "ini" | "yaml" | "yml" | "xml" | "include" | "config" | "json" => {
                if let Some(path) = value {
                    let find = path.as_str().and_then(|path| (self.around.find)(path.split(':').next().unwrap_or(path)));
                    let section =
                        path.as_str().and_then(|path| path.split_once(':')).map_or("uwsgi", |(_, section)| section).to_owned();
                    self.file(&path, find, &section, depth + 1);
                }
            }
            _ => self.said.push((name.to_owned(), value, origin, at)),
        }
    }

    fn file(&mut self, named: &Text, path: Option<String>, section: &str, depth: usize) {
        let content = path.and_then(|path| self.around.tree.read(&path).ok().map(|bytes| (path, text::decode(bytes))));
        self.config.get_or_insert_with(|| (named.clone(), content.is_some()));
        let Some((path, content)) = content.filter(|_| depth < DEEPEST) else {
            self.open.get_or_insert_with(|| Unknown::new(Why::File(named.shown().into()), Some(named.at)));
            return;
        };
        let artifact = self.around.artifacts.add(&path, content.as_str());
        let extension = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        let mut pairs: Vec<(Piece, Option<Piece>)> = Vec::new();
        if matches!(extension.as_str(), "yml" | "yaml" | "json") {
            let documents = yaml::read(&content, artifact);
            self.around.notices.extend(documents.notices);
            for root in &documents.roots {
                let Some(own) = root.get(section) else { continue };
                for (key, value) in own.entries() {
                    for one in value.one_or_more() {
                        pairs.push((key.clone(), one.piece().cloned()));
                    }
                }
            }
        } else if extension == "xml" {
            pairs = elements(&content, artifact);
        } else {
            let (entries, _) = ini::read(&content, artifact, Dialect::Uwsgi);
            let own = entries.into_iter().filter(|entry| &*entry.section.text == section);
            pairs = own.map(|entry| (entry.key, entry.value)).collect();
        }
        let mut blocks: Vec<Option<bool>> = Vec::new();
        for (key, value) in pairs {
            match &*key.text {
                name if name.starts_with("if-") => {
                    blocks.push(self.condition(name, value.as_ref()));
                    continue;
                }
                "endif" | "end-if" => {
                    blocks.pop();
                    continue;
                }
                _ => {}
            }
            if blocks.contains(&Some(false)) {
                continue;
            }
            let at = key.at;
            let mut expanded = value.map(|value| self.expand(&value, &path));
            if blocks.contains(&None) {
                let why = Why::Branch("a condition of the configuration".into());
                expanded = Some(match &expanded {
                    Some(text) => Text::unknown(text.shown(), why, text.at),
                    None => Text::unknown("true", why, at),
                });
            }
            // `:base` is another section of the same file.
            let section = expanded.as_ref().filter(|_| *key.text == *extension);
            match section.and_then(|text| Some((text.clone(), text.as_str()?.strip_prefix(':')?.to_owned()))) {
                Some((named, section)) => self.file(&named, Some(path.clone()), &section, depth + 1),
                None => self.option(&key.text, expanded, Origin::ConfigFile, at, depth),
            }
        }
    }

    fn condition(&self, name: &str, value: Option<&Piece>) -> Option<bool> {
        let value = value?;
        match name {
            "if-env" | "if-not-env" => {
                let (variable, equals) =
                    value.text.split_once('=').map_or((&*value.text, None), |(name, text)| (name, Some(text)));
                let found = self.around.variable(variable)?.expose()?;
                let holds = equals.is_none_or(|text| text == found);
                Some(holds != (name == "if-not-env"))
            }
            _ => None,
        }
    }

    /// Resolves `$(NAME)`, `@(file)`, `%(key)` and the magic variables of one letter.
    fn expand(&self, value: &Piece, path: &str) -> Text {
        if value.text.contains("{{") {
            return yaml::template(value);
        }
        let look = |name: &str| match self.around.variable(name) {
            Some(text) => Look::Set(text.clone()),
            None => Look::Open,
        };
        if value.text.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")) {
            return yaml::template(value);
        }
        let text = references::expand(&value.text, value.at, references::Dialect::Kubernetes, &look);
        let Some(known) = text.expose().filter(|known| known.contains('%')) else { return text };
        let mut out = String::new();
        let mut rest = known;
        let name = path.rsplit('/').next().unwrap_or(path);
        while let Some(start) = rest.find('%') {
            out.push_str(&rest[..start]);
            let behind = &rest[start + 1..];
            if let Some(end) = behind.strip_prefix('(').and_then(|inside| inside.find(')')) {
                let key = &behind[1..=end];
                let said = self.said.iter().rev().find(|(name, ..)| name == key).and_then(|(_, value, ..)| value.as_ref());
                match said.and_then(Text::expose) {
                    Some(value) => out.push_str(value),
                    None => {
                        return Text::unknown(&*value.text, Why::Unsupported(format!("`%({key})`").into()), value.at);
                    }
                }
                rest = &behind[end + 2..];
            } else {
                match behind.chars().next() {
                    Some('n') => out.push_str(name.rsplit_once('.').map_or(name, |(stem, _)| stem)),
                    Some('s') => out.push_str(name),
                    Some('k' | 'd' | 'p' | 'h' | 'D' | 'c' | 'v' | 'V' | 'u' | 'g' | 't' | 'T') => {
                        return Text::unknown(&*value.text, Why::Machine("a variable of uWSGI".into()), value.at);
                    }
                    Some(other) if other != '%' => {
                        out.push('%');
                        out.push(other);
                    }
                    Some(_) | None => out.push('%'),
                }
                rest = &behind[behind.chars().next().map_or(0, char::len_utf8)..];
            }
        }
        out.push_str(rest);
        Text::known(out, value.at).assuming(text.assumes)
    }

    fn finish(self, at: Region) -> (AppServer, Vec<Variable>) {
        let mut options = Options { map: BTreeMap::new(), at };
        let mut lists: BTreeMap<String, Vec<Text>> = BTreeMap::new();
        let mut variables = Vec::new();
        for (name, value, origin, at) in self.said {
            match value {
                None => options.set(&name, Value::at(Datum::Bool(true), at), origin, Some(at)),
                Some(value) => {
                    if name == "env"
                        && let Some((key, text)) = value.as_str().and_then(|text| text.split_once('='))
                    {
                        let start = (value.at.start + key.len() as u32 + 1).min(value.at.end);
                        let place = Region::new(value.at.artifact, start, value.at.end);
                        variables.push(Variable::new(key.trim(), Text::known(text.trim(), place), Source::Server));
                    }
                    let list = lists.entry(name.clone()).or_default();
                    list.push(value);
                    if list.len() > 1 {
                        options.list(&name, list.clone(), origin);
                    } else if let Some(flag) = list[0].as_str().and_then(switch) {
                        options.set(&name, Value::at(Datum::Bool(flag), list[0].at), origin, Some(at));
                    } else {
                        options.text(&name, &list[0], super::Kind::Text, origin);
                    }
                }
            }
        }
        let target = ["module", "wsgi", "wsgi-file", "file", "mount", "pyrun"].iter().find_map(|name| options.chosen(name));
        let mut server = options.server(Program::Uwsgi, target, self.open);
        server.config = self.config;
        (server, variables)
    }
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether a word names a configuration file.
fn is_file(word: &str) -> bool {
    let path = word.split(':').next().unwrap_or(word);
    [".ini", ".xml", ".yml", ".yaml", ".json", ".skel", ".uwsgi"].iter().any(|end| path.to_ascii_lowercase().ends_with(end))
}

/// The elements inside `<uwsgi>`: `<socket>x</socket>`, `<master/>`.
fn elements(content: &str, artifact: shipworthy_model::ArtifactId) -> Vec<(Piece, Option<Piece>)> {
    let mut pairs = Vec::new();
    let mut position = 0;
    while let Some(start) = content[position..].find('<').map(|at| position + at + 1) {
        let Some(end) = content[start..].find('>').map(|at| start + at) else { break };
        position = end + 1;
        let inside = &content[start..end];
        if inside.starts_with(['!', '?', '/']) || inside.split_whitespace().next() == Some("uwsgi") {
            if inside.starts_with("!--") {
                position = content[start..].find("-->").map_or(content.len(), |at| start + at + 3);
            }
            continue;
        }
        let length = inside.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(inside.len());
        let key = Piece::of(content, start..start + length, artifact);
        let close = format!("</{}>", key.text);
        let value = match content[position..].find(&close).filter(|_| !inside.ends_with('/')) {
            Some(length) => {
                let value = Piece::of(content, position..position + length, artifact).trim();
                position += length + close.len();
                Some(value)
            }
            None => None,
        };
        pairs.push((key, value));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;
    use shipworthy_model::{ArtifactId, Artifacts};

    fn read(file: &str, content: &str, command: &str) -> (AppServer, Vec<Variable>) {
        let at = Region::new(ArtifactId(0), 0, 1);
        let mut tree = MemoryTree::default();
        tree.insert(file, content);
        let words: Vec<Text> = command.split_whitespace().map(|word| Text::known(word, at)).collect();
        let given = [Variable::new("PORT", Text::known("9", at), Source::Definition)];
        let (mut artifacts, mut notices) = (Artifacts::default(), Vec::new());
        let find = |path: &str| (path == file).then(|| path.to_owned());
        let mut around =
            Surroundings { tree: &tree, find: &find, variables: &given, artifacts: &mut artifacts, notices: &mut notices };
        uwsgi(&words, at, &mut around)
    }

    #[test]
    fn files_in_every_format() {
        let ini = "[uwsgi]\nbase = /app\nmaster = true\nchdir = %(base)/src\nhttp-socket = :$(PORT)\nmodule = shop.wsgi\nenv = DJANGO_SETTINGS_MODULE=shop.prod\nprocesses = 4\nif-env = NONE\ndie-on-term = true\nendif =\n[other]\nmaster = false\n";
        let (server, variables) = read("uwsgi.ini", ini, "--ini uwsgi.ini");
        assert_eq!(server.binds()[0].as_str(), Some(":9"));
        assert_eq!(server.texts("chdir")[0].as_str(), Some("/app/src"));
        assert!(server.flag("master").is_yes() && server.flag("vacuum").is_no());
        assert!(!server.flag("die-on-term").is_yes() && !server.flag("die-on-term").is_no());
        assert_eq!(server.workers(), Some(4));
        assert!(variables[0].value.is("shop.prod"));
        let (server, _) =
            read("u.ini", "[uwsgi]\nini = :base\nhttp = :8000\n[base]\nmodule = shop.wsgi\nmaster = 1\n", "--ini u.ini");
        assert!(server.open.is_none() && server.flag("master").is_yes());
        let (server, _) = read("u.ini", "[uwsgi]\nini = :uwsgi\nsocket = {{ address }}\n", "--ini u.ini");
        assert!(server.open.is_some() && server.binds()[0].as_unknown().is_some());
        let (server, _) = read("u.yaml", "uwsgi:\n  http: :8000\n  static-map: [/a=/b, /c=/d]\n", "--yaml u.yaml");
        assert_eq!(server.binds()[0].as_str(), Some(":8000"));
        assert_eq!(server.texts("static-map").len(), 2);
        let (server, _) = read("u.xml", "<uwsgi><!-- <http>x</http> --><socket>:1</socket><master/></uwsgi>", "-x u.xml");
        assert!(server.flag("master").is_yes());
        assert_eq!(server.binds()[0].as_str(), Some(":1"));
    }

    #[test]
    fn the_command_line() {
        let (server, _) = read("x", "", "--http :8000 --master --wsgi-file app/wsgi.py --processes=2 -s /run/x.sock");
        assert_eq!(server.binds().len(), 2);
        assert!(server.target.is_some_and(|target| target.is("app/wsgi.py")));
        assert!(read("x", "", "--ini missing.ini").0.open.is_some());
    }

    #[test]
    fn numbers_and_switches_are_read_as_uwsgi_does() {
        let of = |text: &str| read("u.ini", &format!("[uwsgi]\nmodule = shop.wsgi\n{text}\n"), "--ini u.ini").0;
        assert_eq!(of("harakiri = 30").workers(), Some(1));
        assert_eq!(of("workers = 8   # one a core").workers(), Some(8));
        assert_eq!(of("processes = %(%k * 2)").workers(), None);
        assert_eq!(of("if-not-env = N\nworkers = 2\nendif =").workers(), None);
        for (text, on) in [("vacuum =", true), ("vacuum = 1", true), ("vacuum = off", false), ("vacuum = 0", false)] {
            assert_eq!(of(text).flag("vacuum").is_yes(), on, "{text}");
        }
    }
}
