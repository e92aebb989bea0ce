//! Groups the files that start Django into projects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use shipworthy_model::{ArtifactId, Artifacts, EntryPoint, EntryPointKind};
use shipworthy_source::declarations;
use shipworthy_source::entry_points::{self, Reference};
use shipworthy_source::stage::Stage;

use super::candidates::{Candidate, below, join, module_file, module_name, standing};
use super::{Ground, read};

/// A Django project of the tree.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder that is on `sys.path`: the settings modules are named from here.
    pub(crate) base: String,
    /// Every folder that is on `sys.path`, the base first.
    pub(crate) search_path: Vec<String>,
    /// The modules that may be its settings.
    pub(crate) candidates: Vec<Candidate>,
    starters: Vec<Starter>,
    /// The names under which the folder is distributed as a package, where nothing in the tree starts it.
    distributed: Option<String>,
}

/// A file that starts Django.
#[derive(Clone, Debug)]
struct Starter {
    kind: EntryPointKind,
    path: String,
    text: Arc<str>,
    names: Option<Reference>,
}

/// What a project is for; only the first kind that a tree has is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Real,
    Example,
    Template,
}

impl Project {
    /// The entry points, as regions of these artifacts.
    pub(crate) fn entry_points(&self, artifacts: &mut Artifacts) -> Vec<EntryPoint> {
        let entry = |starter: &Starter| {
            let artifact = artifacts.add(&starter.path, starter.text.clone());
            let module = starter.names.as_ref().map(|names| {
                let mut at = names.at;
                at.artifact = artifact;
                (names.module.clone(), at)
            });
            EntryPoint {
                kind: starter.kind,
                path: starter.path.as_str().into(),
                module,
                overridable: starter.names.as_ref().is_none_or(|names| names.overridable),
            }
        };
        self.starters.iter().map(entry).collect()
    }

    /// What to call it in messages: the first module that it names, or its folder.
    pub(crate) fn name(&self) -> String {
        let named = self.starters.iter().find_map(|starter| starter.names.as_ref()).map(|names| names.module.to_string());
        named.or_else(|| self.candidates.first().map(|it| it.module.to_string())).unwrap_or_else(|| self.base.clone())
    }

    fn new(ground: &Ground, base: String, starters: Vec<Starter>) -> Self {
        let mut candidates = below(ground, &base);
        candidates.retain(|candidate| is_template(&base) || !is_template(&candidate.path));
        for starter in &starters {
            if let Some(names) = &starter.names {
                add(ground, &base, &names.module, &mut candidates);
            }
        }
        for declaration in ground.declarations(&mut Artifacts::default()) {
            add(ground, &base, &declaration.module, &mut candidates);
        }
        // A package that only gathers its own parts, none of which are settings, is no settings module.
        let known: Vec<Arc<str>> = candidates.iter().map(|candidate| candidate.module.clone()).collect();
        for candidate in candidates.iter_mut().filter(|candidate| !candidate.lists) {
            let own = |base: &String| {
                base.strip_prefix(&*candidate.module).is_some_and(|rest| rest.starts_with('.'))
                    && !known.iter().any(|module| **module == **base)
            };
            if !candidate.builds_on.is_empty() && candidate.builds_on.iter().all(own) {
                candidate.complete = false;
            }
        }
        let mut search_path = vec![base.clone()];
        for starter in starters.iter().filter(|starter| starter.kind == EntryPointKind::Manage) {
            let folder = folder(&starter.path).to_owned();
            if !search_path.contains(&folder) {
                search_path.push(folder);
            }
        }
        let distributed = if starters.is_empty() { distributed(ground, &base) } else { None };
        Self { base, search_path, candidates, starters, distributed }
    }

    /// A project that is nothing but these modules.
    #[cfg(test)]
    pub(crate) fn of(candidates: Vec<Candidate>) -> Self {
        Self { base: String::new(), search_path: vec![String::new()], candidates, starters: Vec::new(), distributed: None }
    }

