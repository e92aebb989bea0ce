//! The environment variables that the settings read: what each is for, where its value comes from, what hangs on it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use shipworthy_model::{Datum, Decision, Finding, Kind, Region, Secret, Value, Variable, is_secret_name};
use shipworthy_source::tagged;

use super::environment::{StateName, given, state};
use super::json::print;
use super::paint::{Paint, Tone, shorten_path, wrap};
use super::settings::{OriginReport, chosen, masked, origin, variables};
use super::story::{cut, short};
use super::view::View;

/// What `settings --env-vars --output-format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "shipworthy settings --env-vars")]
pub(super) struct Report {
    /// The version of this contract.
    #[schemars(extend("const" = 1))]
    schema: u32,
    /// The dotted name of the settings module.
    module: String,
    /// The name of the deployment.
    environment: String,
    /// The variables, in the order of reading.
    variables: Vec<VariableReport>,
    /// Variables that the deployment's files give and the settings never read: for something else, or misspelled.
    unread: Vec<UnreadReport>,
}

/// A variable that is given and not read.
#[derive(Serialize, JsonSchema)]
struct UnreadReport {
    /// Its name.
    name: String,
    /// The line that gives it.
    given: OriginReport,
}

/// An environment variable that the settings read.
#[derive(Serialize, JsonSchema)]
struct VariableReport {
    /// Its name.
    name: String,
    /// How it is converted: `bool`, `int`, `list`, `db_url` …; `str` where nothing is said.
    cast: String,
    /// What is taken where it is not set, as tagged JSON like the values of settings; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<serde_json::Value>,
    /// Whether the settings fail to load without it.
    required: bool,
    /// What is known of its value.
    state: StateName,
    /// The line that gives it, where a file does.
    given: Option<OriginReport>,
    /// What production is supposed to give it, because the settings tell production by it; absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    supposed: Option<String>,
    /// Where it is read, every place.
    reads: Vec<OriginReport>,
    /// Where functions of the project that read it are called.
    called: Vec<OriginReport>,
    /// The settings that hang on it.
    settings: Vec<String>,
    /// The rules that judge those settings.
    rules: Vec<&'static str>,
}

/// The place where a variable is read gets at least this much room.
const READ: usize = 22;

/// One variable with what hangs on it.
struct Line<'a> {
    variable: &'a Variable,
    state: StateName,
    default: Option<Value>,
    cast: String,
    settings: Vec<String>,
    rules: Vec<&'static str>,
}

fn lines<'a>(view: &View<'a>, names: &[String]) -> Vec<Line<'a>> {
    let settings = &view.audit.facts.settings;
    let all = chosen(view, &[]);
    let hanging: Vec<(&String, BTreeSet<String>)> =
        all.iter().map(|(name, setting)| (name, variables(view, name, setting))).collect();
    let asked = |variable: &&Variable| names.is_empty() || names.iter().any(|name| **name == *variable.name);
    settings
        .variables
        .iter()
        .filter(asked)
        .map(|variable| {
            let of_it = hanging.iter().filter(|(_, variables)| variables.contains(&*variable.name));
            let mut names: BTreeSet<String> = of_it.map(|(name, _)| (*name).clone()).collect();
            // What would have been set if the variable had another value hangs on it no less.
            let decided = |decision: &&Decision| decision.assumptions.iter().any(|it| it.variable() == Some(&variable.name));
            let passed = settings.course.decisions.iter().filter(decided).flat_map(|decision| &decision.skipped);
            names.extend(passed.map(ToString::to_string));
            let settings: Vec<String> = names.into_iter().collect();
            Line {
                variable,
                state: state(variable),
                default: variable.default.as_ref().map(|default| concealed(variable, default)),
                cast: cast(view, variable),
                rules: rules(view, variable, &settings),
                settings,
            }
        })
        .collect()
}

/// The default as it may be shown: what stands in for a credential is one.
fn concealed(variable: &Variable, default: &Value) -> Value {
    match &default.datum {
        Datum::Str(text) if is_secret_name(&variable.name) && !text.is_empty() => {
            Value { datum: Datum::Secret(Secret::new(&**text)), at: default.at }
        }
        _ => default.clone(),
    }
}

/// How the variable is converted: by its library, or by the code around the place where it is read.
fn cast(view: &View<'_>, variable: &Variable) -> String {
    if &*variable.cast != "str" {
        return variable.cast.to_string();
    }
    let around = |region: &Region| {
        let text = &view.audit.facts.artifacts.get(region.artifact).text;
        let before = text.get(..region.start as usize)?.trim_end();
        let after = text.get(region.end as usize..)?.trim_start();
        let called = |name: &str| {
            let inside = before.strip_suffix('(')?.strip_suffix(name)?;
            (!inside.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '.'))).then_some(())
        };
        let after = after.trim_start_matches(')');
        if called("int").is_some() {
            Some("int")
        } else if called("float").is_some() {
            Some("float")
        } else if called("json.loads").is_some() {
            Some("json")
        } else if after.starts_with(".split(") {
            Some("list")
        } else if called("bool").is_some()
            || after.starts_with(" ==")
            || after.starts_with("==")
            || after.starts_with(".lower() ")
        {
            Some("bool")
        } else {
            None
        }
    };
    variable.reads.iter().find_map(around).unwrap_or("str").to_owned()
}

