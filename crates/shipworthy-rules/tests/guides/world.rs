//! Makes facts of a case: its files are a tree in memory, read as a project's would be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::picture::Picture;
use shipworthy_model::{
    Artifacts, CredentialFile, DatabaseFile, EntryPoint, EntryPointKind, EnvFile, Facts, Given, ModuleChoice, Probe, Project,
    Region, Settings, Stage, TemplateFile, Wire, path,
};
use shipworthy_rules::guide::{Case, Fence};
use shipworthy_source::python::{Environment, Request, Shelf, definitions, evaluate};
use shipworthy_source::{
    MemoryTree, Node, Tree, Without, credentials, declarations, dotenv, entry_points, fronts, picture, requirements, runtime,
    urlconf, uses,
};
use shipworthy_wire::{address, transcript};

const ROOT: &str = "/srv/shop";
/// When the sites of the cases were looked at.
const NOW: u64 = 1_800_000_000;

/// The facts of a case.
pub(crate) fn facts(case: &Case<'_, '_>) -> Result<Facts, String> {
    let facts = read(case)?;
    let runs: Vec<_> = case.fences.iter().filter(|fence| fence.is_runtime()).collect();
    if runs.is_empty() {
        return Ok(facts);
    }
    let parse = |fence: &&&Fence<'_>| serde_json::from_str(fence.text).map_err(|error| format!("no JSON: {error}"));
    let parts = runs.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let ground = runtime::Ground { tree: &tree(case), root: ROOT };
    let mut facts = facts;
    let runtime = runtime::read(&parts, &ground, &mut facts.artifacts)?;
    Ok(facts.refined(Arc::new(runtime)))
}

/// The files of a case.
fn tree(case: &Case<'_, '_>) -> MemoryTree {
    let mut tree = MemoryTree::default();
    for fence in case.fences.iter().filter(|fence| is_file(fence)) {
        tree.insert(fence.path.unwrap_or_default(), fence.source().as_bytes());
    }
    tree
}

fn is_file(fence: &Fence<'_>) -> bool {
    !is_wire(fence) && !fence.is_runtime() && fence.path.is_some()
}

/// The facts of a case's files and exchanges.
fn read(case: &Case<'_, '_>) -> Result<Facts, String> {
    let wire = wire(case)?.map(Arc::new);
    if wire.is_some() && case.fences.iter().all(|fence| is_wire(fence)) {
        return Ok(Facts { wire, ..Facts::default() });
    }
    let files: Vec<(&str, String)> = case
        .fences
        .iter()
        .filter(|fence| is_file(fence))
        .filter_map(|fence| fence.path.map(|path| (path, fence.source())))
        .collect();
    let tree = tree(case);
    let search_path = search_path(&files);
    let module = settings_module(&files, &search_path);
    let django = super::release(case)?;
    let mut artifacts = Artifacts::default();
    let mut environment = environment(case, &mut artifacts)?;
    let paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    let (picture, _) = picture::read_picture(&tree, &paths, &mut artifacts);
    let (mut fronts, _) = fronts::read_fronts(&tree, &paths, &mut artifacts);
    fronts.extend(fronts::read_picture_fronts(&picture, &artifacts).0);
    environment.give(&picture);
    if let Some((path, text)) = files.iter().find(|(path, _)| entry_point(path) == Some(EntryPointKind::Wsgi)) {
        environment.give_entry(&entry_points::variables(text, artifacts.add(path, text.as_str())));
    }
    let mut project = project(case, &files, &search_path, module.as_deref().unwrap_or_default(), &mut artifacts);
    project.credential_files = credential_files(case, &files, &picture, &mut artifacts);
    let names: BTreeSet<String> = project.dependencies.iter().map(|dependency| dependency.name.to_string()).collect();
    // A case about what surrounds the settings may have none of its own: Django's defaults are in force.
    let settings = module.map_or_else(Settings::default, |module| {
        let shelf = Shelf::default();
        let hidden = picture.left_out(".env");
        let mut evaluated = |environment: &Environment| {
            let request = Request {
                tree: &Without { tree: &tree, hidden: &hidden },
                root: ROOT,
                search_path: std::slice::from_ref(&search_path),
                module: &module,
                environment,
                django: django.version,
                dependencies: project.dependencies_complete.then_some(&names),
                shelf: &shelf,
            };
            evaluate(&request, &mut artifacts)
        };
        let without = evaluated(&environment);
        let supposed = environment.supposing_production(&without).map(|environment| evaluated(&environment));
        let mut settings = supposed.and_then(|mut settings| settings.suppose(&without).then_some(settings)).unwrap_or(without);
        settings.debug_elsewhere = environment
            .with_withheld(&picture, &settings)
            .and_then(|(name, at, environment)| evaluated(&environment).is_debug_on().then_some((name, at)));
        settings
    });
    let mut facts = Facts { artifacts, django, settings, project, picture, fronts, wire, runtime: None };
    if let Some(path) = facts.key_file().map(|at| facts.artifacts.get(at.artifact).path.clone()) {
        let fence = case.fences.iter().find(|fence| fence.path == Some(&*path));
        let tracked = fence.and_then(|fence| fence.options.iter().find(|(name, _)| *name == "tracked"));
        facts.project.key_file_tracked = tracked.map(|(_, value)| *value == "true");
    }
    if let Some(urlconf) = facts.setting("ROOT_URLCONF").value.as_str() {
        let artifacts = &mut facts.artifacts;
        let read = urlconf::named_handlers(urlconf, &mut |module| {
            let path = format!("{}.py", module.replace('.', "/"));
            let (_, text) = files.iter().find(|(known, _)| *known == path)?;
            Some((artifacts.add(&path, &**text), text.clone(), false))
        });
        facts.project.error_handlers = read.handlers;
        facts.project.error_page_doubt = read.doubt;
        facts.project.routes = read.routes;
    }
    let code = files.iter().filter(|(path, _)| {
        dotted(path, "").is_some()
            && (entry_point(path).is_some() || facts.artifacts.iter().all(|(_, artifact)| *artifact.path != **path))
    });
    facts.project.uses = uses(code.map(|(path, text)| (*path, text.clone())));
    facts.project.definitions = definitions(&tree, &[search_path], facts.names_asked());
    if facts.project.seen {
        let inside = |path: &str| path.strip_prefix(ROOT).map(|rest| rest.trim_start_matches('/').to_owned());
        for folder in facts.folders_asked() {
            if let Some(path) = inside(&path::absolute("", &folder)) {
                let ignored = files.iter().find(|(name, _)| *name == ".gitignore").map_or("", |(_, text)| text);
                if ignored.lines().any(|line| line.trim_matches('/') == path) {
                    facts.project.ignored_folders.insert(path::absolute("", &folder).into());
                }
                facts.project.folders.insert(folder.into(), tree.node(&path) == Node::Folder);
            }
        }
    }
    Ok(facts)
}

