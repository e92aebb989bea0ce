//! The deployment picture: joins what the readers say of all files into environments, units, processes and steps.

mod ansible;
mod built_images;
mod chart;
mod chart_variables;
mod compose_sets;
mod conditions;
mod finish;
mod generated;
mod handed;
mod hosts;
mod included;
mod ingresses;
mod json_patch;
mod named_images;
mod orchestrated;
mod pipelines;
mod promotion;
mod roles;
mod stage;
mod wants;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::picture::{Class, Environment, Ingress, Picture, Platform, Unit};
use shipworthy_model::{Artifacts, Notice, Region, Stage, Truth};

use crate::draft::Draft;
use crate::places::folder_of;
use crate::{Tree, confs, declarations, platforms};
use finish::Maker;
use wants::another;
pub use wants::{Reader, wants};
pub(crate) use written::Written;

/// The most files of which a picture is made.
const MOST: usize = 2000;

/// What somebody says that a file of this path is for, if anybody says anything: it goes before what its name says.
pub type Said<'a> = dyn Fn(&str) -> Option<Class> + 'a;

/// Reads the files of a deployment into one picture. `files` are paths of the tree; those that no reader wants are passed
/// over. Files that were read are added to `artifacts`.
pub fn read_picture(tree: &dyn Tree, files: &[String], artifacts: &mut Artifacts) -> (Picture, Vec<Notice>) {
    read_picture_as(tree, files, &|_| None, artifacts)
}

/// [`read_picture`], where somebody says what some of the files are for.
pub fn read_picture_as(tree: &dyn Tree, files: &[String], said: &Said<'_>, artifacts: &mut Artifacts) -> (Picture, Vec<Notice>) {
    let (notices, images, picture, sets) = (Vec::new(), BTreeMap::new(), Picture::default(), Vec::new());
    let (named, written, pushing, baked) = (Vec::new(), Written::default(), Vec::new(), BTreeMap::new());
    let settled = BTreeMap::new();
    let mut maker = Maker { tree, artifacts, notices, images, picture, said, sets, settled, written, baked, named, pushing };
    let mut wanted: Vec<(String, Reader)> =
        files.iter().filter_map(|path| wants(path).map(|reader| (path.clone(), reader))).take(MOST).collect();
    wanted.sort();
    wanted.dedup();
    let mut read: Vec<(String, Reader, String)> = Vec::new();
    for (path, reader) in wanted {
        // A manifest that is not Cloud Foundry's is one of Kubernetes.
        let readers = [Some(reader), (reader == Reader::CloudFoundry).then_some(Reader::Kubernetes)];
        let Some(content) = maker.content(&path) else { continue };
        let confirmed = readers.into_iter().flatten().find(|reader| reader.confirms(&content));
        let reader = confirmed.or_else(|| another(&path, &content));
        read.extend(reader.map(|reader| (path, reader, content)));
    }
    let of = |wanted: &[Reader]| -> Vec<(String, Reader, String)> {
        read.iter().filter(|(_, reader, _)| wanted.contains(reader)).cloned().collect()
    };
    let pipelines = of(&[Reader::GithubWorkflow, Reader::GitlabPipeline]);
    maker.pushing = pipelines.into_iter().map(|(.., content)| content).filter(|it| named_images::pushes(it)).collect();
    // Scripts and pipelines first: they say which compose files belong together.
    pipelines::read(&mut maker, &of(&[Reader::GithubWorkflow, Reader::GitlabPipeline, Reader::Recipes]));
    for (path, _, content) in of(&[Reader::Bake]) {
        built_images::bake(&mut maker, &path, &content);
    }
    platforms_of(
        &mut maker,
        &of(&[
            Reader::Procfile,
            Reader::Heroku,
            Reader::Fly,
            Reader::Render,
            Reader::AppEngine,
            Reader::Railway,
            Reader::AppPlatform,
            Reader::CloudFoundry,
            Reader::AppJson,
        ]),
    );
    handed::read(&mut maker, &of(&[Reader::Handing, Reader::Terraform]));
    compose_sets::read(&mut maker, &of(&[Reader::Compose]));
    orchestrated::read(&mut maker, &of(&[Reader::Kubernetes, Reader::Kustomize, Reader::HelmChart]));
    images_alone(&mut maker, &of(&[Reader::Dockerfile]));
    promotion::promote(&mut maker);
    hosts::read(&mut maker, &of(&[Reader::Systemd, Reader::Supervisor, Reader::Uwsgi, Reader::Crontab, Reader::Script]));
    for (path, reader, content) in
        of(&[Reader::Redis, Reader::Memcached, Reader::PostgresAccess, Reader::Postgres, Reader::MySql])
    {
        let artifact = maker.artifacts.add(&path, content.as_str());
        if let Some(kind) = confs::kind(reader) {
            maker.picture.confs.push(confs::read(kind, &content, artifact));
        }
    }
    handed::written(&mut maker);
    let Maker { mut picture, mut notices, images, artifacts, said, settled, written, .. } = maker;
    picture.rewritten = written.replaced();
    picture.images = images.into_values().collect();
    let kinds: BTreeMap<&str, Reader> = read.iter().map(|(path, reader, _)| (path.as_str(), *reader)).collect();
    let known: Vec<(shipworthy_model::ArtifactId, Arc<str>)> =
        artifacts.iter().map(|(id, artifact)| (id, artifact.path.clone())).collect();
    for (id, path) in known {
        let reader = kinds.get(&*path).copied();
        if reader.is_some() || declarations::is_env_file(&path) {
            let paths: Vec<&str> = read.iter().map(|(path, ..)| path.as_str()).collect();
            let by_path = || {
                let class = class(&path, reader, &paths);
                let text = artifacts.get(id).text.clone();
                let said = match (class.stage, reader) {
                    (Stage::Neutral, Some(_)) => heading(&text, &path, artifacts, class.example),
                    (Stage::Production, Some(Reader::Compose)) => disowned(&text, &path, artifacts),
                    _ => None,
                };
                said.unwrap_or(class)
            };
            picture.classes.insert(id, said(&path).or_else(|| settled.get(&id).cloned()).unwrap_or_else(by_path));
        }
    }
    // Production first, then what says nothing, then the rest; within each as found.
    picture.environments.sort_by_key(|environment| (environment.class.example, rank(environment.class.stage)));
    let mut seen = BTreeSet::new();
    notices.retain(|notice| seen.insert((notice.message.clone(), notice.path.clone(), notice.at.map(key))));
    (picture, notices)
}

