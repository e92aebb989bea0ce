//! The configuration: `[tool.shipworthy]` in pyproject.toml, or shipworthy.toml.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::cli::Level;
use crate::error::Error;

/// What a project says about its own audits.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "shipworthy")]
pub(crate) struct Config {
    /// The settings module of production.
    #[schemars(with = "Option<String>")]
    pub(crate) settings: Option<Spanned<String>>,
    /// The version of Django: `6.1`.
    #[schemars(with = "Option<String>")]
    pub(crate) django_version: Option<Spanned<String>>,
    /// The address of the project's own site: it may be looked at without asking.
    #[schemars(with = "Option<String>")]
    pub(crate) url: Option<Spanned<String>>,
    /// How the project's own Python is run, with `--runtime`.
    #[serde(default)]
    pub(crate) runtime: Runtime,
    /// Deployments by name. `production` is judged unless `--environment` names others, or `all` of them.
    #[serde(default)]
    pub(crate) environments: BTreeMap<String, Environment>,
    /// What files of the deployment are for, where their names do not say it or say it wrong.
    #[serde(default)]
    pub(crate) classes: Classes,
    /// Judge only these rules or topics.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) select: Vec<Spanned<String>>,
    /// Do not count findings of these rules or topics.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) ignore: Vec<Spanned<String>>,
    /// The mildest severity that makes a project unfit; `medium` if nothing is said.
    pub(crate) fail_on: Option<Level>,
    /// Count what could not be proven as a failure.
    #[serde(default)]
    pub(crate) strict: bool,
    /// Findings that somebody answers for.
    #[serde(default)]
    pub(crate) suppress: Vec<Suppress>,
    #[serde(skip)]
    place: PathBuf,
    #[serde(skip)]
    text: String,
}

/// How the project's own Python is run.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Runtime {
    /// The Python, or its virtual environment, relative to this file.
    #[schemars(with = "Option<String>")]
    pub(crate) python: Option<Spanned<String>>,
    /// Whether `--runtime` may run the project's code without asking.
    #[serde(default)]
    pub(crate) trusted: bool,
    /// How many seconds it may take; 30 if nothing is said.
    pub(crate) timeout: Option<u64>,
}

/// One deployment.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Environment {
    /// Its settings module, if it is not the project's.
    #[schemars(with = "Option<String>")]
    pub(crate) settings: Option<Spanned<String>>,
    /// Files of its environment variables, relative to this file; later ones win.
    #[serde(default)]
    pub(crate) env_file: OneOrMany,
    /// Its environment variables; they go before those of the files.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(crate) env: BTreeMap<String, Spanned<String>>,
}

/// What files of the deployment are for: globs relative to the audited folder. Of two that fit, the longer one counts.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Classes {
    /// Files of production.
    #[serde(default)]
    pub(crate) production: OneOrMany,
    /// Files of something deployed that is not production.
    #[serde(default)]
    pub(crate) staging: OneOrMany,
    /// Files for work on the project, and for its tests.
    #[serde(default)]
    pub(crate) development: OneOrMany,
    /// Files that show how to write one.
    #[serde(default)]
    pub(crate) example: OneOrMany,
}

/// A finding that somebody answers for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Suppress {
    /// The rule.
    #[schemars(with = "String")]
    pub(crate) rule: Spanned<String>,
    /// The files it holds for, as globs relative to the audited folder; everywhere if nothing is said.
    #[serde(default)]
    pub(crate) path: OneOrMany,
    /// Why it is right.
    #[schemars(with = "String")]
    pub(crate) reason: Spanned<String>,
    /// The last day it holds: `2027-01-31`.
    #[schemars(with = "Option<String>")]
    pub(crate) until: Option<Spanned<Day>>,
}

/// One text, or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// All of them.
    pub(crate) fn all(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Many(many) => many.clone(),
        }
    }
}

/// A day, written as text or as a TOML date.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Day {
    /// `"2027-01-31"`
    Text(String),
    /// `2027-01-31`
    Date(toml::value::Datetime),
}

impl Day {
    /// The day as `2027-01-31`; `None` if it is no day.
    pub(crate) fn iso(&self) -> Option<String> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.date?.to_string(),
        };
        let numbers: Vec<&str> = text.split('-').collect();
        let shape = numbers.iter().map(|part| part.len()).eq([4, 2, 2]);
        (shape && numbers.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))).then_some(text)
    }
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    shipworthy: Option<Config>,
}