/// Whether the evidence of a case is the running site's alone.
pub(crate) fn is_wire(fence: &Fence<'_>) -> bool {
    matches!(fence.language, "http" | "tls")
}

/// What was seen of the running site, if the case has any of it.
fn wire(case: &Case<'_, '_>) -> Result<Option<Wire>, String> {
    let fences: Vec<_> = case.fences.iter().filter(|fence| is_wire(fence)).collect();
    let Some(first) = fences.iter().find(|fence| fence.path.is_some_and(|path| path.starts_with("https"))).or(fences.first())
    else {
        return Ok(None);
    };
    let mut wire = Wire { at: NOW, ..Wire::default() };
    wire.site = address(first.path.unwrap_or_default()).map_err(|error| error.to_string())?;
    for fence in fences {
        let option = |name: &str| fence.options.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        let path = fence.path.unwrap_or_default();
        if fence.language == "tls" {
            wire.handshakes.push(transcript::handshake(fence.text, NOW).map_err(|error| error.to_string())?);
            continue;
        }
        let probe = match option("probe") {
            Some(name) => Some(Probe::named(name).ok_or_else(|| format!("probe={name} is none"))?),
            None => None,
        };
        let method = option("method").unwrap_or_default();
        let exchange =
            transcript::exchange(method, path, option("host"), probe, fence.text).map_err(|error| error.to_string())?;
        wire.exchanges.push(exchange);
    }
    Ok(Some(wire))
}

fn project(case: &Case<'_, '_>, files: &[(&str, String)], search_path: &str, module: &str, artifacts: &mut Artifacts) -> Project {
    let seen = case.fences.iter().any(|fence| fence.language != "python" || fence.path.is_some_and(|path| path.contains('/')));
    let mut project = Project {
        root: ROOT.into(),
        seen,
        choice: ModuleChoice { module: module.into(), reason: "the case says so".to_owned(), ..ModuleChoice::default() },
        modules: files.iter().filter_map(|(path, _)| dotted(path, search_path)).map(Into::into).collect(),
        tracked_databases: seen.then(|| databases(case)),
        ..Project::default()
    };
    if !seen {
        return project;
    }
    // Modules are read by the evaluator, and only those that the settings import.
    for (path, text) in files.iter().filter(|(path, _)| entry_point(path).is_some() || dotted(path, "").is_none()) {
        let artifact = artifacts.add(path, &**text);
        let declared = declarations::read(path, text, artifact).into_iter().find(|declared| &*declared.module == module);
        if let Some(declared) = declared.filter(|_| declarations::weight(path).is_some()) {
            project.choice.reason = format!("{path} names it");
            project.choice.at = Some(declared.at);
        }
        if let Some((_, template)) = format!("/{path}").split_once("/templates/") {
            let region = Region::new(artifact, 0, text.len() as u32);
            project.templates.push(TemplateFile { name: template.into(), path: (*path).into(), region });
        } else if declarations::is_env_file(path) {
            let variables = dotenv::read(text, artifact).0.into_iter().map(|line| (line.name, line.at)).collect();
            let mut options = case.fences.iter().filter(|fence| fence.path == Some(path)).flat_map(|fence| &fence.options);
            let tracked = options.find(|(name, _)| *name == "tracked").map(|(_, value)| value == "true");
            let (example, stage) = (declarations::is_example(path), Stage::of(path));
            project.env_files.push(EnvFile { path: (*path).into(), example, stage, tracked, variables });
        } else if let Some(format) = requirements::Format::of(path) {
            let manifest = format.read(text, artifact);
            project.dependencies_complete |= manifest.complete;
            let names = manifest.declared.iter().map(|package| package.name.clone());
            if requirements::is_plain(format, text) {
                project.named_packages.get_or_insert_default().extend(names);
            }
            project.dependencies.append(&mut requirements::dependencies(&manifest.declared));
        } else if let Some(kind) = entry_point(path) {
            let reference = entry_points::read(text, artifact);
            let overridable = reference.as_ref().is_some_and(|reference| reference.overridable);
            let module = reference.map(|reference| (reference.module, reference.at));
            project.entry_points.push(EntryPoint { kind, path: (*path).into(), module, overridable });
        }
    }
    project
}

