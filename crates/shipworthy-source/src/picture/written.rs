//! Files of variables that pipelines write where they deploy: what compose files are given there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shipworthy_model::Why;
use shipworthy_model::picture::{Text, Variable};

use super::finish::Told;
use crate::places::beside;
use crate::shell::Wrote;

/// The files by their paths in the tree.
#[derive(Debug, Default)]
pub(crate) struct Written {
    files: BTreeMap<String, File>,
}

#[derive(Debug, Default)]
struct File {
    variables: Vec<Variable>,
    /// Whether nothing that stood there before is left.
    anew: bool,
}

impl Written {
    /// Takes over what a job writes that deploys: in which folder its commands run, to which one they change, and what they
    /// write. What several jobs put differently is nobody's to say.
    pub(super) fn add(&mut self, wrote: Vec<(String, Option<Text>, Wrote)>) {
        let mut own: BTreeMap<String, File> = BTreeMap::new();
        for (folder, changed, wrote) in wrote {
            let Some(path) = place(&folder, changed.as_ref(), &wrote.file) else { continue };
            let file = own.entry(path).or_default();
            if !wrote.adds {
                *file = File { variables: Vec::new(), anew: true };
            }
            Variable::overlay(&mut file.variables, wrote.variables);
        }
        for (path, file) in own {
            let Some(known) = self.files.get_mut(&path) else {
                self.files.insert(path, file);
                continue;
            };
            known.anew &= file.anew;
            for variable in file.variables {
                match known.variables.iter_mut().find(|it| it.name == variable.name) {
                    Some(it) if it.value.expose() != variable.value.expose() => {
                        let why = Why::Unsupported("jobs write different ones".into());
                        it.value = Text::unknown("…", why, variable.value.at);
                    }
                    Some(_) => {}
                    None => known.variables.push(variable),
                }
            }
        }
    }

    /// What is written into a file, and whether nothing else is left in it.
    pub(crate) fn of(&self, path: &str) -> Option<(&[Variable], bool)> {
        self.files.get(path).map(|file| (file.variables.as_slice(), file.anew))
    }

    /// What is written into each file.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, Vec<Variable>)> {
        self.files.iter().map(|(path, file)| (path.clone(), file.variables.clone()))
    }

    /// Compose files that a file beside the root names together: `COMPOSE_FILE` (docs.docker.com/compose, "Pre-defined
    /// environment variables").
    pub(super) fn compose_files(&self) -> Vec<Told> {
        let mut sets = Vec::new();
        for (path, file) in &self.files {
            let value = |name: &str| file.variables.iter().find(|it| &*it.name == name).map(|it| &it.value);
            let Some(named) = value("COMPOSE_FILE") else { continue };
            let separator = value("COMPOSE_PATH_SEPARATOR").and_then(Text::as_str).unwrap_or(":").to_owned();
            let Some(list) = named.as_str() else { continue };
            let parts = list.split(separator.as_str()).filter(|part| !part.is_empty());
            let files = parts.map(|part| Text::known(part, named.at)).collect();
            // Only what deploys to production is kept here.
            sets.push(Told { from: path.clone(), files, starts: true, deploys: true });
        }
        sets
    }

    /// Files of which nothing is left where it is deployed but what is written there.
    pub(super) fn replaced(&self) -> BTreeSet<Arc<str>> {
        self.files.iter().filter(|(_, file)| file.anew).map(|(path, _)| path.as_str().into()).collect()
    }
}

/// The path in the tree of a file that a command writes. A folder that is not known, or lies elsewhere, is where the tree
/// was put.
fn place(folder: &str, changed: Option<&Text>, file: &Text) -> Option<String> {
    let named = file.as_str()?;
    let name = named.rsplit('/').next().unwrap_or(named);
    let folder = match changed.map(|text| text.as_str().filter(|path| !path.starts_with(['/', '~']))) {
        None => folder.to_owned(),
        Some(Some(path)) => beside(folder, path)?,
        Some(None) => String::new(),
    };
    if named.starts_with(['/', '~']) { Some(name.to_owned()) } else { beside(&folder, named) }
}
