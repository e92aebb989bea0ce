//! Finds the project's own Python, where people keep it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// A Python, and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// Its absolute path. Links are not followed: a virtual environment's Python is known by its place.
    pub(crate) path: PathBuf,
    /// One clause.
    pub(crate) found: String,
}

/// What is known of the machine.
pub(crate) struct Machine<'m> {
    /// Its environment variables.
    pub(crate) variable: &'m dyn Fn(&str) -> Option<String>,
    /// The folder of `manage.py`, and those above it up to the root of the repository.
    pub(crate) folders: Vec<PathBuf>,
}

/// The names of folders that hold a virtual environment.
const FOLDERS: [&str; 4] = [".venv", "venv", "env", ".env"];

impl Interpreter {
    /// The one that somebody named: a Python, or the folder of a virtual environment.
    pub(crate) fn named(path: &Path, option: &'static str, machine: &Machine<'_>) -> Result<Self, Error> {
        let found = format!("{option} names it");
        let bare = path.components().count() == 1 && !path.exists();
        let place = if bare { on_path(path, machine) } else { Some(path.to_owned()) };
        let place = place.map(|place| if place.is_dir() { python_in(&place).unwrap_or(place) } else { place });
        match place.filter(|place| place.is_file()) {
            Some(place) => Ok(Self { path: std::path::absolute(&place).unwrap_or(place), found }),
            None => Err(Error::Option {
                option,
                message: format!("{} is no Python, nor the folder of a virtual environment", path.display()),
                help: Some("name the file, as in .venv/bin/python".to_owned()),
            }),
        }
    }

    /// The first that is found: the virtual environment that is active, one in the project, one that a tool keeps for it.
    pub(crate) fn find(machine: &Machine<'_>) -> Result<Self, Error> {
        let variable = |name: &str| (machine.variable)(name).filter(|text| !text.is_empty());
        let named = ["VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"].into_iter().filter_map(|name| Some((name, variable(name)?)));
        for (name, folder) in named {
            // uv's is relative to the root of its project.
            if let Some(path) = machine.folders.iter().find_map(|base| python_in(&base.join(&folder))) {
                return Ok(Self { path, found: format!("{name} names it") });
            }
        }
        for base in &machine.folders {
            for name in FOLDERS {
                let place = base.join(name);
                // `.venv` may be a file with the environment's path or name in it.
                let place = if name == ".venv" && place.is_file() { linked(&place, machine).unwrap_or(place) } else { place };
                if let Some(path) = python_in(&place) {
                    return Ok(Self { path, found: format!("{name} in the project") });
                }
            }
            if let Some(path) = first_line(&base.join(".pdm-python")).map(PathBuf::from).filter(|path| path.is_file()) {
                return Ok(Self { path, found: "PDM keeps it for the project".to_owned() });
            }
            if let Some(path) = poetry(base, machine) {
                return Ok(Self { path, found: "Poetry keeps it for the project".to_owned() });
            }
            if let Some(path) = pipenv(base, machine) {
                return Ok(Self { path, found: "Pipenv keeps it for the project".to_owned() });
            }
        }
        if let Some(path) = variable("CONDA_PREFIX").and_then(|folder| python_in(Path::new(&folder))) {
            return Ok(Self { path, found: "CONDA_PREFIX names it".to_owned() });
        }
        Err(Error::NoPython)
    }
}

/// The Python of a virtual environment.
fn python_in(folder: &Path) -> Option<PathBuf> {
    ["bin/python", "bin/python3", "Scripts/python.exe", "python.exe"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .map(|path| std::path::absolute(&path).unwrap_or(path))
}

fn on_path(name: &Path, machine: &Machine<'_>) -> Option<PathBuf> {
    let path = (machine.variable)("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|place| place.is_file())
}

fn linked(file: &Path, machine: &Machine<'_>) -> Option<PathBuf> {
    let text = first_line(file)?;
    let place = Path::new(&text);
    Some(if place.components().count() > 1 { file.parent()?.join(place) } else { pipenv_home(machine)?.join(place) })
}

fn first_line(file: &Path) -> Option<String> {
    let small = std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 4096);
    let text = small.then(|| std::fs::read_to_string(file).ok())??;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// Poetry names an environment after the project, the hash of its folder, and the version of Python.
fn poetry(base: &Path, machine: &Machine<'_>) -> Option<PathBuf> {
    let text = std::fs::read_to_string(base.join("pyproject.toml")).ok()?;
    if !text.contains("[tool.poetry") && !base.join("poetry.lock").is_file() {
        return None;
    }
    let manifest: toml::Table = toml::from_str(&text).ok()?;
    let poetry = manifest.get("tool").and_then(|tool| tool.get("poetry"));
    let name = [poetry, manifest.get("project")].into_iter().flatten().find_map(|table| table.get("name")?.as_str());
    let folder = std::fs::canonicalize(base).ok()?;
    let start = format!("{}-{}-py", plain(&name.unwrap_or("non-package-mode").to_lowercase()), hash(&folder.to_string_lossy()));
    let home = |name: &str| (machine.variable)(name).map(PathBuf::from);
    let folders = [
        home("POETRY_VIRTUALENVS_PATH"),
        home("POETRY_CACHE_DIR").map(|cache| cache.join("virtualenvs")),
        home("XDG_CACHE_HOME").map(|cache| cache.join("pypoetry/virtualenvs")),
        home("HOME").map(|home| home.join(".cache/pypoetry/virtualenvs")),
        home("HOME").map(|home| home.join("Library/Caches/pypoetry/virtualenvs")),
        home("LOCALAPPDATA").map(|home| home.join("pypoetry/Cache/virtualenvs")),
    ];
    let mut found: Vec<PathBuf> = folders
        .into_iter()
        .flatten()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&start))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found.iter().rev().find_map(|folder| python_in(folder))
}

