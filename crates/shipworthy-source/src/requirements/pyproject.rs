//! `pyproject.toml` (standard metadata, dependency groups, Poetry) and `Pipfile`.

use shipworthy_model::{ArtifactId, Notice, Region};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::line::{add, add_extra, poetry_constraint};
use super::{Declared, Group, Manifest, normalise};

/// `pyproject.toml`.
pub(super) fn pyproject(text: &str, artifact: ArtifactId) -> Manifest {
    let (root, mut manifest) = parse(text, artifact);
    let Some(root) = root else { return manifest };
    let declared = &mut manifest.declared;
    if let Some(project) = table(&root, "project") {
        requirements(project.get("dependencies"), Group::Production, text, artifact, declared);
        for (name, list) in table(project, "optional-dependencies").into_iter().flatten() {
            requirements(Some(list), Group::of(name.get_ref()), text, artifact, declared);
        }
    }
    for (name, list) in table(&root, "dependency-groups").into_iter().flatten() {
        let production = crate::stage::Stage::of(name.get_ref()) == crate::stage::Stage::Production;
        let group = if production { Group::Production } else { Group::Development };
        requirements(Some(list), group, text, artifact, declared);
    }
    let tool = table(&root, "tool");
    if let Some(poetry) = tool.and_then(|tool| table(tool, "poetry")) {
        poetry_table(poetry.get("dependencies"), Group::Production, artifact, declared);
        poetry_table(poetry.get("dev-dependencies"), Group::Development, artifact, declared);
        for (name, group) in table(poetry, "group").into_iter().flatten() {
            let list = group.get_ref().as_table().and_then(|group| group.get("dependencies"));
            poetry_table(list, Group::of(name.get_ref()), artifact, declared);
        }
    }
    manifest
}

/// `Pipfile`.
pub(super) fn pipfile(text: &str, artifact: ArtifactId) -> Manifest {
    let (root, mut manifest) = parse(text, artifact);
    if let Some(root) = root {
        poetry_table(root.get("packages"), Group::Production, artifact, &mut manifest.declared);
        poetry_table(root.get("dev-packages"), Group::Development, artifact, &mut manifest.declared);
    }
    manifest
}

fn parse(text: &str, artifact: ArtifactId) -> (Option<DeTable<'_>>, Manifest) {
    match DeTable::parse(text) {
        Ok(root) => (Some(root.into_inner()), Manifest::default()),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            let at = Region::new(artifact, span.start as u32, span.end as u32);
            let notices = vec![Notice::at(at, "the file is no valid TOML")];
            (None, Manifest { notices, ..Manifest::default() })
        }
    }
}

fn table<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t DeTable<'i>> {
    table.get(key)?.get_ref().as_table()
}

/// A list of requirement strings. Other entries, such as `{include-group = "x"}`, add no package of their own.
fn requirements(
    list: Option<&Spanned<DeValue<'_>>>,
    group: Group,
    text: &str,
    artifact: ArtifactId,
    declared: &mut Vec<Declared>,
) {
    for entry in list.and_then(|list| list.get_ref().as_array()).into_iter().flatten() {
        let Some(requirement) = entry.get_ref().as_str() else { continue };
        let quoted = text.get(entry.span()).unwrap_or_default();
        let quote = quoted.len() - quoted.trim_start_matches(['"', '\'']).len();
        add(requirement, entry.span().start + quote, artifact, group, declared);
    }
}

/// A table of names and versions.
fn poetry_table(entries: Option<&Spanned<DeValue<'_>>>, group: Group, artifact: ArtifactId, declared: &mut Vec<Declared>) {
    for (key, entry) in entries.and_then(|entries| entries.get_ref().as_table()).into_iter().flatten() {
        let name = normalise(key.get_ref());
        if &*name == "python" {
            continue;
        }
        let at = Region::new(artifact, key.span().start as u32, entry.span().end as u32);
        let (version, extras) = match entry.get_ref() {
            DeValue::String(text) => (Some(text.as_ref()), None),
            DeValue::Table(table) => (table.get("version").and_then(|it| it.get_ref().as_str()), table.get("extras")),
            // Several entries for different Pythons: the last is for the newest.
            DeValue::Array(list) => (list.iter().last().and_then(|it| it.get_ref().get("version")?.get_ref().as_str()), None),
            _ => (None, None),
        };
        for extra in extras.and_then(|extras| extras.get_ref().as_array()).into_iter().flatten() {
            add_extra(&name, extra.get_ref().as_str().unwrap_or_default(), at, group, declared);
        }
        let constraint = poetry_constraint(version.unwrap_or("*"));
        declared.push(Declared { name, constraint, at, group });
    }
}

#[cfg(test)]
mod tests {
    use super::super::Constraint;
    use super::*;

    fn shown(text: &str, manifest: &Manifest) -> Vec<String> {
        manifest
            .declared
            .iter()
            .map(|it| {
                let kind = match &it.constraint {
                    Constraint::Any => "any".to_owned(),
                    Constraint::Exact(version) => format!("=={version}"),
                    Constraint::Range(range) => range.to_string(),
                };
                format!("{} {kind} {:?} `{}`", it.name, it.group, &text[it.at.start as usize..it.at.end as usize])
            })
            .collect()
    }

    #[test]
    fn standard_metadata() {
        let text = "[project]\ndependencies = [\"Django[argon2]~=5.2.0\", 'x; python_version>\"3\"']\n[project.optional-dependencies]\n\
            test = [\"pytest\"]\n[dependency-groups]\ndev = [\"ruff\", {include-group = \"test\"}]\nprod = [\"gunicorn\"]\n";
        let manifest = pyproject(text, ArtifactId(0));
        assert_eq!(
            shown(text, &manifest),
            [
                "argon2-cffi any Production `Django[argon2]~=5.2.0`",
                "django ~=5.2.0 Production `Django[argon2]~=5.2.0`",
                "x any Production `x`",
                "pytest any Development `pytest`",
                "ruff any Development `ruff`",
                "gunicorn any Production `gunicorn`",
            ]
        );
    }

    #[test]
    fn poetry() {
        let text = "[tool.poetry.dependencies]\npython = \"^3.12\"\nDjango = \"^5.1\"\nuvicorn = {version=\"*\", extras=[\"standard\"]}\n\
            [tool.poetry.group.dev.dependencies]\nipython = \"*\"\n";
        assert_eq!(
            shown(text, &pyproject(text, ArtifactId(0))),
            [
                "django >=5.1, <6 Production `Django = \"^5.1\"`",
                "uvloop any Production `uvicorn = {version=\"*\", extras=[\"standard\"]}`",
                "uvicorn any Production `uvicorn = {version=\"*\", extras=[\"standard\"]}`",
                "ipython any Development `ipython = \"*\"`",
            ]
        );
    }

    #[test]
    fn broken_toml_is_a_notice() {
        assert_eq!(pyproject("[project\n", ArtifactId(0)).notices.len(), 1);
    }

    #[test]
    fn pipfiles() {
        let text = "[packages]\ndjango = \"==5.1.2\"\n[dev-packages]\nx = \"*\"\n";
        assert_eq!(
            shown(text, &pipfile(text, ArtifactId(0))),
            ["django ==5.1.2 Production `django = \"==5.1.2\"`", "x any Development `x = \"*\"`"]
        );
    }
}
