//! Gathers everything that is known about one project: the facts that the rules judge.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use shipworthy_model::picture::Picture;
use shipworthy_model::{
    Artifacts, Django, Elsewhere, EntryPoint, EntryPointKind, Facts, Finding, Findings, Given, Granted, ModuleChoice, Notice,
    Region, Settings, Stage, Suspects, Uses, Version, path,
};
use shipworthy_rules::RULES;
use shipworthy_source::entry_points::{self, Put, VARIABLE};
use shipworthy_source::python::{self, Asker, Environment, Request, Shelf};
use shipworthy_source::{Without, fronts, picture, requirements};

use crate::code::Code;
use crate::collect::{is_ignored, tracked};
use crate::deployment::{Deployment, django};
use crate::discover::{
    Built, Ground, Packages, Project, Wish, choose, credential_files, environment_files, error_handlers, error_pages,
    leave_blank, leave_to_local, modules, named_packages, packages, tracked_databases, unmade_error_pages,
};

/// What is known of a project.
pub(crate) struct Gathered {
    /// The facts.
    pub(crate) facts: Facts,
    /// What the rules said of them at first, if these are still the facts that they saw.
    pub(crate) judged: Option<Vec<Finding>>,
    /// What could not be read.
    pub(crate) notices: Vec<Notice>,
    /// The environment variables of the deployment, as far as their text is known.
    pub(crate) variables: BTreeMap<Arc<str>, Arc<str>>,
}

