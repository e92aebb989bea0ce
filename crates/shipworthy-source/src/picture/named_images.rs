//! Images that are run by their name: the builds that compose files of the tree give a name to.

use shipworthy_model::Stage;
use shipworthy_model::picture::{Build, Class, Text, Unit};

use super::roles;

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
