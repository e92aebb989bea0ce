//! Lock files: written by tools, in forms that hold still, so they are read line by line; a megabyte of hashes costs nothing.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use shipworthy_model::{ArtifactId, Notice, Region};

use super::{Constraint, Declared, Group, Manifest, normalise};

#[derive(Default)]
struct Package<'a> {
    name: &'a str,
    version: Option<&'a str>,
    start: usize,
    end: usize,
    /// The project itself.
    own: bool,
    /// Names of groups, where the lock file says them.
    groups: Option<Vec<&'a str>>,
    /// What it needs, with the group or extra that needs it.
    needs: Vec<(&'a str, Group)>,
}

/// `uv.lock`: packages point to each other; what production installs is what the project's own packages lead to.
pub(super) fn uv(text: &str, artifact: ArtifactId) -> Manifest {
    let packages = packages(text);
    let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, package) in packages.iter().enumerate() {
        by_name.entry(package.name).or_default().push(index);
    }
    let mut reached: FxHashSet<usize> = FxHashSet::default();
    let mut next: Vec<usize> = (0..packages.len()).filter(|index| packages[*index].own).collect();
    if next.is_empty() {
        next = (0..packages.len()).collect();
    }
    while let Some(index) = next.pop() {
        if reached.insert(index) {
            let needs = packages[index].needs.iter().filter(|(_, group)| *group == Group::Production);
            next.extend(needs.flat_map(|(name, _)| by_name.get(name).into_iter().flatten().copied()));
        }
    }
    let group = |index: usize| if reached.contains(&index) { Group::Production } else { Group::Development };
    let declared = packages.iter().enumerate().filter(|(_, package)| !package.own);
    Manifest {
        complete: !packages.is_empty(),
        declared: declared.filter_map(|(index, package)| package.declared(artifact, group(index))).collect(),
        ..Manifest::default()
    }
}

/// `poetry.lock`, `pdm.lock` and `pylock.toml`: packages say their groups, or nothing.
pub(super) fn grouped(text: &str, artifact: ArtifactId) -> Manifest {
    let packages = packages(text);
    let group = |package: &Package<'_>| match &package.groups {
        Some(groups) if !groups.is_empty() && groups.iter().all(|name| Group::of(name) == Group::Development) => {
            Group::Development
        }
        Some(_) | None => Group::Production,
    };
    Manifest {
        complete: !packages.is_empty(),
        declared: packages.iter().filter_map(|package| package.declared(artifact, group(package))).collect(),
        ..Manifest::default()
    }
}

/// `Pipfile.lock`: JSON with the sections `default` and `develop`.
pub(super) fn pipfile(text: &str, artifact: ArtifactId) -> Manifest {
    let mut manifest = Manifest { complete: true, ..Manifest::default() };
    let Ok(root) = serde_json::from_str::<serde_json::Value>(text) else {
        manifest.complete = false;
        manifest.notices.push(Notice::at(Region::whole(artifact), "the lock file is no valid JSON"));
        return manifest;
    };
    for (section, group) in [("default", Group::Production), ("develop", Group::Development)] {
        let mut offset = text.find(&format!("\"{section}\"")).unwrap_or(0);
        for (name, entry) in root.get(section).and_then(serde_json::Value::as_object).into_iter().flatten() {
            let key = format!("\"{name}\"");
            let start = text[offset..].find(&key).map_or(offset, |at| offset + at);
            let version = entry.get("version").and_then(serde_json::Value::as_str).map(|it| it.trim_start_matches('='));
            manifest.declared.push(Declared {
                name: normalise(name),
                constraint: version.map_or(Constraint::Any, |it| Constraint::Exact(it.into())),
                at: Region::new(artifact, start as u32, (start + key.len()) as u32),
                group,
            });
            offset = (start + key.len()).min(text.len());
        }
    }
    manifest
}

impl Package<'_> {
    fn declared(&self, artifact: ArtifactId, group: Group) -> Option<Declared> {
        (!self.name.is_empty()).then(|| Declared {
            name: normalise(self.name),
            constraint: self.version.map_or(Constraint::Any, |version| Constraint::Exact(Arc::from(version))),
            at: Region::new(artifact, self.start as u32, self.end as u32),
            group,
        })
    }
}