/// The rules that judge the variable or the settings that hang on it.
fn rules(view: &View<'_>, variable: &Variable, settings: &[String]) -> Vec<&'static str> {
    let statements: Vec<Region> = settings.iter().flat_map(|name| origin(view, name)).collect();
    let hangs = |finding: &&Finding| {
        let names = settings.iter().map(String::as_str).chain([&*variable.name]);
        let mut places = finding.at.into_iter().chain(finding.related.iter().map(|related| related.at));
        finding.kind != Kind::NotApplicable
            && (names.into_iter().any(|name| speaks_of(&finding.message, name))
                || places.any(|at| statements.iter().any(|statement| statement.holds(at))))
    };
    let found: BTreeSet<&'static str> = view.audit.findings.iter().filter(hangs).map(|finding| finding.rule.id).collect();
    found.into_iter().collect()
}

/// Whether a message holds a name as a word.
fn speaks_of(message: &str, name: &str) -> bool {
    let wordy = |character: char| character.is_alphanumeric() || character == '_';
    message
        .match_indices(name)
        .any(|(at, found)| !message[..at].ends_with(wordy) && !message[at + found.len()..].starts_with(wordy))
}

/// The variables that files of the deployment give and the settings do not read.
fn unread(view: &View<'_>) -> Vec<(String, Region)> {
    let facts = &view.audit.facts;
    let settings = &facts.settings;
    let of_deployment = |at: &Region| facts.project.applied.contains(&facts.artifacts.get(at.artifact).path);
    let given = settings.environ.iter().filter_map(|(name, value)| Some((name, value.at.filter(of_deployment)?)));
    let unread = given.filter(|(name, _)| !settings.variables.iter().any(|variable| variable.name == **name));
    unread.filter(|(name, _)| &***name != "DJANGO_SETTINGS_MODULE").map(|(name, at)| (view.say(name), at)).collect()
}

/// The variables as JSON.
pub(super) fn render_json(view: &View<'_>, names: &[String], show_secrets: bool) -> String {
    let places = |regions: &[Region]| regions.iter().map(|at| OriginReport::of(view, *at)).collect();
    let variables = lines(view, names)
        .into_iter()
        .map(|line| VariableReport {
            name: view.path(&line.variable.name),
            default: line.default.as_ref().map(|default| masked(view, tagged::to_json(default, show_secrets))),
            required: line.variable.required,
            state: line.state,
            given: given(line.variable).map(|at| OriginReport::of(view, at)),
            supposed: supposed(view, line.variable).map(str::to_owned),
            reads: places(&line.variable.reads),
            called: places(&line.variable.called),
            cast: line.cast,
            settings: line.settings,
            rules: line.rules,
        })
        .collect();
    let settings = &view.audit.facts.settings;
    print(&Report {
        schema: 1,
        module: settings.module.to_string(),
        environment: view.words(&view.audit.environment),
        variables,
        unread: unread(view).into_iter().map(|(name, at)| UnreadReport { name, given: OriginReport::of(view, at) }).collect(),
    })
}

/// The variables as a table.
pub(super) fn render(view: &View<'_>, names: &[String], paint: Paint, show_secrets: bool) -> String {
    let lines = lines(view, names);
    let module = view.say_path(&view.audit.facts.settings.module);
    if lines.is_empty() {
        return format!("{module} reads no environment variable\n");
    }
    let mut out = String::new();
    for line in wrap(&headline(&module, &lines), paint.width) {
        out.push_str(&format!("{}\n", paint.tone(Tone::Heading, &line)));
    }
    out.push('\n');
    let rows: Vec<[String; 5]> = lines.iter().map(|line| cells(view, line, show_secrets)).collect();
    let titles = ["variable", "cast", "default", "value", "read at"].map(str::to_owned);
    let widths = widths(&rows, &titles, paint.width);
    let row = |cells: &[String; 5], tones: [Option<Tone>; 5]| {
        let mut shown = String::new();
        for (column, ((cell, width), tone)) in cells.iter().zip(widths).zip(tones).enumerate() {
            if width == 0 {
                continue;
            }
            // Of a place the end tells more than the start.
            let text = if column >= 3 { shorten_path(cell, width) } else { cut(cell, width) };
            let padding = " ".repeat(width - text.chars().count() + 2);
            shown.push_str(&tone.map_or(text.clone(), |tone| paint.tone(tone, &text)));
            shown.push_str(&padding);
        }
        shown.truncate(shown.trim_end().len());
        shown + "\n"
    };
    out.push_str(&row(&titles, [Some(Tone::Quiet); 5]));
    for (line, cells) in lines.iter().zip(&rows) {
        let state = match line.state {
            StateName::Required => Some(Tone::Open),
            StateName::Given | StateName::Within | StateName::Supposed => Some(Tone::Passed),
            StateName::Machine | StateName::Unset => Some(Tone::Quiet),
        };
        out.push_str(&row(cells, [Some(Tone::Heading), None, Some(Tone::Code), state, Some(Tone::Quiet)]));
        for text in [listed("decides ", &line.settings, 12), listed("judged by ", &line.rules, 5)].into_iter().flatten() {
            for (index, text) in wrap(&view.say(&text), paint.width.saturating_sub(8)).iter().enumerate() {
                let indent = if index == 0 { 4 } else { 8 };
                out.push_str(&format!("{:indent$}{}\n", "", paint.tone(Tone::Quiet, text)));
            }
        }
    }
    let unread: Vec<String> = unread(view).into_iter().map(|(name, _)| name).collect();
    if let Some(text) = listed("given, and not read by the settings: ", &unread, 12).filter(|_| names.is_empty()) {
        out.push('\n');
        for line in wrap(&text, paint.width) {
            out.push_str(&format!("{}\n", paint.tone(Tone::Open, &line)));
        }
    }
    out
}

fn headline(module: &str, lines: &[Line<'_>]) -> String {
    let count = |state: StateName| lines.iter().filter(|line| line.state == state).count();
    let parts: Vec<String> = [
        (StateName::Given, "given"),
        (StateName::Within, "set by the settings themselves"),
        (StateName::Required, "required and not given"),
        (StateName::Supposed, "supposed to say production"),
        (StateName::Machine, "of the machine"),
        (StateName::Unset, "taken to be unset"),
    ]
    .into_iter()
    .filter(|(state, _)| count(*state) > 0)
    .map(|(state, words)| format!("{} {words}", count(state)))
    .collect();
    let plural = if lines.len() == 1 { "" } else { "s" };
    format!("{module} reads {} environment variable{plural}: {}", lines.len(), parts.join(", "))
}

/// What a variable is supposed to say in production.
fn supposed<'v>(view: &View<'v>, variable: &Variable) -> Option<&'v str> {
    let supposed = view.audit.facts.settings.supposed.as_ref()?;
    supposed.switches.iter().find(|switch| switch.variable == variable.name).map(|switch| &*switch.text)
}

