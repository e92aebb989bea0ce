//! Front ends whose configuration stands inside another file: a `ConfigMap`, a compose file, a Dockerfile.

use shipworthy_model::front::{Front, Use};
use shipworthy_model::picture::Picture;
use shipworthy_model::{Artifacts, Notice};

use super::{may_be, program, read};
use crate::MemoryTree;

/// Reads the configurations of front ends among the files that units have out of other files. One that several units have
/// is one front end.
pub(super) fn fronts(picture: &Picture, artifacts: &Artifacts) -> (Vec<Front>, Vec<Notice>) {
    let mut found: Vec<(shipworthy_model::Region, Vec<Front>)> = Vec::new();
    let mut notices = Vec::new();
    for environment in &picture.environments {
        for unit in &environment.units {
            for inlay in picture.inlays(unit).filter(|inlay| may_be(&inlay.path)) {
                let own = Use { environment: environment.name.clone(), unit: Some(unit.name.clone()), path: inlay.path.clone() };
                if let Some((_, known)) = found.iter_mut().find(|(at, _)| *at == inlay.at) {
                    known.iter_mut().filter(|front| !front.uses.contains(&own)).for_each(|front| front.uses.push(own.clone()));
                    continue;
                }
                let Some(kind) = program(&inlay.path, &inlay.text) else { continue };
                let artifact = inlay.at.artifact;
                // The other text has the same places; what it includes lies in a container, which is not to be seen.
                let mut laid = artifacts.with(artifact, inlay.text.clone());
                let mut reading = read(kind, &MemoryTree::default(), &mut laid, artifact);
                reading.fronts.iter_mut().for_each(|front| front.uses.push(own.clone()));
                notices.extend(reading.notices);
                found.push((inlay.at, reading.fronts));
            }
        }
    }
    (found.into_iter().flat_map(|(_, fronts)| fronts).collect(), notices)
}
