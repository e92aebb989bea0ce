//! Which deployment is judged: its settings module, its environment variables, its Django, as the user says.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use shipworthy_model::{self as model, Artifacts, Django, Region, Version};
use shipworthy_source::python::Environment;
use shipworthy_source::{dotenv, text};

use crate::classes::Classes;
use crate::cli::DeploymentArgs;
use crate::config::Config;
use crate::error::Error;

/// A deployment, as the command line and the configuration describe it.
#[derive(Default)]
pub(crate) struct Deployment {
    /// `production` unless named otherwise.
    pub(crate) name: String,
    /// The settings module, if somebody names it.
    pub(crate) settings: Option<Named>,
    /// The version of Django, if somebody says it.
    pub(crate) django: Option<Named>,
    /// What the configuration says that files are for.
    pub(crate) classes: Classes,
    files: Vec<EnvText>,
    variables: Vec<Given>,
    config: Option<(String, Arc<str>)>,
}

/// Something that the user names.
pub(crate) struct Named {
    /// What is named.
    pub(crate) module: String,
    /// Who names it: one clause.
    pub(crate) reason: String,
    /// Where in the configuration.
    pub(crate) span: Option<std::ops::Range<usize>>,
}

/// A variable that the command line gives, or the configuration at a place.
struct Given {
    name: String,
    text: Arc<str>,
    span: Option<std::ops::Range<usize>>,
}

struct EnvText {
    shown: String,
    text: Arc<str>,
}

