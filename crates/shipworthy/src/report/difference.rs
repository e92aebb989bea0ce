//! How two settings modules differ in effect: what Django sees of one and not of the other.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{Datum, Effective, Entry, Item, Truth, Unknown, Value, django};
use shipworthy_source::tagged;

use super::json::print;
use super::paint::{Paint, Tone, wrap};
use super::settings::{OriginReport, first_unknown, masked, origin};
use super::story::{cut, short};
use super::view::View;
use crate::audit::Audit;

/// What `settings --diff MODULE_A MODULE_B --output-format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "shipworthy settings --diff")]
pub(super) struct Report {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// The dotted name of the first module.
    a: String,
    /// The dotted name of the second.
    b: String,
    /// The name of the deployment, whose variables both were evaluated with.
    environment: String,
    /// The settings that differ, by name.
    differences: Vec<DifferenceReport>,
    /// How many settings that either module sets are the same in effect.
    same: usize,
}

/// A setting that is not the same in effect.
#[derive(Serialize, JsonSchema)]
struct DifferenceReport {
    /// Its name.
    name: String,
    /// In which way.
    kind: DifferenceName,
    /// The value by the first module, as tagged JSON; Django's default where the module does not set it, absent where
    /// Django has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<serde_json::Value>,
    /// The value by the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<serde_json::Value>,
    /// The parts that differ; for a list, tuple, set or dictionary each element of its own.
    changes: Vec<ChangeReport>,
    /// The statements that made the first.
    a_origin: Vec<OriginReport>,
    /// The statements that made the second.
    b_origin: Vec<OriginReport>,
}

/// Set by the first module only; by the second only; by both, differently; not known on at least one side.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum DifferenceName {
    OnlyInA,
    OnlyInB,
    Changed,
    Unknown,
}

/// A part that differs.
#[derive(Serialize, JsonSchema)]
struct ChangeReport {
    /// The keys that lead to it from the setting, as Python would write them; empty for the value itself.
    path: Vec<String>,
    /// In which way.
    kind: ChangeName,
    /// What the first has.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<serde_json::Value>,
    /// What the second has.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<serde_json::Value>,
}

/// Only the second has it; only the first; both, differently; the same elements in another order; not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ChangeName {
    Added,
    Removed,
    Changed,
    Reordered,
    Unknown,
}

/// A part that differs, as values.
struct Change {
    path: Vec<Value>,
    kind: ChangeName,
    a: Option<Value>,
    b: Option<Value>,
}

struct Difference {
    name: String,
    kind: DifferenceName,
    a: Option<Effective>,
    b: Option<Effective>,
    changes: Vec<Change>,
}

/// Compares; also says how many settings are the same.
fn compare(a: &Audit, b: &Audit, names: &[String]) -> (Vec<Difference>, usize) {
    let (ours, theirs) = (&a.facts.settings, &b.facts.settings);
    let all: BTreeSet<&str> = ours.explicit.keys().chain(theirs.explicit.keys()).map(|name| &**name).collect();
    let asked = |name: &&str| names.is_empty() || names.iter().any(|asked| asked == name);
    let mut same = 0;
    let mut differences = Vec::new();
    for name in all.into_iter().filter(asked) {
        let side = |audit: &Audit| {
            let default = django::default(&audit.facts.django.version, name);
            audit.facts.settings.effective(name, default)
        };
        let (one, other) = (side(a), side(b));
        let mut changes = Vec::new();
        match (&one, &other) {
            (Some(one), Some(other)) => parts(&one.value, &other.value, &mut Vec::new(), &mut changes),
            (one, other) => changes.push(Change {
                path: Vec::new(),
                kind: if one.is_some() { ChangeName::Removed } else { ChangeName::Added },
                a: one.as_ref().map(|it| it.value.clone()),
                b: other.as_ref().map(|it| it.value.clone()),
            }),
        }
        if changes.is_empty() {
            same += 1;
            continue;
        }
        let sets = |side: &Option<Effective>| side.as_ref().map_or(Truth::No, |it| it.explicit.clone());
        let kind = match (sets(&one), sets(&other)) {
            _ if changes.iter().all(|change| change.kind == ChangeName::Unknown) => DifferenceName::Unknown,
            (_, Truth::No) => DifferenceName::OnlyInA,
            (Truth::No, _) => DifferenceName::OnlyInB,
            (Truth::Yes | Truth::Unknown(_), Truth::Yes | Truth::Unknown(_)) => DifferenceName::Changed,
        };
        differences.push(Difference { name: name.to_owned(), kind, a: one, b: other, changes });
    }
    (differences, same)
}

