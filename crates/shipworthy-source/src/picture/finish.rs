//! Finishes drafts: gives each unit what its image says, and follows its commands to its processes and steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use shipworthy_model::picture::{
    Action, Class, Command, Image, ImageStage, Picture, Runs, Source, Step, Text, Unit, Variable, When,
};
use shipworthy_model::{Artifacts, Notice, Region};

use super::named_images::{self, Named};
use super::written::Written;
use super::{Said, handed, roles};
use crate::command::{Composed, FUEL, Follower, Found, Way};
use crate::docker::{dockerfile, ignore};
use crate::draft::Draft;
use crate::piece::Piece;
use crate::places::{Places, beside, folder_of};
use crate::shell::{Dialect, Wrote};
use crate::{Node, Tree, text};

/// What the whole picture is made with.
pub(super) struct Maker<'a> {
    pub(super) tree: &'a dyn Tree,
    pub(super) artifacts: &'a mut Artifacts,
    pub(super) notices: Vec<Notice>,
    pub(super) images: BTreeMap<String, Image>,
    pub(super) picture: Picture,
    /// What somebody says that files are for.
    pub(super) said: &'a Said<'a>,
    /// Compose files that commands name together.
    pub(super) sets: Vec<Told>,
    /// What is known of files beyond their paths: what deploys them, what they do.
    pub(super) settled: BTreeMap<shipworthy_model::ArtifactId, shipworthy_model::picture::Class>,
    /// Files of variables that pipelines write where they deploy.
    pub(super) written: Written,
    /// Files of variables that builds of images write: by Dockerfile, with the index of the stage.
    pub(super) baked: BTreeMap<String, Vec<(usize, Wrote)>>,
    /// Builds whose images have names.
    pub(super) named: Vec<Named>,
    /// Texts of pipelines that push images.
    pub(super) pushing: Vec<String>,
}

/// Compose files that somebody names together.
#[derive(Clone)]
pub(super) struct Told {
    /// The file that holds the command.
    pub(super) from: String,
    /// The files; none where Compose takes those of its folder.
    pub(super) files: Vec<Text>,
    /// Whether the command starts what they describe.
    pub(super) starts: bool,
    /// Whether it is part of what deploys to production.
    pub(super) deploys: bool,
}

const LARGEST: usize = 1 << 20;

