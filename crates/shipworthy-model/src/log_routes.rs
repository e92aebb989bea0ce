//! Log routes: where a log record ends up after Django's default logging and the project's `LOGGING` were applied.

use crate::{Datum, Effective, Facts, Lookup, Region, Truth, Unknown, Value, Why};

/// Python's numbers for the levels.
pub const DEBUG: i128 = 10;
/// Python's number for the level of failed requests.
pub const ERROR: i128 = 40;

const MAIL: &str = "django.utils.log.AdminEmailHandler";
const DEBUG_ONLY: &str = "django.utils.log.RequireDebugTrue";

/// A handler that a record reaches.
#[derive(Clone, Debug)]
pub struct Sink {
    /// The handler's name.
    pub name: String,
    /// Whether it mails to `ADMINS`.
    pub mails: bool,
    /// Whether it puts the whole error page into the mail.
    pub html: Truth,
    /// Where it is configured; nowhere for Django's own.
    pub at: Option<Region>,
}

/// Where the records of one logger and level go while `DEBUG` is off.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// The handlers that write it down.
    pub sinks: Vec<Sink>,
    /// Handlers in its way that drop it: the name, why, where.
    pub dropped: Vec<(String, &'static str, Option<Region>)>,
    /// Set when the logger itself is switched off, because `LOGGING` disables those it does not name.
    pub disabled: bool,
    /// What could not be decided on the way.
    pub doubt: Option<Unknown>,
}

/// The logging configuration of the project.
pub struct Logging {
    setting: Effective,
    /// Whether Django applies `LOGGING` at all: the truth of `LOGGING_CONFIG`, unknown for a function of the project.
    pub applied: Truth,
}

impl Facts {
    /// The logging configuration as Django will apply it.
    pub fn logging(&self) -> Logging {
        let function = self.setting("LOGGING_CONFIG");
        let applied = match function.truth() {
            Truth::Yes => match function.value.as_str() {
                Some("logging.config.dictConfig") => Truth::Yes,
                Some(path) => Truth::Unknown(Unknown::new(Why::Call(path.into()), function.region())),
                None => Truth::Unknown(Unknown::new(Why::Call("LOGGING_CONFIG".into()), function.region())),
            },
            answer @ (Truth::No | Truth::Unknown(_)) => answer,
        };
        Logging { setting: self.setting("LOGGING"), applied }
    }
}

impl Logging {
    /// The `LOGGING` setting.
    pub fn setting(&self) -> &Effective {
        &self.setting
    }

    /// The dictionary of one section: `handlers`, `loggers`, `filters`, `formatters`.
    pub fn section(&self, name: &str) -> Option<&Value> {
        self.setting.value.found(name)
    }

