//! Images that are run by their name: the builds that compose files of the tree give a name to.

use shipworthy_model::Stage;
use shipworthy_model::picture::{Build, Class, Text, Unit};

use super::roles;
use crate::{Node, Tree};

/// A build whose image has a name.
pub(super) struct Named {
    /// The name without registry of Docker's own, tag and digest.
    name: String,
    /// The name as it is written.
    whole: String,
    build: Build,
}

impl Named {
    /// The build of a unit, if it gives its image a name that others may run it by.
    pub(super) fn of(unit: &Unit, class: &Class) -> Option<Self> {
        Self::new(unit.image.as_ref()?, unit.build.clone()?, class)
    }

    /// A build that gives its image this name.
    pub(super) fn new(image: &Text, mut build: Build, class: &Class) -> Option<Self> {
        if class.stage == Stage::Development {
            // What developers pass to their builds says nothing of the image that others run.
            build.arguments.clear();
        }
        build.by_name = true;
        let whole = image.shown().to_owned();
        (!build.dockerfile.is_empty()).then(|| Self { name: untagged(&whole).to_owned(), whole, build })
    }
}

/// The build of the image that a unit runs by its name, if the tree shows only one.
pub(super) fn build_of(image: &Text, named: &[Named]) -> Option<Build> {
    let whole = image.shown();
    let name = untagged(whole);
    let one = |fits: &dyn Fn(&Named) -> bool| {
        let mut fitting = named.iter().filter(|named| fits(named)).map(|named| &named.build);
        let first = fitting.next()?;
        let stage = |build: &Build| build.target.as_ref().map(|target| target.shown().to_owned());
        let same = |other: &Build| other.dockerfile == first.dockerfile && stage(other) == stage(first);
        fitting.all(same).then(|| first.clone())
    };
    if named.iter().any(|named| named.whole == whole) {
        return one(&|named| named.whole == whole);
    }
    // Under another tag, an image for developers is another image.
    let lasts = |named: &Named| {
        let target = named.build.target.as_ref().map_or("", Text::shown);
        [&*named.build.dockerfile, target].iter().all(|word| Stage::of(word) != Stage::Development)
    };
    if named.iter().any(|named| named.name == name) {
        return one(&|named| named.name == name && lasts(named));
    }
    // What is built without a registry is pushed to one under the same name.
    let last = roles::base_name(name);
    let pushed = name.contains('/') && !last.contains('$') && roles::of_name(last).is_none();
    if pushed { one(&|named| named.name == last && lasts(named)) } else { None }
}

/// The build of the project's own image, where a unit runs it by the name under which it is published: a pipeline that
/// pushes images names it, or it is called as the package with the settings. The Dockerfile in the root builds it.
pub(super) fn published(image: &Text, pipelines: &[String], tree: &dyn Tree) -> Option<Build> {
    let whole = image.as_str()?;
    let name = untagged(whole);
    let last = roles::base_name(name);
    let tag = whole.get(name.len()..).unwrap_or_default();
    if last.is_empty() || last.contains(['$', '{']) || roles::of_name(last).is_some() || Stage::of(tag) == Stage::Development {
        return None;
    }
    let owned = name.contains('/');
    let ends = |rest: &str| !rest.starts_with(|it: char| it.is_ascii_alphanumeric() || "-_/.".contains(it));
    let pushed = pipelines.iter().any(|text| text.match_indices(name).any(|(at, _)| ends(&text[at + name.len()..])));
    let package = last.replace('-', "_");
    let holds = |folder: String| {
        ["wsgi.py", "asgi.py", "settings.py", "settings/__init__.py"]
            .iter()
            .any(|file| tree.node(&format!("{folder}/{file}")) == Node::File)
    };
    let own = || [package.clone(), format!("src/{package}"), format!("{package}/{package}")].into_iter().any(holds);
    let builds = tree.node("Dockerfile") == Node::File;
    (builds && owned && (pushed || own())).then(|| Build {
        context: Some("".into()),
        dockerfile: "Dockerfile".into(),
        target: None,
        arguments: Vec::new(),
        at: image.at,
        by_name: true,
    })
}

/// Whether a pipeline builds or pushes images.
pub(super) fn pushes(content: &str) -> bool {
    ["docker/build-push-action", "docker push", "docker build", "docker buildx", "kaniko", "podman push"]
        .iter()
        .any(|it| content.contains(it))
}

/// The name of an image without tag, digest and the registry that Docker takes where none is named.
fn untagged(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let mut depth = 0_usize;
    let mut end = image.len();
    for (index, letter) in image.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => end = end.min(index),
            // A colon before a slash belongs to the port of a registry.
            '/' if depth == 0 => end = image.len(),
            _ => {}
        }
    }
    let name = &image[..end];
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_tags_and_dockers_own_registry() {
        for (image, name) in [
            ("shop", "shop"),
            ("shop:1.2", "shop"),
            ("docker.io/library/shop@sha256:00", "shop"),
            ("r.example:5000/me/shop", "r.example:5000/me/shop"),
            ("r.example:5000/me/shop:${TAG:-a/b}", "r.example:5000/me/shop"),
            ("${REGISTRY:-r.example/me}/shop:x", "${REGISTRY:-r.example/me}/shop"),
        ] {
            assert_eq!(untagged(image), name);
        }
    }
}
