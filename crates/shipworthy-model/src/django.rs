//! Django's own facts: versions, and the default of every setting in each.

mod languages;
mod table;

use std::fmt;

use crate::{Datum, Entry, Item, Region, Value};
pub use languages::{has_catalogue, is_time_zone, language_fallback, languages};
pub use table::{CHECKS, SETTINGS};

/// The version of Django that a project runs, and how that is known.
#[derive(Clone, Debug)]
pub struct Django {
    /// The version.
    pub version: Version,
    /// Where it is from: one clause (`uv.lock`, `--django-version`, `assumed: nothing pins Django`).
    pub from: String,
    /// The line that says so.
    pub at: Option<Region>,
    /// Whether it was only assumed, because the project does not say.
    pub assumed: bool,
}

impl Default for Django {
    fn default() -> Self {
        Self { version: Version::LATEST, from: "assumed: nothing pins Django".to_owned(), at: None, assumed: true }
    }
}

/// A version of Django. Calendar versions (`2028.1`) come after every `6.x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

impl Version {
    /// The oldest version whose defaults and checks are known.
    pub const OLDEST: Self = Self::new(4, 2);
    /// The newest version whose defaults and checks are known.
    pub const LATEST: Self = Self::new(6, 1);

    /// The feature release `major.minor`.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor, patch: 0 }
    }

    /// Reads `6.1`, `6.1.3`, `6.1rc1`, `6.2.dev0`, `2028.1`. `None` for anything that does not start with a number.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().trim_start_matches(['v', '=']).split('.').map(|part| {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            part[..digits].parse::<u16>().ok()
        });
        let major = numbers.next()??;
        Some(Self { major, minor: numbers.next().flatten().unwrap_or(0), patch: numbers.next().flatten().unwrap_or(0) })
    }

    /// Whether this is `major.minor` or newer.
    pub fn at_least(self, major: u16, minor: u16) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// The feature release, `6.1` of `6.1.3`.
    pub fn feature(self) -> (u16, u16) {
        (self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 { write!(formatter, ".{}", self.patch) } else { Ok(()) }
    }
}

/// A setting that some version of Django has.
#[derive(Debug)]
pub struct SettingFact {
    /// Its name.
    pub name: &'static str,
    /// Its defaults: each holds from its feature release until the next entry's. `None` means the release lacks it.
    pub defaults: &'static [((u16, u16), Option<Constant>)],
}

/// A default value, as a constant.
#[derive(Clone, Copy, Debug)]
pub enum Constant {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A string.
    Str(&'static str),
    /// A list.
    List(&'static [Constant]),
    /// A tuple.
    Tuple(&'static [Constant]),
    /// A dictionary.
    Dict(&'static [(Constant, Constant)]),
    /// Django reads the setting where a project sets it, and has no default for it.
    Unset,
}

/// A check of Django's.
#[derive(Debug)]
pub struct Check {
    /// Its id: `security.W004`.
    pub id: &'static str,
    /// The feature releases that have it.
    pub releases: &'static [(u16, u16)],
    /// Whether it only runs with `check --deploy`.
    pub deploy: bool,
}

/// The default of a setting in a version of Django; `None` where the version has no such setting, or no default for it.
/// Versions older than the oldest known are judged as the oldest, newer ones as the newest.
#[allow(clippy::trivially_copy_pass_by_ref)] // callers hold a reference
pub fn default(version: &Version, name: &str) -> Option<Value> {
    constant(version, name)?.value()
}

/// Whether a version of Django reads a setting of this name at all.
#[allow(clippy::trivially_copy_pass_by_ref)] // callers hold a reference
pub fn knows(version: &Version, name: &str) -> bool {
    constant(version, name).is_some()
}

#[allow(clippy::trivially_copy_pass_by_ref)] // callers hold a reference
fn constant(version: &Version, name: &str) -> Option<&'static Constant> {
    let version = version.feature().max(Version::OLDEST.feature());
    let (_, default) = fact(name)?.defaults.iter().rev().find(|(since, _)| *since <= version)?;
    default.as_ref()
}

/// What is known of a setting over all versions; `None` if no known version has it.
pub fn fact(name: &str) -> Option<&'static SettingFact> {
    SETTINGS.binary_search_by(|fact| fact.name.cmp(name)).ok().map(|index| &SETTINGS[index])
}

impl Constant {
    fn value(&self) -> Option<Value> {
        let items = |items: &[Self]| items.iter().map(|item| item.value().map(Item::One)).collect::<Option<Vec<_>>>();
        Some(Value::of(match self {
            Self::None => Datum::None,
            Self::Bool(flag) => Datum::Bool(*flag),
            Self::Int(number) => Datum::Int(*number),
            Self::Str(text) => Datum::Str((*text).into()),
            Self::List(list) => Datum::List(items(list)?),
            Self::Tuple(list) => Datum::Tuple(items(list)?),
            Self::Dict(entries) => Datum::Dict(
                entries.iter().map(|(key, value)| Some(Entry::One(key.value()?, value.value()?))).collect::<Option<Vec<_>>>()?,
            ),
            Self::Unset => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_parse() {
        assert_eq!(Version::parse("6.1"), Some(Version::new(6, 1)));
        assert_eq!(Version::parse("5.2.19"), Some(Version { major: 5, minor: 2, patch: 19 }));
        assert_eq!(Version::parse("6.2rc1"), Some(Version::new(6, 2)));
        assert_eq!(Version::parse("2028.1").map(|version| version > Version::LATEST), Some(true));
        assert_eq!(Version::parse("main"), None);
    }

    #[test]
    fn the_table_is_sorted_for_searching() {
        assert!(SETTINGS.is_sorted_by_key(|fact| fact.name));
        assert!(CHECKS.is_sorted_by_key(|check| check.id));
    }

    #[test]
    fn defaults_follow_the_version() {
        let use_tz = |version| default(&version, "USE_TZ").map(|value| value.datum);
        assert_eq!(use_tz(Version::new(4, 2)), Some(Datum::Bool(false)));
        assert_eq!(use_tz(Version::new(5, 0)), Some(Datum::Bool(true)));
        assert_eq!(default(&Version::new(5, 2), "SECURE_CSP"), None);
        assert!(!knows(&Version::new(5, 2), "SECURE_CSP") && knows(&Version::LATEST, "SECURE_CSP"));
        assert!(knows(&Version::LATEST, "MAILERS") && default(&Version::LATEST, "MAILERS").is_none());
    }
}