    /// What a section says about a name.
    pub fn defined(&self, section: &str, name: &str) -> Lookup<'_> {
        match self.setting.value.get(section) {
            Lookup::Found(section) => section.get(name),
            Lookup::Absent => Lookup::Absent,
            Lookup::Unknown(why) => Lookup::Unknown(why),
        }
    }

    /// Whether loggers that exist already and are not named are switched off: Python's default is yes.
    pub fn disables_existing(&self) -> Truth {
        if self.setting.truth().is_no() {
            return Truth::No;
        }
        if self.setting.value.found("incremental").is_some_and(|flag| !flag.truth().is_no()) {
            return Truth::No;
        }
        match self.setting.value.get("disable_existing_loggers") {
            Lookup::Found(flag) => flag.truth(),
            Lookup::Absent => Truth::Yes,
            Lookup::Unknown(why) => Truth::Unknown(why),
        }
    }

    /// Where a record of one of Django's loggers goes. The record is at `level`; the logger's ancestors are asked too.
    pub fn routes(&self, logger: &str, level: i128) -> Routes {
        let mut routes = Routes::default();
        if let Some(unknown) = self.setting.value.as_unknown() {
            routes.doubt = Some(unknown);
            return routes;
        }
        if let Truth::Unknown(why) = &self.applied {
            routes.doubt = Some(why.clone());
        }
        let lineage = lineage(logger);
        routes.disabled = self.is_disabled(&lineage, &mut routes.doubt);
        if routes.disabled || self.effective_level(&lineage).is_some_and(|threshold| threshold > level) {
            return routes;
        }
        for name in lineage {
            let configured = self.logger(name);
            match configured {
                Some(config) => self.collect(config, level, &mut routes),
                None if name == "django" => Self::defaults(level, &mut routes),
                None => {}
            }
            let propagate = configured.and_then(|config| config.found("propagate")).map(Value::truth);
            match propagate {
                Some(Truth::No) => break,
                Some(Truth::Unknown(why)) => routes.doubt = Some(why),
                Some(Truth::Yes) | None => {}
            }
        }
        if routes.sinks.is_empty() && routes.dropped.is_empty() && routes.doubt.is_none() && level >= 30 {
            let name = "stderr, Python's last resort".to_owned();
            routes.sinks.push(Sink { name, mails: false, html: Truth::No, at: None });
        }
        routes
    }

    /// What `LOGGING` says about a logger; the root logger is the empty name.
    pub fn logger(&self, name: &str) -> Option<&Value> {
        let named = self.section("loggers").and_then(|loggers| loggers.found(name));
        if name.is_empty() { self.section("root").or(named) } else { named }
    }

    /// The level below which a logger drops records: its own, or the nearest ancestor's. `None` if unknown.
    pub fn effective_level(&self, lineage: &[&str]) -> Option<i128> {
        for name in lineage {
            if let Some(config) = self.logger(name) {
                match config.get("level") {
                    Lookup::Found(value) if value.is_none().is_yes() => {}
                    Lookup::Found(value) => match level_of(value)? {
                        0 => {}
                        level => return Some(level),
                    },
                    Lookup::Absent => {}
                    Lookup::Unknown(_) => return None,
                }
            } else if *name == "django" {
                return Some(20);
            }
        }
        Some(30)
    }

    fn is_disabled(&self, lineage: &[&str], doubt: &mut Option<Unknown>) -> bool {
        let named = lineage.iter().filter(|name| !name.is_empty()).any(|name| self.logger(name).is_some());
        for name in lineage.iter().filter(|name| !name.is_empty()) {
            if let Lookup::Unknown(why) = self.defined("loggers", name) {
                *doubt = Some(why);
            }
        }
        match self.disables_existing() {
            Truth::Yes => !named,
            Truth::No => false,
            Truth::Unknown(why) => {
                *doubt = Some(why);
                false
            }
        }
    }

    fn defaults(level: i128, routes: &mut Routes) {
        routes.dropped.push(("console".into(), "it only works while DEBUG is on", None));
        if level >= ERROR {
            routes.sinks.push(Sink { name: "mail_admins".into(), mails: true, html: Truth::No, at: None });
        }
    }

    fn collect(&self, config: &Value, level: i128, routes: &mut Routes) {
        let names = match config.get("handlers") {
            Lookup::Found(names) => names,
            Lookup::Absent => return,
            Lookup::Unknown(why) => {
                routes.doubt = Some(why);
                return;
            }
        };
        if names.has_unknown() {
            routes.doubt = names.as_unknown().or_else(|| match names.truth() {
                Truth::Unknown(why) => Some(why),
                Truth::Yes | Truth::No => Some(Unknown::new(Why::Unsupported("a list of handlers".into()), names.at)),
            });
        }
        for name in names.known_items().filter_map(Value::as_str) {
            match self.defined("handlers", name) {
                Lookup::Found(handler) => self.handler(name, handler, level, routes),
                Lookup::Absent => {}
                Lookup::Unknown(why) => routes.doubt = Some(why),
            }
        }
    }

    fn handler(&self, name: &str, handler: &Value, level: i128, routes: &mut Routes) {
        let mut drop = |why| routes.dropped.push((name.to_owned(), why, handler.at));
        let class = handler.found("class").or_else(|| handler.found("()"));
        let class = class.and_then(dotted);
        if class == Some("logging.NullHandler") {
            return drop("it writes nothing");
        }
        if let Some(threshold) = handler.found("level").and_then(level_of)
            && threshold > level
        {
            return drop("its level is too high");
        }
        let filters = handler.found("filters");
        if filters.is_some_and(|filters| filters.known_items().any(|filter| self.is_debug_only(filter))) {
            return drop("it only works while DEBUG is on");
        }
        let html = handler.found("include_html").map_or(Truth::No, Value::truth);
        let sink = Sink { name: name.to_owned(), mails: class == Some(MAIL), html, at: handler.at };
        match handler.as_unknown() {
            Some(why) => routes.doubt = Some(why),
            None => routes.sinks.push(sink),
        }
    }

    fn is_debug_only(&self, filter: &Value) -> bool {
        let Some(name) = filter.as_str() else { return false };
        let made_by = self.section("filters").and_then(|filters| filters.found(name)).and_then(|filter| filter.found("()"));
        made_by.and_then(dotted) == Some(DEBUG_ONLY)
    }
}