/// The files of a case whose kind it is to hold a credential.
fn credential_files(
    case: &Case<'_, '_>,
    files: &[(&str, String)],
    picture: &Picture,
    artifacts: &mut Artifacts,
) -> Vec<CredentialFile> {
    let file = |(path, text): &(&str, String)| {
        let is_secret = picture.secret_files.iter().any(|it| *it.path == **path);
        let secret = || is_secret.then(|| ("a secret of its containers", 0..text.trim_end().len()));
        let (what, at) = secret().or_else(|| credentials::credential(path, text))?;
        let mut options = case.fences.iter().filter(|fence| fence.path == Some(path)).flat_map(|fence| &fence.options);
        let tracked = options.find(|(name, _)| *name == "tracked").map(|(_, value)| value == "true");
        let at = Region::new(artifacts.add(path, text.as_str()), at.start as u32, at.end as u32);
        Some(CredentialFile { path: (*path).into(), stage: Stage::of(path), tracked, what, at })
    };
    files.iter().filter_map(file).collect()
}

/// The databases of a case: each line names a table, and says `filled` where it has rows.
fn databases(case: &Case<'_, '_>) -> Vec<DatabaseFile> {
    let tracked = |fence: &Fence<'_>| fence.options.iter().any(|(name, value)| *name == "tracked" && value == "true");
    let files = case.fences.iter().filter(|fence| tracked(fence)).filter_map(|fence| Some((fence.path?, fence.text)));
    files
        .filter(|(path, _)| declarations::is_database(path))
        .map(|(path, text)| {
            let tables = text.lines().filter_map(|line| line.split_whitespace().next().map(|name| (name, line)));
            DatabaseFile::new(path, tables.map(|(name, line)| (name, "", line.ends_with(" filled"))))
        })
        .collect()
}

fn entry_point(path: &str) -> Option<EntryPointKind> {
    match path.rsplit('/').next() {
        Some("manage.py") => Some(EntryPointKind::Manage),
        Some("wsgi.py") => Some(EntryPointKind::Wsgi),
        Some("asgi.py") => Some(EntryPointKind::Asgi),
        Some(_) | None => None,
    }
}

/// The folder of `manage.py`, or the root.
fn search_path(files: &[(&str, String)]) -> String {
    let manage = files.iter().find_map(|(path, _)| path.strip_suffix("manage.py"));
    manage.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// The module of the first Python file that is no entry point.
fn settings_module(files: &[(&str, String)], search_path: &str) -> Option<String> {
    files.iter().filter(|(path, _)| entry_point(path).is_none()).find_map(|(path, _)| dotted(path, search_path))
}

fn dotted(path: &str, search_path: &str) -> Option<String> {
    let path = path.strip_prefix(search_path)?.trim_start_matches('/').strip_suffix(".py")?;
    Some(path.strip_suffix("/__init__").unwrap_or(path).replace('/', "."))
}

/// The variables of the case. One that stands at a file which holds its text is given by that file.
fn environment(case: &Case<'_, '_>, artifacts: &mut Artifacts) -> Result<Environment, String> {
    let mut variables = BTreeMap::new();
    for fence in &case.fences {
        for (_, given) in fence.options.iter().filter(|(option, _)| *option == "env") {
            let (name, text) = given.split_once('=').ok_or_else(|| format!("env={given} is no assignment"))?;
            let source = fence.source();
            let given = match (fence.path, source.find(text)) {
                (Some(path), Some(start)) if fence.language != "python" => {
                    let artifact = artifacts.add(path, source);
                    Given::File(Region::new(artifact, start as u32, (start + text.len()) as u32))
                }
                _ => Given::CommandLine,
            };
            variables.insert(name.into(), (text.into(), given));
        }
    }
    Ok(Environment { variables, ..Environment::default() })
}
