//! Elsewhere: the same module where variables are set that are assumed unset, for those who ask what hangs on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::{Artifacts, Assumption, Datum, Elsewhere, Entry, Item, Region, Setting, Settings, Value, Why};

/// Variables that are asked about.
const MAX_VARIABLES: usize = 200;
/// A text that every conversion takes that takes a word: it is a number too, and small enough for a port.
pub(super) const TEXT: &str = "7317";

/// The variables of which an answer would be worth having, those that decide something first.
pub(super) fn variables(settings: &Settings) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    let decisions = settings.course.decisions.iter().flat_map(|decision| &decision.assumptions);
    let parts = settings.parts.values().flat_map(|parts| parts.whole.values().chain(parts.shell.values())).flatten();
    // What a plain value rests on, and no condition, is what it was made of.
    let made_of_parts = |value: &Value| value.items().is_some() || value.entries().is_some() || value.as_unknown().is_some();
    let several = settings.explicit.values().filter(|it| made_of_parts(&it.value) && unset(&it.assumptions).nth(1).is_some());
    for assumption in decisions.chain(several.flat_map(|setting| &setting.assumptions)).chain(parts) {
        if let Assumption::Unset(name) = assumption
            && !found.contains(name)
        {
            found.push(name.clone());
        }
    }
    found.truncate(MAX_VARIABLES);
    found
}

fn unset(assumptions: &BTreeSet<Assumption>) -> impl Iterator<Item = &Arc<str>> {
    assumptions.iter().filter_map(|assumption| match assumption {
        Assumption::Unset(name) => Some(name),
        Assumption::Given(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
    })
}

/// What is otherwise where `variable` is set.
pub(super) fn compare(
    settings: &Settings,
    there: &Settings,
    variable: Arc<str>,
    text: Option<&'static str>,
    artifacts: &Artifacts,
) -> Elsewhere {
    let mut changed: BTreeMap<Arc<str>, Option<Setting>> = BTreeMap::new();
    for (name, setting) in &there.explicit {
        if settings.explicit.get(name).is_none_or(|known| known.value != setting.value && !are_random(known, setting)) {
            changed.insert(name.clone(), Some(setting.clone()));
        }
    }
    for name in settings.explicit.keys().filter(|name| !there.explicit.contains_key(*name)) {
        changed.insert(name.clone(), None);
    }
    let known = |at: Option<Region>| settings.load_errors.iter().any(|error| error.at == at);
    let refusals = there.load_errors.iter().filter(|error| !known(error.at));
    let above = refusals.filter_map(|error| error.at).flat_map(|at| there.course.above(at));
    let refused = above.flat_map(|(decision, _)| names(artifacts.text(decision.test))).collect();
    Elsewhere { variable, text, changed, open: there.open.clone(), refused }
}

/// The settings that a test names.
fn names(test: &str) -> impl Iterator<Item = Arc<str>> + '_ {
    test.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(|word| super::is_setting_name(word))
        .map(Arc::from)
}

/// Whether both are made at random by the same expression, which never makes the same.
fn are_random(one: &Setting, other: &Setting) -> bool {
    match (&one.value.datum, &other.value.datum) {
        (Datum::Unknown(one), Datum::Unknown(other)) => {
            one.at == other.at && matches!((&one.why, &other.why), (Why::Random(_), Why::Random(_)))
        }
        _ => false,
    }
}

/// Whether a variable that is set to a text that nobody knows leaves more unknown than it need: it decides nothing, and
/// flows into a text that something takes apart into a dictionary.
pub(super) fn is_vague(settings: &Settings, elsewhere: &Elsewhere) -> bool {
    let decides = |name: &Arc<str>| settings.course.decisions.iter().any(|it| unset(&it.assumptions).any(|it| it == name));
    let lost = |name: &Arc<str>, there: &Value| settings.explicit.get(name).is_some_and(|here| is_lost(&here.value, there));
    !decides(&elsewhere.variable)
        && elsewhere.changed.iter().any(|(name, setting)| setting.as_ref().is_some_and(|setting| lost(name, &setting.value)))
}

/// Whether something is unknown as a whole that was a dictionary.
fn is_lost(here: &Value, there: &Value) -> bool {
    let Some(entries) = here.entries() else { return false };
    there.as_unknown().is_some()
        || entries.iter().any(|entry| match entry {
            Entry::One(key, value) => {
                let other = key.as_str().and_then(|key| there.found(key));
                other.is_some_and(|other| is_lost(value, other))
            }
            Entry::Perhaps(..) | Entry::Many(_) => false,
        })
}

/// Whether everything that is otherwise with [`TEXT`] shows it: then it is a text that is handed on, and not asked.
pub(super) fn is_handed_on(elsewhere: &Elsewhere) -> bool {
    elsewhere.changed.values().all(|setting| setting.as_ref().is_some_and(|setting| shows(&setting.value)))
}

pub(super) fn shows(value: &Value) -> bool {
    let item = |item: &Item| match item {
        Item::One(value) | Item::Perhaps(value, _) => shows(value),
        Item::Many(_) => false,
    };
    match &value.datum {
        Datum::Int(number) => number.to_string() == TEXT,
        Datum::Str(_) | Datum::Secret(_) | Datum::Path(_) => {
            value.expose_str().or(value.as_str()).is_some_and(|text| text.contains(TEXT))
        }
        Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => items.iter().any(item),
        Datum::Dict(entries) => entries.iter().any(|entry| match entry {
            Entry::One(_, value) | Entry::Perhaps(_, value, _) => shows(value),
            Entry::Many(_) => false,
        }),
        Datum::None
        | Datum::Bool(_)
        | Datum::Float(_)
        | Datum::Bytes(_)
        | Datum::TimeDelta(_)
        | Datum::Lazy(_)
        | Datum::Ref(_)
        | Datum::Unknown(_)
        | Datum::OneOf(_) => false,
    }
}