impl Deployment {
    /// The names of the deployments to judge: those that were asked for, or production.
    pub(crate) fn names(arguments: &DeploymentArgs, config: &Config) -> Result<Vec<String>, Error> {
        let known: Vec<String> = config.environments.keys().cloned().collect();
        let mut names: Vec<String> = Vec::new();
        for name in &arguments.environment {
            let unknown = !known.contains(name) && name != "production";
            match name.as_str() {
                "all" if !known.is_empty() && unknown => names.extend(known.iter().cloned()),
                _ if unknown => {
                    return Err(Error::Option {
                        option: "--environment",
                        message: if name == "all" {
                            "the configuration has no environments".to_owned()
                        } else {
                            format!("the configuration has no environment {name}")
                        },
                        help: Some(match known.as_slice() {
                            [] => "add `[tool.shipworthy.environments.NAME]` to pyproject.toml".to_owned(),
                            known => format!("it has {}", known.join(", ")),
                        }),
                    });
                }
                _ => names.push(name.clone()),
            }
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        Ok(if names.is_empty() { vec!["production".to_owned()] } else { names })
    }

    /// Puts together what is known of the deployment of a name. `path` is the audited folder: files inside it are shown
    /// relative to it.
    pub(crate) fn of(name: &str, arguments: &DeploymentArgs, config: &Config, path: &Path) -> Result<Self, Error> {
        let environment = config.environments.get(name);
        let place = config.place();
        let file = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let configured = environment.and_then(|it| it.settings.as_ref()).or(config.settings.as_ref());
        let settings = match (&arguments.settings, configured) {
            (Some(module), _) => Some(Named { module: module.clone(), reason: "--settings names it".to_owned(), span: None }),
            (None, Some(module)) => {
                Some(Named { module: module.get_ref().clone(), reason: format!("{file} names it"), span: Some(module.span()) })
            }
            (None, None) => None,
        };
        let django = match (&arguments.django_version, &config.django_version) {
            (Some(version), _) => Some(Named { module: version.clone(), reason: "--django-version".to_owned(), span: None }),
            (None, Some(version)) => {
                Some(Named { module: version.get_ref().clone(), reason: file.clone(), span: Some(version.span()) })
            }
            (None, None) => None,
        };
        if django.as_ref().is_some_and(|named| Version::parse(&named.module).is_none()) {
            return Err(match &config.django_version {
                Some(version) if arguments.django_version.is_none() => {
                    config.error(version, "this is no version of Django".to_owned())
                }
                _ => no_version("--django-version"),
            });
        }
        let folder = place.parent().unwrap_or(Path::new(""));
        let from_config = environment.map(|it| it.env_file.all()).unwrap_or_default();
        let paths = from_config.iter().map(|file| folder.join(file)).chain(arguments.env_file.iter().cloned());
        let files = paths.map(|file| read(&file, path)).collect::<Result<_, _>>()?;
        let mut variables: Vec<Given> = Vec::new();
        for (name, value) in environment.map(|it| &it.env).into_iter().flatten() {
            let text = value.get_ref().as_str().into();
            variables.push(Given { name: name.clone(), text, span: Some(value.span()) });
        }
        for given in &arguments.env {
            // What was typed is not repeated: it may be a credential.
            let wrong = || Error::Option { option: "--env", message: "it takes NAME=VALUE".to_owned(), help: None };
            let (name, value) = given.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
            variables.push(Given { name: name.to_owned(), text: value.into(), span: None });
        }
        let classes = Classes::of(config)?;
        let config = (!file.is_empty()).then(|| (file, config.text().into()));
        Ok(Self { name: name.to_owned(), settings, django, classes, files, variables, config })
    }

    /// The environment variables, with the files that give them as artifacts.
    pub(crate) fn environment(&self, artifacts: &mut Artifacts) -> Environment {
        let mut environment = Environment::default();
        for file in &self.files {
            let artifact = artifacts.add(&file.shown, file.text.clone());
            let (mut assignments, _) = dotenv::read(&file.text, artifact);
            let given = |name: &str| self.variables.iter().rev().find(|known| known.name == name).map(|it| it.text.clone());
            dotenv::interpolate(&mut assignments, &given);
            for assignment in assignments {
                if let Some(value) = assignment.value {
                    environment.variables.insert(assignment.name, (value, model::Given::File(assignment.at)));
                }
            }
        }
        for Given { name, text, span } in &self.variables {
            let at = span.clone().and_then(|span| self.place(span, artifacts));
            let given = at.map_or(model::Given::CommandLine, model::Given::File);
            environment.variables.insert(name.as_str().into(), (text.clone(), given));
        }
        environment
    }

    /// Whether it is production: what the project's own files say about production is then said about it.
    pub(crate) fn is_production(&self) -> bool {
        self.name == "production"
    }

    /// The paths of the files that give variables, as they are shown.
    pub(crate) fn env_files(&self) -> Vec<Arc<str>> {
        self.files.iter().map(|file| Arc::from(file.shown.as_str())).collect()
    }

    /// The place in the configuration that names something.
    pub(crate) fn region(&self, named: &Named, artifacts: &mut Artifacts) -> Option<Region> {
        self.place(named.span.clone()?, artifacts)
    }

    fn place(&self, span: std::ops::Range<usize>, artifacts: &mut Artifacts) -> Option<Region> {
        let (file, text) = self.config.as_ref()?;
        Some(Region::new(artifacts.add(file, text.clone()), span.start as u32, span.end as u32))
    }
}

/// A version of Django that somebody states; `None` if it is none.
pub(crate) fn django(version: &str, from: &str, at: Option<Region>) -> Option<Django> {
    Version::parse(version).map(|version| Django { version, from: from.to_owned(), at, assumed: false })
}

/// The error about a version that is none.
pub(crate) fn no_version(option: &'static str) -> Error {
    Error::Option { option, message: "it takes a version such as 6.1".to_owned(), help: None }
}

fn read(file: &Path, root: &Path) -> Result<EnvText, Error> {
    const LARGEST: u64 = 1 << 20;
    let wrong = |reason: String| Error::Read { path: file.to_owned(), reason };
    let metadata = std::fs::metadata(file).map_err(|error| wrong(error.kind().to_string()))?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(wrong("it is not a small file".to_owned()));
    }
    let bytes = std::fs::read(file).map_err(|error| wrong(error.kind().to_string()))?;
    let inside = std::fs::canonicalize(file).ok().zip(std::fs::canonicalize(root).ok());
    let inside = inside.and_then(|(file, root)| file.strip_prefix(root).ok().map(Path::to_owned));
    let shown = inside.unwrap_or_else(|| file.to_owned()).to_string_lossy().replace('\\', "/");
    Ok(EnvText { shown, text: text::decode(bytes).into() })
}
