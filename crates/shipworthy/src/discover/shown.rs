//! Local settings that are not in the tree, and the example that shows what they hold: `local_settings.py.example`.

use std::sync::Arc;

use shipworthy_model::{Artifacts, Region, Setting, Settings, Value, Why};
use shipworthy_source::declarations::is_example;

use super::candidates::join;
use super::{Ground, Project, read};

/// Leaves open what an example shows that local settings set: whoever deploys was told to, and has them elsewhere.
pub(crate) fn leave_to_local(ground: &Ground, project: &Project, settings: &mut Settings, artifacts: &mut Artifacts) {
    for absent in settings.absent.clone() {
        let module = &absent.name;
        let Some((path, text)) = example(ground, project, module) else { continue };
        if !absent.required && is_for_developers(&text, settings) {
            continue;
        }
        let artifact = artifacts.add(&path, text.as_str());
        for (name, start) in assigned(&text) {
            let at = Region::new(artifact, start as u32, (start + name.len()) as u32);
            let value = Value::unknown(Why::Import(format!("{module}.{name}").into()), Some(at));
            match settings.explicit.get_mut(name) {
                // What is made after the import is not theirs to say.
                Some(_) if !absent.before.contains(name) => {}
                Some(known) => known.value = value,
                None => {
                    let made = Setting { value, origin: vec![at], assumptions: [absent.assumption()].into() };
                    settings.explicit.insert(Arc::from(name), made);
                }
            }
        }
    }
}

/// Whether an example shows what developers need: it switches a DEBUG on that is off, in settings that work without it.
fn is_for_developers(text: &str, settings: &Settings) -> bool {
    let off = settings.explicit("DEBUG").is_some_and(|debug| debug.value.truth().is_no());
    let on = |line: &str| line.strip_prefix("DEBUG").is_some_and(|rest| rest.replace(' ', "").starts_with("=True"));
    off && settings.explicit("SECRET_KEY").is_some() && text.lines().any(on)
}

/// The file that shows how to write a module that is not there.
fn example(ground: &Ground, project: &Project, module: &str) -> Option<(String, String)> {
    let stems: Vec<String> = project.search_path.iter().map(|folder| join(folder, &module.replace('.', "/"))).collect();
    let shows = |path: &&String| {
        let rest = stems.iter().find_map(|stem| path.strip_prefix(stem.as_str()));
        rest.is_some_and(|rest| rest.starts_with(['.', '_', '-']) && !rest.contains('/') && is_example(path))
    };
    let path = ground.listing.files.iter().find(shows)?;
    Some((path.clone(), read(&ground.tree, path)?))
}

/// The settings that a text assigns on lines of their own, and where.
fn assigned(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let length = line.find(|letter: char| !(letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_'));
        let name = &line[..length.unwrap_or(0)];
        let rest = line[name.len()..].trim_start();
        if name.starts_with(|letter: char| letter.is_ascii_uppercase()) && rest.starts_with('=') && !rest.starts_with("==") {
            found.push((name, start));
        }
        start += line.len();
    }
    found
}
