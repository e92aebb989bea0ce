//! A setting with a slip in its name is another name, and Django uses its default.
use shipworthy_model::{Datum, Facts, Findings, Kind, Rule, Severity, Topic, Value, django};

pub(crate) static RULE: Rule = Rule {
    id: "setting-misspelt",
    topic: Topic::Settings,
    severity: Severity::Low,
    django: &[],
    summary: "a name looks like a misspelt setting of Django's",
    guide: include_str!("setting_misspelt.md"),
    check,
};

/// Names of other packages, or of common custom, that merely resemble one of Django's.
const KNOWN: [&str; 9] = [
    "ASGI_APPLICATION",
    "CACHE_MIDDLEWARE_KEY",
    "DATABASE_ROUTER",
    "DATE_TIME_FORMAT",
    "EMAIL_HOSTS",
    "LOGGING_CONF",
    "SESSION_COOKIE",
    "STATIC_ROOTS",
    "TIMEZONE",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let version = facts.django.version;
    for (name, setting) in &facts.settings.explicit {
        let name: &str = name;
        if name.len() < 5 || name.starts_with('_') || KNOWN.contains(&name) || django::fact(name).is_some() {
            continue;
        }
        let meant = django::SETTINGS.iter().map(|fact| fact.name).find(|meant| {
            let reach = if meant.len() >= 16 { 2 } else { 1 };
            within(name, meant, reach)
                // Whoever sets the right name too has a use of their own for the other.
                && !facts.settings.explicit.contains_key(*meant)
                && django::default(&version, meant).is_some_and(|default| alike(&default, &setting.value))
        });
        // What the project's own code asks for is its own.
        if let Some(meant) = meant.filter(|_| !facts.reads_setting(name)) {
            findings
                .fail(format!("{name} is no setting of Django's; {meant} is"))
                .at(setting.origin.last().copied())
                .help(format!("rename it to {meant}, if that is meant"));
        }
    }
    if !findings.has(Kind::Fail) {
        findings.pass("no name looks like a misspelt setting of Django's");
    }
}

/// Whether a value is of the kind a setting has: a misspelt list is still a list.
fn alike(default: &Value, value: &Value) -> bool {
    match (&default.datum, &value.datum) {
        // What is not known may be of any kind; own settings with similar names are common.
        (_, Datum::Unknown(_) | Datum::OneOf(_)) => false,
        (Datum::None, _)
        | (Datum::List(_) | Datum::Tuple(_), Datum::List(_) | Datum::Tuple(_))
        | (Datum::Str(_), Datum::Str(_) | Datum::Secret(_) | Datum::Path(_)) => true,
        (default, value) => std::mem::discriminant(default) == std::mem::discriminant(value),
    }
}

/// Whether at most `reach` letters have to be added, left out, changed or swapped with their neighbour.
fn within(name: &str, meant: &str, reach: usize) -> bool {
    if name.len().abs_diff(meant.len()) > reach {
        return false;
    }
    let (name, meant) = (name.as_bytes(), meant.as_bytes());
    // Most names are far apart: what differs at the ends decides it without the whole table.
    let prefix = name.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let suffix = name[prefix..].iter().rev().zip(meant[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (name, meant) = (&name[prefix..name.len() - suffix], &meant[prefix..meant.len() - suffix]);
    if name.len().max(meant.len()) > 4 * reach {
        return false;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=meant.len()).collect()];
    for (i, letter) in name.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in meant.iter().enumerate() {
            let changed = rows[i][j] + usize::from(letter != other);
            let mut cost = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == meant[j - 1] && name[i - 1] == *other {
                cost = cost.min(rows[i - 1][j - 1] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    let distance = rows[name.len()][meant.len()];
    distance > 0 && distance <= reach
}
