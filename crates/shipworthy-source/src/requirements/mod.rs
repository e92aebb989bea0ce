//! Declarations of the Python packages a project depends on: lock files, requirements files, pyproject.toml and their elders.

mod django;
mod line;
mod lock;
mod metadata;
mod plain;
mod pyproject;
mod setup;

use std::sync::Arc;

use pep440_rs::VersionSpecifiers;
use rustc_hash::FxHashMap;
use shipworthy_model::{ArtifactId, Dependency, Notice, Region};

use crate::stage::Stage;
pub use django::{choose, installed};
pub use plain::is_plain;

/// A package that a file declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The normalised name: lower case, `-` for `_` and `.`.
    pub name: Arc<str>,
    /// Which versions.
    pub constraint: Constraint,
    /// Where.
    pub at: Region,
    /// Whether production installs it.
    pub group: Group,
}

/// Which versions of a package are declared.
#[derive(Clone, Debug)]
pub enum Constraint {
    /// Any, or one that is not written as a version: a URL, a path.
    Any,
    /// Exactly one.
    Exact(Arc<str>),
    /// Those that satisfy all of these.
    Range(VersionSpecifiers),
}

/// Who installs a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Production, or everybody.
    Production,
    /// Only development, tests or documentation.
    Development,
}

impl Group {
    /// What the name of an extra, a dependency group or a file says.
    pub fn of(name: &str) -> Self {
        let lint =
            ["lint", "linting", "typing", "types", "mypy", "quality", "style", "format", "check", "checks", "pre", "stubs"];
        let words = || name.split(|character: char| !character.is_ascii_alphanumeric());
        match Stage::of(name) {
            Stage::Development => Self::Development,
            _ if words().any(|word| lint.iter().any(|known| known.eq_ignore_ascii_case(word))) => Self::Development,
            Stage::Production | Stage::Neutral | Stage::Staging | Stage::Base => Self::Production,
        }
    }
}

/// What one file declares.
#[derive(Debug, Default)]
pub struct Manifest {
    /// The packages.
    pub declared: Vec<Declared>,
    /// Other files that it includes.
    pub includes: Vec<Include>,
    /// Whether it lists every package with what it depends on in turn, so that a package it lacks is not installed.
    pub complete: bool,
    /// What could not be read.
    pub notices: Vec<Notice>,
}

/// Another file of requirements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The path as written, relative to the including file.
    pub path: String,
    /// Where it is included.
    pub at: Region,
    /// Whether it only constrains versions (`-c`).
    pub constrains: bool,
}

/// The formats that declare dependencies, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// `uv.lock`
    UvLock,
    /// `poetry.lock`
    PoetryLock,
    /// `pdm.lock`
    PdmLock,
    /// `pylock.toml`, `pylock.NAME.toml`
    PyLock,
    /// `Pipfile.lock`
    PipfileLock,
    /// `requirements.txt`, `requirements/production.txt`, `*.in`
    Requirements,
    /// `pyproject.toml`
    Pyproject,
    /// `Pipfile`
    Pipfile,
    /// `setup.cfg`
    SetupCfg,
    /// `setup.py`
    SetupPy,
    /// `environment.yml`
    Conda,
    /// `NAME.dist-info/METADATA`, `PKG-INFO`
    Metadata,
}

impl Format {
    /// The format of a file, by its path.
    pub fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = folder.rsplit('/').next().unwrap_or(folder);
        let listed = |extension: &str| {
            name.to_ascii_lowercase().strip_suffix(extension).is_some_and(|stem| {
                stem.contains("requirement")
                    || stem.starts_with("constraints")
                    || matches!(folder, "requirements" | "reqs" | "requires")
            })
        };
        Some(match name {
            "uv.lock" => Self::UvLock,
            "poetry.lock" => Self::PoetryLock,
            "pdm.lock" => Self::PdmLock,
            "Pipfile.lock" => Self::PipfileLock,
            "Pipfile" => Self::Pipfile,
            "pyproject.toml" => Self::Pyproject,
            "setup.cfg" => Self::SetupCfg,
            "setup.py" => Self::SetupPy,
            _ if name.starts_with("environment") && matches!(name.rsplit_once('.'), Some((_, "yml" | "yaml"))) => Self::Conda,
            "METADATA" if folder.ends_with(".dist-info") => Self::Metadata,
            "PKG-INFO" if folder.is_empty() => Self::Metadata,
            _ if name.strip_prefix("pylock.").is_some_and(|rest| rest.rsplit('.').next() == Some("toml")) => Self::PyLock,
            _ if listed(".txt") || listed(".in") => Self::Requirements,
            _ => return None,
        })
    }

    /// Reads a file of this format.
    pub fn read(self, text: &str, artifact: ArtifactId) -> Manifest {
        match self {
            Self::UvLock => lock::uv(text, artifact),
            Self::PoetryLock | Self::PdmLock | Self::PyLock => lock::grouped(text, artifact),
            Self::PipfileLock => lock::pipfile(text, artifact),
            Self::Requirements => line::requirements(text, artifact),
            Self::Pyproject => pyproject::pyproject(text, artifact),
            Self::Pipfile => pyproject::pipfile(text, artifact),
            Self::SetupCfg => setup::cfg(text, artifact),
            Self::SetupPy => setup::py(text, artifact),
            Self::Conda => setup::conda(text, artifact),
            Self::Metadata => metadata::metadata(text, artifact),
        }
    }

    /// Whether it lists exact versions of everything that is installed.
    pub fn is_lock(self) -> bool {
        matches!(self, Self::UvLock | Self::PoetryLock | Self::PdmLock | Self::PyLock | Self::PipfileLock)
    }
}

/// A package's name as package indexes compare it.
pub fn normalise(name: &str) -> Arc<str> {
    let mut out = String::with_capacity(name.len());
    for character in name.trim().chars() {
        match character {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            other => out.push(other.to_ascii_lowercase()),
        }
    }
    out.into()
}

/// The packages that production installs, each once: the one with an exact version before others.
pub fn dependencies(declared: &[Declared]) -> Vec<Dependency> {
    let mut places: FxHashMap<Arc<str>, usize> = FxHashMap::default();
    let mut list: Vec<Dependency> = Vec::new();
    for package in declared.iter().filter(|package| package.group == Group::Production) {
        let version = match &package.constraint {
            Constraint::Exact(version) => Some(version.clone()),
            Constraint::Any | Constraint::Range(_) => None,
        };
        let dependency = Dependency { name: package.name.clone(), version, at: Some(package.at) };
        match places.get(&package.name) {
            Some(&place) if list[place].version.is_none() && dependency.version.is_some() => list[place] = dependency,
            Some(_) => {}
            None => {
                places.insert(package.name.clone(), list.len());
                list.push(dependency);
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_by_name() {
        for (path, format) in [
            ("uv.lock", Some(Format::UvLock)),
            ("a/requirements.txt", Some(Format::Requirements)),
            ("requirements/base.txt", Some(Format::Requirements)),
            ("requirements-dev.in", Some(Format::Requirements)),
            ("pylock.prod.toml", Some(Format::PyLock)),
            ("shop-1.0.dist-info/METADATA", Some(Format::Metadata)),
            ("docs/METADATA", None),
            ("PKG-INFO", Some(Format::Metadata)),
            ("notes.txt", None),
        ] {
            assert_eq!(Format::of(path), format, "{path}");
        }
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(&*normalise("Django_Debug.-Toolbar"), "django-debug-toolbar");
    }
}