    /// Whether other projects are made from it, or from these settings of it.
    pub(crate) fn is_template(&self, module: &str) -> bool {
        let settings = self.candidates.iter().find(|candidate| *candidate.module == *module);
        self.purpose() == Purpose::Template || settings.is_some_and(|candidate| is_template(&candidate.path))
    }

    /// Whether a module is the settings of a package that is distributed, while nothing in the tree starts it. Settings that
    /// are called by more than that are for a way to run it: `settings_docker`.
    pub(crate) fn is_distributed(&self, module: &str) -> bool {
        if !matches!(module.rsplit('.').next(), Some("settings" | "base" | "common" | "defaults")) {
            return false;
        }
        let same = |name: &String| module.split_once('.').is_some_and(|(package, _)| name.replace('-', "_") == package);
        self.distributed.as_ref().is_some_and(same)
    }

    /// Whether it shows how something else is used.
    pub(crate) fn is_example(&self) -> bool {
        self.purpose() == Purpose::Example
    }

    fn purpose(&self) -> Purpose {
        let path = self.starters.first().map_or(self.base.as_str(), |starter| starter.path.as_str());
        if is_template(path) {
            return Purpose::Template;
        }
        match Stage::of(&self.base) {
            Stage::Development => Purpose::Example,
            Stage::Production | Stage::Neutral | Stage::Staging | Stage::Base => Purpose::Real,
        }
    }

    /// Whether there is anything in it that is not for tests: a module that is named and is no test, or one that could be
    /// production's though nothing names it.
    fn is_for_more_than_tests(&self) -> bool {
        let named: Vec<&Reference> = self.starters.iter().filter_map(|starter| starter.names.as_ref()).collect();
        let could_be = |candidate: &Candidate| match candidate.stage {
            Stage::Development => named.is_empty() && !Stage::is_test(&candidate.module),
            Stage::Production | Stage::Neutral | Stage::Staging | Stage::Base => candidate.complete,
        };
        !Stage::is_test(&self.base)
            && (named.iter().any(|names| !Stage::is_test(&names.module)) || self.candidates.iter().any(could_be))
    }
}

fn add(ground: &Ground, base: &str, module: &str, candidates: &mut Vec<Candidate>) {
    if candidates.iter().any(|candidate| &*candidate.module == module) {
        return;
    }
    if let Some(path) = module_file(&ground.listing, base, module) {
        let mut candidate = Candidate::new(&ground.tree, module, &path);
        candidate.complete = true;
        candidates.push(candidate);
    }
}

/// The name of the package that a folder is built into, or that was installed into it, where no file of the tree runs or
/// deploys it.
fn distributed(ground: &Ground, base: &str) -> Option<String> {
    let installed = |path: &String| {
        let folder = path.strip_prefix(base)?.trim_start_matches('/').strip_suffix(".dist-info/METADATA")?;
        folder.split_once('-').filter(|(name, _)| !name.contains('/')).map(|(name, _)| name.to_ascii_lowercase())
    };
    if let Some(name) = ground.listing.files.iter().find_map(installed) {
        return Some(name);
    }
    let text = read(&ground.tree, &join(base, "pyproject.toml"))?;
    let built = text.contains("[build-system]")
        && ground.declaring.is_empty()
        && !ground.listing.files.iter().any(|path| {
            let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
            matches!(name.as_str(), "procfile" | "dockerfile") || name.contains("compose.y")
        });
    let project = text.split_once("[project]").filter(|_| built)?.1;
    let line = project.lines().take_while(|line| !line.starts_with('[')).find_map(|line| line.strip_prefix("name"))?;
    let name = line.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']);
    Some(name.to_ascii_lowercase())
}

/// Whether a path lies in a folder from which other projects are made.
fn is_template(path: &str) -> bool {
    ["{{", "{%", "cookiecutter", "project_template"].iter().any(|sign| path.contains(sign))
}