fn cells(view: &View<'_>, line: &Line<'_>, show_secrets: bool) -> [String; 5] {
    let variable = line.variable;
    let place = given(variable).map(|at| view.say_place(at));
    let value = match (line.state, place) {
        (StateName::Given | StateName::Within, Some(place)) => place,
        (StateName::Given, None) => "--env".to_owned(),
        (StateName::Within, None) => "the settings".to_owned(),
        (StateName::Required, _) => "required".to_owned(),
        (StateName::Supposed, _) => supposed(view, variable).unwrap_or("supposed").to_owned(),
        (StateName::Machine, _) => "the machine's".to_owned(),
        (StateName::Unset, _) => "unset".to_owned(),
    };
    let default = line.default.as_ref().map_or_else(|| "–".to_owned(), |default| short(view, default, show_secrets));
    // A function that reads it for others says less than the place that calls the function.
    let places = if variable.called.is_empty() { &variable.reads } else { &variable.called };
    let read = match places.as_slice() {
        [] => String::new(),
        [only] => view.say_place(*only),
        [first, rest @ ..] => format!("{} and {} more", view.say_place(*first), rest.len()),
    };
    [view.say(&variable.name), view.say(&line.cast), default, value, read]
}

/// What each column gets: names whole, the others as the width allows.
fn widths(rows: &[[String; 5]], titles: &[String; 5], width: usize) -> [usize; 5] {
    let longest = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([titles[column].chars().count()]).max().unwrap_or(0)
    };
    let name = longest(0).min(width / 2).min(44);
    let cast = longest(1).min(10);
    let left = width.saturating_sub(name + cast + 4);
    // A column of a few characters tells nothing.
    let fitting = |wanted: usize, room: usize| if wanted.min(room) < 5 { 0 } else { wanted.min(room) };
    let value = fitting(longest(3), left / 3);
    let left = left.saturating_sub(value + 2);
    let read = longest(4).min(READ);
    let default = fitting(longest(2), left.saturating_sub(read + 2));
    let read = fitting(longest(4), left.saturating_sub(default + 2));
    [name, cast, default, value, read]
}

fn listed<T: AsRef<str>>(head: &str, names: &[T], most: usize) -> Option<String> {
    let shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let rest = names.len().saturating_sub(most);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    (!shown.is_empty()).then(|| format!("{head}{}{more}", shown.join(", ")))
}
