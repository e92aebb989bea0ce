//! Application servers: their command lines, configuration files and variables into effective options.

mod gunicorn;
mod gunicorn_table;
mod others;
mod others_table;
mod uwsgi;

use std::collections::BTreeMap;
use std::sync::Arc;

use shipworthy_model::picture::{AppServer, Choice, Origin, Program, Text, Variable};
use shipworthy_model::{Artifacts, Datum, Item, Notice, Region, Unknown, Value, Why};

pub(crate) use gunicorn::gunicorn;
pub(crate) use others::{daphne, granian, hypercorn, mod_wsgi, runserver, uvicorn, waitress};
pub(crate) use uwsgi::{uwsgi, uwsgi_file};

use crate::Tree;

/// What a server sees of the world where it starts.
pub(crate) struct Surroundings<'a> {
    /// The project's tree.
    pub(crate) tree: &'a dyn Tree,
    /// Finds the file of the tree that a path means to the process.
    pub(crate) find: &'a dyn Fn(&str) -> Option<String>,
    /// The environment of the process.
    pub(crate) variables: &'a [Variable],
    /// The files that were read.
    pub(crate) artifacts: &'a mut Artifacts,
    /// What could not be read.
    pub(crate) notices: &'a mut Vec<Notice>,
}

impl Surroundings<'_> {
    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&Text> {
        self.variables.iter().find(|variable| &*variable.name == name).map(|variable| &variable.value)
    }
}

/// Notes that another program starts a server again whenever a file changes.
pub(crate) fn watch(server: &mut AppServer, at: Region) {
    let value = Value::at(Datum::Bool(true), at);
    let choice = Choice { value, texts: Vec::new(), origin: Origin::CommandLine, at: Some(at) };
    server.options.insert("watched".into(), choice);
}

/// How an option takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One text, the last counts.
    Text,
    /// One integer.
    Number,
    /// Texts that add up.
    Append,
    /// A switch.
    On,
    /// A switch that turns off.
    Off,
    /// A text that may be left out, and then is this.
    Perhaps(&'static str),
}

/// What an option is when nobody sets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Default {
    /// Nothing.
    None,
    /// A text.
    Text(&'static str),
    /// A number.
    Number(i64),
    /// A switch.
    Flag(bool),
    /// A list of texts.
    List(&'static [&'static str]),
    /// Names with texts.
    Pairs(&'static [(&'static str, &'static str)]),
    /// Depends on the machine.
    Machine,
}

/// An option of a program.
#[derive(Debug)]
pub(super) struct Opt {
    name: &'static str,
    flags: &'static [&'static str],
    kind: Kind,
    default: Default,
}