/// The facts of a project under a deployment.
pub(crate) fn facts(ground: &Ground, project: &Project, deployment: &Deployment, code: &Code<'_>) -> Gathered {
    let mut notices = ground.listing.notices.clone();
    let mut artifacts = Artifacts::default();
    // First, because a file that is known already was reached from another: no machine's own.
    let said = |path: &str| deployment.classes.class(path);
    let (mut picture, trouble) = picture::read_picture_as(&ground.tree, &ground.listing.files, &said, &mut artifacts);
    notices.extend(trouble);
    let entry_points = project.entry_points(&mut artifacts);
    let declarations = ground.declarations(&mut artifacts);
    let Packages { declared, complete, django: found, notices: trouble } = packages(ground, project, &mut artifacts);
    notices.extend(trouble);
    let stated = deployment.django.as_ref();
    let stated = stated.and_then(|named| django(&named.module, &named.reason, deployment.region(named, &mut artifacts)));
    let django = stated.or(found).unwrap_or_default();
    if django.version.feature() < Version::OLDEST.feature() {
        let oldest = Version::OLDEST;
        let message = format!("Django {} is judged as {oldest}, the oldest release that the rules know", django.version);
        notices.push(Notice { message, path: None, at: django.at });
    }
    let (mut fronts, trouble) = fronts::read_fronts(&ground.tree, &ground.listing.files, &mut artifacts);
    notices.extend(trouble);
    let (labelled, trouble) = fronts::read_picture_fronts(&picture, &artifacts);
    fronts.extend(labelled);
    notices.extend(trouble);
    for front in &mut fronts {
        if let Some(class) = said(&artifacts.get(front.artifact).path) {
            front.class = class.stage;
            picture.classes.insert(front.artifact, class);
        }
    }
    let mut environment = deployment.environment(&mut artifacts);
    let unseen = deployment.is_production() && !environment.give(&picture);
    if deployment.is_production() {
        environment.give_entry(&set_by_entry(&entry_points, &artifacts));
    }
    let wish = deployment.settings.as_ref().map(|named| Wish {
        module: named.module.clone(),
        reason: named.reason.clone(),
        at: deployment.region(named, &mut artifacts),
    });

    let dependencies = requirements::dependencies(&declared);
    let names: BTreeSet<String> = dependencies.iter().map(|package| package.name.to_string()).collect();
    let mut evaluator = Evaluator {
        ground,
        project,
        environment,
        django: django.version,
        names: if names.is_empty() { None } else { Some(&names) },
        artifacts: &artifacts,
        shelf: Shelf::default(),
        hidden: if deployment.is_production() { picture.left_out(".env") } else { BTreeSet::new() },
        done: BTreeMap::new(),
    };
    let path_of = |region: Region| artifacts.get(region.artifact).path.to_string();
    let default = debug_default(&django);
    let choose = |evaluator: &mut Evaluator<'_>| {
        let mut debug = |module: &str| {
            let settings = evaluator.evaluate(module);
            settings.effective("DEBUG", default.clone()).map_or(shipworthy_model::Truth::No, |debug| debug.truth())
        };
        choose(project, wish.as_ref(), &entry_points, &declarations, &path_of, &mut debug)
    };
    let mut choice = choose(&mut evaluator);
    // Which variables are the project's own is known only now.
    if unseen && evaluator.give_image(&picture, &choice.module) {
        choice = choose(&mut evaluator);
    }
    if deployment.is_production() && evaluator.suppose_production(&choice.module) {
        choice = choose(&mut evaluator);
    }
    if let Some(reason) = &choice.stand_in {
        let message =
            format!("{} {reason}: what is wrong in it is left open; --settings names what production loads", choice.module);
        notices.push(Notice { message, path: None, at: choice.at });
    }
    let (mut settings, mut artifacts) = evaluator.take(&choice);
    settings.debug_elsewhere = evaluator.debug_elsewhere(&picture, &settings).filter(|_| deployment.is_production());
    let evaluated_files: BTreeSet<Arc<str>> = artifacts.iter().map(|(_, artifact)| artifact.path.clone()).collect();
    let evaluated = settings.clone();
    let is_template = project.is_template(&choice.module);
    if is_template {
        leave_blank(&mut settings);
    }
    leave_to_local(ground, project, &mut settings, &mut artifacts);
    let templates = error_pages(ground, &settings, &mut artifacts);
    let urlconf = error_handlers(ground, project, &settings, &mut artifacts);
    let error_page_doubt = urlconf.doubt.or_else(|| unmade_error_pages(ground));
    let (mut env_files, trouble) = environment_files(ground, project, &mut artifacts);
    for file in &mut env_files {
        if let Some(class) = said(&file.path) {
            (file.stage, file.example) = (class.stage, class.example || class.stage == Stage::Development);
        } else if picture.rewritten.contains(&file.path) {
            (file.stage, file.example) = (Stage::Development, true);
        }
    }
    notices.extend(trouble);
    notices.extend(withheld(&picture, &evaluator.environment, &settings).filter(|_| deployment.is_production()));
    notices.extend(settings.notices.iter().cloned());
    let named_packages = named_packages(ground, project, !dependencies.is_empty());
    let credential_files = credential_files(ground, &picture, &mut artifacts);
    let base = &project.base;
    // Settings put folders of their own on the path.
    let mut search_folders = project.search_path.clone();
    let added = settings.search_path.iter().map(ToString::to_string);
    search_folders.extend(added.filter(|folder| !project.search_path.contains(folder)));
    let search_path = search_folders.iter().map(|folder| Arc::from(folder.as_str())).collect();
    let project = shipworthy_model::Project {
        root: ground.root.to_string_lossy().into(),
        seen: true,
        search_path,
        choice,
        entry_points,
        dependencies,
        dependencies_complete: complete,
        named_packages,
        templates,
        error_handlers: urlconf.handlers,
        routes: urlconf.routes,
        error_page_doubt,
        env_files,
        credential_files,
        tracked_databases: tracked_databases(ground),
        key_file_tracked: None,
        applied: deployment.env_files(),
        modules: modules(ground, &search_folders),
        folders: BTreeMap::new(),
        ignored_folders: BTreeSet::new(),
        definitions: BTreeMap::new(),
        uses: Uses::default(),
    };
    let mut facts = Facts { artifacts, django, settings, project, picture, fronts, wire: None, runtime: None };
    let key_file = facts.key_file().map(|at| facts.artifacts.get(at.artifact).path.clone());
    facts.project.key_file_tracked =
        key_file.and_then(|path| tracked(&ground.root, [&*path]).map(|tracked| tracked.contains(&*path)));
    facts.project.definitions = python::definitions(&ground.tree, &search_folders, facts.names_asked());
    // Django looks for these on the machine it runs on; for us that is this one.
    let folders = facts.folders_asked().into_iter().map(|folder| (Arc::from(&*folder), Path::new(&folder).is_dir()));
    facts.project.folders = folders.collect();
    let absent = facts.project.folders.iter().filter(|(_, there)| !**there).map(|(folder, _)| path::absolute("", folder));
    let mut built = Built::new(ground);
    let mut inside = |folder: &String| {
        let inside = Path::new(folder).strip_prefix(&ground.root).ok().and_then(Path::to_str);
        inside.map(|inside| is_ignored(&ground.root, inside) || built.makes(inside))
    };
    // Folders of a template are made with the project.
    let made = |folder: &String| is_template && Path::new(folder).starts_with(ground.root.join(base));
    facts.project.ignored_folders = absent.filter(|folder| made(folder) || inside(folder) == Some(true)).map(Arc::from).collect();
    // What the project's code does, and what hangs on which variable, is asked for what the rules would say, and no more.
    let judged =
        Findings::with_code(RULES.iter().copied(), &mut facts, |facts| used(code, &search_folders, &evaluated_files, facts));
    let files = facts.artifacts.len();
    let mut asker = Judged { suspects: Suspects::of(&facts, &judged), base: facts.settings.clone() };
    (facts.settings.elsewhere, facts.settings.granted) = evaluator.look_elsewhere(evaluated, &mut asker, &mut facts);
    // Files that are read elsewhere alone may tell a rule something that it did not know.
    let judged = (facts.artifacts.len() == files).then_some(judged);
    let variables = evaluator.environment.variables.into_iter().map(|(name, (text, _))| (name, text)).collect();
    Gathered { facts, judged, notices, variables }
}

