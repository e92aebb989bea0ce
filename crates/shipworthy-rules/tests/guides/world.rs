//! Makes facts of a case: its files are a tree in memory, read as a project's would be.

use std::collections::{BTreeMap, BTreeSet};

use shipworthy_model::{
    Artifacts, Dependency, Django, EntryPoint, EntryPointKind, EnvFile, Facts, Given, ModuleChoice, Project, Region,
    TemplateFile, path,
};
use shipworthy_rules::guide::Case;
use shipworthy_source::python::{Environment, Request, evaluate};
use shipworthy_source::{MemoryTree, Node, Tree};

const ROOT: &str = "/srv/shop";

/// The facts of a case.
pub(crate) fn facts(case: &Case<'_, '_>) -> Result<Facts, String> {
    let files: Vec<(&str, String)> =
        case.fences.iter().filter_map(|fence| fence.path.map(|path| (path, fence.source()))).collect();
    let mut tree = MemoryTree::default();
    for (path, text) in &files {
        tree.insert(path, text.as_bytes());
    }
    let search_path = search_path(&files);
    let module = settings_module(&files, &search_path).ok_or("the case has no settings module")?;
    let environment = environment(case)?;
    let version = super::version(case)?;
    let mut artifacts = Artifacts::default();
    let project = project(case, &files, &search_path, &module, &mut artifacts);
    let names: BTreeSet<String> = project.dependencies.iter().map(|dependency| dependency.name.to_string()).collect();
    let settings = evaluate(
        &Request {
            tree: &tree,
            root: ROOT,
            search_path: std::slice::from_ref(&search_path),
            module: &module,
            environment: &environment,
            django: version,
            dependencies: project.dependencies_complete.then_some(&names),
        },
        &mut artifacts,
    );
    let django = Django { version, from: "the case".to_owned(), at: None, assumed: false };
    let mut facts = Facts { artifacts, django, settings, project };
    if facts.project.seen {
        let inside = |path: &str| path.strip_prefix(ROOT).map(|rest| rest.trim_start_matches('/').to_owned());
        for folder in facts.folders_asked() {
            if let Some(path) = inside(&path::absolute("", &folder)) {
                facts.project.folders.insert(folder.into(), tree.node(&path) == Node::Folder);
            }
        }
    }
    Ok(facts)
}

fn project(case: &Case<'_, '_>, files: &[(&str, String)], search_path: &str, module: &str, artifacts: &mut Artifacts) -> Project {
    let seen = case.fences.iter().any(|fence| fence.language != "python" || fence.path.is_some_and(|path| path.contains('/')));
    let mut project = Project {
        root: ROOT.into(),
        seen,
        choice: ModuleChoice { module: module.into(), reason: "the case says so".to_owned(), ..ModuleChoice::default() },
        modules: files.iter().filter_map(|(path, _)| dotted(path, search_path)).map(Into::into).collect(),
        ..Project::default()
    };
    if !seen {
        return project;
    }
    for (path, text) in files {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut region = |start: usize, end: usize| Region::new(artifacts.add(path, &**text), start as u32, end as u32);
        if let Some((_, template)) = format!("/{path}").split_once("/templates/") {
            let region = region(0, text.len());
            project.templates.push(TemplateFile { name: template.into(), path: (*path).into(), region });
        } else if name == ".env" || name.starts_with(".env.") || path.rsplit('.').next() == Some("env") {
            let lines = lines(text).filter(|(_, line)| !line.trim_start().starts_with('#'));
            let variables = lines.filter_map(|(start, line)| {
                let (name, value) = line.split_once('=')?;
                let at = start + name.len() + 1;
                Some((name.trim_start_matches("export ").trim().into(), region(at, at + value.len())))
            });
            let variables = variables.collect();
            let example = ["example", "sample", "template", "dist"].iter().any(|word| name.contains(word));
            let tracked =
                case.fences.iter().find(|fence| fence.path == Some(path)).and_then(|fence| {
                    fence.options.iter().find(|(name, _)| *name == "tracked").map(|(_, value)| value == "true")
                });
            project.env_files.push(EnvFile { path: (*path).into(), example, tracked, variables });
        } else if name == "requirements.txt" {
            project.dependencies_complete = true;
            for (start, line) in lines(text) {
                let line = line.split('#').next().unwrap_or_default().trim();
                let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(line.len());
                if end > 0 {
                    let name = line[..end].to_ascii_lowercase().replace(['_', '.'], "-");
                    let version = line.split_once("==").map(|(_, version)| version.trim().into());
                    let at = Some(region(start, start + line.len()));
                    project.dependencies.push(Dependency { name: name.into(), version, at });
                }
            }
        } else if let Some(kind) = match name {
            "manage.py" => Some(EntryPointKind::Manage),
            "wsgi.py" => Some(EntryPointKind::Wsgi),
            "asgi.py" => Some(EntryPointKind::Asgi),
            _ => None,
        } {
            let named = lines(text).find_map(|(start, line)| {
                let behind = line.find("DJANGO_SETTINGS_MODULE")? + "DJANGO_SETTINGS_MODULE".len() + 1;
                let open = behind + line.get(behind..)?.find(['"', '\''])? + 1;
                let close = open + line[open..].find(['"', '\''])?;
                Some((line[open..close].into(), region(start + open - 1, start + close + 1)))
            });
            let overridable = text.contains("setdefault");
            project.entry_points.push(EntryPoint { kind, path: (*path).into(), module: named, overridable });
        }
    }
    project
}

/// The folder of `manage.py`, or the root.
fn search_path(files: &[(&str, String)]) -> String {
    let manage = files.iter().find_map(|(path, _)| path.strip_suffix("manage.py"));
    manage.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The module of the first Python file that is no entry point.
fn settings_module(files: &[(&str, String)], search_path: &str) -> Option<String> {
    let entry = |path: &str| ["manage.py", "wsgi.py", "asgi.py"].contains(&path.rsplit('/').next().unwrap_or(path));
    files.iter().filter(|(path, _)| !entry(path)).find_map(|(path, _)| dotted(path, search_path))
}

fn dotted(path: &str, search_path: &str) -> Option<String> {
    let path = path.strip_prefix(search_path)?.trim_start_matches('/').strip_suffix(".py")?;
    Some(path.strip_suffix("/__init__").unwrap_or(path).replace('/', "."))
}

fn environment(case: &Case<'_, '_>) -> Result<Environment, String> {
    let mut variables = BTreeMap::new();
    for given in case.option("env") {
        let (name, text) = given.split_once('=').ok_or_else(|| format!("env={given} is no assignment"))?;
        variables.insert(name.into(), (text.into(), Given::CommandLine));
    }
    Ok(Environment { variables })
}

/// The lines of a text with their offsets.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line.trim_end()))
    })
}
