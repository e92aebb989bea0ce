//! Refining: what the source says of the settings, corrected and completed by what Django saw. Places stay where they can.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Runtime;
use crate::{Datum, Django, Entry, Facts, Given, Item, Lookup, Region, Setting, Settings, Value, Variable, Version};

impl Facts {
    /// The facts with the values that Django saw. What was read stays where both agree, with its places and with what it was
    /// assumed under; a value that the source did not know, or knew otherwise, is the one that was seen.
    #[must_use]
    pub fn refined(&self, runtime: Arc<Runtime>) -> Self {
        let mut facts = self.clone();
        if let Some(seen) = &runtime.settings {
            facts.settings = refine(&self.settings, seen);
        }
        // What the project says it runs with counts: a Python with another release is not its own.
        let same = |version: &Version| self.django.assumed || version.feature() == self.django.version.feature();
        if let Some(version) = runtime.django.filter(|version| same(version) && *version != self.django.version) {
            facts.django = Django { version, from: "the project's own Python".to_owned(), at: None, assumed: false };
        }
        facts.runtime = Some(runtime);
        facts
    }
}

fn refine(read: &Settings, seen: &BTreeMap<Arc<str>, Value>) -> Settings {
    let mut settings = read.clone();
    settings.open = None;
    settings.load_errors.clear();
    settings.explicit.clear();
    // What was seen is of this one environment.
    settings.elsewhere.clear();
    settings.granted.clear();
    for (name, value) in seen {
        let setting = match read.explicit.get(name) {
            Some(known) if agree(&known.value, value) => known.clone(),
            Some(known) => Setting {
                value: merge(&known.value, value, &mut settings.variables),
                origin: known.origin.clone(),
                assumptions: BTreeSet::new(),
            },
            None => Setting { value: value.clone(), origin: Vec::new(), assumptions: BTreeSet::new() },
        };
        settings.explicit.insert(name.clone(), setting);
    }
    settings
}

/// Whether what was read is all known and just what was seen.
fn agree(read: &Value, seen: &Value) -> bool {
    let all = |read: &[Item], seen: &[Item]| {
        read.len() == seen.len()
            && read.iter().zip(seen).all(|pair| matches!(pair, (Item::One(read), Item::One(seen)) if agree(read, seen)))
    };
    match (&read.datum, &seen.datum) {
        (Datum::Unknown(_) | Datum::OneOf(_), _) => false,
        // What the run could not put into words says nothing against what was read.
        (_, Datum::Unknown(_)) => !read.has_unknown(),
        (Datum::Secret(read), Datum::Secret(seen)) => read.len() == seen.len() && read.fingerprint() == seen.fingerprint(),
        // The run is stricter in what it takes for a credential.
        (Datum::Str(text), Datum::Secret(seen)) => crate::Secret::new(&**text).fingerprint() == seen.fingerprint(),
        (Datum::Int(number), Datum::Secret(seen)) => crate::Secret::new(number.to_string()).fingerprint() == seen.fingerprint(),
        (Datum::Bytes(_), Datum::Secret(_)) | (Datum::Ref(_), Datum::Ref(_)) => true,
        (Datum::List(read), Datum::List(seen)) | (Datum::Tuple(read), Datum::Tuple(seen)) => all(read, seen),
        (Datum::Set(read), Datum::Set(seen)) => {
            read.len() == seen.len()
                && seen.iter().all(|seen| {
                    let Item::One(seen) = seen else { return false };
                    read.iter().any(|read| matches!(read, Item::One(read) if agree(read, seen)))
                })
        }
        (Datum::Dict(read), Datum::Dict(seen)) => {
            read.len() == seen.len()
                && read.iter().zip(seen).all(|pair| match pair {
                    (Entry::One(key, read), Entry::One(name, seen)) => agree(key, name) && agree(read, seen),
                    _ => false,
                })
        }
        (read, seen) => read == seen,
    }
}

/// The value that was seen, with the places of what was read.
fn merge(read: &Value, seen: &Value, variables: &mut [Variable]) -> Value {
    if agree(read, seen) {
        return read.clone();
    }
    if matches!(seen.datum, Datum::Unknown(_)) {
        return read.clone();
    }
    let alternatives = read.alternatives();
    if let Some((same, _)) = alternatives.iter().find(|(value, _)| agree(value, seen)) {
        return (*same).clone();
    }
    let datum = match (&read.datum, &seen.datum) {
        (Datum::List(read), Datum::List(seen)) => Datum::List(merge_items(read, seen, variables)),
        (Datum::Tuple(read), Datum::Tuple(seen)) => Datum::Tuple(merge_items(read, seen, variables)),
        (Datum::Dict(_), Datum::Dict(entries)) => Datum::Dict(
            entries
                .iter()
                .map(|entry| match entry {
                    Entry::One(key, value) => {
                        let known = key.as_str().map(|key| read.get(key));
                        match known {
                            Some(Lookup::Found(known)) => Entry::One(key.clone(), merge(known, value, variables)),
                            Some(Lookup::Absent | Lookup::Unknown(_)) | None => entry.clone(),
                        }
                    }
                    Entry::Perhaps(..) | Entry::Many(_) => entry.clone(),
                })
                .collect(),
        ),
        (_, datum) => {
            given(read.at, seen, variables);
            // The text at that place is not the credential, and must not be taken for it.
            if matches!(datum, Datum::Secret(_)) {
                return seen.clone();
            }
            datum.clone()
        }
    };
    Value { datum, at: read.at }
}