/// The variables that the file sets from which the project is served. Where there are several, all of them must.
fn set_by_entry(entry_points: &[EntryPoint], artifacts: &Artifacts) -> Vec<Put> {
    let serving = entry_points.iter().filter(|it| it.kind != EntryPointKind::Manage);
    let mut sets = serving.filter_map(|entry| {
        let artifact = artifacts.find(&entry.path)?;
        Some(entry_points::variables(&artifacts.get(artifact).text, artifact))
    });
    let mut set = sets.next().unwrap_or_default();
    for other in sets {
        set.retain(|put| other.iter().any(|it| it.name == put.name && it.text == put.text));
    }
    set
}

/// What the project's code makes use of: every module that is not of its settings, which are among the files that were read
/// to evaluate them.
fn used(code: &Code<'_>, search_path: &[String], evaluated: &BTreeSet<Arc<str>>, facts: &Facts) -> Uses {
    let is_settings =
        |path: &str| evaluated.contains(path) && !facts.project.entry_points.iter().any(|entry| &*entry.path == path);
    code.uses(search_path, &is_settings)
}

/// Says which variables of the settings a compose file gives that does not say what it is for: they are not taken, because
/// such a file is as often a developer's.
fn withheld(picture: &Picture, environment: &Environment, settings: &Settings) -> Option<Notice> {
    let (name, variables) = environment.withheld(picture)?;
    let read = |name: &str| name != VARIABLE && settings.variables.iter().any(|it| &*it.name == name && it.given.is_none());
    let variables: Vec<_> = variables.into_iter().filter(|variable| read(&variable.name)).collect();
    let mut names: Vec<&str> = variables.iter().map(|variable| &*variable.name).collect();
    names.sort_unstable();
    names.dedup();
    let shown = match names.as_slice() {
        [] => return None,
        [name] => (*name).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more variables of the settings", rest.len()),
    };
    let message = format!("{name} gives {shown}, which is not taken: nothing says that the file is production's; `classes` can");
    Some(Notice { message, path: None, at: variables.first().map(|variable| variable.value.at) })
}

fn debug_default(django: &Django) -> Option<shipworthy_model::Value> {
    shipworthy_model::django::default(&django.version, "DEBUG")
}

/// What the rules say of a project, which asks about its variables.
struct Judged<'f> {
    suspects: Suspects<'f>,
    base: Settings,
}

impl Asker for Judged<'_> {
    fn names(&self, variable: &str) -> bool {
        self.suspects.named.contains(variable)
    }

    fn suspects(&self, variable: &str) -> bool {
        self.suspects.others.contains(variable)
    }

    fn cares(&mut self, elsewhere: &Elsewhere) -> bool {
        self.suspects.care(&self.base, elsewhere)
    }
}