/// The parts of two values that differ.
fn parts(a: &Value, b: &Value, path: &mut Vec<Value>, changes: &mut Vec<Change>) {
    let mut tell = |kind: ChangeName, path: &[Value], a: Option<&Value>, b: Option<&Value>| {
        changes.push(Change { path: path.to_vec(), kind, a: a.cloned(), b: b.cloned() });
    };
    if a.as_unknown().is_some() || b.as_unknown().is_some() {
        if !same_unknown(a, b) {
            tell(ChangeName::Unknown, path, Some(a), Some(b));
        }
        return;
    }
    match (&a.datum, &b.datum) {
        (Datum::List(ours), Datum::List(theirs))
        | (Datum::Tuple(ours), Datum::Tuple(theirs))
        | (Datum::Set(ours), Datum::Set(theirs)) => {
            if rest(ours).is_some() || rest(theirs).is_some() {
                if !same_rest(a, b) {
                    tell(ChangeName::Unknown, path, Some(a), Some(b));
                }
                return;
            }
            let (ours, theirs): (Vec<&Value>, Vec<&Value>) = (a.certain_items().collect(), b.certain_items().collect());
            let (gone, new) = (without(&ours, &theirs), without(&theirs, &ours));
            for item in &gone {
                tell(ChangeName::Removed, path, Some(item), None);
            }
            for item in &new {
                tell(ChangeName::Added, path, None, Some(item));
            }
            let reordered = !matches!(a.datum, Datum::Set(_)) && {
                let kept_of = |items: &[&Value], gone: &[&Value]| {
                    let kept: Vec<serde_json::Value> = without(items, gone).into_iter().map(plain).collect();
                    kept
                };
                kept_of(&ours, &gone) != kept_of(&theirs, &new)
            };
            if reordered {
                tell(ChangeName::Reordered, path, Some(a), Some(b));
            }
        }
        (Datum::Dict(ours), Datum::Dict(theirs)) => {
            if uncertain(ours).is_some() || uncertain(theirs).is_some() {
                if !same_rest(a, b) {
                    tell(ChangeName::Unknown, path, Some(a), Some(b));
                }
                return;
            }
            let find = |value: &'_ Value, key: &Value| {
                let wanted = plain(key);
                value.known_entries().find(|(known, _)| plain(known) == wanted).map(|(_, found)| found.clone())
            };
            let mut inner: Vec<(Value, Option<Value>, Option<Value>)> =
                a.known_entries().map(|(key, value)| (key.clone(), Some(value.clone()), find(b, key))).collect();
            let new = b.known_entries().filter(|(key, _)| find(a, key).is_none());
            inner.extend(new.map(|(key, value)| (key.clone(), None, Some(value.clone()))));
            for (key, one, other) in inner {
                path.push(key);
                match (&one, &other) {
                    (Some(one), Some(other)) => parts(one, other, path, changes),
                    (Some(_), None) => {
                        changes.push(Change { path: path.clone(), kind: ChangeName::Removed, a: one, b: None });
                    }
                    (None, Some(_)) => changes.push(Change { path: path.clone(), kind: ChangeName::Added, a: None, b: other }),
                    (None, None) => {}
                }
                path.pop();
            }
        }
        _ if plain(a) == plain(b) => {}
        _ => tell(ChangeName::Changed, path, Some(a), Some(b)),
    }
}

/// A value without its places, for comparing: it never leaves.
fn plain(value: &Value) -> serde_json::Value {
    tagged::to_json(value, true)
}

/// Both are unknown for the same reason at the same place, so that whatever it is, it is the same.
fn same_unknown(a: &Value, b: &Value) -> bool {
    let fixed = |unknown: &Unknown| unknown.at.is_some();
    match (a.as_unknown(), b.as_unknown()) {
        (Some(one), Some(other)) => fixed(&one) && one.why == other.why && plain(a) == plain(b),
        _ => false,
    }
}

/// Containers that are unknown in part: the same if all of both reads the same.
fn same_rest(a: &Value, b: &Value) -> bool {
    plain(a) == plain(b) && a.show() == b.show()
}

/// What keeps a sequence from being compared element by element.
fn rest(items: &[Item]) -> Option<&Item> {
    items.iter().find(|item| match item {
        Item::One(_) => false,
        Item::Perhaps(..) | Item::Many(_) => true,
    })
}

fn uncertain(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().find(|entry| match entry {
        Entry::One(key, _) => key.has_unknown(),
        Entry::Perhaps(..) | Entry::Many(_) => true,
    })
}