/// One file of settings may be named twice, from its own folder and from one above it, where both are on the search path. What
/// names it by the shorter name belongs to the project that knows the whole of it.
fn by_longest_name(ground: &Ground, groups: &mut BTreeMap<String, Vec<Starter>>) {
    let file = |base: &str, starter: &Starter| {
        let module = starter.names.as_ref().map(|names| names.module.clone())?;
        module_file(&ground.listing, base, &module).map(|path| (path, module))
    };
    let mut named: BTreeMap<String, (String, Arc<str>)> = BTreeMap::new();
    for (base, starters) in &*groups {
        for (path, module) in starters.iter().filter_map(|starter| file(base, starter)) {
            let outermost = named.get(&path).is_none_or(|(known, _)| base.len() < known.len());
            if outermost {
                named.insert(path, (base.clone(), module));
            }
        }
    }
    let mut moved: Vec<(String, Starter)> = Vec::new();
    for (base, starters) in &mut *groups {
        starters.retain_mut(|starter| {
            let found = file(base, starter).and_then(|(path, _)| named.get(&path));
            let Some((outer, module)) = found.filter(|(outer, _)| outer != base && is_at_or_below(base, outer)) else {
                return true;
            };
            if let Some(names) = &mut starter.names {
                names.module = module.clone();
            }
            moved.push((outer.clone(), starter.clone()));
            false
        });
    }
    for (base, starter) in moved {
        groups.entry(base).or_default().push(starter);
    }
}

/// The projects that a `manage.py`, `wsgi.py` or `asgi.py` of the tree starts.
pub(crate) fn started(ground: &Ground) -> Vec<Project> {
    let mut groups: BTreeMap<String, Vec<Starter>> = BTreeMap::new();
    let starters = starters(ground);
    let managed: Vec<&str> = starters.iter().filter(|it| it.kind == EntryPointKind::Manage).map(|it| folder(&it.path)).collect();
    for starter in &starters {
        let home = folder(&starter.path);
        let base = match starter.names.as_ref().map(|names| resolve(ground, home, &names.module)) {
            Some(Some(base)) => base,
            // Nothing here has that module: the file belongs to the manage.py above it, or to a project around the tree.
            Some(None) | None => match (home, starter.kind) {
                (_, EntryPointKind::Manage) if starter.names.is_some() => home.to_owned(),
                _ => match managed.iter().filter(|above| is_at_or_below(home, above)).max_by_key(|above| above.len()) {
                    Some(above) => declared_from(ground, above).unwrap_or_else(|| (*above).to_owned()),
                    None => continue,
                },
            },
        };
        groups.entry(base).or_default().push(starter.clone());
    }
    by_longest_name(ground, &mut groups);
    // Settings of a template belong to the project that is made from it, whoever else loads them.
    let templates: Vec<String> = groups.keys().filter(|base| is_template(base)).cloned().collect();
    for (base, starters) in &mut groups {
        starters.retain(|starter| {
            let named = starter.names.as_ref().and_then(|names| module_file(&ground.listing, base, &names.module));
            let theirs = |template: &String| named.as_ref().is_some_and(|path| is_at_or_below(path, template));
            !templates.iter().any(|template| template != base && theirs(template))
        });
    }
    groups.retain(|_, starters| !starters.is_empty());
    // A group that names no module of its own folder has no settings but those that one around it names.
    let firm = |base: &str, starters: &[Starter]| {
        let mut named = starters.iter().filter_map(|starter| starter.names.as_ref());
        named.any(|names| module_file(&ground.listing, base, &names.module).is_some())
    };
    let bases: Vec<(String, bool)> = groups.iter().map(|(base, starters)| (base.clone(), firm(base, starters))).collect();
    let mut projects: Vec<Project> = Vec::new();
    let mut absorbed: Vec<String> = Vec::new();
    for (base, starters) in groups {
        let mut project = Project::new(ground, base, starters);
        for (inner, firm) in bases.iter().filter(|(inner, _)| *inner != project.base && is_at_or_below(inner, &project.base)) {
            let starters = &project.starters;
            let named = |it: &Candidate| {
                let mut names = starters.iter().filter_map(|starter| starter.names.as_ref());
                is_at_or_below(&it.path, inner) && names.any(|names| names.module == it.module)
            };
            if !firm && project.candidates.iter().any(named) {
                absorbed.push(inner.clone());
            } else {
                project.candidates.retain(|candidate| !is_at_or_below(&candidate.path, inner));
            }
        }
        projects.push(project);
    }
    projects.retain(|project| !absorbed.contains(&project.base));
    foremost(projects.into_iter().filter(|project| !project.candidates.is_empty()).collect())
}