fn merge_items(read: &[Item], seen: &[Item], variables: &mut [Variable]) -> Vec<Item> {
    let known = |item: &Item| match item {
        Item::One(value) | Item::Perhaps(value, _) => Some(value.clone()),
        Item::Many(_) => None,
    };
    let merged = |(index, item): (usize, &Item)| {
        let Item::One(value) = item else { return item.clone() };
        let same = read.iter().filter_map(known).find(|known| agree(known, value));
        // What stands opposite is the same thing with another value, unless that one is known to stand elsewhere.
        let elsewhere = |known: &Value| seen.iter().any(|seen| matches!(seen, Item::One(seen) if agree(known, seen)));
        let opposite = || read.get(index).filter(|_| read.len() == seen.len()).and_then(known).filter(|it| !elsewhere(it));
        match same.or_else(opposite) {
            Some(known) => Item::One(merge(&known, value, variables)),
            None => item.clone(),
        }
    };
    seen.iter().enumerate().map(merged).collect()
}

/// A variable that is read where the value stands, and whose default it is not, was given by somebody.
fn given(at: Option<Region>, seen: &Value, variables: &mut [Variable]) {
    let Some(at) = at else { return };
    let overlaps = |read: &Region| read.artifact == at.artifact && read.start < at.end && at.start < read.end;
    for variable in variables {
        let is_default = variable.default.as_ref().is_some_and(|default| agree(default, seen));
        if variable.given.is_none() && !is_default && variable.reads.iter().any(overlaps) {
            variable.given = Some(Given::CommandLine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtifactId, Secret, Unknown, Why};

    fn place(start: u32) -> Region {
        Region::new(ArtifactId(0), start, start + 5)
    }

    fn setting(value: Value) -> Setting {
        Setting { value, origin: vec![place(1)], assumptions: BTreeSet::new() }
    }

    fn refined(read: Settings, seen: &[(&str, Value)]) -> Settings {
        let settings = seen.iter().map(|(name, value)| (Arc::from(*name), value.clone())).collect();
        let facts = Facts { settings: read, ..Facts::default() };
        facts.refined(Arc::new(Runtime { settings: Some(settings), ..Runtime::default() })).settings
    }

    #[test]
    fn what_agrees_stays_with_its_places() {
        let mut read = Settings::default();
        let key = Secret::new("hunter-hunter-2");
        let told = Secret::told(key.len(), key.distinct(), false, key.fingerprint());
        read.explicit.insert("SECRET_KEY".into(), setting(Value::at(Datum::Secret(key.clone()), place(7))));
        let settings = refined(read, &[("SECRET_KEY", Value::of(Datum::Secret(told))), ("NEW", Value::text("x"))]);
        assert_eq!(settings.explicit["SECRET_KEY"].value, Value::at(Datum::Secret(key), place(7)));
        assert_eq!(settings.explicit["NEW"].origin, []);
    }

    #[test]
    fn what_was_unknown_becomes_what_was_seen() {
        let mut read = Settings::default();
        let unknown = |start| Value::unknown(Why::Call("f".into()), Some(place(start)));
        let hosts = vec![Item::One(Value::at(Datum::Str("a".into()), place(20))), Item::One(unknown(30))];
        read.explicit.insert("DEBUG".into(), setting(unknown(9)));
        read.explicit.insert("HOSTS".into(), setting(Value::of(Datum::List(hosts))));
        read.explicit.insert("GONE".into(), setting(Value::text("x")));
        read.open = Some(Unknown::new(Why::Call("f".into()), None));
        let list = Value::of(Datum::List(vec![Item::One(Value::text("b")), Item::One(Value::text("a"))]));
        let settings = refined(read, &[("DEBUG", Value::of(Datum::Bool(true))), ("HOSTS", list)]);
        assert_eq!(settings.explicit["DEBUG"].value, Value::at(Datum::Bool(true), place(9)));
        assert!(settings.open.is_none() && !settings.explicit.contains_key("GONE"));
        let Datum::List(hosts) = &settings.explicit["HOSTS"].value.datum else { panic!("a list") };
        let [Item::One(first), Item::One(second)] = &hosts[..] else { panic!("two") };
        assert_eq!((first.at, second.at), (None, Some(place(20))));
    }

    #[test]
    fn a_variable_that_was_needed_was_given() {
        let mut read = Settings::default();
        read.explicit.insert("SECRET_KEY".into(), setting(Value::unknown(Why::Call("env".into()), Some(place(9)))));
        let variable = |reads| Variable {
            name: "SECRET_KEY".into(),
            cast: "str".into(),
            default: None,
            required: true,
            reads,
            called: Vec::new(),
            given: None,
            within: None,
        };
        read.variables = vec![variable(vec![place(8)]), variable(vec![place(90)])];
        let settings = refined(read, &[("SECRET_KEY", Value::of(Datum::Secret(Secret::told(50, 20, false, "0123456789ab"))))]);
        assert_eq!(settings.variables[0].given, Some(Given::CommandLine));
        assert_eq!(settings.variables[1].given, None);
        assert_eq!(settings.explicit["SECRET_KEY"].value.at, None, "what stands there is not the key");
    }
}