/// The elements of one sequence that the other lacks, each counted as often as it stands there.
fn without<'v>(items: &[&'v Value], others: &[&Value]) -> Vec<&'v Value> {
    let mut left: Vec<serde_json::Value> = others.iter().map(|value| plain(value)).collect();
    let lacks = |item: &&&Value| match left.iter().position(|other| *other == plain(item)) {
        Some(index) => {
            left.swap_remove(index);
            false
        }
        None => true,
    };
    let mut lacks = lacks;
    items.iter().filter(|item| lacks(item)).copied().collect()
}

/// The difference as JSON.
pub(super) fn render_json(a: &View<'_>, b: &View<'_>, names: &[String], show_secrets: bool) -> String {
    let (differences, same) = compare(a.audit, b.audit, names);
    let json = |value: &Value| masked(b, masked(a, tagged::to_json(value, show_secrets)));
    let origins = |view: &View<'_>, name: &str| origin(view, name).into_iter().map(|at| OriginReport::of(view, at)).collect();
    let differences = differences
        .iter()
        .map(|difference| DifferenceReport {
            name: difference.name.clone(),
            kind: difference.kind,
            a: difference.a.as_ref().map(|side| json(&side.value)),
            b: difference.b.as_ref().map(|side| json(&side.value)),
            changes: difference
                .changes
                .iter()
                .map(|change| ChangeReport {
                    path: change.path.iter().map(|key| b.words(&a.words(&key.show()))).collect(),
                    kind: change.kind,
                    a: change.a.as_ref().map(json),
                    b: change.b.as_ref().map(json),
                })
                .collect(),
            a_origin: origins(a, &difference.name),
            b_origin: origins(b, &difference.name),
        })
        .collect();
    print(&Report {
        schema: 1,
        a: a.audit.facts.settings.module.to_string(),
        b: b.audit.facts.settings.module.to_string(),
        environment: a.words(&a.audit.environment),
        differences,
        same,
    })
}

