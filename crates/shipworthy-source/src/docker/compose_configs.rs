//! Configs of compose files: files of the project, or texts that stand in the compose file itself.

use std::sync::Arc;

use shipworthy_model::picture::{Inlay, MountKind, Text};

use super::compose::Set;
use crate::draft::Draft;
use crate::piece::Piece;
use crate::yaml::Node;

impl Set<'_> {
    /// Says of each config that a service has which file of the tree it is, or what its text is.
    pub(super) fn place_configs(&self, configs: &[(&Piece, &Arc<Node>)], draft: &mut Draft) {
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
}
