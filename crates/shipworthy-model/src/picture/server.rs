//! Application servers: which program serves Django, with which effective options, and who chose each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Text;
use crate::{Datum, Item, Region, Truth, Unknown, Value, Why};

/// An application server with its effective options.
#[derive(Clone, Debug)]
pub struct AppServer {
    /// The program.
    pub program: Program,
    /// What it serves: `shop.wsgi:application`. `None` where nothing names it.
    pub target: Option<Text>,
    /// Its options by the names of its own configuration: gunicorn's `forwarded_allow_ips`, uWSGI's `http-socket`.
    /// Options that nobody sets are there with their default where the default is known.
    pub options: BTreeMap<Arc<str>, Choice>,
    /// The configuration file it reads, and whether it was found.
    pub config: Option<(Text, bool)>,
    /// Why there may be more options than these: a configuration file that was not found, words that were not decided.
    pub open: Option<Unknown>,
    /// Where the program is named.
    pub at: Region,
}

/// What an option is, and who chose it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value. Options that add up are lists.
    pub value: Value,
    /// Its text or texts as written, with what is known of them: `0.0.0.0:$PORT`.
    pub texts: Vec<Text>,
    /// Who chose it.
    pub origin: Origin,
    /// Where.
    pub at: Option<Region>,
}

/// Who chose an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    CommandLine,
    /// A configuration file.
    ConfigFile,
    /// An environment variable; its name.
    Variable(Arc<str>),
    /// Nobody: the program's default.
    Default,
}

/// The programs that serve Django.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Program {
    /// gunicorn
    Gunicorn,
    /// uvicorn
    Uvicorn,
    /// daphne
    Daphne,
    /// granian
    Granian,
    /// hypercorn
    Hypercorn,
    /// uWSGI
    Uwsgi,
    /// `mod_wsgi-express`
    ModWsgi,
    /// waitress
    Waitress,
    /// `manage.py runserver` and its like, which are for development.
    Runserver,
}

impl Program {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gunicorn => "gunicorn",
            Self::Uvicorn => "uvicorn",
            Self::Daphne => "daphne",
            Self::Granian => "granian",
            Self::Hypercorn => "hypercorn",
            Self::Uwsgi => "uwsgi",
            Self::ModWsgi => "mod_wsgi-express",
            Self::Waitress => "waitress",
            Self::Runserver => "runserver",
        }
    }
}

impl AppServer {
    /// An option.
    pub fn option(&self, name: &str) -> Option<&Choice> {
        self.options.get(name)
    }

    /// Whether an option is on. An option that nobody names is off, unless there may be more than was seen.
    pub fn flag(&self, name: &str) -> Truth {
        match self.options.get(name) {
            Some(choice) if choice.origin == Origin::Default => match &self.open {
                Some(why) => Truth::Unknown(why.clone()),
                None => choice.value.truth(),
            },
            Some(choice) if self.program == Program::Uwsgi => choice.value.decide(is_on_for_uwsgi),
            Some(choice) => choice.value.truth(),
            None => self.open.clone().map_or(Truth::No, Truth::Unknown),
        }
    }

