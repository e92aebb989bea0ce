//! The effective settings for people: a list, or the whole story of the ones that were asked for.

use shipworthy_model::{Condition, Datum, Effective, Entry, Item, Severity, Value};

use super::paint::{Paint, Tone, wrap};
use super::settings::{chosen, first_unknown, origin};
use super::steps;
use super::view::View;

/// So many reasons why the settings may not load are told with a list, and none but the certain ones with a story.
const MOST_ERRORS: usize = 6;

/// The settings as text.
pub(super) fn render(view: &View<'_>, names: &[String], paint: Paint, show_secrets: bool) -> String {
    let facts = &view.audit.facts;
    let mut out = String::new();
    load_errors(view, names, paint, &mut out);
    let settings = chosen(view, names);
    if names.is_empty() {
        list(view, &settings, paint, show_secrets, &mut out);
    } else {
        for name in names {
            if let Some((name, setting)) = settings.iter().find(|(known, _)| known == name) {
                story(view, name, setting, paint, show_secrets, &mut out);
            } else {
                let shown = super::clean::one_line(name);
                out.push_str(&format!("{shown} is not set, and Django {} has no such setting\n\n", facts.django.version));
                for drawing in steps::drawings(view, name, &[]) {
                    out.push_str(&super::drawing::draw(view, &drawing, paint));
                    out.push_str("\n\n");
                }
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// Why Django refuses to load the settings, or may.
fn load_errors(view: &View<'_>, names: &[String], paint: Paint, out: &mut String) {
    let errors = &view.audit.facts.settings.load_errors;
    let told = errors.iter().take_while(|error| error.certain).count().max(if names.is_empty() { MOST_ERRORS } else { 0 });
    for error in errors.iter().take(told) {
        let place = error.at.map(|at| format!(" ({})", view.say_place(at))).unwrap_or_default();
        let (may, tone) = if error.certain {
            ("Django refuses to load these settings", Tone::Failed(Severity::Critical))
        } else {
            ("Django may refuse to load these settings", Tone::Open)
        };
        let message = view.say(&error.message);
        let between = if message.is_empty() { "" } else { ": " };
        let text = format!("{may}: {}{between}{message}{place}", view.say(&error.exception));
        for (index, line) in wrap(&text, paint.width.saturating_sub(2)).iter().enumerate() {
            out.push_str(&format!("{}{}\n", if index == 0 { "" } else { "  " }, paint.tone(tone, line)));
        }
    }
    let rest = errors.len().saturating_sub(told);
    if rest > 0 {
        let more = if told == 0 { "" } else { " more" };
        let exceptions = if rest == 1 { "exception" } else { "exceptions" };
        let text =
            format!("{rest}{more} {exceptions} may stop the settings from loading, under conditions that could not be decided");
        out.push_str(&format!("{}\n", paint.tone(Tone::Quiet, &text)));
    }
    if !errors.is_empty() {
        out.push('\n');
    }
}

/// Every setting on a line.
fn list(view: &View<'_>, settings: &[(String, Effective)], paint: Paint, show_secrets: bool, out: &mut String) {
    let longest = settings.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(40);
    for (name, setting) in settings {
        let room = paint.width.saturating_sub(longest + 2);
        let value = short(view, &setting.value, show_secrets);
        let note = match first_unknown(&setting.value) {
            Some(unknown) => view.say(&unknown.reason()),
            None => setting.unless().trim_start().to_owned(),
        };
        let value = cut(&value, room);
        let left = room.saturating_sub(value.chars().count() + 2);
        let tone = if setting.value.as_unknown().is_some() { Tone::Open } else { Tone::Code };
        let name = paint.tone(Tone::Heading, &format!("{:<longest$}", super::clean::one_line(name)));
        let note = if left >= 12 && !note.is_empty() {
            format!("  {}", paint.tone(Tone::Quiet, &cut(&note, left)))
        } else {
            String::new()
        };
        out.push_str(&format!("{name}  {}{note}\n", paint.tone(tone, &value)));
    }
    if let Some(open) = &view.audit.facts.settings.open {
        let text = format!("more names may be set: {}", view.say(&open.reason()));
        out.push_str(&format!("\n{}\n", paint.tone(Tone::Open, &text)));
    }
}

/// A setting with its value, every statement that made it with the conditions it stood under, and what would change it.
fn story(view: &View<'_>, name: &str, setting: &Effective, paint: Paint, show_secrets: bool, out: &mut String) {
    let mut shown = String::new();
    let unknown = matches!(setting.value.datum, Datum::Unknown(_));
    if unknown {
        shown.push_str("‹unknown›");
    } else {
        pretty(view, &setting.value, 0, name.len() + 3, show_secrets, paint.width, &mut shown);
    }
    let tone = if setting.value.as_unknown().is_some() { Tone::Open } else { Tone::Code };
    let name_shown = paint.tone(Tone::Heading, &super::clean::one_line(name));
    let shown: Vec<String> = shown.lines().map(|line| paint.tone(tone, line)).collect();
    out.push_str(&format!("{name_shown} = {}\n", shown.join("\n")));
    let mut tell = |text: String| {
        for (index, line) in wrap(&text, paint.width.saturating_sub(4)).iter().enumerate() {
            out.push_str(&format!("{}{line}\n", if index == 0 { "  " } else { "    " }));
        }
    };
    if let Some(why) = first_unknown(&setting.value) {
        let place = why.at.map(|at| format!(" ({})", view.say_place(at))).unwrap_or_default();
        let how = if unknown { "because" } else { "in part unknown:" };
        tell(format!("{how} {}{place}", view.say(&why.reason())));
    }
    let statements = origin(view, name);
    if statements.is_empty() && setting.value.as_unknown().is_none() {
        tell(format!("the default of Django {}: the settings do not set it", view.audit.facts.django.version));
    }
    for line in steps::parts(view, &setting.value, &statements, show_secrets) {
        tell(line);
    }
    out.push('\n');
    for drawing in steps::drawings(view, name, &statements) {
        out.push_str(&super::drawing::draw(view, &drawing, paint));
        out.push_str("\n\n");
    }
    let changes = steps::changes(view, name, setting, show_secrets);
    if !changes.is_empty() {
        out.push_str(&format!("{}\n", paint.tone(Tone::Heading, "what would change it")));
        for change in changes {
            for (index, line) in wrap(&change, paint.width.saturating_sub(4)).iter().enumerate() {
                out.push_str(&format!("{}{line}\n", if index == 0 { "  " } else { "    " }));
            }
        }
        out.push('\n');
    }
}

/// A value on one line.
pub(super) fn short(view: &View<'_>, value: &Value, show_secrets: bool) -> String {
    match &value.datum {
        Datum::Secret(secret) if show_secrets && secret.text().is_some() => view.say(&format!("{:?}", secret.expose())),
        Datum::List(_) | Datum::Tuple(_) | Datum::Set(_) | Datum::Dict(_) | Datum::OneOf(_) if show_secrets => {
            let mut shown = String::new();
            pretty(view, value, 0, 0, true, usize::MAX, &mut shown);
            shown
        }
        _ => view.say(&value.show()),
    }
}

/// The value as Python would write it, on as many lines as it needs.
fn pretty(view: &View<'_>, value: &Value, indent: usize, used: usize, show_secrets: bool, width: usize, out: &mut String) {
    let (open, close, lines): (&str, &str, Vec<Line<'_>>) = match &value.datum {
        Datum::List(items) => ("[", "]", items.iter().map(Line::item).collect()),
        Datum::Tuple(items) => ("(", ")", items.iter().map(Line::item).collect()),
        Datum::Set(items) if items.is_empty() => return out.push_str("set()"),
        Datum::Set(items) => ("{", "}", items.iter().map(Line::item).collect()),
        Datum::Dict(entries) => ("{", "}", entries.iter().map(Line::entry).collect()),
        Datum::Unknown(unknown) => return out.push_str(&view.say(&format!("‹unknown: {}›", unknown.reason()))),
        Datum::OneOf(alternatives) => {
            for (index, (condition, value)) in alternatives.iter().enumerate() {
                if index > 0 {
                    out.push_str(if width == usize::MAX { " or " } else { "\n  or " });
                }
                pretty(view, value, indent + 2, used, show_secrets, width, out);
                out.push_str(&view.say(&format!(" {}", condition.clause())));
            }
            return;
        }
        Datum::Secret(_)
        | Datum::None
        | Datum::Bool(_)
        | Datum::Int(_)
        | Datum::Float(_)
        | Datum::Str(_)
        | Datum::Bytes(_)
        | Datum::Path(_)
        | Datum::TimeDelta(_)
        | Datum::Lazy(_)
        | Datum::Ref(_) => return out.push_str(&short(view, value, show_secrets)),
    };
    let render = |line: &Line<'_>, indent: usize, width: usize| {
        let mut text = String::new();
        match line {
            Line::Item(value) | Line::Perhaps(None, value, _) => {
                pretty(view, value, indent, indent, show_secrets, width, &mut text);
            }
            Line::Entry(key, value) | Line::Perhaps(Some(key), value, _) => {
                pretty(view, key, indent, indent, show_secrets, usize::MAX, &mut text);
                text.push_str(": ");
                let used = indent + text.chars().count();
                pretty(view, value, indent, used, show_secrets, width, &mut text);
            }
            Line::Many(reason) => text.push_str(&view.say(&format!("…‹{reason}›"))),
        }
        if let Line::Perhaps(_, _, condition) = line {
            text.push_str(&view.say(&format!(" ‹{}›", condition.clause())));
        }
        text
    };
    let comma = if open == "(" && lines.len() == 1 { "," } else { "" };
    let flat: Vec<String> = lines.iter().map(|line| render(line, 0, usize::MAX)).collect();
    let flat = format!("{open}{}{comma}{close}", flat.join(", "));
    if width == usize::MAX || used + flat.chars().count() <= width {
        return out.push_str(&flat);
    }
    out.push_str(open);
    out.push('\n');
    for line in &lines {
        out.push_str(&" ".repeat(indent + 4));
        out.push_str(&render(line, indent + 4, width));
        out.push_str(",\n");
    }
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
}

/// An element or entry to write out.
enum Line<'v> {
    Item(&'v Value),
    Entry(&'v Value, &'v Value),
    Perhaps(Option<&'v Value>, &'v Value, &'v Condition),
    Many(String),
}

impl<'v> Line<'v> {
    fn item(item: &'v Item) -> Self {
        match item {
            Item::One(value) => Self::Item(value),
            Item::Perhaps(value, condition) => Self::Perhaps(None, value, condition),
            Item::Many(unknown) => Self::Many(unknown.reason()),
        }
    }

    fn entry(entry: &'v Entry) -> Self {
        match entry {
            Entry::One(key, value) => Self::Entry(key, value),
            Entry::Perhaps(key, value, condition) => Self::Perhaps(Some(key), value, condition),
            Entry::Many(unknown) => Self::Many(unknown.reason()),
        }
    }
}

pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}
