//! What surrounds the settings: dependencies, error pages, env files, modules.

use std::sync::Arc;

use shipworthy_model::{Artifacts, Django, EnvFile, Notice, Region, Settings, TemplateFile, Version};
use shipworthy_source::requirements::{self, Constraint, Declared, Format, Group, Manifest};
use shipworthy_source::stage::Stage;
use shipworthy_source::{Node, Tree, declarations, dotenv, urlconf};

use super::candidates::{join, module_file, module_name};
use super::{Ground, Project, read};
use crate::collect;

/// The declared packages, and the version of Django that they mean.
pub(crate) struct Packages {
    /// All declarations, the most telling first.
    pub(crate) declared: Vec<Declared>,
    /// Whether a list of everything that is installed was read.
    pub(crate) complete: bool,
    /// The version of Django, if anything says it.
    pub(crate) django: Option<Django>,
    /// What could not be read.
    pub(crate) notices: Vec<Notice>,
}

/// Reads the files that declare the project's packages: in its folder, then in those above, else anywhere in the tree.
pub(crate) fn packages(ground: &Ground, project: &Project, artifacts: &mut Artifacts) -> Packages {
    let mut reading = Reading { ground, artifacts, seen: Vec::new(), notices: Vec::new(), declared: Vec::new(), complete: false };
    // Of one package the metadata tell what it needs; beside others they tell nothing about the project.
    let wheels = ground.listing.files.iter().filter(|path| Format::of(path) == Some(Format::Metadata) && path.contains('/'));
    let alone = wheels.count() == 1;
    let mut folder = Some(project.base.as_str());
    while let Some(here) = folder {
        let near = |path: &&String| {
            let inside =
                if here.is_empty() { Some(path.as_str()) } else { path.strip_prefix(here).and_then(|it| it.strip_prefix('/')) };
            inside.is_some_and(|inside| {
                let place = inside.rsplit_once('/').map(|(folder, _)| folder);
                place.is_none_or(|place| {
                    matches!(place, "requirements" | "reqs" | "requires" | "deps" | "docker" | "deploy")
                        || alone && place.ends_with(".dist-info")
                })
            })
        };
        reading.files(ground.listing.files.iter().filter(near));
        folder = (!here.is_empty()).then(|| here.rsplit_once('/').map_or("", |(above, _)| above));
    }
    if !reading.declared.iter().any(|package| &*package.name == "django") {
        // Few of all the files declare anything: the rest is asked of these alone.
        let declares = |path: &&String| Format::of(path).is_some() && path.matches('/').count() < 4;
        let mut rest: Vec<&String> = ground.listing.files.iter().filter(declares).collect();
        rest.retain(|path| Stage::of(path) != Stage::Development && !is_foreign(path));
        rest.sort_by_key(|path| path.matches('/').count());
        reading.files(rest.into_iter());
    }
    let Reading { declared, complete, notices, .. } = reading;
    let chosen = requirements::choose(&declared, artifacts);
    let django = match chosen {
        Some((django, false)) => Some(django),
        several => {
            let ranged = several.map(|(django, _)| django);
            installed(ground, project).or(ranged).or_else(|| started_with(ground, project, artifacts))
        }
    };
    Packages { declared, complete, django, notices }
}

/// Whether a file belongs to code of others that lies in the tree.
fn is_foreign(path: &str) -> bool {
    let is_theirs = |part: &str| {
        matches!(part, "vendor" | "vendored" | "_vendor" | "third_party" | "thirdparty" | "external" | "extern" | "site-packages")
            || part.ends_with(".dist-info")
    };
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(is_theirs))
}

/// The Django of a virtual environment in the project's folder or the tree's.
fn installed(ground: &Ground, project: &Project) -> Option<Django> {
    let mut beside = collect::packages_beside(&ground.root);
    beside.extend(ground.tree.list("").unwrap_or_default());
    if let Some(version) = beside.iter().find_map(|name| requirements::installed(name)) {
        return Some(Django { version, from: format!("Django {version} is installed beside it"), at: None, assumed: false });
    }
    for folder in [project.base.as_str(), ""] {
        for environment in [".venv", "venv", "env"] {
            let library = join(folder, &format!("{environment}/lib"));
            for python in ground.tree.list(&library).unwrap_or_default() {
                let packages = format!("{library}/{python}/site-packages");
                let names = ground.tree.list(&packages).unwrap_or_default();
                if let Some(version) = names.iter().find_map(|name| requirements::installed(name)) {
                    let from = format!("{} has Django {version} installed", join(folder, environment));
                    return Some(Django { version, from, at: None, assumed: false });
                }
            }
        }
    }
    None
}