/// The folder around a package in which a `manage.py` lies, where files of the deployment name settings from there.
fn declared_from(ground: &Ground, home: &str) -> Option<String> {
    let outer = package_root(ground, &join(home, "manage.py"));
    let from_there = |(path, text): &(String, Arc<str>)| {
        let declared = declarations::read(path, text, ArtifactId(0));
        declared.iter().any(|it| module_file(&ground.listing, &outer, &it.module).is_some_and(|path| is_at_or_below(&path, home)))
    };
    (outer != home && ground.declaring.iter().any(from_there)).then_some(outer)
}

/// The project of a tree that nothing starts: settings modules alone, found by their names, else by their text.
pub(crate) fn unstarted(ground: &Ground) -> Vec<Project> {
    let mut bases: BTreeSet<String> = standing(ground, "").map(|path| package_root(ground, path)).collect();
    let mut projects = alone(ground, &bases);
    if projects.is_empty() {
        let (paths, modules) = mentions(ground);
        bases = paths.iter().map(|path| package_root(ground, path)).collect();
        bases.extend(modules.iter().filter_map(|(home, module)| resolve(ground, home, module)));
        for base in bases {
            let mut project = Project::new(ground, base, Vec::new());
            let named = paths.iter().filter_map(|path| module_name(&project.base, path));
            for module in named.chain(modules.iter().map(|(_, module)| module.to_string())).collect::<Vec<_>>() {
                add(ground, &project.base, &module, &mut project.candidates);
            }
            projects.push(project);
        }
        projects = foremost(projects);
    }
    projects.truncate(1);
    projects
}

fn alone(ground: &Ground, bases: &BTreeSet<String>) -> Vec<Project> {
    let projects = bases.iter().map(|base| Project::new(ground, base.clone(), Vec::new()));
    foremost(projects.filter(|project| project.candidates.iter().any(|it| it.complete)).collect())
}

/// The Python files that list applications, and the modules that others name with the folder of the naming file: the last
/// resort, because it reads everything.
fn mentions(ground: &Ground) -> (Vec<&str>, Vec<(&str, Arc<str>)>) {
    const MOST: usize = 5_000;
    let is_python = |path: &&str| path.rsplit('.').next() == Some("py");
    let python: Vec<&str> = ground.listing.files.iter().map(String::as_str).filter(is_python).take(MOST).collect();
    let seen = python.par_iter().filter_map(|path| {
        let text = read(&ground.tree, path)?;
        let lists = text.contains("\nINSTALLED_APPS") || text.starts_with("INSTALLED_APPS");
        let names = entry_points::read(&text, ArtifactId(0)).map(|names| (folder(path), names.module));
        Some((lists.then_some(*path), names))
    });
    let (paths, modules): (Vec<_>, Vec<_>) = seen.unzip();
    (paths.into_iter().flatten().collect(), modules.into_iter().flatten().collect())
}

/// The folder from which the package that a file lies in is imported.
fn package_root(ground: &Ground, path: &str) -> String {
    let mut base = folder(path);
    while ground.listing.has(&join(base, "__init__.py")) && !base.is_empty() {
        base = folder(base);
    }
    base.to_owned()
}

/// The project that has this module.
pub(crate) fn named(ground: &Ground, module: &str) -> Option<Project> {
    let mut started = started(ground);
    let place = started.iter().position(|project| module_file(&ground.listing, &project.base, module).is_some());
    let mut project = match place {
        Some(place) => started.swap_remove(place),
        None => Project::new(ground, resolve(ground, "", module)?, Vec::new()),
    };
    add(ground, &project.base.clone(), module, &mut project.candidates);
    Some(project)
}

