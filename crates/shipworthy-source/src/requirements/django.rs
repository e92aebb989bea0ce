//! The version of Django that the declared packages mean.

use std::str::FromStr;

use pep440_rs::VersionSpecifiers;
use shipworthy_model::{Artifacts, Django, Version};

use super::{Constraint, Declared, Group};

/// Feature releases that a range may allow.
const RELEASES: &[(u16, u16)] =
    &[(1, 11), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2), (6, 0), (6, 1)];

/// The version in the name of an installed distribution's folder: `Django-5.2.1.dist-info`.
pub fn installed(folder: &str) -> Option<Version> {
    let stem = folder.strip_suffix(".dist-info").or_else(|| folder.strip_suffix(".egg-info"))?;
    let (name, version) = stem.split_once('-')?;
    name.eq_ignore_ascii_case("django").then(|| Version::parse(version)).flatten()
}

/// The version of Django that these packages mean: an exact one first, then what a range allows. `None` if none names
/// Django with a version. The declarations come in order of weight: lock files before what people write. The flag says
/// that several feature releases are allowed and the newest was taken.
pub fn choose(declared: &[Declared], artifacts: &Artifacts) -> Option<(Django, bool)> {
    let django = |group: Group| declared.iter().filter(move |package| &*package.name == "django" && package.group == group);
    let ordered = || django(Group::Production).chain(django(Group::Development));
    let exact = ordered().find_map(|package| match &package.constraint {
        Constraint::Exact(text) => Some((package, Version::parse(text)?, String::new(), false)),
        Constraint::Range(_) | Constraint::Any => None,
    });
    let (package, version, allows, several) = exact.or_else(|| {
        ordered().find_map(|package| match &package.constraint {
            Constraint::Range(range) => newest(range).map(|(version, several)| {
                let verb = if several { "allows" } else { "pins" };
                (package, version, format!(": Django{range} {verb} {version}").replace(", ", ","), several)
            }),
            Constraint::Exact(_) | Constraint::Any => None,
        })
    })?;
    let path = &artifacts.get(package.at.artifact).path;
    Some((Django { version, from: format!("{path}{allows}"), at: Some(package.at), assumed: false }, several))
}

/// The newest known feature release that a range allows, and whether it allows several.
fn newest(range: &VersionSpecifiers) -> Option<(Version, bool)> {
    let allowed: Vec<(u16, u16)> = RELEASES
        .iter()
        .copied()
        .filter(|(major, minor)| {
            (0..64).any(|patch| {
                let text = if patch == 0 { format!("{major}.{minor}") } else { format!("{major}.{minor}.{patch}") };
                pep440_rs::Version::from_str(&text).is_ok_and(|version| range.contains(&version))
            })
        })
        .collect();
    if let Some((major, minor)) = allowed.last() {
        return Some((Version::new(*major, *minor), allowed.len() > 1));
    }
    // A release nobody knew when this was written: its lower bound is the best that can be said.
    let lower = range.iter().find(|specifier| {
        !matches!(
            specifier.operator(),
            pep440_rs::Operator::LessThan | pep440_rs::Operator::LessThanEqual | pep440_rs::Operator::NotEqual
        )
    })?;
    Version::parse(&lower.version().to_string()).map(|version| (version, false))
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;

    fn chosen(path: &str, text: &str) -> Option<(String, String)> {
        let mut artifacts = Artifacts::default();
        let artifact = artifacts.add(path, text);
        let manifest = Format::of(path)?.read(text, artifact);
        choose(&manifest.declared, &artifacts).map(|(django, _)| (django.version.to_string(), django.from))
    }

    #[test]
    fn ranges_and_pins() {
        for (line, version, from) in [
            ("Django==5.2.3", "5.2.3", "requirements.txt"),
            ("django>=5.1,<5.2", "5.1", "requirements.txt: Django>=5.1,<5.2 pins 5.1"),
            ("django~=5.2.0", "5.2", "requirements.txt: Django~=5.2.0 pins 5.2"),
            ("django>=4.2", "6.1", "requirements.txt: Django>=4.2 allows 6.1"),
            ("django<6", "5.2", "requirements.txt: Django<6 allows 5.2"),
            ("django>=4.2.5,<5", "4.2", "requirements.txt: Django>=4.2.5,<5 pins 4.2"),
            ("django==5.1.*", "5.1", "requirements.txt: Django==5.1.* pins 5.1"),
            ("django>=2028.1", "2028.1", "requirements.txt: Django>=2028.1 pins 2028.1"),
            ("django==2028.1", "2028.1", "requirements.txt"),
        ] {
            assert_eq!(chosen("requirements.txt", line), Some((version.to_owned(), from.to_owned())), "{line}");
        }
        assert_eq!(chosen("requirements.txt", "django\n"), None);
    }

    #[test]
    fn folders_of_distributions() {
        assert_eq!(installed("Django-5.2.1.dist-info"), Some(Version { major: 5, minor: 2, patch: 1 }));
        assert_eq!(installed("django_environ-0.14.0.dist-info"), None);
    }
}
