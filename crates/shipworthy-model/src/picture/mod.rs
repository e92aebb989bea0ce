//! The deployment picture: which environments there are, what runs in them, and how, as the files of the project say it.
//!
//! Nothing here is judged. What a file leaves open is a [`Text`] with its reason.

mod conf;
mod handed;
mod homes;
mod image;
mod ingress;
mod inlay;
mod lasting;
mod process;
mod secret_file;
mod server;
mod sharing;
mod step;
mod text;
mod trust;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use conf::{Conf, ConfKind, Directive};
pub use handed::Handed;
pub use image::{Build, Copied, IgnoreFile, IgnorePattern, Image, ImageStage};
pub use ingress::{Belief, Fit, Ingress, Lead};
pub use inlay::Inlay;
pub use process::{Chance, Command, Manage, Process, Runs};
pub use secret_file::SecretFile;
pub use server::{AppServer, Choice, Origin, Program};
pub use step::{Action, FailLevel, Step, When};
pub use text::{Source, Text, Variable};
pub use trust::Peer;
pub use unit::{HttpProbe, Mount, MountKind, Port, Probe, ProbeKind, Publishing, Role, Security, Unit};

use crate::{ArtifactId, Artifacts, Region, Stage, path};

/// Everything that the files around the settings say about how the project is deployed.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The environments that the files describe, production's first.
    pub environments: Vec<Environment>,
    /// Images that the project builds.
    pub images: Vec<Image>,
    /// What is run besides the processes that stay: on building, releasing, starting, by schedule, in pipelines.
    pub steps: Vec<Step>,
    /// Variables that the project is handed apart from the definitions of units.
    pub handed: Vec<Handed>,
    /// Files of the tree that compose files hand containers as secrets.
    pub secret_files: Vec<SecretFile>,
    /// Configuration files of backing services.
    pub confs: Vec<Conf>,
    /// What every file is for.
    pub classes: BTreeMap<ArtifactId, Class>,
    /// Files of variables of which nothing is left where the project is deployed: what deploys it writes them anew.
    pub rewritten: BTreeSet<Arc<str>>,
    /// Which units have which files, as far as somebody has asked.
    homes: homes::Homes,
}

/// One way in which the project is deployed: a set of compose files, an overlay, a Procfile, the units of a machine.
#[derive(Clone, Debug)]
pub struct Environment {
    /// A name for reports, from the path of the file that makes it: `compose.prod.yaml`, `overlays/production`.
    pub name: Arc<str>,
    /// What carries it.
    pub platform: Platform,
    /// The files that describe it, those that come last in merging last.
    pub artifacts: Vec<ArtifactId>,
    /// Which stage it is for.
    pub class: Class,
    /// What runs in it.
    pub units: Vec<Unit>,
    /// The Ingresses that lead into it.
    pub ingresses: Vec<Ingress>,
    /// Whether everything that makes it was read: an include that is missing, or a template that was only partly
    /// understood, leaves room for what nobody saw.
    pub complete: bool,
}

/// What carries an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// Docker Compose.
    Compose,
    /// Kubernetes: manifests, Kustomize, Helm.
    Kubernetes,
    /// A Procfile, heroku.yml or app.json.
    Heroku,
    /// fly.toml.
    Fly,
    /// render.yaml.
    Render,
    /// Google App Engine's app.yaml.
    AppEngine,
    /// railway.json, railway.toml, nixpacks.toml.
    Railway,
    /// `.do/app.yaml` of the App Platform of `DigitalOcean`.
    AppPlatform,
    /// A manifest of Cloud Foundry.
    CloudFoundry,
    /// A machine: systemd units, supervisor, uWSGI's own files, cron.
    Machine,
    /// An image alone: a Dockerfile that nothing else here runs.
    Image,
}