fn key(at: Region) -> (u32, u32, u32) {
    (at.artifact.0, at.start, at.end)
}

fn rank(stage: Stage) -> u8 {
    match stage {
        Stage::Production => 0,
        Stage::Neutral | Stage::Base => 1,
        Stage::Staging => 2,
        Stage::Development => 3,
    }
}

/// What a file is for, by its path and by what lies beside it.
pub(crate) fn class(path: &str, reader: Option<Reader>, siblings: &[&str]) -> Class {
    let stage = reader.map_or_else(|| Stage::of(path), |reader| reader.stage(path));
    let mut class = match (stage, Stage::of(path)) {
        (stage, said) if said == stage && !matches!(said, Stage::Neutral | Stage::Base) => Class::new(stage, "its path says so"),
        (Stage::Production, _) => Class::new(Stage::Production, "files of its kind are for production"),
        (stage, _) => Class::new(stage, "nothing in its path says what it is for"),
    };
    // A template that is filled in is real; what shows how to write one says so.
    let name = path.rsplit('/').next().unwrap_or(path);
    let says = |word: &str| ["example", "examples", "sample"].iter().any(|known| known.eq_ignore_ascii_case(word));
    class.example =
        name.split(|c: char| !c.is_ascii_alphanumeric()).any(says) || (reader.is_none() && declarations::is_example(path));
    if matches!(stage, Stage::Neutral) && matches!(reader, Some(Reader::Compose | Reader::Dockerfile)) {
        let folder = folder_of(path);
        let kin = |other: &&&str| {
            let same_kind = wants(other) == reader;
            same_kind && folder_of(other) == folder && ***other != *path && Stage::of(other) == Stage::Production
        };
        if let Some(sibling) = siblings.iter().find(kin) {
            let name = sibling.rsplit('/').next().unwrap_or(sibling);
            class =
                Class { example: class.example, ..Class::new(Stage::Development, format!("{name} beside it is production's")) };
        }
    }
    class
}

