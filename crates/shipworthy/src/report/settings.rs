//! The effective settings for programs: every name with its tagged value, where it was made and what was read for it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{Assumption, Datum, Effective, LoadError, Region, Unknown, Value, Why, django};
use shipworthy_source::tagged;

use super::environment;
use super::json::{NoticeReport, print};
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
    /// The name of the deployment.
    environment: String,
    /// The version of Django.
    django: String,
    /// The folders that are taken to be on `sys.path`, relative to the audited folder; the empty text is that folder itself.
    search_path: Vec<String>,
    /// Set where code that cannot be seen may have made or changed settings: then settings that are not listed may be set,
    /// too.
    open: Option<OpenReport>,
    /// Why Django refuses to load the settings, or may refuse to.
    load_errors: Vec<LoadErrorReport>,
    /// What is assumed about the environment to know what is known.
    assumptions: Vec<AssumptionReport>,
    /// What could not be read or followed.
    notices: Vec<NoticeReport>,
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
    /// What is assumed about the environment to know this value.
    assumptions: Vec<AssumptionReport>,
}

/// Why settings may be set that are not listed.
#[derive(Serialize, JsonSchema)]
struct OpenReport {
    /// One clause.
    reason: String,
    /// The statement.
    location: Option<OriginReport>,
}

/// An exception while the settings load.
#[derive(Serialize, JsonSchema)]
struct LoadErrorReport {
    /// The class of the exception.
    exception: String,
    /// What it says.
    message: String,
    /// Whether it is certainly raised; otherwise that hangs on something that could not be decided.
    certain: bool,
    /// The required environment variable that is not given, if that is the reason.
    variable: Option<String>,
    /// The statement that raises.
    location: Option<OriginReport>,
}

/// An assumption about the environment that a value rests on.
#[derive(Serialize, JsonSchema)]
struct AssumptionReport {
    /// The variable is not set, has the value that was given, or the process or machine is of a kind.
    kind: AssumptionName,
    /// The variable.
    variable: Option<String>,
    /// The assumption in words.
    text: String,
    /// The line that gives the variable its value, where a file does.
    location: Option<OriginReport>,
}

/// What an assumption is about.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum AssumptionName {
    Unset,
    Given,
    Absent,
    World,
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
pub(super) struct OriginReport {
    /// The path, relative to the audited folder, with forward slashes.
    path: String,
    /// The line, from 1.
    line: usize,
}

/// The settings as JSON.
pub(super) fn render(view: &View<'_>, names: &[String], show_secrets: bool) -> String {
    let audit = view.audit;
    let settings = &audit.facts.settings;
    let report = |(name, setting): (String, Effective)| {
        let report = SettingReport {
            status: match (setting.value.as_unknown(), setting.value.has_unknown()) {
                (Some(_), _) => StatusName::Unknown,
                (None, true) => StatusName::Partial,
                (None, false) => StatusName::Known,
            },
            value: masked(view, tagged::to_json(&setting.value, show_secrets)),
            reason: first_unknown(&setting.value).map(|unknown| view.words(&unknown.reason())),
            origin: origin(view, &name).into_iter().map(|region| OriginReport::of(view, region)).collect(),
            env: variables(view, &name, &setting).into_iter().collect(),
            assumptions: setting.assumptions.iter().map(|assumption| AssumptionReport::of(view, assumption)).collect(),
        };
        (name, report)
    };
    let assumptions: BTreeSet<&Assumption> = settings.explicit.values().flat_map(|setting| &setting.assumptions).collect();
    print(&Report {
        schema: 1,
        module: settings.module.to_string(),
        environment: view.words(&audit.environment),
        django: audit.facts.django.version.to_string(),
        search_path: audit.facts.project.search_path.iter().map(|folder| view.path(folder)).collect(),
        open: settings.open.as_ref().map(|unknown| OpenReport {
            reason: view.words(&unknown.reason()),
            location: unknown.at.map(|at| OriginReport::of(view, at)),
        }),
        load_errors: settings.load_errors.iter().map(|error| LoadErrorReport::of(view, error)).collect(),
        assumptions: assumptions.into_iter().map(|assumption| AssumptionReport::of(view, assumption)).collect(),
        notices: audit.notices.iter().map(|notice| NoticeReport::of(view, notice)).collect(),
        settings: chosen(view, names).into_iter().map(report).collect(),
    })
}

impl OriginReport {
    /// Of a region.
    pub(super) fn of(view: &View<'_>, region: Region) -> Self {
        let place = view.place(region);
        Self { path: place.path, line: place.line }
    }
}

impl LoadErrorReport {
    fn of(view: &View<'_>, error: &LoadError) -> Self {
        Self {
            exception: view.words(&error.exception),
            message: view.words(&error.message),
            certain: error.certain,
            variable: error.variable.as_deref().map(|name| view.path(name)),
            location: error.at.map(|at| OriginReport::of(view, at)),
        }
    }
}

impl AssumptionReport {
    fn of(view: &View<'_>, assumption: &Assumption) -> Self {
        let location = match assumption {
            Assumption::Given(name) => given_at(view, name).map(|at| OriginReport::of(view, at)),
            Assumption::Unset(_) | Assumption::Absent(_) | Assumption::Silent(_) | Assumption::World(_) => None,
        };
        let (kind, text) = match assumption {
            Assumption::Unset(name) => (AssumptionName::Unset, format!("nobody sets {name}")),
            Assumption::Given(name) => (AssumptionName::Given, format!("{name} has the value that is given")),
            Assumption::Absent(name) => (AssumptionName::Absent, format!("there is no {name}")),
            Assumption::Silent(name) => {
                (AssumptionName::Absent, format!("{name}, which is not in the project, sets nothing of it"))
            }
            Assumption::World(what) => (AssumptionName::World, what.to_string()),
        };
        Self { kind, variable: assumption.variable().map(|name| view.path(name)), text: view.words(&text), location }
    }
}

/// The line of a file that gives the variable of this name its value.
pub(super) fn given_at(view: &View<'_>, variable: &str) -> Option<Region> {
    let known = view.audit.facts.settings.variables.iter().find(|known| &*known.name == variable)?;
    environment::given(known)
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

/// A statement that makes more settings than this at once does not say which variable is for which.
const FEW: usize = 2;

/// The environment variables that were read for a setting.
pub(super) fn variables(view: &View<'_>, name: &str, setting: &Effective) -> BTreeSet<String> {
    let assumed = setting.assumptions.iter().filter_map(Assumption::variable).map(str::to_owned);
    let mut names: BTreeSet<String> = assumed.collect();
    each_unknown(&setting.value, &mut |unknown| {
        if let Why::Variable(name) = &unknown.why {
            names.insert(name.to_string());
        }
    });
    let makes = |at: &Region| view.audit.facts.settings.explicit.values().filter(|it| it.origin.contains(at)).count();
    let statements: Vec<Region> = origin(view, name).into_iter().filter(|at| makes(at) <= FEW).collect();
    let inside = |read: &Region| statements.iter().any(|at| at.holds(*read));
    let read =
        view.audit.facts.settings.variables.iter().filter(|variable| variable.reads.iter().chain(&variable.called).any(inside));
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
pub(super) fn masked(view: &View<'_>, json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::String(text) => Json::String(view.words(&text)),
        Json::Array(items) => Json::Array(items.into_iter().map(|item| masked(view, item)).collect()),
        Json::Object(entries) => Json::Object(entries.into_iter().map(|(key, value)| (key, masked(view, value))).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) => json,
    }
}
