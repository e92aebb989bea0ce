//! The names of all packages that files of the tree declare, for asking what no file declares.

use std::collections::BTreeSet;
use std::sync::Arc;

use shipworthy_model::ArtifactId;
use shipworthy_source::Tree;
use shipworthy_source::requirements::{Format, Group, is_plain, normalise};

use super::{Ground, Project, read};

/// The packages that any file of the tree declares, whoever installs them. `None` where more may be installed than files
/// name: nothing is declared for production, or something comes from elsewhere than the index.
pub(crate) fn named_packages(ground: &Ground, project: &Project, found: bool) -> Option<BTreeSet<Arc<str>>> {
    const MOST: usize = 120;
    let mut names = BTreeSet::new();
    let mut told = false;
    let declares = |path: &&String| Format::of(path).is_some();
    let paths: Vec<&String> = ground.listing.files.iter().filter(declares).take(MOST + 1).collect();
    if !found || paths.len() > MOST {
        return None;
    }
    for path in paths {
        let format = Format::of(path)?;
        let text = read(&ground.tree, path)?;
        let manifest = format.read(&text, ArtifactId(0));
        names.extend(manifest.declared.iter().map(|package| package.name.clone()));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let near = project.base.starts_with(folder) || folder.starts_with(project.base.as_str());
        let name = path.rsplit('/').next().unwrap_or(path);
        let ours = near && Group::of(name) == Group::Production && !manifest.declared.is_empty();
        let listing = matches!(format, Format::Requirements | Format::Pyproject | Format::Pipfile) || format.is_lock();
        if ours && listing {
            told |= manifest.declared.iter().any(|package| *package.name == *"django");
            if !is_plain(format, &text) || !manifest.notices.is_empty() {
                return None;
            }
            let here = |include: &str| super::surroundings::clean(folder, include).is_some_and(|path| ground.listing.has(&path));
            if !manifest.includes.iter().all(|include| here(&include.path)) {
                return None;
            }
        } else if ours {
            return None;
        }
    }
    // What is typed where an image is built is installed too.
    let installs = ground.listing.files.iter().filter(|path| installs(path)).take(MOST * 4);
    for text in installs.filter_map(|path| ground.tree.read(path).ok()).map(shipworthy_source::text::decode) {
        for line in text.lines().filter(|line| INSTALLING.iter().any(|word| line.contains(word))) {
            let words =
                line.split(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | ',' | '=' | '[' | '<' | '>'));
            names.extend(words.filter(|word| !word.is_empty() && word.len() < 60).map(normalise));
        }
    }
    told.then_some(names)
}

const INSTALLING: [&str; 8] = ["install", " add ", "apk ", "python3-", "PACKAGES", "pip:", "easy_install", "packages"];

/// Whether a file may say what is installed.
fn installs(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    name.contains("docker")
        || name.contains("containerfile")
        || matches!(name, "makefile" | "justfile" | "fabfile.py" | "vagrantfile" | "aptfile" | "nixpacks.toml")
        || matches!(name.rsplit_once('.'), Some((_, "sh" | "yml" | "yaml" | "nix" | "config")))
        || !name.contains('.') && lower.contains("bin/")
}