/// What the comment at the head of a file says that it is for: development, or anything but production. The last word,
/// where neither path nor neighbours say anything.
fn heading(text: &str, path: &str, artifacts: &Artifacts, example: bool) -> Option<Class> {
    const MOST: usize = 15;
    let mut start = 0;
    for line in text.split_inclusive('\n').take(MOST) {
        let at = start;
        start += line.len();
        let trimmed = line.trim();
        if !trimmed.starts_with('#') {
            if trimmed.is_empty() {
                continue;
            }
            return None;
        }
        let lower = trimmed.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        // A comment may speak of another file, or of what to change first.
        let elsewhere = has(&[".yml", ".yaml", "override", "during", "without", "unless", "except"]);
        let developed = lower.contains("for ") && has(&["development", "for testing", "for local"]) && !lower.contains("prod");
        let warned = lower.contains("production") && has(&["not for", "not use", "not meant", "not suitable", "not intended"]);
        if (developed || warned) && !elsewhere {
            let region = artifacts.find(path).map(|id| {
                Region::new(
                    id,
                    u32::try_from(at).unwrap_or_default(),
                    u32::try_from(at + line.trim_end().len()).unwrap_or_default(),
                )
            });
            let class = Class::new(Stage::Development, "the comment at its head says so");
            return Some(Class { example, at: region, ..class });
        }
    }
    None
}

/// What a comment anywhere in a file says of the whole: that the setup it describes is one for tests.
fn disowned(text: &str, path: &str, artifacts: &Artifacts) -> Option<Class> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let Some((before, comment)) = line.split_once('#') else { continue };
        let lower = comment.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let of_all = lower.contains("this ") && has(&["setup", "stack", "compose file", "environment"]);
        let tests = has(&["testing", "test setup", "tests", "do not use in real life", "not for production"]);
        let file = has(&["compose file for", "docker-compose file"]) && !lower.contains("prod");
        let developed = has(&["local development", "development and testing", "a dev ", "dev / test", "dev/test"]);
        if before.trim().is_empty() && (of_all && tests || file && developed) {
            let end = at + line.trim_end().len();
            let region = |id| Region::new(id, u32::try_from(at).unwrap_or_default(), u32::try_from(end).unwrap_or_default());
            let class = Class::new(Stage::Development, "a comment in it says so");
            return Some(Class { at: artifacts.find(path).map(region), ..class });
        }
    }
    None
}

impl Maker<'_> {
    /// What a file is for: as somebody says, or else as its path and its neighbours do.
    pub(super) fn class(&self, path: &str, reader: Reader, siblings: &[&str]) -> Class {
        if let Some(said) = (self.said)(path) {
            return said;
        }
        let class = class(path, Some(reader), siblings);
        let Some(text) = self.peek(path, reader) else { return class };
        let said = match class.stage {
            Stage::Neutral if reader == Reader::Compose && stage::builds_for_development(&text) => Some(Class {
                example: class.example,
                ..Class::new(Stage::Development, "it names and builds what is for development")
            }),
            Stage::Production if reader == Reader::Procfile && stage::is_developers_procfile(&text) => {
                Some(Class::new(Stage::Development, "what it starts is for a developer's own machine"))
            }
            Stage::Neutral if reader == Reader::Compose => {
                heading(&text, path, self.artifacts, class.example).or_else(|| disowned(&text, path, self.artifacts))
            }
            Stage::Neutral => heading(&text, path, self.artifacts, class.example),
            // A name is believed until the file itself says otherwise.
            Stage::Production if reader == Reader::Compose => disowned(&text, path, self.artifacts),
            Stage::Production | Stage::Base | Stage::Staging | Stage::Development => None,
        };
        said.unwrap_or(class)
    }

    /// The text of a file, if it is what its path says. It becomes an artifact when a reader takes it.
    fn peek(&self, path: &str, reader: Reader) -> Option<String> {
        self.content(path).filter(|content| reader.confirms(content))
    }

    fn content(&self, path: &str) -> Option<String> {
        const LARGEST: usize = 1 << 20;
        let bytes = self.tree.read(path).ok().filter(|bytes| bytes.len() <= LARGEST && !bytes.contains(&0))?;
        Some(crate::text::decode(bytes))
    }

    /// Adds an environment made of drafts.
    pub(super) fn environment(
        &mut self,
        name: &str,
        platform: Platform,
        artifacts: Vec<shipworthy_model::ArtifactId>,
        class: Class,
        drafts: Vec<Draft>,
        complete: bool,
    ) {
        let name: Arc<str> = name.into();
        let mut units: Vec<Unit> = drafts.into_iter().map(|draft| self.finish(draft, &name, &class)).collect();
        // A draft that only carries what runs on a release is no unit.
        for unit in &mut units {
            conditions::leave_open(unit, self.artifacts);
        }
        units.retain(|unit| !(&*unit.name == "release" && unit.command.is_none() && unit.processes.is_empty()));
        let ingresses = generated::ingress(&units).into_iter().collect();
        self.picture.environments.push(Environment { name, platform, artifacts, class, units, ingresses, complete });
    }
}

