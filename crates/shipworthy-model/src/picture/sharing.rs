//! Sharing: where a folder of one unit is seen in another, through the volumes that both mount.

use super::{Image, ImageStage, Mount, MountKind, Picture, Text, Unit};
use crate::path;

impl Unit {
    /// The innermost mount that holds a path, and what of the path is left behind where it is mounted. `Err` where the place
    /// of a mount is not known, so that any may hold it.
    #[allow(clippy::result_unit_err, reason = "there is nothing to say but that it is not known")]
    pub fn mount_around(&self, place: &str) -> Result<Option<(&Mount, String)>, ()> {
        let mut found: Option<(&Mount, String, usize)> = None;
        for mount in &self.mounts {
            let target = path::absolute("", mount.target.as_str().ok_or(())?);
            let rest = if target == place { Some("") } else { place.strip_prefix(&*target) };
            let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/') || target == "/");
            if let Some(rest) = rest.filter(|_| found.as_ref().is_none_or(|(.., length)| *length < target.len())) {
                found = Some((mount, rest.trim_start_matches('/').to_owned(), target.len()));
            }
        }
        Ok(found.map(|(mount, rest, _)| (mount, rest)))
    }

    /// Whether something is mounted below a folder.
    pub fn mounts_below(&self, folder: &str) -> bool {
        self.mounts.iter().any(|mount| mount.target.as_str().is_none_or(|it| path::is_below(folder, &path::absolute("", it))))
    }

    /// The paths at which another unit sees what this one has at a path, through a volume or a folder of the host that both
    /// mount.
    pub fn seen_by(&self, place: &str, other: &Self) -> Vec<String> {
        let Ok(Some((mount, rest))) = self.mount_around(place) else { return Vec::new() };
        let Some(stored) = stored(mount).map(|stored| joined(&stored, &rest)) else { return Vec::new() };
        let seen = other.mounts.iter().filter(|own| own.kind == mount.kind).filter_map(|own| {
            let source = self::stored(own)?;
            let rest = match &*source {
                own if own == stored => "",
                "." => &stored,
                own => stored.strip_prefix(own)?.strip_prefix('/')?,
            };
            Some(joined(&path::absolute("", own.target.as_str()?), rest))
        });
        seen.collect()
    }
}

/// Where a mount keeps what is in it: the name of the volume, or the folder of the host.
fn stored(mount: &Mount) -> Option<String> {
    let source = mount.source.as_ref()?.as_str()?;
    match mount.kind {
        MountKind::Volume => Some(source.to_owned()),
        MountKind::Bind => Some(path::absolute("", source)),
        MountKind::Anonymous | MountKind::Temporary | MountKind::Config | MountKind::Secret | MountKind::Other => None,
    }
}

fn joined(folder: &str, rest: &str) -> String {
    if rest.is_empty() { folder.to_owned() } else { format!("{}/{rest}", folder.trim_end_matches('/')) }
}

impl Picture {
    /// The image that a unit builds, and its stages from the one that ships down.
    pub fn stages<'a>(&'a self, unit: &Unit) -> Option<(&'a Image, Vec<&'a ImageStage>)> {
        let image = self.image(unit)?;
        let target = unit.build.as_ref().and_then(|build| build.target.as_ref()).and_then(Text::as_str);
        Some((image, image.lineage(image.stage(target)?)))
    }

    /// Whether the image of a unit may hold something at a path, or below it: it is no stock image of a web server, and what
    /// builds it copies something there or speaks of it.
    pub fn image_may_hold(&self, unit: &Unit, place: &str) -> bool {
        let Some((image, stages)) = self.stages(unit) else {
            return unit.build.is_some() || unit.image.as_ref().is_none_or(|image| !image.as_str().is_some_and(is_stock));
        };
        let base = stages.last().map(|stage| &stage.base);
        let name = place.rsplit('/').next().unwrap_or(place);
        let touches = |stage: &&ImageStage| {
            let folder = image.folder(stage).as_ref().and_then(Text::as_str).unwrap_or("/").to_owned();
            let copied = stage.copies.iter().any(|copy| {
                let Some(target) = copy.target.as_str() else { return true };
                let target = path::absolute(&folder, target);
                target == place || path::is_below(&target, place) || path::is_below(place, &target)
            });
            let spoken = stage.runs.iter().flat_map(|run| &run.words).any(|word| word.shown().contains(name));
            copied || spoken || !stage.volumes.is_empty()
        };
        !base.is_some_and(|base| base.as_str().is_some_and(is_stock)) || stages.iter().any(touches)
    }
}

/// Whether an image is one of a web server as its makers publish it: nothing of the project is in it.
fn is_stock(image: &str) -> bool {
    let name = image.split('@').next().unwrap_or(image);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    let name = name.strip_prefix("library/").or_else(|| name.strip_prefix("nginxinc/")).unwrap_or(name);
    matches!(name.split(':').next().unwrap_or(name), "nginx" | "nginx-unprivileged" | "httpd" | "caddy")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ArtifactId, Region};

    #[test]
    fn volumes_carry_folders_between_units() {
        let at = Region::whole(ArtifactId(0));
        let unit = |kind, source: &str, target: &str| {
            let mut unit = Unit::new("a", at);
            let (source, target) = (Some(Text::known(source, at)), Text::known(target, at));
            unit.mounts.push(Mount { kind, source, target, read_only: false, at });
            unit
        };
        let web = unit(MountKind::Volume, "static", "/app/static");
        let nginx = unit(MountKind::Volume, "static", "/srv");
        assert_eq!(nginx.seen_by("/srv/css", &web), ["/app/static/css"]);
        assert!(nginx.seen_by("/var/css", &web).is_empty());
        let whole = unit(MountKind::Bind, "./", "/app");
        let part = unit(MountKind::Bind, "./static/", "/srv/static");
        assert_eq!(part.seen_by("/srv/static/a", &whole), ["/app/static/a"]);
        assert!(is_stock("docker.io/library/nginx:1.27") && !is_stock("ghcr.io/shop/nginx") && is_stock("nginx"));
    }
}