/// The Django whose `startproject` made the settings, as its comment says: often an old one, but better than a guess.
fn started_with(ground: &Ground, project: &Project, artifacts: &mut Artifacts) -> Option<Django> {
    const COMMENT: &str = "startproject' using Django ";
    project.candidates.iter().find_map(|candidate| {
        let text = read(&ground.tree, &candidate.path)?;
        let start = text.find(COMMENT)? + COMMENT.len();
        let length = text[start..].find(|character: char| !(character.is_ascii_digit() || character == '.'))?;
        let written = text[start..start + length].trim_end_matches('.');
        let version = Version::parse(written)?;
        let end = (start + written.len()) as u32;
        let from = format!("assumed: {} was made with it", candidate.path);
        let at = Region::new(artifacts.add(&candidate.path, text.as_str()), start as u32, end);
        Some(Django { version, from, at: Some(at), assumed: true })
    })
}

struct Reading<'a> {
    ground: &'a Ground,
    artifacts: &'a mut Artifacts,
    seen: Vec<String>,
    notices: Vec<Notice>,
    declared: Vec<Declared>,
    complete: bool,
}

impl Reading<'_> {
    /// Reads those of these files that declare packages, the most telling format first.
    fn files<'p>(&mut self, paths: impl Iterator<Item = &'p String>) {
        const MOST: usize = 40;
        let mut files: Vec<(Format, &String)> = paths.filter_map(|path| Format::of(path).map(|format| (format, path))).collect();
        // What a tool resolved before what it resolved it from.
        files.sort_by_key(|(format, path)| (*format, Stage::of(path), path.rsplit('.').next() == Some("in"), path.len()));
        for (format, path) in files.into_iter().take(MOST) {
            self.file(format, path, 0);
        }
    }

    fn file(&mut self, format: Format, path: &str, depth: usize) {
        const DEEPEST: usize = 10;
        if depth > DEEPEST || self.seen.iter().any(|seen| seen == path) {
            return;
        }
        self.seen.push(path.to_owned());
        let Some(text) = read(&self.ground.tree, path) else {
            self.notices.push(Notice::file(path, "this file of dependencies could not be read"));
            return;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let for_development = format == Format::Requirements && Group::of(name) == Group::Development;
        let constrains = name.starts_with("constraints");
        let artifact = self.artifacts.add(path, text.as_str());
        let Manifest { declared, includes, complete, notices } = format.read(&text, artifact);
        let is_base = format.is_lock() || !for_development;
        self.complete |= complete && is_base && !constrains;
        self.notices.extend(notices);
        for mut package in declared {
            if for_development {
                package.group = Group::Development;
            }
            if constrains {
                self.constrain(&package);
            } else {
                self.declared.push(package);
            }
        }
        for include in includes {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            match clean(folder, &include.path) {
                Some(included) if self.ground.tree.node(&included) == Node::File => {
                    if include.constrains {
                        self.constraints(&included);
                    } else {
                        // What production includes is production's, even if its own name says otherwise.
                        self.file(Format::Requirements, &included, depth + 1);
                    }
                }
                Some(_) | None => {
                    self.complete = false;
                    self.notices.push(Notice::at(include.at, "this file is not in the project"));
                }
            }
        }
    }

    fn constraints(&mut self, path: &str) {
        if self.seen.iter().any(|seen| seen == path) {
            return;
        }
        self.seen.push(path.to_owned());
        if let Some(text) = read(&self.ground.tree, path) {
            let artifact = self.artifacts.add(path, text.as_str());
            for package in Format::Requirements.read(&text, artifact).declared {
                self.constrain(&package);
            }
        }
    }

    /// A constraint installs nothing; it only says which version is installed if something else is.
    fn constrain(&mut self, package: &Declared) {
        if let Constraint::Exact(_) = package.constraint {
            let declared = self.declared.iter_mut().filter(|it| it.name == package.name);
            for known in declared {
                if !matches!(known.constraint, Constraint::Exact(_)) {
                    known.constraint = package.constraint.clone();
                    known.at = package.at;
                }
            }
        }
    }
}