/// Evaluates modules, each once.
struct Evaluator<'a> {
    ground: &'a Ground,
    project: &'a Project,
    environment: Environment,
    django: Version,
    names: Option<&'a BTreeSet<String>>,
    artifacts: &'a Artifacts,
    shelf: Shelf,
    /// Files of variables that no image of production has.
    hidden: BTreeSet<String>,
    done: BTreeMap<String, (Settings, Artifacts)>,
}

impl Evaluator<'_> {
    /// What a module sets, as far as choosing between modules needs it.
    fn evaluate(&mut self, module: &str) -> &Settings {
        if !self.done.contains_key(module) {
            let mut artifacts = self.artifacts.clone();
            let settings = self.request(module, None, |request| python::load(request, &mut artifacts));
            self.done.insert(module.to_owned(), (settings, artifacts));
        }
        &self.done[module].0
    }

    /// What the chosen module sets, and what other environments would make of its switches.
    fn take(&mut self, choice: &ModuleChoice) -> (Settings, Artifacts) {
        let known = self.done.remove(&*choice.module);
        self.request(&choice.module, choice.at, |request| {
            let (mut settings, mut artifacts) = known.unwrap_or_else(|| {
                let mut artifacts = self.artifacts.clone();
                (python::load(request, &mut artifacts), artifacts)
            });
            python::ask(request, &mut settings, &mut artifacts);
            (settings, artifacts)
        })
    }

    /// The environment with which DEBUG is on, where nothing says whether it is production's.
    fn debug_elsewhere(&mut self, picture: &Picture, settings: &Settings) -> Option<(Arc<str>, Region)> {
        let (name, at, environment) = self.environment.with_withheld(picture, settings)?;
        let own = std::mem::replace(&mut self.environment, environment);
        let there = self.request(&settings.module, None, |request| python::load(request, &mut self.artifacts.clone()));
        self.environment = own;
        there.is_debug_on().then_some((name, at))
    }

    /// What else would be otherwise in settings as they were evaluated, where a variable is set that somebody asks about.
    fn look_elsewhere(
        &self,
        mut settings: Settings,
        asker: &mut Judged<'_>,
        facts: &mut Facts,
    ) -> (Vec<Elsewhere>, Vec<Granted>) {
        let choice = &facts.project.choice;
        self.request(&choice.module, choice.at, |request| {
            python::look_elsewhere(request, &mut settings, asker, &mut facts.artifacts);
            python::grant(request, &mut settings, &mut facts.artifacts);
        });
        (settings.elsewhere, settings.granted)
    }

    /// Takes over what an image of the project that was built elsewhere is given, if the files show one.
    fn give_image(&mut self, picture: &Picture, module: &str) -> bool {
        let settings = std::mem::take(&mut self.done).remove(module).map_or_else(
            || self.request(module, None, |request| python::load(request, &mut self.artifacts.clone())),
            |(settings, _)| settings,
        );
        self.environment.give_image(picture, &settings)
    }

    /// Supposes that the variables by which a module tells production from other environments say production, where nothing
    /// gives them; tells whether that was done.
    fn suppose_production(&mut self, module: &str) -> bool {
        let without = self.evaluate(module).clone();
        let Some(environment) = self.environment.supposing_production(&without) else { return false };
        let own = std::mem::replace(&mut self.environment, environment);
        let done = std::mem::take(&mut self.done);
        self.evaluate(module);
        let supposed = self.done.get_mut(module).is_some_and(|(settings, _)| settings.suppose(&without));
        if !supposed {
            (self.environment, self.done) = (own, done);
        }
        supposed
    }

    fn request<T>(&self, module: &str, at: Option<Region>, answer: impl FnOnce(&Request<'_>) -> T) -> T {
        let mut environment = self.environment.clone();
        // Django is told the module through this variable, and settings do read it.
        let given = at.map_or(Given::CommandLine, Given::File);
        environment.variables.entry(VARIABLE.into()).or_insert_with(|| (Arc::from(module), given));
        answer(&Request {
            tree: &Without { tree: &self.ground.tree, hidden: &self.hidden },
            root: &self.ground.root.to_string_lossy(),
            search_path: &self.project.search_path,
            module,
            environment: &environment,
            django: self.django,
            dependencies: self.names,
            shelf: &self.shelf,
        })
    }
}