fn packages(text: &str) -> Vec<Package<'_>> {
    let mut packages: Vec<Package<'_>> = Vec::new();
    let mut inside = false;
    // The table inside a package, and the key whose array runs over lines.
    let mut table = "";
    let mut array = "";
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.trim_end();
        if let Some(header) = line.strip_prefix('[') {
            (table, array) = ("", "");
            match header.trim_matches(['[', ']']) {
                "package" | "packages" if header.starts_with('[') => {
                    packages.push(Package::default());
                    inside = true;
                }
                header => match header.strip_prefix("package.").or_else(|| header.strip_prefix("packages.")) {
                    Some(name) => table = name,
                    None => inside = false,
                },
            }
            continue;
        }
        let Some(package) = packages.last_mut().filter(|_| inside) else { continue };
        if line.starts_with(']') {
            array = "";
            continue;
        }
        let key = line.split_once(" = ").filter(|_| !line.starts_with([' ', '\t', '{', '"']));
        if let Some((key, value)) = key {
            array = if value == "[" { key } else { "" };
            match (table, key) {
                ("", "name") => {
                    package.name = unquote(value);
                    (package.start, package.end) = (start, start + line.len());
                }
                ("", "version") => {
                    package.version = Some(unquote(value));
                    if package.end > 0 {
                        package.end = start + line.len();
                    }
                }
                ("", "source") => package.own = value.contains("virtual =") || value.contains("editable ="),
                ("", "category") => package.groups = Some(vec![unquote(value)]),
                ("", "groups") => package.groups = Some(value.trim_matches(['[', ']']).split(',').map(unquote).collect()),
                _ => {}
            }
            if value.starts_with("[{") {
                package.need(table, key, value);
            }
        } else if !array.is_empty() {
            if (table, array) == ("", "groups") {
                package.groups.get_or_insert_default().push(unquote(line));
            }
            package.need(table, array, line);
        }
    }
    packages
}

impl<'a> Package<'a> {
    /// Notes what a line of an array `{ name = "x", … }` needs.
    fn need(&mut self, table: &str, array: &str, line: &'a str) {
        let group = match (table, array) {
            ("", "dependencies") => Group::Production,
            // Extras of the project itself may be for its tests; another package's are pulled in only when asked for.
            ("optional-dependencies", name) => Group::of(name),
            ("dev-dependencies", name) if matches!(crate::stage::Stage::of(name), crate::stage::Stage::Production) => {
                Group::Production
            }
            ("dev-dependencies", _) => Group::Development,
            _ => return,
        };
        for (at, _) in line.match_indices("name = \"") {
            let rest = &line[at + 8..];
            self.needs.push((&rest[..rest.find('"').unwrap_or(rest.len())], group));
        }
    }
}

fn unquote(text: &str) -> &str {
    text.trim().trim_end_matches(',').trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(manifest: &Manifest) -> Vec<String> {
        let version = |package: &Declared| match &package.constraint {
            Constraint::Exact(version) => version.to_string(),
            Constraint::Any | Constraint::Range(_) => "?".to_owned(),
        };
        manifest.declared.iter().map(|it| format!("{} {} {:?}", it.name, version(it), it.group)).collect()
    }

    #[test]
    fn uv_follows_the_project() {
        let text = "version = 1\n\n[[package]]\nname = \"app\"\nversion = \"0.1\"\nsource = { virtual = \".\" }\ndependencies = [\n    \
            { name = \"django\" },\n]\n\n[package.dev-dependencies]\ndev = [\n    { name = \"pytest\" },\n]\n\n[[package]]\nname = \"django\"\n\
            version = \"5.2.1\"\nsource = { registry = \"https://x\" }\ndependencies = [\n    { name = \"asgiref\" },\n]\n\n[[package]]\n\
            name = \"asgiref\"\nversion = \"3\"\n\n[[package]]\nname = \"pytest\"\nversion = \"8\"\n";
        let manifest = uv(text, ArtifactId(0));
        assert_eq!(shown(&manifest), ["django 5.2.1 Production", "asgiref 3 Production", "pytest 8 Development"]);
        let at = manifest.declared[0].at;
        assert_eq!(&text[at.start as usize..at.end as usize], "name = \"django\"\nversion = \"5.2.1\"");
        assert!(manifest.complete);
    }

    #[test]
    fn poetry_and_pdm_say_groups() {
        let text = "[[package]]\nname = \"Django\"\nversion = \"5.1\"\ngroups = [\"main\", \"dev\"]\n\n[package.dependencies]\nname = \"no\"\n\n\
            [[package]]\nname = \"black\"\nversion = \"1\"\ncategory = \"dev\"\n\n[[package]]\nname = \"x\"\nversion = \"2\"\n[metadata]\nname = \"n\"\n";
        assert_eq!(shown(&grouped(text, ArtifactId(0))), ["django 5.1 Production", "black 1 Development", "x 2 Production"]);
    }

    #[test]
    fn pipenv() {
        let text = "{\"default\": {\"django\": {\"version\": \"==5.1\"}}, \"develop\": {\"django\": {\"version\": \"==5.1\"}}}";
        let manifest = pipfile(text, ArtifactId(0));
        assert_eq!(shown(&manifest), ["django 5.1 Production", "django 5.1 Development"]);
        assert!(manifest.declared[1].at.start > manifest.declared[0].at.start);
        assert!(!pipfile("{", ArtifactId(0)).complete);
    }
}