/// A row of a table of options.
pub(super) const fn row(name: &'static str, flags: &'static [&'static str], kind: Kind, default: Default) -> Opt {
    Opt { name, flags, kind, default }
}

impl Default {
    fn value(self) -> Value {
        Value::of(match self {
            Self::None => Datum::None,
            Self::Text(text) => Datum::Str(text.into()),
            Self::Number(number) => Datum::Int(i128::from(number)),
            Self::Flag(flag) => Datum::Bool(flag),
            Self::List(items) => Datum::List(items.iter().map(|item| Item::One(Value::text(item))).collect()),
            Self::Pairs(pairs) => Datum::Dict(
                pairs.iter().map(|(key, value)| shipworthy_model::Entry::One(Value::text(key), Value::text(value))).collect(),
            ),
            Self::Machine => Datum::Unknown(Unknown::new(Why::Machine("the default".into()), None)),
        })
    }
}

/// A command line taken apart.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// Options in order, by name, with their texts; switches have none.
    pub(super) given: Vec<(&'static Opt, Option<Text>, Region, bool)>,
    /// What is no option.
    pub(super) rest: Vec<Text>,
    /// Why there may be more: words that were not decided.
    pub(super) open: Option<Unknown>,
}

/// Takes a command line apart. `prefixes` says whether long options may be shortened, as Python's argparse allows.
pub(super) fn line(words: &[Text], table: &'static [Opt], prefixes: bool) -> Line {
    let mut line = Line::default();
    let mut words = words.iter().peekable();
    let mut options = true;
    while let Some(word) = words.next() {
        let shown = word.shown();
        if !options || !shown.starts_with('-') || shown == "-" {
            match word.as_unknown() {
                // One word may become several, or none.
                Some(why) if shown.starts_with('$') && !shown.contains(['.', ':', '/']) => {
                    line.open.get_or_insert_with(|| why.clone());
                }
                Some(_) | None => line.rest.push(word.clone()),
            }
            continue;
        }
        if shown == "--" {
            options = false;
            continue;
        }
        let (flag, attached) = match shown.split_once('=') {
            Some((flag, _)) if shown.starts_with("--") => (flag, true),
            Some(_) | None => (shown, false),
        };
        let exact = table.iter().find(|option| option.flags.contains(&flag));
        let found = exact.map(|option| (option, flag)).or_else(|| shortened(flag, table, prefixes)).or_else(|| {
            // `-w4`
            let short = shown.get(..2).filter(|_| !shown.starts_with("--"))?;
            table.iter().find(|option| option.flags.contains(&short)).map(|option| (option, short))
        });
        let Some((option, flag)) = found else {
            // An option we do not know may take the next word; the next word is then no target.
            if shown.starts_with("--") && !attached && words.peek().is_some_and(|next| !next.shown().starts_with('-')) {
                words.next();
            }
            line.open.get_or_insert_with(|| Unknown::new(Why::Unsupported(format!("the option {flag}").into()), Some(word.at)));
            continue;
        };
        // A switch may have several names, of which some turn it off.
        let inverse = flag.starts_with("--no-") && option.flags.iter().any(|own| !own.starts_with("--no-"));
        let on = !matches!(option.kind, Kind::Off) && !inverse;
        match option.kind {
            Kind::On | Kind::Off => {
                line.given.push((option, None, word.at, on));
                // `-DR` is two switches.
                if !shown.starts_with("--") && shown.len() > 2 && exact.is_none() {
                    for letter in shown.chars().skip(2) {
                        let name = format!("-{letter}");
                        if let Some(other) = table.iter().find(|option| option.flags.contains(&name.as_str())) {
                            line.given.push((other, None, word.at, true));
                        }
                    }
                }
            }
            Kind::Perhaps(default) => {
                let value = if attached {
                    tail(word, flag.len() + 1)
                } else if words.peek().is_some_and(|next| !next.shown().starts_with('-')) {
                    words.next().cloned().unwrap_or_else(|| Text::known(default, word.at))
                } else {
                    Text::known(default, word.at)
                };
                line.given.push((option, Some(value), word.at, true));
            }
            Kind::Text | Kind::Number | Kind::Append => {
                let value = if attached {
                    Some(tail(word, shown.find('=').unwrap_or(0) + 1))
                } else if exact.is_none() && !shown.starts_with("--") {
                    let skip = if shown[2..].starts_with('=') { 3 } else { 2 };
                    Some(tail(word, skip))
                } else {
                    words.next().cloned()
                };
                match value {
                    Some(value) => line.given.push((option, Some(value), word.at, true)),
                    None => line.open = Some(Unknown::new(Why::Unsupported("an option without its value".into()), Some(word.at))),
                }
            }
        }
    }
    line
}

/// The one option whose long name starts with this.
fn shortened<'f>(flag: &'f str, table: &'static [Opt], prefixes: bool) -> Option<(&'static Opt, &'f str)> {
    if !prefixes || !flag.starts_with("--") || flag.len() < 3 {
        return None;
    }
    let mut found = table.iter().filter(|option| option.flags.iter().any(|own| own.starts_with(flag)));
    let first = found.next()?;
    found.next().is_none().then_some((first, flag))
}

/// What follows an option in the same word.
pub(crate) fn tail(word: &Text, skip: usize) -> Text {
    let shown = word.shown();
    let text = shown.get(skip..).unwrap_or_default();
    let fits = (word.at.end - word.at.start) as usize == shown.len();
    let at = if fits { Region::new(word.at.artifact, word.at.start + skip as u32, word.at.end) } else { word.at };
    match word.as_unknown() {
        // What is known of a word whose unknown part lies elsewhere is not told apart.
        Some(why) if text.contains('$') || text.contains('{') || text.contains('%') => {
            Text::unknown(text, why.why.clone(), at).assuming(word.assumes.clone())
        }
        Some(_) | None => Text::known(text, at).assuming(word.assumes.clone()),
    }
}

/// A text as a value.
pub(super) fn value_of(text: &Text, kind: Kind) -> Value {
    match (text.expose(), text.as_unknown()) {
        (Some(known), _) if kind == Kind::Number => {
            let known = known.trim();
            let number = known.strip_prefix("0x").map_or_else(
                || known.strip_prefix("0o").map_or_else(|| known.parse::<i128>(), |octal| i128::from_str_radix(octal, 8)),
                |hexadecimal| i128::from_str_radix(hexadecimal, 16),
            );
            match number {
                Ok(number) => Value::at(Datum::Int(number), text.at),
                Err(_) => Value::at(Datum::Str(known.into()), text.at),
            }
        }
        (Some(known), _) => match text.as_secret() {
            Some(secret) => Value::at(Datum::Secret(secret.clone()), text.at),
            None => Value::at(Datum::Str(known.into()), text.at),
        },
        (None, Some(why)) => Value { datum: Datum::Unknown(why.clone()), at: Some(text.at) },
        (None, None) => Value::unknown(Why::Unsupported("this text".into()), Some(text.at)),
    }
}

