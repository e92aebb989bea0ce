//! What lasts: whether what is written under a path outlives the container that writes it.

use super::{MountKind, Unit};
use crate::{Facts, path};

impl Facts {
    /// Whether what a unit writes under a path of the settings is certainly gone with its container: nothing that lasts is
    /// mounted where the path may lie. Where the project lies inside the container is told by its working folder and by
    /// what is copied into it; where they do not tell, any mount may hold it.
    pub fn is_lost(&self, unit: &Unit, place: &str) -> bool {
        let image = self.picture.image(unit);
        let target = unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.as_str());
        let stage = image.and_then(|image| Some((image, image.stage(target)?)));
        let lineage = stage.map(|(image, stage)| image.lineage(stage)).unwrap_or_default();
        // An image's own VOLUME lasts as long as whoever runs it cares for it.
        if lineage.iter().any(|stage| !stage.volumes.is_empty()) {
            return false;
        }
        let root = path::absolute("", &self.project.root);
        let inside = place.strip_prefix(&*root).and_then(|rest| rest.strip_prefix('/')).filter(|_| root.len() > 1);
        let mut folders: Vec<String> = unit.folder.iter().filter_map(|folder| folder.as_str().map(str::to_owned)).collect();
        let copies = lineage.iter().flat_map(|stage| &stage.copies);
        folders.extend(copies.filter_map(|copy| copy.target.as_str().map(str::to_owned)));
        let folders: Vec<String> = folders.iter().map(|folder| path::absolute("", folder)).collect();
        let keeps = |mount: &&super::Mount| match mount.kind {
            MountKind::Volume | MountKind::Bind | MountKind::Other => true,
            MountKind::Anonymous | MountKind::Temporary | MountKind::Config | MountKind::Secret => false,
        };
        !unit.mounts.iter().filter(keeps).any(|mount| {
            let Some(target) = mount.target.as_str().map(|target| path::absolute("", target)) else { return true };
            let around = |folder: &str| target == folder || path::is_below(&target, folder);
            let last = target.rsplit('/').next().unwrap_or_default();
            match inside {
                None => around(place) || path::is_below(place, &target),
                Some(inside) => {
                    folders.is_empty()
                        || folders.iter().any(|folder| around(folder))
                        || inside.split('/').any(|part| part == last)
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Mount, Text};
    use super::*;
    use crate::{ArtifactId, Region};

    #[test]
    fn mounts_keep_what_lies_in_them() {
        let at = Region::whole(ArtifactId(0));
        let mut facts = Facts::default();
        facts.project.root = "/srv/shop".into();
        let unit = |kind, target: &str| {
            let mut unit = Unit::new("web", at);
            unit.folder = Some(Text::known("/app", at));
            unit.mounts.push(Mount { kind, source: None, target: Text::known(target, at), read_only: false, at });
            unit
        };
        for (kind, target, place, lost) in [
            (MountKind::Volume, "/app/media", "/srv/shop/media", false),
            (MountKind::Volume, "/app/media/", "/srv/shop/media", false),
            (MountKind::Volume, "/app", "/srv/shop/media", false),
            (MountKind::Bind, "/usr/src/media", "/srv/shop/shop/media", false),
            (MountKind::Volume, "/app/static", "/srv/shop/media", true),
            (MountKind::Temporary, "/app/media", "/srv/shop/media", true),
            (MountKind::Volume, "/var/media", "/var/media/uploads", false),
            (MountKind::Volume, "/var/media/uploads", "/var/media", false),
            (MountKind::Volume, "/var/static", "/var/media", true),
            (MountKind::Other, "/app/data", "/srv/shop/data/db.sqlite3", false),
        ] {
            assert_eq!(facts.is_lost(&unit(kind, target), place), lost, "{target} {place}");
        }
    }
}
