//! The steps of a setting's story: each statement with the conditions it stood under, what was passed over, what would change it.

use std::collections::BTreeSet;

use shipworthy_model::{Assumption, Datum, Decision, Effective, Entry, Given, Item, Region, Truth, Value, Variable};

use super::drawing::{Drawing, Spot};
use super::paint::Tone;
use super::settings::given_at;
use super::story::{cut, short};
use super::view::View;

/// So many statements are drawn.
const MOST_STEPS: usize = 12;
/// So many sides that did not run are drawn.
const MOST_PASSED: usize = 4;
/// Of a statement, so many lines are shown.
const MOST_LINES: usize = 12;
/// A condition this long is told by its place.
const LONGEST_TEST: usize = 60;

/// Where the parts of a list or dictionary come from, if they come from more than one statement.
pub(super) fn parts(view: &View<'_>, value: &Value, statements: &[Region], show_secrets: bool) -> Vec<String> {
    const FEW: usize = 4;
    let element = |value: &Value| value.at.map(|at| (at, cut(&short(view, value, show_secrets), 50)));
    let elements: Vec<(Region, String)> = match &value.datum {
        Datum::List(items) | Datum::Tuple(items) | Datum::Set(items) => items
            .iter()
            .filter_map(|item| match item {
                Item::One(value) | Item::Perhaps(value, _) => element(value),
                Item::Many(_) => None,
            })
            .collect(),
        Datum::Dict(entries) => entries
            .iter()
            .filter_map(|entry| match entry {
                Entry::One(key, value) | Entry::Perhaps(key, value, _) => {
                    let at = value.at.or(key.at)?;
                    Some((at, cut(&short(view, key, show_secrets), 50)))
                }
                Entry::Many(_) => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut groups: Vec<(Region, Vec<String>)> = Vec::new();
    for (at, shown) in elements {
        let home = statements.iter().rev().find(|statement| statement.holds(at)).copied().unwrap_or(at);
        let line = view.place(home).line;
        match groups.iter_mut().find(|(known, _)| known.artifact == home.artifact && view.place(*known).line == line) {
            Some((_, group)) => group.push(shown),
            None => groups.push((home, vec![shown])),
        }
    }
    if groups.len() < 2 || groups.len() > MOST_STEPS {
        return Vec::new();
    }
    groups
        .iter()
        .map(|(at, group)| {
            let what = if group.len() <= FEW { group.join(", ") } else { format!("{} elements", group.len()) };
            format!("{what} from {}", view.say_place(*at))
        })
        .collect()
}

/// The statements that made the setting, and those that would have if a condition had come out otherwise.
pub(super) fn drawings(view: &View<'_>, name: &str, statements: &[Region]) -> Vec<Drawing> {
    let course = &view.audit.facts.settings.course;
    let mut drawings: Vec<Drawing> = Vec::new();
    for (index, at) in statements.iter().take(MOST_STEPS).enumerate() {
        drawings.push(step(view, *at, index == 0));
    }
    if let Some(rest) = statements.len().checked_sub(MOST_STEPS).filter(|rest| *rest > 0)
        && let Some(last) = drawings.last_mut()
    {
        last.notes.push(format!("{rest} more statements change it"));
    }
    let made: BTreeSet<Region> = statements.iter().copied().collect();
    let passed: Vec<&Decision> = course.against(name).filter(|decision| !ran_after_all(decision, &made)).collect();
    drawings.extend(passed.iter().take(MOST_PASSED).map(|decision| passed_over(view, decision, name)));
    drawings
}

/// Whether the side that a decision kept from running did run at another time: in a loop or a function.
fn ran_after_all(decision: &Decision, made: &BTreeSet<Region>) -> bool {
    let skipped = skipped(decision);
    made.iter().any(|at| skipped.is_some_and(|side| side.holds(*at)))
}

fn skipped(decision: &Decision) -> Option<Region> {
    match decision.outcome {
        Truth::Yes => decision.otherwise,
        Truth::No => Some(decision.then),
        Truth::Unknown(_) => None,
    }
}

/// A statement with what it stood under.
fn step(view: &View<'_>, at: Region, first: bool) -> Drawing {
    let course = &view.audit.facts.settings.course;
    let above = course.above(at);
    let undecided = above.iter().any(|(decision, _)| matches!(decision.outcome, Truth::Unknown(_)));
    let name = match (first, undecided) {
        (true, false) => "set",
        (true, true) => "perhaps set",
        (false, false) => "then",
        (false, true) => "then perhaps",
    };
    let clauses: Vec<String> = above.iter().map(|(decision, side)| clause(view, decision, *side)).collect();
    let because = match clauses.as_slice() {
        [] => String::new(),
        clauses => format!(", because {}", clauses.join(", and ")),
    };
    let read: Vec<String> = view
        .audit
        .facts
        .settings
        .variables
        .iter()
        .filter(|variable| variable.reads.iter().chain(&variable.called).any(|read| at.holds(*read)))
        .map(|variable| told(view, variable))
        .collect();
    let label = match read.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        several => Some(cut(&several.join("; "), 160)),
    };
    let mut spots = vec![Spot { at, label, primary: true, lines: MOST_LINES }];
    for (decision, _) in above.iter().rev().take(4) {
        spots.push(Spot { at: decision.test, label: Some(outcome(view, decision)), primary: false, lines: 1 });
    }
    let place = view.place(at);
    let hidden = (place.end_line + 1).saturating_sub(place.line + MOST_LINES);
    let notes = if hidden > 0 { vec![format!("the statement goes on for {hidden} more lines")] } else { Vec::new() };
    Drawing {
        name,
        tone: if undecided { Tone::Open } else { Tone::Code },
        id: None,
        title: format!("in {}{because}", view.say_file(at.artifact)),
        spots,
        help: None,
        notes,
    }
}

/// A side that did not run and would have made or changed the setting.
fn passed_over(view: &View<'_>, decision: &Decision, name: &str) -> Drawing {
    let mut spots = vec![Spot { at: decision.test, label: Some(outcome(view, decision)), primary: true, lines: 1 }];
    let title = format!("in {}; it would have run if {}", view.say_file(decision.test.artifact), contrary(view, decision));
    if let Some(at) = skipped(decision).and_then(|side| mention(view, side, name)) {
        spots.push(Spot { at, label: Some("not run".to_owned()), primary: false, lines: 1 });
    }
    Drawing { name: "passed over", tone: Tone::Quiet, id: None, title, spots, help: None, notes: Vec::new() }
}

/// The first place in a stretch of code that speaks of a name.
fn mention(view: &View<'_>, side: Region, name: &str) -> Option<Region> {
    let text = view.audit.facts.artifacts.text(side);
    let wordy = |character: char| character.is_alphanumeric() || character == '_';
    let (at, _) = text
        .match_indices(name)
        .find(|(at, found)| !text[..*at].ends_with(wordy) && !text[at + found.len()..].starts_with(wordy))?;
    let start = side.start + at as u32;
    Some(Region::new(side.artifact, start, start + name.len() as u32))
}

/// A condition by its words as they may be shown, or by its place where they are many.
fn words(view: &View<'_>, decision: &Decision) -> String {
    let place = view.place(decision.test);
    if place.end_line == place.line && place.end_column - place.column <= LONGEST_TEST {
        let line = view.line(decision.test.artifact, place.line);
        let words: String = line.chars().skip(place.column - 1).take(place.end_column - place.column).collect();
        format!("`{}`", words.replace('`', "'"))
    } else {
        format!("the condition at {}", view.say_place(decision.test))
    }
}

/// How a condition came out, as the reason why a statement ran.
fn clause(view: &View<'_>, decision: &Decision, side: bool) -> String {
    let words = words(view, decision);
    match (&decision.raised, &decision.outcome) {
        (Some(raised), _) => format!("{} was caught", view.say(raised)),
        (None, Truth::Unknown(_)) if side => format!("{words} may hold"),
        (None, Truth::Unknown(_)) => format!("{words} may not hold"),
        (None, Truth::Yes) => format!("{words} holds"),
        (None, Truth::No) => format!("{words} does not hold"),
    }
}

/// What would have to be for the other side to run.
fn contrary(view: &View<'_>, decision: &Decision) -> String {
    let words = words(view, decision);
    match decision.outcome {
        Truth::Yes => format!("{words} did not hold"),
        Truth::No => format!("{words} held"),
        Truth::Unknown(_) => format!("{words} could be decided"),
    }
}

/// What a condition came to, and what it was decided by.
fn outcome(view: &View<'_>, decision: &Decision) -> String {
    if let Some(raised) = &decision.raised {
        return format!("catches {}", cut(&view.say(raised), 100));
    }
    let head = match &decision.outcome {
        Truth::Yes => "holds".to_owned(),
        Truth::No => "does not hold".to_owned(),
        Truth::Unknown(_) => "could not be decided".to_owned(),
    };
    let mut why: Vec<String> =
        decision.operands.iter().map(|(name, value)| format!("{name} is {}", cut(&view.say(&value.show()), 60))).collect();
    let variables = &view.audit.facts.settings.variables;
    for variable in variables {
        let here = variable.reads.iter().chain(&variable.called).any(|read| decision.test.holds(*read));
        let assumed = decision.assumptions.iter().any(|assumption| assumption.variable() == Some(&variable.name));
        if here || (assumed && why.len() < 4) {
            why.push(told(view, variable));
        }
    }
    if why.is_empty() {
        let world = decision.assumptions.iter().filter_map(|assumption| match assumption {
            Assumption::World(what) => Some(view.say(what)),
            Assumption::Absent(name) => Some(format!("there is no {}", view.say(name))),
            Assumption::Silent(name) => Some(format!("{}, which is not in the project, sets nothing else", view.say(name))),
            Assumption::Unset(_) | Assumption::Given(_) => None,
        });
        why.extend(world);
    }
    if why.is_empty() { head } else { format!("{head}: {}", why.join(", ")) }
}

/// What is known of a variable, in a clause.
fn told(view: &View<'_>, variable: &Variable) -> String {
    let name = view.say(&variable.name);
    match (&variable.given, given_at(view, &variable.name)) {
        (_, Some(at)) => format!("{name} is set in {}", view.say_place(at)),
        (Some(Given::CommandLine | Given::File(_) | Given::Passed(_)), None) => format!("{name} is given"),
        (Some(Given::Supposed(_)), None) => format!("{name} is supposed to say production"),
        (None, None) if variable.required => format!("{name} is required and not given"),
        (None, None) => format!("{name} is not set"),
    }
}

/// What would have to be otherwise for the setting to change.
pub(super) fn changes(view: &View<'_>, name: &str, setting: &Effective, show_secrets: bool) -> Vec<String> {
    let what_ifs: Vec<_> = view.audit.facts.settings.what_if.iter().filter(|what_if| &*what_if.setting == name).collect();
    let tried = |variable: &str| {
        let mut tried: Vec<String> = Vec::new();
        let of_it: Vec<_> = what_ifs.iter().filter(|what_if| &*what_if.variable == variable).collect();
        // Where every text does the same, it is not by its meaning that it counts.
        let alike =
            of_it.iter().all(|what_if| what_if.value.as_ref().map(Value::show) == of_it[0].value.as_ref().map(Value::show));
        for what_if in of_it.iter().filter(|_| !alike) {
            let text = what_if.text.as_deref().map_or("none".to_owned(), |text| format!("\"{}\"", view.say(text)));
            tried.push(match &what_if.value {
                Some(value) => format!("{text} makes it {}", short(view, value, show_secrets)),
                None => format!("{text} keeps the settings from loading"),
            });
        }
        if tried.is_empty() { String::new() } else { format!(": {}", tried.join(", ")) }
    };
    let mut variables: BTreeSet<&str> = setting.assumptions.iter().filter_map(Assumption::variable).collect();
    variables.extend(what_ifs.iter().map(|what_if| &*what_if.variable));
    let mut lines: Vec<String> = variables
        .into_iter()
        .map(|variable| {
            let (shown, read, tried) = (view.say(variable), read_at(view, variable), tried(variable));
            let given = setting.assumptions.contains(&Assumption::Given(variable.into()));
            match (given, given_at(view, variable)) {
                (true, Some(at)) => format!("another value for {shown} than that of {}{read}{tried}", view.say_place(at)),
                (true, None) => format!("another value for {shown} than the one that is given{read}{tried}"),
                (false, Some(at)) => {
                    format!("a value for {shown} in the environment, before that of {}{read}{tried}", view.say_place(at))
                }
                (false, None) => format!("a value for {shown}{read}{tried}"),
            }
        })
        .collect();
    lines.extend(setting.assumptions.iter().filter_map(|assumption| match assumption {
        Assumption::World(what) => Some(format!("another world: this supposes that {}", view.say(what))),
        Assumption::Absent(name) | Assumption::Silent(name) => Some(format!("{}, which is not in the project", view.say(name))),
        Assumption::Unset(_) | Assumption::Given(_) => None,
    }));
    lines
}

/// Where a variable is read: the places that call for it, or those that read it.
fn read_at(view: &View<'_>, name: &str) -> String {
    let Some(variable) = view.audit.facts.settings.variables.iter().find(|known| &*known.name == name) else {
        return String::new();
    };
    let places = if variable.called.is_empty() { &variable.reads } else { &variable.called };
    match places.as_slice() {
        [] => String::new(),
        [only] => format!(", read at {}", view.say_place(*only)),
        [first, rest @ ..] => format!(", read at {} and {} more places", view.say_place(*first), rest.len()),
    }
}