impl Maker<'_> {
    /// The text of a file, as an artifact.
    pub(super) fn open(&mut self, path: &str) -> Option<(shipworthy_model::ArtifactId, String)> {
        let bytes = self.tree.read(path).ok().filter(|bytes| bytes.len() <= LARGEST && !bytes.contains(&0))?;
        let content = text::decode(bytes);
        let artifact = self.artifacts.add(path, content.as_str());
        Some((artifact, content))
    }

    /// Reads a Dockerfile once, with the ignore file of its context.
    pub(super) fn image(&mut self, path: &str, context: &str) -> Option<Image> {
        if let Some(image) = self.images.get(path) {
            return Some(image.clone());
        }
        let (artifact, source) = self.open(path)?;
        let (mut image, notices) = dockerfile::read(path, &source, artifact, &[]);
        self.notices.extend(notices);
        let candidates = [Some(format!("{path}.dockerignore")), beside(context, ".dockerignore")];
        for candidate in candidates.into_iter().flatten() {
            if let Some((artifact, source)) = self.open(&candidate) {
                image.ignore = Some(ignore::read(&source, artifact));
                break;
            }
        }
        self.images.insert(path.to_owned(), image.clone());
        let places = self.places_of_stages(&image, context);
        for (index, stage) in image.stages.iter().enumerate() {
            let variables: Vec<Variable> = stage.arguments.iter().cloned().chain(image.variables(stage)).collect();
            for run in &stage.runs {
                let unit = stage.name.clone().unwrap_or_else(|| index.to_string().into());
                let mut found = self.follow(run, &variables, &places[index], false);
                let wrote = found.wrote.drain(..).map(|(_, wrote)| (index, wrote));
                self.baked.entry(path.to_owned()).or_default().extend(wrote);
                self.steps(found, &When::Build, None, Some(&unit));
            }
        }
        Some(image)
    }

    /// An image as it is where somebody builds it with arguments of their own.
    fn built_with(&mut self, image: Image, arguments: &[Variable]) -> Image {
        let source = if arguments.is_empty() { None } else { self.open(&image.path) };
        let Some((artifact, source)) = source else { return image };
        let (own, _) = dockerfile::read(&image.path, &source, artifact, arguments);
        Image { ignore: image.ignore, ..own }
    }

    /// What each stage sees of the tree.
    fn places_of_stages(&self, image: &Image, context: &str) -> Vec<Places> {
        let mut seen: Vec<Vec<(String, String)>> = Vec::new();
        for (index, stage) in image.stages.iter().enumerate() {
            let mut own = stage.parent.and_then(|parent| seen.get(parent)).cloned().unwrap_or_default();
            for copy in &stage.copies {
                let target = copy.target.as_str().unwrap_or_default();
                let folder = stage.folder.as_ref().and_then(Text::as_str).unwrap_or("/");
                let target = if target.starts_with('/') {
                    target.to_owned()
                } else {
                    format!("{}/{}", folder.trim_end_matches('/'), target.trim_start_matches("./"))
                };
                let target = target.trim_end_matches("/.").to_owned();
                let from = copy.from.as_ref().and_then(Text::as_str);
                let earlier = from.and_then(|from| {
                    let named = |other: &ImageStage| other.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(from));
                    image.stages.iter().position(named).or_else(|| from.parse().ok()).filter(|other| *other < index)
                });
                for source in copy.sources.iter().filter_map(Text::as_str) {
                    match (copy.from.is_some(), earlier) {
                        (true, Some(earlier)) => {
                            let source = source.trim_end_matches('/');
                            let moved: Vec<(String, String)> = seen[earlier]
                                .iter()
                                .filter_map(|(place, path)| {
                                    if let Some(rest) = place.strip_prefix(source) {
                                        Some((format!("{}{rest}", target.trim_end_matches('/')), path.clone()))
                                    } else {
                                        let rest = source.strip_prefix(place.as_str())?;
                                        Some((target.clone(), format!("{path}{rest}")))
                                    }
                                })
                                .collect();
                            own.extend(moved);
                        }
                        (true, None) => {}
                        (false, _) => {
                            let Some(path) = beside(context, source.trim_start_matches('/')) else { continue };
                            let is_file = self.tree.node(&path) == Node::File;
                            let into = is_file && (target.ends_with('/') || copy.sources.len() > 1 || target == folder);
                            let name = path.rsplit('/').next().unwrap_or(&path);
                            let place = if into { format!("{}/{name}", target.trim_end_matches('/')) } else { target.clone() };
                            own.push((place, path));
                        }
                    }
                }
                own.truncate(400);
            }
            seen.push(own);
        }
        let of = |(index, mounts): (usize, Vec<(String, String)>)| {
            let mut places = Places::new([context.to_owned(), folder_of(&image.path).to_owned(), String::new()]);
            let stage = &image.stages[index];
            if let Some(folder) = image.folder(stage).as_ref().and_then(Text::as_str) {
                places.at(folder);
            }
            for (place, path) in mounts {
                places.mount(&place, &path);
            }
            places
        };
        seen.into_iter().enumerate().map(of).collect()
    }

    /// Gives a unit what its image and commands make of it.
    pub(super) fn finish(&mut self, draft: Draft, environment: &Arc<str>, class: &Class) -> Unit {
        let Draft { mut unit, release, before, folder, binds, once } = draft;
        let folder = folder.unwrap_or_default();
        let mut places = Places::new([folder.clone(), String::new()]);
        let mut base = None;
        let mut image_entry = (None, None);
        if unit.build.is_none() {
            unit.build = unit.image.as_ref().and_then(|image| {
                let built = named_images::build_of(image, &self.named);
                built.or_else(|| named_images::published(image, &self.pushing, self.tree))
            });
        }
        if let Some(build) = unit.build.clone().filter(|build| !build.dockerfile.is_empty()) {
            let context = build.context.as_deref().unwrap_or(&folder).to_owned();
            let target = build.target.as_ref().and_then(Text::as_str);
            match self.image(&build.dockerfile, &context) {
                Some(image) => {
                    let image = self.built_with(image, &build.arguments);
                    if let Some(stage) = image.stage(target) {
                        let index = image.stages.iter().position(|other| std::ptr::eq(other, stage)).unwrap_or(0);
                        places = self.places_of_stages(&image, &context).swap_remove(index);
                        let mut variables = self.baked(&image, stage);
                        Variable::overlay(&mut variables, image.variables(stage));
                        Variable::overlay(&mut variables, std::mem::take(&mut unit.variables));
                        unit.variables = variables;
                        unit.user = unit.user.take().or_else(|| image.user(stage));
                        unit.folder = unit.folder.take().or_else(|| image.folder(stage));
                        unit.exposes.extend(image.lineage(stage).iter().flat_map(|stage| stage.exposes.clone()));
                        unit.stop_signal = unit.stop_signal.take().or_else(|| image.stop_signal(stage));
                        if unit.probes.is_empty() {
                            unit.probes.extend(image.health(stage));
                        }
                        image_entry = image.entry(stage);
                        let lineage = image.lineage(stage);
                        base = lineage.last().and_then(|stage| stage.base.as_str()).map(|base| roles::base_name(base).to_owned());
                    }
                }
                None => self.notices.push(Notice::at(build.at, "the Dockerfile of this build is not in the project")),
            }
        }
        if let Some(folder) = unit.folder.as_ref().and_then(Text::as_str) {
            places.at(folder);
        }
        for (seen, path) in &binds {
            places.mount(seen, path);
        }
        // Whoever names an entrypoint leaves the image's command out.
        let (entrypoint, command) = match (&unit.entrypoint, &unit.command) {
            (Some(entrypoint), command) => (Some(entrypoint.clone()), command.clone()),
            (None, Some(command)) => (image_entry.0, Some(command.clone())),
            (None, None) => image_entry,
        };
        let mut only_steps = false;
        if let Some(entry) = entry(entrypoint, command) {
            let mut found = self.follow(&entry, &unit.variables, &places, !once);
            handed::keep(self, std::mem::take(&mut found.hands), class.stage);
            if class.may_be_production() {
                handed::spell(self, "a script of the deployment", class, &std::mem::take(&mut found.spelled));
            }
            unit.processes = found.processes.iter().map(Clone::clone).collect();
            only_steps = unit.processes.is_empty() && !found.steps.is_empty();
            let when = match &unit.schedule {
                Some(schedule) => When::Scheduled(schedule.clone()),
                None => When::Start,
            };
            self.steps(found, &when, Some(environment), Some(&unit.name));
        }
        for (commands, when) in [(release, When::Release), (before, When::Start)] {
            for command in commands {
                let found = self.follow(&command, &unit.variables, &places, false);
                self.steps(found, &when, Some(environment), Some(&unit.name));
            }
        }
        unit.role = roles::role(&unit, base.as_deref(), only_steps);
        unit
    }

    /// The variables of an `.env` that the build of a stage leaves in the image: settings that look for one find it there.
    fn baked(&self, image: &Image, stage: &ImageStage) -> Vec<Variable> {
        let mut variables = Vec::new();
        let lineage = image.lineage(stage);
        let stays = |index: usize| image.stages.get(index).is_some_and(|own| lineage.iter().any(|it| std::ptr::eq(*it, own)));
        let mut runs = lineage.iter().flat_map(|stage| &stage.runs).flat_map(|run| &run.words);
        let removed = runs.any(|word| word.shown().contains("rm ") && word.shown().contains(".env"));
        for (index, wrote) in self.baked.get(&*image.path).into_iter().flatten().filter(|_| !removed) {
            let is_env = wrote.file.shown().rsplit('/').next() == Some(".env");
            if is_env && stays(*index) {
                let own = wrote.variables.iter().cloned().map(|it| Variable { from: Source::Image, ..it });
                Variable::overlay(&mut variables, own);
            }
        }
        variables
    }

    /// Follows a command.
    pub(super) fn follow(&mut self, command: &Command, variables: &[Variable], places: &Places, last: bool) -> Found {
        let mut found = Found::default();
        let way = Way { variables: variables.to_vec().into(), last, ..Way::default() };
        let mut follower =
            Follower { tree: self.tree, artifacts: self.artifacts, notices: &mut self.notices, places, fuel: FUEL };
        match command.words.as_slice() {
            [text] if command.shell => {
                let piece = Piece::loose(text.expose().unwrap_or(text.shown()), text.at);
                follower.script(&piece, Some(Vec::new()), Dialect::Shell, &way, &mut found);
            }
            words => follower.words(words, command.at, &way, &mut found),
        }
        found
    }

    /// Follows the text of a script that stands somewhere.
    pub(super) fn script(&mut self, piece: &Piece, variables: &[Variable], folder: &str) -> Found {
        let mut found = Found::default();
        let places = Places::new([folder.to_owned(), String::new()]);
        let way = Way { variables: variables.to_vec().into(), ..Way::default() };
        let mut follower =
            Follower { tree: self.tree, artifacts: self.artifacts, notices: &mut self.notices, places: &places, fuel: FUEL };
        follower.script(piece, None, Dialect::Shell, &way, &mut found);
        found
    }

    /// Keeps what commands run and end. What is neither `manage.py` nor a backup is kept only where it runs by schedule.
    pub(super) fn steps(&mut self, found: Found, when: &When, environment: Option<&Arc<str>>, unit: Option<&Arc<str>>) {
        const MOST: usize = 5000;
        for Composed { files, starts, at } in found.sets {
            let from = self.artifacts.get(at.artifact).path.to_string();
            self.sets.push(Told { from, files, starts, deploys: false });
        }
        for done in found.steps {
            let scheduled = matches!(when, When::Scheduled(_));
            if (matches!(done.action, Action::Other(_)) && !scheduled) || self.picture.steps.len() >= MOST {
                continue;
            }
            let behind = self.artifacts.get(done.at.artifact).text.get(done.at.end as usize..).unwrap_or_default();
            // `|| exit 1` stops as `set -e` does.
            let ends = |other: &str| {
                let mut words = other.split_whitespace();
                words.next() == Some("exit") && words.next().is_none_or(|code| code != "0")
            };
            let other = behind.lines().next().and_then(|rest| rest.trim_start().strip_prefix("||"));
            let tolerated = done.tolerated || other.is_some_and(|other| !ends(other));
            self.picture.steps.push(Step {
                when: when.clone(),
                action: done.action,
                tolerated,
                words: done.words,
                at: done.at,
                environment: environment.cloned(),
                unit: unit.cloned(),
                conditional: done.conditional,
                settings: done.settings,
            });
        }
        // A server that a pipeline or schedule starts in the background is no process of the deployment.
        for process in found.processes {
            let conditional = process.is_conditional();
            if let (Runs::Other(name), When::Scheduled(_)) = (&process.runs, when) {
                self.picture.steps.push(Step {
                    when: when.clone(),
                    action: Action::Other(name.clone()),
                    words: process.words,
                    at: process.at,
                    environment: environment.cloned(),
                    unit: unit.cloned(),
                    conditional,
                    tolerated: false,
                    settings: None,
                });
            }
        }
    }
}

/// Entrypoint and command as one command line (Dockerfile reference, "Understand how CMD and ENTRYPOINT interact").
fn entry(entrypoint: Option<Command>, command: Option<Command>) -> Option<Command> {
    let words_of = |command: Command| {
        if command.shell && command.words.len() == 1 {
            let at = Region::new(command.at.artifact, command.at.start, command.at.start);
            let mut words = vec![Text::known("/bin/sh", at), Text::known("-c", at)];
            words.extend(command.words);
            words
        } else {
            command.words
        }
    };
    match (entrypoint, command) {
        (Some(entrypoint), _) if entrypoint.shell => Some(entrypoint),
        (Some(entrypoint), Some(command)) if !entrypoint.words.is_empty() => {
            let at = entrypoint.at;
            let words = entrypoint.words.into_iter().chain(words_of(command)).collect();
            Some(Command { words, shell: false, at })
        }
        (Some(entrypoint), None) if !entrypoint.words.is_empty() => Some(entrypoint),
        (_, command) => command.filter(|command| !command.words.is_empty()),
    }
}