/// Procfiles and the files of platforms.
fn platforms_of(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let paths: Vec<&str> = files.iter().map(|(path, ..)| path.as_str()).collect();
    let mut given: Vec<(String, Vec<shipworthy_model::picture::Variable>)> = Vec::new();
    for (path, _, content) in files.iter().filter(|(_, reader, _)| *reader == Reader::AppJson) {
        let artifact = maker.artifacts.add(path, content.as_str());
        let (variables, notices) = platforms::app_json(content, artifact);
        maker.notices.extend(notices);
        given.push((folder_of(path).to_owned(), variables));
    }
    for (path, _, content) in files.iter().filter(|(_, reader, _)| *reader == Reader::Heroku) {
        let artifact = maker.artifacts.add(path, content.as_str());
        given.push((folder_of(path).to_owned(), platforms::heroku_setup(content, artifact)));
    }
    // Where Cloud Foundry takes its commands from a Procfile, that is not Heroku's.
    let lies_beside = |path: &str, wanted: Reader| {
        files.iter().any(|(other, reader, _)| *reader == wanted && folder_of(other) == folder_of(path))
    };
    let is_foundrys = |path: &str| {
        lies_beside(path, Reader::CloudFoundry)
            && ![Reader::Heroku, Reader::AppJson].iter().any(|reader| lies_beside(path, *reader))
    };
    for (path, reader, content) in files {
        if *reader == Reader::Procfile && is_foundrys(path) {
            continue;
        }
        let artifact = maker.artifacts.add(path, content.as_str());
        let (platform, (mut drafts, notices)) = match reader {
            Reader::Procfile => (Platform::Heroku, (platforms::procfile(path, content, artifact), Vec::new())),
            Reader::Heroku => (Platform::Heroku, platforms::heroku(path, content, artifact)),
            Reader::Fly => (Platform::Fly, platforms::fly(path, content, artifact)),
            Reader::Render => (Platform::Render, platforms::render(path, content, artifact)),
            Reader::AppEngine => (Platform::AppEngine, platforms::app_engine(path, content, artifact)),
            Reader::Railway => (Platform::Railway, platforms::railway(path, content, artifact)),
            Reader::AppPlatform => (Platform::AppPlatform, platforms::app_platform(path, content, artifact)),
            Reader::CloudFoundry => {
                let beside = crate::places::beside(folder_of(path), "Procfile");
                let beside = files.iter().find(|(other, ..)| beside.as_ref() == Some(other));
                let procfile = beside.map(|(path, _, text)| (text.as_str(), maker.artifacts.add(path, text.as_str())));
                (Platform::CloudFoundry, platforms::cloud_foundry(path, content, procfile, artifact))
            }
            _ => continue,
        };
        maker.notices.extend(notices);
        if drafts.is_empty() {
            continue;
        }
        if platform == Platform::Heroku {
            let own = given.iter().filter(|(folder, _)| folder == folder_of(path)).flat_map(|(_, variables)| variables.clone());
            let own: Vec<_> = own.collect();
            // Others read a Procfile too, and Dokku an app.json; only Heroku's asks for variables.
            let beside = crate::places::beside(folder_of(path), "heroku.yml").map(|path| maker.tree.node(&path));
            let is_herokus = !own.is_empty() || beside == Some(crate::Node::File);
            for draft in &mut drafts {
                let mut variables = own.clone();
                variables.extend(is_herokus.then(|| platforms::dyno(draft.unit.at)));
                shipworthy_model::picture::Variable::overlay(&mut variables, std::mem::take(&mut draft.unit.variables));
                draft.unit.variables = variables;
            }
        }
        let class = maker.class(path, *reader, &paths);
        maker.environment(path, platform, vec![artifact], class, drafts, true);
        if let (Some(ingress), Some(environment)) =
            (platforms::router(platform, path, files, artifact), maker.picture.environments.last_mut())
        {
            environment.ingresses.push(ingress);
        }
        let (by, redirects) = match platform {
            Platform::Fly => ("the proxy of Fly", platforms::fly_redirects(content, artifact)),
            Platform::AppEngine => ("the router of App Engine", platforms::app_engine_redirects(content, artifact)),
            _ => continue,
        };
        if let (Some(at), Some(environment)) = (redirects, maker.picture.environments.last_mut()) {
            environment.ingresses.push(Ingress::new(by, at, Truth::Yes, Truth::No));
        }
    }
}