impl Config {
    /// The configuration that holds for a folder: the nearest one at or above it, up to the root of its repository.
    pub(crate) fn find(path: &Path) -> Result<Self, Error> {
        let Ok(start) = std::fs::canonicalize(path) else { return Ok(Self::default()) };
        for folder in start.ancestors() {
            let own = folder.join("shipworthy.toml");
            if own.is_file() {
                return Self::read(&own, |text| toml::from_str(text).map(Some)).map(Option::unwrap_or_default);
            }
            let pyproject = folder.join("pyproject.toml");
            if pyproject.is_file() && mentions_us(&pyproject) {
                let section = |text: &str| toml::from_str(text).map(|it: Pyproject| it.tool.and_then(|tool| tool.shipworthy));
                if let Some(config) = Self::read(&pyproject, section)? {
                    return Ok(config);
                }
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        Ok(Self::default())
    }

    fn read(path: &Path, parse: impl Fn(&str) -> Result<Option<Self>, toml::de::Error>) -> Result<Option<Self>, Error> {
        let text = text_of(path).map_err(|error| Error::Read { path: path.to_owned(), reason: error.kind().to_string() })?;
        let mut config = parse(&text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            at(path, &text, error.span().unwrap_or_default().start, message)
        })?;
        if let Some(config) = &mut config {
            path.clone_into(&mut config.place);
            config.text = text;
        }
        Ok(config)
    }

    /// The file, if there is one.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// The file's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// An error about a text that stands in the file.
    pub(crate) fn error_about(&self, text: &str, message: String) -> Error {
        at(&self.place, &self.text, self.text.find(text).unwrap_or_default(), message)
    }

    /// An error about a place in the file.
    pub(crate) fn error<T>(&self, value: &Spanned<T>, message: String) -> Error {
        at(&self.place, &self.text, value.span().start, message)
    }
}

/// Parsing every pyproject.toml costs more than looking for our name in it.
fn mentions_us(path: &Path) -> bool {
    text_of(path).is_ok_and(|text| text.contains("shipworthy"))
}

/// A link may lead to what never ends, or to what only answers later; both say that they have no length, and are not read.
fn text_of(path: &Path) -> std::io::Result<String> {
    const LARGEST: u64 = 8 * 1024 * 1024;
    let file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    let mut text = String::new();
    file.take(length.min(LARGEST)).read_to_string(&mut text)?;
    Ok(text)
}

fn at(path: &Path, text: &str, offset: usize, message: String) -> Error {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path).to_owned();
    Error::Config { path, line, column, message }
}

/// Today in UTC, as `2027-01-31`.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    day(seconds / 86_400)
}

/// A day as text, by its number since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn day(number: u64) -> String {
    let shifted = number + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, text: &str) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("inside")).unwrap();
        Config::find(&folder.path().join("inside"))
            .map_err(|error| error.to_string().rsplit('/').next().unwrap_or_default().to_owned())
    }

    #[test]
    fn both_files() {
        let text = "settings = 'a.b'\nfail-on = 'high'\n[environments.staging]\nenv-file = '.env.staging'\nenv = { A = '1' }\n\
            [[suppress]]\nrule = 'x'\nreason = 'y'\nuntil = 2027-01-31\n";
        let config = found("shipworthy.toml", text).unwrap();
        assert_eq!(config.settings.as_ref().map(|it| it.get_ref().as_str()), Some("a.b"));
        assert_eq!(config.environments["staging"].env_file.all(), [".env.staging"]);
        assert_eq!(config.suppress[0].until.as_ref().and_then(|it| it.get_ref().iso()).as_deref(), Some("2027-01-31"));
        let config = found("pyproject.toml", "[tool.other]\nx = 1\n[tool.shipworthy]\nstrict = true\n").unwrap();
        assert!(config.strict);
        assert!(!found("pyproject.toml", "[project]\nname = 'x'\n").unwrap().strict);
    }

    #[test]
    fn errors_name_the_line() {
        let error = |name, text| found(name, text).err().unwrap_or_default();
        assert!(
            error("shipworthy.toml", "strict = true\nsetings = 'a'\n")
                .starts_with("shipworthy.toml:2:1: unknown field `setings`")
        );
        assert!(error("pyproject.toml", "[tool.shipworthy]\nstrict = 1\n").starts_with("pyproject.toml:2:10: invalid type"));
        assert!(error("shipworthy.toml", "strict = [\n").starts_with("shipworthy.toml:"));
    }

    #[test]
    fn days() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(20_779), "2026-11-22");
        assert_eq!(day(19_782), "2024-02-29");
        assert_eq!(Day::Text("tomorrow".to_owned()).iso(), None);
    }

    /// The published schema of the configuration is derived from the types above.
    #[test]
    fn the_schema_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/config.schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(Config)).unwrap() + "\n";
        if std::fs::read_to_string(path).unwrap_or_default() != schema {
            std::fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, schema).unwrap();
            panic!("schemas/config.schema.json was out of date and has been rewritten: run again");
        }
    }
}
