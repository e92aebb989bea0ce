//! Which compose files are merged into which environments.

use std::sync::Arc;

use shipworthy_model::picture::{Class, Platform, SecretFile, Text};
use shipworthy_model::{ArtifactId, Stage};

use super::Reader;
use super::finish::Maker;
use super::named_images::Named;
use crate::docker::compose::{self, Set};
use crate::draft::Draft;
use crate::places::{beside, folder_of};
use crate::stage::Stage as Said;
use crate::yaml::Node;

/// A compose file that was opened.
struct File {
    path: String,
    root: Arc<Node>,
    artifact: ArtifactId,
}

/// A set of files as one environment, before the images of its units are known.
struct Made {
    name: String,
    artifacts: Vec<ArtifactId>,
    class: Class,
    drafts: Vec<Draft>,
    complete: bool,
}

/// Makes environments out of compose files.
pub(super) fn read(maker: &mut Maker<'_>, files: &[(String, Reader, String)]) {
    let mut opened: Vec<File> = Vec::new();
    for (path, _, _) in files {
        let Some(root) = compose::open(maker.tree, path, maker.artifacts, &mut maker.notices) else { continue };
        let Some(artifact) = maker.artifacts.find(path).filter(|_| compose::is_compose(&root)) else { continue };
        opened.push(File { path: path.clone(), root, artifact });
    }
    let sets = told(maker, &opened);
    let mut made: Vec<Made> = Vec::new();
    let mut done: Vec<Vec<usize>> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    let deployed: Vec<(Vec<usize>, String)> = sets.iter().filter_map(|(set, by)| Some((set.clone(), by.clone()?))).collect();
    for (set, _) in sets {
        if !done.contains(&set) && set.len() > 1 {
            used.extend(&set);
            made.extend(make(maker, &opened, &set, &deployed));
            done.push(set);
        }
    }
    let folders: std::collections::BTreeSet<&str> = opened.iter().map(|file| folder_of(&file.path)).collect();
    for folder in folders {
        let here: Vec<usize> = (0..opened.len()).filter(|index| folder_of(&opened[*index].path) == folder).collect();
        let base = here.iter().copied().find(|index| is_base(&opened[*index].path));
        let override_file = here.iter().copied().find(|index| is_override(&opened[*index].path));
        let rest: Vec<usize> =
            here.iter().copied().filter(|index| Some(*index) != base && Some(*index) != override_file).collect();
        let mut production = done.iter().any(|set| set.iter().any(|index| stage(&opened[*index].path) == Stage::Production))
            || deployed.iter().any(|(set, _)| set.len() > 1);
        for index in rest {
            if used.contains(&index) || referred(&opened, index) {
                continue;
            }
            production |= stage(&opened[index].path) == Stage::Production;
            let overlay = base.filter(|base| leans_on(&opened[*base].root, &opened[index].root));
            let set: Vec<usize> = overlay.into_iter().chain([index]).collect();
            made.extend(make(maker, &opened, &set, &deployed));
        }
        let is_deployed = |wanted: &[usize]| deployed.iter().any(|(set, _)| set == wanted);
        match (base, override_file) {
            (Some(base), Some(above)) => {
                if !done.contains(&vec![base, above]) {
                    made.extend(make(maker, &opened, &[base, above], &deployed));
                }
                if !production || is_deployed(&[base]) {
                    made.extend(make(maker, &opened, &[base], &deployed));
                }
            }
            (Some(only), None) if !(used.contains(&only) && production) || is_deployed(&[only]) => {
                made.extend(make(maker, &opened, &[only], &deployed));
            }
            (None, Some(only)) => made.extend(make(maker, &opened, &[only], &deployed)),
            (Some(_) | None, None) => {}
        }
    }
    // Any of them may name an image that another builds.
    let named = made.iter().flat_map(|made| made.drafts.iter().filter_map(|draft| Named::of(&draft.unit, &made.class)));
    let known = std::mem::take(&mut maker.named);
    // What compose files build goes before what others do.
    maker.named = named.collect();
    maker.named.extend(known);
    for Made { name, artifacts, class, drafts, complete } in made {
        maker.environment(&name, Platform::Compose, artifacts, class, drafts, complete);
    }
}

/// The sets that scripts, Makefiles and pipelines name with `-f`, and what deploys each to production, if something does.
fn told(maker: &Maker<'_>, opened: &[File]) -> Vec<(Vec<usize>, Option<String>)> {
    let index_of = |from: &str, text: &Text| {
        let path = text.as_str()?;
        // A command runs in the root of the project, or beside the script that holds it.
        let candidates = [beside("", path), beside(folder_of(from), path)];
        candidates.into_iter().flatten().find_map(|path| opened.iter().position(|file| file.path == path))
    };
    let found = maker.sets.iter().filter_map(|told| {
        let by = told.deploys.then(|| told.from.clone());
        if !told.files.is_empty() {
            let set = told.files.iter().map(|text| index_of(&told.from, text)).collect::<Option<Vec<usize>>>()?;
            return Some((set, by));
        }
        // Compose takes the files of its folder.
        let at = |is: fn(&str) -> bool| opened.iter().position(|file| is(&file.path) && folder_of(&file.path).is_empty());
        let base = at(is_base).filter(|_| by.is_some())?;
        Some((std::iter::once(base).chain(at(is_override)).collect(), by))
    });
    found.collect()
}