/// Pipenv names an environment after the folder and the hash of the path of its Pipfile.
fn pipenv(base: &Path, machine: &Machine<'_>) -> Option<PathBuf> {
    let file = base.join("Pipfile");
    if !file.is_file() {
        return None;
    }
    let name = base.file_name()?.to_string_lossy().into_owned();
    python_in(&pipenv_home(machine)?.join(format!("{}-{}", plain(&name), hash(&file.to_string_lossy()))))
}

fn pipenv_home(machine: &Machine<'_>) -> Option<PathBuf> {
    let home = |name: &str| (machine.variable)(name).map(PathBuf::from);
    home("WORKON_HOME")
        .or_else(|| Some(home("XDG_DATA_HOME").or_else(|| Some(home("HOME")?.join(".local/share")))?.join("virtualenvs")))
}

/// The name of an environment has none of these characters, and is no longer.
fn plain(name: &str) -> String {
    let hard = |character: char| " &$`!*@\"()[]\\\r\n\t".contains(character);
    name.chars().map(|character| if hard(character) { '_' } else { character }).take(42).collect()
}

/// Both tools put the first eight characters of this behind the name.
fn hash(text: &str) -> String {
    URL_SAFE.encode(Sha256::digest(text.as_bytes())).chars().take(8).collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn environment(folder: &Path) -> PathBuf {
        let python = folder.join("bin/python");
        std::fs::create_dir_all(python.parent().unwrap()).unwrap();
        std::fs::write(&python, "").unwrap();
        python
    }

    fn find(folders: &[&Path], variables: &[(&str, &Path)]) -> Option<(PathBuf, String)> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string_lossy().into_owned())
        };
        let folders = folders.iter().map(|folder| (*folder).to_owned()).collect();
        Interpreter::find(&Machine { variable: &variable, folders }).ok().map(|it| (it.path, it.found))
    }

    #[test]
    fn the_nearest_environment_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let inside = root.join("src");
        std::fs::create_dir_all(inside.join("env")).unwrap();
        assert_eq!(find(&[&inside, &root], &[]), None, "a folder `env` alone is no environment, and no system Python is taken");
        let own = environment(&root.join("venv"));
        let found = |path: &Path, how: &str| Some((path.to_owned(), how.to_owned()));
        assert_eq!(find(&[&inside, &root], &[]), found(&own, "venv in the project"));
        let nearer = environment(&inside.join(".venv"));
        assert_eq!(find(&[&inside, &root], &[]), found(&nearer, ".venv in the project"));
        let active = environment(&root.join("elsewhere"));
        let variables = [("VIRTUAL_ENV", active.parent().unwrap().parent().unwrap())];
        assert_eq!(find(&[&inside, &root], &variables), found(&active, "VIRTUAL_ENV names it"));
    }

    #[test]
    fn environments_that_tools_keep_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let project = root.join("My Shop");
        std::fs::create_dir_all(&project).unwrap();
        std::fs::write(project.join("pyproject.toml"), "[tool.poetry]\nname = 'My Shop'\n").unwrap();
        let key = hash(&project.to_string_lossy());
        let kept = environment(&root.join(format!("cache/pypoetry/virtualenvs/my_shop-{key}-py3.12")));
        let cache = root.join("cache");
        assert_eq!(find(&[&project], &[("XDG_CACHE_HOME", &cache)]).unwrap().0, kept);
        std::fs::write(project.join("Pipfile"), "").unwrap();
        let key = hash(&project.join("Pipfile").to_string_lossy());
        let kept = environment(&root.join(format!("work/My_Shop-{key}")));
        assert_eq!(find(&[&project], &[("WORKON_HOME", &root.join("work"))]).unwrap().0, kept);
        let named = environment(&root.join("work/shared"));
        std::fs::write(project.join(".venv"), "shared\n").unwrap();
        assert_eq!(find(&[&project], &[("WORKON_HOME", &root.join("work"))]).unwrap().0, named);
    }

    #[test]
    fn a_python_may_be_named_by_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let python = environment(&folder.path().join("x"));
        let machine = Machine { variable: &|_| None, folders: Vec::new() };
        let named = |path: &Path| Interpreter::named(path, "--python", &machine);
        assert_eq!(named(&folder.path().join("x")).unwrap().path, python);
        assert_eq!(named(&python).unwrap().path, python);
        assert!(named(&folder.path().join("y")).is_err() && named(folder.path()).is_err());
    }
}