/// The difference as text.
pub(super) fn render(a: &View<'_>, b: &View<'_>, names: &[String], paint: Paint, show_secrets: bool) -> String {
    let (differences, same) = compare(a.audit, b.audit, names);
    let (one, other) = (a.say_path(&a.audit.facts.settings.module), b.say_path(&b.audit.facts.settings.module));
    let mut out = String::new();
    for (kind, title) in [
        (DifferenceName::Changed, format!("{one} → {other}")),
        (DifferenceName::OnlyInA, format!("only in {one}")),
        (DifferenceName::OnlyInB, format!("only in {other}")),
        (DifferenceName::Unknown, "not known on one side".to_owned()),
    ] {
        let of_kind: Vec<&Difference> = differences.iter().filter(|difference| difference.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        out.push_str(&format!("{}\n", paint.tone(Tone::Heading, &title)));
        for difference in of_kind {
            let lines = Lines { a, b, paint, show_secrets };
            lines.difference(difference, &mut out);
        }
        out.push('\n');
    }
    let plural = if same == 1 { "setting is" } else { "settings are" };
    out.push_str(&match differences.len() {
        0 => format!("{same} {plural} the same in effect\n"),
        1 => format!("1 setting differs, {same} {plural} the same in effect\n"),
        count => format!("{count} settings differ, {same} {plural} the same in effect\n"),
    });
    for view in [a, b] {
        if let Some(open) = &view.audit.facts.settings.open {
            let module = view.say_path(&view.audit.facts.settings.module);
            let text = format!("{module} may set more: {}", view.say(&open.reason()));
            out.push_str(&format!("{}\n", paint.tone(Tone::Open, &text)));
        }
    }
    out
}

/// How differences are written.
struct Lines<'v, 'a> {
    a: &'v View<'a>,
    b: &'v View<'a>,
    paint: Paint,
    show_secrets: bool,
}

impl Lines<'_, '_> {
    fn difference(&self, difference: &Difference, out: &mut String) {
        let name = self.paint.tone(Tone::Heading, &super::clean::one_line(&difference.name));
        let whole = difference.changes.iter().all(|change| change.path.is_empty() && !is_element(change, difference));
        if let ([change], true) = (difference.changes.as_slice(), whole) {
            let text = self.change(change, difference.kind);
            self.wrapped(&format!("  {name} "), difference.name.chars().count() + 3, &text, out);
            return;
        }
        out.push_str(&format!("  {name}\n"));
        for change in &difference.changes {
            let keys: Vec<String> = change.path.iter().map(|key| format!("[{}]", self.shown(key))).collect();
            let path = keys.concat();
            let (mark, tone) = match change.kind {
                ChangeName::Added => ("+", Tone::Passed),
                ChangeName::Removed => ("-", Tone::Failed(shipworthy_model::Severity::High)),
                ChangeName::Changed | ChangeName::Reordered => ("~", Tone::Code),
                ChangeName::Unknown => ("?", Tone::Open),
            };
            let between = if path.is_empty() { "" } else { " " };
            let text = format!("{path}{between}{}", self.change(change, DifferenceName::Changed));
            self.wrapped(&format!("    {} ", self.paint.tone(tone, mark)), 6, &text, out);
        }
    }

    fn change(&self, change: &Change, kind: DifferenceName) -> String {
        let one = change.a.as_ref().map(|value| self.shown(value)).unwrap_or_default();
        let other = change.b.as_ref().map(|value| self.shown(value)).unwrap_or_default();
        match (change.kind, kind) {
            (ChangeName::Removed, _) => one,
            (ChangeName::Added, _) => other,
            (ChangeName::Reordered, _) => format!("in another order: {other}"),
            (ChangeName::Changed | ChangeName::Unknown, DifferenceName::OnlyInA) => {
                format!("{one} (Django's default is {other})")
            }
            (ChangeName::Changed | ChangeName::Unknown, DifferenceName::OnlyInB) => {
                format!("{other} (Django's default is {one})")
            }
            (ChangeName::Changed | ChangeName::Unknown, DifferenceName::Changed | DifferenceName::Unknown) if one == other => {
                format!("{one} → {other} (another one)")
            }
            (ChangeName::Changed | ChangeName::Unknown, DifferenceName::Changed | DifferenceName::Unknown) => {
                format!("{one} → {other}")
            }
        }
    }

    fn shown(&self, value: &Value) -> String {
        const LONGEST: usize = 200;
        let text = match (&value.datum, first_unknown(value)) {
            (Datum::Unknown(_), Some(unknown)) => format!("unknown: {}", unknown.reason()),
            _ => short(self.a, value, self.show_secrets),
        };
        cut(&self.b.say(&self.a.say(&text)), LONGEST)
    }

    fn wrapped(&self, head: &str, used: usize, text: &str, out: &mut String) {
        let room = self.paint.width.saturating_sub(used.min(30)).max(20);
        for (index, line) in wrap(text, room).iter().enumerate() {
            let start = if index == 0 { head.to_owned() } else { " ".repeat(used.min(30)) };
            out.push_str(&format!("{start}{line}\n"));
        }
    }
}

/// Whether a change without a path is about an element of a list rather than the value.
fn is_element(change: &Change, difference: &Difference) -> bool {
    let both = difference.a.is_some() && difference.b.is_some();
    both && change.path.is_empty() && matches!(change.kind, ChangeName::Added | ChangeName::Removed | ChangeName::Reordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Value {
        Value::of(Datum::List(items.iter().map(|item| Item::One(Value::text(item))).collect()))
    }

    fn kinds(a: &Value, b: &Value) -> Vec<(ChangeName, Vec<String>)> {
        let mut changes = Vec::new();
        parts(a, b, &mut Vec::new(), &mut changes);
        changes.iter().map(|change| (change.kind, change.path.iter().map(Value::show).collect())).collect()
    }

    #[test]
    fn lists_differ_by_element() {
        assert_eq!(kinds(&list(&["a", "b"]), &list(&["a", "b"])), []);
        let changed = kinds(&list(&["a", "b", "b"]), &list(&["b", "c"]));
        assert_eq!(
            changed.iter().map(|it| it.0).collect::<Vec<_>>(),
            [ChangeName::Removed, ChangeName::Removed, ChangeName::Added]
        );
        assert_eq!(kinds(&list(&["a", "b"]), &list(&["b", "a"]))[0].0, ChangeName::Reordered);
        assert_eq!(kinds(&list(&["a"]), &Value::of(Datum::Tuple(vec![Item::One(Value::text("a"))])))[0].0, ChangeName::Changed);
    }

    #[test]
    fn dictionaries_differ_by_key_at_any_depth() {
        let dict = |pairs: Vec<(&str, Value)>| {
            Value::of(Datum::Dict(pairs.into_iter().map(|(key, value)| Entry::One(Value::text(key), value)).collect()))
        };
        let of = |host: &str| dict(vec![("default", dict(vec![("HOST", Value::text(host))])), ("same", list(&["x"]))]);
        assert_eq!(kinds(&of("a"), &of("a")), []);
        assert_eq!(kinds(&of("a"), &of("b")), [(ChangeName::Changed, vec!["\"default\"".to_owned(), "\"HOST\"".to_owned()])]);
        let unknown = Value::unknown(shipworthy_model::Why::Call("f".into()), None);
        let half = dict(vec![("default", dict(vec![("HOST", unknown)])), ("same", list(&["x"]))]);
        assert_eq!(kinds(&of("a"), &half)[0].0, ChangeName::Unknown);
    }
}
