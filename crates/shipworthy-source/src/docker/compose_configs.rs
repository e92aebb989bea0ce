//! What compose files say of configs and volumes beside the services: texts and files of the project, and what is kept in memory.

use std::sync::Arc;

use shipworthy_model::picture::{Inlay, MountKind, Text};

use super::compose::Set;
use crate::draft::Draft;
use crate::piece::Piece;
use crate::yaml::Node;

impl Set<'_> {
    /// Gives the mounts of services what the files, the last first, say of configs and volumes beside the services.
    pub(super) fn place(&self, roots: &[&Arc<Node>], drafts: &mut [Draft]) {
        let beside = |key: &str| -> Vec<(&Piece, &Arc<Node>)> {
            roots.iter().filter_map(|root| root.get(key)).flat_map(|all| all.entries()).collect()
        };
        let (configs, volumes) = (beside("configs"), beside("volumes"));
        for draft in drafts {
            self.place_configs(&configs, draft);
            self.place_volumes(&volumes, draft);
        }
    }

    /// Says of each config that a service has which file of the tree it is, or what its text is.
    fn place_configs(&self, configs: &[(&Piece, &Arc<Node>)], draft: &mut Draft) {
        for mount in draft.unit.mounts.iter_mut().filter(|mount| mount.kind == MountKind::Config) {
            let Some(source) = mount.source.as_ref().and_then(Text::as_str) else { continue };
            let Some((_, config)) = configs.iter().find(|(name, _)| *name.text == *source) else { continue };
            let path = mount.target.as_str().unwrap_or_default();
            // A dollar that is no variable is written twice.
            let laid = config.get("content").and_then(|it| it.piece()?.laid(|line| line.replace("$$", "$")).zip(Some(it.at)));
            if let Some((text, at)) = laid {
                draft.unit.inlays.push(Inlay { path: path.into(), text, at });
            } else if let Some(file) = config.get("file").and_then(|file| self.text(file)) {
                mount.source = Some(file);
            }
        }
    }

    /// Says of each volume that a service has whether it is kept in memory.
    fn place_volumes(&self, volumes: &[(&Piece, &Arc<Node>)], draft: &mut Draft) {
        for mount in draft.unit.mounts.iter_mut().filter(|mount| mount.kind == MountKind::Volume) {
            let named = |name: &str| mount.source.as_ref().is_some_and(|source| source.is(name));
            let volume = volumes.iter().find(|(name, _)| named(&name.text)).map(|(_, volume)| volume);
            let kind = volume.and_then(|volume| volume.path(&["driver_opts", "type"])).and_then(|kind| self.text(kind));
            if kind.is_some_and(|kind| kind.is("tmpfs")) {
                mount.kind = MountKind::Temporary;
            }
        }
    }
}
