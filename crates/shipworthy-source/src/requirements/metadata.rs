//! `METADATA` of an installed or unpacked wheel, and `PKG-INFO` of a source distribution: what a package says it needs.

use shipworthy_model::ArtifactId;

use super::line::add;
use super::{Group, Manifest};

/// The `Requires-Dist` fields of the header. What only an extra needs belongs to the group that the extra's name tells.
pub(super) fn metadata(text: &str, artifact: ArtifactId) -> Manifest {
    const FIELD: &str = "Requires-Dist:";
    let mut manifest = Manifest::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        if line.trim().is_empty() {
            break;
        }
        let Some(requirement) = line.strip_prefix(FIELD) else { continue };
        let indent = requirement.len() - requirement.trim_start().len();
        let (_, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
        let extra = marker.split_once("extra").and_then(|(_, rest)| rest.split(['"', '\'']).nth(1));
        let group = extra.map_or(Group::Production, Group::of);
        // Older tools write the versions in parentheses.
        let requirement = requirement.trim().replace(['(', ')'], " ");
        add(&requirement, start + FIELD.len() + indent, artifact, group, &mut manifest.declared);
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::super::Constraint;
    use super::*;

    #[test]
    fn needs_of_a_wheel() {
        let text = "Metadata-Version: 2.1\nName: shop\nRequires-Dist: Django (>=5.2.1,<5.3)\nRequires-Dist: pytest; extra == \"test\"\n\
                    Requires-Dist: gunicorn==23.0.0; extra == 'server'\n\nRequires-Dist: prose\n";
        let declared = metadata(text, ArtifactId(0)).declared;
        let named: Vec<(&str, Group)> = declared.iter().map(|it| (&*it.name, it.group)).collect();
        assert_eq!(named, [("django", Group::Production), ("pytest", Group::Development), ("gunicorn", Group::Production)]);
        assert!(matches!(&declared[0].constraint, Constraint::Range(range) if range.to_string() == ">=5.2.1, <5.3"));
        assert!(text[declared[0].at.start as usize..].starts_with("Django"));
    }
}