impl Platform {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
            Self::Heroku => "heroku",
            Self::Fly => "fly",
            Self::Render => "render",
            Self::AppEngine => "app-engine",
            Self::Railway => "railway",
            Self::AppPlatform => "app-platform",
            Self::CloudFoundry => "cloud-foundry",
            Self::Machine => "machine",
            Self::Image => "image",
        }
    }

    /// Whether the platform brings its own front end, which ends TLS and is all that can reach the application.
    pub fn has_router(self) -> bool {
        match self {
            Self::Heroku
            | Self::Fly
            | Self::Render
            | Self::AppEngine
            | Self::Railway
            | Self::AppPlatform
            | Self::CloudFoundry => true,
            Self::Compose | Self::Kubernetes | Self::Machine | Self::Image => false,
        }
    }
}

/// Which stage a file or environment is for, and why we think so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The stage. [`Stage::Neutral`] is unknown.
    pub stage: Stage,
    /// Whether it shows what to write rather than what is.
    pub example: bool,
    /// The reason: one clause.
    pub reason: Arc<str>,
    /// Where the reason stands, when not in the path.
    pub at: Option<Region>,
}

const CONDUCT: &str = "it publishes the ports of the web and starts its containers again whatever happens";

impl Class {
    /// A class with its reason.
    pub fn new(stage: Stage, reason: impl Into<Arc<str>>) -> Self {
        Self { stage, example: false, reason: reason.into(), at: None }
    }

    /// Production's by what it does, where nothing says what it is for.
    pub fn by_conduct() -> Self {
        Self::new(Stage::Production, CONDUCT)
    }

    /// Whether it is production's only [by what it does](Self::by_conduct): it may still be a form for others to fill in.
    pub fn is_by_conduct(&self) -> bool {
        &*self.reason == CONDUCT
    }

    /// Whether it may be production's: it says production, or nothing.
    pub fn may_be_production(&self) -> bool {
        !self.example
            && match self.stage {
                Stage::Production | Stage::Neutral | Stage::Base => true,
                Stage::Staging | Stage::Development => false,
            }
    }

    /// Whether it says production.
    pub fn is_production(&self) -> bool {
        !self.example && self.stage == Stage::Production
    }

    /// The name in reports.
    pub fn name(&self) -> &'static str {
        match (self.example, self.stage) {
            (true, _) => "example",
            (false, Stage::Production) => "production",
            (false, Stage::Staging) => "staging",
            (false, Stage::Development) => "development",
            (false, Stage::Neutral | Stage::Base) => "unknown",
        }
    }
}

impl Picture {
    /// The environments that may be production's: those that say so or, where none does, those that say nothing.
    pub fn production(&self) -> Vec<&Environment> {
        let said: Vec<_> = self.environments.iter().filter(|environment| environment.class.is_production()).collect();
        if said.is_empty() {
            self.environments.iter().filter(|environment| environment.class.may_be_production()).collect()
        } else {
            said
        }
    }

    /// A unit of production that only requests for its own hosts reach, if all that serve are such: the routers of Heroku
    /// and Cloud Foundry find the application by the host (devcenter.heroku.com/articles/http-routing,
    /// docs.cloudfoundry.org/concepts/http-routing.html). `DYNO` tells Heroku from others who read its files.
    pub fn routed_by_host(&self) -> Option<Region> {
        let mut found = None;
        for environment in self.production() {
            for unit in environment.units.iter().filter(|unit| unit.serves()) {
                let by_host = match environment.platform {
                    Platform::Heroku => unit.variable("DYNO").is_some(),
                    Platform::CloudFoundry => true,
                    Platform::Compose
                    | Platform::Kubernetes
                    | Platform::Fly
                    | Platform::Render
                    | Platform::AppEngine
                    | Platform::Railway
                    | Platform::AppPlatform
                    | Platform::Machine
                    | Platform::Image => false,
                };
                if !by_host {
                    return None;
                }
                found.get_or_insert(unit.at);
            }
        }
        found
    }