/// Images that no environment builds: each may be what is deployed.
fn images_alone(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let paths: Vec<&str> = files.iter().map(|(path, ..)| path.as_str()).collect();
    for (path, reader, content) in files {
        if maker.images.contains_key(path) {
            continue;
        }
        let artifact = maker.artifacts.add(path, content.as_str());
        let mut unit = Unit::new("image", Region::whole(artifact));
        // Builds run from the root of a project more often than from the folder of the Dockerfile.
        unit.build = Some(shipworthy_model::picture::Build {
            context: Some(context(maker.tree, path).into()),
            dockerfile: path.as_str().into(),
            target: None,
            arguments: Vec::new(),
            at: Region::whole(artifact),
            by_name: false,
        });
        let class = maker.class(path, *reader, &paths);
        maker.environment(path, Platform::Image, vec![artifact], class, vec![Draft::new(unit)], true);
    }
}

/// The folder that a Dockerfile is likely built in: its own, or the nearest above with a `manage.py`.
fn context(tree: &dyn Tree, path: &str) -> String {
    let own = folder_of(path);
    let mut folder = own;
    loop {
        let candidate = if folder.is_empty() { "manage.py".to_owned() } else { format!("{folder}/manage.py") };
        if tree.node(&candidate) == crate::Node::File {
            return folder.to_owned();
        }
        if folder.is_empty() {
            break;
        }
        folder = folder_of(folder);
    }
    let in_docker_folder =
        own.split('/').any(|part| matches!(part, "docker" | "compose" | "deploy" | "deployment" | ".docker" | "ops"));
    if in_docker_folder { String::new() } else { own.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_at_the_head_are_the_last_word() {
        let said = |text: &str| heading(text, "compose.yaml", &Artifacts::default(), false).is_some();
        for text in [
            "# docker-compose for Shop development.\nservices: {}\n",
            "\n# Shop\n# Services for local work on the shop\n---\n",
            "# Do not use in production!\n",
        ] {
            assert!(said(text), "{text}");
        }
        for text in [
            "services: {}\n# for development\n",
            "# For hot-reload during development, use compose.override.yaml.\n",
            "# This file is not intended for production use without first customizing it.\n",
            "# For development and production\n",
            "# The shop\n",
        ] {
            assert!(!said(text), "{text}");
        }
    }

    #[test]
    fn comments_may_disown_a_file() {
        let said = |text: &str| disowned(text, "compose.prod.yaml", &Artifacts::default()).is_some();
        assert!(said("a:\n  # Arbitrary key for this \"prod-like\" testing setup. Do not use in real life.\n  b: c\n"));
        assert!(said("# This stack is not for production.\n"));
        assert!(said("# docker-compose file for local development and testing with container image.\n"));
        assert!(said("services:\n  # A dev / testing /example compose file for trying the image\n"));
        assert!(!said("# The docker-compose file for local development is compose.yml; this one is production's.\n"));
        assert!(!said("# Testing this: run ./test\na: b # this setup, for testing\n"));
        assert!(!said("# Set this for your production environment.\n"));
    }
}
