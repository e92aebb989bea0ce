//! Homes: the units into which a file of the tree is mounted or copied.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{Environment, MountKind, Picture, Unit};
use crate::entrance::place_of;

/// A unit that has a file, by its place in the picture, and the path at which it has it.
#[derive(Debug)]
struct Home {
    environment: usize,
    unit: usize,
    place: String,
}

/// The homes of the files that were asked for: rules ask for those of each front end again and again. Nothing changes a
/// picture that is being judged; a copy, which somebody may change, knows none.
#[derive(Debug, Default)]
pub(super) struct Homes(Mutex<BTreeMap<String, Arc<[Home]>>>);

impl Clone for Homes {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Picture {
    /// The units into which the file at `path` is mounted or copied by its name, and the path at which each has it.
    pub(crate) fn homes(&self, path: &str) -> Vec<(&Environment, &Unit, String)> {
        let known = self.homes.0.lock().ok().and_then(|homes| homes.get(path).cloned());
        let homes = known.unwrap_or_else(|| {
            let found: Arc<[Home]> = self.find_homes(path).into();
            if let Ok(mut homes) = self.homes.0.lock() {
                homes.insert(path.to_owned(), Arc::clone(&found));
            }
            found
        });
        let shown = homes.iter().filter_map(|home| {
            let environment = self.environments.get(home.environment)?;
            Some((environment, environment.units.get(home.unit)?, home.place.clone()))
        });
        shown.collect()
    }

    fn find_homes(&self, path: &str) -> Vec<Home> {
        let mut homes = Vec::new();
        for (environment, it) in self.environments.iter().enumerate() {
            for (unit, it) in it.units.iter().enumerate() {
                homes.extend(self.place_in(it, path).map(|place| Home { environment, unit, place }));
            }
        }
        homes
    }

    /// The path at which a unit has a file of the tree.
    fn place_in(&self, unit: &Unit, path: &str) -> Option<String> {
        let mounts = unit.mounts.iter().filter(|mount| matches!(mount.kind, MountKind::Bind | MountKind::Config));
        let mounted = mounts.filter_map(|mount| Some((mount.source.as_ref()?.as_str()?, mount.target.as_str()?)));
        let stage = self.image(unit).and_then(|image| {
            let target = unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.as_str());
            image.stage(target)
        });
        let copies = stage.iter().flat_map(|stage| &stage.copies).filter(|copy| copy.from.is_none());
        let from_image = copies.flat_map(|copy| {
            copy.sources.iter().filter_map(|source| Some((source.as_str()?, copy.target.as_str()?))).collect::<Vec<_>>()
        });
        // Whoever copies its whole folder copies every file in it: only a name says that it is meant.
        let named = |source: &str| !matches!(source.trim_matches(['.', '/']), "" | "*");
        mounted.chain(from_image).filter(|(source, _)| named(source)).find_map(|(source, target)| {
            let place = place_of(path, source)?;
            Some(if place.is_empty() { target.to_owned() } else { format!("{}/{place}", target.trim_end_matches('/')) })
        })
    }
}