    /// Whether a file of variables is given to units of development alone: some unit is given it by its own name, and none
    /// that may be production's. (`.env` is also what programs look for by themselves.)
    pub fn is_developers_file(&self, path: &str, artifacts: &Artifacts) -> bool {
        let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let units = self.environments.iter().flat_map(|it| it.units.iter().map(move |unit| (it, unit)));
        let mut given = units.filter(|(_, unit)| {
            unit.env_files.iter().filter_map(|(file, _)| file.as_str()).any(|file| {
                let near = folder(&artifacts.get(unit.at.artifact).path);
                path::absolute("", &format!("{near}/{file}")).trim_start_matches(['.', '/']) == path
            })
        });
        let own = path.rsplit('/').next() != Some(".env");
        let first = given.next();
        own && first
            .into_iter()
            .chain(given)
            .fold(None, |all, (it, _)| Some(all.unwrap_or(true) && !it.class.may_be_production()))
            == Some(true)
    }

    /// Whether a unit of production that serves the project is given files of variables that nobody here can see.
    pub fn hides_variables(&self) -> bool {
        let mut units = self.production().into_iter().flat_map(|it| &it.units).filter(|unit| unit.serves());
        units.any(|unit| unit.env_files.iter().any(|(_, read)| !read))
    }

    /// The paths of the files of this name that lie in the context of an image and that it leaves out, where everything that
    /// serves production runs from such images and has no folder of the source mounted.
    pub fn left_out(&self, name: &str) -> BTreeSet<String> {
        let mut left: Option<BTreeSet<String>> = None;
        for unit in self.production().into_iter().flat_map(|it| &it.units).filter(|unit| unit.serves()) {
            let own = self.image(unit).zip(unit.build.as_ref()).map(|(image, build)| {
                let context = build.context.as_deref().unwrap_or_default();
                let whole = if context.is_empty() { name.to_owned() } else { format!("{context}/{name}") };
                let mounted = unit.mounts.iter().any(|mount| mount.kind == MountKind::Bind && !mount.read_only);
                let out = image.ignore.as_ref().is_some_and(|ignore| ignore.leaves_out(name).is_some());
                if out && !mounted { BTreeSet::from([whole]) } else { BTreeSet::new() }
            });
            let own = own.unwrap_or_default();
            left = Some(left.map_or_else(|| own.clone(), |left| left.intersection(&own).cloned().collect()));
        }
        left.unwrap_or_default()
    }

    /// Every process with its environment and unit.
    pub fn processes(&self) -> impl Iterator<Item = (&Environment, &Unit, &Process)> {
        self.environments.iter().flat_map(|environment| {
            environment.units.iter().flat_map(move |unit| unit.processes.iter().map(move |process| (environment, unit, process)))
        })
    }

    /// Every process that runs the project's own Python code.
    pub fn django(&self) -> impl Iterator<Item = (&Environment, &Unit, &Process)> {
        self.processes().filter(|(_, _, process)| process.runs.is_python())
    }

    /// Every environment variable of every unit that runs the project's own Python code.
    pub fn variables(&self) -> impl Iterator<Item = (&Environment, &Unit, &Variable)> {
        self.environments.iter().flat_map(|environment| {
            let units = environment.units.iter().filter(|unit| unit.runs_python());
            units.flat_map(move |unit| {
                let own = unit.processes.iter().flat_map(|process| &process.variables);
                unit.variables.iter().chain(own).map(move |variable| (environment, unit, variable))
            })
        })
    }

    /// The class of a file; unknown where nobody said anything.
    pub fn class(&self, artifact: ArtifactId) -> Class {
        self.classes.get(&artifact).cloned().unwrap_or_else(|| Class::new(Stage::Neutral, "nothing says what it is for"))
    }

    /// The image that a unit builds.
    pub fn image(&self, unit: &Unit) -> Option<&Image> {
        let build = unit.build.as_ref()?;
        self.images.iter().find(|image| *image.path == *build.dockerfile)
    }

    /// The environment of this name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| &*environment.name == name)
    }

    /// Whether any step runs this `manage.py` command.
    pub fn runs_command(&self, command: &str) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.is_manage(command))
    }
}

impl Environment {
    /// The unit of this name.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| &*unit.name == name)
    }

    /// The units of a role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.role == role)
    }
}
