//! Services: the aliases of `CACHES`, `DATABASES`, `MAILERS`, `TASKS`, `STORAGES`, each with what it is configured as.

use crate::settings::{Effective, Truth};
use crate::{Condition, Datum, Facts, Lookup, Region, Unknown, Value, Why};

/// One alias of a setting that names services.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The alias: `default`.
    pub alias: &'a str,
    /// What stands under it, usually a dictionary.
    pub config: &'a Value,
    /// The condition under which it is so, if that could not be decided.
    pub only: Option<&'a Condition>,
}

impl Effective {
    /// Every alias whose name is known, under each condition that could not be decided.
    pub fn services(&self) -> Vec<Service<'_>> {
        let mut services = Vec::new();
        for (value, outer) in self.value.alternatives() {
            for entry in value.entries().unwrap_or_default() {
                let (key, config, own) = match entry {
                    crate::Entry::One(key, config) => (key, config, None),
                    crate::Entry::Perhaps(key, config, condition) => (key, config, Some(condition)),
                    crate::Entry::Many(_) => continue,
                };
                let Some(alias) = key.expose_str() else { continue };
                for (config, inner) in config.alternatives() {
                    services.push(Service { alias, config, only: inner.or(own).or(outer) });
                }
            }
        }
        services
    }

    /// Why nothing at all is known of the setting, if that is so.
    pub fn undecided(&self) -> Option<&Unknown> {
        match &self.value.datum {
            Datum::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }
}

impl<'a> Service<'a> {
    /// What it says about a key.
    pub fn get(&self, key: &str) -> Lookup<'a> {
        self.config.get(key)
    }

    /// What its `OPTIONS` say about a key.
    pub fn option(&self, key: &str) -> Lookup<'a> {
        match self.config.get("OPTIONS") {
            Lookup::Found(options) => options.get(key),
            Lookup::Absent => Lookup::Absent,
            Lookup::Unknown(why) => Lookup::Unknown(why),
        }
    }

    /// The text under a key, where it is known; not even of a credential may it be shown.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.get(key) {
            Lookup::Found(value) => value.expose_str().or_else(|| value.as_str()),
            Lookup::Absent | Lookup::Unknown(_) => None,
        }
    }

    /// Asks a yes-or-no question of the value under a key. No where the key is absent.
    pub fn asks(&self, key: &str, test: impl Fn(&Value) -> bool) -> Truth {
        self.asked(self.get(key), test)
    }

    /// Asks a yes-or-no question of the value under a key of `OPTIONS`. No where the key is absent.
    pub fn asks_option(&self, key: &str, test: impl Fn(&Value) -> bool) -> Truth {
        self.asked(self.option(key), test)
    }

    /// Whether its `BACKEND` is this dotted path.
    pub fn is_backend(&self, path: &str) -> Truth {
        self.asks("BACKEND", |backend| backend.as_str() == Some(path))
    }

    /// Whether its `BACKEND` is the path of this class of Django's, or of one of the project that derives from it. Classes of
    /// other packages are taken to derive from something else.
    pub fn is_backend_class(&self, class: &str, facts: &Facts) -> Truth {
        let derives = |backend: &Value| match (backend.as_unknown(), backend.as_str()) {
            (Some(why), _) => Truth::Unknown(why),
            (None, Some(path)) => match facts.derives(path, class) {
                Truth::Unknown(_) if !facts.is_own(path) => Truth::No,
                truth => truth,
            },
            (None, None) => Truth::No,
        };
        self.if_certain(match self.get("BACKEND") {
            Lookup::Found(value) => derives(value),
            Lookup::Absent => Truth::No,
            Lookup::Unknown(why) => Truth::Unknown(why),
        })
    }

    /// A yes that holds only under an undecided condition is unknown.
    pub fn if_certain(&self, truth: Truth) -> Truth {
        match (truth, self.only) {
            (Truth::Yes, Some(condition)) => Truth::Unknown(Unknown::new(Why::Branch(condition.text.clone()), condition.at)),
            (truth, _) => truth,
        }
    }

    /// The place of a key's value, or of the whole.
    pub fn region(&self, key: &str) -> Option<Region> {
        match self.get(key) {
            Lookup::Found(value) => value.at.or(self.config.at),
            Lookup::Absent | Lookup::Unknown(_) => self.config.at,
        }
    }

    fn asked(&self, lookup: Lookup<'_>, test: impl Fn(&Value) -> bool) -> Truth {
        self.if_certain(match lookup {
            Lookup::Found(value) => value.decide(test),
            Lookup::Absent => Truth::No,
            Lookup::Unknown(why) => Truth::Unknown(why),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Entry;

    #[test]
    fn an_alias_under_a_condition_answers_no_yes() {
        let condition = Condition { text: "flag()".into(), at: None, holds: true };
        let config = |backend| Value::of(Datum::Dict(vec![Entry::One(Value::text("BACKEND"), Value::text(backend))]));
        let value = Value::of(Datum::Dict(vec![
            Entry::One(Value::text("default"), config("a.A")),
            Entry::Perhaps(Value::text("other"), config("a.A"), condition),
        ]));
        let setting = Effective { value, at: None, explicit: Truth::Yes, assumptions: BTreeSet::new() };
        let answers: Vec<Truth> = setting.services().iter().map(|service| service.is_backend("a.A")).collect();
        assert_eq!(answers[0], Truth::Yes);
        assert!(matches!(answers[1], Truth::Unknown(_)));
    }
}