fn make(maker: &mut Maker<'_>, opened: &[File], set: &[usize], deployed: &[(Vec<usize>, String)]) -> Option<Made> {
    let first = set.first().map(|index| &opened[*index])?;
    let folder = folder_of(&first.path).to_owned();
    let roots: Vec<(String, Arc<Node>)> =
        set.iter().map(|index| (opened[*index].path.clone(), opened[*index].root.clone())).collect();
    let paths: Vec<&str> = opened.iter().map(|file| file.path.as_str()).collect();
    let last = set.last().map_or(first, |index| &opened[*index]);
    // Where the last file says nothing of its own, the set is for what the one before it says.
    let says = |file: &&File| !matches!(stage(&file.path), Stage::Neutral | Stage::Base) || (maker.said)(&file.path).is_some();
    let telling = set.iter().rev().map(|index| &opened[*index]).find(says).unwrap_or(last);
    let mut class = maker.class(&telling.path, Reader::Compose, &paths);
    let mut name = last.path.clone();
    if set.len() == 2 && is_override(&last.path) {
        name = format!("{} + {}", first.path, last.path.rsplit('/').next().unwrap_or(&last.path));
        if (maker.said)(&last.path).is_none() {
            class = Class::new(Stage::Development, "compose takes its override file along wherever it is started without -f");
        }
    }
    // What a path calls by another stage is deployed to that.
    let open = matches!(stage(&last.path), Stage::Neutral | Stage::Base) || set.len() == 2 && is_override(&last.path);
    let by = deployed.iter().find(|(own, _)| own == set).filter(|_| open && (maker.said)(&last.path).is_none());
    if let Some((_, by)) = by {
        class = Class::new(Stage::Production, format!("{by} deploys it"));
    }
    let (drafts, complete) = {
        let written = class.may_be_production().then_some(&maker.written);
        let mut compose = Set::new(maker.tree, &folder, written, maker.artifacts, &mut maker.notices);
        let drafts = compose.read(&roots);
        (drafts, compose.complete)
    };
    if drafts.is_empty() {
        return None;
    }
    for (path, root) in &roots {
        for (_, secret) in root.get("secrets").iter().flat_map(|secrets| secrets.entries()) {
            let Some(file) = secret.get("file").filter(|_| class.may_be_production()) else { continue };
            if let Some(path) = file.str().and_then(|named| beside(folder_of(path), named)) {
                maker.picture.secret_files.push(SecretFile { path: path.into(), class: class.clone(), at: file.at });
            }
        }
    }
    let artifacts: Vec<ArtifactId> = set.iter().map(|index| opened[*index].artifact).collect();
    if by.is_some() {
        maker.settled.extend(artifacts.iter().map(|artifact| (*artifact, class.clone())));
    }
    Some(Made { name, artifacts, class, drafts, complete })
}

fn stage(path: &str) -> Stage {
    Said::of(path)
}

/// Whether Compose finds the file on its own.
fn is_base(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml")
}

fn is_override(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(
        name,
        "compose.override.yaml" | "compose.override.yml" | "docker-compose.override.yaml" | "docker-compose.override.yml"
    )
}

/// Whether a file needs another below it: it changes a service of it without saying what the service runs.
fn leans_on(base: &Node, above: &Node) -> bool {
    let (Some(base), Some(above)) = (base.get("services"), above.get("services")) else { return false };
    let whole = |node: &Node| ["image", "build", "extends"].iter().any(|key| node.get(key).is_some());
    above.entries().any(|(name, node)| base.get(&name.text).is_some_and(|below| whole(below)) && !whole(node))
}

/// Whether another file includes or extends this one, or builds on it in another way: then it is no environment.
fn referred(opened: &[File], index: usize) -> bool {
    let own = &opened[index].path;
    let name = own.rsplit('/').next().unwrap_or(own);
    if matches!(Said::of(own), Stage::Base) {
        return true;
    }
    opened.iter().enumerate().filter(|(other, _)| *other != index).any(|(_, other)| {
        let list = other.root.get("include").map(|include| include.items()).unwrap_or_default();
        let included = list.iter().any(|item| {
            item.str().or_else(|| item.get("path").and_then(|path| path.str())).is_some_and(|path| path.ends_with(name))
        });
        let extended = other.root.get("services").iter().flat_map(|services| services.entries()).any(|(_, service)| {
            let file = service.path(&["extends", "file"]).and_then(Node::str);
            file.is_some_and(|file| file.ends_with(name)) && Said::of(own) != Stage::Production
        });
        included || extended
    })
}