/// A value as texts: one, or the items of a list.
pub(super) fn texts_of(value: &Value, at: Region) -> Vec<Text> {
    let at = value.at.unwrap_or(at);
    let one = |value: &Value| {
        let at = value.at.unwrap_or(at);
        match &value.datum {
            Datum::Str(text) | Datum::Path(text) => Some(Text::known(text.clone(), at)),
            Datum::Int(number) => Some(Text::known(number.to_string(), at)),
            Datum::Bool(flag) => Some(Text::known(flag.to_string(), at)),
            Datum::Secret(secret) => Some(Text::known(secret.expose(), at).value_of("SECRET")),
            Datum::None => None,
            _ => {
                let why = value.as_unknown().map_or(Why::Unsupported("this value".into()), |unknown| unknown.why);
                Some(Text::unknown("…", why, at))
            }
        }
    };
    match value.items() {
        Some(items) => items
            .iter()
            .filter_map(|item| match item {
                Item::One(value) | Item::Perhaps(value, _) => one(value),
                Item::Many(why) => Some(Text::unknown("…", why.why.clone(), at)),
            })
            .collect(),
        None => one(value).into_iter().collect(),
    }
}

/// Options as they come together.
pub(super) struct Options {
    pub(super) map: BTreeMap<Arc<str>, Choice>,
    pub(super) at: Region,
}

impl Options {
    /// Every option of a table with its default.
    pub(super) fn defaults(table: &'static [Opt], at: Region) -> Self {
        let choices = table.iter().map(|option| {
            let value = option.default.value();
            let texts =
                if matches!(option.default, Default::Machine | Default::Pairs(_)) { Vec::new() } else { texts_of(&value, at) };
            (Arc::from(option.name), Choice { value, texts, origin: Origin::Default, at: None })
        });
        Self { map: choices.collect(), at }
    }

    /// Sets an option to a value.
    pub(super) fn set(&mut self, name: &str, value: Value, origin: Origin, at: Option<Region>) {
        let texts = texts_of(&value, at.unwrap_or(self.at));
        self.map.insert(name.into(), Choice { value, texts, origin, at });
    }

    /// Sets an option to a text.
    pub(super) fn text(&mut self, name: &str, text: &Text, kind: Kind, origin: Origin) {
        let value = value_of(text, kind);
        self.map.insert(name.into(), Choice { value, texts: vec![text.clone()], origin, at: Some(text.at) });
    }

    /// Sets an option to texts.
    pub(super) fn list(&mut self, name: &str, texts: Vec<Text>, origin: Origin) {
        let at = texts.first().map(|text| text.at);
        let value = Value { datum: Datum::List(texts.iter().map(|text| Item::One(value_of(text, Kind::Text))).collect()), at };
        self.map.insert(name.into(), Choice { value, texts, origin, at });
    }

    /// Puts a command line on top.
    pub(super) fn apply(&mut self, line: &Line, origin: &Origin) {
        let mut lists: BTreeMap<&str, Vec<Text>> = BTreeMap::new();
        for (option, text, at, on) in &line.given {
            match (option.kind, text) {
                (Kind::Append, Some(text)) => lists.entry(option.name).or_default().push(text.clone()),
                (_, Some(text)) => self.text(option.name, text, option.kind, origin.clone()),
                (_, None) => self.set(option.name, Value::at(Datum::Bool(*on), *at), origin.clone(), Some(*at)),
            }
        }
        for (name, texts) in lists {
            self.list(name, texts, origin.clone());
        }
    }

    /// The text of an option that somebody chose.
    pub(super) fn chosen(&self, name: &str) -> Option<Text> {
        let choice = self.map.get(name).filter(|choice| choice.origin != Origin::Default)?;
        choice.texts.first().cloned()
    }

    /// The server with these options.
    pub(super) fn server(self, program: Program, target: Option<Text>, open: Option<Unknown>) -> AppServer {
        AppServer { program, target, at: self.at, options: self.map, config: None, open }
    }
}

/// A host and a port as an address, known as far as both are.
pub(super) fn address(host: &Text, port: &Text) -> Text {
    let joined = |host: &str, port: &str| {
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    };
    let shown = joined(host.shown(), port.shown());
    let at = if host.at == port.at || host.at.end == host.at.start { port.at } else { host.at };
    match host.as_unknown().or(port.as_unknown()) {
        Some(why) => Text::unknown(shown, why.why.clone(), at),
        None => Text::known(shown, at),
    }
    .assuming(host.assumes.iter().chain(&port.assumes).cloned())
}
