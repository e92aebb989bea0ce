//! The effective settings for programs: every name with its tagged value, where it was made and what was read for it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{Assumption, Datum, Effective, Region, Unknown, Value, Why, django};
use shipworthy_source::tagged;

use super::json::print;
use super::view::View;

/// What `settings --output-format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "shipworthy settings")]
pub(super) struct Report {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// The dotted name of the settings module.
    module: String,
    /// The settings that the module sets; or those that were asked for, with Django's defaults behind them.
    settings: BTreeMap<String, SettingReport>,
}

/// One setting.
#[derive(Serialize, JsonSchema)]
struct SettingReport {
    /// Whether the value is known: whole, but for parts, not at all.
    status: StatusName,
    /// The value as JSON, with tags where JSON lacks a type: `{"$tuple":[…]}`, `{"$set":[…]}`, `{"$dict":[[key,value],…]}`,
    /// `{"$bytes":latin1}`, `{"$path":text}`, `{"$timedelta":seconds}`, `{"$lazy":text}`, `{"$ref":"dotted.name"}`,
    /// `{"$secret":{…}}`, `{"$unknown":reason}`, `{"$one_of":[…]}`.
    value: serde_json::Value,
    /// Why the value is not known whole.
    reason: Option<String>,
    /// The statements that made or changed the value, oldest first.
    origin: Vec<OriginReport>,
    /// The environment variables that were read for it.
    env: Vec<String>,
}

/// How much of a value is known.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum StatusName {
    Known,
    Partial,
    Unknown,
}

/// A statement.
#[derive(Serialize, JsonSchema)]
struct OriginReport {
    /// The path, relative to the audited folder, with forward slashes.
    path: String,
    /// The line, from 1.
    line: usize,
}

/// The settings as JSON.
pub(super) fn render(view: &View<'_>, names: &[String], show_secrets: bool) -> String {
    let settings = chosen(view, names)
        .into_iter()
        .map(|(name, setting)| {
            let report = SettingReport {
                status: match (setting.value.as_unknown(), setting.value.has_unknown()) {
                    (Some(_), _) => StatusName::Unknown,
                    (None, true) => StatusName::Partial,
                    (None, false) => StatusName::Known,
                },
                value: masked(view, tagged::to_json(&setting.value, show_secrets)),
                reason: first_unknown(&setting.value).map(|unknown| view.words(&unknown.reason())),
                origin: origin(view, &name)
                    .into_iter()
                    .map(|region| view.place(region))
                    .map(|place| OriginReport { path: place.path, line: place.line })
                    .collect(),
                env: variables(view, &name, &setting).into_iter().collect(),
            };
            (name, report)
        })
        .collect();
    print(&Report { schema: 1, module: view.audit.facts.settings.module.to_string(), settings })
}

/// The settings to show: what the module sets, or what was asked for and exists.
pub(super) fn chosen(view: &View<'_>, names: &[String]) -> Vec<(String, Effective)> {
    let facts = &view.audit.facts;
    let asked: Vec<String> =
        if names.is_empty() { facts.settings.explicit.keys().map(ToString::to_string).collect() } else { names.to_vec() };
    asked
        .into_iter()
        .filter_map(|name| {
            let default = django::default(&facts.django.version, &name);
            facts.settings.effective(&name, default).map(|setting| (name, setting))
        })
        .collect()
}

/// The statements that made a setting, oldest first.
pub(super) fn origin(view: &View<'_>, name: &str) -> Vec<Region> {
    view.audit.facts.settings.explicit(name).map(|setting| setting.origin.clone()).unwrap_or_default()
}

/// The environment variables that were read for a setting.
pub(super) fn variables(view: &View<'_>, name: &str, setting: &Effective) -> BTreeSet<String> {
    let assumed = setting.assumptions.iter().filter_map(Assumption::variable).map(str::to_owned);
    let mut names: BTreeSet<String> = assumed.collect();
    each_unknown(&setting.value, &mut |unknown| {
        if let Why::Variable(name) = &unknown.why {
            names.insert(name.to_string());
        }
    });
    let statements = origin(view, name);
    let inside =
        |read: &Region| statements.iter().any(|at| at.artifact == read.artifact && at.start <= read.start && read.end <= at.end);
    let read = view.audit.facts.settings.variables.iter().filter(|variable| variable.reads.iter().any(inside));
    names.extend(read.map(|variable| variable.name.to_string()));
    names
}

/// The first reason why a value is not known whole.
pub(super) fn first_unknown(value: &Value) -> Option<Unknown> {
    let mut first = None;
    each_unknown(value, &mut |unknown| {
        first.get_or_insert_with(|| unknown.clone());
    });
    first
}

fn each_unknown(value: &Value, tell: &mut dyn FnMut(&Unknown)) {
    value.walk(&mut |value| {
        if let Some(unknown) = value.as_unknown() {
            tell(&unknown);
        }
        for item in value.items().unwrap_or_default() {
            match item {
                shipworthy_model::Item::One(_) => {}
                shipworthy_model::Item::Perhaps(_, condition) => tell(&branch(condition)),
                shipworthy_model::Item::Many(unknown) => tell(unknown),
            }
        }
        if let Datum::Dict(entries) = &value.datum {
            for entry in entries {
                match entry {
                    shipworthy_model::Entry::One(..) => {}
                    shipworthy_model::Entry::Perhaps(.., condition) => tell(&branch(condition)),
                    shipworthy_model::Entry::Many(unknown) => tell(unknown),
                }
            }
        }
    });
}

fn branch(condition: &shipworthy_model::Condition) -> Unknown {
    Unknown::new(Why::Branch(condition.text.clone()), condition.at)
}

/// Credentials that hide inside text that the evaluator did not take for one.
fn masked(view: &View<'_>, json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::String(text) => Json::String(view.words(&text)),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| masked(view, item)).collect()),
        Json::Object(entries) => Json::Object(entries.into_iter().map(|(key, value)| (key, masked(view, value))).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) => json,
    }
}