/// The number of a level, given by name or number; `None` for anything else.
pub fn level_of(value: &Value) -> Option<i128> {
    match &value.datum {
        Datum::Int(number) => Some(*number),
        Datum::Str(name) => match &**name {
            "NOTSET" => Some(0),
            "DEBUG" => Some(DEBUG),
            "INFO" => Some(20),
            "WARNING" | "WARN" => Some(30),
            "ERROR" => Some(ERROR),
            "CRITICAL" | "FATAL" => Some(50),
            _ => None,
        },
        _ => None,
    }
}

/// A logger's name and its ancestors' down to the root, whose name is empty.
pub fn lineage(logger: &str) -> Vec<&str> {
    let mut names = vec![logger];
    let mut rest = logger;
    while let Some((parent, _)) = rest.rsplit_once('.') {
        names.push(parent);
        rest = parent;
    }
    if !logger.is_empty() {
        names.push("");
    }
    names
}

fn dotted(value: &Value) -> Option<&str> {
    match &value.datum {
        Datum::Str(path) | Datum::Ref(path) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, Item, Setting};

    fn dict(entries: Vec<(&str, Value)>) -> Value {
        Value::of(Datum::Dict(entries.into_iter().map(|(key, value)| Entry::One(Value::text(key), value)).collect()))
    }

    fn list(names: &[&str]) -> Value {
        Value::of(Datum::List(names.iter().map(|name| Item::One(Value::text(name))).collect()))
    }

    fn routes(logging: Vec<(&str, Value)>) -> Routes {
        let mut facts = Facts::default();
        let setting = Setting { value: dict(logging), origin: Vec::new(), assumptions: std::collections::BTreeSet::new() };
        facts.settings.explicit.insert("LOGGING".into(), setting);
        facts.logging().routes("django.request", ERROR)
    }

    fn console() -> (&'static str, Value) {
        ("handlers", dict(vec![("console", dict(vec![("class", Value::text("logging.StreamHandler"))]))]))
    }

    #[test]
    fn without_logging_only_the_admins_are_told() {
        let routes = Facts::default().logging().routes("django.request", ERROR);
        assert!(routes.sinks.iter().all(|sink| sink.mails) && routes.sinks.len() == 1);
        assert_eq!(routes.dropped.len(), 1);
    }

    #[test]
    fn a_root_logger_alone_disables_those_of_django() {
        let root = || ("root", dict(vec![("handlers", list(&["console"]))]));
        assert!(routes(vec![console(), root()]).disabled);
        let kept = routes(vec![console(), root(), ("disable_existing_loggers", Value::of(Datum::Bool(false)))]);
        assert_eq!(kept.sinks.iter().map(|sink| sink.name.as_str()).collect::<Vec<_>>(), ["mail_admins", "console"]);
    }

    #[test]
    fn a_named_logger_loses_the_default_handlers() {
        let loggers = |django| ("loggers", dict(vec![("django", django)]));
        let named = routes(vec![console(), loggers(dict(vec![("handlers", list(&["console"]))]))]);
        assert_eq!(named.sinks.iter().map(|sink| sink.name.as_str()).collect::<Vec<_>>(), ["console"]);
        let bare = routes(vec![console(), loggers(dict(vec![("level", Value::text("INFO"))]))]);
        assert!(bare.sinks[0].name.contains("last resort"));
    }
}