/// Of projects around a folder, the one it lies in; all where it lies in none of them.
pub(crate) fn nearest(projects: Vec<Project>, root: &Path, folder: &Path) -> Vec<Project> {
    let Some(inside) = folder.strip_prefix(root).ok().and_then(Path::to_str).map(|path| path.replace('\\', "/")) else {
        return projects;
    };
    let longest = projects.iter().filter(|it| is_at_or_below(&inside, &it.base)).map(|it| it.base.len()).max();
    match longest {
        Some(length) => projects.into_iter().filter(|it| it.base.len() == length && is_at_or_below(&inside, &it.base)).collect(),
        None => projects,
    }
}

/// The projects of the best purpose that the tree has.
fn foremost(projects: Vec<Project>) -> Vec<Project> {
    let mut projects: Vec<Project> = projects.into_iter().filter(Project::is_for_more_than_tests).collect();
    if let Some(purpose) = projects.iter().map(Project::purpose).min() {
        projects.retain(|project| project.purpose() == purpose);
    }
    projects
}

fn starters(ground: &Ground) -> Vec<Starter> {
    const MOST: usize = 200;
    let kinds = ground.listing.files.iter().filter_map(|path| kind(path).map(|kind| (path, kind)));
    kinds
        .take(MOST)
        .filter_map(|(path, kind)| {
            let text: Arc<str> = read(&ground.tree, path)?.into();
            let names = entry_points::read_template(&text, ArtifactId(0), package(ground, path));
            let starts = names.is_some() || text.contains("django") || text.contains("DJANGO_SETTINGS_MODULE");
            starts.then(|| Starter { kind, path: path.clone(), text, names })
        })
        .collect()
}

/// The package that a template's files mean with the project's name: the one that holds `wsgi.py`.
fn package<'a>(ground: &'a Ground, path: &'a str) -> Option<&'a str> {
    if !is_template(path) {
        return None;
    }
    let home = folder(path);
    let last = |folder: &'a str| folder.rsplit('/').next();
    if kind(path)? != EntryPointKind::Manage {
        return last(home);
    }
    let served = ground.listing.below(home).filter_map(|path| path.strip_suffix("/wsgi.py"));
    last(served.min_by_key(|folder| folder.len())?)
}

fn kind(path: &str) -> Option<EntryPointKind> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name {
        "manage.py" => Some(EntryPointKind::Manage),
        "wsgi.py" => Some(EntryPointKind::Wsgi),
        "asgi.py" => Some(EntryPointKind::Asgi),
        _ if path.ends_with("wsgi/__init__.py") || name.rsplit_once('.').is_some_and(|(_, end)| end == "wsgi") => {
            Some(EntryPointKind::Wsgi)
        }
        _ if path.ends_with("asgi/__init__.py") => Some(EntryPointKind::Asgi),
        _ => None,
    }
}

/// The folder from which `module` can be imported by a file in `home`: its own, `src` in it, one above, one below.
fn resolve(ground: &Ground, home: &str, module: &str) -> Option<String> {
    let has = |folder: &str| module_file(&ground.listing, folder, module).is_some();
    let mut above = Some(home);
    while let Some(folder_above) = above {
        let source = join(folder_above, "src");
        if has(folder_above) {
            return Some(folder_above.to_owned());
        }
        if has(&source) {
            return Some(source);
        }
        above = (!folder_above.is_empty()).then(|| folder(folder_above));
    }
    let file = format!("/{}", module.replace('.', "/"));
    let below = ground.listing.below(home).filter_map(|path| {
        let stem = path.strip_suffix(".py")?;
        stem.strip_suffix("/__init__").unwrap_or(stem).strip_suffix(&file)
    });
    below.min_by_key(|folder| folder.len()).map(str::to_owned)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