/// A path beside a folder, without `.` and `..`; `None` if it leads out of the tree.
pub(super) fn clean(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The error pages in template folders: any folder named `templates`, and those that the settings name.
pub(crate) fn error_pages(ground: &Ground, settings: &Settings, artifacts: &mut Artifacts) -> Vec<TemplateFile> {
    const NAMES: &[&str] = &["404.html", "500.html", "403.html", "400.html", "403_csrf.html"];
    let root = ground.root.to_string_lossy();
    let mut folders: Vec<String> = Vec::new();
    if let Some(templates) = settings.explicit("TEMPLATES") {
        templates.value.walk(&mut |value| {
            if let Some(inside) = value.as_str().and_then(|path| path.strip_prefix(&*root)) {
                folders.push(inside.trim_matches('/').to_owned());
            }
        });
    }
    let name_in_templates = |path: &str| {
        let (folder, name) = path.rsplit_once('/')?;
        let known = NAMES.iter().find(|known| **known == name)?;
        let in_templates = folder == "templates" || folder.ends_with("/templates") || folder.ends_with("/jinja2");
        (in_templates || folders.iter().any(|configured| configured == folder)).then_some(*known)
    };
    let pages = ground.listing.files.iter().filter_map(|path| name_in_templates(path).map(|name| (path, name)));
    pages
        .filter(|(path, _)| !Stage::is_test(path) && !path.contains("{{"))
        .filter_map(|(path, name)| {
            let text = read(&ground.tree, path)?;
            let length = text.len() as u32;
            let artifact = artifacts.add(path, text);
            Some(TemplateFile { name: name.into(), path: path.as_str().into(), region: Region::new(artifact, 0, length) })
        })
        .collect()
}

/// A folder of a template for projects that holds error pages: the pages are there once a project is made from it.
pub(crate) fn unmade_error_pages(ground: &Ground) -> Option<Arc<str>> {
    let is_page = |path: &&String| {
        let page = path.ends_with("/templates/404.html") || path.ends_with("/templates/500.html");
        page && path.contains("{{") && !Stage::is_test(path)
    };
    let path = ground.listing.files.iter().find(is_page)?;
    let (folder, _) = path.rsplit_once('/')?;
    Some(format!("{folder}/ holds pages for projects that are made from it").into())
}

/// What the text of the project's root URL configuration says of views.
pub(crate) fn error_handlers(
    ground: &Ground,
    project: &Project,
    settings: &Settings,
    artifacts: &mut Artifacts,
) -> urlconf::Named {
    let urlconf = settings.explicit("ROOT_URLCONF").and_then(|setting| setting.value.as_str());
    let file = |module: &str| {
        let added = settings.search_path.iter().map(|folder| &**folder);
        let mut folders = project.search_path.iter().map(String::as_str).chain(added);
        let on_path = folders.find_map(|folder| module_file(&ground.listing, folder, module));
        // A folder that is a package itself is also imported by its own name, from the folder around it.
        let base = project.base.as_str();
        let around = Some(base.rsplit_once('/').map_or("", |(around, _)| around));
        let is_package = !base.is_empty() && ground.listing.has(&join(base, "__init__.py"));
        on_path.or_else(|| module_file(&ground.listing, around.filter(|_| is_package)?, module))
    };
    let Some(urlconf) = urlconf else { return urlconf::Named::default() };
    urlconf::named_handlers(urlconf, &mut |module| {
        let path = file(module)?;
        let text = read(&ground.tree, &path)?;
        Some((artifacts.add(&path, text.as_str()), text, path.ends_with("/__init__.py")))
    })
}

/// The files of environment variables in the tree, and those beside the project that git ignores.
pub(crate) fn environment_files(ground: &Ground, project: &Project, artifacts: &mut Artifacts) -> (Vec<EnvFile>, Vec<Notice>) {
    const MOST: usize = 40;
    const LARGEST: usize = 256 * 1024;
    let is_one = |path: &&String| declarations::is_env_file(path) || path.contains(".envs/");
    let mut paths: Vec<String> = ground.listing.files.iter().filter(is_one).take(MOST).cloned().collect();
    for folder in [project.base.as_str(), ""] {
        for name in [".env", ".env.prod", ".env.production", ".env.local"] {
            let path = join(folder, name);
            if !paths.contains(&path) && ground.tree.node(&path) == Node::File {
                paths.push(path);
            }
        }
    }
    let tracked = if paths.is_empty() { None } else { collect::tracked(&ground.root, paths.iter().map(String::as_str)) };
    let mut notices = Vec::new();
    let files = paths
        .iter()
        .filter_map(|path| {
            let text = read(&ground.tree, path).filter(|text| text.len() <= LARGEST)?;
            let artifact = artifacts.add(path, text.as_str());
            let (assignments, trouble) = dotenv::read(&text, artifact);
            // A file of which nothing is understood is no file of variables.
            if assignments.iter().any(|it| it.value.is_some()) {
                notices.extend(trouble);
            }
            let variables = assignments.into_iter().filter(|it| it.value.is_some()).map(|it| (it.name, it.at)).collect();
            let stage = Stage::of(path);
            let example = declarations::is_example(path) || stage == Stage::Development;
            let tracked = tracked.as_ref().map(|tracked| tracked.contains(path.as_str()));
            Some(EnvFile { path: path.as_str().into(), example, stage, tracked, variables })
        })
        .collect();
    (files, notices)
}

/// The dotted names of all Python modules in the folders of the search path.
pub(crate) fn modules(ground: &Ground, search_path: &[String]) -> Vec<Arc<str>> {
    let on_path = |folder: &String| {
        ground.listing.below(folder).filter_map(|path| module_name(folder, path)).map(Arc::from).collect::<Vec<Arc<str>>>()
    };
    let mut names: Vec<Arc<str>> = search_path.iter().flat_map(on_path).collect();
    names.sort_unstable();
    names.dedup();
    names
}