    /// A number that an option gives, where it is known.
    pub fn number(&self, name: &str) -> Option<i64> {
        match &self.options.get(name)?.value.datum {
            Datum::Int(number) => i64::try_from(*number).ok(),
            // uWSGI reads the digits and leaves what stands behind them (`uwsgi_opt_set_int` calls `atoi`).
            Datum::Str(text) if self.program == Program::Uwsgi => {
                let text = text.trim_start();
                let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
                text[..end].parse().ok()
            }
            Datum::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The texts that an option gives: one, or the items of a list.
    pub fn texts(&self, name: &str) -> &[Text] {
        self.options.get(name).map_or(&[], |choice| &choice.texts)
    }

    /// Has it listen on these addresses and no others.
    pub fn listen(&mut self, addresses: Vec<Text>) {
        let at = addresses.first().map(|address| address.at);
        let known = |address: &Text| {
            address.as_str().map(|text| Item::One(Value { datum: Datum::Str(text.into()), at: Some(address.at) }))
        };
        let items: Vec<Item> = addresses.iter().filter_map(known).collect();
        let value = Value { datum: Datum::List(items), at };
        self.options.insert("bind".into(), Choice { value, texts: addresses, origin: Origin::ConfigFile, at });
    }

    /// The addresses that it listens on, as written: `0.0.0.0:8000`, `unix:/run/app.sock`, `:8000`.
    pub fn binds(&self) -> Vec<Text> {
        let names: &[&str] = match self.program {
            Program::Hypercorn => &["bind", "insecure_bind", "quic_bind"],
            Program::Gunicorn
            | Program::Uvicorn
            | Program::Granian
            | Program::Daphne
            | Program::Waitress
            | Program::Runserver => &["bind"],
            Program::Uwsgi => &[
                "socket",
                "uwsgi-socket",
                "http-socket",
                "http",
                "https",
                "https-socket",
                "http11-socket",
                "fastcgi-socket",
                "scgi-socket",
                "ssl-socket",
                "suwsgi-socket",
            ],
            Program::ModWsgi => &["port"],
        };
        names.iter().flat_map(|name| self.texts(name).to_vec()).collect()
    }

    /// Whether it reloads when code changes, by itself or because another program that watches the files starts it anew.
    pub fn reloads(&self) -> Truth {
        if self.options.contains_key("watched") {
            return Truth::Yes;
        }
        match self.program {
            Program::Gunicorn | Program::Uvicorn | Program::Granian => self.flag("reload"),
            Program::Hypercorn => self.flag("use_reloader"),
            Program::Uwsgi => match self.options.get("py-autoreload").or(self.options.get("python-autoreload")) {
                Some(choice) => choice.value.decide(|value| value.as_str() != Some("0")),
                None => self.open.clone().map_or(Truth::No, Truth::Unknown),
            },
            Program::ModWsgi => self.flag("reload-on-changes"),
            Program::Daphne | Program::Waitress => Truth::No,
            Program::Runserver => match self.flag("noreload") {
                Truth::Yes => Truth::No,
                Truth::No => Truth::Yes,
                Truth::Unknown(why) => Truth::Unknown(why),
            },
        }
    }

    /// The number of worker processes, where it is known.
    pub fn workers(&self) -> Option<i64> {
        match self.program {
            Program::Uwsgi => {
                let named = ["processes", "workers"].into_iter().find(|name| self.options.contains_key(*name));
                named.map_or(Some(1), |name| self.number(name)).filter(|_| self.open.is_none())
            }
            _ => self.number("workers"),
        }
    }

    /// Whether it serves requests with the asynchronous interface.
    pub fn is_asgi(&self) -> Truth {
        match self.program {
            Program::Daphne => Truth::Yes,
            Program::Uwsgi | Program::ModWsgi | Program::Waitress => Truth::No,
            Program::Uvicorn => match self.options.get("interface") {
                Some(choice) => choice.value.decide(|value| value.as_str() != Some("wsgi")),
                None => Truth::Yes,
            },
            Program::Granian => match self.options.get("interface") {
                Some(choice) => choice.value.decide(|value| value.as_str().is_some_and(|it| it.starts_with("asgi"))),
                None => Truth::No,
            },
            Program::Gunicorn => match self.options.get("worker_class") {
                Some(choice) => choice.value.decide(|value| {
                    value.as_str().is_some_and(|class| class == "asgi" || class.contains("uvicorn") || class.contains("asgi"))
                }),
                None => Truth::No,
            },
            Program::Hypercorn | Program::Runserver => {
                Truth::Unknown(Unknown::new(Why::Unsupported("what the application speaks".into()), Some(self.at)))
            }
        }
    }
}

/// What uWSGI takes for on: anything but these words, nothing at all included (`uwsgi_opt_true`).
fn is_on_for_uwsgi(value: &Value) -> bool {
    match &value.datum {
        Datum::Bool(flag) => *flag,
        Datum::Str(text) => !["false", "off", "no", "0"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        _ => true,
    }
}
